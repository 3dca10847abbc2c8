"""Keywords that a function takes for a session's configuration, with its defaults written beside them.

`options.setdefault("sample_rate", 16000)` for what came as `**options` says what `{"sample_rate": 16000, **options}`
says: the dictionary is the function's own.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.edits import Edits
from codemods.simpler.written import Simpler
from codemods.vendors import gladia


def with_keyword_defaults(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program whose sessions are configured by keywords, with the defaults in one display."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        function = program.scope_of(opening.request.call)
        body = opening.request.json
        if not isinstance(function, cst.FunctionDef) or not isinstance(body, cst.Name):
            continue
        keywords = function.params.star_kwarg
        if keywords is None or keywords.name.value != body.value:
            continue
        lines = _defaults(program, function, body)
        if lines:
            _plan(plans.setdefault(program.module_of(function), Edits()), body.value, lines)
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


_Line = tuple[cst.SimpleStatementLine, cst.SimpleString, cst.BaseExpression]


def _defaults(program: Program, function: cst.FunctionDef, body: cst.Name) -> list[_Line]:
    """The lines that give the keywords defaults; none where anything else is done with them."""
    found = [line for statement in function.body.body if (line := _default(statement, body.value)) is not None]
    uses = [
        one
        for one in program.nodes_in(function.body)
        if isinstance(one, cst.Name) and one.value == body.value and one is not body and one in program.reaching
    ]
    in_lines = [one for one in uses if any(program.is_inside(one, line) for line, _, _ in found)]
    return found if len(in_lines) == len(uses) == len(found) else []


def _default(statement: cst.CSTNode, name: str) -> _Line | None:
    match statement:
        case cst.SimpleStatementLine(
            [
                cst.Expr(
                    cst.Call(
                        cst.Attribute(cst.Name(owner), cst.Name("setdefault")),
                        [cst.Arg(cst.SimpleString() as key), cst.Arg(value)],
                    )
                )
            ]
        ) if owner == name:
            return statement, key, value
    return None


def _plan(edits: Edits, name: str, lines: list[_Line]) -> None:
    elements = [cst.DictElement(key, value) for _, key, value in lines]
    display = cst.Dict([*elements, cst.StarredDictElement(cst.Name(name))])
    (last, _, _) = lines[-1]
    edits.replace(last.body[0], cst.Assign([cst.AssignTarget(cst.Name(name))], display))
    for line, _, _ in lines[:-1]:
        edits.remove(line)
