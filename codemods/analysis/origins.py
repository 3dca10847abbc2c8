"""What expressions are made of: every place of the program that gives them, or a part of them, a value.

The analysis says what an expression *is*; this says by way of which names, attributes, parameters and functions it came
to be that, which is what has to be known of a constant that two parts of a program share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    Class,
    DictDisplay,
    Function,
    Instance,
    Library,
    LibraryObject,
    Member,
    Value,
    alternatives,
)


class Way(StrEnum):
    """How a place gives a value."""

    NAME = "a name that is assigned"
    ATTRIBUTE = "an attribute of an object that is assigned"
    FIELD = "a field that a class declares without a value"
    FUNCTION = "a function that is called"
    PARAMETER = "a parameter of a function"
    UNSEEN = "an attribute of an object that nobody sees here"
    OTHER = "anything else: a loop, a `with`, an unpacking"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One place that gives a value. `node` defines it: a name, an attribute, a parameter, a function."""

    node: cst.CSTNode
    name: str
    way: Way
    expression: cst.BaseExpression | None = None


@dataclass(slots=True)
class Origins:
    """What some expressions are made of."""

    nodes: set[cst.CSTNode] = field(default_factory=set)
    """Every node of the expressions, and of those behind their names."""
    places: dict[cst.CSTNode, Place] = field(default_factory=dict)
    """The places by the node that defines each."""
    uses: dict[cst.Name | cst.Attribute, set[cst.CSTNode]] = field(default_factory=dict)
    """The names and attributes that read the places, each with the nodes of the places."""
    ends: set[cst.CSTNode] = field(default_factory=set)
    """The nodes at which the search was told to end; what they are made of is not among the others."""

    def variables(self, program: Program) -> set[str]:
        """The names of the environment variables among them."""
        return {str(one.evaluated_value) for one in program.environment_names if one in self.nodes}


@dataclass(eq=False)
class OriginSearch:
    """Finds out what expressions of one program are made of."""

    program: Program
    unseen: dict[tuple[frozenset[cst.CSTNode], str], cst.Name] = field(default_factory=dict)
    """What stands for the attributes of objects that nobody sees, by what the objects come from."""

    def of(
        self,
        roots: Iterable[cst.CSTNode],
        is_end: Callable[[Value], bool] = lambda _: False,
        without: Set[cst.CSTNode] = frozenset(),
        *,
        parts_alone: bool = False,
        entries_alone: bool = False,
    ) -> Origins:
        """What these expressions are made of, as far as it can be seen.

        Not what values are for which `is_end`, nor what stands in the nodes `without` or is behind such a place.
        `parts_alone`: of an object that nobody sees, the attribute alone that is read, not the object too.
        `entries_alone`: the same of the dictionaries that are seen whole.
        """
        found = Origins()
        waiting = list(roots)
        entered: set[cst.FunctionDef] = set()
        while waiting:
            node = waiting.pop()
            if node in found.nodes or node in found.ends or node in without:
                continue
            if is_end(self.program.values.get(node, UNKNOWN)):
                found.ends.add(node)
                continue
            found.nodes.add(node)
            entry = self._entry(node) if entries_alone and isinstance(node, cst.Subscript) else None
            if entry is not None:
                waiting.extend(entry)
                continue
            if isinstance(node, cst.Call):
                waiting.extend(self._called(node, found, entered))
            places = self._places(node) if isinstance(node, (cst.Name, cst.Attribute)) else []
            for place in places:
                assert isinstance(node, (cst.Name, cst.Attribute))
                if place.way is Way.PARAMETER and self.program.scope_of(place.node) in entered:
                    continue  # what it is given stands in the call by which this came here
                found.uses.setdefault(node, set()).add(place.node)
                if place.node not in found.places:
                    found.places[place.node] = place
                    found.nodes.add(place.node)
                    waiting.extend(self._behind(place) if place.node not in without else ())
            if not parts_alone or not any(one.way is Way.UNSEEN for one in places):
                waiting.extend(self._inside(node, places))
            elif isinstance(node, cst.Attribute):
                found.nodes.add(node.attr)
        return found

    def read_by(self, node: cst.Name | cst.Attribute) -> list[Place]:
        """The places from which a name or an attribute reads its value."""
        return self._places(node)

    def is_handed_in(self, place: Place) -> bool:
        """Whether a place is a parameter that no call which is seen gives a value, nor a telling default."""
        given = self._behind(place) if isinstance(place.node, cst.Param) else [place.node]
        return all(_is_nothing(one) for one in given)

    def given_for(self, parameter: cst.Param) -> list[cst.CSTNode]:
        """What the calls that are seen give for a parameter, and its default."""
        return self._given(parameter)

    def _called(self, call: cst.Call, found: Origins, entered: set[cst.FunctionDef]) -> list[cst.CSTNode]:
        """What the functions of the program return that a call may mean; they are places too."""
        waiting: list[cst.CSTNode] = []
        for function in self._functions(call.func):
            entered.add(function)
            found.places.setdefault(function, Place(function, function.name.value, Way.FUNCTION))
            if isinstance(call.func, (cst.Name, cst.Attribute)):
                found.uses.setdefault(call.func, set()).add(function)
            waiting.extend(self._returned(function))
        return waiting

    def _functions(self, callee: cst.BaseExpression) -> list[cst.FunctionDef]:
        found: list[cst.FunctionDef] = []
        for one in alternatives(self.program.value(callee)):
            match one:
                case Function(cst.FunctionDef() as node):
                    found.append(node)
                case Member(Instance(owner) | Class(owner), name):
                    found.extend(self._methods(owner, name))
        return found

    def _methods(self, owner: cst.ClassDef, name: str) -> list[cst.FunctionDef]:
        return [one.node for one in self._in_class(owner, name) if isinstance(one.node, cst.FunctionDef)]

    def _returned(self, function: cst.FunctionDef) -> list[cst.CSTNode]:
        return [
            node.value
            for node in self.program.nodes_in(function)
            if isinstance(node, (cst.Return, cst.Yield))
            and isinstance(node.value, cst.BaseExpression)
            and self.program.scope_of(node) is function
        ]

    def _places(self, node: cst.Name | cst.Attribute) -> list[Place]:
        definitions = self.program.definitions_of(node)
        if isinstance(node, cst.Attribute) and not definitions:
            found = [place for owner in self._owners(node) for place in self._attribute(owner, node.attr.value)]
            return found or self._unseen_places(node)
        return [place for one in definitions if (place := self._place(one)) is not None]

    def _entry(self, node: cst.Subscript) -> list[cst.CSTNode] | None:
        """What gives the entry of a dictionary that is read by its name; None where anything may have given it."""
        facts = self.program.dictionary_facts(self.program.value(node.value))
        match node.slice:
            case [cst.SubscriptElement(cst.Index(cst.SimpleString(evaluated_value=str() as key)))] if facts is not None:
                return None if facts.gaps else [one.value_node for one in facts.entries if one.key == key]
        return None

    def _unseen_places(self, node: cst.Attribute) -> list[Place]:
        """The place that stands for an attribute of which nothing is seen but the object that it is of."""
        roots = self._roots(node.value) if self.program.value(node) == UNKNOWN else frozenset()
        if not roots:
            return []
        name = node.attr.value
        return [Place(self.unseen.setdefault((roots, name), cst.Name(name)), name, Way.UNSEEN)]

    def _roots(self, node: cst.BaseExpression) -> frozenset[cst.CSTNode]:
        """What an object comes from, by whatever names: parameters, attributes that nobody sees, own classes."""
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return frozenset()
        owners = self.program.value(node)
        if isinstance(owners, (Instance, Class)):
            return frozenset([owners.node])
        found: set[cst.CSTNode] = set()
        waiting, seen = self._places(node), set[cst.CSTNode]()
        while waiting:
            place = waiting.pop()
            if place.node in seen:
                continue
            seen.add(place.node)
            if isinstance(place.expression, (cst.Name, cst.Attribute)):
                waiting.extend(self._places(place.expression))
            else:
                found.add(place.node)
        return frozenset(found)

    def _owners(self, node: cst.Attribute) -> list[cst.ClassDef]:
        values = alternatives(self.program.value(node.value))
        return [one.node for one in values if isinstance(one, (Instance, Class))]

    def _attribute(self, owner: cst.ClassDef, name: str) -> list[Place]:
        """The places that give an attribute of a class or its objects a value."""
        found: list[Place] = []
        for definition in self._in_class(owner, name):
            if isinstance(definition.node, cst.FunctionDef):
                found.append(Place(definition.node, name, Way.FUNCTION))
            elif (place := self._place(definition)) is not None:
                found.append(place)
        for each in self._lineage(owner):
            found.extend(self._stored.get((each, name), ()))
            found.extend(Place(target, name, Way.FIELD) for target in self._fields(each) if target.value == name)
        return found

    @cached_property
    def _stored(self) -> dict[tuple[cst.ClassDef, str], list[Place]]:
        """The places that assign to attributes of the program's own objects."""
        found: dict[tuple[cst.ClassDef, str], list[Place]] = {}
        for node in (node for module in self.program.modules for node in self.program.nodes_in(module)):
            match node:
                case cst.Assign([cst.AssignTarget(cst.Attribute() as target)], expression):
                    pass
                case cst.AnnAssign(cst.Attribute() as target, value=cst.BaseExpression() as expression):
                    pass
                case _:
                    continue
            for owner in self._owners(target):
                place = Place(target, target.attr.value, Way.ATTRIBUTE, expression)
                found.setdefault((owner, target.attr.value), []).append(place)
        return found

    def _fields(self, owner: cst.ClassDef) -> list[cst.Name]:
        body = owner.body.body if isinstance(owner.body, cst.IndentedBlock) else ()
        small = [one for line in body if isinstance(line, cst.SimpleStatementLine) for one in line.body]
        return [
            one.target
            for one in small
            if isinstance(one, cst.AnnAssign) and one.value is None and isinstance(one.target, cst.Name)
        ]

    def _in_class(self, owner: cst.ClassDef, name: str) -> list[Definition]:
        for each in self._lineage(owner):
            scope = self.program.scopes.get(each)
            if scope is not None and name in scope.definitions:
                return self.program.behind_imports(scope.definitions[name])
        return []

    def _lineage(self, owner: cst.ClassDef) -> list[cst.ClassDef]:
        """A class and the program's own classes that it is derived from."""
        found: list[cst.ClassDef] = []
        waiting = [owner]
        while waiting:
            current = waiting.pop(0)
            if current not in found:
                found.append(current)
                bases = [one for base in current.bases for one in alternatives(self.program.value(base.value))]
                waiting.extend(one.node for one in bases if isinstance(one, Class))
        return found

    def _place(self, definition: Definition) -> Place | None:
        node = definition.node
        match node:
            case cst.ImportAlias() | cst.ClassDef() | cst.FunctionDef():
                return None  # a library's, or followed where it is called
            case cst.Param():
                is_object = isinstance(definition.value, (Instance, Class)) and self._is_first(node)
                return None if is_object else Place(node, definition.name, Way.PARAMETER)
            case cst.Name() if definition.expression is not None:
                return Place(node, definition.name, Way.NAME, definition.expression)
        if isinstance(definition.value, Library):
            return None
        return Place(node, definition.name, Way.OTHER)

    def _is_first(self, parameter: cst.Param) -> bool:
        """Whether a parameter is the `self` of a method."""
        function = self.program.scope_of(parameter)
        if not isinstance(function, cst.FunctionDef) or not isinstance(self._class_of(function), cst.ClassDef):
            return False
        first = [*function.params.posonly_params, *function.params.params][:1]
        return first == [parameter]

    def _class_of(self, function: cst.FunctionDef) -> cst.CSTNode | None:
        return self.program.parents.get(self.program.parents[function])

    def _behind(self, place: Place) -> list[cst.CSTNode]:
        """What a place gets its value from."""
        if place.expression is not None:
            return [place.expression]
        if isinstance(place.node, cst.FunctionDef):
            return self._returned(place.node)
        if place.way is Way.OTHER:
            # What a loop goes through, a `with` opens, an unpacking takes apart.
            statement = self.program.statement_of(place.node)
            return [one for one in self.program.children(statement) if not isinstance(one, cst.BaseSuite)]
        if isinstance(place.node, cst.Param):
            return self._given(place.node)
        return []

    def _given(self, parameter: cst.Param) -> list[cst.CSTNode]:
        """What the calls that are seen give for a parameter, and its default."""
        found: list[cst.CSTNode] = [parameter.default] if parameter.default is not None else []
        function = self.program.scope_of(parameter)
        if not isinstance(function, cst.FunctionDef):
            return found
        parameters = [*function.params.posonly_params, *function.params.params]
        position = parameters.index(parameter) if parameter in parameters else len(parameters)
        owner = self._class_of(function)
        is_static = any(
            isinstance(one.decorator, cst.Name) and one.decorator.value == "staticmethod" for one in function.decorators
        )
        position -= isinstance(owner, cst.ClassDef) and not is_static
        for call in self._calls.get(function, ()):
            given = Arguments.of(call).get(position, parameter.name.value)
            if given is not None:
                found.append(given)
        return found

    @cached_property
    def _calls(self) -> dict[cst.FunctionDef, list[cst.Call]]:
        """The calls of each function of the program; those of a class count as calls of its `__init__`."""
        found: dict[cst.FunctionDef, list[cst.Call]] = {}
        whole = self.program.whole or self.program
        for node in whole.values:
            if not isinstance(node, cst.Call):
                continue
            called = self._functions(node.func)
            for one in alternatives(self.program.value(node.func)):
                called.extend(self._methods(one.node, "__init__") if isinstance(one, Class) else ())
            for function in called:
                found.setdefault(function, []).append(node)
        return found

    def _inside(self, node: cst.CSTNode, places: list[Place]) -> list[cst.CSTNode]:
        """The parts of an expression to go on with, and the dictionary that it is or the headers that it carries."""
        value = self.program.value(node) if isinstance(node, cst.BaseExpression) else None
        found: list[cst.CSTNode] = [value.site] if isinstance(value, DictDisplay) else []
        if isinstance(value, LibraryObject) and value.site in self.program.client_headers:
            headers, given_by = self.program.client_headers[value.site]
            found.extend([headers, given_by])
        if isinstance(node, cst.Attribute):
            # What an object is called says nothing of the one attribute of it that is meant.
            return [*found, *([] if places or self._owners(node) else [node.value])]
        if isinstance(node, cst.Arg):
            return [*found, node.value]
        return [*found, *self.program.children(node)]


def _is_nothing(node: cst.CSTNode) -> bool:
    """Whether an expression is `None` or an empty text, as defaults are that say nothing."""
    is_empty = isinstance(node, cst.SimpleString) and not node.evaluated_value
    return is_empty or (isinstance(node, cst.Name) and node.value == "None")
