"""Handlers of a Gladia session's end that only call its handler of errors go: AssemblyAI's client calls that itself.

Gladia's SDK calls `ended` alone when the server closes a session, with the code; AssemblyAI's calls the handler of
errors for every code but 1000: `session.once("ended", lambda end: failed(…) if end.code != 1000 else None)`.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.program import Program
from codemods.analysis.values import Known, something
from codemods.edits import Edits
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia_sdk


def with_early_ends_left_out(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that tell their handlers of errors of an early end, without that."""
    plans: dict[cst.Module, Edits] = {}
    for statement in _telling(program):
        plans.setdefault(program.module_of(statement), Edits()).remove(statement)
    return {module: simpler(module, edits) for module, edits in plans.items()}


def _telling(program: Program) -> Iterator[cst.CSTNode]:
    """The lines that register such handlers."""
    registrations = [one for one in program.registrations.values() if gladia_sdk.is_session(one.owner)]
    for one in registrations:
        handler = sdk_handlers.handler_of(program, one)
        called = _called_by_code(handler.function) if handler is not None else None
        statement = program.statement_of(one.call)
        match statement:
            case cst.SimpleStatementLine([cst.Expr(call)]) if call is one.call and called is not None:
                others = [each for each in registrations if each.owner is one.owner and _is_of(program, each, "error")]
                if _is_of(program, one, "ended") and any(_calls(program, called, each) for each in others):
                    yield statement


def _called_by_code(function: cst.CSTNode) -> cst.Call | None:
    """What a `lambda end: called(…) if end.code … else None` calls, where nothing but `end` is tested."""
    match function:
        case cst.Lambda(
            cst.Parameters([cst.Param(cst.Name(end)), *_]), cst.IfExp(test, cst.Call() as called, cst.Name("None"))
        ):
            return called if {one.value for one in _names_in(test)} == {end} else None
    return None


def _names_in(node: cst.CSTNode) -> list[cst.Name]:
    """The names in an expression, without those of attributes."""
    if isinstance(node, cst.Attribute):
        return _names_in(node.value)
    return [node] if isinstance(node, cst.Name) else [each for one in node.children for each in _names_in(one)]


def _is_of(program: Program, registration: Registration, event: str) -> bool:
    return registration.event is not None and program.value(registration.event) == Known(event)


def _calls(program: Program, call: cst.Call, registration: Registration) -> bool:
    """Whether a call is one of what is registered there, by whatever name."""
    if not isinstance(registration.handler, cst.BaseExpression):
        return False
    meant = something(program.value(call.func))
    return bool(meant) and meant == something(program.value(registration.handler))
