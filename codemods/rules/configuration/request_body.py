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
    PARAMETER_ABSENT,
    PARAMETER_DIFFERS,
    TOKEN_ABSENT,
    Kind,
)
from codemods.migrating import Migrating
from codemods.rules.configuration.body_differences import report_differences
from codemods.rules.configuration.body_display import BodyDisplay, Place
from codemods.rules.configuration.body_values import ONE_LANGUAGE, BodyValues
from codemods.rules.configuration.hanging_parameters import HangingParameters, tried_for
from codemods.rules.configuration.idle_settings import report_idle_setting
from codemods.rules.configuration.key_in_query import is_key, is_key_of_header
from codemods.rules.configuration.object_reads import report_idle_fields
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, Parameter, QueryParameters
from codemods.rules.configuration.query_values import (
    is_surely_given,
    list_or_none,
    may_be_none,
    plain,
)
from codemods.rules.configuration.run_time_parameters import leave_out, whatever
from codemods.rules.configuration.sample_rates import report_rate
from codemods.rules.configuration.stored_parameters import Store, StoredBody, is_behind
from shim.mapping import assemblyai_parameters, languages, parameters
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
        self.key: cst.BaseExpression | None = None
        """The key, where the query held it as a token."""
        self._migrating = migrating = migrating.at(site)
        self._site = site
        self._near = migrating.module
        self._readable = True
        self._query = self._parameters(given)
        self._root = Place()
        self._unchanged: set[str] = set()
        self._hanging = HangingParameters(migrating, self._query, site)
        self._values = BodyValues(migrating, self._query, site, self._give_up)

    def _parameters(self, given: Iterable[Parameter] | None) -> QueryParameters:
        """Reads the parameters."""
        return QueryParameters(self._migrating, self._site, given, self._give_up)

    def plan(self) -> bool:
        """Plans the body; False, with findings, where it cannot be done."""
        if not self._readable:
            return False
        for row in self._rows:
            if self._concerns(row) and self._readable:
                self._apply(row)
                for store in self._stored_as(row):
                    self._apply_store(row, store)
        for row in self._switched_off if self._readable else ():
            self._put_constant(row, row.gladia[0], False, None, ABSENT)
            self._report(PARAMETER_DIFFERS, self._site, f"`{row.gladia[0]}` {row.way(self._migrating.target).reason}")
        clash = StoredBody(self._migrating, self._root, self._query.stores).shares_a_place()
        if clash is not None and self._readable:
            self._give_up(
                clash.statement, f"`{clash.name}` shares its place in the body with another: give both at once"
            )
        self._say_unknown_names()
        self._say_idle_settings()
        self._hanging.report(self._report)
        return self._readable

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
        if any(one.always for one in self._stored_as(row)) and first is None:
            return  # no default has to be written out: the program always gives the value, further down
        if any(one.name == row.assemblyai[0] for one in self._query.given):
            row.over(self._migrating.target)
        if row in assemblyai_parameters.ROWS:
            self._apply_only_assemblyais(row, first, constants[0])
            return
        if row is parameters.ENCODING and not self._encoding_is_served(first, constants[0]):
            return
        if row is parameters.SAMPLE_RATE and first is not None:
            report_rate(self._migrating, constants[0], first.node if self._migrating.line(first.node) else self._site)
        context = self._context(row)
        if row is parameters.CODE_SWITCHING and self._puts_switching(context):
            return
        if constants[0] is NOT_CONSTANT or self._keeps_deciding(row, given[0], constants, context):
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
            results = self._results(row, constants, context)
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

    def _results(self, row: Row, constants: list[Any], context: list[Any]) -> list[Any] | None:
        """What the row gives; None, with a finding, where it hangs on what is only known when the program runs."""
        found = self._every_result(row, constants, context)
        if len(found) > 1:
            return self._hanging.results(row, constants, context)
        return found[0]

    def _every_result(self, row: Row, constants: list[Any], context: list[Any]) -> list[list[Any]]:
        """What the row gives, for all that may be of what else it reads."""
        found: list[list[Any]] = []
        for tried in tried_for(row, context, self._query.is_always_given):
            result = row.over_gladia.conversion.live(*constants, *tried)
            every = list(result) if len(row.gladia) > 1 else [result]
            if every not in found:
                found.append(every)
        return found

    def _keeps_deciding(self, row: Row, given: Parameter | None, constants: list[Any], context: list[Any]) -> bool:
        """Whether a setting whose value is known is converted where it is read, so that it goes on deciding."""
        known = [ABSENT if one is NOT_CONSTANT else one for one in constants]
        source = self._values.source(row, context)
        return self._values.keeps_deciding(
            row, given, constants[0], source, lambda: self._every_result(row, known, context)
        )

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
            defaults = self._results(row, [ABSENT] * len(row.assemblyai), context)
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

    def _context(self, row: Row) -> list[Any]:
        """What else the row reads. Languages that are stored later bring their own switch with them."""
        found: list[Any] = []
        for name in row.over_gladia.reads:
            given = self._query.by_name(name)
            if name == assemblyai_parameters.FORMAT_TURNS.assemblyai[0]:
                # A program that ever asks for it was written when this was the way to, whatever decides about it.
                constant = self._query.constant(name)
                found.append(True if constant is NOT_CONSTANT else constant)
            elif name != parameters.LANGUAGES.assemblyai[0]:
                found.append(self._query.constant(name))
            elif given is None:
                found.append(ABSENT)
            else:
                constant = self._query.read(given)
                one_unknown = constant is NOT_CONSTANT and given.name in ONE_LANGUAGE
                found.append(languages.SIX_LANGUAGES[:1] if one_unknown else constant)
        return found

    # --- what is stored later --------------------------------------------------------------------

    def _stored_as(self, row: Row) -> list[Store]:
        return [one for one in self._query.stores if assemblyai_parameters.read_name(one.name) in row.assemblyai]

    def _apply_store(self, row: Row, store: Store) -> None:
        """Works out what a store puts into the body, and says what becomes of one that puts nothing there."""
        given = Parameter(store.name, store.node, None)
        constant = self._query.read(given)
        row.over(self._migrating.target)
        if row in assemblyai_parameters.ROWS:
            self._apply_only_assemblyais(row, given, constant)
            return
        if len(row.assemblyai) > 1 and assemblyai_parameters.read_name(store.name) != row.assemblyai[0]:
            self._report(PARAMETER_DIFFERS, store.node, f"`{store.name}`: {row.over_gladia.reason}")
            return
        if row is parameters.ENCODING and not self._encoding_is_served(given, constant):
            return
        if constant is NOT_CONSTANT and not self._values.source(row, self._context(row)):
            self._apply_whatever(row, store, given)
        elif constant is NOT_CONSTANT:
            values = self._values.expressions(row, given, self._context(row))
            if values is not None:
                values = [cst.Name("True") if _is_own_test(self._migrating, store, one) else one for one in values]
                store.written.update(zip(row.gladia, values, strict=True))
        else:
            context = self._context(row)
            rest = [self._query.constant(name) for name in row.assemblyai[1:]]
            if self._keeps_deciding(row, given, [constant, *rest], context):
                store.written.update(zip(row.gladia, self._values.expressions(row, given, context) or (), strict=False))
            else:
                known = [constant, *(ABSENT if one is NOT_CONSTANT else one for one in rest)]
                for path, result in zip(row.gladia, self._results(row, known, context) or (), strict=False):
                    if result is not ABSENT:
                        store.written[path] = self._values.written(result, given, constant)
        if row is parameters.LANGUAGES:
            store.written[parameters.CODE_SWITCHING.gladia[0]] = self._switching(store, constant)
        report_differences(row, given, self._site, [], self._query, self._report)

    def _switching(self, store: Store, codes: Any) -> cst.BaseExpression:
        """Whether languages that are stored later are switched between: unless there is exactly one."""
        if store.name in ONE_LANGUAGE:
            return cst.Name("False")
        if codes is not NOT_CONSTANT:
            return cst.Name(str(languages.code_switching(ABSENT, codes, ABSENT)))
        return expression("len(node) != 1", node=plain(self._migrating.program, store.node))

    def _apply_whatever(self, row: Row, store: Store, given: Parameter) -> None:
        """Puts what a row gives whatever the value is; a switch behind a test of itself is on."""
        is_on = row is parameters.CODE_SWITCHING and is_behind(self._migrating.program, store, store.node)
        context = self._context(row)
        results = whatever(row, Vendor.GLADIA, [True] if is_on else [NOT_CONSTANT], NOT_CONSTANT, context)
        if is_on and results is None:
            results = self._results(row, [True], context)
        elif results is None:
            leave_out(self._migrating, row, given.name, given.node)
        for path, result in zip(row.gladia, results or (), strict=False):
            if result is not ABSENT:
                store.written[path] = self._values.written(result, given, ABSENT)

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

    # --- what only one side has ------------------------------------------------------------------

    def _encoding_is_served(self, first: Parameter | None, encoding: Any) -> bool:
        if encoding is ABSENT or encoding is NOT_CONSTANT or encoding in ("pcm_s16le", "pcm_mulaw"):
            return True  # what is only known when it runs is looked up there, among the formats that are served
        assert first is not None
        self._refuse(first, "Gladia's live sessions take PCM and mu-law; audio in this format has to be decoded")
        return False

    def _apply_only_assemblyais(self, row: Row, first: Parameter | None, constant: Any) -> None:
        """Says what becomes of a parameter that Gladia has no place for; a switch that is off needs no word."""
        if first is None:
            return
        reason = f"`{first.name}`: {row.over_gladia.reason}"
        if row in assemblyai_parameters.REFUSED:
            if constant is not ABSENT and constant is not False:
                self._refuse(first, row.over_gladia.reason)
        elif row is assemblyai_parameters.TOKEN and is_key(self._migrating.program, first.node):
            self.key = first.node
        elif row is assemblyai_parameters.TOKEN and is_key_of_header(self._migrating.program, first.node):
            return
        elif row is assemblyai_parameters.TOKEN:
            self._readable = False
            self._report(TOKEN_ABSENT, first.node, reason)
        elif constant is ABSENT or constant is False:
            return
        elif row in (*assemblyai_parameters.HINTS, assemblyai_parameters.FORMAT_TURNS):
            self._report(PARAMETER_DIFFERS, first.node, reason)
        else:
            self._report(PARAMETER_ABSENT, first.node, reason)

    def _refuse(self, given: Parameter, reason: str) -> None:
        self._report(PARAMETER_ABSENT, given.node, f"`{given.name}`: {reason}")

    def _say_unknown_names(self) -> None:
        every = {name for row in self._rows for name in row.assemblyai}
        for one in self._query.given:
            if one.name not in every:
                self._report(
                    PARAMETER_DIFFERS, one.node, f"`{one.name}` is no parameter of AssemblyAI's, which ignored it"
                )

    def _say_idle_settings(self) -> None:
        for row in (parameters.MODEL, parameters.CODE_SWITCHING, parameters.SPEECH_THRESHOLD):
            given = self._query.by_name(row.assemblyai[0])
            is_number = row is parameters.SPEECH_THRESHOLD
            if given is not None and (is_number or self._query.read(given) is NOT_CONSTANT):
                node = plain(self._migrating.program, given.node)
                report_idle_setting(self._migrating, given.name, node, self._root.values())

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


def _is_own_test(migrating: Migrating, store: Store, value: cst.BaseExpression) -> bool:
    """Whether `bool(x)` stands where the program only comes if x is true."""
    match value:
        case cst.Call(cst.Name("bool"), [cst.Arg(inner)]):
            return is_behind(migrating.program, store, inner)
    return False
