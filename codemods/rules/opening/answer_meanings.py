"""What an expression of the POST's answer is to a program: the address, a name kept for that, word of a refusal."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, Known, Parsed, ResponseField, alternatives
from codemods.rules.opening.refusal import RefusalRule
from codemods.vendors import gladia

_STATUS: Final = ("status", "status_code", "ok", "is_success", "is_error", "is_client_error")


def is_access(program: Program, request: HttpRequest, node: cst.BaseExpression) -> bool:
    """Whether an expression reads the `url` out of a document, and is not just a name for it."""
    match node:
        case cst.Subscript(base) | cst.Call(cst.Attribute(base, cst.Name("get"))):
            return any(
                isinstance(one, Parsed) and one.path == () and gladia.is_answer_of(one, request)
                for one in alternatives(program.value(base))
            )
    return False


def holds_address(program: Program, request: HttpRequest, node: cst.BaseExpression) -> bool:
    """Whether an expression is a name that is kept for the address, and nothing before there is one."""
    found = tuple(alternatives(program.value(node)))
    return (
        not is_access(program, request, node)
        and Known(None) in found
        and all(one == Known(None) or gladia.is_address_of(one, request) for one in found)
    )


def is_told_of_refusal(program: Program, request: HttpRequest, node: cst.BaseExpression) -> bool:
    """Whether an expression is the status or the text of an answer, as the POST's function handed it out.

    Where that reads it is placed by itself: what a refusal is told with is written there, for whoever it is told.
    """
    found = [one for one in alternatives(program.value(node)) if gladia.is_answer_of(one, request)]
    values = [program.value(one) for one in program.nodes_in(node) if isinstance(one, cst.BaseExpression)]
    is_read = any(isinstance(one, HttpResponse) for one in values)
    return bool(found) and not is_read and all(isinstance(one, ResponseField) for one in found)


def asks_for_status(program: Program, request: HttpRequest, refusal: RefusalRule) -> bool:
    """Whether a program asks for the status of the answer anywhere, or has its library raise for it."""
    return any(
        (gladia.is_answer_of(value, request) and isinstance(value, ResponseField) and value.name in _STATUS)
        or (isinstance(node, cst.Call) and refusal.raises_for_status(node))
        for node, value in program.values.items()
    )
