"""Joining frames that another service cuts: telephones send 20 ms, AssemblyAI takes no less than 50.

Where one plain statement sends them, a buffer takes them up and is sent once it is long enough; what is left in it goes
out before the stop, filled up with silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sockets import Send
from codemods.analysis.values import DictDisplay, JsonText, Known
from codemods.edits import Statement, expression, statements
from codemods.migrating import Migrating
from codemods.rules.sound.last_piece import SessionAudio
from shim.mapping import client_messages

_NAMES: Final = ("frames", "audio_frames", "unsent_audio")
_TAKING_BYTES: Final = ("send", "send_bytes", "send_binary")
_STOP: Final = client_messages.STOP.gladia[0]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the buffer begins, and before or behind which statements the rest of it is sent."""

    buffer: cst.BaseExpression
    begins_before: cst.CSTNode
    stops: tuple[cst.Call, ...]
    behind: cst.CSTNode | None = None
    is_outside: bool = False
    """Whether the buffer is a variable of a scope around the function that sends."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One place where frames are sent: the call, its argument with the audio, and the method that takes bytes.

    `opened` is the call that opens what sends, `stops` are those that end it. `is_awaited` says of the new call.
    """

    call: cst.Call
    payload: cst.BaseExpression
    opened: cst.Call
    stops: tuple[cst.Call, ...]
    method: str
    is_awaited: bool


def over_socket(program: Program, send: Send) -> Sending:
    """A place that sends over a WebSocket."""
    connect = send.socket.connect
    stops = tuple(
        one.call for one in program.sends.values() if one.socket.connect is connect and _is_stop(program, one)
    )
    is_plain = len(send.call.args) == 1 or send.method not in _TAKING_BYTES
    method = program.connects[connect].library.binary if is_plain else send.method
    return Sending(send.call, send.payload, connect, stops, method, isinstance(program.parents[send.call], cst.Await))


def _is_stop(program: Program, send: Send) -> bool:
    payload = program.value(send.payload)
    if isinstance(payload, Known):
        return isinstance(payload.value, str) and _STOP in payload.value
    document = payload.of if isinstance(payload, JsonText) else payload
    kind = program.tables.get(document.site, "type") if isinstance(document, DictDisplay) else None
    return kind == Known(_STOP)


class FrameBuffer:
    """Plans the buffer for one place that sends, where the session's audio is `of`."""

    def __init__(self, migrating: Migrating, send: Sending, of: SessionAudio) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._send = send
        self._of = of

    def plan(self, audio: cst.BaseExpression) -> bool:
        """Plans the edits; `audio` is the expression of the bytes of one frame. False where there is no place."""
        statement = self._program.statement_of(self._send.call)
        places = (self._there() or self._places()) if self._stands_alone(statement) else None
        if places is None or not self._knows_least(places):
            return False
        edits = self._migrating.edits
        buffer = places.buffer
        name = self._migrating.module.code_for_node(buffer)
        is_there = (places.begins_before, name) in edits.buffers
        edits.buffers.add((places.begins_before, name))
        if not is_there:
            edits.add_before(places.begins_before, lambda: statements("FRAMES = bytearray()", FRAMES=buffer))
        taking = "FRAMES.extend(AUDIO)" if places.is_outside else "FRAMES += AUDIO"
        edits.add_before(
            statement, lambda: statements(taking, FRAMES=buffer, AUDIO=self._migrating.edits.edited(audio))
        )
        edits.rewrite(self._send.payload, lambda updated: updated)  # its place is taken with the statement's
        edits.rewrite(statement, lambda _: self._once_long_enough(buffer, is_outside=places.is_outside))
        for stop in () if is_there else places.stops:
            assert isinstance(stop.func, cst.Attribute)
            rest = partial(self._rest, buffer, stop.func.value, stop, is_outside=places.is_outside)
            edits.add_before(self._program.statement_of(stop), rest)
        if places.behind is not None and not is_there:
            edits.add_after(places.behind, partial(self._rest, buffer, self._socket, self._send.call))
        return True

    def _knows_least(self, places: _Places) -> bool:
        """Whether the session's rate can be read wherever the buffer is sent."""
        calls = (self._send.call, *places.stops)
        return all(self._of.least_at(self._migrating, one) is not None for one in calls)

    def _least_at(self, place: cst.CSTNode) -> cst.BaseExpression:
        least = self._of.least_at(self._migrating, place)
        assert least is not None, "a buffer is planned only where the rate is known"
        return least

    @property
    def _socket(self) -> cst.BaseExpression:
        assert isinstance(self._send.call.func, cst.Attribute)
        return self._send.call.func.value

    def _stands_alone(self, statement: cst.CSTNode) -> bool:
        """Whether a statement does nothing but send."""
        args = self._send.call.args
        if not isinstance(self._send.call.func, cst.Attribute) or any(one.keyword is None for one in args[1:]):
            return False
        match statement:
            case cst.SimpleStatementLine([cst.Expr(cst.Await(cst.Call() as call) | (cst.Call() as call))]):
                return call is self._send.call
        return False

    def keep_order(self, audio: cst.BaseExpression) -> bool:
        """Sends by way of a buffer that other places fill, where this one may send behind them; False where it cannot.

        Sent past it, the audio would come before what is left in there.
        """
        own, name = self._places(), self._migrating.module.code_for_node
        is_shared = own is not None and (own.begins_before, name(own.buffer)) in self._migrating.edits.buffers
        return self.plan(audio) if is_shared or self._there() is not None else not self._is_behind()

    def _is_behind(self) -> bool:
        """Whether a buffer of the same function, or of the objects that this is a method of, is filled before."""
        program, line = self._program, self._migrating.line
        function = program.scope_of(self._send.call)
        return any(
            line(begins_before) <= line(self._send.call)
            if program.scope_of(begins_before) is function
            else program.is_inside(function, program.scope_of(program.scope_of(begins_before)))
            for begins_before, _ in self._migrating.edits.buffers
            if program.module_of(begins_before) is program.module_of(function)
        )

    # --- places ----------------------------------------------------------------------------------

    def _there(self) -> _Places | None:
        """The variable of this function that frames are gathered in already, where this place stands behind it."""
        program = self._program
        function = program.scope_of(self._send.call)
        for begins_before, name in self._migrating.edits.buffers:
            if not name.isidentifier() or program.scope_of(begins_before) is not function:
                continue
            line = begins_before
            while isinstance(program.parents[program.parents[line]], cst.With):
                line = program.parents[program.parents[line]]  # what stands in a `with` is always run
            inside: cst.CSTNode | None = self._send.call
            while inside is not None and program.parents.get(inside) is not program.parents[line]:
                inside = program.parents.get(inside)
            body = list(program.children(program.parents[line]))
            if inside is not None and body.index(inside) >= body.index(line):
                return _Places(cst.Name(name), begins_before, self._send.stops)
        return None

    def _places(self) -> _Places | None:
        program = self._program
        function = program.scope_of(self._send.call)
        stops = self._send.stops
        if not isinstance(function, cst.FunctionDef):
            return None
        loop = self._loop_in(function)
        here = tuple(one for one in stops if program.scope_of(one) is function)
        if loop is not None:
            if any(not self._stop_can_be_led(one) for one in here):
                return None
            return _Places(cst.Name(self._name()), self._guard_around(loop, function), here, None if here else loop)
        owner = program.scope_of(function)
        connect = program.scope_of(self._send.opened)
        methods = [function, connect, *(program.scope_of(one) for one in stops)]
        if not isinstance(owner, cst.ClassDef):
            return self._around(function, stops)
        if not all(self._is_method(one, owner) for one in methods) or not stops:
            return None
        if any(not self._stop_can_be_led(one) for one in stops):
            return None
        opened = program.statement_of(self._send.opened)
        return _Places(cst.Attribute(cst.Name("self"), cst.Name(self._name())), opened, stops)

    def _around(self, function: cst.FunctionDef, stops: tuple[cst.Call, ...]) -> _Places | None:
        """For a callback, which is called for each frame: a variable beside the one that holds the socket."""
        program, socket = self._program, self._send.call.func
        assert isinstance(socket, cst.Attribute)
        found = program.reaching.get(socket.value, ()) if isinstance(socket.value, cst.Name) else ()
        scopes = {program.scope_of(one.node) for one in found}
        if len(scopes) != 1 or not stops or any(not self._stop_can_be_led(one) for one in stops):
            return None
        around = scopes.pop()
        is_near = isinstance(around, (cst.FunctionDef, cst.Module)) and program.is_inside(function, around)
        if around is function or not is_near or not all(program.is_inside(one, around) for one in stops):
            return None
        outermost: cst.CSTNode = function
        while program.scope_of(outermost) is not around:
            outermost = program.scope_of(outermost)
        return _Places(cst.Name(self._name()), outermost, stops, is_outside=True)

    def _stop_can_be_led(self, stop: cst.Call) -> bool:
        """Whether a statement can be put in front of the one that sends the stop."""
        if isinstance(self._program.scope_of(stop), cst.Lambda):
            return False
        statement = self._program.statement_of(stop)
        return isinstance(statement, cst.SimpleStatementLine) and isinstance(stop.func, cst.Attribute)

    def _is_method(self, function: cst.CSTNode, owner: cst.ClassDef) -> bool:
        return (
            isinstance(function, cst.FunctionDef)
            and self._program.scope_of(function) is owner
            and [one.name.value for one in function.params.params[:1]] == ["self"]
        )

    def _loop_in(self, function: cst.CSTNode) -> cst.CSTNode | None:
        """The outermost loop of the function around the sending that the socket is not opened in."""
        found: cst.CSTNode | None = None
        current: cst.CSTNode = self._send.call
        while current is not function:
            current = self._program.parents[current]
            if isinstance(current, (cst.For, cst.While)) and not self._program.is_inside(self._send.opened, current):
                found = current
        return found

    def _guard_around(self, loop: cst.CSTNode, function: cst.CSTNode) -> cst.CSTNode:
        """The outermost `try` around a loop, behind the connect: its `finally` finds the buffer in any case."""
        found = current = loop
        while current is not function:
            current = self._program.parents[current]
            if isinstance(current, cst.Try) and not self._program.is_inside(self._send.opened, current):
                found = current
        return found

    def _name(self) -> str:
        nodes = (node for module in self._program.modules for node in self._program.nodes_in(module))
        taken = {node.value for node in nodes if isinstance(node, cst.Name)}
        return next((name for name in _NAMES if name not in taken), "frames_of_session")

    # --- writing ---------------------------------------------------------------------------------

    def _once_long_enough(self, buffer: cst.BaseExpression, *, is_outside: bool) -> Statement:
        """The statement that sends; a shared buffer is empty by then, as others may add to it meanwhile."""
        if isinstance(buffer, cst.Name) and not is_outside:
            code, payload = "SEND\n    FRAMES.clear()", expression("bytes(frames)", frames=buffer)
        else:
            code, payload = "joined = bytes(FRAMES)\n    FRAMES.clear()\n    SEND", cst.Name("joined")
        return statements(
            f"if len(FRAMES) >= LEAST:\n    {code}\n",
            FRAMES=buffer,
            LEAST=self._least_at(self._send.call),
            SEND=self._sending(self._socket, payload),
        )[0]

    def _rest(
        self,
        buffer: cst.BaseExpression,
        socket: cst.BaseExpression,
        place: cst.CSTNode,
        *,
        is_outside: bool = False,
    ) -> list[Statement]:
        ljust = expression(f"frames.ljust(least, {self._of.silence})", frames=buffer)
        assert isinstance(ljust, cst.Call)
        with_least = [ljust.args[0].with_changes(value=self._least_at(place)), *ljust.args[1:]]
        filled = cst.Call(cst.Name("bytes"), [cst.Arg(ljust.with_changes(args=with_least))])
        code = "if FRAMES:\n    SEND\n" + ("    FRAMES.clear()\n" if is_outside else "")
        return statements(code, FRAMES=buffer, SEND=self._sending(socket, filled))

    def _sending(self, socket: cst.BaseExpression, payload: cst.BaseExpression) -> cst.BaseExpression:
        first, *others = self._send.call.args
        function = cst.Attribute(self._migrating.edits.edited(socket), cst.Name(self._send.method))
        call = cst.Call(function, [first.with_changes(value=payload), *others])
        return cst.Await(call) if self._send.is_awaited else call
