"""Places in messages: which one a value is, the rows of the map about it, and where it is at the other vendor's."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.values import EACH, Parsed, Step, Value
from codemods.migrating import Migrating
from codemods.rules.messages.received import Received
from shim.mapping import catalogue
from shim.mapping.paths import steps_of
from shim.mapping.row import NOTHING, Fidelity, Row, Section

ANY: Final = "*"
"""Stands for the type of a row's message that can be of any type."""
RENAMED: Final = (Fidelity.SAME, Fidelity.APPROXIMATE)
"""How faithful a message's type is where its name is written for the other's."""


class MessagePlaces:
    """What the rows say of the places in the messages that are `received`, and of the messages' types."""

    def __init__(self, migrating: Migrating, received: Received) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._received = received
        self.type_path = received.type_path

    def message(self, value: Value) -> Parsed | None:
        """The place in a message of these sessions that a value is; None where it is none, or several."""
        return self._received.message(value)

    def is_outermost(self, node: cst.CSTNode) -> bool:
        """Whether no further access goes deeper into the same message."""
        parent = self._program.parents.get(node)
        if isinstance(parent, cst.Attribute):
            # `message.get(…)`: the call is the access, the attribute only its name.
            parent = self._program.parents.get(parent)
        if isinstance(parent, (cst.Subscript, cst.Call)):
            around = self.message(self._program.value(parent))
            own = self.message(self._program.value(node))
            is_any = around is not None and around.path[-1:] == (EACH,)
            if around is None or own is None or is_any or around.origin is not own.origin:
                return True
            return around.path == own.path  # `text[:50]`, `words[-3:]`: a slice is of the same place
        return True

    def is_always_there(self, message: Parsed) -> bool:
        """Whether every message that can come here has a place."""
        rows = self.fields_below(general(message.path))
        kinds = {steps_of(one)[0] for row in rows for one in row.of(self._migrating.source)}
        return message.types is not None and message.types <= kinds

    def is_field(self, node: cst.BaseExpression) -> bool:
        """Whether an expression reads a field that a row knows."""
        message = self.message(self._program.value(node))
        return message is not None and message.path != self.type_path and self.rows_of(message) is not None

    def fields_below(self, path: tuple[Step, ...], kind: str = ANY) -> list[Row]:
        """The rows of fields that lie inside a place of messages of a type, or of any."""
        return [
            row
            for row in self._received.rows
            for one in row.of(self._migrating.source)
            if steps_of(one)[1 : len(path) + 1] == path
            and len(steps_of(one)) > len(path) + 1
            and kind in (ANY, steps_of(one)[0])
        ]

    def rows_of(self, message: Parsed) -> list[Row] | None:
        """The rows of the field at a place of a message, by the types that it can have there; None: no field."""
        path = general(message.path)
        found: list[Row] = []
        for row in self._received.rows:
            for one in row.of(self._migrating.source) if row.is_met(self._migrating.target) else ():
                kind, *field = steps_of(one)
                if tuple(field) == path and (message.types is None or kind == ANY or kind in message.types):
                    found.append(row)
        return self._fitting(found) or None

    def _fitting(self, rows: list[Row]) -> list[Row]:
        """Of several rows those of this direction: met in it, of the type that stands for theirs, as deep in lists."""
        if len(rows) < 2:
            return rows
        source, target = self._migrating.source, self._migrating.target
        found = [row for row in rows if row.way(target).conversion is not NOTHING or not row.of(target)]
        for fits in (self._is_of_type, lambda row: _depth(row.of(source)) == _depth(row.of(target))):
            found = [row for row in found if fits(row)] or found
        return found

    def _is_of_type(self, row: Row) -> bool:
        """Whether a field stands in the message that takes the place of its own."""
        source, target = self._migrating.source, self._migrating.target
        types = self.type_rows(str(steps_of(row.of(source)[0])[0]))
        return not types or row.of(target)[:1] == () or steps_of(row.of(target)[0])[0] == types[0].of(target)[0]

    def type_rows(self, name: str) -> list[Row]:
        """The rows of a message's type, those first that have a counterpart."""
        target = self._migrating.target
        found = catalogue.find(Section.SERVER, self._migrating.source, (name,))
        rows = [row for row in found if row.is_met(target)]
        return sorted(rows, key=lambda row: not row.of(target) or row.way(target).codemod not in RENAMED)

    def why_never_sent(self, name: str) -> str | None:
        """Why the other vendor never sends a message of a type; None where it does, or where no row knows the type."""
        rows = self.type_rows(name)
        target = self._migrating.target
        if not rows or (rows[0].of(target) and rows[0].way(target).codemod in RENAMED):
            return None
        return rows[0].over(target).reason

    def target_of(self, base: Parsed | None) -> tuple[Step, ...]:
        """Where the base of an access stands in the other vendor's message."""
        path = base.path if base is not None else ()
        while base is not None and path:
            here = general(path)
            if here[-1] == EACH:
                around = self.target_of(replace(base, path=path[:-1]))
                return (*around, EACH) if around else ()
            rows = self.rows_of(replace(base, path=path))
            if rows and rows[0].of(self._migrating.target):
                return steps_of(rows[0].of(self._migrating.target)[0])[1:]
            path = path[:-1]
        return ()

    def base_of(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, int]:
        """The expression that a chain of accesses starts from, and how many accesses it has."""
        steps = 0
        current = node
        while True:
            inner = accessed_in_message(current)
            here = self.message(self._program.value(current))
            is_any = here is not None and here.path[-1:] == (EACH,)  # `words[i - 1]`: what is asked for stays
            if inner is None or is_any or self.message(self._program.value(inner)) is None:
                return current, steps
            current = inner
            steps += 1


def general(path: tuple[Step, ...]) -> tuple[Step, ...]:
    """A path in which any position of a list stands for all."""
    return tuple(EACH if isinstance(step, int) else step for step in path)


def with_positions(target: tuple[Step, ...], path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The target's path with the positions that the source's path had in place of EACH."""
    positions = iter([step for step in path if isinstance(step, int)])
    return tuple(next(positions, EACH) if step == EACH else step for step in target)


def accessed_in_message(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What an access is made on, `message` of `message["data"]` or `message.get("data")`; None for other things."""
    match node:
        case cst.Subscript(value, [cst.SubscriptElement(cst.Index())]):
            return value
        case cst.Call(cst.Attribute(value, cst.Name("get" | "pop"))):
            return value
    return None


def _depth(paths: tuple[str, ...]) -> int:
    """How many lists a row's path goes into."""
    return sum(isinstance(step, int) or step == EACH for step in steps_of(paths[0])) if paths else 0
