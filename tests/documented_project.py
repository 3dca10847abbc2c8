"""The project that the documentation migrates: its pages show what really comes of it, its pictures its report."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from shim.guide import guide_file

_FIXTURES: Final = Path(__file__).parent.parent / "fixtures"
_PAIRS: Final = _FIXTURES / "pairs" / "to_assemblyai"
_PROGRAMS: Final = {"captions.py": "translated_captions.before.py", "upload.py": "file_without_sleeping.before.py"}
_OTHERS: Final = {
    "requirements.txt": "requests>=2.31\nwebsockets>=13\ngladiaio-sdk==0.5.0  # live captions\n",
    ".env.example": "GLADIA_API_KEY=your-gladia-api-key\n",
    "Dockerfile": 'FROM python:3.12-slim\nENV GLADIA_API_KEY=""\nCMD ["python", "app.py", "speech.wav"]\n',
    "old.py": 'def broken(:\n    url = "https://api.gladia.io/v2/live"\n',
}


def lay(folder: Path) -> Path:
    """Lays the project into an empty folder, as the first commit of a git repository."""
    shutil.copytree(_FIXTURES / "projects" / "to_assemblyai" / "client_class" / "before", folder, dirs_exist_ok=True)
    shutil.copy(guide_file("gladia_microphone.py"), folder / "live.py")
    for name, fixture in _PROGRAMS.items():
        (found,) = _PAIRS.rglob(fixture)
        shutil.copy(found, folder / name)
    for name, text in _OTHERS.items():
        (folder / name).write_text(text, encoding="utf-8")
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "As it was"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    return folder


def shown_in(shown: list[str], output: list[str]) -> str:
    """The first line that a page shows and that is not printed there, empty where all are; `…` stands for any lines."""
    at, skips = 0, False
    for line in shown:
        if line.strip() == "…":
            skips = True
            continue
        there = [number for number in range(at, len(output)) if output[number].rstrip() == line.rstrip()]
        if not there or (not skips and there[0] != at):
            return line
        at, skips = there[0] + 1, False
    return ""
