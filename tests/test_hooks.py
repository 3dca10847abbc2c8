"""The hooks for pre-commit: what they run, run on a project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.codemod_checks import fixture

HOOKS = Path(__file__).parent.parent / ".pre-commit-hooks.yaml"


def hooks() -> dict[str, dict[str, Any]]:
    return {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "pyproject.toml").write_text('[tool.sttbridge]\nto = "assemblyai"\n')
    (tmp_path / "live.py").write_text(fixture("gladia_microphone.py"))
    return tmp_path


def run(hook: dict[str, Any], folder: Path) -> int:
    """Runs a hook as pre-commit does that passes no file names."""
    assert hook["language"] == "python" and hook["pass_filenames"] is False
    name, *arguments = hook["entry"].split()
    assert name == "sttbridge"
    command = [sys.executable, "-m", "codemods.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=100, check=False).returncode


def test_the_check_fails_and_changes_nothing(project: Path) -> None:
    assert run(hooks()["sttbridge-check"], project) == 1
    assert (project / "live.py").read_text() == fixture("gladia_microphone.py")


def test_the_fix_writes_and_then_both_are_content(project: Path) -> None:
    assert run(hooks()["sttbridge-fix"], project) == 0
    assert (project / "live.py").read_text() == fixture("assemblyai_microphone.py")
    assert [run(hook, project) for hook in hooks().values()] == [0, 0]
