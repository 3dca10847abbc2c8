"""Where each reference to the old vendor ended: the check that nothing was forgotten."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from codemods.findings import (
    CARRIED_BY_SHIM,
    FIELD_OF_NEITHER,
    NEITHER_SENDS,
    OTHER_API,
    OWN_WORD,
    TEST_OF_OLD,
    WAITS_FOR_ABSENT,
    Finding,
    Level,
)
from codemods.lines import earlier_lines
from codemods.outcome import Migration
from codemods.references import Reference, Sort, references_in
from codemods.rules.remains.sweep import words_of
from codemods.sdk_references import SdkReferences, sdk_references
from codemods.todos import has_todo_above, has_todo_above_function
from shim.mapping.row import Vendor

_ONLY: Final = Path("program.py")


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
    return project_accounts({_ONLY: before}, {_ONLY: migration}, to)[_ONLY]


def project_accounts(
    before: Mapping[Path, str], migrations: Mapping[Path, Migration], to: Vendor
) -> dict[Path, list[Account]]:
    """Each reference to the old vendor in the files of a project, and where it ended.

    They are followed together: what stays in one file may be made in another, and is no less accounted for.
    """
    changed = any(one.changed for one in migrations.values())
    of_sdk = sdk_references(before, to.other)
    left = sdk_references({path: one.code for path, one in migrations.items()}, to.other) if changed else of_sdk
    return {path: _accounts(text, migrations[path], of_sdk[path], left[path], to) for path, text in before.items()}


def _accounts(
    before: str, migration: Migration, of_sdk: SdkReferences, left: SdkReferences, to: Vendor
) -> list[Account]:
    words = words_of(to.other)
    references = [*references_in(before, to.other, words), *of_sdk.names]
    if not migration.changed:
        return [Account(one, _ending_untouched(migration)) for one in references if one.sort is not Sort.WORD]
    references += of_sdk.members
    earlier = earlier_lines(before, migration.code)
    rewritten = Ending.REWRITTEN
    if any(finding.level is Level.CAVEAT for finding in migration.findings):
        rewritten = Ending.REWRITTEN_WITH_CAVEAT
    remaining = {
        Reference(earlier(one.line), one.sort, one.text): one
        for one in (*references_in(migration.code, to.other, words), *left.names, *left.members)
    }
    found = [Account(one, rewritten) for one in references if one not in remaining]
    for one, there in remaining.items():
        ending = _ending_of_what_stays(one, there.line, before, migration)
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


def _ending_of_what_stays(before: Reference, after: int, text: str, migration: Migration) -> Ending:
    """The ending of a reference that is at its line in the old code `text`, and in a line of the new."""
    if any(finding.kind is CARRIED_BY_SHIM for finding in migration.findings):
        return Ending.SKIPPED
    if any(finding.kind in (NEITHER_SENDS, WAITS_FOR_ABSENT) for finding in _of_branches(migration, text, before.line)):
        return Ending.SKIPPED  # what is done about a message that never comes is spoken of where it is tested
    here = [finding for finding in migration.findings if finding.line == before.line]
    if has_todo_above(migration.code, after) or _is_of_noted_test(migration, after):
        return Ending.LEFT
    if any(finding.level is Level.MANUAL for finding in here):
        return Ending.LEFT
    hidden = any(one.line == before.line for one in migration.hidden)
    return Ending.SKIPPED if hidden or any(_speaks_of(one, before) for one in here) else Ending.FORGOTTEN


def _of_branches(migration: Migration, code: str, line: int) -> list[Finding]:
    """What is said of the tests of the branches that a line of the old code stands in."""
    tested: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.If, ast.match_case)) and node.body[0].lineno <= line <= (
            node.body[-1].end_lineno or 0
        ):
            head = node.test if isinstance(node, ast.If) else node.pattern
            tested.update(range(head.lineno, (head.end_lineno or head.lineno) + 1))
    return [finding for finding in migration.findings if finding.line in tested]


def _is_of_noted_test(migration: Migration, line: int) -> bool:
    """Whether a line stands in a test that has a TODO: that is one for all of the test."""
    is_test = any(finding.kind is TEST_OF_OLD for finding in migration.findings)
    return is_test and has_todo_above_function(migration.code, line)


def _speaks_of(finding: Finding, reference: Reference) -> bool:
    """Whether what is merely said at a line is about this reference in it, and not about something else.

    That a name of the SDK is still there is said of every such name, so it is no reason for one.
    """
    if finding.kind in (OTHER_API, OWN_WORD, FIELD_OF_NEITHER):
        return True
    is_of_sdk = reference.sort in (Sort.NAME, Sort.MEMBER)
    return not is_of_sdk and reference.text.lower() in finding.text.lower()
