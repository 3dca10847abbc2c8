"""Where a message is one of several things, of which another is not known: there nobody can say what is read.

The analysis calls such a place unknown, and what is unknown is never rewritten. So its readers go on reading the old
vendor's fields, and have to be given them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    Class,
    Function,
    Instance,
    Known,
    Member,
    Parsed,
    Step,
    Value,
    something,
)
from codemods.rules.messages.carriers import Carriers
from codemods.rules.messages.showing import Showing

_HARMLESS_CALLS: Final = ("isinstance", "len", "type", "bool", "id")


class Lost:
    """Says of names, attributes, parameters and results whether messages in them cannot be told from other things."""

    def __init__(self, program: Program, carriers: Carriers, showing: Showing) -> None:
        self._program = program
        self._carriers = carriers
        self._showing = showing

    def reads(self) -> Iterator[tuple[cst.BaseExpression, Definition | None]]:
        """Where a message may be read that is not known for one; with the name's definition that holds one, if any."""
        values = self._program.values
        for definition in self._program.definitions():
            if definition.uses and self._carriers.carries(definition.value):
                for use in definition.uses:
                    if values.get(use) == UNKNOWN and not self._is_harmless(use):
                        yield use, definition
        for (owner, name), stored in self._program.attribute_expressions.items():
            if any(self._carriers.carries(self._program.value(one)) for one in stored):
                for read in self._attributes.get(name, ()):
                    if values.get(read) == UNKNOWN and not self._is_harmless(read) and self._is_of(read, owner):
                        yield read, None

    def parameters(self, call: cst.Call, argument: cst.Arg) -> list[Definition]:
        """The parameters of the program's own functions that get an argument, where all of their reads are lost."""
        found = []
        for callee in something(self._program.value(call.func)):
            parameter = parameter_for(call, argument, callee)
            definition = self._of_parameters.get(parameter) if parameter is not None else None
            if definition is None or not definition.uses:
                continue
            values = [self._program.values.get(use) for use in definition.uses if not self._is_harmless(use)]
            if values and all(one == UNKNOWN for one in values):
                found.append(definition)
        return found

    def is_result(self, statement: cst.CSTNode) -> bool:
        """Whether what a function gives back here is unknown to its callers: it gives other things as well."""
        function = self._program.scope_of(statement)
        if isinstance(function, cst.Lambda):
            return False
        kinds = (cst.Return,) if isinstance(statement, cst.Return) else (cst.Yield,)
        given = [
            one.value
            for one in self._program.nodes_in(function)
            if isinstance(one, kinds) and one.value is not None and self._program.scope_of(one) is function
        ]
        return any(isinstance(one, cst.BaseExpression) and self._program.values.get(one) == UNKNOWN for one in given)

    def is_chosen_by(self, function: cst.BaseExpression, path: tuple[Step, ...]) -> bool:
        """Whether a place of a message chooses what is called: whoever filled that table knows the old types."""
        waiting, seen = [function], set[cst.BaseExpression]()
        while waiting:
            current = waiting.pop()
            seen.add(current)
            for node in self._program.nodes_in(current):
                if any(isinstance(one, Parsed) and one.path == path for one in something(self._program.value(node))):
                    return True
                found = self._program.reaching.get(node, ()) if isinstance(node, cst.Name) else ()
                made_of = (one.expression for one in found)
                waiting += [one for one in made_of if one is not None and one not in seen and self._is_choice(one)]
        return False

    def _is_choice(self, expression: cst.BaseExpression) -> bool:
        """Whether an expression takes something out of another by a key or a name."""
        match expression:
            case cst.Subscript():
                return True
            case cst.Call(cst.Attribute(attr=cst.Name("get" | "pop"))) | cst.Call(cst.Name("getattr")):
                return True
        return False

    @cached_property
    def _of_parameters(self) -> dict[cst.CSTNode, Definition]:
        found = {one.node: one for one in self._program.definitions()}
        return {
            parameter: found[node]
            for module in self._program.modules
            for parameter in self._program.nodes_in(module)
            if isinstance(parameter, cst.Param)
            for node in (parameter, parameter.name)
            if node in found
        }

    @cached_property
    def _attributes(self) -> dict[str, list[cst.Attribute]]:
        found: dict[str, list[cst.Attribute]] = defaultdict(list)
        for node in self._program.values:
            if isinstance(node, cst.Attribute) and not isinstance(self._program.parents.get(node), cst.AssignTarget):
                found[node.attr.value].append(node)
        return found

    def _is_of(self, use: cst.Attribute, owner: cst.ClassDef) -> bool:
        held = something(self._program.value(use.value))
        return any(isinstance(one, (Instance, Class)) and one.node is owner for one in held)

    def _is_harmless(self, use: cst.BaseExpression) -> bool:
        """Whether nothing is read of what a name holds: it is tested for being there, or shown."""
        parent = self._program.parents[use]
        match parent:
            case cst.If() | cst.While() | cst.UnaryOperation() | cst.Expr() | cst.Del() | cst.AugAssign():
                return True
            case cst.BooleanOperation(left) if left is use:
                return True
            case cst.Comparison() | cst.ComparisonTarget():
                around = parent if isinstance(parent, cst.Comparison) else self._program.parents[parent]
                assert isinstance(around, cst.Comparison)
                sides = [around.left, *(one.comparator for one in around.comparisons)]
                return any(self._program.value(one) == Known(None) for one in sides)
            case cst.FormattedStringExpression():
                return True
            case cst.Arg():
                call = self._program.parents[parent]
                if not isinstance(call, cst.Call):
                    return False
                if isinstance(call.func, cst.Name) and call.func.value in _HARMLESS_CALLS:
                    return True
                callees = something(self._program.value(call.func))
                shown = all(self._showing.is_showing(call, one) for one in callees)
                return shown and not any(self._showing.is_sent_on(call, one) for one in callees)
        return False


def parameter_for(call: cst.Call, argument: cst.Arg, callee: Value) -> cst.Param | None:
    """The parameter of one of the program's functions that an argument is for; None where it is no plain one."""
    is_method = False
    match callee:
        case Function(cst.FunctionDef() | cst.Lambda() as function):
            pass
        case Member(Instance(owner) | Class(owner), name):
            methods = (one for one in owner.body.body if isinstance(one, cst.FunctionDef) and one.name.value == name)
            found = next(methods, None)
            if found is None:
                return None
            function = found
            decorators = [one.decorator.value for one in found.decorators if isinstance(one.decorator, cst.Name)]
            is_method = "staticmethod" not in decorators
        case _:
            return None
    parameters = [*function.params.posonly_params, *function.params.params]
    if argument.keyword is not None:
        every = [*parameters, *function.params.kwonly_params]
        return next((one for one in every if one.name.value == argument.keyword.value), None)
    if argument.star or any(one.star for one in call.args[: call.args.index(argument)]):
        return None
    at = call.args.index(argument) + is_method
    return parameters[at] if at < len(parameters) else None
