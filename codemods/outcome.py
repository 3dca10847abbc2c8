"""What becomes of a file once everything is planned: rewritten, shown only, rewritten with TODOs, or left whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.findings import REFERENCE_LEFT, TEST_OF_OLD, TODO_OPEN, VENDOR_STILL_NAMED, Finding, Level
from codemods.ignores import Ignores
from codemods.lines import earlier_lines
from codemods.migrating import Migrating
from codemods.references import references_in
from codemods.rules.names.imports import unused_imports, unused_in_functions, with_imports
from codemods.rules.names.unused_aliases import without_unused_aliases
from codemods.rules.remains.comments import with_comments
from codemods.rules.remains.sweep import traces, words_left
from codemods.todos import plan_todos, todo_text, todos_in, with_missing_todos, with_todo_at

_LONGEST_SHOWN: Final = 70
"""How much of a line a finding shows, in characters."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What became of one module. `code` is the source as it was where nothing could be done."""

    code: str
    findings: tuple[Finding, ...] = ()
    changed: bool = False
    lines: tuple[int, ...] = field(default=())
    unsafe: bool = False
    """The edits carry a caveat, and `Options.unsafe` was not given: they are to be shown, not written."""
    left_whole: bool = False
    """Something that blocks was found, whether or not a comment hides it."""
    hidden: tuple[Finding, ...] = ()
    """The findings that comments of the program hide."""

    @property
    def unfinished(self) -> bool:
        """Whether something is left for a person."""
        return any(finding.needs_a_person for finding in self.findings)


def outcome(migrating: Migrating, *, unsafe: bool) -> Migration:
    """Decides what is applied of what was planned, and applies it.

    A finding that blocks leaves the file whole: half a migration would break the program. One that leaves a TODO
    lets the rest go on. `unsafe` says whether edits with a caveat may be written.
    """
    if not _blocks(migrating) and migrating.module not in migrating.program.tests:
        words_left(migrating)
    if _blocks(migrating):
        return left_whole(migrating)
    ignores = Ignores(migrating)
    todos = plan_todos(migrating, [one for one in ignores.shown(migrating.findings) if one.kind.leaves_todo])
    edited = without_unused_aliases(migrating.module, migrating.edits.apply(migrating.module))
    code = _with_imports(migrating, edited)
    changed = code != migrating.text
    if changed:
        code = with_missing_todos(with_comments(migrating, code), migrating.text, todos)
        code = _with_references_left(code, migrating, ignores)
    every = [*migrating.findings, *_open_todos(migrating), *_traces(code, migrating)]
    findings = in_order([*ignores.shown(every), *ignores.idle()])
    has_caveat = any(finding.level is Level.CAVEAT for finding in findings)
    return Migration(
        code, findings, changed, unsafe=changed and has_caveat and not unsafe, hidden=tuple(ignores.hidden)
    )


def left_whole(migrating: Migrating) -> Migration:
    """A file that stays as it is, with what a person has to do; what was planned is not spoken of."""
    manual = [finding for finding in migrating.findings if finding.level is Level.MANUAL]
    return untouched(migrating, manual, whole=True)


def _beginning(text: str) -> str:
    """A line of code as far as a finding shows it."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1].rstrip()}…"


def untouched(migrating: Migrating, findings: list[Finding], *, whole: bool = False) -> Migration:
    """A file that nothing is applied to, with these findings and those about comments of its own."""
    ignores = Ignores(migrating)
    code = migrating.text
    every = [*findings, *_open_todos(migrating)]
    if not every:
        # A file without a session that reads the key, say, is of the program all the same.
        every = [
            Finding(VENDOR_STILL_NAMED, one.line, f"{one.sort}: {one.text}")
            for one in references_in(code, migrating.source)
        ]
    shown = in_order([*ignores.shown(every), *ignores.idle(only_unknown=whole)])
    blocked = whole or any(finding.kind.blocks for finding in findings)
    return Migration(code, shown, left_whole=blocked, hidden=tuple(ignores.hidden))


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of their lines."""
    return tuple(sorted(findings, key=lambda finding: finding.line))


def _blocks(migrating: Migrating) -> bool:
    return any(finding.kind.blocks for finding in migrating.findings)


def _with_imports(migrating: Migrating, edited: cst.Module) -> str:
    before, before_inside = unused_imports(migrating.text), unused_in_functions(migrating.text)
    before |= {migrating.name(one) for one in before}  # `from .client import GladiaClient`, for others to import
    edited = with_imports(edited, unneeded=set(), needed=migrating.needed_imports, own=migrating.own_modules())
    inside = unused_in_functions(edited.code) - before_inside
    return with_imports(edited, unneeded=unused_imports(edited.code) - before, needed=[], unneeded_inside=inside).code


def _open_todos(migrating: Migrating) -> list[Finding]:
    """The TODOs of earlier runs that nothing of this run speaks of."""
    said = {(finding.kind.code, todo_text(finding)) for finding in migrating.findings}
    return [
        Finding(TODO_OPEN, todo.line, f"{todo.code}: {todo.text}")
        for todo in todos_in(migrating.text)
        if (todo.code, todo.text) not in said
    ]


def _with_references_left(code: str, migrating: Migrating, ignores: Ignores) -> str:
    """The new code with a TODO at each use of the old vendor's address, key or package that no finding speaks of."""
    references = references_in(code, migrating.source)
    if not references:
        return code
    earlier = earlier_lines(migrating.text, code)
    spoken_of = {finding.line for finding in migrating.findings if finding.level is Level.MANUAL}
    spoken_of |= migrating.kept_lines
    for one in reversed(references):
        if earlier(one.line) in spoken_of:
            continue
        finding = Finding(REFERENCE_LEFT, earlier(one.line), f"{one.sort} {one.text}")
        migrating.findings.append(finding)
        if not ignores.hides(finding):
            code = with_todo_at(code, one.line, finding, at_element=True)
    return code


def _traces(code: str, migrating: Migrating) -> list[Finding]:
    """A finding for each token of the new code that still names the old vendor, at its line in the old code.

    What a TODO says is left out, and what a finding at the same line speaks of already.
    """
    found = list(traces(code, migrating.source))
    if not found:
        return []
    left = {finding.line for finding in migrating.findings if finding.kind is REFERENCE_LEFT}
    if any(finding.kind is TEST_OF_OLD for finding in migrating.findings):
        left |= migrating.kept_lines
    own = {line for todo in todos_in(code) for line in range(todo.line, todo.last_line + 1)}
    earlier = earlier_lines(migrating.text, code)
    return [
        Finding(
            VENDOR_STILL_NAMED,
            earlier(trace.line),
            f"{'comment' if trace.in_comment else 'code'}: {_beginning(trace.text)}",
        )
        for trace in found
        if trace.line not in own and earlier(trace.line) not in left
    ]
