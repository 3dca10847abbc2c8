"""What the rules about whole messages share: the rows of their places, and what becomes of their types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.values import Parsed, Step, Value
from codemods.rules.messages.same_message import SameMessage
from shim.mapping.row import Row


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules know of messages: the row of a place, its place at the other vendor's, what types become."""

    message: Callable[[Value], Parsed | None]
    rows_of: Callable[[Parsed], list[Row] | None]
    target_of: Callable[[Parsed], tuple[Step, ...]]
    fields_below: Callable[[tuple[Step, ...]], list[Row]]
    type_rows: Callable[[str], list[Row]]
    why_never_sent: Callable[[str], str | None]
    rename_types: Callable[[cst.CSTNode, Value], None]
    """Renames the types that an expression is, where they are written elsewhere."""
    same: SameMessage
    full_text: Callable[[cst.BaseExpression, Parsed], cst.BaseExpression | None]
    """What stands for the session's whole text where it is read; None where it cannot be gathered."""
