"""Programs that hold live sessions of both services: which of the two is to go, only a person knows."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.program import Program
from codemods.findings import BOTH_SERVICES
from codemods.hosts import api_host_in
from codemods.migrating import Migrating
from codemods.vendors import assemblyai_sdk, assemblyai_sessions, gladia, gladia_sdk
from shim.mapping import session
from shim.mapping.row import Vendor


def report_both(migrating: Migrating) -> None:
    """Reports a program that already opens sessions of the new service where it opens one of the old.

    Moved, it would have two ways to one service, one of them under the other's name: a setting that chooses between
    them would choose nothing any more.
    """
    new = next(_openings(migrating.program, migrating.target), None)
    old = next(_openings(migrating.program, migrating.source), None)
    if new is None or old is None:
        return
    name = session.NAME.of(migrating.target)[0]
    at = migrating.at(new)
    where = f"line {migrating.line(new)}" if at is migrating.at(old) else f"`{migrating.program.files[at.module].name}`"
    migrating.report(BOTH_SERVICES, old, f"{name} is spoken to in {where} already")


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
    yield from (one.site for one in assemblyai_sdk.creations(program))
