"""Rows of what the server sends. Gladia's times are seconds (float), AssemblyAI's whole milliseconds."""

from __future__ import annotations

from typing import Any, Final

from shim.mapping.row import (
    ABSENT,
    UNCHANGED,
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

EM_DASH: Final = "—"
"""AssemblyAI's Pro models end a partial with it; Gladia has no such sign."""


def _row(name: str, gladia: str, assemblyai: str, over_assemblyai: Way, over_gladia: Way) -> Row:
    sides = (gladia,) if gladia else (), (assemblyai,) if assemblyai else ()
    return Row(name, Section.SERVER, *sides, over_assemblyai, over_gladia)


def seconds(milliseconds: int) -> float:
    """Milliseconds as seconds."""
    return milliseconds / 1000


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds: a fraction would end the read thread of AssemblyAI's Python SDK."""
    return round(seconds * 1000)


IN_SECONDS: Final = Conversion(seconds, "value / 1000")
IN_MILLISECONDS: Final = Conversion(milliseconds, "round(value * 1000)")


def _with_leading_blank(text: str) -> str:
    return f" {text}"


def _gladia_text(transcript: str) -> str:
    """The turn's text as Gladia writes it: a leading blank, and no em dash where a partial breaks off."""
    return _with_leading_blank(transcript.rstrip().removesuffix(EM_DASH).rstrip())


def _stripped(text: str) -> str:
    return text.strip()


# The blank is what Gladia's own wire shows. A program that is rewritten prints or joins the text, and gets it plain.
_TEXT_FROM_TRANSCRIPT: Final = Conversion(_gladia_text, "value")
_TRANSCRIPT_FROM_TEXT: Final = Conversion(_stripped, "value.strip()")

# --- types ---------------------------------------------------------------------------------------

SPEECH_START: Final = _row(
    "speech_start",
    "speech_start",
    "SpeechStarted",
    approximate("AssemblyAI says so late, with the turn's first text"),
    approximate("held until the turn's first text"),
)
SPEECH_END: Final = _row(
    "speech_end",
    "speech_end",
    "",
    emulated("AssemblyAI has no message for the end of speech; the shim sends it just before the final"),
    never_met(),
)
TRANSCRIPT: Final = _row("transcript", "transcript", "Turn", same(), same())
AUDIO_ACK: Final = _row(
    "audio_ack",
    "audio_chunk",
    "",
    emulated("AssemblyAI acknowledges no audio; the shim does, once it is safe", codemod=Fidelity.EMULATED),
    never_met(),
)
STOP_ACK: Final = _row(
    "stop_ack",
    "stop_recording",
    "",
    emulated("AssemblyAI acknowledges no stop; the shim does", codemod=Fidelity.EMULATED),
    never_met(),
)
START_RECORDING: Final = _row(
    "start_recording",
    "start_recording",
    "Begin",
    emulated("AssemblyAI says it by `Begin`; the shim sends it when the socket is open", codemod=Fidelity.APPROXIMATE),
    emulated("Gladia says it by the answer to the POST; the shim makes up an id and a time"),
)
END_RECORDING: Final = _row(
    "end_recording",
    "end_recording",
    "Termination",
    emulated("AssemblyAI says it by `Termination`; the shim sends it then", codemod=Fidelity.SAME),
    emulated("Gladia says it before its summary; the shim sends `Termination` here: clients wait five seconds for it"),
)
POST_TRANSCRIPT: Final = _row(
    "post_transcript",
    "post_transcript",
    "Termination",
    emulated("AssemblyAI sends no summary; the shim puts it together from the finals", codemod=Fidelity.APPROXIMATE),
    emulated("the end is said by `post_final_transcript`, which comes after it"),
)
POST_FINAL: Final = _row(
    "post_final_transcript",
    "post_final_transcript",
    "Termination",
    emulated("AssemblyAI sends no summary; the shim puts it together from the finals", codemod=Fidelity.SAME),
    same(),
)
END_SESSION: Final = _row(
    "end_session",
    "end_session",
    "",
    emulated("AssemblyAI closes with 1000; the shim sends this before it"),
    never_met(),
)

LIFECYCLE: Final = (START_RECORDING, END_RECORDING, END_SESSION)
"""What Gladia sends only where `messages_config.receive_lifecycle_events` asks for it."""
ACKNOWLEDGMENTS: Final = (AUDIO_ACK, STOP_ACK)
"""What Gladia sends unless `messages_config.receive_acknowledgments` says that it shall not."""

# --- fields --------------------------------------------------------------------------------------

SPEECH_START_TIME: Final = _row(
    "speech_start.time",
    "speech_start.data.time",
    "SpeechStarted.timestamp",
    converted(IN_SECONDS),
    converted(IN_MILLISECONDS),
)


def _channel(channel: int = 0) -> int:
    return channel


SPEECH_START_CHANNEL: Final = _row(
    "speech_start.channel",
    "speech_start.data.channel",
    "",
    emulated("an AssemblyAI session has one channel; the shim opens one for each", Conversion(_channel, "0")),
    never_met(),
)
SPEECH_START_CONFIDENCE: Final = _row(
    "speech_start.confidence",
    "",
    "SpeechStarted.confidence",
    never_met(),
    absent("Gladia does not say how sure it is that somebody speaks"),
)

TURN_IS_FINAL: Final = _row("turn.is_final", "transcript.data.is_final", "Turn.end_of_turn", same(), same())


def _utterance_id(turn_order: int, channel: int = 0) -> str:
    return f"{channel:02d}_{turn_order:08d}"


def _turn_order(utterance_id: str) -> int:
    return int(utterance_id.rpartition("_")[2])


TURN_ID: Final = _row(
    "turn.id",
    "transcript.data.id",
    "Turn.turn_order",
    converted(Conversion(_utterance_id, 'f"00_{value:08d}"')),
    converted(Conversion(_turn_order, 'int(value.rpartition("_")[2])')),
)
TURN_TEXT: Final = _row(
    "turn.text",
    "transcript.data.utterance.text",
    "Turn.transcript",
    converted(_TEXT_FROM_TRANSCRIPT),
    converted(_TRANSCRIPT_FROM_TEXT),
)
TURN_START: Final = _row(
    "turn.start",
    "transcript.data.utterance.start",
    "Turn.words[0].start",
    converted(IN_SECONDS),
    converted(IN_MILLISECONDS),
)
TURN_END: Final = _row(
    "turn.end",
    "transcript.data.utterance.end",
    "Turn.words[-1].end",
    converted(IN_SECONDS),
    converted(IN_MILLISECONDS),
)


def _mean(confidences: list[float]) -> Any:
    return round(sum(confidences) / len(confidences), 6) if confidences else ABSENT


TURN_CONFIDENCE: Final = _row(
    "turn.confidence",
    "transcript.data.utterance.confidence",
    "Turn.words[].confidence",
    converted(Conversion(_mean, 'sum(word["confidence"] for word in value) / len(value)')),
    converted(Conversion(lambda confidence: confidence)),
)
"""The mean of the words; AssemblyAI's `end_of_turn_confidence` is another thing."""

TURN_LANGUAGE: Final = _row(
    "turn.language",
    "transcript.data.utterance.language",
    "Turn.language_code",
    approximate("AssemblyAI names the language on finals, when asked to"),
    approximate("Gladia always names the language"),
)
TURN_CHANNEL: Final = _row(
    "turn.channel",
    "transcript.data.utterance.channel",
    "",
    emulated("an AssemblyAI session has one channel; the shim opens one for each", Conversion(_channel, "0")),
    never_met(),
)
TURN_WORDS: Final = _row("turn.words", "transcript.data.utterance.words", "Turn.words", same(), same())
WORD_TEXT: Final = _row(
    "word.text",
    "transcript.data.utterance.words[].word",
    "Turn.words[].text",
    converted(Conversion(_gladia_text, "value")),
    converted(_TRANSCRIPT_FROM_TEXT),
)
WORD_START: Final = _row(
    "word.start",
    "transcript.data.utterance.words[].start",
    "Turn.words[].start",
    converted(IN_SECONDS),
    converted(IN_MILLISECONDS),
)
WORD_END: Final = _row(
    "word.end",
    "transcript.data.utterance.words[].end",
    "Turn.words[].end",
    converted(IN_SECONDS),
    converted(IN_MILLISECONDS),
)
WORD_CONFIDENCE: Final = _row(
    "word.confidence",
    "transcript.data.utterance.words[].confidence",
    "Turn.words[].confidence",
    same(),
    same(),
)


def _whole_seconds(duration: float) -> int:
    return round(duration)


AUDIO_DURATION: Final = _row(
    "end.audio_duration",
    "post_final_transcript.data.metadata.audio_duration",
    "Termination.audio_duration_seconds",
    emulated(
        "AssemblyAI gives whole seconds; the shim counts the audio itself",
        Conversion(float, "value"),
        codemod=Fidelity.APPROXIMATE,
    ),
    converted(Conversion(_whole_seconds, "round(value)")),
)
RECORDING_DURATION: Final = _row(
    "end.recording_duration",
    "end_recording.data.recording_duration",
    "Termination.audio_duration_seconds",
    emulated(
        "AssemblyAI gives whole seconds; the shim counts the audio itself",
        Conversion(float, "value"),
        codemod=Fidelity.APPROXIMATE,
    ),
    converted(Conversion(_whole_seconds, "round(value)")),
)
FULL_TRANSCRIPT: Final = _row(
    "end.full_transcript",
    "post_final_transcript.data.transcription",
    "",
    emulated("AssemblyAI sends no text at the end; the shim puts it together from the finals"),
    never_met(),
)
_FINALS_TOGETHER: Final = emulated("AssemblyAI sends no text at the end; the finals together are that text")
FULL_TEXT: Final = _row(
    "end.full_text",
    "post_final_transcript.data.transcription.full_transcript",
    "",
    _FINALS_TOGETHER,
    never_met(),
)
EARLIER_FULL_TEXT: Final = _row(
    "end.earlier_full_text",
    "post_transcript.data.full_transcript",
    "",
    _FINALS_TOGETHER,
    never_met(),
)
ENVELOPE_SESSION: Final = _row(
    "message.session_id",
    "*.session_id",
    "Begin.id",
    emulated("only AssemblyAI's first message carries the id; the shim adds it to every message"),
    same(),
)
ENVELOPE_TIME: Final = _row(
    "message.created_at",
    "*.created_at",
    "",
    emulated("AssemblyAI's messages carry no time of their own; the shim adds it"),
    never_met(),
)

ERROR_TEXT: Final = _row(
    "error",
    "",
    "Error.error",
    emulated("Gladia refuses by HTTP status or close code; AssemblyAI's Error frame becomes either"),
    absent("Gladia's refusals come as HTTP statuses and close codes"),
)

ERROR_CODE: Final = _row(
    "error_code",
    "",
    "Error.error_code",
    emulated("the HTTP status or close code of the same end; see the rows of the ends"),
    absent("Gladia's refusals come as HTTP statuses and close codes"),
)

_OWN_ERROR: Final = (
    "programs test for a message `error` that Gladia defines nowhere; AssemblyAI's `Error` says why it ends the session"
)
GLADIA_ERROR: Final = _row(
    "gladia_error", "error", "Error", emulated(_OWN_ERROR, codemod=Fidelity.APPROXIMATE), never_met()
)
GLADIA_ERROR_TEXTS: Final = tuple(
    _row(
        f"gladia_error.{path}",
        f"error.{path}",
        "Error.error",
        emulated(_OWN_ERROR, UNCHANGED, codemod=Fidelity.APPROXIMATE),
        never_met(),
    )
    for path in ("message", "data.message", "error")
)

ROWS: Final = (
    SPEECH_START,
    SPEECH_END,
    TRANSCRIPT,
    AUDIO_ACK,
    STOP_ACK,
    START_RECORDING,
    END_RECORDING,
    POST_TRANSCRIPT,
    POST_FINAL,
    END_SESSION,
    SPEECH_START_TIME,
    SPEECH_START_CHANNEL,
    SPEECH_START_CONFIDENCE,
    TURN_IS_FINAL,
    TURN_ID,
    TURN_TEXT,
    TURN_START,
    TURN_END,
    TURN_CONFIDENCE,
    TURN_LANGUAGE,
    TURN_CHANNEL,
    TURN_WORDS,
    WORD_TEXT,
    WORD_START,
    WORD_END,
    WORD_CONFIDENCE,
    AUDIO_DURATION,
    RECORDING_DURATION,
    FULL_TRANSCRIPT,
    FULL_TEXT,
    EARLIER_FULL_TEXT,
    ENVELOPE_SESSION,
    ENVELOPE_TIME,
    ERROR_TEXT,
    ERROR_CODE,
    GLADIA_ERROR,
    *GLADIA_ERROR_TEXTS,
)
