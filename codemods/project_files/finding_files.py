"""Which files besides the programs a run looks at, and what stands in them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import pathspec

from codemods.directions import names_vendor
from codemods.files import FileMigration
from codemods.git import git_output
from codemods.project_files.configuration_file import may_hold_parameters
from codemods.project_files.kinds import DEPENDENCIES, FileKind, kind_of
from codemods.project_files.recorded_messages import may_hold_messages
from shim.mapping.row import Vendor

LARGEST_FILE: Final = 20_000_000
"""Larger files are not read, in bytes: what they hold is data. Larger notebooks are skipped with a finding."""

_NEVER_ENTERED: Final = pathspec.PathSpec.from_lines(
    "gitignore",
    [
        ".*/",
        "!.github/",
        "!.circleci/",
        "!.gitlab/",
        "!.devcontainer/",
        "!.buildkite/",
        *("__pycache__/", "node_modules/", "venv/", "env/", "site-packages/", "build/", "dist/"),
    ],
)
"""What is left out where no git repository says what belongs to the project."""


def is_project_file(path: Path) -> bool:
    """Whether a file that a user names is one of those that `migrate_project_files` knows what to do with."""
    return kind_of(path) is not None


def find_project_files(paths: Iterable[Path], left_out: Callable[[Path], bool] = lambda path: False) -> list[Path]:
    """The files besides the programs that stand in the given files and folders, in order, each once.

    In a git repository a folder gives what git tracks and what it does not ignore; elsewhere everything but
    environments, caches and hidden folders. `left_out` says of a path whether the user excluded it. A path that is
    not there gives nothing. Beside what is found, files with keys that git ignores are given, too, so that they can be
    spoken of; `is_ignored` tells them.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _in_folder(path) if path.is_dir() else [path]:
            if kind_of(file) is not None and not left_out(file) and file.is_file():
                found.setdefault(file.resolve(), file)
    return list(found.values())


def read_project_files(paths: Iterable[Path]) -> dict[Path, bytes]:
    """The contents of those files that can matter: they hold dependencies, or name a vendor.

    What cannot be read is left out: nothing says that it has to do with a vendor.
    """
    contents: dict[Path, bytes] = {}
    for path in paths:
        try:
            kind = kind_of(path)
            if path.stat().st_size > LARGEST_FILE and kind is not FileKind.NOTEBOOK:
                continue
            content = path.read_bytes()
        except OSError:
            continue
        matters = kind in DEPENDENCIES or kind is FileKind.LOCK
        if kind is FileKind.CONFIGURATION:
            matters = may_hold_parameters(content) or may_hold_messages(content, path)
        if matters or any(names_vendor(content, vendor) for vendor in Vendor):
            contents[path] = content
    return contents


def documents_beside(programs: Iterable[FileMigration]) -> dict[Path, bytes]:
    """The contents of the documents that programs load their configuration from, where they stand beside the program.

    What cannot be read or is too large for a configuration is left out.
    """
    contents: dict[Path, bytes] = {}
    for file in programs:
        for steps in {steps_to(one.document) for one in file.migration.findings if one.document}:
            path = file.path.parent / steps if steps is not None else None
            with contextlib.suppress(OSError):
                if path is not None and path.stat().st_size <= LARGEST_FILE:
                    contents[path] = path.read_bytes()
    return contents


def steps_to(document: str) -> PurePosixPath | None:
    """A document's path as steps down from a folder; None for one that leads elsewhere."""
    steps = PurePosixPath(document.replace("\\", "/"))
    return None if steps.is_absolute() or ".." in steps.parts else steps


def is_ignored(path: Path) -> bool:
    """Whether git ignores a file; False where there is no repository, and for what git tracks all the same."""
    parent = path.resolve().parent
    return git_output(parent, "check-ignore", "-q", "--", path.name) is not None


def _in_folder(folder: Path) -> Iterator[Path]:
    listed = git_output(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        yield from _walked(folder)
        return
    files = [folder / name for name in sorted(set(listed.split("\0")) - {""})]
    yield from files
    folders = dict.fromkeys([folder, *(file.parent for file in files)])
    known = set(files)
    for one in folders:
        yield from (file for file in _key_files(one) if file not in known)


def _key_files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if kind_of(path) is FileKind.KEYS and path.is_file())
    except OSError:
        return []


def _walked(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _NEVER_ENTERED.match_file(f"{name}/"))
        yield from (Path(root) / name for name in sorted(files))
