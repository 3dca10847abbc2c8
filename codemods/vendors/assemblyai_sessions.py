"""How an AssemblyAI session is recognised in a program that speaks to the API itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import libcst as cst

from codemods.analysis.libraries import Connect, HttpRequest
from codemods.analysis.program import Entry, Program
from codemods.analysis.values import DictDisplay, Known, Sequence, Text, UrlQuery, Value, something
from shim.mapping import session

_UNKNOWN_PART: Final = "\0"
_DOMAIN: Final = session.HOST.assemblyai[0].partition(".")[2]
_PATH: Final = session.PATH.assemblyai[0]
_TOKEN_PATH: Final = "/v3/token"
KEY_HEADER: Final = session.KEY_HEADER.assemblyai[0].lower()
HEADER_KEYWORDS: Final = ("additional_headers", "extra_headers", "header", "headers")
"""The keywords under which the libraries, in any of their versions, take the handshake's headers."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One session of a program: the call that opens its socket, and its query where a call makes it."""

    connect: Connect
    query: UrlQuery | None

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
    return "".join(str(part.value) if isinstance(part, Known) else _UNKNOWN_PART for part in parts)


def names_host(text: str) -> bool:
    """Whether a piece of an address holds one of AssemblyAI's hosts."""
    return _DOMAIN in text


def openings(program: Program) -> Iterator[Opening]:
    """The sessions that a program opens: sockets at the API's path, at AssemblyAI's host or one that is not known."""
    for connect in program.connects.values():
        if connect.url is None:
            continue
        for value in something(program.value(connect.url)):
            text = address_text(value)
            if _is_session(text):
                yield Opening(connect, _query_of(value))
                break


def _is_session(text: str) -> bool:
    head = text.split("?")[0]
    path = urlsplit(head).path if "://" in head else head[head.find("/") :]
    if path.rstrip("/" + _UNKNOWN_PART) != _PATH:
        return head.rstrip("/" + _UNKNOWN_PART).endswith(_PATH) and head.startswith(_UNKNOWN_PART)
    return _DOMAIN in head or _UNKNOWN_PART in head.split(_PATH)[0]


def _query_of(value: Value) -> UrlQuery | None:
    parts = value.parts if isinstance(value, Text) else (value,)
    return next((part for part in parts if isinstance(part, UrlQuery)), None)


def other_requests(program: Program) -> Iterator[tuple[HttpRequest, bool]]:
    """Requests to AssemblyAI by HTTP, and whether each asks for a temporary token."""
    for request in program.requests.values():
        if request.url is None:
            continue
        text = address_text(program.value(request.url))
        if _DOMAIN in text or text.split("?")[0].endswith(_TOKEN_PATH):
            yield request, text.split("?")[0].endswith(_TOKEN_PATH)


def address_literals(program: Program) -> Iterator[cst.CSTNode]:
    """The literals of a program that name AssemblyAI's host, docstrings left out."""
    for node in program.parents:
        match node:
            case cst.SimpleString():
                text = node.evaluated_value
                if isinstance(text, str) and _DOMAIN in text and not isinstance(program.parents[node], cst.Expr):
                    yield node
            case cst.FormattedStringText(text) if _DOMAIN in text:
                yield node


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
