"""Elements of displays and calls that stand on lines of their own: a comment about one stands right above it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import libcst as cst

_Element = cst.BaseElement | cst.BaseDictElement | cst.Arg


def _elements(container: cst.CSTNode) -> Sequence[_Element]:
    match container:
        case cst.List(elements) | cst.Set(elements) | cst.Tuple(elements) | cst.Dict(elements):
            return elements
        case cst.Call(args=args):
            return args
    return ()


def space_before(container: cst.CSTNode, node: cst.CSTNode) -> cst.ParenthesizedWhitespace | None:
    """The line end in front of an element of a display or call; None where it shares its line, or is no element."""
    elements = list(_elements(container))
    index = next((i for i, one in enumerate(elements) if one is node), None)
    return _space_before(container, index) if index is not None else None


def _space_before(container: Any, index: int) -> cst.ParenthesizedWhitespace | None:
    space: object = None
    if index:
        comma = _elements(container)[index - 1].comma
        space = comma.whitespace_after if isinstance(comma, cst.Comma) else None
    elif isinstance(container, cst.Call):
        space = container.whitespace_before_args
    elif isinstance(container, (cst.Dict, cst.Set)):
        space = container.lbrace.whitespace_after
    elif isinstance(container, cst.List):
        space = container.lbracket.whitespace_after
    elif isinstance(container, cst.Tuple) and container.lpar:
        space = container.lpar[-1].whitespace_after
    return space if isinstance(space, cst.ParenthesizedWhitespace) else None


def with_notes(original: cst.CSTNode, updated: Any, notes: Mapping[cst.CSTNode, Sequence[str]]) -> Any:
    """A display or call with these comment lines above its elements, where they are still there."""
    elements = _elements(original)
    if not notes or not any(one in notes for one in elements) or len(elements) != len(_elements(updated)):
        return updated
    for index, element in enumerate(elements):
        space = _space_before(updated, index) if element in notes else None
        if space is not None:
            updated = _with_space(updated, index, _with_lines(space, notes[element]))
    return updated


def _with_lines(space: cst.ParenthesizedWhitespace, lines: Sequence[str]) -> cst.ParenthesizedWhitespace:
    added = [cst.EmptyLine(space.indent, space.last_line, cst.Comment(one)) for one in lines]
    return space.with_changes(empty_lines=[*space.empty_lines, *added])


def _with_space(container: Any, index: int, space: cst.ParenthesizedWhitespace) -> Any:
    if index:
        elements = list(_elements(container))
        before = elements[index - 1]
        assert isinstance(before.comma, cst.Comma)
        elements[index - 1] = before.with_changes(comma=before.comma.with_changes(whitespace_after=space))
        return container.with_changes(**{"args" if isinstance(container, cst.Call) else "elements": elements})
    match container:
        case cst.Call():
            return container.with_changes(whitespace_before_args=space)
        case cst.Dict() | cst.Set():
            return container.with_changes(lbrace=container.lbrace.with_changes(whitespace_after=space))
        case cst.List():
            return container.with_changes(lbracket=container.lbracket.with_changes(whitespace_after=space))
    last = container.lpar[-1].with_changes(whitespace_after=space)
    return container.with_changes(lpar=[*container.lpar[:-1], last])


def lines_of_elements(code: str, line: int) -> list[int]:
    """The first lines, from 1, of the elements of displays and calls around a line that begin lines of their own."""
    lines = code.splitlines()
    found: list[int] = []
    for node in ast.walk(ast.parse(code)):
        each: list[tuple[ast.expr | ast.keyword, ast.expr]] = []
        match node:
            case ast.Dict(keys, values):
                each = [(key or value, value) for key, value in zip(keys, values, strict=True)]
            case ast.List(elts) | ast.Set(elts) | ast.Tuple(elts):
                each = [(one, one) for one in elts]
            case ast.Call(args=args, keywords=keywords):
                each = [*((one, one) for one in args), *((one, one.value) for one in keywords)]
        for start, end in each:
            if start.lineno <= line <= (end.end_lineno or end.lineno):
                before = lines[start.lineno - 1].encode()[: start.col_offset].decode()
                found.extend([] if before.strip(" \t*") else [start.lineno])
    return found
