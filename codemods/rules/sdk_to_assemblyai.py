"""One Gladia session of a program that uses the SDK becomes an AssemblyAI client.

What was the session stays where it was and is a client from then on; it connects once its handlers are registered. The
GladiaClient goes, or stays as the options where the session is started elsewhere.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.libraries import Arguments
from codemods.analysis.values import (
    Class,
    Function,
    Instance,
    LibraryObject,
    Member,
    constant,
    something,
)
from codemods.edits import Statement
from codemods.findings import CALL_ABSENT, PARAMETER_DIFFERS, SDK_NOT_FOLLOWED, Kind
from codemods.layout import Written, lay_out
from codemods.migrating import Migrating
from codemods.rules import sdk_handlers
from codemods.rules import sdk_session_name as naming
from codemods.rules.sdk_audio import AudioKinds
from codemods.rules.sdk_ended import EndedRule
from codemods.rules.sdk_handlers_to_assemblyai import HandlersToAssemblyAI
from codemods.rules.sdk_imports import SdkImports
from codemods.rules.sdk_options_to_assemblyai import OptionsToAssemblyAI
from codemods.rules.sdk_parameters import SdkParametersRule
from codemods.vendors import assemblyai_sdk
from codemods.vendors.gladia_sdk import Start
from shim.mapping import sdk
from shim.mapping.row import Vendor

_OVER = Vendor.ASSEMBLYAI


class SessionRule:
    """Plans what becomes of one session. `plan` says whether it could be followed; if not, findings say why."""

    def __init__(self, migrating: Migrating, start: Start, starts: list[Start], imports: SdkImports) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._start = start
        alone = sum(one.creation is start.creation for one in starts) == 1
        self._options = OptionsToAssemblyAI(migrating, start, imports, alone=alone)
        self._imports = imports
        self._complete = True
        self._handlers = HandlersToAssemblyAI(migrating, start, imports)
        self._calls: dict[str, list[tuple[cst.BaseExpression, cst.Call]]] = {}
        self._name = ""
        self._registrations: list[Registration] = []
        self._end_is_handled = False
        """Whether a handler of the session's end stays."""

    @property
    def gone(self) -> frozenset[cst.CSTNode]:
        """Nodes that go with tests of the message's type."""
        return frozenset(self._handlers.gone)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the session is not one that can be followed."""
        if not self._find_target():
            return False
        self._find_uses()
        registrations = [one for one in self._program.registrations.values() if one.owner == self._start.session]
        stops = [call for name in ("stop_recording", "end_session") for _, call in self._calls.get(name, ())]
        ended = EndedRule(self._migrating, stops).plan(registrations) if self._complete else []
        self._end_is_handled = any(self._event_of(one) == "ended" for one in registrations if one not in ended)
        self._registrations = registrations
        if not self._complete or not self._handlers.plan(registrations, self._statement(), ended):
            return False
        if not self._plan_start():
            return False
        for name, calls in self._calls.items():
            for ref, call in calls:
                self._plan_call(name, ref, call)
                self._check_order(name, call)
        return self._complete

    def _check_order(self, name: str, call: cst.Call) -> None:
        """Nothing may be asked of the session before its handlers are registered: it connects only then."""
        if name in ("on", "once", "add_listener", "wait_until_ready") or call.func in self._migrating.edits.removed:
            return
        scope = self._program.scope_of(self._start.session.site)
        last = self._migrating.line(self._handlers.last_statement)
        if self._program.scope_of(call) is scope and self._migrating.line(call) < last:
            self._give_up(call, f"{self._code(call)} comes before the handlers are registered")

    # --- reading ---------------------------------------------------------------------------------

    def _statement(self) -> cst.CSTNode:
        return self._program.statement_of(self._start.session.site)

    def _find_target(self) -> bool:
        """What the session is assigned to."""
        line = self._program.parents[self._start.session.site]
        statement = self._statement()
        block = self._program.parents.get(statement)
        match line:
            case cst.Assign([cst.AssignTarget(cst.Name() | cst.Attribute() as target)]):
                self._target: cst.BaseExpression = target
            case cst.AnnAssign(cst.Name() | cst.Attribute() as target):
                self._target = target
            case _:
                self._give_up(self._start.session.site, self._code(line))
                return False
        if not isinstance(block, (cst.Module, cst.IndentedBlock)) or not isinstance(statement, cst.SimpleStatementLine):
            self._give_up(line, self._code(line))
            return False
        return True

    def _find_uses(self) -> None:
        for node, value in self._program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)):
                continue
            objects = [one for one in something(value) if isinstance(one, LibraryObject)]
            if self._start.session not in objects:
                continue
            if len(something(value)) > 1:
                self._give_up(node, f"{self._code(node)} can be several things")
                continue
            parent = self._program.parents[node]
            around = self._program.parents.get(parent)
            match parent:
                case cst.Attribute() if isinstance(around, cst.Call) and around.func is parent:
                    self._calls.setdefault(parent.attr.value, []).append((node, around))
                case cst.Attribute() if isinstance(around, cst.Arg) and parent.attr.value == "stop_recording":
                    self._hand_over(parent, around)
                case cst.Arg() if isinstance(around, cst.Call) and self._is_of_program(around):
                    continue
                case cst.If() | cst.UnaryOperation() | cst.BooleanOperation() | cst.Comparison() | cst.Return():
                    continue
                case cst.Assign() | cst.Expr() | cst.AssignTarget():
                    continue
                case _:
                    self._give_up(node, self._code(parent))

    def _is_of_program(self, call: cst.Call) -> bool:
        callees = something(self._program.value(call.func))
        return all(
            isinstance(one, (Function, Class)) or (isinstance(one, Member) and isinstance(one.owner, Instance))
            for one in callees
        )

    # --- opening ---------------------------------------------------------------------------------

    def _plan_start(self) -> bool:
        migrating, edits = self._migrating, self._migrating.edits
        site = self._start.session.site
        if self._start.configuration is None:
            self._give_up(site, "the session is started without a configuration")
            return False
        parameters = SdkParametersRule(migrating, self._imports.use)
        if not parameters.plan(self._start.configuration):
            return False
        options = self._options.plan()
        if options is None or not self._take_live_client_away():
            return False
        for row in (sdk.START, sdk.PARAMETERS, sdk.OPTIONS):
            row.over(_OVER)
        (sdk.ASYNC_CLIENT if self._start.asynchronous else sdk.CLIENT).over(_OVER)
        classes = assemblyai_sdk.CLIENTS.items()
        name = next(one for one, awaited in classes if awaited is self._start.asynchronous)
        client_class = self._imports.use(name)
        self._imports.handled.update(self._configuration_nodes())
        edits.watch([self._start.configuration])
        target = self._renamed_target()

        def created(_: cst.Call) -> cst.BaseExpression:
            written = Written(client_class, [("", options())])
            indent = migrating.indent_of(site)
            text = lay_out(written, indent + len(target) + 3, indent, migrating.file_quote)
            return cst.parse_expression(text)

        edits.rewrite(site, created)
        sdk_handlers.keep_blank_lines(migrating, self._statement())
        last = self._handlers.last_statement
        configuration = self._start.configuration

        def connecting() -> list[Statement]:
            given = parameters.tree() if parameters.inline else self._given(configuration)
            indent = migrating.indent_of(site)
            prefix = "await " if self._start.asynchronous else ""
            call = lay_out(Written(f"{prefix}{target}.connect", [("", given)]), indent, indent, migrating.file_quote)
            statements = [*self._handlers.statements(target), cst.parse_statement(call)]
            if self._follows_function(last):
                blank = [cst.EmptyLine(indent=False)] * (2 if indent == 0 else 1)
                statements[0] = statements[0].with_changes(leading_lines=blank)
            return statements

        edits.insert_after(last, connecting)
        if self._start.asynchronous and not self._in_coroutine(site):
            self._give_up(site, "the session is started outside of a coroutine")
        return self._complete

    def _follows_function(self, last: cst.CSTNode) -> bool:
        """Whether a function stands above what is inserted behind a statement."""
        block = self._program.parents[last]
        assert isinstance(block, (cst.Module, cst.IndentedBlock))
        body = list(block.body)
        at = next(index for index, one in enumerate(body) if one is last)
        while at > 0 and body[at] in self._migrating.edits.removed:
            at -= 1
        return isinstance(body[at], (cst.FunctionDef, cst.ClassDef))

    def _given(self, configuration: cst.BaseExpression) -> str | Written:
        code = self._migrating.module.code_for_node(self._migrating.edits.updated(configuration))
        value = self._program.value(configuration)
        if isinstance(value, LibraryObject):
            return code
        return Written(self._imports.use(assemblyai_sdk.PARAMETERS), [("", f"**{code}")])

    def _configuration_nodes(self) -> list[cst.CSTNode]:
        assert self._start.configuration is not None
        value = self._program.value(self._start.configuration)
        if isinstance(value, LibraryObject):
            return [value.site]
        self._imports.use(assemblyai_sdk.PARAMETERS)
        return [self._start.configuration]

    def _renamed_target(self) -> str:
        """What the session is called from now on: a client, by the name that the GladiaClient had."""
        migrating, target = self._migrating, self._target
        if isinstance(target, cst.Attribute):
            return migrating.module.code_for_node(target.with_changes(attr=self._renamed_attribute(target)))
        assert isinstance(target, cst.Name)
        old = target.value
        freed = self._options.client_variable
        wanted = migrating.name(freed) if freed else naming.client_of_session(old)
        taken = {new for name, new in migrating.new_names.items() if name not in (old, freed)}
        if freed is None and wanted in migrating.new_names:
            # What was called `client` is called `options` from now on.
            freed = wanted
        if wanted not in taken and naming.force_name(migrating, old, wanted, freed):
            return wanted
        return migrating.name(old)

    def _renamed_attribute(self, target: cst.Attribute) -> cst.Name:
        planned = self._migrating.edits.rewrites.get(target.attr)
        found = planned(target.attr) if planned is not None else target.attr
        assert isinstance(found, cst.Name)
        return found

    def _take_live_client_away(self) -> bool:
        """`live = client.live_v2()` in a statement of its own goes."""
        func = self._start.session.site.func
        assert isinstance(func, cst.Attribute)
        if not isinstance(func.value, cst.Name):
            return True
        for definition in naming.definitions_at(self._migrating, func.value):
            if definition.uses != [func.value] or definition.statement is None or definition.expression is None:
                self._give_up(func.value, self._code(func))
                return False
            self._migrating.edits.remove(definition.statement)
        return True

    # --- calls -----------------------------------------------------------------------------------

    def _plan_call(self, name: str, ref: cst.BaseExpression, call: cst.Call) -> None:
        match name:
            case "on" | "once" | "add_listener":
                if call not in self._program.registrations:
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
                self._remove_line(call)
            case _:
                self._report(CALL_ABSENT, call, f"{self._code(call)}: AssemblyAI's client has nothing like it")
                self._complete = False

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

    def _event_of(self, registration: Registration) -> object:
        return constant(self._program.value(registration.event)) if registration.event is not None else None

    def _check_end_comes(self, call: cst.Call) -> None:
        """In a handler, AssemblyAI's client closes without waiting: no handler of the end would be called."""
        if self._end_is_handled and not self._is_in_handler(call, "error", "ended") and self._is_in_handler(call):
            self._give_up(call, f"{self._code(call)} in a handler: the handler of the end would never be called")

    def _is_in_handler(self, call: cst.Call, *events: str) -> bool:
        """Whether a call stands in a handler, of any event or of these."""
        handling = [one for one in self._registrations if not events or self._event_of(one) in events]
        handlers = [sdk_handlers.handler_of(self._program, one) for one in handling]
        return any(one is not None and self._program.is_inside(call, one.function) for one in handlers)

    def _in_coroutine(self, node: cst.CSTNode) -> bool:
        scope = self._program.scope_of(node)
        return isinstance(scope, cst.FunctionDef) and scope.asynchronous is not None

    def _write(self, call: cst.Call, method: str, arguments: str) -> None:
        assert isinstance(call.func, cst.Attribute)
        edits = self._migrating.edits
        given = cst.parse_expression(f"f({arguments})")
        assert isinstance(given, cst.Call)
        edits.replace(call.func.attr, cst.Name(method))
        edits.rewrite(call, lambda updated: self._awaited(call, updated.with_changes(args=given.args)))

    def _awaited(self, call: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        if not self._start.asynchronous:
            return updated
        if self._in_coroutine(call):
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
        if not self._start.asynchronous or self._in_coroutine(call):
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
        wrapped = AudioKinds(self._migrating).may_be_bytearray(audio)
        edits.replace(call.func.attr, cst.Name("stream"))

        def streamed(updated: cst.Call) -> cst.BaseExpression:
            given = updated.args[0].value
            if wrapped:
                given = cst.Call(cst.Name("bytes"), [cst.Arg(given)])
            return self._awaited(call, updated.with_changes(args=[cst.Arg(given)]))

        edits.rewrite(call, streamed)

    def _plan_join(self, call: cst.Call) -> None:
        """Waiting for the end goes where the stop, which waits by itself, stands in the same function before it."""
        scope, line = self._program.scope_of(call), self._migrating.line(call)
        stops = [
            one
            for name in ("stop_recording", "end_session")
            for _, one in self._calls.get(name, ())
            if self._program.scope_of(one) is scope and self._migrating.line(one) <= line
        ]
        if not stops:
            self._give_up(call, f"{self._code(call)} waits for an end that is not asked for in the same function")
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

    def _hand_over(self, method: cst.Attribute, argument: cst.Arg) -> None:
        """`session.stop_recording` handed to a signal handler or thread becomes a call of its own."""
        sdk.STOP.over(_OVER)
        self._migrating.edits.watch([method.value])
        asyncio = self._migrating.imported_as("asyncio")
        if self._start.asynchronous and asyncio is None:
            self._give_up(argument, self._code(argument))
            return

        def written(_: cst.Attribute) -> cst.BaseExpression:
            client = self._migrating.module.code_for_node(self._migrating.edits.updated(method.value))
            call = f"{client}.disconnect(terminate=True)"
            if self._start.asynchronous:
                call = f"{asyncio}.create_task({call})"
            return cst.parse_expression(f"lambda *_: {call}")

        self._migrating.edits.rewrite(method, written)

    # --- findings --------------------------------------------------------------------------------

    def _code(self, node: cst.CSTNode) -> str:
        return self._migrating.code(node)

    def _report(self, kind: Kind, node: cst.CSTNode, text: str) -> None:
        self._migrating.report(kind, node, text)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(SDK_NOT_FOLLOWED, node, text)
