"""Handlers of which the running program chooses some: `if show: client.on(Turn, show)`, `else: …`."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.program import Program


def choice_around(
    program: Program, statement: cst.CSTNode, registrations: Iterable[Registration], connect: cst.Call
) -> cst.If | None:
    """The `if` in front of a connect that only chooses which handlers are registered, among them this one."""
    found: cst.If | None = None
    block = program.parents.get(statement)
    while isinstance(block, cst.IndentedBlock):
        owner = program.parents[block]
        while isinstance(owner, (cst.If, cst.Else)):
            found = owner if isinstance(owner, cst.If) else found
            owner = program.parents[owner]
        if not isinstance(owner, cst.IndentedBlock) or program.is_inside(connect, owner) or owner is block:
            break
        block = owner
    if found is None or program.is_inside(connect, found):
        return None
    beside = program.parents[found]
    own = [program.statement_of(one.call) for one in registrations]
    lines = [
        one for one in program.nodes_in(found) if isinstance(one, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    ]
    only = all(one in own or isinstance(one, cst.If) or _passes(one) for one in lines)
    tests = [one.test for one in program.nodes_in(found) if isinstance(one, cst.If)]
    plain = not any(
        isinstance(one, (cst.Call, cst.NamedExpr, cst.Await)) for test in tests for one in program.nodes_in(test)
    )
    return found if only and plain and beside in _blocks_around(program, connect) else None


def _blocks_around(program: Program, connect: cst.Call) -> list[cst.CSTNode]:
    """The block of a connect, and those of the `with` and `try` statements around it."""
    found: list[cst.CSTNode] = []
    statement: cst.CSTNode | None = program.statement_of(connect)
    while statement is not None:
        block = program.parents[statement]
        found.append(block)
        around = program.parents.get(block)
        statement = around if isinstance(around, (cst.With, cst.Try)) and around.body is block else None
    return found


def _passes(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(isinstance(one, cst.Pass) for one in statement.body)
