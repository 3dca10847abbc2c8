"""A temporary token that a program gets with its own key and opens its session with: the key in its place.

Gladia has no tokens. Who holds the key opens the session with it, so that a function which does nothing but fetch a
token is not needed any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Program
from codemods.analysis.values import Awaitable, DictDisplay, HttpResponse, Parsed, something
from codemods.edits import Edits
from codemods.rules.configuration.key_in_query import is_key
from codemods.rules.names.elsewhere import calls_of
from codemods.rules.names.given_arguments import given_for
from codemods.rules.names.same_meaning import means_the_same
from codemods.simpler.query_pieces import drop_idle, made_of
from codemods.simpler.token_refusals import TokenRefusals
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors.assemblyai_sessions import Opening


def with_keys_for_tokens(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which sessions are opened with tokens of its own, with its key instead."""
    plans: dict[cst.Module, Edits] = {}
    for request, is_for_token in sessions.other_requests(program):
        function = program.scope_of(request.call)
        if is_for_token and isinstance(function, cst.FunctionDef):
            _plan(program, request, function, plans.setdefault(program.module_of(function), Edits()))
    found = {}
    for module, edits in plans.items():
        if edits:
            found[module] = simpler(module, edits)
    return found


def _plan(program: Program, request: HttpRequest, function: cst.FunctionDef, edits: Edits) -> None:
    """Puts the key where a function gives a token that goes into sessions' addresses alone, and removes it."""
    entry = sessions.key_entry(program, request.headers) if request.headers is not None else None
    key = entry.value_node if entry is not None else None
    others = [one for one in program.requests if one is not request.call and program.is_inside(one, function)]
    if key is None or others or function.decorators or not _gives_token(program, function):
        return
    calls = calls_of(program, function)
    if not TokenRefusals(program, [function.body], calls).can_move() or _leaves_something(program, function):
        return
    named = [
        one
        for module in program.modules
        for one in program.nodes_in(module)
        if isinstance(one, cst.Name) and one.value == function.name.value and one is not function.name
    ]
    keys = {one: found for one in calls if (found := _key_at(program, key, function, one)) is not None}
    if not calls or len(named) != len(calls) or len(keys) != len(calls):
        return
    addresses = addresses_of(program)
    everywhere = set().union(*addresses.values())
    if not all(_goes_into(program, call, everywhere) for call in calls):
        return  # whoever else gets the token must not get the key
    opened = [one for one, inside in addresses.items() if any(_is_in(program, call, inside) for call in calls)]
    if not all(is_key(program, one) for one in keys.values()):
        # What a caller gives may be anything; that it is the key says the header which it stands in.
        headers = [_key_for_header(program, key, keys, one) for one in opened]
        if any(one.headers is not None for one in opened) or None in headers:
            return
        for one, given in zip(opened, headers, strict=True):
            edits.rewrite(one.connect.call, lambda updated, one=one, given=given: with_header(updated, one, given))  # type: ignore[misc]
    TokenRefusals(program, [function.body], calls).plan(edits)
    for call, there in keys.items():
        parent = program.parents[call]
        edits.replace(parent if isinstance(parent, cst.Await) else call, there)
    edits.remove(function)
    drop_what_only_asked(program, [function], key, edits)


def drop_what_only_asked(program: Program, gone: Iterable[cst.CSTNode], key: cst.BaseExpression, edits: Edits) -> None:
    """Removes the names, such as of the tokens' address, that nothing but statements that go needed; the key stays."""
    inside = [node for one in gone for node in program.nodes_in(one)]
    read = _read_in(program, inside) - _read_in(program, program.nodes_in(key))
    drop_idle(program, [one for one in read if one.node not in set(inside)], inside, edits)


def _read_in(program: Program, nodes: Iterable[cst.CSTNode]) -> set[Definition]:
    """The definitions of the names among nodes."""
    return {one for node in nodes if isinstance(node, cst.Name) for one in program.reaching.get(node, ())}


def _leaves_something(program: Program, function: cst.FunctionDef) -> bool:
    """Whether a function keeps something in attributes, such as until when a token holds, that others read."""
    targets = {
        node.target
        for module in program.modules
        for node in program.nodes_in(module)
        if isinstance(node, cst.AssignTarget | cst.AnnAssign) and isinstance(node.target, cst.Attribute)
    }
    kept = {one.attr.value for one in targets if program.is_inside(one, function) and isinstance(one, cst.Attribute)}
    reads = (
        node
        for module in program.modules
        for node in (program.nodes_in(module) if kept else ())
        if isinstance(node, cst.Attribute) and node.attr.value in kept and node not in targets
    )
    return any(not program.is_inside(one, function) for one in reads)


def _key_for_header(
    program: Program, key: cst.BaseExpression, keys: Mapping[cst.Call, cst.BaseExpression], opening: Opening
) -> cst.BaseExpression | None:
    """The key as it is written where a session is opened: as in the function, or as a call there gives it."""
    connect = opening.connect.call
    if means_the_same(program, key, connect):
        return key
    found = [one for call, one in keys.items() if program.scope_of(call) is program.scope_of(connect)]
    there = program.at_statement.get(program.statement_of(connect), {})
    same = (one for one in found if isinstance(one, cst.Name) and there.get(one.value) == program.reaching.get(one))
    return next(same, None)


def _key_at(
    program: Program, key: cst.BaseExpression, function: cst.FunctionDef, call: cst.Call
) -> cst.BaseExpression | None:
    """The key as it is written where a function is called: the same, or what the call gives for it."""
    definitions = program.definitions_of(key) if isinstance(key, cst.Name) else []
    parameter = definitions[0].node if len(definitions) == 1 else None
    if isinstance(parameter, cst.Param) and parameter in function.params.params:
        given = [one for one in given_for(program, parameter) if program.is_inside(one, call)]
        return given[0] if len(given) == 1 else None
    return key if means_the_same(program, key, call) else None


def with_header(call: cst.Call, opening: Opening, key: cst.BaseExpression) -> cst.Call:
    """A connect that is given the key as a header."""
    header = cst.Dict([cst.DictElement(cst.SimpleString('"Authorization"'), key)])
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return call.with_changes(args=[*call.args, cst.Arg(header, cst.Name(opening.connect.library.headers), equal=equal)])


def addresses_of(program: Program) -> dict[Opening, set[cst.CSTNode]]:
    """What each session's address is made of, with all that is written in it."""
    found: dict[Opening, set[cst.CSTNode]] = {}
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            inside = found.setdefault(opening, set())
            for node in made_of(program, opening.url):
                inside.update(program.nodes_in(node))
            if opening.query is not None and isinstance(opening.query.of, DictDisplay):
                inside.update(program.nodes_in(opening.query.of.site))
    return found


def _is_in(program: Program, call: cst.Call, inside: set[cst.CSTNode]) -> bool:
    """Whether an address is made of what a call gives, straight or by a name."""
    given = (one.expression for one in program.definitions() if any(use in inside for use in one.uses))
    return call in inside or any(
        call is one or (isinstance(one, cst.Await) and one.expression is call) for one in given
    )


def _goes_into(program: Program, call: cst.Call, addresses: set[cst.CSTNode]) -> bool:
    """Whether what a call gives goes into sessions' addresses and nowhere else."""
    outer = program.parents[call]
    outer = program.parents[outer] if isinstance(outer, cst.Await) else outer
    if isinstance(outer, cst.FormattedStringExpression | cst.BinaryOperation | cst.DictElement):
        return call in addresses
    for one in program.definitions():
        made = one.expression.expression if isinstance(one.expression, cst.Await) else one.expression
        if made is call:
            uses = [use for use in one.uses if not is_tested(program, use)]
            return bool(uses) and all(use in addresses and not _is_call_of(program, use) for use in uses)
    return False


def _is_call_of(program: Program, use: cst.Name) -> bool:
    """Whether a name is handed to a call, such as a log's."""
    return isinstance(program.parents[use], cst.Arg)


def is_tested(program: Program, use: cst.Name) -> bool:
    """Whether a test asks for no more than that there is a token: there is a key, too."""
    parent = program.parents[use]
    parent = program.parents[parent] if isinstance(parent, cst.UnaryOperation) else parent
    return isinstance(parent, cst.If)


def _gives_token(program: Program, function: cst.FunctionDef) -> bool:
    """Whether a function returns the token on every way."""
    returns = [one for one in program.nodes_in(function.body) if isinstance(one, cst.Return)]
    gives = bool(returns) and all(one.value is not None and is_token(program, one.value) for one in returns)
    return gives and _always_leaves(function.body)


def _always_leaves(block: cst.BaseSuite) -> bool:
    """Whether a block ends by a `return` or `raise` on every way."""
    match block.body[-1] if block.body else None:
        case cst.SimpleStatementLine([*_, cst.Return() | cst.Raise()]):
            return True
        case cst.With(body=inner):
            return _always_leaves(inner)
        case cst.If(body=inner, orelse=cst.Else(body=other)) | cst.If(body=inner, orelse=cst.If() as other):
            other = other if isinstance(other, cst.BaseSuite) else cst.IndentedBlock([other])
            return _always_leaves(inner) and _always_leaves(other)
        case cst.Try(body=inner, handlers=handlers, orelse=orelse):
            return all(_always_leaves(one.body) for one in handlers) and (
                _always_leaves(inner) or (orelse is not None and _always_leaves(orelse.body))
            )
    return False


def is_token(program: Program, node: cst.BaseExpression) -> bool:
    values = [one.result if isinstance(one, Awaitable) else one for one in something(program.value(node))]
    return all(
        isinstance(one, Parsed) and isinstance(one.document, HttpResponse) and one.path == ("token",) for one in values
    )
