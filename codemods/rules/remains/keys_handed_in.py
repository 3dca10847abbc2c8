"""Keys that somebody outside of the program gives: it must give the new service's now, or the old one's goes there."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.origins import Origins, OriginSearch, Way
from codemods.analysis.program import Program
from codemods.analysis.values import Known, Library, alternatives
from codemods.findings import KEY_STAYS
from codemods.migrating import Migrating
from shim.mapping import sdk, session
from shim.mapping.row import Vendor


def report_key_handed_in(migrating: Migrating, key: cst.BaseExpression, search: OriginSearch, origins: Origins) -> None:
    """Reports a session's key that is a parameter for which no call is seen, or whose origin is not seen at all.

    Where a variable or a text of the program gives it, if only when the caller does not, that is spoken of already.
    """
    program = migrating.program
    if any(finding.kind is KEY_STAYS and finding.line == migrating.line(key) for finding in migrating.at(key).findings):
        return
    if origins.variables(program) or any(_is_text(one) for one in alternatives(program.value(key))):
        return
    new = session.NAME.of(migrating.target)[0]
    given = [one for one in origins.places.values() if one.way is Way.PARAMETER and search.is_handed_in(one)]
    for place in given:
        function = program.scope_of(place.node)
        owner = program.parents.get(program.parents[function]) if isinstance(function, cst.FunctionDef) else None
        called = owner if isinstance(owner, cst.ClassDef) and _is_maker(function) else function
        name = called.name.value if isinstance(called, (cst.FunctionDef, cst.ClassDef)) else "this"
        said = migrating.code(key)
        by = f"who calls `{name}`" if said == place.name else f"who calls `{name}`, as `{place.name}`"
        migrating.report(KEY_STAYS, key, f"`{said}` is given by {by}: it must be {new}'s key now")
    is_plain = isinstance(key, (cst.Name, cst.Attribute, cst.Subscript, cst.Call))
    if is_plain and not given and not _is_of_sdk(program.value(key)) and not _says_vendor(program, origins):
        said = migrating.code(key)
        is_seen = any(one.way is not Way.UNSEEN for one in origins.places.values())
        text = f"`{said}` must hold" if is_seen else f"where `{said}` comes from is not seen: it must be"
        migrating.report(KEY_STAYS, key, f"{text} {new}'s key now")


def _is_of_sdk(value: object) -> bool:
    """Whether a value is one of an SDK's own settings: what they are set to is a key of its own."""
    roots = {path.split(".")[0] for vendor in Vendor for path in sdk.PACKAGE.of(vendor)}
    return isinstance(value, Library) and value.name.split(".")[0] in roots


def _is_text(value: object) -> bool:
    return isinstance(value, Known) and isinstance(value.value, str) and bool(value.value)


def _is_maker(function: cst.CSTNode) -> bool:
    return isinstance(function, cst.FunctionDef) and function.name.value == "__init__"


def _says_vendor(program: Program, origins: Origins) -> bool:
    """Whether a setting with a vendor's name in it gives the key: it is renamed, and that is said where it stands."""
    names = tuple(session.NAME.of(vendor)[0].lower() for vendor in Vendor)
    fields = [
        one.name.lower()
        for one in origins.places.values()
        if one.way is Way.FIELD or (one.way is Way.NAME and isinstance(program.scope_of(one.node), cst.ClassDef))
    ]
    return any(name in field for field in fields for name in names)
