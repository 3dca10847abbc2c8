"""A first message that is waited for in another function than the one that opens the socket."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import Socket, Value
from codemods.rules.names.elsewhere import calls_of

_DEEPEST: Final = 4
"""How many functions may stand between the socket's opening and the wait."""


class WaitsElsewhere:
    """Finds what receives first where a session's socket comes out of a function, or is handed to one.

    `is_received` says of a call and its value whether it takes the next frame from the socket.
    """

    def __init__(self, program: Program, connect: Connect, is_received: Callable[[cst.Call, Value], bool]) -> None:
        self._program = program
        self._connect = connect
        self._is_received = is_received

    def first(self) -> cst.Call | None:
        """The call that waits for the first message by itself; None where a loop receives it, or nothing is known."""
        openings: list[cst.Call] = [self._connect.call]
        for _ in range(_DEEPEST):
            for opening in openings:
                first = self._first_behind(opening)
                if first is not None:
                    return self._by_itself(first, opening)
            places = {self._program.scope_of(one) for one in openings}
            openings = [call for place in places if isinstance(place, cst.FunctionDef) for call in self._calls(place)]
        return None

    def _by_itself(self, event: cst.BaseExpression, opening: cst.Call | None) -> cst.Call | None:
        """The receiving call that an event comes to, unless it is one of a loop's."""
        for _ in range(_DEEPEST):
            if not isinstance(event, cst.Call) or self._is_in_a_loop(event, opening):
                return None
            function = self._entered.get(event)
            if function is None:
                return event
            inside = self._events.get(function, [])
            opening, event = None, self._earliest(inside)
        return None

    def _first_behind(self, opening: cst.Call) -> cst.BaseExpression | None:
        events = self._events.get(self._program.scope_of(opening), [])
        behind = [one for one in events if self._program.comes_behind(one, opening)]
        return self._earliest(behind) if behind else None

    def _earliest(self, events: list[cst.BaseExpression]) -> cst.BaseExpression:
        first = events[0]
        for one in events[1:]:
            if self._program.comes_behind(first, one):
                first = one
        return first

    @cached_property
    def _events(self) -> dict[cst.CSTNode, list[cst.BaseExpression]]:
        """What receives in each function: calls of the socket, loops over it, calls of functions that receive."""
        found: dict[cst.CSTNode, list[cst.BaseExpression]] = {}
        for node, value in self._program.values.items():
            if isinstance(node, cst.Call) and self._is_received(node, value):
                found.setdefault(self._program.scope_of(node), []).append(node)
            elif isinstance(node, cst.BaseExpression) and value == Socket(self._connect.call):
                loop = self._program.parents.get(node)
                if isinstance(loop, cst.For) and loop.iter is node:
                    found.setdefault(self._program.scope_of(node), []).append(node)
        waiting = [one for one in found if isinstance(one, cst.FunctionDef)]
        while waiting:
            function = waiting.pop()
            for call in self._calls(function):
                place = self._program.scope_of(call)
                if place not in found and isinstance(place, cst.FunctionDef):
                    waiting.append(place)
                if call not in found.setdefault(place, []):
                    found[place].append(call)
                    self._entered[call] = function
        return found

    @cached_property
    def _entered(self) -> dict[cst.CSTNode, cst.FunctionDef]:
        """By the calls among the events: the function that is called."""
        return {}

    def _calls(self, function: cst.FunctionDef) -> list[cst.Call]:
        return calls_of(self._program, function)

    def _is_in_a_loop(self, node: cst.CSTNode, opening: cst.Call | None) -> bool:
        place = self._program.scope_of(node)
        current: cst.CSTNode | None = node
        while current is not None and current is not place:
            if isinstance(current, (cst.For, cst.While)) and not (
                opening is not None and self._program.is_inside(opening, current)
            ):
                return True
            current = self._program.parents.get(current)
        return False
