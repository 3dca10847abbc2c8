"""Files of a run: found by git or by name, replaced whole or not at all, byte for byte outside the edits."""

from __future__ import annotations

import codecs
import os
import stat
import subprocess
from pathlib import Path

import pytest

from codemods.files import FileMigration, replace_file
from codemods.git import in_git, uncommitted
from codemods.migration import Migration
from codemods.programs import migrate_files
from codemods.search import exclusion, search
from shim.errors import BridgeError
from tests.codemod_checks import fixture

BEFORE = fixture("gladia_microphone.py")
AFTER = fixture("assemblyai_microphone.py")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
    )


def migrated(*paths: Path) -> list[FileMigration]:
    return list(migrate_files(paths, "assemblyai"))


def test_a_folder_in_git_gives_what_git_does_not_ignore(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("ignored/\n")
    for name in ("tracked.py", "new.py", "ignored/no.py", "notes.txt", "inner/deep.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("pass\n")
    git(tmp_path, "add", "tracked.py")
    assert [path.relative_to(tmp_path).as_posix() for path in search([tmp_path]).programs] == [
        "inner/deep.py",
        "new.py",
        "tracked.py",
    ]


def test_a_folder_outside_of_git_leaves_environments_and_hidden_folders_out(tmp_path: Path) -> None:
    for name in ("app.py", "venv/lib.py", ".hidden/x.py", "node_modules/y.py", "inner/deep.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("pass\n")
    found = [path.relative_to(tmp_path).as_posix() for path in search([tmp_path]).programs]
    assert found == ["app.py", "inner/deep.py"]


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    there = tmp_path / "there.py"
    there.write_text("pass\n")
    found = search([tmp_path / "nowhere", there])
    assert found.programs == (there,)
    assert [problem.message for problem in found.problems] == [f"{tmp_path / 'nowhere'} does not exist"]


def test_patterns_leave_files_out_as_gitignore_does(tmp_path: Path) -> None:
    for name in ("app.py", "tests/a.py", "inner/tests/b.py", "inner/c.py", "gen_x.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("pass\n")
    left_out = exclusion(["tests/", "gen_*.py", "/inner/c.py"], tmp_path)
    assert search([tmp_path], left_out).programs == (tmp_path / "app.py",)
    assert search([tmp_path / "tests" / "a.py"], left_out).programs == ()


def test_what_is_no_program_is_said_unless_somebody_knows_it(tmp_path: Path) -> None:
    script, picture, requirements = tmp_path / "tool", tmp_path / "x.png", tmp_path / "requirements.txt"
    script.write_text("#!/usr/bin/env python3\npass\n")
    picture.write_bytes(b"x")
    requirements.write_text("gladiaio-sdk\n")
    found = search([script, picture, requirements], is_project_file=lambda path: path == requirements)
    assert found.programs == (script,)
    (problem,) = found.problems
    assert "x.png is not a kind of file" in problem.message


def test_a_file_that_names_no_vendor_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tmp_path / "plain.py"
    plain.write_text("x = 1\n")

    def never(*_: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("libcst.parse_module", never)
    assert migrated(plain) == []


def test_a_syntax_error_has_its_line_and_the_others_are_done(tmp_path: Path) -> None:
    broken, good = tmp_path / "broken.py", tmp_path / "good.py"
    broken.write_text("# gladia\nx = 1\ndef (:\n")
    good.write_text(BEFORE)
    first, second = migrated(broken, good)
    (finding,) = first.migration.findings
    assert (finding.kind.code, finding.line) == ("STB401", 3)
    assert not first.changes
    assert second.result.decode() == AFTER


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("import gladiaio_sdk\n")
    secret.chmod(0)
    (file,) = migrated(secret)
    assert file.migration.findings[0].kind.code == "STB402"


def test_a_file_in_an_unknown_encoding_is_reported(tmp_path: Path) -> None:
    odd = tmp_path / "odd.py"
    odd.write_bytes(b"# -*- coding: klingon -*-\n# gladia\n")
    (file,) = migrated(odd)
    assert file.migration.findings[0].kind.code == "STB402" and not file.changes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(BEFORE.replace("\n", "\r\n").encode(), AFTER.replace("\n", "\r\n").encode(), id="crlf"),
        pytest.param(codecs.BOM_UTF8 + BEFORE.encode(), codecs.BOM_UTF8 + AFTER.encode(), id="byte order mark"),
        pytest.param(
            b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + BEFORE.replace("…", "...").encode("latin-1"),
            b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + AFTER.replace("…", "...").encode("latin-1"),
            id="latin-1",
        ),
        pytest.param(BEFORE.replace("    ", "\t").encode(), AFTER.replace("    ", "\t").encode(), id="tabs"),
        pytest.param(BEFORE.rstrip("\n").encode(), AFTER.rstrip("\n").encode(), id="no final newline"),
    ],
)
def test_encoding_and_newlines_are_kept(tmp_path: Path, before: bytes, after: bytes) -> None:
    script = tmp_path / "live.py"
    script.write_bytes(before)
    (file,) = migrated(script)
    assert file.changes
    assert file.result == after
    replace_file(file)
    assert script.read_bytes() == file.result


def test_a_leading_form_feed_is_skipped_with_the_reason(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_bytes(b"\x0c" + BEFORE.encode())
    (file,) = migrated(script)
    assert file.migration.findings[0].kind.code in ("STB401", "STB403") and not file.changes


def test_mode_and_links_are_kept(tmp_path: Path) -> None:
    script, link = tmp_path / "live.py", tmp_path / "link.py"
    script.write_text(BEFORE)
    script.chmod(0o750)
    link.symlink_to(script)
    (file,) = migrated(link)
    replace_file(file)
    assert script.read_text() == AFTER and link.is_symlink()
    assert stat.S_IMODE(script.stat().st_mode) == 0o750
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.py", "live.py"]


def test_a_file_that_changed_meanwhile_is_left(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    (file,) = migrated(script)
    script.write_text(BEFORE + "# mine\n")
    with pytest.raises(BridgeError, match="changed while"):
        replace_file(file)
    assert script.read_text() == BEFORE + "# mine\n"


def test_a_failed_write_leaves_the_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    (file,) = migrated(script)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BridgeError, match="No space left"):
        replace_file(file)
    assert script.read_text() == BEFORE
    assert [path.name for path in tmp_path.iterdir()] == ["live.py"]


def test_uncommitted_changes_are_seen_and_files_outside_git_are_not(tmp_path: Path) -> None:
    inside = tmp_path / "repository"
    inside.mkdir()
    git(inside, "init", "-q")
    clean, dirty, new, outside = inside / "clean.py", inside / "dirty.py", inside / "new.py", tmp_path / "outside.py"
    for path in (clean, dirty):
        path.write_text("x = 1\n")
    git(inside, "add", ".")
    git(inside, "commit", "-qm", "first")
    dirty.write_text("x = 2\n")
    new.write_text("x = 3\n")
    outside.write_text("x = 4\n")
    assert uncommitted([clean, dirty, new, outside]) == [dirty, new]
    odd = inside / "dirty *.py"
    odd.write_text("x = 5\n")
    assert uncommitted([clean, odd]) == [odd] and in_git([clean, dirty, new, outside, odd]) == [clean, dirty]


def test_a_failure_in_one_file_is_reported_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codemods import group

    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("# gladia\n")
    second.write_text("# gladia too\n")

    def sometimes(texts: dict[Path, str], *_: object) -> dict[Path, Migration]:
        if first in texts:
            raise RuntimeError("a bug")
        return {path: Migration(code) for path, code in texts.items()}

    monkeypatch.setattr(group, "migrate_together", sometimes)
    failed, fine = migrated(first, second)
    assert failed.migration.findings[0].kind.code == "STB404" and fine.migration.findings == ()


def test_names_that_other_files_import_are_renamed_with_them(tmp_path: Path) -> None:
    live, user = tmp_path / "live.py", tmp_path / "user.py"
    live.write_text(BEFORE)
    user.write_text("from live import GLADIA_API_URL\n\nprint(GLADIA_API_URL)\n")
    first, second = migrated(live, user)
    assert 'ASSEMBLYAI_API_URL = "wss://streaming.assemblyai.com"' in first.migration.code
    assert second.migration.code == "from live import ASSEMBLYAI_API_URL\n\nprint(ASSEMBLYAI_API_URL)\n"


def test_names_that_a_file_left_out_imports_stay(tmp_path: Path) -> None:
    live, user = tmp_path / "live.py", tmp_path / "user.py"
    live.write_text(BEFORE)
    user.write_text("from live import GLADIA_API_URL\nprint(GLADIA_API_URL\n")
    first, second = migrated(live, user)
    assert 'GLADIA_API_URL = "wss://streaming.assemblyai.com"' in first.migration.code
    assert second.migration.findings[0].kind.code == "STB401"


def test_an_empty_file_is_nothing_and_a_very_large_one_is_skipped(tmp_path: Path) -> None:
    empty, large = tmp_path / "empty.py", tmp_path / "large.py"
    empty.write_bytes(b"")
    large.write_bytes(b"# gladia\n" + b"x = 1\n" * 200_000)
    (file,) = migrated(empty, large)
    assert file.path == large and not file.changes
    assert file.migration.findings[0].kind.code == "STB405"
