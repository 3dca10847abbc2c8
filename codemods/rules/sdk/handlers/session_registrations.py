"""The lines that register handlers on a Gladia session, behind its start or where they stand already."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.edits import Statement, statements
from codemods.migrating import Migrating
from codemods.rules.sdk.handlers.early_end import as_told_of_end
from codemods.rules.sdk.handlers.functions import Handler
from codemods.rules.sdk.handlers.given import Given
from codemods.rules.sdk.handlers.handler_functions import HandlerFunctions, Place
from codemods.rules.sdk.handlers.kept_handlers import KeptHandlers
from codemods.rules.sdk.handlers.registration_places import RegistrationPlaces


class SessionRegistrations:
    """The registrations of one client's handlers, as they are found, and how each is written."""

    def __init__(self, migrating: Migrating, functions: HandlerFunctions, places: RegistrationPlaces) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._functions = functions
        self._places = places
        self.handlers: dict[cst.CSTNode, list[tuple[Handler, str]]] = {}
        self.order: list[tuple[Registration, Given]] = []
        self.registering: frozenset[cst.CSTNode] = frozenset()
        self.in_place: list[Registration] = []
        """Registrations that stand behind the connect, and stay there."""
        self.list: KeptHandlers | None = None
        """Where handlers are kept until the connect that cannot be named there."""
        self.kept: list[Registration] = []
        self.client_code: Callable[[], str] = str
        """How the client is read where it is connected."""
        self.foreign: list[tuple[Registration, Given]] = []
        """Handlers that are functions of libraries."""
        self.choices: list[cst.If] = []
        """Statements that choose handlers, which stand behind the connect from now on."""

    def rewrite_in_place(self, session: str, place: Place, give_up: Callable[[cst.CSTNode, str], None]) -> None:
        """Plans the registrations that stand behind the start of the session already, or are met there."""
        kept = dict(self._once_each())
        if self.list is not None:
            listed = [(one, given) for one, given in kept.items() if one in self.kept]
            self.list.plan([(one, partial(self._told, "", one, given)) for one, given in listed])
        loops: dict[cst.CSTNode, list[tuple[str, Registration]]] = {}
        for registration in self.in_place:
            if registration in kept:
                client = registration.call.func
                scope = self._program.scope_of(registration.call)
                given = scope in self.registering or registration in self._places.later
                found = place.session_at(client.value) if given and isinstance(client, cst.Attribute) else session
                if found is None:
                    give_up(registration.call, self._migrating.code(registration.call))
                    continue
                statement = self._program.statement_of(registration.call)
                if isinstance(statement, cst.For):
                    loops.setdefault(statement, []).append((found, registration))
                else:
                    self._rewrite_line(found, registration, kept[registration])
            else:
                self._migrating.edits.remove(self._program.statement_of(registration.call))
        for loop, registered in loops.items():
            # A loop that registers handlers for several events gives way to a line for each.
            lines = [(session_name, one, kept[one]) for session_name, one in registered]
            self._migrating.edits.remove(loop)
            self._migrating.edits.insert_before(loop, partial(self._lines, lines))

    def has_statements(self, ended: str | None) -> bool:
        """Whether anything is to stand behind the start of the session."""
        every = (*self.order, *self.foreign)
        return ended is not None or bool(self.choices) or any(one not in self.in_place for one, _ in every)

    def statements(self, session: str, ended: str | None) -> list[Statement]:
        """The registrations, to stand behind the start of the session; asked for when the edits are applied."""
        quote = self._migrating.file_quote
        found: list[Statement] = []
        if ended is not None:
            found.extend(statements(f"{ended} = asyncio.Event()"))
        for registration, given in self._once_each():
            if registration not in self.in_place and registration not in self.kept:
                found.extend(self._written(session, registration, given))
        if self.list is not None and self.kept:
            found.extend(self.list.registering(session))
        for choice in self.choices:
            moved = self._migrating.edits.updated(choice)
            assert isinstance(moved, cst.If)
            found.append(moved.with_changes(leading_lines=[one for one in moved.leading_lines if one.comment]))
        if ended is not None and all(given.event != "error" for _, given in self.order):
            # Where nothing listens to errors, a refused session never ends, and would be waited for.
            found.extend(statements(f"{session}.on({quote}error{quote}, print)"))
        if ended is not None:
            found.extend(statements(f"{session}.once({quote}ended{quote}, lambda _: {ended}.set())"))
        return found

    # --- one line --------------------------------------------------------------------------------

    def _rewrite_line(self, session: str, registration: Registration, given: Given) -> None:
        line, written = self._program.parents[registration.call], partial(self._written, session, registration, given)
        self._migrating.edits.rewrite(line, lambda _: written()[0].body[0])
        if given.event == "error":
            self._migrating.edits.insert_after(self._program.statement_of(line), lambda: [*written()[1:]])

    def _lines(self, lines: list[tuple[str, Registration, Given]]) -> list[Statement]:
        return [line for one in lines for line in self._written(*one)]

    def _written(self, session: str, registration: Registration, given: Given) -> list[cst.SimpleStatementLine]:
        """The line of a registration; a handler of errors gets a second one."""
        quote, found = self._migrating.file_quote, []
        for event, handler in self._told(session, registration, given):
            method = "once" if event in ("started", "ended") else "on"
            written = cst.parse_statement(
                f"{session}.{method}(\n    {quote}{event}{quote},\n    {handler},\n)"
                if event != given.event
                else f"{session}.{method}({quote}{event}{quote}, {handler})"
            )
            assert isinstance(written, cst.SimpleStatementLine)
            found.append(written)
        return found

    def _told(self, session: str, registration: Registration, given: Given) -> list[tuple[str, str]]:
        """The events that a handler is registered for, each with its code: errors come as an end, too."""
        handler = self._handler_code(session, registration, given)
        return [(given.event, handler), *([("ended", as_told_of_end(handler))] if given.event == "error" else [])]

    def _handler_code(self, session: str, registration: Registration, given: Given) -> str:
        migrating, function = self._migrating, self._function_of(registration)
        assert isinstance(registration.handler, cst.BaseExpression)
        handler = migrating.module.code_for_node(migrating.edits.edited(registration.handler))
        is_name = isinstance(registration.handler, (cst.Name, cst.Attribute))
        if function in self._functions.keep_client or function in self._functions.keep_session:
            bound = self.client_code() if function in self._functions.keep_client else session
            handler, is_name = f"{self._partial()}({handler}, {bound})", False
        if given.message_type and function in self._functions.sorted_out:
            return self._for_type_alone(handler, given.message_type, is_name=is_name)
        return handler

    def _partial(self) -> str:
        """What `functools.partial` is called; it was imported, or asked for, when the handlers were planned."""
        for module, name in (("functools.partial", ""), ("functools", ".partial")):
            known = self._migrating.imported_as(module)
            if known is not None:
                return f"{known}{name}"
        return "functools.partial"

    def _for_type_alone(self, handler: str, message_type: str, *, is_name: bool) -> str:
        """A handler of several events, called for messages of one type; one that a call makes is made once."""
        quote = self._migrating.file_quote
        test = f"message.type == {quote}{message_type}{quote}"
        if is_name:
            return f"lambda message: {handler}(message) if {test} else None"
        return f"lambda message, handle={handler}: handle(message) if {test} else None"

    # --- which -----------------------------------------------------------------------------------

    def _function_of(self, registration: Registration) -> cst.CSTNode | None:
        every = ((one, function) for function, found in self.handlers.items() for one, _ in found)
        return next((function for one, function in every if one.registration is registration), None)

    def _once_each(self) -> list[tuple[Registration, Given]]:
        """A function that handles several types of message is registered for messages once."""
        found: list[tuple[Registration, Given]] = []
        for function, handlers in self.handlers.items():
            own = [one[0].registration for one in handlers]
            events: set[str] = set()
            for registration, given in self.order:
                is_own = registration in own
                if is_own and (function in self._functions.sorted_out or given.event not in events):
                    events.add(given.event)
                    found.append((registration, given))
        return [*sorted(found, key=lambda one: self.order.index(one)), *self.foreign]
