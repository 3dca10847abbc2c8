"""What annotations say of values that come from code which is not here: `session: aiohttp.ClientSession`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.http_requests import HTTP_CLIENTS
from codemods.analysis.sockets import CLIENT_SOCKETS
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Library,
    LibraryObject,
    Socket,
    Unknown,
    Value,
    alternatives,
    join_all,
)

if TYPE_CHECKING:
    from codemods.analysis.program import Program


def as_declared(program: Program, annotation: cst.Annotation | None, value: Value) -> Value:
    """A value under an annotation: where nothing is known of it, the HTTP client that the annotation names, if any.

    What a library made of which nothing is known counts as not known, too.
    """
    if annotation is None or not any(_is_strange(one) for one in alternatives(value)):
        return value
    name = _client_in(program, annotation.annotation)
    if name is None:
        return value
    site = program.declared.setdefault(annotation, cst.Call(cst.Name("declared")))
    declared = LibraryObject(name, site)
    return join_all(declared if _is_strange(one) else one for one in alternatives(value))


def names_socket(program: Program, annotation: cst.Annotation | None) -> bool:
    """Whether an annotation names a client's WebSocket, alone or beside None."""
    if annotation is None:
        return False
    found = [program.values.get(one, NOTHING) for one in _types_in(annotation.annotation)]
    return len(found) == 1 and isinstance(found[0], Library) and found[0].name in CLIENT_SOCKETS


def declared_socket(program: Program, parameter: cst.Param) -> Value:
    """The WebSocket that a parameter is which nobody here gives, and which its annotation calls a client's socket.

    It is the one that the same file opens, where it opens one alone by that library; UNKNOWN otherwise.
    """
    assert parameter.annotation is not None
    (node,) = _types_in(parameter.annotation.annotation)
    value = program.values.get(node, NOTHING)
    library = value.name.split(".")[0] if isinstance(value, Library) else ""
    module = program.module_of(parameter)
    here = [one for one in program.connects if program.module_of(one) is module]
    if len(here) != 1 or program.connects[here[0]].function.split(".")[0] != library:
        return UNKNOWN
    return Socket(here[0])


def _is_strange(value: Value) -> bool:
    match value:
        case Unknown():
            return True
        case LibraryObject(made_by):
            return made_by not in HTTP_CLIENTS
    return False


def _client_in(program: Program, annotation: cst.BaseExpression) -> str | None:
    """The one class of HTTP clients that a type names beside None; None for any other type."""
    found = {
        value.name if isinstance(value, Library) else ""
        for value in (program.values.get(one, NOTHING) for one in _types_in(annotation))
    }
    name = found.pop() if len(found) == 1 else ""
    return name if name in HTTP_CLIENTS else None


def _types_in(annotation: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The types in `A | None` and `Optional[A]`, without None."""
    match annotation:
        case cst.Name("None"):
            return
        case cst.BinaryOperation(left, cst.BitOr(), right):
            yield from _types_in(left)
            yield from _types_in(right)
        case cst.Subscript(cst.Name("Optional") | cst.Attribute(attr=cst.Name("Optional")), [only]):
            if isinstance(only.slice, cst.Index):
                yield from _types_in(only.slice.value)
        case _:
            yield annotation


def may_be_given(program: Program, parameter: cst.Param) -> Value:
    """What a caller that is not here may give for a parameter that is None where nobody gives one."""
    found = as_declared(program, parameter.annotation, UNKNOWN)
    return found if found != UNKNOWN else NOTHING
