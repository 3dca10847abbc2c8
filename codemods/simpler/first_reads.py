"""A function of the program's own that waits for AssemblyAI's first message, written where the socket is opened.

Gladia's socket begins without a message: what `Begin` held is in the POST's answer, and a refusal is that answer. So
what such a function does can only be done behind the connect. It is brought there, and a test of two ways (`if Begin: …
else: …`) becomes the check of a refusal with the rest behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import (
    Awaitable,
    Frame,
    Function,
    Instance,
    Known,
    Member,
    Parsed,
    Socket,
    something,
)
from codemods.edits import Edits, Statement, renamed, with_value_for
from codemods.simpler.first_message_blocks import Split, asks_for_begin, check_of, ends, split_at_first, statements_of
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors.assemblyai_sessions import Opening

_TELLING: Final = ("debug", "info", "warning", "error", "exception", "critical")


def with_first_reads_behind(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a function waits for the first message, with that behind the connect."""
    plans: dict[cst.Module, Edits] = {}
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            if opening.connect.library.by_callback:
                continue
            edits = plans.setdefault(program.module_of(opening.connect.call), Edits())
            if not _inline(program, opening, edits):
                _guard(program, opening, edits)
    found = {}
    for module, edits in plans.items():
        if edits.rewrites or edits.removed or edits.before:
            found[module] = simpler(module, edits)
    return found


# --- in the function that opens the socket ---------------------------------------------------------------


def _guard(program: Program, opening: Opening, edits: Edits) -> None:
    """Brings a test of two ways that stands in the connect's own function to the check of a refusal."""
    place = program.scope_of(opening.connect.call)
    for node in program.nodes_in(place):
        if not isinstance(node, cst.IndentedBlock | cst.Module) or not node.body:
            continue
        if program.scope_of(node.body[0]) is not place:
            continue
        test = next((one for one in node.body if asks_for_begin(program, opening, one) is not None), None)
        if test is None or not isinstance(test, cst.If) or not isinstance(test.orelse, cst.Else):
            continue
        split = split_at_first(program, opening, node.body)
        if split is None or _is_in_a_loop(program, test, place) or not split.begun:
            continue
        is_begin = isinstance(split.test.comparisons[0].operator, cst.Equal)
        begun = statements_of(test.body if is_begin else test.orelse.body) or []
        edits.insert_before(test, lambda split=split, begun=begun: [check_of(split, split.refused), *begun])  # type: ignore[misc]
        edits.remove(test)


def _is_in_a_loop(program: Program, node: cst.CSTNode, place: cst.CSTNode) -> bool:
    current: cst.CSTNode | None = program.parents.get(node)
    while current is not None and current is not place:
        if isinstance(current, cst.For | cst.While):
            return True
        current = program.parents.get(current)
    return False


# --- from a function of its own ----------------------------------------------------------------------------


def _inline(program: Program, opening: Opening, edits: Edits) -> bool:
    """Brings the function that waits for the first message to where it is called, behind the connect."""
    place = program.scope_of(opening.connect.call)
    if not isinstance(place, cst.FunctionDef):
        return False
    for function in _waiting(program, opening, place):
        calls = [
            node
            for node in program.values
            if isinstance(node, cst.Call) and function in _called(program.value(node.func))
        ]
        if len(calls) != 1 or program.scope_of(calls[0]) is not place or function.decorators:
            continue
        written = _Inlined(program, opening, function, calls[0]).written()
        if written is None:
            continue
        gone, statements = written
        first, *others = gone
        lines = first.leading_lines
        placed = [statements[0].with_changes(leading_lines=lines), *statements[1:]]
        edits.insert_before(first, lambda placed=placed: placed)  # type: ignore[misc]
        edits.moved.add(first)
        for one in (first, *others):
            edits.remove(one)
        edits.remove(function)
        return True
    return False


def _waiting(program: Program, opening: Opening, place: cst.CSTNode) -> Iterable[cst.FunctionDef]:
    """The functions of the program that receive once, outside of loops, what the session sends."""
    for module in program.modules:
        for node in program.nodes_in(module):
            if not isinstance(node, cst.FunctionDef) or node is place:
                continue
            received = [
                one
                for one in program.nodes_in(node.body)
                if isinstance(one, cst.Call)
                and isinstance(one.func, cst.Attribute)
                and Socket(opening.connect.call) in something(program.value(one.func.value))
                and one.func.attr.value in ("recv", "receive", "receive_json", "receive_str")
                and isinstance(program.value(one), Awaitable | Frame | Parsed)
            ]
            if len(received) == 1 and not _is_in_a_loop(program, received[0], node):
                yield node


def _called(value: object) -> list[cst.FunctionDef]:
    match value:
        case Function(cst.FunctionDef() as node):
            return [node]
        case Member(Instance(definition), name):
            methods = (one for one in definition.body.body if isinstance(one, cst.FunctionDef))
            return [one for one in methods if one.name.value == name]
    return []


class _Inlined:
    """One call of such a function."""

    def __init__(self, program: Program, opening: Opening, function: cst.FunctionDef, call: cst.Call) -> None:
        self._program = program
        self._opening = opening
        self._function = function
        self._call = call

    def written(self) -> tuple[list[Statement], list[Statement]] | None:
        """The statements that go, and those in their place; None where the function cannot be brought there."""
        body = list(self._function.body.body)
        if body and _is_docstring(body[0]):
            body = body[1:]
        match body:
            case [cst.Try(orelse=None, finalbody=None) as attempt]:
                if not all(_only_tells(one) for one in attempt.handlers):
                    return None
                body = list(attempt.body.body)  # what fails at the first message fails at the POST from now on
        split = split_at_first(self._program, self._opening, body)
        parameters = self._parameters()
        if split is None or parameters is None or not self._leaves_at_the_ends(split) or self._means_another():
            return None
        outside = self._program.parents[self._call]
        awaited = outside if isinstance(outside, cst.Await) else self._call
        placed = self._placed(awaited, split)
        if placed is None:
            return None
        gone, written = placed
        names = self._taken() | self._read_here()
        for old in sorted(self._locals()):
            if old in names:
                new = next(one for one in (f"first_{old}", f"begin_{old}", f"own_{old}") if one not in names)
                written = [renamed(one, old, new) for one in written]
        for given in [one for one in parameters if self._is_constant(one)]:
            parameters.remove(given)
            written = [with_value_for(one, _target(given), _given(given)) for one in written]
        return gone, [*parameters, *written]

    def _is_constant(self, given: Statement) -> bool:
        """Whether a parameter's value is written as a constant, and the parameter never gets another."""
        written = (one for one in self._program.nodes_in(self._function.body) if isinstance(one, cst.AssignTarget))
        is_set = any(isinstance(one.target, cst.Name) and one.target.value == _target(given) for one in written)
        return isinstance(_given(given), cst.SimpleString | cst.Integer | cst.Float) and not is_set

    def _placed(self, awaited: cst.BaseExpression, split: Split) -> tuple[list[Statement], list[Statement]] | None:
        """The statements for the way in which the call is used."""
        program = self._program
        statement = program.statement_of(self._call)
        ending, given = split.refused[-1], _returned(split.begun)
        raises = isinstance(ending, cst.SimpleStatementLine) and isinstance(ending.body[-1], cst.Raise)
        begun = split.begun[:-1] if given is not _NO_RETURN else list(split.begun)
        match statement:
            case cst.SimpleStatementLine([cst.Expr(used)]) if used is awaited and raises:
                return [statement], [*split.before, check_of(split, split.refused), *begun]
            case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name() as target)], used)]) if (
                used is awaited
            ):
                if raises and isinstance(given, cst.BaseExpression):
                    kept = _kept(target, given)
                    return [statement], [*split.before, check_of(split, split.refused), *begun, *kept]
                following = self._following(statement)
                if isinstance(following, cst.If) and following.orelse is None and self._fails(split, given):
                    uses = [use for one in program.definitions() if one.node is target for use in one.uses]
                    is_test = _tests_refusal(following.test, target)
                    own = statements_of(following.body)
                    if (
                        is_test
                        and own is not None
                        and ends(self._program, own)
                        and isinstance(given, cst.BaseExpression)
                    ):
                        refused = [*self._kept_of_refusal(split), *own]
                        kept = _kept(target, given) if len(uses) > 1 else []
                        return [statement, following], [*split.before, check_of(split, refused), *begun, *kept]
            case cst.If(cst.UnaryOperation(cst.Not(), used), orelse=None) if used is awaited:
                own = statements_of(statement.body)
                if own is not None and ends(self._program, own) and self._fails(split, given):
                    refused = [*self._kept_of_refusal(split), *own]
                    return [statement], [*split.before, check_of(split, refused), *begun]
        return None

    def _fails(self, split: Split, given: object) -> bool:
        """Whether the function gives what is true at a beginning and what is not at a refusal."""
        refused = _returned(split.refused)
        values = [
            self._program.value(one) if isinstance(one, cst.BaseExpression) else Known(None) for one in (given, refused)
        ]
        if not isinstance(values[1], Known) or values[1].value or refused is _NO_RETURN:
            return False
        return isinstance(values[0], Parsed) or (isinstance(values[0], Known) and bool(values[0].value))

    def _kept_of_refusal(self, split: Split) -> list[Statement]:
        return list(split.refused[:-1])

    def _following(self, statement: cst.CSTNode) -> cst.CSTNode | None:
        block = self._program.parents[statement]
        body: list[cst.CSTNode] = list(block.body) if isinstance(block, cst.IndentedBlock | cst.Module) else []
        at = body.index(statement) if statement in body else len(body)
        return body[at + 1] if at + 1 < len(body) else None

    def _leaves_at_the_ends(self, split: Split) -> bool:
        """Whether the function returns nowhere but at the end of its two ways."""
        ends = {one for each in (split.refused, split.begun) if each for one in self._program.nodes_in(each[-1])}
        whole = [*split.before, *split.refused, *split.begun]
        return not any(
            isinstance(one, cst.Return | cst.Yield | cst.Nonlocal | cst.Global)
            and one not in ends
            and self._program.scope_of(one) is self._function
            for statement in whole
            for one in self._program.nodes_in(statement)
        )

    def _parameters(self) -> list[Statement] | None:
        """What gives the parameters their values, where they are called otherwise behind the connect."""
        names = [one.name.value for one in self._function.params.params]
        arguments = list(self._call.args)
        if isinstance(self._program.scope_of(self._function), cst.ClassDef):
            owner = self._call.func.value if isinstance(self._call.func, cst.Attribute) else None
            if not isinstance(owner, cst.Name) or not names or owner.value != names[0]:
                return None
            names = names[1:]
        found: list[Statement] = []
        given: dict[str, cst.BaseExpression] = {}
        for index, argument in enumerate(arguments):
            if argument.star or (argument.keyword is None and index >= len(names)):
                return None
            given[argument.keyword.value if argument.keyword is not None else names[index]] = argument.value
        for one in self._function.params.params[-len(names) :] if names else ():
            name = one.name.value
            value = given.get(name, one.default)
            if value is None:
                return None
            if not (isinstance(value, cst.Name) and value.value == name):
                found.append(cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], value)]))
        used = {one.value for one in self._program.nodes_in(self._function.body) if isinstance(one, cst.Name)}
        plain = not self._function.params.kwonly_params and not self._function.params.posonly_params
        return [one for one in found if _target(one) in used] if plain else None

    def _means_another(self) -> bool:
        """Whether a name that the function reads from outside of it is another one where it is called."""
        own = self._locals() | {one.name.value for one in self._function.params.params}
        read = {
            one.value
            for one in self._program.nodes_in(self._function.body)
            if isinstance(one, cst.Name) and one in self._program.reaching
        }
        here = self._program.scope_of(self._call) is not self._program.scope_of(self._function)
        return here and bool((read - own) & self._taken())

    def _locals(self) -> set[str]:
        scope = self._program.scopes.get(self._function)
        parameters = {one.name.value for one in self._function.params.params}
        return set(scope.definitions) - parameters if scope is not None else set()

    def _read_here(self) -> set[str]:
        """The names that are read where the function is called, also those of the module."""
        place = self._program.scope_of(self._call)
        return {
            one.value
            for one in self._program.nodes_in(place)
            if isinstance(one, cst.Name) and one in self._program.reaching
        }

    def _taken(self) -> set[str]:
        scope = self._program.scopes.get(self._program.scope_of(self._call))
        return set(scope.definitions) if scope is not None else set()


_NO_RETURN: Final = object()
"""What a way gives that ends without a `return`."""


def _returned(statements: Sequence[Statement]) -> object:
    """What a way gives back, None for a bare `return`."""
    match statements[-1] if statements else None:
        case cst.SimpleStatementLine([cst.Return(value)]):
            return value
    return _NO_RETURN


def _kept(target: cst.Name, given: cst.BaseExpression) -> list[Statement]:
    if isinstance(given, cst.Name) and given.value == target.value:
        return []
    return [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], given)])]


def _tests_refusal(test: cst.BaseExpression, name: cst.Name) -> bool:
    """Whether a test is `not name` or `name is None`."""
    match test:
        case cst.UnaryOperation(cst.Not(), cst.Name(asked)):
            return asked == name.value
        case cst.Comparison(cst.Name(asked), [cst.ComparisonTarget(cst.Is(), cst.Name("None"))]):
            return asked == name.value
    return False


def _target(statement: Statement) -> str:
    match statement:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))])]):
            return name
    return ""


def _given(statement: Statement) -> cst.BaseExpression:
    assert isinstance(statement, cst.SimpleStatementLine)
    (assigned,) = statement.body
    assert isinstance(assigned, cst.Assign)
    return assigned.value


def _only_tells(handler: cst.ExceptHandler) -> bool:
    """Whether a handler does nothing but say what failed and leave."""
    for statement in handler.body.body:
        match statement:
            case cst.SimpleStatementLine([cst.Return() | cst.Raise() | cst.Pass()]):
                continue
            case cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Name("print")))]):
                continue
            case cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Attribute(attr=cst.Name(name))))]) if name in _TELLING:
                continue
        return False
    return True


def _is_docstring(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.SimpleString() | cst.ConcatenatedString())]):
            return True
    return False
