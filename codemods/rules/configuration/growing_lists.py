"""Lists that a program goes on filling once its configuration holds them.

A configuration that is sent as JSON says what the list holds by then; one that goes into a query says what it held when
the query was written.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Known
from codemods.migrating import Migrating

_FILLING: Final = frozenset(("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"))


def filled_later(migrating: Migrating, held: cst.BaseExpression) -> cst.CSTNode | None:
    """What may change the list that a name holds after the configuration got it there; None where nothing does."""
    program = migrating.program
    definitions = set(program.definitions_of(held))
    if not definitions or isinstance(program.value(held), Known):
        return None
    for node in migrating.nodes():
        match node:
            case cst.Call(cst.Attribute(cst.Name() | cst.Attribute() as owner, cst.Name(name))) if name in _FILLING:
                pass
            case cst.AugAssign(cst.Name() | cst.Attribute() as owner, cst.AddAssign()):
                pass
            case _:
                continue
        if definitions & set(program.definitions_of(owner)) and not _comes_before(migrating, node, held):
            return node
    return None


def _comes_before(migrating: Migrating, change: cst.CSTNode, held: cst.CSTNode) -> bool:
    """Whether a change stands above the configuration, in the same function."""
    is_near = migrating.program.scope_of(change) is migrating.program.scope_of(held)
    return is_near and migrating.line(change) < migrating.line(held)
