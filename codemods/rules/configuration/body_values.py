"""What a request body gets of a parameter: a constant, the program's own expression, or one made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import libcst as cst

from codemods.analysis.values import JsonText, Known, Sequence
from codemods.edits import expression
from codemods.literals import literal_code
from codemods.migrating import Migrating
from codemods.rules.configuration.chosen_values import chosen_values
from codemods.rules.configuration.left_out import can_be_read_again, uses_of_value
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, Parameter, QueryParameters
from codemods.rules.configuration.query_values import is_list, is_text, plain
from codemods.rules.configuration.run_time_parameters import leave_out
from codemods.rules.configuration.settings_kept import gives, is_setting
from shim.mapping import parameters
from shim.mapping.row import ABSENT, Fidelity, Row

ONE_LANGUAGE: Final = ("language_code", "language")
"""Names whose value is one language, not a list of them."""

_LISTS: Final = (parameters.VOCABULARY.gladia[-1], parameters.LANGUAGES.gladia[-1])
"""What is a list in the body, and its JSON text in the query."""

_NUMBERS: Final = (parameters.SAMPLE_RATE.gladia[0], parameters.ENDPOINTING.gladia[0])
"""What is a number in the body, and may be its text in the query."""


class BodyValues:
    """Writes them for one session; `site` is its parameters' place, `give_up` is called where one cannot be written."""

    def __init__(
        self,
        migrating: Migrating,
        query: QueryParameters,
        site: cst.BaseExpression,
        give_up: Callable[[cst.CSTNode, str], None],
    ) -> None:
        self._migrating = migrating
        self._query = query
        self._site = site
        self._give_up = give_up
        self._quote = migrating.quote_at(migrating.module)

    def chosen(
        self, row: Row, given: list[Parameter | None], constants: list[Any], context: list[Any]
    ) -> list[Any] | None:
        """What a row gives for a value that is a choice between constants; None for any other value."""
        first = given[0]
        if first is None or NOT_CONSTANT in (*constants[1:], *context):
            return None

        def results_of(side: cst.BaseExpression) -> list[Any] | None:
            constant = self._query.read(Parameter(first.name, side, None))
            if constant is NOT_CONSTANT or constant is ABSENT:
                return None
            result = row.over_gladia.conversion.live(constant, *constants[1:], *context)
            return list(result) if len(row.gladia) > 1 else [result]

        return chosen_values(plain(self._migrating.program, first.node), results_of, self._quote)

    def keeps_deciding(
        self,
        row: Row,
        given: Parameter | None,
        constant: Any,
        source: str,
        every_result: Callable[[], list[list[Any]]],
    ) -> bool:
        """Whether a setting is converted where it is read, though its value is known: the conversion hangs on it alone.

        `source` is the conversion; `every_result` gives what the row gives for the known value, for all that may be of
        what else it reads.
        """
        if given is None or len(row.gladia) != 1 or constant is NOT_CONSTANT or constant is ABSENT:
            return False
        if row is parameters.LANGUAGES and given.name not in ONE_LANGUAGE:
            return False
        program = self._migrating.program
        if not is_setting(plain(program, given.node)) and program.parents.get(given.node) not in program.dumped:
            return False
        found = every_result()
        known = program.value(given.node)
        if len(found) != 1 or (isinstance(known, Known) and _is_same(known.value, constant, found[0][0])):
            return False  # the body has it as it stands, or more than it decides
        return gives(source, constant, found[0][0])

    def written(self, result: Any, first: Parameter | None, given: Any) -> cst.BaseExpression:
        """The result as code: the program's own expression where it says the same."""
        if isinstance(result, cst.BaseExpression):
            return result
        if first is not None and type(result) is type(given) and result == given:
            known = self._migrating.program.value(first.node)
            if isinstance(known, JsonText) and isinstance(result, list):
                return known.call.args[0].value
            if isinstance(known, Known) and type(known.value) is type(result) and known.value == result:
                return first.node
            if isinstance(known, Sequence) and isinstance(result, list):
                return first.node
        return cst.parse_expression(literal_code(result, self._quote))

    def expressions(self, row: Row, given: Parameter, context: list[Any]) -> list[cst.BaseExpression] | None:
        """What the body gets of a value that is not known, for each of the row's paths; None with a finding.

        `context` is what else the row reads.
        """
        source = self.source(row, context)
        if not source:
            leave_out(self._migrating, row, given.name, given.node)
            return None
        node = plain(self._migrating.program, given.node)
        if row is parameters.LANGUAGES and given.name in ONE_LANGUAGE:
            node = cst.List([cst.Element(node)])
        elif len(row.gladia) == 1 and uses_of_value(source) > 1 and not can_be_read_again(node):
            leave_out(self._migrating, row, given.name, given.node)
            return None
        elif row.gladia[0] in _NUMBERS and is_text(self._migrating.program, node):
            node = expression("int(node)", node=node)
        elif row is parameters.SPEECH_THRESHOLD and is_text(self._migrating.program, node):
            node = expression("float(node)", node=node)
        elif row.gladia[-1] in _LISTS and not self.is_list(given, node):
            leave_out(self._migrating, row, given.name, given.node, "may be a list or its text")
            return None
        row.over(self._migrating.target)
        written = expression(source, value=node)
        several = isinstance(written, cst.Tuple) and len(row.gladia) > 1
        return [one.value for one in written.elements] if several and isinstance(written, cst.Tuple) else [written]

    def unless_none(self, path: str, value: cst.BaseExpression, given: Parameter, default: Any) -> cst.BaseExpression:
        """A value, or what stands for it where it is None and was left out of the query."""
        if default is ABSENT and value is given.node and "." not in path:
            return value  # the program's own filter still leaves it out
        if default is ABSENT and self._site in self._migrating.program.dumped:
            self._give_up(given.node, f"`{given.name}` may be None: {self._migrating.code(given.node)}")
        instead = default if isinstance(default, cst.BaseExpression) else None  # it may hang on what is known later
        if instead is None:
            instead = cst.parse_expression("None" if default is ABSENT else literal_code(default, self._quote))
        node = plain(self._migrating.program, given.node)
        test = "node" if self._query.drops_empty else "node is not None"
        return expression(f"value if {test} else default", value=value, node=node, default=instead)

    def source(self, row: Row, context: list[Any]) -> str:
        """The row's conversion as code; empty where only a known value can be converted."""
        way = row.over_gladia
        return way.conversion.source_beside(*context) or ("value" if way.codemod is Fidelity.SAME else "")

    def is_list(self, given: Parameter, node: cst.BaseExpression) -> bool:
        """Whether a value is a list for sure: what a JSON text was made of, or one that is known."""
        return node is not given.node or is_list(self._migrating.program, node)


def _is_same(*values: object) -> bool:
    """Whether values are alike, and of one type."""
    return all(type(one) is type(values[0]) and one == values[0] for one in values)
