"""Calls: which function runs, what its parameters get, what comes back, and what a library calls later."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.callbacks import callbacks
from codemods.analysis.choosing import handed_to_chosen
from codemods.analysis.concurrency import GATHERING, IN_A_THREAD, IN_A_THREAD_BY_OBJECT, gathered
from codemods.analysis.containers import escapes
from codemods.analysis.environment import Environment
from codemods.analysis.environment_variables import note_variables
from codemods.analysis.evaluation import Handed
from codemods.analysis.functions import FunctionEvaluation, named_in
from codemods.analysis.handlers import Registration, registration_of
from codemods.analysis.http_requests import has_awaited_body
from codemods.analysis.libraries import call_library, call_member
from codemods.analysis.named_choice import choice_of, methods_asked_for
from codemods.analysis.sockets import CLIENT_METHODS, owner_of
from codemods.analysis.sound import relayed
from codemods.analysis.unrolling import unrolled
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
    ResponseField,
    Sequence,
    Stream,
    Super,
    Unknown,
    Value,
    alternatives,
    join,
    join_all,
    something,
)

_TRUSTED: Final = sys.stdlib_module_names | {
    "builtins",
    "requests",
    "httpx",
    "aiohttp",
    "websockets",
    "websocket",
    "orjson",
    "ujson",
    "simplejson",
    "msgspec",
    "pydantic",
    "attr",
    "attrs",
    "rich",
    "loguru",
    "structlog",
    "uvloop",
    "anyio",
    "trio",
    "yarl",
    "numpy",
    "pyaudio",
    "sounddevice",
    "fastapi",
    "starlette",
    "flask",
    "click",
    "typer",
}
"""Packages whose functions change no dictionary or list that they are given."""
_CHANGING: Final = ("random.shuffle", "operator.setitem", "operator.delitem")
_CHANGING_MODULES: Final = ("heapq", "bisect")
_READING_METHODS: Final = ("debug", "info", "warning", "error", "critical", "exception", "log", "print")
"""What loggers are asked by: they change nothing, whoever made them."""
_READ_KEYWORDS: Final = ("json", "headers", "params", "data", "extra", "additional_headers", "extra_headers", "header")
"""What HTTP clients read and leave as it is."""


class CallEvaluation(FunctionEvaluation):
    """Gives calls their values, and parameters what calls hand over."""

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
            self._let_escape(node, one)
            note_variables(self.program, node, one, arguments)
        return found

    def _register(self, node: cst.Call, callee: Value, arguments: Arguments) -> None:
        """Notes a handler that is registered with a library's object, and what it will be called with."""
        if isinstance(callee, Library):
            self._register_arguments(node, callee, arguments)
        if not isinstance(callee, Member) or not isinstance(callee.owner, LibraryObject):
            return
        if any(library.registers(callee.owner, callee.name) for library in self.libraries):
            rounds = unrolled(self.program, node, callee.owner, callee.name)
            if rounds:
                self.program.unrolled.add(node)
                self.program.registrations.pop(node, None)
                for element, registration in rounds:
                    self.program.registrations[element] = registration
                    if isinstance(registration.handler, cst.BaseExpression):
                        self.give_to_handler(registration, self.program.values.get(registration.handler, NOTHING))
                return
            found = registration_of(node, callee.owner, callee.name, arguments)
            known = self.program.registrations.get(node)
            self.program.registrations[node] = known if known is not None and found.handler is None else found
            if isinstance(found.handler, cst.BaseExpression):
                self.give_to_handler(found, self.program.values.get(found.handler, NOTHING))

    def _register_arguments(self, node: cst.Call, callee: Library, arguments: Arguments) -> None:
        """Notes the handlers that a library's class is given when it is made."""
        for library in self.libraries:
            for name in library.handlers_of_class(callee.name):
                handler = arguments.keywords.get(name)
                if handler is not None:
                    owner = LibraryObject(callee.name, node)
                    self.program.registrations[handler] = Registration(node, owner, name, None, handler)
                    self.call_back(self.program.values.get(handler, NOTHING), library.gives_argument(owner, name))

    def give_to_handler(self, registration: Registration, handler: Value) -> None:
        """Gives a handler's parameters what its events hand over."""
        event = self.program.values.get(registration.event, UNKNOWN) if registration.event is not None else UNKNOWN
        for library in self.libraries:
            if event is not NOTHING and library.registers(registration.owner, registration.method):
                self.call_back(handler, library.gives(registration.owner, event))

    def call_back(self, function: Value, values: tuple[Value, ...]) -> None:
        """Notes that a library calls a function of the program with these values."""
        for one in something(function):
            if not isinstance(one, Class):
                self.call_value(one, Handed(values))

    # --- what escapes ----------------------------------------------------------------------------

    def _let_escape(self, node: cst.Call, callee: Value) -> None:
        """Notes the dictionaries and lists that a call hands to code that is not seen here."""
        if self._is_harmless(callee, node.func):
            return
        for argument in node.args:
            if argument.star or (argument.keyword is not None and argument.keyword.value in _READ_KEYWORDS):
                continue
            escapes(self.program, self.program.values.get(argument.value, NOTHING), node)

    def _is_harmless(self, callee: Value, func: cst.BaseExpression) -> bool:
        match callee:
            case Unknown() | Parsed():
                name = func.attr.value if isinstance(func, cst.Attribute) else getattr(func, "value", "")
                return name in _READING_METHODS
            case Library(name):
                if name in _CHANGING or name.split(".")[0] in _CHANGING_MODULES:
                    return False
                return name.split(".")[0] in _TRUSTED or any(library.owns(name) for library in self.libraries)
            case Member(LibraryObject(made_by), name):
                trusted = made_by.split(".")[0] in _TRUSTED or any(one.owns(made_by) for one in self.libraries)
                return trusted or name in _READING_METHODS
        return True

    # --- who is called ---------------------------------------------------------------------------

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
            member_of_program = isinstance(callee, Member) and isinstance(callee.owner, Instance | Class)
            if not member_of_program and not self._is_owned(callee):
                return NOTHING
        match callee:
            case Library(name):
                return self._call_library(node, name, arguments)
            case Function() | Class() | Member(Instance() | Class()) | Instance():
                if isinstance(callee, Class):
                    made = self.make_without_initialiser(node, callee.node, arguments)
                    if made is not None:
                        self.program.followed.update((*arguments.positional, *arguments.keywords.values()))
                        return made
                elif isinstance(callee, Member) and isinstance(callee.owner, Instance | Class):
                    made = self.call_model(node, callee.owner, callee.name, arguments)
                    if made is not None:
                        return made
                if not isinstance(callee, Function):
                    self.program.followed.update((*arguments.positional, *arguments.keywords.values()))
                if isinstance(node.func, cst.Name) and self.wrappers.get(self.running) == node.func.value:
                    # What a wrapper hands through is what the decorated function is called with: followed there.
                    return self.call_value(callee, Handed())
                return self.call_value(callee, handed_to_chosen(self.program, node, callee, self.handed_by(node)))
            case LibraryObject("functools.partial"):
                return self.call_value(callee, self.handed_by(node))
            case Member(Awaitable(result), "result"):
                return result
            case Member(Awaitable() as future, "add_done_callback"):
                for one in arguments.positional[:1]:
                    self.call_back(self.program.values.get(one, NOTHING), (future,))
                return Known(None)
            case Member(LibraryObject(made_by), name) if name in IN_A_THREAD_BY_OBJECT and name not in CLIENT_METHODS:
                return self._call_in_a_thread(node, arguments, IN_A_THREAD_BY_OBJECT[name], f"{made_by}().{name}")
            case Member(LibraryObject(), "enter_async_context"):
                return Awaitable(self._entered_argument(arguments))
            case Member(LibraryObject(), "enter_context"):
                return self._entered_argument(arguments)
            case Member():
                return call_member(self.program, node, callee, arguments)
            case ResponseField(request) if has_awaited_body(self.program, request):
                return Awaitable(callee)
            case Unknown() if isinstance(node.func, cst.Attribute) and self._imports(owner_of(node.func.attr.value)):
                # A session that was handed in: no other library has a method of this name.
                return call_library(self.program, node, f"{CLIENT_METHODS[node.func.attr.value]}", arguments)
            case Unknown() if isinstance(node.func, cst.Attribute) and node.func.attr.value == "run_in_executor":
                return self._call_in_a_thread(node, arguments, 1, "")
            case Unknown():
                return relayed(node) or UNKNOWN
        return UNKNOWN

    def _entered_argument(self, arguments: Arguments) -> Value:
        one = arguments.positional[0] if arguments.positional else None
        return self.entered(self.program.values.get(one, NOTHING)) if one is not None else UNKNOWN

    def _call_library(self, node: cst.Call, name: str, arguments: Arguments) -> Value:
        match name:
            case "builtins.super":
                return self._super(arguments)
            case "importlib.import_module" if arguments.positional:
                found = self.imported_by_name(self.program.values.get(arguments.positional[0], NOTHING), node)
                return found if found is not None else call_library(self.program, node, name, arguments)
            case "functools.partial" if arguments.positional:
                return self._partial(node, arguments)
            case "builtins.getattr" | "builtins.setattr" | "builtins.vars":
                found = self._reflected(node, name, arguments)
                if found is not None:
                    return found
            case "types.SimpleNamespace":
                self._keep_bound(node, (NOTHING, self.handed_by(node)))
            case "builtins.map" if len(arguments.positional) >= 2:
                function, *given = (self.program.values.get(one, NOTHING) for one in arguments.positional)
                return Stream(self.call_value(function, Handed(tuple(self.iterated(one) for one in given))))
            case "builtins.filter" if len(arguments.positional) == 2:
                function, of = (self.program.values.get(one, NOTHING) for one in arguments.positional)
                self.call_value(function, Handed((self.iterated(of),)))
                return Stream(self.iterated(of))
            case "builtins.min" | "builtins.max" | "builtins.sorted" if arguments.positional:
                each = self.iterated(self.program.values.get(arguments.positional[0], NOTHING))
                if "key" in arguments.keywords:
                    self.call_value(self.program.values.get(arguments.keywords["key"], NOTHING), Handed((each,)))
                if not name.endswith("sorted") and len(arguments.positional) == 1:
                    return each
            case "builtins.iter" if len(arguments.positional) == 2:
                return Stream(self._call_later(self.program.values.get(arguments.positional[0], NOTHING)))
            case "builtins.next" | "builtins.anext" | "builtins.iter" | "builtins.aiter" if arguments.positional:
                of = self.program.values.get(arguments.positional[0], NOTHING)
                if any(isinstance(one, Instance) for one in alternatives(of)):
                    each = self.iterated(of)
                    return (
                        Awaitable(each) if name.endswith("anext") else each if name.endswith("next") else Stream(each)
                    )
            case "threading.Thread" | "multiprocessing.Process" if "kwargs" in arguments.keywords:
                self._start_with_keywords(arguments)
        if name in GATHERING:
            return gathered(self.program, node, name, arguments)
        if name in IN_A_THREAD:
            return self._call_in_a_thread(node, arguments, IN_A_THREAD[name], name)
        model = self.call_model_library(node, name, arguments)
        return model if model is not None else call_library(self.program, node, name, arguments)

    def _start_with_keywords(self, arguments: Arguments) -> None:
        target, given = arguments.get(1, "target"), arguments.get(3, "args")
        others = self.program.values.get(arguments.keywords["kwargs"], NOTHING)
        positional = self.program.values.get(given, NOTHING) if given is not None else NOTHING
        elements = positional.elements if isinstance(positional, Sequence) else ()
        if target is not None:
            keywords, rest = self._keywords_in(others)
            self.call_value(self.program.values.get(target, NOTHING), Handed(elements, keywords, others=rest))

    def _call_in_a_thread(self, node: cst.Call, arguments: Arguments, at: int, name: str) -> Value:
        """What `to_thread(function, …)`, `run_in_executor(None, function, …)` and `submit(function, …)` give."""
        if len(arguments.positional) <= at:
            return LibraryObject(name, node) if name else UNKNOWN
        target = self.program.values.get(arguments.positional[at], NOTHING)
        rest = Arguments(arguments.positional[at + 1 :], arguments.keywords, arguments.complete)
        found: Value = NOTHING
        for one in something(target):
            if isinstance(one, LibraryObject):
                result = self._call_later(one)
            elif isinstance(one, Library) or (isinstance(one, Member) and not isinstance(one.owner, Instance)):
                result = self._call(node, one, rest)
            else:
                given = tuple(self.program.values.get(each, NOTHING) for each in rest.positional)
                named = {key: self.program.values.get(each, NOTHING) for key, each in rest.keywords.items()}
                result = self.call_value(one, Handed(given, named))
            found = join(found, Awaitable(result))
        return found

    def _call_later(self, function: Value) -> Value:
        """What a function without arguments of its own gives, as `iter(partial(file.read, 1024), b"")` calls it."""
        found: Value = NOTHING
        for one in something(function):
            target: Value = one
            is_partial = False
            if isinstance(one, LibraryObject) and one.made_by == "functools.partial" and one.site.args:
                target = self.program.values.get(one.site.args[0].value, NOTHING)
                is_partial = isinstance(target, Member) and isinstance(target.owner, LibraryObject)
            if isinstance(one, LibraryObject) and is_partial:
                given = Arguments.of(one.site)
                rest = Arguments(given.positional[1:], given.keywords, given.complete)
                found = join(found, self._call(one.site, target, rest))
            else:
                found = join(found, self.call_value(one, Handed()))
        return found

    def _super(self, arguments: Arguments) -> Value:
        """The object that `super()` gives, by the class around the running method."""
        if arguments.positional:
            named = self.program.values.get(arguments.positional[0], NOTHING)
            return Super(named.node) if isinstance(named, Class) else UNKNOWN
        current: cst.CSTNode | None = self.running
        while current is not None and not isinstance(current, cst.ClassDef):
            current = self.program.parents.get(current)
        return Super(current) if isinstance(current, cst.ClassDef) else UNKNOWN

    def _partial(self, node: cst.Call, arguments: Arguments) -> Value:
        handed = self.handed_by(node)
        bound = (handed.positional[0], Handed(handed.positional[1:], handed.keywords, handed.more, handed.others))
        self._keep_bound(node, bound)
        return LibraryObject("functools.partial", node)

    def _keep_bound(self, node: cst.Call, bound: tuple[Value, Handed]) -> None:
        if self.bound.get(node) != bound:
            self.bound[node] = bound
            self.note_change(("bound", node))

    def read_namespace(self, site: cst.Call, name: str) -> Value:
        """What an attribute of a `SimpleNamespace` holds."""
        self.note_read(("bound", site))
        kept = self.read_cell((site, name))
        _, handed = self.bound.get(site, (NOTHING, Handed(others=NOTHING)))
        given = handed.keywords.get(name, named_in(handed.others, name))
        found = join(kept, given)
        return UNKNOWN if found is NOTHING and self.settled else found

    def _reflected(self, node: cst.Call, name: str, arguments: Arguments) -> Value | None:
        """`getattr`, `setattr` and `vars` on objects of the program; None for other objects."""
        values = [self.program.values.get(one, NOTHING) for one in arguments.positional]
        owners = [one for one in something(values[0]) if isinstance(one, Instance | Class)] if values else []
        if not owners:
            return None
        attribute = values[1].value if len(values) > 1 and isinstance(values[1], Known) else None
        if name == "builtins.setattr":
            for owner in owners:
                key = attribute if isinstance(attribute, str) else "*"
                self.grow_cell((owner.node, key), values[2] if len(values) > 2 and key != "*" else UNKNOWN)
            return Known(None)
        if name == "builtins.vars" or not isinstance(attribute, str):
            chosen = self._chosen_by_name(node, owners, values) if name == "builtins.getattr" else NOTHING
            return UNKNOWN if chosen is NOTHING else join(chosen, values[2]) if len(values) > 2 else chosen
        found = join_all(self.read_member(owner, attribute) for owner in owners)
        if found is NOTHING or found == UNKNOWN or len(owners) < len(something(values[0])):
            return join(found, values[2]) if len(values) > 2 and found is not NOTHING else found
        return found

    def _chosen_by_name(self, node: cst.Call, owners: list[Instance | Class], values: list[Value]) -> Value:
        """The methods that a message's type chooses from by their names; NOTHING where something else decides."""
        found: Value = NOTHING
        for owner in owners:
            choice = choice_of(owner, values[1]) if len(values) > 1 else None
            if choice is None or len(owners) > 1:
                return NOTHING
            self.program.named_choices[node] = choice
            for name in dict.fromkeys(methods_asked_for(choice, self.lineage(owner.node))):
                found = join(found, Member(owner, name))
        return found

    def _imports(self, library: str) -> bool:
        """Whether the program imports a library, whole or in part."""
        return library != "" and any(
            isinstance(one.value, Library) and one.value.name.split(".")[0] == library
            for one in self.definitions.values()
        )

    # --- what is handed over ---------------------------------------------------------------------

    def handed_by(self, call: cst.Call) -> Handed:
        """What a call hands over, with what is in the lists and dictionaries after `*` and `**`."""
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        nodes: dict[str | int, cst.BaseExpression] = {}
        more: Value = NOTHING
        others: Value = NOTHING
        for argument in call.args:
            value = self.program.values.get(argument.value, NOTHING)
            if argument.star == "*":
                if isinstance(value, Sequence) and value.site not in self.program.changed_sequences and more is NOTHING:
                    positional.extend(value.elements)
                else:
                    more = join(more, self.iterated(value))
            elif argument.star == "**":
                given, rest = self._keywords_in(value)
                keywords.update(given)
                others = join(others, rest)
            elif argument.keyword is not None:
                keywords[argument.keyword.value] = value
                nodes[argument.keyword.value] = argument.value
            elif more is not NOTHING:
                more = join(more, value)
            else:
                nodes[len(positional)] = argument.value
                positional.append(value)
        return Handed(tuple(positional), keywords, more, others, nodes)

    def _keywords_in(self, value: Value) -> tuple[dict[str, Value], Value]:
        """What `**value` hands over: by name, and what may come under any other name."""
        if not isinstance(value, DictDisplay):
            return {}, value
        facts = self.program.tables.facts(value.site)
        if facts.pending:
            return {}, NOTHING
        return {key: join_all(one.value for one in facts.of(key)) for key in facts.keys}, (
            NOTHING if facts.complete else UNKNOWN
        )
