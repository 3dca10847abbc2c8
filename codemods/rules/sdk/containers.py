"""An SDK's object in a container of the program's own: whether what is taken out again is known to be it."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.containers import contents, is_container
from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Member, Value, something
from codemods.migrating import Migrating


def is_kept(program: Program, ref: cst.BaseExpression, found: Value) -> bool:
    """Whether an expression for an object puts it into a container that still gives it back: `clients.append(client)`.

    `found` is the object. A container that unknown code gets may give anything, or be read there.
    """
    parent = program.parents[ref]
    around = program.parents.get(parent)
    match parent:
        case cst.Arg() if isinstance(around, cst.Call):
            owners = [one.owner for one in something(program.value(around.func)) if isinstance(one, Member)]
            return bool(owners) and all(_holds(program, one, found) for one in owners)
        case cst.Element() | cst.DictElement() if isinstance(around, (cst.List, cst.Tuple, cst.Set, cst.Dict)):
            return all(_holds(program, one, found) for one in something(program.value(around)))
    return False


def is_stored(program: Program, target: cst.Subscript, found: Value) -> bool:
    """Whether `clients[user] = client` puts an object where it is known to be the object afterwards."""
    return all(_holds(program, one, found) for one in something(program.value(target.value)))


def is_never_read(migrating: Migrating, target: cst.Attribute) -> bool:
    """Whether nothing reads an attribute of that name, of whatever object: what is put there is only kept alive."""
    name = target.attr.value
    whole = migrating.program.whole or migrating.program
    read = (
        one
        for module in whole.modules
        for one in whole.nodes_in(module)
        if isinstance(one, cst.Attribute) and one.attr.value == name
        if not isinstance(whole.parents[one], (cst.AssignTarget, cst.AnnAssign, cst.Del))
    )
    return name not in migrating.used_elsewhere and not any(read)


def _holds(program: Program, container: Value, found: Value) -> bool:
    if isinstance(container, DictDisplay):
        return found in something(program.tables.any_value(container.site))
    return is_container(container) and found in something(contents(program, container))
