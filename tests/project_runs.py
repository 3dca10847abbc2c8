"""Runs over whole projects: a real git repository in a folder, migrated as `sttbridge migrate --write` does."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codemods.files import FileMigration, replace_file
from codemods.migration import Options
from codemods.programs import migrate_files
from codemods.project_files import find_project_files, migrate_project_files, read_project_files
from codemods.project_files.names_in_files import names_said
from codemods.search import search
from tests.codemod_checks import fixture

GLADIA_PROGRAM = fixture("gladia_microphone.py")
"""Speaks to Gladia by requests and websockets, without an SDK."""

GLADIA_SDK_PROGRAM = fixture("gladia_sdk.py")
ASSEMBLYAI_PROGRAM = fixture("assemblyai_microphone.py")
ASSEMBLYAI_SDK_PROGRAM = fixture("assemblyai_sdk.py")


@dataclass(frozen=True)
class ProjectRun:
    """What a run over a folder gave: each file that changes or has findings, by its path in the folder."""

    folder: Path
    files: dict[str, FileMigration]

    def text(self, name: str) -> str:
        """A file's text after the run, whether it changed or not."""
        file = self.files.get(name)
        return (file.result if file else (self.folder / name).read_bytes()).decode()

    def codes(self, name: str) -> list[str]:
        """The codes of a file's findings with their places."""
        file = self.files.get(name)
        return [f"{one.kind.code}:{one.place}" for one in file.migration.findings] if file else []

    def said(self, name: str) -> str:
        """What the findings of a file say."""
        file = self.files.get(name)
        return "\n".join(one.text for one in file.migration.findings) if file else ""


def repository(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A git repository with these files, all of them but the ignored ones committed."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "before")):
        subprocess.run(
            ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-C", str(folder), *arguments],
            check=True,
            capture_output=True,
        )
    return folder


def run_over(folder: Path, to: str = "assemblyai", *, unsafe: bool = True, write: bool = False) -> ProjectRun:
    """Migrates a folder; what is written is written only with `write`."""
    options = Options(unsafe=unsafe)
    around = read_project_files(find_project_files([folder]))
    found = search([folder]).programs
    programs = list(migrate_files(found, to, options, beside=names_said(around)))
    files = migrate_project_files(around, programs, to, options, beside=found)
    if write:
        for file in (*programs, *files):
            if file.is_written:
                replace_file(file)
    return ProjectRun(folder, {file.path.relative_to(folder).as_posix(): file for file in files})


def migrated_project(
    folder: Path, files: Mapping[str, str | bytes], to: str = "assemblyai", *, unsafe: bool = True
) -> ProjectRun:
    """Makes a repository, migrates and writes it; then a second run must change nothing."""
    repository(folder, files)
    run = run_over(folder, to, unsafe=unsafe, write=True)
    again = run_over(folder, to, unsafe=unsafe)
    changed = [name for name, file in again.files.items() if file.changes]
    assert not changed, f"a second run changes {changed}"
    return run
