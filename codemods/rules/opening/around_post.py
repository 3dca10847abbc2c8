"""The `with` statements around a POST: once it is gone they hold nothing, or only what their other items are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from codemods.analysis.http_requests import HTTP_CLIENTS
from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, LibraryObject
from codemods.migrating import Migrating


class AroundPost:
    """Takes away what the `with` statements around one POST held for it: its answer, and clients that made only it."""

    def __init__(self, migrating: Migrating, request: cst.Call) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._request = request

    def dissolve(self, going: list[cst.CSTNode]) -> None:
        """Plans the edits; `going` are the statements that go, to which whole `with` statements are added."""
        outermost = self._program.scope_of(self._request)
        current: cst.CSTNode = self._request
        while current is not outermost and current in self._program.parents:
            current = self._program.parents[current]
            if not isinstance(current, cst.With) or current in going:
                continue
            kept = [item for item in current.items if not self._is_idle(item, going)]
            if kept and len(kept) < len(current.items):
                self._keep(current, kept)
            elif not kept and all(one in going for one in current.body.body):
                self._migrating.edits.remove(current)
                going.append(current)
            elif not kept:
                self._migrating.edits.unwrap(current)

    def remove_unused(self, gone: list[cst.CSTNode], kept: Sequence[cst.CSTNode]) -> None:
        """Removes the names of the POST's function that only the POST used; `kept` are parts that stand elsewhere now.

        `gone` are the statements that go, to which those are added.
        """
        program, function = self._program, self._program.scope_of(self._request)
        changed = isinstance(function, cst.FunctionDef)
        while changed:
            changed = False
            for definition in program.definitions():
                statement = definition.statement
                if (
                    statement is None
                    or statement in gone
                    or definition.expression is None
                    or not isinstance(statement, cst.SimpleStatementLine)
                    or len(statement.body) != 1
                    or program.scope_of(definition.node) is not function
                    or not definition.uses
                ):
                    continue
                if all(
                    any(program.is_inside(use, one) for one in (self._request, *gone))
                    and not any(program.is_inside(use, one) for one in kept)
                    for use in definition.uses
                ):
                    self._migrating.edits.remove(statement)
                    gone.append(statement)
                    changed = True

    def _keep(self, statement: cst.With, kept: Sequence[cst.WithItem]) -> None:
        def without(updated: cst.With) -> cst.With:
            items = [new for old, new in zip(statement.items, updated.items, strict=True) if old in kept]
            last = items[-1].with_changes(comma=statement.items[-1].comma)
            return updated.with_changes(items=[*items[:-1], last])

        self._migrating.edits.rewrite(statement, without)

    def _is_idle(self, item: cst.WithItem, going: Sequence[cst.CSTNode]) -> bool:
        if gives_answer(self._program, item, self._request):
            return True
        if not makes_client(self._program, item):
            return False
        name = item.asname.name if item.asname is not None else None
        uses = [use for one in self._program.definitions() if one.node is name for use in one.uses]
        return all(any(self._program.is_inside(use, one) for one in (self._request, *going)) for use in uses)


def gives_answer(program: Program, item: cst.WithItem, request: cst.Call) -> bool:
    """Whether an item of a `with` statement is the answer to a request."""
    value = program.value(item.item)
    return HttpResponse(request) in (value, getattr(value, "result", None))


def makes_client(program: Program, item: cst.WithItem) -> bool:
    """Whether an item of a `with` statement is an HTTP client."""
    made = program.value(item.item)
    return isinstance(made, LibraryObject) and made.made_by in HTTP_CLIENTS


def statements_around(program: Program, statement: cst.CSTNode, function: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements of a function that one of its statements stands in, and their branches, from the inside."""
    current = statement
    while current is not function and current in program.parents:
        current = program.parents[current]
        is_branch = isinstance(current, (cst.BaseCompoundStatement, cst.Else, cst.ExceptHandler, cst.Finally))
        if is_branch and current is not function:
            yield current
