"""Where a text names the old service in a way that something depends on: its key's variable, its host, its package.

The service's name in prose is the concern of the project's README, which tells what the program uses, and of comments
beside keys; elsewhere it is nobody's, and so are other packages that have it in their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from packaging.utils import canonicalize_name

from codemods.findings import NAMED_IN_SETTINGS, NAMED_IN_TEXT, Finding
from codemods.project_files.dependencies import names_old
from codemods.project_files.program_uses import Programs, sdk_distribution, sdk_requirement
from shim.mapping import session
from shim.mapping.row import Vendor

_INSTALLING: Final = re.compile(r"\b(pip3?|pipx|uv|poetry|pdm|pipenv|conda|mamba|micromamba)\b.*\b(install|add)\b")

_WORD: Final = re.compile(r"\w+")
_IGNORE: Final = re.compile(r"sttbridge:\s*ignore\s*\[(?P<codes>[\w,\s]*)\]")


@dataclass(frozen=True, slots=True)
class Mention:
    """One place: its line, what stands there (never more than the name itself), and what belongs there."""

    line: int
    name: str
    instead: str


def mentions(text: str, programs: Programs) -> Iterator[Mention]:
    """Every place of a text that names the old service's key, host or package and that is not right any more."""
    target = programs.target
    words = set(_WORD.findall(text))
    variable = re.compile(rf"\w*{session.NAME.of(target.other)[0]}\w*", re.IGNORECASE)
    installing = goes_on = False
    for number, line in enumerate(text.splitlines(), 1):
        for name in dict.fromkeys(variable.findall(line)):
            new = programs.new_name_of(name)
            if new is not None and new not in words:
                session.KEY_VARIABLE.over(target)
                yield Mention(number, name, new)
        for host in session.hosts_of(target.other) if programs.key_moves else ():
            if host_pattern(host).search(line):
                session.HOST.over(target)
                yield Mention(number, host, session.HOST.of(target)[0])
        installing = bool(_INSTALLING.search(line)) or (installing and goes_on)
        goes_on = line.rstrip().endswith("\\")
        is_package = names_old(line, target) and (installing or _is_telling(target.other))
        if is_package and programs.key_moves:
            yield Mention(number, sdk_distribution(target.other), sdk_requirement(target))


def host_pattern(host: str) -> re.Pattern[str]:
    """What finds a host in a text, and none that only begins or ends like it."""
    return re.compile(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)", re.IGNORECASE)


def _is_telling(vendor: Vendor) -> bool:
    """Whether the name of a vendor's package is not just the vendor's own name, which stands in any prose."""
    return sdk_distribution(vendor) != canonicalize_name(session.NAME.of(vendor)[0])


def is_ignored_line(text: str, line: int, code: str) -> bool:
    """Whether a line of any file says, in a comment of whatever form, that a finding there is known."""
    lines = text.splitlines()
    found = _IGNORE.search(lines[line - 1]) if 0 < line <= len(lines) else None
    return found is not None and code in re.split(r"[,\s]+", found["codes"].upper())


def outline(text: str, findings: Iterable[Finding]) -> str:
    """A text of which only the names that its findings are about are left, each on its line."""
    lines = [""] * (text.count("\n") + 1)
    for finding in findings:
        name = re.search(r"`([^`]+)`", finding.text)
        if name is not None and 0 < finding.line <= len(lines):
            lines[finding.line - 1] = f"… {name[1]} …"
    return "\n".join(lines)


def settings_findings(text: str, programs: Programs, *, packages: bool = True) -> list[Finding]:
    """What is said about a file that builds, deploys or starts programs, a finding a place.

    `packages` is False for files whose dependencies are seen to otherwise.
    """
    beside = " as well" if programs.with_old_key else ""
    return [
        Finding(NAMED_IN_SETTINGS, one.line, f"`{one.name}`: give `{one.instead}`{beside}")
        for one in mentions(text, programs)
        if packages or one.name != sdk_distribution(programs.target.other)
    ]


def document_findings(text: str, path: PurePath, programs: Programs) -> list[Finding]:
    """What is said about a text for people: one finding, with its lines."""
    found = list(mentions(text, programs))
    places = list(dict.fromkeys(one.line for one in found))
    parts = [f"{_pairs(found)}: {_numbered(places)}"] if found else []
    prose = [one for one in lines_of_prose(text, programs) if one not in places] if _is_about_it(path) else []
    if prose:
        parts.append(f"`{session.NAME.of(programs.target.other)[0]}` in prose: {_numbered(prose)}")
    return [Finding(NAMED_IN_TEXT, min(places + prose), "; ".join(parts))] if parts else []


def lines_of_prose(text: str, programs: Programs) -> list[int]:
    """The lines that call the old service by its name, once every program of the run has left it."""
    if not programs.have_moved:
        return []
    named = re.compile(rf"\b{session.NAME.of(programs.target.other)[0]}\b", re.IGNORECASE)
    return [number for number, line in enumerate(text.splitlines(), 1) if named.search(line)]


def _is_about_it(path: PurePath) -> bool:
    """Whether a text tells what the program is and uses; any other may be about anything."""
    return path.name.upper().startswith("README")


def _pairs(found: Iterable[Mention]) -> str:
    return ", ".join(dict.fromkeys(f"`{one.name}` (now `{one.instead}`)" for one in found))


def _numbered(lines: Sequence[int]) -> str:
    return f"{'line' if len(lines) == 1 else 'lines'} {', '.join(map(str, lines))}"
