"""Rows of the messages and fields that only AssemblyAI has.

Where a field has something that stands for it in a rewritten program, the row names it; its live form gives nothing,
since the shim writes the field itself.
"""

from __future__ import annotations

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
    emulated,
    never_met,
)


def _left_to_the_shim(_value: Any) -> Any:
    return ABSENT


def _server(name: str, gladia: str, assemblyai: str, way: Way) -> Row:
    return Row(f"assemblyai.{name}", Section.SERVER, (gladia,) if gladia else (), (assemblyai,), never_met(), way)


def _never_said(name: str, why: str) -> Row:
    return _server(name, "", name, Way(Fidelity.ABSENT, Fidelity.ABSENT, reason=why))


ERROR: Final = _server("Error", "", "Error", emulated("Gladia refuses by HTTP status, and ends by a close code"))
WARNING: Final = _never_said("Warning", "Gladia sends no warnings")
HEARTBEAT: Final = _server("Heartbeat", "", "Heartbeat", emulated("Gladia sends no heartbeat; the shim does"))
SILENCE: Final = _server("Silence", "", "Silence", emulated("Gladia sends no message for silence; the shim does"))
SPEAKER_REVISION: Final = _never_said("SpeakerRevision", "Gladia's live sessions have no speaker labels")
LLM_RESPONSE: Final = _never_said("LLMGatewayResponse", "Gladia's live sessions have no language model behind them")

IS_FORMATTED: Final = _server(
    "Turn.turn_is_formatted",
    "transcript.data.is_final",
    "Turn.turn_is_formatted",
    emulated(
        "Gladia formats every final; what was done for an unformatted one is done no more",
        Conversion(_left_to_the_shim, "value"),
        codemod=Fidelity.CONVERTED,
    ),
)
SESSION_DURATION: Final = _server(
    "Termination.session_duration_seconds",
    "post_final_transcript.data.metadata.audio_duration",
    "Termination.session_duration_seconds",
    emulated(
        "Gladia does not say how long the session lasted; the audio's duration stands for it",
        Conversion(_left_to_the_shim, "round(value)"),
        codemod=Fidelity.APPROXIMATE,
    ),
)
TURN_CONFIDENCE: Final = _server(
    "Turn.end_of_turn_confidence",
    "",
    "Turn.end_of_turn_confidence",
    emulated("Gladia does not say how sure it is of a turn's end; the shim says 1.0 on finals"),
)
UTTERANCE: Final = _server(
    "Turn.utterance", "", "Turn.utterance", emulated("Gladia's text is whole already; the shim repeats it on finals")
)
SPEAKER_LABEL: Final = _server(
    "Turn.speaker_label", "", "Turn.speaker_label", absent("Gladia's live sessions have no speaker labels")
)
WORD_SPEAKER: Final = _server(
    "Turn.words.speaker", "", "Turn.words[].speaker", absent("Gladia's live sessions have no speaker labels")
)
WORD_IS_FINAL: Final = _server(
    "Turn.words.word_is_final",
    "",
    "Turn.words[].word_is_final",
    emulated("Gladia's words are as final as their utterance: test `is_final` of the message"),
)
LANGUAGE_CONFIDENCE: Final = _server(
    "Turn.language_confidence",
    "",
    "Turn.language_confidence",
    emulated("Gladia names the language and not how sure it is; the shim says 1.0"),
)


def _client(name: str, gladia: str, way: Way) -> Row:
    return Row(f"client.{name}", Section.CLIENT, (gladia,) if gladia else (), (name,), never_met(), way)


KEEP_ALIVE: Final = _client(
    "KeepAlive",
    "audio_chunk",
    approximate("an empty chunk of audio, as other clients send it; that it keeps a session open is not documented"),
)
FORCE_ENDPOINT: Final = _client(
    "ForceEndpoint",
    "",
    emulated("Gladia ends an utterance by silence alone; the shim ends it by its latest partial"),
)
UPDATE_CONFIGURATION: Final = _client(
    "UpdateConfiguration",
    "",
    emulated("a Gladia session keeps its settings; the shim applies those that it emulates"),
)

CONTROLS: Final = (KEEP_ALIVE, FORCE_ENDPOINT, UPDATE_CONFIGURATION)
"""What a client sends beside audio and the end of it."""

ROWS: Final = (
    ERROR,
    WARNING,
    HEARTBEAT,
    SILENCE,
    SPEAKER_REVISION,
    LLM_RESPONSE,
    IS_FORMATTED,
    SESSION_DURATION,
    TURN_CONFIDENCE,
    UTTERANCE,
    SPEAKER_LABEL,
    WORD_SPEAKER,
    WORD_IS_FINAL,
    LANGUAGE_CONFIDENCE,
    *CONTROLS,
)
