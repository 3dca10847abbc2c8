"""Branches for two messages of which the other vendor sends one: what was done at either is done at that one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import libcst as cst

from codemods.findings import FIELD_UNCLEAR
from codemods.migrating import Migrating
from codemods.rules.branches import drop_branch, drop_case
from shim.mapping import catalogue
from shim.mapping.row import Fidelity, Row, Section

_LEAVING: Final = (cst.Return, cst.Raise, cst.Break, cst.Continue)
Branch = cst.If | cst.MatchCase


class SameMessage:
    """Branches that ask for a message's type alone, as they were renamed; `rows_of` gives a type's rows."""

    def __init__(self, migrating: Migrating, rows_of: Callable[[str], list[Row]]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._rows_of = rows_of
        self._branches: list[tuple[Branch, str]] = []
        self._written = {
            str(node.evaluated_value)
            for module in self._program.modules
            for node in self._program.nodes_in(module)
            if isinstance(node, cst.SimpleString)
        }

    def better(self, name: str) -> str:
        """The type that the program waits for too, and that stands better for the same message; empty for none."""
        return self.better_of(name, self._written)

    def better_of(self, name: str, names: Iterable[str]) -> str:
        """The one of several types that stands better for the same message; empty for none."""
        rows = self._rows_of(name)
        target = self._migrating.target
        if not rows or not rows[0].of(target):
            return ""
        others = [other for other in names if other != name and self._target_of(other) == rows[0].of(target)]
        ranks = {other: self._rank(other) for other in (*others, name)}
        best = max(ranks, key=lambda one: ranks[one])
        return best if best != name else ""

    def _target_of(self, name: str) -> tuple[str, ...] | None:
        rows = self._rows_of(name)
        return rows[0].of(self._migrating.target) or None if rows else None

    def _rank(self, name: str) -> tuple[bool, int]:
        """How well a type stands for the message: exactly or not, and the last of a session before others."""
        row = self._rows_of(name)[0]
        is_same = row.way(self._migrating.target).codemod is Fidelity.SAME
        return is_same, catalogue.rows(Section.SERVER).index(row)

    def note(self, branch: Branch, target: str) -> None:
        """Notes a branch that asks for nothing but a type, which is `target` now."""
        self._branches.append((branch, target))

    def plan(self) -> bool:
        """Plans the edits of branches that are one now; False, with findings, where two cannot be joined."""
        complete = True
        for at, (first, target) in enumerate(self._branches):
            for second, other in self._branches[at + 1 :]:
                if other == target and not self._is_gone(first) and not self._is_gone(second):
                    complete &= self._join(first, second)
        return complete

    def _is_gone(self, branch: Branch) -> bool:
        return branch in self._migrating.dropped or branch in self._migrating.edits.taken_out

    def _join(self, first: Branch, second: Branch) -> bool:
        if self._is_in_chain(first, second):
            return self._join_bodies(first, second)
        block = self._program.parents[first]
        if isinstance(first, cst.If) and self._head(second) is not None and isinstance(block, cst.IndentedBlock):
            head = self._head(second)
            if head in block.body and list(block.body).index(first) < list(block.body).index(head):  # type: ignore[arg-type]
                return self._goes_on(first)
        return True

    def _head(self, branch: Branch) -> cst.CSTNode | None:
        """The `if` that a chain begins with."""
        if not isinstance(branch, cst.If):
            return None
        head: cst.CSTNode = branch
        while isinstance(self._program.parents[head], cst.If):
            head = self._program.parents[head]
        return head

    def _is_in_chain(self, first: Branch, second: Branch) -> bool:
        if isinstance(first, cst.MatchCase) or isinstance(second, cst.MatchCase):
            return self._program.parents[first] is self._program.parents[second]
        return self._head(first) is self._head(second)

    def _goes_on(self, first: cst.If) -> bool:
        """Lets a branch that ends by `continue` go on to the one behind it."""
        body = first.body
        if not isinstance(body, cst.IndentedBlock) or not self._leaves(body):
            return True
        last = body.body[-1]
        if _is_continue(last) and not self._leaves_before(body):
            self._migrating.edits.remove(last)
            return True
        return not self._leaves_by_continue(body) or self._unclear(first)

    def _join_bodies(self, first: Branch, second: Branch) -> bool:
        body, further = first.body, second.body
        if not isinstance(body, cst.IndentedBlock) or not isinstance(further, cst.IndentedBlock):
            return self._unclear(first)
        if self._leaves(body) and not (_is_continue(body.body[-1]) and not self._leaves_before(body)):
            return True if not self._leaves_by_continue(body) else self._unclear(first)
        gone = (
            drop_branch(self._migrating, second) if isinstance(second, cst.If) else drop_case(self._migrating, second)
        )
        if not gone:
            return self._unclear(second)
        migrating = self._migrating
        if _is_continue(body.body[-1]):
            migrating.edits.remove(body.body[-1])

        def joined(updated: cst.IndentedBlock) -> cst.IndentedBlock:
            kept = [one for one in updated.body if not _is_pass(one)]
            return updated.with_changes(body=[*kept, *migrating.edits.edited(further).body])

        migrating.edits.rewrite_further(body, joined)
        return True

    def _leaves(self, body: cst.IndentedBlock) -> bool:
        return any(isinstance(node, _LEAVING) for node in self._program.nodes_in(body))

    def _leaves_before(self, body: cst.IndentedBlock) -> bool:
        """Whether anything but the last statement leaves."""
        return any(isinstance(node, _LEAVING) for one in body.body[:-1] for node in self._program.nodes_in(one))

    def _leaves_by_continue(self, body: cst.IndentedBlock) -> bool:
        return any(isinstance(node, (cst.Continue, cst.Return)) for node in self._program.nodes_in(body))

    def _unclear(self, branch: Branch) -> bool:
        self._migrating.report(
            FIELD_UNCLEAR, branch, "two messages are one at the other service, and this branch leaves before the second"
        )
        return False


def _is_continue(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Continue()]):
            return True
    return False


def _is_pass(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Pass()]):
            return True
    return False
