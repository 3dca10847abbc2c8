"""Code around a field that only undoes what the old SDK did: units, blanks, fractions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Library, constant
from codemods.migrating import Migrating
from shim.mapping.row import Row, Vendor


def is_whole(row: Row, target: Vendor) -> bool:
    """Whether a row's value is a whole number at the target, and only there."""
    return row.way(target.other).conversion.source == "round(value)"


def undone_by(
    migrating: Migrating, node: cst.BaseExpression, source: str, *, whole: bool
) -> tuple[cst.BaseExpression | None, Callable[[Any], cst.BaseExpression]]:
    """The expression around a field that made of it what it is now, and how its inside is taken out of it.

    `event.words[0].start / 1000` asked for seconds, `message.data.utterance.text.strip()` for text without its
    blank: the other side has them.
    """
    program = migrating.program
    parent = program.parents[node]
    around = program.parents.get(parent)
    if isinstance(parent, cst.BinaryOperation) and parent.left is node:
        by_thousand = constant(program.value(parent.right)) in (1000, 1000.0)
        undone = {"round(value * 1000)": cst.Divide, "value / 1000": cst.Multiply}.get(source)
        if by_thousand and undone is not None and isinstance(parent.operator, undone):
            call = _rounding(program, parent) if source == "value / 1000" else None
            if call is not None:
                return call, lambda updated: updated.args[0].value.left
            return (parent, lambda updated: updated.left) if not parent.lpar else (None, lambda updated: updated)
    if isinstance(parent, cst.Attribute) and parent.attr.value == "strip" and isinstance(around, cst.Call):
        if source == "value.strip()" and not around.args:
            return node, lambda updated: updated
        if migrating.target is Vendor.ASSEMBLYAI and not around.args and around.func is parent:
            return around, lambda updated: updated.func.value
    if whole and source == "value":
        call = _rounding(program, node)
        if call is not None:
            return call, lambda updated: updated.args[0].value
    return None, lambda updated: updated


def _rounding(program: Program, node: cst.BaseExpression) -> cst.Call | None:
    """The `round(…)` around a value that is a whole number on the other side."""
    argument = program.parents[node]
    call = program.parents.get(argument)
    if not isinstance(call, cst.Call) or len(call.args) != 1 or not isinstance(argument, cst.Arg):
        return None
    return call if program.value(call.func) == Library("builtins.round") else None
