"""Files with keys (`.env` and its like): the name of the new service's key comes, its value never does.

What stands behind the old name belongs to the old service, so it is neither carried over nor thrown away: the line
stays, and below it comes the new name without a value: as a comment, if it is no key (a region, a limit), since a
variable that is set to nothing would take the place of the program's default. Only in an example that is made to be
copied, where the value is a placeholder that names the service (or nothing), the line is renamed, if no program reads
the old name any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from codemods.findings import KEY_FILE_IGNORED, KEY_NAME_ADDED, NAMED_IN_SETTINGS, NAMED_IN_TEXT, Finding
from codemods.project_files.mentions import lines_of_prose
from codemods.project_files.program_uses import Programs, shown_paths
from codemods.reports.secrets import is_name_of_secret
from shim.mapping import session
from shim.mapping.row import Vendor

_ASSIGNMENT: Final = re.compile(
    r"(?P<before>\s*(?:export\s+)?)(?P<name>[A-Za-z_][\w.]*)(?P<between>\s*[=:]\s?)(?P<value>.*)"
)
MASK: Final = "***"


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    end: str

    @property
    def assignment(self) -> re.Match[str] | None:
        return _ASSIGNMENT.fullmatch(self.text)


def _lines(text: str) -> list[_Line]:
    whole = text.splitlines(keepends=True)
    return [_Line(line.rstrip("\r\n"), line[len(line.rstrip("\r\n")) :]) for line in whole]


def masked(text: str) -> str:
    """A file with keys as it may be shown: names and comments, every value masked."""
    return "".join(_masked_line(line.text) + line.end for line in _lines(text))


def _masked_line(line: str) -> str:
    bare = line.lstrip()
    comment = bare.startswith("#")
    found = _ASSIGNMENT.fullmatch(bare.lstrip("# ") if comment else line)
    if found is None:
        # A comment is text; any other line goes on with a value that began above.
        return line if comment or not bare else MASK
    if not found["value"]:
        return line
    return line[: len(line) - len(found["value"])] + MASK


def migrate_keys(text: str, programs: Programs, *, template: bool) -> tuple[str, list[Finding]]:
    """A file with keys for what the programs read now. Findings name variables, never values."""
    lines = _lines(text)
    known = {found["name"] for line in lines if (found := line.assignment)} | set(_prepared(lines))
    findings = list(_addresses(lines, programs.target)) if programs.key_moves else []
    findings += _comments(text, lines, programs)
    result: list[str] = []
    for number, line in enumerate(lines, 1):
        found = line.assignment
        new = programs.new_name_of(found["name"]) if found is not None else None
        if found is None or new is None or new in known:
            result.append(line.text + line.end)
            continue
        session.KEY_VARIABLE.over(programs.target)
        known.add(new)
        readers = programs.still_read(found["name"])
        placeholder = _placeholder(found["value"], programs.target) if template and not readers else None
        if placeholder is not None:
            result.append(f"{found['before']}{new}{found['between']}{placeholder}{line.end}")
            findings.append(Finding(KEY_NAME_ADDED, number, f"`{found['name']}` is `{new}` now"))
            continue
        end = line.end or ("\r\n" if "\r\n" in text else "\n")
        between = found["between"].rstrip() if found["between"].startswith("=") else found["between"]
        before = found["before"] if is_name_of_secret(new) else f"# {found['before']}"
        result += [f"{line.text}{end}", f"{before}{new}{between}{line.end}"]
        because = f", which {shown_paths(readers)} still reads" if readers else ""
        findings.append(Finding(KEY_NAME_ADDED, number, f"`{new}`, below `{found['name']}`{because}"))
    return "".join(result), sorted(findings, key=lambda finding: finding.line)


def _prepared(lines: list[_Line]) -> Iterator[str]:
    """The variables that are no keys and stand there as comments without a value, to be filled in."""
    for line in lines:
        found = _ASSIGNMENT.fullmatch(line.text.lstrip("# ")) if line.text.startswith("#") else None
        if found is not None and not found["value"] and not is_name_of_secret(found["name"]):
            yield found["name"]


def _placeholder(value: str, target: Vendor) -> str | None:
    """A placeholder for the new service's key; None for a value that may be a key."""
    old, new = session.NAME.of(target.other)[0], session.NAME.of(target)[0]
    if not value.strip().strip("\"'"):
        return value
    if not re.search(old, value, re.IGNORECASE):
        return None

    def renamed(found: re.Match[str]) -> str:
        return new.upper() if found[0].isupper() else new.lower() if found[0].islower() else new

    return re.sub(old, renamed, value, flags=re.IGNORECASE)


def _addresses(lines: list[_Line], target: Vendor) -> list[Finding]:
    """Variables that hold the old service's address."""
    found: list[Finding] = []
    for number, line in enumerate(lines, 1):
        assignment = line.assignment
        host = next((host for host in session.hosts_of(target.other) if host in line.text), None)
        if assignment is not None and host is not None:
            session.HOST.over(target)
            text = f"`{assignment['name']}` holds `{host}`; the new service's is `{session.HOST.of(target)[0]}`"
            found.append(Finding(NAMED_IN_SETTINGS, number, text))
    return found


def _comments(text: str, lines: list[_Line], programs: Programs) -> Iterator[Finding]:
    """Comments that call the old service by its name; never what else stands in them."""
    for number in lines_of_prose(text, programs):
        if lines[number - 1].text.lstrip().startswith("#"):
            yield Finding(NAMED_IN_TEXT, number, f"a comment names `{session.NAME.of(programs.target.other)[0]}`")


def ignored_keys(text: str, programs: Programs) -> list[Finding]:
    """What is said about a file with keys that git ignores: it is not touched."""
    known = {found["name"] for line in _lines(text) if (found := line.assignment)}
    findings: list[Finding] = []
    for number, line in enumerate(_lines(text), 1):
        found = line.assignment
        new = programs.new_name_of(found["name"]) if found is not None else None
        if found is not None and new is not None and new not in known:
            known.add(new)
            findings.append(Finding(KEY_FILE_IGNORED, number, f"`{found['name']}` is there, `{new}` is not"))
    return findings
