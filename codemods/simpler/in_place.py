"""Statements that take the place of the one around them: a loop that is run through once, a branch always taken."""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

PASS: Final = cst.SimpleStatementLine([cst.Pass()])


def in_the_place_of(statement: Any, body: list[Any]) -> list[Any]:
    """Statements with the lines that stood above the one around them."""
    if not body:
        return []
    above = [*statement.leading_lines] if hasattr(statement, "leading_lines") else []
    if not any(line.comment is not None for line in above) and body[0].leading_lines:
        above = []
    own = [line for line in body[0].leading_lines if line.comment is not None]
    return [body[0].with_changes(leading_lines=[*above, *own]), *body[1:]]


def without_jump(body: list[Any]) -> list[Any]:
    """Statements without the `break` or `continue` at their end."""
    if not body:
        return body
    last = body[-1]
    match last:
        case cst.SimpleStatementLine([*others, cst.Break() | cst.Continue()]):
            return [*body[:-1], *([last.with_changes(body=others)] if others else [])]
        case cst.With(body=cst.IndentedBlock() as block):
            inside = without_jump(list(block.body))
            return [*body[:-1], last.with_changes(body=block.with_changes(body=inside or [PASS]))]
    return body
