"""Whether languages are switched between, where only the running program knows which are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from codemods.rules.configuration.left_out import can_be_read_again
from codemods.rules.sdk.parameters.written_values import WrittenValues


def switching_code(
    values: WrittenValues, codes: cst.BaseExpression, by_default: Any, *, is_one: bool, may_be_none: bool
) -> Callable[[], str] | None:
    """What gives the code of Gladia's switch once edits are made: on unless there is one language.

    `codes` is the program's expression, `is_one` whether it is one language and no list; `by_default` is the switch
    where none is given: a constant, or an expression. None where that cannot be written.
    """
    if is_one and (not may_be_none or by_default is False):
        return lambda: "False"
    if not can_be_read_again(codes) or (by_default is not True and not is_one):
        return None
    values.watch(codes)
    if is_one:
        rest = "" if by_default is True else f" and {cst.Module([]).code_for_node(by_default)}"
        return lambda: f"{values.code(codes)} is None{rest}"
    if may_be_none:
        return lambda: f"len({values.code(codes)} or []) != 1"
    return lambda: f"len({values.code(codes)}) != 1"
