"""Values that a test around them has found to be something: `if words:` and `x if words is not None else y`."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Library


def is_tested(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a name or an attribute is only reached where a test has found that it is not None."""
    if not isinstance(node, (cst.Name, cst.Attribute)):
        return False
    current: cst.CSTNode = node
    while current in program.parents and not isinstance(current, (cst.FunctionDef, cst.Lambda)):
        around = program.parents[current]
        if isinstance(around, (cst.If, cst.IfExp)) and around.body is current and _finds(program, around.test, node):
            return True
        current = around
    return False


def _finds(program: Program, test: cst.BaseExpression, node: cst.BaseExpression) -> bool:
    """Whether a test is only true where a value is not None."""
    match test:
        case cst.BooleanOperation(left, cst.And(), right):
            return _finds(program, left, node) or _finds(program, right, node)
        case cst.Comparison(asked, [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]):
            return _is_same(program, asked, node)
    return _is_same(program, test, node)


def switched_by(program: Program, switch: cst.BaseExpression, value: cst.BaseExpression) -> cst.BaseExpression | None:
    """A list whose switch only says whether it holds anything: `bool(words)` beside `words`, or beside `words or []`.

    What comes back is a list in any case; None where the switch says something else.
    """
    match switch:
        case cst.Call(cst.Name() as function, [cst.Arg(asked)]) if program.value(function) == Library("builtins.bool"):
            pass
        case cst.Comparison(asked, [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]):
            pass
        case cst.Comparison(
            cst.Call(cst.Name() as function, [cst.Arg(asked)]),
            [cst.ComparisonTarget(cst.GreaterThan(), cst.Integer("0"))],
        ) if program.value(function) == Library("builtins.len"):
            pass
        case _:
            return None
    match value:
        case cst.BooleanOperation(given, cst.Or(), cst.List([])) if _is_same(program, given, asked):
            return value
    if not _is_same(program, value, asked):
        return None
    return cst.BooleanOperation(asked, cst.Or(), cst.List([]))


def _is_same(program: Program, first: cst.BaseExpression, second: cst.BaseExpression) -> bool:
    """Whether two expressions read the same name or attribute, with the same value."""
    if not first.deep_equals(second):
        return False
    names = [[one for one in program.nodes_in(each) if isinstance(one, cst.Name)] for each in (first, second)]
    return all(
        program.reaching.get(one) == program.reaching.get(other) for one, other in zip(names[0], names[1], strict=True)
    )
