"""Migrating: 60 copies of the guide's script in one process and in two, and one large file, against reading them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import libcst as cst

from codemods.programs import Effort, migrate_files
from shim.guide import guide_file

_COPIES = 60
_LARGE = 100_000
"""Bytes of the large file: the script, and functions that have nothing to do with it."""
_FUNCTION = """

def part_{0}(rows, chosen=None):
    found = [row[{0}] for row in rows]
    if chosen:
        return found[chosen]
    return {{"rows": found, "count": len(found)}}
"""


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _migrate(paths: Sequence[Path], jobs: int) -> None:
    migrated = list(migrate_files(paths, "assemblyai", effort=Effort(jobs=jobs)))
    if not all(file.changes for file in migrated):
        raise AssertionError("a file was not migrated: the time says nothing")


def _read(paths: Sequence[Path]) -> None:
    for path in paths:
        if not cst.parse_module(path.read_text(encoding="utf-8")).code:
            raise AssertionError(path)


def _large(script: str) -> str:
    parts, size = [script], len(script)
    while size < _LARGE:
        parts.append(_FUNCTION.format(len(parts)))
        size += len(parts[-1])
    return "".join(parts)


def measure() -> Iterator[str]:
    """Seconds for each, and how many times what LibCST takes to read and write the same files."""
    script = guide_file("gladia_microphone.py")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"live_{number}.py" for number in range(_COPIES)]
        for path in paths:
            shutil.copy(script, path)
        large = Path(folder) / "large.py"
        large.write_text(_large(script.read_text(encoding="utf-8")), encoding="utf-8")
        _migrate(paths[:1], 1)  # what is imported late is there now
        yield f"migrate: {_COPIES} programs of {script.stat().st_size} bytes, one of {large.stat().st_size} bytes"
        baseline = min(_seconds(lambda: _read(paths)) for _ in range(3))
        one, two = _seconds(lambda: _migrate(paths, 1)), _seconds(lambda: _migrate(paths, 2))
        yield f"  parse and generate (baseline)  {baseline:7.2f} s"
        yield f"  --jobs 1                       {one:7.2f} s   {one / baseline:5.1f} x"
        yield f"  --jobs 2                       {two:7.2f} s   {two / one:5.2f} x the time of one"
        baseline = min(_seconds(lambda: _read([large])) for _ in range(3))
        seconds = _seconds(lambda: _migrate([large], 1))
        yield f"  parse and generate, large      {baseline:7.2f} s"
        yield f"  the large one                  {seconds:7.2f} s   {seconds / baseline:5.1f} x"
