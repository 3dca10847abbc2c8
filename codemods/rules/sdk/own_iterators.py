"""Objects of a program's own classes that give sound: `__iter__` with `__next__`, or as a generator, also `async`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Library, Value, something

_KINDS: Final = {"__iter__": "iterable", "__aiter__": "async"}
_ITERATING: Final = (*_KINDS, "__next__", "__anext__")
_DECLARED: Final = {
    **dict.fromkeys(("Iterable", "Iterator", "Generator", "Sequence", "Collection", "List"), "iterable"),
    **dict.fromkeys(("AsyncIterable", "AsyncIterator", "AsyncGenerator"), "async"),
}
_MODULES_OF_TYPES: Final = ("typing", "collections.abc")


def kind_of_object(program: Program, value: Instance) -> str | None:
    """Whether an object is an iterable, an `async` one or, with None, neither."""
    found = {kind for name, kind in _KINDS.items() if any(_methods(program, value.node, name))}
    return found.pop() if len(found) == 1 else None


def given_in_a_loop(program: Program, value: Instance) -> Iterator[Value]:
    """What the methods that a loop over an object calls return and yield."""
    for name in _ITERATING:
        for method in _methods(program, value.node, name):
            for node in program.nodes_in(method):
                if isinstance(node, (cst.Return, cst.Yield)) and isinstance(_given(node), cst.BaseExpression):
                    yield program.value(_given(node))


def kind_declared(program: Program, annotation: cst.BaseExpression) -> str | None:
    """What an annotation says of sound: `Iterable[bytes]` and its kin, or nothing that says it."""
    named = annotation.value if isinstance(annotation, cst.Subscript) else annotation
    value = program.value(named)
    if not isinstance(value, Library):
        return None
    module, _, name = value.name.rpartition(".")
    return _DECLARED.get(name) if module in _MODULES_OF_TYPES else None


def _given(node: cst.Return | cst.Yield) -> cst.CSTNode:
    value = node.value.item if isinstance(node.value, cst.From) else node.value
    return value if value is not None else node


def _methods(program: Program, owner: cst.CSTNode, name: str) -> Iterator[cst.CSTNode]:
    """The methods of this name that a class of the program has, by itself or by one that it derives from."""
    asked: set[cst.CSTNode] = set()
    waiting = [owner]
    while waiting:
        node = waiting.pop()
        if node in asked or not isinstance(node, cst.ClassDef):
            continue
        asked.add(node)
        scope = program.scopes.get(node)
        found = scope.value_of(name) if scope is not None else None
        if isinstance(found, Function):
            yield found.node
            continue
        for base in node.bases:
            waiting.extend(one.node for one in something(program.value(base.value)) if isinstance(one, Class))
