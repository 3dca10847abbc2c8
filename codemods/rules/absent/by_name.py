"""Where a value goes by a name of the program's own, and where by none: what nobody follows any further.

`show(round(confidence), text)` gives it to a parameter, `"{confidence:.2f}".format(**row)` takes it by its key. In a
tuple or a list, behind a `yield` or a function that others call, it has no name by which it could be found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Known, Library, Member, something

_SPECIFIED: Final = re.compile(r"\{(\w+)(?:![sra])?:[^}]+\}|%\((\w+)\)[^a-zA-Z%]*[^sra%\W]")
"""A place of a text to be filled in by a name, which does not take every value."""
_RECKONING: Final = frozenset(f"builtins.{name}" for name in ("float", "int", "round", "abs", "max", "min", "sum"))
_PROPERTIES: Final = ("property", "cached_property")


def names_with_formats(program: Program) -> frozenset[str]:
    """The names that texts of a program give a format that None has not."""
    found: set[str] = set()
    for node in program.values:
        if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
            found.update(name for pair in _SPECIFIED.findall(node.evaluated_value) for name in pair if name)
    return frozenset(found)


def is_number(program: Program, node: cst.BaseExpression, deep: int = 8) -> bool:
    """Whether an expression is reckoned out, as far as can be seen."""
    match node:
        case cst.Call(function):
            return any(
                isinstance(one, Library) and one.name in _RECKONING for one in something(program.value(function))
            )
        case cst.BinaryOperation(_, operator):
            return not isinstance(operator, (cst.Add, cst.Modulo))
        case cst.Comparison() | cst.UnaryOperation():
            return True
        case cst.Name() if deep:
            given = [one.expression for one in program.definitions_of(node)]
            return any(one is not None and is_number(program, one, deep - 1) for one in given)
    return False


def names_given(program: Program, call: cst.Call, argument: cst.Arg) -> set[str] | None:
    """The names under which a call's argument goes on; None where nobody knows one."""
    if argument.keyword is not None:
        return {argument.keyword.value}
    if argument.star or any(one.star for one in call.args[: call.args.index(argument)]):
        return None
    at = call.args.index(argument)
    found: set[str] = set()
    for callee in something(program.value(call.func)):
        if isinstance(callee, Member) and isinstance(callee.owner, Instance):
            scope = program.scopes.get(callee.owner.node)
            callee = scope.value_of(callee.name) if scope is not None else callee
        match callee:
            case Function(cst.FunctionDef() as function):
                is_bound = isinstance(call.func, cst.Attribute) and isinstance(program.scope_of(function), cst.ClassDef)
                parameters = function.params.params[is_bound:]
                if at >= len(parameters):
                    return None
                found.add(parameters[at].name.value)
            case Class(cls):
                fields = list(_fields(cls))
                if at >= len(fields):
                    return None
                found.add(fields[at])
    return found | _of_tuple(program, call.func, at)


def _fields(cls: cst.ClassDef) -> Iterator[str]:
    """What the objects of a class are made of: the parameters of `__init__`, or the fields that it declares."""
    for line in cls.body.body:
        if isinstance(line, cst.FunctionDef) and line.name.value == "__init__":
            yield from (one.name.value for one in line.params.params[1:])
            return
    for line in cls.body.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                yield small.target.value


def _of_tuple(program: Program, called: cst.BaseExpression, at: int) -> set[str]:
    """The field of a `namedtuple("Row", "text confidence")` at a position."""
    found: set[str] = set()
    for definition in program.definitions_of(called) if isinstance(called, cst.Name) else ():
        match definition.expression:
            case cst.Call(maker, [_, cst.Arg(fields)]) if program.value(maker) == Library("collections.namedtuple"):
                names: list[object] = []
                if isinstance(fields, (cst.List, cst.Tuple)):
                    values = [program.value(one.value) for one in fields.elements]
                    names = [one.value if isinstance(one, Known) else None for one in values]
                else:
                    text = program.value(fields)
                    if isinstance(text, Known) and isinstance(text.value, str):
                        names = list(text.value.replace(",", " ").split())
                name = names[at] if at < len(names) else None
                found |= {name} if isinstance(name, str) else set()
    return found


def is_property(function: cst.FunctionDef) -> bool:
    """Whether a method is read as an attribute is."""
    names = [one.decorator.value for one in function.decorators if isinstance(one.decorator, cst.Name)]
    return any(one in _PROPERTIES for one in names)


def is_given_away(program: Program, function: cst.FunctionDef) -> bool:
    """Whether a function is handed to others, who call it and take what it returns: `filter(is_sure, turns)`."""
    for node, value in program.values.items():
        if not isinstance(node, (cst.Name, cst.Attribute)) or not isinstance(program.parents.get(node), cst.Arg):
            continue
        if any(isinstance(one, Function) and one.node is function for one in something(value)):
            return True
    return False
