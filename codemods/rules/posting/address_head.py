"""What of an address stands before its query: that is the service's, behind it are the program's own texts."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import alternatives
from codemods.vendors import assemblyai_sessions as sessions


def before_query(program: Program, url: cst.CSTNode) -> list[cst.CSTNode]:
    """The pieces that an address is put together from, up to the one with the question mark, in their order.

    `f"{BASE}/v3/ws?prompt={PROMPT}"` gives `BASE` and the text behind it, and not `PROMPT`, which may be any text.
    """
    pieces: list[cst.CSTNode] = []
    _collect(program, url, pieces)
    return pieces


def _collect(program: Program, url: cst.CSTNode, pieces: list[cst.CSTNode]) -> bool:
    """Adds an expression's pieces; whether the query has begun behind them."""
    match url:
        case cst.ConcatenatedString(left, right) | cst.BinaryOperation(left, cst.Add(), right):
            return _collect(program, left, pieces) or _collect(program, right, pieces)
        case cst.FormattedString(parts):
            return any(_collect(program, one, pieces) for one in parts)
        case cst.FormattedStringExpression(inner):
            return _collect(program, inner, pieces)
        case cst.FormattedStringText(text):
            pieces.append(url)
            return "?" in text
    pieces.append(url)
    if not isinstance(url, (cst.SimpleString, cst.Name, cst.Attribute)):
        return False
    return any("?" in sessions.address_text(one) for one in alternatives(program.value(url)))
