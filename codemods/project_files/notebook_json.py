"""A notebook's text with the places of its cells' sources, so that one can be replaced and nothing else moves."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

_DECODER: Final = json.JSONDecoder(strict=False)
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_SCALAR: Final = re.compile(r"[^\s,\]}]+")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class _Node:
    """A value of a JSON text and its place: a dict or list of nodes, a str, or None for any other value."""

    value: Any
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its number from 1, its type, its source, and the node of that source."""

    number: int
    kind: str
    source: str
    node: _Node


def cells_of(text: str) -> list[Cell]:
    """The cells of a notebook of version 4; raises ValueError for a text that holds none."""
    root, _ = _value(text, _skip(text, 0))
    if not isinstance(root.value, dict) or not isinstance(cells := _member(root, "cells"), list):
        raise ValueError("there are no cells in it")
    found: list[Cell] = []
    for number, cell in enumerate(cells, 1):
        source = cell.value.get("source") if isinstance(cell.value, dict) else None
        kind = _member(cell, "cell_type") if isinstance(cell.value, dict) else None
        if source is None or not isinstance(kind, str):
            raise ValueError(f"cell {number} has no source")
        found.append(Cell(number, kind, _joined(source), source))
    return found


def with_sources(text: str, changed: dict[int, str], cells: list[Cell]) -> str:
    """The notebook with the sources of some cells, by their numbers, replaced; all the rest byte for byte."""
    result = text
    for cell in reversed(cells):
        if cell.number in changed and changed[cell.number] != cell.source:
            written = _written(text, cell.node, changed[cell.number])
            result = result[: cell.node.start] + written + result[cell.node.end :]
    return result


def _joined(source: _Node) -> str:
    parts = [one.value for one in source.value] if isinstance(source.value, list) else [source.value]
    if not all(isinstance(part, str) for part in parts):
        raise ValueError("a cell's source is no text")
    return "".join(parts)


def _member(node: _Node, name: str) -> Any:
    member = node.value.get(name)
    return member.value if member is not None else None


def _written(text: str, node: _Node, source: str) -> str:
    """A source in the form of the old one: one string, or a string a line; unchanged lines as they were."""
    escapes = text.isascii()
    if not isinstance(node.value, list):
        return json.dumps(source, ensure_ascii=escapes)
    lines = _LINES.findall(source)
    old: list[_Node] = node.value
    if not lines:
        return "[]"
    if not old:
        return json.dumps(lines, ensure_ascii=escapes)
    tokens = [json.dumps(line, ensure_ascii=escapes) for line in lines]
    matcher = difflib.SequenceMatcher(None, [one.value for one in old], lines, autojunk=False)
    for old_start, new_start, length in matcher.get_matching_blocks():
        for offset in range(length):
            token = old[old_start + offset]
            tokens[new_start + offset] = text[token.start : token.end]
    opening = text[node.start : old[0].start]
    between = text[old[0].end : old[1].start] if len(old) > 1 else f",{opening[1:] or ' '}"
    return opening + between.join(tokens) + text[old[-1].end : node.end]


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int) -> tuple[_Node, int]:
    first = text[at : at + 1]
    if first == '"':
        value, end = _DECODER.raw_decode(text, at)
        return _Node(value, at, end), end
    if first == "{":
        return _object(text, at)
    if first == "[":
        return _array(text, at)
    found = _SCALAR.match(text, at)
    if found is None:
        raise ValueError(f"no JSON at {at}")
    return _Node(None, at, found.end()), found.end()


def _object(text: str, start: int) -> tuple[_Node, int]:
    members: dict[str, _Node] = {}
    at = _skip(text, start + 1)
    while text[at : at + 1] != "}":
        if text[at : at + 1] != '"':
            raise ValueError(f"no JSON at {at}")
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError(f"no JSON at {at}")
        members[name], at = _value(text, _skip(text, at + 1))
        at = _after_comma(text, _skip(text, at), "}")
    return _Node(members, start, at + 1), at + 1


def _array(text: str, start: int) -> tuple[_Node, int]:
    elements: list[_Node] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != "]":
        element, at = _value(text, at)
        elements.append(element)
        at = _after_comma(text, _skip(text, at), "]")
    return _Node(elements, start, at + 1), at + 1


def _after_comma(text: str, at: int, closing: str) -> int:
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != closing:
        raise ValueError(f"no JSON at {at}")
    return at
