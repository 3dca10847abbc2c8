"""The `try` statements around a place, in its function and in those that call it, and what their handlers catch."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Library, Sequence, Value, something
from codemods.rules.names.elsewhere import calls_of

Raised = str | cst.ClassDef
"""The type of an exception: the last part of a library's name, or a class of the program."""

EVERYTHING: Final = "BaseException"
ANY: Final = "Exception"
EXIT: Final = "SystemExit"
_DEEPEST: Final = 6


def guards_around(program: Program, place: cst.CSTNode) -> list[cst.Try]:
    """The `try` statements in whose bodies a place stands, innermost first, those of its callers behind its own."""
    found: dict[cst.Try, None] = {}
    for one in with_callers(program, place):
        function, current = program.scope_of(one), one
        while current is not function and current in program.parents:
            around = program.parents[current]
            if isinstance(around, cst.Try) and around.body is current and around.handlers:
                found[around] = None
            current = around
    return list(found)


def with_callers(program: Program, place: cst.CSTNode) -> list[cst.CSTNode]:
    """A place, and the calls by which the program comes there."""
    found: dict[cst.CSTNode, None] = {place: None}
    waiting, seen = [place], set[cst.CSTNode]()
    for _ in range(_DEEPEST):
        functions = {program.scope_of(one) for one in waiting} - seen
        seen |= functions
        waiting = [one for each in functions if isinstance(each, cst.FunctionDef) for one in calls_of(program, each)]
        found.update(dict.fromkeys(waiting))
    return list(found)


def types_of(program: Program, node: cst.BaseExpression) -> list[Raised]:
    """The types of exceptions that an expression names; empty where they are not known."""
    return list(_types(program.value(node)))


def _types(value: Value) -> Iterator[Raised]:
    for one in something(value):
        match one:
            case Class(node):
                yield node
            case Library(name):
                yield name.rpartition(".")[2]
            case Sequence(_, elements):
                for element in elements:
                    yield from _types(element)


def catcher(program: Program, guard: cst.Try, raised: Raised) -> cst.ExceptHandler | None:
    """The handler of a `try` that an exception comes to."""
    return next((one for one in guard.handlers if catches(program, one, raised)), None)


def catches(program: Program, handler: cst.ExceptHandler, raised: Raised) -> bool:
    """Whether a handler is for exceptions of a type."""
    types = [EVERYTHING] if handler.type is None else types_of(program, handler.type)
    return any(_covers(program, one, raised) for one in types)


def _covers(program: Program, caught: Raised, raised: Raised) -> bool:
    if caught in (raised, EVERYTHING):
        return True
    if isinstance(raised, str):
        kind, base = (
            getattr(builtins, raised, None),
            getattr(builtins, caught, None) if isinstance(caught, str) else None,
        )
        if isinstance(kind, type) and isinstance(base, type):
            return issubclass(kind, base)
        return caught == ANY and raised != EXIT
    bases = [one for base in raised.bases for one in types_of(program, base.value)]
    return any(_covers(program, caught, one) for one in bases or [ANY])


def raises_again(handler: cst.ExceptHandler) -> bool:
    """Whether a handler does nothing but raise what it caught."""
    match handler.body:
        case cst.IndentedBlock([cst.SimpleStatementLine([cst.Raise(None)])]):
            return True
        case cst.IndentedBlock([cst.SimpleStatementLine([cst.Raise(cst.Name(name), None)])]):
            given = handler.name
            return given is not None and isinstance(given.name, cst.Name) and given.name.value == name
    return False


def goes_on(program: Program, guard: cst.Try, handler: cst.ExceptHandler) -> bool:
    """Whether what a `try` guards is done again after one of its handlers, as far as can be seen."""
    if not isinstance(handler.body, cst.IndentedBlock):
        return _is_in_loop(program, guard)
    if any(isinstance(one, cst.Continue) for one in program.nodes_in(handler.body)):
        return True
    last = handler.body.body[-1] if handler.body.body else None
    match last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None:
        case cst.Raise() | cst.Break():
            return False
        case cst.Return():
            return _is_called_until_it_succeeds(program, guard)
        case cst.Expr(cst.Call(function)):
            callee = program.value(function)
            if isinstance(callee, Library) and callee.name in ENDING:
                return False
    return _is_in_loop(program, guard) or _is_called_until_it_succeeds(program, guard)


def _is_called_until_it_succeeds(program: Program, node: cst.CSTNode) -> bool:
    """Whether the function that a node stands in is called in a `while` loop."""
    function = program.scope_of(node)
    calls = calls_of(program, function) if isinstance(function, cst.FunctionDef) else []
    return any(_is_in_loop(program, one, kinds=(cst.While,)) for one in calls)


def _is_in_loop(
    program: Program, node: cst.CSTNode, kinds: tuple[type[cst.CSTNode], ...] = (cst.While, cst.For)
) -> bool:
    function = program.scope_of(node)
    current: cst.CSTNode | None = node
    while current is not None and current is not function:
        if isinstance(current, kinds):
            return True
        current = program.parents.get(current)
    return False
