"""The SDK's imports: those of the old one become those that the new code needs, in the same place of each file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import libcst as cst

from codemods.analysis.values import Library, Value
from codemods.findings import REFERENCE_LEFT, SDK_NOT_FOLLOWED
from codemods.layout import LINE_LENGTH
from codemods.migrating import Migrating
from codemods.rules.names.names_bound import names_unbound
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
        self._each: dict[cst.Module, SdkImports] = {migrating.module: self}
        self.handled: set[cst.CSTNode] = set()
        """Nodes that are written anew or go, with everything inside them."""
        self._places: set[cst.CSTNode] = set()
        self.kept: set[cst.CSTNode] = set()
        """References to the package that stay as they are."""

    def at(self, node: cst.CSTNode) -> SdkImports:
        """The imports of the file that a node stands in."""
        place = self._migrating.at(node)
        self._places.add(node)
        if place.module not in self._each:
            other = SdkImports(place, self._package, self._target, self._is_of_sdk)
            other._each, other.handled, other.kept = self._each, self.handled, self.kept
            other._places = self._places
            self._each[place.module] = other
        return self._each[place.module]

    def keep(self, nodes: Iterable[cst.CSTNode]) -> None:
        """Leaves these nodes as they are, with what is imported for them."""
        wanted = (one for one in nodes if isinstance(one, (cst.Name, cst.Attribute)))
        self.kept.update(one for one in wanted if self._is_of_sdk(self._program.value(one)))

    def leave_looks(self) -> None:
        """Leaves what only looks at the package itself, its version or its file, under a TODO."""
        for node, value in self._program.values.items():
            if not isinstance(node, cst.Name) or value != Library(self._package):
                continue
            parent = self._program.parents[node]
            call = self._program.parents.get(parent)
            is_asked = isinstance(parent, cst.Attribute) and parent.attr.value.startswith("__")
            if isinstance(parent, cst.Arg) and isinstance(call, cst.Call):
                callee = self._program.value(call.func)
                is_asked = isinstance(callee, Library) and callee.name.startswith("builtins.")
            if is_asked:
                self.kept.add(node)
                self._migrating.report(REFERENCE_LEFT, node, self._migrating.code(self._program.statement_of(node)))

    def use(self, name: str) -> str:
        """Asks for a class of the target's SDK, in this file; gives the name to write for it."""
        if self._migrating.target is Vendor.ASSEMBLYAI:
            name = assemblyai_sdk.written_name(name, self._migrating.assemblyai_version)
        known = self._migrating.imported_as(f"{self._target}.{name}")
        if known is not None:
            return known
        self._needed.add(name)
        return name

    def plan(self) -> bool:
        """Plans the import statements of all files that are planned together.

        False, with a finding, where something of the old SDK would stay.
        """
        # A test names the SDK to play it: that is said of the test, and stays.
        each = [self.at(one.module) for one in self._migrating.files() if one.module not in self._program.tests]
        found = [(one, one._statements()) for one in each]
        if not any(statements or one._needed for one, statements in found):
            return False
        for one, statements in found:
            self.handled.update(statements)
            if not one._are_in_one_place(statements):
                text = "the SDK is imported in several places, or only under a condition"
                self._migrating.report(SDK_NOT_FOLLOWED, statements[0], text)
                return False
            strange = one._brought_by_star(statements)
            if strange:
                text = f"`{strange[0]}` may be the SDK's or not: it is imported with `*`"
                self._migrating.report(SDK_NOT_FOLLOWED, statements[0], text)
                return False
        if not self._leftovers():
            return False
        sdk.PACKAGE.over(self._migrating.target)
        for one, statements in found:
            one._plan_file(statements)
        return True

    def _brought_by_star(self, statements: list[cst.SimpleStatementLine]) -> list[str]:
        """The names that a star import of the SDK may bring though they are not known to be its own."""
        stars = [one for one in self._program.nodes_in(self._migrating.module) if isinstance(one, cst.ImportStar)]
        own = [one for one in stars if self._program.statement_of(one) in statements]
        if not own or len(own) != len(stars):
            return []
        return sorted(names_unbound(self._migrating.text, frozenset(assemblyai_sdk.EXPORTS)))

    def _are_in_one_place(self, statements: list[cst.SimpleStatementLine]) -> bool:
        """Whether what a file imports can stand where the first import does: all that needs it stands there, too.

        That is the top of the file, a `try` at the top, or the one function that uses the SDK.
        """
        if not statements:
            return True
        module = self._migrating.module
        blocks = {self._program.parents[one] for one in statements}
        if blocks == {module}:
            return True
        scopes = {self._program.scope_of(one) for one in statements}
        if len(scopes) > 1 or len(blocks) > 1:
            return False
        (scope,) = scopes
        (block,) = blocks
        around = self._program.parents.get(block)
        if not (isinstance(around, cst.Try) and around.body is block) and around is not scope:
            return False
        mine = [one for one in self._places if not isinstance(one, cst.Module) and self._is_mine(one)]
        return all(self._program.is_inside(one, scope) for one in mine)

    def _is_mine(self, node: cst.CSTNode) -> bool:
        return self._migrating.at(node) is self._migrating

    def _plan_file(self, statements: list[cst.SimpleStatementLine]) -> None:
        if not statements:
            # Its classes came by way of another file, or the old ones stay; the new ones come from the SDK itself.
            self._migrating.needed_imports.extend((self._target, name) for name in sorted(self._needed))
            return
        for statement in statements[1:] if self._needed else statements:
            self._migrating.edits.remove(statement)
        if self._needed:
            self._migrating.edits.rewrite(statements[0], self._written)

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
            return all(name.split(".")[0] == self._package for name in names) and not self._stays(small.names)
        if isinstance(small, cst.ImportFrom) and small.module is not None and not small.relative:
            of_package = self._migrating.module.code_for_node(small.module).split(".")[0] == self._package
            return of_package and (isinstance(small.names, cst.ImportStar) or not self._stays(small.names))
        return False

    def _stays(self, aliases: Sequence[cst.ImportAlias]) -> bool:
        """Whether an import brings what stays in use: it is shortened to that once the rest is gone."""
        definitions = {one.node: one for one in self._program.definitions() if one.node in aliases}
        return any(
            node in self.kept or self._is_kept_under(node)
            for definition in definitions.values()
            for node in definition.uses
        )

    def _is_kept_under(self, node: cst.CSTNode) -> bool:
        """Whether an attribute of a module is kept: `aai.Transcriber`."""
        parent = self._program.parents.get(node)
        return isinstance(parent, cst.Attribute) and (parent in self.kept or self._is_kept_under(parent))

    def _leftovers(self) -> bool:
        complete = True
        for node, value in self._program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)) or not self._is_of_sdk(value):
                continue
            parent = self._program.parents[node]
            if isinstance(parent, cst.Attribute) and self._is_of_sdk(self._program.value(parent)):
                continue
            if not self.is_handled(node) and self._program.module_of(node) not in self._program.tests:
                complete = False
                self._migrating.report(SDK_NOT_FOLLOWED, node, self._migrating.code(parent))
        return complete

    def is_handled(self, node: cst.CSTNode) -> bool:
        """Whether a node is written anew or goes, itself or with what it stands in."""
        current: cst.CSTNode | None = node
        while current is not None:
            if current in self.handled or current in self.kept or current in self._migrating.edits.removed:
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
