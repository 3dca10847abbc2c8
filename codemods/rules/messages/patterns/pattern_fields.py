"""One field that a pattern asks of a message: where it stands at the other vendor's, and what it has to be there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.values import EACH, Library, Parsed, Step, Value
from codemods.findings import PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.messages.final_texts import FULL_TEXTS
from codemods.rules.messages.patterns.pattern_names import Captures
from codemods.rules.messages.patterns.pattern_writing import Wanted
from codemods.rules.messages.places import general
from codemods.rules.messages.reading import Reading
from shim.mapping import assemblyai_messages, server_messages
from shim.mapping.paths import steps_of
from shim.mapping.row import Fidelity, Row

_NUMBERS: Final = {"builtins.int": "float", "builtins.float": "int"}
_CLASSES: Final = tuple(f"builtins.{name}" for name in ("str", "int", "float", "bool", "list", "dict"))


class Unclear(Exception):
    """A pattern that has no counterpart, with the reason."""


class Never(Exception):
    """A pattern that no message of the other vendor's fits, with the reason; `quiet` where nobody misses it."""

    def __init__(self, reason: str, *, quiet: bool = False) -> None:
        super().__init__(reason)
        self.quiet = quiet


class Absent(Exception):
    """A pattern that asks for what the other vendor has not."""


class Waits(Exception):
    """A pattern that asks for a message that the other vendor has not."""


class Unformatted(Exception):
    """A pattern for a turn that is not formatted yet."""


@dataclass(slots=True)
class CaseAtHand:
    case: cst.MatchCase
    captures: Captures
    later: list[Callable[[], None]] = field(default_factory=list)
    """What is asked of the pattern once all else is: the fields that are read from the words."""


class PatternFields:
    """Plans single fields; `converted` gives what a pattern becomes for a place of the message."""

    def __init__(
        self,
        migrating: Migrating,
        reading: Reading,
        converted: Callable[[cst.MatchPattern, Value, CaseAtHand], cst.MatchPattern],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._reading = reading
        self._converted = converted

    def plan(
        self,
        pattern: cst.MatchPattern,
        place: Parsed,
        row: Row,
        base: tuple[Step, ...],
        wanted: Wanted,
        case: CaseAtHand,
    ) -> None:
        target, way = row.of(self._migrating.target), row.over(self._migrating.target)
        source = way.conversion.source
        if not target and source:
            self._constant(pattern, source, case)
            return
        match pattern:
            case cst.MatchAs(None, cst.Name() as name) if row in FULL_TEXTS:
                gathered = self._reading.full_text(name, place)
                if gathered is not None:
                    case.captures.give(name, lambda _: gathered)
                    return
        if not target or not source:
            kind = str(steps_of(row.of(self._migrating.source)[0])[0])
            why = self._reading.why_never_sent(kind) if kind != "*" else None
            text = f"{self._migrating.code(pattern)}: {way.reason or 'no single expression gives it'}"
            raise Never(text) if why is not None else Absent(text)
        if way.codemod is Fidelity.APPROXIMATE:
            self._migrating.report(PARAMETER_DIFFERS, case.case, f"{self._migrating.code(pattern)}: {way.reason}")
        path = steps_of(target[0])[1:][len(base) :]
        inside_list = next((at for at, step in enumerate(path) if isinstance(step, int) or step == EACH), None)
        if inside_list is not None and EACH not in general(place.path):
            at = inside_list
            case.later.append(lambda: self._inside_list(pattern, path, at, source, wanted, case))
            return
        self._is_no_other_form(row, path, pattern, wanted)
        if wanted.has(path) and row is assemblyai_messages.IS_FORMATTED:
            return
        if source == "value":
            wanted.add(path, self._converted(pattern, place, case))
            return
        self._ask_converted(pattern, row, source, case)
        wanted.add(path, self._with_class(pattern, source))

    def _is_no_other_form(self, row: Row, path: tuple[Step, ...], pattern: cst.MatchPattern, wanted: Wanted) -> None:
        """Gladia's turns have one form: both signs of a final turn ask for the same, or for what never is."""
        if not wanted.has(path):
            return
        before = wanted.pattern(path)
        signs = [one for one in (before, pattern) if isinstance(one, cst.MatchSingleton)]
        if len(signs) < 2:
            raise Unclear(f"{self._migrating.code(pattern)} asks for what another part of the pattern asks for too")
        if not signs[0].deep_equals(signs[1]):
            raise Unformatted

    def _constant(self, pattern: cst.MatchPattern, source: str, case: CaseAtHand) -> None:
        """A field that the other vendor has not, and that is always the same."""
        constant = cst.parse_expression(source)
        match pattern:
            case cst.MatchAs(None, None):
                return
            case cst.MatchAs(None, cst.Name() as name):
                case.captures.give(name, lambda _: constant)
            case cst.MatchValue(value) if constant.deep_equals(value):
                return
            case _:
                raise Unclear(f"{self._migrating.code(pattern)} is always {source} now")

    def _inside_list(
        self,
        pattern: cst.MatchPattern,
        path: tuple[Step, ...],
        at: int,
        source: str,
        wanted: Wanted,
        case: CaseAtHand,
    ) -> None:
        """A field of the whole turn that is read from its words: the words get a name, the field is taken from them."""
        names = list(captured(pattern))
        if not all(self._is_plain(one) for one in values_in(pattern)):
            raise Unclear(f"{self._migrating.code(pattern)} is compared with what has to be taken from the words")
        words = case.captures.name_for(wanted, path[:at], str(path[at - 1]))

        def written(near: cst.CSTNode) -> cst.BaseExpression:
            inner: cst.BaseExpression = words
            for step in path[at:] if path[at] != EACH else ():
                index = cst.parse_expression(str(step)) if isinstance(step, int) else self._migrating.string(step, near)
                inner = cst.Subscript(inner, [cst.SubscriptElement(cst.Index(index))])
            return case.captures.written(source, inner, near)

        for name in names:
            case.captures.give(name, written)

    def _is_plain(self, pattern: cst.MatchPattern) -> bool:
        """Whether a pattern asks for no more than a class of Python's own."""
        return isinstance(pattern, cst.MatchClass) and self._class_of(pattern) is not None

    def _ask_converted(self, pattern: cst.MatchPattern, row: Row, source: str, case: CaseAtHand) -> None:
        for value in values_in(pattern):
            is_text = row in (server_messages.TURN_TEXT, server_messages.WORD_TEXT)
            if not self._is_plain(value) and not is_text:
                raise Unclear(f"{self._migrating.code(value)} would have to be converted")
        for name in captured(pattern):
            case.captures.convert(name, source)

    def _with_class(self, pattern: cst.MatchPattern, source: str) -> cst.MatchPattern:
        """`int(start)` for `float(start)`, where one vendor counts in whole milliseconds."""
        match pattern:
            case cst.MatchClass(cst.Name(), _) if (named := self._class_of(pattern)) in _NUMBERS and source in (
                server_messages.IN_SECONDS.source,
                server_messages.IN_MILLISECONDS.source,
            ):
                return pattern.with_changes(cls=cst.Name(_NUMBERS[str(named)]))
            case cst.MatchClass(cst.Name()) if source not in (
                server_messages.IN_SECONDS.source,
                server_messages.IN_MILLISECONDS.source,
                server_messages.TURN_TEXT.over_gladia.conversion.source,
                server_messages.TURN_TEXT.over_assemblyai.conversion.source,
            ):
                raise Unclear(f"{self._migrating.code(pattern)} is of another type at the other service")
            case cst.MatchAs(cst.MatchPattern() as inner, _):
                return changed(pattern, pattern=self._with_class(inner, source))
            case cst.MatchOr(patterns) if len(patterns) > 1 and all(
                isinstance(one.pattern, cst.MatchClass) for one in patterns
            ):
                return pattern  # `int() | float()`: whichever it is
        return pattern

    def _class_of(self, pattern: cst.MatchClass) -> str | None:
        named = self._program.value(pattern.cls)
        return named.name if isinstance(named, Library) and named.name in _CLASSES else None


def changed(node: cst.CSTNodeT, **changes: cst.CSTNode) -> cst.CSTNodeT:
    """A node with changes; the very node where they change nothing."""
    if all(getattr(node, name) is new for name, new in changes.items()):
        return node
    return node.with_changes(**changes)


def captured(pattern: cst.CSTNode) -> Iterator[cst.Name]:
    """The names that a pattern gives something."""
    if isinstance(pattern, (cst.MatchAs, cst.MatchStar)) and pattern.name is not None:
        yield pattern.name
    for child in pattern.children:
        yield from captured(child)


def values_in(pattern: cst.CSTNode) -> Iterator[cst.MatchPattern]:
    """What a pattern compares with: values and classes, none for a plain name."""
    if isinstance(pattern, (cst.MatchValue, cst.MatchSingleton, cst.MatchClass, cst.MatchMapping, cst.MatchList)):
        yield pattern
        return
    for child in pattern.children:
        yield from values_in(child)
