"""What a program is told of a parameter that is converted, and not quite the same at Gladia."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import libcst as cst

from codemods.findings import PARAMETER_DIFFERS, Kind
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, Parameter, QueryParameters
from shim.faces import assemblyai_parameters as service
from shim.mapping import languages, parameters
from shim.mapping.row import ABSENT, Fidelity, Row

_STREAMING: Final = service.US_MODELS


def report_differences(
    row: Row,
    first: Parameter | None,
    site: cst.BaseExpression,
    context: list[Any],
    query: QueryParameters,
    report: Callable[[Kind, cst.CSTNode, str], None],
) -> None:
    """Reports them for one row: `first` gives it, at `site` where none does; `context` is what else the row reads."""
    place = first.node if first is not None else site
    if row is parameters.MODEL:
        model = query.constant("speech_model")
        named = "no model" if model is ABSENT else "its model" if model is NOT_CONSTANT else f"`{model}`"
        report(PARAMETER_DIFFERS, place, f"`model` {languages.GLADIA_MODEL}: the program asked for {named}")
        if model in _STREAMING and query.constant("format_turns") is not True:
            report(PARAMETER_DIFFERS, place, "the text comes with punctuation and capitals now")
    elif row is parameters.ENDPOINTING:
        report(PARAMETER_DIFFERS, place, f"`endpointing`: {row.over_gladia.reason}")
    elif row is parameters.LANGUAGES and first is None:
        if context[0] is ABSENT and any(one is not ABSENT for one in context[1:]):
            report(PARAMETER_DIFFERS, place, "`languages` English: the default when such parameters were written")
    elif first is not None and row.over_gladia.codemod is Fidelity.APPROXIMATE:
        report(PARAMETER_DIFFERS, place, f"`{first.name}`: {row.over_gladia.reason}")
