"""Settings that a program puts into its query after it made it: each becomes a setting of the request body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known
from codemods.edits import Statement, expression
from codemods.migrating import Migrating
from codemods.rules.branches import remove_statements
from codemods.rules.configuration.body_display import Place
from codemods.rules.configuration.dictionary_layout import spread
from shim.mapping.paths import steps_of

_LINE_LENGTH: Final = 88


@dataclass(eq=False, slots=True)
class Store:
    """One store of a constant key: `holder[name] = node`, alone on its line.

    `always` says that nothing but reaching the dictionary decides whether it is made. `written` is what the body gets
    of it, by path.
    """

    name: str
    node: cst.BaseExpression
    holder: cst.BaseExpression
    statement: cst.SimpleStatementLine
    always: bool
    written: dict[str, cst.BaseExpression] = field(default_factory=dict)


def stores_of(program: Program, site: cst.BaseExpression, change: cst.CSTNode) -> list[Store] | None:
    """The stores that a change of a dictionary is, in order; None where it is another change."""
    statement = program.statement_of(change)
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    always = program.parents[statement] is program.parents.get(program.statement_of(site))
    match statement.body[0]:
        case cst.Assign([cst.AssignTarget(cst.Subscript(holder, [cst.SubscriptElement(cst.Index(key))]))], value):
            name = program.value(key)
            if isinstance(name, Known) and isinstance(name.value, str):
                return [Store(name.value, value, holder, statement, always)]
        case cst.Expr(cst.Call(cst.Attribute(holder, cst.Name("update")), arguments)):
            return _updates(program, holder, arguments, statement, always)
    return None


def is_behind(program: Program, store: Store, test: cst.BaseExpression) -> bool:
    """Whether a store is only made where a test holds: it stands in the block of that `if`."""
    block = program.parents[store.statement]
    branch = program.parents.get(block)
    return isinstance(branch, cst.If) and branch.body is block and test.deep_equals(branch.test)


def _updates(
    program: Program,
    holder: cst.BaseExpression,
    arguments: Iterable[cst.Arg],
    statement: cst.SimpleStatementLine,
    always: bool,
) -> list[Store] | None:
    """The stores that `holder.update({…})` or `holder.update(k=v)` stands for."""
    found: list[Store] = []
    for argument in arguments:
        if argument.keyword is not None:
            found.append(Store(argument.keyword.value, argument.value, holder, statement, always))
            continue
        elements = argument.value.elements if isinstance(argument.value, cst.Dict) and not argument.star else [None]
        for element in elements:
            name = program.value(element.key) if isinstance(element, cst.DictElement) else None
            if not isinstance(element, cst.DictElement) or not isinstance(name, Known):
                return None
            found.append(Store(str(name.value), element.value, holder, statement, always))
    return found


class StoredBody:
    """Writes the stores of one configuration, whose entries from the start are below `root`."""

    def __init__(self, migrating: Migrating, root: Place, stores: Iterable[Store]) -> None:
        self._migrating = migrating
        self._root = root
        self._stores = list(stores)

    def plan(self) -> None:
        """Plans the edits: a store gives way to those of what it stands for, one without any goes."""
        by_statement: dict[cst.SimpleStatementLine, list[Store]] = {}
        for store in self._stores:
            by_statement.setdefault(store.statement, []).append(store)
        busy = {one for one, stores in by_statement.items() if any(store.written for store in stores)}
        remove_statements(self._migrating, [one for one in by_statement if one not in busy])
        for statement in busy:
            self._plan_stores(statement, by_statement[statement])

    def _plan_stores(self, statement: cst.SimpleStatementLine, stores: list[Store]) -> None:
        self._migrating.edits.move(statement)

        def statements() -> list[Statement]:
            first, *others = [one for store in stores for one in self._written(store)]
            return [first.with_changes(leading_lines=statement.leading_lines), *others]

        self._migrating.edits.insert_before(statement, statements)

    def _written(self, store: Store) -> list[Statement]:
        found: list[Statement] = []
        tops = dict.fromkeys(str(steps_of(path)[0]) for path in store.written)
        for top in tops:
            inside = {path: node for path, node in store.written.items() if steps_of(path)[0] == top}
            found.extend(self._statement(store, *one) for one in self._assignments(store, top, inside))
        return found

    def _assignments(
        self, store: Store, top: str, inside: dict[str, cst.BaseExpression]
    ) -> list[tuple[tuple[str, ...], cst.BaseExpression]]:
        """Where what is written goes: the whole place where nothing else is in it, otherwise each part of it."""
        own = {tuple(str(step) for step in steps_of(path)) for path in inside}
        there = {(top, *path) for path in _leaves(self._root.inside[top])} if top in self._root.inside else set()
        if there <= own or not there:
            return [
                (
                    (top,),
                    self._nested({path[1:]: self._edited(inside[".".join(path)]) for path in own_in_order(inside)}),
                )
            ]
        return [(path, self._edited(inside[".".join(path)])) for path in own_in_order(inside)]

    def _edited(self, node: cst.BaseExpression) -> cst.BaseExpression:
        return self._migrating.edits.edited(node)

    def _nested(self, leaves: dict[tuple[str, ...], cst.BaseExpression]) -> cst.BaseExpression:
        if () in leaves:
            return leaves[()]
        elements: list[cst.DictElement] = []
        for name in dict.fromkeys(path[0] for path in leaves):
            inner = {path[1:]: node for path, node in leaves.items() if path[0] == name}
            elements.append(cst.DictElement(self._migrating.string(name, self._migrating.module), self._nested(inner)))
        return cst.Dict(elements)

    def _statement(self, store: Store, path: tuple[str, ...], value: cst.BaseExpression) -> Statement:
        target = self._edited(store.holder)
        for step in path:
            target = expression("target[key]", target=target, key=self._migrating.string(step, self._migrating.module))
        assert isinstance(target, cst.BaseAssignTargetExpression)
        column = self._migrating.indent_of(store.statement)
        if isinstance(value, cst.Dict) and column + len(code_of(target)) + len(code_of(value)) + 3 > _LINE_LENGTH:
            value = spread(value, 1, self._migrating.module.default_indent)
        return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], value)])

    def shares_a_place(self) -> Store | None:
        """A store that would hide what another one wrote, both into a place that is not there from the start."""
        seen: dict[str, str] = {}
        for store in self._stores:
            for path in store.written:
                top = str(steps_of(path)[0])
                if top not in self._root.inside and "." in path and seen.setdefault(top, store.name) != store.name:
                    return store
        return None


def code_of(node: cst.CSTNode) -> str:
    """The source of a node that stands in no module yet."""
    return cst.Module([]).code_for_node(node)


def own_in_order(inside: dict[str, cst.BaseExpression]) -> list[tuple[str, ...]]:
    """Paths as steps, in the order in which they are written."""
    return [tuple(str(step) for step in steps_of(path)) for path in inside]


def _leaves(place: Place) -> set[tuple[str, ...]]:
    if place.value is not None:
        return {()}
    return {(name, *path) for name, inner in place.inside.items() for path in _leaves(inner)}
