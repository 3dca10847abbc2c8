"""Reads of a recording that are no pieces of its sound: its header, which is looked at or passed over.

Where they share a number with the reads of the pieces, they keep what the number was when the pieces get longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sound import IN_FRAMES, RECORDED
from codemods.analysis.values import Library, LibraryObject, constant, something

_LOOKING: Final = ("builtins.len", "builtins.print", "builtins.isinstance", "struct.unpack", "struct.unpack_from")


def reads_beside(
    program: Program, size: cst.BaseExpression, pieces: cst.BaseExpression
) -> Iterator[tuple[cst.BaseExpression, int]]:
    """The arguments of other reads that are the same number as `size`, each with that number.

    `pieces` is the call that reads what is sent. A read is another one if nothing of it goes anywhere.
    """
    number = constant(program.value(size))
    for node, value in program.values.items():
        if not isinstance(node, cst.Call) or node is pieces or len(node.args) != 1:
            continue
        is_read = any(
            isinstance(one, LibraryObject) and one.made_by in (*RECORDED, *IN_FRAMES) for one in something(value)
        )
        given = node.args[0].value
        if not is_read or not isinstance(number, int) or constant(program.value(given)) != number:
            continue
        if not isinstance(given, cst.Integer) and _goes_nowhere(program, node):
            yield given, number


def _goes_nowhere(program: Program, read: cst.Call) -> bool:
    """Whether what is read is passed over, or only looked at."""
    place: cst.CSTNode = read
    while isinstance(program.parents[place], cst.Await):
        place = program.parents[place]
    match program.parents[place]:
        case cst.Expr():
            return True
        case cst.Assign() | cst.AnnAssign():
            given = [one for one in program.definitions() if one.expression is place]
            uses = [use for one in given for use in one.uses]
            return bool(given) and all(_is_looked_at(program, use) for use in uses)
    return _is_looked_at(program, place)


def _is_looked_at(program: Program, use: cst.CSTNode) -> bool:
    match program.parents[use]:
        case cst.Comparison() | cst.ComparisonTarget() | cst.If() | cst.UnaryOperation() | cst.Assert():
            return True
        case cst.Attribute(attr=cst.Name(name)):
            return name in ("startswith", "endswith", "find", "index", "hex")
        case cst.Subscript() as piece:
            return _is_looked_at(program, piece)
        case cst.Arg() as argument:
            call = program.parents[argument]
            callees = something(program.value(call.func)) if isinstance(call, cst.Call) else ()
            return bool(callees) and all(isinstance(one, Library) and one.name in _LOOKING for one in callees)
    return False
