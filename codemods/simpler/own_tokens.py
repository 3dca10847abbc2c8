"""A temporary token that a program gets with its own key and opens its session with: the key in its place.

Gladia has no tokens. Who holds the key opens the session with it, so that a function which does nothing but fetch a
token is not needed any more.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Program
from codemods.analysis.values import Awaitable, DictDisplay, HttpResponse, Parsed, something
from codemods.edits import Edits
from codemods.rules.configuration.key_in_query import is_key
from codemods.rules.names.elsewhere import calls_of
from codemods.rules.names.imports import unused_imports, with_imports
from codemods.simpler.query_pieces import made_of
from codemods.simpler.written import Simpler
from codemods.vendors import assemblyai_sessions as sessions


def with_keys_for_tokens(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which sessions are opened with tokens of its own, with its key instead."""
    plans: dict[cst.Module, Edits] = {}
    for request, is_token in sessions.other_requests(program):
        function = program.scope_of(request.call)
        if is_token and isinstance(function, cst.FunctionDef):
            _plan(program, request, function, plans.setdefault(program.module_of(function), Edits()))
    found = {}
    for module, edits in plans.items():
        if edits:
            new = edits.apply(module)
            unneeded = unused_imports(new.code) - unused_imports(module.code)
            found[module] = Simpler(with_imports(new, unneeded=unneeded, needed=[]).code, ())
    return found


def _plan(program: Program, request: HttpRequest, function: cst.FunctionDef, edits: Edits) -> None:
    """Puts the key where a function gives a token that goes into sessions' addresses alone, and removes it."""
    entry = sessions.key_entry(program, request.headers) if request.headers is not None else None
    key = entry.value_node if entry is not None else None
    others = [one for one in program.requests if one is not request.call and program.is_inside(one, function)]
    if key is None or others or function.decorators or not is_key(program, key) or not _gives_token(program, function):
        return
    if not all(_is_of_module(program, one) for one in program.nodes_in(key) if isinstance(one, cst.Name)):
        return
    calls = calls_of(program, function)
    named = [
        one
        for module in program.modules
        for one in program.nodes_in(module)
        if isinstance(one, cst.Name) and one.value == function.name.value and one is not function.name
    ]
    if (
        not calls
        or len(named) != len(calls)
        or any(program.module_of(one) is not program.module_of(key) for one in calls)
    ):
        return
    addresses = _in_addresses(program)
    if not all(_goes_into(program, call, addresses) for call in calls):
        return  # whoever else gets the token must not get the key
    for call in calls:
        parent = program.parents[call]
        edits.replace(parent if isinstance(parent, cst.Await) else call, key)
    edits.remove(function)


def _in_addresses(program: Program) -> set[cst.CSTNode]:
    """What sessions' addresses are made of, with all that is written in it."""
    found: set[cst.CSTNode] = set()
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            for node in made_of(program, opening.url):
                found.update(program.nodes_in(node))
            if opening.query is not None and isinstance(opening.query.of, DictDisplay):
                found.update(program.nodes_in(opening.query.of.site))
    return found


def _goes_into(program: Program, call: cst.Call, addresses: set[cst.CSTNode]) -> bool:
    """Whether what a call gives goes into sessions' addresses and nowhere else."""
    outer = program.parents[call]
    outer = program.parents[outer] if isinstance(outer, cst.Await) else outer
    if isinstance(outer, cst.FormattedStringExpression | cst.BinaryOperation | cst.DictElement):
        return call in addresses
    for one in program.definitions():
        made = one.expression.expression if isinstance(one.expression, cst.Await) else one.expression
        if made is call:
            return bool(one.uses) and all(use in addresses and not _is_call_of(program, use) for use in one.uses)
    return False


def _is_call_of(program: Program, use: cst.Name) -> bool:
    """Whether a name is handed to a call, such as a log's."""
    return isinstance(program.parents[use], cst.Arg)


def _gives_token(program: Program, function: cst.FunctionDef) -> bool:
    """Whether a function returns the token on every way."""
    returns = [one for one in program.nodes_in(function.body) if isinstance(one, cst.Return)]
    return bool(returns) and all(one.value is not None and _is_token(program, one.value) for one in returns)


def _is_token(program: Program, node: cst.BaseExpression) -> bool:
    values = [one.result if isinstance(one, Awaitable) else one for one in something(program.value(node))]
    return all(
        isinstance(one, Parsed) and isinstance(one.document, HttpResponse) and one.path == ("token",) for one in values
    )


def _is_of_module(program: Program, name: cst.Name) -> bool:
    reaching = program.reaching.get(name, frozenset())
    return all(isinstance(program.scope_of(one.node), cst.Module) for one in reaching)
