"""A function of the program's own that puts the session's address together.

Its settings are the POST's body from now on: the function gives the configuration, under a name that says so, and the
address itself, which has nothing left to put together, stands where the function was called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.classes import is_property
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Member, something
from codemods.findings import CONFIGURATION_UNKNOWN, DOCSTRING_REPLACED
from codemods.migrating import Migrating

_NAME: Final = "session_config"
_DOCSTRING: Final = "The configuration of the session."


@dataclass(frozen=True, slots=True, eq=False)
class AddressMaker:
    """One function that gives an address: where it is called (or read, a property), and what it returns."""

    function: cst.FunctionDef
    call: cst.BaseExpression
    returning: cst.Return

    @property
    def returned(self) -> cst.BaseExpression:
        """The expression that the function gives back."""
        assert self.returning.value is not None
        return self.returning.value


def maker_at(program: Program, node: cst.BaseExpression) -> AddressMaker | None:
    """The function that an expression calls, where it is one of the program's that ends in its only `return`."""
    callee = node.func if isinstance(node, cst.Call) else node
    if not isinstance(callee, (cst.Name, cst.Attribute)):
        return None
    found = [one for value in something(program.value(callee)) for one in _functions(value)]
    if not isinstance(node, cst.Call):
        found = _properties(program, node)
    if len(found) != 1 or found[0].asynchronous is not None:
        return None
    (function,) = found
    returns = [
        one
        for one in program.nodes_in(function.body)
        if isinstance(one, cst.Return) and program.scope_of(one) is function
    ]
    if len(returns) != 1 or returns[0].value is None:
        return None
    return AddressMaker(function, node, returns[0])


def _functions(value: object) -> list[cst.FunctionDef]:
    match value:
        case Function(cst.FunctionDef() as node):
            return [node]
        case Member(Instance(definition), name):
            return [one for one in _methods(definition) if one.name.value == name]
    return []


def _properties(program: Program, node: cst.BaseExpression) -> list[cst.FunctionDef]:
    if not isinstance(node, cst.Attribute):
        return []
    return [
        one
        for value in something(program.value(node.value))
        if isinstance(value, (Instance, Class))
        for one in _methods(value.node)
        if one.name.value == node.attr.value and is_property(one)
    ]


def _methods(definition: cst.ClassDef) -> list[cst.FunctionDef]:
    return [one for one in definition.body.body if isinstance(one, cst.FunctionDef)]


@dataclass(eq=False, slots=True)
class AddressMakers:
    """The functions that give the addresses of a program's sessions, one for each session that has one."""

    found: list[AddressMaker]
    names: dict[cst.FunctionDef, str] = field(default_factory=dict)
    """The new names of those that are planned already."""

    def configuration_at(self, migrating: Migrating, maker: AddressMaker) -> cst.BaseExpression:
        """The call of the function for the configuration; where it was called for the address, that stands now."""
        edits, name = migrating.edits, cst.Name(self.names[maker.function])
        match maker.call:
            case cst.Call(function, arguments):
                given = [edits.edited(one) for one in arguments]
                return maker.call.with_changes(func=edits.edited(function), args=given)
            case cst.Attribute(owner):
                return maker.call.with_changes(value=edits.edited(owner), attr=name)
        return name

    def calls_of(self, function: cst.FunctionDef) -> list[cst.BaseExpression]:
        """Where a function is called for an address."""
        return [one.call for one in self.found if one.function is function]


class ConfigurationMaker:
    """Plans what becomes of such a function: it gives the configuration."""

    def __init__(self, migrating: Migrating, maker: AddressMaker) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._maker = maker
        self.new_name = ""

    def plan(self, calls: Iterable[cst.BaseExpression], body: Callable[[], cst.BaseExpression]) -> bool:
        """Plans the function's edits; False, with a finding, where it is used for more than `calls`.

        `calls` are those that give a session's address; `body` is the configuration, asked for when the edits are made.
        """
        migrating, function = self._migrating, self._maker.function
        allowed = {one.func if isinstance(one, cst.Call) else one for one in calls}
        uses = self._uses()
        others = [one for one in uses if one not in allowed]
        if others or function.name.value in migrating.used_elsewhere:
            place = others[0] if others else function.name
            migrating.report(
                CONFIGURATION_UNKNOWN, place, f"`{function.name.value}` gives the address for more than the connect"
            )
            return False
        self.new_name = self._free_name()
        migrating.edits.replace(function.name, cst.Name(self.new_name))
        for use in [*uses, *self._imports()]:
            name = use.attr if isinstance(use, cst.Attribute) else use
            if name.value == function.name.value:
                migrating.edits.replace(name, cst.Name(self.new_name))
        if function.returns is not None:
            annotation = cst.parse_expression("dict[str, object]")
            migrating.edits.rewrite(function.returns, lambda updated: updated.with_changes(annotation=annotation))
        self._say_what_it_gives()
        migrating.edits.rewrite(self._maker.returning, lambda updated: updated.with_changes(value=body()))
        return True

    def _uses(self) -> list[cst.Name | cst.Attribute]:
        function = self._maker.function
        found: list[cst.Name | cst.Attribute] = []
        for node, value in self._program.values.items():
            if node is function.name or not isinstance(node, (cst.Name, cst.Attribute)):
                continue
            is_read = is_property(function) and function in _properties(self._program, node)
            if is_read or any(function in _functions(one) for one in something(value)):
                found.append(node)
        return found

    def _imports(self) -> list[cst.Name]:
        """The function's name where other files of the program import it."""
        found: list[cst.Name] = []
        for definition in self._program.definitions():
            if isinstance(definition.node, cst.ImportAlias) and isinstance(definition.node.name, cst.Name):
                origins = self._program.behind_imports([definition])
                if any(one.node is self._maker.function for one in origins):
                    found.append(definition.node.name)
        return found

    def _free_name(self) -> str:
        old = self._maker.function.name.value
        start = old[: len(old) - len(old.lstrip("_"))]
        modules = {self._program.module_of(one) for one in (self._maker.function, *self._uses())}
        nodes = (node for module in modules for node in self._program.nodes_in(module))
        taken = {one.value for one in nodes if isinstance(one, cst.Name)}
        name, number = f"{start}{_NAME}", 2
        while name in taken:
            name, number = f"{start}{_NAME}_{number}", number + 1
        return name

    def _say_what_it_gives(self) -> None:
        """A docstring about an address would be wrong from now on."""
        body = self._maker.function.body.body
        match body[0] if body else None:
            case cst.SimpleStatementLine([cst.Expr(cst.SimpleString() as text)]):
                self._migrating.report(DOCSTRING_REPLACED, text, str(text.evaluated_value).strip().split("\n")[0])
                self._migrating.edits.replace(text, cst.SimpleString(f'"""{_DOCSTRING}"""'))
