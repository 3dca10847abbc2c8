"""Parameters that are there on a condition alone: `value if test else ABSENT`, as the map writes them.

A query has no word for what is not there, so that each way of writing a configuration has its own for it: an entry
taken in by `**` in a display, a store behind an `if`.
"""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.edits import expression

_ABSENT: Final = "ABSENT"


class _Missing:
    """Stands for the map's ABSENT while an expression of the map is tried."""


def parted(written: cst.BaseExpression) -> tuple[cst.BaseExpression, cst.BaseExpression | None]:
    """A parameter's value, and the test without which it is left out; None for one that is always there."""
    match written:
        case cst.IfExp(test, body, cst.Name(name)) if name == _ABSENT:
            return body, test
    return written, None


def unless_none(
    written: cst.BaseExpression, node: cst.BaseExpression, otherwise: cst.BaseExpression | None
) -> cst.BaseExpression:
    """A value where `node` is not None, else `otherwise`; left out where that is None."""
    default = otherwise if otherwise is not None else cst.Name(_ABSENT)
    return expression("value if node is not None else default", value=written, node=node, default=default)


def takes_none(source: str) -> bool:
    """Whether an expression of the map leaves its parameter out for None by itself."""
    try:
        return eval(source, {"__builtins__": {}, "value": None, _ABSENT: _Missing}) is _Missing  # the map's own text
    except (ArithmeticError, LookupError, NameError, TypeError, ValueError):
        return False


def is_declared_with_none(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a parameter, or a field by its name, is said to be None at times: `float | None`, `Optional[float]`."""
    declared: list[cst.Annotation | None] = []
    if isinstance(node, cst.Name):
        definitions = program.definitions_of(node)
        declared = [one.node.annotation for one in definitions if isinstance(one.node, cst.Param)]
    elif isinstance(node, cst.Attribute):
        declared = [
            small.annotation
            for owner in program.scopes
            if isinstance(owner, cst.ClassDef)
            for line in owner.body.body
            if isinstance(line, cst.SimpleStatementLine)
            for small in line.body
            if isinstance(small, cst.AnnAssign)
            and isinstance(small.target, cst.Name)
            and small.target.value == node.attr.value
        ]
    written = [cst.Module([]).code_for_node(one.annotation) for one in declared if one is not None]
    return any("None" in one or "Optional[" in one for one in written)


def can_be_read_again(node: cst.BaseExpression) -> bool:
    """Whether an expression may stand twice where it stood once: a name, a field, an entry under a constant key."""
    match node:
        case cst.Name():
            return True
        case cst.Attribute(owner):
            return can_be_read_again(owner)
        case cst.Subscript(owner, [cst.SubscriptElement(cst.Index(cst.SimpleString() | cst.Integer()))]):
            return can_be_read_again(owner)
        case cst.Call(cst.Attribute(owner, cst.Name("get")), [cst.Arg(cst.SimpleString()), *_]):
            return can_be_read_again(owner)
    return False


def is_asked_around(program: Program, test: cst.BaseExpression, place: cst.CSTNode) -> bool:
    """Whether a place is only reached where the test has been found to hold: it stands in the block of that `if`."""
    current = place
    while current in program.parents and not isinstance(current, (cst.FunctionDef, cst.Lambda)):
        around = program.parents[current]
        if isinstance(around, cst.If) and around.body is current and around.test.deep_equals(test):
            return True
        current = around
    return False


def uses_of_value(source: str) -> int:
    """How often an expression of the map reads its value."""
    tree: Any = cst.parse_expression(source)
    waiting, found = [tree], 0
    while waiting:
        current = waiting.pop()
        found += isinstance(current, cst.Name) and current.value == "value"
        waiting.extend(current.children)
    return found
