"""What an AssemblyAI session asks for, as the body of Gladia's POST; and how its refusal is said to the client."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from shim.audio import AudioFormat, SampleFormat
from shim.faces import assemblyai as face
from shim.faces import gladia as gladia_face
from shim.faces.assemblyai_parameters import invalid
from shim.mapping import assemblyai_parameters as own_rows
from shim.mapping import catalogue, ends, languages, parameters
from shim.mapping.on_absent import Handling, OnAbsent, way_out
from shim.mapping.row import EndRow, Row, Section, Vendor
from shim.mapping.translation import translate_parameters
from shim.wire import gladia

_MESSAGES: Final = {
    parameters.PARTIALS.gladia[0].partition(".")[0]: msgspec.to_builtins(
        gladia.MessagesConfig(
            receive_partial_transcripts=True,
            receive_lifecycle_events=True,
            receive_post_processing_events=False,
        )
    )
}
"""Always asked for: the bridge needs the partials of a turn that is forced to end, the acknowledgements to send again
what was lost, and the lifecycle for the end."""


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a client's query asks for, and what Gladia is asked for in its place.

    `missing` are the parameters that a listener would miss and Gladia lacks, `hints` those that nobody misses, or is to
    be told of. `absent` are the names of all that a listener would miss.
    """

    parameters: face.SessionParameters
    audio: AudioFormat
    upstream_audio: AudioFormat
    body: dict[str, Any]
    missing: tuple[str, ...]
    hints: tuple[str, ...]
    absent: frozenset[str]


def read_request(query: Iterable[tuple[str, str]], on_absent: OnAbsent, served: Collection[Row] = ()) -> AskedFor:
    """Reads a client's query (names and values, decoded). Raises `Refusal` (3006) in AssemblyAI's words.

    `served`: what the gateway does itself.
    """
    asked = face.read_parameters(_with_names_of_today(query))
    encoding = parameters.ENCODING.assemblyai[0]
    audio = face.audio_format(asked)
    if audio is None:
        raise invalid(
            encoding, f"Value error, {asked.encoding} is not possible over Gladia, send pcm_s16le or pcm_mulaw"
        )
    translated = translate_parameters(asked.given, Vendor.GLADIA)
    unserved = [row for row in translated.unserved if row not in (*own_rows.REFUSED[1:], *served)]
    absent = [(row.assemblyai[0], row) for row in unserved]
    absent += [(name, parameters.LANGUAGES) for name in _unknown_languages(asked.given)]
    for name, row in absent:
        if on_absent.of(row) is Handling.STRICT:
            reason = row.over(Vendor.GLADIA).reason if row is not parameters.LANGUAGES else "Gladia does not know it"
            raise invalid(name, f"Value error, {reason} ({way_out(row)})")
    hints = [row.assemblyai[0] for row in own_rows.HINTS if row.assemblyai[0] in asked.given]
    upstream_audio = upstream_format(audio)
    return AskedFor(
        asked,
        audio,
        upstream_audio,
        {**translated.values, **_body_of(upstream_audio), **_MESSAGES},
        missing=_handled(absent, on_absent, Handling.WARN),
        hints=(*hints, *_handled(absent, on_absent, Handling.IGNORE)),
        absent=frozenset(name for name, _row in absent),
    )


def _handled(absent: Iterable[tuple[str, Row]], on_absent: OnAbsent, handling: Handling) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name, row in absent if on_absent.of(row) is handling))


def in_effect(asked: face.SessionParameters, absent: frozenset[str]) -> face.SessionParameters:
    """The parameters as `Begin` is to echo them: what has no effect is not there."""
    given = {name: value for name, value in asked.given.items() if name not in absent}
    return replace(asked, speaker_labels=bool(given.get("speaker_labels", False)), given=given)


def _unknown_languages(given: Mapping[str, Any]) -> list[str]:
    """The languages asked for that Gladia does not know and has no neighbour for."""
    name = parameters.LANGUAGES.assemblyai[0]
    codes = own_rows.read(given).get(name) or []
    return [f"{name} {code}" for code in codes if code != "multi" and not languages.gladia_languages([code], None)]


def upstream_format(audio: AudioFormat) -> AudioFormat:
    """What Gladia gets of a client's audio: the same, or else 16-bit samples at the next higher rate that it takes."""
    if audio.sample_rate in gladia_face.SAMPLE_RATES:
        return audio
    higher = [rate for rate in gladia_face.SAMPLE_RATES if rate > audio.sample_rate]
    return AudioFormat(SampleFormat.S16, min(higher, default=max(gladia_face.SAMPLE_RATES)))


def _body_of(audio: AudioFormat) -> dict[str, Any]:
    """How Gladia is told of the audio that it gets."""
    encoding = "pcm_mulaw" if audio.sample_format is SampleFormat.MULAW else "pcm_s16le"
    values: tuple[str, int] = parameters.ENCODING.live(Vendor.GLADIA, encoding)
    rate: int = parameters.SAMPLE_RATE.live(Vendor.GLADIA, audio.sample_rate)
    return {**dict(zip(parameters.ENCODING.gladia, values, strict=True)), parameters.SAMPLE_RATE.gladia[0]: rate}


def lost_in_update(
    before: Mapping[str, Any], after: Mapping[str, Any], on_absent: OnAbsent
) -> tuple[list[str], list[str]]:
    """The parameters that an update changes and that Gladia cannot change in mid session: the missed, and the hints.

    `before` and `after` are the values given so far, under today's names. Raises `Refusal` (3006) where the policy lets
    no session lack one.
    """
    missed: list[str] = []
    hints: list[str] = []
    for name, value in after.items():
        if name in before and before[name] == value:
            continue
        for row in catalogue.find(Section.PARAMETER, Vendor.ASSEMBLYAI, (name,)):
            if row is own_rows.FORMAT_TURNS or row in own_rows.KEPT_BY_SHIM:
                continue
            handling = on_absent.of(row)
            if row in own_rows.HINTS or handling is Handling.IGNORE:
                hints.append(name)
            elif handling is Handling.WARN:
                missed.append(name)
            else:
                raise invalid(name, f"Value error, it cannot change in a session over Gladia ({way_out(row)})")
    return missed, hints


def refusal_of_answer(status: int, body: bytes) -> tuple[EndRow, face.Refusal]:
    """The end that Gladia's refusal of a session means, and its words for the client."""
    row = ends.end_of_gladia_status(status)
    complaint = _complaint(body)
    if row is ends.BAD_KEY:
        text = face.INVALID_KEY if status == ends.BAD_KEY.http_status else f"Unauthorized Connection: {complaint}"
        return row, face.Refusal(row.assemblyai_close, text)
    if row is ends.TOO_MANY:
        return row, face.too_many_sessions()
    if row is ends.BAD_PARAMETER:
        return row, face.Refusal(row.assemblyai_close, f"User Input Validation Error: {complaint}")
    return row, face.server_fault()


def refusal_of_close(code: int) -> tuple[EndRow, face.Refusal]:
    """The end that a close of Gladia's in mid session means, and its words for the client."""
    row = ends.end_of_gladia_close(code)
    if row is ends.EXPIRED:
        return row, face.session_expired()
    return (row if row.assemblyai_close == face.server_fault().code else ends.LOST), face.server_fault()


def _complaint(body: bytes) -> str:
    """What a refusal of Gladia's says is wrong."""
    try:
        refusal = msgspec.json.decode(body, type=gladia.ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "the service that does the work refused the session"
    errors = refusal.validation_errors
    return "; ".join(errors) if errors else refusal.message


def _with_names_of_today(query: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The query with older and wrongly given names read as those that the service knows."""
    pairs = list(query)
    given = {name for name, _text in pairs}
    read: list[tuple[str, str]] = []
    for name, text in pairs:
        today = own_rows.read_name(name)
        if today != name and today in given:
            continue
        for row in catalogue.find(Section.PARAMETER, Vendor.ASSEMBLYAI, (name if today != name else f"{name}={text}",)):
            row.over(Vendor.GLADIA)
        value = own_rows.read_value(name, text if today == name else _number(text))
        text = value if isinstance(value, str) else json.dumps(value)
        if today == parameters.VOCABULARY.assemblyai[0]:
            text = _json_list(text)
        read.append((today, text))
    return read


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _json_list(text: str) -> str:
    """A list as the older SDKs write it, Python's own way, as JSON; anything else unchanged."""
    try:
        json.loads(text)
    except ValueError:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
        return json.dumps(value) if isinstance(value, list) else text
    return text
