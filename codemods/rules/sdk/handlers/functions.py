"""Event handlers: the function behind a registration, and how its parameters become those of the other SDK."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.environment import Definition
from codemods.analysis.handlers import Registration
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Library, LibraryObject, Member, Value, something
from codemods.edits import Statement
from codemods.migrating import Migrating


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """The function of one registration. `given_from` is the position of the first parameter that the SDK gives."""

    registration: Registration
    function: cst.FunctionDef | cst.Lambda
    given_from: int

    def parameters(self, count: int) -> list[cst.Param] | None:
        """The parameters that the SDK gives `count` values to; None where the function does not take them so."""
        every = [*self.function.params.posonly_params, *self.function.params.params]
        given = every[self.given_from : self.given_from + count]
        return given if len(given) == count else None


def handler_of(program: Program, registration: Registration) -> Handler | None:
    """The handler of a registration, where it is one function of the program."""
    handler = registration.handler
    if isinstance(handler, cst.FunctionDef):
        return Handler(registration, handler, 0)
    if handler is None:
        return None
    found = _function_of(program, program.value(handler))
    return Handler(registration, *found) if found is not None else None


def _function_of(program: Program, value: Value) -> tuple[cst.FunctionDef | cst.Lambda, int] | None:
    found = something(value)
    match found[0] if len(found) == 1 else None:
        case Function(node):
            return node, 0
        case Member(Instance(definition), name):
            scope = program.scopes.get(definition)
            method = scope.value_of(name) if scope is not None else None
            if isinstance(method, Function) and isinstance(method.node, cst.FunctionDef):
                static = any(
                    isinstance(one.decorator, cst.Name) and one.decorator.value == "staticmethod"
                    for one in method.node.decorators
                )
                return method.node, 0 if static else 1
        case LibraryObject("functools.partial", site):
            bound = Arguments.of(site)
            inner = _function_of(program, program.value(bound.positional[0])) if bound.positional else None
            if inner is not None and bound.complete:
                return inner[0], inner[1] + len(bound.positional) - 1
    return None


def too_short(program: Program, registration: Registration, count: int) -> cst.Param | None:
    """The one parameter of a handler that the SDK gives `count` values, which fails when it is called."""
    handler = handler_of(program, registration)
    if handler is None or count < 2 or handler.parameters(count) is not None:
        return None
    if handler.function.params.star_arg is not cst.MaybeSentinel.DEFAULT:
        return None
    found = handler.parameters(1)
    return found[0] if found else None


def uses_elsewhere(program: Program, handler: Handler, registrations: Iterable[Registration]) -> list[cst.CSTNode]:
    """Where the program uses a handler's function for anything but these registrations."""
    function = handler.function
    if isinstance(function, cst.Lambda):
        return []
    allowed: list[cst.CSTNode] = [
        one.handler
        for one in registrations
        if isinstance(one.handler, cst.BaseExpression) and not isinstance(one.handler, cst.Lambda)
    ]
    allowed += program.unrolled
    allowed += [one for decorator in function.decorators for one in _own_functions(program, decorator.decorator)]
    found: list[cst.CSTNode] = []
    for node, value in program.values.items():
        if not isinstance(node, (cst.Name, cst.Attribute)):
            continue
        if any(is_function(program, one, function) for one in something(value)) and not any(
            program.is_inside(node, one) for one in allowed
        ):
            found.append(node)
    return [
        one
        for one in found
        if not _is_made_for(program, one, allowed) and not _is_kept_for(program, one, function, allowed)
    ]


def _is_kept_for(
    program: Program, node: cst.CSTNode, function: cst.FunctionDef, allowed: Iterable[cst.CSTNode]
) -> bool:
    """Whether a function is put into a dictionary or list that is read for registrations alone: `{"turn": on_turn}`.

    One that code from elsewhere gets is none: what it holds would not be known where the handler is registered.
    """
    if not isinstance(program.parents[node], (cst.DictElement, cst.Element)):
        return False
    reads = [
        one
        for one, value in program.values.items()
        if isinstance(one, (cst.Subscript, cst.Call))
        and any(is_function(program, each, function) for each in something(value))
    ]
    return bool(reads) and all(any(program.is_inside(one, each) for each in allowed) for one in reads)


def _is_made_for(program: Program, node: cst.CSTNode, allowed: list[cst.CSTNode]) -> bool:
    """Whether a function is only given back here to registrations: `client.on(Turn, make_on_turn(show))`."""
    maker = program.scope_of(node)
    if not isinstance(program.parents[node], cst.Return) or not isinstance(maker, cst.FunctionDef):
        return False
    for one, value in program.values.items():
        if isinstance(one, (cst.Name, cst.Attribute)) and any(
            is_function(program, each, maker) for each in something(value)
        ):
            call = program.parents[one]
            is_called = isinstance(call, cst.Call) and call.func is one
            if not is_called or not any(program.is_inside(call, each) for each in allowed):
                return False
    return True


def _own_functions(program: Program, decorator: cst.BaseExpression) -> list[cst.CSTNode]:
    """The program's functions that a decorator is, or is made by."""
    called = decorator.func if isinstance(decorator, cst.Call) else decorator
    return [one.node for one in something(program.value(called)) if isinstance(one, Function)]


def take_table_away(migrating: Migrating, loop: cst.For) -> None:
    """Plans that the table of handlers that a loop registers goes with the loop, if it serves for that alone."""
    node = loop.iter.func.value if isinstance(loop.iter, cst.Call) else loop.iter  # type: ignore[attr-defined]
    for definition in migrating.program.reaching.get(node, ()) if isinstance(node, cst.Name) else ():
        statement = definition.statement
        if definition.uses == [node] and isinstance(statement, cst.SimpleStatementLine):
            migrating.edits.remove(statement)


def decorator_in_the_way(program: Program, handler: Handler) -> cst.BaseExpression | None:
    """A decorator of a handler that may take the parameters apart: the program's own that names them, or an unknown."""
    function = handler.function
    for one in function.decorators if isinstance(function, cst.FunctionDef) else ():
        called = one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator
        if one.decorator is handler.registration.call:
            continue
        for value in something(program.value(called)):
            if isinstance(value, Function):
                if not any(_hands_all_on(node) for node in program.nodes_in(value.node)):
                    return one.decorator
            elif not is_of_python(value):
                return one.decorator
    return None


def is_of_python(value: Value) -> bool:
    """Whether a value is Python's own: what it does with a function is known not to depend on its parameters."""
    return isinstance(value, Library) and value.name.split(".")[0] in (*sys.stdlib_module_names, "builtins")


def _hands_all_on(node: cst.CSTNode) -> bool:
    """Whether a function takes any arguments, and names none."""
    return (
        isinstance(node, cst.FunctionDef)
        and isinstance(node.params.star_arg, cst.Param)
        and not (node.params.params or node.params.posonly_params)
    )


def overridden(program: Program, handler: Handler) -> cst.FunctionDef | None:
    """A method of a class above or below the handler's that has the same name, and so the same parameters."""
    function = handler.function
    block = program.parents.get(function)
    owner = program.parents.get(block) if block is not None else None
    if not isinstance(function, cst.FunctionDef) or not isinstance(owner, cst.ClassDef):
        return None
    for scope in program.scopes.values():
        other = scope.node
        if other is owner or not isinstance(other, cst.ClassDef):
            continue
        if other not in _bases(program, owner) and owner not in _bases(program, other):
            continue
        for definition in scope.definitions.get(function.name.value, ()):
            if isinstance(definition.value, Function) and isinstance(definition.value.node, cst.FunctionDef):
                return definition.value.node
    return None


def _bases(program: Program, owner: cst.ClassDef) -> list[cst.ClassDef]:
    """The classes of the program that a class is made of, whatever is between them."""
    found: list[cst.ClassDef] = []
    waiting = [owner]
    while waiting:
        for base in waiting.pop().bases:
            for value in something(program.value(base.value)):
                if isinstance(value, Class) and value.node not in found:
                    found.append(value.node)
                    waiting.append(value.node)
    return found


def is_function(program: Program, value: Value, function: cst.FunctionDef) -> bool:
    """Whether a value is a function of the program, or that bound to an object."""
    match value:
        case Function(node):
            return node is function
        case Member(Instance(definition), name):
            scope = program.scopes.get(definition)
            return scope is not None and scope.value_of(name) == Function(function)
    return False


def definition_of(program: Program, parameter: cst.Param) -> Definition | None:
    """The definition that a parameter makes."""
    return next((one for one in program.definitions() if one.node is parameter), None)


def names_in(program: Program, node: cst.CSTNode) -> set[str]:
    """The names that stand in a node, attributes left out."""
    return {
        one.value
        for one in program.nodes_in(node)
        if isinstance(one, cst.Name)
        and not (isinstance(program.parents.get(one), cst.Attribute) and program.parents[one].attr is one)  # type: ignore[attr-defined]
    }


def rename_parameter(migrating: Migrating, parameter: cst.Param, name: str) -> str:
    """Plans another name for a parameter and its uses, unless that name stands in its function; gives the name."""
    program = migrating.program
    old = parameter.name.value
    function = program.scope_of(parameter)
    if old == name or name in names_in(program, function):
        return old
    definition = definition_of(program, parameter)
    for use in definition.uses if definition is not None else ():
        migrating.edits.replace(use, use.with_changes(value=name))
    return name


Parameters = Callable[[list[cst.Param]], list[cst.Param]]


def rewrite_parameters(migrating: Migrating, function: cst.FunctionDef | cst.Lambda, how: Parameters) -> None:
    """Plans other positional parameters for a function."""

    def rewritten(updated: cst.Parameters) -> cst.Parameters:
        every = how([*updated.posonly_params, *updated.params])
        tidy = [one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in every]
        return updated.with_changes(posonly_params=[], posonly_ind=cst.MaybeSentinel.DEFAULT, params=tidy)

    migrating.edits.rewrite(function.params, rewritten)
    if isinstance(function, cst.FunctionDef):
        # The new parameters stand on one line, whatever the old ones did.
        none = cst.SimpleWhitespace("")
        migrating.edits.rewrite_further(function, lambda updated: updated.with_changes(whitespace_before_params=none))


def annotated(name: str, annotation: str | None) -> cst.Param:
    """A parameter, with an annotation where there is one."""
    parsed = cst.Annotation(cst.parse_expression(annotation)) if annotation else None
    return cst.Param(cst.Name(name), parsed)


def body_of(function: cst.FunctionDef, gone: frozenset[cst.CSTNode]) -> list[cst.CSTNode]:
    """The statements of a function that stay, without its docstring."""
    body = list(function.body.body)
    if body and docstring_of(function) is body[0]:
        body = body[1:]
    return [one for one in body if one not in gone]


def lines_of(block: cst.BaseSuite) -> list[Statement]:
    """The statements of a block, or of what stands behind a colon on the same line, as lines of their own."""
    if isinstance(block, cst.SimpleStatementSuite):
        return [cst.SimpleStatementLine(list(block.body))]
    return [one for one in block.body if isinstance(one, (cst.SimpleStatementLine, cst.BaseCompoundStatement))]


def docstring_of(function: cst.FunctionDef) -> cst.CSTNode | None:
    """The statement that is a function's docstring."""
    body = function.body.body
    match body[0] if body else None:
        case cst.SimpleStatementLine([cst.Expr(cst.SimpleString())]) as statement:
            return statement
    return None


def only_for(
    migrating: Migrating, function: cst.FunctionDef, test: str, otherwise: str, gone: frozenset[cst.CSTNode]
) -> None:
    """Plans that a function does its work only where a test holds; `otherwise` is the test of the contrary.

    A body that is one `if` gets the test into its own; any other one gets a return at its start.
    """
    body = body_of(function, gone)
    match body:
        case [cst.If(inner, orelse=None) as branch] if not isinstance(inner, cst.NamedExpr):
            first = cst.parse_expression(test)

            def tested(updated: cst.If) -> cst.CSTNode:
                both = cst.BooleanOperation(first, cst.And(), operand(updated.test))
                return updated.with_changes(test=both)

            migrating.edits.rewrite_further(branch, tested)
            return
    guard = cst.parse_statement(f"if {otherwise}:\n    return")
    assert isinstance(guard, cst.If)
    if isinstance(function.body, cst.SimpleStatementSuite):
        # `def on_turn(client, event): show(event)`
        migrating.edits.rewrite_further(function.body, lambda updated: cst.IndentedBlock([guard, *lines_of(updated)]))
        return
    docstring = docstring_of(function)
    if (
        body
        and isinstance(body[0], cst.SimpleStatementLine)
        and isinstance(body[0].body[0], (cst.Global, cst.Nonlocal))
    ):
        docstring = body[0]
    if docstring is not None:
        migrating.edits.insert_after(docstring, lambda: [guard])
    elif body:
        migrating.edits.insert_at_start(function.body, lambda: [guard])


def operand(node: cst.BaseExpression) -> cst.BaseExpression:
    """An expression as an operand of `and`, with as few parentheses as that allows."""
    needs = isinstance(node, (cst.IfExp, cst.Lambda)) or (
        isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.Or)
    )
    if needs or node.lpar:
        return node if node.lpar else node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return node


def keep_blank_lines(migrating: Migrating, statement: cst.CSTNode) -> None:
    """Plans that the blank lines above statements that go are kept above the one behind them."""
    block = migrating.program.parents[statement]
    assert isinstance(block, (cst.Module, cst.IndentedBlock))
    body = list(block.body)
    at = first = next(index for index, one in enumerate(body) if one is statement)
    while first > 0 and body[first - 1] in migrating.edits.removed:
        first -= 1
    above = body[first]
    if first == at or not isinstance(above, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        return
    lines = [one for one in above.leading_lines if one.comment is None] if first > 0 else []

    def moved(updated: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        comments = [one for one in updated.leading_lines if one.comment is not None]
        return updated.with_changes(leading_lines=[*lines, *comments])

    migrating.edits.rewrite_further(statement, moved)
