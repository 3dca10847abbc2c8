"""What stands in the query for a parameter: a constant, or what gives it where only the running program knows it."""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from codemods.edits import expression
from codemods.literals import literal_code
from codemods.migrating import Migrating
from codemods.rules.configuration.dictionary_layout import spread
from codemods.rules.configuration.leaves import Leaf
from codemods.rules.configuration.left_out import can_be_read_again, takes_none, unless_none, uses_of_value
from codemods.rules.configuration.object_reads import may_be_none
from codemods.rules.configuration.tested_values import is_tested, switched_by
from shim.mapping import parameters
from shim.mapping.row import ABSENT, Row

_LISTS: Final = (parameters.LANGUAGES, parameters.VOCABULARY)
"""Rows whose values are lists: JSON texts in a query."""


class WrittenInQuery:
    """Writes the parameters of the configuration that is made at `site`."""

    def __init__(self, migrating: Migrating, site: cst.BaseExpression) -> None:
        self._migrating = migrating
        self._site = site

    def at_run_time(
        self, row: Row, leaves: list[Leaf | None], constants: list[Any], context: list[Any]
    ) -> list[cst.BaseExpression] | None:
        """What stands for a value that only the running program knows, for each of a row's parameters."""
        conversion = row.over_assemblyai.conversion
        value, source = self._source_of(row, leaves, constants), conversion.source_beside(*context)
        if value is None or not source:
            return None
        may_be_none = any(leaf is not None and leaf.may_be_none and leaf.node is value for leaf in leaves)
        asks_none = may_be_none and not takes_none(source)
        if (asks_none or uses_of_value(source) > 1) and not can_be_read_again(value):
            return None
        found = expression(source, value=value)
        written = [self._as_json(found, leaves[0]) if row in _LISTS else found for _ in row.assemblyai]
        if not asks_none:
            return written
        defaults = conversion.live(*(ABSENT for _ in constants), *context)
        every = defaults if len(row.assemblyai) > 1 else (defaults,)
        if row is parameters.SAMPLE_RATE:
            every = (parameters.GLADIA_SAMPLE_RATE,)  # AssemblyAI wants one
        return [
            unless_none(one, value, None if default is ABSENT else self.constant(default, None, leaves[0]))
            for one, default in zip(written, every, strict=True)
        ]

    def _source_of(self, row: Row, leaves: list[Leaf | None], constants: list[Any]) -> cst.BaseExpression | None:
        """The one expression that a row's value depends on, where the program alone knows it."""
        if row is parameters.VOCABULARY:
            # The switch must be on for certain, or say whether there is anything; the list may hold what it will.
            program, switch, words = self._migrating.program, leaves[0], leaves[1]
            if words is None:
                return None
            if constants[0] is True:
                is_list = not may_be_none(program.value(words.node)) or is_tested(program, words.node)
                return words.node if is_list else None
            return switched_by(program, switch.node, words.node) if switch is not None else None
        if row is parameters.ENCODING:
            return leaves[0].node if leaves[0] is not None else None
        return leaves[0].node if len(leaves) == 1 and leaves[0] is not None else None

    def constant(self, value: Any, node: cst.BaseExpression | None, first: Leaf | None) -> cst.BaseExpression:
        """A parameter's value as it stands in the dictionary that goes into the query: lists as JSON text."""
        quote = self._migrating.quote_at(self._site)
        written = node if node is not None else cst.parse_expression(literal_code(value, quote))
        return self._as_json(written, first) if isinstance(value, list) else written

    def _as_json(self, value: cst.BaseExpression, first: Leaf | None) -> cst.BaseExpression:
        place = first.place if first is not None else self._site
        json = self._migrating.at(place).use_module("json")
        return expression("json.dumps(value)", json=json, value=value)


def laid_out(migrating: Migrating, value: cst.BaseExpression) -> cst.BaseExpression:
    """A lookup in a dictionary, one entry a line where it is long; the parameters stand one a line themselves."""
    module = migrating.module
    if isinstance(value, cst.Subscript) and isinstance(value.value, cst.Dict) and len(module.code_for_node(value)) > 80:
        return value.with_changes(value=spread(value.value, 2, module.default_indent))
    return value
