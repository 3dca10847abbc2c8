"""Running statements on abstract values: where paths part, and where they meet again."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace

import libcst as cst

from codemods.analysis.classes import is_class_method, is_static
from codemods.analysis.environment import Definition, Environment, Scope, merge
from codemods.analysis.handlers import EventLibrary
from codemods.analysis.libraries import ENDING
from codemods.analysis.patterns import PatternEvaluation
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Function,
    Instance,
    Known,
    Library,
    Parsed,
    Value,
    alternatives,
    replaceable,
    something,
)


class _Flow:
    """Where the paths out of a loop gather."""

    def __init__(self) -> None:
        self.broken: Environment | None = None
        self.continued: Environment | None = None


class StatementEvaluation(PatternEvaluation):
    """Runs statements; `run_unit` and what is run when is up to a whole analysis."""

    def __init__(self, module: cst.Module, libraries: tuple[EventLibrary, ...]) -> None:
        super().__init__(module, libraries)
        self._loops: list[_Flow] = []

    # --- functions and classes -------------------------------------------------------------------

    def meet_function(self, node: cst.FunctionDef | cst.Lambda, environment: Environment) -> None:
        parent = environment.scope
        self.functions[node] = self.scope_for(node, parent)
        if node not in self.units:
            self.put_to_work(node)
        parameters = node.params
        for parameter in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
            if parameter.default is not None:
                value = replaceable(self.evaluate(parameter.default, environment))
                for one in alternatives(value):
                    if isinstance(one, Instance):
                        self.grow_cell(("replaceable", one.node), Known(True))
                self.define(self.environment_of(self.functions[node]), parameter.name.value, parameter, value)

    def _run_function(self, node: cst.FunctionDef | cst.Lambda) -> None:
        scope = self.functions[node]
        environment = self.environment_of(scope)
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
            owner = Class(outer_class) if is_class_method(node) else Instance(outer_class)
            self.define(environment, every[0].name.value, every[0], owner)
        if self._run_block(_statements(node.body), environment) is not None:
            self._return(Known(None))

    def _class_of(self, node: cst.FunctionDef) -> cst.ClassDef | None:
        parent = self.program.parents.get(self.program.parents[node])
        return parent if isinstance(parent, cst.ClassDef) and not is_static(node) else None

    def _return(self, value: Value) -> None:
        self.grow_cell(("returns", self.running), value)

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
            self.program.at_statement[statement] = environment.reaching
            found: Environment | None = environment
            for small in statement.body:
                if found is None:
                    break
                found = self._run_small(small, found)
            self.statement = outer
            return found
        if isinstance(statement, cst.BaseSmallStatement):
            return self._run_small(statement, environment)
        self.program.at_statement[statement] = environment.reaching
        outer, self.statement = self.statement, statement
        run = getattr(self, f"_run_{type(statement).__name__.lower()}", None)
        result: Environment | None = run(statement, environment) if run is not None else environment
        self.statement = outer
        return result

    # --- small statements ------------------------------------------------------------------------

    def _run_small(self, node: cst.BaseSmallStatement, environment: Environment) -> Environment | None:
        match node:
            case cst.Assign(targets, value):
                result = self.evaluate(value, environment)
                for target in targets:
                    self._bind(target.target, result, environment, value)
            case cst.AnnAssign(target, annotation, value):
                self.evaluate(annotation.annotation, environment)
                self.note_declared(target, annotation, environment)
                if value is not None:
                    self._bind(target, self.evaluate(value, environment), environment, value)
            case cst.AugAssign():
                self._augment(node, environment)
            case cst.Del(target):
                self._delete(target, environment)
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
        for decorator in reversed(node.decorators):
            value = self.decorated(self.program.values.get(decorator.decorator, NOTHING), value)
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
        bases = (_without_parameters(base.value) for base in node.bases)
        self.note_class(node, tuple(self.program.values.get(base, NOTHING) for base in bases))
        for decorator in node.decorators:
            self.evaluate(decorator.decorator, environment)
        scope = self.functions[node] = self.scope_for(node, environment.scope)
        self._run_block(_statements(node.body), self.environment_of(scope))
        for name, definitions in scope.definitions.items():
            stored = self.program.attribute_expressions.setdefault((node, name), [])
            stored.extend(one.expression for one in definitions if one.expression and one.expression not in stored)
        self.define(environment, node.name.value, node, Class(node))
        return environment

    def _run_if(self, node: cst.If, environment: Environment) -> Environment | None:
        self.evaluate(node.test, environment)
        after: Environment | None = None
        otherwise = environment
        branch: cst.If | cst.Else | None = node
        # A chain of `elif` is a loop here: there are programs with hundreds in one.
        while isinstance(branch, cst.If):
            if branch is not node:
                self.statement = branch
                self.program.at_statement[branch] = otherwise.reaching
                self.evaluate(branch.test, otherwise)
            taken = self._run_block(_statements(branch.body), self.assume(branch.test, otherwise, True))
            after = merge(after, taken)
            otherwise = self.assume(branch.test, otherwise, False)
            branch = branch.orelse
        if isinstance(branch, cst.Else):
            return merge(after, self._run_block(_statements(branch.body), otherwise))
        return merge(after, otherwise)

    def _run_while(self, node: cst.While, environment: Environment) -> Environment | None:
        forever = isinstance(node.test, cst.Name) and node.test.value == "True"

        def step(inside: Environment) -> Environment | None:
            self.evaluate(node.test, inside)
            return self._run_block(_statements(node.body), self.assume(node.test, inside, True))

        after = self._run_loop(node, environment, step, leaves_by_itself=not forever)
        if after is not None and isinstance(node.orelse, cst.Else):
            after = self._run_block(_statements(node.orelse.body), after)
        return after

    def _run_for(self, node: cst.For, environment: Environment) -> Environment | None:
        def step(inside: Environment) -> Environment | None:
            self.bind(node.target, self.iterated(self.evaluate(node.iter, inside)), inside)
            return self._run_block(_statements(node.body), inside)

        after = self._run_loop(node, environment, step, leaves_by_itself=True)
        if after is not None and isinstance(node.orelse, cst.Else):
            after = self._run_block(_statements(node.orelse.body), after)
        return after

    def _run_loop(
        self,
        loop: cst.CSTNode,
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
            inside.types = self._types_kept(loop, environment)
            end = step(inside)
            self._loops.pop()
            again = merge(end, flow.continued)
            if leaves_by_itself:
                after = merge(after, again)
            after = merge(after, flow.broken)
            head = merge(head, again)
        if after is not None:
            after.types.update(self._types_kept(loop, environment))
        return after

    def _types_kept(self, loop: cst.CSTNode, environment: Environment) -> dict[cst.CSTNode, frozenset[str]]:
        """What tests in front of a loop have told of messages that the loop does not read anew."""
        if not environment.types:
            return {}
        renewed = {
            one.origin
            for definitions in environment.scope.definitions.values()
            for definition in definitions
            for one in something(definition.value)
            if isinstance(one, Parsed) and one.path == () and self._is_inside(definition.node, loop)
        }
        return {
            origin: types
            for origin, types in environment.types.items()
            if origin not in renewed and not self._is_inside(origin, loop)
        }

    def _run_with(self, node: cst.With, environment: Environment) -> Environment | None:
        for item in node.items:
            value = self.entered(self.evaluate(item.item, environment))
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
            known = reached.reaching.get(definition_name, frozenset())
            reached.reaching = reached.reaching.with_definitions(definition_name, known | definitions)
        if end is not None and isinstance(node.orelse, cst.Else):
            end = self._run_block(_statements(node.orelse.body), end)
        for handler in node.handlers:
            inside = reached.copy()
            inside.types.clear()
            inside.left_out.clear()
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
            inside = self.enter_case(case, subject, environment)
            after = merge(after, self._run_block(_statements(case.body), inside))
        return after


def _statements(body: cst.BaseSuite) -> AbstractSequence[cst.CSTNode]:
    return body.body


def _without_parameters(node: cst.BaseExpression) -> cst.BaseExpression:
    """The class in `Generic[T]`."""
    return node.value if isinstance(node, cst.Subscript) else node
