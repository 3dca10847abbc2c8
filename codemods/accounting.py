"""Where each reference to the old vendor ended: the check that nothing was forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from codemods.findings import CARRIED_BY_SHIM, FIELD_OF_NEITHER, OTHER_API, OWN_WORD, Finding, Level
from codemods.lines import earlier_lines
from codemods.outcome import Migration
from codemods.references import Reference, Sort, references_in
from codemods.rules.remains.sweep import words_of
from codemods.sdk_references import SdkReferences
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
    of_sdk = SdkReferences(before, to.other)
    references = [*references_in(before, to.other, words), *of_sdk.names]
    if not migration.changed:
        return [Account(one, _ending_untouched(migration)) for one in references if one.sort is not Sort.WORD]
    references += of_sdk.members
    earlier = earlier_lines(before, migration.code)
    left = SdkReferences(migration.code, to.other)
    rewritten = Ending.REWRITTEN
    if any(finding.level is Level.CAVEAT for finding in migration.findings):
        rewritten = Ending.REWRITTEN_WITH_CAVEAT
    remaining = {
        Reference(earlier(one.line), one.sort, one.text): one
        for one in (*references_in(migration.code, to.other, words), *left.names, *left.members)
    }
    found = [Account(one, rewritten) for one in references if one not in remaining]
    for one, there in remaining.items():
        ending = _ending_of_what_stays(one, there.line, migration)
        if ending is Ending.FORGOTTEN and left.is_kept(there):
            ending = Ending.SKIPPED  # the call for which it is there has a TODO
        found.append(Account(one, ending))
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


def _ending_of_what_stays(before: Reference, after: int, migration: Migration) -> Ending:
    """The ending of a reference that is at its line in the old code, and in a line of the new."""
    if any(finding.kind is CARRIED_BY_SHIM for finding in migration.findings):
        return Ending.SKIPPED
    here = [finding for finding in migration.findings if finding.line == before.line]
    if has_todo_above(migration.code, after) or any(finding.level is Level.MANUAL for finding in here):
        return Ending.LEFT
    hidden = any(one.line == before.line for one in migration.hidden)
    return Ending.SKIPPED if hidden or any(_speaks_of(one, before) for one in here) else Ending.FORGOTTEN


def _speaks_of(finding: Finding, reference: Reference) -> bool:
    """Whether what is merely said at a line is about this reference in it, and not about something else.

    That a name of the SDK is still there is said of every such name, so it is no reason for one.
    """
    if finding.kind in (OTHER_API, OWN_WORD, FIELD_OF_NEITHER):
        return True
    is_of_sdk = reference.sort in (Sort.NAME, Sort.MEMBER)
    return not is_of_sdk and reference.text.lower() in finding.text.lower()
