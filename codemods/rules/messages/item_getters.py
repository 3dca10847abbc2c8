"""`sorted(words, key=itemgetter("start"))`: the names of fields in what words are ordered by."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import EACH, Library, LibraryObject, Parsed, something
from codemods.migrating import Migrating, like
from codemods.rules.messages.reading import Reading
from shim.mapping.paths import steps_of

GETTER: Final = "operator.itemgetter"
_ORDERING: Final = ("builtins.sorted", "builtins.min", "builtins.max")


class ItemGetters:
    """Plans the keys of orders. A time orders the same in seconds and in milliseconds: only names change."""

    def __init__(self, migrating: Migrating, reading: Reading) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._reading = reading
        self.read: set[cst.CSTNode] = set()
        """The lists that are ordered so."""

    def plan(self) -> None:
        """Plans the edits; an order by a field that has no counterpart is left to the check of where messages go."""
        for node in list(self._program.values):
            match node:
                case cst.Call(called, [cst.Arg(words), *others]) if self._orders(called):
                    key = next(
                        (one.value for one in others if one.keyword is not None and one.keyword.value == "key"), None
                    )
                    place = self._reading.message(self._program.value(words))
                    if isinstance(key, cst.Call) and place is not None and self._renamed(key, place):
                        self.read.add(words)

    def _orders(self, called: cst.BaseExpression) -> bool:
        return all(isinstance(one, Library) and one.name in _ORDERING for one in something(self._program.value(called)))

    def _renamed(self, getter: cst.Call, words: Parsed) -> bool:
        value = self._program.value(getter)
        if not isinstance(value, LibraryObject) or value.made_by != GETTER or value.site is not getter:
            return False
        planned: list[tuple[cst.SimpleString, str]] = []
        for argument in getter.args:
            literal = argument.value
            element = words.step(EACH)
            if not isinstance(literal, cst.SimpleString) or not isinstance(element, Parsed):
                return False
            place = element.step(str(literal.evaluated_value))
            rows = self._reading.rows_of(place) if isinstance(place, Parsed) else None
            target = rows[0].of(self._migrating.target) if rows else ()
            if not target:
                return False
            planned.append((literal, str(steps_of(target[0])[-1])))
        for literal, name in planned:
            self._migrating.edits.replace(literal, like(literal, name))
        return True
