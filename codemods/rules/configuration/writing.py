"""Writing a configuration anew: entry by entry in the place of what was there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import libcst as cst

from codemods.edits import Statement, expression
from codemods.migrating import Migrating
from codemods.rules.configuration.dictionary_layout import broken_where_long, separator, spread
from codemods.rules.configuration.leaves import Made, Place
from codemods.rules.configuration.left_out import is_asked_around, parted

_LINE_LENGTH: Final = 88

Parameters = list[tuple[str, cst.BaseExpression]]
"""Names and values, in the order in which they are written; `value if test else ABSENT` is there on that condition."""


@dataclass(eq=False, slots=True)
class _Given:
    """The parameters of one place: those that are always there, and those behind a test."""

    always: Parameters = field(default_factory=list)
    only_if: list[tuple[cst.BaseExpression, Parameters]] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class ConfigurationWriter:
    """What becomes of each place of a configuration.

    `replacing` are the parameters that take the place of an entry or store, `kept` the places that stay as they were,
    `appended` what is written out at the end of the dictionary that everything begins with. Other places go.
    """

    migrating: Migrating
    replacing: dict[Place, Parameters] = field(default_factory=dict)
    appended: Parameters = field(default_factory=list)
    first: Parameters = field(default_factory=list)
    """Written out as well, for where nothing else gives them: in front of what other dictionaries bring in."""
    kept: set[Place] = field(default_factory=set)
    only_if: dict[Place, cst.BaseExpression] = field(default_factory=dict)
    """Tests without which the parameters of an object's field are not sent."""

    def rewriting(self, made: Made, *, is_main: bool) -> Callable[[Any], cst.CSTNode]:
        """How a display or call is written anew; `is_main` says that it gets what is written out."""
        appended = [*self.appended, *([] if _brings_in(made) else self.first)] if is_main else []
        first = self.first if is_main and _brings_in(made) else []
        if made in self.migrating.program.dumped:
            return lambda _: self._display_of_object(appended)
        if isinstance(made, cst.Call):
            return lambda updated: self._rewritten_call(made, updated, appended)
        return lambda updated: self._rewritten_display(made, updated, appended, first)

    def _display_of_object(self, appended: Parameters) -> cst.Dict:
        """A dictionary of an object's fields, in the place of the call that made one of them all."""
        elements: list[cst.BaseDictElement] = []
        indent = self.migrating.module.default_indent
        for place, written in self.replacing.items():
            if not isinstance(place, cst.Attribute):
                continue
            entries = [self._entry(name, value) for name, value in written]
            if place in self.only_if:
                test = self.migrating.edits.edited(self.only_if[place])
                elements.append(_only_if(test, cst.Dict(entries), indent))
            else:
                elements.extend(entries)
        elements.extend(self._entry(name, value) for name, value in appended)
        return spread(cst.Dict(elements), 1, indent)

    def rewrite_filters(self, site: cst.CSTNode) -> None:
        """`{k: v for k, v in ….items() if v}`: what is False now may differ from the service's own default, and stays.

        Around an object's fields it goes: they are tested one by one.
        """
        edits, program = self.migrating.edits, self.migrating.program
        for comprehension, filtered in program.filtered.items():
            if filtered is not site:
                continue
            if site in program.dumped and isinstance(site, cst.Call):
                edits.watch([site])
                edits.rewrite(comprehension, lambda _: edits.updated(site))
                continue
            for one in (each for each in comprehension.for_in.ifs if isinstance(each.test, cst.Name)):
                edits.replace(one.test, expression("value is not None", value=one.test))

    def _entry(self, name: str, value: cst.BaseExpression) -> cst.DictElement:
        value = self.migrating.edits.edited(value)
        return cst.DictElement(self.migrating.string(name, self.migrating.module), value)

    def _rewritten_call(
        self, original: cst.Call, updated: cst.Call, appended: list[tuple[str, cst.BaseExpression]]
    ) -> cst.Call:
        """`dict(…)` or `.update(…)` with other keywords."""
        arguments: list[cst.Arg] = []
        for old, new in zip(original.args, updated.args, strict=True):
            if old in self.kept or old.keyword is None:
                arguments.append(new)
            given = self._given(self.replacing.get(old, []), old)
            arguments.extend(
                _keyword(name, value) if index else new.with_changes(keyword=cst.Name(name), value=value)
                for index, (name, value) in enumerate(given.always)
            )
            arguments.extend(cst.Arg(one.value, star="**") for one in self._taken_in(given, old))
        arguments.extend(_keyword(name, value) for name, value in appended)
        between = original.args[0].comma if original.args else cst.MaybeSentinel.DEFAULT
        last = original.args[-1].comma if original.args else cst.MaybeSentinel.DEFAULT
        placed = [
            one.with_changes(comma=last if index == len(arguments) - 1 else between)
            for index, one in enumerate(arguments)
        ]
        return updated.with_changes(args=placed)

    def _rewritten_display(
        self, original: cst.Dict, updated: cst.Dict, appended: Parameters, first: Parameters
    ) -> cst.Dict:
        between = separator(original)
        last_comma = original.elements[-1].comma if original.elements else cst.MaybeSentinel.DEFAULT
        elements: list[cst.BaseDictElement] = [
            cst.DictElement(self.migrating.string(name, original), value) for name, value in first
        ]
        for old, new in zip(original.elements, updated.elements, strict=True):
            if old is original.elements[-1]:
                new = new.with_changes(comma=cst.MaybeSentinel.DEFAULT)
            if isinstance(new, cst.StarredDictElement) and isinstance(new.value, cst.Dict) and not new.value.elements:
                continue
            if not isinstance(old, cst.DictElement) or old in self.kept:
                elements.append(new)
            elif old in self.replacing:
                given = self._given(self.replacing[old], old)
                for index, (name, value) in enumerate(given.always):
                    key = self.migrating.string(name, old)
                    elements.append(cst.DictElement(key, value) if index else new.with_changes(key=key, value=value))
                elements.extend(self._taken_in(given, old))
                if given.only_if and not given.always:
                    elements[-1] = elements[-1].with_changes(comma=new.comma)
        elements.extend(cst.DictElement(self.migrating.string(name, original), value) for name, value in appended)
        placed: list[cst.BaseDictElement] = []
        for index, element in enumerate(elements):
            last = index == len(elements) - 1
            comma = element.comma
            if last:
                comma = last_comma
            elif comma is cst.MaybeSentinel.DEFAULT:
                comma = between
            placed.append(element.with_changes(comma=comma))
        indent, depth = self.migrating.module.default_indent, self._depth(original)
        return broken_where_long(updated.with_changes(elements=placed), indent, depth)

    def _depth(self, display: cst.Dict) -> int:
        """How many displays of an entry a line a display stands in."""
        depth, parents = 0, self.migrating.program.parents
        current: cst.CSTNode = display
        while isinstance(current := parents[current], (cst.BaseExpression, cst.BaseDictElement)):
            is_broken = isinstance(current, cst.Dict) and isinstance(
                current.lbrace.whitespace_after, cst.ParenthesizedWhitespace
            )
            depth += is_broken
        return depth

    def _given(self, written: Parameters, place: cst.CSTNode) -> _Given:
        """The parameters of one place as they are after the edits, those on a condition by their tests."""
        found = _Given()
        for name, value in written:
            value, test = parted(value)
            if test is not None:
                is_asked = is_asked_around(self.migrating.program, test, place)
                test = None if is_asked else self.migrating.edits.edited(test)
            value = self.migrating.edits.edited(value)
            same = next((several for one, several in found.only_if if test is not None and one.deep_equals(test)), None)
            if test is None:
                found.always.append((name, value))
            elif same is not None:
                same.append((name, value))
            else:
                found.only_if.append((test, [(name, value)]))
        return found

    def _taken_in(self, given: _Given, near: cst.CSTNode) -> list[cst.StarredDictElement]:
        """`**({…} if test else {})` for what is there on a condition alone."""
        indent = self.migrating.module.default_indent
        return [
            _only_if(
                test,
                cst.Dict([cst.DictElement(self.migrating.string(name, near), value) for name, value in several]),
                indent,
            )
            for test, several in given.only_if
        ]

    def rewrite_store(self, store: cst.SimpleStatementLine) -> None:
        """`config["endpointing"] = seconds` as one statement for each parameter that it becomes."""
        edits, written = self.migrating.edits, self.replacing.get(store, [])
        if store in self.kept and not written:
            return
        if not written:
            edits.remove(store)
            block = self.migrating.program.parents[store]
            around = self.migrating.program.parents.get(block)
            is_alone = isinstance(block, cst.IndentedBlock) and len(block.body) == 1
            if isinstance(around, cst.If) and around.orelse is None and is_alone:
                edits.remove(around)
            return
        assign = store.body[0]
        assert isinstance(assign, cst.Assign)
        base = self._base_of(assign.targets[0].target)
        stored = store

        def line(name: str, value: cst.BaseExpression) -> cst.SimpleStatementLine:
            target = expression("base[key]", base=edits.edited(base), key=self.migrating.string(name, stored))
            assert isinstance(target, cst.BaseAssignTargetExpression)
            return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], value)])

        def lines() -> list[Statement]:
            given = self._given(written, stored)
            found: list[Statement] = [line(*one) for one in given.always]
            for test, several in given.only_if:
                found.append(cst.If(test, cst.IndentedBlock([line(*one) for one in several])))
            return found

        def first(updated: cst.SimpleStatementLine) -> Statement:
            made = lines()[0].with_changes(leading_lines=updated.leading_lines)
            if isinstance(made, cst.SimpleStatementLine):
                return made.with_changes(trailing_whitespace=updated.trailing_whitespace)
            return made

        edits.rewrite(store, first)
        if len(written) > 1:
            edits.insert_after(store, lambda: [*lines()[1:]])

    def _base_of(self, target: cst.CSTNode) -> cst.BaseExpression:
        """The configuration itself in the target of a store."""
        while isinstance(target, cst.Subscript):
            target = target.value
            if not isinstance(target, cst.Subscript):
                break
        assert isinstance(target, cst.BaseExpression)
        return target


def _brings_in(made: Made) -> bool:
    """Whether a display takes other dictionaries in, over which what is written behind them would win."""
    return isinstance(made, cst.Dict) and any(isinstance(one, cst.StarredDictElement) for one in made.elements)


def _only_if(test: cst.BaseExpression, given: cst.Dict, indent: str) -> cst.StarredDictElement:
    """`**(given if test else {})` in a display one step in from its statement; on several lines where it is long."""
    either = cst.IfExp(test, given, cst.Dict([]), lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    if len(indent) + len(cst.Module([]).code_for_node(either)) < _LINE_LENGTH:
        return cst.StarredDictElement(either)
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * 2))
    outer = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
    if len(indent) * 2 + len(cst.Module([]).code_for_node(given)) > _LINE_LENGTH:
        given = spread(given, 3, indent)
    return cst.StarredDictElement(
        either.with_changes(
            body=given,
            lpar=[cst.LeftParen(inner)],
            rpar=[cst.RightParen(outer)],
            whitespace_before_if=inner,
            whitespace_before_else=inner,
        )
    )


def _keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, cst.Name(name), equal=equal)
