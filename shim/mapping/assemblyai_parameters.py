"""Rows of the parameters that only AssemblyAI has, its older names, and the names that a guide gives wrongly.

A Gladia body has no place for any of them. `format_turns` needs none, hints are dropped and said, what a listener
would miss is dropped with a caveat, and what would harm in silence is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shim.mapping.row import NOTHING, Fidelity, Row, Section, Vendor, Way, absent, emulated, never_met


def _row(name: str, way: Way, label: str = "", *, harmful: bool = False) -> Row:
    row_id = f"parameter.{label or name}"
    return Row(row_id, Section.PARAMETER, (), (name,), never_met(), way, harmful_in_silence=harmful)


def _hint(name: str, what: str) -> Row:
    reason = f"a hint only: {what}"
    return _row(name, Way(Fidelity.ABSENT, Fidelity.APPROXIMATE, NOTHING, reason))


def _kept_by_shim(name: str, what: str, how: str) -> Row:
    return _row(name, emulated(f"Gladia has no {what}; the shim {how}"))


def _missing(name: str, what: str, *, harmful: bool = False) -> Row:
    return _row(name, absent(f"Gladia's live sessions have no {what}"), harmful=harmful)


FORMAT_TURNS: Final = _row(
    "format_turns",
    Way(
        Fidelity.EMULATED,
        Fidelity.APPROXIMATE,
        NOTHING,
        "Gladia always formats; the formatted pair of finals is one final",
    ),
)

HINTS: Final = (
    _hint("mode", "it sets the silences that end a turn, which are written out"),
    _hint("interruption_delay", "Gladia decides itself when its first partial comes"),
    _hint("turn_left_pad_ms", "Gladia pads no turns"),
    _hint("continuous_partials", "Gladia decides itself how often partials come"),
    _hint("agent_context", "Gladia takes no context"),
    _hint("previous_context_n_turns", "Gladia takes no context"),
    _hint("end_of_turn_confidence_threshold", "Gladia ends a turn by silence alone"),
    _hint("voice_focus_threshold", "Gladia's enhancer has no strength"),
    _hint("customer_support_audio_capture", "Gladia has no such switch"),
    _hint("_customer_support_audio_capture", "Gladia has no such switch"),
)
"""What Gladia lacks and nobody misses in the transcripts; the shim logs it."""

KEPT_BY_SHIM: Final = (
    _kept_by_shim("inactivity_timeout", "timeout of one's own choice", "counts the seconds itself"),
    _kept_by_shim("session_heartbeat", "heartbeat", "sends `Heartbeat` itself"),
    _kept_by_shim("acknowledge_silence", "message for silence", "sends `Silence` itself"),
    _kept_by_shim("filter_profanity", "profanity filter", "filters by a list of words"),
)
"""What the shim does by itself."""

_POSTED: Final = emulated(
    "Gladia's live sessions have no single post at the end; the gateway makes it itself, if it may"
)

WEBHOOK: Final = (
    _row("webhook_url", _POSTED, harmful=True),
    _row("webhook_auth_header_name", _POSTED),
    _row("webhook_auth_header_value", _POSTED),
)
"""Where the one post at the end goes to, and the header that it carries. The gateway makes it, if that is enabled."""

MISSED: Final = (
    _missing("speaker_labels", "speaker labels"),
    _missing("max_speakers", "speaker labels"),
    _missing("speaker_labels_revision_interval_ms", "speaker labels"),
    _missing("domain", "domains"),
    _missing("prompt", "prompt"),
    _missing("llm_gateway", "language model behind them"),
    *WEBHOOK,
)
"""What a listener would miss; the shim names it in one `Warning`."""

REFUSED: Final = (
    _missing("redact_pii", "redaction: personal data would appear in the transcripts", harmful=True),
    _missing("redact_pii_policies", "redaction: personal data would appear in the transcripts", harmful=True),
    _missing("redact_pii_sub", "redaction: personal data would appear in the transcripts", harmful=True),
)
"""What would harm if it were left out in silence; `redact_pii` is the switch of the three."""

TOKEN: Final = _row(
    "token",
    Way(
        Fidelity.EMULATED,
        Fidelity.ABSENT,
        NOTHING,
        "Gladia has no tokens: whoever holds the key opens the session and hands its address over",
    ),
)

READ_AS: Final = {
    "min_end_of_turn_silence_when_confident": "min_turn_silence",
    "noise_suppression_model": "voice_focus",
    "noise_suppression_threshold": "voice_focus_threshold",
    "language_code": "language_codes",
    "keyterms": "keyterms_prompt",
    "model": "speech_model",
    "interim_results": "include_partial_turns",
    "language": "language_codes",
    "endpointing": "max_turn_silence",
}
"""Older names of parameters, and names that a migration guide gives: read as these, written by nothing."""

READ_AS_VALUE: Final = {("encoding", "linear16"): "pcm_s16le"}
"""A value that a migration guide gives: read as this one, refused by the service."""

_MOST_SECONDS: Final = 10
"""A guide's `endpointing` up to this is seconds, above it milliseconds."""

READINGS: Final = tuple(
    _row(old, Way(Fidelity.CONVERTED, Fidelity.CONVERTED, NOTHING, f"read as `{name}`"), f"read.{old}")
    for old, name in READ_AS.items()
)
"""A row for each name that is read and never written."""

ENCODING_READING: Final = Row(
    "parameter.read.linear16",
    Section.PARAMETER,
    (),
    ("encoding=linear16",),
    never_met(),
    Way(Fidelity.CONVERTED, Fidelity.CONVERTED, NOTHING, "read as `pcm_s16le`"),
)


def read_name(name: str) -> str:
    """The parameter that a name stands for: itself, or what an older or wrong name is read as."""
    return READ_AS.get(name, name)


def read_value(name: str, value: Any) -> Any:
    """A parameter's value under the name that it was given by, as the parameter of today takes it."""
    if name == "endpointing" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return round(value * 1000) if value <= _MOST_SECONDS else value
    if name in ("language_code", "language") and isinstance(value, str):
        return [value]
    if isinstance(value, str) and (name, value) in READ_AS_VALUE:
        ENCODING_READING.over(Vendor.GLADIA)
        return READ_AS_VALUE[name, value]
    return value


def read(given: Mapping[str, Any]) -> dict[str, Any]:
    """A session's parameters under the names of today; a name of today wins over an older or wrong one."""
    found = {read_name(name): read_value(name, value) for name, value in given.items() if name in READ_AS}
    return found | {name: read_value(name, value) for name, value in given.items() if name not in READ_AS}


ROWS: Final = (
    FORMAT_TURNS,
    *HINTS,
    *KEPT_BY_SHIM,
    *MISSED,
    *REFUSED,
    TOKEN,
    *READINGS,
    ENCODING_READING,
)
