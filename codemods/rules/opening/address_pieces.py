"""An address that is put together from pieces: what stands over the border of two is brought over in both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, Instance, something
from codemods.rules.names.given_arguments import given_for
from shim.mapping import session
from shim.mapping.row import Vendor

Literal = cst.SimpleString | cst.FormattedStringText
_PART: Final = re.compile(r"[\w.-]+")
_STRIPPING: Final = ("strip", "lstrip", "rstrip")
"""Methods that give a text without the characters that they are told."""


def text_of_literal(literal: Literal) -> str:
    """The text as it stands in the source, without its quotes."""
    return literal.raw_value if isinstance(literal, cst.SimpleString) else literal.value


class AddressPieces:
    """The literals of one address in their order, here or where a name or an attribute got them."""

    def __init__(self, program: Program, url: cst.BaseExpression | None, source: Vendor) -> None:
        self._program = program
        self._source = source
        self.literals: list[Literal] = []
        self.defaults: dict[cst.Param, None] = {}
        """Parameters whose default is a piece, and which only callers that are not here give anything else."""
        self._is_one = True
        self._seen: set[cst.CSTNode] = set()
        if url is not None:
            self._gather([url])

    def spanning(self) -> Mapping[Literal, str] | None:
        """The pieces that hold part of something that stands over a border, with that part brought over.

        None where that cannot be done: a border is inside a part, or a name has more than one meaning.
        """
        found: dict[Literal, str] = {}
        for old, new in self._replacements():
            part = self._over_borders(old, new, found)
            if part is None or (part and not self._is_one):
                return None
            found |= part
        return found

    def _replacements(self) -> Iterable[tuple[str, str]]:
        source, over = self._source, self._source.other
        scheme, host, path = ((row.of(source)[0], row.of(over)[0]) for row in _ROWS)
        yield f"{scheme[0]}{host[0]}", f"{scheme[1]}{host[1]}"
        yield path

    def _over_borders(self, old: str, new: str, done: Mapping[Literal, str]) -> dict[Literal, str] | None:
        """What becomes of the pieces for one text that none of them holds whole, but all of them together."""
        texts = [done.get(one, text_of_literal(one)) for one in self.literals]
        at = "".join(texts).find(old)
        if at < 0 or any(old in text for text in texts):
            return {}
        for row in _ROWS:
            row.over(self._source.other)
        found: dict[int, str] = {}
        for part, written in reversed(list(zip(_PART.finditer(old), _PART.findall(new), strict=True))):
            piece = _holding(texts, at + part.start(), at + part.end())
            if piece is None:
                return None
            index, start = piece
            text = found.get(index, texts[index])
            found[index] = text[:start] + written + text[start + len(part.group()) :]
        return {self.literals[index]: text for index, text in found.items()}

    def _gather(self, nodes: Iterable[cst.CSTNode]) -> None:
        for node in nodes:
            if node in self._seen:
                continue
            self._seen.add(node)
            match node:
                case cst.SimpleString() | cst.FormattedStringText():
                    self.literals.append(node)
                case cst.Name() | cst.Attribute():
                    made = list(self._made(node))
                    self._is_one &= len(made) <= 1
                    self._gather(made)
                    if isinstance(node, cst.Attribute):
                        self._gather([node.value])
                case cst.Call(cst.Attribute(text, cst.Name(method))) if method in _STRIPPING:
                    self._gather([text])  # what is stripped off is no part of the address
                case _:
                    self._gather(node.children)

    def _made(self, node: cst.Name | cst.Attribute) -> Iterable[cst.BaseExpression]:
        """The expressions that a name or an attribute got its value from."""
        definitions = self._program.definitions_of(node)
        found = [one.expression for one in definitions if one.expression is not None]
        for parameter in (one.node for one in definitions if isinstance(one.node, cst.Param)):
            given = given_for(self._program, parameter)
            found.extend(given)
            if given and given == [parameter.default]:
                self.defaults.setdefault(parameter)
        if isinstance(node, cst.Attribute):
            for one in something(self._program.value(node.value)):
                if isinstance(one, (Instance, Class)):
                    key = (one.node, node.attr.value)
                    found.extend(self._program.attribute_expressions.get(key, ()))
        return dict.fromkeys(found)


_ROWS: Final = (session.SCHEME, session.HOST, session.PATH)


def _holding(texts: Sequence[str], start: int, end: int) -> tuple[int, int] | None:
    """The one piece that holds what stands from `start` to `end` of them all, and where in it."""
    before = 0
    for index, text in enumerate(texts):
        if before <= start and end <= before + len(text):
            return index, start - before
        before += len(text)
    return None
