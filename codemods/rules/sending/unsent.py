"""Messages to the service that have no counterpart: the statement that sends one goes, a TODO stands in its place."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.findings import MESSAGE_ABSENT, MESSAGE_UNKNOWN
from codemods.migrating import Migrating


def take_away(migrating: Migrating, call: cst.Call, text: str, *, otherwise: bool = True) -> bool:
    """Plans that a sending call goes, with a TODO; says so and gives False where more hangs on its statement.

    It goes where it is a statement of its own, and what was made for it alone is a name that can go, too. The file is
    left whole otherwise, by a finding; without `otherwise` the caller reports that itself.
    """
    if _goes(migrating, call):
        for definition in _made_for_it(migrating, call):
            _take_name_away(migrating, definition)
        migrating.edits.remove(migrating.program.statement_of(call))
        migrating.gone.update(migrating.program.nodes_in(migrating.program.statement_of(call)))
        migrating.report(MESSAGE_ABSENT, call, text)
        return True
    if otherwise:
        migrating.report(MESSAGE_UNKNOWN, call, text)
    return False


def _goes(migrating: Migrating, call: cst.Call) -> bool:
    match migrating.program.statement_of(call):
        case cst.SimpleStatementLine([cst.Expr(cst.Await(value) | value)]) if value is call:
            return all(_can_go(one) for one in _made_for_it(migrating, call))
    return False


def _made_for_it(migrating: Migrating, call: cst.Call) -> list[Definition]:
    """What gives a value to the names that would stand unused without the call."""
    program = migrating.program
    found: dict[Definition, None] = {}
    for node in program.nodes_in(call):
        for one in program.reaching.get(node, ()) if isinstance(node, cst.Name) else ():
            is_own = not isinstance(one.node, (cst.Param, cst.ImportAlias))
            if is_own and all(program.is_inside(use, call) for use in one.uses):
                found[one] = None
    return [*found]


def _can_go(definition: Definition) -> bool:
    """Whether a name is given a plain value of its own, or what a queue gives, in a statement that does only that."""
    match definition.statement, definition.expression:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], value)]), expression:
            return target is definition.node and value is expression and (_is_plain(value) or _is_taken_out(value))
    return False


def _is_plain(value: cst.BaseExpression) -> bool:
    """Whether an expression does nothing but make a value."""
    match value:
        case cst.SimpleString():
            return True
        case cst.Dict(elements):
            pairs = [one for one in elements if isinstance(one, cst.DictElement)]
            return len(pairs) == len(elements) and all(_is_plain(one.key) and _is_plain(one.value) for one in pairs)
    return False


def _is_taken_out(value: cst.BaseExpression) -> bool:
    """Whether an expression takes something out of a queue, which has to be taken out all the same."""
    inner = value.expression if isinstance(value, cst.Await) else value
    match inner:
        case cst.Call(cst.Attribute(_, cst.Name("get" | "get_nowait" | "popleft" | "pop")), []):
            return True
    return False


def _take_name_away(migrating: Migrating, definition: Definition) -> None:
    statement, value = definition.statement, definition.expression
    assert statement is not None and value is not None
    if _is_taken_out(value):
        migrating.edits.rewrite(
            statement, lambda updated: updated.with_changes(body=[cst.Expr(migrating.edits.edited(value))])
        )
    else:
        migrating.edits.remove(statement)
        migrating.gone.update(migrating.program.nodes_in(statement))
