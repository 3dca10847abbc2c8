"""Times that a program brings into seconds itself: where the other vendor counts in seconds, the division goes."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.program import Program

_THOUSAND = 1000


def division_into_seconds(
    program: Program, node: cst.BaseExpression, is_in_milliseconds: Callable[[cst.BaseExpression], bool]
) -> cst.BinaryOperation | None:
    """The division by 1000 that a time stands in, alone or in a sum or difference of nothing but such times.

    `is_in_milliseconds` says of an expression whether it is a time that the vendors count differently.
    """
    current: cst.BaseExpression = node
    while True:
        parent = program.parents[current]
        if not isinstance(parent, cst.BinaryOperation):
            return None
        if isinstance(parent.operator, (cst.Add, cst.Subtract)):
            if not (_is_a_time(parent.left, is_in_milliseconds) and _is_a_time(parent.right, is_in_milliseconds)):
                return None
            current = parent
            continue
        return parent if parent.left is current and _brings_into_seconds(parent) else None


def _is_a_time(node: cst.BaseExpression, is_in_milliseconds: Callable[[cst.BaseExpression], bool]) -> bool:
    match node:
        case cst.BinaryOperation(left, cst.Add() | cst.Subtract(), right):
            return _is_a_time(left, is_in_milliseconds) and _is_a_time(right, is_in_milliseconds)
    return is_in_milliseconds(node)


def _brings_into_seconds(node: cst.BinaryOperation) -> bool:
    match node.right:
        case cst.Integer() | cst.Float():
            factor = node.right.evaluated_value
            if isinstance(node.operator, cst.Divide):
                return factor == _THOUSAND
            return isinstance(node.operator, cst.Multiply) and factor == 1 / _THOUSAND
    return False
