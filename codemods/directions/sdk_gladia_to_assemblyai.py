"""Programs that use Gladia's Python SDK for a live session."""

from __future__ import annotations

from codemods.migrating import Migrating
from codemods.rules.sdk.classes import ClassRule
from codemods.rules.sdk.fields.field_rule import SdkFieldRule
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.to_assemblyai import SessionRule
from codemods.vendors import assemblyai_sdk, gladia_sdk


def is_met(migrating: Migrating) -> bool:
    """Whether the program starts a live session."""
    return any(gladia_sdk.starts(migrating.program))


def plan(migrating: Migrating) -> None:
    """Plans each session from its client to its events."""
    program = migrating.program
    starts = list(gladia_sdk.starts(program))
    imports = SdkImports(migrating, gladia_sdk.MODULE, assemblyai_sdk.MODULE, gladia_sdk.is_of_sdk)
    complete = True
    imports.keep(migrating.kept)
    imports.leave_looks()
    gone = frozenset()  # type: ignore[var-annotated]
    for start in starts:
        place = start.session.site
        rule = SessionRule(migrating.at(place), start, starts, imports.at(place))
        complete = rule.plan() and complete
        gone |= rule.gone
    sites = frozenset(start.session.site for start in starts)
    fields = SdkFieldRule(migrating, sites)
    fields.plan(gone)
    migrating.gone.update(gone | fields.gone)
    if complete:
        ClassRule(migrating, imports, gladia_sdk.name_of, assemblyai_sdk.CLASSES_FOR).plan()
        imports.plan()
