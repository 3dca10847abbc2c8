"""Addresses that are objects of a library, yarl's or httpx's, and no texts: nothing can be put behind them by `+`."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Library

_CLASSES: Final = (Library("yarl.URL"), Library("httpx.URL"))


def is_address_object(program: Program, node: cst.BaseExpression) -> bool:
    """Whether an expression is such an object, as far as it can be followed."""
    match node:
        case cst.Call(func):
            of_object = isinstance(func, cst.Attribute) and is_address_object(program, func.value)
            return program.value(func) in _CLASSES or of_object
        case cst.BinaryOperation(left, cst.Divide() | cst.Modulo()):
            return is_address_object(program, left)
        case cst.Name() | cst.Attribute():
            given = [one.expression for one in program.definitions_of(node)]
            return any(one is not None and one is not node and is_address_object(program, one) for one in given)
    return False


def as_text(program: Program, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The same address as a text: what `str` of the object would give; None where that cannot be written."""
    match node:
        case cst.Call(func, [cst.Arg(given, keyword=None, star="")]) if program.value(func) in _CLASSES:
            return given
        case cst.BinaryOperation(left, cst.Divide(), right):
            base = as_text(program, left)
            return _joined(base, right) if base is not None else None
        case cst.Name() | cst.Attribute() if is_address_object(program, node):
            return cst.FormattedString([cst.FormattedStringExpression(node)])
    return None


def _joined(base: cst.BaseExpression, part: cst.BaseExpression) -> cst.BaseExpression | None:
    """`base/part`, a literal where both are."""
    match base, part:
        case cst.SimpleString(prefix=""), cst.SimpleString(prefix=""):
            return base.with_changes(value=f"{base.quote}{base.raw_value.rstrip('/')}/{part.raw_value}{base.quote}")
        case cst.FormattedString(), cst.SimpleString(prefix=""):
            return base.with_changes(parts=[*base.parts, cst.FormattedStringText(f"/{part.raw_value}")])
        case cst.FormattedString(), cst.Name() | cst.Attribute():
            slash = cst.FormattedStringText("/")
            return base.with_changes(parts=[*base.parts, slash, cst.FormattedStringExpression(part)])
    return None
