"""Fixtures that run by themselves say the same once they are migrated: some of them; all, with `make matrix`."""

from __future__ import annotations

import os

import pytest

from tests.fixtures_that_run import all_names, listed, run_fixtures

WHOLE = bool(os.environ.get("STTBRIDGE_WHOLE_MATRIX"))
_FAR_APART = 12  # in `make test`, every twelfth is run


@pytest.mark.timeout(900)
def test_they_say_the_same() -> None:
    names = listed() if WHOLE else listed()[::_FAR_APART]
    found = list(run_fixtures(names))
    assert [one.name for one in found if not one.runs] == []
    assert {one.name: one.differences for one in found if one.differences} == {}


def test_the_list_is_of_fixtures() -> None:
    names = listed()
    assert len(names) > 50 and set(names) <= set(all_names()), "python -m tests.fixtures_that_run"
