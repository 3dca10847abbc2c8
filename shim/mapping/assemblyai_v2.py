"""Rows of AssemblyAI's realtime API before v3, of which much code is left: a source of the codemod only.

A program opens `wss://api.assemblyai.com/v2/realtime/ws`, sends base64 audio in JSON, and reads `message_type`; the
shim does not speak it. What each message holds is known from public programs; times are whole milliseconds, the end
of the session (`expires_at`) is ISO text. A field or parameter that stands in no row is reported.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from shim.mapping import parameters
from shim.mapping.row import (
    ABSENT,
    NOTHING,
    UNCHANGED,
    Conversion,
    Fidelity,
    Row,
    Section,
    Way,
    never_met,
)
from shim.mapping.server_messages import IN_MILLISECONDS
from shim.mapping.session import SESSION_LENGTH_SECONDS

_NO_SHIM: Final = "the shim speaks AssemblyAI's v3 only"
SILENCE_MS: Final = 700
"""What ends an utterance where a program sets nothing, in milliseconds."""


def _way(fidelity: Fidelity, conversion: Conversion, reason: str = "") -> Way:
    return Way(Fidelity.ABSENT, fidelity, conversion, reason or _NO_SHIM)


def _row(name: str, gladia: str, assemblyai: str, way: Way) -> Row:
    return Row(f"v2.{name}", Section.REALTIME_V2, tuple(gladia.split()), tuple(assemblyai.split()), never_met(), way)


def _same(name: str, gladia: str, assemblyai: str) -> Row:
    return _row(name, gladia, assemblyai, _way(Fidelity.SAME, UNCHANGED))


def _converted(name: str, gladia: str, assemblyai: str, conversion: Conversion) -> Row:
    return _row(name, gladia, assemblyai, _way(Fidelity.CONVERTED, conversion))


def _absent(name: str, assemblyai: str, reason: str) -> Row:
    return _row(name, "", assemblyai, _way(Fidelity.ABSENT, NOTHING, reason))


# --- opening -------------------------------------------------------------------------------------

HOST: Final = _same("host", "api.gladia.io", "api.assemblyai.com")
PATH: Final = _same("path", "/v2/live", "/v2/realtime/ws")
SESSION_ID: Final = _same("session_id", "init.id", "SessionBegins.session_id")


def _expires_at(created_at: str) -> str:
    moment = datetime.fromisoformat(created_at.replace("Z", "+00:00"))
    return (moment + timedelta(seconds=SESSION_LENGTH_SECONDS)).isoformat()


EXPIRES_AT: Final = _row(
    "expires_at",
    "init.created_at",
    "SessionBegins.expires_at",
    _way(
        Fidelity.APPROXIMATE,
        Conversion(
            _expires_at,
            '(datetime.fromisoformat(value.replace("Z", "+00:00")) + timedelta(hours=3)).isoformat()',
            ("datetime.datetime", "datetime.timedelta"),
        ),
        "Gladia says when the session began; it may last three hours",
    ),
)

# --- parameters ----------------------------------------------------------------------------------


def _encoding(encoding: Any) -> tuple[Any, Any]:
    return ("wav/ulaw", 8) if encoding == "pcm_mulaw" else (ABSENT, ABSENT) if encoding is ABSENT else ("wav/pcm", 16)


def _vocabulary(words: Any) -> tuple[Any, Any]:
    return (ABSENT, ABSENT) if not words else (True, list(words))


def _seconds(milliseconds: Any) -> float:
    return (SILENCE_MS if milliseconds is ABSENT else int(milliseconds)) / 1000


def _partials(disabled: Any) -> bool:
    return disabled is ABSENT or not disabled


SAMPLE_RATE: Final = _same("sample_rate", "sample_rate", "sample_rate")
ENCODING: Final = _converted(
    "encoding",
    "encoding bit_depth",
    "encoding",
    Conversion(_encoding, parameters.ENCODING.over_gladia.conversion.source),
)
WORD_BOOST: Final = _converted(
    "word_boost",
    "realtime_processing.custom_vocabulary realtime_processing.custom_vocabulary_config.vocabulary",
    "word_boost",
    Conversion(_vocabulary, "bool(value), value"),
)
SILENCE: Final = _converted(
    "silence", "endpointing", "end_utterance_silence_threshold", Conversion(_seconds, "value / 1000")
)
PARTIALS: Final = _converted(
    "partials",
    "messages_config.receive_partial_transcripts",
    "disable_partial_transcripts",
    Conversion(_partials, "not value"),
)
MODEL: Final = _row(
    "model",
    "model",
    "",
    _way(
        Fidelity.APPROXIMATE, Conversion(lambda: "solaria-1"), "AssemblyAI chose the model; Gladia has one live model"
    ),
)
LANGUAGES: Final = _row(
    "languages", "language_config.languages", "", _way(Fidelity.CONVERTED, Conversion(lambda: ["en"]), "English alone")
)
LONGEST: Final = _row(
    "longest",
    "maximum_duration_without_endpointing",
    "",
    _way(Fidelity.APPROXIMATE, Conversion(lambda: 60), "written out: Gladia's own 5 s would cut long utterances"),
)
EXTRA_INFORMATION: Final = _absent(
    "extra_information",
    "enable_extra_session_information",
    "Gladia sends no message of its own for it; the end of the session says how long the audio was",
)
TOKEN: Final = _absent("token", "token", "Gladia has no tokens: whoever holds the key opens the session")

PARAMETERS: Final = (
    SAMPLE_RATE,
    ENCODING,
    MODEL,
    SILENCE,
    LONGEST,
    LANGUAGES,
    PARTIALS,
    WORD_BOOST,
    EXTRA_INFORMATION,
    TOKEN,
)
"""Rows of the query, and of what a program could set by a message."""

# --- server to client ----------------------------------------------------------------------------

PARTIAL: Final = _same("PartialTranscript", "transcript", "PartialTranscript")
FINAL: Final = _same("FinalTranscript", "transcript", "FinalTranscript")
BEGINS: Final = _same("SessionBegins", "start_session", "SessionBegins")
TERMINATED: Final = _same("SessionTerminated", "post_final_transcript", "SessionTerminated")
INFORMATION: Final = _absent(
    "SessionInformation", "SessionInformation", "Gladia says how long the audio was in its last message"
)
REALTIME_ERROR: Final = _absent(
    "RealtimeError",
    "RealtimeError",
    "a name of the SDK's that public programs test for and no message ever had; Gladia ends by a close code",
)
IS_FINAL: Final = _row(
    "is_final",
    "transcript.data.is_final",
    "",
    _way(Fidelity.CONVERTED, UNCHANGED, "AssemblyAI has two types of message, Gladia one and a flag"),
)
_TRANSCRIPT: Final = "transcript.data.utterance"
_STRIPPED: Final = Conversion(str.strip, "value.strip()")
TEXT: Final = _converted("text", f"{_TRANSCRIPT}.text", "*.text", _STRIPPED)
START: Final = _converted("audio_start", f"{_TRANSCRIPT}.start", "*.audio_start", IN_MILLISECONDS)
END: Final = _converted("audio_end", f"{_TRANSCRIPT}.end", "*.audio_end", IN_MILLISECONDS)
CONFIDENCE: Final = _same("confidence", f"{_TRANSCRIPT}.confidence", "*.confidence")
WORDS: Final = _same("words", f"{_TRANSCRIPT}.words", "*.words")
WORD_TEXT: Final = _converted("words.text", f"{_TRANSCRIPT}.words[].word", "*.words[].text", _STRIPPED)
WORD_START: Final = _converted("words.start", f"{_TRANSCRIPT}.words[].start", "*.words[].start", IN_MILLISECONDS)
WORD_END: Final = _converted("words.end", f"{_TRANSCRIPT}.words[].end", "*.words[].end", IN_MILLISECONDS)
WORD_CONFIDENCE: Final = _same("words.confidence", f"{_TRANSCRIPT}.words[].confidence", "*.words[].confidence")
CREATED: Final = _row(
    "created",
    "transcript.created_at",
    "*.created",
    _way(Fidelity.APPROXIMATE, UNCHANGED, "the time as Gladia writes it"),
)
PUNCTUATED: Final = _same("punctuated", "transcript.data.is_final", "*.punctuated")
FORMATTED: Final = _same("text_formatted", "transcript.data.is_final", "*.text_formatted")
"""Gladia's finals are both, always."""

TYPES: Final = (PARTIAL, FINAL, BEGINS, TERMINATED, INFORMATION, REALTIME_ERROR)
FIELDS: Final = (
    TEXT,
    START,
    END,
    CONFIDENCE,
    WORDS,
    WORD_TEXT,
    WORD_START,
    WORD_END,
    WORD_CONFIDENCE,
    CREATED,
    PUNCTUATED,
    FORMATTED,
)

# --- client to server ----------------------------------------------------------------------------

AUDIO: Final = _same("audio", "audio_chunk.data.chunk", "audio_data")
TERMINATE: Final = _same("terminate", "stop_recording", "terminate_session")
FORCE_END: Final = _absent("force_end", "force_end_utterance", "Gladia ends an utterance by silence alone")

ROWS: Final = (
    HOST,
    PATH,
    SESSION_ID,
    EXPIRES_AT,
    *PARAMETERS,
    *TYPES,
    IS_FINAL,
    *FIELDS,
    AUDIO,
    TERMINATE,
    FORCE_END,
)
