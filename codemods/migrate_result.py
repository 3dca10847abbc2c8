"""What a run of `sttbridge migrate` was asked for and what became of it: its exit status, what waits, what to type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codemods.commands import migrate_command, undo_commands
from codemods.files import FileMigration
from codemods.findings import Level
from codemods.migration import Options
from codemods.programs import Effort
from codemods.tally import Outcome, Tally, counted, outcome_of, tally
from shim.errors import BridgeError

_MANY = 3
"""Files that change, from which on a page is easier to read than a terminal."""

_NAMED = 8
"""How many files that wait for others are named."""

NOTHING_LEFT, SOMETHING_LEFT, COULD_NOT_WORK, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True)
class MigrateRequest:
    """What the user asked for. `given` are the options as they were typed, for the commands to type next."""

    paths: Sequence[Path]
    to: str
    write: bool = False
    check: bool = False
    force: bool = False
    verify: bool = False
    options: Options = field(default_factory=Options)
    effort: Effort = field(default_factory=Effort)
    reports: Sequence[Path] = ()
    left_out: Callable[[Path], bool] = lambda path: False
    given: Sequence[str] = ()


@dataclass(slots=True)
class MigrateResult:
    """What a run found and did. `files` are those that change or have findings, `searched` counts all."""

    request: MigrateRequest
    files: list[FileMigration]
    searched: int
    problems: list[BridgeError]
    written: list[FileMigration] = field(default_factory=list)
    not_written: list[FileMigration] = field(default_factory=list)
    saved: set[Path] = field(default_factory=set)
    """The files whose state before git has."""
    interrupted: bool = False
    following: list[Path] = field(default_factory=list)
    """The files around the programs that would change, or be spoken of, if those with a caveat were written, too."""

    @property
    def tally(self) -> Tally:
        """How many files of each outcome there are."""
        return tally(self.files, self.searched, self.not_written)

    @property
    def status(self) -> int:
        """The exit status that design and manual promise."""
        if self.interrupted:
            return INTERRUPTED
        findings = [one for file in self.files for one in file.migration.findings]
        if self.problems or any(one.level is Level.SKIPPED for one in findings):
            return COULD_NOT_WORK
        pending = any(file.changes and file not in self.written for file in self.files)
        return SOMETHING_LEFT if pending or any(one.needs_a_person for one in findings) else NOTHING_LEFT


def pending(result: MigrateResult) -> list[str]:
    """The files that `--check` is not content with, a line each: what would become of them, and the findings' codes."""
    lines = []
    for file in result.files:
        codes = sorted({one.kind.code for one in file.migration.findings if one.needs_a_person})
        if file.changes or codes:
            became = "to migrate" if outcome_of(file) is Outcome.MIGRATED else outcome_of(file).value
            why = f" ({', '.join(codes)})" if codes else ""
            lines.append(f"{file.path}: {became}{why}")
    return lines


def next_steps(result: MigrateResult) -> list[str]:
    """What to type next, a line each."""
    request = result.request
    lines = []
    waiting = [file for file in result.files if outcome_of(file) is Outcome.UNSAFE]
    ready = [file for file in result.files if file.is_written]
    if request.write:
        lines += [
            f"To undo: {command}"
            for command in undo_commands(file.path for file in result.written if file.path in result.saved)
        ]
        unsaved = sum(file.path not in result.saved for file in result.written)
        if unsaved:
            lines.append(f"{counted(unsaved, 'written file')} cannot be undone: git did not have what was there.")
    elif ready:
        command = migrate_command(request.paths, request.given, "--write")
        lines.append(f"Nothing was written. To apply: {command}")
    if waiting and not request.options.unsafe:
        command = migrate_command(request.paths, request.given, "--unsafe", "--write")
        lead = "Nothing was written. " if not ready and not request.write else ""
        lines.append(f"{lead}{counted(len(waiting), 'file')} with a caveat; to apply: {command}")
        if result.following:
            verb = "waits" if len(result.following) == 1 else "wait"
            names = ", ".join(str(path) for path in result.following[:_NAMED])
            names += f" and {len(result.following) - _NAMED} more" if len(result.following) > _NAMED else ""
            lines.append(
                f"{counted(len(result.following), 'more file')} {verb} for them, not shown yet (with --unsafe): {names}"
            )
    changing = sum(file.changes for file in result.files)
    if changing > _MANY and not request.reports and not request.write:
        command = migrate_command(request.paths, request.given, "--report", "report.html")
        lines.append(f"As a page, side by side: {command}")
    worst = _worst_code(result)
    if worst:
        lines.append(f"What a code means: sttbridge explain {worst}")
    return lines


def is_command(step: str) -> bool:
    """Whether a step ends with a command to type."""
    return step.rpartition(": ")[2].startswith(("sttbridge ", "git "))


def _worst_code(result: MigrateResult) -> str:
    """The code of a finding that needs a person, those that are left to do first; empty where there is none."""
    order = (Level.MANUAL, Level.CAVEAT, Level.SKIPPED)
    findings = [one for file in result.files for one in file.migration.findings if one.needs_a_person]
    return min(findings, key=lambda one: order.index(one.level)).kind.code if findings else ""
