"""AssemblyAI's first message, `Begin`, which Gladia's socket never sends.

What a program does with it is done after the POST, whose answer holds what `Begin` held: the statement that reads the
first message goes, its check becomes the check of the answer, and the branch of a handler moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.libraries import ENDING, Connect
from codemods.analysis.values import Frame, Instance, Known, Library, Parsed, something
from codemods.edits import Statement, expression, in_parentheses
from codemods.findings import FIRST_MESSAGE, PARAMETER_DIFFERS, WHOLE_MESSAGE
from codemods.migrating import Migrating, like
from codemods.vendors.gladia_opening import Post
from shim.mapping import server_messages, session
from shim.mapping.paths import steps_of
from shim.mapping.row import Row

_BEGIN: Final = str(steps_of(session.SESSION_ID.assemblyai[0])[0])
_TYPE: Final = ("type",)
_LEAVING: Final = (cst.Return, cst.Continue, cst.Break, cst.Yield, cst.Raise)


@dataclass(eq=False, slots=True)
class FirstMessage:
    """What is known of how a program treats the first message.

    `session` is the name of the document where the program reads it by itself, `read` that statement, `check` the
    branch that ends the program, `moved` the statements of a handler's branch with the names that they declare global,
    and `gone` every node that is planned here and nowhere else.
    """

    session: str | None = None
    read: cst.SimpleStatementLine | None = None
    check: cst.If | None = None
    moved: list[Statement] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    gone: set[cst.CSTNode] = field(default_factory=set)


class FirstMessageRule:
    """Finds and plans what becomes of the first message of one session."""

    def __init__(self, migrating: Migrating, connect: Connect) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._connect = connect
        self._place = self._program.scope_of(connect.call)
        self._complete = True
        self.found = FirstMessage()

    def find(self) -> bool:
        """Looks for every use of the first message; False, with findings, where one cannot be moved."""
        for origin in self._origins():
            if self._is_first_read(origin):
                self._take_read(origin)
        for literal in self._tests_of_begin():
            if literal not in self.found.gone:
                self._take_branch(literal)
        return self._complete

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(FIRST_MESSAGE, node, text)

    def _origins(self) -> list[cst.CSTNode]:
        """The calls that parse this session's frames."""
        found: dict[cst.CSTNode, None] = {}
        for value in self._program.values.values():
            for one in something(value):
                if isinstance(one, Parsed) and one.document == Frame(self._connect.call):
                    found[one.origin] = None
        return list(found)

    def _document(self, node: cst.CSTNode) -> Parsed | None:
        value = self._program.values.get(node)
        if isinstance(value, Parsed) and value.document == Frame(self._connect.call):
            return value
        return None

    # --- a program that reads it by itself -------------------------------------------------------

    def _is_first_read(self, origin: cst.CSTNode) -> bool:
        """Whether a document is read once, straight behind the connect, and tested for nothing but the beginning."""
        statement = self._program.statement_of(origin)
        if not isinstance(statement, cst.SimpleStatementLine) or self._program.scope_of(origin) is not self._place:
            return False
        opened = self._program.statement_of(self._connect.call)
        block = opened.body if isinstance(opened, cst.With) else self._program.parents[opened]
        if self._program.parents[statement] is not block:
            return False
        tests = [
            comparison
            for node, value in self._program.values.items()
            if isinstance(value, Parsed) and value.origin is origin and value.path == _TYPE
            if isinstance(comparison := self._comparison_at(node), cst.Comparison)
        ]
        return all(self._names_begin_alone(one) for one in tests)

    def _comparison_at(self, node: cst.CSTNode) -> cst.CSTNode:
        parent = self._program.parents[node]
        return self._program.parents[parent] if isinstance(parent, cst.ComparisonTarget) else parent

    def _names_begin_alone(self, comparison: cst.Comparison) -> bool:
        sides = [comparison.left, *(one.comparator for one in comparison.comparisons)]
        known = [value.value for side in sides if isinstance(value := self._program.value(side), Known)]
        return known == [_BEGIN]

    def _take_read(self, origin: cst.CSTNode) -> None:
        statement = self._program.statement_of(origin)
        assert isinstance(statement, cst.SimpleStatementLine)
        match statement.body:
            case [cst.Assign([cst.AssignTarget(cst.Name(name))]) | cst.AnnAssign(cst.Name(name))]:
                pass
            case _:
                self._give_up(origin, f"the first message gets no name: {self._migrating.code(statement)}")
                return
        found = self.found
        found.session = self._migrating.name(name)
        found.read = statement
        found.gone.update(self._program.nodes_in(statement))
        for node in list(self._program.values):
            document = self._document(node)
            if document is None or document.origin is not origin or node in found.gone:
                continue
            around = self._program.statement_of(node)
            found.gone.add(node)
            if document.path == _TYPE:
                self._take_check(node, around)
            elif self._is_outermost(node) and not self._is_in_check(node):
                self._read_of_answer(node, document)

    def _is_in_check(self, node: cst.CSTNode) -> bool:
        return self.found.check is not None and self._program.is_inside(node, self.found.check)

    def _take_check(self, node: cst.CSTNode, statement: cst.CSTNode) -> None:
        found = self.found
        if found.check is statement:
            return
        comparison = self._comparison_at(node)
        if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Assert):
            found.gone.update(self._program.nodes_in(statement))
            self._migrating.edits.remove(statement)
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
            found.gone.update(self._program.nodes_in(statement))
            return
        self._give_up(node, f"this test of the first message could not be moved: {self._migrating.code(statement)}")

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
                callee = self._program.value(function)
                return isinstance(callee, Library) and callee.name in ENDING
        return False

    def plan_check(self, how: Post) -> cst.If | None:
        """Plans the edits inside the program's own check: what it read of the message, it reads of the answer."""
        check = self.found.check
        if check is None:
            return None
        edits = self._migrating.edits
        edits.replace(check.test, how.refused())
        for node in self._program.nodes_in(check.body):
            document = self._document(node)
            if document is None or not isinstance(node, cst.BaseExpression) or not self._is_outermost(node):
                continue
            code = server_messages.ERROR_CODE
            is_code = document.path == steps_of(code.assemblyai[0])[1:]
            (code if is_code else server_messages.ERROR_TEXT).over(self._migrating.target)
            edits.replace(node, how.status() if is_code else how.text())
        return check

    # --- a handler's branch ----------------------------------------------------------------------

    def _tests_of_begin(self) -> list[cst.BaseExpression]:
        """The literals that a message's type is compared with to find the beginning."""
        found: list[cst.BaseExpression] = []
        for node in self._program.values:
            document = self._document(node)
            if document is None or document.path != _TYPE or node in self.found.gone:
                continue
            comparison = self._comparison_at(node)
            if isinstance(comparison, cst.Comparison):
                sides = [comparison.left, *(one.comparator for one in comparison.comparisons)]
                for side in sides:
                    value = self._program.value(side)
                    if isinstance(value, Known) and value.value == _BEGIN and side not in found:
                        found.append(side)
        return found

    def _take_branch(self, literal: cst.BaseExpression) -> None:
        comparison = self._comparison_at(literal)
        branch = self._program.parents.get(comparison)
        if (
            not isinstance(branch, cst.If)
            or branch.test is not comparison
            or not isinstance(comparison, cst.Comparison)
            or not isinstance(comparison.comparisons[0].operator, cst.Equal)
            or not isinstance(branch.body, cst.IndentedBlock)
        ):
            self._give_up(literal, f"this test of the first message stands alone: {self._migrating.code(comparison)}")
            return
        statements = [one for one in branch.body.body if not _is_nothing(one)]
        if statements and _only_leaves(statements[-1]):
            statements = statements[:-1]
        for statement in statements:
            if not self._can_move(statement, branch):
                return
        if not self._names_are_free(branch):
            return
        self.found.gone.update(self._program.nodes_in(branch.body))
        self.found.moved.extend(one for one in statements if isinstance(one, Statement))
        for node in self._program.nodes_in(branch.body):
            document = self._document(node)
            if document is not None and isinstance(node, cst.BaseExpression) and self._is_outermost(node):
                self._read_of_answer(node, document)

    def _can_move(self, statement: cst.CSTNode, branch: cst.If) -> bool:
        """Whether a statement of the branch means the same behind the POST."""
        program, migrating = self._program, self._migrating
        for node in program.nodes_in(statement):
            if isinstance(node, _LEAVING) and program.scope_of(node) is program.scope_of(branch):
                self._give_up(statement, f"the branch leaves its function: {migrating.code(statement)}")
                return False
            if isinstance(node, cst.Await) and not self._is_asynchronous(self._place):
                self._give_up(statement, f"this is awaited, and the POST is not: {migrating.code(statement)}")
                return False
            if isinstance(node, cst.Name) and node in program.reaching and not self._means_the_same(node, branch):
                self._give_up(statement, f"`{node.value}` is not there where the session is opened")
                return False
        return True

    def _is_asynchronous(self, scope: cst.CSTNode) -> bool:
        return isinstance(scope, cst.FunctionDef) and scope.asynchronous is not None

    def _means_the_same(self, name: cst.Name, branch: cst.If) -> bool:
        program = self._program
        if self._document(name) is not None:
            return True
        handler = program.scope_of(branch)
        for definition in program.reaching[name]:
            if definition.statement is not None and program.is_inside(definition.statement, branch.body):
                continue
            owner = self._owner(definition)
            if owner is None or isinstance(owner, cst.Module) or owner is self._place:
                continue
            if program.is_inside(self._place, owner):
                continue
            if owner is handler and self._is_own_object(name):
                continue
            return False
        return True

    def _owner(self, definition: Definition) -> cst.CSTNode | None:
        """The scope that a definition belongs to."""
        for node, scope in self._program.scopes.items():
            if definition in scope.definitions.get(definition.name, ()):
                return node
        return None

    def _is_own_object(self, name: cst.Name) -> bool:
        """Whether a name is the object whose method opens the session, under the same name there."""
        value = self._program.value(name)
        if not isinstance(value, Instance) or not isinstance(self._place, cst.FunctionDef):
            return False
        first = self._place.params.params[:1]
        return (
            bool(first)
            and first[0].name.value == name.value
            and self._program.parents.get(self._program.parents[self._place]) is value.node
        )

    def _names_are_free(self, branch: cst.If) -> bool:
        """Whether the names that the branch gives values can be given where the session is opened."""
        program = self._program
        there = program.scopes.get(self._place)
        handler = program.scopes.get(program.scope_of(branch))
        for definition in program.definitions():
            if definition.statement is None or not program.is_inside(definition.statement, branch.body):
                continue
            declared = handler.elsewhere.get(definition.name) if handler is not None else None
            if declared == "global":
                self._declare(definition.name)
                continue
            if declared == "nonlocal":
                if self._owner(definition) is not self._place:
                    self._give_up(branch, f"`{definition.name}` belongs to a function that does not open the session")
                    return False
                continue
            used_outside = [use for use in definition.uses if not program.is_inside(use, branch.body)]
            if used_outside or (there is not None and definition.name in there.definitions):
                why = "is used behind the branch" if used_outside else "is taken where the session is opened"
                self._give_up(branch, f"`{definition.name}` {why}")
                return False
        return True

    def _declare(self, name: str) -> None:
        place = self._program.scopes.get(self._place)
        if isinstance(self._place, cst.Module) or place is None or place.elsewhere.get(name) == "global":
            return
        if name not in self.found.declared:
            self.found.declared.append(name)

    # --- reading the answer ----------------------------------------------------------------------

    def _is_outermost(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents[node]
        if isinstance(parent, cst.Attribute):
            parent = self._program.parents[parent]
        return self._document(parent) is None

    def _read_of_answer(self, node: cst.CSTNode, document: Parsed) -> None:
        """Plans that a read of the first message is a read of the POST's answer."""
        if not isinstance(node, cst.BaseExpression):
            return
        accesses = _accesses(node)
        if document.path == ():
            parent = self._program.parents[node]
            if not isinstance(parent, cst.AssignTarget):
                self._migrating.report(WHOLE_MESSAGE, node, f"{self._migrating.code(node)} is the POST's answer now")
                self._migrating.edits.rewrite(node, lambda updated: self._session_name(updated))
            return
        if not accesses:
            return  # a name that was given the field: converted where it was read
        row = self._row_of(document)
        if row is None or len(accesses) != 1:
            self._give_up(node, f"{self._migrating.code(node)} is not in the POST's answer")
            return
        way = row.over(self._migrating.target)
        if row is session.CREATED_AT:
            self._migrating.report(PARAMETER_DIFFERS, node, f"{self._migrating.code(node)}: {way.reason}")
        key = str(steps_of(row.gladia[0])[-1])
        source = way.conversion.source or "value"
        names = {dotted.rpartition(".")[2]: self._imported(dotted) for dotted in way.conversion.modules}
        parent = self._program.parents[node]

        def rewritten(updated: cst.BaseExpression) -> cst.BaseExpression:
            read = self._with_key(updated, key)
            if source == "value":
                return read
            result = expression(source.replace('"', self._migrating.quote_at(node)), value=read, **names)
            return in_parentheses(result) if _binds(parent) else result

        self._migrating.edits.rewrite(node, rewritten)

    def _row_of(self, document: Parsed) -> Row | None:
        for row in (session.SESSION_ID, session.CREATED_AT):
            if steps_of(row.assemblyai[0])[1:] == document.path:
                return row
        return None

    def _with_key(self, access: cst.BaseExpression, key: str) -> cst.BaseExpression:
        match access:
            case cst.Subscript(value, [cst.SubscriptElement(cst.Index(literal))]):
                index = cst.SubscriptElement(cst.Index(self._renamed(literal, key)))
                return access.with_changes(value=self._session_name(value), slice=[index])
            case cst.Call(cst.Attribute(value) as function, [first, *rest]):
                argument = first.with_changes(value=self._renamed(first.value, key))
                return access.with_changes(
                    func=function.with_changes(value=self._session_name(value)), args=[argument, *rest]
                )
        return access

    def _renamed(self, literal: cst.BaseExpression, key: str) -> cst.BaseExpression:
        return like(literal, key) if isinstance(literal, cst.SimpleString) else self._migrating.string(key, literal)

    def _imported(self, dotted: str) -> cst.BaseExpression:
        """An expression for a module's function, by the name that the program already has for either."""
        module, _, name = dotted.rpartition(".")
        alias = self._migrating.imported_as(module)
        if alias is not None:
            return cst.parse_expression(f"{alias}.{name}")
        return self._migrating.use_function(module, name)

    def _session_name(self, base: cst.BaseExpression) -> cst.BaseExpression:
        assert self.found.session is not None
        return cst.Name(self.found.session)


def _accesses(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The subscripts and `.get(…)` calls that a read of a field is made of."""
    found: list[cst.BaseExpression] = []
    while True:
        match node:
            case cst.Subscript(value) | cst.Call(cst.Attribute(value, cst.Name("get"))):
                found.append(node)
                node = value
            case _:
                return found


def _binds(parent: cst.CSTNode) -> bool:
    """Whether an expression at this place may bind tighter than a sum."""
    return isinstance(parent, (cst.BinaryOperation, cst.Attribute, cst.UnaryOperation, cst.Comparison))


def _is_nothing(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Pass()]) | cst.SimpleStatementLine([cst.Expr(cst.Ellipsis())]):
            return True
    return False


def _only_leaves(statement: cst.CSTNode) -> bool:
    """Whether a statement only goes on to the next message."""
    match statement:
        case cst.SimpleStatementLine([cst.Continue()]) | cst.SimpleStatementLine([cst.Return(None)]):
            return True
    return False
