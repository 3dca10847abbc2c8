"""An element of a query that a program joins by itself: `key=value` of the two names of its loop, in whatever words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Library
from codemods.rules.posting.written_url import pieces_of

_SAYING_THE_SAME: Final = (
    *("urllib.parse.quote", "urllib.parse.quote_plus", "builtins.str", "json.dumps"),
    *("builtins.int", "builtins.float", "builtins.bool"),
)
"""Calls that write a value for a query, and ask for nothing else by it."""


def joins(program: Program, element: cst.BaseExpression, key: str, value: str) -> bool:
    """Whether an element is the key, an equals sign and the value, neither of them made into something else."""
    pieces = _pieces(program, element)
    if len(pieces) != 3 or pieces[1] != "=":
        return False
    first, _, last = pieces
    return (
        not isinstance(first, str)
        and not isinstance(last, str)
        and _says(program, first, key)
        and _says(program, last, value)
    )


def _pieces(program: Program, element: cst.BaseExpression) -> Sequence[str | cst.BaseExpression]:
    match element:
        case cst.BinaryOperation(cst.SimpleString() as template, cst.Modulo(), cst.Tuple([one, other])):
            return (one.value, "=", other.value) if template.evaluated_value == "%s=%s" else ()
        case cst.Call(
            cst.Attribute(cst.SimpleString() as template, cst.Name("format")), [cst.Arg(one), cst.Arg(other)]
        ):
            return (one, "=", other) if template.evaluated_value == "{}={}" else ()
        case cst.Call(
            cst.Attribute(cst.SimpleString() as between, cst.Name("join")),
            [cst.Arg(cst.Tuple([one, other]) | cst.List([one, other]))],
        ):
            return (one.value, "=", other.value) if between.evaluated_value == "=" else ()
    return list(pieces_of(element))


def _says(program: Program, node: cst.BaseExpression, name: str) -> bool:
    """Whether an expression is a name's value, as it is written for a query."""
    match node:
        case cst.Name(found):
            return found == name
        case cst.Call(cst.Attribute(cst.Call() as owner, cst.Name("lower")), []):
            return _says(program, owner, name)  # `str(True).lower()`
        case cst.Call(function, [cst.Arg(of, keyword=None, star=""), *_]):
            callee = program.value(function)
            return isinstance(callee, Library) and callee.name in _SAYING_THE_SAME and _says(program, of, name)
        case cst.IfExp(_, body, orelse):
            return _says(program, body, name) and _says(program, orelse, name)
    return False
