"""What a text asks a session for, and the dictionary that asks for the same, as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import Known
from codemods.edits import Edits, Statement, expression
from codemods.literals import f_string
from codemods.rules.configuration.dictionary_layout import spread
from codemods.rules.posting.written_url import pieces_of
from codemods.simpler.query_pairs import encoded
from codemods.simpler.query_pieces import Pair, pairs_of

Piece = str | cst.BaseExpression

_DECIDING = (
    *(cst.Name, cst.Attribute, cst.Comparison, cst.ComparisonTarget, cst.BooleanOperation, cst.UnaryOperation),
    *(cst.SimpleString, cst.Integer, cst.Float),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a text asks for: the address in front of its query, parameters, and those that a test decides about."""

    head: list[Piece]
    pairs: list[Pair]
    decided: list[tuple[cst.BaseExpression, list[Pair]]] = field(default_factory=list)
    names: list[Definition] = field(default_factory=list)
    """The names of pieces that may be empty; nothing else needs them."""


def asked_of(program: Program, text: cst.BaseExpression, *, is_piece: bool = False) -> Asked | None:
    """What a text asks for; None where it is no query that can be read. `is_piece`: it has no address."""
    head: list[Piece] = []
    query: list[Piece] = []
    inside = is_piece
    for piece in pieces_of(text):
        if not inside and isinstance(piece, str) and "?" in piece:
            before, _, behind = piece.partition("?")
            head.extend([before] if before else [])
            query.append(behind)
            inside = True
        else:
            (query if inside else head).append(piece)
    if not inside:
        return None
    decided: list[tuple[cst.BaseExpression, list[Pair]]] = []
    names: list[Definition] = []
    plain: list[Piece] = []
    for piece in query:
        if isinstance(piece, str) or _stands_behind_a_name(plain):
            plain.append(piece)
            continue
        choice, definition = _choice(program, piece)
        if choice is None:
            return None
        pairs = pairs_of(program, pieces_of(choice.body))
        if pairs is None or not only_asks(program, choice.test):
            return None
        decided.append((choice.test, pairs))
        names.extend([definition] if definition is not None else [])
    pairs = pairs_of(program, plain)
    return Asked(head, pairs, decided, names) if pairs is not None else None


def _stands_behind_a_name(before: Sequence[Piece]) -> bool:
    return bool(before) and isinstance(before[-1], str) and before[-1].endswith("=")


def _choice(program: Program, piece: cst.BaseExpression) -> tuple[cst.IfExp | None, Definition | None]:
    """The `text if test else ""` that a piece is, here or where its name gets it."""
    definition = None
    if isinstance(piece, cst.Name):
        found = program.definitions_of(piece)
        if len(found) != 1 or found[0].expression is None or len(found[0].uses) != 1:
            return None, None
        (definition,) = found
        piece = found[0].expression
    if isinstance(piece, cst.IfExp) and program.value(piece.orelse) == Known(""):
        return piece, definition
    return None, None


def only_asks(program: Program, test: cst.BaseExpression) -> bool:
    inside = [one for one in program.nodes_in(test) if isinstance(one, cst.BaseExpression)]
    return all(isinstance(one, _DECIDING) for one in inside)


def forget(asked: Asked, edits: Edits) -> None:
    """Removes the names of pieces that are parameters now."""
    for one in asked.names:
        if isinstance(one.statement, cst.SimpleStatementLine) and len(one.statement.body) == 1:
            edits.remove(one.statement)


def filled(
    name: str,
    pairs: Sequence[Pair],
    decided: Sequence[tuple[cst.BaseExpression, list[Pair]]],
    lines: Sequence[cst.EmptyLine],
) -> list[Statement]:
    """The statements that make a dictionary of parameters."""
    display = cst.Dict([cst.DictElement(one.key, one.value) for one in pairs])
    display = spread(display, 1, "    ") if len(pairs) > 1 else display
    made: list[Statement] = [
        cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], display)], leading_lines=lines)
    ]
    made.extend(cst.If(test, cst.IndentedBlock(stores(name, inside))) for test, inside in decided)
    return made


def stores(name: str, pairs: Sequence[Pair]) -> list[cst.SimpleStatementLine]:
    found = []
    for one in pairs:
        target = expression("params[key]", params=cst.Name(name), key=one.key)
        assert isinstance(target, cst.BaseAssignTargetExpression)
        found.append(cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], one.value)]))
    return found


def whole_address(program: Program, head: Sequence[Piece], name: str, near: cst.CSTNode) -> cst.BaseExpression | None:
    """The address with the encoded dictionary; None where no f-string can say it."""
    return f_string([*head, "?", encoded(program.module_of(near), cst.Name(name))])


def free_name(program: Program, near: cst.CSTNode, wanted: str) -> str:
    scope = program.scope_of(near)
    taken = {one.value for one in program.nodes_in(scope) if isinstance(one, cst.Name)}
    return next(one for one in (wanted, f"query_{wanted}", f"session_{wanted}", f"_{wanted}_") if one not in taken)
