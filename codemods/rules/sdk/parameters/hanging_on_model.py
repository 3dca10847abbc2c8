"""What hangs on a model that only the running program knows, over all the rows of one session."""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from codemods.migrating import Migrating
from codemods.rules.configuration.idle_settings import report_idle_setting
from codemods.rules.configuration.run_time_parameters import leave_out
from codemods.rules.sdk.parameters.given_parameters import GivenParameters
from codemods.rules.sdk.parameters.model_choices import ModelChoices
from codemods.rules.sdk.parameters.parameter_values import NOT_CONSTANT
from shim.mapping import parameters
from shim.mapping.row import Row, Vendor

_SPEECH_MODEL: Final = parameters.MODEL.assemblyai[0]


class HangingOnModel:
    """What the rows of one session give for its model; `tell` says what of it stays open."""

    def __init__(self, migrating: Migrating, given: GivenParameters) -> None:
        self._migrating = migrating
        self._given = given
        self._hanging: list[str] = []
        self._is_chosen = False

    def results(self, row: Row, constants: list[Any]) -> list[Any] | None:
        """What a row gives for a model that only the running program knows; None for another one, or if nobody knows.

        That nobody knows is noted.
        """
        model, reads = self._given.by_path.get(_SPEECH_MODEL), row.over_gladia.reads
        if self._migrating.target is not Vendor.GLADIA or model is None or _SPEECH_MODEL not in reads:
            return None
        if not self._given.is_unknown(_SPEECH_MODEL):
            return None
        choices = ModelChoices(self._migrating, model.node, may_be_none=model.may_be_none)
        results = choices.results(row, constants, [self._given.context(path) for path in reads])
        if results is None:
            self._hanging.append(row.gladia[0])
        else:
            self._is_chosen |= any(isinstance(one, cst.BaseExpression) for one in results)
        return results

    def tell(self) -> None:
        """Reports what a model that is not known decides, or that such a model decides nothing any more."""
        name = parameters.MODEL.of(self._migrating.source)[0]
        model = self._given.by_path.get(name)
        if self._hanging:
            others = ", ".join(f"`{path}`" for path in self._hanging)
            why = f"is only known when it runs, and decides {others}"
            leave_out(self._migrating, parameters.MODEL, _SPEECH_MODEL, self._given.by_path[_SPEECH_MODEL].node, why)
        elif model is not None and model.constant is NOT_CONSTANT and not self._is_chosen:
            report_idle_setting(self._migrating, name, model.node)
