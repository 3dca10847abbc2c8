"""Programs that use AssemblyAI's Python SDK for a streaming session."""

from __future__ import annotations

import libcst as cst

from codemods.migrating import Migrating
from codemods.rules.sdk_classes import ClassRule
from codemods.rules.sdk_fields import SdkFieldRule
from codemods.rules.sdk_formatting import FormattingRule
from codemods.rules.sdk_imports import SdkImports
from codemods.rules.sdk_to_gladia import TranscriberRule
from codemods.vendors import assemblyai_sdk, gladia_sdk


def is_met(migrating: Migrating) -> bool:
    """Whether the program makes a streaming client."""
    return any(assemblyai_sdk.creations(migrating.program))


def plan(migrating: Migrating) -> None:
    """Plans each client from its options to its events."""
    program = migrating.program
    clients = list(assemblyai_sdk.creations(program))
    sites = frozenset(client.site for client in clients)
    imports = SdkImports(migrating, "assemblyai", gladia_sdk.MODULE, assemblyai_sdk.is_of_sdk)
    gone = frozenset[cst.CSTNode](FormattingRule(migrating, sites).plan())
    complete = True
    for client in clients:
        rule = TranscriberRule(migrating, client, imports, gone)
        complete = rule.plan() and complete
        gone |= rule.gone
    fields = SdkFieldRule(migrating, sites)
    fields.plan(gone)
    migrating.gone.update(gone | fields.gone)
    if complete:
        ClassRule(migrating, imports, assemblyai_sdk.name_of, gladia_sdk.CLASSES_FOR).plan()
        imports.plan()
