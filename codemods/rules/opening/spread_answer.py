"""A session whose POST stands in one function and whose connect in another: what becomes of the POST's answer.

The function of the POST gives the address from now on: where it read the answer's `url`, it writes the address, or,
where it hands the whole document on, the address takes the document's place and the reads of `url` elsewhere go. What
was done with the answer otherwise (the test of its status, its id) is done where the socket is opened.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import (
    HttpResponse,
    Library,
    Parsed,
    ResponseField,
    Value,
    alternatives,
)
from codemods.edits import Statement
from codemods.findings import SESSION_USED_ELSEWHERE, STATEMENT_SHARED, WHOLE_MESSAGE
from codemods.migrating import Migrating
from codemods.rules.names.elsewhere import calls_of
from codemods.rules.opening.answer import AnswerStatements, given_by
from codemods.rules.opening.answer_meanings import asks_for_status, holds_address, is_access, is_told_of_refusal
from codemods.rules.opening.answer_record import record_of
from codemods.rules.opening.around_post import statements_around
from codemods.rules.opening.caller_branches import CallerBranches
from codemods.rules.opening.given_away import is_given_away
from codemods.rules.opening.no_session import returns, tests_for_nothing
from codemods.rules.opening.refusal import RefusalRule
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening


class SpreadAnswer(AnswerStatements):
    """Sorts every use of one session's answer, in the function of the POST and outside of it.

    `addresses` are the expressions that the new address takes the place of, `collapsed` the reads of `url` that go
    because what they read is the address itself, `identities` the documents behind the connect that are the first
    message now, `told` names of the address in what moves that the connect calls otherwise, `branch` the caller's own
    test for no session, `record` what holds the id beside the address, `kept` what a test asks for an address that was
    made before.
    """

    def __init__(self, migrating: Migrating, opening: Opening, connect: Connect, refusal: RefusalRule) -> None:
        super().__init__(migrating, opening, connect, refusal)
        self.posting = self._program.scope_of(opening.request.call)
        self.connecting = self._program.scope_of(connect.call)
        self.addresses: list[cst.BaseExpression] = []
        self.collapsed: list[cst.BaseExpression] = []
        self.identities: list[cst.BaseExpression] = []
        self.told: list[cst.BaseExpression] = []
        self.branch: cst.If | None = None
        self.kept: cst.BaseExpression | None = None
        self.hands_on = self._hands_document_on()
        self.record = record_of(self._program, opening, connect, self.posting)

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
            branches = CallerBranches(self._program, self._refusal, self._opening, self.posting, self.connecting)
            self.branch = branches.for_nothing(self.is_call_of_poster)

    def is_handed_on(self, node: cst.CSTNode) -> bool:
        """Whether a use of the answer hands it on to where it is looked at: all but a read of the id."""
        return not any(self._program.is_inside(node, one) for one in self.identities)

    def stands_with_post(self, node: cst.CSTNode) -> bool:
        """Whether a node stands in the function of the POST, or in none where the file itself makes that."""
        if isinstance(self.posting, cst.Module):
            return self._program.scope_of(node) is self.posting
        return self._program.is_inside(node, self.posting)

    def _hands_document_on(self) -> bool:
        """Whether the answer's document leaves the function of the POST."""
        return any(
            isinstance(one, Parsed) and one.path == () and gladia.is_answer_of(one, self._opening.request)
            for node, value in self._program.values.items()
            if not self.stands_with_post(node)
            for one in alternatives(value)
        )

    def _place_anywhere(self, node: cst.CSTNode, value: Value) -> bool:
        whole = self._refusal.outermost(node)
        if not isinstance(whole, cst.BaseExpression):
            return True
        inside = self.stands_with_post(node)
        statement = self._program.statement_of(whole)
        if self.is_call_of_poster(whole):
            return True
        if self.record is not None and self.record.holds(self._program, node):
            return True
        if isinstance(statement, cst.If) and self._program.is_inside(node, statement.test):
            return self._place_test(whole, statement, inside=inside)
        if not inside and is_told_of_refusal(self._program, self._opening.request, whole):
            return True  # what is told of a refusal, as the place that tells it says
        found = self._program.value(whole)
        if any(
            isinstance(one, Parsed) and gladia.is_address_of(one, self._opening.request) for one in alternatives(found)
        ):
            if is_given_away(self._migrating, whole, self.posting, self.record):
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
            return self._place_check(statement)
        if holds_address(self._program, self._opening.request, node):
            self.kept = node
            return True  # what is asked is whether it was made yet, and that stays true of the new address
        if self._may_be_identity(node) and not self._reads_document(node) and self._is_behind(statement):
            return True  # a name that holds the id by then
        if inside and self._knows_refusal_by(statement):
            self.check = statement
            return True
        if tests_for_nothing(statement.test):
            # There always is an address: a test for none has nothing to find, and the caller's is looked at later.
            if inside and statement.orelse is None and not isinstance(self._program.parents[statement], cst.If):
                self.removed.append(statement)
            return True
        self._migrating.report(
            SESSION_USED_ELSEWHERE, statement, f"the answer is tested: {self._migrating.code(statement.test)}"
        )
        return False

    def _knows_refusal_by(self, statement: cst.If) -> bool:
        """Whether a test for no address is all by which the program knows a refusal: it asks for no status."""
        is_test = tests_for_nothing(statement.test) and statement.orelse is None
        is_free = self.check is None and not isinstance(self._program.parents[statement], cst.If)
        if not is_test or not is_free or self._refusal.why_not_body(statement.body) is not None:
            return False
        return not asks_for_status(self._program, self._opening.request, self._refusal)

    # --- addresses -------------------------------------------------------------------------------

    def _place_address(self, node: cst.BaseExpression, *, inside: bool) -> None:
        if isinstance(node, cst.Call) and self._program.value(node.func) == Library("builtins.str"):
            node = node.args[0].value  # made a text of, though it is one
        if not is_access(self._program, self._opening.request, node) or any(
            self._program.is_inside(node, one) for one in self.collapsed
        ):
            return
        if inside and not self.hands_on:
            self.addresses.append(node)
        else:
            self.collapsed.append(node)

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
                if _keeps(small):
                    self.moved.append(statement)  # the first message is kept in its place, once it is there
                    self._migrating.report(WHOLE_MESSAGE, statement, self._migrating.code(statement))
                    return True
                if self._binds_answer(small):
                    self.removed.append(statement)
                    return True
            if self._is_for_no_address(statement):
                return True
            if self._is_always_done(statement) and self._can_be_moved(statement):
                self._move(statement)
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
                self._move(statement)
                return True
        elif self._is_told_before(statement) and self._can_be_moved(statement):
            assert isinstance(statement, cst.SimpleStatementLine)
            self._move(statement)
            return True
        return self._give_up(node)

    def _is_for_no_address(self, statement: cst.CSTNode) -> bool:
        """Whether a statement is only run where the answer had no address: it goes with its test."""
        around = statements_around(self._program, statement, self.posting)
        return any(isinstance(one, cst.If) and one in self.removed for one in around)

    def _is_always_done(self, statement: cst.CSTNode) -> bool:
        """Whether a statement is run for every session that is opened, as it will be where it is moved to."""
        good = (self.branches.statement, self.branches.statement.orelse) if self.branches is not None else ()
        around = statements_around(self._program, statement, self.posting)
        return all(isinstance(one, (cst.With, cst.Try)) or one in good for one in around)

    def _is_told_before(self, statement: cst.CSTNode) -> bool:
        """Whether a statement by itself tells somebody of the session, on its way from the POST to the connect."""
        match statement:
            case cst.SimpleStatementLine([cst.Expr(cst.Call())]):
                around = self._program.parents.get(self._program.parents[statement])
                return not isinstance(around, (cst.For, cst.While, cst.Try))
        return False

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
                return isinstance(self._program.value(value), (HttpResponse, ResponseField))
            case cst.AnnAssign(cst.Name(), _, cst.BaseExpression() as value):
                return isinstance(self._program.value(value), (HttpResponse, ResponseField))
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
        for node in answers:
            is_of_first = self._is_identity(node) or self._may_be_identity(node) or self._is_shown(node)
            if not is_of_first and not self._is_told_address(node, statement):
                return False
        match given_by(statement):
            case cst.Attribute() | cst.Subscript():
                return True
            case cst.Name() as target:
                uses = [self._shown_by(use) for use in self._uses_of(target)]
                shown: list[Statement]
                if self.stands_with_post(statement):
                    if isinstance(self.posting, cst.Module):
                        uses = [use for use in uses if not self._is_met_behind(use)]  # they have it as a local name
                        if not all(self.stands_with_post(use) for use in uses):
                            return False
                    shown = [use for use in uses if isinstance(use, cst.SimpleStatementLine) and _only_calls(use)]
                    if len(shown) != len(uses):
                        return False
                else:
                    shown = self._following(statement) if isinstance(statement, cst.SimpleStatementLine) else []
                    if not all(self._is_behind(use) or use in self.moved or use in shown for use in uses):
                        return False
                for one in (statement, *shown):
                    self._move(one)
                return True
        match statement:
            case cst.SimpleStatementLine([cst.Expr()]):
                return True
        return False

    def _is_met_behind(self, statement: cst.CSTNode) -> bool:
        """Whether a statement of the function that connects is run once the socket is open."""
        return self._program.scope_of(statement) is self.connecting and self._is_behind(statement)

    def _is_told_address(self, node: cst.CSTNode, statement: cst.CSTNode) -> bool:
        """Whether an expression names the address where that can still be said once the socket is open."""
        is_address = gladia.is_address_of(self._program.value(node), self._opening.request)
        if (
            not is_address
            or not isinstance(node, (cst.Name, cst.Attribute))
            or is_access(self._program, self._opening.request, node)
        ):
            return False
        match node:
            case cst.Attribute(cst.Name("self")):
                return True
        if self._program.is_inside(statement, self.connecting):
            return True
        if self._connect.library.by_callback or not isinstance(self._connect.url, (cst.Name, cst.Attribute)):
            return False
        self.told.append(node)
        return True

    def _move(self, statement: cst.CSTNode) -> None:
        if isinstance(statement, Statement) and statement not in self.moved:
            self.moved.append(statement)

    def _is_shown(self, node: cst.CSTNode) -> bool:
        return self._is_document(self._program.value(self._refusal.outermost(node)))

    def _give_up(self, node: cst.CSTNode) -> bool:
        code = self._migrating.code(self._refusal.outermost(node))
        self._migrating.report(SESSION_USED_ELSEWHERE, node, f"the POST's answer is used here: {code}")
        return False


def _keeps(small: cst.BaseSmallStatement) -> bool:
    """Whether a statement keeps a value in an object or in a container."""
    match small:
        case cst.Assign([cst.AssignTarget(cst.Attribute() | cst.Subscript())]):
            return True
        case cst.AnnAssign(cst.Attribute() | cst.Subscript(), _, cst.BaseExpression()):
            return True
    return False


def _only_calls(statement: cst.SimpleStatementLine) -> bool:
    match statement.body:
        case [cst.Expr(cst.Call())]:
            return True
    return isinstance(given_by(statement), (cst.Attribute, cst.Subscript))
