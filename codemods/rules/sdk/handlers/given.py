"""What a handler of one of AssemblyAI's events is registered for at Gladia, and what it gets there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.program import Program
from codemods.analysis.values import Delivered, LibraryObject, Parsed, something
from codemods.rules.sdk.fields.field_rows import TARGET_TYPES
from codemods.rules.sdk.handlers.failing import is_error_alone
from codemods.rules.sdk.handlers.functions import Handler
from codemods.vendors import gladia_sdk
from shim.mapping import assemblyai_v2_sdk as v2
from shim.mapping import sdk
from shim.mapping.row import Row, Vendor

ROWS: Final[dict[str, Row]] = {
    "Begin": sdk.BEGIN_EVENT,
    "Turn": sdk.TURN_EVENT,
    "Termination": sdk.TERMINATION_EVENT,
    "SpeechStarted": sdk.SPEECH_EVENT,
    "Error": sdk.ERROR_EVENT,
    **{row.assemblyai[0].split(".")[1]: row for row in sdk.NEVER_SENT},
}
"""The rows of AssemblyAI's events."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a handler of one of AssemblyAI's events is registered for and gets."""

    event: str
    parameter: str
    annotation: str
    message_type: str = ""


def given_for(program: Program, client: LibraryObject, event: str, handler: Handler) -> Given:
    """What a handler of an event of `client` gets from Gladia's session."""
    match event:
        case "Begin":
            return Given("started", "response", "LiveV2InitResponse")
        case "Error":
            return Given("error", "error", "Exception")
        case "Termination" if handler.registration.method in v2.HANDLERS or not _is_end_read(program, client):
            return Given("ended", "ended", "LiveV2EndedMessage")
    return Given("message", "message", gladia_sdk.ANY_MESSAGE, TARGET_TYPES[Vendor.GLADIA][event])


def values_given(program: Program, registration: Registration) -> int:
    """How many values AssemblyAI's SDK gives a handler."""
    if registration.method not in v2.HANDLERS:
        return 1 if is_error_alone(program, registration) is not None else 2
    return 0 if registration.method == "on_close" else 1


def _is_end_read(program: Program, client: LibraryObject) -> bool:
    """Whether anything is read of what tells the end of the session, in its handler or where that hands it on."""
    for node, value in program.values.items():
        for one in something(value):
            if (
                isinstance(one, Parsed)
                and isinstance(one.document, Delivered)
                and one.document.site is client.site
                and (one.types is None or "Termination" in one.types)
                and (one.path or not isinstance(program.parents.get(node), (cst.Attribute, cst.Expr)))
            ):
                return True
    return False
