"""A method of an SDK's object put to use: called, or handed to a library that calls it elsewhere.

`client.stream(chunk)`, `await asyncio.to_thread(client.stream, chunk)`, `Thread(target=client.stream, args=(chunks,))`,
`loop.run_in_executor(None, lambda: client.stream(chunk))` are one thing: a method, what it is given, and who calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import Library, LibraryObject, Member, Unknown, something

_FUNCTIONS: Final = {"asyncio.to_thread": 0, "_thread.start_new_thread": 0, "functools.partial": 0}
"""Library functions that take a function and what it is to be called with, and where the function stands."""

_METHODS: Final = {"run_in_executor": 1, "submit": 0, "call_soon_threadsafe": 0, "call_soon": 0}
"""Methods of executors and event loops that do."""

_THREADS: Final = {
    "threading.Thread": ((1, "target"), (3, "args"), (4, "kwargs")),
    "multiprocessing.Process": ((1, "target"), (3, "args"), (4, "kwargs")),
    "threading.Timer": ((1, "function"), (2, "args"), (3, "kwargs")),
}
"""Classes that call a function later: the places and names of the function, its arguments and its named ones."""


@dataclass(frozen=True, slots=True, eq=False)
class MethodUse:
    """One use of a method. `call` is the call that it stands in, `arguments` what the method itself is given.

    `function` is the expression that a library gets in order to call it; None where the method is called here. `given`
    are the arguments of `call` that are the method's.
    """

    name: str
    ref: cst.BaseExpression
    call: cst.Call
    arguments: Arguments
    function: cst.BaseExpression | None = None
    given: tuple[cst.Arg, ...] = ()

    @property
    def is_handed_over(self) -> bool:
        """Whether a library calls the method, in a thread or later."""
        return self.function is not None


def use_of(program: Program, ref: cst.BaseExpression) -> MethodUse | None:
    """The use of a method that an expression for the object is the beginning of, if it is one."""
    attribute = program.parents[ref]
    if not isinstance(attribute, cst.Attribute) or attribute.value is not ref:
        return None
    around = program.parents[attribute]
    name = attribute.attr.value
    if isinstance(around, cst.Call) and around.func is attribute:
        return _called(program, name, ref, around)
    if isinstance(around, cst.Arg):
        return _handed_over(program, name, ref, attribute, around)
    return None


def _called(program: Program, name: str, ref: cst.BaseExpression, call: cst.Call) -> MethodUse:
    """A call here, or in a `lambda:` that does nothing else and is handed over."""
    around = program.parents[call]
    if isinstance(around, cst.Lambda) and around.body is call and not _takes_anything(around):
        argument = program.parents[around]
        holder = program.parents.get(argument)
        if isinstance(argument, cst.Arg) and isinstance(holder, cst.Call) and _place(program, holder, argument):
            return MethodUse(name, ref, holder, Arguments.of(call), around)
    return MethodUse(name, ref, call, Arguments.of(call))


def _takes_anything(function: cst.Lambda) -> bool:
    parameters = function.params
    return bool(parameters.params or parameters.kwonly_params or parameters.posonly_params)


def _handed_over(
    program: Program, name: str, ref: cst.BaseExpression, function: cst.BaseExpression, argument: cst.Arg
) -> MethodUse | None:
    call = program.parents[argument]
    if not isinstance(call, cst.Call):
        return None
    place = _place(program, call, argument)
    if place is None:
        return None
    given = place()
    if given is None:
        return None
    arguments, nodes = given
    if arguments.complete and program.value(call.func) == Library("functools.partial"):
        return _partial(program, name, ref, call, arguments)
    return MethodUse(name, ref, call, arguments, function, nodes) if arguments.complete else None


def _partial(
    program: Program, name: str, ref: cst.BaseExpression, partial: cst.Call, arguments: Arguments
) -> MethodUse | None:
    """`run_in_executor(None, functools.partial(client.disconnect, terminate=True))`."""
    argument = program.parents[partial]
    holder = program.parents.get(argument)
    if isinstance(argument, cst.Arg) and isinstance(holder, cst.Call) and _place(program, holder, argument):
        return MethodUse(name, ref, holder, arguments, partial)
    return None


Given = tuple[Arguments, tuple[cst.Arg, ...]]


def _place(program: Program, call: cst.Call, function: cst.Arg) -> Callable[[], Given | None] | None:
    """How the arguments are found that a library calls `function` with; None where it is not one it calls."""
    callee = something(program.value(call.func))
    for one in callee:
        match one:
            case Library(name) if name in _THREADS:
                return _in_thread(call, function, name)
            case Library(name) if name in _FUNCTIONS:
                return _rest(call, function, _FUNCTIONS[name])
            case Member(LibraryObject(), name) if name in _METHODS:
                return _rest(call, function, _METHODS[name])
            case Unknown() if isinstance(call.func, cst.Attribute) and call.func.attr.value in _METHODS:
                return _rest(call, function, _METHODS[call.func.attr.value])
    return None


def _rest(call: cst.Call, function: cst.Arg, at: int) -> Callable[[], Given | None] | None:
    """The arguments behind the function are those that it is called with."""
    if at >= len(call.args) or call.args[at] is not function or function.star:
        return None
    nodes = tuple(call.args[at + 1 :])
    return lambda: (Arguments.of(cst.Call(cst.Name("_"), nodes)), nodes)


def _in_thread(call: cst.Call, function: cst.Arg, name: str) -> Callable[[], Given | None] | None:
    target, *given = (_argument(call, *place) for place in _THREADS[name])
    return (lambda: _of_thread(given)) if target is function else None


def _argument(call: cst.Call, position: int, keyword: str) -> cst.Arg | None:
    for index, one in enumerate(call.args):
        if (one.keyword is None and not one.star and index == position) or (
            one.keyword is not None and one.keyword.value == keyword
        ):
            return one
    return None


def _of_thread(given: list[cst.Arg | None]) -> Given | None:
    """The arguments that `Thread(target=…, args=(…), kwargs={…})` calls its function with."""
    positional: tuple[cst.BaseExpression, ...] = ()
    keywords: dict[str, cst.BaseExpression] = {}
    nodes = tuple(one for one in given if one is not None)
    for one in nodes:
        match one.value:
            case cst.Tuple(elements) | cst.List(elements) if all(isinstance(each, cst.Element) for each in elements):
                positional = tuple(each.value for each in elements)
            case cst.Dict(elements):
                for each in elements:
                    match each:
                        case cst.DictElement(cst.SimpleString() as key, value):
                            keywords[str(key.evaluated_value)] = value
                        case _:
                            return None
            case _:
                return None
    return Arguments(positional, keywords, True), nodes
