"""Functions of the program: what their parameters get, what they give back, what their decorators make of them."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.classes import decorated_with, is_class_method, is_static
from codemods.analysis.containers import is_container, put_by
from codemods.analysis.declared import as_declared
from codemods.analysis.dictionaries import Entry
from codemods.analysis.environment import Scope
from codemods.analysis.evaluation import Handed
from codemods.analysis.models import ModelEvaluation
from codemods.analysis.values import (
    LONGEST_LIST,
    NOTHING,
    UNKNOWN,
    Awaitable,
    Class,
    Function,
    Instance,
    Known,
    LibraryObject,
    Managed,
    Member,
    Parsed,
    Sequence,
    Stream,
    Value,
    join,
    join_all,
    something,
)

_CONTEXT_MANAGERS: Final = ("contextmanager", "asynccontextmanager")


class FunctionEvaluation(ModelEvaluation):
    """Calls functions, methods, classes and partials of the program by value."""

    def call_value(self, callee: Value, handed: Handed) -> Value:
        found: Value = NOTHING
        for one in something(callee):
            found = join(found, self._call_one(one, handed))
        return found

    def _call_one(self, callee: Value, handed: Handed) -> Value:
        match callee:
            case Function(function):
                return self.call_function(function, handed, None)
            case Class(definition):
                return self.make(definition, handed)
            case Member(Instance() | Class() as owner, name):
                found = self.call_method(owner, name, handed)
                kept = self.read_cell((owner.node, name))
                if kept is not NOTHING:
                    found = join(found, self.call_value(kept, handed))
                if found is NOTHING and name == "__init__":
                    return Known(None)
                has_methods = any(True for _ in self.methods_of(owner, name))
                return UNKNOWN if found is NOTHING and self.settled and not has_methods else found
            case Instance():
                has_methods = any(True for _ in self.methods_of(callee, "__call__"))
                found = self.call_method(callee, "__call__", handed)
                return UNKNOWN if found is NOTHING and not has_methods and self.settled else found
            case LibraryObject("functools.partial", site):
                self.note_read(("bound", site))
                if site not in self.bound:
                    return NOTHING
                target, bound = self.bound[site]
                return self.call_value(
                    target,
                    Handed(
                        (*bound.positional, *handed.positional),
                        {**bound.keywords, **handed.keywords},
                        join(bound.more, handed.more),
                        join(bound.others, handed.others),
                    ),
                )
            case Member((LibraryObject() | Sequence()) as container, name) if is_container(container):
                # `loop.call_soon_threadsafe(queue.put_nowait, chunk)`
                put_by(self.program, container, name, handed.positional)
        return NOTHING if callee is NOTHING else UNKNOWN

    def call_function(
        self, function: cst.FunctionDef | cst.Lambda, handed: Handed, instance: Value | None = None
    ) -> Value:
        scope = self.functions.get(function)
        if scope is None or self.is_apart(function):
            return UNKNOWN  # a test that tries it gives it examples, and what comes of them is one
        self.program.called.add(function)
        names = [*function.params.posonly_params, *function.params.params]
        if instance is not None and names and not is_static(function):
            self._give_parameter(scope, names[0], self._as_first(function, instance))
            names = names[1:]
        self._give(scope, function, names, handed)
        if self._is_generator(function):
            yielded = self.read_cell(("yields", function))
            return Managed(yielded) if decorated_with(function, *_CONTEXT_MANAGERS) else Stream(yielded)
        value = self.read_cell(("returns", function))
        if isinstance(function, cst.FunctionDef):
            value = as_declared(self.program, function.returns, value)
        if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
            return Awaitable(value)
        return value

    def _as_first(self, function: cst.FunctionDef | cst.Lambda, owner: Value) -> Value:
        if isinstance(owner, Instance | Class):
            return Class(owner.node) if is_class_method(function) else Instance(owner.node)
        return owner

    def _give(
        self, scope: Scope, function: cst.FunctionDef | cst.Lambda, names: list[cst.Param], handed: Handed
    ) -> None:
        """Gives a function's parameters what a call hands over."""
        params = function.params
        given = dict(zip((one.name.value for one in names), handed.positional, strict=False))
        by_name = {one.name.value: one for one in (*names, *params.kwonly_params)}
        left: dict[str, Value] = {}
        for name, value in handed.keywords.items():
            if name in by_name:
                given[name] = value
            else:
                left[name] = value
        for name, parameter in by_name.items():
            value = given.get(name, NOTHING)
            if name not in given:
                if parameter in names:
                    value = join(value, handed.more)
                value = join(value, named_in(handed.others, name))
            self._give_parameter(scope, parameter, value)
        self._give_the_rest(scope, params, handed, handed.positional[len(names) :], left)

    def _give_the_rest(
        self, scope: Scope, params: cst.Parameters, handed: Handed, rest: tuple[Value, ...], left: dict[str, Value]
    ) -> None:
        if isinstance(params.star_arg, cst.Param):
            site = params.star_arg.name
            more = handed.more
            if len(rest) > LONGEST_LIST:
                more, rest = join_all((more, *rest)), ()
            if more is not NOTHING:
                self.program.changed_sequences.add(site)
                self.grow_cell(("contents", site), more)
            self._give_parameter(scope, params.star_arg, Sequence(site, rest))
        if isinstance(params.star_kwarg, cst.Param):
            site = params.star_kwarg.name
            table = self.program.dictionaries.get(site)
            known = {str(one.key.value): one for one in table.entries if isinstance(one.key, Known)} if table else {}
            for name, value in left.items():
                before = known[name].value if name in known else NOTHING
                known[name] = Entry(Known(name), params.star_kwarg, site, join(before, value), certain=False)
            entries = list(known.values())
            merged = [one for one in table.entries if one.merges] if table is not None else []
            if handed.others is not NOTHING:
                others = join(merged[0].value, handed.others) if merged else handed.others
                merged = [Entry(UNKNOWN, params.star_kwarg, site, others, merges=True, certain=False)]
            entries += merged
            self._give_parameter(scope, params.star_kwarg, self.program.tables.keep(site, entries))

    # --- decorators ------------------------------------------------------------------------------

    def decorated(self, decorator: Value, function: Value) -> Value:
        """What a function is under a decorator of the program; a library's is taken to leave it what it is."""
        if not isinstance(decorator, Function | Instance | Member) or (
            isinstance(decorator, Member) and not isinstance(decorator.owner, Instance | Class)
        ):
            return function
        is_through = isinstance(decorator, Function) and self._hands_through(decorator.node)
        result = self.call_value(decorator, Handed((function,)))
        return function if is_through else result

    def _hands_through(self, decorator: cst.FunctionDef | cst.Lambda) -> bool:
        """Whether a decorator gives back the function itself, or one that does nothing but call it with all it gets."""
        params = (*decorator.params.posonly_params, *decorator.params.params)
        if not isinstance(decorator, cst.FunctionDef) or not params:
            return False
        name = params[0].name.value
        inner = {one.name.value: one for one in decorator.body.body if isinstance(one, cst.FunctionDef)}
        returned = [one.value for one in _returns_of(decorator)]
        self.wrappers.update((one, name) for one in inner.values() if _only_calls(one, name))
        return bool(returned) and all(
            isinstance(one, cst.Name)
            and (one.value == name or (one.value in inner and _only_calls(inner[one.value], name)))
            for one in returned
        )

    def _give_parameter(self, scope: Scope, parameter: cst.Param, value: Value) -> None:
        value = as_declared(self.program, parameter.annotation, value)
        self.define(self.environment_of(scope), parameter.name.value, parameter, value)

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


def named_in(others: Value, name: str) -> Value:
    """What `**others` hands over under a name."""
    return others.step(name) if isinstance(others, Parsed) else others


def _returns_of(function: cst.FunctionDef) -> list[cst.Return]:
    """The `return` statements of a function itself."""
    found: list[cst.Return] = []
    waiting: list[cst.CSTNode] = list(function.body.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.Return):
            found.append(node)
        elif not isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef, cst.BaseExpression)):
            waiting.extend(node.children)
    return found


def _only_calls(wrapper: cst.FunctionDef, name: str) -> bool:
    """Whether a wrapper gives back what `name(*args, **kwargs)` gives, called with all that it gets itself."""
    star, stars = wrapper.params.star_arg, wrapper.params.star_kwarg
    if not isinstance(star, cst.Param) or stars is None:
        return False
    own = [one.name.value for one in (*wrapper.params.posonly_params, *wrapper.params.params)]

    def is_it(node: cst.BaseExpression | None) -> bool:
        match node:
            case cst.Await(inner):
                return is_it(inner)
            case cst.Call(cst.Name(called), args) if called == name:
                written = [(one.star, getattr(one.value, "value", "")) for one in args]
                return written == [*(("", each) for each in own), ("*", star.name.value), ("**", stars.name.value)]
            case None | cst.Name("None"):
                return True
        return False

    return all(is_it(one.value) for one in _returns_of(wrapper))
