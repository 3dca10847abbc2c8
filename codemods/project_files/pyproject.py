"""`pyproject.toml`: the project's dependencies in each of the tables that hold some; comments and order are kept.

https://packaging.python.org/en/latest/specifications/pyproject-toml/ and /dependency-groups/; poetry's own tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, String, StringType

from codemods.findings import DEPENDENCY_LEFT, NAMED_IN_SETTINGS, PROJECT_FILE_INVALID, Finding
from codemods.project_files.dependencies import (
    Step,
    Wanted,
    added_finding,
    missing,
    name_in,
    original_line,
    stays_finding,
    step_finding,
    steps,
    swapped,
)
from codemods.project_files.toml_table import migrate_table


def migrate_pyproject(text: str, wanted: Wanted) -> tuple[str, list[Finding]]:
    """A `pyproject.toml` with its dependencies swapped and added."""
    try:
        document = tomlkit.parse(text)
        if tomlkit.dumps(document) != text:
            return text, []
        return _migrated(text, document, wanted)
    except TOMLKitError as error:
        return text, [Finding(PROJECT_FILE_INVALID, 0, str(error))]


def declares_dependencies(text: str) -> bool:
    """Whether the project's own dependencies stand in it: not, where it only sets up tools or leaves them to others."""
    try:
        document = tomlkit.parse(text).unwrap()
    except TOMLKitError:
        return False
    project = document.get("project", {})
    return "dependencies" in project or "dependencies" in document.get("tool", {}).get("poetry", {})


def _migrated(text: str, document: tomlkit.TOMLDocument, wanted: Wanted) -> tuple[str, list[Finding]]:
    findings: list[Finding] = []
    tables = list(_tables(document))
    names = [name for array in _arrays(document) for name in _names(array)]
    names += [name_in(str(name)) for table in tables for name in _at(document, table)]
    needed = missing(wanted.needed, [*names, wanted.new_name] if wanted.old in names else names)
    has_main = isinstance(_at(document, ("project", "dependencies")), Array)
    after = text
    for table in tables:
        is_main = table == ("tool", "poetry", "dependencies") and not has_main
        changed, found = migrate_table(after, table, wanted, needed if is_main else [])
        findings += [_at_line(one, original_line(one.line, after, text)) for one in found]
        after = changed
    document = tomlkit.parse(after)
    lines = _Lines(text)
    for array in _arrays(document):
        findings += _migrate_array(array, lines, wanted)
    if wanted.old in names and not wanted.old_users:
        _rename_in_extras(document, wanted)
    main = _at(document, ("project", "dependencies"))
    for requirement in needed if isinstance(main, Array) else ():
        findings.append(added_finding(lines.of_table("project", "dependencies"), requirement))
        _insert(main, len(main), requirement)
    after = tomlkit.dumps(document)
    known = {finding.line for finding in findings}
    left = [_at_line(one, original_line(one.line, after, text)) for one in _left(after, wanted)]
    return after, sorted([*findings, *(one for one in left if one.line not in known)], key=lambda one: one.line)


class _Lines:
    """Where the texts of a document stand; a text that stands at several places is asked for as often."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._given: dict[str, int] = {}

    def of(self, item: Any) -> int:
        """The line of a text of the document, the next one that was not given yet; 0 where it is not found."""
        token = item.as_string() if isinstance(item, String) else str(item)
        start = self._given.get(token, 0)
        for number, line in enumerate(self._lines[start:], start + 1):
            if token in line and not line.lstrip().startswith(("#", f"{token} =", f"{token}=")):
                self._given[token] = number
                return number
        return 0

    def of_table(self, table: str, key: str) -> int:
        """The line of a key in a table of the first level; 0 where it is not found."""
        inside = False
        for number, line in enumerate(self._lines, 1):
            if line.startswith("["):
                inside = line.strip().startswith(f"[{table}]")
            elif inside and re.match(rf"\s*{key}\s*=", line):
                return number
        return 0


def _at_line(finding: Finding, line: int) -> Finding:
    return Finding(finding.kind, line, finding.text)


def _rename_in_extras(document: Mapping[str, Any], wanted: Wanted) -> None:
    """Poetry's extras name dependencies that stand in its tables."""
    for array in _at(document, ("tool", "poetry", "extras")).values():
        for index, name in enumerate(_names(array)) if isinstance(array, Array) else ():
            if name == wanted.old:
                array[index] = _like(array[index], wanted.new_name)


def _left(after: str, wanted: Wanted) -> Iterator[Finding]:
    """Other places of the document that name the package: settings of tools, sources, environments."""
    # A package that is called as its vendor is named in prose as well.
    if wanted.old_users or "-" not in wanted.old:
        return
    spelled = re.escape(wanted.old).replace(r"\-", "[-_.]")
    pattern = re.compile(rf"(?<![\w.@/-]){spelled}(?![\w-]|\.\w)", re.IGNORECASE)
    for number, line in enumerate(after.splitlines(), 1):
        if pattern.search(line) and not line.lstrip().startswith("#"):
            yield Finding(NAMED_IN_SETTINGS, number, f"`{wanted.old}`: `{wanted.new_name}` took its place")


def _at(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = document
    for step in path:
        if not isinstance(found, Mapping) or step not in found:
            return {}
        found = found[step]
    return found


def _arrays(document: MutableMapping[str, Any]) -> Iterator[Array]:
    """Every list of requirements: dependencies, extras, dependency groups, the development groups of uv and pdm."""
    yield from (one for one in [_at(document, ("project", "dependencies"))] if isinstance(one, Array))
    for path in (
        ("project", "optional-dependencies"),
        ("dependency-groups",),
        ("tool", "pdm", "dev-dependencies"),
    ):
        groups = _at(document, path)
        if isinstance(groups, Mapping):
            yield from (group for group in groups.values() if isinstance(group, Array))
    for path in (("tool", "uv", "dev-dependencies"), ("tool", "uv", "constraint-dependencies")):
        found = _at(document, path)
        if isinstance(found, Array):
            yield found


def _tables(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The tables that hold a dependency a line: poetry's."""
    for path in (("tool", "poetry", "dependencies"), ("tool", "poetry", "dev-dependencies")):
        if _at(document, path):
            yield path
    groups = _at(document, ("tool", "poetry", "group"))
    for name in groups if isinstance(groups, Mapping) else ():
        group = ("tool", "poetry", "group", str(name), "dependencies")
        if _at(document, group):
            yield group


def _names(array: Array) -> list[str | None]:
    return [name_in(str(one)) if isinstance(one, str) else None for one in array]


def _migrate_array(array: Array, lines: _Lines, wanted: Wanted) -> list[Finding]:
    findings: list[Finding] = []
    names = _names(array)
    for index, step in reversed(list(enumerate(steps(names, wanted)))):
        if names[index] != wanted.old:
            continue
        old, line = str(array[index]), lines.of(array[index])
        if "@" in old.partition(";")[0]:
            findings.append(
                Finding(DEPENDENCY_LEFT, line, f"`{wanted.old}` from an address of its own: put `{wanted.new}` there")
            )
            continue
        if wanted.old_users:
            findings.append(stays_finding(line, wanted))
        if step is Step.REPLACE:
            array[index] = _like(array[index], swapped(old, wanted.new))
        elif step is Step.REMOVE:
            del array[index]
        elif step is Step.ADD_BELOW:
            _insert(array, index + 1, wanted.new)
        if step is not Step.KEEP:
            findings.append(step_finding(step, line, old, wanted))
    return findings[::-1]


def _insert(array: Array, index: int, requirement: str) -> None:
    like = array[0] if len(array) else None
    array.insert(index, _like(like, requirement))


def _like(old: Any, text: str) -> String:
    """A text in the quotes of another."""
    literal = isinstance(old, String) and old.as_string().startswith("'") and "'" not in text
    return String.from_raw(text, StringType.SLL if literal else StringType.SLB)
