"""What a program puts together itself and tells apart by a tag: `("turn", event)`, `{"type": "turn", "data": event}`.

A test of the tag says which of the displays that a name can hold it holds here: `kind, event = events.get()`, `if kind
== "turn":`. What it says is kept as the displays that are left out, by what gave the name its value.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.environment import Definition, Environment
from codemods.analysis.program import Program
from codemods.analysis.values import (
    NOTHING,
    DictDisplay,
    Known,
    Sequence,
    Value,
    join_all,
    something,
)


def leave_out(
    program: Program,
    asked: cst.BaseExpression,
    names: frozenset[str] | None,
    environment: Environment,
    positive: bool,
) -> None:
    """Notes which displays are not met where a tag is one of these names, or where it is none of them."""
    for holder, tags in _tags(program, asked) if names is not None else ():
        found = {
            site
            for site, tag in tags
            if isinstance(tag, Known)
            and tag.certain
            and isinstance(tag.value, str)
            and (tag.value in (names or ())) != positive
        }
        if found:
            environment.left_out[holder] = environment.left_out.get(holder, frozenset()) | found


def what_is_left(program: Program, name: cst.Name, value: Value, environment: Environment, *, settled: bool) -> Value:
    """The value of a name without what tests of its tag have left out; none, where nothing that is left came yet."""
    none = value if settled else NOTHING
    definition = _only_definition(environment.reaching.get(name.value, frozenset()))
    if definition is None:
        return value
    if definition.node in environment.left_out:
        gone = environment.left_out[definition.node]
        kept = [one for one in something(value) if _site(one) not in gone]
        return join_all(kept) if kept else none
    unpacked = _unpacked(program, definition)
    if unpacked is not None and unpacked[0] in environment.left_out:
        gone = environment.left_out[unpacked[0]]
        given = [part for site, part in _parts(program, unpacked) if site not in gone]
        return join_all(given) if given else none
    return value


def _tags(
    program: Program, asked: cst.BaseExpression, depth: int = 2
) -> Iterator[tuple[cst.CSTNode, list[tuple[cst.CSTNode, Value]]]]:
    """What holds the displays whose tag an expression reads, with the tag of each."""
    match asked:
        case cst.Subscript(cst.Name() as name, [cst.SubscriptElement(cst.Index(key))]) | cst.Call(
            cst.Attribute(cst.Name() as name, cst.Name("get")), [cst.Arg(key), *_]
        ):
            definition = _only_definition(program.reaching.get(name, frozenset()))
            at = program.values.get(key, NOTHING)
            if definition is not None and isinstance(at, Known):
                # The value of the name may have been narrowed where it stands: all that it was given counts.
                each = something(definition.value)
                yield (
                    definition.node,
                    [
                        (site, _tag_of(program, one, at))
                        for one, site in zip(each, map(_site, each), strict=True)
                        if site
                    ],
                )
        case cst.Name():
            definition = _only_definition(program.reaching.get(asked, frozenset()))
            unpacked = _unpacked(program, definition) if definition is not None else None
            if unpacked is not None:
                yield unpacked[0], list(_parts(program, unpacked))
            elif definition is not None and definition.expression is not None and depth:
                yield from _tags(program, definition.expression, depth - 1)


def _tag_of(program: Program, value: Value, key: Known) -> Value:
    if isinstance(value, DictDisplay) and isinstance(key.value, str):
        return program.tables.get(value.site, key.value)
    if isinstance(value, Sequence) and isinstance(key.value, int) and value.site not in program.changed_sequences:
        return value.elements[key.value] if key.value < len(value.elements) else NOTHING
    return NOTHING


def _only_definition(definitions: frozenset[Definition]) -> Definition | None:
    return next(iter(definitions)) if len(definitions) == 1 else None


def _unpacked(program: Program, definition: Definition) -> tuple[cst.CSTNode, cst.BaseExpression, int] | None:
    """The targets that a name is one of, what is unpacked into them, and the position of the name."""
    element = program.parents.get(definition.node)
    targets = program.parents.get(element) if isinstance(element, cst.Element) else None
    if not isinstance(targets, (cst.Tuple, cst.List)):
        return None
    match program.parents.get(program.parents.get(targets, targets)):
        case cst.Assign([_], value):
            places = [one for one, each in enumerate(targets.elements) if each is element]
            plain = not any(isinstance(one, cst.StarredElement) for one in targets.elements)
            return (targets, value, places[0]) if plain and places else None
    return None


def _parts(
    program: Program, unpacked: tuple[cst.CSTNode, cst.BaseExpression, int]
) -> Iterator[tuple[cst.CSTNode, Value]]:
    targets, value, position = unpacked
    assert isinstance(targets, (cst.Tuple, cst.List))
    given = something(program.values.get(value, NOTHING))
    if all(isinstance(one, Sequence) and len(one.elements) == len(targets.elements) for one in given):
        for one in given:
            if isinstance(one, Sequence) and one.site not in program.changed_sequences:
                yield one.site, one.elements[position]


def _site(value: Value) -> cst.CSTNode | None:
    return value.site if isinstance(value, (DictDisplay, Sequence)) else None
