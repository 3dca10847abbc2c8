"""A connect that is made again and again: at AssemblyAI each is a session of its own, with new ids and times."""

from __future__ import annotations

from typing import Final, TypeGuard

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import Instance, Known, Socket, Value, alternatives, something
from codemods.findings import SESSION_EACH_PASS, SESSION_STARTS_OVER
from codemods.migrating import Migrating
from codemods.rules.names.elsewhere import calls_of
from codemods.rules.opening.opened_block import connecting_loop

_NEVER: Final = (Known(0), Known(None))


def say_that_it_starts_over(migrating: Migrating, connect: Connect, post: cst.CSTNode | None = None) -> None:
    """Reports a connect in a loop of its function, as long as not every pass made the POST (or called for it)."""
    program = migrating.program
    if connecting_loop(program, connect) is not None:
        migrating.report(SESSION_STARTS_OVER, connect.call, "each pass of this loop is a session of its own")
        return
    if reconnects_by_itself(program, connect):
        migrating.report(SESSION_STARTS_OVER, connect.call, "`reconnect` opens a session of its own each time")
        return
    loops = _loops_around(program, connect)
    if any(post is None or not _is_in_every_pass(program, post, loop) for loop in loops):
        migrating.report(SESSION_STARTS_OVER, connect.call, "each connect in this loop is a session of its own")


def say_that_the_address_is_kept(migrating: Migrating, connect: Connect, kept: cst.BaseExpression | None) -> None:
    """Reports an address that is made once, kept on an object and connected to again where the socket is gone.

    `kept` is what holds it, where a test asks whether it was made yet. Where it is taken back the next one is new in
    any case.
    """
    program = migrating.program
    if not isinstance(kept, cst.Attribute) or not _is_asked_for_again(program, connect):
        return
    for owner in something(program.value(kept.value)):
        stores = program.attribute_expressions.get((owner.node, kept.attr.value), ()) if _is_object(owner) else ()
        if any(program.value(one) == Known(None) and not _is_in_initialiser(program, one) for one in stores):
            return
    text = f"`{migrating.code(kept)}` is kept: whenever it is connected to again, that is a session of its own"
    migrating.report(SESSION_STARTS_OVER, connect.call, text)


def _is_asked_for_again(program: Program, connect: Connect) -> bool:
    """Whether a program opens the socket behind a test of whether it has one."""
    function = program.scope_of(connect.call)
    places: list[cst.CSTNode] = [connect.call]
    if isinstance(function, cst.FunctionDef):
        places.extend(calls_of(program, function))
    for current in places:
        while current in program.parents and not isinstance(current, cst.FunctionDef):
            current = program.parents[current]
            if isinstance(current, cst.If) and any(
                Socket(connect.call) in alternatives(program.value(one))
                for one in program.nodes_in(current.test)
                if isinstance(one, cst.BaseExpression)
            ):
                return True
    return False


def _is_object(value: Value) -> TypeGuard[Instance]:
    return isinstance(value, Instance)


def _is_in_initialiser(program: Program, node: cst.CSTNode) -> bool:
    scope = program.scope_of(node)
    return isinstance(scope, cst.ClassDef) or (isinstance(scope, cst.FunctionDef) and scope.name.value == "__init__")


def say_that_each_pass_posts(migrating: Migrating, connect: Connect) -> None:
    """Reports, towards Gladia, a connect in a loop of its function, in which the POST stands as well from now on."""
    if _loops_around(migrating.program, connect):
        migrating.report(SESSION_EACH_PASS, connect.call, "each pass of this loop makes a POST of its own")


def reconnects_by_itself(program: Program, connect: Connect) -> bool:
    """Whether the library connects again by itself: `app.run_forever(reconnect=5)`."""
    for node in program.values:
        match node:
            case cst.Call(cst.Attribute(owner, cst.Name("run_forever"))) if program.value(owner) == Socket(
                connect.call
            ):
                given = [one.value for one in node.args if one.keyword is not None and one.keyword.value == "reconnect"]
                return any(program.value(one) not in _NEVER for one in given)
    return False


def _loops_around(program: Program, connect: Connect) -> list[cst.While | cst.For]:
    """The loops of its function in whose bodies a connect stands, innermost first."""
    found: list[cst.While | cst.For] = []
    current: cst.CSTNode = connect.call
    while current in program.parents and not isinstance(current, cst.FunctionDef):
        inside, current = current, program.parents[current]
        if isinstance(current, (cst.While, cst.For)) and inside is current.body:
            found.append(current)
    return found


def _is_in_every_pass(program: Program, post: cst.CSTNode, loop: cst.While | cst.For) -> bool:
    """Whether a POST stands in a loop's body, and behind no condition there."""
    current = post
    while current is not loop.body:
        if current not in program.parents or isinstance(current, (cst.If, cst.IfExp, cst.BooleanOperation)):
            return False
        current = program.parents[current]
    return True
