"""What a test tells: the types that a message can have where the test came out one way or the other."""

from __future__ import annotations

from collections.abc import Sequence as AbstractSequence
from typing import Final

import libcst as cst

from codemods.analysis.environment import Environment, merge
from codemods.analysis.handlers import EventLibrary, types_of_classes
from codemods.analysis.program import Program
from codemods.analysis.tagging import leave_out
from codemods.analysis.values import Known, OneOf, Parsed, Sequence, Value, join_all, something

TYPE_PATH: Final = ("type",)
_TYPE_PATHS: Final = (TYPE_PATH, ("message_type",))
"""The fields by which messages say their type."""


class Narrowing:
    """Reads tests whose operands have their values already."""

    def __init__(self, program: Program, libraries: AbstractSequence[EventLibrary]) -> None:
        self._program = program
        self._libraries = libraries

    def assume(self, test: cst.BaseExpression, environment: Environment, truth: bool) -> Environment:
        """What holds where a test came out as `truth`; a copy that can go its own way."""
        match test:
            case cst.UnaryOperation(cst.Not(), inner):
                return self.assume(inner, environment, not truth)
            case cst.BooleanOperation(left, operator, right):
                if isinstance(operator, cst.And) is truth:
                    return self.assume(right, self.assume(left, environment, truth), truth)
                first = self.assume(left, environment, truth)
                second = self.assume(right, self.assume(left, environment, not truth), truth)
                merged = merge(first, second)
                assert merged is not None
                return merged
            case cst.Name() if (told := self._told_by(test)) is not None:
                return self.assume(told, environment, truth)
            case cst.Comparison(left, [cst.ComparisonTarget(operator, right)]):
                return self._assume_comparison(left, operator, right, environment, truth)
            case cst.Call(cst.Name("isinstance"), [cst.Arg(left), cst.Arg(right)]):
                types = types_of_classes(self._libraries, self._program.value(right))
                for one in something(self._program.value(left)):
                    if isinstance(one, Parsed) and one.path == () and types is not None:
                        return self._with_types(environment, one, types, truth)
        return environment.copy()

    def _told_by(self, name: cst.Name) -> cst.BaseExpression | None:
        """The test whose outcome a name holds: `is_final = message["type"] == "transcript" and …`."""
        found = [one.expression for one in self._program.reaching.get(name, ())]
        if len(found) == 1 and isinstance(found[0], (cst.Comparison, cst.BooleanOperation, cst.UnaryOperation)):
            same = self._program.scope_of(found[0]) is self._program.scope_of(name)
            return found[0] if same else None
        return None

    def _assume_comparison(
        self,
        left: cst.BaseExpression,
        operator: cst.BaseCompOp,
        right: cst.BaseExpression,
        environment: Environment,
        truth: bool,
    ) -> Environment:
        inside = environment.copy()
        subject, others = self._program.value(left), self._program.value(right)
        if isinstance(subject, Known):
            subject, others = others, subject
        subjects = [one for one in something(subject) if isinstance(one, Parsed) and one.path in _TYPE_PATHS]
        names = _strings_of(others)
        positive = isinstance(operator, (cst.Equal, cst.In)) is truth
        if names is None or not isinstance(operator, (cst.Equal, cst.NotEqual, cst.In, cst.NotIn)):
            return inside
        asked, told = (right, left) if isinstance(left, cst.SimpleString) else (left, right)
        leave_out(self._program, asked, _strings_of(self._program.value(told)), inside, positive)
        # What stands for a type that is missing is none of those asked for: `message.get("type") or ""`.
        besides = [one for one in something(subject) if isinstance(one, Known) and one.value not in names]
        if not subjects or len(subjects) + len(besides) != len(something(subject)):
            return inside
        for one in subjects:
            inside = self._with_types(inside, one, names, positive)
        return inside

    def types_of_class_pattern(self, pattern: cst.CSTNode) -> frozenset[str] | None:
        """The types of message whose classes a pattern of `match message` asks for; None for another pattern."""
        match pattern:
            case cst.MatchClass(cls, [], []):
                return types_of_classes(self._libraries, self._program.value(cls))
            case cst.MatchAs(cst.MatchClass() as inner):
                return self.types_of_class_pattern(inner)
            case cst.MatchOr(patterns):
                each = [self.types_of_class_pattern(one.pattern) for one in patterns]
                return None if None in each else frozenset().union(*(one for one in each if one is not None))
        return None

    def _with_types(
        self, environment: Environment, subject: Parsed, names: frozenset[str], positive: bool
    ) -> Environment:
        """What holds where a message is known to be, or not to be, of these types."""
        inside = environment.copy()
        for origin in _origins(subject, self._program):
            before = inside.types.get(origin, subject.types)
            if positive:
                inside.types[origin] = names if before is None else (names & before) or names
            elif before is not None:
                inside.types[origin] = before - names
        return inside


def _origins(message: Parsed, program: Program) -> list[cst.CSTNode]:
    """What stands for a message: where it was parsed, and what named its text, one message if parsed twice."""
    match message.origin:
        case cst.Call(_, [cst.Arg(cst.Name() as name)]):
            definitions = program.reaching.get(name, frozenset())
            if len(definitions) == 1:
                return [message.origin, *(one.node for one in definitions)]
    return [message.origin]


def subject_of_classes(subject: Value) -> bool:
    """Whether a value is a whole message, which patterns tell apart by its class."""
    return isinstance(subject, Parsed) and subject.path == ()


def _strings_of(value: Value) -> frozenset[str] | None:
    match value:
        case Known(str() as text):
            return frozenset((text,))
        case Sequence(_, elements) if all(isinstance(one, Known) and isinstance(one.value, str) for one in elements):
            return frozenset(one.value for one in elements if isinstance(one, Known))
    return None


def types_of_pattern(pattern: cst.CSTNode) -> frozenset[str]:
    """The strings that a pattern of `match` asks for."""
    match pattern:
        case cst.MatchValue(cst.SimpleString() as text):
            return frozenset((str(text.evaluated_value),))
        case cst.MatchOr(patterns):
            return frozenset(name for one in patterns for name in types_of_pattern(one.pattern))
    return frozenset()


def narrowed(value: Value, environment: Environment, program: Program) -> Value:
    """A value with the types that tests have left it."""
    if isinstance(value, OneOf):
        return join_all(narrowed(one, environment, program) for one in value.alternatives)
    if isinstance(value, Parsed) and environment.types:
        for origin in _origins(value, program):
            if origin in environment.types:
                types = environment.types[origin]
                if value.types is not None:
                    types = types & value.types or types
                return Parsed(value.document, value.origin, value.path, types)
    return value
