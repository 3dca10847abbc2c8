"""Lines of a program before and after: which came from which, and which statement they belong to. They count from 1."""

from __future__ import annotations

import ast
import bisect
import difflib
from collections.abc import Callable


def earlier_lines(old: str, new: str) -> Callable[[int], int]:
    """A function that gives, for a line of the new code, the line of the old code that it comes from, or came after."""
    blocks = difflib.SequenceMatcher(None, new.splitlines(), old.splitlines(), autojunk=False).get_matching_blocks()
    return lambda line: _across(blocks, line)


def later_lines(old: str, new: str) -> Callable[[int], int]:
    """A function that gives, for a line of the old code, the line of the new code that has its place."""
    blocks = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False).get_matching_blocks()
    return lambda line: _across(blocks, line)


def _across(blocks: list[difflib.Match], line: int) -> int:
    """The line on the other side: its own in what both sides share, otherwise the one behind that."""
    shared = [block for block in blocks if block.size]
    index = bisect.bisect_right(shared, line - 1, key=lambda block: block.a) - 1
    if index < 0:
        return 1
    return shared[index].b + min(line - 1 - shared[index].a, shared[index].size) + 1


def first_line_of_statement(tree: ast.Module, line: int) -> int | None:
    """The line that the innermost statement around a line begins in, decorators included; None where none is."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    around = [node for node in statements if node.lineno <= line <= (node.end_lineno or node.lineno)]
    if not around:
        return None
    statement = max(around, key=lambda node: (node.lineno, -node.col_offset))
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min((statement.lineno, *(one.lineno for one in decorators)))
