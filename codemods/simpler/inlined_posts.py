"""A helper of the program's own that only makes the POST and gives its answer: written where it is called.

What is done about the answer stands in the caller then, beside the POST, which is where it is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, Library
from codemods.edits import Edits, in_parentheses
from codemods.rules.names.elsewhere import calls_of
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia


@dataclass(frozen=True, slots=True, eq=False)
class _Helper:
    """A function that only makes one POST, and its calls."""

    function: cst.FunctionDef
    request: HttpRequest
    calls: tuple[cst.Call, ...]
    raises: bool
    """Whether it raises for the status as well."""
    parts: tuple[cst.BaseExpression, ...] = ()
    """What it gives of the answer side by side, where it does not give the answer itself."""
    answer: str = ""
    """What it calls the answer."""


def with_posts_inlined(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a helper makes a session's POST, with the POST where it is called."""
    found: dict[cst.Module, Simpler] = {}
    for opening in gladia.openings(program):
        helper = _helper_of(program, opening.request)
        module = program.module_of(opening.request.call)
        if helper is None or module in found or any(program.module_of(one) is not module for one in helper.calls):
            continue
        edits = Edits()
        if all(_plan(program, helper, one, edits) for one in helper.calls):
            edits.remove(helper.function)
            found[module] = simpler(module, edits)
    return found


def _helper_of(program: Program, request: HttpRequest) -> _Helper | None:
    function = program.scope_of(request.call)
    if not isinstance(function, cst.FunctionDef) or function.decorators:
        return None
    body = [one for one in function.body.body if not _is_docstring(one)]
    raises = len(body) == 3 and _raises(body[1])
    parts: tuple[cst.BaseExpression, ...] = ()
    answer = ""
    match [body[0], body[-1]] if len(body) == (3 if raises else 2) else body:
        case [cst.SimpleStatementLine([cst.Return(cst.BaseExpression() as given)])] if len(body) == 1:
            pass
        case [
            cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], given)]),
            cst.SimpleStatementLine([cst.Return(cst.Name(returned))]),
        ] if name == returned:
            pass
        case [
            cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], given)]),
            cst.SimpleStatementLine([cst.Return(cst.Tuple(elements))]),
        ] if not raises and all(_reads_only(program, one.value, name) for one in elements):
            parts, answer = tuple(one.value for one in elements), name
        case _:
            return None
    inner = given.expression if isinstance(given, cst.Await) else given
    calls = calls_of(program, function)
    if inner is not request.call or not calls or not is_only_called(program, function, calls):
        return None
    return _Helper(function, request, tuple(calls), raises, parts, answer)


def _reads_only(program: Program, node: cst.BaseExpression, answer: str) -> bool:
    """Whether an expression reads the answer and nothing else."""
    names = [one for one in program.nodes_in(node) if isinstance(one, cst.Name) and one in program.reaching]
    return [one.value for one in names] == [answer]


def is_only_called(
    program: Program, function: cst.FunctionDef, calls: Sequence[cst.Call], *, imported: bool = False
) -> bool:
    """Whether nothing but these calls names a function: no table, no `__all__`, no heir's own.

    `imported`: whether other files may name it where they import it.
    """
    name = function.name.value
    callees = {one.func for one in calls}
    for module in program.modules:
        for node in program.nodes_in(module):
            match node:
                case cst.FunctionDef(cst.Name(other)) if other == name and node is not function:
                    return False
                case cst.SimpleString() if node.evaluated_value == name:
                    return False
                case cst.ImportAlias(cst.Name(other)) if other == name and not imported:
                    return False
                case cst.Attribute(attr=cst.Name(other)) if other == name and node not in callees:
                    if not isinstance(program.value(node), Library):
                        return False  # `requests.post` is not the program's own `post`
                case cst.Name(other) if other == name and node in program.reaching and node not in callees:
                    return False
    return True


def _is_docstring(statement: Any) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.BaseString())]):
            return True
    return False


def _raises(statement: Any) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Attribute(_, cst.Name("raise_for_status"))))]):
            return True
    return False


def _plan(program: Program, helper: _Helper, call: cst.Call, edits: Edits) -> bool:
    """Plans the edits of one call; False where the POST would not mean the same there."""
    given = _arguments(program, helper, call)
    if given is None:
        return False
    names = [one for one in program.nodes_in(helper.request.call) if isinstance(one, cst.Name)]
    replaced: dict[cst.CSTNode, cst.BaseExpression] = {}
    here = program.at_statement.get(program.statement_of(call), {})
    for name in names:
        reaching = program.reaching.get(name)
        if reaching is None:
            continue
        if name.value in given and all(program.is_inside(one.node, helper.function.params) for one in reaching):
            replaced[name] = given[name.value]
        elif (
            any(program.is_inside(one.node, helper.function) for one in reaching)
            or here.get(name.value, reaching) != reaching
        ):
            return False
    statement = program.statement_of(call)
    if helper.raises:
        match statement:
            case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(answer))], _)]):
                raising = cst.parse_statement(f"{answer}.raise_for_status()")
                edits.insert_after(statement, lambda: [raising])
            case _:
                return False
    written = helper.request.call.visit(_Replacing(replaced))
    assert isinstance(written, cst.Call)
    if helper.parts:
        return _plan_parts(program, helper, call, written, edits)
    edits.replace(call, written)
    return _is_answer(program, call)


def _plan_parts(program: Program, helper: _Helper, call: cst.Call, written: cst.Call, edits: Edits) -> bool:
    """Writes the POST in front of the statement that takes parts of its answer, and these one a line."""
    statement = program.statement_of(call)
    given = program.parents[call]
    awaited = isinstance(given, cst.Await)
    if isinstance(given, cst.Await):
        given = program.parents[given]
    match statement:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Tuple(targets))]) as assigned]) if (
            assigned is given and len(targets) == len(helper.parts)
        ):
            pass
        case _:
            return False
    names = {one.value for one in program.nodes_in(program.scope_of(call)) if isinstance(one, cst.Name)}
    answer = next(one for one in (helper.answer, "answer", "posted", "posted_answer") if one not in names)
    is_awaited = isinstance(program.parents[helper.request.call], cst.Await)
    if is_awaited and not awaited:
        return False
    renamed = _Renaming(helper.answer, answer)
    made: list[tuple[cst.BaseExpression, object]] = [
        (cst.Name(answer), cst.Await(written) if is_awaited else written),
    ]
    made.extend((one.value, part.visit(renamed)) for one, part in zip(targets, helper.parts, strict=True))
    lines = [
        cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], value)])
        for target, value in made
        if isinstance(target, cst.BaseAssignTargetExpression) and isinstance(value, cst.BaseExpression)
    ]
    edits.insert_before(statement, lambda: list(lines))
    edits.remove(statement)
    return len(lines) == len(made)


class _Renaming(cst.CSTTransformer):
    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self._old = old
        self._new = new

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        return updated_node.with_changes(value=self._new) if original_node.value == self._old else updated_node


def _is_answer(program: Program, call: cst.Call) -> bool:
    """Whether the helper's answer is all that its call gives, awaited or not."""
    parent = program.parents[call]
    value = program.value(parent if isinstance(parent, cst.Await) else call)
    return isinstance(value, HttpResponse)


def _arguments(program: Program, helper: _Helper, call: cst.Call) -> Mapping[str, cst.BaseExpression] | None:
    """What the helper's parameters are given, by name; `self` is the caller's own."""
    function = helper.function
    parameters = [*function.params.params, *function.params.kwonly_params]
    if isinstance(function.params.star_arg, cst.Param) or function.params.star_kwarg is not None:
        return None
    found: dict[str, cst.BaseExpression] = {}
    names = [one.name.value for one in parameters]
    if isinstance(call.func, cst.Attribute):
        if names[:1] != ["self"] or not isinstance(call.func.value, cst.Name) or call.func.value.value != "self":
            return None
        found["self"] = call.func.value
        parameters, names = parameters[1:], names[1:]
    for at, argument in enumerate(call.args):
        if argument.star or at >= len(names):
            return None
        found[argument.keyword.value if argument.keyword is not None else names[at]] = argument.value
    for one in parameters:
        if one.name.value not in found:
            if one.default is None:
                return None
            found[one.name.value] = one.default
    uses = [one.value for one in program.nodes_in(helper.request.call) if isinstance(one, cst.Name)]
    for name, value in found.items():
        is_cheap = isinstance(value, (cst.Name, cst.Attribute, cst.SimpleString, cst.BaseNumber))
        if uses.count(name) > 1 and not is_cheap:
            return None
        if uses.count(name) == 0 and any(isinstance(one, (cst.Call, cst.Await)) for one in program.nodes_in(value)):
            return None
    return found


class _Replacing(cst.CSTTransformer):
    def __init__(self, names: Mapping[cst.CSTNode, cst.BaseExpression]) -> None:
        super().__init__()
        self._names = names

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        found = self._names.get(original_node)
        return updated_node if found is None else in_parentheses(found)
