"""Gladia's live API v2 as its clients meet it: addresses, headers, answers, refusals, close codes.

All durations are seconds. Identifiers and times are handed in. Source: Gladia's OpenAPI document, `gladiaio-sdk` 2.2
and recorded sessions; what is this project's own choice says so.
"""

from __future__ import annotations

import binascii
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import pybase64
from msgspec import UNSET

from shim.audio import AudioFormat, SampleFormat
from shim.faces.gladia_request import LANGUAGES as LANGUAGES
from shim.faces.gladia_request import REGIONS as REGIONS
from shim.faces.gladia_request import SAMPLE_RATES as SAMPLE_RATES
from shim.faces.gladia_request import Refusal as Refusal
from shim.faces.gladia_request import SessionRequest as SessionRequest
from shim.faces.gladia_request import read_init_request as read_init_request
from shim.wire import gladia as wire
from shim.wire.codec import MalformedMessage, encode

HOST: Final = "api.gladia.io"
SESSIONS_PATH: Final = "/v2/live"
HEALTH_PATH: Final = "/health"
KEY_HEADER: Final = "x-gladia-key"
HEALTH_BODY: Final = b'{"health":"OK"}'

NO_KEY: Final = "no gladia key provided"
UNKNOWN_KEY: Final = "gladia user not found"
NO_SUCH_TOKEN: Final = "unknown session token"
"""Ours: the text with which the upgrade of an unknown token is refused (403)."""

CROSS_ORIGIN_HEADERS: Final = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE",
    "access-control-allow-headers": "content-type, x-gladia-key, x-gladia-version",
    "access-control-expose-headers": "x-gladia-request-id, traceparent, tracestate, x-request-id, x-correlation-id",
}
REQUEST_ID_HEADER: Final = "x-gladia-request-id"

LARGEST_FRAME: Final = 2**20
"""Bytes of one frame of the socket; a larger one is closed with 1009."""

MOST_FRAMES_TOO_LARGE: Final = 3
"""So many sockets of a session in a row that ended with 1009, and the next upgrade is refused (403). Our number."""
BEYOND_REPAIR: Final = "the session is beyond repair: too many frames that were too large"

SILENT_CLIENT_SECONDS: Final = 30.0
"""So long without audio, and the session is closed with `CLOSE_NO_AUDIO`."""

WORDLESS_SECONDS: Final = 60.0
"""So long without any text, and the socket is closed with `CLOSE_NO_TEXT`; the session itself goes on."""
LONGEST_SESSION_SECONDS: Final = 3 * 3600.0

CLOSE_FINISHED: Final = 1000
CLOSE_BAD_MESSAGE: Final = 4400
"""Ours, as are 4409 and 4410; all of 4400-4499 are final for Gladia's clients."""
CLOSE_JOB_FINISHED: Final = 4403
CLOSE_NO_AUDIO: Final = 4408
CLOSE_REPLACED: Final = 4409
CLOSE_TOO_LONG: Final = 4410
CLOSE_NO_TEXT: Final = 4504


def timestamp(moment: datetime) -> str:
    """An aware time as the service writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request_id(identifier: str) -> str:
    """The debug id of a request: `G-` and the first block of a UUID (given as text)."""
    return f"G-{identifier.partition('-')[0]}"


def utterance_id(channel: int, number: int) -> str:
    """The id of an utterance, counted from 0 in each channel: `00_00000003`."""
    return f"{channel:02}_{number:08}"


def not_found(method: str, path: str) -> Refusal:
    """What an unknown path gets, and a known path with a method that it does not have."""
    return Refusal(404, f"Cannot {method} {path}")


def check_key(key: str | None, expected: str | None) -> None:
    """Judges the key header of a request (None: it is missing); `expected` None lets every key pass.

    Raises `Refusal` (401).
    """
    if not key:
        raise Refusal(401, NO_KEY)
    if expected is not None and key != expected:
        raise Refusal(401, UNKNOWN_KEY)


def error_body(
    status: int,
    message: str,
    *,
    path: str,
    timestamp: str,
    request_id: str,
    validation_errors: list[str] | None = None,
) -> bytes:
    """The JSON body of an HTTP error. `path` is the request's path without its query."""
    body = wire.ErrorBody(
        statusCode=status,
        timestamp=timestamp,
        path=path,
        request_id=request_id,
        message=message,
        validation_errors=validation_errors if validation_errors else UNSET,
    )
    return encode(body).encode()


def init_response(session_id: str, created_at: str, url: str) -> bytes:
    """The JSON body of the 201 to `POST /v2/live`; `created_at` as `timestamp` gives it."""
    return encode(wire.InitResponse(id=session_id, created_at=created_at, url=url)).encode()


def websocket_url(scheme: str, host: str, token: str, path_prefix: str = "") -> str:
    """The absolute address of a session's socket.

    `scheme` is that of the request (`http`, `https`, or `ws`, `wss`), `host` its Host header (with a port, if there
    is one), `path_prefix` what a proxy has put before the service's paths.
    """
    secure = scheme in ("https", "wss")
    prefix = path_prefix.rstrip("/")
    return f"{'wss' if secure else 'ws'}://{host}{prefix}{SESSIONS_PATH}?token={quote(token, safe='')}"


def sessions_url(base: str, region: str | None = None) -> str:
    """Where a session is asked for. `base` is `ws://`, `wss://`, `http://` or `https://` with a host only."""
    for scheme, request_scheme in (("ws://", "http://"), ("wss://", "https://")):
        if base.startswith(scheme):
            base = request_scheme + base.removeprefix(scheme)
    return f"{base.rstrip('/')}{SESSIONS_PATH}{f'?region={region}' if region else ''}"


_LINEAR: Final = {8: SampleFormat.U8, 16: SampleFormat.S16, 24: SampleFormat.S24, 32: SampleFormat.S32}
_LAWS: Final = {"wav/alaw": SampleFormat.ALAW, "wav/ulaw": SampleFormat.MULAW}


def audio_format(request: wire.InitRequest) -> AudioFormat:
    """The audio that a session's client sends. The two laws have 8 bits, whatever `bit_depth` says."""
    sample_format = _LAWS.get(request.encoding) or _LINEAR[request.bit_depth]
    return AudioFormat(sample_format, request.sample_rate, request.channels)


def language(request: wire.InitRequest, detected: str) -> str:
    """The language of an utterance: the configured one where exactly one is configured, else the detected one."""
    configured = request.language_config.get("languages") or []
    return str(configured[0]) if len(configured) == 1 else detected


def is_wanted(message: wire.ServerMessage | wire.StartSession, flags: wire.MessagesConfig) -> bool:
    """Whether the flags of the session let a message through to the socket."""
    match message:
        case wire.Transcript():
            return flags.receive_final_transcripts if message.data.is_final else flags.receive_partial_transcripts
        case wire.SpeechStart() | wire.SpeechEnd():
            return flags.receive_speech_events
        case wire.AudioChunkAck() | wire.StopRecordingAck():
            return flags.receive_acknowledgments
        case wire.StartSession() | wire.StartRecording() | wire.EndRecording() | wire.EndSession():
            return flags.receive_lifecycle_events
        case wire.Translation() | wire.NamedEntityRecognition() | wire.SentimentAnalysis():
            return flags.receive_realtime_processing_events and (message.error is None or flags.receive_errors)
        case wire.PostSummarization():
            return flags.receive_post_processing_events and (message.error is None or flags.receive_errors)
        case wire.PostTranscript() | wire.PostFinalTranscript():
            return flags.receive_post_processing_events


def chunk_bytes(message: wire.AudioChunk) -> bytes:
    """The audio of a JSON chunk; an empty one is a keep-alive. Raises `MalformedMessage` unless it is strict base64."""
    try:
        return pybase64.b64decode(message.data.chunk, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedMessage(f"audio_chunk: data.chunk is not base64: {error}") from None
