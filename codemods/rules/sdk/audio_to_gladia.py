"""Audio that a program gives its AssemblyAI client, chunk by chunk or all at once, sent by a Gladia session."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.sound import is_of_microphone
from codemods.analysis.values import UNKNOWN, Class, Function, Instance, LibraryObject, Stream, something
from codemods.edits import Statement, statements
from codemods.findings import FAILS_TODAY, PAYLOAD_UNKNOWN
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.audio import AudioKinds, method_of
from codemods.rules.sdk.method_use import MethodUse
from codemods.rules.sdk.microphone import MicrophoneRule
from codemods.rules.sdk.own_iterators import given_in_a_loop
from codemods.rules.sdk.session_calls import SessionCalls
from codemods.vendors import assemblyai_sdk
from shim.mapping import sdk
from shim.mapping.row import Vendor


class AudioToGladia(SessionCalls):
    """Plans what becomes of the calls of `stream` of one client."""

    def plan(self, use: MethodUse) -> None:
        """Plans what becomes of one `stream`, called or handed over."""
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
        if self._has_no_end(audio) and (kind != "async" or self._goes_on(audio)):
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
        """Whether what is sent comes from a microphone, by way of a generator, a queue or both, or may do so."""
        values = something(self._program.value(audio))
        given = [one.element for one in values if isinstance(one, Stream)]
        given += [
            one for value in values if isinstance(value, Instance) for one in given_in_a_loop(self._program, value)
        ]
        if UNKNOWN in values or (UNKNOWN in given and self._goes_on(audio)):
            return True  # what others give may never end
        return any(is_of_microphone(one) for each in given for one in something(each))

    def _goes_on(self, audio: cst.BaseExpression) -> bool:
        """Whether a generator yields in a `while` or for what a microphone gives: one that counts comes to its end."""
        found = something(self._program.value(audio.func)) if isinstance(audio, cst.Call) else ()
        if not isinstance(audio, cst.Call) or any(isinstance(one, Class) for one in found):
            return True
        functions = [one.node if isinstance(one, Function) else method_of(self._program, one) for one in found]
        return any(
            isinstance(node, cst.Yield) and any(self._is_endless(one) for one in self._around(node))
            for function in functions
            if function is not None
            for node in self._program.nodes_in(function)
        )

    def _is_endless(self, loop: cst.CSTNode) -> bool:
        return isinstance(loop, cst.While) or (isinstance(loop, cst.For) and self._is_microphone(loop.iter))

    def _around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        current = self._program.parents.get(node)
        while current is not None and not isinstance(current, (cst.FunctionDef, cst.Module)):
            yield current
            current = self._program.parents.get(current)

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
