"""AssemblyAI's first message, `Begin`, which Gladia's socket never sends.

What a program does with it is done after the POST, whose answer holds what `Begin` held: the statement that reads the
first message goes, its check becomes the check of the answer, and the branch of a handler moves.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.values import Frame, Known, Library, Parsed
from codemods.migrating import Migrating
from codemods.rules.answer_reads import AnswerReads, FirstMessage
from codemods.rules.begin_branch import BeginBranches
from codemods.rules.opened_block import guarded_block, opened_block
from codemods.vendors.assemblyai_sessions import Opening
from codemods.vendors.gladia_opening import Post
from shim.mapping import server_messages
from shim.mapping.paths import steps_of


class FirstMessageRule:
    """Finds and plans what becomes of the first message of one session."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._reads = AnswerReads(migrating, opening.connect, opening.edition)

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
        if (
            not isinstance(statement, cst.SimpleStatementLine)
            or self._reads.program.scope_of(origin) is not self._reads.place
        ):
            return False
        program, connect = self._reads.program, self._reads.connect
        inner = opened_block(program, connect)
        block = inner or program.parents[program.statement_of(connect.call)]
        if program.parents[statement] not in (block, guarded_block(program, connect)):
            return False
        tests = [
            comparison
            for node, value in self._reads.program.values.items()
            if isinstance(value, Parsed) and value.origin is origin and value.path == self._reads.edition.type_path
            if isinstance(comparison := self._reads.comparison_at(node), cst.Comparison)
        ]
        return all(self._names_begin_alone(one) for one in tests)

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
        for node in list(self._reads.program.values):
            document = self._reads.document(node)
            if document is None or document.origin is not origin or node in found.gone:
                continue
            around = self._reads.program.statement_of(node)
            found.gone.add(node)
            if document.path == self._reads.edition.type_path:
                self._take_check(node, around)
            elif self._reads.is_outermost(node) and not self._is_in_check(node):
                self._reads.read_of_answer(node, document)

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
            and self._ends(statement)
            and found.check is None
        ):
            found.check = statement
            found.gone.update(self._reads.program.nodes_in(statement))
            return
        self._reads.give_up(
            node, f"this test of the first message could not be moved: {self._reads.migrating.code(statement)}"
        )

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
        for node in self._reads.program.nodes_in(check.body):
            document = self._reads.document(node)
            if document is None or not isinstance(node, cst.BaseExpression) or not self._reads.is_outermost(node):
                continue
            code = server_messages.ERROR_CODE
            is_code = document.path == steps_of(code.assemblyai[0])[1:]
            (code if is_code else server_messages.ERROR_TEXT).over(self._reads.migrating.target)
            edits.replace(node, how.status() if is_code else how.text())
        return check


def _is_logging(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in ("debug", "info", "warning", "error")
