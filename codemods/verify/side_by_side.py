"""A program's files before and after a migration, laid out side by side, so that both versions can be run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def side_by_side(program: Path, changed: Mapping[Path, tuple[bytes, bytes]]) -> Iterator[tuple[Path, Path]]:
    """The paths of a program before and after, in two temporary trees with all that lies around it.

    `changed` are the files of the run that are rewritten, with their contents before and after. What else stands in
    their folders and in those between, is linked: data that a program finds beside itself is found there too.
    """
    contents = {path.resolve(): both for path, both in changed.items()}
    script = program.resolve()
    top = Path(os.path.commonpath([str(path.parent) for path in (script, *contents)]))
    open_folders = {folder for path in (script, *contents) for folder in path.parents if folder.is_relative_to(top)}
    with tempfile.TemporaryDirectory(prefix="sttbridge-migrated-") as scratch:
        trees = Path(scratch) / "before", Path(scratch) / "after"
        for index, tree in enumerate(trees):
            _lay_out(top, tree, open_folders, {path: both[index] for path, both in contents.items()})
        before, after = (tree / script.relative_to(top) for tree in trees)
        yield before, after


def _lay_out(folder: Path, target: Path, open_folders: set[Path], contents: Mapping[Path, bytes]) -> None:
    target.mkdir()
    for entry in sorted(folder.iterdir()):
        place = target / entry.name
        if entry in contents:
            place.write_bytes(contents[entry])
        elif entry in open_folders:
            _lay_out(entry, place, open_folders, contents)
        elif entry.name != "__pycache__":
            # What was compiled of one version must not be taken for the other's.
            place.symlink_to(entry)
