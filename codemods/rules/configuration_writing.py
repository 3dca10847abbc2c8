"""Writing a configuration anew: entry by entry in the place of what was there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from codemods.edits import expression
from codemods.migrating import Migrating
from codemods.rules.configuration_leaves import Made, Place
from codemods.rules.dictionary_layout import broken_where_long, separator

Parameters = list[tuple[str, cst.BaseExpression]]
"""Names and values, in the order in which they are written."""


@dataclass(eq=False, slots=True)
class ConfigurationWriter:
    """What becomes of each place of a configuration.

    `replacing` are the parameters that take the place of an entry or store, `kept` the places that stay as they were,
    `appended` what is written out at the end of the dictionary that everything begins with. Other places go.
    """

    migrating: Migrating
    replacing: dict[Place, Parameters] = field(default_factory=dict)
    appended: Parameters = field(default_factory=list)
    kept: set[Place] = field(default_factory=set)

    def rewriting(self, made: Made, *, is_main: bool) -> Callable[[Any], cst.CSTNode]:
        """How a display or call is written anew; `is_main` says that it gets what is written out."""
        appended = self.appended if is_main else []
        if isinstance(made, cst.Call):
            return lambda updated: self._rewritten_call(made, updated, appended)
        return lambda updated: self._rewritten_display(made, updated, appended)

    def _rewritten_call(
        self, original: cst.Call, updated: cst.Call, appended: list[tuple[str, cst.BaseExpression]]
    ) -> cst.Call:
        """`dict(…)` or `.update(…)` with other keywords."""
        arguments: list[cst.Arg] = []
        for old, new in zip(original.args, updated.args, strict=True):
            if old in self.kept or old.keyword is None:
                arguments.append(new)
            for index, (name, value) in enumerate(self.replacing.get(old, ())):
                written = _keyword(name, value)
                arguments.append(new.with_changes(keyword=cst.Name(name), value=value) if index == 0 else written)
        arguments.extend(_keyword(name, value) for name, value in appended)
        between = original.args[0].comma if original.args else cst.MaybeSentinel.DEFAULT
        last = original.args[-1].comma if original.args else cst.MaybeSentinel.DEFAULT
        placed = [
            one.with_changes(comma=last if index == len(arguments) - 1 else between)
            for index, one in enumerate(arguments)
        ]
        return updated.with_changes(args=placed)

    def _rewritten_display(
        self, original: cst.Dict, updated: cst.Dict, appended: list[tuple[str, cst.BaseExpression]]
    ) -> cst.Dict:
        between = separator(original)
        last_comma = original.elements[-1].comma if original.elements else cst.MaybeSentinel.DEFAULT
        elements: list[cst.BaseDictElement] = []
        for old, new in zip(original.elements, updated.elements, strict=True):
            if old is original.elements[-1]:
                new = new.with_changes(comma=cst.MaybeSentinel.DEFAULT)
            if not isinstance(old, cst.DictElement) or old in self.kept:
                elements.append(new)
            elif old in self.replacing:
                for index, (name, value) in enumerate(self.replacing[old]):
                    key = self.migrating.string(name, old)
                    if index == 0:
                        elements.append(new.with_changes(key=key, value=value))
                    else:
                        elements.append(cst.DictElement(key, value))
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
        return broken_where_long(updated.with_changes(elements=placed), self.migrating.module.default_indent)

    def rewrite_store(self, store: cst.SimpleStatementLine) -> None:
        """`config["endpointing"] = seconds` as one statement for each parameter that it becomes."""
        edits, written = self.migrating.edits, self.replacing.get(store, [])
        if store in self.kept and not written:
            return
        if not written:
            edits.remove(store)
            block = self.migrating.program.parents[store]
            around = self.migrating.program.parents.get(block)
            if isinstance(around, cst.If) and around.orelse is None and len(block.children) == 1:
                edits.remove(around)
            return
        assign = store.body[0]
        assert isinstance(assign, cst.Assign)
        base = self._base_of(assign.targets[0].target)
        lines: list[cst.SimpleStatementLine] = []
        for name, value in written:
            target = expression("base[key]", base=edits.edited(base), key=self.migrating.string(name, store))
            assert isinstance(target, cst.BaseAssignTargetExpression)
            one = cst.Assign([cst.AssignTarget(target)], value)
            lines.append(cst.SimpleStatementLine([one]))
        edits.rewrite(
            store,
            lambda updated: lines[0].with_changes(
                leading_lines=updated.leading_lines, trailing_whitespace=updated.trailing_whitespace
            ),
        )
        if len(lines) > 1:
            edits.insert_after(store, lambda: [*lines[1:]])

    def _base_of(self, target: cst.CSTNode) -> cst.BaseExpression:
        """The configuration itself in the target of a store."""
        while isinstance(target, cst.Subscript):
            target = target.value
            if not isinstance(target, cst.Subscript):
                break
        assert isinstance(target, cst.BaseExpression)
        return target


def _keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, cst.Name(name), equal=equal)
