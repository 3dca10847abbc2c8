"""Parameters of AssemblyAI's that Gladia has no place for: what is said of them, and where the key is one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from codemods.findings import PARAMETER_ABSENT, PARAMETER_DIFFERS, TOKEN_ABSENT, Kind
from codemods.migrating import Migrating
from codemods.rules.configuration.key_in_query import is_key, is_key_of_header
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, Parameter, QueryParameters
from shim.mapping import assemblyai_parameters
from shim.mapping.row import ABSENT, Row


class OnlyAssemblyAIs:
    """Knows those of one session; `report` takes the findings, `complete` says whether the session can do without."""

    def __init__(self, migrating: Migrating, report: Callable[[Kind, cst.CSTNode, str], None]) -> None:
        self._migrating = migrating
        self._report = report
        self.complete = True
        self.key: cst.BaseExpression | None = None
        """The key, where the query held it as a token."""

    def encoding_is_served(self, first: Parameter | None, encoding: Any) -> bool:
        """Whether Gladia takes an encoding; a finding says where it does not."""
        if encoding is ABSENT or encoding is NOT_CONSTANT or encoding in ("pcm_s16le", "pcm_mulaw"):
            return True  # what is only known when it runs is looked up there, among the formats that are served
        assert first is not None
        self._refuse(first, "Gladia's live sessions take PCM and mu-law; audio in this format has to be decoded")
        return False

    def plan(self, row: Row, first: Parameter | None, constant: Any) -> None:
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
            self.complete = False
            self._report(TOKEN_ABSENT, first.node, reason)
        elif constant is ABSENT or constant is False:
            return
        elif row in (*assemblyai_parameters.HINTS, assemblyai_parameters.FORMAT_TURNS):
            self._report(PARAMETER_DIFFERS, first.node, reason)
        else:
            self._report(PARAMETER_ABSENT, first.node, reason)

    def _refuse(self, given: Parameter, reason: str) -> None:
        self._report(PARAMETER_ABSENT, given.node, f"`{given.name}`: {reason}")

    def report_unknown(self, rows: tuple[Row, ...], query: QueryParameters) -> None:
        """Reports the parameters of a query that none of the rows is about."""
        every = {name for row in rows for name in row.assemblyai}
        for one in query.given:
            if one.name not in every:
                self._report(
                    PARAMETER_DIFFERS, one.node, f"`{one.name}` is no parameter of AssemblyAI's, which ignored it"
                )
