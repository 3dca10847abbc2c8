"""The SDK's imports: those of the old one become those that the new code needs, in the same place."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.values import Value
from codemods.findings import SDK_NOT_FOLLOWED
from codemods.layout import LINE_LENGTH
from codemods.migrating import Migrating
from codemods.vendors import assemblyai_sdk
from shim.mapping import sdk
from shim.mapping.row import Vendor


class SdkImports:
    """What a file imports of the two SDKs, before and after."""

    def __init__(self, migrating: Migrating, package: str, target: str, is_of_sdk: Callable[[Value], bool]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._package = package
        self._target = target
        self._is_of_sdk = is_of_sdk
        self._needed: set[str] = set()
        self.handled: set[cst.CSTNode] = set()
        """Nodes that are written anew or go, with everything inside them."""

    def use(self, name: str) -> str:
        """Asks for a class of the target's SDK; gives the name to write for it."""
        if self._migrating.target is Vendor.ASSEMBLYAI:
            name = assemblyai_sdk.written_name(name, self._migrating.assemblyai_version)
        known = self._migrating.imported_as(f"{self._target}.{name}")
        if known is not None:
            return known
        self._needed.add(name)
        return name

    def plan(self) -> bool:
        """Plans the import statements; False, with a finding, where something of the old SDK would stay."""
        statements = self._statements()
        if not statements:
            return False
        first, *others = statements
        for statement in statements:
            self.handled.add(statement)
        if any(self._migrating.program.parents.get(one) is not self._migrating.module for one in statements):
            self._migrating.report(SDK_NOT_FOLLOWED, first, "the SDK is not imported at the top of the file")
            return False
        if not self._leftovers():
            return False
        sdk.PACKAGE.over(self._migrating.target)
        for statement in others:
            self._migrating.edits.remove(statement)
        self._migrating.edits.rewrite(first, self._written)
        return True

    def _statements(self) -> list[cst.SimpleStatementLine]:
        nodes = self._program.nodes_in(self._migrating.module)
        found = [one for one in nodes if isinstance(one, cst.SimpleStatementLine) and self._imports_package(one)]
        return sorted(found, key=self._migrating.line)

    def _imports_package(self, statement: cst.SimpleStatementLine) -> bool:
        small = statement.body[0]
        if len(statement.body) != 1:
            return False
        if isinstance(small, cst.Import):
            names = [alias.evaluated_name for alias in small.names]
            return all(name.split(".")[0] == self._package for name in names)
        if isinstance(small, cst.ImportFrom) and small.module is not None and not small.relative:
            return self._migrating.module.code_for_node(small.module).split(".")[0] == self._package
        return False

    def _leftovers(self) -> bool:
        complete = True
        for node, value in self._program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)) or not self._is_of_sdk(value):
                continue
            parent = self._program.parents[node]
            if isinstance(parent, cst.Attribute) and self._is_of_sdk(self._program.value(parent)):
                continue
            if not self.is_handled(node):
                complete = False
                self._migrating.report(SDK_NOT_FOLLOWED, node, self._migrating.code(parent))
        return complete

    def is_handled(self, node: cst.CSTNode) -> bool:
        """Whether a node is written anew or goes, itself or with what it stands in."""
        current: cst.CSTNode | None = node
        while current is not None:
            if current in self.handled or current in self._migrating.edits.removed:
                return True
            current = self._program.parents.get(current)
        return False

    def _written(self, updated: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        names = sorted(self._needed)
        line = f"from {self._target} import {', '.join(names)}"
        if len(line) > LINE_LENGTH:
            line = f"from {self._target} import (\n    " + ",\n    ".join(names) + ",\n)"
        statement = cst.parse_statement(line)
        assert isinstance(statement, cst.SimpleStatementLine)
        return updated.with_changes(body=statement.body)
