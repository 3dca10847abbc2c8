"""What `sttbridge migrate` shows: diff, findings, summary. Plain text of 80 columns, coloured on a terminal."""

from __future__ import annotations

import difflib
import os
import shutil
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
    place = f"{path}:{finding.place}" if finding.place else str(path)
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


def notice(text: str) -> str:
    """A message for a person, wrapped at the width of the terminal; paths and commands are never broken."""
    width = max(shutil.get_terminal_size((_WIDTH, 24)).columns, 40)
    return textwrap.fill(text, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def shown_findings(files: Iterable[FileMigration]) -> str:
    """The findings of all files, those that need a person first."""
    every = [(file.path, finding) for file in files for finding in file.migration.findings]
    every.sort(key=lambda pair: not pair[1].needs_a_person)
    return "\n".join(finding_text(path, finding) for path, finding in every)
