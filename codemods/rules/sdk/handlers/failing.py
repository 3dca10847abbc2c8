"""Handlers that fail with AssemblyAI's SDK as they are: they have no place for what it gives them."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.program import Program
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.vendors import assemblyai_sdk


def is_error_alone(program: Program, registration: Registration) -> cst.Param | None:
    """The parameter of an error's handler that takes the error alone, where AssemblyAI's SDK gives the client first."""
    event = program.value(registration.event) if registration.event is not None else None
    if event is None or assemblyai_sdk.event_of(event) != "Error":
        return None
    return sdk_handlers.too_short(program, registration, 2)


def missing_value(function: cst.CSTNode) -> str:
    """That a handler has no place for the second of the values that the SDK gives it."""
    name = f"`{function.name.value}`" if isinstance(function, cst.FunctionDef) else "the lambda"
    return f"{name} takes one value, and AssemblyAI's SDK gives it two, the client and the event: it fails as it is"
