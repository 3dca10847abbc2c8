"""The program's own function that a value is, whether by its name or as a method."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import Class, Function, Instance, Member, Value


def function_of(value: Value) -> cst.FunctionDef | cst.Lambda | None:
    """The definition of a function or method of the program; None for anything else."""
    match value:
        case Function(node):
            return node
        case Member(Instance(made_of) | Class(made_of), name):
            found = (one for one in made_of.body.body if isinstance(one, cst.FunctionDef) and one.name.value == name)
            return next(found, None)
    return None
