"""Handlers registered in a loop over a display: one registration for each round, as if each were written out.

`for event, handler in {…}.items(): client.on(event, handler)`, `for event in (A, B): client.on(event, self.handle)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.values import DictDisplay, LibraryObject, Sequence

if TYPE_CHECKING:
    from codemods.analysis.program import Program

_MOST_ROUNDS: Final = 24


def unrolled(
    program: Program, call: cst.Call, owner: LibraryObject, method: str
) -> list[tuple[cst.CSTNode, Registration]]:
    """The registrations of a call that is all a loop does, with the element of the display that each is for.

    Each stands where the loop stands. None where the call is not in such a loop.
    """
    loop = _loop_around(program, call)
    if loop is None or len(call.args) != 2 or any(one.star for one in call.args):
        return []
    found: list[tuple[cst.CSTNode, Registration]] = []
    for element, names in _rounds(program, loop):
        event, handler = (_in_round(one.value, names) for one in call.args)
        written = cst.Call(call.func, [cst.Arg(event), cst.Arg(handler)])
        line = cst.Expr(written)
        program.parents[written] = line
        program.parents[line] = loop
        found.append((element, Registration(written, owner, method, event, handler)))
    return found if len(found) <= _MOST_ROUNDS else []


def _loop_around(program: Program, call: cst.Call) -> cst.For | None:
    line = program.parents.get(call)
    statement = program.parents.get(line) if isinstance(line, cst.Expr) else None
    block = program.parents.get(statement) if statement is not None else None
    loop = program.parents.get(block) if block is not None else None
    match loop:
        case cst.For(body=cst.IndentedBlock([only])) if only is statement and loop.orelse is None:
            return loop
    return None


def _in_round(node: cst.BaseExpression, names: dict[str, cst.BaseExpression]) -> cst.BaseExpression:
    return names.get(node.value, node) if isinstance(node, cst.Name) else node


def _rounds(program: Program, loop: cst.For) -> Iterator[tuple[cst.CSTNode, dict[str, cst.BaseExpression]]]:
    """What the loop's names are in each round, by the element of the display."""
    match loop.iter, loop.target:
        case (
            cst.Call(cst.Attribute(source, cst.Name("items")), []),
            cst.Tuple([cst.Element(cst.Name(first)), cst.Element(cst.Name(second))]),
        ):
            display = _display_of(program, source)
            for one in display.elements if isinstance(display, cst.Dict) else ():
                if isinstance(one, cst.DictElement):
                    yield one, {first: one.key, second: one.value}
        case _, cst.Name(name):
            for element in _elements(program, loop.iter):
                yield element, {name: element.value}
        case _, cst.Tuple(targets):
            names = [one.value.value for one in targets if isinstance(one.value, cst.Name)]
            for element in _elements(program, loop.iter):
                match element.value:
                    case cst.Tuple(inner) | cst.List(inner) if len(inner) == len(names):
                        yield element, {name: one.value for name, one in zip(names, inner, strict=True)}


def _elements(program: Program, node: cst.BaseExpression) -> list[cst.BaseElement]:
    display = _display_of(program, node)
    return list(display.elements) if isinstance(display, (cst.Tuple, cst.List, cst.Set)) else []


def _display_of(program: Program, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The display that an expression is the value of, where nothing changes what it made."""
    match program.values.get(node):
        case DictDisplay(site) if not program.dictionaries[site].changes:
            return site
        case Sequence(site) if site not in program.changed_sequences:
            return site
    return None
