"""How a use of a message ends: it is only shown, it leaves in the form that its readers know, or it is not followed."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Frame, Parsed, Value, something
from codemods.findings import MESSAGE_NOT_FOLLOWED, WHOLE_MESSAGE
from codemods.migrating import Migrating
from codemods.rules.messages.leaving.leaving import Leaving
from codemods.rules.messages.received import Received
from codemods.rules.messages.showing import Showing
from shim.mapping import session

_PLAIN: Final = (dict, list, str, bytes, int, float)
"""What a parsed message is made of."""


class Ends:
    """What is said and planned where messages end; `leaving` is None where the old form cannot be written."""

    def __init__(
        self,
        migrating: Migrating,
        received: Received,
        leaving: Leaving | None,
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._received = received
        self._leaving = leaving
        self._showing = Showing(migrating.program)
        self._complete = True
        self._shown: list[cst.BaseExpression] = []

    def _whole_is_shown(self, node: cst.BaseExpression, value: Value) -> None:
        message = self._received.message(value)
        if message is not None and message.path != self._received.type_path:
            self._shown.append(node)

    def _report_shown(self) -> None:
        """Says of the messages that are only shown that they are the new vendor's; others leave in the old form."""
        to = session.NAME.of(self._migrating.target)[0]
        for node in self._shown:
            if node not in self._migrating.in_old_form:
                self._migrating.report(
                    WHOLE_MESSAGE, node, f"{self._migrating.code(node)} is {to}'s message from now on"
                )

    def _names_method(self, node: cst.CSTNode) -> bool:
        """Whether an expression is part of the name by which a message's type chooses a method."""
        current = node
        while not isinstance(current, (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Module)):
            if isinstance(current, cst.Call) and current in self._program.named_choices:
                return True
            current = self._program.parents[current]
        return False

    def _check_shown(self, node: cst.BaseExpression, parent: cst.CSTNode, value: Value) -> None:
        """A message or its type inside a text: fine where the text is printed or raised, else it may decide."""
        if self._names_method(node):
            return
        current = parent
        while not isinstance(current, (cst.Call, cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Module)):
            current = self._program.parents[current]
        if isinstance(current, cst.Raise):
            return
        if self._is_written_by_python(value):
            self._whole_is_shown(node, value)
            return
        if isinstance(current, cst.Call):
            callees = something(self._program.value(current.func))
            if all(self._showing.is_showing(current, one) for one in callees):
                self._whole_is_shown(node, value)
                return
            if isinstance(self._program.parents[current], cst.Raise):
                return
        self._give_up(node)

    def _is_written_by_python(self, value: Value) -> bool:
        """Whether a value is a message that was parsed, which a text holds as Python writes dictionaries.

        People read that, wherever the text goes: no program takes it apart again.
        """
        return all(isinstance(one, Parsed) and one.path == () for one in something(value))

    def _has_none(self, value: Value, name: str) -> bool:
        """Whether a value is the text of a message or a parsed one, which have no attribute of a name."""
        found = something(value)
        are_texts = all(
            isinstance(one, Frame) and not self._program.connects[one.connect].library.wrapped for one in found
        )
        are_parsed = all(isinstance(one, Parsed) and isinstance(one.document, Frame) for one in found)
        is_there = any(hasattr(kind, name) for kind in _PLAIN)
        return bool(found) and (are_texts or are_parsed) and not is_there

    def _check_text(self, node: cst.BaseExpression, place: cst.CSTNode, value: Value) -> None:
        """The text of a message inside another text, such as an event of a stream: it is shown, stored, or leaves."""
        current = place
        while not isinstance(current, (cst.Call, cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Module)):
            current = self._program.parents[current]
        if isinstance(current, cst.Call):
            callees = something(self._program.value(current.func))
            shown = all(self._showing.is_showing(current, one) for one in callees)
            if (shown and self._showing.is_shown(current)) or self._showing.is_storing(current):
                return
            if shown and isinstance(self._program.parents[current], cst.Expr):
                return
        if not isinstance(current, cst.Raise):
            self._leaves(node, value)

    def _leaves(self, node: cst.BaseExpression, value: Value, place: cst.CSTNode | None = None) -> None:
        """What is handed to readers elsewhere leaves in the form that they know, where that can be made."""
        if self._leaving is None or not self._leaving.plan(node, value):
            self._give_up(place or node)

    def _give_up(self, node: cst.CSTNode) -> None:
        self._complete = False
        statement = self._program.parents.get(node, node)
        self._migrating.report(MESSAGE_NOT_FOLLOWED, node, self._migrating.code(statement))
