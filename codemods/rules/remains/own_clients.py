"""What a program's own clients say: its protocol with a browser or a telephone service may use a vendor's words.

A server that passes audio on gets `{"type": "stop_recording"}` from its own page. The word is the page's there, and
stays, as the page does.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.libraries import DECODING
from codemods.analysis.program import Program
from codemods.analysis.values import Library, Value

_SERVED: Final[tuple[Value, ...]] = tuple(
    map(Library, ("fastapi.WebSocket", "fastapi.websockets.WebSocket", "starlette.websockets.WebSocket"))
)
"""The sockets of a server's own clients, as parameters are annotated with them."""
_DECODING: Final[tuple[Value, ...]] = tuple(map(Library, DECODING))
_ONLY_SERVED: Final = ("receive_text", "receive_json", "iter_text", "iter_json")
"""Methods that only such sockets have, of those that may be sockets at all."""
_ALSO_SERVED: Final = ("receive",)
_DEEPEST: Final = 8


def comes_from_own_client(program: Program, node: cst.CSTNode, depth: int = _DEEPEST) -> bool:
    """Whether an expression is a part of what one of the server's own clients sent, wherever it got a name."""
    if depth == 0:
        return False
    match node:
        case cst.Name():
            made = [_made(one.expression, one.statement, one.node) for one in program.definitions_of(node)]
            return bool(made) and all(
                one is not None and comes_from_own_client(program, one, depth - 1) for one in made
            )
        case cst.Await(inner) | cst.Subscript(inner) | cst.Call(cst.Attribute(inner, cst.Name("get"))):
            return comes_from_own_client(program, inner, depth - 1)
        case cst.Call(cst.Attribute(owner, cst.Name(method))) if method in _ONLY_SERVED:
            return method != "receive_json" or _is_served(program, owner)
        case cst.Call(cst.Attribute(owner, cst.Name(method))) if method in _ALSO_SERVED:
            return _is_served(program, owner)
        case cst.Call(function, [first, *_]) if program.value(function) in _DECODING:
            return comes_from_own_client(program, first.value, depth - 1)
    return False


def _made(
    expression: cst.BaseExpression | None, statement: cst.CSTNode | None, target: cst.CSTNode
) -> cst.BaseExpression | None:
    """What a name got: its expression, or what a loop goes through."""
    if expression is None and isinstance(statement, cst.For) and statement.target is target:
        return statement.iter
    return expression


def _is_served(program: Program, owner: cst.BaseExpression) -> bool:
    """Whether a socket is a parameter that is annotated as that of a client of the server's own."""
    found = program.definitions_of(owner)
    return bool(found) and all(
        isinstance(one.node, cst.Param)
        and one.node.annotation is not None
        and program.value(one.node.annotation.annotation) in _SERVED
        for one in found
    )
