"""The code cells of a notebook as one program, in their order, and the program taken apart into cells again.

A marker stands before each cell, and what is IPython's and not Python's (magics, shell commands, `?`) is hidden behind
calls of a name that nothing else has. A program that comes back without all of them is refused.
"""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from codemods.project_files.notebook_json import Cell

PYTHON_CELL_MAGICS: Final = ("time", "timeit", "capture", "prun", "python", "python3", "memray_flamegraph")
"""Cell magics behind which Python follows."""

_MARKER: Final = '"sttbridge:cell:{}"'
_MARKERS: Final = re.compile(r'^"sttbridge:cell:(\d+)"(?:\n|\Z)', re.MULTILINE)
_HIDDEN: Final = "__sttbridge_hidden__({})"
_HIDDEN_LINE: Final = "# sttbridge:hidden:{}"
_MAGIC: Final = re.compile(r"(?P<before>\s*)(?P<magic>[%!?].*)")
_ASSIGNED: Final = re.compile(r"(?P<before>\s*[\w.,\s]+=\s*)(?P<magic>[%!].*)")
_HELP: Final = re.compile(r"(?P<before>\s*)(?P<magic>[\w.]+\?\??)\s*")
_CELL_MAGIC: Final = re.compile(r"%%(?P<name>\w+).*")


@dataclass(frozen=True, slots=True)
class Command:
    """One line that is not Python: its cell, its line in it, and its text."""

    cell: int
    line: int
    text: str


@dataclass(slots=True)
class NotebookProgram:
    """The Python of a notebook as one program.

    `commands` are the lines that are not Python, `broken` the cells that are neither Python nor commands.
    """

    code: str = ""
    commands: list[Command] = field(default_factory=list)
    broken: list[Cell] = field(default_factory=list)
    _hidden: dict[str, str] = field(default_factory=dict)
    _cells: list[tuple[int, int, int]] = field(default_factory=list)
    """For each cell of the program: its first line there, its number, and how many of its lines stand above it."""
    _heads: dict[int, str] = field(default_factory=dict)
    """What stands above the Python of a cell: the line of its cell magic."""
    _sources: dict[int, str] = field(default_factory=dict)

    def place(self, line: int) -> tuple[int, int]:
        """The cell and the line in it, both from 1, of a line of the program."""
        index = bisect.bisect_right([first for first, _, _ in self._cells], line) - 1
        if index < 0:
            return (self._cells[0][1], 1) if self._cells else (1, 1)
        first, number, above = self._cells[index]
        return number, line - first + 1 + above

    def place_after(self, line: int, code: str) -> tuple[int, int]:
        """The same for a line of the program as it is afterwards."""
        found: tuple[int, int] = (1, 1)
        for marker in _MARKERS.finditer(code):
            first = code.count("\n", 0, marker.end()) + 1
            if first > line and found != (1, 1):
                break
            number = int(marker[1])
            found = (number, max(1, line - first + 1 + self._heads.get(number, "").count("\n")))
        return found

    def sources(self, code: str) -> dict[int, str] | None:
        """The sources of the cells in a changed program; None where it cannot be taken apart."""
        markers = list(_MARKERS.finditer(code))
        if [int(one[1]) for one in markers] != [number for _, number, _ in self._cells]:
            return None
        if markers and code[: markers[0].start()].strip():
            return None
        found: dict[int, str] = {}
        ends = [*(one.start() for one in markers[1:]), len(code)]
        for marker, end in zip(markers, ends[: len(markers)], strict=True):
            number = int(marker[1])
            restored = self._restored(code[marker.end() : end].removesuffix("\n"))
            found[number] = self._heads.get(number, "") + _trimmed(restored, self._sources[number])
        told = "".join(found[number] for _, number, _ in self._cells)
        if "__sttbridge_hidden__" in told or "# sttbridge:hidden:" in told:
            return None
        every = sum(text in told for text in self._hidden.values())
        return found if every == len(self._hidden) else None

    def _restored(self, code: str) -> str:
        for token, text in self._hidden.items():
            code = code.replace(token, text)
        return code

    def add(self, cell: Cell) -> None:
        """Puts one more cell at the program's end."""
        head, source = self._without_head(cell)
        hidden = self._hide(cell, head, source)
        if hidden is None:
            return
        if not self.code:
            self.code = ""
        self.code += f"{_MARKER.format(cell.number)}\n"
        self._cells.append((self.code.count("\n") + 1, cell.number, head.count("\n")))
        self._heads[cell.number] = head
        self._sources[cell.number] = source
        self.code += f"{hidden}\n"

    def _without_head(self, cell: Cell) -> tuple[str, str]:
        first, end, rest = cell.source.partition("\n")
        magic = _CELL_MAGIC.fullmatch(first)
        if magic is None:
            return "", cell.source
        self.commands.append(Command(cell.number, 1, first))
        return first + end, rest

    def _hide(self, cell: Cell, head: str, source: str) -> str | None:
        """A cell's Python, with what is not Python hidden; None for a cell that has none."""
        magic = _CELL_MAGIC.match(head)
        if magic is not None and magic["name"] not in PYTHON_CELL_MAGICS:
            for number, line in enumerate(source.split("\n"), 2):
                self.commands.append(Command(cell.number, number, line))
            return None
        if not source.strip():
            return None
        if _parses(source):
            return source
        lines, commands, hidden = self._hidden_lines(cell, head, source.split("\n"))
        code = "\n".join(lines)
        if not _parses(code):
            self.broken.append(cell)
            return None
        self.commands.extend(commands)
        self._hidden.update(hidden)
        if not any(line.strip() and not _is_only_hidden(line) for line in lines):
            for token in hidden:
                del self._hidden[token]
            return None
        return code

    def _hidden_lines(self, cell: Cell, head: str, lines: list[str]) -> tuple[list[str], list[Command], dict[str, str]]:
        result: list[str] = []
        commands: list[Command] = []
        hidden: dict[str, str] = {}
        goes_on = False
        for number, line in enumerate(lines, 1 + head.count("\n")):
            found = _MAGIC.fullmatch(line) or _ASSIGNED.fullmatch(line) or _HELP.fullmatch(line)
            token_number = f"{cell.number}, {number}"
            if goes_on:
                token = _HIDDEN_LINE.format(f"{token_number}.")
                before, text = "", line
            elif found is not None:
                token = _HIDDEN.format(token_number)
                before, text = found["before"], line[len(found["before"]) :]
            else:
                result.append(line)
                continue
            hidden[token] = text
            result.append(before + token)
            commands.append(Command(cell.number, number, line))
            goes_on = line.rstrip().endswith("\\")
        return result, commands, hidden


def program_of(cells: Iterable[Cell]) -> NotebookProgram:
    """The code cells of a notebook as one program."""
    program = NotebookProgram()
    for cell in cells:
        if cell.kind == "code":
            program.add(cell)
    return program


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_only_hidden(line: str) -> bool:
    bare = line.strip()
    return bare.startswith(("__sttbridge_hidden__(", "# sttbridge:hidden:", "#"))


def _trimmed(source: str, before: str) -> str:
    """A source without blank lines at its ends that were not there before."""
    if not source.strip():
        return "" if before.strip() else source
    if not before.startswith("\n"):
        source = source.lstrip("\n")
    return source if before.endswith("\n") else source.rstrip("\n")
