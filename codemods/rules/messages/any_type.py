"""Fields that are read before anybody asked what a message is: not all of the other vendor's have a place for them.

AssemblyAI's messages are flat: a field that a message has not is simply missing. Gladia's fields lie inside of `data`,
which differs by type, and messages come that AssemblyAI never sent. So a read of a message that may be anything is
given the test that it did without.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import libcst as cst

from codemods.analysis.values import Known, Parsed, Step
from codemods.edits import expression, in_parentheses
from codemods.migrating import Migrating
from shim.mapping.paths import steps_of
from shim.mapping.row import Row, Vendor

_STRIPPED: Final = ".strip()"
_CATCHES: Final = ("KeyError", "LookupError", "Exception", "BaseException")
_LISTS: Final = ("words",)
_STANDS_ALONE: Final = (cst.Assign, cst.AnnAssign, cst.Return, cst.Arg, cst.Element)
"""What can hold any expression without parentheses around it."""


class AnyType:
    """Writes the reads of messages whose type is not known where they are read.

    `rows` are the rows of what the sessions receive. Only Gladia's messages are nested, so there is nothing to do
    towards AssemblyAI.
    """

    def __init__(self, migrating: Migrating, rows: Iterable[Row]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._rows = tuple(rows)

    def kind_to_ask_for(self, message: Parsed, row: Row) -> str | None:
        """The type that a message needs to have for a field of its, where it can have another; None where not."""
        source, target = self._migrating.source, self._migrating.target
        if target is not Vendor.GLADIA or not message.path:
            return None
        kind, *inside = steps_of(row.of(target)[0])
        kinds = {one.of(source)[0] for one in self._rows if one.of(target)[:1] == (kind,) and one.of(source)}
        if len(inside) < 2 or (message.types is not None and message.types <= kinds):
            return None
        return str(kind)

    def is_caught(self, node: cst.CSTNode) -> bool:
        """Whether the program catches the error of a key that is missing, as it was before."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, (cst.FunctionDef, cst.Module)):
            around = self._program.parents.get(current)
            if isinstance(around, cst.Try) and around.body is current:
                return any(one.type is None or self._catches(one.type) for one in around.handlers)
            current = around
        return False

    def _catches(self, caught: cst.BaseExpression) -> bool:
        named = [one.value for one in caught.elements] if isinstance(caught, cst.Tuple) else [caught]
        return any(isinstance(one, cst.Name) and one.value in _CATCHES for one in named)

    def rewritten(
        self,
        node: cst.BaseExpression,
        base: cst.BaseExpression,
        kind: str,
        steps: tuple[Step, ...],
        source: str,
    ) -> cst.BaseExpression | None:
        """A read with its test. None: it stays a plain access, as the program catches what is missing itself.

        `base` is the message, `steps` the way to the field in it, `source` the conversion of the field's value.
        """
        given = node.args[1].value if isinstance(node, cst.Call) and len(node.args) > 1 else None
        asked = isinstance(node, cst.Call)
        is_plain = source in ("value", f"value{_STRIPPED}") and all(isinstance(one, str) for one in steps)
        if asked and is_plain:
            return self._by_get(node, base, steps, source, given)
        if not asked and (self.is_caught(node) or self._is_asked_before(node, kind)):
            return None
        if any(isinstance(one, (cst.Await, cst.NamedExpr, cst.Yield)) for one in self._program.nodes_in(base)):
            return None
        string = self._migrating.string
        name, written = string("type", node), string(kind, node)
        test = expression(
            "base.get(name) == kind" if asked else "base[name] == kind", base=base, name=name, kind=written
        )
        value: cst.BaseExpression = base
        for step in steps:
            key = string(step, node) if isinstance(step, str) else cst.parse_expression(str(step))
            value = expression("value[key]", value=value, key=key)
        value = expression(source, value=value)
        if given is None and steps[-1:] == ("is_final",):
            both = cst.BooleanOperation(test, cst.And(), value)
            return both if isinstance(self._program.parents[node], (cst.If, *_STANDS_ALONE)) else in_parentheses(both)
        choice = cst.IfExp(body=value, test=test, orelse=given or self._empty(steps, source, node))
        return choice if isinstance(self._program.parents[node], _STANDS_ALONE) else in_parentheses(choice)

    def _is_asked_before(self, node: cst.BaseExpression, kind: str) -> bool:
        """Whether `"text" in message` decides that `message["text"]` is reached at all."""
        if not isinstance(node, cst.Subscript) or not isinstance(node.value, cst.Name):
            return False
        current: cst.CSTNode = node
        while not isinstance(current, (cst.FunctionDef, cst.Module)):
            around = self._program.parents[current]
            match around:
                case cst.If(test, body) | cst.IfExp(test, body) if body is current:
                    found = self._asks(test, node.value, kind)
                case cst.BooleanOperation(left, cst.And(), right) if right is current:
                    found = self._asks(left, node.value, kind)
                case _:
                    found = False
            if found:
                return True
            current = around
        return False

    def _asks(self, test: cst.BaseExpression, message: cst.Name, kind: str) -> bool:
        """Whether a test holds only where a message has a field that is of this kind alone."""
        match test:
            case cst.BooleanOperation(left, cst.And(), right):
                return self._asks(left, message, kind) or self._asks(right, message, kind)
            case cst.Comparison(left, [cst.ComparisonTarget(cst.In(), cst.Name() as owner)]):
                known, key = self._program.reaching.get(message), self._program.value(left)
                is_same = known is not None and self._program.reaching.get(owner) == known
                return is_same and isinstance(key, Known) and self._is_field_of(key.value, kind)
        return False

    def _is_field_of(self, name: object, kind: str) -> bool:
        """Whether a field stands in messages of the type alone that is now of this kind."""
        source, target = self._migrating.source, self._migrating.target
        rows = [row for row in self._rows if any(steps_of(one)[1:] == (name,) for one in row.of(source))]
        return bool(rows) and all(row.of(target) and steps_of(row.of(target)[0])[0] == kind for row in rows)

    def _by_get(
        self,
        node: cst.BaseExpression,
        base: cst.BaseExpression,
        steps: tuple[Step, ...],
        source: str,
        given: cst.BaseExpression | None,
    ) -> cst.BaseExpression:
        """`message.get("data", {}).get("utterance", {}).get("text", "").strip()`."""
        string = self._migrating.string
        value: cst.BaseExpression = base
        for step in steps[:-1]:
            value = expression("value.get(key, {})", value=value, key=string(str(step), node))
        key = string(str(steps[-1]), node)
        if given is None and source == "value":
            return expression("value.get(key)", value=value, key=key)
        empty = given or self._empty(steps, source, node)
        if source != "value" and isinstance(empty, cst.Name):
            empty = self._empty(steps, source, node)  # `None` has nothing to strip
        value = expression("value.get(key, empty)", value=value, key=key, empty=empty)
        return expression(source, value=value)

    def _empty(self, steps: tuple[Step, ...], source: str, node: cst.BaseExpression) -> cst.BaseExpression:
        """What stands for a field of a message that has it not: nobody said anything in it."""
        if source.endswith(_STRIPPED):
            return self._migrating.string("", node)
        return cst.List([]) if steps[-1:] == _LISTS else cst.Name("None")
