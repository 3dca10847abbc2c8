"""What a program loads from a document: the constant path of the JSON, YAML or TOML file that a value comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Known, Library, Member, alternatives

_LOADERS: Final = frozenset(
    f"{library}.{function}"
    for library in ("json", "orjson", "ujson", "simplejson", "rapidjson", "yaml", "tomllib", "tomli")
    for function in ("load", "loads", "safe_load", "full_load")
)
_DOCUMENTS: Final = (".json", ".yaml", ".yml", ".toml")


def loaded_from(program: Program, node: cst.CSTNode) -> str | None:
    """The path of the one document that a value is loaded from, as the program writes it; None where that is unclear.

    The path is relative to whatever the program puts before it, mostly its own folder.
    """
    if node in program.requests or node in program.connects:
        return None  # its address, headers and body come from different places
    loaders = [one for one in _reached(program, node, _is_loader) if isinstance(one, cst.Call)]
    paths = {path for loader in loaders for path in _paths(program, loader)}
    return next(iter(paths)) if len(paths) == 1 else None


def _is_loader(program: Program, node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.Call) or not node.args:
        return False
    callee = program.value(node.func)
    return isinstance(callee, Library) and callee.name in _LOADERS


def _paths(program: Program, loader: cst.Call) -> Iterator[str]:
    for node in _reached(program, loader.args[0].value, _is_path):
        value = program.value(node)
        if isinstance(value, Known):
            yield str(value.value)


def _is_path(program: Program, node: cst.CSTNode) -> bool:
    value = program.value(node) if isinstance(node, cst.BaseExpression) else None
    if not isinstance(value, Known) or not isinstance(value.value, str):
        return False
    return value.value.endswith(_DOCUMENTS) and "://" not in value.value


def _reached(
    program: Program, node: cst.CSTNode, is_wanted: Callable[[Program, cst.CSTNode], bool]
) -> Iterator[cst.CSTNode]:
    """The nodes of a kind that a value is made of, through names, attributes and the program's own functions."""
    seen: set[cst.CSTNode] = set()
    waiting: list[cst.CSTNode] = [node]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if is_wanted(program, current):
            yield current
            continue
        waiting.extend(_behind(program, current))
        if isinstance(current, cst.Call) and _functions(program, current):
            continue
        waiting.extend(program.children(current))


def _behind(program: Program, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What gives a name, an attribute or a call of the program's own function its value."""
    if isinstance(node, cst.Call):
        for function in _functions(program, node):
            yield from (one.value for one in _returns(program, function) if one.value is not None)
    for definition in program.definitions_of(node):
        yield from _given(program, definition)
    if isinstance(node, cst.Attribute):
        for one in alternatives(program.value(node.value)):
            if isinstance(one, (Instance, Class)):
                yield from program.attribute_expressions.get((one.node, node.attr.value), ())


def _given(program: Program, definition: Definition) -> Iterable[cst.CSTNode]:
    """The right-hand side of a definition; for `with … as name`, what is entered."""
    if definition.expression is not None:
        return [definition.expression]
    name = program.parents.get(definition.node)
    item = program.parents.get(name) if isinstance(name, cst.AsName) else None
    return [item.item] if isinstance(item, cst.WithItem) else []


def _functions(program: Program, call: cst.Call) -> list[cst.FunctionDef]:
    """The program's own functions that a call may mean."""
    found: list[cst.FunctionDef] = []
    for callee in alternatives(program.value(call.func)):
        match callee:
            case Function(cst.FunctionDef() as function):
                found.append(function)
            case Member(Instance(made) | Class(made), name):
                found.extend(
                    one for one in made.body.body if isinstance(one, cst.FunctionDef) and one.name.value == name
                )
    return found


def _returns(program: Program, function: cst.FunctionDef) -> Iterator[cst.Return]:
    return (
        one
        for one in program.nodes_in(function.body)
        if isinstance(one, cst.Return) and program.scope_of(one) is function
    )
