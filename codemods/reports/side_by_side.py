"""One file of the HTML report: its lines before and after side by side, findings below the lines they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from codemods.reports.colours import Piece, as_html, changed_parts, coloured_lines, escaped, prose
from codemods.reports.model import FileReport, FindingReport

_AROUND: Final = 4
"""Unchanged lines shown around a change or a finding."""
_FEW: Final = 2
_LONG: Final = 400
"""Rows from which a file comes closed."""
_MOST_HIDDEN: Final = 300
"""Unchanged lines in a row that can be unfolded; more are only counted."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line before and a line after, as indexes from 0; None where there is none."""

    old: int | None
    new: int | None
    is_changed: bool


@dataclass(slots=True)
class _Sides:
    """Both sides of a file in colours, and the findings by the index of their line before."""

    file: FileReport
    old: list[list[Piece]]
    new: list[list[Piece]]
    findings: dict[int, list[FindingReport]] = field(default_factory=dict)


def file_section(number: int, file: FileReport, *, is_open: bool) -> Iterator[str]:
    """A file that can be opened and closed; `number` makes its anchors, `f3` and `f3-l12` for line 12 before."""
    rows = _rows(file)
    shown = sum(row.is_changed for row in rows)
    opened = " open" if is_open and shown <= _LONG else ""
    name = file.outcome.name.lower().replace("_", "-")
    path = escaped(file.path)
    yield f'<details class="file" id="f{number}" data-file="{path}"{opened}><summary><span class="path">{path}</span>'
    yield f'<span class="outcome o-{name}">{escaped(file.outcome.value)}</span>'
    if file.edits:
        yield f'<span class="plus">+{file.added}</span><span class="minus">−{file.removed}</span>'
    if file.findings:
        yield f'<span class="many">{len(file.findings)} finding{"s" if len(file.findings) > 1 else ""}</span>'
    yield "</summary>"
    last = len(file.before)
    whole = [one for one in file.findings if not 0 < one.line <= last]
    for one in whole:
        yield f'<div class="finding"{_data(one, file)}>{_finding(one)}</div>'
    sides = _Sides(file, coloured_lines(file.path, file.before), coloured_lines(file.path, file.after))
    for one in file.findings:
        if 0 < one.line <= last:
            sides.findings.setdefault(one.line - 1, []).append(one)
    if file.edits or sides.findings:
        yield f'<div class="scroll" tabindex="0" role="region" aria-label="Lines of {path}">'
        yield from _table(number, rows, sides)
        yield "</div>"
    yield "</details>"


def _rows(file: FileReport) -> list[_Row]:
    rows: list[_Row] = []
    before = 0
    after = 0
    for edit in file.edits:
        while before < edit.start - 1:
            rows.append(_Row(before, after, False))
            before, after = before + 1, after + 1
        for index in range(max(len(edit.before), len(edit.after))):
            old = before + index if index < len(edit.before) else None
            new = after + index if index < len(edit.after) else None
            rows.append(_Row(old, new, True))
        before, after = before + len(edit.before), after + len(edit.after)
    for old, new in zip(range(before, len(file.before)), range(after, len(file.after)), strict=True):
        rows.append(_Row(old, new, False))
    return rows


def _table(number: int, rows: Sequence[_Row], sides: _Sides) -> Iterator[str]:
    kept = _kept(rows, sides)
    yield '<table class="diff"><colgroup><col class="n"><col><col class="n"><col></colgroup>'
    yield '<thead class="names"><tr><th></th><th>before</th><th></th><th>after</th></tr></thead>'
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and kept[end] == kept[at]:
            end += 1
        if kept[at]:
            yield "<tbody>"
            for row in rows[at:end]:
                yield from _line(number, row, sides)
            yield "</tbody>"
        else:
            yield from _gap(number, rows[at:end], sides)
        at = end
    yield "</table>"


def _kept(rows: Sequence[_Row], sides: _Sides) -> list[bool]:
    kept = [False] * len(rows)
    for index, row in enumerate(rows):
        if row.is_changed or row.old in sides.findings:
            for near in range(max(index - _AROUND, 0), min(index + _AROUND + 1, len(rows))):
                kept[near] = True
    for start in range(len(kept)):
        # A few lines less are not worth a fold.
        if not kept[start] and any(kept[max(start - _FEW, 0) : start]) and any(kept[start + 1 : start + 1 + _FEW]):
            kept[start] = True
    return kept


def _gap(number: int, rows: Sequence[_Row], sides: _Sides) -> Iterator[str]:
    text = f"{len(rows)} unchanged line{'s' if len(rows) > 1 else ''}"
    if len(rows) > _MOST_HIDDEN:
        yield f'<tbody class="gap"><tr><td colspan="4">{text}</td></tr></tbody>'
        return
    button = f'<button type="button" class="unfold">⋯ {text}</button>'
    yield f'<tbody class="gap"><tr><td colspan="4">{button}</td></tr></tbody>'
    yield "<tbody hidden>"
    for row in rows:
        yield from _line(number, row, sides)
    yield "</tbody>"


def _line(number: int, row: _Row, sides: _Sides) -> Iterator[str]:
    file = sides.file
    left: Sequence[tuple[int, int]] = ()
    right: Sequence[tuple[int, int]] = ()
    if row.is_changed and row.old is not None and row.new is not None:
        left, right = changed_parts(file.before[row.old], file.after[row.new])
    anchor = f' id="f{number}-l{row.old + 1}"' if row.old is not None else ""
    old = _cell(row.old, sides.old, left, "old" if row.is_changed else "")
    new = _cell(row.new, sides.new, right, "new" if row.is_changed else "")
    yield f"<tr{anchor}>{old}{new}</tr>"
    for one in sides.findings.get(row.old, []) if row.old is not None else []:
        yield f'<tr class="finding"{_data(one, file)}><td colspan="4"><div>{_finding(one)}</div></td></tr>'


def _cell(line: int | None, lines: list[list[Piece]], marks: Sequence[tuple[int, int]], kind: str) -> str:
    if line is None:
        return '<td class="n none"></td><td class="none"></td>'
    shown = f' class="{kind}"' if kind else ""
    return f'<td class="n {kind}">{line + 1}</td><td{shown}>{as_html(lines[line], marks)}</td>'


def _data(one: FindingReport, file: FileReport) -> str:
    return f' data-level="{one.level}" data-code="{one.code}" data-file="{escaped(file.path)}"'


def _finding(one: FindingReport) -> str:
    return (
        f'<span class="level l-{one.level}">{one.level}</span> <b class="code">{one.code}</b> '
        f'<strong>{prose(one.title)}</strong>: <span class="text">{prose(one.text)}</span> '
        f'<span class="recipe">→ {prose(one.recipe)}</span>'
    )
