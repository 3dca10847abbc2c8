"""What the run asks of git: which files are the project's, which have work that is not saved, how to undo."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_AT_ONCE: Final = 500
"""How many names a command is given; a command line has its limits."""


def git_output(folder: Path, *arguments: str) -> str | None:
    """What a git command prints in a folder; None where there is no git, no repository, or the command failed."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            check=False,
            text=True,
            errors="surrogateescape",
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def uncommitted(paths: Iterable[Path]) -> list[Path]:
    """The files that have changes git does not have yet; files outside of a repository are never among them."""
    return _named_by(paths, "status", "--porcelain", "-z", "--untracked-files=all")


def in_git(paths: Iterable[Path]) -> list[Path]:
    """The files that git has, so that it can give them back."""
    return _named_by(paths, "ls-files", "-z", "--full-name")


def repository_of(folder: Path) -> Path | None:
    """The folder of the repository that a folder belongs to; None where there is none."""
    shown = git_output(folder, "rev-parse", "--show-toplevel")
    return Path(shown.removesuffix("\n")).resolve() if shown else None


def _named_by(paths: Iterable[Path], *command: str) -> list[Path]:
    """Those of some files that a command names when asked for them; it is asked once for each folder."""
    resolved = {path: path.resolve() for path in paths}
    named: set[Path] = set()
    for folder in {path.parent for path in resolved.values()}:
        top = repository_of(folder)
        if top is None:
            continue
        names = [f":(literal){path.name}" for path in resolved.values() if path.parent == folder]
        for start in range(0, len(names), _AT_ONCE):
            answer = git_output(folder, *command, "--", *names[start : start + _AT_ONCE]) or ""
            # A status stands before the name, but not before the former name of a file that was renamed.
            named.update(top / entry for entry in answer.split("\0"))
            named.update(top / entry[3:] for entry in answer.split("\0"))
    return [path for path, real in resolved.items() if real in named]
