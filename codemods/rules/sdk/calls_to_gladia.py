"""What a program asks of its AssemblyAI client once it is connected, asked of a Gladia session."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from codemods.analysis.values import constant, is_certain
from codemods.edits import statements
from codemods.findings import (
    CALL_ABSENT,
    FAILS_TODAY,
    METHOD_OF_NOBODY,
    PARAMETER_DIFFERS,
    TOKEN_ABSENT,
)
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.audio_to_gladia import AudioToGladia
from codemods.rules.sdk.handlers.handlers_to_gladia import HandlersToGladia
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.method_use import MethodUse
from codemods.rules.sdk.session_calls import Place, SessionCalls
from codemods.rules.sending.unsent import take_away
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk
from shim.mapping import assemblyai_v2_sdk as v2
from shim.mapping import sdk
from shim.mapping.row import Vendor


class CallsToGladia(SessionCalls):
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
        super().__init__(migrating, place, imports, asynchronous=asynchronous)
        self._methods = assemblyai_v2_sdk.METHODS if old else assemblyai_sdk.METHODS
        self._handlers = handlers
        self._audio = AudioToGladia(migrating, place, imports, asynchronous=asynchronous)

    def plan(self, use: MethodUse) -> None:
        """Plans the edits of one use of a method."""
        if use.name not in self._methods:
            use = self._as_meant(use)
        match use.name:
            case "on":
                if use.call not in self._program.registrations and use.call not in self._program.unrolled:
                    self._give_up(use.call)
            case "stream":
                self._audio.plan(use)
                self.complete = self.complete and self._audio.complete
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
        if not take_away(self._migrating, use.call, text, otherwise=False):
            self._report(CALL_ABSENT, use.call, text)


def is_terminating(migrating: Migrating, use: MethodUse) -> bool | None:
    """Whether a `disconnect` waits for the end; None where only the running program knows."""
    terminate = use.arguments.get(0, "terminate")
    if terminate is None:
        # `close()`, as the older API had it, waits unless it is told not to.
        return use.name == "close" if use.arguments.complete else None
    found = migrating.program.value(terminate)
    value = constant(found) if is_certain(found) else None
    return value if isinstance(value, bool) else None
