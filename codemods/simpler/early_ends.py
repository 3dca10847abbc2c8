"""Handlers of a Gladia session's end that only call its handler of errors go: AssemblyAI's client calls that itself.

Gladia's SDK calls `ended` alone when the server closes a session, with the code; AssemblyAI's calls the handler of
errors for every code but 1000: `session.once("ended", lambda end: failed(…) if end.code != 1000 else None)`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Final

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.program import Program
from codemods.analysis.values import Function, Known, something
from codemods.edits import Edits
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia_sdk

_GOOD: Final = 1000
_EARLY: Final = (1002, 1011, 3000, 4000, 4400, 4408, 4500)
"""Codes that a Gladia session is closed with otherwise: of the protocol, of the library, of the service."""


def _is_within(code: int, codes: tuple[int, ...]) -> bool:
    return code in codes


def _is_without(code: int, codes: tuple[int, ...]) -> bool:
    return code not in codes


_WITHIN: Final = (_is_within, _is_without)
_COMPARISONS: Final[dict[type[cst.BaseCompOp], Callable[..., bool]]] = {
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
    cst.In: _is_within,
    cst.NotIn: _is_without,
}


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
            return called if _is_of_early_ends(test, end) else None
    return None


def _is_of_early_ends(test: cst.BaseExpression, end: str) -> bool:
    """Whether a test holds for what AssemblyAI's client tells as an error, and not for a good end."""
    return not _holds(test, end, _GOOD) and all(_holds(test, end, one) for one in _EARLY)


def _holds(test: cst.BaseExpression, end: str, code: int) -> bool | None:
    """What a test of `end.code` comes to for a code; None where it is about something else."""
    match test:
        case cst.BooleanOperation(left, joined_by, right):
            sides = [_holds(one, end, code) for one in (left, right)]
            if None in sides:
                return None
            return all(sides) if isinstance(joined_by, cst.And) else any(sides)
        case cst.UnaryOperation(cst.Not(), inner):
            found = _holds(inner, end, code)
            return None if found is None else not found
        case cst.Comparison(left, [cst.ComparisonTarget(compared_by, right)]):
            compare = _COMPARISONS.get(type(compared_by))
            sides_of = [_number(one, end, code) for one in (left, right)]
            if compare is None or None in sides_of or isinstance(sides_of[1], tuple) != (compare in _WITHIN):
                return None
            return bool(compare(*sides_of))
    number = _number(test, end, code)
    return None if number is None else bool(number)


def _number(node: cst.BaseExpression, end: str, code: int) -> int | tuple[int, ...] | None:
    """The code, a number, or the several that are written at a node."""
    match node:
        case cst.Attribute(cst.Name(name), cst.Name("code")) if name == end:
            return code
        case cst.Integer():
            return node.evaluated_value
        case cst.Tuple(elements) | cst.List(elements) | cst.Set(elements):
            numbers = [one.value.evaluated_value for one in elements if isinstance(one.value, cst.Integer)]
            return tuple(numbers) if len(numbers) == len(elements) else None
    return None


def _is_of(program: Program, registration: Registration, event: str) -> bool:
    return registration.event is not None and program.value(registration.event) == Known(event)


def _calls(program: Program, call: cst.Call, registration: Registration) -> bool:
    """Whether a call is one of what is registered there, by whatever name."""
    meant = something(program.value(call.func))
    if isinstance(registration.handler, cst.FunctionDef):
        return meant == (Function(registration.handler),)
    handler = registration.handler
    return bool(meant) and handler is not None and meant == something(program.value(handler))
