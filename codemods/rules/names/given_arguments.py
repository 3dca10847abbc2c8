"""What a parameter is given: by the calls of its function that the analysis has met, and by its default."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Member, Value, alternatives


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


def value_as_given(program: Program, node: cst.BaseExpression) -> Value:
    """What an expression is; a parameter that every call gives the same is that, since its default is never used."""
    definitions = list(program.reaching.get(node, ())) if isinstance(node, cst.Name) else []
    parameter = definitions[0].node if len(definitions) == 1 else None
    if not isinstance(parameter, cst.Param) or parameter.default is None:
        return program.value(node)
    function = program.scope_of(parameter)
    given = [one for one in given_for(program, parameter) if one is not parameter.default]
    values = {program.value(one) for one in given}
    calls = calls_giving(program, function) if isinstance(function, cst.FunctionDef) else []
    is_always = bool(given) and len(given) == len(calls) and len(values) == 1
    return values.pop() if is_always else program.value(node)
