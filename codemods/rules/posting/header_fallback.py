"""A connect that is tried with the keyword of one version of its library, and after a TypeError with that of another.

Gladia's socket takes no headers, so that one connect is left and the `try` goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Awaitable, Frame, Library, OneOf, Parsed, Socket, Value, join_all
from codemods.migrating import Migrating
from codemods.vendors.assemblyai_sessions import HEADER_KEYWORDS, Opening


def take_fallbacks_away(migrating: Migrating, openings: Iterable[Opening]) -> list[Opening]:
    """Plans that each such `try` goes; gives the openings of the `except` branches, which go with it."""
    found: list[Opening] = []
    by_statement = {migrating.program.statement_of(one.connect.call): one for one in openings}
    for statement, opening in by_statement.items():
        block = migrating.program.parents.get(statement)
        attempt = migrating.program.parents.get(block) if block is not None else None
        if not isinstance(attempt, cst.Try) or attempt.body is not block:
            continue
        other = _other_way(migrating, attempt, statement)
        second = by_statement.get(other) if other is not None else None
        if second is not None and second.edition is opening.edition:
            migrating.edits.unwrap(attempt)
            migrating.gone.update(migrating.program.nodes_in(attempt.handlers[0]))
            _take_for_one(migrating.program, second.connect.call, opening.connect.call)
            found.append(second)
    return found


def _take_for_one(program: Program, gone: cst.Call, kept: cst.Call) -> None:
    """What came from either of two connects comes from the one that is left."""
    for node, value in list(program.values.items()):
        program.values[node] = _from(value, gone, kept)


def _from(value: Value, gone: cst.Call, kept: cst.Call) -> Value:
    match value:
        case Frame(connect) | Socket(connect) if connect is gone:
            return replace(value, connect=kept)
        case Parsed(Frame(connect)) if connect is gone:
            return replace(value, document=Frame(kept))
        case Awaitable(result):
            return Awaitable(_from(result, gone, kept))
        case OneOf(alternatives):
            return join_all(_from(one, gone, kept) for one in alternatives)
    return value


def _other_way(migrating: Migrating, attempt: cst.Try, first: cst.CSTNode) -> cst.CSTNode | None:
    """The one statement of the one `except TypeError`, where it says the same but for the headers' keyword."""
    if len(attempt.handlers) != 1 or attempt.orelse is not None or attempt.finalbody is not None:
        return None
    (handler,) = attempt.handlers
    if handler.type is None or migrating.program.value(handler.type) != Library("builtins.TypeError"):
        return None
    if len(attempt.body.body) != 1 or len(handler.body.body) != 1:
        return None
    (second,) = handler.body.body
    return second if _without_keyword(first) == _without_keyword(second) else None


def _without_keyword(statement: cst.CSTNode) -> str:
    """A statement's code under one name for the headers' keyword, without comments above it."""
    plain = statement.with_changes(leading_lines=[]) if hasattr(statement, "leading_lines") else statement
    code = cst.Module([]).code_for_node(plain)
    for keyword in HEADER_KEYWORDS:
        code = code.replace(f"{keyword}=", "headers=")
    return " ".join(code.split())
