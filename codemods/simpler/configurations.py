"""A configuration that is a dictionary by a way of its own, written as the display that it comes to.

`vars(config)`, `config.__dict__`, `ChainMap(more, base)`, one of several presets: each is a dictionary of which nothing
is written where it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Instance, JsonText, Library, LibraryObject, alternatives
from codemods.edits import Edits
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia

_NAMES: Final = ("config", "session_config", "live_config", "configuration")
_CHAIN: Final = "collections.ChainMap"
_DUMPED_WHOLE: Final = ("dataclasses.asdict", "attrs.asdict", "attr.asdict")


def with_displayed_configurations(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's body is made by such a way, with a display in its place."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        for body in _bodies(program, opening.request.json, opening.request.data):
            module = program.module_of(body)
            _plan(program, body, plans.setdefault(module, Edits()))
    return {module: _written(module, edits) for module, edits in plans.items() if edits}


def _bodies(program: Program, *given: cst.BaseExpression | None) -> Iterable[cst.BaseExpression]:
    """The expressions that make the body: the argument itself, and what the names in it got."""
    waiting = [one for one in given if one is not None]
    seen: set[cst.CSTNode] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        value = program.value(node)
        if isinstance(value, JsonText):
            waiting.append(value.call.args[0].value)
            continue
        yield node
        if isinstance(node, cst.Name):
            waiting.extend(one.expression for one in program.definitions_of(node) if one.expression is not None)
        elif isinstance(node, cst.Call) and program.value(node.func) == Library("builtins.dict"):
            waiting.extend(one.value for one in node.args)


def _plan(program: Program, node: cst.BaseExpression, edits: Edits) -> None:
    chained = _chained(program, node)
    if chained is not None:
        edits.replace(node, chained)
        return
    owner = _whose_fields(program, node)
    if owner is not None:
        _write_fields(program, node, owner, edits)
        return
    match node:
        case cst.Call(func, [cst.Arg(cst.Call() as made, keyword=None, star="") as only]) if _dumps(program, func):
            if isinstance(program.value(made), Instance):
                name = _named(program, made, edits)
                edits.replace(only.value, name)
        case cst.Subscript() if _is_one_of(program, node):
            edits.replace(node, cst.Dict([cst.StarredDictElement(node)]))


def _dumps(program: Program, function: cst.BaseExpression) -> bool:
    value = program.value(function)
    return isinstance(value, Library) and value.name in _DUMPED_WHOLE


def _is_one_of(program: Program, node: cst.Subscript) -> bool:
    """Whether an expression is one of several dictionaries that are all written in one display."""
    found = list(alternatives(program.value(node)))
    return len(found) > 1 and all(isinstance(one, DictDisplay) for one in found)


# --- chains --------------------------------------------------------------------------------------


def _chained(program: Program, node: cst.BaseExpression) -> cst.Dict | None:
    """`ChainMap(first, second)`, or a `dict` of it, as a display: what comes last in one wins in the other."""
    match node:
        case cst.Call(func, [cst.Arg(inner, keyword=None, star="")]) if program.value(func) == Library("builtins.dict"):
            return _chained(program, inner)
        case cst.Call(func, args) if _is_chain(program, node) and all(not one.star and not one.keyword for one in args):
            return cst.Dict([cst.StarredDictElement(one.value) for one in reversed(args)])
    return None


def _is_chain(program: Program, node: cst.Call) -> bool:
    value = program.value(node)
    return (isinstance(value, LibraryObject) and value.made_by == _CHAIN) or program.value(node.func) == Library(_CHAIN)


# --- fields --------------------------------------------------------------------------------------


def _whose_fields(program: Program, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The object in `vars(object)` or `object.__dict__`, where it is of a class whose fields are all known."""
    owner: cst.BaseExpression | None = None
    match node:
        case cst.Attribute(base, cst.Name("__dict__")):
            owner = base
        case cst.Call(func, [cst.Arg(given, keyword=None, star="")]) if program.value(func) == Library("builtins.vars"):
            owner = given
    if owner is None or _fields_of(program, owner) is None:
        return None
    return owner


def _fields_of(program: Program, owner: cst.BaseExpression) -> list[str] | None:
    """The names of an object's fields, as its `__init__` gives them in turn; None where that is not sure."""
    value = program.value(owner)
    if not isinstance(value, Instance):
        return None
    definition = value.node
    if definition.bases or definition.decorators:
        return None
    makers = [
        one
        for one in definition.body.body
        if isinstance(one, cst.FunctionDef) and one.name.value == "__init__" and one.params.params
    ]
    if len(makers) != 1:
        return None
    (maker,) = makers
    own = maker.params.params[0].name.value
    fields: list[str] = []
    for node in reversed(program.nodes_in(definition)):
        match node:
            case cst.AssignTarget(cst.Attribute(cst.Name(name), cst.Name(field))) | cst.AnnAssign(
                cst.Attribute(cst.Name(name), cst.Name(field))
            ) if name in ("self", own):
                statement = program.statement_of(node)
                if program.parents[statement] is not maker.body:
                    return None
                fields.append(field)
    return sorted(set(fields), key=fields.index) or None


def _write_fields(program: Program, node: cst.BaseExpression, owner: cst.BaseExpression, edits: Edits) -> None:
    fields = _fields_of(program, owner) or []
    name = owner if isinstance(owner, (cst.Name, cst.Attribute)) else _named(program, owner, edits)
    entries = [cst.DictElement(cst.SimpleString(f'"{one}"'), cst.Attribute(name, cst.Name(one))) for one in fields]
    edits.replace(node, cst.Dict(entries))


def _named(program: Program, made: cst.BaseExpression, edits: Edits) -> cst.Name:
    """A name for an object, which it is given in front of the statement that made it in passing."""
    scope = program.scope_of(made)
    taken = {one.value for one in program.nodes_in(program.module_of(scope)) if isinstance(one, cst.Name)}
    name = cst.Name(next((one for one in _NAMES if one not in taken), "gladia_config"))
    statement = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], made)])
    edits.add_before(program.statement_of(made), lambda: [statement])
    return name


def _written(module: cst.Module, edits: Edits) -> Simpler:
    return simpler(module, edits)
