"""What became of each file of a run, in one word, and how many there are of each: numbers that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from codemods.files import FileMigration
from codemods.findings import CARRIED_BY_SHIM, Level


class Outcome(StrEnum):
    """What became of one file: exactly one of these. The value is how it is written in a summary."""

    MIGRATED = "migrated"
    WITH_TODOS = "with TODOs"
    SHIMMED = "carried by the shim"
    UNSAFE = "waiting for --unsafe"
    LEFT = "left to you"
    NOT_WRITTEN = "not written"
    SKIPPED = "skipped"
    NOTHING = "with nothing to do"


CHANGING = (Outcome.MIGRATED, Outcome.WITH_TODOS, Outcome.SHIMMED)
"""Those whose files `--write` rewrites."""


def outcome_of(file: FileMigration) -> Outcome:
    """What became of a file, or will."""
    findings = file.migration.findings
    if any(one.level is Level.SKIPPED for one in findings):
        return Outcome.SKIPPED
    if file.changes and not file.is_written:
        return Outcome.UNSAFE
    if any(one.kind == CARRIED_BY_SHIM for one in findings):
        return Outcome.SHIMMED
    if any(one.level is Level.MANUAL or one.kind.leaves_todo for one in findings):
        return Outcome.WITH_TODOS if file.changes else Outcome.LEFT
    if file.changes:
        return Outcome.MIGRATED
    return Outcome.LEFT if any(one.needs_a_person for one in findings) else Outcome.NOTHING


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many files there were, how many of each outcome, and how many findings need a person."""

    searched: int
    outcomes: dict[Outcome, int]
    issues: int

    def text(self, *, written: bool) -> str:
        """`12 files: 9 migrated, 2 with TODOs, 1 skipped; 3 issues require attention.`"""
        parts = [
            f"{number} {'to migrate' if outcome is Outcome.MIGRATED and not written else outcome.value}"
            for outcome, number in self.outcomes.items()
        ]
        if not set(self.outcomes) - {Outcome.NOTHING}:
            parts = ["nothing to do"]
        attention = ""
        if self.issues:
            attention = f"; {counted(self.issues, 'issue')} require{'s' if self.issues == 1 else ''} attention"
        return f"{counted(self.searched, 'file')}: {', '.join(parts)}{attention}."


def tally(files: Iterable[FileMigration], searched: int, not_written: Iterable[FileMigration] = ()) -> Tally:
    """Counts the files of a run; `searched` counts those that nothing became of, too."""
    failed = {id(file) for file in not_written}
    counts: Counter[Outcome] = Counter()
    issues = 0
    for file in files:
        counts[Outcome.NOT_WRITTEN if id(file) in failed else outcome_of(file)] += 1
        issues += sum(one.needs_a_person for one in file.migration.findings)
    counts[Outcome.NOTHING] += searched - sum(counts.values())
    return Tally(searched, {outcome: counts[outcome] for outcome in Outcome if counts[outcome]}, issues)
