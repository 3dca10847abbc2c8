"""A function as it runs where its first POST opens the session: what is for another attempt is left out.

A POST that is made again after a failure stands in a loop, behind a test, in a handler, or the function calls itself.
Where the new service has no POST, nothing is left that could be tried again: the loop is run through once, branches
that only a refusal enters go, and with them further POSTs, of less configuration say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.values import Function, HttpResponse, Known, Library, LibraryObject, Member, alternatives
from codemods.simpler.in_place import PASS, in_the_place_of, without_jump
from codemods.simpler.truth import GOOD, REFUSED, Outcome

_DEEPEST: Final = 5


class End(Enum):
    """How a block is left."""

    FALLS = auto()
    RETURNS = auto()
    BREAKS = auto()
    CONTINUES = auto()
    MIXED = auto()
    """In one of several ways."""


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """What is left of a block, and how it is left."""

    body: list[Any]
    end: End


@dataclass(eq=False, slots=True)
class FirstSuccess:
    """One run of a function in which the first of its POSTs (`attempts`) opens the session."""

    program: Program
    function: cst.FunctionDef
    attempts: frozenset[cst.Call]
    loops: list[cst.For | cst.While] = field(default_factory=list)
    """The loops that are run through once."""
    dead: list[Sequence[Any]] = field(default_factory=list)
    """What is never met, inner regions before outer ones; exception handlers stand for themselves."""
    refused: list[Sequence[Any]] = field(default_factory=list)
    """The same, as a refusal comes to it: a branch with its test."""
    tests: list[cst.If] = field(default_factory=list)
    """The tests that only go one way."""
    _names: dict[str, Any] = field(default_factory=dict)
    _tried: int = 0
    """How many `try` statements around are left out: what is raised in them goes to their handlers."""
    _inside: int = 0
    """How many loops around are on trial."""
    _given: set[str] = field(default_factory=set)
    """What a library calls its attempts: `with attempt:` holds what is tried."""
    _shared: set[str] = field(default_factory=set)
    """Names that other functions change as well."""

    def __post_init__(self) -> None:
        for node in self.program.nodes_in(self.function):
            if isinstance(node, (cst.Nonlocal, cst.Global)):
                self._shared |= {one.name.value for one in node.names}

    def run(self) -> list[Any]:
        """The statements that are left of the function."""
        return self._block(self.function.body.body).body

    def is_again(self, node: cst.CSTNode) -> bool:
        """Whether another attempt stands inside a node: a POST, or a call of the function itself."""
        return any(
            isinstance(one, cst.Call)
            and (one in self.attempts or self.function in _called(self.program.value(one.func)))
            for one in self.program.nodes_in(node)
        )

    def raises_for_status(self, node: cst.BaseExpression) -> bool:
        """Whether an expression raises the library's exception for every refusal, and does nothing else."""
        match node:
            case cst.Call(cst.Attribute(owner, cst.Name("raise_for_status")), []):
                found = list(alternatives(self.program.value(owner)))
                return bool(found) and all(
                    isinstance(one, HttpResponse) and one.request in self.attempts for one in found
                )
        return False

    # --- statements ------------------------------------------------------------------------------

    def _block(self, statements: Sequence[Any]) -> Ran:
        body: list[Any] = []
        for at, statement in enumerate(statements):
            ran = self._statement(statement)
            body.extend(ran.body)
            if ran.end is End.MIXED:
                return Ran([*body, *statements[at + 1 :]], End.MIXED)
            if ran.end is not End.FALLS:
                self._leave_out(statements[at + 1 :])
                return Ran(body, ran.end)
        return Ran(body, End.FALLS)

    def _statement(self, statement: Any) -> Ran:
        match statement:
            case cst.SimpleStatementLine():
                return Ran([statement], self._line(statement))
            case cst.If():
                return self._branch(statement)
            case cst.With(body=cst.IndentedBlock() as block):
                self._forget(*statement.items)
                ran = self._block(block.body)
                if any(isinstance(one.item, cst.Name) and one.item.value in self._given for one in statement.items):
                    return Ran(in_the_place_of(statement, ran.body), ran.end)
                return Ran([self._with_body(statement, ran.body)], ran.end)
            case cst.Try():
                return self._try(statement)
            case cst.For() | cst.While() if self.is_again(statement):
                return self._loop(statement)
        self._forget(statement)
        is_left = not isinstance(statement, (cst.FunctionDef, cst.ClassDef, cst.For, cst.While)) and self._jumps(
            statement
        )
        return Ran([statement], End.MIXED if is_left else End.FALLS)

    def _line(self, line: cst.SimpleStatementLine) -> End:
        for small in line.body:
            match small:
                case cst.Return() | cst.Raise():
                    return End.RETURNS
                case cst.Break():
                    return End.BREAKS
                case cst.Continue():
                    return End.CONTINUES
                case cst.Expr(cst.Call(callee)):
                    value = self.program.value(callee)
                    if isinstance(value, Library) and value.name in ENDING:
                        return End.RETURNS
                    if self.raises_for_status(small.value) and not self._tried:
                        self.dead.append([])
                        self.refused.append([line])
                case cst.Assign([cst.AssignTarget(cst.Name(name))], given) | cst.AnnAssign(cst.Name(name), _, given):
                    held = self._outcome().held_by(given) if given is not None else None
                    self._names.pop(name, None)
                    if held is not None and name not in self._shared:
                        self._names[name] = held
                    continue
            self._forget(small)
        return End.FALLS

    def _branch(self, statement: cst.If) -> Ran:
        way = self._outcome().truth(statement.test)
        if way is not None:
            self.tests.append(statement)
        orelse = statement.orelse
        otherwise = _otherwise(statement)
        if way is True:
            self._leave_out(otherwise)
            ran = self._block(statement.body.body)
            return Ran(in_the_place_of(statement, ran.body), ran.end)
        if way is False:
            # Which refusals come there is asked of its test.
            self._leave_out(statement.body.body, [statement.with_changes(orelse=None)])
            ran = self._block(otherwise)
            return Ran(in_the_place_of(statement, ran.body), ran.end)
        before = dict(self._names)
        inside = self._block(statement.body.body)
        after, self._names = self._names, before
        outside = self._block(otherwise)
        self._names = {name: held for name, held in self._names.items() if after.get(name) == held}
        ends = {inside.end, outside.end}
        end = inside.end if len(ends) == 1 else End.FALLS if ends <= {End.FALLS, End.RETURNS} else End.MIXED
        changed = self._with_body(statement, inside.body)
        if isinstance(orelse, cst.Else):
            changed = changed.with_changes(orelse=self._with_body(orelse, outside.body))
        elif orelse is not None and outside.body != [orelse]:
            is_chain = len(outside.body) == 1 and isinstance(outside.body[0], cst.If)
            new = outside.body[0] if is_chain else cst.Else(cst.IndentedBlock(outside.body)) if outside.body else None
            changed = changed.with_changes(orelse=new)
        return Ran([changed], end)

    def _try(self, statement: cst.Try) -> Ran:
        tries_again = any(self.is_again(one) for one in statement.handlers)
        is_about_it = self.is_again(statement.body) and statement.finalbody is None
        if is_about_it and not (tries_again or self._inside):
            return self._guarded(statement)
        if not is_about_it:
            return self._kept(statement)
        self._tried += 1
        ran = self._block([*statement.body.body, *(statement.orelse.body.body if statement.orelse is not None else ())])
        self._tried -= 1
        if not self._is_safe(ran.body):
            return self._kept(statement)
        for handler in statement.handlers:
            self._leave_out([handler])
        return Ran(in_the_place_of(statement, ran.body), ran.end)

    def _loop(self, loop: cst.For | cst.While) -> Ran:
        before, known = dict(self._names), (len(self.loops), len(self.dead), len(self.tests))
        self._inside += 1
        if isinstance(loop, cst.For) and isinstance(loop.target, cst.Name) and self._is_retrying(loop):
            self._given.add(loop.target.value)
        elif isinstance(loop, cst.For) and isinstance(loop.target, cst.Name):
            first = _first_of(loop.iter)
            if first is not None:
                self._names[loop.target.value] = Known(first.evaluated_value)
        ran = self._block(loop.body.body)
        self._inside -= 1
        is_once = ran.end in (End.RETURNS, End.BREAKS) or (
            ran.end in (End.FALLS, End.CONTINUES)
            and (self._outcome().truth(loop.test) is False if isinstance(loop, cst.While) else self._is_retrying(loop))
        )
        if is_once and self._is_safe(ran.body):
            self.loops.append(loop)
            if loop.orelse is not None and ran.end in (End.BREAKS, End.RETURNS):
                self._leave_out(loop.orelse.body.body)
            body = without_jump(ran.body)
            if isinstance(loop, cst.For):
                body = self._bound(loop, body)
            if loop.orelse is not None and ran.end in (End.FALLS, End.CONTINUES):
                body = [*body, *loop.orelse.body.body]
            end = End.RETURNS if ran.end is End.RETURNS else End.FALLS
            return Ran(in_the_place_of(loop, body), end)
        # It stays a loop: what it changes itself is not known in a later pass, and another one may stand in there.
        loops, dead, tests = known
        del self.loops[loops:], self.dead[dead:], self.refused[dead:], self.tests[tests:]
        self._names = before
        self._forget(loop)
        ran = self._block(loop.body.body)
        self._forget(loop)
        return Ran([self._with_body(loop, ran.body)], End.FALLS)

    def _guarded(self, statement: cst.Try) -> Ran:
        """A `try` that stays: what is tested of some refusals in it is left out inside."""
        known = len(self.loops), len(self.dead), len(self.tests)
        before = dict(self._names)
        ran = self._block(statement.body.body)
        if ran.end is End.MIXED or not self.is_of_some():
            loops, dead, tests = known
            del self.loops[loops:], self.dead[dead:], self.refused[dead:], self.tests[tests:]
            self._names = before
            return self._kept(statement)
        self._forget(statement)
        return Ran([self._with_body(statement, ran.body)], End.MIXED if self._jumps(statement) else End.FALLS)

    def _kept(self, statement: Any) -> Ran:
        self._forget(statement)
        return Ran([statement], End.MIXED if self._jumps(statement) else End.FALLS)

    # --- asking ----------------------------------------------------------------------------------

    def _outcome(self) -> Outcome:
        return Outcome(self.program, self.attempts, GOOD, self._names)

    def _is_retrying(self, loop: cst.For) -> bool:
        """Whether a library gives the attempts, and no more of them once one succeeded."""
        made = self.program.value(loop.iter)
        return isinstance(made, LibraryObject) and made.made_by.startswith(("tenacity.", "stamina."))

    def _jumps(self, statement: cst.CSTNode) -> bool:
        kinds = (cst.Return, cst.Break, cst.Continue)
        return any(
            isinstance(one, kinds) and self.program.scope_of(one) is self.function
            for one in self.program.nodes_in(statement)
        )

    def _is_safe(self, statements: Iterable[Any]) -> bool:
        """Whether nothing but the POST can fail in here, so that what was tried again was the POST alone."""
        waiting: list[cst.CSTNode] = list(statements)
        while waiting:
            node = waiting.pop()
            if node in self.attempts:
                continue
            if isinstance(node, cst.Call) and self._opens(node, _DEEPEST):
                return False
            if isinstance(node, (cst.Yield, cst.For)) and node not in self.loops:
                return False
            waiting.extend(node.children)
        return True

    def is_joined(self) -> bool:
        """Whether a test of the answer has a second way, and nothing but the answer is looked at in the first."""
        return any(one.orelse is not None and self._is_safe(one.body.body) for one in self.tests)

    def is_of_some(self) -> bool:
        """Whether a test of the answer is for some refusals only."""
        every = Outcome(self.program, self.attempts, REFUSED)
        return any(every.truth(one.test) is False and self._outcome().truth(one.test) is False for one in self.tests)

    def _opens(self, call: cst.Call, depth: int) -> bool:
        """Whether a call has to do with a socket, itself or by what it calls."""
        program = self.program
        if call in program.connects or call in program.sends or call in program.registrations:
            return True
        for function in _called(program.value(call.func)) if depth else ():
            inner = (one for one in program.nodes_in(function) if isinstance(one, cst.Call))
            if any(self._opens(one, depth - 1) for one in inner):
                return True
        return False

    # --- writing ---------------------------------------------------------------------------------

    def _leave_out(self, statements: Sequence[Any], refused: Sequence[Any] | None = None) -> None:
        if statements:
            self.dead.append(statements)
            self.refused.append(statements if refused is None else refused)

    def _bound(self, loop: cst.For, body: list[Any]) -> list[Any]:
        """The body with what the first pass gives the loop's own name, where it is read."""
        match loop.target, loop.iter:
            case cst.Name(name), _ if not _reads(body, name):
                return body
            case cst.Name(), cst.Call(cst.Name("range"), [cst.Arg(start), *others]):
                first: cst.BaseExpression = start if others else cst.Integer("0")
            case cst.Name(), (cst.Tuple([cst.Element(value), *_]) | cst.List([cst.Element(value), *_])):
                first = value
            case cst.Name(), cst.Name() as several:
                first = cst.Subscript(several, [cst.SubscriptElement(cst.Index(cst.Integer("0")))])
            case _:
                return body
        assert isinstance(loop.target, cst.Name)
        return [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(loop.target)], first)]), *body]

    def _forget(self, *nodes: cst.CSTNode) -> None:
        """What is given another value is not known any more."""
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if isinstance(node, cst.Name):
                self._names.pop(node.value, None)
            waiting.extend(
                node.children if not isinstance(node, (cst.Expr, cst.Call, cst.Attribute, cst.Subscript)) else ()
            )

    def _with_body(self, statement: Any, body: list[Any]) -> Any:
        if body == list(statement.body.body):
            return statement
        return statement.with_changes(body=statement.body.with_changes(body=body or [PASS]))


def _otherwise(statement: cst.If) -> Sequence[Any]:
    """The statements that an `if` comes to where its test is false."""
    match statement.orelse:
        case cst.If() as another:
            return [another]
        case cst.Else(body):
            return body.body
    return []


def _called(value: Any) -> list[cst.FunctionDef]:
    """The functions of the program that a value can be."""
    found: list[cst.FunctionDef] = []
    for one in alternatives(value):
        if isinstance(one, Function) and isinstance(one.node, cst.FunctionDef):
            found.append(one.node)
        elif isinstance(one, Member) and hasattr(one.owner, "node"):
            methods = one.owner.node.body.body
            found.extend(it for it in methods if isinstance(it, cst.FunctionDef) and it.name.value == one.name)
    return found


def _reads(body: Iterable[Any], name: str) -> bool:
    waiting: list[cst.CSTNode] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.Name) and node.value == name:
            return True
        waiting.extend(node.children)
    return False


def _first_of(iterated: cst.BaseExpression) -> cst.Integer | None:
    """The number that a `range` begins with, where it is written there."""
    match iterated:
        case cst.Call(cst.Name("range"), [cst.Arg()]):
            return cst.Integer("0")
        case cst.Call(cst.Name("range"), [cst.Arg(cst.Integer() as start), *_]):
            return start
    return None
