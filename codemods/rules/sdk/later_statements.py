"""Statements that get the client before it is connected, and can as well stand behind the connect.

`pump = Pump(client)` or `clients[user] = client` keep what is nothing before the connect, and a session behind it: so
they may wait for the session, if nothing in between asks for what they make.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.values import Class, Function, Instance, Member, Value, something
from codemods.migrating import Migrating
from codemods.rules.sdk.handing_on import taker_of
from codemods.rules.sdk.method_use import MethodUse, use_of


def waiting_statement(
    migrating: Migrating, ref: cst.Name, connect: MethodUse, refs: Iterable[cst.BaseExpression]
) -> cst.SimpleStatementLine | None:
    """The statement around `ref`, a use of the client, where it can be moved behind the connect; else None.

    `refs` are all uses of the client.
    """
    program = migrating.program
    line, start = program.statement_of(ref), program.statement_of(connect.ref)
    block = program.parents[start]
    if program.parents[line] is not block or not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return None
    at: dict[cst.CSTNode, int] = {one: index for index, one in enumerate(block.body)}
    between = list(block.body)[at[line] + 1 : at[start]]
    registering = [one for one in between if _registers(migrating, one, refs)]
    others = [one for one in between if one not in registering]
    for other in refs:
        around = next((one for one in others if program.is_inside(other, one)), None)
        if around is not None and not _is_made_with(migrating, around, other):
            return None
    match line:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Subscript() | cst.Attribute())], value)]):
            return line if value is ref else None
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))])]):
            is_free = _is_made_with(migrating, line, ref) and not _is_asked_for(migrating, name, others)
            return line if is_free else None
        case cst.SimpleStatementLine([cst.Expr(cst.Call())]):
            return line if _is_made_with(migrating, line, ref) else None
    return None


def _registers(migrating: Migrating, statement: cst.CSTNode, refs: Iterable[cst.BaseExpression]) -> bool:
    """Whether a statement is one that registers a handler on the client, and so moves behind the connect too."""
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Attribute(owner)))]) if owner in list(refs):
            use = use_of(migrating.program, owner)
            return use is not None and use.name == "on"
    return False


def _is_made_with(migrating: Migrating, statement: cst.CSTNode, ref: cst.BaseExpression) -> bool:
    """Whether a statement makes an object of a class of the program that is given the client."""
    match statement:
        case cst.SimpleStatementLine(
            [cst.Assign([cst.AssignTarget(cst.Name())], cst.Call() as made)]
        ) | cst.SimpleStatementLine([cst.Expr(cst.Call() as made)]):
            found = something(migrating.program.value(made.func))
            is_class = bool(found) and all(isinstance(one, Class) for one in found)
            return is_class and isinstance(ref, cst.Name) and taker_of(migrating.program, ref) is made
    return False


def _is_asked_for(migrating: Migrating, name: str, statements: Iterable[cst.CSTNode]) -> bool:
    """Whether statements read a variable, or may do so by a function of the program that they call."""
    program = migrating.program
    for statement in statements:
        for node in program.nodes_in(statement):
            if isinstance(node, cst.Name) and node.value == name and node in program.reaching:
                return True
            if isinstance(node, cst.Call) and any(_is_own(one) for one in something(program.value(node.func))):
                return True
    return False


def _is_own(value: Value) -> bool:
    return isinstance(value, Function) or (isinstance(value, Member) and isinstance(value.owner, Instance))
