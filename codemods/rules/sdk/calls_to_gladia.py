"""What a program asks of its AssemblyAI client once it is connected, asked of a Gladia session."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import libcst as cst

from codemods.analysis.sound import is_of_microphone
from codemods.analysis.values import LibraryObject, Stream, constant, is_certain, something
from codemods.edits import Statement, statements
from codemods.findings import (
    CALL_ABSENT,
    FAILS_TODAY,
    METHOD_OF_NOBODY,
    PARAMETER_DIFFERS,
    PAYLOAD_UNKNOWN,
    SDK_NOT_FOLLOWED,
    TOKEN_ABSENT,
    Kind,
)
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.audio import AudioKinds
from codemods.rules.sdk.handlers.handlers_to_gladia import HandlersToGladia
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.method_use import MethodUse
from codemods.rules.sdk.microphone import MicrophoneRule
from codemods.rules.sending.unsent import take_away
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk
from shim.mapping import assemblyai_v2_sdk as v2
from shim.mapping import sdk
from shim.mapping.row import Vendor


class Place(Protocol):
    """Where the session is, for what stands anywhere in the program."""

    def session_at(self, ref: cst.BaseExpression) -> str | None:
        """How the session is read where a use of the client stands; None where it cannot be."""
        ...

    def ended_at(self, ref: cst.BaseExpression) -> str | None:
        """How the Event of an asynchronous session's end is read there; None where it cannot be."""
        ...


class CallsToGladia:
    """Plans the calls of one session. `complete` says whether all of them could be followed."""

    def __init__(
        self,
        migrating: Migrating,
        place: Place,
        handlers: HandlersToGladia,
        imports: SdkImports,
        *,
        asynchronous: bool,
        old: bool = False,
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._methods = assemblyai_v2_sdk.METHODS if old else assemblyai_sdk.METHODS
        self._place = place
        self._handlers = handlers
        self._imports = imports
        self._asynchronous = asynchronous
        self.complete = True

    def plan(self, use: MethodUse) -> None:
        """Plans the edits of one use of a method."""
        if use.name not in self._methods:
            use = self._as_meant(use)
        match use.name:
            case "on":
                if use.call not in self._program.registrations and use.call not in self._program.unrolled:
                    self._give_up(use.call)
            case "stream":
                self._plan_stream(use)
            case "disconnect":
                self._plan_disconnect(use)
            case "close":
                v2.CLOSE.over(Vendor.GLADIA)
                self._plan_disconnect(use)
            case "force_end_utterance":
                self._take_away(use, f"`{use.name}`: {v2.FORCE_END.over(Vendor.GLADIA).reason}")
            case "configure_end_utterance_silence_threshold":
                self._take_away(use, f"`{use.name}`: {v2.CONFIGURE.over(Vendor.GLADIA).reason}")
            case "keep_alive":
                reason = sdk.KEEP_ALIVE.over(Vendor.GLADIA).reason
                self._report(PARAMETER_DIFFERS, use.call, f"`{use.name}`: {reason}")
                self._write_call(use, 'send_audio(b"")')
            case "set_params":
                self._plan_settings(use)
            case "force_endpoint":
                self._take_away(use, f"`{use.name}`: {sdk.FORCE_ENDPOINT.over(Vendor.GLADIA).reason}")
            case "create_temporary_token":
                reason = sdk.TEMPORARY_TOKEN.over(Vendor.GLADIA).reason
                self._report(TOKEN_ABSENT, use.call, f"`{use.name}`: {reason}")
            case _:
                self._leave_failing(use)

    def _as_meant(self, use: MethodUse) -> MethodUse:
        """A method that the client does not have, as the one that is meant where that is plain."""
        meant = assemblyai_sdk.MEANT.get(use.name)
        if meant not in self._methods or len(use.arguments.positional) != (meant == "stream"):
            return use
        text = f"AssemblyAI's client has no `{use.name}`: this program fails there as it is"
        self._report(FAILS_TODAY, use.call, text)
        return use if use.name == "close" else replace(use, name=meant)

    def _leave_failing(self, use: MethodUse) -> None:
        session = self._session_at(use.ref)
        if session is None:
            return
        text = f"AssemblyAI's client has no `{use.name}`: this program fails there as it is"
        self._report(METHOD_OF_NOBODY, use.call, text)
        self._migrating.edits.replace(use.ref, cst.parse_expression(session))

    def _session_at(self, ref: cst.BaseExpression) -> str | None:
        found = self._place.session_at(ref)
        if found is None:
            self._give_up(ref, f"the session is not known where {self._migrating.code(ref)} stands")
        return found

    def _awaited(self, call: cst.Call) -> cst.BaseExpression:
        parent = self._program.parents[call]
        return parent if isinstance(parent, cst.Await) else call

    def _write_call(self, use: MethodUse, method: str) -> None:
        """Writes a call of the session's for one of the client's: `method` with its arguments."""
        session = self._session_at(use.ref)
        if session is None:
            return
        if use.is_handed_over:
            if use.arguments.positional or use.arguments.keywords:
                self._drop_given(use)
            name, _, arguments = method.partition("(")
            written = f"{session}.{name}" if arguments == ")" else f"lambda: {session}.{method}"
            self._write_function(use, written)
            return
        self._migrating.edits.replace(self._awaited(use.call), cst.parse_expression(f"{session}.{method}"))

    def _write_function(self, use: MethodUse, code: str) -> None:
        assert use.function is not None
        self._migrating.edits.replace(use.function, cst.parse_expression(code))

    def _drop_given(self, use: MethodUse) -> None:
        """Takes the method's arguments out of the call that hands the method over."""
        if not use.given:
            return
        kept = [one not in use.given for one in use.call.args]

        def without(updated: cst.Call) -> cst.Call:
            stay = [one for one, keep in zip(updated.args, kept, strict=True) if keep]
            if stay and isinstance(updated.args[-1].comma, cst.MaybeSentinel):
                stay[-1] = stay[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return updated.with_changes(args=stay)

        self._migrating.edits.rewrite(use.call, without)

    def _line_of(self, call: cst.Call) -> cst.CSTNode | None:
        """The line of a block that a call stands in, whatever is around it on the line."""
        statement = self._program.statement_of(call)
        block = self._program.parents.get(statement)
        if isinstance(statement, cst.SimpleStatementLine) and isinstance(block, (cst.IndentedBlock, cst.Module)):
            return statement
        return None

    # --- audio -----------------------------------------------------------------------------------

    def _plan_stream(self, use: MethodUse) -> None:
        migrating, edits = self._migrating, self._migrating.edits
        session = self._session_at(use.ref)
        audio = use.arguments.get(0, "data")
        if session is None or audio is None or len(use.arguments.positional) + len(use.arguments.keywords) != 1:
            self._give_up(use.call)
            return
        sdk.SEND.over(Vendor.GLADIA)
        if self._is_microphone(audio):
            if use.is_handed_over or not self._is_whole_line(use.call):
                self._hand_over_loop(use, session, audio, microphone=True)
            elif not MicrophoneRule(migrating, self._imports).plan(use.call, audio, session):
                self._give_up(use.call)
            return
        kind = AudioKinds(migrating).kind_of(audio)
        if kind == "either":
            self._give_up(use.call, f"{migrating.code(use.call)}: is it a chunk, or an iterable of chunks?")
            return
        if kind in ("bytes", "likely"):
            if kind == "likely":
                text = f"{migrating.code(use.call)}: an iterable needs a loop of its own"
                self._report(PAYLOAD_UNKNOWN, audio, text)
            self._send_chunk(use, session)
            return
        if use.is_handed_over:
            self._hand_over_loop(use, session, audio)
            return
        if self._is_looped_over(use, session, audio, kind):
            return
        if not self._is_whole_line(use.call):
            self._give_up(use.call)
            return
        edits.watch([audio])
        chunk = naming.free_name(migrating, "chunk", "audio_chunk")
        statement = self._program.statement_of(use.call)
        prefix = "async for" if kind == "async" else "for"
        over = ""
        if kind != "async" and self._has_no_end(audio):
            # AssemblyAI's `stream` comes back when the session is over, whatever else there is to send.
            over = f'    if {session}.status == "ended":\n        break\n'.replace('"', migrating.file_quote)

        def loop(updated: cst.SimpleStatementLine) -> cst.BaseStatement:
            source = migrating.module.code_for_node(edits.updated(audio))
            written = cst.parse_statement(f"{prefix} {chunk} in {source}:\n{over}    {session}.send_audio({chunk})")
            return written.with_changes(leading_lines=updated.leading_lines)

        edits.rewrite(statement, loop)

    def _is_looped_over(self, use: MethodUse, session: str, audio: cst.BaseExpression, kind: str) -> bool:
        """Plans `for _ in client.stream(chunks):`, which fails: `stream` gives nothing. Each chunk is sent, then."""
        loop = self._program.parents[self._awaited(use.call)]
        if not isinstance(loop, cst.For) or not isinstance(loop.target, cst.Name) or kind != "iterable":
            return False
        self._report(FAILS_TODAY, use.call, f"{self._migrating.code(use.call)} gives nothing that a loop could go over")
        edits, definitions = self._migrating.edits, self._migrating.program.definitions()
        name = loop.target.value
        if not any(one.uses for one in definitions if one.node is loop.target):
            name = naming.free_name(self._migrating, "chunk", "audio_chunk")
            edits.replace(loop.target, cst.Name(name))
        edits.rewrite(loop.iter, lambda updated: updated.args[0].value)
        edits.insert_at_start(loop.body, lambda: statements(f"{session}.send_audio({name})"))
        return True

    def _has_no_end(self, audio: cst.BaseExpression) -> bool:
        """Whether what is sent comes from a microphone, by way of a generator, a queue or both."""
        given = [one.element for one in something(self._program.value(audio)) if isinstance(one, Stream)]
        return any(is_of_microphone(one) for each in given for one in something(each))

    def _is_microphone(self, audio: cst.BaseExpression) -> bool:
        values = something(self._program.value(audio))
        return any(isinstance(one, LibraryObject) and one.made_by in assemblyai_sdk.MICROPHONES for one in values)

    def _send_chunk(self, use: MethodUse, session: str) -> None:
        edits = self._migrating.edits
        method = cst.parse_expression(f"{session}.send_audio")
        edits.replace(self._program.parents[use.ref], method)
        if not use.is_handed_over and self._awaited(use.call) is not use.call:
            edits.rewrite(self._awaited(use.call), lambda updated: updated.expression)

    def _hand_over_loop(
        self, use: MethodUse, session: str, audio: cst.BaseExpression, *, microphone: bool = False
    ) -> None:
        """A function that sends all of an iterable takes the place of the method that did."""
        migrating, edits = self._migrating, self._migrating.edits
        statement = self._line_of(use.call)
        if statement is None or use.function is None or self._asynchronous:
            self._give_up(use.call)
            return
        name = naming.free_name(migrating, "send_audio", "send_all_audio")
        chunk = naming.free_name(migrating, "chunk", "audio_chunk")
        if microphone:
            recording = MicrophoneRule(migrating, self._imports).body(audio, session)
            if recording is None:
                self._give_up(use.call)
                return
            body = recording
        else:
            source = migrating.module.code_for_node(edits.edited(audio))

            def body() -> list[Statement]:
                over = f'    if {session}.status == "ended":\n        return\n'.replace('"', migrating.file_quote)
                return statements(f"for {chunk} in {source}:\n{over}    {session}.send_audio({chunk})\n")

        def function() -> list[Statement]:
            written = cst.parse_statement(f"def {name}():\n    pass")
            assert isinstance(written, cst.FunctionDef)
            block = cst.IndentedBlock(body())
            return [written.with_changes(body=block, leading_lines=self._blank_lines(statement))]

        edits.insert_before(statement, function)
        self._drop_given(use)
        self._write_function(use, name)
        edits.rewrite_further(
            statement, lambda updated: updated.with_changes(leading_lines=self._blank_lines(statement))
        ) if not getattr(statement, "leading_lines", ()) else None

    def _blank_lines(self, statement: cst.CSTNode) -> list[cst.EmptyLine]:
        module = isinstance(self._program.parents[statement], cst.Module)
        return [cst.EmptyLine(indent=False)] * (2 if module else 1)

    def _is_whole_line(self, call: cst.Call) -> bool:
        """Whether a call, awaited or not, is a whole line of a block."""
        statement = self._line_of(call)
        line = self._program.parents[self._awaited(call)]
        return (
            isinstance(line, cst.Expr)
            and isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and self._program.parents[line] is statement
        )

    # --- the end ---------------------------------------------------------------------------------

    def _plan_disconnect(self, use: MethodUse) -> None:
        terminating = is_terminating(self._migrating, use)
        if terminating is None:
            self._give_up(use.call)
            return
        if not terminating:
            sdk.END.over(Vendor.GLADIA)
            self._write_call(use, "end_session()")
            return
        sdk.STOP.over(Vendor.GLADIA)
        session = self._session_at(use.ref)
        if session is None:
            return
        in_handler = self._handlers.is_in_handler(use.call)
        if in_handler is None and (self._asynchronous or use.is_handed_over):
            text = f"{self._migrating.code(use.call)} is met in a handler and elsewhere: there alone it may wait"
            self._give_up(use.call, text)
            return
        if in_handler:
            # A handler runs on the session's own thread: there it must not wait for the end.
            self._write_call(use, "stop_recording()")
            return
        if use.is_handed_over:
            self._hand_over_wait(use, session)
            return
        self._write_call(use, "stop_recording()")
        if not self._is_whole_line(use.call):
            text = f"{self._migrating.code(use.call)} waits for the end, which takes a statement of its own"
            self._give_up(use.call, text)
            return
        wait = f"{session}.join()"
        if self._asynchronous:
            ended = self._place.ended_at(use.ref)
            if ended is None:
                self._give_up(use.ref, f"the end is not known where {self._migrating.code(use.ref)} stands")
                return
            wait = f"await {ended}.wait()"
        statement = self._program.statement_of(use.call)
        if in_handler is None:
            threading = self._module_threading()
            wait = f"if {threading}.current_thread() is {threading}.main_thread():\n    {wait}"
            text = f"{self._migrating.code(use.call)} is met in a handler, where it must not wait, and elsewhere"
            self._report(PARAMETER_DIFFERS, use.call, f"{text}: it waits for the last words in the main thread alone")
        self._migrating.edits.insert_after(statement, lambda: statements(wait))

    def _module_threading(self) -> str:
        known = self._migrating.imported_as("threading")
        if known is None:
            self._migrating.needed_imports.append(("threading", ""))
        return known or "threading"

    def _hand_over_wait(self, use: MethodUse, session: str) -> None:
        """The stop is called at once, it only sends; the wait for the end is what a thread is for."""
        statement = self._line_of(use.call)
        if statement is None or self._asynchronous:
            self._give_up(use.call)
            return
        self._drop_given(use)
        self._write_function(use, f"{session}.join")
        self._migrating.edits.insert_before(statement, lambda: statements(f"{session}.stop_recording()"))

    # --- settings --------------------------------------------------------------------------------

    def _plan_settings(self, use: MethodUse) -> None:
        """`set_params` that only asks for formatting goes, and what was made for it alone."""
        given = use.arguments.get(0, "params")
        made = (
            assemblyai_sdk.object_of(self._program.value(given), assemblyai_sdk.SESSION_PARAMETERS) if given else None
        )
        names = {one.keyword.value for one in made.site.args if one.keyword is not None} if made is not None else set()
        reason = sdk.SET_PARAMS.over(Vendor.GLADIA).reason
        if made is None or names != {"format_turns"} or not self._is_whole_line(use.call):
            self._take_away(use, f"`{use.name}`: {reason}")
            return
        statement = self._program.statement_of(use.call)
        self._migrating.edits.remove(statement)
        self._imports.handled.add(statement)
        if isinstance(given, cst.Name):
            for definition in naming.definitions_at(self._migrating, given):
                if definition.uses == [given] and definition.statement is not None:
                    self._migrating.edits.remove(definition.statement)
                    self._imports.handled.add(definition.statement)

    def _take_away(self, use: MethodUse, text: str) -> None:
        """A message that Gladia has nothing for is not sent any more."""
        if use.is_handed_over or not take_away(self._migrating, use.call, text, otherwise=False):
            self._report(CALL_ABSENT, use.call, text)

    # --- findings --------------------------------------------------------------------------------

    def _report(self, kind: Kind, node: cst.CSTNode, text: str) -> None:
        self._migrating.report(kind, node, text)

    def _give_up(self, node: cst.CSTNode, text: str = "") -> None:
        self.complete = False
        self._migrating.report(SDK_NOT_FOLLOWED, node, text or self._migrating.code(node))


def is_terminating(migrating: Migrating, use: MethodUse) -> bool | None:
    """Whether a `disconnect` waits for the end; None where only the running program knows."""
    terminate = use.arguments.get(0, "terminate")
    if terminate is None:
        # `close()`, as the older API had it, waits unless it is told not to.
        return use.name == "close" if use.arguments.complete else None
    found = migrating.program.value(terminate)
    value = constant(found) if is_certain(found) else None
    return value if isinstance(value, bool) else None
