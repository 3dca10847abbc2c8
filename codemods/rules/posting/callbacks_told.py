"""What met a refusal by way of a `WebSocketApp`, whose `run_forever` returns whatever ended the socket.

AssemblyAI refuses over a socket that is open: its callbacks are told, and the program goes on behind `run_forever`.
Gladia's POST is refused before there is a socket. A callback that keeps what happened, or ends the program by a status
of its own, is not called then, and a loop that began again is left: both are said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.sockets import Connect
from codemods.analysis.values import Known, Library, something
from codemods.findings import REFUSAL_PASSES
from codemods.migrating import Migrating
from codemods.rules.guards import catcher, guards_around, with_callers
from codemods.rules.messages.leaving.own_functions import function_of

_TOLD: Final = {"on_error": 1, "on_close": 2}
"""The callbacks that are told of an end, and by how many of their last arguments."""
_KEEPING: Final = ("append", "put", "put_nowait", "set_exception", "set_result")
_COUNTING: Final = ("builtins.range", "itertools.count")


class CallbacksTold:
    """Looks at what the callbacks of one connect do, and at the loops around it."""

    def __init__(self, migrating: Migrating, connect: Connect) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._connect = connect

    def tell(self, raised: str) -> None:
        """Reports who does not meet a refused POST, which is of the type `raised`."""
        if not self._connect.library.by_callback:
            return
        for name, count in _TOLD.items():
            given = self._connect.arguments.keywords.get(name)
            for value in something(self._program.value(given)) if given is not None else ():
                function = function_of(value)
                if isinstance(function, cst.FunctionDef) and self._decides(function, count):
                    said = f"`{function.name.value}` met a refusal as a closed socket"
                    text = f"{said}; it is the POST's now, and does not come here"
                    self._migrating.report(REFUSAL_PASSES, function, text)
        loop = next(self._loops_left(raised), None)
        if loop is not None:
            text = "this loop began again after a refused session; the POST's refusal is an exception that leaves it"
            self._migrating.report(REFUSAL_PASSES, loop, text)

    def _decides(self, function: cst.FunctionDef, count: int) -> bool:
        """Whether a callback keeps what it is told, or a number or text of its own, for others, or ends the program."""
        told = {one.name.value for one in function.params.params[-count:]}
        for node in self._program.nodes_in(function.body):
            match node:
                case cst.Call(called, arguments):
                    callee = self._program.value(called)
                    if isinstance(callee, Library) and callee.name in ENDING:
                        return True
                    is_kept = isinstance(called, cst.Attribute) and called.attr.value in _KEEPING
                    if is_kept and any(self._is_made_of(one.value, told) for one in arguments):
                        return True
                case cst.Assign([cst.AssignTarget(target)], value):
                    is_word = self._is_word(value) or self._is_made_of(value, told)
                    if is_word and self._is_for_others(target, function):
                        return True
        return False

    def _is_word(self, value: cst.BaseExpression) -> bool:
        known = self._program.value(value)
        return isinstance(known, Known) and isinstance(known.value, str | int) and not isinstance(known.value, bool)

    def _is_made_of(self, value: cst.BaseExpression, told: set[str]) -> bool:
        return any(isinstance(one, cst.Name) and one.value in told for one in self._program.nodes_in(value))

    def _is_for_others(self, target: cst.BaseExpression, function: cst.FunctionDef) -> bool:
        """Whether what is assigned is there for others than the function itself."""
        if not isinstance(target, cst.Name):
            return isinstance(target, cst.Attribute | cst.Subscript)
        declared = (one for one in self._program.nodes_in(function.body) if isinstance(one, cst.Global | cst.Nonlocal))
        return any(item.name.value == target.value for one in declared for item in one.names)

    def _loops_left(self, raised: str) -> Iterator[cst.While | cst.For]:
        """The loops that open the session again and again, which no handler of a refused POST stands in."""
        guards = guards_around(self._program, self._connect.call)
        caught = [one for one in guards if raised and catcher(self._program, one, raised) is not None]
        for place in with_callers(self._program, self._connect.call):
            function, current = self._program.scope_of(place), place
            while current is not function and current in self._program.parents:
                current = self._program.parents[current]
                if self._is_trying(current) and not any(self._program.is_inside(one, current) for one in caught):
                    assert isinstance(current, cst.While | cst.For)
                    yield current

    def _is_trying(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.While():
                return True
            case cst.For(iter=cst.Call(counted)):
                return self._program.value(counted) in [Library(one) for one in _COUNTING]
        return False
