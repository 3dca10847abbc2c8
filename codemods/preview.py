"""What `sttbridge migrate` shows: diff, findings, summary. Plain text of 80 columns, coloured on a terminal."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from codemods.files import FileMigration
from codemods.findings import Finding, Level

_WIDTH = 80
_PLACES_SHOWN = 8
"""How many places of the same information are named; a report names all."""
_UNIT = re.compile(r"\d (?:s|ms|Hz|kHz|kB|MB|%)\b")
_QUOTED = re.compile(r"`[^`]*`")
_HELD = "\u00a0"
"""Stands for a blank at which no line is broken."""
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
    return f"{_place(path, finding)}: {_head(finding)}\n{_body(finding)}"


def _head(finding: Finding) -> str:
    return f"{finding.kind.code} {_coloured(finding.level.value, _LEVEL_COLOURS[finding.level])}"


def _body(finding: Finding) -> str:
    what = _filled(f"{finding.kind.title}: {finding.text}", "    ", "    ")
    return f"{what}\n{_filled(finding.kind.recipe, '    -> ', '       ')}"


def _place(path: Path, finding: Finding) -> str:
    return f"{path}:{finding.place}" if finding.place else str(path)


def _filled(text: str, first: str, others: str) -> str:
    """Text in 80 columns; a number stays with its unit, and what is quoted on one line where it fits."""
    room = _WIDTH - len(others)
    held = _UNIT.sub(lambda found: found[0].replace(" ", _HELD), text)
    held = _QUOTED.sub(lambda found: found[0].replace(" ", _HELD) if len(found[0]) < room else found[0], held)
    filled = textwrap.fill(
        held, _WIDTH, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
    return filled.replace(_HELD, " ")


def notice(text: str) -> str:
    """A message for a person, wrapped at the width of the terminal; paths and commands are never broken."""
    width = max(shutil.get_terminal_size((_WIDTH, 24)).columns, 40)
    return textwrap.fill(text, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def shown_findings(files: Iterable[FileMigration]) -> str:
    """The findings of all files, those that need a person first; information that is the same everywhere, once."""
    every = [(file.path, finding) for file in files for finding in file.migration.findings]
    shown = [finding_text(path, finding) for path, finding in every if finding.needs_a_person]
    alike: dict[tuple[str, str], list[tuple[Path, Finding]]] = {}
    for path, finding in every:
        if not finding.needs_a_person:
            alike.setdefault((finding.kind.code, finding.text), []).append((path, finding))
    return "\n".join(shown + [_once(places) for places in alike.values()])


def _once(places: list[tuple[Path, Finding]]) -> str:
    """One text for a finding that several places have."""
    path, finding = places[0]
    if len(places) == 1:
        return finding_text(path, finding)
    names = [_place(*one) for one in places[:_PLACES_SHOWN]]
    if len(places) > _PLACES_SHOWN:
        names.append(f"{len(places) - _PLACES_SHOWN} more")
    where = ", ".join(name.replace(" ", _HELD) for name in names)
    return f"{_head(finding)}, {len(places)} times\n{_body(finding)}\n{_filled(f'in {where}', '    ', '       ')}"
