"""A table of TOML that holds a dependency a line (poetry's, Pipfile's): single lines are replaced, added, taken out.

tomlkit puts a new key at a table's end and loses the comment of one that goes, so the lines themselves are edited, and
tomlkit says afterwards whether the document is what it was meant to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomlkit
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError

from codemods.findings import DEPENDENCY_LEFT, Finding
from codemods.project_files.dependencies import Step, Wanted, added_finding, stays_finding, step_finding, steps

_HEADER = re.compile(r"\s*\[(?P<name>[^\[\]]+)\]\s*(#.*)?")
_ENTRY = re.compile(
    r"(?P<indent>\s*)(?P<quote>[\"']?)(?P<name>[\w.-]+)(?P=quote)(?P<equals>\s*=\s*)(?P<value>[^\r\n]*)"
)
_SIMPLE = re.compile(r"(?P<quote>[\"'])(?P<version>[^\"']*)(?P=quote)(?P<comment>\s*(#.*)?)")


def migrate_table(text: str, table: tuple[str, ...], wanted: Wanted, needed: list[str]) -> tuple[str, list[Finding]]:
    """A TOML document with the dependencies of one table swapped and added."""
    lines = text.splitlines(keepends=True)
    entries = [(index, found) for index in _inside(lines, table) if (found := _ENTRY.match(lines[index]))]
    names = [canonicalize_name(found["name"]) for _, found in entries]
    planned = steps(names, wanted)
    findings: list[Finding] = []
    new = Requirement(wanted.new)
    result = list(lines)
    for (index, found), step in zip(entries, planned, strict=True):
        line = index + 1
        if canonicalize_name(found["name"]) != wanted.old:
            continue
        if wanted.old_users:
            findings.append(stays_finding(line, wanted))
        value = _SIMPLE.fullmatch(found["value"])
        quote = value["quote"] if value else '"'
        inline = _with_version(found["value"], str(new.specifier))
        entry = f"{found['indent']}{new.name}{found['equals']}{quote}{new.specifier}{quote}"
        if step is Step.REPLACE and value is None and inline is not None:
            result[index] = f"{found['indent']}{new.name}{found['equals']}{inline}{_end(lines[index])}"
        elif step is Step.REPLACE and value is None:
            by_hand = f"`{found['name']}` is more than a version: put `{wanted.new}` there"
            findings.append(Finding(DEPENDENCY_LEFT, line, by_hand))
            continue
        if step is Step.REPLACE and value is not None:
            result[index] = entry + value["comment"] + _end(lines[index])
        elif step is Step.REMOVE:
            result[index] = ""
        elif step is Step.ADD_BELOW:
            end = _end(lines[index]) or "\n"
            result[index] = lines[index].rstrip("\r\n") + end + entry + _end(lines[index])
        if step is not Step.KEEP:
            findings.append(step_finding(step, line, f"{found['name']}{value['version'] if value else ''}", wanted))
    if needed and entries:
        last, found = entries[-1]
        for requirement in needed:
            added = Requirement(requirement)
            end = _end(lines[last]) or "\n"
            entry = f'{found["indent"]}{added.name}{found["equals"]}"{added.specifier or "*"}"'
            result[last] = result[last].rstrip("\r\n") + end + entry + _end(lines[last])
            findings.append(added_finding(last + 1, requirement))
    after = "".join(result)
    if after != text and not _is_meant(text, after, table):
        line = next((finding.line for finding in findings), 0)
        return text, [Finding(DEPENDENCY_LEFT, line, f"`{wanted.old}`: put `{wanted.new}` there")]
    return after, findings


def _inside(lines: list[str], table: tuple[str, ...]) -> list[int]:
    """The lines of a table by their places."""
    inside = False
    found: list[int] = []
    for index, line in enumerate(lines):
        header = _HEADER.fullmatch(line.rstrip("\r\n"))
        if header is not None or line.lstrip().startswith("[["):
            inside = header is not None and _steps(header["name"]) == table
        elif inside:
            found.append(index)
    return found


def _steps(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _with_version(table: str, version: str) -> str | None:
    """An inline table of a dependency with another version; None where it says more than a version's conditions."""
    try:
        keys = set(tomlkit.parse(f"x = {table}").unwrap()["x"])
    except (TOMLKitError, TypeError):
        return None
    if not {"version"} <= keys <= {"version", "optional", "python", "markers", "platform"}:
        return None
    return re.sub(r"(\bversion\s*=\s*)([\"'])[^\"']*\2", rf"\g<1>\g<2>{version}\g<2>", table, count=1)


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _is_meant(before: str, after: str, table: tuple[str, ...]) -> bool:
    """Whether the document is still valid, and nothing changed outside of the table."""
    try:
        old, new = tomlkit.parse(before).unwrap(), tomlkit.parse(after).unwrap()
    except TOMLKitError:
        return False
    return bool(_without(old, table) == _without(new, table))


def _without(document: Mapping[str, Any], table: tuple[str, ...]) -> Any:
    if not table:
        return None
    inner = document.get(table[0], {})
    return {**document, table[0]: _without(inner, table[1:]) if isinstance(inner, Mapping) else inner}
