"""The place where a program opens its socket: what means the same there, and who is told of a refusal."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.sockets import Connect
from codemods.analysis.values import (
    Class,
    Function,
    Instance,
    Library,
    LibraryObject,
    Member,
    Sequence,
    Value,
    something,
)
from codemods.findings import REFUSAL_PASSES, SESSION_SPREAD
from codemods.migrating import Migrating
from codemods.rules.guards import catcher, guards_around
from codemods.rules.letting_pass import RAISED
from codemods.rules.names.elsewhere import calls_of, is_own_object
from codemods.rules.posting.handshake_refusal import is_for_handshakes

REFUSED: Final = "ConnectionError"
"""What a refused POST is raised as where somebody is there to catch it."""
_SOCKET_LIBRARIES: Final = ("websockets", "websocket", "aiohttp")


class OpeningPlace:
    """Knows one connect's surroundings."""

    def __init__(self, migrating: Migrating, connect: Connect) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._connect = connect
        self._statement = self._program.statement_of(connect.call)

    def holds(self, node: cst.CSTNode) -> bool:
        """Whether every name of an expression means the same where the socket is opened; a finding says which not."""
        strange = self._strange_in(node)
        if strange is not None:
            text = f"`{strange.value}` is not the same where the socket is opened"
            self._migrating.report(SESSION_SPREAD, strange, text)
        return strange is None

    def means_the_same(self, node: cst.CSTNode) -> bool:
        """Whether every name of an expression means the same where the socket is opened."""
        return self._strange_in(node) is None

    def _strange_in(self, node: cst.CSTNode) -> cst.Name | None:
        program = self._program
        place = program.scope_of(self._connect.call)
        there = program.at_statement.get(self._statement, {})
        for name in program.nodes_in(node):
            if not isinstance(name, cst.Name) or name not in program.reaching:
                continue
            reaching = program.reaching[name]
            if program.scope_of(name) is place:
                fits = name.value not in there or there[name.value] == reaching
            else:
                scope = program.scopes.get(place)
                own = scope is not None and name.value in scope.definitions and not isinstance(place, cst.Module)
                of_module = all(
                    one in program.scopes[self._migrating.module].definitions.get(one.name, ()) for one in reaching
                )
                fits = (of_module and not own) or is_own_object(program, name, place)
            if not fits:
                return name
        return None

    def is_a_threads_work(self, place: cst.CSTNode) -> bool:
        """Whether the function that opens the session is what a thread is started with."""
        if not isinstance(place, cst.FunctionDef):
            return False
        for node in self._program.values:
            if not isinstance(node, cst.Call) or self._program.value(node.func) != Library("threading.Thread"):
                continue
            target = next((one.value for one in node.args if one.keyword and one.keyword.value == "target"), None)
            for value in something(self._program.value(target)) if target is not None else ():
                match value:
                    case Function(function) if function is place:
                        return True
                    case Member(Instance(), name) if name == place.name.value:
                        return True
        return False

    def is_of_a_script(self, place: cst.CSTNode) -> bool:
        """Whether the session is opened in a plain function that the module itself runs, or by the module.

        Anything else is opened for a caller, who reads a refusal as an exception: a method, a server's route.
        """
        outermost = place
        while not isinstance(outermost, cst.Module):
            if isinstance(outermost, cst.ClassDef) or getattr(outermost, "decorators", None):
                return False
            if isinstance(outermost, cst.FunctionDef) and not self._is_run(outermost):
                return False
            outermost = self._program.scope_of(outermost)
        return any(self._runs(statement) for statement in self._migrating.module.body)

    def _is_run(self, function: cst.FunctionDef) -> bool:
        """Whether the program itself calls a function or has a thread run it: a route is only handed to a server."""
        return bool(calls_of(self._program, function)) or self.is_a_threads_work(function)

    def _runs(self, statement: cst.CSTNode) -> bool:
        """Whether a statement of a module runs it: a call that is not a library's alone, or the test of `__name__`.

        `load_dotenv()` and `st.title("Captions")` prepare a module that others run.
        """
        match statement:
            case cst.SimpleStatementLine([cst.Expr(cst.Call() | cst.Await() as run)]):
                parts = [node for node in self._program.nodes_in(run) if node is not run]
                values = [one for node in parts for one in something(self._program.value(node))]
                own = (Function, Member, Instance, Class, LibraryObject)
                return any(isinstance(one, own) for one in values)
            case cst.If(cst.Comparison(cst.Name("__name__"))) | cst.With() | cst.Try() | cst.While() | cst.For():
                return True
        return False

    def is_caught(self, raised: str, *, besides: Collection[cst.Try]) -> bool:
        """Whether an exception of this type that is raised here comes to a handler of the program's but these."""
        guards = (one for one in guards_around(self._program, self._connect.call) if one not in besides)
        return any(catcher(self._program, one, raised) for one in guards)

    def tell_who_met_refusals(
        self, raised: str, moved: cst.ExceptHandler | None, passing: list[cst.Try], closed: list[cst.CSTNode]
    ) -> None:
        """Lets handlers that a refusal came to as a closed socket meet a refused POST, `raised`; reports who does not.

        What `moved` did about one stands behind the POST; the `try` statements `passing` let one pass. `closed` are
        the places where the program met that the server closed the socket, as far as they are known.
        """
        for guard in guards_around(self._program, self._connect.call):
            if guard not in passing and catcher(self._program, guard, raised) is not None:
                return
            if closed and not any(self._program.is_inside(one, guard.body) for one in closed):
                continue
            for handler in (one for one in guard.handlers if one is not moved):
                if self._is_for_sockets(handler.type) and not is_for_handshakes(self._program, handler):
                    if not closed or guard in passing or not self._widen(handler, raised):
                        self._say_passes(handler)
                    return
        starred = next((one for one in self._starred_handlers() if self._is_for_sockets(one.type)), None)
        if starred is not None:
            self._say_passes(starred)
            return
        for guard in dict.fromkeys(one for place in closed for one in guards_around(self._program, place)):
            for handler in guard.handlers:
                if self._is_for_sockets(handler.type) and self._has_a_word_for_it(handler):
                    self._say_passes(handler)
                    return

    def _has_a_word_for_it(self, handler: cst.ExceptHandler) -> bool:
        """Whether a handler ends the program, raises an exception of its own or gives a value, for somebody to take."""
        for node in self._program.nodes_in(handler.body):
            match node:
                case cst.Raise(cst.BaseExpression()) | cst.Return(cst.BaseExpression()):
                    return True
                case cst.Call(function) if isinstance(ending := self._program.value(function), Library):
                    if ending.name in ENDING:
                        return True
        return False

    def _is_for_sockets(self, node: cst.BaseExpression | None) -> bool:
        values = something(self._program.value(node)) if node is not None else ()
        return any(_is_of_sockets(one) for one in values)

    def _say_passes(self, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> None:
        said = f"`except {self._migrating.code(handler.type)}`" if handler.type is not None else "this"
        text = f"{said} met a refusal as a closed socket; it is the POST's now, and does not come here"
        self._migrating.report(REFUSAL_PASSES, handler, text)

    def _widen(self, handler: cst.ExceptHandler, raised: str) -> bool:
        """Plans that a handler takes the POST's refusal as well, where it tells of the exception and no more."""
        if raised not in (REFUSED, RAISED) or handler.type is None:
            return False
        uses = [use for one in self._program.definitions() if one.node is handler for use in one.uses]
        if not uses or any(isinstance(self._program.parents[use], cst.Attribute) for use in uses):
            return False
        of_refusals = cst.Element(cst.Name(raised))

        def widened(updated: cst.BaseExpression) -> cst.BaseExpression:
            own = updated.elements if isinstance(updated, cst.Tuple) else [cst.Element(updated)]
            plain = [one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in own]
            return cst.Tuple([*plain, of_refusals])

        self._migrating.edits.rewrite_further(handler.type, widened)
        return True

    def _starred_handlers(self) -> list[cst.ExceptStarHandler]:
        """The handlers of `except*` around the connect, in its own function."""
        found: list[cst.ExceptStarHandler] = []
        function = self._program.scope_of(self._connect.call)
        node: cst.CSTNode = self._connect.call
        while node is not function and node in self._program.parents:
            around = self._program.parents[node]
            if isinstance(around, cst.TryStar) and around.body is node:
                found.extend(around.handlers)
            node = around
        return found

    def is_open_behind(self) -> bool:
        """Whether there is a place behind the opening: a `with` statement's body, or the next line."""
        match self._statement:
            case cst.With() | cst.For():
                return True
            case cst.SimpleStatementLine([cst.Assign() | cst.AnnAssign() | cst.Expr()]):
                return True
        return False


def _is_of_sockets(value: Value) -> bool:
    """Whether a value is an exception of a WebSocket library's, or several with one of them."""
    if isinstance(value, Sequence):
        return any(_is_of_sockets(one) for one in value.elements)
    return isinstance(value, Library) and value.name.split(".")[0] in _SOCKET_LIBRARIES
