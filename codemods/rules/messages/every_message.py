"""Programs that do something with every message, whatever it is: they were written for a service that sends few kinds.

Gladia acknowledges each piece of audio and says where speech begins and ends, unless it is told not to. A program that
asks each message what it is does not notice; one that prints the rest, or reads a field first and asks then, does. So
does one that looks for one message after each piece of audio: it falls behind, and has read less than there was when it
ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import UNKNOWN, Frame, JsonText, Known, Parsed, Value, something
from codemods.rules.messages.leaving.handed_out import HandedOut
from codemods.vendors.assemblyai_sessions import V3, Edition
from shim.mapping import parameters, server_messages
from shim.mapping.paths import steps_of
from shim.mapping.row import Row

_ERROR: Final = steps_of(server_messages.ERROR_TEXT.assemblyai[0])[0]
_SPEECH: Final = server_messages.SPEECH_START.assemblyai[0]


def switched_off(program: Program, connects: Iterable[Connect], edition: Edition = V3) -> tuple[Row, ...]:
    """The rows of messages that Gladia must not send to a program's sessions; none where it asks what each one is."""
    found = _EveryMessage(program, list(connects), edition)
    if not found.is_met():
        return ()
    are_waited_for = found.waits_for(_SPEECH) or found.leave()
    return (parameters.ACKNOWLEDGMENTS, *(() if are_waited_for else (parameters.SPEECH_EVENTS,)))


class _EveryMessage:
    def __init__(self, program: Program, connects: list[Connect], edition: Edition) -> None:
        self._program = program
        self._connects = {one.call: one for one in connects}
        self._handed_out = HandedOut(program)
        self._edition = edition
        self._type_path = edition.type_path
        self._fields = {
            steps_of(path)[1]
            for row in edition.server_rows
            for path in row.assemblyai
            if len(steps_of(path)) > 1 and steps_of(path)[0] not in (edition.begin, _ERROR)
        }

    def leave(self) -> bool:
        """Whether whole messages of any type go to readers who are not here: they may wait for all of them."""
        return any(
            isinstance(node, cst.BaseExpression)
            and self._is_of_any_type(value)
            and all(not isinstance(one, Parsed) or one.path in ((), self._type_path) for one in something(value))
            and self._handed_out.is_handed_out(node)
            for node, value in self._program.values.items()
        )

    def is_met(self) -> bool:
        """Whether anything is done with messages that nobody has asked what they are."""
        return (
            self.leave()
            or self._looks_once_a_piece()
            or any(
                self._is_done(node, value)
                for node, value in self._program.values.items()
                if isinstance(node, cst.BaseExpression)
                and self._is_of_any_type(value)
                and self._comes_again(node, value)
            )
        )

    def _looks_once_a_piece(self) -> bool:
        """Whether a loop that sends audio receives one message each time round."""
        sending = {
            self._loop_around(send.call)
            for send in self._program.sends.values()
            if send.socket.connect in self._connects and self._may_be_audio(send.payload)
        } - {None}
        return any(
            isinstance(node, cst.Call) and self._loop_around(node) in sending
            for node, value in self._program.values.items()
            if any(self._is_of_sessions(one) for one in something(value))
        )

    def _may_be_audio(self, payload: cst.BaseExpression) -> bool:
        value = self._program.value(payload)
        return not isinstance(value, Known) and not (isinstance(value, JsonText) and self._edition is V3)

    def _loop_around(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The innermost loop in whose body a node stands, in its own function."""
        place = self._program.scope_of(node)
        inner, around = node, self._program.parents.get(node)
        while around is not None and around is not place:
            if isinstance(around, (cst.For, cst.While)) and inner is around.body:
                return around
            inner, around = around, self._program.parents.get(around)
        return None

    def waits_for(self, name: str) -> bool:
        """Whether a program compares anything with the name of a type."""
        return any(
            value == Known(name) or (isinstance(value, Known) and value.value == name)
            for node, value in self._program.values.items()
            if isinstance(self._program.parents.get(node), (cst.Comparison, cst.ComparisonTarget, cst.MatchValue))
        )

    def _is_of_any_type(self, value: Value) -> bool:
        return any(
            (isinstance(one, Parsed) and one.types is None and self._is_of_sessions(one.document))
            or self._is_of_sessions(one)
            for one in something(value)
        )

    def _is_of_sessions(self, value: object) -> bool:
        return isinstance(value, Frame) and value.connect in self._connects

    def _comes_again(self, node: cst.CSTNode, value: Value) -> bool:
        """Whether a message is more than the first, which is read by itself where the socket is opened."""
        place = self._program.scope_of(node)
        opened = [self._program.scope_of(call) for call in self._connects]
        if place not in opened:
            return True
        current: cst.CSTNode | None = node
        while current is not None and current is not place:
            if isinstance(current, (cst.For, cst.While)) and not any(
                self._program.is_inside(call, current) for call in self._connects
            ):
                return True
            current = self._program.parents.get(current)
        return False

    def _is_done(self, node: cst.BaseExpression, value: Value) -> bool:
        """Whether a message, its type or one of its fields is more than asked for."""
        paths = {one.path for one in something(value) if isinstance(one, Parsed)}
        if any(path and path[0] in self._fields for path in paths):
            return True
        if paths == {self._type_path}:
            return self._is_shown(node) or self._is_passed_to_else(node)
        return paths <= {()} and self._is_shown(node)

    def _is_shown(self, node: cst.CSTNode) -> bool:
        """Whether an expression goes into a text, or to a call that is not one of the program's own."""
        parent = self._program.parents.get(node)
        if isinstance(parent, cst.FormattedStringExpression):
            return True
        call = self._program.parents.get(parent) if isinstance(parent, cst.Arg) else None
        if not isinstance(call, cst.Call):
            return False
        if self._program.value(call.func) == UNKNOWN:
            return True
        match call.func:
            case cst.Name("print") | cst.Attribute(_, cst.Name("dumps")):
                return True
            case cst.Attribute(_, cst.Name("info" | "warning" | "error")):
                return True
        return False

    def _is_passed_to_else(self, node: cst.CSTNode) -> bool:
        """Whether a chain of tests of the type ends with something that is done with all others."""
        comparison = self._program.parents.get(node)
        if isinstance(comparison, cst.ComparisonTarget):
            comparison = self._program.parents.get(comparison)
        branch = self._program.parents.get(comparison) if comparison is not None else None
        if not isinstance(branch, cst.If) or branch.test is not comparison:
            return False
        if not isinstance(comparison, cst.Comparison) or not isinstance(
            comparison.comparisons[0].operator, (cst.Equal, cst.In)
        ):
            return False
        last: cst.If | cst.Else | None = branch
        while isinstance(last, cst.If):
            last = last.orelse
        return last is not None and not _does_nothing(last.body)


def _does_nothing(body: cst.BaseSuite) -> bool:
    smalls = [
        small
        for statement in body.body
        for small in (statement.body if isinstance(statement, cst.SimpleStatementLine) else (statement,))
    ]
    return all(isinstance(one, (cst.Pass, cst.Continue)) or _only_helps_to_debug(one) for one in smalls)


def _only_helps_to_debug(small: cst.CSTNode) -> bool:
    match small:
        case cst.Expr(cst.Call(cst.Attribute(_, cst.Name("debug")))):
            return True
    return False
