"""Tests whether a part of a message is there: they tell types of message apart, and ask for the type from now on.

`"utterance" in message["data"]` holds for the messages that have utterances, `"transcript" in message` for turns. Where
the other vendor's message has no such part, or has it under every type, the test of the type says what was meant.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import EACH, Known, Parsed, Step, Value, alternatives
from codemods.edits import expression, in_parentheses, takes_any
from codemods.findings import FIELD_ABSENT, FIELD_OF_NEITHER, NEVER_SENT
from codemods.migrating import Migrating
from codemods.rules.branches import drop_false
from codemods.rules.messages.never_there import FIELDS
from codemods.rules.messages.places import general
from codemods.rules.messages.reading import Reading
from shim.mapping.paths import steps_of


class Presence:
    """Plans the tests of a program for parts of messages."""

    def __init__(self, migrating: Migrating, reading: Reading) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._reading = reading
        self._asked: dict[cst.CSTNode, tuple[frozenset[str], bool]] = {}
        """The tests that ask for types from now on, and whether they hold for those or for the others."""
        self.read: set[cst.CSTNode] = set()
        """The expressions whose tests were planned."""

    def plan(self) -> None:
        """Plans the edits; what has no counterpart is left to the check of where messages go."""
        for node in list(self._program.values):
            if node in self._migrating.gone or not isinstance(node, cst.BaseExpression):
                continue
            if isinstance(node, cst.Comparison):
                self._compared(node)
            elif self._is_truth(node) and (place := self._unsure(node)) is not None:
                self._ask_type(node, node, place, positive=True)
        self._without_doubles()

    def _compared(self, node: cst.Comparison) -> None:
        if len(node.comparisons) != 1:
            return
        operator, right = node.comparisons[0].operator, node.comparisons[0].comparator
        positive = isinstance(operator, (cst.In, cst.IsNot))
        if isinstance(operator, (cst.In, cst.NotIn)):
            key, around = self._program.value(node.left), self._message(self._program.value(right))
            if not isinstance(key, Known) or not isinstance(key.value, str) or around is None:
                return
            inner = around.step(key.value)
            if isinstance(inner, Parsed) and EACH not in inner.path:
                self._asked_for_key(node, right, around, inner, positive)
        elif (
            isinstance(operator, (cst.Is, cst.IsNot))
            and self._program.value(right) == Known(None)
            and (place := self._unsure(node.left)) is not None
        ):
            self._ask_type(node, node.left, place, positive)

    def _asked_for_key(
        self, node: cst.Comparison, owner: cst.BaseExpression, around: Parsed, inner: Parsed, positive: bool
    ) -> None:
        kinds = self._kinds_of(inner.path)
        if not kinds:
            self._asked_in_vain(node, owner, around, inner)
            return
        target = self._migrating.target
        rows = self._reading.rows_of(inner)
        if around.types is None or not around.types <= kinds:
            self._ask_type(node, owner, around, positive, kinds)
            return
        if rows is not None and not rows[0].of(target):
            self.read.add(owner)
            reason = rows[0].over(target).reason
            self._migrating.report(FIELD_ABSENT, node, f"{self._migrating.code(node)} never holds any more: {reason}")
            return
        if rows is None and positive and self._reading.target_of(inner) == self._reading.target_of(around):
            self._leave_out(node, owner)
            return
        if rows is None or not isinstance(node.left, cst.SimpleString):
            return
        step = steps_of(rows[0].of(target)[0])[1:][len(self._reading.target_of(around)) :][0]
        self._migrating.edits.replace(node.left, self._migrating.string(str(step), node))
        self.read.add(owner)

    def _leave_out(self, node: cst.Comparison, owner: cst.BaseExpression) -> None:
        """`kind == "transcript" and "data" in message`: the part is the message itself, and always there."""
        around = self._program.parents[node]
        if isinstance(around, cst.BooleanOperation) and isinstance(around.operator, cst.And):
            is_left = around.left is node
            self.read.add(owner)
            self._migrating.edits.rewrite_further(around, lambda updated: updated.right if is_left else updated.left)

    def _asked_in_vain(self, node: cst.Comparison, owner: cst.BaseExpression, around: Parsed, inner: Parsed) -> None:
        """`"transcription" in message`: a field that no message of the new vendor's has."""
        name, migrating = inner.path[-1], self._migrating
        if not around.path and name in FIELDS[migrating.target]:
            if name in FIELDS[migrating.source]:
                self.read.add(owner)
            return
        self.read.add(owner)
        if not around.path and name not in FIELDS[migrating.source]:
            migrating.report(FIELD_OF_NEITHER, node, migrating.code(node))
        else:
            migrating.report(FIELD_ABSENT, node, f"{migrating.code(node)} never holds any more")

    def _ask_type(
        self,
        node: cst.BaseExpression,
        owner: cst.BaseExpression,
        place: Parsed,
        positive: bool,
        kinds: set[str] | None = None,
    ) -> None:
        """Puts a test of the type in the place of a test that `node` makes; `owner` is the message afterwards."""
        if self._reading.target_of(place) != ():
            return
        kinds = self._kinds_of(place.path) if kinds is None else kinds
        rows = [row for kind in sorted(kinds) for row in self._reading.type_rows(kind)[:1]]
        names = {row.of(self._migrating.target)[0] for row in rows if self._is_sent(row.of(self._migrating.source)[0])}
        if not names:
            decides = isinstance(self._program.parents[node], cst.If)
            if positive and drop_false(self._migrating, node):
                self._migrating.gone.update(self._program.nodes_in(node))
                text = f"{self._migrating.code(node)} asks for messages that never come; the branch went"
                if decides:
                    self._migrating.report(NEVER_SENT, node, text)
            return
        self.read.add(owner)
        string = self._migrating.string
        written: list[cst.BaseExpression] = [string(one, node) for one in sorted(names)]
        around = self._program.parents[node]
        several = cst.Tuple([cst.Element(one) for one in written])
        operator = ("==" if positive else "!=") if len(written) == 1 else ("in" if positive else "not in")
        names_node = written[0] if len(written) == 1 else several

        def asked(updated: cst.BaseExpression) -> cst.BaseExpression:
            message = updated
            if isinstance(node, cst.Comparison) and isinstance(updated, cst.Comparison):
                message = updated.left if owner is node.left else updated.comparisons[0].comparator
            kind = expression("message.get(key)", message=message, key=string("type", node))
            test = expression(f"kind {operator} names", kind=kind, names=names_node)
            place = around if isinstance(around, cst.UnaryOperation) else node
            return test if takes_any(self._program.parents[place]) or self._is_tested(place) else in_parentheses(test)

        self._asked[node] = (frozenset(kinds), positive)
        if isinstance(around, cst.UnaryOperation) and not isinstance(node, cst.Comparison):
            operator = "!=" if len(written) == 1 else "not in"
            self._migrating.edits.rewrite_further(around, lambda updated: asked(updated.expression))
            return
        self._migrating.edits.rewrite_further(node, asked)

    def _without_doubles(self) -> None:
        """`"data" not in message or "utterance" not in message["data"]`: the second test says it all."""
        for node, (kinds, positive) in self._asked.items():
            around = self._program.parents[node]
            if isinstance(around, cst.BooleanOperation) and around.left is node:
                other = self._asked.get(around.right)
                operator = cst.And if positive else cst.Or
                if (
                    other is not None
                    and other[1] is positive
                    and other[0] <= kinds
                    and isinstance(around.operator, operator)
                ):
                    self._migrating.edits.rewrite_further(around, lambda updated: updated.right)

    def _is_sent(self, kind: str) -> bool:
        return bool(self._reading.type_rows(kind)) and self._reading.why_never_sent(kind) is None

    def _kinds_of(self, path: tuple[Step, ...]) -> set[str]:
        """The types of message that have a place."""
        below = self._reading.fields_below(general(path))
        rows = {*below, *(self._reading.rows_of(self._any(path)) or ())}
        return {
            str(kind)
            for row in rows
            for kind, *field in map(steps_of, row.of(self._migrating.source))
            if kind != "*" and tuple(field)[: len(path)] == general(path)
        }

    def _any(self, path: tuple[Step, ...]) -> Parsed:
        found = next(
            one
            for value in self._program.values.values()
            for one in alternatives(value)
            if isinstance(one, Parsed) and self._message(one) is not None
        )
        return Parsed(found.document, found.origin, path)

    def _message(self, value: Value) -> Parsed | None:
        return self._reading.message(value)

    def _unsure(self, node: cst.BaseExpression) -> Parsed | None:
        """A place between a message and its fields that not every message has which can come here."""
        value = self._program.value(node)
        place = self._message(value)
        if place is None or place.path == ():
            return None
        if Known(None) in alternatives(value) and not self._is_read_there(node):
            return None
        if not self._reading.fields_below(general(place.path)) or self._reading.rows_of(place) is not None:
            return None
        kinds = self._kinds_of(place.path)
        return None if not kinds or (place.types is not None and place.types <= kinds) else place

    def _is_read_there(self, node: cst.BaseExpression) -> bool:
        """Whether an expression reads a message, so that None is what a missing part gives."""
        match node:
            case cst.Call(cst.Attribute(owner, cst.Name("get"))):
                return self._message(self._program.value(owner)) is not None
            case cst.Name():
                found = [one.expression for one in self._program.reaching.get(node, ())]
                return bool(found) and all(one is not None and self._is_read_there(one) for one in found)
        return False

    def _is_truth(self, node: cst.BaseExpression) -> bool:
        parent = self._program.parents[node]
        match parent:
            case cst.If() | cst.While() | cst.IfExp() if parent.test is node:
                return True
            case cst.UnaryOperation(cst.Not()):
                return True
            case cst.BooleanOperation(_, cst.And()):
                return parent.left is node or self._is_truth(parent)
            case cst.BooleanOperation(_, cst.Or()):
                return self._is_truth(parent)
            case cst.CompIf():
                return True
        return False

    def _is_tested(self, node: cst.BaseExpression) -> bool:
        parent = self._program.parents[node]
        return isinstance(parent, (cst.If, cst.While, cst.BooleanOperation, cst.IfExp, cst.CompIf))
