"""An address that is put together of its parts by `urlunsplit`, as the text that it is.

`urlunsplit(("wss", HOST, "/v3/ws", urlencode(parameters), ""))` is `f"wss://{HOST}/v3/ws?{urlencode(parameters)}"`.
"""

from __future__ import annotations

from functools import reduce
from itertools import groupby
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, Library
from codemods.edits import Edits, in_parentheses
from codemods.hosts import api_host_in
from codemods.literals import f_string, literal_code
from codemods.simpler.written import Simpler, simpler
from shim.mapping.row import Vendor

_PARTS: Final = {"urllib.parse.urlunsplit": 5, "urllib.parse.urlunparse": 6}
"""What joins an address, and of how many parts: the one of the older form has parameters in front of the query."""
_SCHEMES: Final = ("wss", "ws", "https", "http")


def with_addresses_written(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a vendor's address is joined of parts, with the text in its place."""
    plans: dict[cst.Module, Edits] = {}
    for node in list(program.values):
        if isinstance(node, cst.Call):
            written = _address(program, node)
            if written is not None:
                plans.setdefault(program.module_of(node), Edits()).replace(node, written)
    found = {}
    for module, edits in plans.items():
        found[module] = simpler(module, edits)
    return found


def _address(program: Program, call: cst.Call) -> cst.BaseExpression | None:
    joins = program.value(call.func)
    count = _PARTS.get(joins.name) if isinstance(joins, Library) else None
    match call.args:
        case [cst.Arg(cst.Tuple(elements) | cst.List(elements))] if len(elements) == count:
            scheme, host, path, *others = [one.value for one in elements]
        case _:
            return None
    named, at = program.value(scheme), program.value(host)
    if not isinstance(named, Known) or named.value not in _SCHEMES:
        return None
    if not isinstance(at, Known) or not any(api_host_in(str(at.value), one) for one in Vendor):
        return None
    *parameters, query, fragment = others
    if any(program.value(one) != Known("") for one in (*parameters, fragment)):
        return None
    pieces: list[str | cst.BaseExpression] = [f"{named.value}://", _piece(host), _piece(path)]
    if program.value(query) != Known(""):
        pieces.extend(["?", _piece(query)])
    return f_string(pieces) or _sum(pieces)


def _sum(pieces: list[str | cst.BaseExpression]) -> cst.BaseExpression:
    """The pieces added up, for what cannot stand in an f-string: a query over several lines, with comments."""
    parts: list[cst.BaseExpression] = []
    for is_text, several in groupby(pieces, lambda one: isinstance(one, str)):
        found = list(several)
        if is_text:
            parts.append(cst.SimpleString(literal_code("".join(str(one) for one in found), '"')))
        else:
            parts.extend(in_parentheses(one) for one in found if not isinstance(one, str))
    return reduce(lambda left, right: cst.BinaryOperation(left, cst.Add(), right), parts)


def _piece(node: cst.BaseExpression) -> str | cst.BaseExpression:
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
        return node.evaluated_value
    return node
