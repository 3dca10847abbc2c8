"""Constants and f-strings as Python writes them, also for Python 3.11."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, Literal

import libcst as cst

Quote = Literal['"', "'"]


def escaped(text: str, quote: str) -> str:
    """A text as it stands between quotes of one kind: one line, whatever is in it."""
    return "".join(
        f"\\{sign}" if sign in (quote, "\\") else sign if sign.isprintable() else repr(sign)[1:-1] for sign in text
    )


def literal_code(value: Any, quote: str) -> str:
    """A constant as source, strings in the given quotes."""
    match value:
        case str():
            return f"{quote}{escaped(value, quote)}{quote}"
        case list() | tuple():
            return f"[{', '.join(literal_code(one, quote) for one in value)}]"
    return repr(value)


def f_string(
    pieces: Sequence[str | cst.BaseExpression], preferred: Quote = '"'
) -> cst.FormattedString | cst.SimpleString | None:
    """The f-string of texts and expressions that stand one behind the other.

    A plain text where there are no expressions; None where there is no such f-string before Python 3.12: an expression
    in it has neither the quotes around it, nor a backslash, a comment or a line break.
    """
    if all(isinstance(one, str) for one in pieces):
        return cst.SimpleString(literal_code("".join(str(one) for one in pieces), preferred))
    other: Quote = "'" if preferred == '"' else '"'
    for quote in (preferred, other):
        written = _in_quotes(pieces, quote)
        if written is not None:
            return written
    return None


def _in_quotes(pieces: Sequence[str | cst.BaseExpression], quote: Quote) -> cst.FormattedString | None:
    parts: list[cst.BaseFormattedStringContent] = []
    for piece in pieces:
        if isinstance(piece, str):
            if piece:
                text = escaped(piece, quote).replace("{", "{{").replace("}", "}}")
                parts.append(cst.FormattedStringText(text))
            continue
        inside = _inside(piece, quote)
        if inside is None:
            return None
        space = cst.SimpleWhitespace(" " if _begins_with_a_brace(inside) else "")
        parts.append(cst.FormattedStringExpression(inside, whitespace_before_expression=space))
    return cst.FormattedString(parts, f"f{quote}", quote)


def _inside(node: cst.BaseExpression, quote: Quote) -> cst.BaseExpression | None:
    """An expression as it can stand in an f-string with these quotes: as it is, or on one line in the other quotes."""
    code = _code(node)
    if not any(sign in code for sign in (quote, "\\", "\n", "#")):
        return node
    if any(isinstance(one, cst.Comment) for one in _all(node)):
        return None
    plain = ast.unparse(ast.parse(code.strip(), mode="eval"))  # which writes single quotes where it can
    turned = plain.replace("'", '"') if quote == "'" and '"' not in plain else plain
    if any(sign in turned for sign in (quote, "\\", "\n")):
        return None
    return cst.parse_expression(turned)


def _begins_with_a_brace(node: cst.BaseExpression) -> bool:
    return _code(node).startswith("{")


def _code(node: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(node)


def _all(node: cst.CSTNode) -> list[cst.CSTNode]:
    found = [node]
    for one in found:
        found.extend(one.children)
    return found
