"""AssemblyAI's Python SDK for its API before v3: `aai.RealtimeTranscriber`, one object for session and handlers."""

from __future__ import annotations

from typing import Final

from codemods.analysis.values import Library, LibraryObject, Value
from shim.mapping import assemblyai_v2, assemblyai_v2_sdk

CLIENT: Final = "RealtimeTranscriber"
METHODS: Final = frozenset(
    ("connect", "stream", "close", "force_end_utterance", "configure_end_utterance_silence_threshold")
)
"""Its methods."""

_MODULES: Final = ("assemblyai.types.", "assemblyai.transcriber.", "assemblyai.")
_OTHERS: Final = ("AudioEncoding",)
"""What programs of the older API use beside the classes whose names begin with `Realtime`."""

TRANSCRIPTS: Final = frozenset(row.assemblyai[0] for row in (assemblyai_v2.PARTIAL, assemblyai_v2.FINAL))
FINAL_TYPE: Final = assemblyai_v2.FINAL.assemblyai[0]
PARTIAL_TYPE: Final = assemblyai_v2.PARTIAL.assemblyai[0]
OPENED: Final = assemblyai_v2.BEGINS.assemblyai[0]

EVENTS: Final = {"on_open": "Begin", "on_data": "Turn", "on_error": "Error", "on_close": "Termination"}
"""What today's API calls the events of the handlers."""

TYPES: Final = {
    "on_open": frozenset((OPENED,)),
    "on_data": TRANSCRIPTS,
    "on_error": frozenset(("Error",)),
    "on_extra_session_information": frozenset(("SessionInformation",)),
}
"""The types of message that a handler gets; `on_close` gets none."""

CLASSES: Final = {
    "RealtimeFinalTranscript": frozenset((FINAL_TYPE,)),
    "RealtimePartialTranscript": frozenset((PARTIAL_TYPE,)),
    "RealtimeTranscript": TRANSCRIPTS,
    "RealtimeSessionOpened": frozenset((OPENED,)),
    "RealtimeError": frozenset(("Error",)),
}
"""The types of message that are instances of the SDK's classes."""

MESSAGE_TYPES: Final = {
    "final_transcript": FINAL_TYPE,
    "partial_transcript": PARTIAL_TYPE,
    "session_begins": OPENED,
}
"""The members of `RealtimeMessageTypes`, and their values."""


def name_of(dotted: str) -> str | None:
    """What the older SDK calls this, by the dotted name that a program uses; None for anything else."""
    for module in _MODULES:
        rest = dotted.removeprefix(module)
        first = rest.split(".")[0]
        if rest != dotted and (first.startswith("Realtime") or first in _OTHERS):
            return rest
    return None


def is_client(value: Value) -> bool:
    """Whether a value is a RealtimeTranscriber."""
    return isinstance(value, LibraryObject) and name_of(value.made_by) == CLIENT


def message_type(value: Value) -> str | None:
    """The type of message that a member of `RealtimeMessageTypes` stands for."""
    if isinstance(value, Library):
        enumeration, _, member = (name_of(value.name) or "").partition(".")
        return MESSAGE_TYPES.get(member.removesuffix(".value")) if enumeration == "RealtimeMessageTypes" else None
    return None


def takes_handlers(dotted: str) -> tuple[str, ...]:
    """The arguments of a class that are handlers."""
    return tuple(assemblyai_v2_sdk.HANDLERS) if name_of(dotted) == CLIENT else ()
