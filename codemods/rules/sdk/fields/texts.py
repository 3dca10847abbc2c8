"""Texts that a program puts together: Gladia's begin with the blank between words, AssemblyAI's do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.values import Known, Parsed
from codemods.edits import expression, in_parentheses
from codemods.findings import MESSAGE_NOT_FOLLOWED
from codemods.migrating import Migrating
from codemods.rules.sdk.session_name import owner_of
from shim.mapping.row import Vendor

_FILLING: Final = ("append", "appendleft", "add", "insert", "extend")


class JoinedTextRule:
    """Plans the blank where the texts of Gladia's messages are joined. `message_at` gives what a node reads."""

    def __init__(self, migrating: Migrating, message_at: Callable[[cst.CSTNode], Parsed | None]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._message_at = message_at
        self._containers: set[tuple[str, cst.CSTNode | None]] = set()

    def plan(self, node: cst.BaseExpression) -> None:
        """Plans the edits for one place that reads a text."""
        if self._migrating.target is not Vendor.ASSEMBLYAI:
            return
        edits = self._migrating.edits
        blank = self._migrating.string(" ", node)
        parent = self._program.parents[node]
        match parent:
            case cst.AugAssign(operator=cst.AddAssign()):
                edits.rewrite_further(
                    parent, lambda updated: updated.with_changes(value=expression("a + b", a=blank, b=updated.value))
                )
            case cst.BinaryOperation(operator=cst.Add()) if parent.right is node and not _is_literal(parent.left):
                edits.rewrite_further(
                    parent,
                    lambda updated: updated.with_changes(left=cst.BinaryOperation(updated.left, cst.Add(), blank)),
                )
            case cst.IfExp() if parent.test is not node and self._is_added(parent):
                side = "body" if parent.body is node else "orelse"
                edits.rewrite_further(
                    parent,
                    lambda updated: updated.with_changes(
                        **{side: cst.BinaryOperation(blank, cst.Add(), in_parentheses(getattr(updated, side)))}
                    ),
                )
            case cst.GeneratorExp() | cst.ListComp() if parent.elt is node:
                self._plan_each(parent)
            case cst.Arg():
                match self._program.parents[parent]:
                    case cst.Call(cst.Attribute(container, cst.Name(method))) if method in _FILLING:
                        self._plan_container(container)

    def _is_added(self, node: cst.BaseExpression) -> bool:
        parent = self._program.parents[node]
        return isinstance(parent, cst.AugAssign) and isinstance(parent.operator, cst.AddAssign)

    def _plan_each(self, texts: cst.GeneratorExp | cst.ListComp) -> None:
        around = self._program.parents[texts]
        call = self._program.parents.get(around)
        if isinstance(around, cst.Arg) and isinstance(call, cst.Call):
            if not self._plan_join(call) and isinstance(call.func, cst.Attribute) and call.func.attr.value == "extend":
                self._plan_container(call.func.value)
        elif isinstance(around, cst.Assign) and len(around.targets) == 1:
            self._plan_container(around.targets[0].target)

    def _plan_join(self, call: cst.Call) -> bool:
        """Makes a blank of the separator of `"".join(…)`; False for another call."""
        func = call.func
        if not isinstance(func, cst.Attribute) or func.attr.value != "join":
            return False
        if self._program.value(func.value) == Known("") and isinstance(func.value, cst.SimpleString):
            self._migrating.edits.replace(func.value, self._migrating.string(" ", func.value))
        return True

    def _plan_container(self, container: cst.BaseExpression) -> None:
        """A list that texts are put into: what joins it puts the blank between them."""
        name = _name_of(container)
        place = self._place_of(container)
        if name is None or (name, place) in self._containers:
            return
        self._containers.add((name, place))

        def is_container(node: cst.BaseExpression) -> bool:
            return _name_of(node) == name and self._place_of(node) in (None, place)

        joins: list[cst.Call] = []
        others: list[cst.Call] = []
        for node in self._migrating.nodes():
            if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or not node.args:
                continue
            if node.func.attr.value == "join" and is_container(node.args[0].value):
                if self._program.value(node.func.value) == Known(""):
                    joins.append(node)
            elif (
                node.func.attr.value in _FILLING
                and is_container(node.func.value)
                and not self._is_text(node.args[-1].value)
            ):
                others.append(node)
        if joins and others:
            code = self._migrating.code(others[0])
            self._migrating.report(MESSAGE_NOT_FOLLOWED, others[0], f"{code}: it is joined with the service's texts")
            return
        for join in joins:
            self._plan_join(join)

    def _place_of(self, container: cst.BaseExpression) -> cst.CSTNode | None:
        """The scope or class that a list belongs to; None where it is not known."""
        if isinstance(container, cst.Attribute):
            return owner_of(self._migrating, container)
        if not isinstance(container, cst.Name):
            return None
        for scope in self._program.scopes.values():
            for definition in scope.definitions.get(container.value, ()):
                if container is definition.node or container in definition.uses:
                    return scope.node
        return None

    def _is_text(self, node: cst.BaseExpression) -> bool:
        if isinstance(node, (cst.GeneratorExp, cst.ListComp)):
            node = node.elt
        message = self._message_at(node)
        return message is not None and message.path[-1:] in (("text",), ("word",))


def _name_of(node: cst.BaseExpression) -> str | None:
    """The variable or attribute that holds a list."""
    match node:
        case cst.Name(name):
            return name
        case cst.Attribute(_, cst.Name(name)):
            return name
    return None


def _is_literal(node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.SimpleString, cst.FormattedString))
