"""Messages to the service that have no counterpart: the statement that sends one goes, a TODO stands in its place."""

from __future__ import annotations

import libcst as cst

from codemods.findings import MESSAGE_ABSENT, MESSAGE_UNKNOWN
from codemods.migrating import Migrating


def take_away(migrating: Migrating, call: cst.Call, text: str, *, otherwise: bool = True) -> bool:
    """Plans that a sending call goes, with a TODO; says so and gives False where more hangs on its statement.

    It goes where it is a statement of its own that uses nothing made for it alone. The file is left whole otherwise,
    by a finding; without `otherwise` the caller reports that itself.
    """
    if _goes(migrating, call):
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
            return not any(_is_made_for_it(migrating, node, call) for node in migrating.program.nodes_in(call))
    return False


def _is_made_for_it(migrating: Migrating, node: cst.CSTNode, call: cst.Call) -> bool:
    """Whether a name would stand unused without the call."""
    if not isinstance(node, cst.Name) or node not in migrating.program.reaching:
        return False
    return any(
        not isinstance(definition.node, (cst.Param, cst.ImportAlias))
        and all(migrating.program.is_inside(use, call) for use in definition.uses)
        for definition in migrating.program.reaching[node]
    )
