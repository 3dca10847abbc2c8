"""A query that a program writes as text, in steps or by decisions, as the dictionary of its parameters.

`url += f"&prompt={text}"` behind a test, a piece that may be empty, and texts of which an `if` chooses one ask
AssemblyAI for what a dictionary asks for that is filled by the same tests and encoded once.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.edits import Edits
from codemods.simpler.growing_queries import plan_name
from codemods.simpler.query_pairs import encoder
from codemods.simpler.query_pieces import made_of
from codemods.simpler.query_readings import asked_of, filled, forget, free_name, whole_address
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions


def with_queries_in_steps(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's query is text that grows or is chosen, with a dictionary for it."""
    plans: dict[cst.Module, Edits] = {}
    seen: set[cst.CSTNode] = set()
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            for node in made_of(program, opening.url):
                edits = plans.setdefault(program.module_of(node), Edits())
                if isinstance(node, cst.Name):
                    plan_name(program, node, edits, seen)
                elif isinstance(node, cst.FormattedString | cst.BinaryOperation | cst.ConcatenatedString):
                    _plan_text(program, node, edits, seen)
    return {module: _written(module, edits) for module, edits in plans.items() if edits}


def _written(module: cst.Module, edits: Edits) -> Simpler:
    needed = [("urllib.parse", "urlencode")] if encoder(module) is None else []
    return simpler(module, edits, needed)


def _plan_text(program: Program, text: cst.BaseExpression, edits: Edits, seen: set[cst.CSTNode]) -> None:
    """A text of which pieces may be empty, where it stands."""
    statement = program.statement_of(text)
    if statement in seen or not isinstance(statement, cst.SimpleStatementLine | cst.With):
        return
    if isinstance(program.parents[text], cst.BinaryOperation | cst.ConcatenatedString):
        return  # a part of one that is looked at by itself
    asked = asked_of(program, text)
    if asked is None or not asked.decided or not asked.head:
        return
    seen.add(statement)
    name = free_name(program, statement, "params")
    whole = whole_address(program, asked.head, name, text)
    if whole is None:
        return
    forget(asked, edits)
    edits.insert_before(statement, lambda: filled(name, asked.pairs, asked.decided, []))
    edits.replace(text, whole)
