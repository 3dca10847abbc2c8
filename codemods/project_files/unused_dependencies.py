"""Dependencies that no program imports any more: a POST that went may leave its library behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from codemods.findings import DEPENDENCY_UNUSED, Finding
from codemods.project_files.kinds import FileKind, kind_of
from codemods.project_files.program_uses import LIBRARIES, Programs, shown_paths, uses_of
from codemods.project_files.requirements_file import is_locked

_OF_TESTS: Final = re.compile(r"(?:test_.*|.*_tests?|conftest)\.py")
_FOR_DEVELOPERS: Final = re.compile(
    r"(?<![a-z])(?:dev|develop(?:ment)?|tests?|testing|ci|lint|docs?)(?![a-z])", re.IGNORECASE
)
_HEADING: Final = re.compile(r"^\s*(?:\[(?P<table>[^\]\"]+)\]\s*$|(?P<key>[\w.-]+)\s*=)")
_NO_LIST: Final = ("name", "keywords", "classifiers", "description")


def libraries_let_go(programs: Programs, others: Callable[[], Mapping[Path, str]]) -> dict[str, list[Path]]:
    """The libraries that a rewritten program imports no more and that no other one does, with the tests that still do.

    `others` gives the texts of the Python files that are not among the programs; it is asked only if it matters.
    """
    found: dict[str, list[Path]] = {}
    for module, library in LIBRARIES.items():
        if any(module in one.used_before.modules - one.used_after.modules for one in programs.every):
            users = [one.path for one in programs.every if module in one.used_after.modules]
            users += [path for path, text in others().items() if module in uses_of(text).modules]
            if all(_is_test(one) for one in users):
                found[library] = users
    return found


def unused_dependencies(text: str, path: PurePath, let_go: Mapping[str, Sequence[Path]]) -> list[Finding]:
    """What is said of each dependency in a file that no program imports any more; the line stays.

    Lists for tests and developers are left alone as long as a test imports it; what a tool has locked follows its
    source, and a constraint asks for nothing.
    """
    if is_locked(text) or kind_of(path) is FileKind.CONSTRAINTS:
        return []
    found: list[Finding] = []
    for library, users in let_go.items():
        line = next(_lines_with(library, text, for_tests=not users), None)
        if line is None or (users and _is_of_developers(path)):
            continue
        who = f"only tests do ({shown_paths(users)})" if users else "nor does a test"
        found.append(Finding(DEPENDENCY_UNUSED, line, f"`{library}`: no program of this run does; {who}"))
    return found


def _is_test(path: Path) -> bool:
    return _OF_TESTS.fullmatch(path.name) is not None or not {"test", "tests"}.isdisjoint(path.parts[-3:-1])


def _is_of_developers(path: PurePath) -> bool:
    return path.suffix != ".toml" and _FOR_DEVELOPERS.search(path.name.partition("requirements")[2]) is not None


def _lines_with(library: str, text: str, *, for_tests: bool) -> Iterator[int]:
    """The lines that name a distribution as a dependency; those of lists for tests and developers if asked for."""
    name = re.escape(library).replace(r"\-", "[-_.]")
    named = re.compile(rf"""(?:^\s*(?:-\s+)?|["'])["']?{name}(?:\[[^\]]*\])?\s*(?=[<>=!~;"',#@]|$)""", re.IGNORECASE)
    heading = ""
    for number, line in enumerate(text.splitlines(), 1):
        head = _HEADING.match(line)
        if head is not None and (head["table"] or named.match(line) is None):
            heading = head["table"] or head["key"]
        is_asked_for = for_tests or _FOR_DEVELOPERS.search(heading) is None
        if heading not in _NO_LIST and is_asked_for and named.search(line.partition("#")[0]):
            yield number
