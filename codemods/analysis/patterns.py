"""`match`: what a pattern says of the subject, and what it binds."""

from __future__ import annotations

from collections.abc import Sequence as AbstractSequence

import libcst as cst

from codemods.analysis.binding import BindingEvaluation
from codemods.analysis.environment import Environment
from codemods.analysis.libraries import attribute
from codemods.analysis.narrowing import TYPE_PATH, narrowed, subject_of_classes, types_of_pattern
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Delivered,
    DictDisplay,
    Instance,
    Known,
    Library,
    Parsed,
    Sequence,
    Value,
    join,
    something,
)


class PatternEvaluation(BindingEvaluation):
    """Binds patterns, and narrows the subject by them."""

    def enter_case(self, case: cst.MatchCase, subject: Value, environment: Environment) -> Environment:
        """What holds inside a case, its guard included."""
        inside = environment.copy()
        self._evaluate_values(case.pattern, inside)
        self._narrow(case.pattern, subject, inside)
        self._bind_pattern(case.pattern, narrowed(subject, inside, self.program), inside)
        if case.guard is not None:
            self.evaluate(case.guard, inside)
            inside = self.assume(case.guard, inside, True)
        return inside

    def _evaluate_values(self, pattern: cst.CSTNode, environment: Environment) -> None:
        match pattern:
            case cst.MatchValue(value):
                self.evaluate(value, environment)
            case cst.MatchClass(named):
                self.evaluate(named, environment)
            case cst.MatchMappingElement(key):
                self.evaluate(key, environment)
        for child in pattern.children:
            self._evaluate_values(child, environment)

    def _narrow(self, pattern: cst.CSTNode, subject: Value, environment: Environment) -> None:
        """Notes the types of message that a pattern leaves."""
        match pattern:
            case cst.MatchAs(cst.MatchPattern() as inner, _):
                self._narrow(inner, subject, environment)
                return
            case cst.MatchOr(patterns):
                self._narrow_either(patterns, subject, environment)
                return
            case cst.MatchMapping(elements):
                for one in something(subject):
                    for element in elements if isinstance(one, Parsed) and one.path == () else ():
                        types = self._strings_of(element.pattern)
                        if self.program.value(element.key) == Known("type") and types and isinstance(one, Parsed):
                            environment.types[one.origin] = types
                return
            case cst.MatchTuple(parts) | cst.MatchList(parts) if isinstance(subject, Sequence):
                if len(parts) == len(subject.elements):
                    for part, inner_subject in zip(parts, subject.elements, strict=True):
                        if isinstance(part, cst.MatchSequenceElement):
                            self._narrow(part.value, inner_subject, environment)
                return
        left: frozenset[str] | None = None
        if isinstance(subject, Parsed) and subject.path == TYPE_PATH:
            left = self._strings_of(pattern)
        elif subject_of_classes(subject):
            left = self.narrowing.types_of_class_pattern(pattern)
        if left and isinstance(subject, Parsed):
            environment.types[subject.origin] = left

    def _narrow_either(
        self, patterns: AbstractSequence[cst.MatchOrElement], subject: Value, environment: Environment
    ) -> None:
        """Notes the types that one of several patterns leaves; where one leaves any, all of them do."""
        found: list[dict[cst.CSTNode, frozenset[str]]] = []
        for one in patterns:
            inside = environment.copy()
            inside.types.clear()
            self._narrow(one.pattern, subject, inside)
            found.append(inside.types)
        for origin in found[0]:
            if all(origin in types for types in found):
                environment.types[origin] = frozenset().union(*(types[origin] for types in found))

    def _strings_of(self, pattern: cst.CSTNode) -> frozenset[str]:
        """The strings that a pattern asks for, written there or by a constant's name; none where one is not known."""
        match pattern:
            case cst.MatchValue(value):
                known = self.program.value(value)
                if isinstance(known, Known) and isinstance(known.value, str):
                    return frozenset((known.value,))
            case cst.MatchOr(patterns):
                every = [self._strings_of(one.pattern) for one in patterns]
                return frozenset().union(*every) if all(every) else frozenset()
            case cst.MatchAs(cst.MatchPattern() as inner, _):
                return self._strings_of(inner)
        return types_of_pattern(pattern)

    def _bind_pattern(self, pattern: cst.CSTNode, subject: Value, environment: Environment) -> None:
        match pattern:
            case cst.MatchAs(inner, name):
                if inner is not None:
                    self._bind_pattern(inner, subject, environment)
                if name is not None:
                    self.define(environment, name.value, name, subject)
            case cst.MatchMapping(elements):
                for element in elements:
                    key = self.program.value(element.key)
                    self._bind_pattern(element.pattern, self._part(subject, key), environment)
                if pattern.rest is not None:
                    self.define(environment, pattern.rest.value, pattern.rest, self._rest_of(pattern, subject))
            case cst.MatchList(patterns) | cst.MatchTuple(patterns):
                before_star = True
                for index, one in enumerate(patterns):
                    if isinstance(one, cst.MatchStar):
                        before_star = False
                        if one.name is not None:
                            self.define(environment, one.name.value, one.name, UNKNOWN)
                    else:
                        part = self._part(subject, Known(index)) if before_star else UNKNOWN
                        self._bind_pattern(one.value, part, environment)
            case cst.MatchClass():
                self._bind_class_pattern(pattern, subject, environment)
            case cst.MatchOr(patterns):
                for either in patterns:
                    inside = environment.copy()
                    self._narrow(either.pattern, subject, inside)
                    self._bind_pattern(either.pattern, narrowed(subject, inside, self.program), environment)

    def _bind_class_pattern(self, pattern: cst.MatchClass, subject: Value, environment: Environment) -> None:
        named = self.program.value(pattern.cls)
        is_builtin = isinstance(named, Library) and named.name.startswith("builtins.")
        for position, one in enumerate(pattern.patterns):
            fields = [
                name for each in something(subject) if isinstance(each, Instance) for name in self.fields_of(each.node)
            ]
            if is_builtin:
                part = subject
            else:
                part = self._member(subject, fields[position]) if position < len(fields) else UNKNOWN
            self._bind_pattern(one.value, part, environment)
        for keyword in pattern.kwds:
            self._bind_pattern(keyword.pattern, self._member(subject, keyword.key.value), environment)

    def _rest_of(self, pattern: cst.MatchMapping, subject: Value) -> Value:
        """What `**rest` holds: the message again, where nothing but its type was taken out of it."""
        keys = {self.program.value(one.key) for one in pattern.elements}
        if keys <= {Known("type")} and all(isinstance(one, Parsed) and one.path == () for one in something(subject)):
            return subject
        return NOTHING if subject is NOTHING else UNKNOWN

    def _member(self, subject: Value, name: str) -> Value:
        found: Value = NOTHING
        for one in something(subject):
            match one:
                case Instance():
                    found = join(found, self.read_member(one, name))
                case Parsed(Delivered()):
                    found = join(found, attribute(one, name))
                case _:
                    found = join(found, one if one is NOTHING else UNKNOWN)
        return found

    def _part(self, subject: Value, key: Value) -> Value:
        found: Value = NOTHING
        for one in something(subject):
            if isinstance(key, Known) and isinstance(one, Parsed | DictDisplay | Sequence):
                found = join(found, self.element(one, key))
            else:
                found = join(found, one if one is NOTHING else UNKNOWN)
        return found
