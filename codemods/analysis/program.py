"""What the analysis knows of one module: the values of its expressions and the events of its sessions.

For rules that read a configuration: `program.dictionary_facts(value)` gives every place that puts an entry into a
dictionary (displays, stores, `update`, `setdefault`, `**other`, `a | b`, `dict(a, k=v)`, copies and filters), each with
its key, nodes and value, whether it is certain to be there, the keys that are taken out again, and where something
comes in that nobody can know (`complete`). Nested dictionaries are asked about by their values.
`program.dictionaries[site]` holds the same unmerged: `entries` as written at the site, `changes` as nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import libcst as cst

from codemods.analysis.dictionaries import Dictionaries, Dictionary, DictionaryFacts, Dumped, Entry
from codemods.analysis.environment import Definition, Scope
from codemods.analysis.handlers import Registration
from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.named_choice import NamedChoice
from codemods.analysis.propagation import Propagation
from codemods.analysis.sockets import Connect, Send
from codemods.analysis.values import NOTHING, UNKNOWN, DictDisplay, Known, Value, alternatives

__all__ = ["Dictionary", "DictionaryFacts", "Entry", "Program"]


@dataclass(eq=False)
class Program:
    """The facts of one module after the analysis."""

    module: cst.Module
    values: dict[cst.CSTNode, Value] = field(default_factory=dict)
    parents: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    reaching: dict[cst.Name, frozenset[Definition]] = field(default_factory=dict)
    at_statement: dict[cst.CSTNode, Mapping[str, frozenset[Definition]]] = field(default_factory=dict)
    scopes: dict[cst.CSTNode, Scope] = field(default_factory=dict)
    propagation: Propagation | None = None
    """Who runs the analysis, and is to be told who reads what."""
    followed: set[cst.CSTNode] = field(default_factory=set)
    """Arguments of the program's own methods and classes, and of `cast`, that are the same value in there or behind it.

    A message that a model takes apart, or that is put into a container, is not among them: its fields are known, but
    read by attributes, or by whoever gets the container.
    """
    is_settled: bool = False
    """Whether what has no value by now has none because nothing puts one there."""
    changed_sequences: set[cst.BaseExpression] = field(default_factory=set)
    filtered: dict[cst.DictComp, cst.BaseExpression] = field(default_factory=dict)
    """Comprehensions that give a dictionary's entries again, each or some, by the place that made the dictionary."""
    dumped: dict[cst.BaseExpression, Dumped] = field(default_factory=dict)
    """The dictionaries that are made of objects' fields, by the place that makes them."""
    requests: dict[cst.Call, HttpRequest] = field(default_factory=dict)
    client_headers: dict[cst.CSTNode, tuple[cst.BaseExpression, cst.Call]] = field(default_factory=dict)
    """By where an HTTP client is made: the headers that it sends with every request, and the call that gives them."""
    connects: dict[cst.Call, Connect] = field(default_factory=dict)
    sends: dict[cst.Call, Send] = field(default_factory=dict)
    registrations: dict[cst.CSTNode, Registration] = field(default_factory=dict)
    """By the call that registers; in a loop over a display, by the element that it is for."""
    unrolled: set[cst.Call] = field(default_factory=set)
    """The calls of such loops."""
    shared_sends: set[cst.Call] = field(default_factory=set)
    """Sends over more than one socket."""
    named_choices: dict[cst.Call, NamedChoice] = field(default_factory=dict)
    """The calls of `getattr` that a message's type decides."""
    called: set[cst.CSTNode] = field(default_factory=set)
    """The functions and lambdas that something in the module calls."""
    attribute_expressions: dict[tuple[cst.ClassDef, str], list[cst.BaseExpression]] = field(default_factory=dict)
    """What the program stores in an attribute of its own classes, by class and name."""
    declared: dict[cst.Annotation, cst.Call] = field(default_factory=dict)
    """What stands for the call that made an object of which only an annotation says what it is."""
    declared_attributes: dict[tuple[cst.CSTNode, str], cst.Annotation] = field(default_factory=dict)
    """The annotations of attributes, by class and name."""
    environment_names: set[cst.SimpleString] = field(default_factory=set)
    options: Scope = field(default_factory=lambda: Scope(cst.Module([]), None))
    """The options of the command line that have a default, as names that are given it."""
    files: dict[cst.Module, Path] = field(default_factory=dict)
    """The files that are followed together, by what was parsed of them; none where a text came without a file."""
    tests: frozenset[cst.Module] = frozenset()
    """Those that hold tests of the others: what a test gives the program, or gets of it, is an example, and UNKNOWN."""
    reaching_attributes: dict[cst.Attribute, set[tuple[Scope, str]]] = field(default_factory=dict)
    """The names of other files that are read or set as attributes of those files: scope and name."""
    known_children: dict[cst.CSTNode, Sequence[cst.CSTNode]] = field(default_factory=dict)
    """What was asked for of `children`; the parsed nodes never change."""
    whole: Program | None = None
    """What this is a part of, where some of the files are looked at by themselves."""

    def part(self, modules: Sequence[cst.Module]) -> Program:
        """The facts of some of the files: what stands in them, with the values that come from the others."""
        if len(self.files) <= 1 or len(modules) == len(self.files):
            return self
        inside = {node for module in modules for node in self.nodes_in(module)}
        found = replace(
            self,
            module=modules[0],
            values={node: value for node, value in self.values.items() if node in inside},
            at_statement={node: there for node, there in self.at_statement.items() if node in inside},
            scopes={node: scope for node, scope in self.scopes.items() if node in inside},
            requests={call: request for call, request in self.requests.items() if call in inside},
            connects={call: connect for call, connect in self.connects.items() if call in inside},
            sends={call: send for call, send in self.sends.items() if call in inside},
            registrations={call: one for call, one in self.registrations.items() if call in inside},
            environment_names={one for one in self.environment_names if one in inside},
            files={module: self.files[module] for module in modules},
            whole=self,
        )
        found.__dict__["tables"] = self.tables
        return found

    @property
    def modules(self) -> list[cst.Module]:
        """The files, as they were parsed."""
        return list(self.files) or [self.module]

    def value(self, node: cst.CSTNode) -> Value:
        """What an expression can be; UNKNOWN for what the analysis did not reach."""
        found = self.values.get(node)
        if found is None:
            return self.whole.value(node) if self.whole is not None else UNKNOWN
        return UNKNOWN if found is NOTHING else found

    def module_of(self, node: cst.CSTNode) -> cst.Module:
        """The module that a node stands in; the first one for a node that stands in none."""
        while node in self.parents:
            node = self.parents[node]
        return node if isinstance(node, cst.Module) else self.module

    def behind_imports(self, definitions: Iterable[Definition]) -> list[Definition]:
        """The definitions, with those in other files in the place of the imports that get them."""
        found: list[Definition] = []
        seen: set[Definition] = set()
        waiting = list(definitions)
        while waiting:
            definition = waiting.pop()
            if definition in seen:
                continue
            seen.add(definition)
            if definition.origin is None:
                found.append(definition)
            else:
                scope, name = definition.origin
                waiting.extend(scope.definitions.get(name, ()))
        return found

    def definitions_of(self, node: cst.CSTNode) -> list[Definition]:
        """What gives a name, or an attribute of another file of the program, its value; followed through imports."""
        if isinstance(node, cst.Name):
            return self.behind_imports(self.reaching.get(node, ()))
        if isinstance(node, cst.Attribute):
            places = self.reaching_attributes.get(node, ())
            return self.behind_imports(one for scope, name in places for one in scope.definitions.get(name, ()))
        return []

    def definitions(self) -> list[Definition]:
        """Every definition of every scope."""
        return [one for scope in self.scopes.values() for all_of in scope.definitions.values() for one in all_of]

    def statement_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement (a line or a compound one) that a node stands in."""
        while not isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement, cst.SimpleStatementSuite)):
            node = self.parents[node]
        return node

    def scope_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The function, lambda, class or module that a node stands in."""
        node = self.parents[node]
        while node in self.parents and not isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            node = self.parents[node]
        return node

    def is_inside(self, node: cst.CSTNode, ancestor: cst.CSTNode | None) -> bool:
        """Whether a node is another one or stands inside it."""
        current: cst.CSTNode | None = node
        while current is not None:
            if current is ancestor:
                return True
            current = self.parents.get(current)
        return False

    def nodes_in(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """A node and everything inside it."""
        found, waiting = [], [node]
        while waiting:
            current = waiting.pop()
            found.append(current)
            waiting.extend(self.children(current))
        return found

    def children(self, node: cst.CSTNode) -> Sequence[cst.CSTNode]:
        """What stands directly in a node, in its order. LibCST finds that out anew each time, which is slow."""
        found = self.known_children.get(node)
        if found is None:
            found = self.known_children[node] = node.children
        return found

    # --- while the analysis runs -----------------------------------------------------------------

    def read_cell(self, cell: Hashable) -> Value:
        """What a cell of the analysis holds."""
        return self.propagation.read_cell(cell) if self.propagation is not None else NOTHING

    def grow_cell(self, cell: Hashable, value: Value) -> None:
        """Adds to what a cell of the analysis holds."""
        if self.propagation is not None:
            self.propagation.grow_cell(cell, value)

    # --- dictionaries ----------------------------------------------------------------------------

    @cached_property
    def tables(self) -> Dictionaries:
        """The dictionaries, with how they grow."""
        propagation = self.propagation
        ignore: Callable[[Hashable], None] = lambda _: None  # noqa: E731
        return Dictionaries(
            propagation.note_read if propagation is not None else ignore,
            propagation.note_change if propagation is not None else ignore,
            self._always_runs,
        )

    @property
    def dictionaries(self) -> dict[cst.BaseExpression, Dictionary]:
        """The dictionaries by the place that makes them, each as written there."""
        return self.tables.by_site

    def dictionary_facts(self, value: Value, used_at: cst.CSTNode | None = None) -> DictionaryFacts | None:
        """What can be in the dictionary that a value is; None for a value that is none, or one of several.

        `used_at` is the node where it is used: what is stored only behind that place is not certain there, and unknown
        code that gets it only there or behind changes nothing of what is used.
        """
        only = [one for one in alternatives(value) if one != Known(None)]
        if len(only) != 1 or not isinstance(only[0], DictDisplay):
            return None
        facts = self.tables.facts(only[0].site)
        if used_at is None:
            return facts
        entries = tuple(
            replace(fact, certain=fact.certain and not self.comes_behind(fact.node, used_at)) for fact in facts.entries
        )
        gaps = tuple(one for one in facts.gaps if not self._is_after(one[0], used_at, facts.site))
        return replace(facts, entries=entries, gaps=gaps)

    def _always_runs(self, change: cst.CSTNode, site: cst.CSTNode) -> bool:
        """Whether a change is made whenever its dictionary is: in the same block, behind it, no way out between."""
        made, place = self.statement_of(site), change
        block = self.parents.get(made)
        while place in self.parents and self.parents[place] is not block:
            place = self.parents[place]
            if isinstance(place, (*_CONDITIONS, *_SCOPES)):
                return False
        if place not in self.parents or not isinstance(block, (cst.IndentedBlock, cst.Module)):
            return False
        body = list(block.body)
        if made is place:
            return True
        first, last = body.index(made), body.index(place)  # type: ignore[arg-type]
        between = (node for one in body[first + 1 : last] for node in self.nodes_in(one))
        return first < last and not any(isinstance(one, (cst.Return, cst.Break, cst.Continue)) for one in between)

    def _is_after(self, node: cst.CSTNode, used_at: cst.CSTNode, site: cst.CSTNode) -> bool:
        """Whether what happens at a node comes only after a use, in the same run of the function that made it all."""
        if self.scope_of(used_at) is not self.scope_of(site):
            return False
        if not self.is_inside(used_at, node) and not self.comes_behind(node, used_at):
            return False
        loops = [one for one in self._ancestors(used_at) if isinstance(one, (cst.For, cst.While))]
        return all(self.is_inside(site, one) for one in loops if self.is_inside(node, one))

    def comes_behind(self, node: cst.CSTNode, other: cst.CSTNode) -> bool:
        """Whether a node stands behind another one of the same function."""
        if self.scope_of(node) is not self.scope_of(other):
            return False
        around = self._ancestors(other)
        own = self._ancestors(node)
        common = next((one for one in own if one in set(around)), None)
        if common is None or common is node or common is other:
            return False
        children = list(common.children)
        return children.index(own[own.index(common) - 1]) > children.index(around[around.index(common) - 1])

    def _ancestors(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        found = [node]
        while found[-1] in self.parents:
            found.append(self.parents[found[-1]])
        return found


_CONDITIONS: Final = (
    cst.If,
    cst.For,
    cst.While,
    cst.Try,
    cst.TryStar,
    cst.Match,
    cst.IfExp,
    cst.BooleanOperation,
    cst.ListComp,
    cst.SetComp,
    cst.DictComp,
    cst.GeneratorExp,
)
_SCOPES: Final = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
