"""One run of `sttbridge migrate`: preview, check or write."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from codemods.directions import names_vendor
from codemods.files import FileMigration, replace_file
from codemods.git import uncommitted
from codemods.groups import programs_among
from codemods.migrate_result import (
    COULD_NOT_WORK,
    NOTHING_LEFT,
    SOMETHING_LEFT,
    MigrateRequest,
    MigrateResult,
    is_command,
    next_steps,
    pending,
)
from codemods.migration import target_named
from codemods.preview import diff, notice, shown_findings
from codemods.programs import migrate_files
from codemods.project_files import find_project_files, migrate_project_files, read_project_files
from codemods.project_files.finding_files import documents_beside, is_project_file
from codemods.project_files.loaded_configuration import with_converted_documents
from codemods.project_files.names_in_files import names_said
from codemods.reports import check_reports, is_report, write_reports
from codemods.search import is_program, search
from codemods.tally import counted
from codemods.vendor_names import VENDOR_NAMES
from shim.errors import BridgeError


def run_migrate(request: MigrateRequest) -> int:
    """Does what was asked for, printing as it goes; gives the exit status.

    Raises BridgeError for what cannot be asked: an unknown vendor, a report of no known kind, files with uncommitted
    changes. Nothing is written then. A path that is not there is said, and the others are done.
    """
    target_named(request.to)
    if request.write and request.check:
        raise BridgeError("--write and --check exclude one another", "use one of them")
    check_reports(request.reports)
    result = _migrated(request)
    for problem in result.problems:
        _complain(problem)
    if not result.searched and result.problems:
        return result.status
    result.saved = _saved(result)
    if request.check:
        for line in pending(result):
            print(line)
    else:
        _show(result)
    if request.write:
        _write(result)
    print(result.tally.text(written=request.write))
    status = result.status
    if not result.files and not result.problems:
        _wonder(result)
    if not request.check:
        for line in next_steps(result):
            # A command is one line, to be copied.
            print(line if is_command(line) else notice(line))
    for error in write_reports(result):
        _complain(error)
        status = COULD_NOT_WORK
    if request.verify and not result.interrupted:
        status = max(status, _verify(result))
    return status


def _wonder(result: MigrateResult) -> None:
    """Says so where nothing speaks to the old service, but to the new one: the direction may be a slip."""
    target = target_named(result.request.to)
    programs = search(result.request.paths, result.request.left_out, is_project_file).programs
    named = sum(path.is_file() and names_vendor(path.read_bytes(), target) for path in programs)
    if named:
        new, old = VENDOR_NAMES[target], VENDOR_NAMES[target.other]
        verb = "speaks" if named == 1 else "speak"
        print(notice(f"{counted(named, 'file')} {verb} of {new}, none of {old}; to go there: --to {target.other}"))


def _migrated(request: MigrateRequest) -> MigrateResult:
    found = search(request.paths, request.left_out, is_project_file)
    around = read_project_files(find_project_files(request.paths, request.left_out))
    beside = names_said(around)
    with _progress(len(found.programs)) as advance:
        effort = request.effort
        migrated = list(
            migrate_files(found.programs, request.to, request.options, effort=effort, done_with=advance, beside=beside)
        )
    around = {path: content for path, content in around.items() if not is_report(content)}
    others = migrate_project_files(around, migrated, request.to, request.options, beside=found.programs)
    following = _following(request, around, migrated, others, found.programs)
    documents = {**documents_beside(migrated), **around}
    migrated = with_converted_documents(migrated, documents, target_named(request.to))
    programs = [file for file in migrated if file.changes or file.migration.findings]
    searched = len(found.programs) + len(others)
    return MigrateResult(request, [*programs, *others], searched, list(found.problems), following=following)


def _following(
    request: MigrateRequest,
    around: Mapping[Path, bytes],
    migrated: Sequence[FileMigration],
    others: Sequence[FileMigration],
    beside: Sequence[Path],
) -> list[Path]:
    """The files around the programs of which more is to be said once the programs with a caveat are written, too."""
    if not any(file.changes and not file.is_written for file in migrated):
        return []
    then = migrate_project_files(around, migrated, request.to, request.options, lambda file: file.changes, beside)
    now = {file.path: (file.result, file.migration.findings) for file in others}
    return [file.path for file in then if (file.result, file.migration.findings) != now.get(file.path)]


def _complain(error: BridgeError) -> None:
    print(notice(f"sttbridge: {error}"), file=sys.stderr)


def _saved(result: MigrateResult) -> set[Path]:
    """The files to be written whose present state git has; raises BridgeError where work would be lost."""
    if not result.request.write:
        return set()
    to_write = [file.path for file in result.files if file.is_written]
    dirty = uncommitted(to_write)
    if dirty and not result.request.force:
        names = ", ".join(sorted(str(path) for path in dirty))
        raise BridgeError(
            f"{counted(len(dirty), 'file')} with uncommitted changes: {names}; nothing was written",
            "commit or stash them, or use --force",
        )
    return set(to_write) - set(dirty)


def _show(result: MigrateResult) -> None:
    changing = [file for file in result.files if file.changes]
    for file in changing:
        print(diff(file.path, *file.shown()), end="")
    findings = shown_findings(result.files)
    if findings:
        print(f"\n{findings}" if changing else findings)
    if findings or changing:
        print()


def _write(result: MigrateResult) -> None:
    """Replaces the files one by one. Ctrl+C ends it between two of them, an error in one leaves that one as it is."""
    with _interruption() as interrupted:
        for file in [one for one in result.files if one.is_written]:
            if interrupted():
                result.not_written.append(file)
                result.interrupted = True
                continue
            try:
                replace_file(file)
            except BridgeError as error:
                _complain(error)
                result.problems.append(error)
                result.not_written.append(file)
            else:
                result.written.append(file)


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Holds Ctrl+C back; the function says whether it came."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: bool(came)
        return

    def note(signal_number: int, _frame: FrameType | None) -> None:
        came.append(signal_number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGINT, before)


def _verify(result: MigrateResult) -> int:
    """Runs each program that the migration changes, before and after, and says whether they agree.

    A file that others import is not run by itself, but with the program that uses it.
    """
    from codemods.verify.report import announcement, report
    from codemods.verify.side_by_side import side_by_side
    from codemods.verify.verification import verify_pair

    changing = {file.path: (file.content, file.result) for file in result.files if file.is_written}
    changing = {path: both for path, both in changing.items() if is_program(path)}
    programs = _programs(result, changing)
    if not programs:
        if changing:
            print("\nNothing was run: none of these files can be started by itself, and none that could uses them.")
        return NOTHING_LEFT
    print(f"\n{announcement(programs)}")
    status = NOTHING_LEFT
    for program in programs:
        with side_by_side(program, changing) as (before, after):
            found = verify_pair(before, after)
        print(f"\n{program}\n{report(found.runs, found.differences)}")
        status = status if found.agree else SOMETHING_LEFT
    return status


def _programs(result: MigrateResult, changing: Mapping[Path, tuple[bytes, bytes]]) -> list[Path]:
    """The programs that use a changed file; one alone is taken for a program as it is."""
    texts: dict[Path, str] = {}
    for path in search(result.request.paths, result.request.left_out, is_project_file).programs:
        if path in changing or path.is_file():
            content = changing[path][0] if path in changing else path.read_bytes()
            texts[path] = content.decode("utf-8", "replace")
    return programs_among(texts, changing.keys(), target_named(result.request.to).other)


@contextmanager
def _progress(files: int) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal, when there is enough to wait for."""
    if files < 50 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("Migrating"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=files)
        yield lambda: progress.advance(task)
