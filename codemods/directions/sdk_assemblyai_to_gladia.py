"""Programs that use AssemblyAI's Python SDK for a streaming session."""

from __future__ import annotations

import libcst as cst

from codemods.migrating import Migrating
from codemods.rules.sdk_classes import ClassRule
from codemods.rules.sdk_fields import SdkFieldRule
from codemods.rules.sdk_formatting import FormattingRule
from codemods.rules.sdk_imports import SdkImports
from codemods.rules.sdk_microphone import MicrophoneRule
from codemods.rules.sdk_package_key import PackageKey
from codemods.rules.sdk_to_gladia import TranscriberRule
from codemods.rules.sdk_v2_types import TranscriptKindRule
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk, gladia_sdk


def is_met(migrating: Migrating) -> bool:
    """Whether the program makes a streaming client."""
    return any(assemblyai_sdk.creations(migrating.program))


def plan(migrating: Migrating) -> None:
    """Plans each client from its options to its events."""
    program = migrating.program
    clients = list(assemblyai_sdk.creations(program))
    sites = frozenset(client.site for client in clients)
    imports = SdkImports(migrating, "assemblyai", gladia_sdk.MODULE, assemblyai_sdk.is_of_sdk)
    package_key = PackageKey(migrating, imports)
    package_key.plan()
    gone = frozenset[cst.CSTNode](FormattingRule(migrating, sites).plan())
    old = frozenset(client.site for client in clients if assemblyai_v2_sdk.is_client(client))
    gone |= TranscriptKindRule(migrating, imports, old).plan()
    complete = True
    classes: dict[str, str | tuple[str, str]] = dict(gladia_sdk.CLASSES_FOR)
    for client in clients:
        rule = TranscriberRule(migrating.at(client.site), client, imports.at(client.site), package_key, gone)
        complete = rule.plan() and complete
        gone |= rule.gone
        if rule.succeeded:
            for name, asynchronous in assemblyai_sdk.CLIENTS.items():
                classes[name] = gladia_sdk.SESSION_CLASSES[asynchronous]
            classes[assemblyai_v2_sdk.CLIENT] = gladia_sdk.SESSION_CLASSES[False]
    if complete:
        MicrophoneRule(migrating, imports).plan_others()
    fields = SdkFieldRule(migrating, sites)
    fields.plan(gone)
    migrating.gone.update(gone | fields.gone)
    if complete:
        ClassRule(migrating, imports, assemblyai_sdk.name_of_any, classes).plan()
        imports.plan()
