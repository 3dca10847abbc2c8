"""What is done about a refused POST, with its end written where a program only comes to it.

`if response.ok: … else: print(…)` as the last thing that a function does ends it for a refusal as well as `return`
does, and as the last thing of a file it ends the program. Where the socket is opened, in another function, that has to
be said.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.tail_position import nothing_follows
from codemods.analysis.values import Library
from codemods.edits import Edits
from codemods.simpler.truth import tells_refusals
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening


def with_refusals_ended(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a refusal ends a function without a word, with a `return` or `SystemExit`."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        scope = program.scope_of(opening.request.call)
        if any(program.scope_of(one.call) is scope for one in opening.connects):
            continue
        for node in program.nodes_in(scope):
            if isinstance(node, cst.If) and program.scope_of(node) is scope:
                _plan(program, opening, node, plans.setdefault(program.module_of(node), Edits()))
    return {module: simpler(module, edits) for module, edits in plans.items() if edits}


def _plan(program: Program, opening: Opening, statement: cst.If, edits: Edits) -> None:
    refused = tells_refusals(program, opening.request.call, statement.test)
    if refused is None or not nothing_follows(program, statement):
        return
    is_of_file = isinstance(program.scope_of(statement), cst.Module)
    end = cst.parse_statement("raise SystemExit" if is_of_file else "return")
    match statement:
        case cst.If(orelse=cst.Else(cst.IndentedBlock() as other), body=cst.IndentedBlock() as first):
            failing = first if refused else other
            if not _leaves(program, failing):
                edits.rewrite(failing, lambda updated: updated.with_changes(body=[*updated.body, end]))
        case cst.If(orelse=None, body=cst.IndentedBlock() as good) if not refused and not _leaves(program, good):
            added = cst.Else(cst.IndentedBlock([end]))
            edits.rewrite(statement, lambda updated: updated.with_changes(orelse=added))


def _leaves(program: Program, body: cst.IndentedBlock) -> bool:
    """Whether a block ends with what leaves the function or the program."""
    match body.body[-1]:
        case cst.SimpleStatementLine([*_, cst.Raise() | cst.Return()]):
            return True
        case cst.SimpleStatementLine([*_, cst.Expr(cst.Call(func))]):
            value = program.value(func)
            return isinstance(value, Library) and value.name in ENDING
    return False
