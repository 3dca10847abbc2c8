"""Accesses to messages, written as the other vendor's: `message["data"]["utterance"]`, `.get("transcript", "")`."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Known, Parsed, Step
from codemods.edits import expression, in_parentheses, takes_any
from codemods.migrating import Migrating
from codemods.rules.messages.any_type import AnyType
from codemods.rules.messages.places import MessagePlaces, accessed_in_message, general

_STRIPPED: Final = ".strip()"


class MessageAccesses:
    """Plans the edits of accesses; `any_type` writes those to messages that nobody asked for their type."""

    def __init__(self, migrating: Migrating, places: MessagePlaces, any_type: AnyType) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._places = places
        self._any_type = any_type

    def rewrite(
        self,
        node: cst.BaseExpression,
        message: Parsed,
        target: tuple[Step, ...],
        source: str,
        kind: str | None = None,
        *,
        over_list: bool = False,
    ) -> None:
        """Plans an access as the other vendor's.

        `kind` is the type that the message has to be asked for, if any; `over_list`: what is read is worked out of a
        whole list, so that a default is for the result.
        """
        base, steps = self._places.base_of(node)
        before = self._places.message(self._program.value(base))
        already = self._places.target_of(before)
        assert general(target)[: len(already)] == general(already), "a field lies outside of what holds it"
        rest = target[len(already) :]
        migrating = self._migrating
        if source.endswith(_STRIPPED) and self._is_stripped(node):
            source = source.removesuffix(_STRIPPED)
        is_whole = before is not None and before.path == ()

        def rewritten(updated: cst.BaseExpression) -> cst.BaseExpression:
            inner = updated
            for _ in range(steps):
                inner = _accessed(inner)
            if kind is not None and is_whole:
                # Read before anybody asked what the message is: `.get(…, {})`, or a test of the type.
                quoted = self._migrating.source_at(source, node)
                asked = self._any_type.rewritten(node, inner, kind, rest, quoted)
                if asked is not None:
                    return asked
            for step in rest:
                is_last = step is rest[-1] and not over_list
                inner = self._access(inner, step, node, last=is_last, source=source)
            quoted = self._migrating.source_at(source, node)
            result = expression(quoted, value=inner)
            parent = migrating.program.parents[node]
            return result if source == "value" or takes_any(parent) else in_parentheses(result)

        migrating.edits.rewrite(node, rewritten)

    def _is_stripped(self, node: cst.BaseExpression) -> bool:
        """Whether the program strips a text itself, of blanks or of more."""
        method = self._program.parents[node]
        call = self._program.parents[method]
        return (
            isinstance(method, cst.Attribute)
            and method.attr.value == "strip"
            and isinstance(call, cst.Call)
            and not call.args
        )

    def _access(
        self, inner: cst.BaseExpression, step: Step, style: cst.BaseExpression, *, last: bool, source: str
    ) -> cst.BaseExpression:
        """One access in the style of the program's own: a subscript, or `.get(…)` with its default.

        Where `source` converts what is read, a `.get(…)` that gives None, or a default of the old field's, would
        break that, and the field is always there.
        """
        if isinstance(step, int):
            index = cst.SubscriptElement(cst.Index(cst.parse_expression(str(step))))
            return cst.Subscript(inner, [index])
        key = self._migrating.string(step, style)
        is_popped = isinstance(style, cst.Call) and getattr(getattr(style.func, "attr", None), "value", "") == "pop"
        if is_popped and isinstance(style, cst.Call) and len(style.args) == 1:
            return expression("inner[key]", inner=inner, key=key)
        if last and isinstance(style, cst.Call) and (source == "value" or self._is_taken(style, source)):
            call = expression("inner.get(key)", inner=inner, key=key)
            assert isinstance(call, cst.Call)
            return call.with_changes(args=[*call.args, *style.args[1:]]) if len(style.args) > 1 else call
        return expression("inner[key]", inner=inner, key=key)

    def _is_taken(self, read: cst.Call, source: str) -> bool:
        """Whether a conversion gives for the default of a `.get(…)` what the program has it for."""
        if len(read.args) < 2:
            return False
        default = self._migrating.program.value(read.args[1].value)
        if "." in source:
            return not isinstance(default, Known) or isinstance(default.value, str)
        return not isinstance(default, Known) or default.value == 0


def _accessed(node: cst.BaseExpression) -> cst.BaseExpression:
    inner = accessed_in_message(node)
    assert inner is not None
    return inner
