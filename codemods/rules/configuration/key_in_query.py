"""A key that a program gives as `token` in the address: Gladia's goes into a header of the POST."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.program import Program
from codemods.rules.names.same_meaning import means_the_same
from codemods.vendors import assemblyai_sessions as sessions
from shim.mapping import session
from shim.mapping.row import Vendor


def is_key(program: Program, node: cst.BaseExpression) -> bool:
    """Whether an expression is the vendor's key, read from its variable here or where a name got it.

    A temporary token comes from a request, so whatever else a token may be stays what it is.
    """
    return any(_reads_the_variable(program, one) for one in _ways_back(program, node))


def is_key_of_header(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a session is given the same expression as its key, in a header, and it means the same there."""
    place = program.scope_of(node)
    for opening in sessions.openings(program):
        argument = opening.headers
        entry = sessions.key_entry(program, argument.value) if argument is not None else None
        if entry is None:
            continue
        is_here = program.scope_of(opening.connect.call) is place
        if not is_here and not means_the_same(program, entry.value_node, node):
            continue
        if any(one.deep_equals(entry.value_node) for one in _ways_back(program, node)):
            return True
    return False


def _ways_back(program: Program, node: cst.BaseExpression) -> Iterator[cst.CSTNode]:
    """An expression, and what gave the name that it is, and so on, where there is one way each."""
    seen: set[cst.CSTNode] = set()
    current: cst.CSTNode | None = node
    while current is not None and current not in seen:
        seen.add(current)
        yield current
        definitions = program.definitions_of(current) if isinstance(current, (cst.Name, cst.Attribute)) else []
        made = [one.expression for one in definitions]
        current = made[0] if len(made) == 1 else None


def _reads_the_variable(program: Program, node: cst.CSTNode) -> bool:
    """Whether an expression is the reading of an environment variable that holds the vendor's key."""
    names = session.KEY_VARIABLE.of(Vendor.ASSEMBLYAI)
    match node:
        case cst.Subscript(_, [cst.SubscriptElement(cst.Index(cst.SimpleString() as name))]):
            pass
        case cst.Call(_, [cst.Arg(cst.SimpleString() as name), *_]):
            pass
        case _:
            return False
    return name in program.environment_names and name.evaluated_value in names
