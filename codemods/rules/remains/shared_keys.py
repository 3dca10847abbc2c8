"""Keys that a program gives to a session and to somebody else: after a move, one of the two would get the wrong one."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.origins import OriginSearch
from codemods.analysis.program import Program
from codemods.analysis.values import UNKNOWN, Known, Library, alternatives
from codemods.findings import ADDRESS_STAYS, KEY_SHARED, KEY_STAYS
from codemods.hosts import api_host_in
from codemods.migrating import Migrating
from codemods.rules.remains.keys_handed_in import report_key_handed_in
from codemods.vendors.live_sessions import LiveSessions
from shim.mapping import session
from shim.mapping.row import Vendor


def report_shared_keys(migrating: Migrating) -> None:
    """Reports each place where the key of a session, or the variable that is renamed for it, goes elsewhere too.

    A request to another service, a program that is started, the SDK that stays for recordings: all of them would be
    given the key of the new service, or the session the one of the old. Where the two could be parted, they are by now.
    """
    program, staying = migrating.program, migrating.staying
    sessions = LiveSessions(program, migrating.source)
    if not sessions.calls or staying is None:
        return
    search = OriginSearch(program)
    for address in sessions.addresses:
        _report_where_it_stays(migrating, search, address)
    for key in (*sessions.written_keys, *sessions.sdk_keys):
        _report_what_stays(migrating, key, search.of([key]).variables(program))
    for key in (*sessions.written_keys, *sessions.sdk_keys):
        origins = search.of([key])
        _report_what_others_give(migrating, key, origins.nodes)
        report_key_handed_in(migrating, key, search, origins)
    for stay in staying.stays:
        name = None if stay.is_vendors else staying.shared_name(stay)
        if name is None:
            continue
        if program.module_of(stay.node) in program.modules:
            migrating.report(KEY_SHARED, stay.node, f"`{name}` goes to `{migrating.code(stay.node)}` as well")
        elif sessions.keys:
            migrating.report(KEY_SHARED, sessions.keys[0], f"`{name}` goes to `{migrating.code(stay.node)}` as well")


def _report_what_stays(migrating: Migrating, key: cst.BaseExpression, variables: set[str]) -> None:
    """Reports a key that nothing says the vendor's name of: the new service's has to be put in its place."""
    name = session.NAME.of(migrating.source)[0].lower()
    new = session.NAME.of(migrating.target)[0]
    if any(new.lower() in variable.lower() for variable in variables):
        return
    _report_nameless(migrating, key, variables)
    for one in alternatives(migrating.program.value(key)):
        text = one.value if isinstance(one, Known) else None
        if isinstance(text, str) and text and name not in text.lower():
            when = f", for where `{min(variables)}` is not set" if variables else ""
            migrating.report(KEY_STAYS, key, f"the key is written in the program{when}")


def _report_nameless(migrating: Migrating, key: cst.BaseExpression, variables: set[str]) -> None:
    """Reports a key out of environment variables of which none says a vendor's name, such as `AAI_API_KEY`."""
    names = tuple(session.NAME.of(vendor)[0].lower() for vendor in Vendor)
    if variables and not any(name in variable.lower() for variable in variables for name in names):
        new = session.NAME.of(migrating.target)[0]
        migrating.report(KEY_STAYS, key, f"`{min(variables)}` must hold {new}'s key now")


def _report_what_others_give(migrating: Migrating, key: cst.BaseExpression, nodes: set[cst.CSTNode]) -> None:
    """Reports a key that a file which was not given holds under the old vendor's name: it keeps name and value."""
    program = migrating.program
    name = session.NAME.of(migrating.source)[0].lower()
    new = session.NAME.of(migrating.target)[0]
    for node in nodes:
        if not isinstance(node, cst.Attribute) or name not in node.attr.value.lower():
            continue
        value = program.value(node)
        is_given = value == UNKNOWN or isinstance(value, Library)
        if is_given and not program.definitions_of(node) and node.attr not in migrating.edits.rewrites:
            migrating.report(KEY_STAYS, key, f"`{migrating.code(node)}` must hold {new}'s key now")


def _report_where_it_stays(migrating: Migrating, search: OriginSearch, address: cst.BaseExpression) -> None:
    """Reports an address that a variable gives whose name says nothing of the vendor."""
    program = migrating.program
    vendors = tuple(session.NAME.of(vendor)[0].lower() for vendor in Vendor)
    nodes = search.of([address]).nodes
    found = {one for one in program.environment_names if one in nodes and _is_read_as_address(program, one)}
    for variable in sorted(str(one.evaluated_value) for one in found):
        if not any(vendor in variable.lower() for vendor in vendors):
            target = session.NAME.of(migrating.target)[0]
            migrating.report(ADDRESS_STAYS, address, f"`{variable}` must hold {target}'s address now, or nothing")


def _is_read_as_address(program: Program, variable: cst.SimpleString) -> bool:
    """Whether what an environment variable gives is an address of a vendor's API, as far as its default tells."""
    read = program.parents.get(program.parents[variable])
    value = program.value(read) if isinstance(read, cst.Call) else UNKNOWN
    if not isinstance(value, Known) or not isinstance(value.value, str):
        return False
    text = value.value
    return any(api_host_in(text, vendor) is not None for vendor in Vendor)
