"""Assignments of several values to several names, one a line, where the values are parts of the answer to a POST.

`url, number = answer["url"], answer["id"]` reads what stays and what comes with the first message in one statement.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.edits import Edits
from codemods.simpler.written import Simpler
from codemods.vendors import gladia


def with_assignments_parted(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which parts of an answer are assigned side by side, with these one a line."""
    plans: dict[cst.Module, Edits] = {}
    requests = [opening.request for opening in gladia.openings(program)]
    for module in program.modules if requests else ():
        for node in program.nodes_in(module):
            parts = _parts(node)
            if not isinstance(node, cst.SimpleStatementLine) or not parts or _depends(parts):
                continue
            values = [program.value(value) for _, value in parts]
            if any(gladia.is_answer_of(one, request) for one in values for request in requests):
                _part(plans.setdefault(module, Edits()), node, parts)
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items()}


def _parts(node: cst.CSTNode) -> list[tuple[cst.Name, cst.BaseExpression]]:
    """The names and what each gets, where a statement assigns as many values as names, written side by side."""
    match node:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Tuple(targets))], cst.Tuple(values))]) if len(
            targets
        ) == len(values):
            pairs = zip(targets, values, strict=True)
            found = [(a.value, b.value) for a, b in pairs if isinstance(a, cst.Element) and isinstance(b, cst.Element)]
            names = [(target, value) for target, value in found if isinstance(target, cst.Name)]
            return names if len(names) == len(targets) else []
    return []


def _depends(parts: list[tuple[cst.Name, cst.BaseExpression]]) -> bool:
    """Whether a value reads a name that gets another one in the same statement."""
    names = {target.value for target, _ in parts}
    return any(_reads(value, names) for _, value in parts)


def _reads(value: cst.CSTNode, names: set[str]) -> bool:
    is_read = isinstance(value, cst.Name) and value.value in names
    return is_read or any(_reads(one, names) for one in value.children)


def _part(edits: Edits, statement: cst.SimpleStatementLine, parts: list[tuple[cst.Name, cst.BaseExpression]]) -> None:
    *others, (target, value) = parts
    lines = [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], own)]) for name, own in others]
    edits.add_before(statement, lambda: list(lines))
    last = cst.Assign([cst.AssignTarget(target)], value)
    edits.replace(statement.body[0], last)
