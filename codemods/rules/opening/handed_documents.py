"""The answer's document, handed on from the function of the POST: where it went, the address goes from now on."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.values import Parsed, Value, alternatives
from codemods.migrating import Migrating
from codemods.vendors import gladia


class HandedDocuments:
    """Plans what the names and annotations of one POST's document are called, once they hold the address."""

    def __init__(self, migrating: Migrating, request: HttpRequest) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._request = request

    def rename(self, new: str, as_message: Sequence[cst.CSTNode]) -> None:
        """Calls the address by what it is, where it has a name of its own; what is in `as_message` is no address."""
        for definition in self._program.definitions():
            is_named = isinstance(definition.node, cst.Name) and definition.expression is not None
            if is_named and self._is_only_document(definition.value):
                for node in (definition.node, *definition.uses):
                    if not any(self._program.is_inside(node, one) for one in as_message):
                        self._migrating.edits.replace(node, cst.Name(new))

    def retype(self) -> None:
        """Lets functions and names that were said to give the document say that they give a text."""
        for node in (node for module in self._program.modules for node in self._program.nodes_in(module)):
            if isinstance(node, cst.FunctionDef) and node.returns is not None and self._returns_document(node):
                self._migrating.edits.replace(node.returns.annotation, cst.Name("str"))
            elif isinstance(node, cst.AnnAssign) and node.value is not None and self._is_document(node.value):
                self._migrating.edits.replace(node.annotation.annotation, cst.Name("str"))

    def _is_only_document(self, value: Value) -> bool:
        found = list(alternatives(value))
        is_whole = all(isinstance(one, Parsed) and one.path == () for one in found)
        return is_whole and gladia.is_answer_of(value, self._request)

    def _returns_document(self, function: cst.FunctionDef) -> bool:
        return any(
            isinstance(node, cst.Return)
            and node.value is not None
            and self._program.scope_of(node) is function
            and self._is_document(node.value)
            for node in self._program.nodes_in(function)
        )

    def _is_document(self, node: cst.BaseExpression) -> bool:
        return any(
            isinstance(one, Parsed) and one.path == () and gladia.is_answer_of(one, self._request)
            for one in alternatives(self._program.value(node))
        )
