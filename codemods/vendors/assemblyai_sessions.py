"""How an AssemblyAI session is recognised in a program that speaks to the API itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Entry, Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import DictDisplay, Known, Sequence, Text, UrlQuery, Value, something
from codemods.hosts import UNKNOWN_PART, api_host_in
from shim.mapping import assemblyai_v2, catalogue, session
from shim.mapping.paths import steps_of
from shim.mapping.row import Row, Section, Vendor

_DOMAIN: Final = session.HOST.assemblyai[0].partition(".")[2]
_TOKEN_PATHS: Final = ("/v3/token", "/v2/realtime/token")
KEY_HEADER: Final = session.KEY_HEADER.assemblyai[0].lower()
HEADER_KEYWORDS: Final = ("additional_headers", "extra_headers", "header", "headers")
"""The keywords under which the libraries, in any of their versions, take the handshake's headers."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One of the realtime APIs that AssemblyAI has had: where its sessions are opened, and how its messages look.

    `type_path` is the field that says a message's type, `begin` the type of the first; `answer_rows` are the rows of
    that message's fields, `server_rows` those of all others.
    """

    host: Row
    path: Row
    type_path: tuple[str, ...]
    begin: str
    answer_rows: tuple[Row, ...]
    server_rows: tuple[Row, ...]

    @property
    def domain(self) -> str:
        """What an address of this edition holds; the regions have hosts of their own below it."""
        host = self.host.assemblyai[0]
        return host if self is V2 else host.partition(".")[2]


V3: Final = Edition(
    session.HOST,
    session.PATH,
    ("type",),
    str(steps_of(session.SESSION_ID.assemblyai[0])[0]),
    (session.SESSION_ID, session.CREATED_AT),
    catalogue.rows(Section.SERVER),
)
V2: Final = Edition(
    assemblyai_v2.HOST,
    assemblyai_v2.PATH,
    ("message_type",),
    assemblyai_v2.BEGINS.assemblyai[0],
    (assemblyai_v2.SESSION_ID, assemblyai_v2.EXPIRES_AT),
    (*assemblyai_v2.TYPES, *assemblyai_v2.FIELDS),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """One session of a program: the call that opens its socket, and its query where a call makes it."""

    connect: Connect
    query: UrlQuery | None
    edition: Edition = V3

    @property
    def settings(self) -> cst.BaseExpression | None:
        """The expression of what the query is made of: the argument of the call that makes it."""
        if self.query is None:
            return None
        arguments = self.query.call.args
        named = (one.value for one in arguments if one.keyword is not None and one.keyword.value == "params")
        unnamed = (one.value for one in arguments if one.keyword is None and not one.star)
        return next(named, None) or next(unnamed, None)

    @property
    def url(self) -> cst.BaseExpression:
        """The address as the call is given it."""
        assert self.connect.url is not None
        return self.connect.url

    @property
    def headers(self) -> cst.Arg | None:
        """The argument that holds the handshake's headers."""
        position = 0
        for argument in self.connect.call.args:
            if argument.keyword is not None and argument.keyword.value in HEADER_KEYWORDS:
                return argument
            if argument.keyword is None and self.connect.library.by_callback:
                position += 1
                if position == 2:
                    return argument
        return None


def address_text(value: Value) -> str:
    """A URL as far as it is known."""
    parts = value.parts if isinstance(value, Text) else (value,)
    return "".join(str(part.value) if isinstance(part, Known) else UNKNOWN_PART for part in parts)


def names_host(text: str) -> bool:
    """Whether a piece of an address holds one of AssemblyAI's hosts."""
    return api_host_in(text, Vendor.ASSEMBLYAI) is not None


def openings(program: Program, edition: Edition = V3) -> Iterator[Opening]:
    """The sessions that a program opens: sockets at the API's path, at AssemblyAI's host or one that is not known."""
    for connect in program.connects.values():
        if connect.url is None:
            continue
        for value in something(program.value(connect.url)):
            text = address_text(value)
            if _is_session(text, edition) and (names_host(text) or _says_its_words(program, edition)):
                yield Opening(connect, _query_of(value) or _query_beside(program, connect), edition)
                break


def _says_its_words(program: Program, edition: Edition) -> bool:
    """Whether a program names the API's host, or a type of its messages: an unknown host may be anybody's."""
    words = {edition.begin, *(str(steps_of(path)[0]) for row in edition.server_rows for path in row.assemblyai)}
    for node in (node for module in program.modules for node in program.nodes_in(module)):
        text = node.evaluated_value if isinstance(node, cst.SimpleString) else getattr(node, "value", None)
        if not isinstance(node, (cst.SimpleString, cst.FormattedStringText)) or not isinstance(text, str):
            continue
        if text in words or names_host(text):
            return True
    return False


def _is_session(text: str, edition: Edition) -> bool:
    head, session_path = text.split("?")[0], edition.path.assemblyai[0]
    path = urlsplit(head).path if "://" in head else head[head.find("/") :]
    if path.rstrip("/" + UNKNOWN_PART) != session_path:
        return head.rstrip("/" + UNKNOWN_PART).endswith(session_path) and head.startswith(UNKNOWN_PART)
    return (edition.domain in head and names_host(head)) or UNKNOWN_PART in head.split(session_path)[0]


def _query_of(value: Value) -> UrlQuery | None:
    parts = value.parts if isinstance(value, Text) else (value,)
    return next((part for part in parts if isinstance(part, UrlQuery)), None)


def other_query(program: Program, opening: Opening) -> UrlQuery | None:
    """Another query that the address of a session may have, made of other settings; None where there is but one."""
    found = (_query_of(value) for value in something(program.value(opening.url)))
    given = opening.query.of if opening.query is not None else None
    return next((one for one in found if one is not None and one.of != given), None)


def _query_beside(program: Program, connect: Connect) -> UrlQuery | None:
    """The query that a connect is given beside its address."""
    given = connect.arguments.keywords.get("params")
    return UrlQuery(connect.call, program.value(given)) if given is not None else None


def other_requests(program: Program) -> Iterator[tuple[HttpRequest, bool]]:
    """Requests to AssemblyAI by HTTP, and whether each asks for a temporary token."""
    for request in program.requests.values():
        if request.url is None:
            continue
        text = address_text(program.value(request.url))
        if names_host(text) or text.split("?")[0].endswith(_TOKEN_PATHS):
            yield request, text.split("?")[0].endswith(_TOKEN_PATHS)


def address_literals(program: Program, edition: Edition = V3) -> Iterator[cst.CSTNode]:
    """The literals of a program that name an edition's host (V2: with its path).

    Docstrings and tests are left out, and whole addresses of the vendor's other services, such as its synthetic voices.
    """
    wanted = _DOMAIN if edition is V3 else edition.path.assemblyai[0]
    modules = [module for module in program.modules if module not in program.tests]
    for node in (node for module in modules for node in program.nodes_in(module)):
        match node:
            case cst.SimpleString():
                text = node.evaluated_value
                is_shown = isinstance(program.parents[node], cst.Expr)
                if isinstance(text, str) and wanted in text and not is_shown and not _is_of_another_service(text):
                    yield node
            case cst.FormattedStringText(text) if wanted in text and not _is_of_another_service(text):
                yield node


def _is_of_another_service(text: str) -> bool:
    """Whether a text holds a whole host of the vendor's, and it is none where live sessions are opened."""
    found = re.search(rf"://[\w-]+(?:\.[\w-]+)*\.{re.escape(_DOMAIN)}(?![\w.-])", text)
    return found is not None and not names_host(text)


def key_entry(program: Program, headers: cst.BaseExpression) -> Entry | None:
    """The entry of a dictionary of headers that holds the key."""
    value = program.value(headers)
    dictionary = program.dictionaries.get(value.site) if isinstance(value, DictDisplay) else None
    for entry in dictionary.entries if dictionary is not None else ():
        if isinstance(entry.key, Known) and str(entry.key.value).lower() == KEY_HEADER:
            return entry
    return None


def key_in_list(program: Program, headers: cst.BaseExpression) -> cst.BaseExpression | None:
    """The key in a list of headers: `["Authorization: …"]` or `[("Authorization", …)]`."""
    value = program.value(headers)
    if not isinstance(value, Sequence) or not isinstance(value.site, (cst.List, cst.Tuple)):
        return None
    for element in value.site.elements:
        found = _key_in_line(program, element.value)
        if found is not None:
            return found
    return None


def _key_in_line(program: Program, line: cst.BaseExpression) -> cst.BaseExpression | None:
    match line:
        case cst.Tuple([cst.Element(name), cst.Element(key)]):
            header = program.value(name)
            if isinstance(header, Known) and str(header.value).lower() == KEY_HEADER:
                return key
        case cst.FormattedString([cst.FormattedStringText(text), cst.FormattedStringExpression(key)]):
            if text.lower().rstrip(" :") == KEY_HEADER:
                return key
        case cst.BinaryOperation(left, cst.Add(), key):
            start = program.value(left)
            if isinstance(start, Known) and str(start.value).lower().rstrip(" :") == KEY_HEADER:
                return key
    return None
