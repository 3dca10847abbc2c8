"""Handlers of a Gladia session become handlers of an AssemblyAI client.

Gladia's `message` handler gets every type of message; AssemblyAI's handlers get one event each, so that it is
registered for the types that it tests, and a test for the only type goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.values import Delivered, Known, Library, Parsed, something
from codemods.edits import Statement
from codemods.findings import HANDLER_NOT_FOLLOWED, PARAMETER_DIFFERS, WHOLE_MESSAGE
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.fields.field_rows import TARGET_TYPES
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.handlers.functions import Handler
from codemods.rules.sdk.handlers.running import calls_of
from codemods.rules.sdk.handlers.split_handler import Branch, chain_of, parts_of, split
from codemods.rules.sdk.handlers.type_tests import TypeTests
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk
from codemods.vendors.gladia_sdk import Start
from shim.mapping import sdk
from shim.mapping.row import Row, Vendor

_ROWS: Final[dict[str, Row]] = {
    "started": sdk.BEGIN_EVENT,
    "connected": sdk.CONNECTED_EVENT,
    "ended": sdk.TERMINATION_EVENT,
    "error": sdk.ERROR_EVENT,
    "message": sdk.TURN_EVENT,
}
_EVENTS: Final[dict[str, tuple[str, ...]]] = {
    "started": ("Begin",),
    "connected": ("Begin",),
    "ended": ("Termination", "Error"),
    "error": ("Error",),
}
_ANY_EVENT: Final = "EventMessage"


@dataclass(frozen=True, slots=True)
class _Registered:
    registration: Registration
    events: tuple[str, ...]
    name: str = ""
    """What is written for the handler, where it is not the old one."""


class HandlersToAssemblyAI:
    """Plans what becomes of the handlers of one session."""

    def __init__(self, migrating: Migrating, start: Start, imports: SdkImports) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._start = start
        self._imports = imports
        self._complete = True
        self._registered: list[_Registered] = []
        self._functions: set[cst.CSTNode] = set()
        self._inside: set[Registration] = set()
        """Registrations in a function of their own, which is called where the session starts."""
        self.gone: set[cst.CSTNode] = set()
        """Nodes that go: tests of the only type that a handler gets."""
        self._tests = TypeTests(migrating, start.session.site, self.gone)
        self.last_statement: cst.CSTNode = migrating.module
        """The statement behind which the handlers are registered and the client connects."""

    def plan(self, registrations: list[Registration], start: cst.CSTNode, going: list[Registration]) -> bool:
        """Plans the handlers; False, with findings, where one could not be followed. `going` are those that go."""
        self.last_statement = start
        for registration in sorted(registrations, key=lambda one: self._migrating.line(one.call)):
            if registration not in going:
                self._read(registration, registrations, start)
        return self._complete

    def _read(self, registration: Registration, registrations: list[Registration], start: cst.CSTNode) -> None:
        name = self._program.value(registration.event) if registration.event is not None else None
        event = str(name.value) if isinstance(name, Known) else ""
        if event in _ROWS and self._read_foreign(registration, event, start):
            return
        handler = sdk_handlers.handler_of(self._program, registration)
        parameters = handler.parameters(1) if handler is not None else None
        if event not in _ROWS or handler is None or parameters is None or not self._in_block(registration, start):
            self._give_up(registration.call, self._migrating.code(registration.call))
            return
        elsewhere = sdk_handlers.uses_elsewhere(self._program, handler, registrations)
        if elsewhere or handler.function in self._functions:
            node = elsewhere[0] if elsewhere else registration.call
            self._give_up(node, f"{self._migrating.code(node)} is used for more than one event")
            return
        decorator = sdk_handlers.decorator_in_the_way(self._program, handler)
        if decorator is not None:
            self._give_up(decorator, f"{self._migrating.code(decorator)} may look at what the handler is given")
            return
        other = sdk_handlers.overridden(self._program, handler)
        if other is not None:
            self._give_up(other, f"`{other.name.value}` is a handler that another class has too")
            return
        self._functions.add(handler.function)
        self._imports.at(self._start.session.site).use("RealTimeEvents")
        sdk.EVENTS.over(Vendor.ASSEMBLYAI)
        row = _ROWS[event]
        row.over(Vendor.ASSEMBLYAI)
        sdk.ON.over(Vendor.ASSEMBLYAI)
        if event in ("ended", "error"):
            reason = row.over_assemblyai.reason
            self._migrating.report(PARAMETER_DIFFERS, registration.call, f"`{event}`: {reason}")
        others = [sdk_handlers.handler_of(self._program, one) for one in registrations if one is not registration]
        handling = frozenset(one.function for one in others if one is not None)
        types = self._tests.types(handler.function, handling) if event == "message" else ()
        if self._tests.meet_in_one_choice(handler.function):
            self._give_up(registration.call, "two of the types that it tells apart are one event at AssemblyAI")
            return
        events = _EVENTS.get(event) or self._events_of(registration, types)
        if not events:
            self._give_up(registration.call, "it handles no message that AssemblyAI sends")
            return
        if event == "message" and len(types) == 1 and isinstance(handler.function, cst.FunctionDef):
            self._tests.take_away(handler.function)
        elif event == "message" and len(types) == 1 and isinstance(handler.function, cst.Lambda):
            self._tests.take_out_of(handler.function)
        self._plan_function(handler, parameters[0], event, events)
        self._take_registration_away(registration)
        if event != "message" or not self._split(registration, handler, parameters[0]):
            self._registered.append(_Registered(registration, events))
        if registration in self._inside:
            self._register_inside(registration)

    def _read_foreign(self, registration: Registration, event: str, start: cst.CSTNode) -> bool:
        """A handler that is a library's, such as `print`, is called with the event alone."""
        handler = registration.handler
        if not isinstance(handler, cst.BaseExpression) or not isinstance(self._program.value(handler), Library):
            return False
        if not self._in_block(registration, start):
            return False
        _ROWS[event].over(Vendor.ASSEMBLYAI)
        self._imports.at(self._start.session.site).use("RealTimeEvents")
        if event == "message":
            code = self._migrating.code(registration.call)
            self._migrating.report(WHOLE_MESSAGE, registration.call, f"{code} gets the turns alone")
        name = "error" if event == "error" else "event"
        code = self._migrating.code(handler)
        wrapped = f"lambda client, {name}: {code}({name})"
        self._registered.append(_Registered(registration, _EVENTS.get(event, ("Turn",)), wrapped))
        self._take_registration_away(registration)
        return True

    def _split(self, registration: Registration, handler: Handler, parameter: cst.Param) -> bool:
        """Makes one handler an event out of one that only asks for the type; False where it does more."""
        function = handler.function
        if not isinstance(function, cst.FunctionDef) or handler.given_from or len(function.params.params) != 1:
            return False
        if not isinstance(registration.handler, (cst.FunctionDef, cst.Name)):
            # What a call makes has no names of its own here.
            return False
        if self._migrating.at(function) is not self._migrating.at(registration.call):
            # The file that registers it imports this one name.
            return False
        branches: list[Branch] = []
        for node in chain_of(function):
            first = self._tests.first_operand(node.test)
            tested = self._tests.tested(first) if self._tests.positive(first) else []
            event = TARGET_TYPES[Vendor.ASSEMBLYAI].get(tested[0]) if tested else None
            if not tested or event in {one.event for one in branches if one.event}:
                return False
            branches.append(Branch(node, event, first is not node.test))
        if len(branches) < 2:
            return False
        classes = {event: name for name, event in assemblyai_sdk.EVENT_CLASSES.items()}
        annotations = classes if parameter.annotation is not None else None
        parts = parts_of(self._migrating, branches, annotations)
        for branch in branches:
            self.gone.update(self._program.nodes_in(self._tests.first_operand(branch.node.test)))
            if branch.event is None:
                self.gone.update(self._program.nodes_in(branch.node.body))
            if branch.asks_more and isinstance(branch.node.test, cst.BooleanOperation):
                self._tests.shorten(branch.node.test)
        for part in parts:
            if part.annotation is not None:
                part.annotation = self._imports.at(function).use(part.annotation)
            self._registered.append(_Registered(registration, (part.event,), part.name))
        split(self._migrating, function, branches, parts)
        return True

    def _in_block(self, registration: Registration, start: cst.CSTNode) -> bool:
        """Whether the registration stands behind the start of the session, or behind the `try` or `with` around it.

        Or in a function that is called there for that alone.
        """
        statement = self._registering(registration)
        if self._program.scope_of(statement) is not self._program.scope_of(start):
            call = self._only_call(self._program.scope_of(statement))
            if call is None:
                return False
            self._inside.add(registration)
            statement = call
        block = self._program.parents[statement]
        anchor = self._in_same_block(start, block)
        if anchor is None or not isinstance(block, (cst.Module, cst.IndentedBlock)):
            return False
        places = {id(one): index for index, one in enumerate(block.body)}
        if places[id(statement)] < places[id(anchor)]:
            return False
        last = self._in_same_block(self.last_statement, block)
        if last is not None and places[id(statement)] > places[id(last)]:
            self.last_statement = statement
        return True

    def _only_call(self, function: cst.CSTNode) -> cst.CSTNode | None:
        """The line that is the only call of a function: there the handlers are registered that it registers."""
        program = self._program
        calls = [program.parents[one] for one in calls_of(program, function)]
        line = program.parents[calls[0]] if len(calls) == 1 and isinstance(calls[0], cst.Call) else None
        statement = program.statement_of(line) if isinstance(line, cst.Expr) else None
        alone = isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1
        return statement if alone else None

    def _in_same_block(self, statement: cst.CSTNode, block: cst.CSTNode) -> cst.CSTNode | None:
        """A statement, or the `try` or `with` around it, as a statement of a block; None where that is further away."""
        program = self._program
        while program.parents[statement] is not block:
            inner = program.parents[statement]
            around = program.parents.get(inner)
            if not isinstance(around, (cst.Try, cst.With)) or around.body is not inner:
                return None
            statement = around
        return statement

    def _registering(self, registration: Registration) -> cst.CSTNode:
        if isinstance(registration.handler, cst.FunctionDef):
            return registration.handler
        return self._program.statement_of(registration.call)

    # --- types -----------------------------------------------------------------------------------

    def _events_of(self, registration: Registration, types: tuple[str, ...]) -> tuple[str, ...]:
        found: list[str] = []
        for one in types or ("transcript",):
            event = TARGET_TYPES[Vendor.ASSEMBLYAI].get(one)
            if event is not None and event not in found:
                found.append(event)
                row = sdk.SPEECH_EVENT if event == "SpeechStarted" else sdk.TURN_EVENT
                row.over(Vendor.ASSEMBLYAI)
        return tuple(found)

    # --- functions -------------------------------------------------------------------------------

    def _plan_function(self, handler: Handler, parameter: cst.Param, event: str, events: tuple[str, ...]) -> None:
        function = handler.function
        name = parameter.name.value
        wanted = name if event == "error" else "event"
        name = sdk_handlers.rename_parameter(self._migrating, parameter, wanted)
        names = sdk_handlers.names_in(self._program, function)
        client = next(one for one in ("client", "_client", "_transcriber") if one not in names)
        at = handler.given_from
        self._imports.handled.add(parameter)
        definition = sdk_handlers.definition_of(self._program, parameter)
        values = something(definition.value) if definition is not None and definition.uses else ()
        if not all(isinstance(one, Parsed) and isinstance(one.document, Delivered) for one in values):
            self._give_up(parameter, f"`{parameter.name.value}` is given other things too")
        unused = definition is None or not definition.uses
        if isinstance(function, cst.Lambda):
            if unused:
                self._migrating.edits.replace(
                    function.params, cst.Parameters(star_arg=cst.Param(cst.Name("_"), star="*"))
                )
                return
            annotations: tuple[str | None, str | None] = (None, None)
        else:
            annotations = self._annotations(parameter, event, events)
        given = (sdk_handlers.annotated(client, annotations[0]), sdk_handlers.annotated(name, annotations[1]))
        sdk_handlers.rewrite_parameters(
            self._migrating, function, lambda every: [*every[:at], *given, *every[at + 1 :]]
        )

    def _annotations(self, parameter: cst.Param, event: str, events: tuple[str, ...]) -> tuple[str | None, str | None]:
        if parameter.annotation is None:
            return None, None
        imports = self._imports.at(parameter)
        clients = assemblyai_sdk.CLIENTS.items()
        client = next(name for name, awaited in clients if awaited is self._start.asynchronous)
        if event == "error":
            return imports.use(client), imports.use("RealTimeError")
        classes = {event: name for name, event in assemblyai_sdk.EVENT_CLASSES.items()}
        name = classes[events[0]] if len(events) == 1 else _ANY_EVENT
        return imports.use(client), imports.use(name)

    def _take_registration_away(self, registration: Registration) -> None:
        handler = registration.handler
        if isinstance(handler, cst.FunctionDef):
            decorator = next(one for one in handler.decorators if one.decorator is registration.call)
            kept = [one is not decorator for one in handler.decorators]
            self._imports.handled.add(decorator)

            def undecorated(updated: cst.FunctionDef) -> cst.FunctionDef:
                stay = [one for one, keep in zip(updated.decorators, kept, strict=True) if keep]
                return updated.with_changes(decorators=stay)

            self._migrating.edits.rewrite_further(handler, undecorated)
            return
        assert isinstance(handler, cst.BaseExpression)
        self._migrating.edits.watch([handler])
        statement = self._program.statement_of(registration.call)
        self._migrating.edits.remove(statement)
        if isinstance(statement, cst.For):
            sdk_handlers.take_table_away(self._migrating, statement)

    # --- writing ---------------------------------------------------------------------------------

    def statements(self, client: str) -> list[Statement]:
        """The registrations, to stand in front of the connect; asked for when the edits are applied."""
        events = self._imports.at(self._start.session.site).use("RealTimeEvents") if self._registered else ""
        return self._lines(client, events, [one for one in self._registered if one.registration not in self._inside])

    def _register_inside(self, registration: Registration) -> None:
        """Plans the registrations of one handler where it was registered: in a function that is called for that."""
        migrating, call = self._migrating, registration.call
        events = self._imports.at(call).use("RealTimeEvents")
        own = [one for one in self._registered if one.registration is registration]
        if not isinstance(call.func, cst.Attribute) or isinstance(self._registering(registration), cst.For):
            self._give_up(call, migrating.code(call))
            return
        owner = call.func.value

        def lines() -> list[Statement]:
            return self._lines(migrating.module.code_for_node(migrating.edits.edited(owner)), events, own)

        if isinstance(registration.handler, cst.FunctionDef):
            migrating.edits.add_after(registration.handler, lines)
        else:
            migrating.edits.add_before(self._program.statement_of(call), lines)

    def _lines(self, client: str, events: str, registered: list[_Registered]) -> list[Statement]:
        migrating = self._migrating
        found: list[str] = []
        for one in registered:
            handler = one.registration.handler
            if one.name:
                code = one.name
            elif isinstance(handler, cst.FunctionDef):
                code = migrating.name(handler.name.value)
            else:
                assert isinstance(handler, cst.BaseExpression)
                code = migrating.module.code_for_node(migrating.edits.edited(handler))
                if isinstance(handler, cst.Call) and len(one.events) > 1:
                    # What it makes is one handler: it may remember something.
                    name = naming.free_name(migrating, "handler", "event_handler")
                    found.append(f"{name} = {code}")
                    code = name
            found.extend(f"{client}.on({events}.{event}, {code})" for event in one.events)
        return [cst.parse_statement(one) for one in found]

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(HANDLER_NOT_FOLLOWED, node, text)
