"""The state of one file's migration: what is known, what is planned, what is to be said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import Library
from codemods.edits import Edits
from codemods.findings import Finding, Kind
from shim.mapping.row import Vendor


@dataclass(eq=False)
class Migrating:
    """One file on its way to `target`."""

    module: cst.Module
    program: Program
    target: Vendor
    keep_turns: bool = False
    used_elsewhere: frozenset[str] = frozenset()
    """Identifiers that other files of the run use, so that this file must not rename them."""
    assemblyai_version: tuple[int, ...] | None = None
    """The version of AssemblyAI's SDK that the new code is written for; None: the current one."""
    edits: Edits = field(default_factory=Edits)
    findings: list[Finding] = field(default_factory=list)
    new_names: dict[str, str] = field(default_factory=dict)
    dropped: set[cst.If] = field(default_factory=set)
    """The branches that go, of chains of which others may stay; see `codemods.rules.branches`."""
    gone: set[cst.CSTNode] = field(default_factory=set)
    """Nodes inside branches that the edits take away."""
    needed_imports: list[tuple[str, str]] = field(default_factory=list)
    """Imports that the new code needs: module, and the name from it ("" for the module itself)."""

    @property
    def source(self) -> Vendor:
        """The vendor that the program was written for."""
        return self.target.other

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        return wrapper.resolve(PositionProvider)

    def line(self, node: cst.CSTNode | None) -> int:
        """The line of a node, counted from 1; 0 for none."""
        if node is None:
            return 0
        found = self._positions.get(node)
        return found.start.line if found is not None else 0

    def column(self, node: cst.CSTNode) -> int:
        """The column in which a node begins, counted from 0."""
        return self._positions[node].start.column

    def indent_of(self, node: cst.CSTNode) -> int:
        """The column in which the statement around a node begins."""
        return self._positions[self.program.statement_of(node)].start.column

    def report(self, kind: Kind, node: cst.CSTNode | None, text: str) -> None:
        """Adds a finding, once. What a row says of the shim is left out: a rewritten program has none."""
        text = re.sub(r"; the shim [^;]*", "", text)
        finding = Finding(kind, self.line(node), text)
        if finding not in self.findings:
            self.findings.append(finding)

    def code(self, node: cst.CSTNode) -> str:
        """The source of a node, on one line and not too long, for messages."""
        if isinstance(node, cst.Param):
            # A parameter or annotation by itself cannot be written: its place decides how.
            node = node.name
        if isinstance(node, cst.Annotation):
            node = node.annotation
        text = " ".join(self.module.code_for_node(node).split())
        return text if len(text) <= 60 else f"{text[:57]}..."

    # --- names -----------------------------------------------------------------------------------

    def name(self, name: str) -> str:
        """A name of the program as it is after the migration."""
        return self.new_names.get(name, name)

    def imported_as(self, library: str) -> str | None:
        """The name that the module imports a library's module or function under, if it does."""
        for definition in self._module_definitions():
            if definition.value == Library(library) and isinstance(definition.node, cst.ImportAlias):
                return definition.name
        return None

    def _module_definitions(self) -> Iterable[Definition]:
        scope = self.program.scopes[self.module]
        return (one for definitions in scope.definitions.values() for one in definitions)

    def use_module(self, module: str) -> cst.BaseExpression:
        """An expression for a module, which is imported if it is not."""
        name = self.imported_as(module)
        if name is None:
            self.needed_imports.append((module, ""))
            name = module
        return cst.parse_expression(name)

    def use_function(self, module: str, function: str) -> cst.BaseExpression:
        """An expression for a module's function, which is imported if it is not."""
        name = self.imported_as(f"{module}.{function}")
        if name is None:
            self.needed_imports.append((module, function))
            name = function
        return cst.Name(name)

    # --- strings ---------------------------------------------------------------------------------

    @cached_property
    def file_quote(self) -> str:
        """The quote that the file's string literals mostly have."""
        code = self.module.code
        return "'" if code.count("'") > 2 * code.count('"') else '"'

    def quote_at(self, node: cst.CSTNode) -> str:
        """The quote that a string literal at a node can use: never the one of an f-string around it."""
        current: cst.CSTNode | None = node
        while current is not None:
            if isinstance(current, cst.FormattedString):
                return "'" if current.end.endswith('"') else '"'
            current = self.program.parents.get(current)
        return self.file_quote

    def string(self, text: str, near: cst.CSTNode) -> cst.SimpleString:
        """A string literal in the file's style, fit to stand at `near`."""
        quote = self.quote_at(near)
        escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
        return cst.SimpleString(f"{quote}{escaped}{quote}")


def like(literal: cst.SimpleString, text: str) -> cst.SimpleString:
    """A string literal with another text, its prefix and quotes kept."""
    return literal.with_changes(value=f"{literal.prefix}{literal.quote}{text}{literal.quote}")
