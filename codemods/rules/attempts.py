"""A POST that is made again after a failure: in a loop of its function, or under a decorator that calls it again.

There is no POST any more, and to put an address together never fails: the loop goes, and with it what was done between
two attempts. What followed the last one is what a refused session ends with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.libraries import Connect
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Library
from codemods.findings import RETRY_WENT
from codemods.migrating import Migrating
from codemods.rules.refusal import RefusalRule
from codemods.vendors.gladia import Opening

_DECORATORS: Final = ("tenacity.", "backoff.", "retrying.", "stamina.", "retry.")
"""Libraries whose decorators call a function again that failed."""


@dataclass(frozen=True, slots=True, eq=False)
class Attempts:
    """The loop around a POST whose first success ends it."""

    loop: cst.For
    success: cst.Try | cst.If
    """What holds the `return` of a success: a `try` that is all the loop does, or an `if` that asks for it."""
    going: tuple[cst.CSTNode, ...]
    """What is for another attempt: the handlers, or what follows the `if`; and the test itself."""
    ending: cst.SimpleStatementLine
    """The `raise` behind the loop."""

    def holds(self, program: Program, node: cst.CSTNode) -> bool:
        """Whether a node goes with the loop."""
        return any(program.is_inside(node, one) for one in (*self.going, self.ending))

    def refused(self, text: cst.BaseExpression) -> cst.SimpleStatementLine:
        """What a refused session ends with: the `raise` behind the loop, with what the service says."""
        match self.ending.body:
            case [cst.Raise(cst.Call(args=[cst.Arg(cst.SimpleString(), keyword=None, star="") as given]) as made)]:
                call = made.with_changes(args=[given.with_changes(value=text)])
                return cst.SimpleStatementLine([cst.Raise(call)])
        return self.ending.with_changes(leading_lines=[])

    def plan(self, migrating: Migrating) -> None:
        """Plans the edits: what the loop tried is done once."""
        edits = migrating.edits
        edits.unwrap(self.loop)
        edits.unwrap(self.success)
        edits.move(self.ending)
        for one in self.going:
            if isinstance(one, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
                edits.remove(one)
        text = f"`for {migrating.code(self.loop.target)} in {migrating.code(self.loop.iter)}`"
        migrating.report(RETRY_WENT, self.loop, f"{text}: the session is opened once")


def attempts_at(migrating: Migrating, refusal: RefusalRule, opening: Opening, connect: Connect) -> Attempts | None:
    """The loop around a POST in its function, where it only ends by success or by the `raise` behind it."""
    program, request = migrating.program, opening.request.call
    function = program.scope_of(request)
    is_one_file = program.module_of(request) is program.module_of(connect.call)
    if not isinstance(function, cst.FunctionDef) or connect.library.by_callback or not is_one_file:
        return None
    match list(function.body.body)[-2:]:
        case [
            cst.For(iter=cst.Call(counting), body=cst.IndentedBlock() as body, orelse=None, asynchronous=None) as loop,
            cst.SimpleStatementLine([cst.Raise(cst.BaseExpression() as raised, None)]) as ending,
        ] if program.value(counting) == Library("builtins.range") and program.is_inside(request, body):
            pass
        case _:
            return None
    success = next((one for one in body.body if isinstance(one, (cst.Try, cst.If))), None)
    if success is None or not _ends_by_return(success.body) or not _stands_alone(program, raised):
        return None
    behind = body.body[list(body.body).index(success) + 1 :]
    match success:
        case cst.Try(orelse=None, finalbody=None, handlers=handlers) if len(body.body) == 1:
            found = Attempts(loop, success, tuple(handlers), ending)
        case cst.If(test, orelse=None) if refusal.is_success(test) and not program.is_inside(request, success):
            found = Attempts(loop, success, (test, *behind), ending)
        case _:
            return None
    changed = [node for one in program.dictionaries.values() for node in one.changes]
    if any(found.holds(program, node) for node in changed):
        return None  # every attempt sends something else
    leaves = (cst.Return, cst.Break, cst.Yield)
    if any(isinstance(one, leaves) for going in found.going for one in program.nodes_in(going)):
        return None
    staying = [one for one in program.nodes_in(body) if not found.holds(program, one)]
    if any(isinstance(one, (cst.Break, cst.Continue)) for one in staying):
        return None
    for definition in program.definitions():
        counted = program.is_inside(definition.node, loop.target)
        if counted and not all(found.holds(program, use) for use in definition.uses):
            return None
    return found


def take_decorators_away(migrating: Migrating, function: cst.CSTNode, opening: Opening, connect: Connect) -> None:
    """Plans to remove the decorators that call a function again, once it only puts an address together.

    One that opens the socket or makes other requests as well is still called again where these fail.
    """
    program = migrating.program
    others = any(one in program.requests and one is not opening.request.call for one in program.nodes_in(function))
    if others or program.is_inside(connect.call, function):
        return
    for decorator in function.decorators if isinstance(function, cst.FunctionDef) else ():
        called = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        value = program.value(called)
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
