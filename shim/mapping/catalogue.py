"""All rows of the map, and how to find one."""

from __future__ import annotations

from functools import cache

from shim.mapping import (
    assemblyai_messages,
    assemblyai_parameters,
    assemblyai_v2,
    assemblyai_v2_sdk,
    client_messages,
    ends,
    parameters,
    sdk,
    server_messages,
    session,
)
from shim.mapping.paths import Step, steps_of
from shim.mapping.row import Row, Section, Vendor

ALL_ROWS: tuple[Row, ...] = (
    *session.ROWS,
    *parameters.ROWS,
    *assemblyai_parameters.ROWS,
    *client_messages.ROWS,
    *server_messages.ROWS,
    *assemblyai_messages.ROWS,
    *ends.ROWS,
    *sdk.ROWS,
    *assemblyai_v2.ROWS,
    *assemblyai_v2_sdk.ROWS,
)
"""Every row, in the order in which `sttbridge mapping` prints them."""


@cache
def rows(section: Section) -> tuple[Row, ...]:
    """The rows of one section."""
    return tuple(row for row in ALL_ROWS if row.section is section)


@cache
def by_id() -> dict[str, Row]:
    """The rows by their ids; raises ValueError if two share one."""
    found = {row.id: row for row in ALL_ROWS}
    if len(found) != len(ALL_ROWS):
        raise ValueError("two rows share an id")
    return found


@cache
def _by_first_steps(section: Section, vendor: Vendor) -> dict[tuple[Step, ...], tuple[Row, ...]]:
    found: dict[tuple[Step, ...], tuple[Row, ...]] = {}
    for row in rows(section):
        for path in row.of(vendor):
            steps = steps_of(path)
            found[steps] = (*found.get(steps, ()), row)
    return found


def find(section: Section, vendor: Vendor, steps: tuple[Step, ...]) -> tuple[Row, ...]:
    """The rows of a section that name exactly this path on a vendor's side."""
    return _by_first_steps(section, vendor).get(steps, ())
