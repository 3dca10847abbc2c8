"""The handler for a refused handshake: what it does about a wrong key, the test of the POST's answer does.

Gladia refuses the POST, so such a handler is not met any more by a key that is wrong. What it did about a status, and
left the function or the program with, is done behind the POST as well; the handler itself stays, for its sockets can be
refused, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.values import Library
from codemods.edits import Statement
from codemods.rules.guards import goes_on, guards_around, types_of
from codemods.rules.posting.answer_reads import AnswerReads
from codemods.vendors.gladia_opening import Post

_OF_HANDSHAKE: Final = (
    "InvalidStatus",
    "InvalidStatusCode",
    "InvalidHandshake",
    "WebSocketBadStatusException",
    "WSServerHandshakeError",
)
_STATUS: Final = ("response.status_code", "status_code", "status")


@dataclass(frozen=True, slots=True, eq=False)
class HandshakeRefusal:
    """The handler for a refused handshake of one session, and the statements of it that move."""

    guard: cst.Try
    handler: cst.ExceptHandler
    moving: Sequence[Statement]
    is_whole: bool
    """Whether the statements leave the function or the program whatever the status is."""

    def written(self, edited: Sequence[Statement], how: Post) -> list[Statement]:
        """The statements, after the edits planned for them, as they are said of the POST's answer."""
        name = self.handler.name.name if self.handler.name is not None else None
        rewording = _OfAnswer(name.value if isinstance(name, cst.Name) else "", how)
        found = [one.visit(rewording) for one in edited]
        return [one for one in found if isinstance(one, Statement)]


def handshake_refusal(reads: AnswerReads) -> HandshakeRefusal | None:
    """The handler for a refused handshake around the connect, where what it does can be done behind the POST."""
    program = reads.program
    for guard in guards_around(program, reads.connect.call):
        if program.scope_of(guard) is not reads.place:
            return None
        handler = next((one for one in guard.handlers if is_for_handshakes(program, one)), None)
        if handler is not None:
            return _taken(reads, guard, handler)
    return None


def handshake_handlers(program: Program, connect: cst.Call) -> list[cst.ExceptHandler]:
    """The handlers for nothing but refused handshakes around a connect after which the program connects again."""
    return [
        handler
        for guard in guards_around(program, connect)
        for handler in guard.handlers
        if is_for_handshakes(program, handler) and goes_on(program, guard, handler)
    ]


def is_for_handshakes(program: Program, handler: cst.ExceptHandler) -> bool:
    """Whether a handler is for nothing but refused handshakes, which a socket that is closed is none of."""
    types = types_of(program, handler.type) if handler.type is not None else []
    return bool(types) and all(one in _OF_HANDSHAKE for one in types)


def _taken(reads: AnswerReads, guard: cst.Try, handler: cst.ExceptHandler) -> HandshakeRefusal | None:
    if not isinstance(handler.body, cst.IndentedBlock):
        return None
    statements = [one for one in handler.body.body if isinstance(one, Statement)]
    if _ends(reads, statements):
        whole = all(_can_move(reads, handler, one) for one in statements)
        return HandshakeRefusal(guard, handler, statements, is_whole=True) if whole else None
    moving: list[Statement] = []
    for statement in statements:
        is_branch = isinstance(statement, cst.If) and statement.orelse is None and _asks_status(statement, handler)
        if not is_branch or not _can_move(reads, handler, statement):
            break
        assert isinstance(statement, cst.If)
        if not isinstance(statement.body, cst.IndentedBlock) or not _ends(reads, statement.body.body):
            break
        moving.append(statement)
    return HandshakeRefusal(guard, handler, moving, is_whole=False) if moving else None


def _ends(reads: AnswerReads, statements: Sequence[cst.CSTNode]) -> bool:
    last = statements[-1] if statements else None
    match last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None:
        case cst.Return() | cst.Raise(cst.BaseExpression()):
            return not any(isinstance(one, cst.Continue) for each in statements for one in reads.program.nodes_in(each))
        case cst.Expr(cst.Call(function)):
            callee = reads.program.value(function)
            return isinstance(callee, Library) and callee.name in ENDING
    return False


def _asks_status(branch: cst.If, handler: cst.ExceptHandler) -> bool:
    found = _Reads(_name_of(handler))
    branch.test.visit(found)
    return bool(found.parts) and all(one in _STATUS for one in found.parts)


def _can_move(reads: AnswerReads, handler: cst.ExceptHandler, statement: cst.CSTNode) -> bool:
    """Whether a statement reads of the exception no more than the answer has, and of all else what is there."""
    found = _Reads(_name_of(handler))
    statement.visit(found)
    if not all(one in ("", *_STATUS) for one in found.parts):
        return False
    program = reads.program
    there = program.at_statement.get(program.statement_of(reads.connect.call), {})
    for node in program.nodes_in(statement):
        if not isinstance(node, cst.Name) or node not in program.reaching or node.value == _name_of(handler):
            continue
        own = program.reaching[node]
        is_inside = any(program.is_inside(one.node, statement) for one in own)
        is_local = program.scope_of(node) is reads.place and node.value in there
        if not is_inside and is_local and not own & there[node.value]:
            return False
    return True


def _name_of(handler: cst.ExceptHandler) -> str:
    name = handler.name.name if handler.name is not None else None
    return name.value if isinstance(name, cst.Name) else ""


class _Reads(cst.CSTVisitor):
    """Collects what is read of an exception: attributes, dotted, and "" for the exception itself."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.parts: list[str] = []

    def visit_From(self, node: cst.From) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        base, dotted = _base_of(node)
        if not isinstance(base, cst.Name) or base.value != self._name:
            return True
        self.parts.append(dotted)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == self._name:
            self.parts.append("")


class _OfAnswer(cst.CSTTransformer):
    """Rewrites what is read of a handshake's exception as what is read of the POST's answer."""

    def __init__(self, name: str, how: Post) -> None:
        super().__init__()
        self._name = name
        self._how = how

    def leave_Raise(self, original_node: cst.Raise, updated_node: cst.Raise) -> cst.Raise:
        cause = original_node.cause
        is_own = cause is not None and isinstance(cause.item, cst.Name) and cause.item.value == self._name
        return updated_node.with_changes(cause=None) if is_own else updated_node

    def visit_From(self, node: cst.From) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return not self._is_own(node)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return self._how.status() if self._is_own(original_node) else updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._how.text() if self._name and original_node.value == self._name else updated_node

    def _is_own(self, node: cst.Attribute) -> bool:
        base, dotted = _base_of(node)
        return isinstance(base, cst.Name) and base.value == self._name and dotted in _STATUS


def _base_of(node: cst.Attribute) -> tuple[cst.BaseExpression, str]:
    names: list[str] = []
    current: cst.BaseExpression = node
    while isinstance(current, cst.Attribute):
        names.append(current.attr.value)
        current = current.value
    return current, ".".join(reversed(names))
