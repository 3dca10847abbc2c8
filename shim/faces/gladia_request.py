"""The body of Gladia's `POST /v2/live`: reading it, and saying everything that is wrong with it.

Source: the service's OpenAPI document. Each complaint begins with the dotted path, in the form in which the Python
SDK looks for it (`<path> must …`, `<path> is required`); the exact texts of the service are not public.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from shim.wire.gladia import InitRequest, MessagesConfig

_CODES: Final = (
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy "
    "id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru "
    "sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh"
)
LANGUAGES: Final = tuple(_CODES.split())
"""The languages that the service transcribes (bare ISO codes; Javanese is `jw`)."""

ENCODINGS: Final = ("wav/pcm", "wav/alaw", "wav/ulaw")
BIT_DEPTHS: Final = (8, 16, 24, 32)
SAMPLE_RATES: Final = (8000, 16000, 32000, 44100, 48000)
MODELS: Final = ("solaria-1",)
REGIONS: Final = ("eu-west", "us-west")
MOST_CHANNELS: Final = 8
LONGEST_METADATA: Final = 2000
"""Characters of `custom_metadata` when it is serialised."""


class Refusal(Exception):
    """An HTTP answer that is an error.

    `status` is the HTTP status, `message` its one line, `validation_errors` what is wrong with the parameters (only
    with 400).
    """

    def __init__(self, status: int, message: str, validation_errors: list[str] | None = None) -> None:
        super().__init__(status, message, validation_errors or [])
        self.status = status
        self.message = message
        self.validation_errors = validation_errors or []


@dataclass(frozen=True)
class SessionRequest:
    """A valid request: `request` with the service's defaults, `given` exactly as the client wrote it."""

    request: InitRequest
    given: dict[str, Any]


def read_init_request(body: bytes, region: str | None = None) -> SessionRequest:
    """Reads the body of `POST /v2/live` (an empty one is `{}`) and the query parameter `region`, if there is one.

    Raises `Refusal` (400) with everything that is wrong. A null counts as left out.
    """
    try:
        given = json.loads(body, parse_constant=_not_json) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the body is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise Refusal(400, "the body must be a JSON object")
    problems: list[str] = []
    if region is not None:
        _Choice(REGIONS).read("region", region, problems)
    read = _REQUEST.read("", given, problems)
    if problems:
        raise Refusal(400, "Bad request", problems)
    for accepted in _ACCEPTED_WITHOUT_EFFECT:
        read.pop(accepted, None)
    return SessionRequest(msgspec.convert(read, InitRequest), given)


class _Shape(Protocol):
    """What a value must be. `read` gives the value cleaned, and appends what is wrong to `problems`."""

    def read(self, path: str, value: Any, problems: list[str]) -> Any: ...


@dataclass(frozen=True)
class _Flag:
    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        if not isinstance(value, bool):
            problems.append(f"{path} must be a boolean value")
        return value


@dataclass(frozen=True)
class _Text:
    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        if not isinstance(value, str):
            problems.append(f"{path} must be a string")
        return value


@dataclass(frozen=True)
class _Address:
    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        scheme, separator, rest = value.partition("://") if isinstance(value, str) else ("", "", "")
        if scheme not in ("http", "https") or not separator or not rest.strip("/"):
            problems.append(f"{path} must be a URL address")
        return value


@dataclass(frozen=True)
class _Choice:
    values: tuple[str | int, ...]

    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        value = _whole(value)
        if isinstance(value, bool | list | dict) or value not in self.values:
            listed = ", ".join(map(str, self.values))
            problems.append(f"{path} must be one of the following values: {listed}")
        return value


@dataclass(frozen=True)
class _Number:
    least: float
    most: float
    whole: bool = False

    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        value = _whole(value) if self.whole else value
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            kind = "an integer number" if self.whole else "a number conforming to the specified constraints"
            problems.append(f"{path} must be {kind}")
        elif value < self.least:
            problems.append(f"{path} must not be less than {self.least}")
        elif value > self.most:
            problems.append(f"{path} must not be greater than {self.most}")
        return value


@dataclass(frozen=True)
class _ListOf:
    item: _Shape
    least: int = 0

    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        if not isinstance(value, list):
            problems.append(f"{path} must be an array")
            return value
        if len(value) < self.least:
            problems.append(f"{path} must contain at least {self.least} elements")
        return [self.item.read(f"{path}.{number}", item, problems) for number, item in enumerate(value)]


@dataclass(frozen=True)
class _MapOf:
    item: _Shape

    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        if not isinstance(value, dict):
            problems.append(f"{path} must be an object")
            return value
        return {name: self.item.read(f"{path}.{name}", item, problems) for name, item in value.items()}


@dataclass(frozen=True)
class _Metadata:
    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        if not isinstance(value, dict):
            problems.append(f"{path} must be an object")
        elif len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) > LONGEST_METADATA:
            problems.append(f"{path} must be shorter than or equal to {LONGEST_METADATA} characters")
        return value


@dataclass(frozen=True)
class _Object:
    """An object of known fields. A name that is not among them is refused: `region` is in reality, and that the
    others are is an inference from it."""

    fields: Mapping[str, _Shape]
    required: tuple[str, ...] = ()

    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        if not isinstance(value, dict):
            problems.append(f"{path} must be an object")
            return value
        prefix = f"{path}." if path else ""
        problems.extend(f"{prefix}{name} is required" for name in self.required if value.get(name) is None)
        read = {}
        for name, item in value.items():
            if name not in self.fields:
                problems.append(f"{prefix}{name} must not be sent: there is no such parameter in the body")
            elif item is not None:
                read[name] = self.fields[name].read(f"{prefix}{name}", item, problems)
        return read


@dataclass(frozen=True)
class _TextOr:
    other: _Object

    def read(self, path: str, value: Any, problems: list[str]) -> Any:
        if isinstance(value, str):
            return value
        if not isinstance(value, dict):
            problems.append(f"{path} must be a string or an object")
            return value
        return self.other.read(path, value, problems)


def _not_json(constant: str) -> None:
    """Python's reader takes NaN and Infinity, which are no JSON."""
    raise ValueError(f"{constant} is not a JSON value")


def _whole(value: Any) -> Any:
    """JSON does not tell 16000.0 from 16000, and neither does the service."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_ACCEPTED_WITHOUT_EFFECT: Final = ("numerals",)
"""Undocumented at the top level, sent by real clients, accepted by the service."""

_FRACTION: Final = _Number(0, 1)
_LANGUAGE: Final = _Choice(LANGUAGES)
_RECEIVE: Final[dict[str, _Shape]] = {name: _Flag() for name in MessagesConfig.__struct_fields__}

_VOCABULARY: Final = _Object(
    {
        "vocabulary": _ListOf(
            _TextOr(
                _Object(
                    {
                        "value": _Text(),
                        "intensity": _FRACTION,
                        "pronunciations": _ListOf(_Text()),
                        "language": _LANGUAGE,
                    },
                    required=("value",),
                )
            )
        ),
        "default_intensity": _FRACTION,
    },
    required=("vocabulary",),
)
_TRANSLATION: Final = _Object(
    {
        "target_languages": _ListOf(_Choice((*LANGUAGES, "wo")), least=1),
        "model": _Choice(("base", "batch", "enhanced")),
        "match_original_utterances": _Flag(),
        "lipsync": _Flag(),
        "context_adaptation": _Flag(),
        "context": _Text(),
        "informal": _Flag(),
    },
    required=("target_languages",),
)
_REQUEST: Final = _Object(
    {
        "encoding": _Choice(ENCODINGS),
        "bit_depth": _Choice(BIT_DEPTHS),
        "sample_rate": _Choice(SAMPLE_RATES),
        "channels": _Number(1, MOST_CHANNELS, whole=True),
        "custom_metadata": _Metadata(),
        "model": _Choice(MODELS),
        "endpointing": _Number(0.01, 10),
        "maximum_duration_without_endpointing": _Number(5, 60),
        "language_config": _Object({"languages": _ListOf(_LANGUAGE), "code_switching": _Flag()}),
        "pre_processing": _Object({"audio_enhancer": _Flag(), "speech_threshold": _FRACTION}),
        "realtime_processing": _Object(
            {
                "custom_vocabulary": _Flag(),
                "custom_vocabulary_config": _VOCABULARY,
                "custom_spelling": _Flag(),
                "custom_spelling_config": _Object(
                    {"spelling_dictionary": _MapOf(_ListOf(_Text()))}, required=("spelling_dictionary",)
                ),
                "translation": _Flag(),
                "translation_config": _TRANSLATION,
                "named_entity_recognition": _Flag(),
                "sentiment_analysis": _Flag(),
                # Retired, and still sent in every session by a widespread client.
                "words_accurate_timestamps": _Flag(),
            }
        ),
        "post_processing": _Object(
            {
                "summarization": _Flag(),
                "summarization_config": _Object({"type": _Choice(("general", "bullet_points", "concise"))}),
                # Deprecated and ignored, but still in the service's own document.
                "chapterization": _Flag(),
            }
        ),
        "messages_config": _Object(_RECEIVE),
        "callback": _Flag(),
        "callback_config": _Object({"url": _Address(), **_RECEIVE}),
        "numerals": _Flag(),
    }
)
