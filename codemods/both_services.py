"""Programs that hold live sessions of both services: which of the two is to go, only a person knows."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.program import Program
from codemods.counterparts import are_interchangeable, counterparts
from codemods.findings import BOTH_SERVICES
from codemods.hosts import api_host_in
from codemods.migrating import Migrating
from codemods.vendors import assemblyai_sdk, assemblyai_sessions, gladia, gladia_sdk
from codemods.vendors.live_sessions import LiveSessions
from shim.mapping import session
from shim.mapping.row import Vendor


def report_both(migrating: Migrating) -> bool:
    """Reports a program that already opens sessions of the new service where it opens one of the old.

    Moved, it would have two ways to one service, one of them under the other's name: a setting that chooses between
    them would choose nothing any more. Gives whether it is one.
    """
    old = next(_openings(migrating.program, migrating.source), None)
    new = next(_openings(migrating.program, migrating.target), None) if old is not None else None
    if old is not None and new is None:
        new = _counterpart(migrating, old)
    if new is None or old is None:
        return False
    name = session.NAME.of(migrating.target)[0]
    whole = migrating.program.whole or migrating.program
    file = whole.module_of(new) if len(whole.files) > 1 else migrating.module
    is_here = len(whole.files) < 2 or file is whole.module_of(old)
    where = f"line {migrating.line(new)}" if is_here else f"`{whole.files[file].name}`"
    migrating.report(BOTH_SERVICES, old, f"{name} is spoken to in {where} already")
    return True


def _counterpart(migrating: Migrating, old: cst.CSTNode) -> cst.CSTNode | None:
    """Where another file does by the new service what this one does by the old, so that a program can choose."""
    whole = migrating.program.whole
    if whole is None:
        return None
    path = whole.files[whole.module_of(old)]
    named = counterparts(path, list(whole.files.values()), migrating.source)
    for new in _openings(whole, migrating.target):
        if whole.files[whole.module_of(new)] in named or are_interchangeable(whole, old, new):
            return new
    return None


def _openings(program: Program, vendor: Vendor) -> Iterator[cst.CSTNode]:
    """The calls that open live sessions of a vendor."""
    if vendor is Vendor.GLADIA:
        yield from (one.request.call for one in gladia.openings(program))
        yield from (one.session.site for one in gladia_sdk.starts(program))
        return
    for edition in (assemblyai_sessions.V3, assemblyai_sessions.V2):
        for opening in assemblyai_sessions.openings(program, edition):
            if api_host_in(assemblyai_sessions.address_text(program.value(opening.url)), vendor) is not None:
                yield opening.connect.call
    sessions = LiveSessions(program, vendor)
    yield from (one.site for one in assemblyai_sdk.creations(program) if one.site in sessions.calls)
