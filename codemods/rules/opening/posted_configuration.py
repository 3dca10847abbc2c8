"""The configuration that the POST of a session is given, as a dictionary or as the JSON text of one."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Dictionary, Program
from codemods.analysis.values import DictDisplay, JsonText, Value
from codemods.findings import CONFIGURATION_UNKNOWN
from codemods.migrating import Migrating
from codemods.rules.names.given_arguments import value_as_given


def configuration_of(migrating: Migrating, request: HttpRequest) -> Dictionary | None:
    """The dictionary that a POST is given; None, with a finding, where it is only known when the program runs."""
    body = request.json
    value: Value | None = value_as_given(migrating.program, body) if body is not None else None
    if body is None and request.data is not None:
        text = migrating.program.value(request.data)
        value = text.of if isinstance(text, JsonText) else None
    if request.parameters is not None:
        migrating.report(
            CONFIGURATION_UNKNOWN,
            request.parameters,
            "the POST has query parameters of its own: write them into its address",
        )
        return None
    if isinstance(value, DictDisplay):
        return migrating.program.dictionaries[value.site]
    place = body or request.data or request.call
    migrating.report(
        CONFIGURATION_UNKNOWN, place, f"the configuration is only known when it runs: {migrating.code(place)}"
    )
    return None


def dumped(program: Program, node: cst.BaseExpression | None) -> cst.BaseExpression | None:
    """What `json.dumps` was given that made a request's body; None where it made none."""
    text = program.value(node) if node is not None else None
    return text.call.args[0].value if isinstance(text, JsonText) else None
