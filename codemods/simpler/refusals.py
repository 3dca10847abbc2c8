"""What a program does in the end about a POST that is refused, said once, right behind the POST.

A refusal can be met in several places: a handler, the last line of a loop, what follows the loop, a test for each
status. The one that counts is what a refusal meets of which the program knows nothing better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, Library
from codemods.simpler.first_success import FirstSuccess
from codemods.simpler.truth import REFUSED, Outcome
from shim.mapping import ends

_STATUS_OF: Final = {"requests": "status_code", "httpx": "status_code", "aiohttp": "status"}
_FIRST_FAILURE: Final = 400
_WAITING: Final = tuple(Library(name) for name in ("time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep"))
_ENDING_SILENTLY: Final = tuple(Library(name) for name in ("sys.exit", "builtins.exit", "builtins.SystemExit"))
_RAISED_AGAIN: Final[list[Any]] = []
"""Stands for the exception of the library itself, which needs no words."""


@dataclass(eq=False, slots=True)
class Refusal:
    """What becomes of a refusal of one POST, whose answer is called `answer` in the function."""

    program: Program
    request: HttpRequest
    answer: str
    run: FirstSuccess
    """What is left out: names that are bound there are not there behind the POST."""
    lost: list[int] = field(default_factory=list)
    """The statuses of refusals that have a branch of their own, and none at the new service."""

    _caught: set[str] = field(default_factory=set)
    _statuses: tuple[int, ...] = REFUSED
    _left_loop: bool = False
    """Whether the refusal that is followed went on to another attempt."""

    def check(self) -> cst.If | None:
        """The test behind the POST with what is done about a refusal; None where the default is as good.

        Raises ValueError where what is done cannot be said there.
        """
        usual = self._end_of(REFUSED)
        body = self._said_at(usual)
        own = self._own_endings(usual)
        if own and body is None:
            body = [self._raised_by_library()]
        return None if body is None else self._test([*own, *body])

    def _end_of(self, statuses: tuple[int, ...]) -> list[Any] | None:
        """The statements that a refusal with one of these statuses comes to in the end; None where there are none."""
        self._statuses, self._left_loop = statuses, False
        found = (self._ending(region) for region in self.run.refused)
        return next((one for one in found if one is not None), None)

    def _said_at(self, found: list[Any] | None) -> list[Any] | None:
        """These statements as they are said behind the POST; None where the default is as good."""
        if found is None or found is _RAISED_AGAIN or self._gives_answer(found[-1]):
            return None
        return [*self._said(self._written(found[:-1]), found[-1]), self._last(found[-1])]

    def _raised_by_library(self) -> cst.SimpleStatementLine:
        return cst.SimpleStatementLine([cst.Expr(cst.parse_expression(f"{self.answer}.raise_for_status()"))])

    # --- refusals with a word of their own ---------------------------------------------------------

    def _own_endings(self, usual: list[Any] | None) -> list[cst.If]:
        """A test for each refusal that the program does something of its own about, where that can be said."""
        endings: dict[Any, tuple[list[Any], list[int]]] = {}
        for status in (one for row in ends.REFUSALS for one in ends.statuses_of(row)):
            found = self._end_of((status,))
            if found is not None and _last_of(found) is not _last_of(usual):
                endings.setdefault(_last_of(found), (found, []))[1].append(status)
        tests: list[cst.If] = []
        for found, statuses in endings.values():
            body = self._own_body(found, (statuses[0],))
            if all(_is_said_as_another(one) for one in statuses):
                body = None
            if body is None or self._library not in _STATUS_OF or not self.answer:
                self.lost.extend(statuses)
                continue
            asked = f"== {statuses[0]}" if len(statuses) == 1 else f"in ({', '.join(map(str, sorted(statuses)))})"
            made = cst.parse_statement(f"if {self.answer}.{_STATUS_OF[self._library]} {asked}:\n    pass\n")
            assert isinstance(made, cst.If)
            tests.append(made.with_changes(body=cst.IndentedBlock(body)))
        return tests

    def _own_body(self, found: list[Any], statuses: tuple[int, ...]) -> list[Any] | None:
        """What is done about one refusal, as it is said behind the POST; None where it cannot be."""
        branch = self._branch_around(found, statuses)
        try:
            if branch is None:
                return self._said_at(found) or [self._raised_by_library()]
            if not all(self._is_sayable(one, inside=branch) for one in branch.body.body):
                return None
            return [self._reworded(one) for one in branch.body.body]
        except ValueError:
            return None

    def _branch_around(self, found: list[Any], statuses: tuple[int, ...]) -> cst.If | None:
        """The branch for a status that ends so, where nothing in it is for another attempt."""
        if not found:
            return None
        branch = self.program.parents.get(self.program.parents.get(found[-1], found[-1]))
        if not isinstance(branch, cst.If) or found[-1] is not branch.body.body[-1] or self.run.is_again(branch.body):
            return None
        ways = [Outcome(self.program, self.run.attempts, each).truth(branch.test) for each in (statuses, REFUSED)]
        jumps = any(isinstance(one, (cst.Continue, cst.Break)) for one in self.program.nodes_in(branch.body))
        return branch if ways == [True, False] and not jumps else None

    def _said(self, statements: list[Any], last: Any) -> list[Any]:
        """The statements, with the service's words where the program would end with a number alone."""
        match last:
            case cst.SimpleStatementLine([cst.Expr(cst.Call(func, [] | [cst.Arg(cst.Integer())]))]) | (
                cst.SimpleStatementLine([cst.Raise(cst.Call(func, [] | [cst.Arg(cst.Integer())]))])
            ) if self.program.value(func) in _ENDING_SILENTLY and not statements:
                printed = cst.Call(cst.Name("print"), [cst.Arg(self._text())])
                if isinstance(func, cst.Attribute):
                    errors = cst.Arg(cst.Attribute(func.value, cst.Name("stderr")), cst.Name("file"))
                    printed = printed.with_changes(args=[*printed.args, _unspaced(errors)])
                return [cst.SimpleStatementLine([cst.Expr(printed)])]
        return statements

    def _test(self, body: list[Any]) -> cst.If:
        status = _STATUS_OF.get(self._library)
        if status is None:
            raise ValueError
        code = f"if {self.answer}.{status} >= {_FIRST_FAILURE}:\n    pass\n"
        made = cst.parse_statement(code)
        assert isinstance(made, cst.If)
        return made.with_changes(body=cst.IndentedBlock(body))

    @property
    def _library(self) -> str:
        return self.request.library.split(".")[0]

    # --- finding ---------------------------------------------------------------------------------

    def _ending(self, region: Sequence[Any]) -> list[Any] | None:
        """The statements that a refusal comes to in a region, the last of which leaves the function or the program."""
        kept: list[Any] = []
        for statement in region:
            match statement:
                case cst.ExceptHandler(name=name):
                    if name is not None and isinstance(name.name, cst.Name):
                        self._caught.add(name.name.value)
                    return self._ending(statement.body.body)
                case cst.SimpleStatementLine([cst.Continue() | cst.Break()]):
                    self._left_loop = True
                    return None
                case cst.SimpleStatementLine([cst.Raise(raised)]):
                    is_same = raised is None or (isinstance(raised, cst.Name) and self._is_caught(raised))
                    return _RAISED_AGAIN if is_same else [*kept, statement]
                case cst.SimpleStatementLine([cst.Return()]):
                    return None if self.run.is_again(statement) else [*kept, statement]
                case cst.SimpleStatementLine([cst.Expr(cst.Call() as call)]) if self._ends(call):
                    return [*kept, statement]
                case cst.SimpleStatementLine([cst.Expr(raised)]) if self.run.raises_for_status(raised):
                    return None if self._left_loop else _RAISED_AGAIN
                case cst.SimpleStatementLine([cst.Expr()]):
                    kept.append(statement)
                case cst.If(test):
                    way = Outcome(self.program, self.run.attempts, self._statuses).truth(test)
                    orelse = statement.orelse
                    otherwise = [] if orelse is None else [orelse] if isinstance(orelse, cst.If) else orelse.body.body
                    for branch in ([] if way is False else [statement.body.body]) + ([] if way else [otherwise]):
                        found = self._ending(branch)
                        if found is not None:
                            return found if found is _RAISED_AGAIN else [*kept, *found]
        return None

    def _ends(self, call: cst.Call) -> bool:
        value = self.program.value(call.func)
        return isinstance(value, Library) and value.name in ENDING

    def _gives_answer(self, statement: Any) -> bool:
        """Whether the answer itself is given back, for the caller to look at."""
        match statement:
            case cst.SimpleStatementLine([cst.Return(cst.BaseExpression() as given)]):
                value = self.program.value(given)
                return isinstance(value, HttpResponse) and value.request in self.run.attempts
        return False

    def _is_caught(self, name: cst.Name) -> bool:
        """Whether a name holds an exception that was caught."""
        if name.value in self._caught:
            return True
        given = [one.expression for one in self.program.definitions_of(name)]
        return any(isinstance(one, cst.Name) and one.value in self._caught for one in given)

    # --- writing ---------------------------------------------------------------------------------

    def _written(self, statements: Sequence[Any]) -> list[Any]:
        """Those of the statements in front of the last one that can be said behind the POST."""
        return [self._reworded(one) for one in statements if self._is_sayable(one) and not self._waits(one)]

    def _last(self, statement: Any) -> Any:
        small = statement.body[0]
        if isinstance(small, cst.Raise):
            small = small.with_changes(cause=None)
            match small.exc:
                case cst.Call(args=[cst.Arg(given, keyword=None, star="")] as args) as made:
                    is_plain = isinstance(given, cst.SimpleString) or not self._is_sayable(given)
                    if is_plain:
                        told = made.with_changes(args=[args[0].with_changes(value=self._text())])
                        return cst.SimpleStatementLine([small.with_changes(exc=told)])
        if not self._is_sayable(small):
            raise ValueError
        return self._reworded(cst.SimpleStatementLine([small]))

    def _is_sayable(self, node: cst.CSTNode, inside: cst.CSTNode | None = None) -> bool:
        """Whether every name in a node means behind the POST what it means where it stands.

        What is given a name `inside` of what is said as a whole, is given it there.
        """
        heads = [one.iter if isinstance(one, cst.For) else one.test for one in self.run.loops]
        counted = {one.value for head in heads for one in self._names(head)}
        gone = [*self.run.loops, *(one for region in self.run.dead for one in region)]
        for one in self._names(node):
            if self._is_caught(one) or one.value == self.answer:
                continue
            if one.value in counted:
                return False
            definitions = [
                each
                for each in self.program.reaching.get(one, ())
                if inside is None or not self.program.is_inside(each.node, inside)
            ]
            if any(self.program.is_inside(each.node, where) for each in definitions for where in gone):
                return False
        return True

    def _names(self, node: cst.CSTNode) -> list[cst.Name]:
        nodes = self.program.nodes_in(node)
        return [one for one in nodes if isinstance(one, cst.Name) and one in self.program.reaching]

    def _waits(self, node: cst.CSTNode) -> bool:
        """Whether a statement only waits for the next attempt."""
        calls = [one for one in self.program.nodes_in(node) if isinstance(one, cst.Call)]
        return any(self.program.value(one.func) in _WAITING for one in calls)

    def _reworded(self, statement: Any) -> Any:
        """A statement in which the answer stands for the exception."""
        caught = {one.value for one in self._names(statement) if self._is_caught(one)}
        words = _InWordsOfTheAnswer(caught, self.answer, self._text())
        return statement.visit(words).with_changes(leading_lines=[]) if caught else statement

    def _text(self) -> cst.BaseExpression:
        """What the service says of a refusal."""
        read = f"await {self.answer}.text()" if self._library == "aiohttp" else f"{self.answer}.text"
        return cst.parse_expression(read)


def _last_of(found: list[Any] | None) -> Any:
    """The statement that an ending ends with, which tells one ending from another."""
    return found[-1] if found else None


def _is_said_as_another(status: int) -> bool:
    """Whether the new service says the same for this status as for a wrong key, which it is not."""
    return ends.end_of_gladia_status(status) is ends.BAD_KEY and status != ends.BAD_KEY.http_status


def _unspaced(argument: cst.Arg) -> cst.Arg:
    return argument.with_changes(
        equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
    )


class _InWordsOfTheAnswer(cst.CSTTransformer):
    """Writes the answer where an exception that holds it is read."""

    def __init__(self, caught: set[str], answer: str, text: cst.BaseExpression) -> None:
        super().__init__()
        self._caught = caught
        self._answer = answer
        self._text = text

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return not self._is_caught(node.value)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if not self._is_caught(original_node.value):
            return updated_node
        if original_node.attr.value != "response":
            raise ValueError  # what else an exception knows, the answer does not say so
        return cst.Name(self._answer)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        match original_node:
            case cst.Call(cst.Name("str" | "repr"), [cst.Arg(given)]) if self._is_caught(given):
                return self._text
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._text if self._is_caught(original_node) else updated_node

    def _is_caught(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.Name) and node.value in self._caught
