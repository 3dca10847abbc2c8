"""Keys that a program gives to a session and to somebody else: after a move, one of the two would get the wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import UNKNOWN, DictDisplay, Known, Library, Parsed
from codemods.findings import ADDRESS_STAYS, KEY_SHARED, KEY_STAYS
from codemods.hosts import api_host_in
from codemods.migrating import Migrating
from codemods.vendors import assemblyai_sdk, assemblyai_sessions, gladia
from shim.mapping import sdk, session
from shim.mapping.row import Vendor

_STARTING: Final = "subprocess."
"""Where the library's functions begin that start another program, which may be given a key."""


@dataclass
class _Sources:
    """What an expression is made of: names of environment variables, and where its names got their values."""

    variables: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    """Those of the variables that stand for an address of a vendor's API, as their default says."""
    definitions: set[cst.CSTNode] = field(default_factory=set)

    def meets(self, other: _Sources) -> str | None:
        """The name of something that both are made of; None where there is nothing."""
        for variable in sorted(self.variables & other.variables):
            return variable
        for node in self.definitions & other.definitions:
            return node.value if isinstance(node, cst.Name) else "the key"
        return None


def report_shared_keys(migrating: Migrating) -> None:
    """Reports each place where the key of a session, or the variable that is renamed for it, goes elsewhere too.

    A request to another service, a program that is started, the SDK that stays for recordings: all of them would be
    given the key of the new service, or the session the one of the old.
    """
    program = migrating.program
    calls, keys, addresses = _sessions(program, migrating.source)
    if not calls:
        return
    for address in addresses:
        _report_where_it_stays(migrating, address)
    own = _Sources(variables={session.KEY_VARIABLE.of(migrating.source)[0]})
    for key in keys:
        found = _sources(program, [key])
        own.variables |= found.variables
        own.definitions |= found.definitions
        _report_what_stays(migrating, key, found.variables)
    for place, parts in _elsewhere(program, migrating.source, calls):
        name = _sources(program, parts).meets(own)
        if name is not None:
            migrating.report(KEY_SHARED, place, f"`{name}` goes to `{migrating.code(place)}` as well")


def _report_what_stays(migrating: Migrating, key: cst.BaseExpression, variables: set[str]) -> None:
    """Reports a key that nothing says the vendor's name of: the new service's has to be put in its place."""
    name = session.NAME.of(migrating.source)[0].lower()
    nameless = sorted(variable for variable in variables if name not in variable.lower())
    if nameless and len(nameless) == len(variables):
        migrating.report(KEY_STAYS, key, f"`{nameless[0]}` must hold {session.NAME.of(migrating.target)[0]}'s key now")
    value = migrating.program.value(key)
    text = value.value if isinstance(value, Known) and value.certain else None
    if not variables and isinstance(text, str) and name not in text.lower():
        migrating.report(KEY_STAYS, key, "the key is written in the program")


def _report_where_it_stays(migrating: Migrating, address: cst.BaseExpression) -> None:
    """Reports an address that a variable gives whose name says nothing of the vendor."""
    vendors = tuple(session.NAME.of(vendor)[0].lower() for vendor in Vendor)
    for variable in sorted(_sources(migrating.program, [address]).hosts):
        if not any(vendor in variable.lower() for vendor in vendors):
            target = session.NAME.of(migrating.target)[0]
            migrating.report(ADDRESS_STAYS, address, f"`{variable}` must hold {target}'s address now, or nothing")


def _sessions(
    program: Program, vendor: Vendor
) -> tuple[set[cst.Call], list[cst.BaseExpression], list[cst.BaseExpression]]:
    """The calls that open sessions, and the expressions of their keys and addresses as far as they are seen."""
    if vendor is Vendor.GLADIA:
        opened = list(gladia.openings(program))
        connects = {connect.call for one in opened for connect in one.connects}
        keys = [one.key.value_node for one in opened if one.key is not None]
        addresses = [one.request.url for one in opened if one.request.url is not None]
        return connects | {call for one in opened for call in one.request.written}, keys, addresses
    calls: set[cst.Call] = set()
    given: list[cst.BaseExpression] = []
    places: list[cst.BaseExpression] = []
    for edition in (assemblyai_sessions.V3, assemblyai_sessions.V2):
        for opening in assemblyai_sessions.openings(program, edition):
            calls.add(opening.connect.call)
            places.extend([opening.connect.url] if opening.connect.url is not None else [])
            if opening.headers is None:
                continue
            entry = assemblyai_sessions.key_entry(program, opening.headers.value)
            key = entry.value_node if entry else assemblyai_sessions.key_in_list(program, opening.headers.value)
            given.extend([key] if key is not None else [])
    return calls, given, places


def _elsewhere(
    program: Program, vendor: Vendor, sessions: set[cst.Call]
) -> Iterator[tuple[cst.CSTNode, list[cst.CSTNode]]]:
    """The places that give values to somebody else, each with what it gives."""
    for request in program.requests.values():
        url = program.value(request.url) if request.url is not None else UNKNOWN
        # An address that another answer gives is the same service's: its request is spoken of already.
        is_own = isinstance(url, Parsed) or api_host_in(gladia.text_of(url), vendor) is not None
        if not is_own and not sessions.intersection(request.written):
            yield request.call, [argument.value for call in request.written for argument in call.args]
    for connect in program.connects.values():
        if connect.call not in sessions:
            yield connect.call, [argument.value for argument in connect.call.args]
    variables = {str(literal.evaluated_value) for literal in program.environment_names}
    keeps_sdk = not any(assemblyai_sdk.creations(program))
    for node in (node for module in program.modules for node in program.nodes_in(module)):
        match node:
            case cst.Call(func, args):
                callee = program.value(func)
                if isinstance(callee, Library) and callee.name.startswith(_STARTING):
                    yield node, [argument.value for argument in args]
            case cst.DictElement(cst.SimpleString(evaluated_value=str() as key), value) if key in variables:
                # A variable that is handed on under its own name, as for a program that is started.
                if key in _sources(program, [value]).variables:
                    yield node.value, [value]
            case cst.Assign([cst.AssignTarget(cst.Attribute(owner))], value) if keeps_sdk:
                if _is_of_sdk(program.value(owner)):
                    yield node, [value]


def _is_of_sdk(value: object) -> bool:
    roots = {path.split(".")[0] for vendor in Vendor for path in sdk.PACKAGE.of(vendor)}
    return isinstance(value, Library) and value.name.split(".")[0] in roots


def _sources(program: Program, nodes: Iterable[cst.CSTNode]) -> _Sources:
    """What expressions are made of, followed through names and dictionaries."""
    found = _Sources()
    waiting = list(nodes)
    seen: set[cst.CSTNode] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, cst.SimpleString) and node in program.environment_names:
            found.variables.add(str(node.evaluated_value))
            if _is_read_as_address(program, node):
                found.hosts.add(str(node.evaluated_value))
        if isinstance(node, (cst.Name, cst.Attribute)):
            value = program.value(node)
            if isinstance(value, DictDisplay):
                waiting.append(value.site)
            for definition in program.definitions_of(node):
                if definition.expression is not None and not isinstance(definition.value, Library):
                    found.definitions.add(definition.node)
                    waiting.append(definition.expression)
        # What an object is called says nothing of the one attribute of it that is meant.
        waiting.extend(() if isinstance(node, cst.Attribute) else node.children)
    return found


def _is_read_as_address(program: Program, variable: cst.SimpleString) -> bool:
    """Whether what an environment variable gives is an address of a vendor's API, as far as its default tells."""
    read = program.parents.get(program.parents[variable])
    value = program.value(read) if isinstance(read, cst.Call) else UNKNOWN
    if not isinstance(value, Known) or not isinstance(value.value, str):
        return False
    text = value.value
    return any(api_host_in(text, vendor) is not None for vendor in Vendor)
