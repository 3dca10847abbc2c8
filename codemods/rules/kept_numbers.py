"""Where the number of a refusal goes on: into an exception of the program's own, or into a table of what is done.

`raise ServiceError(error_code, text)` keeps it for a caller who compares it; `ERRORS.get(error_code, RuntimeError)`
asks a table by it. Both name the old service's numbers somewhere else than where the number is read.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Known
from codemods.rules.guards import catches, types_of


def reads_of_kept(program: Program, number: cst.BaseExpression) -> list[cst.Attribute]:
    """Where handlers read a number that an exception of the program's keeps; empty where none does."""
    argument = program.parents[number]
    made = program.parents[argument]
    if not isinstance(argument, cst.Arg) or not isinstance(made, cst.Call):
        return []
    own = [one for one in types_of(program, made.func) if isinstance(one, cst.ClassDef)]
    return [read for one in own for read in _reads(program, one, set(_attributes(program, one, number)))]


def _attributes(program: Program, kind: cst.ClassDef, number: cst.BaseExpression) -> Iterator[str]:
    """The attributes that an object of a class keeps a number in."""
    for node in program.nodes_in(kind):
        match node:
            case cst.Assign([cst.AssignTarget(cst.Attribute(cst.Name("self"), cst.Name(name)))], value) | cst.AnnAssign(
                cst.Attribute(cst.Name("self"), cst.Name(name)), _, cst.BaseExpression() as value
            ):
                if program.value(value) == program.value(number):
                    yield name


def _reads(program: Program, kind: cst.ClassDef, names: set[str]) -> Iterator[cst.Attribute]:
    for definition in program.definitions():
        handler = definition.node
        if not isinstance(handler, cst.ExceptHandler) or not catches(program, handler, kind):
            continue
        for use in definition.uses:
            read = program.parents[use]
            if isinstance(read, cst.Attribute) and read.value is use and read.attr.value in names:
                yield read


def table_asked(program: Program, number: cst.BaseExpression) -> cst.Dict | None:
    """The dictionary that is asked by a number, where its keys are written out and nobody asks it by anything else."""
    asked = _asked_by(program, number)
    value = program.value(asked) if asked is not None else None
    if not isinstance(value, DictDisplay) or not isinstance(value.site, cst.Dict):
        return None
    keys = [one.key for one in value.site.elements if isinstance(one, cst.DictElement)]
    known = all(isinstance(found := program.value(key), Known) and isinstance(found.value, int) for key in keys)
    uses = [node for node, one in program.values.items() if one == value and _is_use(program, node)]
    is_alone = all(node is asked or node is value.site for node in uses)
    return value.site if keys and known and len(keys) == len(value.site.elements) and is_alone else None


def _is_use(program: Program, node: cst.CSTNode) -> bool:
    """Whether a node reads a value, and is not the name that it is given."""
    parent = program.parents.get(node)
    return not isinstance(parent, (cst.AssignTarget, cst.AnnAssign)) and isinstance(node, (cst.Name, cst.Attribute))


def _asked_by(program: Program, number: cst.BaseExpression) -> cst.BaseExpression | None:
    parent = program.parents[number]
    around = program.parents[parent]
    match parent, around:
        case cst.Arg(), cst.Call(cst.Attribute(asked, cst.Name("get")), [first, *_]) if first is parent:
            return asked
        case cst.Index(), cst.SubscriptElement():
            subscript = program.parents[around]
            return subscript.value if isinstance(subscript, cst.Subscript) else None
    return None
