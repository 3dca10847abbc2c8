"""An address that is made in one method and kept on the object: its parameters are kept there, too.

The POST is made where the socket is opened, and its body is what the query was made of; that is a name of the other
method, so that it gets an attribute beside the address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.migrating import Migrating

_NAMES: Final = ("session_config", "session_parameters", "gladia_config")


def kept_with_address(
    migrating: Migrating, url: cst.BaseExpression, written: cst.BaseExpression, parameters: cst.BaseExpression
) -> Callable[[], cst.BaseExpression] | None:
    """What gives the parameters where the socket is opened; None where the address is kept on no object.

    `url` is the address as the connect is given it, `written` the expression that makes it, `parameters` what its query
    is made of.
    """
    program = migrating.program
    statement = program.statement_of(written)
    match url, statement:
        case (
            cst.Attribute(owner, cst.Name(name)),
            cst.SimpleStatementLine(
                [
                    cst.Assign([cst.AssignTarget(cst.Attribute(holder, cst.Name(stored)))], value)
                    | cst.AnnAssign(cst.Attribute(holder, cst.Name(stored)), _, value)
                ]
            ),
        ) if name == stored and value is written:
            pass
        case _:
            return None
    if not isinstance(holder, cst.Name) or program.value(holder) != program.value(owner):
        return None
    if migrating.at(statement) is not migrating.at(url):
        return None
    new = _free_attribute(migrating, private=name.startswith("_"))
    edits = migrating.edits

    def storing() -> list[cst.SimpleStatementLine]:
        target = cst.Attribute(holder, cst.Name(new))
        return [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], edits.edited(parameters))])]

    edits.add_before(statement, lambda: [*storing()])
    return lambda: cst.Attribute(owner, cst.Name(new))


def _free_attribute(migrating: Migrating, *, private: bool) -> str:
    taken = {one.attr.value for one in migrating.program.nodes_in(migrating.module) if isinstance(one, cst.Attribute)}
    names = [f"_{name}" if private else name for name in _NAMES]
    return next((name for name in names if name not in taken), f"{names[-1]}_2")
