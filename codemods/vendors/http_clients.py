"""What an HTTP client knows before it makes a request: the address that its paths are put behind."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.http_requests import HTTP_CLIENTS
from codemods.analysis.program import Program
from codemods.analysis.values import LibraryObject, something

_BASE: Final = "base_url"
_BY_POSITION: Final = ("aiohttp.ClientSession",)
"""Clients that take the base address as their first argument, too."""


def client_of(program: Program, call: cst.Call) -> cst.Call | None:
    """The call that makes the HTTP client of a request; None for a request without one, or with one of several."""
    if not isinstance(call.func, cst.Attribute):
        return None
    owners = something(program.value(call.func.value))
    match owners:
        case (LibraryObject(made_by, site),) if made_by in HTTP_CLIENTS:
            return site
    return None


def base_of(program: Program, client: cst.Call) -> cst.Arg | None:
    """The argument that gives a client its base address."""
    made = program.value(client)
    by_position = isinstance(made, LibraryObject) and made.made_by in _BY_POSITION
    for at, argument in enumerate(client.args):
        is_named = argument.keyword is not None and argument.keyword.value == _BASE
        if is_named or (at == 0 and by_position and argument.keyword is None and not argument.star):
            return argument
    return None
