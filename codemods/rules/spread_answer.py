"""A session whose POST stands in one function and whose connect in another: what becomes of the POST's answer.

The function of the POST gives the address from now on: where it read the answer's `url`, it writes the address, or,
where it hands the whole document on, the address takes the document's place and the reads of `url` elsewhere go. What
was done with the answer otherwise (the test of its status, its id) is done where the socket is opened.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.libraries import Connect
from codemods.analysis.values import (
    Class,
    Function,
    HttpResponse,
    Instance,
    Member,
    Parsed,
    ResponseField,
    Value,
    alternatives,
)
from codemods.findings import CHECK_UNKNOWN, SESSION_USED_ELSEWHERE, STATEMENT_SHARED
from codemods.migrating import Migrating
from codemods.rules.answer import AnswerStatements
from codemods.rules.answer_record import record_of
from codemods.rules.attempts import attempts_at
from codemods.rules.elsewhere import calls_of
from codemods.rules.refusal import RefusalRule
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening


class SpreadAnswer(AnswerStatements):
    """Sorts every use of one session's answer, in the function of the POST and outside of it.

    `addresses` are the expressions that the new address takes the place of, `collapsed` the reads of `url` that go
    because what they read is the address itself, `identities` the documents behind the connect that are the first
    message now, `branch` the caller's own test for no session, `record` what holds the id beside the address,
    `attempts` the loop that makes the POST again.
    """

    def __init__(self, migrating: Migrating, opening: Opening, connect: Connect, refusal: RefusalRule) -> None:
        super().__init__(migrating, opening, connect, refusal)
        self.posting = self._program.scope_of(opening.request.call)
        self.connecting = self._program.scope_of(connect.call)
        self.addresses: list[cst.BaseExpression] = []
        self.collapsed: list[cst.BaseExpression] = []
        self.identities: list[cst.BaseExpression] = []
        self.branch: cst.If | None = None
        self.hands_on = self._hands_document_on()
        self.record = record_of(self._program, opening, connect, self.posting)
        self.attempts = attempts_at(migrating, refusal, opening, connect)

    def find(self) -> bool:
        """Whether every use of the answer has its place; findings say which has none."""
        for node, value in self._program.values.items():
            is_open = gladia.is_answer_of(value, self._opening.request) and not self._is_placed(node)
            if is_open and not self._place_anywhere(node, value):
                return False
        if not self.addresses:
            self._migrating.report(
                SESSION_USED_ELSEWHERE, self._opening.request.call, "the answer's `url` is read in no plain expression"
            )
            return False
        return True

    def find_branch(self, bodies: Iterable[cst.BaseSuite]) -> None:
        """Looks for the caller's test for no session, where one of these branches of the POST's function returns."""
        if any(returns(one) for one in bodies) and self.posting is not self.connecting:
            self.branch = self._branch_of_caller()

    def is_handed_on(self, node: cst.CSTNode) -> bool:
        """Whether a use of the answer hands it on to where it is looked at: all but a read of the id."""
        return not any(self._program.is_inside(node, one) for one in self.identities)

    def _hands_document_on(self) -> bool:
        """Whether the answer's document leaves the function of the POST."""
        return any(
            isinstance(one, Parsed) and one.path == () and gladia.is_answer_of(one, self._opening.request)
            for node, value in self._program.values.items()
            if not self._program.is_inside(node, self.posting)
            for one in alternatives(value)
        )

    def _place_anywhere(self, node: cst.CSTNode, value: Value) -> bool:
        whole = self._refusal.outermost(node)
        if not isinstance(whole, cst.BaseExpression):
            return True
        inside = self._program.is_inside(node, self.posting)
        statement = self._program.statement_of(whole)
        if self.is_call_of_poster(whole):
            return True
        if self.record is not None and self.record.holds(self._program, node):
            return True
        if self.attempts is not None and self.attempts.holds(self._program, node):
            return True
        if isinstance(statement, cst.If) and self._program.is_inside(node, statement.test):
            return self._place_test(whole, statement, inside=inside)
        found = self._program.value(whole)
        if any(
            isinstance(one, Parsed) and gladia.is_address_of(one, self._opening.request) for one in alternatives(found)
        ):
            if self._leaves_the_program(whole):
                return self._give_up(whole)
            self._place_address(whole, inside=inside)
            return True
        if inside:
            return self._place_inside(whole, found, statement)
        return self._place_outside(whole, found, statement)

    def is_call_of_poster(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the call of the function that makes the POST, awaited or not."""
        inner = node.expression if isinstance(node, cst.Await) else node
        return isinstance(self.posting, cst.FunctionDef) and inner in calls_of(self._program, self.posting)

    # --- tests -----------------------------------------------------------------------------------

    def _place_test(self, node: cst.BaseExpression, statement: cst.If, *, inside: bool) -> bool:
        found = self._program.value(node)
        is_status = any(isinstance(one, (HttpResponse, ResponseField)) for one in alternatives(found))
        if is_status and inside:
            why = "the answer is tested more than once" if self.check else self._refusal.why_not(statement)
            if why is None:
                self.check = statement
                return True
            self._migrating.report(CHECK_UNKNOWN, statement, f"`if {self._migrating.code(statement.test)}`: {why}")
            return False
        if _tests_for_nothing(statement.test):
            # There always is an address: a test for none has nothing to find, and the caller's is looked at later.
            if inside and statement.orelse is None and not isinstance(self._program.parents[statement], cst.If):
                self.removed.append(statement)
            return True
        self._migrating.report(
            SESSION_USED_ELSEWHERE, statement, f"the answer is tested: {self._migrating.code(statement.test)}"
        )
        return False

    def _branch_of_caller(self) -> cst.If | None:
        """The test for no session in the function that connects, where the POST's function gives nothing for it."""
        for node in self._program.nodes_in(self.connecting):
            if not isinstance(node, cst.If) or not isinstance(node.body, cst.IndentedBlock) or node.orelse is not None:
                continue
            if not self._refusal.ends(node.body) or not _tests_for_nothing(node.test):
                continue
            asked = _asked(node.test)
            is_answer = gladia.is_answer_of(self._program.value(asked), self._opening.request)
            if is_answer or self.is_call_of_poster(asked):
                return node
        return None

    # --- addresses -------------------------------------------------------------------------------

    def _place_address(self, node: cst.BaseExpression, *, inside: bool) -> None:
        if not self._is_access(node) or any(self._program.is_inside(node, one) for one in self.collapsed):
            return
        if inside and not self.hands_on:
            self.addresses.append(node)
        else:
            self.collapsed.append(node)

    def _leaves_the_program(self, address: cst.BaseExpression) -> bool:
        """Whether an address is given to somebody else, who would open the session with it, or is stored."""
        parent = self._program.parents[address]
        if isinstance(parent, cst.DictElement):
            return self.record is None or not self._program.is_inside(parent, self.record.display)
        call = self._program.parents[parent]
        if not isinstance(parent, cst.Arg) or not isinstance(call, cst.Call) or call is self._connect.call:
            return False
        callees = list(alternatives(self._program.value(call.func)))
        if all(isinstance(one, (Function, Class)) or _is_own_method(one) for one in callees):
            return False
        name = self._migrating.code(call.func)
        return name != "print" and name.rpartition(".")[2] not in ("debug", "info", "warning", "urlparse", "urlsplit")

    def _is_access(self, node: cst.BaseExpression) -> bool:
        """Whether an expression reads the `url` out of a document, and is not just a name for it."""
        match node:
            case cst.Subscript(base) | cst.Call(cst.Attribute(base, cst.Name("get"))):
                return any(
                    isinstance(one, Parsed) and one.path == () and gladia.is_answer_of(one, self._opening.request)
                    for one in alternatives(self._program.value(base))
                )
        return False

    # --- statements ------------------------------------------------------------------------------

    def _place_inside(self, node: cst.BaseExpression, value: Value, statement: cst.CSTNode) -> bool:
        if self.posting is self.connecting and self._is_behind(statement) and self._is_identity(node):
            if self._reads_document(node):
                self.identities.append(node)
            return True
        if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
            small = statement.body[0]
            raises = self._refusal.raises(small)
            if raises or self._binds_response(small):
                self.removed.append(statement)
                return True
            if self._is_document(value):
                if self.hands_on and isinstance(small, (cst.Return, cst.Assign, cst.AnnAssign)) and self._is_made(node):
                    self.addresses.append(node)
                    return True
                if self.hands_on and isinstance(small, (cst.Return, cst.Assign, cst.AnnAssign)):
                    return True
                if self._binds_answer(small):
                    self.removed.append(statement)
                    return True
            if self._can_be_moved(statement):
                self.moved.append(statement)
                return True
        elif isinstance(statement, cst.SimpleStatementLine):
            self._migrating.report(STATEMENT_SHARED, statement, self._migrating.code(statement))
            return False
        elif isinstance(statement, cst.With) and isinstance(value, HttpResponse):
            return True
        return self._give_up(node)

    def _place_outside(self, node: cst.BaseExpression, value: Value, statement: cst.CSTNode) -> bool:
        if self._is_document(value) and self._flows(node):
            return True
        if self._may_be_identity(node) and not self._reads_document(node):
            # A name that holds the id: it is given after the first message, which is in time but in front of it.
            in_front = self._program.is_inside(statement, self.connecting) and self._is_in_front(statement)
            if not in_front:
                return True
        if self._program.is_inside(statement, self.connecting):
            if self._is_behind(statement) and (self._is_identity(node) or self._is_document(value)):
                self.identities.append(node)
                return True
            is_movable = self._is_in_front(statement) and self._can_be_moved(statement)
            if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 and is_movable:
                self.moved.append(statement)
                return True
        return self._give_up(node)

    def _flows(self, node: cst.BaseExpression) -> bool:
        """Whether a document is only handed on: given a name, returned, or given to a function of the program."""
        parent = self._program.parents[node]
        if isinstance(parent, cst.Arg):
            call = self._program.parents[parent]
            return gladia.is_answer_of(self._program.value(call), self._opening.request)
        return isinstance(parent, (cst.Assign, cst.AnnAssign, cst.Return, cst.AssignTarget, cst.Subscript, cst.Await))

    def _binds_response(self, small: cst.BaseSmallStatement) -> bool:
        match small:
            case cst.Assign([cst.AssignTarget(cst.Name())], value):
                return isinstance(self._program.value(value), HttpResponse)
            case cst.AnnAssign(cst.Name(), _, cst.BaseExpression() as value):
                return isinstance(self._program.value(value), HttpResponse)
        return False

    def _is_made(self, node: cst.BaseExpression) -> bool:
        """Whether an expression makes the document, and does not only name it."""
        return not isinstance(node, (cst.Name, cst.Attribute))

    def _can_be_moved(self, statement: cst.CSTNode) -> bool:
        """Whether a statement does something with the id or shows the document, and can wait for the first message."""
        answers = [
            node
            for node in self._program.nodes_in(statement)
            if gladia.is_answer_of(self._program.value(node), self._opening.request)
        ]
        if not all(self._is_identity(node) or self._may_be_identity(node) or self._is_shown(node) for node in answers):
            return False
        match statement:
            case cst.SimpleStatementLine([cst.Expr() | cst.Assign([cst.AssignTarget(cst.Attribute())])]):
                return True
            case cst.SimpleStatementLine([cst.AnnAssign(cst.Attribute())]):
                return True
            case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name() as target)])]):
                uses = [self._program.statement_of(use) for use in self._uses_of(target)]
                if self._program.is_inside(statement, self.posting):
                    shown = [use for use in uses if isinstance(use, cst.SimpleStatementLine) and _only_calls(use)]
                    if len(shown) != len(uses):
                        return False
                    self.moved.extend(use for use in shown if use not in self.moved)
                    return True
                return all(self._is_behind(use) or use in self.moved for use in uses)
        return False

    def _is_shown(self, node: cst.CSTNode) -> bool:
        whole = self._program.value(self._refusal.outermost(node))
        return self._is_document(whole)

    def _give_up(self, node: cst.CSTNode) -> bool:
        code = self._migrating.code(self._refusal.outermost(node))
        self._migrating.report(SESSION_USED_ELSEWHERE, node, f"the POST's answer is used here: {code}")
        return False


def _is_own_method(value: Value) -> bool:
    return isinstance(value, Member) and isinstance(value.owner, Instance)


def _only_calls(statement: cst.SimpleStatementLine) -> bool:
    match statement.body:
        case [cst.Expr(cst.Call())] | [cst.Assign([cst.AssignTarget(cst.Attribute())])]:
            return True
    return False


def _asked(test: cst.BaseExpression) -> cst.BaseExpression:
    match test:
        case cst.UnaryOperation(cst.Not(), inner):
            return inner
        case cst.Comparison(left):
            return left
    return test


def _tests_for_nothing(test: cst.BaseExpression) -> bool:
    """Whether a test is true where there is nothing: `not x`, `x is None`, `"url" not in x`."""
    match test:
        case cst.UnaryOperation(cst.Not()):
            return True
        case cst.Comparison(_, [cst.ComparisonTarget(cst.Is() | cst.Equal(), cst.Name("None"))]):
            return True
        case cst.Comparison(cst.SimpleString(), [cst.ComparisonTarget(cst.NotIn())]):
            return True
    return False


def returns(body: cst.BaseSuite) -> bool:
    """Whether the branch of a refused POST returns, so that its caller has to find out."""
    match body.body[-1]:
        case cst.SimpleStatementLine([*_, cst.Return()]):
            return True
    return False


def without_return(body: cst.BaseSuite) -> list[cst.CSTNode]:
    """The statements of a branch but for the `return` at its end."""
    statements = list(body.body)
    match statements[-1:]:
        case [cst.SimpleStatementLine([cst.Return()])]:
            return statements[:-1]
    return statements
