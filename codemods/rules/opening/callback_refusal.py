"""A refused session where frames are handed to callbacks: the test moves to where the messages are parsed.

AssemblyAI says by an `Error` message what Gladia says by the POST's status; in a program with callbacks it comes like
any other message.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import Frame, Parsed
from codemods.edits import Statement, expression
from codemods.findings import PARAMETER_DIFFERS, SESSION_SPREAD, SESSION_USED_ELSEWHERE
from codemods.migrating import Migrating
from codemods.rules.guards import guards_around
from codemods.rules.names.elsewhere import Elsewhere
from codemods.rules.opening.answer import AnswerStatements
from codemods.rules.opening.refusal import RefusalRule
from codemods.rules.opening.refusal_handlers import RefusalHandlers
from codemods.rules.posting.opening_place import OpeningPlace
from codemods.vendors import assemblyai, gladia
from codemods.vendors.gladia import Opening

_SWALLOWED: Final = (
    "a refused session is an exception in a callback now: websocket-client catches it and hands it to `on_error`, "
    "so end the program there"
)


class CallbackRefusal:
    """Plans the test of one session's messages. `find` says whether it has a place; if not, findings say why."""

    def __init__(
        self,
        migrating: Migrating,
        opening: Opening,
        connect: Connect,
        refusal: RefusalRule,
        handlers: RefusalHandlers | None = None,
    ) -> None:
        self._handlers = handlers or RefusalHandlers(migrating)
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._connect = connect
        self._refusal = refusal
        self._parsing: cst.SimpleStatementLine | None = None
        self._message: cst.Name | None = None

    def find(self, answer: AnswerStatements) -> bool:
        """Looks for the one place where messages are parsed, and whether the program's own check can stand there."""
        call = self._connect.call
        if any(one.keyword is None and one.value is not self._connect.url for one in call.args):
            self._migrating.report(SESSION_SPREAD, call, "its callbacks are given by position")
            return False
        body = [answer.check.body] if answer.check is not None else []
        moving: list[cst.CSTNode] = [*body, *answer.moved, *self._handlers.handlers]
        return self._has_one_place() and self._reads_nothing_else(answer) and self._can_move(moving)

    @property
    def place(self) -> cst.CSTNode:
        """The statement that parses messages; `find` must have found it."""
        assert self._parsing is not None
        return self._parsing

    def _has_one_place(self) -> bool:
        origins = {
            value.origin
            for value in self._program.values.values()
            if isinstance(value, Parsed) and value.document == Frame(self._connect.call) and value.path == ()
        }
        statements = {self._program.statement_of(one) for one in origins}
        if len(statements) == 1:
            (statement,) = statements
            match statement:
                case cst.SimpleStatementLine(
                    [cst.Assign([cst.AssignTarget(cst.Name() as name)]) | cst.AnnAssign(cst.Name() as name)]
                ):
                    self._parsing = statement
                    self._message = cst.Name(self._migrating.name(name.value))
                    return True
        self._migrating.report(
            SESSION_SPREAD, self._connect.call, "its messages are not parsed in one statement that gives them a name"
        )
        return False

    def _reads_nothing_else(self, answer: AnswerStatements) -> bool:
        """Whether nothing but the address is read of the answer: the rest comes with the first message."""
        gone = [*answer.removed, *answer.moved, *answer.refused]
        for node, value in self._program.values.items():
            if not gladia.is_answer_of(value, self._opening.request):
                continue
            if any(self._program.is_inside(node, one) for one in (*gone, self._connect.call)):
                continue
            if answer.is_handed_on(node):
                continue
            self._migrating.report(
                SESSION_USED_ELSEWHERE, node, f"the POST's answer is used here: {self._migrating.code(node)}"
            )
            return False
        return True

    def _can_move(self, moving: list[cst.CSTNode]) -> bool:
        """Whether the names in what moves mean the same where messages are parsed."""
        elsewhere = Elsewhere(self._migrating, self.place)
        return elsewhere.take_along(
            moving, lambda node: gladia.is_answer_of(self._program.value(node), self._opening.request)
        )

    def plan(self, answer: AnswerStatements) -> None:
        """Plans that the test stands behind the parsing."""
        migrating, message, parsing, check = self._migrating, self._message, self._parsing, answer.check
        assert message is not None and parsing is not None
        if check is not None:
            migrating.edits.replace(check.test, assemblyai.is_error(migrating, message, check.test))
            self._refusal.plan(check, message)

        told = self._refusal.is_left_to_library(check)
        exits = check is None and not self._handlers.handlers and self._would_go_unheard()
        if self._connect.library.by_callback and not exits and not self._ends_by_itself(answer):
            self._migrating.report(PARAMETER_DIFFERS, parsing, _SWALLOWED)
        self._handlers.plan(message, told=told)
        for node in [inner for one in answer.moved for inner in self._program.nodes_in(one)]:
            value = self._program.value(node)
            if isinstance(value, Parsed) and value.path == () and gladia.is_answer_of(value, self._opening.request):
                migrating.edits.replace(node, message)

        def statements() -> list[Statement]:
            failure = expression(
                "SystemExit(text)" if exits else "RuntimeError(text)",
                text=assemblyai.refusal_text(migrating, message, parsing),
            )
            default = cst.SimpleStatementLine([cst.Raise(failure)])
            test = assemblyai.is_error(migrating, message, parsing)
            refused = answer.edited_check() or cst.If(test, cst.IndentedBlock([default]))
            done = [one for one in refused.body.body if isinstance(one, Statement)]
            body = refused.body.with_changes(body=self._handlers.failing(done, default, told=told))
            found: list[Statement] = [refused.with_changes(body=body, leading_lines=[])]
            if answer.moved:
                beginning = cst.IndentedBlock([migrating.edits.edited(one) for one in answer.moved])
                found.append(cst.If(assemblyai.is_beginning(migrating, message, parsing), beginning))
            return found

        migrating.edits.insert_after(self._behind_parsing(parsing), statements)

    def _would_go_unheard(self) -> bool:
        """Whether an exception of a callback is heard by nobody, in a script that ended with the POST's own.

        websocket-client keeps it where no `on_error` is given, and lets pass what ends a program; not in a thread.
        """
        connect, place = self._connect, OpeningPlace(self._migrating, self._connect)
        if (
            not connect.library.by_callback
            or not connect.arguments.complete
            or "on_error" in connect.arguments.keywords
        ):
            return False
        if any(guards_around(self._program, connect.call)) or not place.is_of_a_script(
            self._program.scope_of(connect.call)
        ):
            return False
        runs = [one for one in self._migrating.nodes() if _is_running(one)]
        called = [self._program.parents[one] for one in runs]
        return all(
            isinstance(call, cst.Call)
            and call.func is run
            and not place.is_a_threads_work(self._program.scope_of(call))
            for run, call in zip(runs, called, strict=True)
        )

    def _ends_by_itself(self, answer: AnswerStatements) -> bool:
        """Whether a refusal ends the program by other means than an exception, which the socket's library catches."""
        done = [*([answer.check.body] if answer.check is not None else []), *self._handlers.handlers]
        inside = [node for one in done for node in self._program.nodes_in(one)]
        return bool(done) and not any(isinstance(node, cst.Raise) for node in inside)

    def _behind_parsing(self, parsing: cst.SimpleStatementLine) -> cst.CSTNode:
        """The statement behind which a message is there: the parsing, or a `try` that guards nothing else."""
        block = self._program.parents[parsing]
        around = self._program.parents.get(block)
        match around:
            case cst.Try(cst.IndentedBlock([_]) as body, handlers=handlers, orelse=None, finalbody=None):
                bodies = [one.body for one in handlers]
                ends = all(isinstance(one, cst.IndentedBlock) and self._refusal.ends(one) for one in bodies)
                if body is block and ends:
                    return around
        return parsing


def _is_running(node: cst.CSTNode) -> bool:
    """Whether a node names the method that hands frames to callbacks until the socket is closed."""
    return isinstance(node, cst.Attribute) and node.attr.value == "run_forever"
