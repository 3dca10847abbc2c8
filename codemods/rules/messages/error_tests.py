"""Tests whether a message is AssemblyAI's `Error`: by its type, or by the field that no other message has.

Gladia says no such thing on its socket: it refuses the POST, or closes with a code. But it has a field of that name,
which is there and empty in acknowledgements, so such a test must not stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.values import Known, Parsed, Step, Value
from codemods.findings import BRANCH_NEVER_MET
from codemods.migrating import Migrating
from codemods.rules.branches import drop_branch, report_never_sent, where_it_went
from shim.mapping import server_messages
from shim.mapping.paths import steps_of

_KIND: Final[Step] = steps_of(server_messages.ERROR_TEXT.assemblyai[0])[0]
_FIELD: Final[Step] = steps_of(server_messages.ERROR_TEXT.assemblyai[0])[1]


class ErrorTests:
    """Knows the tests of errors among the messages that `message_of` knows, by the type that stands at `type_path`."""

    def __init__(
        self, migrating: Migrating, message_of: Callable[[Value], Parsed | None], type_path: tuple[Step, ...]
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._message_of = message_of
        self._type_path = type_path

    def plan(self) -> None:
        """Plans that branches which are only taken for errors go."""
        for branch in self._branches():
            if branch.test in self._migrating.gone:
                continue
            if self.is_one(branch.test):
                self._drop(branch)
            else:
                self._drop_operand(branch)

    def branches(self) -> list[cst.If]:
        """The branches that are taken for an error alone."""
        return [one for one in self._branches() if self.is_one(one.test)]

    def is_one(self, test: cst.BaseExpression) -> bool:
        """Whether a test comes out true for an error alone."""
        match test:
            case cst.BooleanOperation(left, cst.Or(), right):
                return self.is_one(left) and self.is_one(right)
            case cst.BooleanOperation(left, cst.And(), right):
                return self.is_one(left) or self.is_one(right)
            case cst.Comparison(left, [cst.ComparisonTarget(cst.In(), right)]):
                return self._program.value(left) == Known(_FIELD) and self._path(right) == ()
            case cst.Comparison(left, [cst.ComparisonTarget(cst.IsNot(), right)]):
                return self._path(left) == (_FIELD,) and self._program.value(right) == Known(None)
            case cst.Comparison(left, [cst.ComparisonTarget(cst.Equal(), right)]):
                sides = ((left, right), (right, left))
                return any(
                    self._path(a) == self._type_path and self._program.value(b) == Known(_KIND) for a, b in sides
                )
        return self._path(test) == (_FIELD,)

    def _is_type(self, subject: cst.BaseExpression, name: cst.BaseExpression) -> bool:
        return self._path(subject) == self._type_path and self._program.value(name) == Known(_KIND)

    def _path(self, node: cst.BaseExpression) -> tuple[Step, ...] | None:
        message = self._message_of(self._program.value(node))
        return message.path if message is not None else None

    def _branches(self) -> list[cst.If]:
        """The branches whose tests read the field of errors, or ask whether it is there."""
        found: dict[cst.If, None] = {}
        for node, value in list(self._program.values.items()):
            message = self._message_of(value)
            if message is None or message.path not in ((), (_FIELD,)):
                continue
            current: cst.CSTNode | None = node
            while isinstance(current, (cst.BaseExpression, cst.ComparisonTarget, cst.Arg)):
                around = self._program.parents.get(current)
                if isinstance(around, cst.If) and around.test is current:
                    found[around] = None
                current = around
        return list(found)

    def _drop(self, branch: cst.If) -> None:
        migrating = self._migrating
        if not drop_branch(migrating, branch):
            return
        migrating.gone.update(self._program.nodes_in(branch.test))
        migrating.gone.update(self._program.nodes_in(branch.body))
        way = server_messages.ERROR_TEXT.over(migrating.target)
        end = where_it_went(migrating, branch.body)
        report_never_sent(migrating, branch.test, f"`{_KIND}`: {way.reason}; {end}", branch.body)
        for definition in self._program.definitions():
            given = definition.expression
            if (
                given is not None
                and self._path(given) == (_FIELD,)
                and isinstance(definition.statement, cst.SimpleStatementLine)
                and len(definition.statement.body) == 1
                and definition.uses
                and all(use in migrating.gone for use in definition.uses)
            ):
                migrating.edits.remove(definition.statement)
                migrating.gone.update(self._program.nodes_in(definition.statement))

    def _drop_operand(self, branch: cst.If) -> None:
        """Takes the test of an error out of `… or …`."""
        match branch.test:
            case cst.BooleanOperation(left, cst.Or(), right) as test:
                pass
            case _:
                return
        migrating = self._migrating
        goes_left = self.is_one(left)
        if not goes_left and not self.is_one(right):
            return
        gone, kept = (left, right) if goes_left else (right, left)
        migrating.gone.update(self._program.nodes_in(gone))
        migrating.edits.rewrite(test, lambda _: migrating.edits.edited(kept))
        way = server_messages.ERROR_TEXT.over(migrating.target)
        migrating.report(BRANCH_NEVER_MET, gone, f"`{_KIND}`: {way.reason}; this test went")
