"""Whether an expression that a program writes at one place says the same at another."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program


def means_the_same(program: Program, expression: cst.BaseExpression, node: cst.CSTNode) -> bool:
    """Whether an expression is the same at another place: of the file's names, or an attribute of the same `self`."""
    if program.module_of(node) is not program.module_of(expression):
        return False
    match expression:
        case cst.Attribute(cst.Name(name)) if name == _object_of(program, expression):
            there = program.scope_of(node)
            return name == _object_of(program, node) and _class_of(program, there) is _class_of(
                program, program.scope_of(expression)
            )
    return all(_is_of_module(program, one) for one in program.nodes_in(expression) if isinstance(one, cst.Name))


def _class_of(program: Program, scope: cst.CSTNode) -> cst.CSTNode | None:
    """The class that a function is a method of."""
    around = program.parents.get(program.parents.get(scope, scope))
    return around if isinstance(scope, cst.FunctionDef) and isinstance(around, cst.ClassDef) else None


def _object_of(program: Program, node: cst.CSTNode) -> str | None:
    """The name of the object in the method that a node stands in."""
    scope = program.scope_of(node)
    if not isinstance(scope, cst.FunctionDef) or _class_of(program, scope) is None or not scope.params.params:
        return None
    return scope.params.params[0].name.value


def _is_of_module(program: Program, name: cst.Name) -> bool:
    reaching = program.reaching.get(name, frozenset())
    return all(isinstance(program.scope_of(one.node), cst.Module) for one in reaching)
