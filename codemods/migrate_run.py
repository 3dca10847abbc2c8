"""One run of `sttbridge migrate`: preview, check or write."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codemods.files import FileMigration, find_files, in_git, migrate_files, replace_file, uncommitted
from codemods.findings import Level
from codemods.migration import target_named
from codemods.preview import counted, diff, shown_findings, summary
from shim.errors import BridgeError

NOTHING_LEFT, SOMETHING_LEFT, COULD_NOT_WORK = 0, 1, 2


@dataclass(frozen=True, slots=True)
class MigrateRequest:
    """What the user asked for."""

    paths: Sequence[Path]
    to: str
    write: bool = False
    check: bool = False
    force: bool = False
    keep_turns: bool = False
    verify: bool = False


def run_migrate(request: MigrateRequest) -> int:
    """Does what was asked for, printing as it goes; gives the exit status.

    Raises BridgeError for what cannot be asked: an unknown vendor, a path that is not there, files with
    uncommitted changes. Nothing is written then.
    """
    target_named(request.to)
    if request.write and request.check:
        raise BridgeError("--write and --check exclude one another", "use one of them")
    paths = find_files(request.paths)
    with _progress(len(paths)) as advance:
        files = list(migrate_files(paths, request.to, keep_turns=request.keep_turns, done_with=advance))
    changing = [file for file in files if file.changes]
    if not request.check:
        for file in changing:
            print(diff(file.path, *_texts(file)), end="")
    findings = "" if request.check else shown_findings(files)
    if findings:
        print(f"\n{findings}" if changing else findings)
    status = _status(files, request)
    dirty = set(uncommitted(file.path for file in changing)) if request.write else set()
    if request.write:
        _write(changing, dirty, request)
    if findings or (changing and not request.check):
        print()
    print(summary(files, len(paths), written=request.write))
    _print_next_step(changing, dirty, request)
    if request.verify and changing:
        status = max(status, _verify(changing, request))
    return status


def _texts(file: FileMigration) -> tuple[str, str]:
    return file.content.decode("utf-8", "replace"), file.result.decode("utf-8", "replace")


def _status(files: list[FileMigration], request: MigrateRequest) -> int:
    if any(finding.level is Level.SKIPPED for file in files for finding in file.migration.findings):
        return COULD_NOT_WORK
    unfinished = any(file.migration.unfinished for file in files)
    pending = not request.write and any(file.changes for file in files)
    return SOMETHING_LEFT if unfinished or pending else NOTHING_LEFT


def _write(changing: list[FileMigration], dirty: set[Path], request: MigrateRequest) -> None:
    if dirty and not request.force:
        names = ", ".join(sorted(str(path) for path in dirty))
        raise BridgeError(
            f"{counted(len(dirty), 'file')} with uncommitted changes: {names}; nothing was written",
            "commit or stash them, or use --force",
        )
    for file in changing:
        replace_file(file)


def _print_next_step(changing: list[FileMigration], dirty: set[Path], request: MigrateRequest) -> None:
    if not changing or request.check:
        return
    if request.write:
        names = " ".join(
            shlex.quote(str(file.path)) for file in changing if file.path not in dirty and in_git(file.path)
        )
        if names:
            print(f"To undo: git checkout -- {names}")
    else:
        paths = " ".join(shlex.quote(str(path)) for path in request.paths)
        print(f"Nothing was written. To apply: sttbridge migrate {paths} --to {request.to} --write")


def _verify(changing: list[FileMigration], request: MigrateRequest) -> int:
    """Runs each migrated program before and after, and says whether they agree."""
    import tempfile

    from codemods.verify.report import announcement, report
    from codemods.verify.verification import verify_pair

    print(f"\n{announcement([file.path for file in changing])}")
    status = NOTHING_LEFT
    for file in changing:
        folder = file.path.resolve().parent
        with tempfile.TemporaryDirectory(dir=folder, prefix=".sttbridge-") as scratch:
            before, after = (Path(scratch) / part / file.path.name for part in ("before", "after"))
            before.parent.mkdir()
            after.parent.mkdir()
            before.write_bytes(file.content)
            after.write_bytes(file.result)
            found = verify_pair(before, after)
        print(f"\n{file.path}\n{report(found.runs, found.differences)}")
        status = status if found.agree else SOMETHING_LEFT
    return status


@contextmanager
def _progress(files: int) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal, when there is enough to wait for."""
    if files < 50 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("Migrating"), MofNCompleteColumn(), TextColumn("files"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=files)
        yield lambda: progress.advance(task)
