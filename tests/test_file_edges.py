"""Odd files, odd places, odd moments: nothing is lost, nothing is half written, and what was left is said."""

from __future__ import annotations

import codecs
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from codemods import migrate_run
from codemods.files import FileMigration, replace_file
from codemods.migrate_result import MigrateRequest
from codemods.migrate_run import run_migrate
from codemods.programs import migrate_files
from codemods.search import search
from shim.errors import BridgeError
from tests.codemod_checks import fixture

BEFORE = fixture("gladia_microphone.py")
AFTER = fixture("assemblyai_microphone.py")
LATIN = "# -*- coding: latin-1 -*-\n# café\n"


def migrated(path: Path) -> FileMigration:
    (file,) = migrate_files([path], "assemblyai")
    return file


def run(*paths: Path, **options: object) -> int:
    request = MigrateRequest(paths, "assemblyai", write=True)
    return run_migrate(replace(request, **options))  # type: ignore[arg-type]


def mixed(text: str) -> bytes:
    """A text whose first half ends its lines as Windows does."""
    lines = text.split("\n")
    half = len(lines) // 2
    return "\r\n".join(lines[:half]).encode() + b"\r\n" + "\n".join(lines[half:]).encode()


# --- what stands in a file -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(BEFORE.replace("\n", "\r\n").encode(), AFTER.replace("\n", "\r\n").encode(), id="crlf"),
        pytest.param(
            (LATIN + BEFORE.replace("…", "...")).encode("latin-1"),
            (LATIN + AFTER.replace("…", "...")).encode("latin-1"),
            id="latin-1 with a cookie",
        ),
        pytest.param(codecs.BOM_UTF8 + BEFORE.encode(), codecs.BOM_UTF8 + AFTER.encode(), id="byte order mark"),
        pytest.param(BEFORE.replace("    ", "\t").encode(), AFTER.replace("    ", "\t").encode(), id="tabs"),
        pytest.param(BEFORE.rstrip("\n").encode(), AFTER.rstrip("\n").encode(), id="no final newline"),
        pytest.param(BEFORE.encode() + b"\x0c\nx = 1\n", AFTER.encode() + b"\x0c\nx = 1\n", id="form feed"),
        pytest.param(
            BEFORE.encode() + b"x = '\xe2\x80\xa8'\n", AFTER.encode() + b"x = '\xe2\x80\xa8'\n", id="separator"
        ),
    ],
)
def test_only_the_edits_change(tmp_path: Path, before: bytes, after: bytes) -> None:
    script = tmp_path / "live.py"
    script.write_bytes(before)
    script.chmod(0o640)
    assert run(script) == 0
    assert script.read_bytes() == after
    assert stat.S_IMODE(script.stat().st_mode) == 0o640


def test_lines_that_stay_keep_their_own_ends(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_bytes(mixed(BEFORE))
    assert run(script) == 0
    old, new = mixed(BEFORE).splitlines(keepends=True), script.read_bytes().splitlines(keepends=True)
    kept = [line for line in new if line in old]
    assert b"import asyncio\r\n" in kept and b"    asyncio.run(main())\n" in kept
    assert b"".join(new).replace(b"\r\n", b"\n") == AFTER.encode()


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        pytest.param(b"\x0c" + BEFORE.encode(), {"STB401", "STB403"}, id="leading form feed"),
        pytest.param(BEFORE.encode() + b"\0\n", {"STB401", "STB402"}, id="nul byte"),
        pytest.param(b"# -*- coding: klingon -*-\n# gladia\n", {"STB402"}, id="unknown encoding"),
        pytest.param(b"# gladia \xff\n", {"STB402"}, id="not in its encoding"),
        pytest.param(BEFORE.encode() + b"x = 1\n" * 840_000, {"STB405"}, id="5 MB"),
    ],
)
def test_what_cannot_be_followed_is_left_with_the_reason(tmp_path: Path, content: bytes, codes: set[str]) -> None:
    script = tmp_path / "live.py"
    script.write_bytes(content)
    file = migrated(script)
    assert file.migration.findings and not file.changes
    assert {finding.kind.code for finding in file.migration.findings} <= codes
    assert run(script) == 2 and script.read_bytes() == content


def test_a_file_of_ten_thousand_lines(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    more = "".join(f"VALUE_{number} = {number}\n# one\n# two\n# three\n# four\n" for number in range(2000))
    script.write_text(BEFORE + more)
    assert run(script) == 0
    assert script.read_text() == AFTER + more


# --- where it stands -----------------------------------------------------------------------------


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    script, link = tmp_path / "real" / "live.py", tmp_path / "link.py"
    script.write_text(BEFORE)
    link.symlink_to(script)
    assert run(link) == 0
    assert link.is_symlink() and script.read_text() == AFTER


def test_a_link_to_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "link.py").symlink_to(tmp_path / "gone.py")
    assert run(tmp_path / "link.py") == 2
    assert "does not exist" in " ".join(capsys.readouterr().err.split())


def test_a_read_only_file_is_left_and_the_others_are_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    locked, script = tmp_path / "a.py", tmp_path / "b.py"
    locked.write_text(BEFORE)
    locked.chmod(0o444)
    script.write_text(BEFORE)
    assert run(tmp_path) == 2
    assert locked.read_text() == BEFORE and script.read_text() == AFTER
    shown = capsys.readouterr()
    assert "it is read-only" in " ".join(shown.err.split())
    assert "2 files: 1 migrated, 1 not written." in shown.out


def test_a_pipe_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "live.py").write_text(BEFORE)
    assert search([tmp_path]).programs == (tmp_path / "live.py",)
    assert run(tmp_path / "pipe.py") == 2
    assert "neither a file nor a folder" in " ".join(capsys.readouterr().err.split())


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder for somebody whom permissions bind, who the tests are meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)


def test_a_folder_that_may_not_be_entered_is_mentioned() -> None:
    with unprivileged() as folder:
        (folder / "shut").mkdir()
        (folder / "live.py").write_text(BEFORE)
        (folder / "shut").chmod(0)
        found = search([folder])
        shut = search([folder / "shut"])
        (folder / "shut").chmod(0o700)
    assert found.programs == (folder / "live.py",)
    for problems in (found.problems, shut.problems):
        assert [problem.message for problem in problems] == [f"{folder / 'shut'} could not be read: Permission denied"]


def test_a_file_that_may_not_be_read_is_mentioned() -> None:
    with unprivileged() as folder:
        (folder / "live.py").write_text(BEFORE)
        (folder / "live.py").chmod(0)
        file = migrated(folder / "live.py")
    assert [finding.kind.code for finding in file.migration.findings] == ["STB402"]


# --- what happens meanwhile ----------------------------------------------------------------------


def test_a_file_that_changes_meanwhile_is_left(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    file = migrated(script)
    script.write_text(BEFORE + "# mine\n")
    with pytest.raises(BridgeError, match="changed while"):
        replace_file(file)
    assert script.read_text() == BEFORE + "# mine\n"


def test_a_file_that_vanishes_before_it_is_read(tmp_path: Path) -> None:
    assert [finding.kind.code for finding in migrated(tmp_path / "gone.py").migration.findings] == ["STB402"]


def test_a_file_that_vanishes_before_it_is_written(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    file = migrated(script)
    script.unlink()
    with pytest.raises(BridgeError, match="could not be written: No such file"):
        replace_file(file)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_leaves_the_file_and_no_rest(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    file = migrated(script)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(BridgeError, match="could not be written"):
            replace_file(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert script.read_text() == BEFORE
    assert [path.name for path in tmp_path.iterdir()] == ["live.py"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_whatever_fails_while_writing_leaves_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    file = migrated(script)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(file)
    monkeypatch.undo()
    assert script.read_text() == BEFORE
    assert [path.name for path in tmp_path.iterdir()] == ["live.py"]


def test_ctrl_c_while_writing_ends_between_two_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    for path in (first, second):
        path.write_text(BEFORE)

    def interrupted(file: FileMigration) -> None:
        replace_file(file)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(migrate_run, "replace_file", interrupted)
    before = signal.getsignal(signal.SIGINT)
    assert run(tmp_path) == 130
    assert signal.getsignal(signal.SIGINT) == before
    assert first.read_text() == AFTER and second.read_text() == BEFORE
    assert "2 files: 1 migrated, 1 not written." in capsys.readouterr().out


def test_ctrl_c_while_following_writes_nothing(tmp_path: Path) -> None:
    for number in range(3):
        # Enough for more processes than one.
        (tmp_path / f"{number}.py").write_text(BEFORE + "# more\n" * 8000)
    started = "import sys, signal, codemods.programs as p, codemods.cli as c\n"
    hooked = (
        "real = p.migrate_groups\n"
        "def slow(work, done):\n"
        "    for result in real(work, done):\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "        yield result\n"
        "p.migrate_groups = slow\n"
        "sys.argv = ['sttbridge', 'migrate', '.', '--to', 'assemblyai', '--write']\n"
        "c.main()\n"
    )
    code = f"{started}if __name__ == '__main__':\n" + "".join(f"    {line}\n" for line in hooked.splitlines())
    (tmp_path / "starter").mkdir()
    starter = tmp_path / "starter" / "start.txt"
    starter.write_text(code)
    done = subprocess.run(
        [sys.executable, str(starter)], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 130 and "Traceback" not in done.stderr, done
    assert not any("AssemblyAI" in path.read_text() for path in tmp_path.glob("*.py"))
