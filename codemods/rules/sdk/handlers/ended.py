"""An Event that a program sets when its Gladia session ended, only to wait for it after the stop.

AssemblyAI's `disconnect(terminate=True)` waits by itself, so that such an Event, what sets it and what waits go.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.values import Known, LibraryObject, something
from codemods.migrating import Migrating
from codemods.rules.sdk.handlers import functions as sdk_handlers

_EVENTS = ("asyncio.Event", "threading.Event")


class EndedRule:
    """Plans the removal of one session's Events. `stops` are the calls that stop the session."""

    def __init__(self, migrating: Migrating, stops: list[cst.Call]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._stops = stops

    def plan(self, registrations: list[Registration]) -> list[Registration]:
        """Plans the edits; gives the registrations that go."""
        return [one for one in registrations if self._goes(one)]

    def _goes(self, registration: Registration) -> bool:
        event = self._program.value(registration.event) if registration.event is not None else None
        handler = sdk_handlers.handler_of(self._program, registration)
        if event != Known("ended") or handler is None:
            return False
        setting = self._only_sets(handler.function)
        made = something(self._program.value(setting.func.value)) if setting is not None else ()  # type: ignore[attr-defined]
        if setting is None or len(made) != 1:
            return False
        found = made[0]
        if not isinstance(found, LibraryObject) or found.made_by not in _EVENTS:
            return False
        statements = self._waits(found, setting)
        if statements is None:
            return False
        if isinstance(registration.handler, cst.FunctionDef):
            statements.append(registration.handler)
        elif isinstance(handler.function, cst.Lambda):
            statements.append(self._program.statement_of(registration.call))
        else:
            return False
        for statement in statements:
            self._migrating.edits.remove(statement)
        return True

    def _only_sets(self, function: cst.FunctionDef | cst.Lambda) -> cst.Call | None:
        """The call `event.set()` that is all a handler does."""
        body: cst.CSTNode = function.body
        match body:
            case cst.IndentedBlock([cst.SimpleStatementLine([cst.Expr(inner)])]):
                body = inner
        match body:
            case cst.Call(cst.Attribute(_, cst.Name("set")), []):
                assert isinstance(body, cst.Call)
                return body
        return None

    def _waits(self, event: LibraryObject, setting: cst.Call) -> list[cst.CSTNode] | None:
        """The statements that make the Event and wait for it; None where it serves for more."""
        found: list[cst.CSTNode] = [self._program.statement_of(event.site)]
        if not isinstance(self._program.parents[event.site], cst.Assign):
            return None
        for node, value in self._program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)) or event not in something(value):
                continue
            method = self._program.parents[node]
            call = self._program.parents.get(method)
            if call is setting:
                continue
            statement = self._waiting(method, call)
            if statement is None:
                return None
            found.append(statement)
        return found

    def _waiting(self, method: cst.CSTNode, call: cst.CSTNode | None) -> cst.CSTNode | None:
        """The line `await event.wait()` behind a stop in the same function."""
        if not isinstance(method, cst.Attribute) or method.attr.value != "wait" or not isinstance(call, cst.Call):
            return None
        awaited = self._program.parents[call]
        line = self._program.parents[awaited] if isinstance(awaited, cst.Await) else awaited
        statement = self._program.parents[line]
        if call.args or not isinstance(line, cst.Expr) or not isinstance(statement, cst.SimpleStatementLine):
            return None
        scope, place = self._program.scope_of(call), self._migrating.line(call)
        stopped = any(
            self._program.scope_of(one) is scope and self._migrating.line(one) <= place for one in self._stops
        )
        return statement if stopped and len(statement.body) == 1 else None
