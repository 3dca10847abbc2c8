"""`hasattr(event, "words")`: whether an SDK's object has an attribute, which its class alone decides."""

from __future__ import annotations

from typing import Any

import libcst as cst

from codemods.analysis.values import Known, Library, Parsed
from codemods.migrating import Migrating, like
from codemods.rules.absent.prepared import PreparedReads
from codemods.rules.sdk.fields.field_rows import FieldRows
from shim.mapping import session


class AttributeTestRule:
    """Plans what becomes of such tests: one that always holds goes where something else is asked beside it."""

    def __init__(self, migrating: Migrating, fields: FieldRows, prepared: PreparedReads) -> None:
        self._migrating = migrating
        self._prepared = prepared
        self._program = migrating.program
        self._fields = fields

    def plan(self, node: cst.BaseExpression, message: Parsed) -> bool:
        """Plans the edits where `node`, a message or a part of one, stands in such a test; False where it does not."""
        argument = self._program.parents[node]
        call = self._program.parents.get(argument)
        match call:
            case cst.Call(func, [first, cst.Arg(cst.SimpleString() as name)]) if first is argument:
                if self._program.value(func) != Library("builtins.hasattr"):
                    return False
                value = self._program.value(name)
                if not isinstance(value, Known) or not isinstance(value.value, str):
                    return False
                self._plan(call, node, name, message, value.value)
                return True
        return False

    def _plan(
        self, call: cst.Call, node: cst.BaseExpression, name: cst.SimpleString, message: Parsed, attribute: str
    ) -> None:
        inner = message.step(attribute)
        row = self._fields.row_of(inner, whole=not message.path) if isinstance(inner, Parsed) else None
        steps = self._fields.steps(row) if row is not None else ()
        if not steps:
            # The other vendor's object has no such attribute either: the test says so.
            if isinstance(inner, Parsed):
                vendor = session.NAME.of(self._migrating.target)[0]
                way = row.over(self._migrating.target) if row is not None else None
                reason = way.reason if way is not None else ""
                self._prepared.plan_test(call, inner, reason or f"{vendor} sends no such field")
            return
        around = self._program.parents[call]
        if isinstance(around, cst.BooleanOperation) and isinstance(around.operator, cst.And):
            other = "right" if around.left is call else "left"
            self._migrating.edits.rewrite_further(around, lambda updated: _only(updated, getattr(updated, other)))
            return
        if isinstance(around, cst.IfExp) and around.test is call:
            self._migrating.edits.rewrite_further(around, lambda updated: _only(updated, updated.body))
            return
        behind = steps[len(self._fields.target_of(message)) :]
        self._migrating.edits.replace(name, like(name, str(behind[-1])))

        def further_in(updated: cst.Arg) -> cst.Arg:
            value = updated.value
            for step in behind[:-1]:
                value = cst.Attribute(value, cst.Name(str(step)))
            return updated.with_changes(value=value)

        self._migrating.edits.rewrite_further(call.args[0], further_in)


def _only(whole: Any, part: Any) -> Any:
    """A part in the place of the whole, in its parentheses."""
    return part.with_changes(lpar=[*whole.lpar, *part.lpar], rpar=[*part.rpar, *whole.rpar])
