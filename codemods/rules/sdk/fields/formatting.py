"""Code that waits for the formatted form of a turn: Gladia's transcripts have one form, so some of it can never run.

`end_of_turn` and `turn_is_formatted` are one thing there. A branch that asks for the first without the second goes, and
with it the request for formatting; a test of both becomes a test of one.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Delivered, Parsed, something
from codemods.findings import BRANCH_WENT, FIELD_UNCLEAR
from codemods.migrating import Migrating
from codemods.rules.branches import drop_branch

_FINAL: Final = ("end_of_turn", "turn_is_formatted")


class FormattingRule:
    """Plans what becomes of the tests of these sessions' turns."""

    def __init__(self, migrating: Migrating, sites: frozenset[cst.Call]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._sites = sites

    def plan(self) -> set[cst.CSTNode]:
        """Plans the edits; gives the statements that go."""
        gone: set[cst.CSTNode] = set()
        for node in (node for module in self._program.modules for node in self._program.nodes_in(module)):
            if isinstance(node, cst.If) and self._outcomes(node.test) == {False}:
                self._remove(node, gone)
            elif isinstance(node, cst.BooleanOperation):
                self._simplify(node)
        return gone

    def _is_final(self, node: cst.BaseExpression, name: str | None = None) -> bool:
        value = something(self._program.value(node))
        return all(
            isinstance(one, Parsed)
            and self._is_of_a_session(one)
            and one.path in ([(name,)] if name is not None else [(field,) for field in _FINAL])
            for one in value
        )

    def _is_of_a_session(self, message: Parsed) -> bool:
        """Whether a message is one of the sessions that are migrated."""
        return isinstance(message.document, Delivered) and message.document.site in self._sites

    def _outcomes(self, test: cst.BaseExpression) -> set[bool] | None:
        """What a test can come to; None where it asks for nothing but other things."""
        if not any(
            isinstance(one, cst.BaseExpression) and self._is_final(one, "turn_is_formatted")
            for one in self._program.nodes_in(test)
        ):
            return None
        return {outcome for final in self._possible(test) for outcome in self._with(test, final)}

    def _possible(self, test: cst.BaseExpression) -> set[bool]:
        """Whether a turn can be final, and can be not, where a test is asked: the tests around it say so."""
        possible = {True, False}
        inner: cst.CSTNode = test
        outer = self._program.parents.get(self._program.parents[test])
        inner = self._program.parents[test]
        while outer is not None and not isinstance(outer, (cst.FunctionDef, cst.Lambda, cst.Module)):
            if isinstance(outer, cst.If):
                wanted = inner is outer.body
                possible = {final for final in possible if wanted in self._with(outer.test, final)}
            inner, outer = outer, self._program.parents.get(outer)
        return possible

    def _with(self, test: cst.BaseExpression, final: bool) -> set[bool]:
        if self._is_final(test):
            return {final}
        match test:
            case cst.UnaryOperation(cst.Not(), inner):
                return {not one for one in self._with(inner, final)}
            case cst.BooleanOperation(left, operator, right):
                pairs = [(a, b) for a in self._with(left, final) for b in self._with(right, final)]
                return {(a and b) if isinstance(operator, cst.And) else (a or b) for a, b in pairs}
        return {True, False}

    def _remove(self, branch: cst.If, gone: set[cst.CSTNode]) -> None:
        if not drop_branch(self._migrating, branch):
            self._migrating.report(FIELD_UNCLEAR, branch.test, "the `else` of a test that never holds")
            return
        gone.update((branch.test, *self._program.nodes_in(branch.test), *self._program.nodes_in(branch.body)))
        if branch.orelse is None:
            gone.add(branch)
        self._migrating.report(BRANCH_WENT, branch, self._migrating.code(branch.test))

    def _simplify(self, node: cst.BooleanOperation) -> None:
        """`event.end_of_turn and event.turn_is_formatted` asks one thing twice."""
        if (self._is_final(node.left) and self._is_final(node.right)) or (
            isinstance(node.left, cst.BooleanOperation)
            and type(node.left.operator) is type(node.operator)
            and self._is_final(node.right)
            and self._is_final(node.left.right)
        ):
            self._migrating.edits.rewrite(node, lambda updated: updated.left)
