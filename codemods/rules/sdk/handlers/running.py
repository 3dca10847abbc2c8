"""Who runs a function of the program: a handler, on the session's own thread, or somebody else."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Library, LibraryObject, Member, Value, something
from codemods.rules.sdk.handlers.functions import is_function

_THREADS: Final = (Library("threading.Thread"), Library("threading.Timer"), Library("asyncio.to_thread"))
_OF_POOLS: Final = ("submit", "run_in_executor")


def runs_only_in(
    program: Program,
    function: cst.CSTNode,
    handlers: frozenset[cst.CSTNode],
    seen: frozenset[cst.CSTNode] = frozenset(),
) -> bool | None:
    """Whether a function is run by handlers alone, directly or by way of what they call; None: by others too.

    What a handler has run in a thread of its own is not run by it.
    """
    current: cst.CSTNode | None = function
    while current is not None:
        if current in handlers:
            return True
        current = program.parents.get(current)
    if not isinstance(function, cst.FunctionDef | cst.Lambda) or function in seen:
        return False
    found = {
        not _runs_in_thread(program, call)
        and runs_only_in(program, program.scope_of(call), handlers, seen | {function})
        for call in calls_of(program, function)
    }
    return found.pop() if len(found) == 1 else None if found else False


def _runs_in_thread(program: Program, function: cst.CSTNode) -> bool:
    """Whether a function is handed to a thread or a pool of threads, which runs it."""
    argument = program.parents[function]
    call = program.parents.get(argument)
    if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
        return False
    found = something(program.value(call.func))
    return bool(found) and all(one in _THREADS or _is_of_pool(one) for one in found)


def _is_of_pool(value: Value) -> bool:
    return isinstance(value, Member) and isinstance(value.owner, LibraryObject) and value.name in _OF_POOLS


def calls_of(program: Program, function: cst.CSTNode) -> list[cst.CSTNode]:
    """The places where a function of the program is called, or handed to something that calls it."""
    name = function.name.value if isinstance(function, cst.FunctionDef) else ""
    return [
        node
        for node, value in program.values.items()
        if isinstance(node, (cst.Name, cst.Attribute))
        and (node.value if isinstance(node, cst.Name) else node.attr.value) == name
        and isinstance(function, cst.FunctionDef)
        and any(is_function(program, one, function) for one in something(value))
    ]
