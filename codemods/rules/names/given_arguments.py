"""What a parameter is given: by the calls of its function that the analysis has met, and by its default."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Member, alternatives


def calls_giving(program: Program, function: cst.FunctionDef) -> list[cst.Call]:
    """The calls that the analysis has met of a function or a method, or of the class whose `__init__` it is."""
    around = program.parents.get(program.parents[function])
    found = []
    for node in program.values:
        if not isinstance(node, cst.Call):
            continue
        for callee in alternatives(program.value(node.func)):
            match callee:
                case Function(one) if one is function:
                    found.append(node)
                case Member(Instance(owner) | Class(owner), name) if name == function.name.value and owner is around:
                    found.append(node)
                case Class(owner) if owner is around and function.name.value == "__init__":
                    found.append(node)
    return found


def given_for(program: Program, parameter: cst.Param) -> list[cst.BaseExpression]:
    """The expressions that a parameter gets its value from: its default, and the arguments of calls that are met."""
    found = [parameter.default] if parameter.default is not None else []
    function = program.scope_of(parameter)
    if not isinstance(function, cst.FunctionDef):
        return found
    plain = [*function.params.posonly_params, *function.params.params]
    is_method = isinstance(program.parents.get(program.parents[function]), cst.ClassDef)
    position = plain.index(parameter) - is_method if parameter in plain else None
    if position is not None and position < 0:
        return found  # the object itself
    for call in calls_giving(program, function):
        given = Arguments.of(call).get(position if position is not None else len(call.args), parameter.name.value)
        if given is not None:
            found.append(given)
    return found
