"""Handlers: functions that a program registers with an object of a library, which calls them when something happens.

The analysis knows no library's events. A vendor's module describes its own with an `EventLibrary`, handed to `analyse`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.values import Library, LibraryObject, Sequence, Value, something


class EventLibrary(Protocol):
    """What one library's objects do with the functions that are registered with them."""

    def owns(self, name: str) -> bool:
        """Whether a dotted name is the library's, so that its objects are known whatever they are made with."""
        ...

    def exports(self, module: str) -> tuple[str, ...]:
        """The names that `from module import *` brings; none for a module of which they are not known."""
        ...

    def registers(self, owner: LibraryObject, method: str) -> bool:
        """Whether this method of an object registers handlers: `(event, handler)`, or `(event)` as a decorator."""
        ...

    def gives(self, owner: LibraryObject, event: Value) -> tuple[Value, ...]:
        """What a handler of an event is called with."""
        ...

    def handlers_of_class(self, name: str) -> tuple[str, ...]:
        """The arguments of the class with this dotted name that are handlers; none for another class."""
        ...

    def gives_argument(self, owner: LibraryObject, argument: str) -> tuple[Value, ...]:
        """What a handler is called with that was given as this argument."""
        ...

    def types_of(self, name: str) -> frozenset[str]:
        """The types of message that are instances of the class with this dotted name; none for another class."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """One place where a handler is registered.

    `handler` is the expression handed over, or the function under the decorator; None for a decorator on nothing.
    """

    call: cst.Call
    owner: LibraryObject
    method: str
    event: cst.BaseExpression | None
    handler: cst.BaseExpression | cst.FunctionDef | None


def registration_of(call: cst.Call, owner: LibraryObject, method: str, arguments: Arguments) -> Registration:
    """The registration that a call makes; its handler is still open where the call is to decorate one."""
    others = [node for name, node in arguments.keywords.items() if name != "event"]
    handler = arguments.positional[1] if len(arguments.positional) > 1 else (others[0] if others else None)
    return Registration(call, owner, method, arguments.get(0, "event"), handler)


def types_of_classes(libraries: Iterable[EventLibrary], classes: Value) -> frozenset[str] | None:
    """The types of message that a class, or a tuple of classes, stands for; None where one is not known."""
    found: frozenset[str] = frozenset()
    for one in something(classes):
        inner = one.elements if isinstance(one, Sequence) else (one,)
        for value in inner:
            if not isinstance(value, Library):
                return None
            types = frozenset[str]().union(*(library.types_of(value.name) for library in libraries))
            if not types:
                return None
            found |= types
    return found
