"""The guide's SDK programs: each way, there and back, and run against the emulators."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.migration import migrate_source
from codemods.verify.verification import Conditions, verify_pair
from shim.guide import guide_file
from shim.mapping import catalogue
from shim.mapping.row import Section
from tests.codemod_checks import check_migration, codes, fixture

PAIRS = [
    ("assemblyai_sdk.py", "gladia_sdk.py", "gladia"),
    ("gladia_sdk.py", "assemblyai_sdk_again.py", "assemblyai"),
    ("assemblyai_sdk_async.py", "gladia_sdk_async.py", "gladia"),
    ("gladia_sdk_async.py", "assemblyai_sdk_async_again.py", "assemblyai"),
]


@pytest.mark.parametrize(("before", "after", "to"), PAIRS, ids=[after for _, after, _ in PAIRS])
def test_each_program_becomes_its_counterpart(before: str, after: str, to: str) -> None:
    migration = check_migration(fixture(before), to=to)
    assert migration.code == fixture(after)
    assert not migration.unfinished


@pytest.mark.parametrize(("before", "after", "to"), PAIRS, ids=[after for _, after, _ in PAIRS])
def test_both_programs_print_the_same_transcripts(before: str, after: str, to: str) -> None:
    result = verify_pair(guide_file(before), guide_file(after), Conditions())
    assert result.differences == [], result.runs
    assert len(result.runs[0].transcripts) == 3


def test_the_guides_set_params_goes_and_is_said() -> None:
    migration = check_migration(fixture("assemblyai_sdk.py"), to="gladia")
    assert "set_params" not in migration.code and "turn_is_formatted" not in migration.code
    assert "STB130" in codes(migration)


@pytest.mark.parametrize("name", ["assemblyai_sdk_again.py", "assemblyai_sdk_async_again.py"])
def test_there_and_back_again_and_there_is_the_same_program(name: str) -> None:
    there = migrate_source(fixture(name), "gladia")
    assert there.changed
    back = migrate_source(there.code, "assemblyai")
    assert back.code == fixture(name)


def test_the_guides_events_are_rows() -> None:
    named = {name for row in catalogue.rows(Section.SDK) for name in row.assemblyai}
    assert {"Transcript", "Open", "Close", "Error"} <= named


def test_fixtures_are_shipped() -> None:
    assert all(Path(guide_file(name)).is_file() for pair in PAIRS for name in pair[:2])
