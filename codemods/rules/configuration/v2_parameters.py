"""The configuration of an AssemblyAI session of before v3, as Gladia's request body."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import libcst as cst

from codemods.findings import PARAMETER_ABSENT, PARAMETER_DIFFERS, TOKEN_ABSENT
from codemods.migrating import Migrating
from codemods.rules.configuration.key_in_query import is_key
from codemods.rules.configuration.query_parameters import Parameter, QueryParameters
from codemods.rules.configuration.request_body import RequestBodyRule
from shim.mapping import assemblyai_v2
from shim.mapping.row import ABSENT, Fidelity, Row


class V2BodyRule(RequestBodyRule):
    """Plans what becomes of one session's parameters. `silence` is the one that a program sets by a message."""

    _rows = assemblyai_v2.PARAMETERS

    def __init__(
        self,
        migrating: Migrating,
        site: cst.BaseExpression,
        given: Iterable[Parameter] | None,
        silence: Parameter | None = None,
        *,
        switched_off: Iterable[Row] = (),
    ) -> None:
        self._silence = silence
        super().__init__(migrating, site, given, switched_off=switched_off)

    def _parameters(self, given: Iterable[Parameter] | None) -> QueryParameters:
        found = _V2Parameters(self._migrating, self._site, given, self._give_up)
        if self._silence is not None:
            found.given.append(self._silence)
        return found

    def _concerns(self, row: Row) -> bool:
        return True

    def _apply(self, row: Row) -> None:
        way = row.over_gladia
        if not row.assemblyai:
            self._put_constant(row, row.gladia[0], way.conversion.live(), None, ABSENT)
            self._report(PARAMETER_DIFFERS, self._site, f"`{row.gladia[0]}`: {way.reason}")
        elif way.codemod is Fidelity.ABSENT:
            for one in self._query.given:
                if one.name == row.assemblyai[0]:
                    row.over(self._migrating.target)
                    self._say_absent(row, one)
        else:
            super()._apply(row)

    def _say_absent(self, row: Row, given: Parameter) -> None:
        text = f"`{given.name}`: {row.over_gladia.reason}"
        if row is assemblyai_v2.TOKEN and is_key(self._migrating.program, given.node):
            self._only.key = given.node
        elif row is assemblyai_v2.TOKEN:
            self._report(TOKEN_ABSENT, given.node, text)
        else:
            self._report(
                PARAMETER_DIFFERS if row is assemblyai_v2.EXTRA_INFORMATION else PARAMETER_ABSENT, given.node, text
            )


class _V2Parameters(QueryParameters):
    def read(self, given: Parameter) -> Any:
        """A parameter as its query says it: numbers, switches and lists are text there."""
        found = super().read(given)
        if isinstance(found, str):
            try:
                return json.loads(found.lower() if found.lower() in ("true", "false") else found)
            except ValueError:
                return found
        return found
