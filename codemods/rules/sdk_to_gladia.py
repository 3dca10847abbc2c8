"""One AssemblyAI client of a program that uses the SDK becomes a Gladia client and the session that it starts."""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from codemods.analysis.libraries import Arguments
from codemods.analysis.values import (
    Class,
    Function,
    Instance,
    LibraryObject,
    Member,
    constant,
    is_certain,
    something,
)
from codemods.findings import (
    CALL_ABSENT,
    PARAMETER_DIFFERS,
    PAYLOAD_UNKNOWN,
    SDK_NOT_FOLLOWED,
    TOKEN_ABSENT,
    Kind,
)
from codemods.layout import Written, lay_out
from codemods.migrating import Migrating
from codemods.rules import sdk_handlers
from codemods.rules import sdk_session_name as naming
from codemods.rules.sdk_audio import AudioKinds, method_of
from codemods.rules.sdk_handlers_to_gladia import HandlersToGladia
from codemods.rules.sdk_imports import SdkImports
from codemods.rules.sdk_microphone import MicrophoneRule
from codemods.rules.sdk_options_to_gladia import OptionsToGladia
from codemods.rules.sdk_parameters import SdkParametersRule
from codemods.rules.sdk_session_place import SessionPlace
from codemods.vendors import assemblyai_sdk, gladia_sdk
from shim.mapping import sdk
from shim.mapping.row import Vendor

_ABSENT_CALLS: Final = {
    "force_endpoint": (CALL_ABSENT, sdk.FORCE_ENDPOINT),
    "create_temporary_token": (TOKEN_ABSENT, sdk.TEMPORARY_TOKEN),
}


class TranscriberRule:
    """Plans what becomes of one client. `plan` says whether it could be followed; if not, findings say why."""

    def __init__(
        self, migrating: Migrating, client: LibraryObject, imports: SdkImports, gone: frozenset[cst.CSTNode]
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._client = client
        self._imports = imports
        self._gone = gone
        self._asynchronous = assemblyai_sdk.CLIENTS[assemblyai_sdk.name_of(client.made_by) or ""]
        self._complete = True
        self._calls: dict[str, list[tuple[cst.BaseExpression, cst.Call]]] = {}
        self._passed: list[tuple[cst.BaseExpression, cst.Arg]] = []
        self._handlers = HandlersToGladia(migrating, client, imports)

    @property
    def gone(self) -> frozenset[cst.CSTNode]:
        """Nodes that go with the handlers that have no counterpart."""
        return frozenset(self._handlers.gone)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the client is not one that can be followed."""
        made_in = self._program.parents[self._client.site]
        if not isinstance(made_in, (cst.Assign, cst.AnnAssign, cst.Return)):
            self._give_up(self._client.site, self._code(made_in))
        self._find_uses()
        connect = self._only_connect()
        if connect is None or not self._complete or not self._plan_client():
            return False
        ref, call = connect
        registrations = [one for one in self._program.registrations.values() if one.owner.site is self._client.site]
        handlers = [sdk_handlers.handler_of(self._program, one) for one in registrations]
        functions = frozenset(one.function for one in handlers if one is not None)
        try:
            waits = self._asynchronous and self._waits()
            self._place = SessionPlace(self._migrating, ref, self._session_uses(), functions, asynchronous=waits)
        except ValueError as error:
            self._give_up(ref, f"{self._code(ref)}: {error}")
            return False
        if not self._handlers.plan(registrations, call):
            return False
        if not self._plan_connect(call):
            return False
        for name, calls in self._calls.items():
            for ref, call in calls:
                if call not in self._gone:
                    self._plan_call(name, ref, call)
        for ref, argument in self._passed:
            self._pass_session(ref, argument)
        return self._complete

    # --- reading ---------------------------------------------------------------------------------

    def _find_uses(self) -> None:
        for node, value in self._program.values.items():
            if node in self._gone or not isinstance(node, (cst.Name, cst.Attribute)):
                continue
            objects = [one for one in something(value) if isinstance(one, LibraryObject)]
            if not any(one.site is self._client.site for one in objects):
                continue
            if len(something(value)) > 1:
                self._give_up(node, f"{self._code(node)} can be several things")
            else:
                self._find_use(node)

    def _find_use(self, ref: cst.BaseExpression) -> None:
        parent = self._program.parents[ref]
        around = self._program.parents.get(parent)
        match parent:
            case cst.Attribute() if isinstance(around, cst.Call) and around.func is parent:
                self._calls.setdefault(parent.attr.value, []).append((ref, around))
            case cst.Arg() if isinstance(around, cst.Call) and self._is_of_program(around):
                self._passed.append((ref, parent))
            case cst.If() | cst.UnaryOperation() | cst.BooleanOperation() | cst.Comparison() | cst.Return():
                return
            case cst.Assign() | cst.Expr() | cst.AssignTarget():
                return
            case _:
                self._give_up(ref, self._code(parent))

    def _is_of_program(self, call: cst.Call) -> bool:
        callees = something(self._program.value(call.func))
        return all(isinstance(one, (Function, Class)) or _is_method(one) for one in callees)

    def _only_connect(self) -> tuple[cst.BaseExpression, cst.Call] | None:
        connects = [one for one in self._calls.pop("connect", []) if one[1] not in self._gone]
        if len(connects) != 1:
            how = "never" if not connects else "in several places"
            self._give_up(self._client.site, f"the client is connected {how} in this file")
            return None
        if not self._is_statement(connects[0][1]):
            self._give_up(connects[0][1], self._code(connects[0][1]))
            return None
        return connects[0]

    def _is_statement(self, call: cst.Call) -> bool:
        """Whether a call, awaited or not, is a whole line of a block."""
        expression = self._awaited(call)
        line = self._program.parents[expression]
        statement = self._program.parents[line]
        block = self._program.parents.get(statement)
        return (
            isinstance(line, cst.Expr)
            and isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and isinstance(block, (cst.IndentedBlock, cst.Module))
        )

    def _awaited(self, call: cst.Call) -> cst.BaseExpression:
        parent = self._program.parents[call]
        return parent if isinstance(parent, cst.Await) else call

    def _plan_client(self) -> bool:
        (sdk.ASYNC_CLIENT if self._asynchronous else sdk.CLIENT).over(Vendor.GLADIA)
        return OptionsToGladia(self._migrating, self._client, self._imports).plan()

    # --- the session -----------------------------------------------------------------------------

    def _session_uses(self) -> frozenset[cst.CSTNode]:
        """The uses of the client that are the session's from now on."""
        return frozenset(
            node
            for name in ("stream", "disconnect", "keep_alive")
            for node, call in self._calls.get(name, ())
            if call not in self._gone
        )

    def _waits(self) -> bool:
        return any(self._is_terminating(call) for _, call in self._calls.get("disconnect", ()))

    def _is_terminating(self, call: cst.Call) -> bool | None:
        terminate = Arguments.of(call).get(0, "terminate")
        if terminate is None:
            return False
        found = self._program.value(terminate)
        value = constant(found) if is_certain(found) else None
        return value if isinstance(value, bool) else None

    def _session_at(self, ref: cst.BaseExpression) -> str | None:
        if isinstance(ref, cst.Name) and self._place.is_given(ref):
            return self._migrating.name(ref.value)
        found = self._place.read(self._place.name, ref)
        if found is None:
            self._give_up(ref, f"the session is not known where {self._code(ref)} stands")
        return found

    def _pass_session(self, ref: cst.BaseExpression, argument: cst.Arg) -> None:
        """An argument whose parameter is used as the session is given the session."""
        call = self._program.parents[argument]
        assert isinstance(call, cst.Call)
        used = [node for calls in self._calls.values() for node, _ in calls if isinstance(node, cst.Name)]
        for callee in something(self._program.value(call.func)):
            function = callee.node if isinstance(callee, Function) else method_of(self._program, callee)
            if function is None:
                self._give_up(ref, self._code(call))
                return
            inside = [one for one in used if self._program.scope_of(one) is function and not self._is_gone(one)]
            if not all(self._place.is_given(one) for one in inside):
                self._give_up(ref, self._code(call))
                return
            self._annotate_session(function)
        session_name = self._session_at(ref)
        if session_name is not None:
            self._migrating.edits.replace(argument.value, cst.parse_expression(session_name))

    def _annotate_session(self, function: cst.CSTNode) -> None:
        """A parameter that was annotated as the client gets the session's class."""
        if not isinstance(function, cst.FunctionDef):
            return
        for parameter in function.params.params:
            definition = sdk_handlers.definition_of(self._program, parameter)
            if parameter.annotation is None or definition is None or definition.value != self._client:
                continue
            annotation = parameter.annotation.annotation
            module, name = gladia_sdk.SESSION_CLASSES[self._asynchronous]
            if annotation not in self._imports.handled:
                self._imports.handled.add(annotation)
                self._migrating.edits.replace(annotation, self._migrating.use_function(module, name))

    def _is_gone(self, node: cst.CSTNode) -> bool:
        return any(self._program.is_inside(node, one) for one in self._gone if isinstance(one, cst.If))

    def _plan_connect(self, call: cst.Call) -> bool:
        migrating, edits = self._migrating, self._migrating.edits
        given = Arguments.of(call).get(0, "params")
        assert isinstance(call.func, cst.Attribute)
        session_name = self._place.read(self._place.name, call.func.value)
        if given is None or session_name is None:
            self._give_up(call, self._code(call))
            return False
        rule = SdkParametersRule(migrating, self._imports.use)
        if not rule.plan(given):
            return False
        sdk.START.over(Vendor.GLADIA)
        sdk.PARAMETERS.over(Vendor.GLADIA)
        factory = (sdk.ASYNC_CLIENT if self._asynchronous else sdk.CLIENT).gladia[0].split(".")[1]
        self._imports.handled.update(self._parameter_calls(given))
        client = call.func.value
        edits.watch([client, given])
        line = self._program.parents[self._awaited(call)]
        statement = self._program.parents[line]

        def rewritten(_: cst.Expr) -> cst.Assign:
            target = migrating.module.code_for_node(edits.updated(client))
            parameters = rule.tree() if rule.inline else migrating.module.code_for_node(edits.updated(given))
            start = Written(f"{target}.{factory}.start_session", [("", parameters)])
            indent, left = migrating.indent_of(call), f"{session_name} = "
            text = lay_out(start, indent + len(left), indent, migrating.file_quote)
            return cst.Assign([cst.AssignTarget(cst.parse_expression(session_name))], cst.parse_expression(text))  # type: ignore[arg-type]

        edits.rewrite(line, rewritten)
        sdk_handlers.keep_blank_lines(migrating, statement)
        event = self._place.read(self._place.ended, client) if self._place.ended else None
        if event is not None:
            migrating.needed_imports.append(("asyncio", "")) if migrating.imported_as("asyncio") is None else None
        self._handlers.rewrite_in_place(session_name)
        if self._handlers.has_statements(event):
            edits.insert_after(statement, lambda: self._handlers.statements(session_name, event))
        return self._complete

    def _parameter_calls(self, given: cst.BaseExpression) -> list[cst.CSTNode]:
        value = self._program.value(given)
        return [value.site] if isinstance(value, LibraryObject) else [given]

    # --- calls -----------------------------------------------------------------------------------

    def _plan_call(self, name: str, ref: cst.BaseExpression, call: cst.Call) -> None:
        match name:
            case "on":
                if call not in self._program.registrations:
                    self._give_up(call, self._code(call))
            case "stream":
                self._plan_stream(ref, call)
            case "disconnect":
                self._plan_disconnect(ref, call)
            case "keep_alive":
                self._report(PARAMETER_DIFFERS, call, f"`{name}`: {sdk.KEEP_ALIVE.over(Vendor.GLADIA).reason}")
                self._write_call(ref, call, 'send_audio(b"")')
            case "set_params":
                self._plan_settings(call)
            case _ if name in _ABSENT_CALLS:
                kind, row = _ABSENT_CALLS[name]
                self._report(kind, call, f"`{name}`: {row.over(Vendor.GLADIA).reason}")
            case _:
                self._give_up(call, self._code(call))

    def _write_call(self, ref: cst.BaseExpression, call: cst.Call, method: str) -> None:
        session_name = self._session_at(ref)
        if session_name is not None:
            node = self._awaited(call)
            self._migrating.edits.replace(node, cst.parse_expression(f"{session_name}.{method}"))

    def _plan_stream(self, ref: cst.BaseExpression, call: cst.Call) -> None:
        migrating, edits = self._migrating, self._migrating.edits
        session_name = self._session_at(ref)
        audio = Arguments.of(call).get(0, "data")
        if session_name is None or audio is None or len(call.args) != 1:
            self._give_up(call, self._code(call))
            return
        sdk.SEND.over(Vendor.GLADIA)
        value = self._program.value(audio)
        microphone = MicrophoneRule(migrating, self._imports)
        if any(
            isinstance(one, LibraryObject) and one.made_by in assemblyai_sdk.MICROPHONES for one in something(value)
        ):
            if not self._is_statement(call) or not microphone.plan(call, audio, f"{session_name}.send_audio"):
                self._give_up(call, self._code(call))
            return
        edits.watch([audio])
        kind = AudioKinds(migrating).kind_of(audio)
        if kind == "either":
            self._give_up(call, f"{self._code(call)}: is it a chunk, or an iterable of chunks?")
            return
        if kind in ("bytes", "likely"):
            if kind == "likely":
                self._report(PAYLOAD_UNKNOWN, audio, f"{self._code(call)}: an iterable needs a loop of its own")
            func = cst.parse_expression(f"{session_name}.send_audio")
            edits.replace(call.func, func)
            if self._awaited(call) is not call:
                edits.rewrite(self._awaited(call), lambda updated: updated.expression)
            return
        if not self._is_statement(call):
            self._give_up(call, self._code(call))
            return
        chunk = naming.free_name(migrating, "chunk", "audio_chunk")
        statement = self._program.parents[self._program.parents[self._awaited(call)]]
        prefix = "async for" if kind == "async" else "for"

        def loop(updated: cst.SimpleStatementLine) -> cst.BaseStatement:
            source = migrating.module.code_for_node(edits.updated(audio))
            written = cst.parse_statement(f"{prefix} {chunk} in {source}:\n    {session_name}.send_audio({chunk})")
            return written.with_changes(leading_lines=updated.leading_lines)

        edits.rewrite(statement, loop)

    def _plan_disconnect(self, ref: cst.BaseExpression, call: cst.Call) -> None:
        terminating = self._is_terminating(call)
        if terminating is None:
            self._give_up(call, self._code(call))
            return
        if not terminating:
            sdk.END.over(Vendor.GLADIA)
            self._write_call(ref, call, "end_session()")
            return
        sdk.STOP.over(Vendor.GLADIA)
        session_name = self._session_at(ref)
        if session_name is None:
            return
        self._write_call(ref, call, "stop_recording()")
        if self._handlers.is_in_handler(call):
            # A handler runs on the session's own thread: there it must not wait for the end.
            return
        if not self._is_statement(call):
            self._give_up(call, f"{self._code(call)} waits for the end, which takes a statement of its own")
            return
        wait = f"{session_name}.join()"
        if self._asynchronous:
            ended = self._place.read(self._place.ended, ref)
            if ended is None:
                self._give_up(ref, f"the end is not known where {self._code(ref)} stands")
                return
            wait = f"await {ended}.wait()"
        statement = self._program.parents[self._program.parents[self._awaited(call)]]
        self._migrating.edits.insert_after(statement, lambda: [cst.parse_statement(wait)])

    def _plan_settings(self, call: cst.Call) -> None:
        """`set_params` that only asks for formatting goes, and what was made for it alone."""
        given = Arguments.of(call).get(0, "params")
        made = (
            assemblyai_sdk.object_of(self._program.value(given), assemblyai_sdk.SESSION_PARAMETERS) if given else None
        )
        names = {one.keyword.value for one in made.site.args if one.keyword is not None} if made is not None else set()
        reason = sdk.SET_PARAMS.over(Vendor.GLADIA).reason
        if made is None or names != {"format_turns"} or not self._is_statement(call):
            self._report(CALL_ABSENT, call, f"{self._code(call)}: {reason}")
            return
        statement = self._program.statement_of(call)
        self._migrating.edits.remove(statement)
        self._imports.handled.add(statement)
        if isinstance(given, cst.Name):
            for definition in naming.definitions_at(self._migrating, given):
                if definition.uses == [given] and definition.statement is not None:
                    self._migrating.edits.remove(definition.statement)
                    self._imports.handled.add(definition.statement)

    # --- findings --------------------------------------------------------------------------------

    def _code(self, node: cst.CSTNode) -> str:
        return self._migrating.code(node)

    def _report(self, kind: Kind, node: cst.CSTNode, text: str) -> None:
        self._migrating.report(kind, node, text)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(SDK_NOT_FOLLOWED, node, text)


def _is_method(value: Any) -> bool:
    return isinstance(value, Member) and isinstance(value.owner, Instance)
