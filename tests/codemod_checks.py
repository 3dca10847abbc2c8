"""What holds for every migration, whatever it migrates: asked of each fixture and each inline program."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

from ruff.__main__ import find_ruff_bin

from codemods.accounting import Ending, accounts
from codemods.findings import TODO_OPEN, Level
from codemods.migration import Migration, Options, migrate_source
from codemods.todos import todo_text, todos_in
from shim.mapping.row import Vendor

RUFF = [
    find_ruff_bin(),
    "check",
    "--isolated",
    "--no-cache",
    "--select",
    "F,E9",
    "--output-format",
    "json",
]


def ruff_complaints(code: str) -> list[str]:
    """The rules that ruff's F and E9 find broken in a program, sorted."""
    done = subprocess.run([*RUFF, "-"], input=code, capture_output=True, text=True, check=False)
    return sorted(f"{one['code']} {one['message']}" for one in json.loads(done.stdout))


def ruff_complaints_in(folder: Path) -> dict[Path, list[str]]:
    """The same for every program of a folder that has complaints, in one run."""
    done = subprocess.run([*RUFF, str(folder)], capture_output=True, text=True, check=False)
    found: dict[Path, list[str]] = {}
    for one in json.loads(done.stdout):
        found.setdefault(Path(one["filename"]), []).append(f"{one['code']} {one['message']}")
    return found


AS_USUAL = Options()


def check_migration(
    before: str,
    *,
    to: str = "assemblyai",
    ruff: bool = True,
    options: Options = AS_USUAL,
) -> Migration:
    """Migrates a program and checks what must hold of the result; gives it for further checks."""
    migration = migrate_source(before, to, options)
    again = migrate_source(migration.code, to, options)
    assert again.code == migration.code, "a second run changes something"
    has_caveat = any(finding.level is Level.CAVEAT for finding in migration.findings)
    assert migration.unsafe == (migration.changed and has_caveat and not options.unsafe)
    assert list(migration.findings) == sorted(migration.findings, key=lambda finding: finding.line), "in line order"
    forgotten = [one for one in accounts(before, migration, Vendor(to)) if one.ending is Ending.FORGOTTEN]
    assert not forgotten, f"references that ended nowhere: {forgotten}"
    ast.parse(migration.code)
    assert migration.changed == (migration.code != before)
    for finding in migration.findings:
        assert finding.text and finding.kind.recipe, "a finding says what and what to do"
        assert 0 <= finding.line <= max(before.count("\n"), migration.code.count("\n")) + 1
    if any(finding.kind.blocks or finding.level is Level.SKIPPED for finding in migration.findings):
        assert migration.code == before, "half a migration"
    todos = {(todo.code, todo.text) for todo in todos_in(migration.code)}
    if migration.changed:
        for finding in migration.findings:
            stands = finding.kind is TODO_OPEN or (finding.kind.code, todo_text(finding)) in todos
            assert stands or not finding.kind.leaves_todo, f"no TODO for {finding}"
    if migration.changed and ruff:
        new = ruff_complaints(migration.code)
        old = ruff_complaints(before)
        assert all(new.count(one) <= old.count(one) for one in new), f"new complaints: {new}, before: {old}"
    return migration


def codes(migration: Migration) -> set[str]:
    """The codes of a migration's findings."""
    return {finding.kind.code for finding in migration.findings}


def fixture(name: str) -> str:
    """A file of `fixtures/guide`."""
    return (Path(__file__).parent.parent / "fixtures" / "guide" / name).read_text(encoding="utf-8")
