"""Running a module's statements on abstract values until nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.callbacks import socket_callback
from codemods.analysis.environment import Definition, Environment, Scope, merge
from codemods.analysis.expressions import ExpressionEvaluation
from codemods.analysis.handlers import EventLibrary
from codemods.analysis.libraries import ENDING, entered, iterated
from codemods.analysis.narrowing import TYPE_PATH, types_of_pattern
from codemods.analysis.program import Program
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    DictDisplay,
    Function,
    Instance,
    Known,
    Library,
    Member,
    Parsed,
    Sequence,
    Socket,
    Value,
    alternatives,
    join,
    replaceable,
)

_MOST_ROUNDS: Final = 16


def analyse(module: cst.Module, libraries: tuple[EventLibrary, ...] = ()) -> Program:
    """Works out what each expression of a module can be; `libraries` say what handlers of theirs are called with."""
    return _Analysis(module, libraries).run()


class _Flow:
    """Where the paths out of a loop gather."""

    def __init__(self) -> None:
        self.broken: Environment | None = None
        self.continued: Environment | None = None


class _Analysis(ExpressionEvaluation):
    def __init__(self, module: cst.Module, libraries: tuple[EventLibrary, ...]) -> None:
        super().__init__(module, libraries)
        self._waiting: list[cst.FunctionDef | cst.Lambda] = []
        self._has_call: dict[cst.SimpleStatementLine, bool] = {}
        self._loops: list[_Flow] = []
        self._classes: list[cst.ClassDef] = []
        self._parents(module)

    def _parents(self, node: cst.CSTNode) -> None:
        waiting = [node]
        while waiting:
            parent = waiting.pop()
            for child in parent.children:
                self.program.parents[child] = parent
                waiting.append(child)

    def run(self) -> Program:
        """Runs the module, then each function met, again and again until nothing changes."""
        module = self.program.module
        scope = Scope(module, None)
        self.program.scopes[module] = scope
        self._run_until_settled(scope)
        # What nobody here even names is called from outside first: it may be what calls the others.
        self._take_missing_parameters_as_unknown(self._named_functions())
        self._run_until_settled(scope)
        self.settled = True
        self._take_missing_parameters_as_unknown(set())
        self._run_until_settled(scope)
        self.complete = True
        self._run_until_settled(scope)
        return self.program

    def _run_until_settled(self, scope: Scope) -> None:
        for _ in range(_MOST_ROUNDS):
            self.changed = False
            self._forget()
            self.running = self.program.module
            self._run_block(self.program.module.body, Environment(scope))
            done: set[cst.CSTNode] = set()
            while self._waiting:
                function = self._waiting.pop(0)
                if function not in done:
                    done.add(function)
                    self._run_function(function)
            if not self.changed:
                break

    def _named_functions(self) -> set[cst.CSTNode]:
        """The functions that the module names anywhere but where it defines them."""
        found: set[cst.CSTNode] = set()
        for node, value in self.program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute, cst.Lambda)):
                continue
            for one in alternatives(value):
                if isinstance(one, Function):
                    found.add(one.node)
                elif isinstance(one, Member) and isinstance(one.owner, Instance):
                    inner = self.functions.get(one.owner.node)
                    method = inner.value_of(one.name) if inner is not None else NOTHING
                    found.update(each.node for each in alternatives(method) if isinstance(each, Function))
        return found

    def _take_missing_parameters_as_unknown(self, but_of: set[cst.CSTNode]) -> None:
        """Functions that nothing here calls are called by others, with anything; all but the given ones."""
        for definition in self.definitions.values():
            missing = isinstance(definition.node, cst.Param) and definition.value is NOTHING
            if missing and self.program.scope_of(definition.node) not in but_of:
                definition.value = UNKNOWN

    def _forget(self) -> None:
        self.program.values.clear()
        self.program.reaching.clear()
        for definition in self.definitions.values():
            definition.uses.clear()

    # --- functions and classes -------------------------------------------------------------------

    def meet_function(self, node: cst.FunctionDef | cst.Lambda, environment: Environment) -> None:
        parent = environment.scope
        self.functions[node] = self.scope_for(node, parent)
        self._waiting.append(node)
        parameters = node.params
        for parameter in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
            if parameter.default is not None:
                value = replaceable(self.evaluate(parameter.default, environment))
                self.define(Environment(self.functions[node]), parameter.name.value, parameter, value)

    def _run_function(self, node: cst.FunctionDef | cst.Lambda) -> None:
        scope = self.functions[node]
        environment = Environment(scope)
        self.running = node
        parameters = node.params
        every = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
        every += [one for one in (parameters.star_arg, parameters.star_kwarg) if isinstance(one, cst.Param)]
        for parameter in every:
            if isinstance(parameter, cst.Param):
                self.define(environment, parameter.name.value, parameter, NOTHING)
        if isinstance(node, cst.Lambda):
            self._return(self.evaluate(node.body, environment))
            return
        outer_class = self._class_of(node)
        if outer_class is not None and every and isinstance(every[0], cst.Param):
            self.define(environment, every[0].name.value, every[0], Instance(outer_class))
        if self._run_block(_statements(node.body), environment) is not None:
            self._return(Known(None))

    def _class_of(self, node: cst.FunctionDef) -> cst.ClassDef | None:
        parent = self.program.parents.get(self.program.parents[node])
        is_static = any(
            isinstance(one.decorator, cst.Name) and one.decorator.value in ("staticmethod", "classmethod")
            for one in node.decorators
        )
        return parent if isinstance(parent, cst.ClassDef) and not is_static else None

    def _return(self, value: Value) -> None:
        known = self.returns.get(self.running, NOTHING)
        joined = join(known, value)
        if joined != known:
            self.returns[self.running] = joined
            self.changed = True

    # --- blocks ----------------------------------------------------------------------------------

    def _run_block(self, body: AbstractSequence[cst.CSTNode], environment: Environment | None) -> Environment | None:
        for statement in body:
            if environment is None:
                # Code behind a return is met all the same: names in it are names, but nothing reaches it.
                environment = None
                break
            environment = self._run(statement, environment)
        return environment

    def _run(self, statement: cst.CSTNode, environment: Environment) -> Environment | None:
        if isinstance(statement, cst.SimpleStatementLine):
            outer, self.statement = self.statement, statement
            if self._calls(statement):
                self.program.at_statement[statement] = dict(environment.reaching)
            found: Environment | None = environment
            for small in statement.body:
                if found is None:
                    break
                found = self._run_small(small, found)
            self.statement = outer
            return found
        if isinstance(statement, cst.BaseSmallStatement):
            return self._run_small(statement, environment)
        self.program.at_statement[statement] = dict(environment.reaching)
        outer, self.statement = self.statement, statement
        run = getattr(self, f"_run_{type(statement).__name__.lower()}", None)
        result: Environment | None = run(statement, environment) if run is not None else environment
        self.statement = outer
        return result

    def _calls(self, statement: cst.SimpleStatementLine) -> bool:
        """Whether a statement calls anything or reads a place: only then is it asked what reaches it.

        A copy for each of ten thousand constants would be ten thousand copies of ten thousand names.
        """
        if statement not in self._has_call:
            nodes = self.program.nodes_in(statement)
            self._has_call[statement] = any(isinstance(node, (cst.Call, cst.Subscript, cst.Await)) for node in nodes)
        return self._has_call[statement]

    # --- small statements ------------------------------------------------------------------------

    def _run_small(self, node: cst.BaseSmallStatement, environment: Environment) -> Environment | None:
        match node:
            case cst.Assign(targets, value):
                result = self.evaluate(value, environment)
                for target in targets:
                    self._bind(target.target, result, environment, value)
            case cst.AnnAssign(target, annotation, value):
                self.evaluate(annotation.annotation, environment)
                if value is not None:
                    self._bind(target, self.evaluate(value, environment), environment, value)
            case cst.AugAssign(target, _, value):
                self.evaluate(value, environment)
                self.evaluate(target, environment)
                self._bind(target, UNKNOWN, environment, None)
            case cst.Expr(value):
                self.evaluate(value, environment)
                if self._ends_program(value):
                    return None
            case cst.Return(value):
                self._return(self.evaluate(value, environment) if value is not None else Known(None))
                return None
            case cst.Raise(exception, cause):
                if exception is not None:
                    self.evaluate(exception, environment)
                if cause is not None:
                    self.evaluate(cause.item, environment)
                return None
            case cst.Break() | cst.Continue():
                if self._loops:
                    loop = self._loops[-1]
                    if isinstance(node, cst.Break):
                        loop.broken = merge(loop.broken, environment)
                    else:
                        loop.continued = merge(loop.continued, environment)
                return None
            case cst.Import():
                self._import(node, environment)
            case cst.ImportFrom():
                self._import_from(node, environment)
            case cst.Global(names) | cst.Nonlocal(names):
                kind = "global" if isinstance(node, cst.Global) else "nonlocal"
                for item in names:
                    environment.scope.elsewhere[item.name.value] = kind
            case cst.Assert(test, message):
                self.evaluate(test, environment)
                if message is not None:
                    self.evaluate(message, environment)
                return self.assume(test, environment, True)
            case _:
                self._evaluate_children(node, environment)
        return environment

    def _ends_program(self, node: cst.BaseExpression) -> bool:
        if not isinstance(node, cst.Call):
            return False
        callee = self.program.value(node.func)
        return isinstance(callee, Library) and callee.name in ENDING

    def _import(self, node: cst.Import, environment: Environment) -> None:
        for alias in node.names:
            dotted = _dotted(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                self.define(environment, alias.asname.name.value, alias, Library(dotted))
            else:
                first = dotted.split(".")[0]
                self.define(environment, first, alias, Library(first))

    def _import_from(self, node: cst.ImportFrom, environment: Environment) -> None:
        if isinstance(node.names, cst.ImportStar):
            return
        module = _dotted(node.module) if node.module is not None else ""
        for alias in node.names:
            name = _dotted(alias.name)
            bound = alias.asname.name if alias.asname is not None else alias.name
            if isinstance(bound, cst.Name):
                # A relative import is a file of the program's own, of which this module knows nothing.
                value: Value = UNKNOWN if node.relative else Library(f"{module}.{name}")
                self.define(environment, bound.value, alias, value)

    # --- binding ---------------------------------------------------------------------------------

    def bind(self, target: cst.CSTNode, value: Value, environment: Environment) -> None:
        self._bind(target, value, environment, None)

    def _bind(
        self, target: cst.CSTNode, value: Value, environment: Environment, expression: cst.BaseExpression | None
    ) -> None:
        match target:
            case cst.Name(name):
                self.define(environment, name, target, value, expression)
            case cst.Tuple(elements) | cst.List(elements):
                values = (
                    value.elements if isinstance(value, Sequence) and len(value.elements) == len(elements) else None
                )
                for index, element in enumerate(elements):
                    if isinstance(element, cst.StarredElement):
                        self._bind(element.value, UNKNOWN, environment, None)
                    elif values is not None:
                        self._bind(element.value, values[index], environment, None)
                    else:
                        inner = value.step(index) if isinstance(value, Parsed) else UNKNOWN
                        self._bind(element.value, inner, environment, None)
            case cst.Attribute(owner, attribute):
                holder = self.evaluate(owner, environment)
                for one in alternatives(holder):
                    if isinstance(one, (Instance, Class)):
                        self._keep_attribute(one.node, attribute.value, value, expression)
                    elif isinstance(one, Socket):
                        called_with = socket_callback(one.connect, attribute.value)
                        if called_with is not None:
                            self.call_back(value, called_with)
            case cst.Subscript(owner, slices):
                holder = self.evaluate(owner, environment)
                key: Value = UNKNOWN
                for part in slices:
                    if isinstance(part.slice, cst.Index):
                        key = self.evaluate(part.slice.value, environment)
                for one in alternatives(holder):
                    if isinstance(one, DictDisplay):
                        self.program.change_dictionary(one.site, key, value, target)

    def _keep_attribute(
        self, owner: cst.ClassDef, name: str, value: Value, expression: cst.BaseExpression | None
    ) -> None:
        stored = self.program.attribute_expressions.setdefault((owner, name), [])
        if expression is not None and expression not in stored:
            stored.append(expression)
        known = self.attributes.get((owner, name), NOTHING)
        joined = join(known, value)
        if joined != known:
            self.attributes[owner, name] = joined
            self.changed = True

    # --- compound statements ---------------------------------------------------------------------

    def _run_functiondef(self, node: cst.FunctionDef, environment: Environment) -> Environment:
        value: Value = Function(node)
        for decorator in node.decorators:
            self.evaluate(decorator.decorator, environment)
        for annotation in (node.returns, *(p.annotation for p in (*node.params.params, *node.params.kwonly_params))):
            if annotation is not None:
                self.evaluate(annotation.annotation, environment)
        self.meet_function(node, environment)
        self._decorate(node, value)
        self.define(environment, node.name.value, node, value)
        return environment

    def _decorate(self, node: cst.FunctionDef, value: Value) -> None:
        """Registers a function under decorators of the form `@session.on("message")`."""
        for decorator in node.decorators:
            call = decorator.decorator
            found = self.program.registrations.get(call) if isinstance(call, cst.Call) else None
            if found is not None and (found.handler is None or found.handler is node):
                registered = replace(found, handler=node)
                self.program.registrations[found.call] = registered
                self.give_to_handler(registered, value)

    def _run_classdef(self, node: cst.ClassDef, environment: Environment) -> Environment:
        for base in (*node.bases, *node.keywords):
            self.evaluate(base.value, environment)
        for decorator in node.decorators:
            self.evaluate(decorator.decorator, environment)
        scope = self.functions[node] = self.scope_for(node, environment.scope)
        self._run_block(_statements(node.body), Environment(scope))
        for name, definitions in scope.definitions.items():
            stored = self.program.attribute_expressions.setdefault((node, name), [])
            stored.extend(one.expression for one in definitions if one.expression and one.expression not in stored)
        self.define(environment, node.name.value, node, Class(node))
        return environment

    def _run_if(self, node: cst.If, environment: Environment) -> Environment | None:
        self.evaluate(node.test, environment)
        taken = self._run_block(_statements(node.body), self.assume(node.test, environment, True))
        otherwise: Environment | None = self.assume(node.test, environment, False)
        if isinstance(node.orelse, cst.If) and otherwise is not None:
            otherwise = self._run(node.orelse, otherwise)
        elif isinstance(node.orelse, cst.Else):
            otherwise = self._run_block(_statements(node.orelse.body), otherwise)
        return merge(taken, otherwise)

    def _run_while(self, node: cst.While, environment: Environment) -> Environment | None:
        forever = isinstance(node.test, cst.Name) and node.test.value == "True"

        def step(inside: Environment) -> Environment | None:
            self.evaluate(node.test, inside)
            return self._run_block(_statements(node.body), self.assume(node.test, inside, True))

        after = self._run_loop(environment, step, leaves_by_itself=not forever)
        if after is not None and isinstance(node.orelse, cst.Else):
            after = self._run_block(_statements(node.orelse.body), after)
        return after

    def _run_for(self, node: cst.For, environment: Environment) -> Environment | None:
        def step(inside: Environment) -> Environment | None:
            self.bind(node.target, iterated(self.evaluate(node.iter, inside)), inside)
            return self._run_block(_statements(node.body), inside)

        after = self._run_loop(environment, step, leaves_by_itself=True)
        if after is not None and isinstance(node.orelse, cst.Else):
            after = self._run_block(_statements(node.orelse.body), after)
        return after

    def _run_loop(
        self,
        environment: Environment,
        step: Callable[[Environment], Environment | None],
        *,
        leaves_by_itself: bool,
    ) -> Environment | None:
        head: Environment | None = environment
        after: Environment | None = environment if leaves_by_itself else None
        for _ in range(2):
            flow = _Flow()
            self._loops.append(flow)
            assert head is not None
            inside = head.copy()
            inside.types.clear()
            end = step(inside)
            self._loops.pop()
            again = merge(end, flow.continued)
            if leaves_by_itself:
                after = merge(after, again)
            after = merge(after, flow.broken)
            head = merge(head, again)
        return after

    def _run_with(self, node: cst.With, environment: Environment) -> Environment | None:
        for item in node.items:
            value = entered(self.evaluate(item.item, environment))
            if item.asname is not None:
                self._bind(item.asname.name, value, environment, None)
        return self._run_block(_statements(node.body), environment)

    def _run_try(self, node: cst.Try | cst.TryStar, environment: Environment) -> Environment | None:
        before = environment.copy()
        end = self._run_block(_statements(node.body), environment)
        # A handler starts from anywhere in the body: from its beginning, its end, and what the body bound.
        reached = merge(before, end)
        assert reached is not None
        for definition_name, definitions in self._bound_in(node.body, environment.scope).items():
            reached.reaching[definition_name] = reached.reaching.get(definition_name, frozenset()) | definitions
        if end is not None and isinstance(node.orelse, cst.Else):
            end = self._run_block(_statements(node.orelse.body), end)
        for handler in node.handlers:
            inside = reached.copy()
            inside.types.clear()
            if handler.type is not None:
                self.evaluate(handler.type, inside)
            if handler.name is not None and isinstance(handler.name.name, cst.Name):
                self.define(inside, handler.name.name.value, handler, UNKNOWN)
            end = merge(end, self._run_block(_statements(handler.body), inside))
        if node.finalbody is not None:
            finally_from = merge(end, reached)
            last = self._run_block(_statements(node.finalbody.body), finally_from)
            return None if end is None or last is None else last
        return end

    _run_trystar = _run_try

    def _bound_in(self, body: cst.CSTNode, scope: Scope) -> dict[str, frozenset[Definition]]:
        found: dict[str, frozenset[Definition]] = {}
        for name, definitions in scope.definitions.items():
            inside = frozenset(one for one in definitions if self._is_inside(one.node, body))
            if inside:
                found[name] = inside
        return found

    def _is_inside(self, node: cst.CSTNode, ancestor: cst.CSTNode) -> bool:
        current: cst.CSTNode | None = node
        while current is not None:
            if current is ancestor:
                return True
            current = self.program.parents.get(current)
        return False

    def _run_match(self, node: cst.Match, environment: Environment) -> Environment | None:
        subject = self.evaluate(node.subject, environment)
        after: Environment | None = environment
        for case in node.cases:
            inside = environment.copy()
            types = types_of_pattern(case.pattern)
            if types and isinstance(subject, Parsed) and subject.path == TYPE_PATH:
                inside.types[subject.origin] = types
            self._bind_pattern(case.pattern, inside)
            if case.guard is not None:
                self.evaluate(case.guard, inside)
                inside = self.assume(case.guard, inside, True)
            after = merge(after, self._run_block(_statements(case.body), inside))
        return after

    def _bind_pattern(self, pattern: cst.CSTNode, environment: Environment) -> None:
        if isinstance(pattern, cst.MatchValue):
            self.evaluate(pattern.value, environment)
            return
        if isinstance(pattern, cst.MatchAs) and pattern.name is not None:
            self.define(environment, pattern.name.value, pattern.name, UNKNOWN)
        for child in pattern.children:
            self._bind_pattern(child, environment)


def _statements(body: cst.BaseSuite) -> AbstractSequence[cst.CSTNode]:
    return body.body


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""
