"""Parts of messages whose absence an exception tells: `try: utterance = message["data"]["utterance"]`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Library, Sequence, Value, something

_CATCHING: Final = frozenset(
    f"builtins.{name}" for name in ("KeyError", "LookupError", "TypeError", "Exception", "BaseException")
)


def is_told_by_exception(
    program: Program, node: cst.BaseExpression, is_field: Callable[[cst.BaseExpression], bool]
) -> bool:
    """Whether a message without the part read at `node` is met by a handler because of this reading alone.

    `is_field` says of an expression whether it reads a field, which raises as well where the message has it not.
    """
    tried = _try_around(program, node)
    if tried is None or not any(_catches(program, one) for one in tried.handlers):
        return False
    return not any(
        isinstance(one, cst.Subscript) and one is not node and is_field(one) for one in program.nodes_in(tried.body)
    )


def _try_around(program: Program, node: cst.CSTNode) -> cst.Try | None:
    current = node
    while current in program.parents and not isinstance(current, (cst.FunctionDef, cst.Lambda)):
        parent = program.parents[current]
        if isinstance(parent, cst.Try) and parent.body is current:
            return parent
        current = parent
    return None


def _catches(program: Program, handler: cst.ExceptHandler) -> bool:
    """Whether a handler is for keys that are not there."""
    if handler.type is None:
        return True
    return any(_is_missing_key(one) for one in something(program.value(handler.type)))


def _is_missing_key(value: Value) -> bool:
    if isinstance(value, Sequence):
        return any(_is_missing_key(one) for one in value.elements)
    return isinstance(value, Library) and value.name in _CATCHING
