"""A key that a program gives as `token` in the address: Gladia's goes into a header of the POST."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from shim.mapping import session
from shim.mapping.row import Vendor


def is_key(program: Program, node: cst.BaseExpression) -> bool:
    """Whether an expression is the vendor's key, read from its variable here or where a name got it.

    A temporary token comes from a request, so whatever else a token may be stays what it is.
    """
    seen: set[cst.CSTNode] = set()
    while node not in seen:
        seen.add(node)
        if _reads_the_variable(program, node):
            return True
        definitions = program.definitions_of(node) if isinstance(node, (cst.Name, cst.Attribute)) else []
        made = [one.expression for one in definitions]
        if len(made) != 1 or made[0] is None:
            return False
        node = made[0]
    return False


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
