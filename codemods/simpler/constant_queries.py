"""A piece of an address's query that stands under a name of its own, written into the address.

`QUERY = "sample_rate=16000&format_turns=true"` and `f"{ENDPOINT}?{QUERY}"` ask for what the address asks for that has
the parameters in it.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known
from codemods.edits import Edits
from codemods.simpler.query_pieces import made_of
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions


def with_constants_in_queries(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a constant holds parameters of a session's query."""
    plans: dict[cst.Module, Edits] = {}
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            for node in made_of(program, opening.url):
                text = _parameters(program, node)
                if text is not None:
                    assert isinstance(node, cst.Name)
                    _plan(program, node, text, plans.setdefault(program.module_of(node), Edits()))
    return {module: simpler(module, edits) for module, edits in plans.items() if edits}


def _parameters(program: Program, node: cst.BaseExpression) -> str | None:
    """The parameters that a name holds, where they are always the same and can stand in any literal."""
    value = program.value(node)
    if not isinstance(node, cst.Name) or not isinstance(value, Known) or not isinstance(value.value, str):
        return None
    text = value.value
    definitions = program.definitions_of(node)
    if "=" not in text or "/" in text or not text.isprintable() or any(one in text for one in "{}'\"\\ "):
        return None
    match [one.statement for one in definitions]:
        case [cst.SimpleStatementLine([cst.Assign([_]) | cst.AnnAssign()])]:
            return text
    return None


def _plan(program: Program, name: cst.Name, text: str, edits: Edits) -> None:
    """Plans that the parameters stand where a text names them; the name goes where nothing else reads it."""
    around = program.parents[name]
    match around:
        case cst.FormattedStringExpression(conversion=None, format_spec=None):
            _plan_in_text(program, around, text, edits)
        case cst.BinaryOperation(operator=cst.Add()):
            edits.replace(name, cst.SimpleString(f'"{text}"'))
        case _:
            return
    (definition,) = program.definitions_of(name)
    if definition.uses == [name] and program.module_of(definition.node) is program.module_of(name):
        edits.remove(program.statement_of(definition.node))


def _plan_in_text(program: Program, piece: cst.FormattedStringExpression, text: str, edits: Edits) -> None:
    """Plans that parameters stand in an f-string, which is a plain one where it has no other expression."""
    around = program.parents[piece]
    assert isinstance(around, cst.FormattedString)
    others = [one for one in around.parts if isinstance(one, cst.FormattedStringExpression) and one is not piece]
    plain = "".join(text if one is piece else getattr(one, "value", "") for one in around.parts)
    if others or "{" in plain or "}" in plain or around.start.lower() not in ('f"', "f'"):
        edits.rewrite(piece, lambda _: cst.FormattedStringText(text))
    else:
        edits.replace(around, cst.SimpleString(f"{around.start[1:]}{plain}{around.end}"))
