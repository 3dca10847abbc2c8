"""Values of parameters that only the running program knows, as the other SDK's parameters are given them."""

from __future__ import annotations

import re
from typing import Any

import libcst as cst

from codemods.analysis.values import Known, Library, Value, alternatives
from codemods.literals import literal_code
from codemods.migrating import Migrating
from shim.mapping.row import ABSENT, Vendor

_PLAIN = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Integer, cst.Float)
"""What needs no parentheses in whatever is done with it."""

_VALUE = re.compile(r"""(?<!["'])\bvalue\b""")
"""The name in a conversion that stands for the value; `"value"` is a key."""


class WrittenValues:
    """Writes the conversion of a row (`text`, over the name `value`) for an expression whose edits are made."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program

    def watch(self, node: cst.BaseExpression) -> None:
        """Keeps what becomes of an expression, and of what it chooses from, for when it is written."""
        self._migrating.edits.watch([node])
        for one in choices_of(node):
            self._migrating.edits.watch([one.test, one.body])

    def chooses_none(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is None where none of its tests holds."""
        choices = choices_of(node)
        return bool(choices) and self._program.value(choices[-1].orelse) == Known(None)

    def code(self, node: cst.BaseExpression) -> str:
        return self._migrating.module.code_for_node(self._migrating.edits.updated(node))

    def parameters(self, node: cst.BaseExpression) -> list[cst.Param]:
        """The parameters of the function around it that a name can be."""
        definitions = self._program.reaching.get(node, frozenset()) if isinstance(node, cst.Name) else ()
        return [one.node for one in definitions if isinstance(one.node, cst.Param)]

    def may_be_none(self, node: cst.BaseExpression, value: Value) -> bool:
        """Whether a value can be None when the program runs, by its default or by its parameter's annotation."""
        match node:
            case cst.BooleanOperation(operator=cst.Or()):
                return self.may_be_none(node.right, self._program.value(node.right))
            case cst.IfExp(body=first, orelse=second):
                return any(self.may_be_none(one, self._program.value(one)) for one in (first, second))
        annotations = [one.annotation.annotation for one in self.parameters(node) if one.annotation is not None]
        written = [self._migrating.module.code_for_node(one) for one in annotations]
        return Known(None) in alternatives(value) or any("None" in one or "Optional" in one for one in written)

    def take_away(self, node: cst.BaseExpression) -> None:
        """A variable goes that was made of the SDK's own for a parameter that went, and for nothing else."""
        for definition in self._program.reaching.get(node, ()) if isinstance(node, cst.Name) else ():
            values = alternatives(definition.value)
            statement = definition.statement
            if (
                definition.uses == [node]
                and isinstance(statement, cst.SimpleStatementLine)
                and any(isinstance(one, Library) for one in values)
            ):
                self._migrating.edits.remove(statement)

    def converted(self, text: str, node: cst.BaseExpression) -> str:
        code = self.code(node)
        if text == "value":
            return code
        plain = isinstance(node, _PLAIN) or text.endswith("(value)")
        return _VALUE.sub(lambda _: code if plain else f"({code})", text)

    def where_given(self, text: str, node: cst.BaseExpression, default: Any) -> str:
        """The conversion of a value where it is one, else what is written where none is given."""
        if isinstance(node, cst.IfExp):
            return self._chosen(text, node, default)
        converted = self.converted(text, node)
        if text.startswith("bool("):
            return converted
        if default is ABSENT and text == "value":
            # Gladia's vocabulary is a list, whether it is used or not.
            return f"{converted} or []" if self._migrating.target is Vendor.GLADIA else converted
        return f"{converted} if {self.code(node)} is not None else {self._otherwise(default)}"

    def _otherwise(self, default: Any) -> str:
        """What is written where no value is given: a constant, or an expression."""
        if isinstance(default, cst.BaseExpression):
            return self._migrating.module.code_for_node(default)
        return "None" if default is ABSENT else literal_code(default, self._migrating.file_quote)

    def _chosen(self, text: str, node: cst.IfExp, default: Any) -> str:
        """The conversion of a value that is None unless something holds."""
        test, value = self.code(node.test), self.converted("value", node.body)
        if isinstance(node.orelse, cst.IfExp) and (text.startswith("bool(") or text == "value"):
            converted = _VALUE.sub(lambda _: f"({self.code(node)})", text)
            return converted if text != "value" or default is not ABSENT else f"{converted} or []"
        if text.startswith("bool("):
            return f"bool({value})" if test == value else f"bool({test} and {value})"
        if default is ABSENT and text == "value":
            otherwise = "[]" if self._migrating.target is Vendor.GLADIA else "None"
            return f"{value} or {otherwise}" if test == value else f"{value} if {test} else {otherwise}"
        otherwise = self._otherwise(default)
        if isinstance(node.orelse, cst.IfExp):
            otherwise = self._chosen(text, node.orelse, default)
        return f"{self.converted(text, node.body)} if {test} else {otherwise}"


def choices_of(node: cst.BaseExpression) -> list[cst.IfExp]:
    """The conditional expressions that choose a value, each the other choice of the one before."""
    found: list[cst.IfExp] = []
    while isinstance(node, cst.IfExp):
        found.append(node)
        node = node.orelse
    return found
