"""What sessions receive: whose frames, the rows of the map about their messages, and where these say their type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import libcst as cst

from codemods.analysis.values import DictDisplay, Frame, Known, Parsed, Sequence, Step, Value, something
from shim.mapping import catalogue
from shim.mapping.row import Row, Section

TYPE: Final[tuple[Step, ...]] = ("type",)
"""The field that says a message's type, of either vendor's."""
_TYPES: Final = frozenset(
    name for row in catalogue.rows(Section.SERVER) for name in (*row.gladia, *row.assemblyai) if "." not in name
)
_IN_LOWER_CASE: Final = {name.lower(): name for name in _TYPES}


@dataclass(frozen=True, slots=True)
class Received:
    """What the sessions receive that `connects` open: the calls that open their sockets.

    `rows` are those of what they receive, `type_path` is the field of a message that says its type, and `any_types`
    are the types that rows without a type of their own are about, where that is not all of them.
    """

    connects: frozenset[cst.Call]
    rows: tuple[Row, ...]
    type_path: tuple[Step, ...] = TYPE
    any_types: frozenset[str] = frozenset()

    def message(self, value: Value) -> Parsed | None:
        """The place in a message of these sessions that a value is; None where it is none, or several."""
        return message_of(value, self.connects)


def message_of(value: Value, connects: frozenset[cst.Call]) -> Parsed | None:
    """The place inside a server message of these sessions that a value is, where it is one and only one."""
    found = [
        one
        for one in something(value)
        if isinstance(one, Parsed) and isinstance(one.document, Frame) and one.document.connect in connects
    ]
    if not found or len(found) != len(something(value)) - len(_empty(value)) - len(_defaults(value, found[0])):
        return None
    if any(one.path != found[0].path for one in found):
        return None
    types = [one.types for one in found]
    known = [one for one in types if one is not None]
    merged = frozenset(map(_as_sent, frozenset().union(*known))) if len(known) == len(types) else None
    return replace(found[0], types=merged)


def _as_sent(kind: str) -> str:
    """A type as it is sent, where a program asks for it in lower case."""
    return kind if kind in _TYPES else _IN_LOWER_CASE.get(kind, kind)


def _defaults(value: Value, message: Parsed) -> list[Value]:
    """Constants that take the place of a field that is not there; a type's, if it is one, is tested for like a type."""
    constants = [one for one in something(value) if isinstance(one, Known)]
    return [one for one in constants if message.path[-1:] != TYPE or one.value == ""]


def _empty(value: Value) -> list[Value]:
    """Alternatives that hold nothing, such as the `{}` of `message.get("data") or {}`."""
    return [
        one
        for one in something(value)
        if isinstance(one, (DictDisplay, Sequence)) and not getattr(one.site, "elements", True)
    ]
