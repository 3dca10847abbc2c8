"""The commands that a run tells the user to type next: with the paths and options that were given."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from codemods.git import in_git, repository_of


def migrate_command(paths: Sequence[Path], given: Sequence[str], *more: str) -> str:
    """`sttbridge migrate PATH… OPTION…`: what was given, and more options."""
    added = [option for option in more if option not in given]
    return shlex.join(["sttbridge", "migrate", *map(str, paths), *given, *added])


def undo_commands(paths: Iterable[Path]) -> list[str]:
    """What gives files back as git has them: one command for each repository; files that git has not are left out."""
    here = repository_of(Path.cwd())
    files: dict[Path, list[Path]] = {}
    for path in in_git(paths):
        top = repository_of(path.resolve().parent)
        if top is not None:
            files.setdefault(top, []).append(path)
    commands = []
    for top, names in files.items():
        if top == here:
            commands.append(shlex.join(["git", "checkout", "--", *map(str, names)]))
        else:
            inside = [str(name.resolve().relative_to(top)) for name in names]
            commands.append(shlex.join(["git", "-C", str(top), "checkout", "--", *inside]))
    return commands
