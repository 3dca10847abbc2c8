"""Calls that stay with the old service: each with a TODO, or a reason why the file is left whole."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import libcst as cst

from codemods.analysis.values import Library, LibraryObject, alternatives
from codemods.findings import KEY_SHARED, OTHER_API, REQUEST_ABSENT, STAYS_WITH_OLD, TOKEN_ABSENT, Kind
from codemods.hosts import UNKNOWN_PART
from codemods.migrating import Migrating
from codemods.references import references_in
from codemods.rules.remains.other_apis import is_of_other_api
from codemods.staying import Staying
from codemods.todos import has_todo_above, todos_in
from codemods.vendors import assemblyai_sdk, gladia, gladia_sdk
from codemods.vendors.live_sessions import LiveSessions
from shim.mapping import sdk, session
from shim.mapping.row import Vendor


def report_call(migrating: Migrating, kind: Kind, call: cst.CSTNode, text: str) -> None:
    """Reports a call that the new service has nothing for.

    `kind` and `text` are what is said where the call and the sessions cannot be parted: the file is left whole then.
    """
    at = migrating.at(call)
    staying = migrating.staying
    stay = staying.stay_at(call) if staying is not None else None
    if staying is None or stay is None or not LiveSessions(migrating.program, migrating.source).calls:
        if not (has_todo_above(at.text, at.line(call)) and is_noted(at)):
            migrating.report(kind, call, text)
        return
    reason = staying.why_not(stay)
    if reason is not None:
        migrating.report(kind, call, f"{text}: {reason}")
        return
    vendor, what = session.NAME.of(migrating.source)[0], _what(migrating, call)
    is_other = is_of_other_api(what, at.source) or _is_of_other_part(migrating, call)
    if is_other and not LiveSessions(at.program.part([at.module]), at.source).calls:
        migrating.report(OTHER_API, call, f"{what} still goes to {vendor}")
        return
    knows = "" if is_other else ", which has only the sessions of before"
    if kind is TOKEN_ABSENT:
        knows = f": its tokens open sockets of {vendor}'s alone"
    migrating.report(STAYS_WITH_OLD, call, f"{what} still goes to {vendor}{knows}")


def report_other_uses_of_sdk(migrating: Migrating) -> None:
    """Reports what a program with sessions asks the old service's SDK for beside them."""
    sessions = LiveSessions(migrating.program, migrating.source)
    uses = sessions.other_uses if migrating.source is Vendor.GLADIA else sessions.for_recordings
    for use in uses if sessions.calls else ():
        report_call(migrating, REQUEST_ABSENT, use, migrating.code(use))
    if migrating.source is Vendor.ASSEMBLYAI and sessions.calls:
        _report_package_that_stays(migrating, sessions)


def _report_package_that_stays(migrating: Migrating, sessions: LiveSessions) -> None:
    """Says that the package's key stays, and that other parts of it are named where nothing is asked of them."""
    staying, vendor = migrating.staying, session.NAME.of(migrating.source)[0]
    for stay in staying.stays if staying is not None else ():
        if isinstance(stay.node, cst.Assign) and sessions.package_stays:
            migrating.report(OTHER_API, stay.node, f"{vendor}'s key for recordings stays")
    asking = {migrating.program.module_of(call) for call in sessions.for_recordings}
    for node in assemblyai_sdk.recordings_named(migrating.program):
        module = migrating.program.module_of(node)
        if module not in asking:
            asking.add(module)
            migrating.report(OTHER_API, node, f"`{migrating.code(node)}` is {vendor}'s, for recordings")


def _is_of_other_part(migrating: Migrating, call: cst.CSTNode) -> bool:
    """Whether a call of an SDK has to do with something else than live sessions."""
    if migrating.source is Vendor.ASSEMBLYAI:
        return call in set(assemblyai_sdk.calls_for_recordings(migrating.program))
    value = migrating.program.value(call)
    parts = value.made_by.replace("()", "").split(".") if isinstance(value, LibraryObject) else []
    return gladia_sdk.CLIENT in parts and not gladia_sdk.FACTORIES.keys() & set(parts)


def _what(migrating: Migrating, call: cst.CSTNode) -> str:
    """What is asked for: the method and the path of a request, the name of any other call."""
    request = migrating.program.requests.get(call) if isinstance(call, cst.Call) else None
    if request is not None and request.url is not None:
        url = gladia.text_of(next(iter(alternatives(migrating.program.value(request.url)))))
        path = urlsplit(url.replace(UNKNOWN_PART, "_")).path.replace("_", "…") or "/…"
        return f"{request.method.upper()} {path}"
    return migrating.code(call.func) if isinstance(call, cst.Call) else migrating.code(call)


def is_noted(migrating: Migrating) -> bool:
    """Whether an earlier run has left a call with the old service."""
    return any(todo.code == STAYS_WITH_OLD.code for todo in todos_in(migrating.text))


def report_what_is_not_kept(migrating: Migrating) -> None:
    """Reports what would be changed although it must stay; notes the lines that name the old vendor on purpose.

    Asked when everything is planned.
    """
    staying, edits = migrating.staying, migrating.edits
    if staying is None:
        return
    gone = edits.removed - edits.moved
    for stay in staying.stays:
        if stay.is_vendors and stay.node in migrating.program.parents:
            hit = [one for one in _around(migrating, stay.node) if one in gone]
            if hit and migrating.program.is_inside(stay.node, migrating.program.module_of(stay.node)):
                migrating.report(REQUEST_ABSENT, stay.node, f"{migrating.code(stay.node)}: it stands in what goes")
    for node in staying.kept & edits.rewrites.keys():
        of = staying.stay_of(node)
        if of is not None:
            text = f"{migrating.code(of.node)}: `{migrating.code(node)}` is the session's too"
            migrating.report(REQUEST_ABSENT if of.is_vendors else KEY_SHARED, of.node, text)
    for file in migrating.files():
        file.kept_lines.update(_lines_kept(file, staying))


def _around(migrating: Migrating, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    current: cst.CSTNode | None = node
    while current is not None:
        yield current
        current = migrating.program.parents.get(current)


def _lines_kept(file: Migrating, staying: Staying) -> set[int]:
    """The lines in which a file names the old vendor for what stays, the import of its package among them."""
    named = {one.line for one in references_in(file.text, file.source)}
    inside = [node for node in file.program.nodes_in(file.module) if node in staying.kept]
    strings = (cst.SimpleString, cst.FormattedStringText)
    lines = {file.line(node) for node in inside if isinstance(node, strings)} & named
    set_here = any(
        isinstance(one.node, cst.Assign) and file.program.module_of(one.node) is file.module for one in staying.stays
    )
    package = sdk.PACKAGE.of(file.source)[0].split(".")[0]
    for definitions in file.program.scopes[file.module].definitions.values():
        for one in definitions:
            is_of_package = isinstance(one.value, Library) and one.value.name.split(".")[0] == package
            stays = not staying.kept.isdisjoint(one.uses) or (set_here and one.value == Library(package))
            if is_of_package and stays:
                lines.update((file.line(one.node), file.line(file.program.parents[one.node])))
    return lines
