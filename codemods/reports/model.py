"""What a report says, as plain data made from a run; the other modules of this package only render it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import shim
from codemods.files import FileMigration
from codemods.findings import Finding
from codemods.migrate_result import MigrateResult, next_steps
from codemods.migration import target_named
from codemods.reports.secrets import HIDDEN, Secrets, secrets_in
from codemods.tally import Outcome, Tally, outcome_of


@dataclass(frozen=True, slots=True)
class FindingReport:
    """One finding. `line` counts from 1 in the file as it was, 0 stands for the whole file or a notebook's cell."""

    code: str
    level: str
    title: str
    text: str
    recipe: str
    line: int
    place: str

    @property
    def page(self) -> str:
        """Where the documentation speaks of it, from the project's root."""
        return f"docs/findings/{self.code}.md"


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines that are replaced: `before` from line `start` (from 1) are those that go, `after` those that come.

    Lines hold their newlines. `hides_key` says that a key stands in them, so that they are not what the file holds.
    """

    start: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    hides_key: bool


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file, with every key hidden. `before` and `after` are its lines with their newlines."""

    path: str
    outcome: Outcome
    is_written: bool
    findings: tuple[FindingReport, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    edits: tuple[Edit, ...]
    hides_keys: bool

    @property
    def added(self) -> int:
        """Lines that came."""
        return sum(len(edit.after) for edit in self.edits)

    @property
    def removed(self) -> int:
        """Lines that went."""
        return sum(len(edit.before) for edit in self.edits)

    def diff(self) -> str:
        """A unified diff, with every key hidden; empty where nothing changes."""
        lines = difflib.unified_diff(self.before, self.after, f"a/{self.path}", f"b/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `mode` is preview, check or write; `problems` are paths that could not be worked on."""

    version: str
    source: str
    target: str
    mode: str
    tally: Tally
    files: tuple[FileReport, ...]
    problems: tuple[str, ...]
    next_steps: tuple[str, ...]
    exit_status: int

    @property
    def summary(self) -> str:
        """The line that the command prints."""
        return self.tally.text(written=self.mode == "write")

    @property
    def hides_keys(self) -> bool:
        """Whether a key was hidden anywhere."""
        return any(file.hides_keys for file in self.files)


def report_of(result: MigrateResult) -> Report:
    """The report of a run."""
    request = result.request
    target = target_named(request.to)
    failed = {id(file) for file in result.not_written}
    written = {id(file) for file in result.written}
    files = tuple(
        _file(file, Outcome.NOT_WRITTEN if id(file) in failed else outcome_of(file), id(file) in written)
        for file in result.files
    )
    steps = [] if request.check or request.paths == [Path("-")] else next_steps(result)
    return Report(
        shim.__version__,
        target.other.value,
        target.value,
        "write" if request.write else "check" if request.check else "preview",
        result.tally,
        files,
        tuple(str(problem) for problem in result.problems),
        tuple(steps),
        result.status,
    )


def _file(file: FileMigration, outcome: Outcome, is_written: bool) -> FileReport:
    before, after = file.shown()
    secrets = secrets_in(before, after)
    old, new = _lines(secrets.hide(before)), _lines(secrets.hide(after))
    findings = tuple(_finding(one, secrets) for one in file.migration.findings)
    path = os.fsencode(file.path).decode("utf-8", "replace").replace(os.sep, "/")
    hides = file.secret or secrets.are_in(before) or secrets.are_in(after)
    return FileReport(path, outcome, is_written, findings, old, new, tuple(_edits(old, new, file.secret)), hides)


def _lines(text: str) -> tuple[str, ...]:
    """The lines of a text as Python counts them: at newlines alone, not at form feeds."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if "\r" in text else text.split("\n")
    return tuple([f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else []))


def _finding(finding: Finding, secrets: Secrets) -> FindingReport:
    kind = finding.kind
    line = 0 if finding.cell else finding.line
    text = secrets.hide(finding.text)
    return FindingReport(kind.code, finding.level.value, kind.title, text, kind.recipe, line, finding.place)


def _edits(before: tuple[str, ...], after: tuple[str, ...], secret: bool) -> Iterable[Edit]:
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            old, new = before[i1:i2], after[j1:j2]
            hides = secret or any(HIDDEN in line for line in (*old, *new))
            yield Edit(i1 + 1, old, new, hides)
