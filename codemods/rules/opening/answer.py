"""The statements that serve the POST and its answer: which go, which wait, which stand in the way."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import HttpResponse, Known, Parsed, ResponseField, Value, alternatives, something
from codemods.edits import Statement
from codemods.findings import CHECK_UNKNOWN, SESSION_USED_ELSEWHERE, STATEMENT_SHARED
from codemods.migrating import Migrating
from codemods.rules.opening.around_post import gives_answer, makes_client
from codemods.rules.opening.refusal import RefusalRule
from codemods.rules.opening.same_object import going_on_with
from codemods.rules.opening.status_branches import StatusBranches, branches_of
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening
from shim.mapping import session

IDENTITY = tuple(session.SESSION_ID.gladia[0].split(".")[1:])


class AnswerStatements:
    """Sorts the statements in which one session's answer is used.

    `removed` go, `moved` wait until the socket has given its first message, `check` is the failure branch, and
    `success` the test of a good answer around everything else, `branches` a test that has a branch for either answer,
    `document` how the program names the answer's document, if it does.
    """

    def __init__(self, migrating: Migrating, opening: Opening, connect: Connect, refusal: RefusalRule) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._connect = connect
        self._refusal = refusal
        self._opened = self._program.statement_of(connect.call)
        self.removed: list[cst.CSTNode] = []
        self.moved: list[Statement] = []
        self.check: cst.If | None = None
        self.success: cst.If | None = None
        self.branches: StatusBranches | None = None
        self.document: cst.BaseExpression | None = None

    def find(self) -> bool:
        """Whether every use of the answer has its place; findings say which has none."""
        for node, value in self._program.values.items():
            if not gladia.is_answer_of(value, self._opening.request):
                continue
            if self._program.is_inside(node, self._connect.call) or self._is_placed(node):
                continue
            if not self._place(node, value):
                return False
        return not self._leaves_a_hole()

    @property
    def refused(self) -> list[cst.CSTNode]:
        """What the program does about a refusal, as it stands: the test, or the parts of one with two branches."""
        if self.branches is not None:
            return [self.branches.statement.test, self.branches.check.body, *self.branches.behind]
        return [self.check] if self.check is not None else []

    def edited_check(self) -> cst.If | None:
        """The test of a refusal as the edits planned so far make it."""
        edits = self._migrating.edits
        if self.branches is not None:
            return self.branches.edited(edits)
        return edits.edited(self.check) if self.check is not None else None

    def is_handed_on(self, node: cst.CSTNode) -> bool:
        """Whether a use of the answer hands it on to where it is looked at; in one function none does."""
        return False

    def _is_placed(self, node: cst.CSTNode) -> bool:
        statement = self._program.statement_of(node)
        in_check = self.check is not None and self._program.is_inside(node, self.check)
        in_check |= self.branches is not None and self.branches.holds(self._program, node)
        if self.success is not None:
            # What is done about a refusal is written anew, and the test itself goes.
            in_check |= self._program.is_inside(node, self.success.test)
            in_check |= self._program.is_inside(node, self.success.orelse)
        is_moved = any(self._program.is_inside(node, one) for one in self.moved)
        return statement in self.removed or is_moved or in_check

    def _place(self, node: cst.CSTNode, value: Value) -> bool:
        """Decides what becomes of the statement in which the answer is used."""
        migrating, statement = self._migrating, self._program.statement_of(node)
        if isinstance(statement, cst.With) and isinstance(value, HttpResponse) and self._serves_the_post(statement):
            return True
        if isinstance(statement, cst.If) and self._program.is_inside(node, statement.test):
            if self._holds_the_session(statement):
                self.success = statement
                return True
            return self._place_check(statement)
        if self._is_behind(statement) and self._is_identity(node):
            return True
        if self._may_be_identity(node) and not self._reads_document(node) and not self._is_in_front(statement):
            return True  # a name or an attribute that holds the id, which is given it behind the first message
        if isinstance(statement, cst.SimpleStatementLine):
            if len(statement.body) != 1:
                migrating.report(STATEMENT_SHARED, statement, migrating.code(statement))
                return False
            small = statement.body[0]
            raises = self._refusal.raises(small)
            if raises or self._binds_answer(small):
                self.removed.append(statement)
                return True
            if self._can_wait(statement):
                self._move(statement)
                self.moved.extend(one for one in self._following(statement) if one not in self.moved)
                return True
        migrating.report(
            SESSION_USED_ELSEWHERE,
            node,
            f"the POST's answer is used here: {migrating.code(self._refusal.outermost(node))}",
        )
        return False

    def _move(self, statement: cst.SimpleStatementLine) -> None:
        """Lets a statement wait for the first message, and with it what goes on with the object that it calls."""
        later = going_on_with(self._program, statement)
        self.moved.extend(one for one in (statement, *later) if one not in self.moved)

    def _place_check(self, statement: cst.If) -> bool:
        """Notes the test of the status; False, with a finding, where it is none that can be moved."""
        if self.check is None:
            self.branches = branches_of(self._program, self._refusal, statement)
        if self.branches is not None and self.branches.statement is statement:
            self.check = self.branches.check
            return True
        why = "the answer is tested more than once" if self.check else self._refusal.why_not(statement)
        if why is not None:
            text = f"`if {self._migrating.code(statement.test)}`: {why}"
            self._migrating.report(CHECK_UNKNOWN, statement, text)
            return False
        self.check = statement
        return True

    def _holds_the_session(self, statement: cst.If) -> bool:
        """Whether an `if` of a good answer holds the whole session, and nothing of its function follows it."""
        block = self._program.parents[statement]
        function = self._program.parents.get(block)
        return (
            self.check is None
            and self.success is None
            and isinstance(statement.body, cst.IndentedBlock)
            and not isinstance(statement.orelse, cst.If)
            and self._program.is_inside(self._opened, statement.body)
            and self._refusal.is_success(statement.test)
            and isinstance(function, cst.FunctionDef)
            and isinstance(block, cst.IndentedBlock)
            and block.body[-1] is statement
        )

    def _is_identity(self, node: cst.CSTNode) -> bool:
        """Whether all that is read from here on is the session's id."""
        found = something(self._program.value(self._refusal.outermost(node)))
        read = [one for one in found if not isinstance(one, Known)]  # `answer.get("id") or ""`
        return bool(read) and all(isinstance(one, Parsed) and one.path == IDENTITY for one in read)

    def _may_be_identity(self, node: cst.CSTNode) -> bool:
        """Whether an expression can hold the id, beside what it was given before there was one."""
        found = something(self._program.value(node))
        return any(isinstance(one, Parsed) and one.path == IDENTITY for one in found)

    def _reads_document(self, node: cst.CSTNode) -> bool:
        """Whether an expression reads a field out of the document, and is not just a name for what it held."""
        match node:
            case cst.Subscript(base) | cst.Call(cst.Attribute(base, cst.Name("get"))):
                return self._is_document(self._program.value(base))
        return False

    def _is_document(self, value: Value) -> bool:
        """Whether a value is, or can be, the answer's document."""
        return any(isinstance(one, Parsed) and one.path == () for one in alternatives(value))

    def _binds_answer(self, small: cst.BaseSmallStatement) -> bool:
        """Whether a statement only gives the answer, its document or its address a name."""
        match small:
            case cst.Assign([cst.AssignTarget(cst.Name() | cst.Attribute() as target)], expression) | cst.AnnAssign(
                cst.Name() as target, _, expression
            ):
                value = self._program.value(expression) if expression is not None else None
            case _:
                return False
        match value:
            case HttpResponse() | ResponseField():
                return isinstance(target, cst.Name)
            case Parsed(path=()):
                is_name = isinstance(target, cst.Name)
                self.document = cst.Name(self._migrating.name(str(target.value))) if is_name else target
                return True
            case Parsed():
                return gladia.is_address_of(value, self._opening.request)
        return False

    def _can_wait(self, statement: cst.SimpleStatementLine) -> bool:
        """Whether a statement in front of the connect reads the id alone, and nothing needs it before the socket."""
        answers = [
            node
            for node in self._program.nodes_in(statement)
            if gladia.is_answer_of(self._program.value(node), self._opening.request)
        ]
        if not all(self._is_identity(node) for node in answers) or not self._is_in_front(statement):
            return False
        match given_by(statement):
            case cst.Attribute() | cst.Subscript():
                return True
            case cst.Name() as target:
                following = self._following(statement)
                return all(
                    self._is_behind(self._program.statement_of(use))
                    or self._is_placed(use)
                    or self._shown_by(use) in following
                    for use in self._uses_of(target)
                )
        return isinstance(statement.body[0], cst.Expr)

    def _uses_of(self, target: cst.Name) -> list[cst.Name]:
        return [use for one in self._program.definitions() if one.node is target for use in one.uses]

    def _following(self, statement: cst.SimpleStatementLine) -> list[Statement]:
        """The statements in front of the connect that only show what this one gave a name."""
        target = given_by(statement)
        if not isinstance(target, cst.Name):
            return []
        shown = dict.fromkeys(self._shown_by(use) for use in self._uses_of(target))
        return [one for one in shown if _only_does(one) and self._is_in_front(one)]

    def _shown_by(self, use: cst.CSTNode) -> Statement:
        """The statement that a use stands in, or the test around statements that only call something."""
        statement = self._program.statement_of(use)
        around = self._program.parents.get(self._program.parents[statement])
        whole = around if isinstance(around, cst.If) and _only_does(around) else statement
        assert isinstance(whole, Statement)
        return whole

    def _is_in_front(self, statement: cst.CSTNode) -> bool:
        """Whether a statement stands in the connect's block, before it; inside a `with` of the POST counts."""
        body = self._block()
        while statement not in body:
            block = self._program.parents.get(statement)
            around = self._program.parents.get(block) if block is not None else None
            if not isinstance(around, cst.With) or not self._serves_the_post(around):
                return False
            statement = around
        return body.index(statement) < body.index(self._opened)

    def _is_behind(self, statement: cst.CSTNode) -> bool:
        """Whether a statement runs after the socket is open: inside its `with`, or behind it in its block."""
        if self._opened is not statement and self._program.is_inside(statement, self._opened):
            return True
        opened = self._opened
        while True:
            block = self._program.parents[opened]
            body: list[cst.CSTNode] = (
                list(block.body) if isinstance(block, cst.IndentedBlock | cst.Module) else [opened]
            )
            current = statement
            while current not in body and current in self._program.parents:
                current = self._program.parents[current]
            if current in body and current is not opened:
                return body.index(current) > body.index(opened)
            around = self._program.parents.get(block)
            if not isinstance(around, cst.Try) or not self._leaves_where_it_fails(around):
                return False
            opened = around  # what follows a `try` is met only where its socket was opened

    def _leaves_where_it_fails(self, statement: cst.Try) -> bool:
        """Whether no handler of a `try` goes on behind it."""
        bodies = [one.body for one in statement.handlers]
        return bool(bodies) and all(isinstance(one, cst.IndentedBlock) and self._refusal.ends(one) for one in bodies)

    def _block(self) -> list[cst.CSTNode]:
        block = self._program.parents[self._opened]
        return list(block.body) if isinstance(block, (cst.IndentedBlock, cst.Module)) else [self._opened]

    def _leaves_a_hole(self) -> bool:
        """Whether a `try` or `with` would guard what is no longer there once the POST is gone."""
        going: list[cst.CSTNode] = [*self.removed, *self.moved]
        if self.branches is None:
            going.extend(self.refused)
        for statement in going:
            block = self._program.parents[statement]
            around = self._program.parents.get(block)
            if self.branches is not None and block is self.branches.staying:
                continue  # the good branch goes with what is in it
            if isinstance(block, cst.IndentedBlock) and all(one in going for one in block.body):
                if isinstance(around, cst.With) and self._serves_the_post(around):
                    going.append(around)
                    self.removed.append(around)
                    continue
                self._migrating.report(
                    CHECK_UNKNOWN, around, f"nothing would be left in here: {self._migrating.code(around or block)}"
                )
                return True
            current: cst.CSTNode | None = block
            while current is not None and current is not self._program.scope_of(statement):
                # A `try` around the whole session stays what it was; one around the POST alone would guard nothing.
                if isinstance(current, cst.Try) and not self._program.is_inside(self._opened, current.body):
                    self._migrating.report(CHECK_UNKNOWN, current, "the POST stands in a `try` of its own")
                    return True
                current = self._program.parents.get(current)
        return False

    def _serves_the_post(self, statement: cst.With) -> bool:
        """Whether a `with` statement holds nothing but HTTP clients and the POST's answer."""
        answer = self._opening.request.call
        return all(
            makes_client(self._program, one) or gives_answer(self._program, one, answer) for one in statement.items
        )


def _only_does(statement: cst.CSTNode) -> bool:
    """Whether a statement only calls something, or is a test with nothing else behind it."""
    match statement:
        case cst.SimpleStatementLine([cst.Expr()]):
            return True
        case cst.If(body=cst.IndentedBlock(body), orelse=None):
            return all(_only_does(one) for one in body)
    return False


def given_by(statement: cst.CSTNode) -> cst.BaseExpression | None:
    """What a statement of one line gives a value: a name, an attribute, or an entry of what has a name."""
    match statement:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)]) | cst.AnnAssign(target)]):
            is_entry = isinstance(target, cst.Subscript) and isinstance(target.value, (cst.Name, cst.Attribute))
            return target if is_entry or isinstance(target, (cst.Name, cst.Attribute)) else None
    return None
