"""Writing a pattern of `match` that asks for fields of a message, by their paths."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.values import Step

_Tree = dict[str, "cst.MatchPattern | _Tree"]


class Wanted:
    """What a pattern asks of a message: a pattern for each path, in the order of the program's own."""

    def __init__(self, original: cst.MatchMapping) -> None:
        self.original = original
        self._found: dict[tuple[Step, ...], cst.MatchPattern] = {}

    def add(self, path: tuple[Step, ...], pattern: cst.MatchPattern) -> None:
        """Asks for a place."""
        self._found[path] = pattern

    def has(self, path: tuple[Step, ...]) -> bool:
        """Whether a place is asked for already."""
        return path in self._found

    def pattern(self, path: tuple[Step, ...]) -> cst.MatchPattern:
        """What is asked of a place."""
        return self._found[path]

    def paths(self) -> set[tuple[Step, ...]]:
        """The places that are asked for."""
        return set(self._found)

    def tree(self) -> _Tree:
        """The places as they are nested."""
        found: _Tree = {}
        for path, pattern in self._found.items():
            inner = found
            for step in path[:-1]:
                inner = inner.setdefault(str(step), {})  # type: ignore[assignment]  # a field is no container too
            inner[str(path[-1])] = pattern
        return found


def mapping_of(wanted: Wanted, string: Callable[[str], cst.SimpleString], rest: cst.Name | None) -> cst.MatchMapping:
    """The pattern; `string` writes a key, `rest` is the name of what is left over, if it has one."""
    original = wanted.original
    elements = _elements(wanted.tree(), string)
    line_by_line = [one.comma for one in original.elements if _breaks_line(one.comma)]
    if line_by_line:
        last = original.elements[-1].comma
        elements = [one.with_changes(comma=line_by_line[0]) for one in elements[:-1]] + [
            elements[-1].with_changes(comma=last if isinstance(last, cst.Comma) else cst.MaybeSentinel.DEFAULT)
        ]
    if rest is not None and elements and not line_by_line:
        elements[-1] = elements[-1].with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
    return original.with_changes(elements=elements)


def _elements(tree: _Tree, string: Callable[[str], cst.SimpleString]) -> list[cst.MatchMappingElement]:
    found = []
    for key, inner in tree.items():
        pattern = cst.MatchMapping(_elements(inner, string)) if isinstance(inner, dict) else inner
        found.append(cst.MatchMappingElement(string(key), pattern))
    return found


def _breaks_line(comma: cst.Comma | cst.MaybeSentinel) -> bool:
    return isinstance(comma, cst.Comma) and isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace)
