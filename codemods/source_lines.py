"""A program's text, edited by lines and tokens, so that everything else of it stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from codemods.analysis.program import Program

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class SourceLines:
    """The lines of one module, with what is to be replaced in them and put behind them."""

    def __init__(self, module: cst.Module) -> None:
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self._positions: Mapping[cst.CSTNode, CodeRange] = wrapper.resolve(PositionProvider)
        self._before: list[str] = _LINE.findall(module.code)
        self._replaced: dict[cst.CSTNode, str] = {}
        self._added: dict[int, list[str]] = {}
        """By the line behind which they come, from 1."""
        self._default_newline = module.default_newline

    def line(self, node: cst.CSTNode) -> int:
        """The line in which a node begins, from 1."""
        return self._positions[node].start.line

    def replace(self, node: cst.CSTNode, text: str) -> None:
        """Writes something else for a node that stands in one line."""
        self._replaced[node] = text

    def copy(
        self,
        statement: cst.CSTNode,
        tokens: Mapping[cst.CSTNode, str],
        blank_lines: int,
        of_comment: Callable[[str], str],
    ) -> None:
        """Puts a copy of a statement behind it, some of its nodes written otherwise."""
        first, last = self._first_line(statement), self._last_line(statement)
        lines = [self._written(number, tokens) for number in range(first, last + 1)]
        if isinstance(statement, cst.SimpleStatementLine) and statement.trailing_whitespace.comment is not None:
            comment = statement.trailing_whitespace.comment.value
            lines[-1] = of_comment(comment).join(lines[-1].rsplit(comment, 1))
        self._add(last, [self._default_newline] * blank_lines + lines)

    def add_behind(self, statement: cst.SimpleStatementLine, text: str) -> None:
        """Puts a line of its own behind a statement of the module."""
        self._add(self._positions[statement].end.line, [f"{text}{self._default_newline}"])

    def add_before(self, statement: cst.SimpleStatementLine, text: str) -> None:
        """Puts a line of its own before a statement of the module."""
        self._add(self._positions[statement].start.line - 1, [f"{text}{self._default_newline}"])

    def is_on_one_line(self, node: cst.CSTNode) -> bool:
        """Whether a node begins and ends in the same line, so that something else can be written for it."""
        return self._positions[node].start.line == self._positions[node].end.line

    def add_import(self, program: Program, alias: cst.ImportAlias, name: str) -> None:
        """Imports a name beside another one of the same module."""
        line = self._positions[alias].start.line
        alone = re.fullmatch(r"\s*\w+\s*,?\s*", self._before[line - 1]) is not None
        if alone:
            self._add(line, [re.sub(r"\w+", name, self._before[line - 1], count=1)])
        else:
            statement = program.parents[alias]
            names = [one for one in program.children(statement) if isinstance(one, cst.ImportAlias)]
            behind = next((one for one in names if str(one.evaluated_name) > name), None)
            if behind is not None:
                self.replace(behind.name, f"{name}, {behind.evaluated_name}")
            else:
                self.replace(names[-1].name, f"{names[-1].evaluated_name}, {name}")

    @property
    def text(self) -> str:
        """The text with everything done."""
        return "".join(line for line, _ in self._after())

    @property
    def origins(self) -> list[int]:
        """For each line of the new text, the line of the old one that it is or was copied from, from 1."""
        return [number for _, number in self._after()]

    def _after(self) -> list[tuple[str, int]]:
        found = [(line, 1) for line in self._added.get(0, ())]
        for number in range(1, len(self._before) + 1):
            found.append((self._written(number, self._replaced), number))
            for line in self._added.get(number, ()):
                if not found[-1][0].endswith(("\n", "\r")):
                    found[-1] = (found[-1][0] + self._default_newline, found[-1][1])
                found.append((line, number))
        return found

    def _add(self, line: int, lines: list[str]) -> None:
        self._added.setdefault(line, []).extend(lines)

    def _written(self, number: int, tokens: Mapping[cst.CSTNode, str]) -> str:
        line = self._before[number - 1]
        here = [(self._positions[node], text) for node, text in tokens.items() if node in self._positions]
        here = [one for one in here if one[0].start.line == number == one[0].end.line]
        for place, text in sorted(here, key=lambda one: one[0].start.column, reverse=True):
            line = line[: place.start.column] + text + line[place.end.column :]
        return line

    def _first_line(self, statement: cst.CSTNode) -> int:
        decorators = getattr(statement, "decorators", ())
        return min(self._positions[one].start.line for one in (statement, *decorators))

    def _last_line(self, statement: cst.CSTNode) -> int:
        """The last line of code: what LibCST counts to a block may end further down."""
        waiting, last = [statement], 0
        while waiting:
            node = waiting.pop()
            if isinstance(node, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
                last = max(last, self._positions[node].end.line)
            else:
                waiting.extend(node.children)
        return last
