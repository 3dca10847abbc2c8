"""Rows at work on live values: a session's parameters, and the messages of a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shim.mapping import assemblyai_parameters, catalogue, parameters
from shim.mapping.paths import EACH, Step, reader, steps_of, write
from shim.mapping.row import ABSENT, Row, Section, Vendor

_UNSERVED = (*parameters.UNSERVED, *assemblyai_parameters.MISSED, *assemblyai_parameters.REFUSED)


@dataclass(frozen=True, slots=True)
class TranslatedParameters:
    """A session's parameters for the other vendor, and the rows that could not be served."""

    values: dict[str, Any]
    unserved: tuple[Row, ...]


def translate_parameters(given: Mapping[str, Any], over: Vendor) -> TranslatedParameters:
    """Translates a session's parameters as the client gave them (nested for Gladia, flat for AssemblyAI).

    What was left out is left to the conversions, which keep the source vendor's default where the other's differs
    in what a reader of the transcripts would notice. An unserved row is one whose switch was on and for which the
    other vendor has nothing; the caller decides what to say.
    """
    source, target = over.other, over
    values: dict[str, Any] = {}
    unserved: list[Row] = []
    if source is Vendor.ASSEMBLYAI:
        given = {**given, **assemblyai_parameters.read(given)}
    for row in (*parameters.ROWS, *assemblyai_parameters.ROWS):
        way = row.way(over)
        own = row.of(source)
        paths = (*own, *way.reads)
        if not paths:
            continue
        found = [reader(steps_of(path))(given) for path in paths]
        if any(value is not ABSENT for value in found[: len(own)]):
            row.over(over)
        if row in _UNSERVED:
            if found[0] is not ABSENT and found[0]:
                unserved.append(row)
            continue
        written = row.of(target)
        if not written:
            continue
        results = way.conversion.live(*found)
        for path, result in zip(written, results if len(written) > 1 else (results,), strict=True):
            if result is not ABSENT:
                row.over(over)
                write(values, steps_of(path), result)
    return TranslatedParameters(values, tuple(unserved))


@dataclass(frozen=True, slots=True)
class _Field:
    row: Row
    read: Callable[[Any], Any]
    steps: tuple[Step, ...]
    each: list[_Field]


class MessageTranslation:
    """Translates messages of one type into one type of the other vendor, by the rows of their fields.

    Built once for a pair of types. `translate` gives nested dictionaries in the shape of the target's message; what
    the rows cannot know (ids that run on over sessions, the envelope) is written by the caller.
    """

    def __init__(self, source_type: str, target_type: str, over: Vendor) -> None:
        self._over = over
        rows = [
            row
            for row in catalogue.rows(Section.SERVER)
            if row.of(over.other) and row.of(over) and _is_field(row, source_type, target_type, over)
        ]
        if not rows:
            raise ValueError(f"no row joins {source_type} to {target_type}")
        self._fields = _fields_of(rows, over, ())

    def translate(self, message: Any) -> dict[str, Any]:
        """The target's fields for a typed message or dictionary of the source's type; ABSENT ones are left out."""
        return _translated(self._fields, message, self._over)


def _is_field(row: Row, source_type: str, target_type: str, over: Vendor) -> bool:
    # Towards `over`'s clients' vendor: the upstream is `over`, the client's vendor reads the result.
    upstream, client = steps_of(row.of(over)[0]), steps_of(row.of(over.other)[0])
    if upstream[0] != source_type or client[0] != target_type or len(client) < 2:
        return False
    # What is one value here and belongs to elements of a list there is told by the elements themselves.
    return all(isinstance(step, str) for step in client) and client.count(EACH) <= upstream.count(EACH)


def _fields_of(rows: Iterable[Row], over: Vendor, prefix: tuple[Step, ...]) -> list[_Field]:
    """Fields in the order of their rows; rows below a list that both sides have hang on the row of that list."""
    fields: list[_Field] = []
    lists: dict[tuple[tuple[Step, ...], tuple[Step, ...]], _Field] = {}
    for row in rows:
        source, target = steps_of(row.of(over)[0])[1:], steps_of(row.of(over.other)[0])[1:]
        if EACH in target:
            cut_source, cut_target = source.index(EACH), target.index(EACH)
            parent = lists[source[:cut_source], target[:cut_target]]
            parent.each.append(_Field(row, reader(source[cut_source + 1 :]), target[cut_target + 1 :], []))
            continue
        found = _Field(row, reader(source), target, [])
        lists[source, target] = found
        fields.append(found)
    return fields


def _translated(fields: list[_Field], message: Any, over: Vendor) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for field in fields:
        value = field.read(message)
        if value is ABSENT:
            continue
        if field.each:
            field.row.over(over)
            value = [_translated(field.each, element, over) for element in value]
        else:
            value = field.row.live(over, value)
        if value is not ABSENT:
            write(result, field.steps, value)
    return result
