"""AssemblyAI's streaming v3 as its clients meet it: addresses, headers, refusals in its words, rules of its audio.

Durations are milliseconds unless a name says otherwise. Source: the streaming specification, `assemblyai` 1.8 and
sessions recorded live.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec

from shim.audio import AudioFormat, SampleFormat
from shim.faces.assemblyai_parameters import LONGEST_SESSION_SECONDS as LONGEST_SESSION_SECONDS
from shim.faces.assemblyai_parameters import PACKET_ENCODINGS as PACKET_ENCODINGS
from shim.faces.assemblyai_parameters import PREVIEW_MODELS as PREVIEW_MODELS
from shim.faces.assemblyai_parameters import U3_MODELS as U3_MODELS
from shim.faces.assemblyai_parameters import US_MODELS as US_MODELS
from shim.faces.assemblyai_parameters import WHISPER as WHISPER
from shim.faces.assemblyai_parameters import Refusal as Refusal
from shim.faces.assemblyai_parameters import SessionParameters as SessionParameters
from shim.faces.assemblyai_parameters import read_parameters as read_parameters
from shim.faces.assemblyai_parameters import read_value, with_defaults
from shim.wire import assemblyai as wire
from shim.wire.codec import MalformedMessage, UnknownMessage

HOST: Final = "streaming.assemblyai.com"
SOCKET_PATH: Final = "/v3/ws"
KEY_HEADER: Final = "Authorization"
TOKEN_PARAMETER: Final = "token"

SHORTEST_MESSAGE: Final = 50
LONGEST_MESSAGE: Final = 1000
LARGEST_FRAME: Final = 128 * 1024
"""Bytes of one frame; a larger one is closed with 1009."""

PACE: Final = 1.25
"""How much faster than real time audio may come, on the whole."""
PACE_ALLOWANCE_SECONDS: Final = 3.0
"""So much audio may be ahead of that."""

ERROR_TO_CLOSE_SECONDS: Final = 0.2

CLOSE_REASON: Final = "See Error message for details"
CLOSE_ENDED: Final = 1000
ENDED_REASON: Final = "Session Ended"

MISSING_KEY: Final = "Unauthorized Connection: Missing Authorization header"
INVALID_KEY: Final = "Unauthorized Connection: Invalid API key"


def too_many_sessions() -> Refusal:
    """What a client gets that opens one session too many."""
    return Refusal(3009, "Unauthorized Connection: Too many concurrent sessions")


def server_fault() -> Refusal:
    """What every client gets when the service itself fails."""
    return Refusal(3005, "Session Cancelled: An error occurred")


def session_expired() -> Refusal:
    """What a client gets after three hours, or after the time that its token allows."""
    return Refusal(3008, "Session Expired: Maximum session duration exceeded")


def check_key(header: str | None, token: str | None, expected: str | None) -> None:
    """Judges what a client shows: the `Authorization` header and the query's token, which wins if both are there.

    `expected` None lets every key pass. A `Bearer` prefix is refused, as the service does. Raises `Refusal` (1008).
    """
    shown = token or (header or "").strip()
    if not shown:
        raise Refusal(1008, MISSING_KEY)
    if shown.lower().startswith("bearer ") or (expected is not None and shown != expected):
        raise Refusal(1008, INVALID_KEY)


def encode_query(parameters: Mapping[str, wire.QueryValue]) -> str:
    """Writes parameters as the service reads them: lists and objects as JSON, booleans as `true` and `false`."""
    return urlencode({name: _query_text(value) for name, value in parameters.items()})


def _query_text(value: wire.QueryValue) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def websocket_url(base: str, parameters: Mapping[str, wire.QueryValue]) -> str:
    """The address of a session. `base` is `ws://`, `wss://`, `http://` or `https://` with a host and nothing else."""
    for scheme, socket_scheme in (("http://", "ws://"), ("https://", "wss://")):
        if base.startswith(scheme):
            base = socket_scheme + base.removeprefix(scheme)
    return f"{base.rstrip('/')}{SOCKET_PATH}?{encode_query(parameters)}"


def audio_format(parameters: SessionParameters) -> AudioFormat | None:
    """The audio that a session's client sends; None where its length cannot be told from its size."""
    if parameters.encoding in PACKET_ENCODINGS:
        return None
    sample_format = SampleFormat.MULAW if parameters.encoding == "pcm_mulaw" else SampleFormat.S16
    return AudioFormat(sample_format, parameters.sample_rate)


def check_duration(milliseconds: float) -> None:
    """Judges the length of one binary message. Raises `Refusal` (3007)."""
    if not SHORTEST_MESSAGE <= milliseconds <= LONGEST_MESSAGE:
        raise Refusal(
            3007,
            f"Input Duration Error: Input Duration Violation: {round(milliseconds, 3)} ms. "
            f"Expected between {SHORTEST_MESSAGE} and {LONGEST_MESSAGE} ms",
        )


def check_pace(audio_seconds: float, elapsed_seconds: float) -> None:
    """Judges the audio received since the session began. Raises `Refusal` (3007)."""
    if audio_seconds > PACE * elapsed_seconds + PACE_ALLOWANCE_SECONDS:
        raise Refusal(
            3007,
            f"Audio Transmission Rate Exceeded: Received {audio_seconds:.2f} sec. audio in {elapsed_seconds:.2f} sec",
        )


def inactivity(seconds: int) -> Refusal:
    """What a client gets that was silent longer than its `inactivity_timeout`."""
    return Refusal(3006, f"Session terminated due to inactivity: No messages received for {seconds} seconds")


def read_message(text: str) -> wire.ClientMessage:
    """Reads a text frame of a client. Raises `Refusal` (3006) in the service's words."""
    try:
        message = wire.client_messages.decode(text)
    except MalformedMessage as error:
        raise Refusal(3006, f"User Input Validation Error: {_complaint(text, error)}") from None
    if isinstance(message, UnknownMessage):
        raise Refusal(3006, f"User Input Validation Error: Invalid Message Type: {message.type}")
    return message


def _complaint(text: str, error: MalformedMessage) -> str:
    if error.is_json:
        return f"Invalid Message: {error.reason}"
    try:
        json.loads(text)
    except ValueError as python_error:
        return f"Invalid JSON: {python_error}"
    return f"Invalid JSON: {error.reason}"


def updated(parameters: SessionParameters, update: wire.UpdateConfiguration) -> SessionParameters:
    """The parameters after an `UpdateConfiguration`. Raises `Refusal` (3006) for a bad value.

    What can be said only when connecting, and what nobody knows, is not in the message and changes nothing.
    """
    changes = {name: value for name, value in msgspec.structs.asdict(update).items() if value is not msgspec.UNSET}
    del changes["type"]
    old_name = changes.pop("min_end_of_turn_silence_when_confident", None)
    if old_name is not None:
        changes.setdefault("min_turn_silence", old_name)
    checked = {name: read_value(name, _query_text(value)) for name, value in changes.items()}
    return with_defaults({**parameters.given, **checked})


def begin(parameters: SessionParameters, session_id: str, expires_at: int) -> wire.Begin:
    """The first message; `expires_at` is in Unix seconds."""
    given = parameters.given
    configuration = wire.SessionConfiguration(
        model=parameters.speech_model,
        mode=parameters.mode,
        speaker_labels=parameters.speaker_labels,
        redact_pii=given.get("redact_pii", False),
        filter_profanity=parameters.filter_profanity,
        domain=given.get("domain"),
        voice_focus=given.get("voice_focus"),
    )
    return wire.Begin(id=session_id, expires_at=expires_at, configuration=configuration)


def webhook_body(session_id: str, turns: Sequence[wire.Turn]) -> str:
    """The JSON of the one request after a session, for the client's own server: its finished turns."""
    return msgspec.json.encode({"session_id": session_id, "messages": turns}).decode()


def error_frame(refusal: Refusal) -> wire.Error:
    """The frame that comes before the close with the same code."""
    return wire.Error(error_code=refusal.code, error=refusal.text)
