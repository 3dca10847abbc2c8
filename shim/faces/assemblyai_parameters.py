"""The query of AssemblyAI's `/v3/ws`: what a session may be asked for, and what it is when nothing is said.

Source: the streaming specification, the SDKs, and refusals recorded live (their words are kept); the shape of the
refusals is pydantic's, and so are the texts that nobody recorded. Silences are milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

US_MODELS: Final = ("universal-streaming-english", "universal-streaming-multilingual")
U3_MODELS: Final = ("u3-rt-pro", "u3-rt-pro-beta-1")
WHISPER: Final = "whisper-rt"
PREVIEW_MODELS: Final = ("u3-rt-agent", "universal-3-7-preview", "_universal-3-5-notetaker")
"""Taken by the service's validation, and not documented further."""

SPEECH_MODELS: Final = (
    *US_MODELS,
    WHISPER,
    *U3_MODELS,
    "u3-rt-agent",
    "universal-3-5-pro",
    "universal-3-6-pro",
    "universal-3-6",
    "universal-3-7-preview",
    "_universal-3-5-notetaker",
)
"""In the order in which the service lists them."""

DEFAULT_MODEL: Final = "universal-3-6-pro"
PACKET_ENCODINGS: Final = ("opus", "ogg_opus", "aac")
ENCODINGS: Final = ("pcm_s16le", "pcm_mulaw", *PACKET_ENCODINGS)
MODES: Final = ("min_latency", "balanced", "max_accuracy")
_CODES: Final = "en es de fr it pt tr nl sv no da fi hi vi ar he ja ur zh ru ko ca gl ro et fa yue af mr zu xh nn multi"
LANGUAGE_CODES: Final = tuple(_CODES.split())
"""In the order in which the service lists them."""

LONGEST_SESSION_SECONDS: Final = 3 * 3600
MOST_KEYTERMS: Final = 100
MOST_LANGUAGE_CODES: Final = 10
LONGEST_CONTEXT: Final = 1750
SHORTEST_SILENCE_MS: Final = 50
LONGEST_SILENCE_MS: Final = 10_000
LONGEST_TURN_MS: Final = 60_000
LONGEST_LABELLED_TURN_MS: Final = 10_000


class Refusal(Exception):
    """An `Error` frame and the close that follows: `code` is the code of both, `text` the frame's text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def invalid(name: str, detail: str) -> Refusal:
    """The refusal of a parameter's value."""
    return Refusal(3006, f"User Input Validation Error: Invalid '{name}': {detail}")


@dataclass(frozen=True)
class SessionParameters:
    """What a session was asked for, with the defaults of its model.

    Silences and delays are milliseconds, `inactivity_timeout` is seconds. `given` holds the values of the query under
    today's names, read and checked, without the token.
    """

    speech_model: str
    sample_rate: int
    encoding: str
    mode: str | None
    format_turns: bool
    include_partial_turns: bool
    continuous_partials: bool
    min_turn_silence: int
    max_turn_silence: int
    max_turn_duration: int
    end_of_turn_confidence_threshold: float
    vad_threshold: float
    interruption_delay: int
    language_detection: bool
    speaker_labels: bool
    max_speakers: int | None
    filter_profanity: bool
    acknowledge_silence: bool
    session_heartbeat: bool
    inactivity_timeout: int | None
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def is_pro(self) -> bool:
        """Whether the model is one of those that punctuate by themselves and send `SpeechStarted`."""
        return self.speech_model not in (*US_MODELS, WHISPER)

    @property
    def sends_few_partials(self) -> bool:
        """Whether the model sends at most one partial for each silence."""
        return self.speech_model in U3_MODELS


def read_parameters(query: Iterable[tuple[str, str]]) -> SessionParameters:
    """Reads the query (names and values, decoded, as they come). Unknown names are ignored, old names are read.

    Raises `Refusal` (3006) for the first bad value.
    """
    values: dict[str, list[str]] = {}
    for name, value in query:
        values.setdefault(name, []).append(value)
    for old_name, name in _OLD_NAMES.items():
        if old_name in values:
            values.setdefault(name, values.pop(old_name))
    given: dict[str, Any] = {}
    for name, texts in values.items():
        if name not in _READERS:
            continue
        if len(texts) > 1 and _READERS[name] in _LIST_READERS:
            raise invalid(name, "Value error, Invalid JSON array")
        given[name] = read_value(name, texts[-1])
    return with_defaults(given)


def read_value(name: str, text: str) -> Any:
    """Reads one parameter as it is written in the query, by its present name. Raises `Refusal` (3006)."""
    return _READERS[name](name, text)


def is_list(name: str) -> bool:
    """Whether a parameter, by its present name, is a list (a JSON array in the query)."""
    return _READERS.get(name) in _LIST_READERS


def with_defaults(given: dict[str, Any]) -> SessionParameters:
    """Fills up checked values by the defaults of the model and mode that they name."""
    model = given.get("speech_model", DEFAULT_MODEL)
    labels = bool(given.get("speaker_labels", False))
    is_pro = model not in (*US_MODELS, WHISPER)
    mode = given.get("mode", "balanced") if is_pro else None
    least, most = _silences(model, mode, labels)
    longest = LONGEST_LABELLED_TURN_MS if labels else LONGEST_TURN_MS
    return SessionParameters(
        speech_model=model,
        sample_rate=given.get("sample_rate", 16000),
        encoding=given.get("encoding", "pcm_s16le"),
        mode=mode,
        format_turns=given.get("format_turns", False),
        include_partial_turns=given.get("include_partial_turns", not given.get("redact_pii", False)),
        continuous_partials=given.get("continuous_partials", not labels),
        min_turn_silence=given.get("min_turn_silence", least),
        max_turn_silence=given.get("max_turn_silence", most),
        max_turn_duration=longest,
        end_of_turn_confidence_threshold=given.get("end_of_turn_confidence_threshold", 0.4),
        vad_threshold=given.get("vad_threshold", _vad_threshold(model, labels)),
        interruption_delay=given.get("interruption_delay", 0 if mode == "min_latency" else 500),
        language_detection=given.get("language_detection", False),
        speaker_labels=labels,
        max_speakers=given.get("max_speakers"),
        filter_profanity=given.get("filter_profanity", False),
        acknowledge_silence=is_pro and given.get("acknowledge_silence", False),
        session_heartbeat=given.get("session_heartbeat", False),
        inactivity_timeout=given.get("inactivity_timeout"),
        given=given,
    )


_SILENCES_BY_MODE: Final = {"min_latency": (128, 640), "balanced": (128, 1280), "max_accuracy": (512, 2560)}


def _silences(model: str, mode: str | None, speaker_labels: bool) -> tuple[int, int]:
    """The model's own `min_turn_silence` and `max_turn_silence`."""
    if speaker_labels and model != WHISPER:
        return 640, 768
    if model in U3_MODELS:
        return 100, 1000
    return _SILENCES_BY_MODE[mode] if mode else (400, 1280)


def _vad_threshold(model: str, speaker_labels: bool) -> float:
    if model in U3_MODELS:
        return 0.3
    if model in (*US_MODELS, WHISPER):
        return 0.4
    return 0.5 if speaker_labels else 0.2


def _listed(values: tuple[str, ...]) -> str:
    quoted = [f"'{value}'" for value in values]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


_Reader = Callable[[str, str], Any]

_TRUE: Final = ("true", "1", "yes", "on", "t", "y")
_FALSE: Final = ("false", "0", "no", "off", "f", "n")


def _flag(name: str, text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in (*_TRUE, *_FALSE):
        raise invalid(name, "Input should be a valid boolean, unable to interpret input")
    return lowered in _TRUE


def _text(name: str, text: str) -> str:
    return text


def _context(name: str, text: str) -> str:
    if len(text) > LONGEST_CONTEXT:
        detail = f"{name} exceeds maximum length of {LONGEST_CONTEXT} characters (got {len(text)})"
        raise invalid(name, f"Value error, {detail}")
    return text


def _one_of(*values: str) -> _Reader:
    def read(name: str, text: str) -> str:
        if text not in values:
            raise invalid(name, f"Input should be {_listed(values)}")
        return text

    return read


def _encoding(name: str, text: str) -> str:
    if text not in ENCODINGS:
        raise invalid(name, f"Value error, '{text}' is not a valid Encoding")
    return text


def _integer(least: int | None = None, most: int | None = None) -> _Reader:
    def read(name: str, text: str) -> int:
        whole, _point, rest = text.strip().partition(".")
        try:
            if rest.strip("0"):
                raise ValueError(text)
            value = int(whole)
        except ValueError:
            raise invalid(name, "Input should be a valid integer, unable to parse string as an integer") from None
        _check_range(name, value, least, most)
        return value

    return read


def _fraction(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise invalid(name, "Input should be a valid number, unable to parse string as a number") from None
    _check_range(name, value, 0, 1)
    return value


def _check_range(name: str, value: float, least: float | None, most: float | None) -> None:
    if least is not None and not value >= least:
        raise invalid(name, f"Input should be greater than or equal to {least}")
    if most is not None and not value <= most:
        raise invalid(name, f"Input should be less than or equal to {most}")


def _sample_rate(name: str, text: str) -> int:
    rate: int = _integer()(name, text)
    if rate < 8000:
        raise invalid(name, "Value error, sample_rate must be at least 8,000 Hz")
    if rate > 96000:
        raise invalid(name, "Value error, sample_rate must be at most 96,000 Hz")
    return rate


def _silence(name: str, text: str) -> int:
    """The service holds silences within their range instead of refusing them."""
    milliseconds: int = _integer()(name, text)
    return min(max(milliseconds, SHORTEST_SILENCE_MS), LONGEST_SILENCE_MS)


def _strings(name: str, text: str) -> list[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise invalid(name, "Value error, Invalid JSON array")
    for number, item in enumerate(value):
        if not isinstance(item, str):
            raise invalid(f"{name}.{number}", "Input should be a valid string")
    return value


def _keyterms(name: str, text: str) -> list[str]:
    terms = _strings(name, text)
    if len(terms) > MOST_KEYTERMS:
        raise invalid(name, f"Value error, Max {MOST_KEYTERMS} items")
    return terms


def _language_codes(name: str, text: str) -> list[str]:
    codes = _strings(name, text)
    if len(codes) > MOST_LANGUAGE_CODES:
        raise invalid(name, f"Value error, Max {MOST_LANGUAGE_CODES} items")
    for number, code in enumerate(codes):
        if code not in LANGUAGE_CODES:
            raise invalid(f"{name}.{number}", f"Input should be {_listed(LANGUAGE_CODES)}")
    return codes


def _policies(name: str, text: str) -> list[str]:
    """A JSON list, or names separated by commas."""
    return _strings(name, text) if text.startswith("[") else text.split(",")


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise invalid(name, "Value error, Invalid JSON object")
    return value


_LIST_READERS: Final[tuple[_Reader, ...]] = (_strings, _keyterms, _language_codes, _policies)

_OLD_NAMES: Final = {
    "min_end_of_turn_silence_when_confident": "min_turn_silence",
    "_customer_support_audio_capture": "customer_support_audio_capture",
}

_READERS: Final[dict[str, _Reader]] = {
    "speech_model": _one_of(*SPEECH_MODELS),
    "sample_rate": _sample_rate,
    "encoding": _encoding,
    "format_turns": _flag,
    "end_of_turn_confidence_threshold": _fraction,
    "min_turn_silence": _silence,
    "max_turn_silence": _silence,
    "vad_threshold": _fraction,
    "mode": _one_of(*MODES),
    "interruption_delay": _integer(0, 1000),
    "turn_left_pad_ms": _integer(0),
    "continuous_partials": _flag,
    "include_partial_turns": _flag,
    "acknowledge_silence": _flag,
    "session_heartbeat": _flag,
    "prompt": _context,
    "agent_context": _context,
    "previous_context_n_turns": _integer(0, 100),
    "keyterms_prompt": _keyterms,
    "language_codes": _language_codes,
    "language_code": _text,
    "language": _text,
    "language_detection": _flag,
    "domain": _one_of("medical-v1"),
    "filter_profanity": _flag,
    "inactivity_timeout": _integer(5, 3600),
    "speaker_labels": _flag,
    "max_speakers": _integer(1, 10),
    "speaker_labels_revision_interval_ms": _integer(0),
    "voice_focus": _one_of("near-field", "far-field"),
    "voice_focus_threshold": _fraction,
    "redact_pii": _flag,
    "redact_pii_sub": _one_of("hash", "entity_name"),
    "redact_pii_policies": _policies,
    "llm_gateway": _object,
    "webhook_url": _text,
    "webhook_auth_header_name": _text,
    "webhook_auth_header_value": _text,
    "customer_support_audio_capture": _flag,
}
