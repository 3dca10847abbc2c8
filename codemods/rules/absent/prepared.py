"""Reads that say themselves what they give where a field is missing: `message.get("speaker_label", "")`.

Where the other vendor has no such field, that is what they always give. A program that only keeps, shows or hands on
what it reads was written to live with it; one that decides by it, or reckons with it unguarded, was not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from codemods.analysis.values import Known, Library, Parsed, Value
from codemods.edits import in_parentheses, takes_any
from codemods.findings import FIELD_NEVER_GIVEN, FIELD_OF_NEITHER
from codemods.migrating import Migrating
from codemods.rules.absent.lived_with import LivedWith, holds, is_at
from codemods.rules.absent.sent_fields import Sent, is_sent
from codemods.rules.absent.without import Without
from codemods.rules.branches import drop_false


class PreparedReads:
    """Plans the reads of absent fields that a program is prepared for.

    `is_message` says whether a value is a message of these sessions, or a part of one.
    """

    def __init__(self, migrating: Migrating, is_message: Callable[[Value], bool]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._is_message = is_message
        self._folded: set[cst.CSTNode] = set()

    def plan(self, node: cst.BaseExpression, message: Parsed, why: str) -> bool:
        """Puts a read's own default in its place, if the program lives with it; False, and nothing, where it does not.

        `why` says why the other vendor has no such field.
        """
        default = self._default_of(node, message)
        if default is None:
            return False
        code = self._migrating.code(node)
        use = LivedWith(self._program, node, message, default, self._is_message)
        if is_sent(self._migrating.source, message) is Sent.NEVER:
            # It was never there, so that whatever the program does with the default it did before.
            if self._is_asked(node):
                return False
            self._migrating.report(FIELD_OF_NEITHER, node, code)
            self.put(node, default)
            return True
        if not use.is_lived_with():
            return False
        if self._is_asked(node):
            return self._drop(self._test_around(node), use.without, why)
        given = self._migrating.code(default)
        self._migrating.report(FIELD_NEVER_GIVEN, node, f"{code}: {why}; it is always {given} from now on")
        self.put(node, default)
        return True

    def _is_asked(self, node: cst.BaseExpression) -> bool:
        """Whether a read stands in a test itself, so that its default would be a test of a constant."""
        parent = self._program.parents[node]
        match parent:
            case cst.If() | cst.While() | cst.IfExp() | cst.CompIf() | cst.Assert():
                return True
            case cst.Comparison():
                return True
            case cst.BooleanOperation() | cst.UnaryOperation() | cst.NamedExpr():
                return self._is_asked(parent)
        return False

    def plan_test(self, test: cst.BaseExpression, inner: Parsed, why: str) -> bool:
        """Takes a test away that asks whether a field is there (`"speaker" in word`), and its branch."""
        without = Without(self._program, is_at(inner), self._is_message, is_none=True)
        return without.asks_for_it(test) and bool(without.decides_alone(test)) and self._drop(test, without, why)

    def _drop(self, test: cst.BaseExpression, without: Without, why: str) -> bool:
        """Takes away a test that never holds any more, and what it decides."""
        if not without.asks_for_it(test):
            return False
        whole, parent = test, self._program.parents[test]
        while isinstance(parent, cst.BooleanOperation) and isinstance(parent.operator, cst.And):
            whole, parent = parent, self._program.parents[parent]
        if any(
            isinstance(one, (cst.NamedExpr, cst.Await)) and one is not test for one in self._program.nodes_in(whole)
        ):
            return False  # what else is done in the test would not be done any more
        text = f"{self._migrating.code(test)} never holds any more: {why}; "
        if isinstance(parent, cst.IfExp):
            self._migrating.edits.rewrite_further(parent, lambda updated: _in_its_place(parent, updated.orelse))
            self._migrating.gone.update(self._program.nodes_in(parent.body))
            self._migrating.gone.update(self._program.nodes_in(whole))
            self._migrating.report(FIELD_NEVER_GIVEN, test, f"{text}what is taken without it stands there")
            return True
        if not drop_false(self._migrating, test):
            return False
        self._migrating.report(FIELD_NEVER_GIVEN, test, f"{text}the branch went")
        return True

    def _test_around(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """The test that asks whether what a read gives is there: the read itself, `(x := read)`, `read is not None`."""
        parent = self._program.parents[node]
        while isinstance(parent, (cst.NamedExpr, cst.Comparison)):
            node, parent = parent, self._program.parents[parent]
        return node

    def _default_of(self, node: cst.BaseExpression, message: Parsed) -> cst.BaseExpression | None:
        match node:
            case cst.Call(cst.Attribute(_, cst.Name("get")), [_]):
                return cst.Name("None")
            case cst.Call(cst.Attribute(_, cst.Name("get" | "pop")), [_, cst.Arg(default, keyword=None)]):
                return default
            case cst.Call(function, [_, _, cst.Arg(default)]) if self._program.value(function) == Library(
                "builtins.getattr"
            ):
                return default
            case cst.Attribute() if is_sent(self._migrating.source, message) is Sent.SOMETIMES:
                return cst.Name("None")
        return None

    def put(self, node: cst.BaseExpression, default: cst.BaseExpression) -> None:
        """Puts a default in a read's place; where `or` stands beside it, what is left of the two."""
        edits, program = self._migrating.edits, self._program

        def given(updated: Any) -> cst.BaseExpression:
            return default if isinstance(updated, cst.Attribute) or len(updated.args) == 1 else updated.args[-1].value

        parent = program.parents[node]
        is_or = isinstance(parent, cst.BooleanOperation) and isinstance(parent.operator, cst.Or)
        if is_or and parent not in self._folded and not holds(program, default):
            assert isinstance(parent, cst.BooleanOperation)
            is_left = parent.left is node
            is_other_live = not isinstance(program.value(parent.right), Known)
            if is_left or is_other_live:
                self._folded.add(parent)
                edits.rewrite_further(
                    parent, lambda updated: _in_its_place(parent, updated.right if is_left else updated.left)
                )
                return
        around = parent
        edits.rewrite(node, lambda updated: given(updated) if takes_any(around) else in_parentheses(given(updated)))


def _in_its_place(whole: cst.BaseExpression, part: cst.BaseExpression) -> cst.BaseExpression:
    """A part of an expression instead of the whole, in its parentheses."""
    return part if part.lpar or not whole.lpar else part.with_changes(lpar=whole.lpar, rpar=whole.rpar)
