"""Joining frames that another service cuts: telephones send 20 ms, AssemblyAI takes no less than 50.

Where one plain statement sends them, a buffer takes them up and is sent once it is long enough; what is left in it goes
out before the stop, filled up with silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import libcst as cst

from codemods.analysis.libraries import Send
from codemods.analysis.values import DictDisplay, JsonText, Known
from codemods.edits import Statement, expression, statements
from codemods.migrating import Migrating
from codemods.rules.chunk_length import SHORTEST_MS, AudioFormat
from shim.mapping import client_messages

_NAMES: Final = ("frames", "audio_frames", "unsent_audio")
_STOP: Final = client_messages.STOP.gladia[0]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the buffer begins, and before or behind which statements the rest of it is sent."""

    buffer: cst.BaseExpression
    begins_before: cst.CSTNode
    stops: tuple[Send, ...]
    behind: cst.CSTNode | None = None


class FrameBuffer:
    """Plans the buffer for one place that sends, where the session's audio is `of`."""

    def __init__(self, migrating: Migrating, send: Send, of: AudioFormat) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._send = send
        self._least = of.rate * of.width * SHORTEST_MS // 1000
        self._silence = 'b"\\0"' if of.width > 1 else 'b"\\xff"'
        self._awaited = isinstance(self._program.parents[send.call], cst.Await)

    def plan(self, audio: cst.BaseExpression) -> bool:
        """Plans the edits; `audio` is the expression of the bytes of one frame. False where there is no place."""
        statement = self._program.statement_of(self._send.call)
        places = self._places() if self._stands_alone(statement) else None
        if places is None:
            return False
        edits = self._migrating.edits
        buffer = places.buffer
        edits.add_before(places.begins_before, lambda: statements("FRAMES = bytearray()", FRAMES=buffer))
        edits.add_before(
            statement, lambda: statements("FRAMES += AUDIO", FRAMES=buffer, AUDIO=self._migrating.edits.edited(audio))
        )
        edits.rewrite(self._send.payload, lambda updated: updated)  # its place is taken with the statement's
        edits.rewrite(statement, lambda _: self._once_long_enough(buffer))
        for stop in places.stops:
            assert isinstance(stop.call.func, cst.Attribute)
            edits.add_before(self._program.statement_of(stop.call), partial(self._rest, buffer, stop.call.func.value))
        if places.behind is not None:
            edits.add_after(places.behind, partial(self._rest, buffer, self._socket))
        return True

    @property
    def _socket(self) -> cst.BaseExpression:
        assert isinstance(self._send.call.func, cst.Attribute)
        return self._send.call.func.value

    def _stands_alone(self, statement: cst.CSTNode) -> bool:
        """Whether a statement does nothing but send."""
        if not isinstance(self._send.call.func, cst.Attribute) or len(self._send.call.args) != 1:
            return False
        match statement:
            case cst.SimpleStatementLine([cst.Expr(cst.Await(cst.Call() as call) | (cst.Call() as call))]):
                return call is self._send.call
        return False

    # --- places ----------------------------------------------------------------------------------

    def _places(self) -> _Places | None:
        program = self._program
        function = program.scope_of(self._send.call)
        stops = tuple(one for one in program.sends.values() if self._is_stop(one))
        if not isinstance(function, cst.FunctionDef):
            return None
        loop = self._loop_in(function)
        here = tuple(one for one in stops if program.scope_of(one.call) is function)
        if loop is not None:
            if any(not self._stop_can_be_led(one) for one in here):
                return None
            return _Places(cst.Name(self._name()), self._guard_around(loop, function), here, None if here else loop)
        owner = program.scope_of(function)
        connect = program.scope_of(self._send.socket.connect)
        methods = [function, connect, *(program.scope_of(one.call) for one in stops)]
        if not isinstance(owner, cst.ClassDef) or not all(self._is_method(one, owner) for one in methods) or not stops:
            return None
        if any(not self._stop_can_be_led(one) for one in stops):
            return None
        opened = program.statement_of(self._send.socket.connect)
        return _Places(cst.Attribute(cst.Name("self"), cst.Name(self._name())), opened, stops)

    def _stop_can_be_led(self, stop: Send) -> bool:
        """Whether a statement can be put in front of the one that sends the stop."""
        statement = self._program.statement_of(stop.call)
        return isinstance(statement, cst.SimpleStatementLine) and isinstance(stop.call.func, cst.Attribute)

    def _is_method(self, function: cst.CSTNode, owner: cst.ClassDef) -> bool:
        return (
            isinstance(function, cst.FunctionDef)
            and self._program.scope_of(function) is owner
            and [one.name.value for one in function.params.params[:1]] == ["self"]
        )

    def _is_stop(self, send: Send) -> bool:
        if send.socket.connect is not self._send.socket.connect:
            return False
        payload = self._program.value(send.payload)
        if isinstance(payload, Known):
            return isinstance(payload.value, str) and _STOP in payload.value
        document = payload.of if isinstance(payload, JsonText) else payload
        kind = self._program.tables.get(document.site, "type") if isinstance(document, DictDisplay) else None
        return kind == Known(_STOP)

    def _loop_in(self, function: cst.CSTNode) -> cst.CSTNode | None:
        """The outermost loop of the function around the sending that the socket is not opened in."""
        found: cst.CSTNode | None = None
        current: cst.CSTNode = self._send.call
        while current is not function:
            current = self._program.parents[current]
            if isinstance(current, (cst.For, cst.While)) and not self._program.is_inside(
                self._send.socket.connect, current
            ):
                found = current
        return found

    def _guard_around(self, loop: cst.CSTNode, function: cst.CSTNode) -> cst.CSTNode:
        """The outermost `try` around a loop, behind the connect: its `finally` finds the buffer in any case."""
        found = current = loop
        while current is not function:
            current = self._program.parents[current]
            if isinstance(current, cst.Try) and not self._program.is_inside(self._send.socket.connect, current):
                found = current
        return found

    def _name(self) -> str:
        nodes = (node for module in self._program.modules for node in self._program.nodes_in(module))
        taken = {node.value for node in nodes if isinstance(node, cst.Name)}
        return next((name for name in _NAMES if name not in taken), "frames_of_session")

    # --- writing ---------------------------------------------------------------------------------

    def _once_long_enough(self, buffer: cst.BaseExpression) -> Statement:
        """The statement that sends; an object's buffer is empty by then, as others may add to it meanwhile."""
        if isinstance(buffer, cst.Name):
            code, payload = "SEND\n    FRAMES.clear()", expression("bytes(frames)", frames=buffer)
        else:
            code, payload = "joined = bytes(FRAMES)\n    FRAMES.clear()\n    SEND", cst.Name("joined")
        return statements(
            f"if len(FRAMES) >= {self._least}:\n    {code}\n",
            FRAMES=buffer,
            SEND=self._sending(self._socket, payload),
        )[0]

    def _rest(self, buffer: cst.BaseExpression, socket: cst.BaseExpression) -> list[Statement]:
        filled = expression(f"bytes(frames.ljust({self._least}, {self._silence}))", frames=buffer)
        return statements("if FRAMES:\n    SEND\n", FRAMES=buffer, SEND=self._sending(socket, filled))

    def _sending(self, socket: cst.BaseExpression, payload: cst.BaseExpression) -> cst.BaseExpression:
        library = self._program.connects[self._send.socket.connect].library
        function = cst.Attribute(self._migrating.edits.edited(socket), cst.Name(library.binary))
        call = cst.Call(function, [cst.Arg(payload)])
        return cst.Await(call) if self._awaited else call
