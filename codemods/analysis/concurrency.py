"""Tasks, groups of tasks and threads: what they give back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst

from codemods.analysis.containers import elements_of
from codemods.analysis.values import NOTHING, UNKNOWN, Awaitable, Sequence, Stream, Value, join_all, something

if TYPE_CHECKING:
    from codemods.analysis.arguments import Arguments
    from codemods.analysis.program import Program

GATHERING: Final = ("asyncio.gather", "asyncio.as_completed", "asyncio.run_coroutine_threadsafe", "asyncio.wait")

IN_A_THREAD: Final = {"asyncio.to_thread": 0, "anyio.to_thread.run_sync": 0}
"""Functions that run another one in a thread, and which argument that is. Awaiting them gives what it gives."""
IN_A_THREAD_BY_OBJECT: Final = {"run_in_executor": 1, "submit": 0}
"""Methods of event loops and pools that do the same."""


def gathered(program: Program, node: cst.Call, name: str, arguments: Arguments) -> Value:
    """What a function that takes coroutines gives."""
    values = [program.values.get(one, NOTHING) for one in arguments.positional]
    if name == "asyncio.run_coroutine_threadsafe":
        return values[0] if values and isinstance(values[0], Awaitable) else UNKNOWN
    if name == "asyncio.wait":
        # Two sets of them, those that are done and the others; where they give different things nobody knows which.
        each = join_all(elements_of(program, one) for one in something(values[0])) if values else UNKNOWN
        return NOTHING if each is NOTHING else Awaitable(Sequence(node, (Stream(each), Stream(each))))
    if name == "asyncio.as_completed":
        inner = values[0] if values else UNKNOWN
        return Stream(join_all(inner.elements)) if isinstance(inner, Sequence) else UNKNOWN
    if not arguments.complete:
        starred = [program.values.get(one.value, NOTHING) for one in node.args if one.star]
        if len(starred) == 1 and not values and NOTHING not in starred:
            each = elements_of(program, starred[0]) if not isinstance(starred[0], Stream) else starred[0].element
            return Awaitable(Stream(join_all(_result(one) for one in something(each))))
        return Awaitable(UNKNOWN)
    return Awaitable(Sequence(node, tuple(_result(one) for one in values)))


def _result(value: Value) -> Value:
    if isinstance(value, Awaitable):
        return value.result
    return NOTHING if value is NOTHING else UNKNOWN
