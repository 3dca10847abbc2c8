"""A block that reads AssemblyAI's first message: what is done before the test, at a refusal, and at the beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.values import Frame, Known, Library, Parsed, something
from codemods.edits import Statement
from codemods.vendors.assemblyai_sessions import Opening

_ENDING: Final = (cst.Return, cst.Raise)


@dataclass(frozen=True, slots=True)
class Split:
    """A block that reads the first message: what comes before the test, what a refusal does, what goes on."""

    before: list[Statement]
    test: cst.Comparison
    refused: list[Statement]
    begun: list[Statement]


def split_at_first(program: Program, opening: Opening, block: Sequence[cst.CSTNode]) -> Split | None:
    """A block's statements, where one of them is the test of the first message and one of its ways ends."""
    statements = [one for one in block if isinstance(one, Statement)]
    at = next(
        (index for index, one in enumerate(statements) if asks_for_begin(program, opening, one) is not None), None
    )
    if at is None or len(statements) != len(block):
        return None
    branch = statements[at]
    assert isinstance(branch, cst.If)
    test = branch.test
    assert isinstance(test, cst.Comparison)
    behind = statements[at + 1 :]
    own = statements_of(branch.body)
    others = statements_of(branch.orelse.body) if isinstance(branch.orelse, cst.Else) else []
    if own is None or others is None or isinstance(branch.orelse, cst.If):
        return None
    if isinstance(test.comparisons[0].operator, cst.NotEqual):
        return Split(statements[:at], test, own, [*others, *behind]) if ends(program, own) else None
    if others:
        if not ends(program, others):
            return None
        return Split(statements[:at], test, others, [*own, *behind])
    return Split(statements[:at], test, behind, own) if ends(program, own) and ends(program, behind) else None


def asks_for_begin(program: Program, opening: Opening, statement: cst.CSTNode) -> cst.Comparison | None:
    """The test whether the first message is the beginning, where an `if` is that test alone."""
    match statement:
        case cst.If(cst.Comparison(left, [cst.ComparisonTarget(operator, right)]) as test) if isinstance(
            operator, cst.Equal | cst.NotEqual
        ):
            sides = [program.value(one) for one in (left, right)]
            is_type = any(
                isinstance(one, Parsed)
                and one.document == Frame(opening.connect.call)
                and one.path == opening.edition.type_path
                for side in sides
                for one in something(side)
            )
            if is_type and Known(opening.edition.begin) in sides:
                return test
    return None


def statements_of(block: cst.BaseSuite) -> list[Statement] | None:
    found = [one for one in block.body if isinstance(one, Statement)]
    return found if isinstance(block, cst.IndentedBlock) and len(found) == len(block.body) else None


def ends(program: Program, statements: Sequence[cst.CSTNode]) -> bool:
    """Whether statements leave their function, or the program."""
    match statements[-1] if statements else None:
        case cst.SimpleStatementLine([*_, last]) if isinstance(last, _ENDING):
            return True
        case cst.SimpleStatementLine([cst.Expr(cst.Call(function))]):
            callee = program.value(function)
            return isinstance(callee, Library) and callee.name in ENDING
    return False


def check_of(split: Split, refused: Sequence[Statement]) -> cst.If:
    """The `if` that a refusal takes."""
    target = split.test.comparisons[0]
    test = split.test.with_changes(comparisons=[target.with_changes(operator=cst.NotEqual())])
    first, *rest = refused
    return cst.If(test, cst.IndentedBlock([_without_lines(first), *rest]))


def _without_lines(statement: Statement) -> Statement:
    lines = [one for one in statement.leading_lines if one.comment is not None]
    return statement.with_changes(leading_lines=lines)
