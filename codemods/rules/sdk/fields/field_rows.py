"""Which row of the map a place inside an SDK's message or event belongs to, and where it stands in the other one's."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from codemods.analysis.values import EACH, Parsed, Step
from codemods.migrating import Migrating
from shim.mapping import assemblyai_v2, assemblyai_v2_sdk, catalogue, sdk
from shim.mapping.paths import steps_of
from shim.mapping.row import NOTHING, Fidelity, Row, Section, Vendor

_FIELD_ROWS: Final = (sdk.BEGIN_ID, sdk.EXPIRES_AT, sdk.ENDED_CODE)
_OLD_FIELD_ROWS: Final = (
    assemblyai_v2_sdk.CREATED,
    assemblyai_v2_sdk.EXPIRES_AT,
    assemblyai_v2.SESSION_ID,
    *assemblyai_v2.FIELDS,
)
_OLD_TYPES: Final = frozenset(row.assemblyai[0] for row in assemblyai_v2.TYPES)
"""The types of message of AssemblyAI's API before v3, whose fields have rows of their own."""

TARGET_TYPES: Final[dict[Vendor, dict[str, str]]] = {
    Vendor.GLADIA: {
        "Begin": "init",
        "Turn": "transcript",
        "Termination": "post_final_transcript",
        "SpeechStarted": "speech_start",
        **{row.assemblyai[0]: row.gladia[0] for row in (assemblyai_v2.PARTIAL, assemblyai_v2.FINAL)},
        assemblyai_v2.BEGINS.assemblyai[0]: "init",
    },
    Vendor.ASSEMBLYAI: {
        "init": "Begin",
        "connected": "Begin",
        "transcript": "Turn",
        "post_final_transcript": "Termination",
        "post_transcript": "Termination",
        "end_recording": "Termination",
        "speech_start": "SpeechStarted",
        "ended": "Termination",
    },
}
"""What a type of message becomes, by the vendor it becomes one of."""


class FieldRows:
    """Finds the rows of fields, for one direction."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._target = migrating.target

    def leads(self, message: Parsed) -> bool:
        """Whether fields lie inside this place."""
        rows = _OLD_FIELD_ROWS if _is_old(message) else self._rows()
        return any(
            len(steps) > len(message.path) + 1 and general(steps[1 : len(message.path) + 1]) == general(message.path)
            for row in rows
            for steps in map(steps_of, row.of(self._migrating.source))
        )

    def _rows(self) -> tuple[Row, ...]:
        return (*catalogue.rows(Section.SERVER), *_FIELD_ROWS)

    def is_leaf(self, message: Parsed) -> bool:
        """Whether a place is a field that has none inside."""
        return self.row_of(message, whole=True) is not None and not self.leads(message)

    def row_of(self, message: Parsed, *, whole: bool = False) -> Row | None:
        """The row of the field at a place of a message, by the types it can have there.

        `whole`: whether the place is read from the message itself, so that it may lie elsewhere in the other one.
        """
        if _is_old(message):
            return self._row_among(_OLD_FIELD_ROWS, message, whole)
        return self._row_among(_FIELD_ROWS, message, whole) or self._row_among(
            catalogue.rows(Section.SERVER), message, whole
        )

    def _row_among(self, rows: tuple[Row, ...], message: Parsed, whole: bool) -> Row | None:
        exact: list[Row] = []
        elsewhere: list[Row] = []
        for row in rows:
            way = row.way(self._target)
            if way.conversion is NOTHING and way.codemod is Fidelity.SAME:
                # Programs of this vendor do not hold what the row is about.
                continue
            for path in row.of(self._migrating.source):
                kind, *steps = steps_of(path)
                if message.types is not None and kind != "*" and kind not in message.types:
                    continue
                if not self._joins(row, str(kind)):
                    continue
                if whole and tuple(steps) == message.path:
                    exact.append(row)
                elif tuple(steps) == general(message.path) and self._same_depth(row, steps):
                    elsewhere.append(row)
        found = exact or elsewhere
        targets = {self.steps(row) for row in found}
        return found[0] if found and len(targets) == 1 else None

    def _joins(self, row: Row, kind: str) -> bool:
        targets = row.of(self._target)
        wanted = TARGET_TYPES[self._target].get(kind)
        return not targets or wanted is None or str(steps_of(targets[0])[0]) in (wanted, "*")

    def _same_depth(self, row: Row, steps: list[Step]) -> bool:
        """A field of each element is not one of the whole, such as the mean of the words' confidences."""
        targets = row.of(self._target)
        return not targets or steps.count(EACH) == steps_of(targets[0]).count(EACH)

    def steps(self, row: Row) -> tuple[Step, ...]:
        """Where a row's field stands inside the other vendor's message."""
        targets = row.of(self._target)
        return steps_of(targets[0])[1:] if targets else ()

    def target_of(self, base: Parsed | None) -> tuple[Step, ...]:
        """Where the base of an access stands in the other vendor's message."""
        path = base.path if base is not None else ()
        while base is not None and path:
            if isinstance(path[-1], int) or path[-1] == EACH:
                return (*self.target_of(replace(base, path=path[:-1])), EACH)
            row = self.row_of(replace(base, path=path), whole=True)
            if row is not None and row.of(self._target):
                return with_positions(self.steps(row), path)
            path = path[:-1]
        return ()


def _is_old(message: Parsed) -> bool:
    """Whether a message is one of the API before v3."""
    return bool(message.types) and message.types is not None and message.types <= _OLD_TYPES


def general(path: tuple[Step, ...]) -> tuple[Step, ...]:
    """A path with EACH in place of positions."""
    return tuple(EACH if isinstance(step, int) else step for step in path)


def with_positions(target: tuple[Step, ...], path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The target's path with the positions that the source's path had in place of EACH."""
    positions = iter([step for step in path if isinstance(step, int)])
    return tuple(next(positions, EACH) if step == EACH else step for step in target)
