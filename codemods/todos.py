"""The TODO comments that stand where something is left to a person: written, and found again by the next run."""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.displays import lines_of_elements, space_before
from codemods.findings import Finding
from codemods.lines import first_line_of_statement, later_lines
from codemods.migrating import Migrating

MARK: Final = "TODO(sttbridge"
_FIRST: Final = re.compile(r"# TODO\(sttbridge (STB\d{3})\): ?(.*)")
_FURTHER: Final = "#     "
_LONGEST_LINE: Final = 100
_SHORTEST_LINE: Final = 79
_NARROWEST: Final = 40


@dataclass(frozen=True, slots=True)
class Todo:
    """One TODO of a program: its first and last line (from 1), its code, and its text without line breaks."""

    line: int
    last_line: int
    code: str
    text: str


def todos_in(code: str) -> list[Todo]:
    """The TODO comments that a run has left in a program, in order."""
    if MARK not in code:
        return []
    found: list[Todo] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        first = _FIRST.match(token.string)
        if first is not None:
            found.append(Todo(line, line, first[1], first[2].strip()))
            last = line
        elif last == line - 1 and found and token.string.startswith(_FURTHER):
            text = f"{found[-1].text} {token.string[1:].strip()}".strip()
            found[-1] = Todo(found[-1].line, line, found[-1].code, text)
            last = line
    return found


def todo_text(finding: Finding) -> str:
    """What a finding's TODO says: what is left, and how to do it."""
    return " ".join(f"{finding.text}; {finding.kind.recipe}".split())


def plan_todos(migrating: Migrating, findings: Iterable[Finding]) -> list[Finding]:
    """Plans a TODO above the statement or element of each of these findings, and gives those that have none yet.

    A TODO that stands there already is not repeated. A statement that goes hands its TODO to what follows; what is
    lost with its statement all the same, `with_missing_todos` finds a place for.
    """
    there = {_key(todo) for todo in todos_in(migrating.text)}
    new = [finding for finding in findings if (finding.kind.code, todo_text(finding)) not in there]
    notes: dict[cst.CSTNode, list[str]] = {}
    for finding in new:
        place = _place_around(migrating, migrating.places.get(finding))
        if place is not None:
            lines = _lines(finding, migrating.text, migrating.column(place))
            notes.setdefault(place, []).extend(lines)
    migrating.edits.notes = notes
    return new


def with_missing_todos(code: str, before: str, findings: Iterable[Finding]) -> str:
    """The new code with the TODOs of these findings that are not in it, where their lines of the old code went."""
    there = {_key(todo) for todo in todos_in(code)}
    for finding in findings:
        if (finding.kind.code, todo_text(finding)) not in there:
            code = with_todo_at(code, later_lines(before, code)(max(finding.line, 1)), finding)
    return code


def with_todo_at(code: str, line: int, finding: Finding, *, at_element: bool = False) -> str:
    """The code with a finding's TODO above the statement that a line belongs to; as it is where there is none.

    `at_element`: above the innermost element on lines of its own, where there is one in that statement.
    """
    first = first_line_of_statement(ast.parse(code), line)
    if first is None:
        return code
    if at_element:
        first = max(first, *lines_of_elements(code, line), 0)
    lines = code.splitlines(keepends=True)
    head = lines[first - 1]
    indent = head[: len(head) - len(head.lstrip())]
    end = head[len(head.rstrip("\r\n")) :] or "\n"
    lines[first - 1 : first - 1] = [f"{indent}{one}{end}" for one in _lines(finding, code, len(indent))]
    return "".join(lines)


def has_todo_above(code: str, line: int) -> bool:
    """Whether a TODO stands above the statement that a line belongs to, or above an element of it that does."""
    first = first_line_of_statement(ast.parse(code), line)
    if first is None:
        return False
    lines = code.splitlines()
    starts = [first, *(one for one in lines_of_elements(code, line) if one >= first)]
    return any(
        todo.last_line < start and all(one.lstrip().startswith("#") for one in lines[todo.last_line : start - 1])
        for todo in todos_in(code)
        for start in starts
    )


def has_todo_above_function(code: str, line: int) -> bool:
    """Whether a TODO stands above a function, decorators included, that a line stands in."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    around = [one for one in ast.walk(ast.parse(code)) if isinstance(one, functions)]
    starts = [one.lineno for one in around if _first_line(one) <= line <= (one.end_lineno or one.lineno)]
    return any(has_todo_above(code, start) for start in starts)


def _first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min((function.lineno, *(one.lineno for one in function.decorator_list)))


def _key(todo: Todo) -> tuple[str, str]:
    return todo.code, todo.text


def _lines(finding: Finding, code: str, column: int) -> list[str]:
    longest = max(map(len, code.splitlines()), default=0)
    width = max(min(_LONGEST_LINE, max(_SHORTEST_LINE, longest)) - column, _NARROWEST)
    return textwrap.wrap(
        f"# {MARK} {finding.kind.code}): {todo_text(finding)}",
        width,
        subsequent_indent=_FURTHER,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _place_around(migrating: Migrating, node: cst.CSTNode | None) -> cst.CSTNode | None:
    """The innermost statement around a node that comments can stand above, or element on a line of its own.

    What is inside an expression that is written anew may be gone, its elements with it.
    """
    edits, element = migrating.edits, None
    while node is not None and not isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        around = migrating.program.parents.get(node)
        if around in edits.rewrites or node in edits.taken_out:
            element = None
        elif element is None and around is not None and space_before(around, node) is not None:
            element = node
        node = around
    return node if element is None or node in edits.removed else element
