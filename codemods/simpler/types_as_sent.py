"""Tests of a message's type that ask in letters of their own, or for a part of it, with the types as they are sent.

`kind.lower() == "turn"`, `match message["type"].upper()`, `handlers.get(kind.casefold())` and `kind.startswith("Turn")`
each hold for some of the types that a service has, and say no other thing than those types' own names do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Frame, Known, Library, Parsed, Step, Value, something
from codemods.edits import Edits, expression, in_parentheses
from codemods.migrating import like
from codemods.rules.messages.showing import Showing
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions, gladia
from shim.mapping import catalogue
from shim.mapping.paths import steps_of
from shim.mapping.row import Section, Vendor
from shim.wire import assemblyai as assemblyai_wire
from shim.wire import gladia as gladia_wire


def _answered(vendor: Vendor) -> tuple[str, ...]:
    """The types of a vendor's messages for which the other one has one: the rest do not come after a move."""
    rows = (*catalogue.rows(Section.SERVER), *assemblyai_sessions.V2.server_rows)
    names = (name for row in rows for name in row.of(vendor) if "." not in name and row.of(vendor.other))
    return tuple(dict.fromkeys(names))


_ANSWERED: Final = frozenset(name for vendor in Vendor for name in _answered(vendor))
_Fold = Callable[[str], str]
_FOLDS: Final[dict[str, _Fold]] = {
    "lower": str.lower,
    "upper": str.upper,
    "casefold": str.casefold,
    "title": str.title,
    "capitalize": str.capitalize,
    "strip": str.strip,
}
_PARTS: Final[dict[str, Callable[[str, str], bool]]] = {"startswith": str.startswith, "endswith": str.endswith}
_EQUAL: Final = (cst.Equal, cst.NotEqual)
_WITHIN: Final = (cst.In, cst.NotIn)
_TRUTHS: Final = (cst.If, cst.While, cst.UnaryOperation, cst.BooleanOperation, cst.CompIf)
_BARE: Final = (cst.If, cst.While, cst.BooleanOperation, cst.Assert, cst.CompIf)
"""What a comparison can stand in without parentheses, beside the `not` that it takes up."""


def with_types_as_sent(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that fold the types of messages or ask for a part of them, with the types written out."""
    sent = _sent(program)
    types = _Types(program, sent) if sent else None
    plans: dict[cst.Module, Edits] = {}
    for node in list(program.values) if types is not None else ():
        if types is not None and isinstance(node, cst.BaseExpression):
            found = types.planned(node)
            for one, by in (found or {}).items():
                plans.setdefault(program.module_of(one), Edits()).replace(one, by)
    return {module: simpler(module, edits) for module, edits in plans.items()}


def _sent(program: Program) -> dict[cst.Call, tuple[tuple[Step, ...], tuple[str, ...]]]:
    """By the call that opens a socket: where its messages say their type, and the types that they have."""
    found: dict[cst.Call, tuple[tuple[Step, ...], tuple[str, ...]]] = {}
    v2 = assemblyai_sessions.V2
    v2_types = {str(steps_of(path)[0]) for row in v2.server_rows for path in row.assemblyai}
    for edition, names in (
        (assemblyai_sessions.V3, assemblyai_wire.server_messages.types),
        (v2, (v2.begin, *sorted(v2_types - {v2.begin}))),
    ):
        for session in assemblyai_sessions.openings(program, edition):
            found[session.connect.call] = (edition.type_path, names)
    for opening in gladia.openings(program):
        for connect in opening.connects:
            found[connect.call] = (("type",), (*gladia_wire.server_messages.types, *_answered(Vendor.GLADIA)))
    return found


@dataclass(frozen=True, slots=True)
class _Folded:
    """An expression that gives a message's type in other letters: what it is made of, and what is done to it."""

    reading: cst.BaseExpression
    types: tuple[str, ...]
    fold: _Fold

    def meant(self, text: str) -> str:
        """The type that a text stands for here; the text itself where it is none."""
        return next((one for one in self.types if self.fold(one) == text), text)


class _Types:
    """Where a program reads messages' types."""

    def __init__(self, program: Program, sent: dict[cst.Call, tuple[tuple[Step, ...], tuple[str, ...]]]) -> None:
        self._program = program
        self._sent = sent
        self._showing = Showing(program)

    def planned(self, node: cst.BaseExpression) -> dict[cst.CSTNode, cst.CSTNode] | None:
        """What is written in the place of a node, and of the texts it is compared with; None where nothing is."""
        parent = self._program.parents.get(node)
        if isinstance(parent, cst.ComparisonTarget) and isinstance(parent.operator, _WITHIN):
            return self._part_within(node, parent)
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return None
        if node.func.attr.value in _PARTS:
            return self._part(node, node.func)
        folded = self._folded(node)
        if folded is None or (isinstance(parent, cst.Attribute) and parent.attr.value in (*_FOLDS, *_PARTS)):
            return None
        return self._unfolded(node, folded)

    # --- what is read ------------------------------------------------------------------------------

    def _types_of(self, value: Value) -> tuple[str, ...] | None:
        """The types that messages have of which a value is the type; None where it may be anything else."""
        found = [one for one in something(value) if not (isinstance(one, Known) and one.value in ("", None))]
        types = set()
        for one in found:
            if not isinstance(one, Parsed) or not isinstance(one.document, Frame):
                return None
            path, names = self._sent.get(one.document.connect, (None, ()))
            if one.path != path:
                return None
            types.add(names)
        return types.pop() if len(types) == 1 else None

    def _folded(self, node: cst.BaseExpression) -> _Folded | None:
        match node:
            case cst.Call(cst.Attribute(owner, cst.Name(name)), []) if name in _FOLDS:
                inner, fold = self._folded(owner), _FOLDS[name]
                if inner is not None:
                    earlier = inner.fold
                    return _Folded(inner.reading, inner.types, lambda text: fold(earlier(text)))
                types = self._types_of(self._program.value(owner))
                return _Folded(owner, types, fold) if types is not None else None
            case cst.Call(function, [cst.Arg(given, keyword=None, star="")]):
                if self._program.value(function) != Library("builtins.str"):
                    return None
                types = self._types_of(self._program.value(given))
                return _Folded(given, types, str) if types is not None else None
        return None

    # --- a part of a type --------------------------------------------------------------------------

    def _part(self, call: cst.Call, method: cst.Attribute) -> dict[cst.CSTNode, cst.CSTNode] | None:
        """`kind.startswith("Turn")`, with the types that begin so."""
        folded = self._folded(method.value) or self._plain(method.value)
        texts = [self._texts(one.value) for one in call.args]
        if folded is None or len(texts) != 1 or not texts[0]:
            return None
        asks = _PARTS[method.attr.value]
        found = [one for one in dict.fromkeys(folded.types) if any(asks(folded.fold(one), text) for text in texts[0])]
        return self._among(call, folded.reading, found, is_denied=False)

    def _part_within(
        self, node: cst.BaseExpression, target: cst.ComparisonTarget
    ) -> dict[cst.CSTNode, cst.CSTNode] | None:
        """`"Turn" in kind`, with the types that hold the text."""
        folded = self._folded(node) or self._plain(node)
        comparison = self._program.parents[target]
        if folded is None or not isinstance(comparison, cst.Comparison) or len(comparison.comparisons) != 1:
            return None
        texts = self._texts(comparison.left)
        found = [one for one in dict.fromkeys(folded.types) if any(text in folded.fold(one) for text in texts)]
        if len(texts) != 1:
            return None
        return self._among(comparison, folded.reading, found, is_denied=isinstance(target.operator, cst.NotIn))

    def _plain(self, node: cst.BaseExpression) -> _Folded | None:
        types = self._types_of(self._program.value(node))
        return _Folded(node, types, str) if types is not None else None

    def _texts(self, node: cst.BaseExpression) -> list[str]:
        """The text that is written at a node, or the several; nothing for anything else."""
        given = [one.value for one in node.elements] if isinstance(node, cst.Tuple) else [node]
        texts = [one.evaluated_value for one in given if isinstance(one, cst.SimpleString)]
        return [one for one in texts if isinstance(one, str)] if len(texts) == len(given) else []

    def _among(
        self, test: cst.BaseExpression, reading: cst.BaseExpression, types: list[str], *, is_denied: bool
    ) -> dict[cst.CSTNode, cst.CSTNode] | None:
        """The test whether a type is one of several."""
        around = self._program.parents[test]
        if isinstance(around, cst.UnaryOperation) and isinstance(around.operator, cst.Not):
            test, around, is_denied = around, self._program.parents[around], not is_denied
        types = [one for one in types if one in _ANSWERED] or types
        if not types:
            return None  # no message meets it at either service
        names = ", ".join(f'"{one}"' for one in types)
        word = ("!=" if is_denied else "==") if len(types) == 1 else ("not in" if is_denied else "in")
        written = expression(f"kind {word} {names if len(types) == 1 else f'({names})'}", kind=reading)
        return {test: written if isinstance(around, _BARE) else in_parentheses(written)}

    # --- a type in other letters -------------------------------------------------------------------

    def _unfolded(self, node: cst.BaseExpression, folded: _Folded) -> dict[cst.CSTNode, cst.CSTNode] | None:
        """The edits that take the other letters away, where all that is asked of the type can be written as sent."""
        reading = folded.reading
        if isinstance(self._program.parents[node], (cst.Assign, cst.AnnAssign, cst.Arg, cst.Match)):
            reading = reading.with_changes(lpar=reading.lpar[1:], rpar=reading.rpar[1:])
        found: dict[cst.CSTNode, cst.CSTNode] = {node: reading}
        for use in self._uses(node):
            written = self._asked(use, folded) if use is not None else None
            if written is None:
                return None
            found |= written
        return found

    def _uses(self, node: cst.BaseExpression) -> Iterator[cst.BaseExpression | None]:
        """Where the value of a node is used: there, or wherever the name is read that it gets; None: elsewhere."""
        around, parent = node, self._program.parents[node]
        while isinstance(parent, cst.IfExp) and parent.test is not around:
            around, parent = parent, self._program.parents[parent]
        given = [one for one in self._program.definitions() if one.expression is around]
        if isinstance(parent, cst.NamedExpr):
            yield parent
        elif not isinstance(parent, (cst.Assign, cst.AnnAssign)):
            yield node if around is node else None
        elif not given or not all(isinstance(one.node, cst.Name) for one in given):
            yield None
        for definition in given:
            yield from (use if self._is_alone(use, definition) else None for use in definition.uses)

    def _is_alone(self, use: cst.Name, definition: Definition) -> bool:
        """Whether a name holds what one definition gives it, or nothing yet."""
        others = (one for one in self._program.reaching.get(use, ()) if one is not definition)
        return all(one.value in (Known(""), Known(None)) for one in others)

    def _asked(self, use: cst.BaseExpression, folded: _Folded) -> dict[cst.CSTNode, cst.CSTNode] | None:
        """What is written for the texts that a use asks for; None where it is used otherwise."""
        parent = self._program.parents[use]
        match parent:
            case cst.Comparison() | cst.ComparisonTarget():
                comparison = parent if isinstance(parent, cst.Comparison) else self._program.parents[parent]
                assert isinstance(comparison, cst.Comparison)
                return self._compared(comparison, use, folded)
            case cst.Match(_, cases):
                return self._matched([one.pattern for one in cases], folded)
            case cst.Index():
                access = self._program.parents[self._program.parents[parent]]
                return self._keyed(access.value, folded) if isinstance(access, cst.Subscript) else None
            case cst.Arg():
                call = self._program.parents[parent]
                if not isinstance(call, cst.Call):
                    return None
                if isinstance(call.func, cst.Attribute) and call.func.attr.value == "get" and call.args[0] is parent:
                    return self._keyed(call.func.value, folded)
                return {} if self._is_shown(call) else None
            case cst.FormattedStringExpression():
                call = self._program.parents[self._program.parents[self._program.parents[parent]]]
                return {} if isinstance(call, cst.Call) and self._is_shown(call) else None
            case cst.IfExp(test) if test is use:
                return {}
            case cst.Attribute(attr=cst.Name(name)) if name in (*_FOLDS, *_PARTS):
                return None  # asked for a part of what is folded: by the part first
        return {} if isinstance(parent, _TRUTHS) else None

    def _is_shown(self, call: cst.Call) -> bool:
        return all(self._showing.is_showing(call, one) for one in something(self._program.value(call.func)))

    def _compared(
        self, comparison: cst.Comparison, use: cst.BaseExpression, folded: _Folded
    ) -> dict[cst.CSTNode, cst.CSTNode] | None:
        if len(comparison.comparisons) != 1:
            return None
        target = comparison.comparisons[0]
        other = target.comparator if comparison.left is use else comparison.left
        if isinstance(target.operator, _EQUAL):
            return self._written(other, folded)
        if not isinstance(target.operator, _WITHIN) or other is not target.comparator:
            return None
        if isinstance(other, (cst.Tuple, cst.List, cst.Set)):
            return self._all(folded, [one.value for one in other.elements])
        return None

    def _matched(self, patterns: list[cst.MatchPattern], folded: _Folded) -> dict[cst.CSTNode, cst.CSTNode] | None:
        texts: list[cst.BaseExpression] = []
        for pattern in patterns:
            match pattern:
                case cst.MatchValue(value):
                    texts.append(value)
                case cst.MatchOr(several) if all(isinstance(one.pattern, cst.MatchValue) for one in several):
                    texts += [one.pattern.value for one in several if isinstance(one.pattern, cst.MatchValue)]
                case cst.MatchAs(None, None):
                    pass
                case _:
                    return None
        return self._all(folded, texts)

    def _keyed(self, owner: cst.BaseExpression, folded: _Folded) -> dict[cst.CSTNode, cst.CSTNode] | None:
        """The keys of a table of the program's own that is asked for types in the same letters alone."""
        match self._program.value(owner):
            case DictDisplay(site=cst.Dict(elements) as site):
                keys = [one.key for one in elements if isinstance(one, cst.DictElement)]
            case _:
                return None
        if len(keys) != len(elements) or not all(self._is_asked_so(one, folded) for one in self._uses_of(site)):
            return None
        return self._all(folded, keys)

    def _uses_of(self, table: cst.BaseExpression) -> list[cst.CSTNode]:
        """Where a table is used, by any name."""
        return [
            node
            for node, value in self._program.values.items()
            if node is not table
            and isinstance(node, cst.BaseExpression)
            and any(isinstance(one, DictDisplay) and one.site is table for one in something(value))
            and not isinstance(self._program.parents.get(node), (cst.AssignTarget, cst.AnnAssign))
        ]

    def _is_asked_so(self, owner: cst.CSTNode, folded: _Folded) -> bool:
        """Whether a table is asked at a node for a type in these letters."""
        access = self._program.parents[owner]
        match access:
            case cst.Subscript(_, [cst.SubscriptElement(cst.Index(key))]):
                pass
            case cst.Attribute(attr=cst.Name("get")) if isinstance(call := self._program.parents[access], cst.Call):
                key = call.args[0].value
            case _:
                return False
        asked = [self._folded(key), *(self._folded(one) for one in self._held.get(key, ()))]
        found = [one for one in asked if one is not None]
        return bool(found) and all(_agree(folded, one) for one in found)

    @cached_property
    def _held(self) -> dict[cst.CSTNode, list[cst.BaseExpression]]:
        """By the read of a name: what it may hold."""
        found: dict[cst.CSTNode, list[cst.BaseExpression]] = {}
        for definition in self._program.definitions():
            for use in definition.uses if definition.expression is not None else ():
                assert definition.expression is not None
                found.setdefault(use, []).append(definition.expression)
        return found

    def _all(self, folded: _Folded, nodes: list[cst.BaseExpression]) -> dict[cst.CSTNode, cst.CSTNode] | None:
        found: dict[cst.CSTNode, cst.CSTNode] = {}
        for node in nodes:
            written = self._written(node, folded)
            if written is None:
                return None
            found |= written
        return found

    def _written(self, node: cst.BaseExpression, folded: _Folded) -> dict[cst.CSTNode, cst.CSTNode] | None:
        """What is written for a text that the type is compared with."""
        if not isinstance(node, cst.SimpleString) or not isinstance(node.evaluated_value, str):
            return None
        text = node.evaluated_value
        meant = folded.meant(text)
        return {node: like(node, meant)} if meant != text else {}


def _agree(one: _Folded, other: _Folded) -> bool:
    """Whether two ways of folding give the same letters."""
    return one.types == other.types and all(one.fold(kind) == other.fold(kind) for kind in one.types)
