"""Both directions as commands of LibCST's tool, really run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.codemod_checks import fixture
from tests.test_lazy_imports import loaded_after


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        ("gladia_to_assemblyai.GladiaToAssemblyAI", "gladia_microphone.py", "assemblyai_microphone.py"),
        ("assemblyai_to_gladia.AssemblyAIToGladia", "assemblyai_microphone.py", None),
    ],
)
def test_a_command_migrates_and_warns(tmp_path: Path, command: str, before: str, after: str | None) -> None:
    (tmp_path / "live.py").write_text(fixture(before))
    (tmp_path / "other.py").write_text("x = 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "libcst.tool", "codemod", "-x", f"codemods.{command}", "--no-format", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "live.py").read_text()
    assert written == fixture(after) if after else "api.gladia.io" in written
    assert (tmp_path / "other.py").read_text() == "x = 1\n"
    assert "STB10" in done.stderr and "information" in done.stderr


def test_nothing_else_loads_them() -> None:
    program = "import codemods.cli, codemods.migrate_run, codemods.reports.model, codemods.libcst_command as _\n"
    assert "libcst.codemod" in loaded_after(program)
    loaded = loaded_after(program.replace(", codemods.libcst_command as _", ""))
    assert not any(name.startswith("libcst.codemod") for name in loaded)
