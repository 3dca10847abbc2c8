"""Parameters out of an object's fields: each is converted where it is read, so that the object still decides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import libcst as cst

from codemods.edits import expression
from codemods.literals import literal_code
from codemods.migrating import Migrating
from codemods.rules.configuration.leaves import NOT_CONSTANT, ConfigurationLeaves, Leaf
from codemods.rules.configuration.left_out import parted, takes_none
from codemods.rules.configuration.object_reads import given, report_idle_fields
from codemods.rules.configuration.writing import ConfigurationWriter
from shim.mapping import parameters
from shim.mapping.row import ABSENT, Row, Vendor

_LISTS: Final = (parameters.LANGUAGES, parameters.VOCABULARY)
"""Rows whose values are lists: JSON texts in a query."""
_WHATEVER: Final = (parameters.MODEL, parameters.CODE_SWITCHING)
"""Rows that come to the same whatever Gladia's value is."""


class ObjectParameters:
    """Writes AssemblyAI's parameters from the fields of one object and of those inside it."""

    def __init__(self, migrating: Migrating, writer: ConfigurationWriter, quote: str) -> None:
        self._migrating = migrating
        self._writer = writer
        self._quote = quote
        self._read: set[cst.Attribute] = set()

    def put(
        self,
        row: Row,
        leaves: list[Leaf | None],
        constants: list[Any],
        context: list[Any],
        *,
        reads_language: bool,
    ) -> bool:
        """Plans what stands for one row; False where only the running program could tell.

        `leaves` and `constants` are those of the row's paths, `context` what else the conversion reads.
        """
        first = leaves[0]
        if row in _WHATEVER:
            constants = [ABSENT]
        if first is None:
            return True
        if row is parameters.VOCABULARY:
            return self._put_vocabulary(row, first, leaves[1], constants)
        way = row.over_assemblyai
        is_known = all(one is not NOT_CONSTANT for one in constants)
        results = self._results(row, way.conversion.live(*constants, *context)) if is_known else None
        if row is parameters.CODE_SWITCHING and reads_language:
            results = [True]
        source = way.conversion.source_beside(*context)
        is_constant = row is parameters.ENCODING or (row in _LISTS and results != constants)
        if results is not None and (not source or is_constant):
            self._put(row, first, [self._code(one) for one in results if one is not ABSENT])
            return True
        if not source:
            return False
        self._read.add(self._place(first))
        value, test = parted(expression(source, value=first.node))
        value = self._as_json(value) if row in _LISTS else value
        default = self._results(row, way.conversion.live(*(ABSENT for _ in constants), *context))
        if first.only_if and default[0] is not ABSENT:
            value = expression(
                "value if test else default", value=value, test=given(first.only_if), default=self._code(default[0])
            )
            self._put(row, first, [value for _ in row.assemblyai])
        else:
            tests = [
                *([given(first.only_if)] if first.only_if and not takes_none(source) else []),
                *filter(None, [test]),
            ]
            self._put(row, first, [value for _ in row.assemblyai], _all_of(tests))
        return True

    def _put_vocabulary(self, row: Row, switch: Leaf, terms: Leaf | None, constants: list[Any]) -> bool:
        """The vocabulary is sent if its switch is on."""
        if terms is None or not constants[0]:
            return True
        if not isinstance(terms.place, cst.Attribute):
            return False
        self._read.update((self._place(switch), self._place(terms)))
        tests = [given(terms.only_if)] if terms.only_if else []
        if constants[0] is NOT_CONSTANT:
            tests.append(switch.node)
        value = self._as_json(expression(row.over_assemblyai.conversion.source, value=terms.node))
        self._put(row, terms, [value], _all_of(tests))
        return True

    def has_read(self, leaves: Iterable[Leaf | None]) -> None:
        """Notes that fields were read for what is written elsewhere."""
        self._read.update(one.place for one in leaves if one is not None and isinstance(one.place, cst.Attribute))

    def _results(self, row: Row, found: Any) -> list[Any]:
        return list(found) if len(row.assemblyai) > 1 else [found]

    def _place(self, leaf: Leaf) -> cst.Attribute:
        assert isinstance(leaf.place, cst.Attribute)
        return leaf.place

    def _put(
        self, row: Row, leaf: Leaf, values: list[cst.BaseExpression], only_if: cst.BaseExpression | None = None
    ) -> None:
        row.over(Vendor.ASSEMBLYAI)
        place = self._place(leaf)
        self._writer.replacing.setdefault(place, []).extend(zip(row.assemblyai, values, strict=False))
        if only_if is not None:
            self._writer.only_if[place] = only_if

    def _code(self, value: Any) -> cst.BaseExpression:
        written = cst.parse_expression(literal_code(value, self._quote))
        return self._as_json(written) if isinstance(value, list) else written

    def _as_json(self, value: cst.BaseExpression) -> cst.BaseExpression:
        return expression("json.dumps(value)", json=self._migrating.use_module("json"), value=value)

    def report_idle(self, leaves: ConfigurationLeaves) -> None:
        """Says which fields of the objects decide nothing any more."""
        reads = [(leaf.path, leaf.place) for leaf in leaves.all() if isinstance(leaf.place, cst.Attribute)]
        report_idle_fields(self._migrating, reads, self._read)


def _all_of(tests: list[cst.BaseExpression]) -> cst.BaseExpression | None:
    """The test that all of them hold; None where there are none."""
    found = tests[0] if tests else None
    for one in tests[1:]:
        found = cst.BooleanOperation(found, cst.And(), one) if found is not None else one
    return found
