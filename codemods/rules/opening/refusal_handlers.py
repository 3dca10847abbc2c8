"""`try` statements around the POST: what their handlers did about a refusal is done where the socket is opened.

The POST goes, and with it what its `try` caught. A handler's statements become part of the branch of a refused
session; where one of them told of the exception, it tells what the service says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.values import Library
from codemods.edits import Statement
from codemods.findings import CHECK_UNKNOWN, GUARD_MOVED
from codemods.migrating import Migrating
from codemods.vendors import assemblyai

_OF_STATUS: Final = ("HTTPError", "HTTPStatusError", "ClientResponseError")
_OF_ANY: Final = ("RequestException", "ClientError", "URLError", "OSError", "Exception", "BaseException")
_CODES: Final = ("response.status_code", "status", "code", "status_code")
_TEXTS: Final = ("response.text", "message", "reason", "response.reason", "response.content")


@dataclass(eq=False, slots=True)
class RefusalHandlers:
    """The `try` statements between the POST and the function that opens the socket, innermost first."""

    migrating: Migrating
    tries: list[cst.Try] = field(default_factory=list)
    handlers: list[cst.ExceptHandler] = field(default_factory=list)

    def take(self, statement: cst.Try) -> bool:
        """Notes a `try`; False, with a finding, where its handlers cannot be moved."""
        if statement.finalbody is not None or statement.orelse is not None:
            return self._give_up(statement, "it has an `else` or a `finally`")
        handler = self._handler_of_refusals(statement)
        if handler is None or not isinstance(handler.body, cst.IndentedBlock):
            return self._give_up(statement, "none of its handlers is for a refused request")
        for node in self.migrating.program.nodes_in(handler.body):
            if isinstance(node, (cst.Break, cst.Continue)):
                return self._give_up(statement, "its handler goes on in a loop")
        for use in self._uses(handler):
            if self._part(use) is None:
                return self._give_up(statement, f"its handler looks into the exception: {self._code_around(use)}")
        self.tries.append(statement)
        self.handlers.append(handler)
        names = ", ".join(self.migrating.code(one.type) for one in statement.handlers if one.type is not None)
        self.migrating.report(
            GUARD_MOVED, statement, f"the handler of {names or 'everything'} is for a refused session only"
        )
        return True

    def _give_up(self, statement: cst.Try, why: str) -> bool:
        self.migrating.report(CHECK_UNKNOWN, statement, f"a `try` guards the POST, and {why}")
        return False

    def _handler_of_refusals(self, statement: cst.Try) -> cst.ExceptHandler | None:
        for names in (_OF_STATUS, _OF_ANY):
            for handler in statement.handlers:
                if handler.type is None or any(one in names for one in self._caught(handler.type)):
                    return handler
        return None

    def _caught(self, node: cst.BaseExpression) -> list[str]:
        """The last names of the exceptions that a handler is for."""
        inner = [one.value for one in node.elements] if isinstance(node, cst.Tuple) else [node]
        values = [self.migrating.program.value(one) for one in inner]
        return [one.name.rpartition(".")[2] for one in values if isinstance(one, Library)]

    def _uses(self, handler: cst.ExceptHandler) -> list[cst.Name]:
        return [use for one in self.migrating.program.definitions() if one.node is handler for use in one.uses]

    def _code_around(self, use: cst.Name) -> str:
        return self.migrating.code(self.migrating.program.parents[use])

    def _part(self, use: cst.Name) -> tuple[cst.BaseExpression, bool] | None:
        """The whole expression in which an exception is read, and whether it is its code; None for another reading."""
        node: cst.BaseExpression = use
        names: list[str] = []
        while isinstance(parent := self.migrating.program.parents[node], cst.Attribute) and parent.value is node:
            names.append(parent.attr.value)
            node = parent
        if isinstance(self.migrating.program.parents[node], cst.Call) and names:
            return None
        dotted = ".".join(names)
        return (node, dotted in _CODES) if not names or dotted in (*_CODES, *_TEXTS) else None

    # --- writing ---------------------------------------------------------------------------------

    def plan(self, message: cst.BaseExpression, *, told: bool) -> None:
        """Plans the edits inside the handlers' bodies.

        `told`: the POST's failure was an exception of the library's, so that what is read of it is the service's word.
        """
        migrating, edits, program = self.migrating, self.migrating.edits, self.migrating.program
        for handler in self.handlers:
            for use in self._uses(handler):
                part = self._part(use)
                parent = program.parents[use]
                if part is None or isinstance(parent, cst.From):
                    continue
                whole, is_code = part
                if told or whole is not use:
                    write = assemblyai.refusal_code if is_code else assemblyai.refusal_text
                    edits.replace(whole, write(migrating, message, whole))
            for node in program.nodes_in(handler.body):
                if isinstance(node, cst.Raise) and node.cause is not None:
                    edits.rewrite(node, lambda updated: updated.with_changes(cause=None))
                elif isinstance(node, cst.Attribute) and node.attr.value == "exception":
                    # There is no exception any more of which a traceback could be logged.
                    edits.replace(node.attr, cst.Name("error"))

    def failing(self, statements: list[Statement], default: Statement, *, told: bool) -> list[Statement]:
        """What is done about a refusal: `statements`, and after a `raise` at their end what the handlers did."""
        found = statements or [default]
        for handler in self.handlers:
            raised = _raise_in(found[-1])
            if raised is None:
                return found
            body = [self.migrating.edits.edited(one) for one in handler.body.body]
            again = found[-1]
            found = found[:-1]
            if not told and handler.name is not None and any(self._part(use) for use in self._uses(handler)):
                found.append(_naming(handler, raised))
                again = _raising_named(again, handler)
            found.extend(again if _raises_again(one) else one for one in body)  # type: ignore[misc]
        return found

    def dissolve(self, going: list[cst.CSTNode], opens: Callable[[cst.CSTNode], bool]) -> None:
        """Puts the bodies of the `try` statements in their places; one whose body goes, goes itself.

        One whose body still `opens` the socket by a call keeps its handlers but the one for a refused request.
        """
        for statement, moved in zip(self.tries, self.handlers, strict=True):
            if all(one in going for one in statement.body.body):
                self.migrating.edits.remove(statement)
                going.append(statement)
            elif len(statement.handlers) > 1 and opens(statement.body):
                self.migrating.edits.rewrite(statement, _without_handler(list(statement.handlers).index(moved)))
            else:
                self.migrating.edits.unwrap(statement)


def _without_handler(at: int) -> Callable[[cst.Try], cst.Try]:
    def without(updated: cst.Try) -> cst.Try:
        return updated.with_changes(handlers=[one for index, one in enumerate(updated.handlers) if index != at])

    return without


def _raise_in(statement: cst.CSTNode) -> cst.Raise | None:
    match statement:
        case cst.SimpleStatementLine([cst.Raise() as found]):
            return found
    return None


def _raises_again(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Raise(None)]):
            return True
    return False


def _raising_named(statement: Statement, handler: cst.ExceptHandler) -> Statement:
    """The `raise` of an exception with what it says by the name that it has got."""
    match statement:
        case cst.SimpleStatementLine([cst.Raise(cst.Call(args=[first, *_]) as made) as raised]):
            assert handler.name is not None and isinstance(handler.name.name, cst.Name)
            named = made.with_changes(args=[first.with_changes(value=handler.name.name), *made.args[1:]])
            return statement.with_changes(body=[raised.with_changes(exc=named)])
    return statement


def _naming(handler: cst.ExceptHandler, raised: cst.Raise) -> cst.SimpleStatementLine:
    """`error = "what the exception said"`, where the handler told of an exception of the program's own."""
    assert handler.name is not None and isinstance(handler.name.name, cst.Name)
    said: cst.BaseExpression = cst.SimpleString('"refused"')
    if isinstance(raised.exc, cst.Call) and raised.exc.args:
        said = raised.exc.args[0].value
    return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(handler.name.name)], said)])
