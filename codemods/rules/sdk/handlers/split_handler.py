"""One handler of all messages becomes one handler an event, where all that it does is to ask for the type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import libcst as cst

from codemods.edits import Statement
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.handlers import functions as sdk_handlers

_NAMES = {
    "Begin": "on_begin",
    "Turn": "on_turn",
    "Termination": "on_termination",
    "SpeechStarted": "on_speech_started",
}


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch of a handler: its `if`, the event it handles (None: one that never comes), and whether it asks for
    more than the type."""

    node: cst.If
    event: str | None
    asks_more: bool


@dataclass(slots=True)
class Part:
    """One of the new handlers: its event, name, and the annotation of what it gets."""

    event: str
    name: str
    annotation: str | None


def chain_of(function: cst.FunctionDef) -> list[cst.If]:
    """The branches of the one `if` that a function consists of; none where it does more, or has an `else`."""
    match sdk_handlers.body_of(function, frozenset()):
        case [cst.If() as first]:
            found = [first]
            while isinstance(found[-1].orelse, cst.If):
                found.append(found[-1].orelse)
            return found if found[-1].orelse is None else []
    return []


def parts_of(migrating: Migrating, branches: list[Branch], annotations: dict[str, str] | None) -> list[Part]:
    """The new handlers, one for each branch whose event comes."""
    taken = naming.identifiers(migrating)
    found: list[Part] = []
    for branch in branches:
        if branch.event is None:
            continue
        name = _NAMES[branch.event]
        if name in taken:
            name = naming.free_name(migrating, name.replace("on_", "handle_"))
        found.append(Part(branch.event, name, annotations[branch.event] if annotations else None))
    return found


def split(migrating: Migrating, function: cst.FunctionDef, branches: list[Branch], parts: list[Part]) -> None:
    """Plans the new handlers in the place of the old one."""
    built: list[Any] = []
    program = migrating.program
    nested = not isinstance(program.parents[function], cst.Module)
    between = [cst.EmptyLine(indent=False)] * (1 if nested else 2)

    def rewritten(updated: cst.FunctionDef) -> cst.FunctionDef:
        current: Any = next(one for one in updated.body.body if isinstance(one, cst.If))
        waiting = list(parts)
        for branch in branches:
            if branch.event is not None:
                built.append(_part(updated, current, branch, waiting.pop(0)))
            current = current.orelse
        for one in built[1:]:
            built[built.index(one)] = one.with_changes(leading_lines=between)
        return built[-1]  # type: ignore[no-any-return]

    migrating.edits.rewrite_further(function, rewritten)
    if len(parts) > 1:
        migrating.edits.insert_before(function, lambda: list[Statement](built[:-1]))


def _part(function: cst.FunctionDef, branch: cst.If, planned: Branch, part: Part) -> cst.FunctionDef:
    comments = [line for line in branch.leading_lines if line.comment is not None]
    if planned.asks_more:
        body: list[Any] = [branch.with_changes(orelse=None, leading_lines=comments)]
    else:
        statements: list[Any] = sdk_handlers.lines_of(branch.body)
        first, *others = statements
        body = [first.with_changes(leading_lines=[*comments, *first.leading_lines]), *others]
    every = list(function.params.params)
    if part.annotation is not None and every[-1].annotation is not None:
        every[-1] = every[-1].with_changes(annotation=cst.Annotation(cst.parse_expression(part.annotation)))
    block = function.body if isinstance(function.body, cst.IndentedBlock) else cst.IndentedBlock([])
    return function.with_changes(
        name=cst.Name(part.name),
        params=function.params.with_changes(params=every),
        body=block.with_changes(body=body),
    )
