"""What a refused POST is raised as, so that it comes to whom a refusal came before.

AssemblyAI opens the socket first and refuses by a message and a close: what a program did about it stood around the
place where messages are read. The POST is refused where the socket is opened. A handler there that connects again after
a lost connection never met a wrong key; so the exception is of a type that goes past it, or it lets that one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import Awaitable, Frame, Parsed, Socket, something
from codemods.edits import Statement
from codemods.findings import REFUSAL_PASSES, REFUSAL_TRIED_AGAIN
from codemods.migrating import Migrating
from codemods.rules.guards import (
    ANY,
    EVERYTHING,
    EXIT,
    Raised,
    catcher,
    goes_on,
    guards_around,
    raises_again,
    types_of,
    with_callers,
)
from codemods.rules.letting_pass import RAISED, LettingPass
from codemods.rules.posting.callbacks_told import CallbacksTold
from codemods.rules.posting.handshake_refusal import HandshakeRefusal, handshake_handlers
from codemods.rules.posting.opening_place import REFUSED, OpeningPlace
from codemods.rules.posting.socket_never_opened import SocketNeverOpened
from codemods.vendors import gladia_opening as gladia
from codemods.vendors.gladia_opening import Post

_CLOSED: Final = (
    "ConnectionClosed",
    "ConnectionClosedError",
    "WebSocketException",
    "WebSocketConnectionClosedException",
    "ClientError",
    ANY,
    EVERYTHING,
)
"""Types that catch what the socket libraries raise where a server closes with an error."""


class RefusalRaised:
    """Knows the handlers around one connect, and which of them a refusal came to."""

    def __init__(self, migrating: Migrating, connect: Connect) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._connect = connect
        self._place = OpeningPlace(migrating, connect)
        self.handshake: HandshakeRefusal | None = None
        """The handler for a refused handshake whose statements stand behind the POST as well."""

    def default(self) -> str:
        """The type of a refusal that the program has no word of its own for; empty where it ends the program."""
        handshake = self.handshake
        if handshake is not None and catcher(self._program, handshake.guard, REFUSED) is not None:
            return REFUSED  # what the program did about such a refusal went on with the next attempt, as this does
        lost = self._taken_for_lost(REFUSED, self._where_it_closed(), None)
        if self._place.is_of_a_script(self._program.scope_of(self._connect.call)):
            raised = RAISED if lost else REFUSED
            return raised if self._place.is_caught(raised, besides=lost) else ""
        return RAISED if lost else REFUSED

    def plan(self, check: cst.If | None, raised: str) -> None:
        """Plans that handlers which are for lost connections let a refusal pass, and reports who does not meet one.

        `check` is the program's own test of a refusal, if it has one; else a refusal is of the type `raised`.
        """
        SocketNeverOpened(self._migrating, self._connect).plan()
        CallbacksTold(self._migrating, self._connect).tell(raised)
        letting = LettingPass(self._migrating)
        own: list[cst.CSTNode] = [] if check is None else [check.body]
        places = with_callers(self._program, check.test) if check is not None else []
        handshake = self.handshake
        if handshake is not None:
            own = list(handshake.moving)
            places = with_callers(self._program, handshake.handler)
        passing = self._taken_for_lost(raised, self._where_it_closed(), None) if raised and not own else []
        for guard in passing:
            letting.plan(guard, [raised])
        types = list(dict.fromkeys(letting.raised_in(own)))
        guards = dict.fromkeys(guard for one in types for guard in self._taken_for_lost(one, places, one))
        if handshake is not None:
            guards[handshake.guard] = None
        for guard in guards:
            letting.plan(guard, types)
        self._tell_of_handshake(raised)
        if check is None:
            moved = handshake.handler if handshake is not None else None
            passing.extend([handshake.guard] if handshake is not None else [])
            self._place.tell_who_met_refusals(raised or EXIT, moved, passing, self._where_it_closed())

    def _tell_of_handshake(self, raised: str) -> None:
        """Reports a refused POST that is tried again, or is not, other than what the handler for handshakes says."""
        handshake = self.handshake
        if handshake is None:
            for one in handshake_handlers(self._program, self._connect.call):
                code = self._migrating.code(one.type) if one.type is not None else ""
                text = f"`except {code}` is met by the socket's handshake, and not by the POST, which goes before it"
                self._migrating.report(REFUSAL_PASSES, one, text)
            return
        handler = catcher(self._program, handshake.guard, raised) if raised and not handshake.is_whole else None
        if handler is not None and handler.type is not None and goes_on(self._program, handshake.guard, handler):
            code = self._migrating.code(handler.type)
            text = f"what the POST is refused for besides, such as 429, comes to `except {code}` and is tried again"
            self._migrating.report(REFUSAL_TRIED_AGAIN, handler, text)

    def check(self, own: cst.If | None, how: Post, near: cst.CSTNode, *, only_tells: bool = False) -> cst.If | None:
        """The test behind the POST, after the edits planned so far; None for that which every program gets.

        Where the program's own `only_tells` of a refusal, it ends as every program does behind that.
        """
        edits, handshake = self._migrating.edits, self.handshake
        if own is not None and only_tells:
            told = edits.edited(own)
            default = gladia.refusal_check(self._migrating, how, near)
            return told.with_changes(body=told.body.with_changes(body=[*told.body.body, *default.body.body]))
        if own is not None or handshake is None:
            return edits.edited(own) if own is not None else None
        moved = handshake.written([edits.edited(one) for one in handshake.moving], how)
        default = gladia.refusal_check(self._migrating, how, near)
        rest = [one for one in default.body.body if isinstance(one, Statement)]
        body = moved if handshake.is_whole else [*moved, *rest]
        return default.with_changes(body=cst.IndentedBlock([_plain(one) for one in body]))

    def comes_to_the_same(self, made: cst.BaseExpression, place: cst.CSTNode) -> bool:
        """Whether an exception comes to the same handler from a place as from where the socket is opened."""
        types = types_of(self._program, made)
        if len(types) != 1:
            return False
        passing = self._taken_for_lost(types[0], with_callers(self._program, place), types[0])
        there = self._first_catcher(self._connect.call, types[0], passing)
        return there is not None and there is self._first_catcher(place, types[0], [])

    def _first_catcher(
        self, place: cst.CSTNode, raised: Raised, passing: Sequence[cst.Try]
    ) -> cst.ExceptHandler | None:
        """The handler that an exception comes to; those `passing` let it pass."""
        for guard in guards_around(self._program, place):
            handler = catcher(self._program, guard, raised) if guard not in passing else None
            if handler is not None and not raises_again(handler):
                return handler
        return None

    def _taken_for_lost(self, raised: Raised, places: Sequence[cst.CSTNode], before: Raised | None) -> list[cst.Try]:
        """The `try` statements around the connect that would go on after a refusal, and never met one before.

        `places` are those where one was met, and `before` what it was; None for a socket that the server closes.
        """
        found: list[cst.Try] = []
        for guard in guards_around(self._program, self._connect.call):
            handler = catcher(self._program, guard, raised)
            if handler is None or raises_again(handler):
                continue
            is_met = any(self._program.is_inside(one, guard.body) for one in places)
            if is_met and self._catcher_before(guard, before) is handler:
                break
            if not goes_on(self._program, guard, handler):
                break
            found.append(guard)
        return found

    def _catcher_before(self, guard: cst.Try, before: Raised | None) -> cst.ExceptHandler | None:
        if before is not None:
            return catcher(self._program, guard, before)
        for handler in guard.handlers:
            types = [EVERYTHING] if handler.type is None else types_of(self._program, handler.type)
            if any(one in _CLOSED for one in types):
                return handler
        return None

    def _where_it_closed(self) -> list[cst.CSTNode]:
        """Where the program met that the server closed the socket, and the calls by which it comes there."""
        return [each for one in self._reading_places() for each in with_callers(self._program, one)]

    def _reading_places(self) -> list[cst.CSTNode]:
        """Where the program takes frames from the socket: there it met that the server closed it."""
        found: list[cst.CSTNode] = []
        if self._connect.library.by_callback:
            return found
        for node, value in self._program.values.items():
            if Socket(self._connect.call) not in something(value):
                continue
            parent = self._program.parents.get(node)
            call = self._program.parents.get(parent) if isinstance(parent, cst.Attribute) else None
            is_loop = isinstance(parent, (cst.For, cst.CompFor)) and parent.iter is node
            if is_loop or (isinstance(call, cst.Call) and call.func is parent and self._receives(call)):
                found.append(node)
        return found

    def _receives(self, call: cst.Call) -> bool:
        value = self._program.value(call)
        received = value.result if isinstance(value, Awaitable) else value
        return any(isinstance(one, (Frame, Parsed)) for one in something(received))


def _plain(statement: cst.BaseStatement) -> cst.BaseStatement:
    """A statement without the empty lines above it."""
    return statement.with_changes(leading_lines=[])
