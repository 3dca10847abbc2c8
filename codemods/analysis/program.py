"""What the analysis knows of one module: the values of its expressions and the events of its sessions."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.environment import Definition, Scope
from codemods.analysis.handlers import Registration
from codemods.analysis.libraries import Arguments, Connect, HttpRequest, Send
from codemods.analysis.values import NOTHING, UNKNOWN, DictDisplay, Known, Value, join


@dataclass(eq=False, slots=True)
class Entry:
    """One key of a dictionary display or `dict(…)` call. `key` is its constant, UNKNOWN where it is none."""

    key: Value
    node: cst.DictElement | cst.StarredDictElement | cst.Arg
    value_node: cst.BaseExpression
    value: Value


@dataclass(eq=False, slots=True)
class Dictionary:
    """The dictionary made at one place: its entries, and the calls and stores that change it afterwards."""

    site: cst.BaseExpression
    entries: list[Entry] = field(default_factory=list)
    changes: list[cst.CSTNode] = field(default_factory=list)
    added: dict[str, Value] = field(default_factory=dict)

    def get(self, key: str) -> Value:
        """What the key holds; UNKNOWN where something unknown may have set it."""
        value: Value = self.added.get(key, NOTHING)
        for entry in self.entries:
            if isinstance(entry.node, cst.StarredDictElement) or not isinstance(entry.key, Known):
                return UNKNOWN
            if entry.key.value == key:
                value = join(value, entry.value)
        return value if value is not NOTHING else UNKNOWN


@dataclass(eq=False)
class Program:
    """The facts of one module after the analysis."""

    module: cst.Module
    values: dict[cst.CSTNode, Value] = field(default_factory=dict)
    parents: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    reaching: dict[cst.Name, frozenset[Definition]] = field(default_factory=dict)
    at_statement: dict[cst.CSTNode, dict[str, frozenset[Definition]]] = field(default_factory=dict)
    scopes: dict[cst.CSTNode, Scope] = field(default_factory=dict)
    dictionaries: dict[cst.BaseExpression, Dictionary] = field(default_factory=dict)
    changed_sequences: set[cst.BaseExpression] = field(default_factory=set)
    requests: dict[cst.Call, HttpRequest] = field(default_factory=dict)
    connects: dict[cst.Call, Connect] = field(default_factory=dict)
    sends: dict[cst.Call, Send] = field(default_factory=dict)
    registrations: dict[cst.Call, Registration] = field(default_factory=dict)
    shared_sends: set[cst.Call] = field(default_factory=set)
    """Sends over more than one socket."""
    called: set[cst.CSTNode] = field(default_factory=set)
    """The functions and lambdas that something in the module calls."""
    attribute_expressions: dict[tuple[cst.ClassDef, str], list[cst.BaseExpression]] = field(default_factory=dict)
    """What the program stores in an attribute of its own classes, by class and name."""
    environment_names: set[cst.SimpleString] = field(default_factory=set)

    def value(self, node: cst.CSTNode) -> Value:
        """What an expression can be; UNKNOWN for what the analysis did not reach."""
        found = self.values.get(node, UNKNOWN)
        return UNKNOWN if found is NOTHING else found

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
            waiting.extend(current.children)
        return found

    def dictionary_of_call(self, call: cst.Call) -> Value:
        """The dictionary that a `dict(…)` call makes, where all its arguments are keywords."""
        if any(argument.keyword is None for argument in call.args):
            return UNKNOWN
        entries = [
            Entry(Known(argument.keyword.value), argument, argument.value, self.value(argument.value))
            for argument in call.args
            if argument.keyword is not None
        ]
        self._keep(call, entries)
        return DictDisplay(call)

    def _keep(self, site: cst.BaseExpression, entries: list[Entry]) -> None:
        dictionary = self.dictionaries.setdefault(site, Dictionary(site))
        dictionary.entries = entries

    def dictionary_of_display(self, display: cst.Dict, entries: list[Entry]) -> Value:
        """The dictionary that a display makes."""
        self._keep(display, entries)
        return DictDisplay(display)

    def change_dictionary(self, site: cst.BaseExpression, key: Value, value: Value, node: cst.CSTNode) -> None:
        """Notes a store or call that changes a dictionary."""
        dictionary = self.dictionaries.setdefault(site, Dictionary(site))
        if node not in dictionary.changes:
            dictionary.changes.append(node)
        if isinstance(key, Known) and isinstance(key.value, str):
            dictionary.added[key.value] = join(dictionary.added.get(key.value, NOTHING), value)

    def call_dictionary(self, node: cst.Call, site: cst.BaseExpression, name: str, arguments: Arguments) -> Value:
        """What calling a dictionary's method gives."""
        first = arguments.positional[0] if arguments.positional else None
        key = self.value(first) if first is not None else UNKNOWN
        if name in ("get", "pop", "setdefault"):
            if name != "get":
                self.change_dictionary(site, UNKNOWN, UNKNOWN, node)
            if isinstance(key, Known) and isinstance(key.value, str):
                return self.dictionaries.setdefault(site, Dictionary(site)).get(key.value)
            return UNKNOWN
        if name in ("update", "clear", "popitem"):
            self.change_dictionary(site, UNKNOWN, UNKNOWN, node)
            return UNKNOWN
        if name == "copy":
            return UNKNOWN
        return UNKNOWN
