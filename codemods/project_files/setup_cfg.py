"""`setup.cfg`: `install_requires` and `extras_require`, edited line by line; configparser would lose the comments.

https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
"""

from __future__ import annotations

import re

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

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_OPTION = re.compile(r"(?P<name>[\w.-]+)(?P<equals>\s*[=:]\s*)(?P<value>.*)")
_COMMENT = re.compile(r"\s+[#;](?=\s).*$")


def migrate_setup_cfg(text: str, wanted: Wanted) -> tuple[str, list[Finding]]:
    """A `setup.cfg` with its dependencies swapped and added."""
    lines = text.splitlines(keepends=True)
    lists = _lists(lines)
    findings: list[Finding] = []
    result = list(lines)
    every: list[str | None] = []
    for name, places in lists:
        names = [name_in(requirement) for _, requirement in places]
        every += names
        for (index, requirement), step in zip(places, steps(names, wanted), strict=True):
            line = lines[index]
            if name_in(requirement) == wanted.old and wanted.old_users:
                findings.append(stays_finding(index + 1, wanted))
            if step is Step.REPLACE:
                result[index] = line.replace(requirement, swapped(requirement, wanted.new), 1)
            elif step is Step.REMOVE:
                # A requirement on the line of the option's name leaves the name behind.
                result[index] = "" if line[:1].isspace() else line.replace(requirement, "", 1)
            elif step is Step.ADD_BELOW:
                result[index] = _with_line_below(line, wanted.new)
            if step is not Step.KEEP:
                findings.append(step_finding(step, index + 1, requirement, wanted))
        if name == "install_requires" and places:
            known = [*names, wanted.new_name] if wanted.old in names else names
            for requirement in missing(wanted.needed, known):
                last = places[-1][0]
                result[last] = _with_line_below(result[last], requirement)
                findings.append(added_finding(last + 1, requirement))
    return "".join(result), findings


def declares_dependencies(text: str) -> bool:
    """Whether the project's own dependencies stand in it."""
    return any(name == "install_requires" and places for name, places in _lists(text.splitlines(keepends=True)))


def _lists(lines: list[str]) -> list[tuple[str, list[tuple[int, str]]]]:
    """The lists of requirements: the option's name, and each requirement with the place of its line."""
    found: list[tuple[str, list[tuple[int, str]]]] = []
    section = option = ""
    for index, line in enumerate(lines):
        bare = line.strip()
        if header := _SECTION.match(line):
            section, option = header["name"], ""
            continue
        if not bare or bare[0] in "#;":
            continue
        value = bare
        if not line[:1].isspace():
            named = _OPTION.match(bare)
            option, value = (named["name"], named["value"]) if named else ("", "")
            if _holds_requirements(section, option):
                found.append((option, []))
        if value and found and _holds_requirements(section, option):
            found[-1][1].append((index, _COMMENT.sub("", value).strip()))
    return found


def _holds_requirements(section: str, option: str) -> bool:
    return (section == "options" and option in ("install_requires", "tests_require", "setup_requires")) or (
        section == "options.extras_require" and option != ""
    )


def _with_line_below(line: str, requirement: str) -> str:
    body = line.rstrip("\r\n")
    end = line[len(body) :]
    indent = body[: len(body) - len(body.lstrip())] or "    "
    return f"{body}{end or chr(10)}{indent}{requirement}{end}"
