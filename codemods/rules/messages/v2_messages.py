"""Reading AssemblyAI's messages of before v3: two types of transcript become Gladia's one, told apart by a flag."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Known, Sequence, Value
from codemods.edits import expression, in_parentheses
from codemods.findings import FIELD_UNCLEAR
from codemods.rules.branches import report_never_sent
from codemods.rules.messages.message_rule import MessageRule
from codemods.vendors.assemblyai_sessions import V2
from shim.mapping import assemblyai_v2
from shim.mapping.paths import steps_of
from shim.mapping.row import Row

_PARTIAL: Final = assemblyai_v2.PARTIAL.assemblyai[0]
_FINAL: Final = assemblyai_v2.FINAL.assemblyai[0]
_TRANSCRIPTS: Final = frozenset((_PARTIAL, _FINAL))
_RENAMED: Final = {row.assemblyai[0]: row for row in (assemblyai_v2.TERMINATED,)}
_NEVER_SENT: Final = (assemblyai_v2.BEGINS, assemblyai_v2.INFORMATION, assemblyai_v2.REALTIME_ERROR)
_GONE: Final = {row.assemblyai[0]: row for row in _NEVER_SENT}
_POSITIVE: Final = (cst.Equal, cst.In)
_NEGATIVE: Final = (cst.NotEqual, cst.NotIn)


class V2MessageRule(MessageRule):
    """Plans what becomes of every place where a program reads these messages."""

    _type_path = V2.type_path
    _any_types = _TRANSCRIPTS

    def _server_rows(self) -> tuple[Row, ...]:
        return V2.server_rows

    def _taken_apart(self) -> set[cst.CSTNode]:
        # Two types become one with a flag: patterns and models are left to a person.
        return {owner for node in list(self._program.values) if (owner := self._asked_for_text(node)) is not None}

    def _asked_for_text(self, node: cst.CSTNode) -> cst.BaseExpression | None:
        """Plans `"text" in message`, which both types of transcript have; gives the message, None for other tests."""
        match node:
            case cst.Comparison(left, [cst.ComparisonTarget(cst.In() | cst.NotIn() as operator, owner)]):
                key, message = self._program.value(left), self._places.message(self._program.value(owner))
            case _:
                return None
        if node in self._migrating.gone or message is None or message.path or not isinstance(key, Known):
            return None
        rows = [row for row in assemblyai_v2.FIELDS if steps_of(row.assemblyai[0])[1:] == (key.value,) and row.gladia]
        if not rows or not all(steps_of(row.gladia[0])[0] == assemblyai_v2.FINAL.gladia[0] for row in rows):
            return None
        for row in (*rows, assemblyai_v2.FINAL):
            row.over(self._migrating.target)
        compared = "==" if isinstance(operator, cst.In) else "!="
        names = {one: self._migrating.string(one, node) for one in ("type", assemblyai_v2.FINAL.gladia[0])}
        around = self._program.parents[node]
        alone = self._stands_alone(node) or isinstance(around, (cst.BooleanOperation, cst.UnaryOperation))

        def asked(updated: cst.Comparison) -> cst.BaseExpression:
            message = updated.comparisons[0].comparator
            kind = expression("message.get(key)", message=message, key=names["type"])
            test = expression(f"kind {compared} name", kind=kind, name=names[assemblyai_v2.FINAL.gladia[0]])
            return test if alone else in_parentheses(test)

        self._migrating.edits.rewrite(node, asked)
        return owner

    def _type_is_read(self, node: cst.BaseExpression) -> None:
        message = self._places.message(self._program.value(node))
        if message is not None and self._places.base_of(node)[1] > 0:
            self._accesses.rewrite(node, message, ("type",), "value")
        parent = self._program.parents[node]
        comparison = self._program.parents[parent] if isinstance(parent, cst.ComparisonTarget) else parent
        if isinstance(comparison, cst.Match):
            self._give_up(node, f"a `match` over the type has no counterpart: {self._code(comparison.subject)}")
        elif isinstance(comparison, cst.Comparison) and comparison not in self._migrating.gone:
            self._type_is_tested(node, comparison)

    def _type_is_tested(self, node: cst.BaseExpression, comparison: cst.Comparison) -> None:
        sides = [comparison.left, *(one.comparator for one in comparison.comparisons)]
        others = [side for side in sides if side is not node]
        names = _names_of(self._program.value(others[0])) if len(others) == 1 else None
        operator = comparison.comparisons[0].operator
        if names is None or not isinstance(operator, (*_POSITIVE, *_NEGATIVE)):
            self._migrating.report(
                FIELD_UNCLEAR, node, f"this test of the type has no counterpart: {self._code(comparison)}"
            )
            self._complete = False
            return
        positive = isinstance(operator, _POSITIVE)
        if names <= _TRANSCRIPTS:
            self._transcripts_are_tested(node, comparison, names, positive)
        elif len(names) == 1 and names <= _RENAMED.keys():
            row = _RENAMED[next(iter(names))]
            row.over(self._migrating.target)
            self._write_test(node, comparison, row.gladia[0], None, positive)
        elif len(names) == 1 and names <= _GONE.keys() and isinstance(others[0], cst.SimpleString):
            self._branch_goes(others[0], _GONE[next(iter(names))])
        else:
            self._give_up(node, f"this test of the type has no counterpart: {self._code(comparison)}")

    def _branch_goes(self, literal: cst.SimpleString, row: Row) -> None:
        row.over(self._migrating.target)
        body = self._types.branch_of(literal)
        is_moved = body is not None and body in self._migrating.gone
        if not self._types.remove_branch(literal):
            self._give_up(literal, f"`{row.assemblyai[0]}` is a message that never comes")
        elif not is_moved:
            report_never_sent(self._migrating, literal, f"`{row.assemblyai[0]}`: {row.over_gladia.reason}", body)

    def _transcripts_are_tested(
        self, node: cst.BaseExpression, comparison: cst.Comparison, names: frozenset[str], positive: bool
    ) -> None:
        kind = assemblyai_v2.FINAL.gladia[0]
        for row in (assemblyai_v2.PARTIAL, assemblyai_v2.FINAL):
            if row.assemblyai[0] in names:
                row.over(self._migrating.target)
        if names == _TRANSCRIPTS:
            self._write_test(node, comparison, kind, None, positive)
            return
        message = self._message_at(node)
        if message is None:
            self._give_up(node, f"the message is not at hand where its type is tested: {self._code(comparison)}")
            return
        self._write_test(node, comparison, kind, (message, names == {_FINAL}), positive)

    def _message_at(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The expression of the whole message where its type is tested, if one is at hand there."""
        base, steps = self._places.base_of(node)
        if steps:
            return base
        if not isinstance(node, cst.Name):
            return None
        definitions = self._program.reaching.get(node, frozenset())
        made = [one.expression for one in definitions]
        if len(made) != 1 or made[0] is None:
            return None
        base, steps = self._places.base_of(made[0])
        if not steps or not isinstance(base, cst.Name):
            return None
        there = self._program.at_statement.get(self._program.statement_of(node), {}).get(base.value)
        return base if there == self._program.reaching.get(base) else None

    def _write_test(
        self,
        node: cst.BaseExpression,
        comparison: cst.Comparison,
        kind: str,
        final: tuple[cst.BaseExpression, bool] | None,
        positive: bool,
    ) -> None:
        """Plans the test of one type, and of the flag in the message where `final` gives it and what it has to be."""
        migrating = self._migrating
        is_left = comparison.left is node
        written = migrating.string(kind, comparison)
        steps = steps_of(assemblyai_v2.IS_FINAL.gladia[0])[1:]

        def rewritten(updated: cst.Comparison) -> cst.BaseExpression:
            subject = updated.left if is_left else updated.comparisons[0].comparator
            test = expression("kind == name" if positive else "kind != name", kind=subject, name=written)
            if final is None:
                return test
            message, wanted = final
            flag = migrating.edits.edited(message)
            for step in steps:
                flag = expression("flag[step]", flag=flag, step=migrating.string(str(step), comparison))
            flag = flag if wanted is positive else expression("not flag", flag=flag)
            result: cst.BaseExpression = cst.BooleanOperation(test, cst.And() if positive else cst.Or(), flag)
            return result if self._stands_alone(comparison) else in_parentheses(result)

        if final is not None:
            assemblyai_v2.IS_FINAL.over(migrating.target)
        migrating.edits.rewrite(comparison, rewritten)

    def _stands_alone(self, comparison: cst.Comparison) -> bool:
        return isinstance(self._program.parents[comparison], (cst.If, cst.While, cst.Assert, cst.Assign, cst.Arg))


def _names_of(value: Value) -> frozenset[str] | None:
    match value:
        case Known(str() as name, certain=True):
            return frozenset((name,))
        case Sequence(_, elements) if elements:
            found = [_names_of(one) for one in elements]
            return None if None in found else frozenset(name for one in found if one for name in one)
    return None
