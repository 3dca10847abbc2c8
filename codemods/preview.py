"""What `sttbridge migrate` shows: diff, findings, summary. Plain text of 80 columns, coloured on a terminal."""

from __future__ import annotations

import difflib
import os
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from codemods.files import FileMigration
from codemods.findings import Finding, Level

_WIDTH = 80
_COLOURS = {"+": "32", "-": "31", "@": "36"}
_LEVEL_COLOURS = {Level.INFORMATION: "2", Level.CAVEAT: "33", Level.MANUAL: "31", Level.SKIPPED: "31"}


def _coloured(text: str, colour: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def diff(path: Path, before: str, after: str) -> str:
    """A unified diff of one file."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    shown: list[str] = []
    for line in lines:
        text = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        body, end = text.rstrip("\r\n"), text[len(text.rstrip("\r\n")) :]
        is_header = body.startswith(("--- ", "+++ "))
        colour = "1" if is_header else _COLOURS.get(body[:1], "")
        shown.append((_coloured(body, colour) if colour else body) + end.replace("\r", ""))
    return "".join(shown)


def finding_text(path: Path, finding: Finding) -> str:
    """One finding: place, code and level, what it is about, what to do."""
    place = f"{path}:{finding.line}" if finding.line else str(path)
    head = f"{place}: {finding.kind.code} {_coloured(finding.level.value, _LEVEL_COLOURS[finding.level])}"
    body = textwrap.fill(
        f"{finding.kind.title}: {finding.text}",
        _WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    step = textwrap.fill(
        finding.kind.recipe,
        _WIDTH,
        initial_indent="    -> ",
        subsequent_indent="       ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{head}\n{body}\n{step}"


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(files: list[FileMigration], searched: int, *, written: bool) -> str:
    """How many files there were and what became of them; the numbers add up."""
    migrated = sum(file.changes for file in files)
    skipped = sum(any(one.level is Level.SKIPPED for one in file.migration.findings) for file in files)
    left = sum(not file.changes and any(one.level is Level.MANUAL for one in file.migration.findings) for file in files)
    untouched = searched - migrated - skipped - left
    verb = "migrated" if written else "to migrate"
    parts = [f"{migrated} {verb}"] if migrated or not searched else []
    if left:
        parts.append(f"{left} left to you")
    if skipped:
        parts.append(f"{skipped} skipped")
    if untouched:
        parts.append(f"{untouched} with nothing to do")
    issues = sum(one.needs_a_person for file in files for one in file.migration.findings)
    attention = f"; {counted(issues, 'issue')} to look at" if issues else ""
    return f"{counted(searched, 'file')}: {', '.join(parts)}{attention}."


def shown_findings(files: Iterable[FileMigration]) -> str:
    """The findings of all files, those that need a person first."""
    every = [(file.path, finding) for file in files for finding in file.migration.findings]
    every.sort(key=lambda pair: not pair[1].needs_a_person)
    return "\n".join(finding_text(path, finding) for path, finding in every)
