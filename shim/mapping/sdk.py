"""Rows of the two Python SDKs: classes, options, methods, events, and the fields that only their objects have.

The first step of a path is the class (`GladiaClient.region`); a method ends in `()`. Parameters and the fields of
messages stand in their own sections: the SDKs' objects have them under the same names.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shim.mapping.row import (
    ABSENT,
    Conversion,
    Fidelity,
    Row,
    Section,
    Way,
    absent,
    approximate,
    converted,
    emulated,
    never_met,
    same,
)
from shim.mapping.session import SESSION_LENGTH_SECONDS


def _row(name: str, gladia: str, assemblyai: str, over_assemblyai: Way, over_gladia: Way) -> Row:
    """A row whose sides are lists of names, separated by blanks."""
    sides = tuple(gladia.split()), tuple(assemblyai.split())
    return Row(f"sdk.{name}", Section.SDK, *sides, over_assemblyai, over_gladia)


PACKAGE: Final = _row("package", "gladiaio_sdk", "assemblyai.streaming.v3", same(), same())
"""The modules that programs import."""

REQUIREMENT: Final = _row("requirement", "gladiaio-sdk>=2.2", "assemblyai>=1.1", same(), same())
"""The distributions, as a requirements file names them, with the first version that migrated programs run on."""

JAVASCRIPT_PACKAGE: Final = _row(
    "javascript.package",
    "@gladiaio/sdk",
    "assemblyai",
    emulated("programs in other languages are not rewritten; the gateway serves them"),
    emulated("programs in other languages are not rewritten; the gateway serves them"),
)
"""The packages of npm."""

JAVASCRIPT_ADDRESS: Final = _row(
    "javascript.address",
    "GladiaClient.apiUrl",
    "StreamingTranscriber.websocketBaseUrl",
    emulated("leads the SDK to the gateway: its address, over http or https"),
    emulated("leads the SDK to the gateway: its address with the path, over wss with a certificate that Node trusts"),
)
"""The options of the JavaScript SDKs that name the service."""

# --- classes -------------------------------------------------------------------------------------

CLIENT: Final = _row(
    "client",
    "GladiaClient().live_v2() GladiaClient().live()",
    "RealTimeTranscriber StreamingClient",
    converted(Conversion(lambda value: value)),
    converted(Conversion(lambda value: value)),
)
"""AssemblyAI's one object is Gladia's two: the client, and the session that it starts."""

ASYNC_CLIENT: Final = _row(
    "async_client",
    "GladiaClient().live_v2_async() GladiaClient().live_async()",
    "AsyncRealTimeTranscriber AsyncStreamingClient",
    converted(Conversion(lambda value: value)),
    converted(Conversion(lambda value: value)),
)
OPTIONS: Final = _row(
    "options", "GladiaClientOptions", "RealTimeTranscriberOptions StreamingClientOptions", same(), same()
)
PARAMETERS: Final = _row("parameters", "LiveV2InitRequest", "RealTimeParameters StreamingParameters", same(), same())
EVENTS: Final = _row("events", "", "RealTimeEvents StreamingEvents", never_met(), same())
ERROR_CLASS: Final = _row(
    "error_class",
    "Exception",
    "RealTimeError StreamingError",
    same(),
    approximate("Gladia's errors are plain exceptions, HttpError where the POST was refused"),
)

# --- options -------------------------------------------------------------------------------------

API_KEY: Final = _row(
    "option.api_key",
    "GladiaClientOptions.api_key",
    "RealTimeTranscriberOptions.api_key",
    same(),
    same(),
)
HOST: Final = _row(
    "option.host",
    "GladiaClientOptions.region",
    "RealTimeTranscriberOptions.api_host",
    converted(Conversion({"eu-west": "streaming.eu.assemblyai.com", "us-west": "streaming.us.assemblyai.com"}.get)),
    converted(
        Conversion(
            lambda host: {
                "streaming.eu.assemblyai.com": "eu-west",
                "streaming.us.assemblyai.com": "us-west",
            }.get(host, ABSENT)
        )
    ),
)
"""A promise about where data stays; AssemblyAI's nearest host is Gladia's no region."""

CONNECT_TIMEOUT: Final = _row(
    "option.connect_timeout",
    "GladiaClientOptions.ws_timeout",
    "RealTimeTranscriberOptions.connect_timeout",
    approximate("seconds on both sides; Gladia's is 10 where nothing is said, AssemblyAI's 1"),
    approximate("seconds on both sides; Gladia's is 10 where nothing is said, AssemblyAI's 1"),
)


def _tuning(name: str, gladia: str, assemblyai: str) -> Row:
    reason = "only tunes how the SDK connects; the other SDK's own way is kept"
    way = approximate(reason, Conversion(lambda _value: ABSENT))
    return _row(
        f"option.{name}", gladia, assemblyai, way if gladia else never_met(), way if assemblyai else never_met()
    )


TUNING: Final = (
    _tuning("max_connection_retries", "", "RealTimeTranscriberOptions.max_connection_retries"),
    _tuning("connection_retry_delay", "", "RealTimeTranscriberOptions.connection_retry_delay"),
    _tuning("terminate_timeout", "", "RealTimeTranscriberOptions.terminate_timeout"),
    _tuning("http_timeout", "GladiaClientOptions.http_timeout", ""),
    _tuning("http_retry", "GladiaClientOptions.http_retry", ""),
    _tuning("ws_retry", "GladiaClientOptions.ws_retry", ""),
    _tuning("live_timeouts", "GladiaClientOptions.live_timeouts", ""),
)
TOKEN: Final = _row(
    "option.token",
    "",
    "RealTimeTranscriberOptions.token",
    never_met(),
    absent(
        "Gladia has no temporary tokens: a server opens the session and hands its url on; both ends change together"
    ),
)
API_URL: Final = _row(
    "option.api_url",
    "GladiaClientOptions.api_url",
    "",
    absent("an address of your own does not speak AssemblyAI's protocol"),
    never_met(),
)

# --- methods -------------------------------------------------------------------------------------

START: Final = _row("start", "LiveV2Client.start_session()", "RealTimeTranscriber.connect()", same(), same())
ON: Final = _row("on", "LiveV2Session.on() LiveV2Session.once()", "RealTimeTranscriber.on()", same(), same())
SEND: Final = _row("send", "LiveV2Session.send_audio()", "RealTimeTranscriber.stream()", same(), same())
STOP: Final = _row(
    "stop",
    "LiveV2Session.stop_recording() LiveV2Session.join()",
    "RealTimeTranscriber.disconnect(terminate=True)",
    same(),
    same(),
)
"""AssemblyAI's blocks until the end, at most 5 s; Gladia's returns at once, and the end is waited for."""

END: Final = _row("end", "LiveV2Session.end_session()", "RealTimeTranscriber.disconnect()", same(), same())
KEEP_ALIVE: Final = _row(
    "keep_alive",
    "",
    "RealTimeTranscriber.keep_alive()",
    never_met(),
    approximate("an empty chunk of audio keeps a Gladia session alive; not verified against the service"),
)
SET_PARAMS: Final = _row(
    "set_params",
    "",
    "RealTimeTranscriber.set_params()",
    never_met(),
    absent("Gladia takes no settings in mid-session; a call that only asks for formatting goes, as Gladia formats"),
)
FORCE_ENDPOINT: Final = _row(
    "force_endpoint",
    "",
    "RealTimeTranscriber.force_endpoint()",
    never_met(),
    absent("Gladia ends an utterance by its silence only"),
)
TEMPORARY_TOKEN: Final = _row(
    "temporary_token",
    "",
    "RealTimeTranscriber.create_temporary_token()",
    never_met(),
    absent(
        "Gladia has no temporary tokens: a server opens the session and hands its url on; both ends change together"
    ),
)
READY: Final = _row(
    "ready",
    "LiveV2Session.wait_until_ready()",
    "",
    emulated("AssemblyAI's connect() returns once the socket is open", codemod=Fidelity.EMULATED),
    never_met(),
)
SESSION_ID: Final = _row(
    "session_id",
    "LiveV2Session.session_id",
    "",
    emulated("AssemblyAI's client knows no id; the program keeps the one of BeginEvent.id", codemod=Fidelity.EMULATED),
    never_met(),
)
MICROPHONE: Final = _row(
    "microphone",
    "",
    "extras.MicrophoneStream",
    never_met(),
    emulated("written out as the PyAudio loop that it was; assemblyai 1.0 has it no more", codemod=Fidelity.EMULATED),
)

# --- events --------------------------------------------------------------------------------------

BEGIN_EVENT: Final = _row("event.begin", "started", "RealTimeEvents.Begin Open", same(), same())
TURN_EVENT: Final = _row("event.turn", "message:transcript", "RealTimeEvents.Turn Transcript", same(), same())
TERMINATION_EVENT: Final = _row(
    "event.termination",
    "message:post_final_transcript ended",
    "RealTimeEvents.Termination Close",
    approximate("Gladia's ended comes after every end, Termination only after a good one"),
    approximate("Gladia's ended comes after every end, Termination only after a good one"),
)
ERROR_EVENT: Final = _row(
    "event.error",
    "error",
    "RealTimeEvents.Error Error",
    approximate(
        "an error of AssemblyAI's ends the session, one of Gladia's need not; AssemblyAI calls it for a session that "
        "its server ends too, Gladia `ended` alone, with the code"
    ),
    approximate("an error of AssemblyAI's ends the session, one of Gladia's need not"),
)
SPEECH_EVENT: Final = _row(
    "event.speech_started",
    "message:speech_start",
    "RealTimeEvents.SpeechStarted",
    approximate("AssemblyAI says so late, with the turn's first text"),
    same(),
)
CONNECTED_EVENT: Final = _row("event.connected", "connected", "RealTimeEvents.Begin", same(), never_met())


def _never_sent(name: str) -> Row:
    return _row(
        f"event.{name.lower()}",
        "",
        f"RealTimeEvents.{name}",
        never_met(),
        absent(f"Gladia has nothing like {name}"),
    )


NEVER_SENT: Final = tuple(
    _never_sent(name) for name in ("Warning", "Heartbeat", "Silence", "SpeakerRevision", "LLMGatewayResponse")
)

# --- fields --------------------------------------------------------------------------------------


def _created_at(expires_at: Any) -> str:
    moment = expires_at - timedelta(seconds=SESSION_LENGTH_SECONDS)
    return str(moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def _expires_at(created_at: str) -> datetime:
    return datetime.fromisoformat(created_at) + timedelta(seconds=SESSION_LENGTH_SECONDS)


EXPIRES_AT: Final = _row(
    "field.expires_at",
    "init.created_at",
    "Begin.expires_at",
    approximate(
        "AssemblyAI says when the session expires, three hours after it began",
        Conversion(_created_at, "(value - timedelta(hours=3)).isoformat()", ("datetime.timedelta",)),
    ),
    approximate(
        "Gladia says when the session began; it may last three hours",
        Conversion(
            _expires_at,
            "datetime.fromisoformat(value) + timedelta(hours=3)",
            ("datetime.datetime", "datetime.timedelta"),
        ),
    ),
)
"""The SDKs' objects hold a text (Gladia) and a datetime (AssemblyAI), not what is on the wire."""

BEGIN_ID: Final = _row("field.begin_id", "init.id", "Begin.id", same(), same())
TYPE: Final = _row("field.type", "*.type", "*.type", same(), same())
ERROR_CODE: Final = _row(
    "field.error_code",
    "error.status",
    "Error.code",
    approximate(
        "AssemblyAI's code is an HTTP status only where the handshake was refused",
        Conversion(lambda error: getattr(error, "code", None), 'getattr(value, "code", None)'),
    ),
    approximate(
        "Gladia's errors have an HTTP status where the POST was refused, and no code otherwise",
        Conversion(lambda error: getattr(error, "status", None), 'getattr(value, "status", None)'),
    ),
)
"""What an error's object says beside its text."""

ENDED_CODE: Final = _row(
    "field.ended_code",
    "ended.code",
    "",
    approximate("a good end has no code at AssemblyAI: 1000", Conversion(lambda: 1000, 'getattr(value, "code", 1000)')),
    never_met(),
)

ENDED_OTHERWISE: Final = (1000, 1006, 3008)
"""The codes of Gladia's `ended` of which an error handler needs no call: the good end, and what was told as an error.

1006 is a session or a socket that could not be opened, 3008 one that took too long.
"""

ROWS: Final = (
    PACKAGE,
    REQUIREMENT,
    JAVASCRIPT_PACKAGE,
    JAVASCRIPT_ADDRESS,
    CLIENT,
    ASYNC_CLIENT,
    OPTIONS,
    PARAMETERS,
    EVENTS,
    ERROR_CLASS,
    API_KEY,
    HOST,
    CONNECT_TIMEOUT,
    *TUNING,
    TOKEN,
    API_URL,
    START,
    ON,
    SEND,
    STOP,
    END,
    KEEP_ALIVE,
    SET_PARAMS,
    FORCE_ENDPOINT,
    TEMPORARY_TOKEN,
    READY,
    SESSION_ID,
    MICROPHONE,
    BEGIN_EVENT,
    TURN_EVENT,
    TERMINATION_EVENT,
    ERROR_EVENT,
    SPEECH_EVENT,
    CONNECTED_EVENT,
    *NEVER_SENT,
    EXPIRES_AT,
    BEGIN_ID,
    TYPE,
    ERROR_CODE,
    ENDED_CODE,
)
