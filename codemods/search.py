"""Which files a run looks at: the Python files of what the user named, and what could not be looked at."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pathspec

from codemods.git import git_output
from shim.errors import BridgeError

_NEVER_ENTERED = pathspec.PathSpec.from_lines(
    "gitignore",
    ["__pycache__/", "node_modules/", ".*/", "venv/", "env/", "site-packages/", "build/", "dist/"],
)
"""What is left out where no git repository says what belongs to the project."""

PYTHON_SUFFIXES = (".py", ".pyw")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought: Python files in order, each once, and an error for each path that gave none."""

    programs: tuple[Path, ...]
    problems: tuple[BridgeError, ...]


def search(
    paths: Iterable[Path],
    left_out: Callable[[Path], bool] = lambda path: False,
    is_project_file: Callable[[Path], bool] = lambda path: False,
) -> Found:
    """Finds the Python files of the given files and folders.

    In a git repository a folder gives what git tracks and what it does not ignore; elsewhere everything but
    environments, caches and hidden folders. `left_out` says of a path whether the user excluded it. A file that is
    named itself is a program if its name or its first line says so; where `is_project_file` knows it, it is passed
    over; anything else is a problem, and so is a path that is not there. One problem never hides the other paths.
    """
    found: dict[Path, Path] = {}
    problems: list[BridgeError] = []
    for path in paths:
        for file in _programs_at(path, problems, is_project_file):
            if not left_out(file):
                # A link and what it leads to are one file, which is replaced once.
                found.setdefault(file.resolve(), file)
    return Found(tuple(found.values()), tuple(problems))


def exclusion(patterns: Sequence[str], folder: Path) -> Callable[[Path], bool]:
    """Says of a path whether patterns in the style of `.gitignore`, read in a folder, leave it out.

    Raises BridgeError for a pattern that is none.
    """
    if not patterns:
        return lambda path: False
    try:
        spec = pathspec.PathSpec.from_lines("gitignore", patterns)
    except ValueError as error:
        raise BridgeError(f"--exclude: {error}", "patterns are written as in .gitignore") from None
    base = folder.resolve()

    def is_left_out(path: Path) -> bool:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link is left out by its own name
        inside = absolute.relative_to(base) if absolute.is_relative_to(base) else Path(absolute.name)
        return spec.match_file(inside.as_posix())

    return is_left_out


def _programs_at(path: Path, problems: list[BridgeError], is_project_file: Callable[[Path], bool]) -> Iterator[Path]:
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        problems.append(BridgeError(f"{path} does not exist", "check the path"))
        return
    except OSError as error:
        problems.append(_unreadable(path, error))
        return
    if stat.S_ISDIR(kind):
        yield from _in_folder(path, problems)
    elif not stat.S_ISREG(kind):
        problems.append(BridgeError(f"{path} is neither a file nor a folder", "give files and folders"))
    elif is_program(path):
        yield path
    elif not is_project_file(path):
        problems.append(
            BridgeError(
                f"{path} is not a kind of file that is migrated",
                "give Python files, notebooks, requirements, .env and project files, or folders",
            )
        )


def is_program(path: Path) -> bool:
    """Whether a file is a Python program: by its name, or by its first line where the name has no ending."""
    if path.suffix in PYTHON_SUFFIXES:
        return True
    if path.suffix or path.name.startswith("."):
        return False
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first


def _in_folder(folder: Path, problems: list[BridgeError]) -> Iterator[Path]:
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        problems.append(_unreadable(folder, error))
        return
    listed = git_output(
        folder,
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        *(f"*{end}" for end in PYTHON_SUFFIXES),
    )
    if listed is not None:
        names = sorted(set(listed.split("\0")) - {""})
        yield from (folder / name for name in names if _is_file(folder / name, problems))
        return

    def unreadable(error: OSError) -> None:
        problems.append(_unreadable(Path(error.filename), error))

    for root, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not _NEVER_ENTERED.match_file(f"{name}/"))
        for name in sorted(files):
            if name.endswith(PYTHON_SUFFIXES) and _is_file(Path(root) / name, problems):
                yield Path(root) / name


def _is_file(path: Path, problems: list[BridgeError]) -> bool:
    """Whether it is a regular file: neither a pipe, nor something git still lists and the disk has no more."""
    try:
        return path.is_file()
    except OSError as error:
        problems.append(_unreadable(path, error))
        return False


def _unreadable(path: Path, error: OSError) -> BridgeError:
    return BridgeError(f"{path} could not be read: {error.strerror or error}", "check its permissions")
