"""The session's configuration: AssemblyAI's query parameters become Gladia's request body.

Each row of the map that the query touches, or whose default has to be written out, decides what stands in the
dictionary afterwards. Entries that stay the same stay as they were written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import libcst as cst

from codemods.edits import expression
from codemods.findings import (
    CONFIGURATION_UNKNOWN,
    PARAMETER_DIFFERS,
    Kind,
)
from codemods.migrating import Migrating
from codemods.rules.configuration.body_differences import report_differences
from codemods.rules.configuration.body_display import BodyDisplay, Place
from codemods.rules.configuration.body_results import BodyResults
from codemods.rules.configuration.body_values import BodyValues
from codemods.rules.configuration.hanging_parameters import HangingParameters
from codemods.rules.configuration.idle_settings import report_idle_setting
from codemods.rules.configuration.object_reads import report_idle_fields
from codemods.rules.configuration.only_assemblyais import OnlyAssemblyAIs
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, Parameter, QueryParameters
from codemods.rules.configuration.query_values import (
    is_surely_given,
    list_or_none,
    may_be_none,
    plain,
)
from codemods.rules.configuration.run_time_parameters import leave_out, whatever
from codemods.rules.configuration.sample_rates import report_rate
from codemods.rules.configuration.stored_parameters import StoredBody
from codemods.rules.configuration.stored_values import StoredValues
from shim.mapping import assemblyai_parameters, parameters
from shim.mapping.paths import steps_of
from shim.mapping.row import ABSENT, Row, Vendor

_OWN_DEFAULTS: Final = {
    "encoding": "wav/pcm",
    "bit_depth": 16,
    "language_config.languages": [],
    "language_config.code_switching": False,
}
"""What Gladia does by itself: not written where the program did not ask for it either."""


class RequestBodyRule:
    """Plans what becomes of one session's parameters. `plan` says whether they could be read to their end.

    `site` is the place that findings are reported for; the display itself where there is one. `switched_off` are rows
    of messages that Gladia sends by itself, and that these sessions have to do without.
    """

    _rows: tuple[Row, ...] = (*parameters.ROWS, *assemblyai_parameters.ROWS)
    """The rows of the parameters that these sessions know."""

    def __init__(
        self,
        migrating: Migrating,
        site: cst.BaseExpression,
        given: Iterable[Parameter] | None,
        *,
        switched_off: Iterable[Row] = (),
    ) -> None:
        self._switched_off = tuple(switched_off)
        self._migrating = migrating = migrating.at(site)
        self._site = site
        self._readable = True
        self._only = OnlyAssemblyAIs(migrating, self._report)
        self._query = self._parameters(given)
        self._root = Place()
        self._unchanged: set[str] = set()
        self._hanging = HangingParameters(migrating, self._query, site)
        self._values = BodyValues(migrating, self._query, site, self._give_up)
        self._results = BodyResults(self._query, self._values, self._hanging)
        self._stored = StoredValues(migrating, site, self._query, self._values, self._results, self._only, self._report)

    @property
    def key(self) -> cst.BaseExpression | None:
        """The key, where the query held it as a token."""
        return self._only.key

    @property
    def _is_readable(self) -> bool:
        return self._readable and self._only.complete

    def _parameters(self, given: Iterable[Parameter] | None) -> QueryParameters:
        """Reads the parameters."""
        return QueryParameters(self._migrating, self._site, given, self._give_up)

    def plan(self) -> bool:
        """Plans the body; False, with findings, where it cannot be done."""
        if not self._is_readable:
            return False
        for row in self._rows:
            if self._concerns(row) and self._is_readable:
                self._apply(row)
                for store in self._stored.of(row):
                    self._stored.plan(row, store)
        for row in self._switched_off if self._is_readable else ():
            self._put_constant(row, row.gladia[0], False, None, ABSENT)
            self._report(PARAMETER_DIFFERS, self._site, f"`{row.gladia[0]}` {row.way(self._migrating.target).reason}")
        clash = StoredBody(self._migrating, self._root, self._query.stores).shares_a_place()
        if clash is not None and self._is_readable:
            self._give_up(
                clash.statement, f"`{clash.name}` shares its place in the body with another: give both at once"
            )
        self._only.report_unknown(self._rows, self._query)
        self._say_idle_settings()
        self._hanging.report(self._report)
        return self._is_readable

    def _concerns(self, row: Row) -> bool:
        """Whether a row has a part in the body."""
        return bool(row.assemblyai)

    def stays(self, name: str) -> bool:
        """Whether a parameter is under the same name in the body, with the same value."""
        return name in self._unchanged

    # --- findings --------------------------------------------------------------------------------

    def _report(self, kind: Kind, node: cst.CSTNode, text: str) -> None:
        """Reports at a node, or at the address for a value that stood in its text."""
        at = node if self._migrating.line(node) else self._site
        self._migrating.report(kind, at, text)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._readable = False
        self._report(CONFIGURATION_UNKNOWN, node, text)

    # --- converting ------------------------------------------------------------------------------

    def _apply(self, row: Row) -> None:
        given = [self._query.by_name(name) for name in row.assemblyai]
        first = next((one for one in given if one is not None), None)
        constants = [self._query.read(one) if one is not None else ABSENT for one in given]
        if any(one.always for one in self._stored.of(row)) and first is None:
            return  # no default has to be written out: the program always gives the value, further down
        if any(one.name == row.assemblyai[0] for one in self._query.given):
            row.over(self._migrating.target)
        if row in assemblyai_parameters.ROWS:
            self._only.plan(row, first, constants[0])
            return
        if row is parameters.ENCODING and not self._only.encoding_is_served(first, constants[0]):
            return
        if row is parameters.SAMPLE_RATE and first is not None:
            report_rate(self._migrating, constants[0], first.node if self._migrating.line(first.node) else self._site)
        context = self._results.context(row)
        if row is parameters.CODE_SWITCHING and self._puts_switching(context):
            return
        if constants[0] is NOT_CONSTANT or self._results.keeps_deciding(row, given[0], constants, context):
            assert first is not None
            node = (given[0] or first).node
            if may_be_none(self._migrating.program, node) and not self._query.is_filtered:
                leave_out(self._migrating, row, first.name, first.node, "may be None")
                return
            results = self._values.chosen(row, given, constants, context)
            if results is None and not self._values.source(row, context):
                results = whatever(row, Vendor.GLADIA, constants, NOT_CONSTANT, context)
            for path, result in zip(row.gladia, results or (), strict=False):
                self._put_constant(row, path, result, first, ABSENT)
            if results is None:
                self._put_expression(row, given[0] or first, context)
        else:
            # A second value that is not known only steers the first.
            constants = [ABSENT if one is NOT_CONSTANT else one for one in constants]
            results = self._results.of(row, constants, context)
            if results is None:
                return
            for path, result in zip(row.gladia, results, strict=True):
                self._put_constant(row, path, result, first, constants[0])
        report_differences(row, first, self._site, context, self._query, self._report)

    def _puts_switching(self, context: list[Any]) -> bool:
        """Puts whether languages are switched between that only the running program knows; False for known ones."""
        given = self._query.by_name(parameters.LANGUAGES.assemblyai[0])
        if given is None or context[0] is not NOT_CONSTANT:
            return False
        node = plain(self._migrating.program, given.node)
        if not self._values.is_list(given, node) or self._query.is_filtered:
            return False
        parameters.CODE_SWITCHING.over(self._migrating.target)
        self._put(parameters.CODE_SWITCHING.gladia[0], expression("len(node) != 1", node=node), given)
        return True

    def _put_constant(self, row: Row, path: str, result: Any, first: Parameter | None, given: Any) -> None:
        if result is ABSENT:
            return
        if first is None and path in _OWN_DEFAULTS and _OWN_DEFAULTS[path] == result:
            return
        if path == "language_config.code_switching" and result is False and first is None:
            return
        row.over(self._migrating.target)
        value = self._values.written(result, first, given)
        self._put(path, value, first)
        if first is not None and value is first.node and path == first.name:
            self._unchanged.add(first.name)

    def _put_expression(self, row: Row, given: Parameter, context: list[Any]) -> None:
        """Writes a value that only the running program knows, by the conversion's source."""
        values = self._values.expressions(row, given, context)
        if values is None:
            return
        program = self._migrating.program
        if self._query.is_filtered and row.gladia[-1] == parameters.VOCABULARY.gladia[-1]:
            node = list_or_none(plain(program, given.node))
            values = [
                expression("bool(node)", node=node),
                expression("node or empty", node=node, empty=cst.List([])),
            ]
        elif self._query.is_filtered and not is_surely_given(program, given.node):
            defaults = self._results.of(row, [ABSENT] * len(row.assemblyai), context)
            if defaults is None and any("." in path for path in row.gladia):
                return
            # What nobody gives is left out by the program's own filter, and is the service's default then.
            defaults = defaults if defaults is not None else [ABSENT] * len(row.gladia)
            values = [
                self._values.unless_none(path, value, given, default)
                for path, value, default in zip(row.gladia, values, defaults, strict=True)
            ]
        for path, value in zip(row.gladia, values, strict=True):
            self._put(path, value, given)
            if value is given.node and path == given.name:
                self._unchanged.add(given.name)

    def _put(self, path: str, value: cst.BaseExpression, given: Parameter | None) -> None:
        anchor = given.entry if given is not None else None
        order = float("inf") if given is None else self._query.given.index(given)
        place = self._root
        for step in steps_of(path):
            place = place.inside.setdefault(str(step), Place(anchor, order))
            place.anchor, place.order = place.anchor or anchor, min(place.order, order)
            if place.origin is None and given is not None and anchor is None and self._is_of_call(given):
                place.origin = given.node
        place.value = value

    def _is_of_call(self, given: Parameter) -> bool:
        """Whether a parameter is an argument of a `dict(…)` call, or a field of an object whose fields a call gives."""
        around = self._migrating.program.parents.get(given.node)
        return isinstance(around, cst.Arg) or around in self._migrating.program.dumped

    def _say_idle_settings(self) -> None:
        rows = (parameters.MODEL, parameters.CODE_SWITCHING, parameters.SPEECH_THRESHOLD)
        said = {row.assemblyai[0] for row in rows}
        for row in rows:
            given = self._query.by_name(row.assemblyai[0])
            is_number = row is parameters.SPEECH_THRESHOLD
            if given is not None and (is_number or self._query.read(given) is NOT_CONSTANT):
                node = plain(self._migrating.program, given.node)
                report_idle_setting(self._migrating, given.name, node, self._root.values())
        if not self._query.is_filtered or self._site in self._migrating.program.dumped:
            return  # an object's fields are told together
        for one in self._query.given:  # nobody gives these here; whoever does from elsewhere does it in vain
            if one.name not in said and self._query.read(one) is ABSENT:
                node = plain(self._migrating.program, one.node)
                report_idle_setting(self._migrating, one.name, node, self._root.values())

    # --- writing ---------------------------------------------------------------------------------

    def rewrite_display(self) -> None:
        """Plans the edit of the display that the parameters were read from."""
        report_idle_fields(self._migrating, [(one.name, one.node) for one in self._query.given], self._root.values())
        for site in self._query.displays:
            left_out = self._query.left_out
            BodyDisplay(self._migrating, site, self._root, self._unchanged, self._site, left_out).plan_rewrite()
        StoredBody(self._migrating, self._root, self._query.stores).plan()
        for comprehension, site in self._migrating.program.filtered.items():
            if site is self._site:
                self._keep_values(comprehension)

    def _keep_values(self, comprehension: cst.DictComp) -> None:
        """What a comprehension makes text of for the query, the body takes as it is."""
        match comprehension.for_in.target:
            case cst.Tuple([_, cst.Element(cst.Name(name))]) if not isinstance(comprehension.value, cst.Name):
                self._migrating.edits.replace(comprehension.value, cst.Name(name))

    def body(self) -> cst.BaseExpression:
        """The body as a new dictionary, for parameters that stood in no dictionary."""
        return BodyDisplay(self._migrating, self._site, self._root, self._unchanged).written()
