"""Every fixture before and after, by topic; and the programs in which nothing may change.

`fixtures/pairs/<direction>/<topic>/<name>.before.py`, with what it becomes beside it (`.after.py`; none where the file
is left whole) and its findings (`.findings.txt`, one `STB101:12` a line: code and line; none where there are none).
`.options.txt` names the switches of `Options` that are on, such as `fallback_shim`.
`fixtures/unchanged/<direction>/<topic>/<name>.py` must stay as they are; `.findings.txt` beside them as above.

`STTBRIDGE_WRITE_FIXTURES=1 python -m pytest tests/test_fixture_pairs.py` writes what comes out now, to be reviewed by
eye.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codemods.migration import Migration, Options
from tests.codemod_checks import check_migration, ruff_complaints_in

FIXTURES = Path(__file__).parent.parent / "fixtures"
WRITES = bool(os.environ.get("STTBRIDGE_WRITE_FIXTURES"))
BEFORE = ".before.py"


def _name(path: Path) -> str:
    return "/".join(path.parts[-3:])


def _paths(kind: str, ending: str) -> list[Path]:
    return sorted(path for path in (FIXTURES / kind).glob(f"*/*/*{ending}"))


def findings_text(migration: Migration) -> str:
    """The findings as a fixture keeps them."""
    return "".join(f"{finding.kind.code}:{finding.line}\n" for finding in migration.findings)


def _options(stem: str) -> Options:
    """The options that a fixture is migrated with: the words of its `.options.txt`, names of switches."""
    path = Path(f"{stem}.options.txt")
    words = path.read_text(encoding="utf-8").split() if path.exists() else []
    return Options(**dict.fromkeys(words, True))  # type: ignore[arg-type]  # switches only


def _holds(path: Path, found: str) -> None:
    """Compares with a file that is there only when it holds something."""
    if WRITES:
        path.write_bytes(found.encode()) if found else path.unlink(missing_ok=True)
    assert found == (path.read_bytes().decode() if path.exists() else "")


@pytest.mark.parametrize("before", _paths("pairs", BEFORE), ids=_name)
def test_a_pair(before: Path) -> None:
    stem = str(before).removesuffix(BEFORE)
    direction = before.parts[-3].removeprefix("to_")
    code = before.read_bytes().decode()
    migration = check_migration(code, to=direction, options=_options(stem), ruff=False)
    _holds(Path(f"{stem}.after.py"), migration.code if migration.changed else "")
    _holds(Path(f"{stem}.findings.txt"), findings_text(migration))
    assert migration.changed or migration.findings, "what is neither changed nor reported belongs in unchanged"


def test_ruff_has_no_new_complaint_about_a_pair() -> None:
    complaints = ruff_complaints_in(FIXTURES / "pairs")
    for after in _paths("pairs", ".after.py"):
        old = complaints.get(after.with_name(after.name.replace(".after.", ".before.")), [])
        new = complaints.get(after, [])
        assert all(new.count(one) <= old.count(one) for one in new), f"{_name(after)}: {new}, before: {old}"


@pytest.mark.parametrize("path", _paths("unchanged", ".py"), ids=_name)
def test_nothing_may_change(path: Path) -> None:
    direction = path.parts[-3].removeprefix("to_")
    migration = check_migration(path.read_bytes().decode(), to=direction)
    assert not migration.changed
    _holds(path.with_suffix(".findings.txt"), findings_text(migration))
