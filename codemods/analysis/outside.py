"""What a program takes from files that were not given: why something of it is not known."""

from __future__ import annotations

import sys

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.modules import LIBRARIES
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Instance, Library, Unknown, alternatives


def taken_from_outside(program: Program, node: cst.CSTNode) -> list[tuple[str, str]]:
    """The names behind a node that come from files which are not followed, each with the module as it is imported.

    What is called is left out, unless the node is handed to it: a library's functions are no files that are missing.
    """
    found: dict[tuple[str, str], None] = {}
    seen: set[cst.CSTNode] = set()
    waiting: list[cst.CSTNode] = [node]
    argument = program.parents.get(node)
    call = program.parents.get(argument) if isinstance(argument, cst.Arg) else None
    if isinstance(call, cst.Call):
        waiting.append(call.func)
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if isinstance(current, cst.Call):
            waiting.extend(current.args)
            continue
        for definition in program.definitions_of(current):
            module = _outside(program, definition)
            if module is not None:
                found[definition.name, module] = None
            elif definition.expression is not None:
                waiting.append(definition.expression)
        if isinstance(current, cst.Attribute):
            for one in alternatives(program.value(current.value)):
                if isinstance(one, (Instance, Class)):
                    waiting.extend(program.attribute_expressions.get((one.node, current.attr.value), ()))
            waiting.append(current.value)
        elif not isinstance(current, (cst.Name, cst.FunctionDef, cst.ClassDef)):
            waiting.extend(current.children)
    return sorted(found)


def _outside(program: Program, definition: Definition) -> str | None:
    """The module that an import of a name means, where it is none of the files and no library that is known."""
    alias = definition.node
    statement = program.parents.get(alias)
    if not isinstance(alias, cst.ImportAlias) or definition.origin is not None:
        return None
    if not isinstance(definition.value, (Library, Unknown)):
        return None
    if isinstance(statement, cst.ImportFrom):
        code = program.module.code_for_node(statement.module) if statement.module is not None else ""
        dotted = "." * len(statement.relative) + code
    else:
        dotted = alias.evaluated_name
    root = dotted.split(".")[0]
    return None if root in sys.stdlib_module_names or root in LIBRARIES else dotted
