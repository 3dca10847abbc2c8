"""Programs of the matrix: each migrates completely, and a dozen are run; all are, with STTBRIDGE_WHOLE_MATRIX=1."""

from __future__ import annotations

import functools
import itertools
import json
import os
import random
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from codemods.findings import Level
from codemods.migration import Migration
from shim.mapping.row import Vendor
from tests.codemod_checks import RUFF, check_migration, codes
from tests.matrix import assemblyai, gladia
from tests.matrix.__main__ import PAGE, row_start
from tests.matrix.combinations import LIMITS, MIGRATED, ROWS, Row
from tests.matrix.covering import pairs_in, possible_pairs
from tests.matrix.running import AT_ONCE, Result, run_row
from tests.matrix.speech import write_speech

WHOLE = bool(os.environ.get("STTBRIDGE_WHOLE_MATRIX"))
_FAR_APART = 11  # of the rows of a family, every eleventh is one of the dozen


def _dozen() -> list[Row]:
    found = []
    for vendor in Vendor:
        raw = [row for row in MIGRATED if (row.vendor, row.family) == (vendor, "raw")]
        sdk = [row for row in MIGRATED if (row.vendor, row.family) == (vendor, "sdk")]
        found += [*raw[::_FAR_APART][:5], sdk[0]]
    return found


@functools.cache
def checked(row: Row) -> Migration:
    """What the codemod makes of a program, with everything checked that holds for each."""
    return check_migration(row.code, to=row.vendor.other.value, ruff=False)


RUN = MIGRATED if WHOLE else _dozen()


@pytest.mark.parametrize("row", MIGRATED, ids=lambda row: row.name)
def test_a_program_migrates_completely(row: Row) -> None:
    migration = checked(row)
    left = [finding for finding in migration.findings if finding.level is not Level.INFORMATION]
    assert migration.changed and not left
    assert row_start(row, migration) in PAGE.read_text(encoding="utf-8"), "python -m tests.matrix --findings"


@pytest.mark.parametrize("row", [row for row in ROWS if row.limit], ids=lambda row: row.name)
def test_a_known_limit_waits_for_a_person(row: Row) -> None:
    assert row.limit is not None
    migration = checked(row)
    assert migration.unsafe and row.limit.code in codes(migration)


def test_ruff_has_no_new_complaint(tmp_path: Path) -> None:
    for row in MIGRATED:
        (tmp_path / f"{row.name}_before.py").write_text(row.code, encoding="utf-8")
        (tmp_path / f"{row.name}_after.py").write_text(checked(row).code, encoding="utf-8")
    done = subprocess.run([*RUFF, str(tmp_path)], capture_output=True, text=True, check=False)
    complaints = [(Path(one["filename"]).stem, one["code"], one["message"]) for one in json.loads(done.stdout)]
    assert not complaints, "the programs have none before, and none after"


@pytest.mark.parametrize("vendor", Vendor)
def test_every_pair_of_choices_is_there(vendor: Vendor) -> None:
    rows = [row for row in MIGRATED if (row.vendor, row.family) == (vendor, "raw")]
    limits = [one for one in LIMITS if (one.vendor, one.family) == (vendor, "raw")]
    family = gladia if vendor is Vendor.GLADIA else assemblyai
    there = set(itertools.chain.from_iterable(pairs_in(row.choices) for row in rows))

    def is_taken(choices: dict[str, str]) -> bool:
        return family.is_valid(choices) and not any(one.holds(choices) for one in limits)

    wanted = possible_pairs(family.DIMENSIONS, is_taken, random.Random("another"))
    assert len(rows) >= 60 and len({str(row.choices) for row in rows}) == len(rows)
    assert set(wanted) <= there


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Result]]]:
    """Every row's runs, several at once."""
    folder = tmp_path_factory.mktemp("matrix")
    speech = write_speech(folder / "speech.wav")
    pool = ThreadPoolExecutor(AT_ONCE)
    yield {row.name: pool.submit(run_row, row, folder, speech) for row in RUN}
    pool.shutdown(cancel_futures=True)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("row", RUN, ids=lambda row: row.name)
def test_a_migrated_program_says_the_same(row: Row, runs: dict[str, Future[Result]]) -> None:
    result = runs[row.name].result()
    assert not result.differences, result.after.stderr


def test_the_page_is_of_this_matrix_and_has_no_difference() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for row in MIGRATED:
        assert f"| {row.number} | {' | '.join(row.choices.values())} |" in page, "python -m tests.matrix"
    assert all(one.reason in page for one in LIMITS)
    assert "DIFFERS" not in page
