"""What kind of audio a program sends: bytes, a bytearray, an iterable of either."""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.sound import is_piece
from codemods.analysis.values import (
    Function,
    Instance,
    Known,
    Library,
    LibraryObject,
    Member,
    Sequence,
    Sound,
    Stream,
    something,
)
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.own_iterators import kind_declared, kind_of_object

_READING: Final = (
    *("read", "readframes", "readexactly", "recv", "receive", "receive_bytes", "read_bytes", "getvalue"),
    *("get", "get_nowait", "popleft", "pop", "get_data", "body"),
)
_CONVERTING: Final = ("tobytes", "b64decode", "lin2ulaw", "ulaw2lin", "encode")
_GIVING_BYTES: Final = frozenset((*_READING, *_CONVERTING))
"""Methods and functions that give bytes, whatever they are called on."""


class AudioKinds:
    """Tells what is handed to the SDK as audio."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._asked: set[cst.Param] = set()

    def kind_of(self, audio: cst.BaseExpression) -> str:
        """Whether audio is `bytes`, an iterable of them, an `async` one, or unknown: `likely` bytes, or `either`."""
        found = set()
        for one in something(self._program.value(audio)):
            match one:
                case Known(bytes()):
                    found.add("bytes")
                case Stream():
                    found.add("async" if self._is_asynchronous_generator(audio) else "iterable")
                case Sequence() | LibraryObject("builtins.map" | "builtins.filter"):
                    found.add("iterable")
                case Sound() | LibraryObject() if is_piece(one):
                    found.add("bytes")
                case Instance():
                    found.add(kind_of_object(self._program, one) or "either")
                case _:
                    found.add("bytes" if self._reads_bytes(audio) else self._guess(audio))
        return found.pop() if len(found) == 1 else "either"

    def _guess(self, audio: cst.BaseExpression, depth: int = 4) -> str:
        """What comes into a function is likely to be a chunk; what a plain call gives may be a generator."""
        match audio:
            case cst.Call():
                made = self._program.value(audio.func)
                return "iterable" if made == Library("builtins.iter") else "either"
            case cst.Name() if depth:
                definitions = naming.definitions_at(self._migrating, audio)
                declared = {self._declared(one.node) for one in definitions}
                if len(declared) == 1 and (kind := declared.pop()) is not None:
                    return kind
                inner = [one.expression for one in definitions]
                guesses = {self._guess(one, depth - 1) for one in inner if one is not None}
                return guesses.pop() if len(guesses) == 1 else "either" if guesses else "likely"
        return "likely"

    def _declared(self, node: cst.CSTNode) -> str | None:
        """What a parameter's annotation says of the sound that it is given."""
        if not isinstance(node, cst.Param) or node.annotation is None:
            return None
        return kind_declared(self._program, node.annotation.annotation)

    def _is_asynchronous_generator(self, audio: cst.BaseExpression) -> bool:
        if isinstance(audio, cst.Name):
            found = [one.expression for one in naming.definitions_at(self._migrating, audio)]
            return any(one is not None and self._is_asynchronous_generator(one) for one in found)
        if isinstance(audio, cst.Call):
            for callee in something(self._program.value(audio.func)):
                node = callee.node if isinstance(callee, Function) else method_of(self._program, callee)
                if isinstance(node, cst.FunctionDef) and node.asynchronous is not None:
                    return True
        return False

    def _reads_bytes(self, audio: cst.BaseExpression) -> bool:
        """Whether audio is read from somewhere, or is what a loop gives: bytes, as nothing else could be sent."""
        match audio:
            case cst.Call(cst.Attribute(_, cst.Name("wait_for")), [cst.Arg(inner), *_]):
                return self._reads_bytes(inner)
            case cst.Call(cst.Attribute(_, cst.Name("to_thread")), [cst.Arg(cst.Attribute(_, cst.Name(method))), *_]):
                return method in _GIVING_BYTES
            case cst.Call(
                cst.Attribute(_, cst.Name("run_in_executor")), [_, cst.Arg(cst.Attribute(_, cst.Name(method))), *_]
            ):
                return method in _GIVING_BYTES
            case cst.Call(cst.Attribute(_, cst.Name(method))):
                return method in _GIVING_BYTES
            case cst.Call(cst.Name("bytes")) | cst.Subscript():
                return True
            case cst.Await(inner):
                return self._reads_bytes(inner)
            case cst.Name():
                definitions = naming.definitions_at(self._migrating, audio)
                return bool(definitions) and all(self._holds_bytes(one) for one in definitions)
        return False

    def _holds_bytes(self, definition: Any) -> bool:
        if definition.expression is not None:
            return self._reads_bytes(definition.expression)
        if isinstance(definition.node, cst.Param) and definition.node.annotation is not None:
            return self._migrating.code(definition.node.annotation.annotation) == "bytes"
        if isinstance(definition.node, cst.Param):
            return self._is_given_bytes(definition.node)
        parent = self._program.parents.get(definition.node)
        return isinstance(parent, (cst.For, cst.CompFor))

    def _is_given_bytes(self, parameter: cst.Param) -> bool:
        """Whether all that calls a parameter's function gives it bytes: the program's own calls, and PyAudio."""
        function = self._program.scope_of(parameter)
        if parameter in self._asked or not isinstance(function, (cst.FunctionDef, cst.Lambda)):
            return False
        self._asked.add(parameter)
        every = [*function.params.posonly_params, *function.params.params]
        given: list[bool] = []
        for call in list((self._program.whole or self._program).values):
            if not isinstance(call, cst.Call):
                continue
            if self._is_callback_of_microphone(call, function):
                given.append(parameter is every[-4] if len(every) >= 4 else False)
            for callee in something(self._program.value(call.func)):
                of_object = method_of(self._program, callee)
                if function not in (of_object, callee.node if isinstance(callee, Function) else None):
                    continue
                at = every.index(parameter) - (of_object is function) if parameter in every else len(every)
                argument = Arguments.of(call).get(at, parameter.name.value)
                given.append(argument is not None and self.kind_of(argument) == "bytes")
        return bool(given) and all(given)

    def _is_callback_of_microphone(self, call: cst.Call, function: cst.CSTNode) -> bool:
        """Whether PyAudio calls a function with what it recorded: `open(stream_callback=…)`."""
        handed = Arguments.of(call).keywords.get("stream_callback")
        values = something(self._program.value(handed)) if handed is not None else ()
        return any(function in (method_of(self._program, one), getattr(one, "node", None)) for one in values)

    def may_be_bytearray(self, audio: cst.BaseExpression, depth: int = 3) -> bool:
        """Whether audio may be a bytearray or memoryview, which end AssemblyAI's write thread."""
        if depth == 0:
            return False
        value = self._program.value(audio)
        names = ("builtins.bytearray", "builtins.memoryview")
        if any(isinstance(one, LibraryObject | Sound) and one.made_by in names for one in something(value)):
            return True
        match audio:
            case cst.Subscript(inner):
                return self.may_be_bytearray(inner, depth - 1)
            case cst.Name():
                for definition in naming.definitions_at(self._migrating, audio):
                    if definition.expression is not None and self.may_be_bytearray(definition.expression, depth - 1):
                        return True
                    annotation = getattr(definition.node, "annotation", None)
                    if annotation is not None and self._migrating.code(annotation.annotation) != "bytes":
                        return any(
                            name in self._migrating.code(annotation) for name in ("bytearray", "memoryview", "Buffer")
                        )
        return False


def method_of(program: Program, value: Any) -> cst.CSTNode | None:
    """The function behind a bound method of the program's own classes."""
    if isinstance(value, Member) and isinstance(value.owner, Instance):
        scope = program.scopes.get(value.owner.node)
        found = scope.value_of(value.name) if scope is not None else None
        return found.node if isinstance(found, Function) else None
    return None
