"""Handlers of an AssemblyAI client become handlers of a Gladia session.

AssemblyAI's are registered on the client before it connects and get `(client, event)`, one event each. Gladia's are
registered on the session once it is started and get one argument; all messages come as one event, so that a handler
tests the message's type.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.values import Known, LibraryObject
from codemods.edits import Statement
from codemods.findings import HANDLER_NOT_FOLLOWED
from codemods.migrating import Migrating
from codemods.rules.branches import report_never_sent
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.handlers.functions import Handler
from codemods.rules.sdk.handlers.given import ROWS, Given, given_for, values_given
from codemods.rules.sdk.handlers.handler_choices import choice_around
from codemods.rules.sdk.handlers.handler_functions import HandlerFunctions, Place
from codemods.rules.sdk.handlers.kept_handlers import KeptHandlers
from codemods.rules.sdk.handlers.registration_places import RegistrationPlaces
from codemods.rules.sdk.handlers.running import runs_only_in
from codemods.rules.sdk.handlers.session_registrations import SessionRegistrations
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk
from shim.mapping import assemblyai_v2_sdk as v2
from shim.mapping import sdk
from shim.mapping.row import Fidelity, Vendor


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
        self.gone: set[cst.CSTNode] = set()
        """Functions that go, with everything inside them."""
        self._functions = HandlerFunctions(migrating, client, imports, self.gone, self._give_up)
        self._written = SessionRegistrations(migrating, self._functions, self._places)

    def give_client_to(self, own: frozenset[cst.BaseExpression]) -> None:
        """Takes in where attributes of the program's own are read of the client: a handler that does keeps it."""
        self._functions.own = own

    def give_session_to(self, uses: frozenset[cst.BaseExpression]) -> None:
        """Takes in where the client is used as what is the session from now on: a handler may have to be handed it."""
        self._functions.session_uses = uses

    @property
    def need_client(self) -> bool:
        """Whether a handler reads what the program keeps on the client."""
        return bool(self._functions.own)

    def plan(
        self, registrations: list[Registration], connect: cst.Call, registering: frozenset[cst.CSTNode], place: Place
    ) -> bool:
        """Plans the handlers; False, with findings, where one could not be followed.

        `registering` are the functions that are given the client to register handlers: they get the session.
        """
        self._written.registering = registering
        client = connect.func.value if isinstance(connect.func, cst.Attribute) else None
        if client is not None:
            edits = self._migrating.edits
            self._written.client_code = lambda: self._migrating.module.code_for_node(edits.edited(client))
        self._written.list = self._list_for(registrations, connect, place)
        for registration in registrations:
            self._read(registration, registrations, connect)
        for function, handlers in self._written.handlers.items():
            assert isinstance(function, (cst.FunctionDef, cst.Lambda))
            registered = {(name, handler.given_from) for handler, name in handlers}
            if self._planned.setdefault(function, registered) is registered:
                self._functions.plan(function, handlers, place, may_bind=self._written.list is None)
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
        return runs_only_in(self._program, function, frozenset(self._written.handlers))

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
        stays = self._program.scope_of(registration.call) in self._written.registering or self._places.is_later(
            registration, connect
        )
        can_move = (
            stays or choice is not None or self._written.list or self._places.can_move(registration, statement, connect)
        )
        if name is None or name not in ROWS or not alone or not can_move:
            self._give_up(registration.call, self._migrating.code(registration.call))
            return
        way = ROWS[name].over(Vendor.GLADIA)
        sdk.EVENTS.over(Vendor.GLADIA)
        sdk.ON.over(Vendor.GLADIA)
        handler = sdk_handlers.handler_of(self._program, registration)
        if handler is None or handler.parameters(values_given(self._program, registration)) is None:
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
        if choice is not None and choice not in self._written.choices:
            self._written.choices.append(choice)
            self._migrating.edits.move(choice)
        if self._written.list is not None:
            self._written.kept.append(registration)
        elif stays or choice is not None or self._places.is_behind(registration, connect):
            self._written.in_place.append(registration)
        else:
            self._migrating.edits.remove(statement)
        self._written.handlers.setdefault(handler.function, []).append((handler, name))
        self._written.order.append((registration, given_for(self._program, self._client, name, handler)))
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
        count = values_given(self._program, registration)
        statement = self._program.statement_of(registration.call)
        if handler.parameters(count) is None or not self._places.can_move(registration, statement, connect):
            self._give_up(given, self._migrating.code(given))
            return
        if not self._is_for_this_alone(handler, registrations):
            return
        name = assemblyai_v2_sdk.EVENTS[registration.method]
        self._written.handlers.setdefault(handler.function, []).append((handler, name))
        self._written.order.append((registration, given_for(self._program, self._client, name, handler)))

    def _read_foreign(self, registration: Registration) -> None:
        """A handler that is a library's, such as `print`, gets Gladia's object."""
        assert isinstance(registration.handler, cst.BaseExpression)
        value = self._program.value(registration.handler)
        if registration.method not in ("on_error", "on_open") or not sdk_handlers.is_of_python(value):
            self._give_up(registration.handler, self._migrating.code(registration.handler))
            return
        event = "error" if registration.method == "on_error" else "started"
        self._written.foreign.append((registration, Given(event, "", "")))

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

    # --- writing ---------------------------------------------------------------------------------

    def rewrite_in_place(self, session: str, place: Place) -> None:
        """Plans the registrations that stand behind the start of the session already, or are met there."""
        self._written.rewrite_in_place(session, place, self._give_up)

    def has_statements(self, ended: str | None) -> bool:
        """Whether anything is to stand behind the start of the session."""
        return self._written.has_statements(ended)

    def statements(self, session: str, ended: str | None) -> list[Statement]:
        """The registrations, to stand behind the start of the session; asked for when the edits are applied."""
        return self._written.statements(session, ended)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(HANDLER_NOT_FOLLOWED, node, text)
