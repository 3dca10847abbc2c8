"""Assignments of several values to several names, one a line, where the values are parts of the answer to a POST.

`url, number = answer["url"], answer["id"]` reads what stays and what comes with the first message in one statement. So
does a test that gives a part of it a name.
"""

from __future__ import annotations

from typing import TypeGuard

import libcst as cst

from codemods.analysis.program import Program
from codemods.edits import Edits
from codemods.simpler.written import Simpler
from codemods.vendors import gladia

_Target = cst.Name | cst.Attribute


def with_assignments_parted(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which parts of an answer are assigned side by side, with these one a line."""
    plans: dict[cst.Module, Edits] = {}
    requests = [opening.request for opening in gladia.openings(program)]
    for module in program.modules if requests else ():
        for node in program.nodes_in(module):
            named = _named_in_test(program, node)
            if isinstance(node, cst.If) and named is not None:
                if any(gladia.is_answer_of(program.value(named.value), request) for request in requests):
                    _name_before(plans.setdefault(module, Edits()), node, named)
                continue
            parts = _parts(node)
            if not isinstance(node, cst.SimpleStatementLine) or not parts or _depends(parts):
                continue
            values = [program.value(value) for _, value in parts]
            if any(gladia.is_answer_of(one, request) for one in values for request in requests):
                _part(plans.setdefault(module, Edits()), node, parts)
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items()}


def _named_in_test(program: Program, node: cst.CSTNode) -> cst.NamedExpr | None:
    """What a test gives a name before it asks anything: `if not (url := answer["url"])`."""
    match node:
        case (
            cst.If(test=cst.NamedExpr() as named) | cst.If(test=cst.UnaryOperation(cst.Not(), cst.NamedExpr() as named))
        ):
            return None if isinstance(program.parents[node], cst.If) else named
    return None


def _name_before(edits: Edits, statement: cst.If, named: cst.NamedExpr) -> None:
    assert isinstance(named.target, cst.Name)
    name = cst.Name(named.target.value)
    line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], named.value)])
    edits.add_before(statement, lambda: [line])
    edits.replace(named, name)


def _parts(node: cst.CSTNode) -> list[tuple[_Target, cst.BaseExpression]]:
    """The targets and what each gets, where a statement assigns as many values as targets, written side by side."""
    match node:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Tuple(targets))], cst.Tuple(values))]) if len(
            targets
        ) == len(values):
            pairs = zip(targets, values, strict=True)
            found = [(a.value, b.value) for a, b in pairs if isinstance(a, cst.Element) and isinstance(b, cst.Element)]
            plain = [(target, value) for target, value in found if _is_plain(target)]
            return plain if len(plain) == len(targets) else []
    return []


def _is_plain(target: cst.BaseExpression) -> TypeGuard[_Target]:
    """Whether a target is a name or an attribute of what has a name."""
    return isinstance(target, cst.Name) or (isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name))


def _depends(parts: list[tuple[_Target, cst.BaseExpression]]) -> bool:
    """Whether a value reads a target that gets another one in the same statement."""
    return any(_reads(value, target) for _, value in parts for target, _ in parts)


def _reads(value: cst.CSTNode, target: _Target) -> bool:
    return value.deep_equals(target) or any(_reads(one, target) for one in value.children)


def _part(edits: Edits, statement: cst.SimpleStatementLine, parts: list[tuple[_Target, cst.BaseExpression]]) -> None:
    *others, (target, value) = parts
    lines = [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], own)]) for name, own in others]
    edits.add_before(statement, lambda: list(lines))
    last = cst.Assign([cst.AssignTarget(target)], value)
    edits.replace(statement.body[0], last)
