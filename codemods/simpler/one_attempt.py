"""Programs whose POST is tried again, with the same configuration or with less of it, as programs that make it once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Program
from codemods.analysis.values import Library
from codemods.findings import REFUSALS_JOINED, RETRY_WENT, Finding, Kind
from codemods.lines import later_lines
from codemods.simpler.first_success import FirstSuccess
from codemods.simpler.refusals import Refusal
from codemods.simpler.written import Simpler, with_imports_in_order
from codemods.vendors import gladia


@dataclass(frozen=True, slots=True, eq=False)
class _Function:
    """A function in its simpler form, and what went of it."""

    node: cst.FunctionDef
    body: list[Any]
    request: cst.Call
    said: tuple[tuple[Kind, str], ...]
    """What is told of it."""


def with_one_attempt(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's POST is tried again, as they are without that."""
    requests: dict[cst.CSTNode, list[HttpRequest]] = {}
    for opening in gladia.openings(program):
        requests.setdefault(program.scope_of(opening.request.call), []).append(opening.request)
    found = [
        simpler
        for scope, several in requests.items()
        if isinstance(scope, cst.FunctionDef) and (simpler := _simpler(program, scope, several)) is not None
    ]
    modules: dict[cst.Module, list[_Function]] = {}
    for one in found:
        modules.setdefault(program.module_of(one.node), []).append(one)
    return {module: _written(module, functions) for module, functions in modules.items()}


def _simpler(program: Program, function: cst.FunctionDef, requests: Sequence[HttpRequest]) -> _Function | None:
    attempts = frozenset(one.call for one in requests)
    run = FirstSuccess(program, function, attempts)
    body = run.run()
    inside = [node for one in body for node in _nodes(one)]
    staying = [one for one in requests if one.call in inside]
    again = [one for region in run.dead for one in region if run.is_again(one)]
    if len(staying) != 1 or not (run.loops or again or len(run.tests) > 1 or run.is_joined() or run.is_of_some()):
        return None
    (request,) = staying
    answer = _name_of_answer(program, request)
    refusal = Refusal(program, request, answer or "", run)
    try:
        check = refusal.check()
    except ValueError:
        return None
    if check is not None and answer is None:
        return None
    if check is not None:
        body = _with_check(body, request.call, check)
    body = _without_unread(program, function, body)
    said: list[tuple[Kind, str]] = []
    if run.loops or again:
        said.append((RETRY_WENT, _said(program, run, again)))
    if refusal.lost:
        statuses = ", ".join(map(str, sorted(refusal.lost)))
        said.append((REFUSALS_JOINED, f"what was done about {statuses} alone is what is done about any other refusal"))
    return _Function(function, body, request.call, tuple(said))


def _said(program: Program, run: FirstSuccess, again: Sequence[cst.CSTNode]) -> str:
    head: cst.CSTNode | None = run.loops[0] if run.loops else None
    match head:
        case cst.For(target, iterated):
            code = f"for {_code(target)} in {_code(iterated)}"
        case cst.While(test):
            code = f"while {_code(test)}"
        case _:
            code = _code(again[0]).strip().splitlines()[0].rstrip(":")
    code = code if len(code) <= 60 else f"{code[:57]}..."
    return f"`{code}`: the session is opened once, with what the first POST asked for"


def _name_of_answer(program: Program, request: HttpRequest) -> str | None:
    """What the answer is called where the POST is made."""
    parent = program.parents[request.call]
    if isinstance(parent, cst.Await):
        parent = program.parents[parent]
    match parent:
        case cst.Assign([cst.AssignTarget(cst.Name(name))]) | cst.AnnAssign(cst.Name(name)):
            return name
        case cst.WithItem(asname=cst.AsName(cst.Name(name))):
            return name
    return None


def _nodes(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(current.children)


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


# --- writing -------------------------------------------------------------------------------------


def _with_check(body: list[Any], request: cst.Call, check: cst.If) -> list[Any]:
    """Statements with the test of a refusal right behind the POST."""
    found: list[Any] = []
    for statement in body:
        if not any(one is request for one in _nodes(statement)):
            found.append(statement)
        elif isinstance(statement, cst.SimpleStatementLine):
            found.extend((statement, check))
        elif isinstance(statement, cst.With) and any(one is request for it in statement.items for one in _nodes(it)):
            block = statement.body
            found.append(statement.with_changes(body=block.with_changes(body=[check, *block.body])))
        else:
            parts = ("body", "orelse")
            inner: list[tuple[str, Any]] = [(name, getattr(statement, name, None)) for name in parts]
            changed = statement
            for name, block in inner:
                if block is None or not any(one is request for one in _nodes(block)):
                    continue
                changed = changed.with_changes(**{name: _checked_inside(block, request, check)})
            found.append(changed)
    return found


def _checked_inside(block: Any, request: cst.Call, check: cst.If) -> Any:
    """The same for a block of a compound statement."""
    match block:
        case cst.IndentedBlock(body):
            return block.with_changes(body=_with_check(list(body), request, check))
        case cst.Else(cst.IndentedBlock() as inner):
            return block.with_changes(body=_checked_inside(inner, request, check))
    return block


def _without_unread(program: Program, function: cst.FunctionDef, body: list[Any]) -> list[Any]:
    """Statements without those that only give names to constants that nothing reads any more."""
    while True:
        new = function.with_changes(body=function.body.with_changes(body=body))
        read_before, read = _read(function), _read(new)
        idle = read_before - read
        gone = [at for at, one in enumerate(body) if _is_idle(program, one, idle) or _is_given_again(body, at)]
        kept = [one for at, one in enumerate(body) if at not in gone]
        if len(kept) == len(body):
            return body
        body = kept


def _read(node: cst.FunctionDef) -> set[str]:
    """The names that a function reads."""
    tree = ast.parse(_code(node.with_changes(leading_lines=[], decorators=[])).strip())
    names = (one for one in ast.walk(tree) if isinstance(one, ast.Name))
    return {one.id for one in names if isinstance(one.ctx, ast.Load)}


def _is_idle(program: Program, statement: Any, idle: set[str]) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], value)]):
            return name in idle and _has_no_effect(program, value)
        case cst.SimpleStatementLine([cst.AnnAssign(cst.Name(name), _, cst.BaseExpression() as value)]):
            return name in idle and _has_no_effect(program, value)
    return False


_PLAIN: Final = (cst.Name, cst.Attribute, cst.BaseNumber, cst.BaseString, cst.UnaryOperation)


_WITHOUT_EFFECT: Final = tuple(
    Library(name)
    for name in (
        *(f"builtins.{one}" for one in ("list", "dict", "tuple", "set", "iter", "int", "float", "str", "len", "range")),
        *(f"time.{one}" for one in ("time", "monotonic", "perf_counter")),
    )
)


def _has_no_effect(program: Program, value: cst.BaseExpression) -> bool:
    """Whether an expression does nothing but give a value."""
    for one in _nodes(value):
        if isinstance(one, (cst.Await, cst.Yield, cst.NamedExpr)):
            return False
        if isinstance(one, cst.Call) and program.value(one.func) not in _WITHOUT_EFFECT:
            return False
    return True


def _is_plain(value: cst.BaseExpression) -> bool:
    return isinstance(value, _PLAIN)


def _is_given_again(body: Sequence[Any], at: int) -> bool:
    """Whether a name gets a constant that nothing reads before it gets another value in the same block."""
    match body[at]:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], value)]) | cst.SimpleStatementLine(
            [cst.AnnAssign(cst.Name(name), _, value)]
        ) if value is not None and _is_plain(value):
            pass
        case _:
            return False
    for later in body[at + 1 :]:
        match later:
            case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(again))], given)]) if again == name:
                return not any(isinstance(one, cst.Name) and one.value == name for one in _nodes(given))
        if any(isinstance(one, cst.Name) and one.value == name for one in _nodes(later)):
            return False
    return False


class _Bodies(cst.CSTTransformer):
    def __init__(self, bodies: dict[cst.CSTNode, list[Any]]) -> None:
        super().__init__()
        self._bodies = bodies

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        body = self._bodies.get(original_node)
        return (
            updated_node if body is None else updated_node.with_changes(body=updated_node.body.with_changes(body=body))
        )


def _written(module: cst.Module, functions: Sequence[_Function]) -> Simpler:
    new = module.visit(_Bodies({one.node: one.body for one in functions}))
    positions = MetadataWrapper(new, unsafe_skip_copy=True).resolve(PositionProvider)
    code = with_imports_in_order(module, new)
    later = later_lines(new.code, code)
    findings = tuple(
        Finding(kind, later(positions[one.request].start.line), said) for one in functions for kind, said in one.said
    )
    return Simpler(code, findings)
