"""The command line as a user meets it: what it loads, what it says, how it ends."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.codemod_checks import fixture

BEFORE = fixture("gladia_microphone.py")
KEY = "a-key-that-must-never-be-seen"


def sttbridge(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command with no vendor key but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return subprocess.run(
        [sys.executable, "-m", "codemods.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**kept, "COLUMNS": "80", **environment},
        timeout=60,
    )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one message of a command that could not work, on one line."""
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr + done.stdout
    lines = done.stderr.strip().splitlines()
    assert lines[0].startswith("sttbridge: "), lines
    assert all(line.startswith("    ") for line in lines[1:]), "one message, wrapped"
    assert all(len(line) <= 80 or " " not in line.removeprefix("sttbridge: ").strip() for line in lines)
    return " ".join(line.strip() for line in lines)


@contextmanager
def listening(*, answers: bool) -> Iterator[int]:
    """A port on which somebody listens: hanging up at once, or saying nothing for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                if answers:
                    connection.close()
                else:
                    kept.append(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        for connection in kept:
            connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_help_loads_neither_libcst_nor_aiohttp_nor_rich() -> None:
    program = (
        "import sys\nsys.argv = ['sttbridge', '--help']\n"
        "from codemods import cli\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print([name for name in ('libcst', 'aiohttp', 'rich', 'msgspec') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "migrate" in done.stdout and "verify" in done.stdout
    assert done.stderr.strip() == "[]"
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


@pytest.mark.parametrize("command", ["migrate", "explain", "verify", "run", "serve", "emulate", "mapping", "demo"])
def test_every_command_explains_itself(command: str) -> None:
    done = sttbridge(command, "--help")
    assert done.returncode == 0 and "Usage: sttbridge" in done.stdout


def test_version() -> None:
    assert sttbridge("--version").stdout.startswith("sttbridge 0.")


def test_an_unknown_command_is_a_usage_error() -> None:
    done = sttbridge("migrat")
    assert done.returncode == 2 and "No such command" in done.stderr


def test_mapping_as_json() -> None:
    rows = json.loads(sttbridge("mapping", "--format", "json").stdout)["rows"]
    assert {"id", "gladia", "assemblyai", "over_assemblyai", "over_gladia"} <= rows[0].keys()


# --- bad input: one clear line, status 2, nothing written --------------------------------------


def test_an_unknown_vendor(tmp_path: Path) -> None:
    (tmp_path / "live.py").write_text(BEFORE)
    said = complaint(sttbridge("migrate", ".", "--to", "deepgram", "--write", cwd=tmp_path))
    assert "'deepgram'" in said and "assemblyai" in said
    assert (tmp_path / "live.py").read_text() == BEFORE
    assert "'nobody'" in complaint(sttbridge("emulate", "nobody"))
    assert "'nobody'" in complaint(sttbridge("serve", "--api", "nobody", "--over", "assemblyai"))


def test_a_missing_path(tmp_path: Path) -> None:
    assert "nowhere.py does not exist" in complaint(sttbridge("migrate", "nowhere.py", "--to", "assemblyai"))
    assert "nowhere.py" in complaint(sttbridge("verify", "nowhere.py", "--shim"))
    said = complaint(sttbridge("run", "--api", "gladia", "--over", "assemblyai", "nowhere.py"))
    assert "nowhere.py" in said


def test_a_syntax_error_beside_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("GLADIA = 1\ndef (:\n")
    (tmp_path / "live.py").write_text(BEFORE)
    (tmp_path / "other.py").write_text("x = 1\n")
    done = sttbridge("migrate", ".", "--to", "assemblyai", "--write", cwd=tmp_path)
    assert done.returncode == 2
    assert "broken.py:2: STB401 skipped" in done.stdout
    assert "3 files: 1 migrated, 1 skipped, 1 with nothing to do; 1 issue requires attention." in done.stdout
    assert "AssemblyAI" not in (tmp_path / "broken.py").read_text()
    assert "streaming.assemblyai.com" in (tmp_path / "live.py").read_text()


def test_uncommitted_changes_are_not_written_over(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    done = sttbridge("migrate", "live.py", "--to", "assemblyai", "--write", cwd=tmp_path)
    assert done.returncode == 2 and "uncommitted changes: live.py" in complaint(done) and "--force" in complaint(done)
    assert script.read_text() == BEFORE
    assert sttbridge("migrate", "live.py", "--to", "assemblyai", "--write", "--force", cwd=tmp_path).returncode == 0
    assert script.read_text() != BEFORE


@pytest.mark.parametrize("content", ["no json", "[]", '{"utterances": [{"words": [{"text": "Hello"}]}]}'])
def test_a_transcript_that_is_not_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.json").write_text(content)
    assert "t.json" in complaint(sttbridge("emulate", "gladia", "--transcript", str(tmp_path / "t.json")))


def test_a_port_in_use() -> None:
    with listening(answers=True) as port:
        assert str(port) in complaint(sttbridge("emulate", "gladia", "--port", str(port)))
        upstream = f"http://127.0.0.1:{port}"
        arguments = ("serve", "--api", "gladia", "--over", "assemblyai", "--port", str(port), "--upstream", upstream)
        assert str(port) in complaint(sttbridge(*arguments))


@pytest.mark.parametrize("command", ["run", "serve"])
def test_an_upstream_that_refuses(tmp_path: Path, command: str) -> None:
    script = tmp_path / "program.py"
    script.write_text("open('ran', 'w')\n")
    arguments = ["--api", "gladia", "--over", "assemblyai", "--upstream", f"ws://127.0.0.1:{free_port()}"]
    rest = [str(script)] if command == "run" else ["--port", "0"]
    said = complaint(sttbridge(command, *arguments, *rest, cwd=tmp_path, ASSEMBLYAI_API_KEY=KEY))
    assert "127.0.0.1" in said
    assert not (tmp_path / "ran").exists(), "the program did not begin"


def test_an_upstream_that_is_silent(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("open('ran', 'w')\n")
    with listening(answers=False) as port:
        upstream = f"ws://127.0.0.1:{port}"
        done = sttbridge(
            *("run", "--api", "gladia", "--over", "assemblyai", "--upstream", upstream, str(script)),
            cwd=tmp_path,
            ASSEMBLYAI_API_KEY=KEY,
        )
    assert "127.0.0.1" in complaint(done)
    assert not (tmp_path / "ran").exists()


def test_a_missing_key(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("pass\n")
    said = complaint(sttbridge("run", "--api", "gladia", "--over", "assemblyai", str(script)))
    assert "ASSEMBLYAI_API_KEY" in said


def test_gateway_keys_need_the_upstreams_key() -> None:
    said = complaint(sttbridge("serve", "--api", "gladia", "--over", "assemblyai", "--gateway-key", KEY))
    assert "ASSEMBLYAI_API_KEY" in said


def test_an_upstream_key_is_not_lent_to_the_network() -> None:
    arguments = ("serve", "--api", "gladia", "--over", "assemblyai", "--host", "0.0.0.0")
    said = complaint(sttbridge(*arguments, ASSEMBLYAI_API_KEY=KEY))
    assert "--gateway-key" in said


def test_verify_wants_two_programs_or_one_through_the_shim(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    assert "BEFORE AFTER" in complaint(sttbridge("verify", str(script)))
    assert "BEFORE AFTER" in complaint(sttbridge("verify", str(script), str(script), "--shim"))


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "5000"])
def test_a_speed_that_is_none(speed: str) -> None:
    assert "--speed" in complaint(sttbridge("emulate", "gladia", "--speed", speed))


# --- what a careful user would notice -----------------------------------------------------------


def test_a_link_and_its_file_are_one(tmp_path: Path) -> None:
    (tmp_path / "live.py").write_text(BEFORE)
    (tmp_path / "link.py").symlink_to("live.py")
    done = sttbridge("migrate", ".", "--to", "assemblyai", "--write", cwd=tmp_path)
    assert done.returncode == 0 and "1 file: 1 migrated." in done.stdout
    assert (tmp_path / "link.py").is_symlink()


def test_the_undo_never_takes_unsaved_work_away(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        named = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *named, "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    git("init", "-q")
    for name in ("clean.py", "dirty.py"):
        (tmp_path / name).write_text(BEFORE)
    git("add", ".")
    git("commit", "-qm", "first")
    (tmp_path / "dirty.py").write_text(BEFORE + "# mine\n")
    done = sttbridge("migrate", ".", "--to", "assemblyai", "--write", "--force", cwd=tmp_path)
    assert "To undo: git checkout -- clean.py" in done.stdout and "-- dirty.py" not in done.stdout
    assert "dirty.py" not in done.stdout.split("To undo:")[1]


def test_check_names_what_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "live.py").write_text(BEFORE)
    (tmp_path / "left.py").write_text('URL = "https://api.gladia.io/v2/live"\nprint(URL)\n')
    (tmp_path / "other.py").write_text("print(1)\n")
    done = sttbridge("migrate", ".", "--to", "assemblyai", "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == (
        "left.py: left to you (STB301)\nlive.py: to migrate\n"
        "3 files: 1 to migrate, 1 left to you, 1 with nothing to do; 1 issue requires attention.\n"
    )


def test_findings_do_not_speak_of_the_shim_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "live.py").write_text(BEFORE.replace('"bit_depth": 16', '"maximum_duration_without_endpointing": 9'))
    done = sttbridge("migrate", ".", "--to", "assemblyai", cwd=tmp_path)
    assert "AssemblyAI's turns may last 60 s" in done.stdout and "the shim" not in done.stdout


# --- runs of migrate, as a user types them --------------------------------------------------------


def test_a_program_from_standard_input(tmp_path: Path) -> None:
    after = fixture("assemblyai_microphone.py")

    def piped(source: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "codemods.cli", "migrate", "-", "--to", "assemblyai", *options]
        return subprocess.run(
            command, input=source, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
        )

    done = piped(BEFORE)
    assert (done.returncode, done.stdout) == (0, after)
    assert "STB101" in done.stderr and "<stdin>: migrated" in done.stderr
    checked = piped(BEFORE, "--check")
    assert (checked.returncode, checked.stdout) == (1, "")
    broken = piped("gladia = (\n")
    assert (broken.returncode, broken.stdout) == (2, "gladia = (\n")
    assert piped(BEFORE, "--write").returncode == 2 and piped(BEFORE, "live.py").returncode == 2


def test_the_next_command_has_the_options_that_were_given(tmp_path: Path) -> None:
    (tmp_path / "my live.py").write_text(BEFORE)
    options = ("--to", "assemblyai", "--turns", "keep", "--exclude", "old/*", "--jobs", "1")
    done = sttbridge("migrate", "my live.py", *options, cwd=tmp_path)
    assert done.returncode == 1
    expected = "sttbridge migrate 'my live.py' --to assemblyai --turns keep --exclude 'old/*' --jobs 1 --write"
    assert f"Nothing was written. To apply: {expected}\n" in done.stdout


def test_one_bad_path_does_not_stop_the_run(tmp_path: Path) -> None:
    (tmp_path / "live.py").write_text(BEFORE)
    (tmp_path / "x.png").write_bytes(b"")
    done = sttbridge("migrate", "nowhere", "live.py", "x.png", "--to", "assemblyai", "--write", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("sttbridge: ") == 2
    assert (tmp_path / "live.py").read_text() == fixture("assemblyai_microphone.py")


def test_undo_works_from_anywhere(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "inner").mkdir(parents=True)
    elsewhere.mkdir()
    (project / "inner" / "live.py").write_text(BEFORE)
    named = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(project))
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", *named, *command], check=True, capture_output=True)
    done = sttbridge("migrate", str(project), "--to", "assemblyai", "--write", cwd=elsewhere)
    (undo,) = [line.removeprefix("To undo: ") for line in done.stdout.splitlines() if line.startswith("To undo: ")]
    subprocess.run(undo, shell=True, check=True, cwd=elsewhere)
    assert (project / "inner" / "live.py").read_text() == BEFORE


def test_reports_and_settings_together(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.sttbridge]\nto = "assemblyai"\nexclude = ["old.py"]\n')
    for name in ("live.py", "old.py"):
        (tmp_path / name).write_text(BEFORE)
    done = sttbridge("migrate", ".", "--report", "r.json", "--report", "r.md", cwd=tmp_path)
    assert done.returncode == 1 and "1 file: 1 to migrate." in done.stdout
    assert [file["path"] for file in json.loads((tmp_path / "r.json").read_text())["files"]] == ["live.py"]
    assert "live.py" in (tmp_path / "r.md").read_text()
    refused = sttbridge("migrate", ".", "--report", "r.pdf", cwd=tmp_path)
    assert "no such kind of report" in complaint(refused)


def test_explain() -> None:
    done = sttbridge("explain", "stb301")
    assert done.returncode == 0 and done.stdout.startswith("STB301") and "What to do" in done.stdout
    assert "STB3" in complaint(sttbridge("explain", "STB399"))
