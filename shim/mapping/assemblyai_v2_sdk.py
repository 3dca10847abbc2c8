"""Rows of `aai.RealtimeTranscriber`, AssemblyAI's Python SDK for its API before v3, gone since assemblyai 1.0.

A source of the codemod only. Parameters and the fields of transcripts stand in `assemblyai_v2`: the SDK's objects have
them under the same names, but for those here, which are other objects in Python than on the wire.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from shim.mapping.row import UNCHANGED, Conversion, Fidelity, Row, Section, Way, never_met
from shim.mapping.sdk import EXPIRES_AT as EXPIRES_AT_TODAY

_NO_SHIM: Final = "the shim speaks AssemblyAI's v3 only"


def _row(
    name: str, gladia: str, assemblyai: str, fidelity: Fidelity, reason: str = "", how: Conversion = UNCHANGED
) -> Row:
    way = Way(Fidelity.ABSENT, fidelity, how, reason or _NO_SHIM)
    return Row(f"sdk.v2.{name}", Section.SDK, tuple(gladia.split()), tuple(assemblyai.split()), never_met(), way)


CLIENT: Final = _row("client", "GladiaClient().live_v2()", "RealtimeTranscriber", Fidelity.CONVERTED)
"""One object for the client, the parameters and the handlers."""

CONNECT: Final = _row("connect", "LiveV2Client.start_session()", "RealtimeTranscriber.connect()", Fidelity.SAME)
CLOSE: Final = _row(
    "close",
    "LiveV2Session.stop_recording() LiveV2Session.join()",
    "RealtimeTranscriber.close()",
    Fidelity.SAME,
)
FORCE_END: Final = _row(
    "force_end_utterance",
    "",
    "RealtimeTranscriber.force_end_utterance()",
    Fidelity.ABSENT,
    "Gladia ends an utterance by its silence only",
)
CONFIGURE: Final = _row(
    "configure_end_utterance_silence_threshold",
    "",
    "RealtimeTranscriber.configure_end_utterance_silence_threshold()",
    Fidelity.ABSENT,
    "Gladia takes no settings in mid-session",
)

ON_OPEN: Final = _row("on_open", "started", "RealtimeTranscriber.on_open", Fidelity.SAME)
ON_DATA: Final = _row("on_data", "message:transcript", "RealtimeTranscriber.on_data", Fidelity.SAME)
ON_ERROR: Final = _row(
    "on_error",
    "error",
    "RealtimeTranscriber.on_error",
    Fidelity.APPROXIMATE,
    "an error of AssemblyAI's ends the session, one of Gladia's need not",
)
ON_CLOSE: Final = _row("on_close", "ended", "RealtimeTranscriber.on_close", Fidelity.SAME)
ON_EXTRA: Final = _row(
    "on_extra_session_information",
    "",
    "RealtimeTranscriber.on_extra_session_information",
    Fidelity.ABSENT,
    "Gladia has nothing like SessionInformation",
)
HANDLERS: Final = {
    "on_open": ON_OPEN,
    "on_data": ON_DATA,
    "on_error": ON_ERROR,
    "on_close": ON_CLOSE,
    "on_extra_session_information": ON_EXTRA,
}
"""The arguments that are handlers."""

CREATED: Final = _row(
    "field.created",
    "transcript.created_at",
    "PartialTranscript.created FinalTranscript.created",
    Fidelity.CONVERTED,
    how=Conversion(datetime.fromisoformat, "datetime.fromisoformat(value)", ("datetime.datetime",)),
)
EXPIRES_AT: Final = _row(
    "field.expires_at",
    "init.created_at",
    "SessionBegins.expires_at",
    Fidelity.APPROXIMATE,
    EXPIRES_AT_TODAY.over_gladia.reason,
    EXPIRES_AT_TODAY.over_gladia.conversion,
)

ROWS: Final = (
    CLIENT,
    CONNECT,
    CLOSE,
    FORCE_END,
    CONFIGURE,
    *HANDLERS.values(),
    CREATED,
    EXPIRES_AT,
)
