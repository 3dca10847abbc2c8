"""`sttbridge migrate` in the hands of somebody new: little noise, the next step, and no wrong turn unexplained."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from codemods.explain import explain, listed
from codemods.findings import KINDS, MODEL_CHOSEN, OTHER_LANGUAGE, Finding
from codemods.migrate_result import MigrateRequest
from codemods.migrate_run import run_migrate
from codemods.migration import migrate_source
from codemods.preview import finding_text
from tests.codemod_checks import fixture

BEFORE = fixture("gladia_microphone.py")


def project(folder: Path, files: int) -> Path:
    """A folder with copies of the guide's script."""
    for number in range(files):
        (folder / f"live_{number:02}.py").write_text(BEFORE)
    return folder


def test_information_that_is_the_same_everywhere_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path, 10))
    run_migrate(MigrateRequest([Path()], "assemblyai"))
    shown = capsys.readouterr().out
    assert shown.count("STB101 information") == 1
    part = shown[shown.index("STB101 information") :]
    part = " ".join(part[: part.index("\nSTB")].split())
    assert part.startswith("STB101 information, 10 times ")
    assert "in live_00.py:23, live_01.py:23," in part and part.endswith("live_07.py:23, 2 more")


def test_what_needs_a_person_is_said_at_each_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text('URL = "https://api.gladia.io/v2/live"\nprint(URL)\n')
    monkeypatch.chdir(tmp_path)
    run_migrate(MigrateRequest([Path()], "assemblyai"))
    shown = capsys.readouterr().out
    assert "one.py:1: STB301 manual" in shown and "two.py:1: STB301 manual" in shown


def test_a_page_is_offered_where_much_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path, 4))
    offer = "As a page, side by side: sttbridge migrate . --report report.html\n"
    run_migrate(MigrateRequest([Path()], "assemblyai"))
    assert offer in capsys.readouterr().out
    run_migrate(MigrateRequest([Path("live_00.py")], "assemblyai"))
    assert "As a page" not in capsys.readouterr().out


def test_the_wrong_direction_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path, 1))
    assert run_migrate(MigrateRequest([Path()], "gladia")) == 0
    assert capsys.readouterr().out == (
        "1 file: nothing to do.\n1 file speaks of Gladia, none of AssemblyAI; to go there: --to assemblyai\n"
    )
    (tmp_path / "live_00.py").write_text("print(1)\n")
    assert run_migrate(MigrateRequest([Path()], "gladia")) == 0
    assert capsys.readouterr().out == "1 file: nothing to do.\n"


def test_a_diff_is_shown_in_the_encoding_of_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"# -*- coding: latin-1 -*-\n# café\n{BEFORE}".replace("…", "...")
    (tmp_path / "live.py").write_bytes(text.encode("latin-1"))
    monkeypatch.chdir(tmp_path)
    run_migrate(MigrateRequest([Path()], "assemblyai"))
    shown = capsys.readouterr().out
    assert " # café\n" in shown and "\ufffd" not in shown


def test_a_syntax_error_is_said_in_pythons_words() -> None:
    (finding,) = migrate_source(
        'GLADIA = "https://api.gladia.io/v2/live"\nif GLADIA\n    pass\n', "assemblyai"
    ).findings
    assert (finding.kind.code, finding.line, finding.text) == ("STB401", 2, "expected ':'")


def test_numbers_and_commands_are_not_broken_over_lines() -> None:
    lines = finding_text(Path("a.py"), Finding(MODEL_CHOSEN, 1, "Gladia ends an utterance after the time of 5 s"))
    assert "        5 s" not in lines and " 5 s" in lines
    command = "sttbridge serve --api gladia --over assemblyai"
    for length in range(40):
        finding = Finding(OTHER_LANGUAGE, 1, f"{'x' * length} run `{command}` and after 5 s more")
        lines = finding_text(Path("a.js"), finding)
        assert command in lines and "5 s" in lines
        assert max(map(len, lines.splitlines())) <= 80


def test_explain_takes_a_number_and_lists_all() -> None:
    assert explain("305") == explain("STB305")
    every = listed()
    assert all(kind.code in every for kind in KINDS)
    assert max(map(len, every.splitlines())) <= 80


def test_a_long_run_shows_its_progress_on_a_terminal(tmp_path: Path) -> None:
    """A real terminal: on standard error it is the bar, and standard output stays clean."""
    for number in range(60):
        (tmp_path / f"part_{number}.py").write_text("print(1)\n")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "codemods.cli", "migrate", ".", "--to", "assemblyai"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(theirs)
    seen = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0 and done.stdout == "60 files: nothing to do.\n"
    assert "Migrating" in seen and "60/60" in seen
