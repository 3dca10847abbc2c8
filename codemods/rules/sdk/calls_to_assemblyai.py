"""What a program asks of its Gladia session, asked of an AssemblyAI client."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.handlers import Registration
from codemods.analysis.program import Program
from codemods.analysis.values import constant
from codemods.findings import (
    CALL_ABSENT,
    CHUNK_RESIZED,
    FAILS_TODAY,
    FRAMES_UNKNOWN,
    METHOD_OF_NOBODY,
    PARAMETER_DIFFERS,
    Finding,
)
from codemods.migrating import Migrating
from codemods.rules.branches import drop_branch
from codemods.rules.sdk.audio import AudioKinds
from codemods.rules.sdk.followed import Followed
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.method_use import MethodUse
from codemods.rules.sound.chunk_length import bring_into_range
from codemods.rules.sound.frame_buffer import FrameBuffer, Sending
from codemods.rules.sound.last_piece import LastPiece, audio_of_start
from codemods.rules.sound.pace import check_pace
from codemods.rules.sound.sound_length import session_format
from codemods.vendors import gladia_sdk
from codemods.vendors.gladia_sdk import Start
from shim.mapping import sdk
from shim.mapping.row import Vendor

_OVER = Vendor.ASSEMBLYAI

Calls = dict[str, list[tuple[cst.BaseExpression, cst.Call]]]
"""The calls of a session's methods, by name: the expression for the session, and the call."""


class CallsToAssemblyAI(Followed):
    """Plans the calls of one session. `complete` says whether all of them could be followed.

    `registrations` are the session's, `end_is_handled` whether a handler of its end stays.
    """

    def __init__(self, migrating: Migrating, calls: Calls, handed_over: list[MethodUse], start: Start) -> None:
        super().__init__(migrating)
        self._calls = calls
        self._handed_over = handed_over
        self._asynchronous = start.asynchronous
        self._registrations: list[Registration] = []
        self._end_is_handled = False
        self._start = start
        self._sent_as_it_is: list[tuple[cst.Call, cst.BaseExpression]] = []
        self._is_joined = False

    def know_handlers(self, registrations: list[Registration], *, end_is_handled: bool) -> None:
        """Takes in what handlers the session has."""
        self._registrations = registrations
        self._end_is_handled = end_is_handled

    def plan(self, name: str, call: cst.Call) -> None:
        """Plans the edits of one call of a method."""
        match name:
            case "on" | "once" | "add_listener":
                if call not in self._program.registrations and call not in self._program.unrolled:
                    self._give_up(call, self._code(call))
            case "send_audio":
                self._plan_send(call)
            case "stop_recording":
                sdk.STOP.over(_OVER)
                self._check_end_comes(call)
                self._write(call, "disconnect", "terminate=True")
            case "end_session":
                self._plan_end(call)
            case "join":
                self._plan_join(call)
            case "wait_until_ready":
                sdk.READY.over(_OVER)
                self._plan_wait(call)
            case _ if name not in gladia_sdk.METHODS:
                text = f"Gladia's session has no `{name}`: this program fails there as it is"
                self._report(METHOD_OF_NOBODY, call, text)
            case _:
                self._report(CALL_ABSENT, call, f"{self._code(call)}: AssemblyAI's client has nothing like it")
                self.complete = False

    def as_meant(self, name: str, call: cst.Call) -> str:
        """A method that the session does not have, as the one that is meant where that is plain."""
        meant = gladia_sdk.MEANT.get(name) if name not in gladia_sdk.METHODS else None
        if meant is None or len(call.args) != (meant == "send_audio"):
            return name
        text = f"Gladia's session has no `{name}`: this program fails there as it is"
        self._report(FAILS_TODAY, call, text)
        return meant

    def _plan_end(self, call: cst.Call) -> None:
        """A plain `disconnect()` calls no handler: where the program has one for the end, the session ends properly."""
        if not self._end_is_handled or self._is_in_handler(call, "error", "ended"):
            sdk.END.over(_OVER)
            self._write(call, "disconnect", "")
            return
        sdk.STOP.over(_OVER)
        text = "waits for the last turns, since only then is the handler of the end called"
        self._report(PARAMETER_DIFFERS, call, f"{self._code(call)} {text}")
        self._check_end_comes(call)
        self._write(call, "disconnect", "terminate=True")

    def _check_end_comes(self, call: cst.Call) -> None:
        """In a handler, AssemblyAI's client closes without waiting: no handler of the end would be called."""
        if self._end_is_handled and not self._is_in_handler(call, "error", "ended") and self._is_in_handler(call):
            self._give_up(call, f"{self._code(call)} in a handler: the handler of the end would never be called")

    def _is_in_handler(self, call: cst.Call, *events: str) -> bool:
        """Whether a call stands in a handler, of any event or of these."""
        handling = [one for one in self._registrations if not events or event_of(self._program, one) in events]
        handlers = [sdk_handlers.handler_of(self._program, one) for one in handling]
        return any(one is not None and self._program.is_inside(call, one.function) for one in handlers)

    def _write(self, call: cst.Call, method: str, arguments: str) -> None:
        assert isinstance(call.func, cst.Attribute)
        edits = self._migrating.edits
        given = cst.parse_expression(f"f({arguments})")
        assert isinstance(given, cst.Call)
        edits.replace(call.func.attr, cst.Name(method))
        edits.rewrite(call, lambda updated: self._awaited(call, updated.with_changes(args=given.args)))

    def _awaited(self, call: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        if not self._asynchronous or isinstance(self._program.parents[call], cst.Await):
            return updated
        if in_coroutine(self._program, call):
            waiting = cst.Await(updated)
            parent = self._program.parents[call]
            return (
                waiting
                if isinstance(parent, (cst.Expr, cst.Assign, cst.Return, cst.Arg))
                else cst.Await(updated, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            )
        asyncio = self._migrating.imported_as("asyncio") or "asyncio"
        return cst.Call(cst.parse_expression(f"{asyncio}.create_task"), [cst.Arg(updated)])

    def _check_coroutine(self, call: cst.Call) -> None:
        """Outside of a coroutine, only what a signal handler does can become a task."""
        if not self._asynchronous or in_coroutine(self._program, call):
            return
        scope = self._program.scope_of(call)
        handed = self._program.parents.get(scope)
        around = self._program.parents.get(handed) if handed is not None else None
        by_signal = (
            isinstance(scope, cst.Lambda)
            and isinstance(around, cst.Call)
            and isinstance(around.func, cst.Attribute)
            and around.func.attr.value == "add_signal_handler"
        )
        if not by_signal:
            self._give_up(call, f"{self._code(call)} is a coroutine at AssemblyAI, and stands in a plain function")

    def _plan_send(self, call: cst.Call) -> None:
        sdk.SEND.over(_OVER)
        assert isinstance(call.func, cst.Attribute)
        edits = self._migrating.edits
        audio = Arguments.of(call).get(0, "audio")
        if audio is None or len(call.args) != 1:
            self._give_up(call, self._code(call))
            return
        self._check_coroutine(call)
        of = session_format(self._program, self._start)
        left = bring_into_range(self._migrating, audio, call, of)
        check_pace(self._migrating, audio, call, of)
        if left is not None and self._send_joined(call, audio, left):
            return
        piece = LastPiece(self._migrating, audio, call, audio_of_start(self._program, self._start))
        if left is None:
            piece.check()
        wrapped = AudioKinds(self._migrating).may_be_bytearray(audio)
        edits.replace(call.func.attr, cst.Name("stream"))

        def streamed(updated: cst.Call) -> cst.BaseExpression:
            given = piece.filled(updated.args[0].value) if left is None else updated.args[0].value
            if wrapped:
                given = cst.Call(cst.Name("bytes"), [cst.Arg(given)])
            return self._awaited(call, updated.with_changes(args=[cst.Arg(given)]))

        edits.rewrite(call, streamed)
        self._sent_as_it_is.append((call, audio))

    def keep_order(self) -> None:
        """What is sent behind frames that are joined goes the same way, or it would overtake what is left of them."""
        of = audio_of_start(self._program, self._start)
        for call, audio in self._sent_as_it_is if self._is_joined and of is not None else ():
            if of is not None and not FrameBuffer(self._migrating, self._sending(call, audio), of).keep_order(audio):
                text = f"frames that are still being joined come behind it: {self._code(call)}"
                self._report(FRAMES_UNKNOWN, call, text)

    def _sending(self, call: cst.Call, audio: cst.BaseExpression) -> Sending:
        stops = tuple(one for name in ("stop_recording", "end_session") for _, one in self._calls.get(name, ()))
        is_awaited = self._asynchronous and in_coroutine(self._program, call)
        return Sending(call, audio, self._start.session.site, stops, "stream", is_awaited)

    def _send_joined(self, call: cst.Call, audio: cst.BaseExpression, left: Finding) -> bool:
        """Sends frames by way of a buffer where that has its place, or says what is `left` to a person."""
        of = audio_of_start(self._program, self._start)
        is_handed = any(one.name in ("stop_recording", "end_session") for one in self._handed_over)
        sending = self._sending(call, audio)
        can_wait = sending.is_awaited or not self._asynchronous
        if of is not None and can_wait and not is_handed and FrameBuffer(self._migrating, sending, of).plan(audio):
            self._migrating.report(CHUNK_RESIZED, call, "frames are joined until they last 50 ms")
            self._is_joined = True
            return True
        self._migrating.report(left.kind, call, left.text)
        return False

    def plan_handed_over(self, use: MethodUse) -> None:
        """A method that a library calls, in a thread or later: `asyncio.to_thread(session.stop_recording)`."""
        method = self._program.parents[use.ref]
        plain = not use.arguments.keywords and use.call.func is not method and not self._asynchronous
        assert isinstance(method, cst.Attribute)
        edits = self._migrating.edits
        if use.name == "send_audio" and plain and len(use.arguments.positional) == 1:
            sdk.SEND.over(_OVER)
            edits.replace(method.attr, cst.Name("stream"))
            self._fill_handed_over(use)
        elif use.name in ("stop_recording", "end_session") and plain and not use.arguments.positional:
            ends = use.name == "end_session" and not self._end_is_handled
            (sdk.END if ends else sdk.STOP).over(_OVER)
            edits.watch([use.ref])
            code = "disconnect()" if ends else "disconnect(terminate=True)"

            def called(_: cst.Attribute) -> cst.BaseExpression:
                ref = self._migrating.module.code_for_node(edits.updated(use.ref))
                return cst.parse_expression(f"lambda: {ref}.{code}")

            edits.rewrite(method, called)
        elif use.name == "join" and not self._asynchronous:
            self._plan_join(use.call)
        else:
            self._give_up(use.call, self._code(use.call))

    def _fill_handed_over(self, use: MethodUse) -> None:
        audio = use.arguments.positional[0]
        piece = LastPiece(self._migrating, audio, use.call, audio_of_start(self._program, self._start))
        argument = self._program.parents[audio]
        of = session_format(self._program, self._start)
        left = bring_into_range(self._migrating, audio, use.call, of)
        check_pace(self._migrating, audio, use.call, of)
        if left is not None:
            self._report(left.kind, use.call, left.text)
        elif isinstance(argument, cst.Arg):
            piece.check()
            self._migrating.edits.rewrite_further(
                argument, lambda updated: updated.with_changes(value=piece.filled(updated.value))
            )

    def _plan_join(self, call: cst.Call) -> None:
        """Waiting for the end goes where the stop, which waits by itself, stands in the same function before it."""
        scope, line = self._program.scope_of(call), self._migrating.line(call)
        stops = [
            one
            for name in ("stop_recording", "end_session")
            for one in (
                *(each for _, each in self._calls.get(name, ())),
                *(each.call for each in self._handed_over if each.name == name),
            )
            if self._program.scope_of(one) is scope and self._migrating.line(one) <= line
        ]
        if not stops:
            self._give_up(call, f"{self._code(call)} waits for an end that is not asked for in the same function")
            return
        self._remove_line(call)

    def _plan_wait(self, call: cst.Call) -> None:
        """The wait for the socket goes, and what is done where it does not open: `connect` tells errors itself."""
        match self._program.parents[call]:
            case cst.UnaryOperation(cst.Not()) as negated:
                branch = self._program.parents[negated]
                if isinstance(branch, cst.If) and branch.test is negated and drop_branch(self._migrating, branch):
                    self._migrating.gone.update(self._program.nodes_in(branch.body))
                    return
            case cst.Assert() as line:
                statement = self._program.parents[line]
                if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
                    self._migrating.edits.remove(statement)
                    return
        self._remove_line(call)

    def _remove_line(self, call: cst.Call) -> None:
        line = self._program.parents[call]
        if isinstance(line, cst.Await):
            line = self._program.parents[line]
        statement = self._program.parents[line]
        block = self._program.parents.get(statement)
        whole = (
            isinstance(line, cst.Expr)
            and isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and isinstance(block, (cst.Module, cst.IndentedBlock))
        )
        if not whole:
            self._give_up(call, self._code(call))
            return
        self._migrating.edits.remove(statement)

    def hand_over(self, method: cst.Attribute, argument: cst.Arg) -> None:
        """`session.stop_recording` handed to a signal handler or thread becomes a call of its own."""
        sdk.STOP.over(_OVER)
        self._migrating.edits.watch([method.value])
        asyncio = self._migrating.imported_as("asyncio")
        if self._asynchronous and asyncio is None:
            self._give_up(argument, self._code(argument))
            return

        def written(_: cst.Attribute) -> cst.BaseExpression:
            client = self._migrating.module.code_for_node(self._migrating.edits.updated(method.value))
            call = f"{client}.disconnect(terminate=True)"
            if self._asynchronous:
                call = f"{asyncio}.create_task({call})"
            return cst.parse_expression(f"lambda *_: {call}")

        self._migrating.edits.rewrite(method, written)


def in_coroutine(program: Program, node: cst.CSTNode) -> bool:
    """Whether a node stands in a coroutine itself."""
    scope = program.scope_of(node)
    return isinstance(scope, cst.FunctionDef) and scope.asynchronous is not None


def event_of(program: Program, registration: Registration) -> object:
    """The event that a handler is registered for; UNKNOWN where only the running program knows."""
    return constant(program.value(registration.event)) if registration.event is not None else None
