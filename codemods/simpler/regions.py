"""The region that a POST asks for, written into its address, wherever the program says it.

A region is a host of its own at the new service. One that is asked for by `params=`, by a name or by pieces of the
query is written out where it is known; where the running program decides, the default's is written under a TODO, and
the file waits for --unsafe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Dictionary, Program
from codemods.analysis.values import DictDisplay, Known, Library, UrlQuery, Value, alternatives, is_certain
from codemods.edits import Edits, expression
from codemods.findings import REGION_AT_RUN_TIME, Finding
from codemods.lines import later_lines
from codemods.simpler.written import Simpler, with_imports_in_order
from codemods.vendors import gladia
from codemods.vendors.assemblyai import REGIONS
from shim.mapping import session

_REGION: Final = session.REGION.gladia[0]
_ASKING: Final = f"?{_REGION}="
_WITHOUT_EFFECT: Final = tuple(
    Library(name)
    for name in ("os.getenv", "builtins.str", "builtins.dict", "urllib.parse.urlencode", "urllib.parse.quote")
)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What one POST asks for: the region's expression (None: nothing that runs), and what is left of its address."""

    request: HttpRequest
    region: Value
    said: str
    address: cst.BaseExpression
    idle: Sequence[cst.CSTNode]
    """Statements that only serve the query."""


def with_regions_written(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's region is said otherwise than in its address's own text."""
    modules: dict[cst.Module, list[_Asked]] = {}
    for opening in gladia.openings(program):
        asked = (
            _by_parameters(program, opening.request)
            or _by_address(program, opening.request)
            or _by_steps(program, opening.request)
        )
        if asked is not None:
            modules.setdefault(program.module_of(opening.request.call), []).append(asked)
    return {module: _written(program, module, several) for module, several in modules.items()}


# --- reading -------------------------------------------------------------------------------------


def _by_parameters(program: Program, request: HttpRequest) -> _Asked | None:
    """The region of `params={"region": …}`, where that is all that the parameters hold."""
    if request.parameters is None or request.url is None or "?" in gladia.text_of(program.value(request.url)):
        return None
    parameters = _where_any(request.parameters)
    region = _only_region(program, program.value(parameters))
    if region is None:
        return None
    idle = [*_statements_of(program, parameters), *_names_of(program, parameters)]
    return _Asked(request, region, _code(request.parameters), request.url, idle)


def _where_any(parameters: cst.BaseExpression) -> cst.BaseExpression:
    """The parameters themselves, of `parameters or None`."""
    match parameters:
        case cst.BooleanOperation(left, cst.Or()):
            return left
        case cst.IfExp(body=body):
            return body
    return parameters


def _only_region(program: Program, value: Value) -> Value | None:
    """The region in a dictionary that holds nothing else."""
    facts = program.dictionary_facts(value)
    if facts is None or not facts.complete or any(fact.key != _REGION for fact in facts.entries):
        return None
    return _default([fact.value for fact in facts.entries])


def _default(values: Sequence[Value]) -> Value:
    """The one region that is asked for as far as the program says; without a value where it says none."""
    every = [one for value in values for one in alternatives(value) if one != Known(None)]
    if len(every) == 1:
        return every[0]
    return Known(None, certain=not every and all(is_certain(one) for value in values for one in alternatives(value)))


def _by_address(program: Program, request: HttpRequest) -> _Asked | None:
    """The region of an address to which a query is put that the text alone does not show."""
    if request.url is None or request.parameters is not None:
        return None
    pieces = _pieces(request.url)
    at = next((i for i, one in enumerate(pieces) if "?" in _text(one)), None)
    if at is None:
        return None
    before, _, own = _text(pieces[at]).partition("?")
    behind = pieces[at + 1 :]
    if len(behind) != 1 or isinstance(behind[0], (cst.SimpleString, cst.FormattedStringText)):
        return None
    value = program.value(behind[0])
    region: Value | None
    if own == _ASKING[1:]:
        region = _default([value])
    else:
        region = _only_region(program, value.of) if own == "" and isinstance(value, UrlQuery) else None
    if region is None:
        return None
    address = _joined(request.url, pieces[:at], before)
    idle = _statements_of(program, behind[0]) if own == "" else _names_of(program, behind[0])
    return None if address is None else _Asked(request, region, _code(behind[0]), address, idle)


def _by_steps(program: Program, request: HttpRequest) -> _Asked | None:
    """The region of `url += f"?region={region}"`, where that is all that is done to a name of the function."""
    if not isinstance(request.url, cst.Name) or request.parameters is not None:
        return None
    scope = program.scope_of(request.call)
    steps = [
        one
        for one in program.nodes_in(scope)
        if isinstance(one, cst.AugAssign)
        and isinstance(one.target, cst.Name)
        and one.target.value == request.url.value
        and program.scope_of(one) is scope
    ]
    pieces = _pieces(steps[0].value) if len(steps) == 1 else []
    if len(pieces) != 2 or _text(pieces[0]) != _ASKING:
        return None
    idle = [*_with_test(program, program.statement_of(steps[0])), *_names_of(program, pieces[1])]
    return _Asked(request, _default([program.value(pieces[1])]), _code(pieces[1]), request.url, idle)


Piece = cst.BaseExpression | cst.FormattedStringText


def _pieces(url: cst.BaseExpression) -> list[Piece]:
    match url:
        case cst.FormattedString(parts):
            found = [one.expression if isinstance(one, cst.FormattedStringExpression) else one for one in parts]
            return [one for one in found if isinstance(one, (cst.BaseExpression, cst.FormattedStringText))]
        case cst.BinaryOperation(left, cst.Add(), right):
            return [*_pieces(left), *_pieces(right)]
    return [url]


def _text(piece: Piece) -> str:
    if isinstance(piece, cst.FormattedStringText):
        return piece.value
    return piece.raw_value if isinstance(piece, cst.SimpleString) else ""


def _joined(url: cst.BaseExpression, pieces: Sequence[Piece], last: str) -> cst.BaseExpression | None:
    """The address of its first pieces and the text behind them."""
    if isinstance(url, cst.FormattedString):
        parts: list[cst.BaseFormattedStringContent] = [
            one if isinstance(one, cst.FormattedStringText) else cst.FormattedStringExpression(one) for one in pieces
        ]
        if last:
            parts.append(cst.FormattedStringText(last))
        if len(parts) == 1 and isinstance(parts[0], cst.FormattedStringExpression):
            return parts[0].expression
        return url.with_changes(parts=parts)
    if len(pieces) == 1 and not last and isinstance(pieces[0], cst.BaseExpression):
        return pieces[0]
    return None


def _statements_of(program: Program, node: cst.BaseExpression) -> list[cst.CSTNode]:
    """The statements that make a dictionary or a query for a request alone; none where it is used for more."""
    if not isinstance(node, cst.Name):
        return []
    scope = program.scope_of(node)
    definitions = program.definitions_of(node)
    found: list[cst.CSTNode] = []
    for one in definitions:
        if one.statement is None or program.scope_of(one.node) is not scope or one.expression is None:
            return []
        found.append(one.statement)
        for value in alternatives(one.value):
            site = value.of if isinstance(value, UrlQuery) else value
            if isinstance(site, DictDisplay):
                found.extend(_changing(program, program.dictionaries[site.site]))
    uses = [use for one in definitions for use in one.uses if use is not node]
    return found if all(program.statement_of(use) in found for use in uses) else []


def _names_of(program: Program, node: cst.CSTNode) -> list[cst.CSTNode]:
    """The statements of a function that give names to what is read in a query and nowhere else."""
    found: list[cst.CSTNode] = []
    for name in (one for one in program.nodes_in(node) if isinstance(one, cst.Name)):
        for one in program.definitions_of(name):
            statement = one.statement
            is_plain = isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1
            is_local = not isinstance(program.scope_of(one.node), cst.Module) and one.expression is not None
            if is_plain and is_local and all(program.is_inside(use, node) for use in one.uses):
                assert statement is not None
                found.append(statement)
    return found


def _remove(program: Program, statement: cst.CSTNode, edits: Edits) -> None:
    """Removes a statement that only gives a name its value; of a call that may do more, the call stays."""
    match statement:
        case cst.SimpleStatementLine([cst.Assign(_, given) as assign]) if _may_do_more(program, given):
            edits.rewrite(assign, lambda updated: cst.Expr(updated.value))
        case _:
            edits.remove(statement)


def _may_do_more(program: Program, node: cst.BaseExpression) -> bool:
    """Whether an expression may do more than give a value."""
    for one in program.nodes_in(node):
        match one:
            case cst.Await() | cst.NamedExpr():
                return True
            case cst.Call(cst.Attribute(attr=cst.Name("get" | "lower" | "upper" | "strip"))):
                continue
            case cst.Call(func) if program.value(func) not in _WITHOUT_EFFECT:
                return True
    return False


def _changing(program: Program, dictionary: Dictionary) -> list[cst.CSTNode]:
    """The statements that put something into a dictionary, with the tests around nothing else."""
    found: list[cst.CSTNode] = []
    for node in dictionary.changes:
        found.extend(_with_test(program, program.statement_of(node)))
    return found


def _with_test(program: Program, statement: cst.CSTNode) -> list[cst.CSTNode]:
    """A statement, and the `if` around it where that holds nothing else."""
    around = program.parents.get(program.parents[statement])
    is_all = isinstance(around, cst.If) and around.orelse is None and len(around.body.body) == 1
    return [around, statement] if is_all and around is not None else [statement]


def _code(node: cst.CSTNode) -> str:
    code = " ".join(cst.Module([]).code_for_node(node).split())
    return code if len(code) <= 60 else f"{code[:57]}..."


# --- writing -------------------------------------------------------------------------------------


def _written(program: Program, module: cst.Module, several: Sequence[_Asked]) -> Simpler:
    edits = Edits()
    unclear: list[_Asked] = []
    for one in several:
        name = one.region.value if isinstance(one.region, Known) else None
        is_known = name in REGIONS
        if not is_certain(one.region) or not (is_known or name is None):
            unclear.append(one)
        asking = f"{_ASKING}{name}" if is_known else ""
        edits.rewrite(one.request.call, partial(_call, asked=one, asking=asking))
        for statement in one.idle:
            _remove(program, statement, edits)
    new = edits.apply(module)
    code = with_imports_in_order(module, new)
    later = later_lines(module.code, code)
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    findings = tuple(
        Finding(
            REGION_AT_RUN_TIME,
            later(positions[program.statement_of(one.request.call)].start.line),
            f"the region is only known when it runs: {one.said}",
        )
        for one in unclear
    )
    return Simpler(code, findings)


def _call(updated: cst.Call, asked: _Asked, asking: str) -> cst.Call:
    """The POST with the region in its address."""
    arguments: list[cst.Arg] = []
    given = asked.request.call.args
    for old, new in zip(given, updated.args, strict=True):
        if old.value is asked.request.parameters:
            continue
        if old.value is asked.request.url:
            new = new.with_changes(value=_with_region(asked.address, asking))
        arguments.append(new)
    if arguments and arguments[-1] is not updated.args[-1]:
        arguments[-1] = arguments[-1].with_changes(comma=updated.args[-1].comma)
    return updated.with_changes(args=arguments)


def _with_region(address: cst.BaseExpression, asking: str) -> cst.BaseExpression:
    if not asking:
        return address
    text: Any = cst.FormattedStringText(asking)
    match address:
        case cst.SimpleString():
            return address.with_changes(value=f"{address.value[:-1]}{asking}{address.value[-1]}")
        case cst.FormattedString():
            return address.with_changes(parts=[*address.parts, text])
        case cst.Name() | cst.Attribute():
            return cst.FormattedString([cst.FormattedStringExpression(address), text])
    return expression("address + asking", address=address, asking=cst.SimpleString(f'"{asking}"'))
