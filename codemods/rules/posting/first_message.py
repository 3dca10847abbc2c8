"""AssemblyAI's first message, `Begin`, which Gladia's socket never sends.

What a program does with it is done after the POST, whose answer holds what `Begin` held: the statement that reads the
first message goes, its check becomes the check of the answer, and the branch of a handler moves.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.values import Awaitable, Frame, Known, Library, Parsed, Socket, Value, something
from codemods.findings import WHOLE_MESSAGE
from codemods.migrating import Migrating
from codemods.rules.messages.error_tests import ErrorTests
from codemods.rules.messages.received import message_of
from codemods.rules.messages.showing import Showing
from codemods.rules.opening.opened_block import guarded_block, opened_block
from codemods.rules.posting.answer_reads import AnswerReads, FirstMessage
from codemods.rules.posting.begin_branch import BeginBranches
from codemods.rules.posting.error_branch import error_branch
from codemods.rules.posting.handshake_refusal import handshake_refusal
from codemods.rules.posting.refusal_raised import RefusalRaised
from codemods.rules.posting.waits_elsewhere import WaitsElsewhere
from codemods.rules.refusal_numbers import RefusalNumbers
from codemods.vendors.assemblyai_sessions import Opening
from codemods.vendors.gladia_opening import Post
from shim.mapping import server_messages
from shim.mapping.paths import steps_of


class FirstMessageRule:
    """Finds and plans what becomes of the first message of one session."""

    def __init__(self, migrating: Migrating, opening: Opening, refusal: RefusalRaised) -> None:
        self._refusal = refusal
        self._showing = Showing(migrating.program)
        self._reads = AnswerReads(migrating, opening.connect, opening.edition)
        self._errors = ErrorTests(
            migrating, lambda value: message_of(value, frozenset((opening.connect.call,))), opening.edition.type_path
        )

    @property
    def found(self) -> FirstMessage:
        """What is known so far."""
        return self._reads.found

    def find(self) -> bool:
        """Looks for every use of the first message; False, with findings, where one cannot be moved."""
        for origin in self._reads.origins():
            if self._is_first_read(origin):
                self._take_read(origin)
        if self.found.read is None:
            self._take_plain_frame()
        BeginBranches(self._reads).take()
        if self.found.check is None:
            self.found.check = error_branch(self._reads, self._errors, self._ends, self._refusal.comes_to_the_same)
        if self.found.check is None:
            self._refusal.handshake = handshake_refusal(self._reads)
        self._say_what_waits()
        return self._reads.complete

    def _take_plain_frame(self) -> None:
        """A frame that is taken straight behind the connect, and shown at most: the answer stands in its place."""
        program, opened = self._reads.program, self._reads.program.statement_of(self._reads.connect.call)
        inner = guarded_block(program, self._reads.connect) or opened_block(program, self._reads.connect)
        block = inner or program.parents[opened]
        if not isinstance(block, (cst.IndentedBlock, cst.Module)):
            return
        statements = list(block.body)
        behind = statements if inner is not None else statements[statements.index(opened) + 1 :]  # type: ignore[arg-type]
        for statement in behind:
            if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
                return
            match statement.body[0]:
                case cst.Assign([cst.AssignTarget(cst.Name() as name)], value) if self._is_frame(value):
                    if any(self._is_parsed(one.uses) for one in program.definitions() if one.node is name):
                        return
                    self.found.session = self._reads.migrating.name(name.value)
                    self.found.read = statement
                    for node in program.values:
                        if isinstance(node, cst.Name) and node.value == name.value and self._is_frame(node):
                            self.found.gone.add(node)
                    return
                case cst.Expr(value) if self._is_frame(value):
                    self.found.read = statement
                    self.found.gone.update(program.nodes_in(statement))
                    return

    def _is_frame(self, node: cst.CSTNode) -> bool:
        return self._reads.program.value(node) == Frame(self._reads.connect.call)

    def _is_parsed(self, uses: Iterable[cst.Name]) -> bool:
        """Whether a frame is used for more than being shown."""
        program = self._reads.program
        for use in uses:
            argument = program.parents[use]
            call = program.parents[argument]
            if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
                return True
            if program.value(call.func) != Library("builtins.print") and not _is_logging(call):
                return True
        return False

    def _is_first_read(self, origin: cst.CSTNode) -> bool:
        """Whether a document is read once, straight behind the connect, and tested for nothing but the beginning."""
        statement = self._reads.program.statement_of(origin)
        parsed = self._reads.program.value(origin)
        if (
            not isinstance(statement, cst.SimpleStatementLine)
            or not isinstance(parsed.result if isinstance(parsed, Awaitable) else parsed, Parsed)  # but a queue of them
            or self._reads.program.scope_of(origin) is not self._reads.place
        ):
            return False
        program, connect = self._reads.program, self._reads.connect
        inner = opened_block(program, connect)
        block = inner or program.parents[program.statement_of(connect.call)]
        behind = self._behind_a_try(block)
        if program.parents[statement] not in (block, behind, guarded_block(program, connect)):
            return False
        tests = [
            comparison
            for node, value in self._reads.program.values.items()
            if isinstance(value, Parsed) and value.origin is origin and value.path == self._reads.edition.type_path
            if isinstance(comparison := self._reads.comparison_at(node), cst.Comparison)
        ]
        return all(self._names_begin_alone(one) or self._is_of_error_test(one) for one in tests)

    def _behind_a_try(self, block: cst.CSTNode) -> cst.CSTNode | None:
        """The block that goes on behind a `try` which ends with the connect, and which no failure leaves alive."""
        program = self._reads.program
        attempt = program.parents.get(block)
        if not isinstance(attempt, cst.Try) or attempt.body is not block or attempt.orelse is not None:
            return None
        if attempt.body.body[-1] is not program.statement_of(self._reads.connect.call):
            return None
        for handler in attempt.handlers:
            last = handler.body.body[-1]
            ends = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], (cst.Raise, cst.Return))
            if not ends and handler not in self._reads.migrating.gone:
                return None
        return program.parents.get(attempt)

    def _say_what_waits(self) -> None:
        """Reports what still waits behind the connect for a first message: it would wait for ever."""
        program, found, place = self._reads.program, self._reads.found, self._reads.place
        if self._reads.connect.library.by_callback:
            return
        for node, value in list(program.values.items()):
            received = value.result if isinstance(value, Awaitable) else value
            if node in found.gone or not isinstance(node, cst.Call) or not self._is_received(node, received):
                continue
            statement = program.statement_of(node)
            if program.scope_of(node) is not place or self._is_in_a_loop(statement) or found.read is statement:
                continue
            self._give_up_waiting(node)
        if found.read is None:
            elsewhere = WaitsElsewhere(program, self._reads.connect, self._is_received_now).first()
            if elsewhere is not None and program.scope_of(elsewhere) is not place and elsewhere not in found.gone:
                self._give_up_waiting(elsewhere)

    def _give_up_waiting(self, call: cst.Call) -> None:
        statement = self._reads.program.statement_of(call)
        self._reads.give_up(call, f"this waits for the first message: {self._reads.migrating.code(statement)}")

    def _is_received_now(self, call: cst.Call, value: Value) -> bool:
        return self._is_received(call, value.result if isinstance(value, Awaitable) else value)

    def _is_received(self, call: cst.Call, value: Value) -> bool:
        """Whether a call takes the next frame from the socket."""
        if not isinstance(call.func, cst.Attribute):
            return False
        owner = self._reads.program.value(call.func.value)
        return owner == Socket(self._reads.connect.call) and isinstance(value, (Frame, Parsed))

    def _is_in_a_loop(self, statement: cst.CSTNode) -> bool:
        program = self._reads.program
        current: cst.CSTNode | None = statement
        while current is not None and current is not self._reads.place:
            if isinstance(current, (cst.For, cst.While)) and not program.is_inside(self._reads.connect.call, current):
                return True
            current = program.parents.get(current)
        return False

    def _is_of_error_test(self, node: cst.CSTNode) -> bool:
        """Whether something stands in a test that asks for an error."""
        branch = self._reads.program.statement_of(node)
        return (
            isinstance(branch, cst.If)
            and self._reads.program.is_inside(node, branch.test)
            and self._errors.is_one(branch.test)
        )

    def _names_begin_alone(self, comparison: cst.Comparison) -> bool:
        sides = [comparison.left, *(one.comparator for one in comparison.comparisons)]
        known = [value.value for side in sides if isinstance(value := self._reads.program.value(side), Known)]
        return known == [self._reads.edition.begin]

    def _take_read(self, origin: cst.CSTNode) -> None:
        statement = self._reads.program.statement_of(origin)
        assert isinstance(statement, cst.SimpleStatementLine)
        match statement.body:
            case [cst.Assign([cst.AssignTarget(cst.Name(name))]) | cst.AnnAssign(cst.Name(name))]:
                pass
            case _:
                self._reads.give_up(origin, f"the first message gets no name: {self._reads.migrating.code(statement)}")
                return
        found = self._reads.found
        found.session = self._reads.migrating.name(name)
        found.read = statement
        found.gone.update(self._reads.program.nodes_in(statement))
        self._take_frame_of(origin, statement)
        for node in list(self._reads.program.values):
            document = self._reads.document(node)
            if document is None or document.origin is not origin or node in found.gone:
                continue
            around = self._reads.program.statement_of(node)
            found.gone.add(node)
            if self._is_of_error_test(node):
                self._take_error_check(node, around)
            elif document.path == self._reads.edition.type_path and _names(around, node):
                self._reads.migrating.edits.remove(around)  # the name is read by the check alone
                found.gone.update(self._reads.program.nodes_in(around))
            elif document.path == self._reads.edition.type_path:
                self._take_check(node, around)
            elif self._reads.is_outermost(node) and not self._is_in_check(node):
                self._reads.read_of_answer(node, document)

    def _take_frame_of(self, origin: cst.CSTNode, parsing: cst.CSTNode) -> None:
        """The statement that gave the first frame a name, which is parsed behind it: it would wait for another one."""
        match origin:
            case cst.Call(_, [cst.Arg(cst.Name() as name)]):
                definitions = self._reads.program.reaching.get(name, frozenset())
            case _:
                return
        for definition in definitions:
            receiving = definition.statement
            if (
                len(definitions) != 1
                or not isinstance(receiving, cst.SimpleStatementLine)
                or len(receiving.body) != 1
                or self._reads.program.parents[receiving] is not self._reads.program.parents[parsing]
            ):
                self._reads.give_up(origin, f"the first frame is received elsewhere: {name.value}")
                return
            others = [use for use in definition.uses if not self._reads.program.is_inside(use, parsing)]
            if self._is_parsed(others):
                self._reads.give_up(receiving, f"the first frame is used for more than this: {name.value}")
                return
            self._reads.migrating.edits.remove(receiving)
            found = self._reads.found
            found.gone.update(self._reads.program.nodes_in(receiving))
            for use in others:
                found.gone.add(use)
                self._reads.migrating.edits.replace(use, cst.Name(found.session or name.value))
                self._reads.migrating.report(WHOLE_MESSAGE, use, f"{name.value} is the POST's answer now")

    def _is_in_check(self, node: cst.CSTNode) -> bool:
        return self._reads.found.check is not None and self._reads.program.is_inside(node, self._reads.found.check)

    def _take_check(self, node: cst.CSTNode, statement: cst.CSTNode) -> None:
        found = self._reads.found
        if found.check is statement:
            return
        comparison = self._reads.comparison_at(node)
        if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Assert):
            found.gone.update(self._reads.program.nodes_in(statement))
            self._reads.migrating.edits.remove(statement)
            return
        if (
            isinstance(statement, cst.If)
            and statement.test is comparison
            and isinstance(comparison, cst.Comparison)
            and isinstance(comparison.comparisons[0].operator, cst.NotEqual)
            and statement.orelse is None
            and (self._ends(statement) or self._only_tells(statement))
            and found.check is None
        ):
            found.check = statement
            found.only_tells = not self._ends(statement)
            found.gone.update(self._reads.program.nodes_in(statement))
            return
        self._reads.give_up(
            node, f"this test of the first message could not be moved: {self._reads.migrating.code(statement)}"
        )

    def _take_error_check(self, node: cst.CSTNode, statement: cst.CSTNode) -> None:
        found = self._reads.found
        if found.check is statement:
            return
        assert isinstance(statement, cst.If)
        if statement.orelse is not None or not self._ends(statement) or found.check is not None:
            code = self._reads.migrating.code(statement)
            self._reads.give_up(node, f"this test of the first message could not be moved: {code}")
            return
        found.check = statement
        found.gone.update(self._reads.program.nodes_in(statement))

    def _only_tells(self, check: cst.If) -> bool:
        """Whether a branch does nothing but print or log, and close the socket."""
        for statement in check.body.body:
            match statement:
                case cst.SimpleStatementLine([cst.Expr(cst.Call() as call)]):
                    callees = something(self._reads.program.value(call.func))
                    shown = all(self._showing.is_showing(call, one) for one in callees)
                    if not shown and not self._is_closing(statement):
                        return False
                case _ if not self._is_closing(statement):
                    return False
        return True

    def _ends(self, check: cst.If) -> bool:
        """Whether a branch leaves the function or the program, whatever happens in it."""
        if not isinstance(check.body, cst.IndentedBlock) or not isinstance(
            check.body.body[-1], cst.SimpleStatementLine
        ):
            return False
        match check.body.body[-1].body[-1]:
            case cst.Return() | cst.Raise():
                return True
            case cst.Expr(cst.Call(function)):
                callee = self._reads.program.value(function)
                return isinstance(callee, Library) and callee.name in ENDING
        return False

    def plan_check(self, how: Post) -> cst.If | None:
        """Plans the edits inside the program's own check: what it read of the message, it reads of the answer."""
        check = self._reads.found.check
        if check is None:
            return None
        edits = self._reads.migrating.edits
        edits.replace(check.test, how.refused())
        for statement in check.body.body:
            if self._is_closing(statement):
                edits.remove(statement)  # no socket is open yet
                self._reads.found.gone.update(self._reads.program.nodes_in(statement))
        for node in self._reads.program.nodes_in(check.body):
            document = self._reads.document(node)
            if document is None or not isinstance(node, cst.BaseExpression) or not self._reads.is_outermost(node):
                continue
            either = self._reads.program.parents[node]
            if isinstance(either, cst.BooleanOperation) and self._reads.document(either.left) is not None:
                # `message.get("error") or message`: the answer's text is both.
                if node is either.left and self._reads.document(either.right) is not None:
                    edits.replace(either, how.text())
                    continue
                if node is either.right:
                    continue
            code = server_messages.ERROR_CODE
            is_code = document.path == steps_of(code.assemblyai[0])[1:]
            (code if is_code else server_messages.ERROR_TEXT).over(self._reads.migrating.target)
            if is_code:
                RefusalNumbers(self._reads.migrating).plan(node, how.status())
            else:
                edits.replace(node, how.text())
        return check

    def _is_closing(self, statement: cst.CSTNode) -> bool:
        """Whether a statement does nothing but close the session's socket."""
        match statement:
            case cst.SimpleStatementLine(
                [
                    cst.Expr(
                        cst.Await(cst.Call(cst.Attribute(owner, cst.Name("close"))))
                        | cst.Call(cst.Attribute(owner, cst.Name("close")))
                    )
                ]
            ):
                return Socket(self._reads.connect.call) in something(self._reads.program.value(owner))
        return False


def _names(statement: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether a statement gives a node, which is the message's type, a name and does nothing else."""
    match statement:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name() as target)], value)]):
            return node in (target, value)
    return False


def _is_logging(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in ("debug", "info", "warning", "error")
