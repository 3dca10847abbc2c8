"""Programs that use AssemblyAI's Python SDK for a streaming session."""

from __future__ import annotations

import libcst as cst

from codemods.findings import SDK_NOT_FOLLOWED, TOKEN_ABSENT
from codemods.migrating import Migrating
from codemods.rules.remains.kept_calls import is_noted, report_call
from codemods.rules.sdk.classes import ClassRule
from codemods.rules.sdk.fields.field_rule import SdkFieldRule
from codemods.rules.sdk.fields.formatting import FormattingRule
from codemods.rules.sdk.fields.v2_types import TranscriptKindRule
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.microphone import MicrophoneRule
from codemods.rules.sdk.parameters.package_key import PackageKey
from codemods.rules.sdk.to_gladia import TranscriberRule
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk, gladia_sdk
from codemods.vendors.live_sessions import LiveSessions


def is_met(migrating: Migrating) -> bool:
    """Whether the program makes a streaming client."""
    program = migrating.program
    return any(assemblyai_sdk.creations(program)) or any(assemblyai_sdk.heirs(program))


def plan(migrating: Migrating) -> None:
    """Plans each client from its options to its events."""
    program = migrating.program
    heirs = list(assemblyai_sdk.heirs(program))
    for heir in heirs:
        text = f"`{heir.name.value}` is made of the SDK's client, and its objects are used as one"
        migrating.report(SDK_NOT_FOLLOWED, heir, f"{text}: let it hold a client instead")
    if heirs:
        return
    sessions = LiveSessions(program, migrating.source)
    clients = list(assemblyai_sdk.creations(program))
    if sessions.calls or is_noted(migrating):
        others = [one for one in clients if one.site not in sessions.calls]
        clients = [one for one in clients if one not in others]
        for call in (call for one in others for call in sessions.tokens_of(one)):
            report_call(migrating, TOKEN_ABSENT, call, migrating.code(call))
    sites = frozenset(client.site for client in clients)
    imports = SdkImports(migrating, "assemblyai", gladia_sdk.MODULE, assemblyai_sdk.is_of_sdk)
    imports.keep(migrating.kept)
    imports.leave_looks()
    package_key = PackageKey(migrating, imports)
    package_key.plan()
    gone = frozenset[cst.CSTNode](FormattingRule(migrating, sites).plan())
    old = frozenset(client.site for client in clients if assemblyai_v2_sdk.is_client(client))
    gone |= TranscriptKindRule(migrating, imports, old).plan()
    imports.handled.update(gone)
    complete = True
    classes: dict[str, str | tuple[str, str]] = dict(gladia_sdk.CLASSES_FOR)
    handlers: dict[cst.CSTNode, set[tuple[str, int]]] = {}
    for client in clients:
        at, own_imports = migrating.at(client.site), imports.at(client.site)
        rule = TranscriberRule(at, client, own_imports, package_key, gone, handlers)
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
