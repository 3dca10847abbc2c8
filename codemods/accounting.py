"""Where each reference to the old vendor ended: the check that nothing was forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from codemods.findings import CARRIED_BY_SHIM, Level
from codemods.lines import earlier_lines
from codemods.outcome import Migration
from codemods.references import Reference, Sort, references_in
from codemods.rules.sweep import words_of
from codemods.todos import has_todo_above
from shim.mapping.row import Vendor


class Ending(StrEnum):
    """How a reference to the old vendor can end."""

    REWRITTEN = "rewritten"
    REWRITTEN_WITH_CAVEAT = "rewritten with a caveat"
    LEFT = "left to a person"
    SKIPPED = "skipped with a reason"
    FORGOTTEN = "forgotten"
    """None of the four: an error of the migration."""


@dataclass(frozen=True, slots=True)
class Account:
    """One reference and where it ended."""

    reference: Reference
    ending: Ending


def accounts(before: str, migration: Migration, to: Vendor) -> list[Account]:
    """Each reference to the old vendor in a program, and where it ended."""
    words = words_of(to.other)
    references = references_in(before, to.other, words)
    if not migration.changed:
        return [Account(one, _ending_untouched(migration)) for one in references if one.sort is not Sort.WORD]
    earlier = earlier_lines(before, migration.code)
    rewritten = Ending.REWRITTEN
    if any(finding.level is Level.CAVEAT for finding in migration.findings):
        rewritten = Ending.REWRITTEN_WITH_CAVEAT
    remaining = {
        Reference(earlier(one.line), one.sort, one.text): one.line
        for one in references_in(migration.code, to.other, words)
    }
    found = [Account(one, rewritten) for one in references if one not in remaining]
    found.extend(Account(one, _ending_of_what_stays(one.line, line, migration)) for one, line in remaining.items())
    return found


def _ending_untouched(migration: Migration) -> Ending:
    levels = {finding.level for finding in migration.findings}
    if Level.SKIPPED in levels:
        return Ending.SKIPPED
    if Level.MANUAL in levels:
        return Ending.LEFT
    if Level.INFORMATION in levels:
        return Ending.SKIPPED
    return Ending.SKIPPED if migration.hidden else Ending.FORGOTTEN


def _ending_of_what_stays(before: int, after: int, migration: Migration) -> Ending:
    """The ending of a reference that stands in a line of the old code and in one of the new."""
    if any(finding.kind is CARRIED_BY_SHIM for finding in migration.findings):
        return Ending.SKIPPED
    here = [finding for finding in migration.findings if finding.line == before]
    if has_todo_above(migration.code, after) or any(finding.level is Level.MANUAL for finding in here):
        return Ending.LEFT
    return Ending.SKIPPED if here or any(one.line == before for one in migration.hidden) else Ending.FORGOTTEN
