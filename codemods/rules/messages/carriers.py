"""What carries a session's messages: a frame, a message, a part that is read further, and what holds any of them."""

from __future__ import annotations

from codemods.analysis.containers import contents, is_container, values_in
from codemods.analysis.values import (
    Awaitable,
    DictDisplay,
    Frame,
    JsonText,
    LibraryObject,
    OneOf,
    Parsed,
    Sequence,
    Step,
    Stream,
    Value,
)
from codemods.migrating import Migrating
from codemods.rules.messages.received import Received
from shim.mapping.paths import steps_of


class Carriers:
    """Says of values whether messages that are `received` are in them, and of places whether anything is read below."""

    def __init__(self, migrating: Migrating, received: Received) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._received = received

    def carries(self, value: Value, depth: int = 4) -> bool:
        """Whether a value is, or holds, a message, a part of one that is read further, or a frame."""
        if depth == 0:
            return False
        match value:
            case Frame(connect):
                return connect in self._received.connects
            case Parsed(Frame(connect)):
                return connect in self._received.connects and self.is_read_further(value)
            case OneOf(alternatives):
                return any(self.carries(one, depth - 1) for one in alternatives)
            case Stream(inner) | Awaitable(inner) | JsonText(of=inner):
                return self.carries(inner, depth - 1)
            case Sequence(site, elements) if site not in self._program.changed_sequences:
                return any(self.carries(one, depth - 1) for one in elements)
            case Sequence() | LibraryObject() if is_container(value):
                return self.carries(contents(self._program, value), depth - 1)
            case DictDisplay(site):
                return any(self.carries(one, depth - 1) for one in values_in(self._program, site))
        return False

    def is_read_further(self, message: Parsed) -> bool:
        """Whether a place of a message is its type, or holds fields; a leaf is an ordinary value."""
        return message.path in ((), self._received.type_path) or bool(self.fields_below(message))

    def fields_below(self, message: Parsed) -> set[Step]:
        """The types whose messages have fields inside this place."""
        path = tuple("[]" if isinstance(step, int) else step for step in message.path)
        return {
            steps_of(one)[0]
            for row in self._received.rows
            for one in row.of(self._migrating.source)
            if steps_of(one)[1 : len(path) + 1] == path and len(steps_of(one)) > len(path) + 1
        }

    def is_field(self, message: Parsed) -> bool:
        """Whether a place is a field that the other vendor has as it is."""
        path = tuple("[]" if isinstance(step, int) else step for step in message.path)
        target = self._migrating.target
        return any(
            steps_of(one)[1:] == path and row.of(target) and row.way(target).conversion.source == "value"
            for row in self._received.rows
            for one in row.of(self._migrating.source)
        )
