"""`environment.yml`: the packages that conda leaves to pip, edited line by line, so that comments and form stay.

https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.findings import Finding
from codemods.project_files.dependencies import (
    Step,
    Wanted,
    added_finding,
    missing,
    name_in,
    stays_finding,
    step_finding,
    steps,
    swapped,
)

_ITEM = re.compile(r"(?P<indent>\s*)-\s+(?P<quote>[\"']?)(?P<value>[^\"'#\r\n]+?)(?P=quote)\s*(#.*)?")
_PIP = re.compile(r"(?P<indent>\s*)-\s+pip\s*:\s*(#.*)?")


@dataclass(frozen=True, slots=True)
class _Item:
    index: int
    indent: str
    requirement: str


def migrate_conda_environment(text: str, wanted: Wanted) -> tuple[str, list[Finding]]:
    """An `environment.yml` with the dependencies in its `pip:` list swapped and added."""
    lines = text.splitlines(keepends=True)
    items = list(_pip_items(lines))
    names = [name_in(item.requirement) for item in items]
    findings: list[Finding] = []
    result = list(lines)
    for item, name, step in zip(items, names, steps(names, wanted), strict=True):
        line = lines[item.index]
        if name == wanted.old and wanted.old_users:
            findings.append(stays_finding(item.index + 1, wanted))
        if step is Step.REPLACE:
            result[item.index] = line.replace(item.requirement, swapped(item.requirement, wanted.new), 1)
        elif step is Step.REMOVE:
            result[item.index] = ""
        elif step is Step.ADD_BELOW:
            result[item.index] = _with_item_below(line, item.indent, wanted.new)
        if step is not Step.KEEP:
            findings.append(step_finding(step, item.index + 1, item.requirement, wanted))
    known = [*names, *_conda_names(lines), *([wanted.new_name] if wanted.old in names else [])]
    for requirement in missing(wanted.needed, known) if items else []:
        last = items[-1]
        result[last.index] = _with_item_below(result[last.index], last.indent, requirement)
        findings.append(added_finding(last.index + 1, requirement))
    return "".join(result), findings


def _pip_items(lines: list[str]) -> Iterator[_Item]:
    outer: int | None = None
    for index, line in enumerate(lines):
        body = line.rstrip("\r\n")
        if not body.strip() or body.lstrip().startswith("#"):
            continue
        if found := _PIP.fullmatch(body):
            outer = len(found["indent"])
            continue
        if outer is None:
            continue
        item = _ITEM.fullmatch(body)
        if item is None or len(item["indent"]) <= outer:
            outer = None
        else:
            yield _Item(index, item["indent"], item["value"].strip())


def _conda_names(lines: list[str]) -> list[str | None]:
    """The packages that conda installs itself: `- requests=2.32`, `- conda-forge::requests`."""
    found = (_ITEM.fullmatch(line.rstrip("\r\n")) for line in lines)
    return [name_in(re.split(r"[=<>!~\s]", one["value"].split("::")[-1])[0]) for one in found if one is not None]


def _with_item_below(line: str, indent: str, requirement: str) -> str:
    body = line.rstrip("\r\n")
    end = line[len(body) :]
    return f"{body}{end or chr(10)}{indent}- {requirement}{end}"
