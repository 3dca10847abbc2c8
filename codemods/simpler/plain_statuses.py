"""What is asked of the status of a POST's answer, in the statements that the other rules look for.

`match response.status_code:` asks what a chain of `if` and `elif` asks, a name for `status in (200, 201)` what the
comparison itself asks, and the `else` of a `try` whose handlers all leave does what stands behind it.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.values import Library, ResponseField
from codemods.edits import Edits, in_parentheses
from codemods.simpler.truth import tells_refusals
from codemods.simpler.written import Simpler
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening

_STATUS = ("status_code", "status")


def with_plain_statuses(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that ask for the status of a session's POST, with that asked in plain tests."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        plain = _PlainStatuses(program, opening, plans.setdefault(program.module_of(opening.request.call), Edits()))
        for node in program.nodes_in(program.scope_of(opening.request.call)):
            plain.plan(node)
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


class _PlainStatuses:
    """Plans the edits for the answer to one POST."""

    def __init__(self, program: Program, opening: Opening, edits: Edits) -> None:
        self._program = program
        self._call = opening.request.call
        self._edits = edits

    def plan(self, node: cst.CSTNode) -> None:
        """Plans what becomes of one statement, if it asks for the status in another way."""
        match node:
            case cst.Match(subject=subject) if self._is_status(subject):
                chain = _Chain(self._program, node).written()
                if chain is not None:
                    self._edits.replace(node, chain)
            case cst.Try(orelse=cst.Else(cst.IndentedBlock(body)), finalbody=None) if self._program.is_inside(
                self._call, node.body
            ) and all(self._leaves(one) for one in node.handlers):
                self._edits.rewrite(node, lambda updated: updated.with_changes(orelse=None))
                self._edits.add_after(node, lambda: [self._edits.edited(one) for one in body])  # type: ignore[misc]
            case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name() as name)], test)]):
                self._plan_name(node, name, test)

    # --- names of tests --------------------------------------------------------------------------

    def _plan_name(self, statement: cst.SimpleStatementLine, name: cst.Name, test: cst.BaseExpression) -> None:
        """Writes a test of the status where its name is asked, if the name stands for nothing else."""
        is_test = isinstance(test, cst.Comparison | cst.BooleanOperation | cst.UnaryOperation)
        if not is_test or tells_refusals(self._program, self._call, test) is None:
            return
        scope = self._program.scope_of(statement)
        named = [one for one in self._program.nodes_in(scope) if isinstance(one, cst.Name) and one.value == name.value]
        uses = [one for one in named if one is not name]
        is_given_once = not any(one.node in uses for one in self._program.definitions())
        if not is_given_once or not all(self._is_asked(one) for one in uses):
            return
        for one in uses:
            self._edits.replace(one, in_parentheses(test))
        self._edits.remove(statement)

    def _is_asked(self, use: cst.Name) -> bool:
        """Whether a name stands in the test of an `if`."""
        statement = self._program.statement_of(use)
        return isinstance(statement, cst.If) and self._program.is_inside(use, statement.test)

    # --- reading ---------------------------------------------------------------------------------

    def _is_status(self, node: cst.BaseExpression) -> bool:
        value = self._program.value(node)
        return isinstance(value, ResponseField) and value.request is self._call and value.name in _STATUS

    def _leaves(self, handler: cst.ExceptHandler) -> bool:
        """Whether a handler leaves the function or the program."""
        match handler.body.body[-1]:
            case cst.SimpleStatementLine([*_, cst.Raise() | cst.Return()]):
                return True
            case cst.SimpleStatementLine([*_, cst.Expr(cst.Call(func))]):
                value = self._program.value(func)
                return isinstance(value, Library) and value.name in ENDING
        return False


# --- `match` as a chain of tests ---------------------------------------------------------------------


class _Chain:
    """The chain of `if` and `elif` that asks what a `match` over a status asks; None where a pattern asks for more."""

    def __init__(self, program: Program, statement: cst.Match) -> None:
        self._program = program
        self._statement = statement
        self._subject = statement.subject

    def written(self) -> cst.If | None:
        chain: cst.If | cst.Else | None = None
        for case in reversed(self._statement.cases):
            test = self._test(case)
            if test is None or not isinstance(case.body, cst.IndentedBlock) or not self._is_read_inside(case):
                return None
            body = case.body.visit(_Written(self._program, _captured(case.pattern), self._subject))
            assert isinstance(body, cst.IndentedBlock)
            if test is not _ALWAYS:
                chain = cst.If(test, body, chain, leading_lines=case.leading_lines)
            elif chain is None:
                chain = cst.Else(body, leading_lines=case.leading_lines)
            else:
                return None
        if not isinstance(chain, cst.If):
            return None
        return chain.with_changes(leading_lines=[*self._statement.leading_lines, *chain.leading_lines])

    def _test(self, case: cst.MatchCase) -> cst.BaseExpression | None:
        """What a case asks of the subject; `_ALWAYS` for one that takes whatever is left."""
        numbers = _numbers(case.pattern)
        if numbers is None and not _takes_all(case.pattern):
            return None
        tests: list[cst.BaseExpression] = []
        if numbers is not None and len(numbers) == 1:
            tests.append(cst.Comparison(self._subject, [cst.ComparisonTarget(cst.Equal(), numbers[0])]))
        elif numbers is not None:
            listed = cst.Tuple([cst.Element(one) for one in numbers])
            tests.append(cst.Comparison(self._subject, [cst.ComparisonTarget(cst.In(), listed)]))
        if case.guard is not None:
            guard = case.guard.visit(_Written(self._program, _captured(case.pattern), self._subject))
            assert isinstance(guard, cst.BaseExpression)
            tests.append(guard)
        if len(tests) == 2:
            return cst.BooleanOperation(in_parentheses(tests[0]), cst.And(), in_parentheses(tests[1]))
        return tests[0] if tests else _ALWAYS

    def _is_read_inside(self, case: cst.MatchCase) -> bool:
        """Whether the name that a case gives the status is read in that case alone, and not given anything else."""
        name = _captured(case.pattern)
        if name is None:
            return True
        nodes = self._program.nodes_in(self._program.scope_of(self._statement))
        named = [one for one in nodes if isinstance(one, cst.Name) and one.value == name]
        read = [one for one in named if one in self._program.reaching]
        given = [one for one in self._program.definitions() if one.name == name and one.node in named]
        return len(given) <= 1 and all(self._program.is_inside(one, case) for one in read)


_ALWAYS = cst.Name("True")


def _takes_all(pattern: cst.MatchPattern) -> bool:
    return isinstance(pattern, cst.MatchAs) and pattern.pattern is None


def _numbers(pattern: cst.MatchPattern) -> list[cst.BaseExpression] | None:
    """The values that a pattern names, if it names nothing else."""
    match pattern:
        case cst.MatchValue(value):
            return [value]
        case cst.MatchOr(patterns):
            found = [_numbers(one.pattern) for one in patterns]
            return None if None in found else [one for each in found if each is not None for one in each]
    return None


def _captured(pattern: cst.MatchPattern) -> str | None:
    match pattern:
        case cst.MatchAs(None, cst.Name(name)):
            return name
    return None


class _Written(cst.CSTTransformer):
    """Writes the subject where the name that a case gives it is read."""

    def __init__(self, program: Program, name: str | None, subject: cst.BaseExpression) -> None:
        super().__init__()
        self._program = program
        self._name = name
        self._subject = subject

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        is_read = original_node.value == self._name and original_node in self._program.reaching
        return self._subject.deep_clone() if is_read else updated_node
