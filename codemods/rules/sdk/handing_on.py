"""An SDK's object handed on as an argument: called with here, or by a library in a thread, a task or an executor.

`watch(client)`, `Thread(target=watch, args=(client,))` and `loop.run_in_executor(None, watch, client)` are one thing: a
function of the program that is given the object.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.callbacks import callbacks
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, LibraryObject, Member, Value, something
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.audio import method_of
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.method_use import MethodUse
from codemods.rules.sdk.session_place import SessionPlace
from codemods.vendors import gladia_sdk


class HandingOn:
    """Plans that functions which were given the client are given its session. `uses` are those of its methods."""

    def __init__(
        self,
        migrating: Migrating,
        place: SessionPlace,
        imports: SdkImports,
        uses: list[MethodUse],
        gone: frozenset[cst.CSTNode],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._place = place
        self._imports = imports
        self._uses = uses
        self._used = [one.ref for one in uses if isinstance(one.ref, cst.Name)]
        self._gone = gone

    def plan(
        self, client: LibraryObject, ref: cst.BaseExpression, call: cst.Call, connect: cst.Call, *, asynchronous: bool
    ) -> str:
        """Plans it for one argument, `ref`, of a call; gives the reason where it cannot be done, else nothing."""
        scope = self._program.scope_of(call)
        same = scope is self._program.scope_of(connect)
        registers = registering_functions(self._program, [(ref, call)], self._uses)
        if not same and (registers or scope is self._program.scope_of(client.site)):
            return f"{self._migrating.code(call)} is given the client before it is connected"
        if same and self._migrating.line(call) < self._migrating.line(connect) and not self._move(call, connect):
            return f"{self._migrating.code(call)} is given the client before it is connected"
        for function in functions_called(self._program, call):
            inside = [one for one in self._used if self._program.scope_of(one) is function and not self._is_gone(one)]
            if function is None or not all(self._place.is_given(one) for one in inside):
                return self._migrating.code(call)
            self._annotate(function, client, asynchronous=asynchronous)
        session = self._place.session_at(ref)
        if session is None:
            return f"the session is not known where {self._migrating.code(ref)} stands"
        self._migrating.edits.replace(ref, cst.parse_expression(session))
        return ""

    def _move(self, call: cst.Call, connect: cst.Call) -> bool:
        """Plans that a call which has handlers registered is made behind the connect; False where that cannot be."""
        program, edits = self._program, self._migrating.edits
        statement, start = program.statement_of(call), program.statement_of(connect)
        registering = registering_functions(program, [(call, call)], self._uses)
        if not registering or registering != frozenset(functions_called(program, call)):
            return False
        alone = isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1
        is_line = isinstance(program.parents[call], cst.Expr)
        if not alone or not is_line or program.parents[statement] is not program.parents[start]:
            return False
        edits.move(statement)
        edits.add_after(start, lambda: [edits.updated(statement)])  # type: ignore[list-item]
        return True

    def _annotate(self, function: cst.CSTNode, client: LibraryObject, *, asynchronous: bool) -> None:
        """A parameter that was annotated as the client gets the session's class."""
        if not isinstance(function, cst.FunctionDef):
            return
        for parameter in function.params.params:
            definition = sdk_handlers.definition_of(self._program, parameter)
            if parameter.annotation is None or definition is None or definition.value != client:
                continue
            annotation = parameter.annotation.annotation
            if annotation not in self._imports.handled:
                self._imports.handled.add(annotation)
                module, name = gladia_sdk.SESSION_CLASSES[asynchronous]
                self._migrating.edits.replace(annotation, self._migrating.at(function).use_function(module, name))

    def _is_gone(self, node: cst.CSTNode) -> bool:
        return any(self._program.is_inside(node, one) for one in self._gone if isinstance(one, cst.If))


def registering_functions(
    program: Program, passed: Iterable[tuple[cst.BaseExpression, cst.Call]], uses: Iterable[MethodUse]
) -> frozenset[cst.CSTNode]:
    """The functions that are given the client and do nothing with it but register handlers."""
    by_function: dict[cst.CSTNode, set[str]] = {}
    for use in uses:
        by_function.setdefault(program.scope_of(use.ref), set()).add(use.name)
    called = {one for _, call in passed for one in functions_called(program, call)}
    return frozenset(one for one in called if one is not None and by_function.get(one) == {"on"})


def is_parameter(migrating: Migrating, ref: cst.BaseExpression) -> bool:
    """Whether a name is a parameter of its function."""
    definitions = naming.definitions_at(migrating, ref) if isinstance(ref, cst.Name) else ()
    return bool(definitions) and all(isinstance(one.node, cst.Param) for one in definitions)


def taker_of(program: Program, ref: cst.BaseExpression) -> cst.Call | None:
    """The call by which functions of the program alone are given the object that `ref` is; None for any other use."""
    call = _call_around(program, ref)
    if call is None:
        return None
    callees = something(program.value(call.func))
    here = all(isinstance(one, (Function, Class)) or _is_method(one) for one in callees)
    if isinstance(program.parents[ref], cst.Arg) and callees and here:
        return call
    return call if _handed_over(program, call) else None


def functions_called(program: Program, call: cst.Call) -> list[cst.CSTNode | None]:
    """The functions of the program that such a call gives its arguments to; None for one that is not known."""
    found = _handed_over(program, call) or something(program.value(call.func))
    return [_function_behind(program, one) for one in found]


def _function_behind(program: Program, callee: Value) -> cst.CSTNode | None:
    """The function that runs where a function, a method or a class of the program is called."""
    if isinstance(callee, Class):
        scope = program.scopes.get(callee.node)
        found = scope.value_of("__init__") if scope is not None else None
        return found.node if isinstance(found, Function) else None
    return callee.node if isinstance(callee, Function) else method_of(program, callee)


def _call_around(program: Program, ref: cst.BaseExpression) -> cst.Call | None:
    """The call whose argument a reference is, by itself or in the tuple of a thread's arguments."""
    parent = program.parents[ref]
    if isinstance(parent, cst.Element):
        around = program.parents.get(parent)
        parent = program.parents[around] if isinstance(around, (cst.Tuple, cst.List)) else parent
    call = program.parents.get(parent)
    return call if isinstance(parent, cst.Arg) and not parent.star and isinstance(call, cst.Call) else None


def _handed_over(program: Program, call: cst.Call) -> list[Value]:
    """The functions and methods of the program that a library calls with the arguments of this call; [] for others."""
    found: list[Value] = []
    for callee in something(program.value(call.func)):
        for one, _ in callbacks(program, call, callee, Arguments.of(call)):
            found.extend(something(one))
    return found if all(isinstance(one, Function) or _is_method(one) for one in found) else []


def _is_method(value: Value) -> bool:
    return isinstance(value, Member) and isinstance(value.owner, Instance)
