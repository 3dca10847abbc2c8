"""Where a program counts on the blank that Gladia's texts begin with: it compares with one, or counts what it parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, Value

_BEGINNINGS: Final = ("startswith", "removeprefix", "find", "index", "count", "replace", "partition", "split")
_PARTED: Final = ("split", "partition")
_TAKING_IT_OFF: Final = ("startswith", "removeprefix")
"""Of the blank alone: the program takes it off where it is there."""


def asks_for_blank(program: Program, text: cst.BaseExpression, is_text: Callable[[Value], bool]) -> bool:
    """Whether what stands around a text of Gladia's gives something else for it without the blank.

    `text` is the expression that stands for the text as it begins; `is_text` says of a value whether it is one too:
    two texts of the service's are compared as before.
    """
    parent = program.parents.get(text)
    match parent:
        case cst.Comparison(left, [cst.ComparisonTarget(_, other)]) if left is text:
            return not is_text(program.value(other)) and _begins_with_blank(program, other)
        case cst.ComparisonTarget(cst.Equal() | cst.NotEqual()):
            comparison = program.parents[parent]
            assert isinstance(comparison, cst.Comparison)
            return _begins_with_blank(program, comparison.left)
        case cst.Attribute(value, cst.Name(method)) if value is text and method in _BEGINNINGS:
            call = program.parents.get(parent)
            if not isinstance(call, cst.Call) or call.func is not parent or not call.args:
                return False
            return _is_counted_on(program, call, method)
    return False


def _is_counted_on(program: Program, call: cst.Call, method: str) -> bool:
    if program.value(call.args[0].value) == Known(" "):
        if method == "replace":
            return len(call.args) > 2
        return _is_numbered(program, call) if method in _PARTED else method not in _TAKING_IT_OFF
    return _begins_with_blank(program, call.args[0].value)


def _is_numbered(program: Program, parted: cst.Call) -> bool:
    """Whether the pieces of a text are taken by their numbers, or counted, at once or by the name that they get."""
    uses = [parted, *(use for one in program.definitions() if one.expression is parted for use in one.uses)]
    for use in uses:
        match program.parents.get(use):
            case cst.Subscript(value) if value is use:
                return True
            case cst.Arg() as argument:
                call = program.parents[argument]
                if isinstance(call, cst.Call) and isinstance(call.func, cst.Name) and call.func.value == "len":
                    return True
            case cst.Assign([cst.AssignTarget(cst.Tuple() | cst.List())]):
                return True
    return False


def _begins_with_blank(program: Program, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Tuple(elements) | cst.List(elements) | cst.Set(elements):
            return any(_begins_with_blank(program, one.value) for one in elements)
    value = program.value(node)
    return isinstance(value, Known) and isinstance(value.value, str) and value.value[:1].isspace()
