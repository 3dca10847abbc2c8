"""What is said of a session's parameters beside their edits: what differs, what was chosen, what was left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import libcst as cst

from codemods.findings import (
    DEFAULT_DIFFERS,
    PARAMETER_ABSENT,
    PARAMETER_DIFFERS,
    SDK_TOO_OLD,
)
from codemods.migrating import Migrating
from codemods.rules.configuration.query_differences import report_differences
from shim.mapping import languages, parameters
from shim.mapping.row import ABSENT, Fidelity, Row, Vendor

_LANGUAGES: Final = parameters.LANGUAGES.gladia[0]


class ParameterFindings:
    """Reports on the parameters of one session.

    `context` gives the value that a path has for a row that reads it, `is_unknown` whether only the running program
    knows it.
    """

    def __init__(self, migrating: Migrating, context: Callable[[str], Any], is_unknown: Callable[[str], bool]) -> None:
        self._migrating = migrating
        self._context = context
        self._is_unknown = is_unknown

    def report_unknown(self, name: str, node: cst.CSTNode, *, lets_go: bool) -> None:
        """Says that a parameter is none of the old service's; `lets_go`: AssemblyAI's class takes it and drops it."""
        if self._migrating.source is Vendor.ASSEMBLYAI and lets_go:
            text = f"`{name}` is no parameter of AssemblyAI's, whose class lets it go"
            self._migrating.report(PARAMETER_DIFFERS, node, text)
        else:
            self._migrating.report(PARAMETER_ABSENT, node, f"`{name}` is no parameter that is known here")

    def explain(self, row: Row, first: cst.CSTNode | None, near: cst.CSTNode) -> None:
        """Says what a row's parameter means at the other vendor.

        `first` is what the program gave for it, if anything; `near` the place of the parameters.
        """
        migrating = self._migrating
        way = row.way(migrating.target)
        if migrating.target is Vendor.GLADIA:
            if row is parameters.ENDPOINTING or (first is not None and way.codemod is Fidelity.APPROXIMATE):
                if row is not parameters.MODEL:
                    place = first if first is not None else near
                    migrating.report(PARAMETER_DIFFERS, place, f"`{row.gladia[0]}`: {way.reason}")
            elif row is parameters.LANGUAGES:
                implied = way.conversion.live(ABSENT, *[self._context(path) for path in way.reads])
                if implied:
                    known = f"the languages of the model that was used: {' '.join(implied)}"
                    migrating.report(DEFAULT_DIFFERS, near, f"`{row.gladia[0]}` is written out: {known}")
            return
        context = [self._context(path) for path in way.reads]
        knows_languages = not self._is_unknown(_LANGUAGES)
        report_differences(migrating, row, first, near, context, knows_languages=knows_languages)
        if row is parameters.MODEL:
            model = languages.assemblyai_model(ABSENT, *context)
            version = migrating.assemblyai_version
            if model == languages.NEWEST_MODEL and version is not None and version < (1, 1):
                migrating.report(SDK_TOO_OLD, near, f"`{model}` came with assemblyai 1.1")
