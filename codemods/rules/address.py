"""The service's address: every literal that a session's URL is made of, wherever the program wrote it."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import Class, Instance, something
from codemods.findings import ADDRESS_UNKNOWN
from codemods.migrating import Migrating, like
from codemods.vendors import assemblyai, gladia
from codemods.vendors.gladia import Opening
from shim.mapping import session

Literal = cst.SimpleString | cst.FormattedStringText


class AddressRule:
    """Plans what becomes of one session's address."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._url = opening.request.url
        self._place = opening.request.call
        self._has_key = opening.key is not None

    def is_known(self) -> bool:
        """Whether the host and the key are written where they can be rewritten; findings say where not."""
        if not self._has_key:
            self._migrating.report(ADDRESS_UNKNOWN, self._place, "the key is not among the request's own headers")
            return False
        texts = [_text(one) for one in self._literals()]
        new = [assemblyai.address(text, self._region()) for text in texts]
        asks_for_region = any(f"?{session.REGION.gladia[0]}" in text for text in new)
        if any(session.HOST.gladia[0] in text for text in texts) and not asks_for_region:
            return True
        self._migrating.report(ADDRESS_UNKNOWN, self._place, self._migrating.code(self._url or self._place))
        return False

    def plan(self) -> None:
        """Brings each literal to the other vendor."""
        region = self._region()
        for literal in self._literals():
            new = assemblyai.address(_text(literal), region)
            if new == _text(literal):
                continue
            if isinstance(literal, cst.SimpleString):
                self._migrating.edits.replace(literal, like(literal, new))
            else:
                self._migrating.edits.replace(literal, literal.with_changes(value=new))

    def _region(self) -> str | None:
        """The region that the whole address asks for."""
        text = gladia.text_of(self._program.value(self._url)) if self._url is not None else ""
        return next((one for one in assemblyai.REGIONS if text.endswith(f"?{session.REGION.gladia[0]}={one}")), None)

    def _literals(self) -> list[Literal]:
        """The literals of the URL, here or where a name or an attribute got it."""
        waiting: list[cst.CSTNode] = [self._url] if self._url is not None else []
        seen: set[cst.CSTNode] = set()
        found: list[Literal] = []
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            match current:
                case cst.SimpleString() | cst.FormattedStringText():
                    found.append(current)
                case cst.Name():
                    reaching = self._program.definitions_of(current)
                    waiting.extend(one.expression for one in reaching if one.expression is not None)
                    continue
                case cst.Attribute(owner, attribute):
                    reaching = self._program.definitions_of(current)
                    waiting.extend(one.expression for one in reaching if one.expression is not None)
                    for one in something(self._program.value(owner)):
                        if isinstance(one, (Instance, Class)):
                            key = (one.node, attribute.value)
                            waiting.extend(self._program.attribute_expressions.get(key, ()))
                    waiting.append(owner)
                    continue
            waiting.extend(current.children)
        return found


def _text(literal: Literal) -> str:
    return literal.raw_value if isinstance(literal, cst.SimpleString) else literal.value
