"""An address that is put together of its parts by `urlunsplit`, as the text that it is.

`urlunsplit(("wss", HOST, "/v3/ws", urlencode(parameters), ""))` is `f"wss://{HOST}/v3/ws?{urlencode(parameters)}"`.
"""

from __future__ import annotations

from typing import Final, Literal

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, Library
from codemods.edits import Edits
from codemods.hosts import api_host_in
from codemods.rules.names.imports import unused_imports, with_imports
from codemods.simpler.written import Simpler
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
        new = edits.apply(module)
        unneeded = unused_imports(new.code) - unused_imports(module.code)
        found[module] = Simpler(with_imports(new, unneeded=unneeded, needed=[]).code, ())
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
    quotes = _free_quotes(program, (host, path, query))
    if quotes is None:
        return None
    parts = [_text(f"{named.value}://"), *_part(host), *_part(path)]
    if program.value(query) != Known(""):
        parts += [_text("?"), *_part(query)]
    return cst.FormattedString(parts, start=f"f{quotes}", end=quotes)


def _part(node: cst.BaseExpression) -> list[cst.BaseFormattedStringContent]:
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
        return [_text(node.raw_value.replace("{", "{{").replace("}", "}}"))]
    return [cst.FormattedStringExpression(node)]


def _text(text: str) -> cst.FormattedStringText:
    return cst.FormattedStringText(text)


def _free_quotes(program: Program, nodes: tuple[cst.BaseExpression, ...]) -> Literal['"', "'"] | None:
    """A quote that none of the expressions has, as a text around them wants before Python 3.12."""
    inside = [one for node in nodes if not isinstance(node, cst.SimpleString) for one in program.nodes_in(node)]
    used = {one.quote[0] for one in inside if isinstance(one, cst.SimpleString)}
    used |= {one.end[0] for one in inside if isinstance(one, cst.FormattedString)}
    if '"' not in used:
        return '"'
    return "'" if "'" not in used else None
