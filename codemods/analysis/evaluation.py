"""What all of the evaluation stands on: definitions, names, scopes, and what the parts ask of one another."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition, Environment, Scope
from codemods.analysis.handlers import EventLibrary
from codemods.analysis.narrowing import Narrowing
from codemods.analysis.program import Program
from codemods.analysis.propagation import Propagation
from codemods.analysis.reaching import Names, Reaching
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Instance,
    Known,
    Library,
    Member,
    OwnModule,
    Value,
    alternatives,
    join,
)

_NAMED: Final = (Class, Instance, Known, Library, Member, OwnModule)
_BUILTINS: Final = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Handed:
    """What a call hands over. `more` and `others` are what `*args` and `**kwargs` may add; NOTHING where none is."""

    positional: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
    more: Value = NOTHING
    others: Value = NOTHING
    nodes: dict[str | int, cst.BaseExpression] = field(default_factory=dict, compare=False)


class Evaluation(Propagation):
    """Definitions and names; statements, calls and expressions are the business of the classes built on this one."""

    def __init__(self, module: cst.Module, libraries: tuple[EventLibrary, ...] = ()) -> None:
        super().__init__(module)
        self.program = Program(module)
        self.program.propagation = self
        self.names = Names()
        self.libraries = libraries
        self.narrowing = Narrowing(self.program, libraries)
        self.definitions: dict[tuple[cst.CSTNode, str], Definition] = {}
        self.settled = False
        """Whether what has got no value so far is taken as unknown: only once the known calls and stores are in."""
        self.complete = False
        """Whether what still has no value after that never gets one: endless functions, code that only raises."""
        self._generators: dict[cst.CSTNode, bool] = {}
        self.functions: dict[cst.CSTNode, Scope] = {}
        self.statement: cst.CSTNode | None = None
        self.bases: dict[cst.ClassDef, tuple[Value, ...]] = {}
        self._derived: dict[cst.ClassDef, list[cst.ClassDef]] = {}
        self._attributes_set: dict[cst.ClassDef, frozenset[str]] = {}
        self.wrappers: dict[cst.CSTNode, str] = {}
        """Functions that decorators put around another one, and the name they know that by."""
        self.bound: dict[cst.BaseExpression, tuple[Value, Handed]] = {}
        self.evaluated: list[cst.BaseExpression] = []
        """What has been evaluated since the running module or function began."""

    def module_around(self, node: cst.CSTNode) -> cst.CSTNode:
        return self.program.module_of(node)

    def across(self, place: cst.CSTNode, value: Value) -> Value:
        """A value of a place as who is running gets it: a test gets the program's classes and constants alone."""
        if value is NOTHING or not self.is_apart(place):
            return value
        kept = [one for one in alternatives(value) if isinstance(one, _NAMED)]
        return value if len(kept) == len(list(alternatives(value))) else UNKNOWN

    # --- definitions and names -------------------------------------------------------------------

    def define(
        self,
        environment: Environment,
        name: str,
        node: cst.CSTNode,
        value: Value,
        expression: cst.BaseExpression | None = None,
    ) -> Definition:
        """Gives a name a value at `node`; values of one definition only ever grow."""
        scope = environment.scope
        declared = scope.elsewhere.get(name)
        if declared is not None:
            scope = self._declaring_scope(scope, name, declared)
        definition = self.definitions.get((node, name))
        if definition is None:
            definition = Definition(name, node, self.statement, expression)
            self.definitions[node, name] = definition
        if definition.scope is not scope:
            definition.scope = scope
            scope.definitions.setdefault(name, []).append(definition)
            self.note_change((scope, name))
        self.grow(definition, value)
        if scope is environment.scope:
            environment.define(definition)
        elif definition not in scope.set_elsewhere.get(name, ()):
            scope.set_elsewhere[name] = scope.set_elsewhere.get(name, frozenset()) | {definition}
            self.note_change((scope, name))
        return definition

    def grow(self, definition: Definition, value: Value) -> None:
        """Adds to what a definition can give its name."""
        joined = join(definition.value, value)
        if joined != definition.value:
            self.note_change(definition)
        definition.value = joined

    def value_in(self, scope: Scope | None, name: str) -> Value:
        """What a name of a scope can be for code that runs at any time."""
        if scope is None:
            return NOTHING
        self.note_read((scope, name))
        value: Value = NOTHING
        for definition in scope.definitions.get(name, ()):
            self.note_read(definition)
            value = join(value, definition.value)
        return value

    def environment_of(self, scope: Scope) -> Environment:
        """The environment in which a scope begins: nothing has been defined yet."""
        return Environment(scope, Reaching(self.names))

    def _declaring_scope(self, scope: Scope, name: str, declared: str) -> Scope:
        while scope.parent is not None:
            scope = scope.parent
            if declared == "nonlocal" and not isinstance(scope.node, (cst.Module, cst.ClassDef)):
                if name in scope.definitions:
                    return scope
            elif isinstance(scope.node, cst.Module):
                return scope
        return scope

    def _read_name(self, node: cst.Name, environment: Environment) -> Value:
        name = node.value
        definitions = environment.reaching.get(name)
        if definitions is not None:
            self.note_read((environment.scope, name))
            definitions |= environment.scope.set_elsewhere.get(name, frozenset())
        else:
            scope: Scope | None = environment.scope
            if name in environment.scope.elsewhere or name not in environment.scope.definitions:
                self.note_read((scope, name))
                scope = environment.scope.parent
                while scope is not None and (name not in scope.definitions or isinstance(scope.node, cst.ClassDef)):
                    self.note_read((scope, name))
                    scope = scope.parent
            if scope is None:
                return Library(f"builtins.{name}") if name in _BUILTINS else UNKNOWN
            self.note_read((scope, name))
            definitions = frozenset(scope.definitions[name])
        known = self.program.reaching.get(node)
        self.program.reaching[node] = definitions if known is None else known | definitions
        value: Value = NOTHING
        for definition in definitions:
            self.note_read(definition)
            value = join(value, definition.value)
        return value

    # --- hooks of the statements -----------------------------------------------------------------

    def assume(self, test: cst.BaseExpression, environment: Environment, truth: bool) -> Environment:
        """What holds where a test came out as `truth`."""
        return self.narrowing.assume(test, environment, truth)

    def evaluate(self, node: cst.BaseExpression, environment: Environment) -> Value:
        """The value of an expression; kept for its node."""
        raise NotImplementedError

    def call_function(
        self, function: cst.FunctionDef | cst.Lambda, handed: Handed, instance: Value | None = None
    ) -> Value:
        """What a function of the program gives; its parameters get what is handed over."""
        raise NotImplementedError

    def call_value(self, callee: Value, handed: Handed) -> Value:
        """What calling a function, method or class of the program with these values gives."""
        raise NotImplementedError

    def call_back(self, function: Value, values: tuple[Value, ...]) -> None:
        """Notes that a library calls a function of the program with these values."""
        raise NotImplementedError

    def bind(self, target: cst.CSTNode, value: Value, environment: Environment) -> None:
        """Binds an assignment's, loop's or `with`'s target."""
        raise NotImplementedError

    def read_own_module(self, module: OwnModule, node: cst.Attribute) -> Value:
        """What an attribute of another file of the program is."""
        raise NotImplementedError

    def imported_by_name(self, name: Value, call: cst.Call) -> Value | None:
        """The files of the program that `importlib.import_module(name)` gives; None where one is not known."""
        raise NotImplementedError

    def meet_function(self, node: cst.FunctionDef | cst.Lambda, environment: Environment) -> None:
        """Notes a function whose body is to be run."""
        raise NotImplementedError

    def scope_for(self, node: cst.CSTNode, parent: Scope) -> Scope:
        """The scope that a node opens; the same one each time."""
        scope = self.program.scopes.get(node)
        if scope is None:
            scope = self.program.scopes[node] = Scope(node, parent)
        return scope
