"""Tasks that `asyncio.wait` is given together: which of them are done is asked by name, and their results by name too.

Of several tasks of which one receives a message, nobody can say what each one that comes out of a set of them gives.
But where the sets are only asked whether a task is in them, and what is in them is cancelled, no message comes out.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import Awaitable, Library, Value, alternatives, something

WAIT: Final = "asyncio.wait"
_HARMLESS: Final = ("cancel", "cancelled", "done", "exception", "get_name", "remove_done_callback")


def are_tasks(value: Value) -> bool:
    """Whether a value is a task or a coroutine, on every way."""
    return all(isinstance(one, Awaitable) for one in alternatives(value))


def is_waited_for_by_name(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a list of tasks is given to `asyncio.wait`, and no result is taken from its sets."""
    argument = program.parents.get(node)
    call = program.parents.get(argument) if isinstance(argument, cst.Arg) else None
    if not isinstance(call, cst.Call) or program.value(call.func) != Library(WAIT):
        return False
    awaited = program.parents[call]
    statement = program.parents.get(awaited) if isinstance(awaited, cst.Await) else None
    match statement:
        case cst.Expr():
            return True
        case cst.Assign([cst.AssignTarget(cst.Tuple(elements))]):
            names = [one.value for one in elements]
            found = [one for one in program.definitions() if any(one.node is name for name in names)]
            return len(found) == len(names) and all(_gives_nothing(program, one) for one in found)
    return False


def _gives_nothing(program: Program, definition: Definition) -> bool:
    return all(_is_harmless(program, use) for use in definition.uses)


def _is_harmless(program: Program, use: cst.Name) -> bool:
    """Whether a use of a set of tasks takes no result out of it."""
    parent = program.parents[use]
    match parent:
        case cst.ComparisonTarget() | cst.Comparison() | cst.If() | cst.While() | cst.UnaryOperation():
            return True
        case cst.For(target=cst.Name() as task) if parent.iter is use:
            found = [one for one in program.definitions() if one.node is task]
            return all(_is_left_alone(program, each) for one in found for each in one.uses)
        case cst.Arg(star="*"):
            call = program.parents[parent]
            gathered = isinstance(call, cst.Call) and program.value(call.func) == Library("asyncio.gather")
            return gathered and _is_dropped(program, call)
        case cst.Arg():
            call = program.parents[parent]
            return isinstance(call, cst.Call) and something(program.value(call.func)) == (Library("builtins.len"),)
    return False


def _is_left_alone(program: Program, task: cst.Name) -> bool:
    """Whether a task is only cancelled, waited for, or compared with another."""
    parent = program.parents[task]
    match parent:
        case cst.Attribute(attr=cst.Name(name)):
            return name in _HARMLESS
        case cst.ComparisonTarget() | cst.Comparison():
            return True
    return _is_dropped(program, task)


def _is_dropped(program: Program, node: cst.CSTNode) -> bool:
    """Whether what awaiting something gives is not used."""
    awaited = program.parents[node]
    return isinstance(awaited, cst.Await) and isinstance(program.parents[awaited], cst.Expr)
