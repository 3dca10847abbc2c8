"""`match` over messages: patterns that take a message apart are written for the other vendor's messages.

A pattern is read as what it asks of the message's fields, each by its path, whatever the nesting; it is put together
again by the paths of the other vendor. What a pattern gives a name is converted where the name is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.values import EACH, Known, Library, Parsed, Sequence, Step, Value, something
from codemods.findings import BRANCH_WENT, FIELD_ABSENT, FIELD_UNCLEAR, PARAMETER_DIFFERS, WAITS_FOR_ABSENT
from codemods.migrating import Migrating, like
from codemods.rules.branches import does_nothing, drop_case, only_tells, report_never_sent, where_it_went
from codemods.rules.messages.patterns.pattern_fields import (
    Absent,
    CaseAtHand,
    Never,
    PatternFields,
    Unclear,
    Unformatted,
    Waits,
    changed,
)
from codemods.rules.messages.patterns.pattern_names import Captures
from codemods.rules.messages.patterns.pattern_writing import Wanted, mapping_of
from codemods.rules.messages.places import general
from codemods.rules.messages.reading import Reading
from shim.mapping import server_messages, session
from shim.mapping.row import Fidelity, Vendor

_TYPE: Final[tuple[Step, ...]] = ("type",)
_Tried = cst.MatchPattern | Never | Waits
"""What became of one of several patterns."""


class MessagePatterns:
    """Plans the patterns of every `match` over a message, or over a tuple that holds a message's type."""

    def __init__(self, migrating: Migrating, reading: Reading) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._reading = reading
        self._fields = PatternFields(migrating, reading, self._converted)
        self._complete = True
        self._passes_over = False
        self.read: set[cst.Match] = set()
        """Those that were planned, or reported."""

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where a pattern has no counterpart."""
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                if isinstance(node, cst.Match) and node not in self._migrating.gone:
                    self._match(node)
        return self._complete

    def _match(self, match: cst.Match) -> None:
        subject = self._program.value(match.subject)
        message = self._reading.message(subject)
        is_whole = message is not None and self._reading.fields_below(general(message.path))
        if message is not None and (message.path == _TYPE or is_whole):
            self.read.add(match)
            for case in match.cases:
                self._plan_case(case, message)
        elif any(self._holds_type(one) for one in something(subject)):
            for case in match.cases:
                self._plan_case(case, subject)

    def _holds_type(self, value: Value) -> bool:
        return isinstance(value, Sequence) and any(self._is_type(one) for one in value.elements)

    def _is_type(self, value: Value) -> bool:
        message = self._reading.message(value)
        return message is not None and message.path == _TYPE

    def _plan_case(self, case: cst.MatchCase, subject: Value) -> None:
        planned = CaseAtHand(case, Captures(self._migrating, case))
        migrating = self._migrating
        try:
            self._passes_over = case.guard is None and does_nothing(case.body)
            pattern = self._converted(case.pattern, subject, planned)
            if case.guard is None and (kind := _type_alone(pattern)):
                self._reading.same.note(case, kind)
            if pattern is not case.pattern:
                migrating.edits.replace(case.pattern, pattern)
            migrating.gone.update(self._program.nodes_in(case.pattern))
            if not planned.captures.plan():
                raise Unclear(planned.captures.unclear)
        except Unclear as reason:
            self._give_up(case, f"{reason}")
        except Absent as reason:
            migrating.report(FIELD_ABSENT, case, str(reason))
            self._leave(case)
        except Waits as reason:
            migrating.report(WAITS_FOR_ABSENT, case, str(reason))
            self._leave(case)
        except Unformatted:
            self._drop(case)
            migrating.report(BRANCH_WENT, case, migrating.code(case.pattern))
        except Never as reason:
            is_moved = case.body in migrating.gone
            is_begin = migrating.source is Vendor.ASSEMBLYAI and self._asks_for_begin(case.pattern)
            if is_begin and not is_moved and not only_tells(migrating, case.body):
                self._give_up(case, f"{reason}; its branch does more than tell it")
                return
            self._drop(case)
            if not is_moved and not (reason.quiet and does_nothing(case.body)):
                report_never_sent(migrating, case, f"{reason}; {where_it_went(migrating, case.body)}", case.body)

    def _asks_for_begin(self, pattern: cst.CSTNode) -> bool:
        begin = server_messages.START_RECORDING.of(self._migrating.source)[0]
        return any(
            isinstance(node, cst.SimpleString) and node.evaluated_value == begin
            for node in self._program.nodes_in(pattern)
        )

    def _drop(self, case: cst.MatchCase) -> None:
        if drop_case(self._migrating, case):
            self._migrating.gone.update(self._program.nodes_in(case))
        else:
            self._give_up(case, "nothing is left of this `match`")

    def _leave(self, case: cst.MatchCase) -> None:
        for node in self._program.nodes_in(case):
            if isinstance(self._program.value(node), Parsed):
                self._migrating.gone.update(self._program.nodes_in(node))

    def _give_up(self, case: cst.MatchCase, text: str) -> None:
        self._complete = False
        self._migrating.report(FIELD_UNCLEAR, case, text)

    # --- one pattern -----------------------------------------------------------------------------

    def _converted(self, pattern: cst.MatchPattern, subject: Value, case: CaseAtHand) -> cst.MatchPattern:
        """The pattern for the other vendor's message; the very node where nothing is to change."""
        if self._is_type(subject):
            return self._types(pattern)
        match pattern:
            case cst.MatchAs(cst.MatchPattern() as inner, _):
                return changed(pattern, pattern=self._converted(inner, subject, case))
            case cst.MatchOr(patterns):
                return self._either(pattern, [self._tried(one.pattern, subject, case) for one in patterns])
            case cst.MatchMapping() if (place := self._place(subject)) is not None:
                return self._mapping(pattern, place, case)
            case cst.MatchTuple(parts) | cst.MatchList(parts) if isinstance(subject, Sequence):
                return self._sequence(pattern, parts, list(subject.elements), case)
            case cst.MatchTuple(parts) | cst.MatchList(parts) if (place := self._place(subject)) is not None:
                return self._sequence(pattern, parts, self._elements(parts, place), case)
        return pattern

    def _place(self, subject: Value) -> Parsed | None:
        return self._reading.message(subject)

    def _elements(self, parts: Iterator[cst.CSTNode] | object, place: Parsed) -> list[Value]:
        assert isinstance(parts, (list, tuple))
        return [place.step(EACH) for _ in parts]

    def _sequence(
        self,
        pattern: cst.MatchTuple | cst.MatchList,
        parts: object,
        elements: list[Value],
        case: CaseAtHand,
    ) -> cst.MatchPattern:
        assert isinstance(parts, (list, tuple))
        found = []
        for part, element in zip(parts, elements, strict=False):
            if isinstance(part, cst.MatchStar):
                found.append(part)
            else:
                found.append(changed(part, value=self._converted(part.value, element, case)))
        found += list(parts[len(found) :])
        if all(new is old for new, old in zip(found, parts, strict=True)):
            return pattern
        return pattern.with_changes(patterns=found)

    def _tried(self, pattern: cst.MatchPattern, subject: Value, case: CaseAtHand) -> _Tried:
        try:
            return self._converted(pattern, subject, case)
        except (Never, Waits) as reason:
            return reason

    def _either(self, pattern: cst.MatchOr, tried: list[_Tried]) -> cst.MatchPattern:
        """One of several patterns: without those that no message fits any more, and each once."""
        found: list[cst.MatchOrElement] = []
        for new, old in zip(tried, pattern.patterns, strict=True):
            if isinstance(new, Exception):
                continue
            if not any(new.deep_equals(one.pattern) for one in found):
                found.append(changed(old, pattern=new))
        if not found:
            raise next(one for one in tried if isinstance(one, Exception))
        if len(found) == 1:
            return found[0].pattern
        if len(found) == len(pattern.patterns) and all(a is b for a, b in zip(found, pattern.patterns, strict=True)):
            return pattern
        found[-1] = found[-1].with_changes(separator=cst.MaybeSentinel.DEFAULT)
        return pattern.with_changes(patterns=found)

    # --- types -----------------------------------------------------------------------------------

    def _types(self, pattern: cst.MatchPattern) -> cst.MatchPattern:
        match pattern:
            case cst.MatchValue(cst.SimpleString() as literal):
                return changed(pattern, value=self._type(literal))
            case cst.MatchAs(cst.MatchPattern() as inner, _):
                return changed(pattern, pattern=self._types(inner))
            case cst.MatchOr(patterns):
                tried: list[_Tried] = []
                for one in patterns:
                    try:
                        tried.append(self._types(one.pattern))
                    except (Never, Waits) as reason:
                        tried.append(reason)
                return self._either(pattern, tried)
            case cst.MatchValue(value):
                self._reading.rename_types(value, self._program.value(value))
        return pattern

    def _type(self, literal: cst.SimpleString) -> cst.SimpleString:
        name = str(literal.evaluated_value)
        rows = self._reading.type_rows(name)
        if not rows:
            raise Waits(f"`{name}` is a message that {session.NAME.of(self._migrating.target)[0]} has not")
        row = rows[0]
        why = self._reading.why_never_sent(name)
        way = row.over(self._migrating.target)
        if self._passes_over and self._reading.same.better(name):
            raise Never(f"`{name}` is waited for under its other name", quiet=True)
        if why is not None:
            raise Never(f"`{name}`: {why}", quiet=way.codemod is Fidelity.EMULATED)
        if way.codemod is Fidelity.APPROXIMATE:
            self._migrating.report(PARAMETER_DIFFERS, literal, f"`{name}`: {way.reason}")
        return like(literal, row.of(self._migrating.target)[0])

    # --- mappings --------------------------------------------------------------------------------

    def _mapping(self, pattern: cst.MatchMapping, place: Parsed, case: CaseAtHand) -> cst.MatchPattern:
        base = self._reading.target_of(place)
        wanted = Wanted(pattern)
        names: list[cst.Name] = []
        self._gather(pattern, self._narrowed(pattern, place), base, wanted, names, case)
        for later in case.later:
            later()
        case.later.clear()
        if pattern.rest is not None and wanted.paths() - {_TYPE}:
            raise Unclear(f"what `**{pattern.rest.value}` holds is nested elsewhere in the other service's messages")
        made = mapping_of(wanted, lambda key: self._migrating.string(key, pattern), pattern.rest)
        if not names:
            return made
        first, *others = names
        for one in others:
            case.captures.give(one, lambda _: cst.Name(first.value))
        return cst.MatchAs(
            made,
            first,
            whitespace_before_as=cst.SimpleWhitespace(" "),
            whitespace_after_as=cst.SimpleWhitespace(" "),
        )

    def _narrowed(self, pattern: cst.MatchMapping, place: Parsed) -> Parsed:
        """The message with the types that the pattern itself asks for."""
        if place.path != ():
            return place
        for element in pattern.elements:
            if self._program.value(element.key) == Known("type"):
                types = frozenset(_strings_in(element.pattern))
                return replace(place, types=types) if types else place
        return place

    def _gather(
        self,
        pattern: cst.MatchMapping,
        place: Parsed,
        base: tuple[Step, ...],
        wanted: Wanted,
        names: list[cst.Name],
        case: CaseAtHand,
    ) -> None:
        for element in pattern.elements:
            key = self._program.value(element.key)
            if not isinstance(key, Known) or not isinstance(key.value, str):
                raise Unclear(f"the key {self._migrating.code(element.key)} is only known when it runs")
            inner = place.step(key.value)
            assert isinstance(inner, Parsed)
            if inner.path == _TYPE:
                wanted.add(_TYPE, self._types(element.pattern))
                continue
            rows = self._reading.rows_of(inner)
            has_fields = self._reading.fields_below(general(inner.path))
            if rows is not None and not (has_fields and isinstance(element.pattern, cst.MatchMapping)):
                self._fields.plan(element.pattern, inner, rows[0], base, wanted, case)
            elif has_fields:
                self._container(element.pattern, inner, base, wanted, names, case)
            else:
                raise Absent(f"{self._migrating.code(element.key)} has no counterpart")

    def _container(
        self,
        pattern: cst.MatchPattern,
        place: Parsed,
        base: tuple[Step, ...],
        wanted: Wanted,
        names: list[cst.Name],
        case: CaseAtHand,
    ) -> None:
        """A place between the message and its fields, such as `data`."""
        name: cst.Name | None = None
        inner: cst.MatchPattern | None = pattern
        if isinstance(pattern, cst.MatchAs):
            name, inner = pattern.name, pattern.pattern
        if isinstance(inner, cst.MatchClass) and self._program.value(inner.cls) == Library("builtins.dict"):
            inner = inner.patterns[0].value if inner.patterns else None
            if isinstance(inner, cst.MatchAs) and inner.pattern is None:
                name, inner = name or inner.name, None
        if inner is not None:
            if not isinstance(inner, cst.MatchMapping) or inner.rest is not None:
                raise Unclear(f"{self._migrating.code(pattern)} has no counterpart of its own")
            self._gather(inner, place, base, wanted, names, case)
        if name is not None:
            if self._reading.target_of(place) != base:
                raise Unclear(f"`{name.value}` would hold another part of the message")
            names.append(name)


def _type_alone(pattern: cst.MatchPattern) -> str:
    """The type that a pattern asks for, if it asks for nothing else; empty otherwise."""
    match pattern:
        case cst.MatchValue(cst.SimpleString() as text):
            return str(text.evaluated_value)
        case cst.MatchMapping([cst.MatchMappingElement(cst.SimpleString() as key, inner)], rest=None):
            return _type_alone(inner) if key.evaluated_value == "type" and isinstance(inner, cst.MatchValue) else ""
    return ""


def _strings_in(pattern: cst.MatchPattern) -> Iterator[str]:
    match pattern:
        case cst.MatchValue(cst.SimpleString() as text):
            yield str(text.evaluated_value)
        case cst.MatchOr(patterns):
            for one in patterns:
                yield from _strings_in(one.pattern)
        case cst.MatchAs(cst.MatchPattern() as inner, _):
            yield from _strings_in(inner)
