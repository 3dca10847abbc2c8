"""A socket whose HTTP client knows the address and carries the key: both written where the socket is opened."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import Known
from codemods.edits import Edits
from codemods.simpler.written import Simpler
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors.http_clients import base_of, client_of

_HEADERS = "headers"


def with_whole_socket_addresses(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a client's `base_url` is AssemblyAI's, with the whole address at the connect."""
    plans: dict[cst.Module, Edits] = {}
    for connect in program.connects.values():
        client = client_of(program, connect.call)
        if client is not None and program.module_of(client) is program.module_of(connect.call):
            _plan(program, connect, client, plans.setdefault(program.module_of(client), Edits()))
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def _plan(program: Program, connect: Connect, client: cst.Call, edits: Edits) -> None:
    asked = [*program.requests, *program.connects]
    if any(one is not connect.call and client_of(program, one) is client for one in asked):
        return
    base, carried = base_of(program, client), _keyword(client)
    taken: list[cst.Arg] = []
    whole = _whole(program, connect, base) if base is not None else None
    if base is not None and whole is None:
        return
    if base is not None and connect.url is not None and whole is not None:
        edits.replace(connect.url, whole)
        taken.append(base)
    elif not _is_session(program, connect):
        return
    moves = carried is not None and _keyword(connect.call) is None and sessions.key_entry(program, carried.value)
    if carried is not None and moves and _means_the_same(program, carried.value, client, connect.call):
        taken.append(carried)
        given = cst.Arg(carried.value, cst.Name(_HEADERS), _EQUAL)
        edits.rewrite(connect.call, lambda updated: updated.with_changes(args=_with(updated, given)))
    if taken:
        places = [index for index, one in enumerate(client.args) if any(one is each for each in taken)]
        edits.rewrite(client, lambda updated: _without(updated, places))


_EQUAL = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _is_session(program: Program, connect: Connect) -> bool:
    every = (one for edition in (sessions.V3, sessions.V2) for one in sessions.openings(program, edition))
    return any(one.connect is connect for one in every)


def _keyword(call: cst.Call) -> cst.Arg | None:
    return next((one for one in call.args if one.keyword is not None and one.keyword.value == _HEADERS), None)


def _means_the_same(program: Program, headers: cst.BaseExpression, client: cst.Call, call: cst.Call) -> bool:
    """Whether headers say at the connect what they say where the client is made."""
    if program.scope_of(client) is program.scope_of(call):
        return isinstance(headers, cst.Dict | cst.Name)
    names = [one for one in program.nodes_in(headers) if isinstance(one, cst.Name) and one in program.reaching]
    of_module = all(
        one.value == "self"
        or all(isinstance(program.scope_of(each.node), cst.Module) for each in program.reaching[one])
        for one in names
    )
    return of_module and isinstance(headers, cst.Dict | cst.Name)


def _whole(program: Program, connect: Connect, base: cst.Arg) -> cst.BaseExpression | None:
    """The address as one text, where both its parts are written out and it is a session's."""
    first, path = program.value(base.value), connect.url
    if not isinstance(first, Known) or not isinstance(path, cst.SimpleString) or "://" in path.raw_value:
        return None
    host = str(first.value).rstrip("/")
    is_path = path.raw_value.split("?")[0].strip("/") in (
        one.path.assemblyai[0].strip("/") for one in (sessions.V3, sessions.V2)
    )
    if not sessions.names_host(host) or not is_path:
        return None
    rest = path.raw_value.lstrip("/")
    if isinstance(base.value, cst.SimpleString):
        return path.with_changes(value=f"{path.quote}{host}/{rest}{path.quote}")
    if isinstance(base.value, cst.Name | cst.Attribute):
        return cst.FormattedString([cst.FormattedStringExpression(base.value), cst.FormattedStringText(f"/{rest}")])
    return None


def _with(call: cst.Call, given: cst.Arg) -> list[cst.Arg]:
    first, *rest = call.args
    plain = first.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return [plain, given, *rest] if rest else [plain, given]


def _without(call: cst.Call, places: list[int]) -> cst.Call:
    arguments = [one for index, one in enumerate(call.args) if index not in places]
    if arguments:
        arguments[-1] = arguments[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return call.with_changes(args=arguments)
