"""A POST that is made again after a failure: in a loop of its function, or under a decorator that calls it again.

There is no POST any more, and to put an address together never fails: the loop goes, and with it what was done between
two attempts. What followed the last one is what a refused session ends with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, Library
from codemods.findings import RETRY_WENT
from codemods.migrating import Migrating

_DECORATORS: Final = ("tenacity.", "backoff.", "retrying.", "stamina.", "retry.")
"""Libraries whose decorators call a function again that failed."""


@dataclass(frozen=True, slots=True, eq=False)
class Attempts:
    """The loop around a POST whose first success ends it."""

    loop: cst.For
    guard: cst.Try
    """The `try` that is all the loop does; its handlers are for another attempt."""
    ending: cst.SimpleStatementLine
    """The `raise` behind the loop."""

    def holds(self, program: Program, node: cst.CSTNode) -> bool:
        """Whether a node goes with the loop."""
        return any(program.is_inside(node, one) for one in (*self.guard.handlers, self.ending))

    def plan(self, migrating: Migrating) -> None:
        """Plans the edits: what the loop tried is done once."""
        migrating.edits.unwrap(self.loop)
        migrating.edits.unwrap(self.guard)
        migrating.edits.move(self.ending)
        text = f"`for {migrating.code(self.loop.target)} in {migrating.code(self.loop.iter)}`"
        migrating.report(RETRY_WENT, self.loop, f"{text}: the session is opened once")


def attempts_at(program: Program, request: cst.Call, function: cst.CSTNode) -> Attempts | None:
    """The loop around a POST in its function, where it only ends by success or by the `raise` behind it."""
    if not isinstance(function, cst.FunctionDef) or not isinstance(function.body, cst.IndentedBlock):
        return None
    statements = list(function.body.body)
    match statements[-2:]:
        case [
            cst.For(
                iter=cst.Call(counting), body=cst.IndentedBlock([cst.Try() as guard]), orelse=None, asynchronous=None
            ) as loop,
            cst.SimpleStatementLine([cst.Raise(cst.BaseExpression() as raised, None)]) as ending,
        ]:
            pass
        case _:
            return None
    if program.value(counting) != Library("builtins.range") or not program.is_inside(request, guard.body):
        return None
    if guard.orelse is not None or guard.finalbody is not None or not _ends_by_return(guard.body):
        return None
    leaves = (cst.Return, cst.Break, cst.Yield)
    if any(isinstance(one, leaves) for handler in guard.handlers for one in program.nodes_in(handler)):
        return None
    inner = program.nodes_in(guard.body)
    if any(isinstance(one, (cst.Break, cst.Continue)) for one in inner) or not _stands_alone(program, raised):
        return None
    found = Attempts(loop, guard, ending)
    for definition in program.definitions():
        counted = program.is_inside(definition.node, loop.target)
        if counted and not all(found.holds(program, use) for use in definition.uses):
            return None
    return found


def take_decorators_away(migrating: Migrating, function: cst.CSTNode) -> None:
    """Plans to remove the decorators that call a function again, once it only puts an address together."""
    for decorator in function.decorators if isinstance(function, cst.FunctionDef) else ():
        called = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        value = migrating.program.value(called)
        if isinstance(value, Library) and value.name.startswith(_DECORATORS):
            migrating.edits.take_out(decorator)
            migrating.report(
                RETRY_WENT, decorator, f"`@{migrating.code(decorator.decorator)}`: the session is opened once"
            )


def _ends_by_return(block: cst.BaseSuite) -> bool:
    match block.body[-1]:
        case cst.SimpleStatementLine([cst.Return(cst.BaseExpression())]):
            return True
    return False


def _stands_alone(program: Program, raised: cst.BaseExpression) -> bool:
    """Whether an exception is made of names of the module, of constants and of what is built in."""
    for node in program.nodes_in(raised):
        if isinstance(node, cst.Name) and node in program.reaching:
            value = program.value(node)
            if not isinstance(value, (Class, Library)):
                return False
    return True
