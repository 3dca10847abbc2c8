"""Whole projects before and after: files that import one another, migrated together.

`fixtures/projects/<direction>/<name>/before/…`, with what they become beside them (`after/…`, all files; none where
nothing changes) and the findings (`findings.txt`, one `path:STB101:12` a line; none where there are none).

`STTBRIDGE_WRITE_FIXTURES=1 python -m pytest tests/test_project_fixtures.py` writes what comes out now, to be reviewed
by eye.
"""

from __future__ import annotations

import ast
import os
import shutil
from pathlib import Path

import pytest

from codemods.accounting import Ending, project_accounts
from codemods.findings import Level
from codemods.migration import Migration, Options, migrate_project
from shim.mapping.row import Vendor
from tests.codemod_checks import ruff_complaints

PROJECTS = Path(__file__).parent.parent / "fixtures" / "projects"
WRITES = bool(os.environ.get("STTBRIDGE_WRITE_FIXTURES"))


def _name(path: Path) -> str:
    return "/".join(path.parts[-2:])


def sources_in(folder: Path) -> dict[Path, str]:
    """The texts of a folder's Python files, by their paths in it."""
    files = sorted(folder.rglob("*.py"))
    return {file.relative_to(folder): file.read_bytes().decode() for file in files}


def _findings_text(found: dict[Path, Migration]) -> str:
    return "".join(
        f"{path.as_posix()}:{finding.kind.code}:{finding.line}\n"
        for path, migration in found.items()
        for finding in migration.findings
    )


def _write(project: Path, found: dict[Path, Migration]) -> None:
    shutil.rmtree(project / "after", ignore_errors=True)
    if any(one.changed for one in found.values()):
        for path, migration in found.items():
            target = project / "after" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(migration.code.encode())
    text = _findings_text(found)
    (project / "findings.txt").write_text(text) if text else (project / "findings.txt").unlink(missing_ok=True)


def _without_names(complaints: list[str]) -> list[str]:
    """The complaints; of names that a star import may give, which change, only that there are some."""
    return ["F405" if one.startswith("F405") else one for one in complaints]


@pytest.mark.parametrize("project", sorted(path.parent for path in PROJECTS.glob("*/*/before")), ids=_name)
def test_a_project(project: Path) -> None:
    direction = project.parent.name.removeprefix("to_")
    before = sources_in(project / "before")
    found = migrate_project(before, direction, Options(unsafe=True))
    assert list(found) == list(before)
    if WRITES:
        _write(project, found)
    after = {path: migration.code for path, migration in found.items()}
    changes = any(one.changed for one in found.values())
    assert after == (sources_in(project / "after") if changes else before)
    findings = project / "findings.txt"
    assert _findings_text(found) == (findings.read_text() if findings.exists() else "")
    assert changes or findings.exists(), "a project that is neither changed nor reported shows nothing"
    read = {path for path, one in found.items() if all(each.level is not Level.SKIPPED for each in one.findings)}
    texts = {path: text for path, text in before.items() if path in read}
    accounted = project_accounts(texts, {path: found[path] for path in texts}, Vendor(direction))
    forgotten = {path: [one for one in each if one.ending is Ending.FORGOTTEN] for path, each in accounted.items()}
    assert not any(forgotten.values()), f"references that ended nowhere: {forgotten}"
    again = migrate_project(after, direction, Options(unsafe=True))
    assert {path: one.code for path, one in again.items()} == after, "a second run changes something"
    for path, migration in found.items():
        assert migration.changed == (migration.code != before[path])
        if migration.changed:
            ast.parse(migration.code)
            old = _without_names(ruff_complaints(before[path]))
            new = _without_names(ruff_complaints(migration.code))
            assert all(new.count(one) <= old.count(one) for one in new), f"{path}: {new}, before: {old}"
