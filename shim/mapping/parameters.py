"""Rows of the session's parameters: Gladia's request body, AssemblyAI's query.

Gladia counts silences in seconds, AssemblyAI in milliseconds. What a source leaves out is decided by the conversions
themselves: they are given ABSENT and answer with what keeps the source's behaviour, or with ABSENT where the
target's default is right.
"""

from __future__ import annotations

from typing import Any, Final

from shim.mapping import languages, speech_thresholds
from shim.mapping.row import (
    ABSENT,
    NOTHING,
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

LEAST_SILENCE_MS: Final = 100
"""The least silence that real clients run AssemblyAI with, in milliseconds."""

GLADIA_SILENCE_SECONDS: Final = 0.05
"""Gladia's own silence, where a program sets none, in seconds."""

GLADIA_SILENCES: Final = (0.01, 10.0)
"""What Gladia's `endpointing` may be, in seconds."""

LONGEST_TERM: Final = 50
"""Longer key terms are ignored by AssemblyAI, in characters."""

MOST_TERMS: Final = 100
"""More key terms are refused by AssemblyAI."""


def _row(
    name: str, gladia: str, assemblyai: str, over_assemblyai: Way, over_gladia: Way, *, harmful: bool = False
) -> Row:
    """A row whose sides are lists of paths, separated by blanks. `harmful`: see Row.harmful_in_silence."""
    return Row(
        f"parameter.{name}",
        Section.PARAMETER,
        tuple(gladia.split()),
        tuple(assemblyai.split()),
        over_assemblyai,
        over_gladia,
        harmful_in_silence=harmful,
    )


MODEL: Final = _row(
    "model",
    "model",
    "speech_model",
    Way(
        Fidelity.APPROXIMATE,
        Fidelity.APPROXIMATE,
        Conversion(languages.assemblyai_model),
        "the models differ; this one is chosen by the languages and by whether partials are asked for",
        ("language_config.languages", "messages_config.receive_partial_transcripts"),
    ),
    approximate("Gladia has one live model", Conversion(lambda *_: languages.GLADIA_MODEL)),
)


def _assemblyai_encoding(encoding: Any, bit_depth: Any) -> str:
    return "pcm_mulaw" if encoding == "wav/ulaw" else "pcm_s16le"


def _gladia_encoding(encoding: Any) -> tuple[str, int]:
    return ("wav/ulaw", 8) if encoding == "pcm_mulaw" else ("wav/pcm", 16)


BIT_DEPTH: Final = 16
"""The bits of a sample of the PCM that AssemblyAI takes."""


def needs_transcoding(encoding: Any, bit_depth: Any) -> bool:
    """Whether Gladia's format is one that AssemblyAI does not take: 8, 24 and 32-bit PCM, and A-law."""
    if encoding == "wav/ulaw":
        return False
    return encoding == "wav/alaw" or bit_depth not in (ABSENT, BIT_DEPTH)


ENCODING: Final = _row(
    "encoding",
    "encoding bit_depth",
    "encoding",
    converted(Conversion(_assemblyai_encoding, '{"wav/pcm": "pcm_s16le", "wav/ulaw": "pcm_mulaw"}[value]')),
    converted(
        Conversion(
            _gladia_encoding,
            '{"pcm_s16le": "wav/pcm", "pcm_mulaw": "wav/ulaw"}[value], 8 if value == "pcm_mulaw" else 16',
        )
    ),
)

ENCODING_OF_DEPTH: Final = Conversion({16: "pcm_s16le"}.__getitem__, '{16: "pcm_s16le"}[value]')
"""AssemblyAI's encoding for the bits of Gladia's PCM, where only the running program knows them: others are no key."""

ENCODING_OF_BOTH: Final = (
    '{("wav/pcm", 16): "pcm_s16le", ("wav/ulaw", 8): "pcm_mulaw", ("wav/ulaw", 16): "pcm_mulaw"}[value, depth]'
)
"""The same where only the running program knows either, over the names `value` and `depth`."""

GLADIA_SAMPLE_RATE: Final = 16000
"""Gladia's own sample rate, where a program sets none."""

SAMPLE_RATE: Final = _row("sample_rate", "sample_rate", "sample_rate", same(), same())

CHANNELS: Final = _row(
    "channels",
    "channels",
    "channels",
    emulated("an AssemblyAI session has one channel, so more need one session each; the shim opens and joins them"),
    same(),
)
"""AssemblyAI never had `channels`; the guide's table names it, so it is read, and nothing writes it."""


def _turn_silences(endpointing: Any) -> Any:
    if endpointing is ABSENT:
        return ABSENT, ABSENT
    milliseconds = max(LEAST_SILENCE_MS, round(endpointing * 1000))
    return milliseconds, milliseconds


_LONGEST_SILENCES_MS = {
    "u3-rt-pro": 1000,
    "min_latency": 640,
    "balanced": 1280,
    "max_accuracy": 2560,
}


_CONFIDENT_SILENCE_MS: Final = 400


def _endpointing(
    most: Any, least: Any, speech_model: Any, mode: Any, speaker_labels: Any, confidence_threshold: Any = ABSENT
) -> float:
    streaming = speech_model is ABSENT or str(speech_model).startswith("universal-streaming")
    if streaming and confidence_threshold is not ABSENT and confidence_threshold == 0:
        # Every turn is confident enough: it ends at the least silence, whatever the most is.
        most = _CONFIDENT_SILENCE_MS if least is ABSENT else least
    if most is ABSENT:
        most = 768 if speaker_labels else _LONGEST_SILENCES_MS.get(str(speech_model if mode is ABSENT else mode), 1280)
    if least is not ABSENT:
        most = max(most, least)
    shortest, longest = GLADIA_SILENCES
    return float(min(longest, max(shortest, most / 1000)))


ENDPOINTING: Final = _row(
    "endpointing",
    "endpointing",
    "max_turn_silence min_turn_silence",
    approximate(
        "Gladia ends an utterance at this silence, whatever was said; both of AssemblyAI's silences are set to it, "
        "to 100 ms at least",
        Conversion(_turn_silences, "max(100, round(value * 1000))"),
    ),
    approximate(
        "AssemblyAI ends a finished sentence earlier than an unfinished one; Gladia has the one silence for both",
        Conversion(_endpointing, "value / 1000"),
        reads=("speech_model", "mode", "speaker_labels", "end_of_turn_confidence_threshold"),
    ),
)

LONGEST_TURN: Final = _row(
    "longest_turn",
    "maximum_duration_without_endpointing",
    "max_turn_duration",
    emulated(
        "AssemblyAI's turns may last 60 s; the shim ends one that is as old as Gladia allows by ForceEndpoint",
        codemod=Fidelity.APPROXIMATE,
    ),
    emulated(
        "written out, since the defaults differ: 60 s, or 10 s with speaker_labels",
        Conversion(lambda _duration, speaker_labels: 10 if speaker_labels else 60),
        codemod=Fidelity.CONVERTED,
        reads=("speaker_labels",),
    ),
)

LANGUAGES: Final = _row(
    "languages",
    "language_config.languages",
    "language_codes",
    approximate(
        "Gladia restricts the search to these languages, AssemblyAI only steers towards them",
        Conversion(languages.language_codes, "value"),
        reads=("model", "messages_config.receive_partial_transcripts"),
    ),
    approximate(
        "AssemblyAI only steers towards these languages, Gladia restricts the search to them",
        Conversion(languages.gladia_languages, "value"),
        reads=("speech_model", "format_turns", "end_of_turn_confidence_threshold"),
    ),
)

CODE_SWITCHING: Final = _row(
    "code_switching",
    "language_config.code_switching",
    "language_detection",
    approximate(
        "AssemblyAI's Pro models always follow a change of language; the flag only makes them name the language",
        Conversion(languages.language_detection),
        reads=("language_config.languages",),
    ),
    approximate(
        "Gladia follows a change of language only when told to",
        Conversion(languages.code_switching),
        reads=("language_codes", "speech_model", "format_turns", "end_of_turn_confidence_threshold"),
    ),
)

SPEECH_THRESHOLD: Final = _row(
    "speech_threshold",
    "pre_processing.speech_threshold",
    "vad_threshold",
    approximate(
        "the same sense on another scale: default goes to default, the rest linearly",
        Conversion(speech_thresholds.for_assemblyai, choosing=speech_thresholds.for_assemblyai_in_code),
        reads=("language_config.languages", "messages_config.receive_partial_transcripts"),
    ),
    approximate(
        "the same sense on another scale: default goes to default, the rest linearly",
        Conversion(speech_thresholds.for_gladia, choosing=speech_thresholds.for_gladia_in_code),
        reads=("speech_model",),
    ),
)

AUDIO_ENHANCER: Final = _row(
    "audio_enhancer",
    "pre_processing.audio_enhancer",
    "voice_focus",
    approximate(
        "another method of hearing the speaker through noise",
        Conversion(
            lambda enhancer: "near-field" if enhancer else ABSENT,
            choosing=lambda: '"near-field" if value else ABSENT',
        ),
    ),
    approximate(
        "another method of hearing the speaker through noise",
        Conversion(lambda focus: True if focus not in (ABSENT, "") else ABSENT, choosing=lambda: "bool(value)"),
    ),
)


def _key_terms(switched_on: Any, vocabulary: Any) -> Any:
    if not switched_on or not vocabulary:
        return ABSENT
    terms = [entry["value"] if isinstance(entry, dict) else entry for entry in vocabulary]
    return [term for term in terms if len(term) <= LONGEST_TERM][:MOST_TERMS]


def _vocabulary(terms: Any) -> Any:
    if terms is ABSENT or not terms:
        return ABSENT, ABSENT
    return True, list(terms)


VOCABULARY: Final = _row(
    "vocabulary",
    "realtime_processing.custom_vocabulary realtime_processing.custom_vocabulary_config.vocabulary",
    "keyterms_prompt",
    approximate(
        "AssemblyAI takes the words alone, 100 of at most 50 characters; intensities, pronunciations and languages "
        "have no counterpart",
        Conversion(_key_terms, '[term["value"] if isinstance(term, dict) else term for term in value][:100]'),
    ),
    converted(Conversion(_vocabulary, "bool(value), value")),
)

VOCABULARY_INTENSITY: Final = _row(
    "vocabulary_intensity",
    "realtime_processing.custom_vocabulary_config.default_intensity",
    "",
    approximate("AssemblyAI has no intensity for key terms", Conversion(lambda _intensity: ABSENT)),
    never_met(),
)

PARTIALS: Final = _row(
    "partials",
    "messages_config.receive_partial_transcripts",
    "include_partial_turns",
    converted(Conversion(lambda partials: False if partials is ABSENT else partials, "value")),
    converted(Conversion(lambda partials: True if partials is ABSENT else partials, "value")),
)
"""Off by default at Gladia, on at AssemblyAI: always written out."""


def _filtered(flag: str) -> Row:
    return _row(
        flag,
        f"messages_config.{flag}",
        "",
        emulated(
            "AssemblyAI has no such switch; the shim filters the messages itself",
            codemod=Fidelity.APPROXIMATE,
        ),
        never_met(),
    )


def _switched_off(flag: str, what: str) -> Row:
    return _row(
        flag,
        f"messages_config.{flag}",
        "",
        emulated(
            "AssemblyAI has no such switch; the shim filters the messages itself",
            codemod=Fidelity.APPROXIMATE,
        ),
        converted(NOTHING, reason=f"off where a program reads every message: AssemblyAI sends {what}"),
    )


ACKNOWLEDGMENTS: Final = _switched_off("receive_acknowledgments", "no acknowledgements")
SPEECH_EVENTS: Final = _switched_off("receive_speech_events", "no such events")
"""On by default at Gladia. A program that asks each message what it is passes them over, and needs no switch."""

MESSAGE_FLAGS: Final = (
    *(
        _filtered(flag)
        for flag in (
            "receive_final_transcripts",
            "receive_pre_processing_events",
            "receive_realtime_processing_events",
            "receive_post_processing_events",
            "receive_errors",
            "receive_lifecycle_events",
        )
    ),
    ACKNOWLEDGMENTS,
    SPEECH_EVENTS,
)

CUSTOM_METADATA: Final = _row(
    "custom_metadata",
    "custom_metadata",
    "",
    emulated(
        "AssemblyAI keeps no data of the caller's with a session; the shim keeps it with the job",
        codemod=Fidelity.APPROXIMATE,
    ),
    never_met(),
)


SPELLING: Final = _row(
    "custom_spelling",
    "realtime_processing.custom_spelling",
    "",
    emulated("AssemblyAI's streaming has no custom spelling; the shim writes finals and their words so itself"),
    never_met(),
)


def _unserved(name: str, path: str, what: str, *, harmful: bool = False) -> Row:
    return _row(name, path, "", absent(f"AssemblyAI's streaming has no {what}"), never_met(), harmful=harmful)


# Widespread clients hold every final back until its translation comes.
TRANSLATION: Final = _unserved("translation", "realtime_processing.translation", "translation", harmful=True)
ENTITIES: Final = _unserved(
    "named_entity_recognition", "realtime_processing.named_entity_recognition", "entity recognition"
)
SENTIMENT: Final = _unserved("sentiment_analysis", "realtime_processing.sentiment_analysis", "sentiment analysis")
SUMMARY: Final = _unserved("summarization", "post_processing.summarization", "summary")
CALLBACK: Final = _row(
    "callback",
    "callback",
    "",
    emulated("AssemblyAI's streaming has no callback for each message; the gateway posts them itself, if it may"),
    never_met(),
    harmful=True,
)

UNSERVED: Final = (TRANSLATION, ENTITIES, SENTIMENT, SUMMARY, CALLBACK)
"""What a Gladia session can ask for and AssemblyAI cannot give; each is a switch."""

ROWS: Final = (
    MODEL,
    ENCODING,
    SAMPLE_RATE,
    CHANNELS,
    ENDPOINTING,
    LONGEST_TURN,
    LANGUAGES,
    CODE_SWITCHING,
    SPEECH_THRESHOLD,
    AUDIO_ENHANCER,
    VOCABULARY,
    VOCABULARY_INTENSITY,
    PARTIALS,
    *MESSAGE_FLAGS,
    CUSTOM_METADATA,
    SPELLING,
    *UNSERVED,
)
