"""The program's test whether the POST failed: what it is, and how it stands behind the first message."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, Library, Parsed, ResponseField, Value
from codemods.migrating import Migrating
from codemods.rules.opening.refusal_handlers import RefusalHandlers
from codemods.rules.refusal_numbers import RefusalNumbers
from codemods.simpler.truth import tells_refusals
from codemods.vendors import assemblyai, gladia
from codemods.vendors.gladia import Opening

_STATUS = ("status_code", "status")


class RefusalRule:
    """Recognises the failure branch of one session's POST, and plans its edits."""

    def __init__(self, migrating: Migrating, opening: Opening, handlers: RefusalHandlers) -> None:
        self._handlers = handlers
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening

    def why_not(self, statement: cst.If) -> str | None:
        """Why an `if` is no test whether the POST failed; None where it is one."""
        if statement.orelse is not None or isinstance(self._program.parents[statement], cst.If):
            return "it has more than one way out"
        why = self.why_not_body(statement.body)
        if why is None and not self.is_failure(statement.test):
            return "it asks for more than whether the POST failed"
        return why

    def why_not_body(self, body: cst.BaseSuite) -> str | None:
        """Why a branch is none that ends a session whose POST failed; None where it is one."""
        if not isinstance(body, cst.IndentedBlock):
            return "its body stands on the same line"
        if any(one in self._program.requests for one in self._program.nodes_in(body)):
            return "it makes another request: keep the one configuration that suits the new service"
        if not self.ends(body):
            return "its body does not end the function or the program"
        calls = [node for node in self._program.nodes_in(body) if isinstance(node, cst.Call)]
        last = self._raised_last(body)
        if any(self.raises_for_status(call) for call in calls if call is not last):
            return "its body raises for the status"
        return None

    def is_success(self, test: cst.BaseExpression) -> bool:
        """Whether a test is true for every session that is opened and for no refusal."""
        return tells_refusals(self._program, self._opening.request.call, test) is False

    def raises(self, small: cst.BaseSmallStatement) -> bool:
        """Whether a statement does nothing but raise where the POST failed: by the library, or as an assertion."""
        match small:
            case cst.Expr(value):
                return self.raises_for_status(value)
            case cst.Assert(test):
                return self.is_success(test)
        return False

    def raises_for_status(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is `response.raise_for_status()` of this POST's answer."""
        return (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Attribute)
            and node.func.attr.value == "raise_for_status"
            and self._program.value(node.func.value) == HttpResponse(self._opening.request.call)
        )

    def ends(self, body: cst.IndentedBlock) -> bool:
        """Whether a block leaves the function or the program."""
        last = body.body[-1] if body.body else None
        small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None
        if isinstance(small, (cst.Return, cst.Raise)) or self._raised_last(body) is not None:
            return True
        return (
            isinstance(small, cst.Expr) and isinstance(small.value, cst.Call) and is_ending(self._program, small.value)
        )

    def is_left_to_library(self, check: cst.If | None) -> bool:
        """Whether a refusal that the program has no word of its own for is an exception of the library's."""
        if check is None:
            return True
        return isinstance(check.body, cst.IndentedBlock) and self._raised_last(check.body) is not None

    def _raised_last(self, body: cst.IndentedBlock) -> cst.Call | None:
        """The `response.raise_for_status()` that a block ends with, if it does."""
        match body.body[-1] if body.body else None:
            case cst.SimpleStatementLine([cst.Expr(cst.Call() as call)]) if self.raises_for_status(call):
                return call
        return None

    def is_failure(self, test: cst.BaseExpression) -> bool:
        """Whether a test is true for every refusal and for nothing else."""
        match test:
            case cst.Comparison(
                cst.BinaryOperation(left, cst.FloorDivide(), cst.Integer("100")),
                [cst.ComparisonTarget(cst.NotEqual(), cst.Integer("2"))],
            ):
                return _is_status(self._program.value(left))
        return tells_refusals(self._program, self._opening.request.call, test) is True

    # --- writing ---------------------------------------------------------------------------------

    def plan(self, check: cst.If, message: cst.BaseExpression) -> None:
        """Plans the edits of the branch: what it read of the answer, it reads of the first message."""
        self._migrating.edits.replace(check.test, assemblyai.is_refusal(self._migrating, message, check.test))
        self.plan_body(check.body, message)

    def plan_body(self, body: cst.BaseSuite, message: cst.BaseExpression) -> None:
        """Plans the edits of what is done about a refusal."""
        program, edits, migrating = self._program, self._migrating.edits, self._migrating
        numbers = RefusalNumbers(migrating)
        for statement in program.nodes_in(body):
            if isinstance(statement, cst.SimpleStatementLine) and self._binds_document(statement):
                edits.remove(statement)
        last = self._raised_last(body) if isinstance(body, cst.IndentedBlock) else None
        if last is not None:
            edits.rewrite(program.statement_of(last), lambda _: self._raising(message, last))
        for node in program.nodes_in(body):
            value = program.value(node)
            if isinstance(node, cst.Call) and self._ends_with_status(node):
                edits.replace(node.args[0], node.args[0].with_changes(value=cst.Integer("1")))
            elif isinstance(node, cst.BooleanOperation) and all(
                self._is_text(program.value(side)) for side in (node.left, node.right)
            ):
                edits.replace(node, assemblyai.refusal_text(migrating, message, node))
            elif isinstance(node, cst.Name) and _is_status(value) and self._is_own(node, body):
                numbers.plan_name(node)
            elif isinstance(node, cst.BaseExpression) and self._reads_answer(value) and not self._is_own(node, body):
                outermost = self.outermost(node)
                if self._ends_the_program(outermost):
                    continue
                if isinstance(outermost, cst.BaseExpression) and _is_status(value):
                    numbers.plan(outermost, assemblyai.refusal_code(migrating, message, outermost))
                elif isinstance(outermost, cst.BaseExpression):
                    edits.replace(outermost, assemblyai.refusal_text(migrating, message, outermost))

    def by_default(self, message: cst.BaseExpression, near: cst.CSTNode) -> cst.If:
        """The test of a refusal that the program has no word of its own for."""
        test = assemblyai.is_refusal(self._migrating, message, near)
        return cst.If(test, cst.IndentedBlock([self._raising(message, near)]))

    def _raising(self, message: cst.BaseExpression, near: cst.CSTNode) -> cst.SimpleStatementLine:
        """The statement that raises a refusal which the library raised before."""
        migrating = self._migrating
        text = assemblyai.refusal_text(migrating, message, near)
        raised = self._handlers.raised(text, lambda: assemblyai.refusal_code(migrating, message, near))
        return cst.SimpleStatementLine([cst.Raise(raised)])

    def _is_own(self, node: cst.BaseExpression, body: cst.BaseSuite) -> bool:
        """Whether a name got its value inside the branch, where what it got is rewritten."""
        reaching = self._program.reaching.get(node, ()) if isinstance(node, cst.Name) else ()
        return bool(reaching) and all(self._program.is_inside(one.node, body) for one in reaching)

    def outermost(self, node: cst.CSTNode) -> cst.CSTNode:
        """The whole expression that reads on from a value of the POST's answer."""
        while True:
            parent = self._program.parents[node]
            if isinstance(parent, cst.Arg) and self._is_of_library(parent):
                parent = self._program.parents[parent]  # json.loads(response.text)
            reads_on = gladia.is_answer_of(self._program.value(parent), self._opening.request)
            is_method = isinstance(parent, cst.Attribute) or (isinstance(parent, cst.Call) and parent.func is node)
            if not reads_on and not is_method:
                return node
            node = parent

    def _is_of_library(self, argument: cst.Arg) -> bool:
        call = self._program.parents[argument]
        return isinstance(call, cst.Call) and isinstance(self._program.value(call.func), Library)

    def _reads_answer(self, value: Value) -> bool:
        return isinstance(value, (ResponseField, Parsed)) and gladia.is_answer_of(value, self._opening.request)

    def _is_text(self, value: Value) -> bool:
        return isinstance(value, ResponseField) and not _is_status(value)

    def _ends_the_program(self, status: cst.CSTNode) -> bool:
        """Whether a status is what the program ends with."""
        call = self._program.parents.get(self._program.parents[status])
        return isinstance(call, cst.Call) and self._ends_with_status(call)

    def _ends_with_status(self, call: cst.Call) -> bool:
        return (
            is_ending(self._program, call)
            and len(call.args) == 1
            and _is_status(self._program.value(call.args[0].value))
        )

    def _binds_document(self, statement: cst.SimpleStatementLine) -> bool:
        """Whether a statement only gives the answer's document a name."""
        match statement.body:
            case [cst.Assign([cst.AssignTarget(cst.Name())], value)]:
                found = self._program.value(value)
                return isinstance(found, Parsed) and gladia.is_answer_of(found, self._opening.request)
        return False


def is_ending(program: Program, call: cst.Call) -> bool:
    """Whether a call ends the program."""
    callee = program.value(call.func)
    return isinstance(callee, Library) and callee.name in ENDING


def _is_status(value: Value) -> bool:
    return isinstance(value, ResponseField) and value.name in _STATUS
