"""The block in which a socket is open: the body of its `with`, or of a loop that connects again and again.

`async for socket in connect(url):` is websockets' own way to connect again: the address is put together once, and each
pass of the loop has a socket of its own. Mostly a `try` in there catches what ends a pass.
https://websockets.readthedocs.io/en/stable/reference/asyncio/client.html#using-a-connection
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import Frame, Library

_WAITING: Final = Library("asyncio.wait_for")
_CATCH_A_REFUSAL: Final = ("builtins.Exception", "builtins.BaseException", "builtins.RuntimeError")


def connecting_loop(program: Program, connect: Connect) -> cst.For | None:
    """The loop over a connect, each pass of which has a socket of its own; None where there is none."""
    match program.parents[connect.call]:
        case cst.For(asynchronous=cst.Asynchronous()) as loop if loop.iter is connect.call:
            return loop
    return None


def waited_for(program: Program, connect: cst.Call) -> cst.Call:
    """The call that gives what a connect gives: `asyncio.wait_for` around it, or the connect itself."""
    argument = program.parents[connect]
    around = program.parents[argument]
    if not isinstance(argument, cst.Arg) or not isinstance(around, cst.Call) or around.args[0] is not argument:
        return connect
    return around if program.value(around.func) == _WAITING else connect


def opened_block(program: Program, connect: Connect) -> cst.IndentedBlock | None:
    """The block that begins when the socket is open; None where the socket is opened by a plain statement."""
    statement = program.statement_of(connect.call)
    holds = isinstance(statement, cst.With) or statement is connecting_loop(program, connect)
    body = statement.body if holds and isinstance(statement, (cst.With, cst.For)) else None
    return body if isinstance(body, cst.IndentedBlock) else None


def guarded_block(program: Program, connect: Connect) -> cst.IndentedBlock | None:
    """The body of the `try` of a connecting loop, behind plain statements that take nothing from the socket."""
    loop = connecting_loop(program, connect)
    for statement in loop.body.body if loop is not None else ():
        if isinstance(statement, cst.Try):
            return statement.body if isinstance(statement.body, cst.IndentedBlock) else None
        takes = any(program.value(node) == Frame(connect.call) for node in program.nodes_in(statement))
        if not isinstance(statement, cst.SimpleStatementLine) or takes:
            return None
    return None


def block_of_first_message(program: Program, connect: Connect) -> cst.IndentedBlock | None:
    """Where the first message is read, and a refused session raised for; None behind a plain statement.

    In the `try` of a connecting loop, which knows what to do about a lost line; but not where its handlers would take
    the refusal for one, and connect for ever.
    """
    guarded = guarded_block(program, connect)
    if guarded is None or _catches_a_refusal(program, guarded):
        return opened_block(program, connect)
    return guarded


def _catches_a_refusal(program: Program, block: cst.IndentedBlock) -> bool:
    statement = program.parents[block]
    assert isinstance(statement, cst.Try)
    for handler in statement.handlers:
        if handler.type is None:
            return True
        inner = [one.value for one in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
        for one in inner:
            value = program.value(one)
            if isinstance(value, Library) and value.name in _CATCH_A_REFUSAL:
                return True
    return False
