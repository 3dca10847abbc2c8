"""Which version of AssemblyAI's SDK a file's project runs with: what it pins, else what is installed."""

from __future__ import annotations

import importlib.metadata
from functools import cache
from pathlib import Path

from codemods.vendors.assemblyai_sdk import pinned_version

_FILES = ("pyproject.toml", "requirements.txt", "requirements.in", "setup.cfg", "Pipfile")
_MOST_LEVELS = 8


def version_for(path: Path) -> tuple[int, ...] | None:
    """The version that a file's project is held to, else the installed one; None where neither says anything.

    Looked for in the folder of the file and those above it, up to the one that holds a repository.
    """
    return _version_in(path.absolute().parent)


@cache
def _version_in(folder: Path) -> tuple[int, ...] | None:
    for one in (folder, *folder.parents)[:_MOST_LEVELS]:
        for name in _FILES:
            try:
                found = pinned_version((one / name).read_text(encoding="utf-8", errors="replace"))
            except OSError:
                continue
            if found is not None:
                return found
        if (one / ".git").exists():
            break
    return _installed()


@cache
def _installed() -> tuple[int, ...] | None:
    try:
        text = importlib.metadata.version("assemblyai")
    except importlib.metadata.PackageNotFoundError:
        return None
    return tuple(int(part) for part in text.split(".") if part.isdigit())
