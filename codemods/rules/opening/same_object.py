"""Calls that belong together because they are made on one object, in order: `db.execute(…)`, then `db.commit()`."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, Library, LibraryObject

_LOGS: Final = ("logging.", "structlog.", "loguru.")
"""Each message stands for itself there."""


def going_on_with(program: Program, statement: cst.CSTNode) -> list[cst.SimpleStatementLine]:
    """The statements behind one in its block that only call another method of the object that it calls one of.

    Where the one has to wait, they have to as well. Modules, such as `logging`, are no such object.
    """
    owner = _owner(program, statement)
    block = program.parents.get(statement)
    if owner is None or not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return []
    body = list(block.body)
    found: list[cst.SimpleStatementLine] = []
    for one in body[body.index(statement) + 1 :]:  # type: ignore[arg-type]  # it is one of them
        other = _owner(program, one)
        if other is not None and other.deep_equals(owner) and isinstance(one, cst.SimpleStatementLine):
            found.append(one)
    return found


def _owner(program: Program, statement: cst.CSTNode) -> cst.BaseExpression | None:
    """The object that a statement calls a method of, if it does nothing else."""
    match statement:
        case cst.SimpleStatementLine(
            [cst.Expr(cst.Call(cst.Attribute(owner)) | cst.Await(cst.Call(cst.Attribute(owner))))]
        ):
            is_plain = isinstance(owner, (cst.Name, cst.Attribute))
            is_self = isinstance(owner, cst.Name) and owner.value in ("self", "cls")
            value = program.value(owner)
            is_log = isinstance(value, LibraryObject) and value.made_by.startswith(_LOGS)
            if is_plain and not is_self and not is_log and not isinstance(value, (Library, Class)):
                return owner
    return None
