"""Which files of a group must be migrated together or not at all, because half of it would break the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.origins import OriginSearch
from codemods.analysis.program import Program
from codemods.analysis.values import (
    Awaitable,
    Class,
    Connecting,
    Delivered,
    DictDisplay,
    Frame,
    HttpResponse,
    Instance,
    JsonText,
    LibraryObject,
    Member,
    OneOf,
    Parsed,
    ResponseField,
    Sequence,
    Socket,
    Stream,
    Text,
    UrlQuery,
    Value,
    alternatives,
)
from codemods.directions import vendor_packages
from codemods.edits import Edits

_DEEPEST = 6


@dataclass(eq=False)
class Parts:
    """The files of a group, joined to parts."""

    program: Program
    named: frozenset[cst.Module]
    """Those of them that name the vendor."""
    _parent: dict[cst.Module, cst.Module] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._parent = {module: module for module in self.program.modules}
        if len(self._parent) > 1:
            self._join_by_values()
            self._join_by_names()
            self._join_by_origins()
            self._join_by_variables()

    def each(self) -> list[list[cst.Module]]:
        """The parts, in the order of the files."""
        found: dict[cst.Module, list[cst.Module]] = {}
        for module in self.program.modules:
            found.setdefault(self._root(module), []).append(module)
        return list(found.values())

    def join(self, modules: Iterable[cst.Module]) -> bool:
        """Makes one part of those of these files; whether they were several."""
        roots = {self._root(module) for module in modules}
        first, *others = roots
        for other in others:
            self._parent[other] = first
        return bool(others)

    def join_by_edits(self, part: list[cst.Module], edits: Edits) -> bool:
        """Joins a part with the files that its edits change, and with those that import what is changed.

        Whether there are any: the part is to be planned again then.
        """
        if len(self._parent) < 2:
            return False
        touched = {*part}
        for node in edits.nodes():
            statement = self._outermost(node)
            module = self.program.module_of(node)
            touched.add(module)
            touched |= self._importers.get(statement, set())
        if not self.join(touched):
            return False
        self._join_by_names()
        self._join_by_origins()
        return True

    def _root(self, module: cst.Module) -> cst.Module:
        while self._parent[module] is not module:
            module = self._parent[module]
        return module

    # --- values ----------------------------------------------------------------------------------

    def _join_by_values(self) -> None:
        for node, value in self.program.values.items():
            for site in self._sites(value, _DEEPEST):
                self.join((self.program.module_of(node), self.program.module_of(site)))

    def _sites(self, value: Value, depth: int) -> Iterator[cst.CSTNode]:
        """Where the sessions, requests and dictionaries that a value holds are made."""
        if depth == 0:
            return
        match value:
            case HttpResponse(site) | ResponseField(site) | Connecting(site) | Socket(site) | Frame(site):
                yield site
            case Delivered(site) | DictDisplay(site):
                yield site
            case LibraryObject(made_by, site):
                if made_by.split(".")[0] in vendor_packages():
                    yield site
            case Parsed(document):
                yield from self._sites(document, depth - 1)
            case Member(owner):
                yield from self._sites(owner, depth - 1)
            case Awaitable(inner) | Stream(inner) | UrlQuery(_, inner) | JsonText(_, inner):
                yield from self._sites(inner, depth - 1)
            case OneOf(values) | Sequence(_, values) | Text(values):
                for one in values:
                    yield from self._sites(one, depth - 1)

    # --- origins ---------------------------------------------------------------------------------

    def _join_by_origins(self) -> None:
        """Files that name the vendor and give a session its key, its address or its settings, by whatever way.

        A file that hands a key of one file to a session of another need not name the vendor. If the two were not one
        part, the old vendor's key would go to the new one.
        """
        search = OriginSearch(self.program)
        roots = {self._root(module) for module in self.named}
        for call in self._opening_calls:
            module = self.program.module_of(call)
            if self._root(module) in roots:
                givers = {self.program.module_of(node) for node in search.of([call]).nodes}
                self.join((module, *(givers & self.named)))

    @cached_property
    def _opening_calls(self) -> list[cst.Call]:
        """The calls by which anything is opened: requests, sockets, objects of a vendor's package."""
        packages = vendor_packages()
        found = dict.fromkeys((*self.program.requests, *self.program.connects))
        for value in self.program.values.values():
            if isinstance(value, LibraryObject) and value.made_by.split(".")[0] in packages:
                found[value.site] = None
        return list(found)

    def _join_by_variables(self) -> None:
        """Tests that set an environment variable which a program that names the vendor reads."""
        readers: dict[object, set[cst.Module]] = {}
        for name in self.program.environment_names:
            readers.setdefault(name.evaluated_value, set()).add(self.program.module_of(name))
        for modules in readers.values():
            if not modules.isdisjoint(self.program.tests) and not modules <= self.program.tests:
                self.join(modules & self.named)

    # --- names -----------------------------------------------------------------------------------

    def _join_by_names(self) -> None:
        """Files that name the vendor of which one uses the other, itself or by way of files that do not.

        A key goes that way, or the name of one: who reads it from the environment says so, who is handed it need not.
        A file that shares a session with one that names the vendor need not name it either.
        """
        used: dict[cst.Module, set[cst.Module]] = {}
        for module, other, _ in self._links():
            used.setdefault(module, set()).add(other)
        roots = {self._root(module) for module in self.named}
        for first in [module for module in self.program.modules if self._root(module) in roots]:
            waiting: list[tuple[cst.Module, ...]] = [(first,)]
            seen = {first}
            while waiting:
                way = waiting.pop()
                for other in used.get(way[-1], set()) - seen:
                    seen.add(other)
                    if other in self.named:
                        self.join((*way, other))
                    else:
                        waiting.append((*way, other))

    def _links(self) -> Iterator[tuple[cst.Module, cst.Module, list[Definition]]]:
        """Each pair of files of which one uses names of the other, with what it uses."""
        program = self.program
        for definition in program.definitions():
            if definition.origin is None:
                continue
            module = program.module_of(definition.node)
            for one in program.behind_imports([definition]):
                yield module, program.module_of(one.node), [one]
        for attribute in program.reaching_attributes:
            for one in program.definitions_of(attribute):
                yield program.module_of(attribute), program.module_of(one.node), [one]
        for node, value in program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)):
                continue
            for each in alternatives(value):
                if isinstance(each, (Instance, Class)):
                    yield program.module_of(node), program.module_of(each.node), []

    @cached_property
    def _importers(self) -> dict[cst.CSTNode, set[cst.Module]]:
        """The files that import what a statement of a file's top level defines, by the statement."""
        found: dict[cst.CSTNode, set[cst.Module]] = {}
        for module, _, definitions in self._links():
            for definition in definitions:
                if definition.expression is None:
                    # Functions and classes: what passes in and out of them joins files by its values.
                    continue
                found.setdefault(self._outermost(definition.node), set()).add(module)
        return found

    def _outermost(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement of a file's top level that a node stands in."""
        parents = self.program.parents
        while node in parents and not isinstance(parents[node], cst.Module):
            node = parents[node]
        return node
