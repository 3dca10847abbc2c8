"""Tests of a Gladia message's type in handlers, and how they go where AssemblyAI's event has one type alone."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.handlers import types_of_classes
from codemods.analysis.program import Program
from codemods.analysis.values import Delivered, Known, Parsed, Sequence, something
from codemods.migrating import Migrating
from codemods.rules.sdk.fields.field_rows import TARGET_TYPES
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.vendors import gladia_sdk
from shim.mapping.row import Vendor


class TypeTests:
    """Finds the tests in the handlers of the session started at `site`. What goes with them is added to `gone`."""

    def __init__(self, migrating: Migrating, site: cst.Call, gone: set[cst.CSTNode]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._site = site
        self.gone = gone

    def types(self, function: cst.CSTNode, others: frozenset[cst.CSTNode]) -> tuple[str, ...]:
        """The types of message that a handler asks for, or whoever it hands messages on to, in the order of the tests.

        `others` are the session's other handlers, whose tests are their own.
        """
        tests = [one for one in self._program.nodes_in(function) if self.tested(one)]
        tests += [
            one
            for module in self._program.modules
            for one in self._program.nodes_in(module)
            if isinstance(one, (cst.Comparison, cst.Call, cst.Match))
            and not any(self._program.is_inside(one, each) for each in (function, *others))
            and self.tested(one)
        ]
        tests.sort(key=lambda one: (self._migrating.line(one), self._migrating.column(one)))
        return tuple(dict.fromkeys(name for one in tests for name in self.tested(one)))

    def tested(self, node: cst.CSTNode) -> list[str]:
        """The types that a comparison or `isinstance` asks for."""
        match node:
            case cst.Comparison(left, [cst.ComparisonTarget(_, right)]):
                if self._is_message(left, ("type",)):
                    return _strings(self._program.value(right))
                if self._is_message(right, ("type",)):
                    return _strings(self._program.value(left))
            case cst.Match(subject) if self._is_message(subject, ("type",)):
                return [name for case in node.cases for name in _patterns(self._program, case.pattern)]
            case cst.Call(cst.Name("isinstance"), [cst.Arg(subject), cst.Arg(classes)]):
                if self._is_message(subject, ()):
                    types = types_of_classes((gladia_sdk.Events(),), self._program.value(classes))
                    return sorted(types or ())
        return []

    def first_operand(self, test: cst.BaseExpression) -> cst.BaseExpression:
        """What a test asks first."""
        first = test
        while isinstance(first, cst.BooleanOperation) and isinstance(first.operator, cst.And):
            if first is not test and first.lpar:
                break
            first = first.left
        return first

    def meet_in_one_choice(self, function: cst.CSTNode) -> bool:
        """Whether one `match`, or one chain of `elif`, tells types apart that are one event at AssemblyAI.

        Only the first of them would be taken.
        """
        for node in self._program.nodes_in(function):
            found: list[str] = []
            if isinstance(node, cst.Match):
                found = self.tested(node)
            elif isinstance(node, cst.If):
                branch: cst.CSTNode | None = node
                while isinstance(branch, cst.If):
                    found.extend(self.tested(self.first_operand(branch.test)))
                    branch = branch.orelse
                found = list(dict.fromkeys(found)) if isinstance(node.orelse, cst.If) else []
            events = [TARGET_TYPES[Vendor.ASSEMBLYAI].get(one, one) for one in found]
            if len(set(events)) < len(events):
                return True
        return False

    def _is_message(self, node: cst.CSTNode, path: tuple[str, ...]) -> bool:
        return any(
            isinstance(one, Parsed)
            and isinstance(one.document, Delivered)
            and one.document.site is self._site
            and one.path == path
            for one in something(self._program.value(node))
        )

    def take_away(self, function: cst.FunctionDef) -> None:
        """A handler of one event need not ask which one it is."""
        body = sdk_handlers.body_of(function, frozenset())
        edits = self._migrating.edits
        match body:
            case [
                cst.If(
                    test,
                    cst.IndentedBlock([cst.SimpleStatementLine([cst.Return(None)])])
                    | cst.SimpleStatementSuite([cst.Return(None)]),
                    None,
                ) as guard,
                *_,
            ]:
                if self._negative(test) and len(body) > 1:
                    edits.remove(guard)
                    self.gone.update(self._program.nodes_in(guard))
                    self._join_up(body[1])
                elif (
                    isinstance(test, cst.BooleanOperation)
                    and isinstance(test.operator, cst.Or)
                    and not test.lpar
                    and self._negative(test.left)
                ):
                    self.gone.update(self._program.nodes_in(test.left))
                    edits.rewrite(test, lambda updated: _bare(updated.right))
            case [cst.If(test, orelse=None) as branch]:
                if self.positive(test):
                    edits.remove(branch)
                    self.gone.update(self._program.nodes_in(test))
                    inner = branch.body
                    edits.watch([inner])
                    edits.insert_after(branch, lambda: sdk_handlers.lines_of(edits.updated(inner)))
                elif isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
                    self.shorten(test)

    def take_out_of(self, function: cst.Lambda) -> None:
        """`lambda m: print(m) if m.type == "transcript" else None` need not ask either."""
        match function.body:
            case cst.IfExp(test, _, cst.Name("None")) as body if self.positive(test):
                self.gone.update(self._program.nodes_in(test))
                self._migrating.edits.rewrite(body, lambda updated: updated.body)
            case cst.IfExp(cst.BooleanOperation(operator=cst.And()) as test):
                if isinstance(function.body.orelse, cst.Name):
                    self.shorten(test)

    def _join_up(self, statement: cst.CSTNode) -> None:
        """What becomes the first statement of a body has no blank line above it."""
        if isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):

            def joined(updated: cst.SimpleStatementLine) -> cst.CSTNode:
                comments = [one for one in updated.leading_lines if one.comment is not None]
                return updated.with_changes(leading_lines=comments)

            self._migrating.edits.rewrite_further(statement, joined)

    def shorten(self, test: cst.BooleanOperation) -> None:
        """Takes the test of the type, which stands first, out of a longer one."""
        first: cst.BaseExpression = test
        above: cst.BooleanOperation | None = None
        while (
            isinstance(first, cst.BooleanOperation)
            and isinstance(first.operator, cst.And)
            and not (first is not test and first.lpar)
        ):
            above, first = first, first.left
        if above is None or not self.positive(first):
            return
        self.gone.update(self._program.nodes_in(first))
        self._migrating.edits.rewrite(above, lambda updated: _bare(updated.right))

    def positive(self, test: cst.BaseExpression) -> bool:
        """Whether a test holds for one type alone."""
        match test:
            case cst.Comparison(_, [cst.ComparisonTarget(cst.Equal())]) | cst.Call():
                return len(self.tested(test)) == 1
        return False

    def _negative(self, test: cst.BaseExpression) -> bool:
        match test:
            case cst.Comparison(_, [cst.ComparisonTarget(cst.NotEqual())]):
                return len(self.tested(test)) == 1
            case cst.UnaryOperation(cst.Not(), inner):
                return self.positive(inner)
        return False


def _patterns(program: Program, pattern: cst.MatchPattern) -> list[str]:
    """The types that a pattern of `match message.type` stands for."""
    match pattern:
        case cst.MatchValue(value):
            return _strings(program.value(value))
        case cst.MatchOr(elements):
            return [name for element in elements for name in _patterns(program, element.pattern)]
    return []


def _strings(value: object) -> list[str]:
    match value:
        case Known(str() as text):
            return [text]
        case Sequence(_, elements):
            return [str(one.value) for one in elements if isinstance(one, Known)]
    return []


def _bare(node: cst.BaseExpression) -> cst.BaseExpression:
    """An expression without the parentheses that set it off from what stood before it."""
    return node.with_changes(lpar=[], rpar=[]) if len(node.lpar) == 1 else node
