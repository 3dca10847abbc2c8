"""What stores that a program makes into its query put into the request body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from codemods.edits import expression
from codemods.findings import PARAMETER_DIFFERS, Kind
from codemods.migrating import Migrating
from codemods.rules.configuration.body_differences import report_differences
from codemods.rules.configuration.body_results import BodyResults
from codemods.rules.configuration.body_values import ONE_LANGUAGE, BodyValues
from codemods.rules.configuration.only_assemblyais import OnlyAssemblyAIs
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, Parameter, QueryParameters
from codemods.rules.configuration.query_values import plain
from codemods.rules.configuration.run_time_parameters import leave_out, whatever
from codemods.rules.configuration.stored_parameters import Store, is_behind
from shim.mapping import assemblyai_parameters, languages, parameters
from shim.mapping.row import ABSENT, Row, Vendor


class StoredValues:
    """Plans what the stores of one `query` are worth; findings are reported by `report`, at `site` at the latest."""

    def __init__(
        self,
        migrating: Migrating,
        site: cst.BaseExpression,
        query: QueryParameters,
        values: BodyValues,
        results: BodyResults,
        only: OnlyAssemblyAIs,
        report: Callable[[Kind, cst.CSTNode, str], None],
    ) -> None:
        self._migrating = migrating
        self._site = site
        self._query = query
        self._values = values
        self._results = results
        self._only = only
        self._report = report

    def of(self, row: Row) -> list[Store]:
        """The stores of a row's parameters."""
        return [one for one in self._query.stores if assemblyai_parameters.read_name(one.name) in row.assemblyai]

    def plan(self, row: Row, store: Store) -> None:
        """Works out what a store puts into the body, and says what becomes of one that puts nothing there."""
        given = Parameter(store.name, store.node, None)
        constant = self._query.read(given)
        row.over(self._migrating.target)
        if row in assemblyai_parameters.ROWS:
            self._only.plan(row, given, constant)
            return
        if len(row.assemblyai) > 1 and assemblyai_parameters.read_name(store.name) != row.assemblyai[0]:
            self._report(PARAMETER_DIFFERS, store.node, f"`{store.name}`: {row.over_gladia.reason}")
            return
        if row is parameters.ENCODING and not self._only.encoding_is_served(given, constant):
            return
        if constant is NOT_CONSTANT and not self._values.source(row, self._results.context(row)):
            self._apply_whatever(row, store, given)
        elif constant is NOT_CONSTANT:
            values = self._values.expressions(row, given, self._results.context(row))
            if values is not None:
                values = [cst.Name("True") if _is_own_test(self._migrating, store, one) else one for one in values]
                store.written.update(zip(row.gladia, values, strict=True))
        else:
            context = self._results.context(row)
            rest = [self._query.constant(name) for name in row.assemblyai[1:]]
            if self._results.keeps_deciding(row, given, [constant, *rest], context):
                store.written.update(zip(row.gladia, self._values.expressions(row, given, context) or (), strict=False))
            else:
                known = [constant, *(ABSENT if one is NOT_CONSTANT else one for one in rest)]
                for path, result in zip(row.gladia, self._results.of(row, known, context) or (), strict=False):
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
        context = self._results.context(row)
        results = whatever(row, Vendor.GLADIA, [True] if is_on else [NOT_CONSTANT], NOT_CONSTANT, context)
        if is_on and results is None:
            results = self._results.of(row, [True], context)
        elif results is None:
            leave_out(self._migrating, row, given.name, given.node)
        for path, result in zip(row.gladia, results or (), strict=False):
            if result is not ABSENT:
                store.written[path] = self._values.written(result, given, ABSENT)


def _is_own_test(migrating: Migrating, store: Store, value: cst.BaseExpression) -> bool:
    """Whether `bool(x)` stands where the program only comes if x is true."""
    match value:
        case cst.Call(cst.Name("bool"), [cst.Arg(inner)]):
            return is_behind(migrating.program, store, inner)
    return False
