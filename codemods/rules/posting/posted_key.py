"""The key of a session at AssemblyAI, in the handshake's headers or in the query, as a header of Gladia's POST."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.values import DictDisplay
from codemods.findings import HEADER_DROPPED, SESSION_SPREAD, TOKEN_ABSENT
from codemods.migrating import Migrating
from codemods.rules.posting.opening_place import OpeningPlace
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors import gladia_opening as gladia
from codemods.vendors.assemblyai_sessions import Opening


def posted_key(
    migrating: Migrating, opening: Opening, place: OpeningPlace, key_of_query: cst.BaseExpression | None
) -> Callable[[], cst.BaseExpression] | None:
    """Plans the headers' edits; the function gives them as the POST takes them. None, with a finding, for no key.

    `place` is where the POST will stand, `key_of_query` the key where the query held it.
    """
    argument = opening.headers
    if argument is None and key_of_query is not None:
        if not place.holds(key_of_query):
            return None
        call = opening.connect.call
        return lambda: gladia.key_headers(migrating, migrating.edits.edited(key_of_query), call)
    if argument is None:
        # With a token there is no key here at all, and what to do about that is said of the token.
        if not any(one.kind is TOKEN_ABSENT for one in migrating.at(opening.connect.call).findings):
            migrating.report(SESSION_SPREAD, opening.connect.call, "no header with the key could be found")
        return None
    node = argument.value
    entry = sessions.key_entry(migrating.program, node)
    if entry is None:
        key = sessions.key_in_list(migrating.program, node)
        if key is None:
            migrating.report(SESSION_SPREAD, node, f"the key could not be found: {migrating.code(node)}")
            return None
        return lambda: gladia.key_headers(migrating, migrating.edits.edited(key), opening.connect.call)
    value = migrating.program.value(node)
    assert isinstance(value, DictDisplay)
    site = value.site
    if not isinstance(site, cst.Dict) or migrating.program.dictionaries[site].changes:
        migrating.report(SESSION_SPREAD, node, f"the headers are changed after they were made: {migrating.code(node)}")
        return None
    kept = entry.node
    for other in migrating.program.dictionaries[site].entries:
        if other is not entry:
            migrating.report(HEADER_DROPPED, other.node, migrating.code(other.node))
    if not place.holds(node):
        return None

    def only_the_key(updated: cst.Dict) -> cst.BaseExpression:
        for old, new in zip(site.elements, updated.elements, strict=True):
            if old is kept and isinstance(new, cst.DictElement):
                return gladia.key_headers(migrating, new.value, site)
        return updated

    migrating.edits.rewrite(site, only_the_key)
    return lambda: migrating.edits.edited(node)
