"""Sound that a program gathers in a buffer of its own, and sends when there is enough of it.

`buf.extend(data)`, then `while len(buf) >= SIZE: send(buf[:SIZE])`, and what is left of it at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sound import is_sound
from codemods.analysis.values import something
from codemods.rules.sound.counted_pieces import loop_around


@dataclass(frozen=True, slots=True)
class Gathered:
    """What of a buffer is sent at a place.

    `size` is how many bytes it has at least, as the program writes it: the end of a slice, what the length is compared
    with; None where it is whatever there is. `is_rest` says that nothing is added any more there.
    """

    size: cst.BaseExpression | None
    is_rest: bool


def gathered(program: Program, audio: cst.BaseExpression, place: cst.Call) -> Gathered | None:
    """What of a program's own buffer of sound `audio`, sent at `place`, is; None for anything else."""
    inner = audio
    if isinstance(inner, cst.Call) and isinstance(inner.func, cst.Name) and inner.func.value == "bytes" and inner.args:
        inner = inner.args[0].value
    size: cst.BaseExpression | None = None
    match inner:
        case cst.Subscript(buffer, [cst.SubscriptElement(cst.Slice(lower=None, upper=cst.BaseExpression() as size))]):
            pass
        case _:
            buffer = inner
    if not isinstance(buffer, (cst.Name, cst.Attribute)):
        return None
    growing = _growing(program, buffer)
    if not growing:
        return None
    size = size or least_length(program, buffer, place)
    function = program.scope_of(place)
    loop = loop_around(program.parents, place)
    around = loop if loop is not None else function
    grows_here = any(
        program.is_inside(one, around) and (loop is not None or loop_around(program.parents, one) is None)
        for one in growing
    )
    return Gathered(size, is_rest=size is None and not grows_here)


def _growing(program: Program, buffer: cst.Name | cst.Attribute) -> list[cst.CSTNode]:
    """The statements that add sound to a buffer."""
    found: list[cst.CSTNode] = []
    for node in program.nodes_in(program.module_of(buffer)):
        match node:
            case cst.AugAssign(target, cst.AddAssign(), added):
                pass
            case cst.Call(cst.Attribute(target, cst.Name("extend")), [cst.Arg(added)]):
                pass
            case cst.Assign([cst.AssignTarget(target)], cst.BinaryOperation(left, cst.Add(), added)) if (
                left.deep_equals(target)
            ):
                pass
            case _:
                continue
        is_same = target.deep_equals(buffer) and _is_one(program, target, buffer)
        if is_same and any(is_sound(one) for one in something(program.value(added))):
            found.append(node)
    return found


def _is_one(program: Program, target: cst.BaseExpression, buffer: cst.Name | cst.Attribute) -> bool:
    """Whether two names are one variable: of one scope, or attributes of one class's objects."""
    if isinstance(buffer, cst.Attribute):
        return True
    scopes = [
        scope
        for scope in program.scopes.values()
        if any(
            one.node is target or target in one.uses or one.node is buffer or buffer in one.uses
            for one in (*scope.definitions.get(buffer.value, ()), *scope.set_elsewhere.get(buffer.value, ()))
        )
    ]
    return len(scopes) == 1


def least_length(program: Program, buffer: cst.BaseExpression, place: cst.CSTNode) -> cst.BaseExpression | None:
    """What the length of a buffer reaches for sure at a place: `if len(buffer) >= SIZE:` around it."""
    function, node = program.scope_of(place), place
    while node is not function:
        inside, node = node, program.parents[node]
        if not isinstance(node, (cst.If, cst.While)) or inside is not node.body:
            continue
        match node.test:
            case cst.Comparison(
                cst.Call(cst.Name("len"), [cst.Arg(of)]),
                [cst.ComparisonTarget(cst.GreaterThan() | cst.GreaterThanEqual() | cst.Equal(), size)],
            ) if of.deep_equals(buffer):
                return size
    return None
