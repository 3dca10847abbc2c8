"""How dictionaries are laid out: commas, lines, comments, and constants as Python writes them."""

from __future__ import annotations

from typing import Final

import libcst as cst

_LINE_LENGTH: Final = 80


def broken_where_long(display: cst.Dict, indent: str, depth: int = 0) -> cst.Dict:
    """A display on one line, one entry a line where that line would be too long.

    `depth` is how many steps further in than its statement the line stands in which it begins.
    """
    code = cst.Module([]).code_for_node(display)
    if "\n" in code or len(code) <= _LINE_LENGTH:
        return display
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * (depth + 1)))
    outer = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * depth))
    elements = [one.with_changes(comma=cst.Comma(whitespace_after=inner)) for one in display.elements]
    elements[-1] = elements[-1].with_changes(comma=cst.Comma(whitespace_after=outer))
    return display.with_changes(elements=elements, lbrace=cst.LeftCurlyBrace(whitespace_after=inner))


def separator(display: cst.Dict) -> cst.Comma:
    """The comma between two entries of a display, in the display's own style."""
    opening = display.lbrace.whitespace_after
    if isinstance(opening, cst.ParenthesizedWhitespace):
        plain = opening.with_changes(
            first_line=opening.first_line.with_changes(whitespace=cst.SimpleWhitespace(""), comment=None),
            empty_lines=[],
        )
        return cst.Comma(whitespace_after=plain)
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def spread(display: cst.Dict, depth: int, indent: str) -> cst.Dict:
    """A dictionary with one entry a line, the entries `depth` steps further in than their statement."""
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * depth))
    outer = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * (depth - 1)))
    elements = [element.with_changes(comma=cst.Comma(whitespace_after=inner)) for element in display.elements]
    if not elements:
        return display
    elements[-1] = elements[-1].with_changes(comma=cst.Comma(whitespace_after=outer))
    return display.with_changes(elements=elements, lbrace=cst.LeftCurlyBrace(whitespace_after=inner))


def choice_over_lines(choice: cst.IfExp, depth: int, indent: str) -> cst.IfExp:
    """A choice in parentheses, one alternative a line; `depth` is how far in the entry stands that it belongs to."""
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * (depth + 1)))
    outer = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * depth))

    def parted(one: cst.BaseExpression) -> cst.BaseExpression:
        if not isinstance(one, cst.IfExp):
            return one
        return one.with_changes(
            whitespace_before_if=inner, whitespace_before_else=inner, orelse=parted(one.orelse), lpar=[], rpar=[]
        )

    found = parted(choice)
    assert isinstance(found, cst.IfExp)
    opening, closing = cst.LeftParen(whitespace_after=inner), cst.RightParen(whitespace_before=outer)
    return found.with_changes(lpar=[opening], rpar=[closing])


def comments_in(node: cst.CSTNode) -> list[str]:
    """The comments inside a node."""
    found: list[str] = []
    waiting = [node]
    while waiting:
        current = waiting.pop(0)
        if isinstance(current, cst.Comment):
            found.append(current.value)
        waiting = [*current.children, *waiting]
    return found
