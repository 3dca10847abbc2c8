"""What a program does where it is given no token: the POST is refused instead, by an exception of another type.

A handler for what the request for a token raised takes a refused POST as well, where it does no more than tell of it
or end. Where it goes on with the next attempt, or asks the exception for what that has not got, all stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Library, Value, something
from codemods.analysis.values import Sequence as Several
from codemods.edits import Edits
from codemods.rules.guards import catcher, goes_on, guards_around, raises_again, types_of

_REFUSED: Final = "ConnectionError"
_HTTP: Final = ("requests.", "httpx.", "aiohttp.", "urllib.error.", "urllib3.")


class TokenRefusals:
    """Looks at the handlers around the places where a token is got, by what is raised in statements that go."""

    def __init__(self, program: Program, gone: Iterable[cst.CSTNode], places: Sequence[cst.CSTNode]) -> None:
        self._program = program
        self._places = places
        self._raised = {
            one
            for statement in gone
            for node in program.nodes_in(statement)
            if isinstance(node, cst.Raise) and node.exc is not None
            for one in types_of(program, node.exc.func if isinstance(node.exc, cst.Call) else node.exc)
        }

    def can_move(self) -> bool:
        """Whether every handler can take a refused POST: none goes on, or asks for what that has not got."""
        return all(self._can_take(guard, handler) for guard, handler in self._handlers())

    def plan(self, edits: Edits) -> None:
        """Plans that the handlers take a refused POST as well."""
        for _, handler in self._handlers():
            if handler.type is not None:
                edits.rewrite(handler.type, _widened)

    def _handlers(self) -> Iterator[tuple[cst.Try, cst.ExceptHandler]]:
        """The handlers around the calls that a refused token comes to, and a refused POST would not."""
        seen: set[cst.Try] = set()
        for guard in (one for place in self._places for one in guards_around(self._program, place)):
            if guard in seen:
                continue
            seen.add(guard)
            handler = next((one for one in guard.handlers if self._is_met(one)), None)
            taking = catcher(self._program, guard, _REFUSED)
            if handler is not None and taking is not handler and not raises_again(handler):
                yield guard, handler

    def _is_met(self, handler: cst.ExceptHandler) -> bool:
        if handler.type is None:
            return True
        of_library = any(_is_of_http(one) for one in something(self._program.value(handler.type)))
        types = set(types_of(self._program, handler.type))
        return of_library or bool(types & self._raised) or "Exception" in types

    def _can_take(self, guard: cst.Try, handler: cst.ExceptHandler) -> bool:
        if handler.type is None or goes_on(self._program, guard, handler):
            return False
        if catcher(self._program, guard, _REFUSED) is not None:
            return False
        uses = [use for one in self._program.definitions() if one.node is handler for use in one.uses]
        return not any(isinstance(self._program.parents[use], cst.Attribute) for use in uses)


def _is_of_http(value: Value) -> bool:
    match value:
        case Several(_, elements):
            return any(_is_of_http(one) for one in elements)
        case Library(name):
            return name.startswith(_HTTP)
    return False


def _widened(types: cst.BaseExpression) -> cst.BaseExpression:
    own = types.elements if isinstance(types, cst.Tuple) else [cst.Element(types)]
    plain = [one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in own]
    return cst.Tuple([*plain, cst.Element(cst.Name(_REFUSED))])
