"""Tests whether a message has a field that the new vendor does not send: `"speaker" in words[0]`.

They never hold any more. Where all that they decide is what is done with the field, the branch goes; other tests are
left to `presence.py`, since they may tell messages apart.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import EACH, Known, Parsed
from codemods.migrating import Migrating
from codemods.rules.absent.prepared import PreparedReads
from codemods.rules.messages.never_there import FIELDS
from codemods.rules.messages.places import MessagePlaces, general
from shim.mapping import session


class AbsentTests:
    """Knows the tests for fields among the messages that `places` knows."""

    def __init__(self, migrating: Migrating, places: MessagePlaces) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._places = places
        self._prepared = PreparedReads(migrating, lambda value: places.message(value) is not None)

    def plan(self) -> None:
        """Plans that the tests go which only ask for what never comes, with what they decide."""
        for node in list(self._program.values):
            match node:
                case cst.Comparison(cst.BaseExpression() as key, [cst.ComparisonTarget(cst.In(), owner)]):
                    name, around = self._program.value(key), self._places.message(self._program.value(owner))
                    if node in self._migrating.gone or around is None:
                        continue
                    if isinstance(name, Known) and isinstance(name.value, str):
                        self._plan(node, around.step(name.value))

    def _plan(self, node: cst.Comparison, inner: object) -> None:
        target = self._migrating.target
        if not isinstance(inner, Parsed) or EACH in inner.path[-1:] or inner.path == self._places.type_path:
            return
        rows = self._places.rows_of(inner)
        if rows is None:
            is_elsewhere = len(inner.path) == 1 and inner.path[0] in FIELDS[target]
            if not is_elsewhere and not self._places.fields_below(general(inner.path)):
                self._prepared.plan_test(node, inner, f"{session.NAME.of(target)[0]} sends no such field")
        elif not any(row.of(target) or row.way(target).conversion.source for row in rows):
            self._prepared.plan_test(node, inner, rows[0].over(target).reason)
