"""Programs changed without changing what they do migrate to the same; random programs are neither changed nor a crash."""

from __future__ import annotations

import ast
from pathlib import Path

import hypothesmith
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from codemods.findings import COMMENT_MOVED, COMMENT_WENT, Level
from codemods.migration import Migration, migrate_project, migrate_source
from shim.mapping.row import Vendor
from tests.matrix.combinations import MIGRATED, Row
from tests.matrix.mutations import MUTATIONS, constants_apart, has_a_start, pieces, shape, start_apart

FIXTURES = Path(__file__).parent.parent / "fixtures" / "pairs"
_SLOW = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def _befores() -> list[Path]:
    """The programs of the fixtures that are rewritten without options."""
    return [
        path
        for path in sorted(FIXTURES.glob("*/*/*.before.py"))
        if path.with_name(path.name.replace(".before.", ".after.")).exists()
        and not path.with_name(path.name.replace(".before.py", ".options.txt")).exists()
    ]


def _codes(migration: Migration) -> list[str]:
    return sorted(finding.kind.code for finding in migration.findings)


@given(
    row=st.sampled_from(MIGRATED), mutations=st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=3, unique=True)
)
@_SLOW
def test_a_changed_program_of_the_matrix_becomes_the_same(row: Row, mutations: list[object]) -> None:
    before, wanted = row.code, row.migration.code
    for mutate in mutations:
        assert callable(mutate)
        before, wanted = mutate(before), mutate(wanted)
    found = migrate_source(before, row.vendor.other.value)
    assert shape(found.code) == shape(wanted)
    assert _codes(found) == _codes(row.migration)


@given(path=st.sampled_from(_befores()), mutate=st.sampled_from(MUTATIONS))
@settings(_SLOW, max_examples=30)
def test_a_changed_program_of_the_fixtures_is_found_out_as_much(path: Path, mutate: object) -> None:
    """Comments and layout may be part of a fixture, so findings are compared, not the whole text."""
    to = path.parts[-3].removeprefix("to_")
    code = path.read_bytes().decode()
    assert callable(mutate)
    assume("sttbridge" not in code)  # its comments speak to the codemod
    try:
        mutated = mutate(code)
    except ValueError:  # an f-string that `ast.unparse` cannot write
        assume(False)
    plain, found = migrate_source(code, to), migrate_source(mutated, to)
    ast.parse(found.code)
    about_comments = {COMMENT_MOVED.code, COMMENT_WENT.code}  # a program laid out anew has none
    missing = [one for one in set(_codes(plain)) - about_comments if one not in _codes(found)]
    assert not found.changed or not missing, "changed, and less said than of the same program before"
    assert found.changed or found.findings


@pytest.mark.parametrize("row", MIGRATED[::11], ids=lambda row: row.name)
def test_constants_in_another_file_make_no_difference(row: Row) -> None:
    program, constants = (Path("program.py"), Path("settings.py"))
    sources = dict(zip((program, constants), constants_apart(row.code), strict=True))
    found = migrate_project(sources, row.vendor.other.value)
    assert pieces(*(one.code for one in found.values())) == pieces(row.migration.code)
    for one in found.values():
        assert not [finding for finding in one.findings if finding.level is not Level.INFORMATION]


@pytest.mark.parametrize("row", [row for row in MIGRATED if has_a_start(row.code)][::8], ids=lambda row: row.name)
def test_a_start_in_another_file_makes_no_difference(row: Row) -> None:
    program, work = (Path("program.py"), Path("work.py"))
    sources = dict(zip((program, work), start_apart(row.code), strict=True))
    found = migrate_project(sources, row.vendor.other.value)
    # A module that others run raises where a script ends by itself.
    codes = [one.code.replace("ConnectionError", "SystemExit") for one in found.values()]
    assert pieces(*codes) == pieces(row.migration.code.replace("ConnectionError", "SystemExit"))
    for one in found.values():
        assert not [finding for finding in one.findings if finding.level is not Level.INFORMATION]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@given(code=hypothesmith.from_grammar(), vendor=st.sampled_from(list(Vendor)))
@settings(_SLOW, max_examples=60)
def test_random_programs_are_left_as_they_are(code: str, vendor: Vendor) -> None:
    """A name in a comment makes the codemod look at all; there is nothing to rewrite."""
    source = f"# as {vendor.value} does it: https://api.{vendor.value}.io\n{code}"
    migration = migrate_source(source, vendor.other.value)
    assert migration.code == source and not migration.changed
