"""How a Gladia session is recognised in a program that speaks to the API itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Dictionary, Entry, Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import (
    UNKNOWN,
    DictDisplay,
    Frame,
    HttpResponse,
    Known,
    Parsed,
    ResponseField,
    Text,
    Value,
    alternatives,
)
from codemods.hosts import UNKNOWN_PART, api_host_in
from codemods.vendors.http_clients import base_of, client_of
from shim.mapping import session
from shim.mapping.row import Vendor

_PATH = session.PATH.gladia[0]
_KEY_HEADER = session.KEY_HEADER.gladia[0]


@dataclass(frozen=True, slots=True)
class Opening:
    """One session of a program: its POST, the sockets opened with the answer, and where the key stands."""

    request: HttpRequest
    connects: tuple[Connect, ...]
    headers: Dictionary | None
    key: Entry | None


def text_of(value: Value) -> str:
    """A text of which parts may not be known; those stand as a NUL each."""
    parts = value.parts if isinstance(value, Text) else (value,)
    return "".join(str(part.value) if isinstance(part, Known) else UNKNOWN_PART for part in parts)


def _names_host(text: str) -> bool:
    return api_host_in(text, Vendor.GLADIA) is not None


def _is_session_path(text: str) -> bool:
    """Whether a URL, in parts unknown, ends at the path where sessions are opened."""
    if "://" in text:
        return urlsplit(text).path.rstrip("/") == _PATH
    return text.split("?")[0].rstrip("/").endswith(_PATH)


def _behind_base(program: Program, request: HttpRequest, text: str) -> str:
    """A path behind the address that the request's client puts in front of it; a whole address as it is."""
    client = client_of(program, request.call) if "://" not in text else None
    base = base_of(program, client) if client is not None else None
    if base is None:
        return text
    return f"{text_of(program.value(base.value)).rstrip('/')}/{text.lstrip('/')}"


def _headers(program: Program, request: HttpRequest) -> Dictionary | None:
    if request.headers is None:
        return None
    value = program.value(request.headers)
    return program.dictionaries.get(value.site) if isinstance(value, DictDisplay) else None


def _key_entry(headers: Dictionary | None) -> Entry | None:
    for entry in headers.entries if headers is not None else ():
        if isinstance(entry.key, Known) and str(entry.key.value).lower() == _KEY_HEADER:
            return entry
    return None


def openings(program: Program) -> Iterator[Opening]:
    """The sessions that a program opens, by what its requests are, not by what its names are called.

    A POST opens a session where its path is the API's and either its host is Gladia's or its headers carry
    Gladia's key; another service's `/v2/live` is neither.
    """
    for request in program.requests.values():
        if request.method != "post" or request.url is None:
            continue
        texts = [_behind_base(program, request, text_of(one)) for one in alternatives(program.value(request.url))]
        headers = _headers(program, request)
        key = _key_entry(headers)
        named = [_names_host(one) for one in texts]
        # Where only some of the addresses are Gladia's, the others are somebody's who speaks as Gladia does.
        is_theirs = all(named) or (key is not None and not any(named))
        connects = tuple(
            connect
            for connect in program.connects.values()
            if connect.url is not None and is_address_of(program.value(connect.url), request)
        )
        # An address that is not known at all is Gladia's where the key is, and a socket is opened with the answer.
        is_told = key is not None and bool(connects) and all(one.strip(UNKNOWN_PART) == "" for one in texts)
        if not is_told and (not all(map(_is_session_path, texts)) or not is_theirs):
            continue
        yield Opening(request, connects, headers, key)


def other_requests(program: Program, known: set[HttpRequest]) -> Iterator[HttpRequest]:
    """Requests to Gladia that open no session: jobs, files, the pre-recorded API."""
    for request in program.requests.values():
        if request not in known and request.url is not None and _names_host(text_of(program.value(request.url))):
            yield request


def first_api_sockets(program: Program) -> Iterator[Connect]:
    """The sockets of Gladia's first realtime API, which knows no POST: the key is in the first message."""
    for connect in program.connects.values():
        if connect.url is None:
            continue
        text = text_of(program.value(connect.url))
        if text.startswith("wss://") and _names_host(text) and not _is_session_path(text):
            yield connect


def sockets_not_followed(program: Program) -> list[cst.Call]:
    """The calls that may open a session's socket as far as anybody can know: their address or their library is unknown.

    What a function is called decides here, so that it may only choose what is said, never what is done.
    """
    known = {connect.call: connect for connect in program.connects.values()}
    found = []
    for node in (node for module in program.modules for node in program.nodes_in(module)):
        if not isinstance(node, cst.Call):
            continue
        name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        if node in known:
            url = known[node].url
            is_unclear = url is not None and program.value(url) == UNKNOWN
        else:
            is_named = isinstance(name, cst.Name) and name.value.lower().endswith("connect")
            is_unclear = is_named and bool(node.args) and program.value(node.func) == UNKNOWN
        if is_unclear:
            found.append(node)
    return found


def is_answer_of(value: Value, request: HttpRequest) -> bool:
    """Whether a value is the answer to the POST or a part of it."""
    for one in alternatives(value):
        match one:
            case HttpResponse(call) | ResponseField(call) | Parsed(HttpResponse(call)) if call is request.call:
                return True
    return False


def is_address_of(value: Value, request: HttpRequest) -> bool:
    """Whether a value is the socket's address out of the POST's answer."""
    return any(
        isinstance(one, Parsed)
        and one.document == HttpResponse(request.call)
        and one.path == tuple(session.ADDRESS.gladia[0].split(".")[1:])
        for one in alternatives(value)
    )


def message_of(value: Value, opening: Opening) -> Parsed | None:
    """The place inside a server message of a session that a value is, if it is one."""
    calls = {connect.call for connect in opening.connects}
    if isinstance(value, Parsed) and isinstance(value.document, Frame) and value.document.connect in calls:
        return value
    return None
