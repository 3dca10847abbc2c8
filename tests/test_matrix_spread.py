"""Programs of the matrix spread over several files: they migrate to what they would be in one, and run the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codemods.findings import Level
from codemods.migration import migrate_project
from tests.matrix.combinations import MIGRATED, Row
from tests.matrix.mutations import pieces
from tests.matrix.running import AT_ONCE, Spread, run_spread
from tests.matrix.speech import write_speech
from tests.matrix.spread import by_attributes, by_names, in_a_package, joined, spread_over_files

WHOLE = bool(os.environ.get("STTBRIDGE_WHOLE_MATRIX"))
_FILES = (2, 3, 4)
_STYLES: tuple[Callable[[Mapping[str, str]], Mapping[str, str]], ...] = (by_names, by_attributes, in_a_package)
CHECKED = [
    (row, _FILES[at % 3], _STYLES[at // 3 % 3])
    for at, row in enumerate(MIGRATED)
    for at in ((at, at + 4) if WHOLE else (at,))
]
CHECKED = CHECKED if WHOLE else CHECKED[::4]
RUN = [(row, _FILES[at % 3]) for at, row in enumerate(MIGRATED)][:: 6 if WHOLE else 40]


def _migrated(row: Row, before: Mapping[str, str]) -> tuple[Mapping[str, str], list[str]]:
    """What becomes of a row's program over several files, and the codes of what is left to a person or not certain."""
    sources = {Path("app") / f"{name}.py": code for name, code in before.items()}
    found = migrate_project(sources, row.vendor.other.value)
    findings = [one for each in found.values() for one in each.findings]
    left = sorted({one.kind.code for one in findings if one.level is not Level.INFORMATION})
    return {path.stem: each.code for path, each in found.items()}, left


def _name(one: object) -> str:
    return one.name if isinstance(one, Row) else str(getattr(one, "__name__", one))


@pytest.mark.parametrize(("row", "files", "style"), CHECKED, ids=_name)
def test_a_program_over_several_files_becomes_what_it_would_be_in_one(
    row: Row, files: int, style: Callable[[Mapping[str, str]], Mapping[str, str]]
) -> None:
    before = spread_over_files(row.code, files)
    assert before is not None
    after, left = _migrated(row, style(before))
    assert left == sorted({one.kind.code for one in row.migration.findings if one.level is not Level.INFORMATION})
    # A module that others run raises where a script ends by itself.
    codes = [code.replace("ConnectionError", "SystemExit") for code in joined(after)]
    assert pieces(*codes) == pieces(*joined({"": row.migration.code.replace("ConnectionError", "SystemExit")}))


@pytest.mark.timeout(400)
def test_programs_over_several_files_say_the_same(tmp_path: Path) -> None:
    speech = write_speech(tmp_path / "speech.wav")

    def spread(row: Row, files: int) -> Spread:
        before = spread_over_files(row.code, files)
        assert before is not None
        return Spread(before, _migrated(row, before)[0])

    def differences(row: Row, each: Spread) -> list[str]:
        found = run_spread(row, each, tmp_path / row.name, speech)
        return [f"{row.name}: {one}" for one in found.differences]

    rows = [row for row, _ in RUN]
    spreads = [spread(row, files) for row, files in RUN]  # not in threads: Python 3.11's parser is not made for them
    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert [one for each in pool.map(differences, rows, spreads) for one in each] == []
