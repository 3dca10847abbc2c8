"""Evaluating expressions on abstract values."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Iterable
from typing import Any, Final

import libcst as cst

from codemods.analysis.callbacks import callbacks
from codemods.analysis.environment import Definition, Environment, Scope
from codemods.analysis.handlers import EventLibrary, Registration, registration_of
from codemods.analysis.libraries import Arguments, attribute, awaited, call_library, call_member, iterated
from codemods.analysis.narrowing import Narrowing, narrowed
from codemods.analysis.program import Entry, Program
from codemods.analysis.texts import filled_in
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Awaitable,
    Class,
    DictDisplay,
    Function,
    Instance,
    Known,
    Library,
    LibraryObject,
    Member,
    Parsed,
    Sequence,
    Stream,
    Value,
    join,
    join_all,
    something,
    text_of,
)

_ARITHMETIC: Final[dict[type[cst.CSTNode], Callable[[Any, Any], Any]]] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.Divide: operator.truediv,
    cst.FloorDivide: operator.floordiv,
}

_CONSTANTS: Final = {"True": True, "False": False, "None": None}

_BUILTINS: Final = frozenset(dir(builtins))


class ExpressionEvaluation:
    """Gives every expression its value; statements are the business of the class built on this one."""

    def __init__(self, module: cst.Module, libraries: tuple[EventLibrary, ...] = ()) -> None:
        self.program = Program(module)
        self.libraries = libraries
        self.narrowing = Narrowing(self.program, libraries)
        self.definitions: dict[tuple[cst.CSTNode, str], Definition] = {}
        self.changed = False
        self.settled = False
        """Whether what has got no value so far is taken as unknown: only once the known calls and stores are in."""
        self.complete = False
        """Whether what still has no value after that never gets one: endless functions, code that only raises."""
        self._generators: dict[cst.CSTNode, bool] = {}
        self.yields: dict[cst.CSTNode, Value] = {}
        self.returns: dict[cst.CSTNode, Value] = {}
        self.attributes: dict[tuple[cst.ClassDef, str], Value] = {}
        self.functions: dict[cst.CSTNode, Scope] = {}
        self.statement: cst.CSTNode | None = None
        self.running: cst.CSTNode = module

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
        if definition not in scope.definitions.setdefault(name, []):
            scope.definitions[name].append(definition)
            self.changed = True
        joined = join(definition.value, value)
        if joined != definition.value:
            self.changed = True
        definition.value = joined
        if scope is environment.scope:
            environment.define(definition)
        return definition

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
        if definitions is None:
            scope: Scope | None = environment.scope
            if name in environment.scope.elsewhere or name not in environment.scope.definitions:
                scope = environment.scope.parent
                while scope is not None and (name not in scope.definitions or isinstance(scope.node, cst.ClassDef)):
                    scope = scope.parent
            if scope is None:
                return Library(f"builtins.{name}") if name in _BUILTINS else UNKNOWN
            definitions = frozenset(scope.definitions[name])
        self.program.reaching[node] = self.program.reaching.get(node, frozenset()) | definitions
        value: Value = NOTHING
        for definition in definitions:
            if node not in definition.uses:
                definition.uses.append(node)
            value = join(value, definition.value)
        return value

    # --- expressions -----------------------------------------------------------------------------

    def evaluate(self, node: cst.BaseExpression, environment: Environment) -> Value:
        """The value of an expression; kept for its node."""
        # A value that is not there yet gives none: UNKNOWN would stay, whatever a later round finds.
        evaluation = getattr(self, f"_evaluate_{type(node).__name__.lower()}", None)
        value = evaluation(node, environment) if evaluation is not None else self._evaluate_children(node, environment)
        if value is NOTHING and self.complete:
            value = UNKNOWN
        value = narrowed(value, environment)
        self.program.values[node] = join(self.program.values.get(node, NOTHING), value)
        return value

    def _evaluate_children(self, node: cst.CSTNode, environment: Environment) -> Value:
        for child in node.children:
            if isinstance(child, cst.BaseExpression):
                self.evaluate(child, environment)
            else:
                self._evaluate_children(child, environment)
        return UNKNOWN

    def _evaluate_name(self, node: cst.Name, environment: Environment) -> Value:
        if node.value in _CONSTANTS:
            return Known(_CONSTANTS[node.value], node)
        return self._read_name(node, environment)

    def _evaluate_simplestring(self, node: cst.SimpleString, environment: Environment) -> Value:
        return Known(node.evaluated_value, node)

    def _evaluate_integer(self, node: cst.Integer, environment: Environment) -> Value:
        return Known(node.evaluated_value, node)

    def _evaluate_float(self, node: cst.Float, environment: Environment) -> Value:
        return Known(node.evaluated_value, node)

    def _evaluate_concatenatedstring(self, node: cst.ConcatenatedString, environment: Environment) -> Value:
        return text_of((self.evaluate(node.left, environment), self.evaluate(node.right, environment)))

    def _evaluate_formattedstring(self, node: cst.FormattedString, environment: Environment) -> Value:
        parts: list[Value] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                parts.append(Known(part.value.replace("{{", "{").replace("}}", "}"), part))
            elif isinstance(part, cst.FormattedStringExpression):
                value = self.evaluate(part.expression, environment)
                for inner in part.format_spec or ():
                    self._evaluate_children(inner, environment)
                parts.append(UNKNOWN if part.format_spec or part.conversion else value)
        return text_of(parts)

    def _evaluate_unaryoperation(self, node: cst.UnaryOperation, environment: Environment) -> Value:
        value = self.evaluate(node.expression, environment)
        if isinstance(node.operator, cst.Minus) and isinstance(value, Known) and isinstance(value.value, (int, float)):
            return Known(-value.value, certain=value.certain)
        return UNKNOWN

    def _evaluate_binaryoperation(self, node: cst.BinaryOperation, environment: Environment) -> Value:
        left, right = self.evaluate(node.left, environment), self.evaluate(node.right, environment)
        if NOTHING in (left, right):
            return NOTHING
        if isinstance(node.operator, cst.Add) and (_is_text(left) or _is_text(right)):
            return text_of((left, right))
        if isinstance(node.operator, cst.Modulo) and isinstance(left, Known) and isinstance(left.value, str):
            return filled_in(left.value, right)
        function = _ARITHMETIC.get(type(node.operator))
        if function and isinstance(left, Known) and isinstance(right, Known):
            if not all(isinstance(side.value, (int, float)) for side in (left, right)):
                return UNKNOWN
            try:
                return Known(function(left.value, right.value), certain=left.certain and right.certain)
            except (ArithmeticError, ValueError):
                return UNKNOWN
        return UNKNOWN

    def _evaluate_booleanoperation(self, node: cst.BooleanOperation, environment: Environment) -> Value:
        left = self.evaluate(node.left, environment)
        inner = self.assume(node.left, environment, isinstance(node.operator, cst.And))
        return join(left, self.evaluate(node.right, inner))

    def _evaluate_ifexp(self, node: cst.IfExp, environment: Environment) -> Value:
        self.evaluate(node.test, environment)
        return join(
            self.evaluate(node.body, self.assume(node.test, environment, True)),
            self.evaluate(node.orelse, self.assume(node.test, environment, False)),
        )

    def _evaluate_namedexpr(self, node: cst.NamedExpr, environment: Environment) -> Value:
        value = self.evaluate(node.value, environment)
        if isinstance(node.target, cst.Name):
            self.define(environment, node.target.value, node.target, value, node.value)
        return value

    def _evaluate_await(self, node: cst.Await, environment: Environment) -> Value:
        return awaited(self.evaluate(node.expression, environment))

    def _evaluate_attribute(self, node: cst.Attribute, environment: Environment) -> Value:
        owner = self.evaluate(node.value, environment)
        found: Value = NOTHING
        for one in something(owner):
            if isinstance(one, (Instance, Class)):
                found = join(found, self._read_member(one, node.attr.value))
            else:
                found = join(found, one if one in (UNKNOWN, NOTHING) else attribute(one, node.attr.value))
        return found

    def _read_member(self, owner: Instance | Class, name: str) -> Value:
        kept = self.attributes.get((owner.node, name), NOTHING)
        scope = self.functions.get(owner.node)
        in_class = scope.value_of(name) if scope is not None else NOTHING
        value = join(kept, in_class)
        if isinstance(value, Function) and isinstance(owner, Instance) and kept is NOTHING:
            return Member(owner, name)
        return UNKNOWN if value is NOTHING and self.settled else value

    def _evaluate_subscript(self, node: cst.Subscript, environment: Environment) -> Value:
        owner = self.evaluate(node.value, environment)
        key: Value = UNKNOWN
        for element in node.slice:
            if isinstance(element.slice, cst.Index):
                key = self.evaluate(element.slice.value, environment)
            else:
                self._evaluate_children(element.slice, environment)
        if owner is NOTHING or key is NOTHING:
            return NOTHING
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice):
            return join_all(one if isinstance(one, Parsed) else UNKNOWN for one in something(owner))
        if len(node.slice) != 1 or not isinstance(key, Known):
            return join_all(_any_element(one) for one in something(owner))
        return join_all(self._element(one, key) for one in something(owner))

    def _element(self, owner: Value, key: Known) -> Value:
        step = key.value
        match owner:
            case Parsed() if isinstance(step, (str, int)):
                return owner.step(step)
            case DictDisplay(site) if isinstance(step, str):
                return self.program.dictionaries[site].get(step)
            case Known(None):
                return NOTHING
            case Sequence(_, elements) if isinstance(step, int) and -len(elements) <= step < len(elements):
                return elements[step]
            case Library("os.environ"):
                if isinstance(key.literal, cst.SimpleString):
                    self.program.environment_names.add(key.literal)
        return UNKNOWN

    def _evaluate_dict(self, node: cst.Dict, environment: Environment) -> Value:
        entries: list[Entry] = []
        for element in node.elements:
            value = self.evaluate(element.value, environment)
            key: Value = UNKNOWN
            if isinstance(element, cst.DictElement):
                key = self.evaluate(element.key, environment)
            if isinstance(element, (cst.DictElement, cst.StarredDictElement)):
                entries.append(Entry(key, element, element.value, value))
        return self.program.dictionary_of_display(node, entries)

    def _evaluate_list(self, node: cst.List | cst.Tuple | cst.Set, environment: Environment) -> Value:
        values = tuple(self.evaluate(element.value, environment) for element in node.elements)
        if any(isinstance(element, cst.StarredElement) for element in node.elements):
            return UNKNOWN
        return Sequence(node, values)

    _evaluate_tuple = _evaluate_list
    _evaluate_set = _evaluate_list

    def _evaluate_lambda(self, node: cst.Lambda, environment: Environment) -> Value:
        self.meet_function(node, environment)
        return Function(node)

    def _evaluate_listcomp(self, node: cst.ListComp, environment: Environment) -> Value:
        inner = self._comprehension(node.for_in, node, environment)
        return Stream(self.evaluate(node.elt, inner))

    _evaluate_generatorexp = _evaluate_listcomp
    _evaluate_setcomp = _evaluate_listcomp

    def _evaluate_dictcomp(self, node: cst.DictComp, environment: Environment) -> Value:
        inner = self._comprehension(node.for_in, node, environment)
        self.evaluate(node.key, inner)
        self.evaluate(node.value, inner)
        return UNKNOWN

    def _comprehension(self, loop: cst.CompFor, node: cst.CSTNode, environment: Environment) -> Environment:
        scope = self.scope_for(node, environment.scope)
        inner = Environment(scope, dict(environment.reaching), dict(environment.types))
        following: cst.CompFor | None = loop
        while following is not None:
            self.bind(following.target, iterated(self.evaluate(following.iter, inner)), inner)
            for condition in following.ifs:
                self.evaluate(condition.test, inner)
                inner = self.assume(condition.test, inner, True)
            following = following.inner_for_in
        return inner

    def _evaluate_call(self, node: cst.Call, environment: Environment) -> Value:
        callee = self.evaluate(node.func, environment)
        for argument in node.args:
            self.evaluate(argument.value, environment)
        arguments = Arguments.of(node)
        found: Value = NOTHING
        for one in something(callee):
            found = join(found, self._call(node, one, arguments))
            for function, values in callbacks(self.program, node, one, arguments):
                self.call_back(function, values)
            self._register(node, one, arguments)
        return found

    def _register(self, node: cst.Call, callee: Value, arguments: Arguments) -> None:
        """Notes a handler that is registered with a library's object, and what it will be called with."""
        if not isinstance(callee, Member) or not isinstance(callee.owner, LibraryObject):
            return
        if any(library.registers(callee.owner, callee.name) for library in self.libraries):
            found = registration_of(node, callee.owner, callee.name, arguments)
            known = self.program.registrations.get(node)
            self.program.registrations[node] = known if known is not None and found.handler is None else found
            if isinstance(found.handler, cst.BaseExpression):
                self.give_to_handler(found, self.program.values.get(found.handler, NOTHING))

    def give_to_handler(self, registration: Registration, handler: Value) -> None:
        """Gives a handler's parameters what its events hand over."""
        event = self.program.values.get(registration.event, UNKNOWN) if registration.event is not None else UNKNOWN
        for library in self.libraries:
            if event is not NOTHING and library.registers(registration.owner, registration.method):
                self.call_back(handler, library.gives(registration.owner, event))

    def call_back(self, function: Value, values: tuple[Value, ...]) -> None:
        """Notes that a library calls a function of the program with these values."""
        for one in something(function):
            match one:
                case Function(node):
                    self._give_values(node, values, None)
                case Member(Instance(definition) as owner, name):
                    scope = self.functions.get(definition)
                    method = scope.value_of(name) if scope is not None else NOTHING
                    if isinstance(method, Function):
                        self._give_values(method.node, values, owner)
                case LibraryObject("functools.partial", site) if site.args and not site.args[0].star:
                    bound = Arguments.of(site).positional
                    given = tuple(self.program.values.get(one, NOTHING) for one in bound)
                    self.call_back(given[0], (*given[1:], *values))

    def _give_values(
        self, function: cst.FunctionDef | cst.Lambda, values: tuple[Value, ...], instance: Instance | None
    ) -> None:
        scope = self.functions.get(function)
        if scope is None:
            return
        self.program.called.add(function)
        names = [*function.params.posonly_params, *function.params.params]
        given = values if instance is None or _is_static(function) else (instance, *values)
        for parameter, value in zip(names, given, strict=False):
            self._give_parameter(scope, parameter, value)

    def _evaluate_yield(self, node: cst.Yield, environment: Environment) -> Value:
        match node.value:
            case cst.From(item):
                self._yield(iterated(self.evaluate(item, environment)))
            case cst.BaseExpression() as value:
                self._yield(self.evaluate(value, environment))
            case _:
                self._yield(Known(None))
        return UNKNOWN

    def _is_generator(self, function: cst.CSTNode) -> bool:
        """Whether a function yields, itself and not in a function inside it."""
        if function not in self._generators:
            waiting: list[cst.CSTNode] = list(function.children)
            found = False
            while waiting and not found:
                node = waiting.pop()
                found = isinstance(node, cst.Yield)
                if not isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
                    waiting.extend(node.children)
            self._generators[function] = found
        return self._generators[function]

    def _yield(self, value: Value) -> None:
        known = self.yields.get(self.running, NOTHING)
        joined = join(known, value)
        if joined != known:
            self.yields[self.running] = joined
            self.changed = True

    def _is_missing(self, nodes: Iterable[cst.BaseExpression]) -> bool:
        return any(self.program.values.get(node) is NOTHING for node in nodes)

    def _is_owned(self, callee: Library | Member) -> bool:
        """Whether what a call gives is known whatever it is called with."""
        name = callee.name
        if isinstance(callee, Member):
            name = callee.owner.made_by if isinstance(callee.owner, LibraryObject) else ""
        return any(library.owns(name) for library in self.libraries)

    def _call(self, node: cst.Call, callee: Value, arguments: Arguments) -> Value:
        if callee is NOTHING:
            return NOTHING
        if isinstance(callee, Library | Member) and self._is_missing(
            (*arguments.positional, *arguments.keywords.values())
        ):
            member_of_program = isinstance(callee, Member) and isinstance(callee.owner, Instance)
            if not member_of_program and not self._is_owned(callee):
                return NOTHING
        match callee:
            case Library(name):
                return call_library(self.program, node, name, arguments)
            case Function(function):
                return self._call_function(function, node, None)
            case Class(definition):
                scope = self.functions.get(definition)
                initialiser = scope.value_of("__init__") if scope is not None else NOTHING
                if isinstance(initialiser, Function):
                    self._call_function(initialiser.node, node, Instance(definition))
                return Instance(definition)
            case Member(Instance(definition) as owner, name):
                scope = self.functions.get(definition)
                method = scope.value_of(name) if scope is not None else NOTHING
                return self._call_function(method.node, node, owner) if isinstance(method, Function) else UNKNOWN
            case Member():
                return call_member(self.program, node, callee, arguments)
        return UNKNOWN

    def _call_function(
        self, function: cst.FunctionDef | cst.Lambda, call: cst.Call, instance: Instance | None
    ) -> Value:
        scope = self.functions.get(function)
        if scope is None:
            return UNKNOWN
        self.program.called.add(function)
        names = [*function.params.posonly_params, *function.params.params]
        if instance is not None and names and not _is_static(function):
            self._give_parameter(scope, names[0], instance)
            names = names[1:]
        by_name = {parameter.name.value: parameter for parameter in (*names, *function.params.kwonly_params)}
        position = 0
        for argument in call.args:
            if argument.star:
                continue
            parameter: cst.Param | None = None
            if argument.keyword is not None:
                parameter = by_name.get(argument.keyword.value)
            elif position < len(names):
                parameter = names[position]
                position += 1
            if parameter is not None:
                self._give_parameter(scope, parameter, self.program.values.get(argument.value, NOTHING))
        if self._is_generator(function):
            return Stream(self.yields.get(function, NOTHING))
        value = self.returns.get(function, NOTHING)
        if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
            return Awaitable(value)
        return value

    def _give_parameter(self, scope: Scope, parameter: cst.Param, value: Value) -> None:
        self.define(Environment(scope), parameter.name.value, parameter, value)

    # --- hooks of the statements -----------------------------------------------------------------

    def assume(self, test: cst.BaseExpression, environment: Environment, truth: bool) -> Environment:
        """What holds where a test came out as `truth`."""
        return self.narrowing.assume(test, environment, truth)

    def bind(self, target: cst.CSTNode, value: Value, environment: Environment) -> None:
        """Binds an assignment's, loop's or `with`'s target."""
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


def _any_element(owner: Value) -> Value:
    """What an element of a parsed list is, at a position that only the running program knows."""
    return NOTHING if owner is NOTHING else UNKNOWN


def _is_text(value: Value) -> bool:
    return isinstance(value, Known) and isinstance(value.value, str)


def _is_static(function: cst.FunctionDef | cst.Lambda) -> bool:
    if isinstance(function, cst.Lambda):
        return True
    return any(
        isinstance(decorator.decorator, cst.Name) and decorator.decorator.value == "staticmethod"
        for decorator in function.decorators
    )
