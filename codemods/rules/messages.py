"""Reading messages: types, fields and their units, wherever a program reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import EACH, JsonText, Known, Parsed, Sequence, Step, Value
from codemods.edits import expression, in_parentheses
from codemods.findings import FIELD_ABSENT, NEVER_SENT, PARAMETER_DIFFERS, WHOLE_MESSAGE
from codemods.migrating import Migrating, like
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening
from shim.mapping import catalogue
from shim.mapping.paths import steps_of
from shim.mapping.row import Fidelity, Row, Section

_TYPE: Final[tuple[Step, ...]] = ("type",)
_ANY: Final = "*"


class MessageRule:
    """Plans what becomes of every place where a program reads a session's messages."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._complete = True
        self._aliases: dict[Definition, cst.Name] = {}

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where something has no counterpart."""
        for node, value in list(self._program.values.items()):
            message = gladia.message_of(value, self._opening)
            if message is None:
                continue
            if isinstance(node, cst.BaseExpression) and message.path and self._base_of(node)[1] == 0:
                # A name that holds a part of a message: the part was converted where it was read.
                if message.path == _TYPE:
                    self._type_is_read(node)
                continue
            if message.path == _TYPE:
                self._type_is_read(node)
            elif self._is_outermost(node) and isinstance(node, cst.BaseExpression):
                if message.path == ():
                    self._whole_is_used(node, message)
                else:
                    self._field_is_read(node, message)
        return self._complete

    def _is_outermost(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents.get(node)
        if isinstance(parent, cst.Attribute):
            # `message.get(…)`: the call is the access, the attribute only its name.
            parent = self._program.parents.get(parent)
        if isinstance(parent, (cst.Subscript, cst.Call)):
            around = gladia.message_of(self._program.value(parent), self._opening)
            return around is None or around.origin is not getattr(self._program.value(node), "origin", None)
        return True

    # --- types -----------------------------------------------------------------------------------

    def _type_is_read(self, node: cst.CSTNode) -> None:
        parent = self._program.parents[node]
        if isinstance(parent, cst.Comparison | cst.ComparisonTarget):
            comparison = parent if isinstance(parent, cst.Comparison) else self._program.parents[parent]
            assert isinstance(comparison, cst.Comparison)
            sides = [comparison.left, *(target.comparator for target in comparison.comparisons)]
            for side in sides:
                if side is not node:
                    self._rename_types(side, self._program.value(side))
        elif isinstance(parent, cst.Match):
            for case in parent.cases:
                self._rename_pattern(case.pattern)

    def _rename_pattern(self, pattern: cst.CSTNode) -> None:
        if isinstance(pattern, cst.MatchValue):
            self._rename_types(pattern.value, self._program.value(pattern.value))
        for child in pattern.children:
            self._rename_pattern(child)

    def _rename_types(self, node: cst.CSTNode, value: Value) -> None:
        match value:
            case Known(str() as name, literal):
                if isinstance(literal, cst.SimpleString):
                    self._rename_type(literal, name)
                else:
                    self._give_up(node, f"the type is put together: {self._migrating.code(node)}")
            case Sequence(_, elements):
                for element in elements:
                    self._rename_types(node, element)
            case Parsed():
                return
            case _:
                self._give_up(node, f"the type is compared with what is only known when it runs: {self._code(node)}")

    def _rename_type(self, literal: cst.SimpleString, name: str) -> None:
        rows = catalogue.find(Section.SERVER, self._migrating.source, (name,))
        if not rows:
            return
        row = rows[0]
        way = row.over(self._migrating.target)
        targets = row.of(self._migrating.target)
        if targets and way.codemod in (Fidelity.SAME, Fidelity.APPROXIMATE):
            self._migrating.edits.replace(literal, like(literal, targets[0]))
            if way.codemod is Fidelity.APPROXIMATE:
                self._migrating.report(PARAMETER_DIFFERS, literal, f"`{name}`: {way.reason}")
        elif not self._remove_branch(literal):
            self._migrating.report(NEVER_SENT, literal, f"`{name}`: {way.reason}")

    def _remove_branch(self, literal: cst.SimpleString) -> bool:
        """Removes an `if` that handles nothing but a message that never comes; False where it does more."""
        comparison = self._program.parents[self._program.parents[literal]]
        branch = self._program.parents.get(comparison)
        if (
            not isinstance(comparison, cst.Comparison)
            or not isinstance(branch, cst.If)
            or branch.test is not comparison
        ):
            return False
        if not isinstance(comparison.comparisons[0].operator, cst.Equal) or len(comparison.comparisons) != 1:
            return False
        before = self._program.parents[branch]
        if isinstance(before, cst.If):
            self._migrating.edits.rewrite(before, lambda updated: _without_next_branch(updated))
        elif branch.orelse is None:
            self._migrating.edits.remove(branch)
        else:
            self._migrating.edits.rewrite(branch, _next_branch)
            return isinstance(branch.orelse, cst.If)
        return True

    # --- whole messages --------------------------------------------------------------------------

    def _whole_is_used(self, node: cst.BaseExpression, message: Parsed) -> None:
        parent = self._program.parents[node]
        if not isinstance(parent, cst.Arg):
            return
        call = self._program.parents[parent]
        if isinstance(call, cst.Call) and isinstance(self._program.value(call), JsonText):
            self._migrating.report(WHOLE_MESSAGE, node, f"{self._code(call)} gives AssemblyAI's message now")

    # --- fields ----------------------------------------------------------------------------------

    def _field_is_read(self, node: cst.BaseExpression, message: Parsed) -> None:
        rows = self._rows_of(message)
        if rows is None:
            self._container_is_read(node, message)
            return
        if len({row.of(self._migrating.target) for row in rows}) > 1:
            self._give_up(node, f"{self._code(node)} can be a field of several messages")
            return
        row = rows[0]
        way = row.over(self._migrating.target)
        targets = row.of(self._migrating.target)
        if not targets or not way.conversion.source:
            self._give_up(node, f"{self._code(node)}: {way.reason or 'no single expression gives it'}")
            return
        if way.codemod is Fidelity.APPROXIMATE:
            self._migrating.report(PARAMETER_DIFFERS, node, f"{self._code(node)}: {way.reason}")
        target = _with_positions(steps_of(targets[0])[1:], message.path)
        self._rewrite(node, message, target, way.conversion.source)

    def _container_is_read(self, node: cst.BaseExpression, message: Parsed) -> None:
        """A place between the message and its fields, such as `data`: over AssemblyAI it is the message itself."""
        path = _general(message.path)
        inside = [
            row
            for row in catalogue.rows(Section.SERVER)
            for one in row.of(self._migrating.source)
            if steps_of(one)[1 : len(path) + 1] == path and len(steps_of(one)) > len(path) + 1
        ]
        if not inside:
            self._give_up(node, f"{self._code(node)} has no counterpart")
            return
        if not self._take_alias_away(node):
            self._rewrite(node, message, (), "value")

    def _take_alias_away(self, node: cst.BaseExpression) -> bool:
        """Removes `utterance = message["data"]["utterance"]` and lets its uses read `message`, if that is the same."""
        base, _ = self._base_of(node)
        assign = self._program.parents[node]
        statement = self._program.statement_of(node)
        definition = next((one for one in self._program.definitions() if one.expression is node), None)
        if (
            not isinstance(base, cst.Name)
            or not isinstance(assign, cst.Assign)
            or len(assign.targets) != 1
            or definition is None
            or not isinstance(statement, cst.SimpleStatementLine)
            or len(statement.body) != 1
        ):
            return False
        reaching = self._program.reaching.get(base)
        for use in definition.uses:
            there = self._program.at_statement.get(self._program.statement_of(use), {})
            alone = self._program.reaching.get(use) == frozenset((definition,))
            if not alone or there.get(base.value) != reaching:
                return False
        self._aliases[definition] = base
        for use in definition.uses:
            self._migrating.edits.rewrite(
                use, lambda _: cst.Name(self._migrating.name(self._without_aliases(base).value))
            )
        self._migrating.edits.remove(statement)
        return True

    def _without_aliases(self, name: cst.Name) -> cst.Name:
        """The name that still stands for the message once the aliases are gone."""
        for definition in self._program.reaching.get(name, ()):
            if definition in self._aliases:
                return self._without_aliases(self._aliases[definition])
        return name

    def _rows_of(self, message: Parsed) -> list[Row] | None:
        """The rows of the field at a place of a message, by the types that it can have there; None: no field."""
        path = _general(message.path)
        found: list[Row] = []
        for row in catalogue.rows(Section.SERVER):
            for one in row.of(self._migrating.source):
                kind, *field = steps_of(one)
                if tuple(field) == path and (message.types is None or kind == _ANY or kind in message.types):
                    found.append(row)
        return found or None

    def _rewrite(self, node: cst.BaseExpression, message: Parsed, target: tuple[Step, ...], source: str) -> None:
        base, steps = self._base_of(node)
        before = gladia.message_of(self._program.value(base), self._opening)
        already = self._target_of_base(before)
        assert _general(target)[: len(already)] == _general(already), "a field lies outside of what holds it"
        rest = target[len(already) :]
        migrating = self._migrating

        def rewritten(updated: cst.BaseExpression) -> cst.BaseExpression:
            inner = updated
            for _ in range(steps):
                inner = _accessed(inner)
            for step in rest:
                inner = self._access(inner, step, node, last=step is rest[-1])
            result = expression(source, value=inner)
            parent = migrating.program.parents[node]
            return result if source == "value" or _takes_any(parent) else in_parentheses(result)

        migrating.edits.rewrite(node, rewritten)

    def _target_of_base(self, base: Parsed | None) -> tuple[Step, ...]:
        """Where the base of an access stands in the other vendor's message."""
        path = base.path if base is not None else ()
        while base is not None and path:
            general = _general(path)
            if general[-1] == EACH:
                around = self._target_of_base(replace(base, path=path[:-1]))
                return (*around, EACH) if around else ()
            rows = self._rows_of(replace(base, path=path))
            if rows and rows[0].of(self._migrating.target):
                return steps_of(rows[0].of(self._migrating.target)[0])[1:]
            path = path[:-1]
        return ()

    def _base_of(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, int]:
        """The expression that a chain of accesses starts from, and how many accesses it has."""
        steps = 0
        current = node
        while True:
            inner = _accessed_in_message(current)
            if inner is None or gladia.message_of(self._program.value(inner), self._opening) is None:
                return current, steps
            current = inner
            steps += 1

    def _access(
        self, inner: cst.BaseExpression, step: Step, style: cst.BaseExpression, *, last: bool
    ) -> cst.BaseExpression:
        """One access in the style of the program's own: a subscript, or `.get(…)` with its default."""
        if isinstance(step, int):
            index = cst.SubscriptElement(cst.Index(cst.parse_expression(str(step))))
            return cst.Subscript(inner, [index])
        key = self._migrating.string(step, style)
        if last and isinstance(style, cst.Call):
            call = expression("inner.get(key)", inner=inner, key=key)
            assert isinstance(call, cst.Call)
            return call.with_changes(args=[*call.args, *style.args[1:]]) if len(style.args) > 1 else call
        return expression("inner[key]", inner=inner, key=key)

    def _code(self, node: cst.CSTNode) -> str:
        return self._migrating.code(node)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(FIELD_ABSENT, node, text)


def _general(path: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(EACH if isinstance(step, int) else step for step in path)


def _with_positions(target: tuple[Step, ...], path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The target's path with the positions that the source's path had in place of EACH."""
    positions = iter([step for step in path if isinstance(step, int)])
    return tuple(next(positions, EACH) if step == EACH else step for step in target)


def _accessed_in_message(node: cst.BaseExpression) -> cst.BaseExpression | None:
    match node:
        case cst.Subscript(value):
            return value
        case cst.Call(cst.Attribute(value, cst.Name("get"))):
            return value
    return None


def _accessed(node: cst.BaseExpression) -> cst.BaseExpression:
    inner = _accessed_in_message(node)
    assert inner is not None
    return inner


def _takes_any(parent: cst.CSTNode) -> bool:
    """Whether any expression can stand below this node without parentheses."""
    return isinstance(
        parent,
        (
            cst.Arg,
            cst.Assign,
            cst.AnnAssign,
            cst.Return,
            cst.Element,
            cst.DictElement,
            cst.FormattedStringExpression,
            cst.Expr,
            cst.Index,
        ),
    )


def _without_next_branch(branch: cst.If) -> cst.If:
    """An `if` without the `elif` behind it."""
    following = branch.orelse
    return branch.with_changes(orelse=following.orelse if isinstance(following, cst.If) else following)


def _next_branch(branch: cst.If) -> cst.BaseCompoundStatement:
    """The `elif` behind an `if`, in its place."""
    following = branch.orelse
    if isinstance(following, cst.If):
        return following.with_changes(leading_lines=branch.leading_lines)
    return branch
