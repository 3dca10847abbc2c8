"""HTTP requests: the libraries that make them, and how each is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.values import UNKNOWN, Awaitable, HttpResponse, LibraryObject, Value, constant

if TYPE_CHECKING:
    from codemods.analysis.program import Program


HTTP_MODULES: Final = ("requests", "httpx")
HTTP_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "request")
HTTP_CLIENTS: Final = {
    "requests.Session": False,
    "requests.session": False,
    "requests.sessions.Session": False,
    "httpx.Client": False,
    "httpx.AsyncClient": True,
    "aiohttp.ClientSession": True,
}
"""Classes whose methods make requests, and whether those are awaited."""
_AWAITED_BODIES: Final = ("aiohttp.ClientSession",)
"""Those of them whose answers give their bodies by methods that are awaited, too."""


@dataclass(frozen=True, slots=True, eq=False)
class HttpRequest:
    """One HTTP request that the program makes.

    `made` is the call before it that says a part of it, where there is one: it makes an object that describes the
    request, or gives a client its headers.
    """

    call: cst.Call
    library: str
    method: str
    url: cst.BaseExpression | None
    headers: cst.BaseExpression | None
    json: cst.BaseExpression | None
    data: cst.BaseExpression | None
    parameters: cst.BaseExpression | None
    arguments: Arguments
    made: cst.Call | None = None

    @property
    def written(self) -> tuple[cst.Call, ...]:
        """The calls in which the request is written."""
        return (self.call,) if self.made is None else (self.call, self.made)

    @property
    def is_carried(self) -> bool:
        """Whether the headers are its client's, which sends them with every request."""
        return self.made is not None and self.library in HTTP_CLIENTS


def note_request(
    program: Program,
    node: cst.Call,
    library: str,
    method: str,
    arguments: Arguments,
    *,
    asynchronous: bool = False,
    carried: tuple[cst.BaseExpression, cst.Call] | None = None,
) -> Value:
    """Notes a request; `carried` are the headers that its client sends with every one, and the call that gave them."""
    shift = 0
    if method == "request":
        shift = 1
        verb = arguments.get(0, "method")
        method = str(constant(program.values.get(verb, UNKNOWN))).lower() if verb is not None else ""
    headers, made = arguments.keywords.get("headers"), None
    if headers is None and carried is not None:
        headers, made = carried
    program.requests[node] = HttpRequest(
        node,
        library,
        method,
        arguments.get(shift, "url"),
        headers,
        arguments.keywords.get("json"),
        arguments.keywords.get("data") or arguments.keywords.get("content"),
        arguments.keywords.get("params"),
        arguments,
        made,
    )
    response = HttpResponse(node)
    return Awaitable(response) if asynchronous else response


def open_url(program: Program, node: cst.Call, given: Value, arguments: Arguments) -> Value:
    """The request of `urlopen(…)`, of an address or of a `urllib.request.Request` that was made before."""
    made, method, site = arguments, None, None
    if isinstance(given, LibraryObject) and given.made_by == "urllib.request.Request":
        site = given.site
        made = Arguments.of(site)
        verb = made.get(5, "method")
        method = str(constant(program.values.get(verb, UNKNOWN))).lower() if verb is not None else None
    data = made.get(1, "data") or arguments.get(1, "data")
    program.requests[node] = HttpRequest(
        node,
        "urllib.request",
        method or ("get" if data is None else "post"),
        made.get(0, "url"),
        made.get(2, "headers") if made is not arguments else None,
        None,
        data,
        None,
        arguments,
        site,
    )
    return HttpResponse(node)


def has_awaited_body(program: Program, request: cst.Call) -> bool:
    """Whether the answer to a request gives its body by methods that are awaited."""
    made = program.requests.get(request)
    return made is not None and made.library in _AWAITED_BODIES
