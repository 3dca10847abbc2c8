"""The state of one file's migration: what is known, what is planned, what is to be said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from codemods.analysis.environment import Definition
from codemods.analysis.loading import loaded_from
from codemods.analysis.outside import taken_from_outside
from codemods.analysis.program import Program
from codemods.analysis.values import Library, OwnModule
from codemods.edits import Edits, with_other_quotes
from codemods.findings import CONFIGURATION_UNKNOWN, Finding, Kind
from codemods.staying import Staying
from shim.mapping import sdk
from shim.mapping.row import Vendor

_VENDOR_PACKAGES: Final = frozenset(path.split(".")[0] for vendor in Vendor for path in sdk.PACKAGE.of(vendor))


class PartTooSmall(Exception):
    """What is planned concerns one more file, which has to be planned together with it."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__("one more file is concerned")
        self.module = module


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
    places: dict[Finding, cst.CSTNode] = field(default_factory=dict)
    """Where each finding is about, for the TODO that some of them leave."""
    new_names: dict[str, str] = field(default_factory=dict)
    names_given: dict[tuple[cst.CSTNode, str], str] = field(default_factory=dict)
    """By scope and new name: the name that the client had to which an SDK's session or client of that name belongs."""
    dropped: set[cst.If] = field(default_factory=set)
    """The branches that go, of chains of which others may stay; see `codemods.rules.branches`."""
    gone: set[cst.CSTNode] = field(default_factory=set)
    """Nodes inside branches that the edits take away."""
    kept_lines: set[int] = field(default_factory=set)
    """Lines that name the old vendor on purpose: what they are about stays with it."""
    needed_imports: list[tuple[str, str]] = field(default_factory=list)
    """Imports that the new code needs: module, and the name from it ("" for the module itself)."""
    behind_post: set[cst.CSTNode] = field(default_factory=set)
    """Statements that were done at a message, and are done now where the POST is refused."""
    in_old_form: set[cst.CSTNode] = field(default_factory=set)
    """Expressions and parameters that have a message of the old vendor's form in the new program, too."""
    staying: Staying | None = None
    """What stays with the old service; None where nothing does."""
    group: dict[cst.Module, Migrating] = field(default_factory=dict)
    """The files that are planned together, this one among them; empty for a file by itself."""

    def at(self, node: cst.CSTNode) -> Migrating:
        """The state of the file that a node stands in: imports, findings and positions are each file's own.

        Raises PartTooSmall for a node in a file that is not planned together with this one.
        """
        if len(self.group) < 2 and self.program.whole is None:
            return self
        module = self.program.module_of(node)
        if module not in self.group:
            raise PartTooSmall(module)
        return self.group[module]

    def files(self) -> list[Migrating]:
        """The files that are planned together."""
        return list(self.group.values()) or [self]

    @property
    def kept(self) -> Set[cst.CSTNode]:
        """The nodes that must stay as they are, because they are what stays with the old service is made of."""
        return self.staying.kept if self.staying is not None else frozenset()

    def nodes(self) -> list[cst.CSTNode]:
        """Every node of the files that are planned together."""
        return [node for one in self.files() for node in self.program.nodes_in(one.module)]

    @property
    def source(self) -> Vendor:
        """The vendor that the program was written for."""
        return self.target.other

    @cached_property
    def text(self) -> str:
        """The file's source as it was. Many ask for it, and LibCST writes the whole module anew each time."""
        return self.module.code

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        return wrapper.resolve(PositionProvider)

    def line(self, node: cst.CSTNode | None) -> int:
        """The line of a node, counted from 1; 0 for none."""
        if node is None:
            return 0
        positions = self.at(node)._positions
        while node not in positions and node in self.program.parents:
            node = self.program.parents[node]  # what stands for a part of a node has no position of its own
        return positions[node].start.line if node in positions else 0

    def lines(self, node: cst.CSTNode) -> tuple[int, int]:
        """The first and the last line of a node, counted from 1."""
        found = self.at(node)._positions[node]
        return found.start.line, found.end.line

    def corrected_comments(self) -> set[int]:
        """The lines of this file's comments that the edits give another text: they are not lost."""
        comments = (node for node in self.edits.rewrites if isinstance(node, cst.Comment) and node in self._positions)
        return {self._positions[node].start.line for node in comments}

    def column(self, node: cst.CSTNode) -> int:
        """The column in which a node begins, counted from 0."""
        return self.at(node)._positions[node].start.column

    def indent_of(self, node: cst.CSTNode) -> int:
        """The column in which the statement around a node begins."""
        return self.at(node)._positions[self.program.statement_of(node)].start.column

    def report(self, kind: Kind, node: cst.CSTNode | None, text: str) -> None:
        """Adds a finding, once. What a row says of the shim is left out: a rewritten program has none."""
        if node is not None and self.at(node) is not self:
            self.at(node).report(kind, node, text)
            return
        text = without_the_shim(text)
        if node is not None and kind.blocks:
            text += "".join(
                f"; `{name}` comes from `{module}`: give that file as well"
                for name, module in taken_from_outside(self.program, node)
                if module.split(".")[0] not in _VENDOR_PACKAGES
            )
        document = loaded_from(self.program, node) if node is not None and kind is CONFIGURATION_UNKNOWN else None
        if document is not None:
            text += f"; it is loaded from `{document}`"
        finding = Finding(kind, self.line(node), text, document=document or "")
        if finding not in self.findings:
            self.findings.append(finding)
            if node is not None:
                self.places[finding] = node

    def say(self, finding: Finding) -> None:
        """Adds a finding of somebody who knew this file in another form: it is about the statement at its line."""
        self.findings.append(finding)
        statements = (cst.SimpleStatementLine, cst.BaseCompoundStatement)
        starts = {one: where.start.line for one, where in self._positions.items() if isinstance(one, statements)}
        found = [one for one, line in starts.items() if line <= finding.line]
        if found:
            self.places[finding] = max(found, key=lambda one: starts[one])

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

    def own_modules(self) -> frozenset[str]:
        """The first names of the imports that mean other files of the program."""
        found: set[str] = set()
        for definition in self._module_definitions():
            statement = self.program.parents.get(definition.node)
            if definition.origin is None and not isinstance(definition.value, OwnModule):
                continue
            if isinstance(statement, cst.ImportFrom) and statement.module is not None and not statement.relative:
                found.add(self.module.code_for_node(statement.module).split(".")[0])
            elif isinstance(definition.node, cst.ImportAlias) and isinstance(statement, cst.Import):
                found.add(definition.node.evaluated_name.split(".")[0])
        return frozenset(found)

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
        code = self.text
        return "'" if code.count("'") > 2 * code.count('"') else '"'

    def quote_at(self, node: cst.CSTNode) -> str:
        """The quote that a string literal at a node can use: never the one of an f-string around it."""
        current: cst.CSTNode | None = node
        while current is not None:
            if isinstance(current, cst.FormattedString):
                return "'" if current.end.endswith('"') else '"'
            current = self.program.parents.get(current)
        return self.at(node).file_quote

    def source_at(self, source: str, near: cst.CSTNode) -> str:
        """A conversion's expression, fit to stand at a node: an f-string cannot stand in one before Python 3.12."""
        current: cst.CSTNode | None = near
        while current is not None:
            if isinstance(current, cst.FormattedString):
                source = _FORMATTED.sub(r'"\1%\2" % value', source)
            current = self.program.parents.get(current)
        return with_other_quotes(source, self.quote_at(near))

    def string(self, text: str, near: cst.CSTNode) -> cst.SimpleString:
        """A string literal in the file's style, fit to stand at `near`."""
        quote = self.quote_at(near)
        escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
        return cst.SimpleString(f"{quote}{escaped}{quote}")


_FORMATTED: Final = re.compile(r'^f"([^{%]*)\{value:(\w+)\}"$')
"""A conversion that formats what it reads."""


def without_the_shim(reason: str) -> str:
    """What a row's reason says of the services: what the shim does about it is no news of a rewritten program."""
    return re.sub(r"; the (?:shim|gateway) [^;]*", "", reason)


def like(literal: cst.SimpleString, text: str) -> cst.SimpleString:
    """A string literal with another text, its prefix and quotes kept."""
    return literal.with_changes(value=f"{literal.prefix}{literal.quote}{text}{literal.quote}")
