"""What an expression of one function is called in another: for code that moves along with a session.

A name of the module means the same everywhere; a parameter is what the one call of the function gives for it; a local
is the expression that it was given; `self` is the object of the method that the code moves to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Library, Member, alternatives
from codemods.edits import Rewrite, in_parentheses
from codemods.findings import CHECK_UNKNOWN
from codemods.migrating import Migrating
from codemods.rules.names.given_arguments import given_for
from codemods.rules.names.own_imports import library_at, name_at

_DEEPEST: Final = 6
_READING: Final = ("os.getenv", "os.environ.get", "builtins.str")
"""Library calls that may be made at another time and give the same."""
_SECRET: Final = "get_secret_value"
"""The method by which pydantic's secrets are read."""
_MAKING: Final = ("__init__", "__new__", "__post_init__")
_KEEPING: Final = (cst.Assign, cst.AnnAssign, cst.Expr, cst.Pass)


class Elsewhere:
    """Says what expressions mean at one place, `target`, mostly the statement that opens a socket."""

    def __init__(self, migrating: Migrating, target: cst.CSTNode) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._target = target
        self._scope = scope_around(migrating.program, target)

    def expression(
        self, node: cst.BaseExpression, *, kept: cst.BaseExpression | None = None
    ) -> cst.BaseExpression | None:
        """An expression that gives at the target what `node` gives where it stands; None where there is none.

        `kept` is what the edits leave of it: only the names in that have to be there.
        """
        return self._translated(node, _DEEPEST, kept)

    def take_along(self, moving: Iterable[cst.CSTNode], is_rewritten: Callable[[cst.CSTNode], bool]) -> bool:
        """Plans that the names in statements that move to the target are written as they are called there.

        `is_rewritten` says of a name that another rule writes it anew. False, with a finding, where one is not there.
        """
        program = self._program
        inside = {inner for one in moving for inner in program.nodes_in(one)}
        for node in inside:
            if not isinstance(node, cst.Name) or node not in program.reaching or is_rewritten(node):
                continue
            if all(definition.node in inside for definition in program.reaching[node]):
                continue
            found = self.expression(node)
            if found is None:
                self._migrating.report(CHECK_UNKNOWN, node, f"`{node.value}` is not there where this is done now")
                return False
            if not isinstance(found, cst.Name) or found.value != self._migrating.name(node.value):
                self._migrating.edits.replace(node, found)
        return True

    def _translated(
        self, node: cst.BaseExpression, depth: int, kept: cst.BaseExpression | None = None
    ) -> cst.BaseExpression | None:
        kept = kept or node
        if depth == 0 or not self._may_move(kept):
            return None
        names: dict[cst.CSTNode, cst.BaseExpression] = {}
        for inner in self._program.nodes_in(kept):
            if isinstance(inner, (cst.Lambda, cst.NamedExpr, cst.Await, cst.Yield, cst.CompFor)):
                return None
            if isinstance(inner, cst.Name) and inner in self._program.reaching:
                found = self._name(inner, depth)
                if found is None:
                    return None
                names[inner] = found if inner is node else in_parentheses(found)
        replaced = node.visit(_Replacing(names, self._migrating.edits.rewrites))
        assert isinstance(replaced, cst.BaseExpression)
        return replaced

    def _may_move(self, node: cst.BaseExpression) -> bool:
        """Whether an expression only reads: it can be evaluated elsewhere, or a second time."""
        for inner in self._program.nodes_in(node):
            if not isinstance(inner, cst.Call):
                continue
            callee = self._program.value(inner.func)
            is_own = isinstance(callee, (Function, Member)) and not inner.args
            is_own |= isinstance(callee, Class) and _only_keeps(callee.node)
            if isinstance(inner.func, cst.Attribute) and inner.func.attr.value == _SECRET and not inner.args:
                continue
            if not is_own and not (isinstance(callee, Library) and callee.name in _READING):
                return False
        return True

    def _name(self, name: cst.Name, depth: int) -> cst.BaseExpression | None:
        definitions = self._program.reaching[name]
        owners = {self._owner(one) for one in definitions}
        if len(owners) != 1:
            return None
        (owner,) = owners
        if isinstance(owner, cst.Module) and owner is not self._program.module_of(self._target):
            return name_at(self._migrating, name, self._target)
        if isinstance(owner, cst.Module):
            return None if self._is_hidden(name.value) else cst.Name(self._migrating.name(name.value))
        if owner is not None and (owner is self._scope or self._program.is_inside(self._target, owner)):
            return cst.Name(self._migrating.name(name.value)) if self._still_holds(name) else None
        given = self._as_given(name)
        if given is not None:
            return given
        library = library_at(definitions, self._migrating.at(self._target))
        if library is not None:
            return library
        if len(definitions) != 1:
            return None
        (definition,) = definitions
        if isinstance(definition.node, cst.Param):
            return self._parameter(definition.node, name, depth)
        if definition.expression is not None:
            return self._translated(definition.expression, depth - 1)
        return None

    def _as_given(self, name: cst.Name) -> cst.Name | None:
        """The parameter of a function around the target to which its one call gives what a name holds."""
        program, function = self._program, self._scope
        while not isinstance(function, cst.Module):
            calls = calls_of(program, function) if isinstance(function, cst.FunctionDef) else []
            is_caller = len(calls) == 1 and program.is_inside(name, program.scope_of(calls[0]))
            if isinstance(function, cst.FunctionDef) and is_caller:
                for parameter in (*function.params.params, *function.params.kwonly_params):
                    given = [one for one in given_for(program, parameter) if one is not parameter.default]
                    made = program.scopes[function].definitions.get(parameter.name.value, ())
                    if len(given) != 1 or len(made) != 1 or not isinstance(given[0], cst.Name):
                        continue
                    if program.reaching.get(given[0]) == program.reaching[name]:
                        return cst.Name(self._migrating.name(parameter.name.value))
            function = program.scope_of(function)
        return None

    def _still_holds(self, name: cst.Name) -> bool:
        """Whether a name of the target's own scope holds at the target what it held where it was read."""
        there = self._program.at_statement.get(self._program.statement_of(self._target), {}).get(name.value)
        return there is None or there == self._program.reaching[name]

    def _is_hidden(self, name: str) -> bool:
        """Whether a name of the module means something else at the target."""
        node: cst.CSTNode | None = self._scope
        while node is not None and not isinstance(node, cst.Module):
            scope = self._program.scopes.get(node)
            if scope is not None and name in scope.definitions and not isinstance(node, cst.ClassDef):
                return True
            node = self._program.parents.get(node)
        return False

    def _parameter(self, parameter: cst.Param, name: cst.Name, depth: int) -> cst.BaseExpression | None:
        function = self._program.scope_of(parameter)
        if not isinstance(function, cst.FunctionDef):
            return None
        value = self._program.value(name)
        position = (
            [*function.params.posonly_params, *function.params.params].index(parameter)
            if _is_plain(parameter, function)
            else None
        )
        if (
            position == 0
            and isinstance(value, Instance)
            and self._program.parents.get(self._program.parents[function]) is value.node
        ):
            own = own_object(self._program, self._target, value.node)
            if own is not None:
                return cst.Name(own)
            calls = calls_of(self._program, function)
            if len(calls) == 1 and isinstance(calls[0].func, cst.Attribute):
                return self._translated(calls[0].func.value, depth - 1)
            return None
        calls = calls_of(self._program, function)
        if len(calls) != 1:
            return None
        arguments = Arguments.of(calls[0])
        if not arguments.complete or position is None:
            return None
        is_method = isinstance(self._program.parents.get(self._program.parents[function]), cst.ClassDef)
        given = arguments.get(position - is_method, parameter.name.value)
        if given is None:
            return parameter.default if isinstance(parameter.default, (cst.SimpleString, cst.Integer)) else None
        return self._translated(given, depth - 1)

    def _owner(self, definition: Definition) -> cst.CSTNode | None:
        for node, scope in self._program.scopes.items():
            if definition in scope.definitions.get(definition.name, ()):
                return node
        return None


def _only_keeps(made: cst.ClassDef) -> bool:
    """Whether an object of a class only keeps what it is given: it can be made a second time."""
    if made.bases or made.keywords or made.decorators:
        return False
    made_by = [one for one in made.body.body if isinstance(one, cst.FunctionDef) and one.name.value in _MAKING]
    return all(
        isinstance(line, cst.SimpleStatementLine)
        and all(isinstance(small, _KEEPING) and _reads(small) for small in line.body)
        for one in made_by
        for line in one.body.body
    )


def _reads(node: cst.CSTNode) -> bool:
    """Whether nothing is called in a statement."""
    return not isinstance(node, cst.Call | cst.Await | cst.Yield) and all(_reads(one) for one in node.children)


class _Replacing(cst.CSTTransformer):
    """Puts names in their places, and writes the rest as the edits planned so far do."""

    def __init__(self, nodes: dict[cst.CSTNode, cst.BaseExpression], rewrites: Mapping[cst.CSTNode, Rewrite]) -> None:
        super().__init__()
        self._nodes = nodes
        self._rewrites = rewrites

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if original_node in self._nodes:
            return self._nodes[original_node]
        rewrite = self._rewrites.get(original_node)
        return rewrite(updated_node) if rewrite is not None else updated_node


def _is_plain(parameter: cst.Param, function: cst.FunctionDef) -> bool:
    return parameter in function.params.params or parameter in function.params.posonly_params


def scope_around(program: Program, node: cst.CSTNode) -> cst.CSTNode:
    """The function, lambda, class or module that a node stands in."""
    return program.scope_of(node)


def own_object(program: Program, node: cst.CSTNode, owner: cst.ClassDef) -> str | None:
    """What the object of a class is called at a place inside one of its methods, or inside a function in there."""
    current: cst.CSTNode | None = node
    while current is not None:
        current = program.parents.get(current)
        if isinstance(current, cst.FunctionDef) and program.parents.get(program.parents[current]) is owner:
            is_bound = not any(
                isinstance(one.decorator, cst.Name) and one.decorator.value in ("staticmethod", "classmethod")
                for one in current.decorators
            )
            first = current.params.params[:1]
            return first[0].name.value if first and is_bound else None
    return None


def is_own_object(program: Program, name: cst.Name, method: cst.CSTNode) -> bool:
    """Whether a name holds the object whose method this is, and means it under the same name there."""
    value = program.value(name)
    if not isinstance(value, Instance) or not isinstance(method, cst.FunctionDef):
        return False
    first = method.params.params[:1]
    in_class = program.parents.get(program.parents[method]) is value.node
    return bool(first) and first[0].name.value == name.value and in_class


def calls_of(program: Program, function: cst.FunctionDef) -> list[cst.Call]:
    """The calls of a function that the analysis has met."""
    found = []
    for node in program.values:
        if not isinstance(node, cst.Call):
            continue
        for callee in alternatives(program.value(node.func)):
            match callee:
                case Function(one) if one is function:
                    found.append(node)
                case Member(Instance(owner), name) if name == function.name.value:
                    if program.parents.get(program.parents[function]) is owner:
                        found.append(node)
    return found
