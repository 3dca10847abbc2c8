"""The branch of a handler that waits for `Begin`: it moves behind the POST, or into `on_open` for the socket's sake."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import Function, Instance, Known, Member, Parsed, Sequence, Socket, Value, something
from codemods.edits import Statement
from codemods.rules.names.elsewhere import is_own_object
from codemods.rules.posting.answer_reads import AnswerReads
from codemods.vendors.assemblyai_sessions import V3
from shim.wire import assemblyai

_LEAVING: Final = (cst.Return, cst.Continue, cst.Break, cst.Yield, cst.Raise)


class BeginBranches:
    """Takes the branches of one session's handlers that are taken at the beginning."""

    def __init__(self, reads: AnswerReads) -> None:
        self._reads = reads
        self._migrating = reads.migrating
        self._program = reads.program

    def take(self) -> None:
        """Plans where each branch goes; says which cannot move."""
        for literal in self._tests():
            self._take_branch(literal)

    def _tests(self) -> list[cst.BaseExpression]:
        """The literals that a message's type is compared with to find the beginning."""
        found: list[cst.BaseExpression] = []
        for node in self._program.values:
            document = self._reads.document(node)
            if document is None or document.path != self._reads.edition.type_path or node in self._reads.found.gone:
                continue
            comparison = self._reads.comparison_at(node)
            if isinstance(comparison, cst.Match):
                patterns = (case.pattern for case in comparison.cases)
                literals = (one.value for one in patterns if isinstance(one, cst.MatchValue))
                found.extend(one for one in literals if self._program.value(one) == Known(self._reads.edition.begin))
            elif isinstance(comparison, cst.Comparison):
                sides = [comparison.left, *(one.comparator for one in comparison.comparisons)]
                for side in sides:
                    if side not in found and self._means_the_beginning(self._program.value(side)):
                        found.append(side)
        return found

    def _means_the_beginning(self, value: Value) -> bool:
        """Whether a value is the type of the first message, alone or beside types that never come."""
        if isinstance(value, Sequence):
            names = [str(one.value) for one in value.elements if isinstance(one, Known)]
            others = [one for one in names if one != self._reads.edition.begin]
            in_vain = not any(assemblyai.server_messages.knows(one) for one in others)
            return len(others) < len(names) == len(value.elements) and in_vain and self._reads.edition is V3
        return isinstance(value, Known) and value.value == self._reads.edition.begin

    def _take_branch(self, literal: cst.BaseExpression) -> None:
        comparison = self._reads.comparison_at(literal)
        branch = self._program.parents.get(comparison)
        is_case = isinstance(branch, cst.MatchCase) and branch.guard is None
        is_branch = (
            isinstance(branch, cst.If)
            and branch.test is comparison
            and isinstance(comparison, cst.Comparison)
            and isinstance(comparison.comparisons[0].operator, (cst.Equal, cst.In))
        )
        if (
            not isinstance(branch, (cst.If, cst.MatchCase))
            or not (is_case or is_branch)
            or not isinstance(branch.body, cst.IndentedBlock)
        ):
            if not self._take_guard(comparison):
                code = self._migrating.code(comparison)
                self._reads.give_up(literal, f"this test of the first message stands alone: {code}")
            return
        is_alone = not isinstance(self._program.parents[branch], cst.If)
        if isinstance(branch, cst.If) and is_alone and isinstance(branch.orelse, cst.Else):
            code = self._migrating.code(comparison)
            self._reads.give_up(literal, f"what is done at the first message is one of two ways here: {code}")
            return
        found, handler = self._reads.found, self._program.scope_of(branch)
        statements = [one for one in branch.body.body if not _is_nothing(one) and isinstance(one, Statement)]
        if statements and _only_leaves(statements[-1]):
            statements.pop()
        with_socket: list[Statement] = []
        for one in statements:
            if self._needs_socket(one, handler) or self._follows(one, with_socket):
                with_socket.append(one)
        without = [one for one in statements if one not in with_socket]
        if not self._can_go(without, handler, self._reads.place, found.declared):
            return
        if with_socket and not self._can_be_done_on_open(with_socket, handler):
            return
        if not self._hands_on(branch):
            return
        found.moved.extend(without)
        found.gone.update(self._program.nodes_in(branch.body))
        for node in self._program.nodes_in(branch.body):
            document = self._reads.document(node)
            if document is not None and isinstance(node, cst.BaseExpression) and self._reads.is_outermost(node):
                self._reads.read_of_answer(node, document)

    def _take_guard(self, comparison: cst.CSTNode) -> bool:
        """Plans that an `if` goes which asks for no more than that a message is not the first: it never is now."""
        branch = self._program.parents.get(comparison)
        is_guard = (
            isinstance(branch, cst.If)
            and branch.test is comparison
            and branch.orelse is None
            and not isinstance(self._program.parents[branch], cst.If)
            and isinstance(branch.body, cst.IndentedBlock)
            and isinstance(comparison, cst.Comparison)
            and isinstance(comparison.comparisons[0].operator, (cst.NotEqual, cst.NotIn))
        )
        if branch is None or any(isinstance(node, _LEAVING) for node in self._program.nodes_in(branch)):
            return False  # what stands behind it is what is done at the first message
        if is_guard:
            self._migrating.edits.unwrap(branch)
            self._reads.found.gone.update(self._program.nodes_in(comparison))
        return is_guard

    def _hands_on(self, branch: cst.If | cst.MatchCase) -> bool:
        """Whether functions that the branch gives the message to read it as the first: they read the answer then."""
        for call in self._program.nodes_in(branch.body):
            if not isinstance(call, cst.Call):
                continue
            if not any(self._is_whole_message(argument.value) for argument in call.args):
                continue
            for value in something(self._program.value(call.func)):
                function = _function(value)
                if function is not None and not self._reads_of(function):
                    self._reads.give_up(call, f"this function is given other messages, too: {function.name.value}")
                    return False
        return True

    def _is_whole_message(self, node: cst.BaseExpression) -> bool:
        document = self._reads.document(node)
        return document is not None and document.path == ()

    def _reads_of(self, function: cst.FunctionDef) -> bool:
        """Plans a function's reads of the first message; False where it may be given another one."""
        found: list[tuple[cst.CSTNode, Parsed]] = []
        for node in self._program.nodes_in(function.body):
            document = self._reads.document(node)
            if document is None:
                continue
            if document.types != frozenset((self._reads.edition.begin,)):
                return False
            found.append((node, document))
        for node, document in found:
            self._reads.found.gone.add(node)
            if isinstance(node, cst.BaseExpression) and self._reads.is_outermost(node):
                self._reads.read_of_answer(node, document, is_handed=True)
        return True

    # --- into on_open ----------------------------------------------------------------------------

    def _needs_socket(self, statement: cst.CSTNode, handler: cst.CSTNode) -> bool:
        """Whether a statement uses the socket that its handler is given."""
        return any(
            isinstance(node, cst.Name)
            and any(one == Socket(self._reads.connect.call) for one in something(self._program.value(node)))
            and any(self._owner(one) is handler for one in self._program.reaching.get(node, ()))
            for node in self._program.nodes_in(statement)
        )

    def _follows(self, statement: cst.CSTNode, before: list[Statement]) -> bool:
        """Whether a statement uses a name that one of these gives a value."""
        return any(
            self._program.is_inside(definition.node, one)
            for node in self._program.nodes_in(statement)
            if isinstance(node, cst.Name)
            for definition in self._program.reaching.get(node, ())
            for one in before
        )

    def _can_be_done_on_open(self, statements: list[Statement], handler: cst.CSTNode) -> bool:
        found = self._reads.found
        given = self._reads.connect.arguments.keywords.get("on_open")
        place = _function(self._program.value(given)) if given is not None else None
        old, new = _socket_parameter(handler), _socket_parameter(place)
        if place is None or old is None or new is None:
            self._reads.give_up(statements[0], "the socket is used, and there is no `on_open` to do it in")
            return False
        if any(self._reads.document(one) is not None for each in statements for one in self._program.nodes_in(each)):
            self._reads.give_up(statements[0], "the socket is used together with the message")
            return False
        found.on_open, found.socket = place, (old, new)
        if not self._can_go(statements, handler, place, found.declared_on_open, besides=old):
            return False
        found.opened.extend(statements)
        return True

    # --- meaning the same elsewhere --------------------------------------------------------------

    def _can_go(
        self,
        statements: list[Statement],
        handler: cst.CSTNode,
        place: cst.CSTNode,
        declared: list[str],
        besides: str = "",
    ) -> bool:
        """Whether statements mean the same in another function; the name `besides` is replaced there."""
        program, migrating = self._program, self._migrating
        for statement in statements:
            for node in program.nodes_in(statement):
                if isinstance(node, _LEAVING) and program.scope_of(node) is handler:
                    self._reads.give_up(statement, f"the branch leaves its function: {migrating.code(statement)}")
                    return False
                if isinstance(node, cst.Await) and not _is_asynchronous(place):
                    self._reads.give_up(statement, f"this is awaited, and the POST is not: {migrating.code(statement)}")
                    return False
                if not isinstance(node, cst.Name) or node.value == besides or node not in program.reaching:
                    continue
                if not self._means_the_same(node, statements, handler, place):
                    self._reads.give_up(statement, f"`{node.value}` is not there where this would be done")
                    return False
        return self._names_are_free(statements, handler, place, declared)

    def _means_the_same(
        self, name: cst.Name, statements: list[Statement], handler: cst.CSTNode, place: cst.CSTNode
    ) -> bool:
        program = self._program
        if self._reads.document(name) is not None and self._reads.is_outermost(name) is False:
            return True
        for definition in program.reaching[name]:
            if any(program.is_inside(definition.node, one) for one in statements):
                continue
            if self._reads.document(name) is not None and self._owner(definition) is handler:
                continue  # the message, which is the answer from now on
            owner = self._owner(definition)
            if owner is None or isinstance(owner, cst.Module) or owner is place or program.is_inside(place, owner):
                continue
            if owner is handler and is_own_object(self._program, name, place):
                continue
            return False
        return True

    def _owner(self, definition: Definition) -> cst.CSTNode | None:
        """The scope that a definition belongs to."""
        for node, scope in self._program.scopes.items():
            if definition in scope.definitions.get(definition.name, ()):
                return node
        return None

    def _names_are_free(
        self, statements: list[Statement], handler: cst.CSTNode, place: cst.CSTNode, declared: list[str]
    ) -> bool:
        """Whether the names that the statements give values can be given where they go."""
        program = self._program
        there, here = program.scopes.get(place), program.scopes.get(handler)
        for definition in program.definitions():
            if not any(program.is_inside(definition.node, one) for one in statements):
                continue
            kind = here.elsewhere.get(definition.name) if here is not None else None
            if kind == "global":
                if not isinstance(place, cst.Module) and there and there.elsewhere.get(definition.name) != "global":
                    declared.append(definition.name)
                continue
            if kind == "nonlocal":
                if self._owner(definition) is not place:
                    self._reads.give_up(
                        statements[0], f"`{definition.name}` belongs to a function that does not open the session"
                    )
                    return False
                continue
            used = [one for one in definition.uses if not any(program.is_inside(one, each) for each in statements)]
            others = there.definitions.get(definition.name, ()) if there is not None else ()
            if used or any(not any(program.is_inside(one.node, each) for each in statements) for one in others):
                why = "is used behind the branch" if used else "is taken where this would be done"
                self._reads.give_up(statements[0], f"`{definition.name}` {why}")
                return False
        return True


def _function(value: Value) -> cst.FunctionDef | None:
    """The function that a callback is, as far as its body can be added to."""
    match value:
        case Function(cst.FunctionDef() as node):
            return node
        case Member(Instance(definition), name):
            for one in definition.body.body:
                if isinstance(one, cst.FunctionDef) and one.name.value == name:
                    return one
    return None


def _socket_parameter(function: cst.CSTNode | None) -> str | None:
    """The name under which a callback is given the socket: its first parameter, behind the object of a method."""
    if not isinstance(function, cst.FunctionDef):
        return None
    names = [one.name.value for one in function.params.params]
    names = names[1:] if names[:1] == ["self"] else names
    return names[0] if names else None


def _is_asynchronous(scope: cst.CSTNode) -> bool:
    return isinstance(scope, cst.FunctionDef) and scope.asynchronous is not None


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
