"""AssemblyAI's streaming API v3: the messages of its WebSocket.

All times are whole milliseconds, counted in audio from the first byte of the session, except `expires_at`
(Unix seconds) and the durations of `Termination` (whole seconds). A fraction ends the read thread of the
Python SDK in silence, so they are integers here. Source: `assemblyai` 1.8, the streaming specification.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from shim.wire.codec import Codec


class SessionConfiguration(msgspec.Struct, kw_only=True, frozen=True):
    """What `Begin` echoes of the session's settings."""

    model: str
    mode: str | None = None
    api_version: str = "2025-05-12"
    speaker_labels: bool = False
    redact_pii: bool = False
    filter_profanity: bool = False
    domain: str | None = None
    voice_focus: str | None = None


class Begin(msgspec.Struct, kw_only=True, frozen=True):
    """The session is open; once, first."""

    type: Literal["Begin"] = "Begin"
    id: str
    expires_at: int
    configuration: SessionConfiguration | UnsetType = UNSET


class SpeechStarted(msgspec.Struct, kw_only=True, frozen=True):
    """A turn begins (the Pro models); comes with the turn's first `Turn`."""

    type: Literal["SpeechStarted"] = "SpeechStarted"
    timestamp: int
    confidence: float | UnsetType = UNSET


class Word(msgspec.Struct, kw_only=True, frozen=True):
    """One word of a turn."""

    start: int
    end: int
    text: str
    confidence: float
    speaker: str | UnsetType | None = UNSET
    speaker_confidence: float | UnsetType | None = UNSET
    word_is_final: bool


class Turn(msgspec.Struct, kw_only=True, frozen=True):
    """The turn so far; a partial exactly when `end_of_turn` is false. `type` is last, as on the real wire."""

    turn_order: int
    turn_is_formatted: bool
    end_of_turn: bool
    transcript: str
    end_of_turn_confidence: float
    words: list[Word]
    utterance: str | UnsetType = UNSET
    speaker_label: str | UnsetType | None = UNSET
    speaker_confidence: float | UnsetType | None = UNSET
    language_code: str | UnsetType | None = UNSET
    language_confidence: float | UnsetType | None = UNSET
    type: Literal["Turn"] = "Turn"


class Termination(msgspec.Struct, kw_only=True, frozen=True):
    """The session is over; last, after `Terminate`. Durations in whole seconds."""

    type: Literal["Termination"] = "Termination"
    audio_duration_seconds: int | UnsetType | None = UNSET
    session_duration_seconds: int | UnsetType | None = UNSET


class Error(msgspec.Struct, kw_only=True, frozen=True):
    """What went wrong; a close whose code equals `error_code` follows."""

    type: Literal["Error"] = "Error"
    error_code: int | UnsetType = UNSET
    error: str


class Warning(msgspec.Struct, kw_only=True, frozen=True):
    """Something is not as asked for; the session goes on. Never has a key `error`."""

    type: Literal["Warning"] = "Warning"
    warning_code: int
    warning: str


class Heartbeat(msgspec.Struct, kw_only=True, frozen=True):
    """How the session is doing, every five seconds where it was asked for. Totals in milliseconds since its begin."""

    type: Literal["Heartbeat"] = "Heartbeat"
    total_audio_received_ms: int
    total_duration_ms: int
    realtime_factor: float
    max_speech_probability: float = 0.0


class Silence(msgspec.Struct, kw_only=True, frozen=True):
    """Nobody spoke here; about once a second of silence, where it was asked for (the Pro models)."""

    type: Literal["Silence"] = "Silence"
    start_ms: int
    end_ms: int


class SpeakerRevisionItem(msgspec.Struct, kw_only=True, frozen=True):
    """A turn whose labels changed."""

    turn_order: int
    speaker_label: str
    words: list[Word]


class SpeakerRevision(msgspec.Struct, kw_only=True, frozen=True):
    """The turns whose labels changed since they were sent, before `Termination`, with `speaker_labels`."""

    type: Literal["SpeakerRevision"] = "SpeakerRevision"
    revisions: list[SpeakerRevisionItem]


ServerMessage = Begin | SpeechStarted | Turn | Termination | Error | Warning
"""Every message that a session without the optional services can receive."""

OptionalServerMessage = Heartbeat | Silence | SpeakerRevision
"""What a session receives besides if it asks for it; nothing reads these."""


class Terminate(msgspec.Struct, kw_only=True, frozen=True):
    """End of the session; the open turn is finished first."""

    type: Literal["Terminate"] = "Terminate"


class ForceEndpoint(msgspec.Struct, kw_only=True, frozen=True):
    """Closes the open turn by a final `Turn`."""

    type: Literal["ForceEndpoint"] = "ForceEndpoint"


class KeepAlive(msgspec.Struct, kw_only=True, frozen=True):
    """Restarts the inactivity clock."""

    type: Literal["KeepAlive"] = "KeepAlive"


class UpdateConfiguration(msgspec.Struct, kw_only=True, frozen=True):
    """Changes settings from now on (all optional; silences in milliseconds)."""

    type: Literal["UpdateConfiguration"] = "UpdateConfiguration"
    mode: str | UnsetType = UNSET
    prompt: str | UnsetType = UNSET
    agent_context: str | UnsetType = UNSET
    keyterms_prompt: list[str] | UnsetType = UNSET
    language_codes: list[str] | UnsetType = UNSET
    min_turn_silence: int | UnsetType = UNSET
    min_end_of_turn_silence_when_confident: int | UnsetType = UNSET  # the old name, still sent by SDKs before 1.0
    max_turn_silence: int | UnsetType = UNSET
    vad_threshold: float | UnsetType = UNSET
    interruption_delay: int | UnsetType = UNSET
    turn_left_pad_ms: int | UnsetType = UNSET
    continuous_partials: bool | UnsetType = UNSET
    acknowledge_silence: bool | UnsetType = UNSET
    session_heartbeat: bool | UnsetType = UNSET
    end_of_turn_confidence_threshold: float | UnsetType = UNSET
    format_turns: bool | UnsetType = UNSET
    filter_profanity: bool | UnsetType = UNSET


ClientMessage = Terminate | ForceEndpoint | KeepAlive | UpdateConfiguration

server_messages: Codec[ServerMessage] = Codec(ServerMessage.__args__)
client_messages: Codec[ClientMessage] = Codec(ClientMessage.__args__)

QueryValue = str | int | float | bool | list[str] | dict[str, Any]
"""What a parameter of the session may hold before it is written into the query."""
