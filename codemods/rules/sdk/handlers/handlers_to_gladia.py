"""Handlers of an AssemblyAI client become handlers of a Gladia session.

AssemblyAI's are registered on the client before it connects and get `(client, event)`, one event each. Gladia's are
registered on the session once it is started and get one argument; all messages come as one event, so that a handler
tests the message's type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.values import Delivered, Known, LibraryObject, Parsed, Value, something
from codemods.edits import Statement, statements
from codemods.findings import FAILS_TODAY, HANDLER_NOT_FOLLOWED, PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.branches import report_never_sent
from codemods.rules.sdk.fields.field_rows import TARGET_TYPES
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.handlers.failing import is_error_alone, missing_value
from codemods.rules.sdk.handlers.functions import Handler
from codemods.rules.sdk.handlers.handler_choices import choice_around
from codemods.rules.sdk.handlers.kept_handlers import KeptHandlers
from codemods.rules.sdk.handlers.registration_places import RegistrationPlaces
from codemods.rules.sdk.handlers.type_guard import asks_every_time, guard
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk, gladia_sdk
from shim.mapping import assemblyai_v2_sdk as v2
from shim.mapping import sdk
from shim.mapping.row import Fidelity, Row, Vendor

_ROWS: Final[dict[str, Row]] = {
    "Begin": sdk.BEGIN_EVENT,
    "Turn": sdk.TURN_EVENT,
    "Termination": sdk.TERMINATION_EVENT,
    "SpeechStarted": sdk.SPEECH_EVENT,
    "Error": sdk.ERROR_EVENT,
    **{row.assemblyai[0].split(".")[1]: row for row in sdk.NEVER_SENT},
}


class Place(Protocol):
    """Where the session is kept."""

    def session_at(self, ref: cst.BaseExpression) -> str | None:
        """How the session is read where a use of the client stands; None where it cannot be."""
        ...


@dataclass(frozen=True, slots=True)
class _Given:
    """What a handler of one of AssemblyAI's events is registered for and gets."""

    event: str
    parameter: str
    annotation: str
    message_type: str = ""


class HandlersToGladia:
    """Plans what becomes of the handlers of one client."""

    def __init__(
        self,
        migrating: Migrating,
        client: LibraryObject,
        imports: SdkImports,
        planned: dict[cst.CSTNode, set[tuple[str, int]]],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._client = client
        self._imports = imports
        self._planned = planned
        """The handlers of all clients so far, each with its events and the position of what it gets."""
        self._places = RegistrationPlaces(migrating)
        self._complete = True
        self._handlers: dict[cst.CSTNode, list[tuple[Handler, str]]] = {}
        self._order: list[tuple[Registration, _Given]] = []
        self._registering: frozenset[cst.CSTNode] = frozenset()
        self._in_place: list[Registration] = []
        """Registrations that stand behind the connect, and stay there."""
        self._list: KeptHandlers | None = None
        """Where handlers are kept until the connect that cannot be named there."""
        self._kept: list[Registration] = []
        self._own: frozenset[cst.BaseExpression] = frozenset()
        self._client_code: Callable[[], str] = str
        """How the client is read where it is connected."""
        self._keep_client: set[cst.CSTNode] = set()
        """Functions that are handed the client."""
        self.gone: set[cst.CSTNode] = set()
        """Functions that go, with everything inside them."""
        self._foreign: list[tuple[Registration, _Given]] = []
        """Handlers that are functions of libraries."""
        self._sorted_out: set[cst.CSTNode] = set()
        """Functions of several events that do not ask for the type themselves: where they are registered is asked."""
        self._choices: list[cst.If] = []
        """Statements that choose handlers, which stand behind the connect from now on."""

    def give_client_to(self, own: frozenset[cst.BaseExpression]) -> None:
        """Takes in where attributes of the program's own are read of the client: a handler that does keeps it."""
        self._own = own

    @property
    def need_client(self) -> bool:
        """Whether a handler reads what the program keeps on the client."""
        return bool(self._own)

    def plan(
        self, registrations: list[Registration], connect: cst.Call, registering: frozenset[cst.CSTNode], place: Place
    ) -> bool:
        """Plans the handlers; False, with findings, where one could not be followed.

        `registering` are the functions that are given the client to register handlers: they get the session.
        """
        self._registering = registering
        client = connect.func.value if isinstance(connect.func, cst.Attribute) else None
        if client is not None:
            edits = self._migrating.edits
            self._client_code = lambda: self._migrating.module.code_for_node(edits.edited(client))
        self._list = self._list_for(registrations, connect, place)
        for registration in registrations:
            self._read(registration, registrations, connect)
        for function, handlers in self._handlers.items():
            assert isinstance(function, (cst.FunctionDef, cst.Lambda))
            registered = {(name, handler.given_from) for handler, name in handlers}
            if self._planned.setdefault(function, registered) is registered:
                self._plan_function(function, handlers)
            elif self._planned[function] != registered:
                self._give_up(function, "it handles other events of another client")
        return self._complete

    def _list_for(self, registrations: list[Registration], connect: cst.Call, place: Place) -> KeptHandlers | None:
        """Where the handlers are kept until the connect, if one of them cannot be named there and all can be kept."""
        try:
            found = KeptHandlers(self._migrating, self._client.site, connect, place)
        except ValueError:
            return None
        own = [one for one in registrations if self._program.scope_of(one.call) is not found.scope]
        needs = any(
            one.method not in v2.HANDLERS
            and not self._places.can_move(one, self._program.statement_of(one.call), connect)
            for one in registrations
        )
        return found if needs and not own and all(found.may_keep(one) for one in registrations) else None

    def is_in_handler(self, node: cst.CSTNode) -> bool | None:
        """Whether a node runs on the session's own thread; None where it does at times only.

        It does in a handler, and in a function that only handlers call, through others or not.
        """
        function = self._program.scope_of(node)
        while function not in self._program.scopes and not isinstance(function, cst.Module):
            function = self._program.scope_of(function)
        return sdk_handlers.runs_only_in(self._program, function, frozenset(self._handlers))

    # --- reading ---------------------------------------------------------------------------------

    def _read(self, registration: Registration, registrations: list[Registration], connect: cst.Call) -> None:
        if registration.method in v2.HANDLERS:
            self._read_argument(registration, registrations, connect)
            return
        statement = self._program.statement_of(registration.call)
        event = self._program.value(registration.event) if registration.event is not None else None
        name = assemblyai_sdk.event_of(event) if event is not None else None
        line = self._program.parents[registration.call]
        alone = isinstance(line, cst.Expr) and isinstance(statement, (cst.SimpleStatementLine, cst.For))
        choice = choice_around(self._program, statement, registrations, connect)
        stays = self._program.scope_of(registration.call) in self._registering or self._places.is_later(
            registration, connect
        )
        can_move = stays or choice is not None or self._list or self._places.can_move(registration, statement, connect)
        if name is None or name not in _ROWS or not alone or not can_move:
            self._give_up(registration.call, self._migrating.code(registration.call))
            return
        way = _ROWS[name].over(Vendor.GLADIA)
        sdk.EVENTS.over(Vendor.GLADIA)
        sdk.ON.over(Vendor.GLADIA)
        handler = sdk_handlers.handler_of(self._program, registration)
        if handler is None or handler.parameters(self._values_given(registration)) is None:
            self._give_up(registration.call, self._migrating.code(registration.call))
            return
        if not self._is_for_this_alone(handler, registrations):
            return
        self._imports.handled.add(statement)
        if isinstance(statement, cst.For):
            sdk_handlers.take_table_away(self._migrating, statement)
        if way.codemod is Fidelity.ABSENT:
            self._migrating.edits.remove(statement)
            self._drop(registration, handler, way.reason)
            return
        if choice is not None and choice not in self._choices:
            self._choices.append(choice)
            self._migrating.edits.move(choice)
        if self._list is not None:
            self._kept.append(registration)
        elif stays or choice is not None or self._migrating.line(registration.call) > self._migrating.line(connect):
            self._in_place.append(registration)
        else:
            self._migrating.edits.remove(statement)
        self._handlers.setdefault(handler.function, []).append((handler, name))
        self._order.append((registration, self._given(name, handler)))
        assert isinstance(registration.handler, cst.BaseExpression)
        self._migrating.edits.watch([registration.handler])

    def _is_for_this_alone(self, handler: Handler, registrations: list[Registration]) -> bool:
        """Whether a handler's parameters can become others: nothing else calls it, takes them apart or replaces it."""
        elsewhere = sdk_handlers.uses_elsewhere(self._program, handler, self._program.registrations.values())
        if elsewhere:
            self._give_up(elsewhere[0], f"{self._migrating.code(elsewhere[0])} is used for more than this event")
            return False
        decorator = sdk_handlers.decorator_in_the_way(self._program, handler)
        if decorator is not None:
            self._give_up(decorator, f"{self._migrating.code(decorator)} may look at what the handler is given")
            return False
        other = sdk_handlers.overridden(self._program, handler)
        if other is not None:
            self._give_up(other, f"`{other.name.value}` is a handler that another class has too")
            return False
        return True

    def _read_argument(self, registration: Registration, registrations: list[Registration], connect: cst.Call) -> None:
        """A handler that the class of the older API was given as an argument."""
        way = v2.HANDLERS[registration.method].over(Vendor.GLADIA)
        given = registration.handler
        assert isinstance(given, cst.BaseExpression)
        if self._program.value(given) == Known(None):
            return
        if way.codemod is Fidelity.ABSENT:
            report_never_sent(self._migrating, given, f"`{registration.method}`: {way.reason}", None)
            return
        handler = sdk_handlers.handler_of(self._program, registration)
        if handler is None:
            self._read_foreign(registration)
            return
        count = self._values_given(registration)
        statement = self._program.statement_of(registration.call)
        if handler.parameters(count) is None or not self._places.can_move(registration, statement, connect):
            self._give_up(given, self._migrating.code(given))
            return
        if not self._is_for_this_alone(handler, registrations):
            return
        name = assemblyai_v2_sdk.EVENTS[registration.method]
        self._handlers.setdefault(handler.function, []).append((handler, name))
        self._order.append((registration, self._given(name, handler)))

    def _values_given(self, registration: Registration) -> int:
        """How many values AssemblyAI's SDK gives a handler."""
        if registration.method not in v2.HANDLERS:
            return 1 if is_error_alone(self._program, registration) is not None else 2
        return 0 if registration.method == "on_close" else 1

    def _read_foreign(self, registration: Registration) -> None:
        """A handler that is a library's, such as `print`, gets Gladia's object."""
        assert isinstance(registration.handler, cst.BaseExpression)
        value = self._program.value(registration.handler)
        if registration.method not in ("on_error", "on_open") or not sdk_handlers.is_of_python(value):
            self._give_up(registration.handler, self._migrating.code(registration.handler))
            return
        event = "error" if registration.method == "on_error" else "started"
        self._foreign.append((registration, _Given(event, "", "")))

    def _given(self, event: str, handler: Handler) -> _Given:
        match event:
            case "Begin":
                return _Given("started", "response", "LiveV2InitResponse")
            case "Error":
                return _Given("error", "error", "Exception")
            case "Termination" if handler.registration.method in v2.HANDLERS or not self._reads(handler):
                return _Given("ended", "ended", "LiveV2EndedMessage")
        return _Given("message", "message", gladia_sdk.ANY_MESSAGE, TARGET_TYPES[Vendor.GLADIA][event])

    def _reads(self, handler: Handler) -> bool:
        """Whether a handler reads anything of its event, itself or where it hands the event on."""
        for node, value in self._program.values.items():
            for one in something(value):
                if (
                    isinstance(one, Parsed)
                    and isinstance(one.document, Delivered)
                    and one.document.site is self._client.site
                    and (one.types is None or "Termination" in one.types)
                    and (one.path or not isinstance(self._program.parents.get(node), (cst.Attribute, cst.Expr)))
                ):
                    return True
        return False

    def _drop(self, registration: Registration, handler: Handler, reason: str) -> None:
        """A handler for what Gladia never sends goes, and its function with it."""
        body = handler.function.body if isinstance(handler.function, cst.FunctionDef) else None
        report_never_sent(
            self._migrating, registration.call, f"{self._migrating.code(registration.call)}: {reason}", body
        )
        if isinstance(handler.function, cst.FunctionDef):
            self._migrating.edits.remove(handler.function)
            self._imports.handled.add(handler.function)
            self.gone.update(self._program.nodes_in(handler.function))

    # --- functions -------------------------------------------------------------------------------

    def _plan_function(self, function: cst.FunctionDef | cst.Lambda, handlers: list[tuple[Handler, str]]) -> None:
        given = [self._given(name, handler) for handler, name in handlers]
        handler = handlers[0][0]
        if len({one.given_from for one, _ in handlers}) > 1:
            self._give_up(function, "it is registered in several ways")
            return
        count = self._values_given(handler.registration)
        parameters = handler.parameters(count)
        assert parameters is not None
        if not parameters:
            self._add_parameter(function, handler)
            return
        if count == 2 and self._reads_own(parameters[0]):
            # What the program keeps on the client is read: the client is handed in where the handler is registered.
            self._keep_client.add(function)
            if self._migrating.imported_as("functools.partial") is None is self._migrating.imported_as("functools"):
                self._migrating.needed_imports.append(("functools", ""))
            handler = replace(handler, given_from=handler.given_from + 1)
            parameters, count = parameters[1:], 1
        event = parameters[-1]
        for parameter in parameters:
            definition = sdk_handlers.definition_of(self._program, parameter)
            if definition is not None and definition.uses and not self._is_known(definition.value):
                self._give_up(parameter, f"`{parameter.name.value}` is given other things too")
        kinds = {one.message_type for one in given if one.message_type}
        wanted = given[0].parameter if len(given) == 1 else "message"
        keeps = wanted == "error" or (len(given) == 1 and given[0].event == "ended" and not self._uses(event))
        name = event.name.value
        if keeps and given[0].event == "ended":
            name = sdk_handlers.rename_parameter(self._migrating, event, "_ended")
        elif not keeps:
            name = sdk_handlers.rename_parameter(self._migrating, event, wanted)
        annotation = self._annotation(event, given)
        if function.params.star_arg is not cst.MaybeSentinel.DEFAULT:
            self._give_up(function, "it takes any number of arguments")
            return
        at = handler.given_from
        self._imports.handled.update(parameters)
        sdk_handlers.rewrite_parameters(
            self._migrating,
            function,
            lambda every: [*every[:at], sdk_handlers.annotated(name, annotation), *every[at + count :]],
        )
        if is_error_alone(self._program, handler.registration) is not None:
            self._migrating.report(FAILS_TODAY, function, missing_value(function))
        for one in given:
            if one.event == "error":
                row = sdk.ERROR_EVENT.over(Vendor.GLADIA)
                self._migrating.report(PARAMETER_DIFFERS, function, f"`error`: {row.reason}")
        if len(given) == 1 and kinds and not guard(self._migrating, function, name, given[0].message_type):
            self._give_up(function, self._migrating.code(function))
        if len(given) > 1 and kinds and not asks_every_time(self._program, function, frozenset(self.gone)):
            self._sorted_out.add(function)

    def _add_parameter(self, function: cst.FunctionDef | cst.Lambda, handler: Handler) -> None:
        """The end of a session is told with a code and a reason at Gladia, and with nothing in the older API."""
        at = handler.given_from
        sdk_handlers.rewrite_parameters(
            self._migrating,
            function,
            lambda every: [*every[:at], sdk_handlers.annotated("_ended", None), *every[at:]],
        )

    def _is_known(self, value: Value) -> bool:
        found = something(value)
        if len({one.site for one in found if isinstance(one, LibraryObject)}) > 1:
            # The client of several: which one's session it would be is not known.
            return False
        return all(
            one == self._client or (isinstance(one, Parsed) and isinstance(one.document, Delivered)) for one in found
        )

    def _reads_own(self, parameter: cst.Param) -> bool:
        definition = sdk_handlers.definition_of(self._program, parameter)
        return definition is not None and any(use in self._own for use in definition.uses)

    def _uses(self, parameter: cst.Param) -> bool:
        definition = sdk_handlers.definition_of(self._program, parameter)
        return definition is not None and bool(definition.uses)

    def _annotation(self, event: cst.Param, given: list[_Given]) -> str | None:
        if event.annotation is None:
            return None
        if len({one.annotation for one in given}) > 1:
            return None
        name = given[0].annotation
        return name if name == "Exception" else self._imports.at(event).use(name)

    # --- writing ---------------------------------------------------------------------------------

    def rewrite_in_place(self, session: str, place: Place) -> None:
        """Plans the registrations that stand behind the start of the session already, or are met there."""
        kept = dict(self._once_each())
        if self._list is not None:
            listed = [(one, given) for one, given in kept.items() if one in self._kept]
            self._list.plan([(one, given.event, partial(self._handler_code, one, given)) for one, given in listed])
        for registration in self._in_place:
            if registration in kept:
                client = registration.call.func
                scope = self._program.scope_of(registration.call)
                given = scope in self._registering or registration in self._places.later
                found = place.session_at(client.value) if given and isinstance(client, cst.Attribute) else session
                if found is None:
                    self._give_up(registration.call, self._migrating.code(registration.call))
                    continue
                self._rewrite_line(found, registration, kept[registration])
            else:
                self._migrating.edits.remove(self._program.statement_of(registration.call))

    def _rewrite_line(self, session: str, registration: Registration, given: _Given) -> None:
        line = self._program.parents[registration.call]
        self._migrating.edits.rewrite(line, lambda _: self._line(session, registration, given).body[0])

    def _line(self, session: str, registration: Registration, given: _Given) -> cst.SimpleStatementLine:
        quote = self._migrating.file_quote
        handler = self._handler_code(registration, given)
        method = "once" if given.event in ("started", "ended") else "on"
        written = cst.parse_statement(f"{session}.{method}({quote}{given.event}{quote}, {handler})")
        assert isinstance(written, cst.SimpleStatementLine)
        return written

    def _handler_code(self, registration: Registration, given: _Given) -> str:
        migrating = self._migrating
        assert isinstance(registration.handler, cst.BaseExpression)
        handler = migrating.module.code_for_node(migrating.edits.edited(registration.handler))
        if self._function_of(registration) in self._keep_client:
            handler = f"{self._partial()}({handler}, {self._client_code()})"
        if given.message_type and self._function_of(registration) in self._sorted_out:
            return self._for_type_alone(handler, registration.handler, given.message_type)
        return handler

    def _partial(self) -> str:
        """What `functools.partial` is called; it was imported, or asked for, when the handlers were planned."""
        for module, name in (("functools.partial", ""), ("functools", ".partial")):
            known = self._migrating.imported_as(module)
            if known is not None:
                return f"{known}{name}"
        return "functools.partial"

    def _function_of(self, registration: Registration) -> cst.CSTNode | None:
        every = ((one, function) for function, found in self._handlers.items() for one, _ in found)
        return next((function for one, function in every if one.registration is registration), None)

    def _for_type_alone(self, handler: str, written: cst.BaseExpression, message_type: str) -> str:
        """A handler of several events, called for messages of one type; one that a call makes is made once."""
        quote = self._migrating.file_quote
        test = f"message.type == {quote}{message_type}{quote}"
        if isinstance(written, (cst.Name, cst.Attribute)):
            return f"lambda message: {handler}(message) if {test} else None"
        return f"lambda message, handle={handler}: handle(message) if {test} else None"

    def has_statements(self, ended: str | None) -> bool:
        """Whether anything is to stand behind the start of the session."""
        every = (*self._order, *self._foreign)
        return ended is not None or bool(self._choices) or any(one not in self._in_place for one, _ in every)

    def statements(self, session: str, ended: str | None) -> list[Statement]:
        """The registrations, to stand behind the start of the session; asked for when the edits are applied."""
        quote = self._migrating.file_quote
        found: list[Statement] = []
        if ended is not None:
            found.extend(statements(f"{ended} = asyncio.Event()"))
        for registration, given in self._once_each():
            if registration not in self._in_place and registration not in self._kept:
                found.append(self._line(session, registration, given))
        if self._list is not None and self._kept:
            found.extend(self._list.registering(session))
        for choice in self._choices:
            moved = self._migrating.edits.updated(choice)
            assert isinstance(moved, cst.If)
            found.append(moved.with_changes(leading_lines=[one for one in moved.leading_lines if one.comment]))
        if ended is not None and all(given.event != "error" for _, given in self._order):
            # Where nothing listens to errors, a refused session never ends, and would be waited for.
            found.extend(statements(f"{session}.on({quote}error{quote}, print)"))
        if ended is not None:
            found.extend(statements(f"{session}.once({quote}ended{quote}, lambda _: {ended}.set())"))
        return found

    def _once_each(self) -> list[tuple[Registration, _Given]]:
        """A function that handles several types of message is registered for messages once."""
        found: list[tuple[Registration, _Given]] = []
        for function, handlers in self._handlers.items():
            own = [one[0].registration for one in handlers]
            events: set[str] = set()
            for registration, given in self._order:
                is_own = registration in own
                if is_own and (function in self._sorted_out or given.event not in events):
                    events.add(given.event)
                    found.append((registration, given))
        return [*sorted(found, key=lambda one: self._order.index(one)), *self._foreign]

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(HANDLER_NOT_FOLLOWED, node, text)
