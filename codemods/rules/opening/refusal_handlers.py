"""`try` statements around the POST: what their handlers did about a refusal is done where the socket is opened.

The POST goes, and with it what its `try` caught. A handler's statements become part of the branch of a refused
session; where one of them told of the exception, it tells what the service says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.values import Library, Value
from codemods.edits import Statement
from codemods.findings import CHECK_UNKNOWN, GUARD_MOVED, REFUSAL_CAUGHT
from codemods.migrating import Migrating
from codemods.rules.guards import Raised, catcher, raises_again, types_of
from codemods.rules.opening.raised_again import RaisingInstead, is_raised_again, naming, raise_in, raising_named
from codemods.rules.refusal_numbers import RefusalNumbers
from codemods.vendors import assemblyai

_OF_STATUS: Final = ("HTTPError", "HTTPStatusError", "ClientResponseError")
_OF_ANY: Final = ("RequestException", "ClientError", "URLError", "OSError", "Exception", "BaseException")
_ANSWER: Final = "response"
"""The attribute of an HTTP library's exception that holds the answer, if there was one."""
_OF_HTTP: Final = (*_OF_STATUS, "RequestException", "ClientError", "URLError")
_CODES: Final = ("response.status_code", "status", "code", "status_code")
_READING: Final = ("read", "decode")
"""Methods by which the body of a refusal is read of urllib's exception."""
_TEXTS: Final = (
    "response.text",
    "message",
    "reason",
    "response.reason",
    "response.content",
    "read()",
    "read().decode()",
)


@dataclass(eq=False, slots=True)
class RefusalHandlers:
    """The `try` statements between the POST and the function that opens the socket, innermost first."""

    migrating: Migrating
    tries: list[cst.Try] = field(default_factory=list)
    handlers: list[cst.ExceptHandler] = field(default_factory=list)
    staying: set[cst.Try] = field(default_factory=set)
    """Those of the `try` statements that guard the session as well, and only lose the handler."""

    idle: list[cst.Try] = field(default_factory=list)
    """Those that guard the POST alone, and not the test of a refusal."""

    last: cst.ExceptHandler | None = None
    """The one whose statements a refusal comes to last, once `failing` has said what is done about one."""

    tells_code: bool = False
    """Whether a handler that stays reads the code of a refusal, so that the exception has to hold it."""

    own: set[cst.ExceptHandler] = field(default_factory=set)
    """Those that are for an exception of a class of the program, which the test raises: they are given it as it is."""

    def is_of_library(self, statement: cst.Try) -> bool:
        """Whether a refusal comes to a handler that is for exceptions of HTTP libraries alone."""
        handler = self._handler_of_refusals(statement)
        names = self._caught(handler.type) if handler is not None and handler.type is not None else []
        return bool(names) and all(one in _OF_HTTP for one in names)

    def leaves(self, statement: cst.Try) -> bool:
        """Whether the handler for a refused request leaves the function or the program, and goes on in no loop."""
        handler = self._handler_of_refusals(statement)
        last = handler.body.body[-1] if handler is not None else None
        match last:
            case cst.SimpleStatementLine([*_, cst.Raise() | cst.Return()]):
                return True
            case cst.SimpleStatementLine([*_, cst.Expr(cst.Call() as call)]):
                value = self.migrating.program.value(call.func)
                return isinstance(value, Library) and value.name in ENDING
        return False

    def take(self, statement: cst.Try, check: cst.If | None = None, *, stays: bool = False) -> bool:
        """Notes a `try`; False, with a finding, where its handlers cannot be moved.

        `check` is the program's own test of a refusal, where it does not leave it to the library. `stays`: it guards
        the session as well, and goes on doing so.
        """
        if not stays and (statement.finalbody is not None or statement.orelse is not None):
            return self._give_up(statement, "it has an `else` or a `finally`")
        own = self._raised_at_end(check)
        handler = (
            self._handler_of_refusals(statement) if own is None else catcher(self.migrating.program, statement, own)
        )
        if handler is not None and isinstance(own, cst.ClassDef):
            self.own.add(handler)
        other = next((one for one in self._raised_inside(check) if self._is_met(statement, one)), None)
        if other is not None:
            return self._give_up(statement, f"it has a handler for one refusal alone: {self.migrating.code(other)}")
        names = ", ".join(self.migrating.code(one.type) for one in statement.handlers if one.type is not None)
        if (
            handler is None
            and check is not None
            and not stays
            and not self.migrating.program.is_inside(check, statement)
            and len(statement.body.body) == 1
        ):
            # A refusal is met behind it: its handlers are for a service that is not reached by the POST.
            self.idle.append(statement)
            self.migrating.report(GUARD_MOVED, statement, f"the handler of {names} went with the POST")
            return True
        if handler is None or not isinstance(handler.body, cst.IndentedBlock):
            return self._give_up(statement, "none of its handlers is for a refused request")
        for node in self.migrating.program.nodes_in(handler.body):
            if isinstance(node, (cst.Break, cst.Continue)):
                return self._give_up(statement, "its handler goes on in a loop")
        for use in self._uses(handler):
            if self._part(use) is None and not self._is_in_answered(use, handler):
                return self._give_up(statement, f"its handler looks into the exception: {self._code_around(use)}")
        self.tries.append(statement)
        self.handlers.append(handler)
        if stays:
            self.staying.add(statement)
            return True
        self.migrating.report(
            GUARD_MOVED, statement, f"the handler of {names or 'everything'} is for a refused session only"
        )
        return True

    def _raised_at_end(self, check: cst.If | None) -> Raised | None:
        """The type of the exception that a test of a refusal ends with, if it raises one of its own."""
        last = check.body.body[-1] if check is not None else None
        raised = raise_in(last) if last is not None else None
        made = raised.exc.func if raised is not None and isinstance(raised.exc, cst.Call) else None
        return next(iter(types_of(self.migrating.program, made)), None) if made is not None else None

    def _raised_inside(self, check: cst.If | None) -> list[cst.Raise]:
        """What a test of a refusal raises about some refusals alone."""
        program = self.migrating.program
        branches = [one for one in check.body.body if isinstance(one, cst.If)] if check is not None else []
        return [node for one in branches for node in program.nodes_in(one) if isinstance(node, cst.Raise)]

    def _is_met(self, statement: cst.Try, raised: cst.Raise) -> bool:
        """Whether a handler of a `try` does anything about an exception but raise it again."""
        made = raised.exc.func if isinstance(raised.exc, cst.Call) else raised.exc
        types = types_of(self.migrating.program, made) if made is not None else []
        found = [catcher(self.migrating.program, statement, one) for one in types]
        return not types or any(one is not None and not raises_again(one) for one in found)

    def _give_up(self, statement: cst.Try, why: str) -> bool:
        self.migrating.report(CHECK_UNKNOWN, statement, f"a `try` guards the POST, and {why}")
        return False

    def rename(self, statement: cst.Try, kind: str) -> None:
        """Lets the handler that is for a refused request be for an exception of Python's; says where it cannot be."""
        handler = self._handler_of_refusals(statement)
        assert handler is not None and handler.type is not None
        parts = [(use, self._part(use)) for use in self._uses(handler) if not self._is_in_answered(use, handler)]
        for use, part in parts:
            if part is None:
                text = f"{kind} has no `{self._read_of(use)}`: it only says what the service said"
                self.migrating.report(REFUSAL_CAUGHT, use, text)
        if any(part is not None and part[1] for _, part in parts):
            self.tells_code = True
        numbers = RefusalNumbers(self.migrating.at(statement))
        for use, part in parts:
            if part is None or isinstance(self.migrating.program.parents[use], cst.From | cst.Raise):
                continue
            whole, is_code = part
            if is_code:
                numbers.plan(whole, cst.parse_expression(f"{use.value}.args[-1]"))
            else:
                self._tell(use, whole)
        self._take_tests_for_answer_away(handler)
        self.migrating.edits.replace(handler.type, cst.Name(kind))

    def _tell(self, use: cst.Name, whole: cst.BaseExpression) -> None:
        """Plans that a handler which stays tells what the service said, for an exception or a text out of it."""

        def told(updated: cst.CSTNode) -> cst.CSTNode:
            if self.tells_code:
                return cst.parse_expression(f"{use.value}.args[0]")
            return updated if whole is use else cst.parse_expression(f"str({use.value})")

        self.migrating.edits.rewrite(whole, told)

    def _handler_of_refusals(self, statement: cst.Try) -> cst.ExceptHandler | None:
        for handler in statement.handlers:
            if handler.type is None or any(one in (*_OF_STATUS, *_OF_ANY) for one in self._caught(handler.type)):
                return handler
        return None

    def _caught(self, node: cst.BaseExpression) -> list[str]:
        """The last names of the exceptions that a handler is for."""
        return [one.name.rpartition(".")[2] for one in self._values(node) if isinstance(one, Library)]

    def _values(self, node: cst.BaseExpression) -> list[Value]:
        inner = [one.value for one in node.elements] if isinstance(node, cst.Tuple) else [node]
        return [self.migrating.program.value(one) for one in inner]

    def _uses(self, handler: cst.ExceptHandler) -> list[cst.Name]:
        return [use for one in self.migrating.program.definitions() if one.node is handler for use in one.uses]

    def _answered(self, handler: cst.ExceptHandler) -> list[cst.If | cst.IfExp]:
        """The tests of a handler that ask whether there is an answer at all: to a refused request there is one."""
        return [
            node
            for node in self.migrating.program.nodes_in(handler.body)
            if isinstance(node, cst.IfExp) or (isinstance(node, cst.If) and node.orelse is None)
            if self._asks_for_answer(node.test, handler)
        ]

    def _asks_for_answer(self, test: cst.BaseExpression, handler: cst.ExceptHandler) -> bool:
        match test:
            case cst.BooleanOperation(left, cst.And(), right):
                return self._asks_for_answer(left, handler) and self._asks_for_answer(right, handler)
            case cst.Comparison(left, [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]):
                return self._asks_for_answer(left, handler)
            case cst.Call(cst.Name("hasattr" | "getattr"), [cst.Arg(caught), cst.Arg(cst.SimpleString() as name), *_]):
                return caught in self._uses(handler) and name.evaluated_value == _ANSWER
            case cst.Attribute(caught, cst.Name(name)):
                return caught in self._uses(handler) and name == _ANSWER
        return False

    def _is_in_answered(self, use: cst.Name, handler: cst.ExceptHandler) -> bool:
        inside = self.migrating.program.is_inside
        return any(
            inside(use, one.test) or (isinstance(one, cst.IfExp) and inside(use, one.orelse))
            for one in self._answered(handler)
        )

    def _read_of(self, use: cst.Name) -> str:
        """What is read of an exception, all of it: `response.status_code`."""
        node: cst.CSTNode = use
        while isinstance(self.migrating.program.parents[node], cst.Attribute):
            node = self.migrating.program.parents[node]
        return self.migrating.code(node).removeprefix(f"{use.value}.")

    def _code_around(self, use: cst.Name) -> str:
        return self.migrating.code(self.migrating.program.parents[use])

    def _part(self, use: cst.Name) -> tuple[cst.BaseExpression, bool] | None:
        """The whole expression in which an exception is read, and whether it is its code; None for another reading."""
        if any(one.node in self.own for one in self.migrating.program.definitions_of(use)):
            return use, False
        node: cst.BaseExpression = use
        names: list[str] = []
        while True:
            parent = self.migrating.program.parents[node]
            if isinstance(parent, cst.Attribute) and parent.value is node:
                names.append(parent.attr.value)
            elif isinstance(parent, cst.Call) and parent.func is node and names and names[-1] in _READING:
                names[-1] += "()"
            else:
                break
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
        numbers = RefusalNumbers(migrating)
        for handler in self.handlers:
            self._take_tests_for_answer_away(handler)
            for use in self._uses(handler):
                part = self._part(use) if not self._is_in_answered(use, handler) else None
                parent = program.parents[use]
                if part is None or isinstance(parent, cst.From):
                    continue
                whole, is_code = part
                if is_code:
                    numbers.plan(whole, assemblyai.refusal_code(migrating, message, whole))
                elif told or whole is not use:
                    edits.replace(whole, assemblyai.refusal_text(migrating, message, whole))
            for node in program.nodes_in(handler.body):
                if isinstance(node, cst.Raise) and node.cause is not None:
                    edits.rewrite(node, lambda updated: updated.with_changes(cause=None))
                elif isinstance(node, cst.Attribute) and node.attr.value == "exception":
                    # There is no exception any more of which a traceback could be logged.
                    edits.replace(node.attr, cst.Name("error"))

    def _take_tests_for_answer_away(self, handler: cst.ExceptHandler) -> None:
        for asked in self._answered(handler):
            if isinstance(asked, cst.If):
                self.migrating.edits.unwrap(asked)
            else:
                self.migrating.edits.rewrite(asked, lambda updated: updated.body)

    def raised(self, text: cst.BaseExpression, code: Callable[[], cst.BaseExpression]) -> cst.Call:
        """The exception that a refusal is raised as by default: the service's words, and its code if that is read."""
        made = cst.Call(cst.Name("RuntimeError"), [cst.Arg(text)])
        return made.with_changes(args=[*made.args, cst.Arg(code())]) if self.tells_code else made

    def failing(self, statements: list[Statement], default: Statement, *, told: bool) -> list[Statement]:
        """What is done about a refusal: `statements`, and after a `raise` at their end what the handlers did."""
        found = statements or [default]
        for handler in self.handlers:
            raised = raise_in(found[-1])
            if raised is None:
                return found
            body = self.migrating.edits.edited(handler.body).body
            self.last = handler
            again = found[-1]
            found = found[:-1]
            if not told and handler.name is not None and any(self._part(use) for use in self._uses(handler)):
                is_own = handler in self.own
                found.append(naming(handler, raised, whole=is_own))
                again = raising_named(again, handler, whole=is_own)
            instead = RaisingInstead(again)
            found.extend(again if is_raised_again(one) else one.visit(instead) for one in body)  # type: ignore[misc]
        return found

    def outside(self, function: cst.CSTNode) -> list[cst.ExceptHandler]:
        """Those that do not stand in a function."""
        return [one for one in self.handlers if not self.migrating.program.is_inside(one, function)]

    def dissolve(self, going: list[cst.CSTNode], opens: Callable[[cst.CSTNode], bool]) -> None:
        """Puts the bodies of the `try` statements in their places; one whose body goes, goes itself.

        One whose body still `opens` the socket by a call keeps its handlers but the one for a refused request.
        """
        for statement in self.idle:
            if all(one in going for one in statement.body.body):
                self.migrating.edits.remove(statement)
                going.append(statement)
            else:
                self.migrating.edits.unwrap(statement)
        for statement, moved in zip(self.tries, self.handlers, strict=True):
            if all(one in going for one in statement.body.body):
                self.migrating.edits.remove(statement)
                going.append(statement)
            elif statement in self.staying and len(statement.handlers) == 1 and statement.finalbody is not None:
                self.migrating.edits.rewrite(statement, _without_handler(0))
            elif len(statement.handlers) > 1 and (statement in self.staying or opens(statement.body)):
                self.migrating.edits.rewrite(statement, _without_handler(list(statement.handlers).index(moved)))
            else:
                self.migrating.edits.unwrap(statement)


def _without_handler(at: int) -> Callable[[cst.Try], cst.Try]:
    def without(updated: cst.Try) -> cst.Try:
        return updated.with_changes(handlers=[one for index, one in enumerate(updated.handlers) if index != at])

    return without
