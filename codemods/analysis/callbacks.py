"""Functions that the program hands over and a library calls: threads, signals, executors, WebSocket callbacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.sockets import SOCKET_LIBRARIES
from codemods.analysis.sound import CLIENT, MICROPHONES, OPENED, SERVING, called_back
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Frame,
    Library,
    LibraryObject,
    Member,
    Sequence,
    Socket,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from codemods.analysis.program import Program

Callback = tuple[Value, tuple[Value, ...]]
"""A function and what it is called with."""

_SOCKET_CALLBACKS: Final[dict[str, tuple[bool, int]]] = {
    "on_open": (False, 0),
    "on_message": (True, 0),
    "on_data": (True, 2),
    "on_error": (False, 1),
    "on_close": (False, 2),
    "on_reconnect": (False, 0),
}
"""The callbacks of `websocket.WebSocketApp`, each called with the app, with the frame or not, and so many more."""

_HANDED_OVER: Final = {
    "threading.Timer": 1,
    "signal.signal": 1,
    "_thread.start_new_thread": 0,
    "atexit.register": 0,
    "asyncio.to_thread": 0,
}
"""Library functions that take a function to call, and at which position."""

_HANDED_OVER_TO_OBJECT: Final = {
    "submit": 0,
    "run_in_executor": 1,
    "add_signal_handler": 1,
    "call_soon": 0,
    "call_soon_threadsafe": 0,
    "call_later": 1,
}
"""Methods of pools and event loops that take a function and its arguments."""

_OF_EVENT_LOOPS: Final = ("call_soon_threadsafe", "run_in_executor", "add_signal_handler")


def socket_callback(connect: cst.Call, name: str) -> tuple[Value, ...] | None:
    """What a WebSocket's callback of that name is called with; None for what is no callback."""
    if name not in _SOCKET_CALLBACKS:
        return None
    has_frame, more = _SOCKET_CALLBACKS[name]
    return (Socket(connect), *((Frame(connect),) if has_frame else ()), *(UNKNOWN for _ in range(more)))


def callbacks(program: Program, node: cst.Call, callee: Value, arguments: Arguments) -> Iterator[Callback]:
    """The functions that a call hands over to a library, with what they get."""
    match callee:
        case Library(name) if node in program.connects and SOCKET_LIBRARIES[name].by_callback:
            for keyword, given in arguments.keywords.items():
                values = socket_callback(node, keyword)
                if values is not None:
                    yield _value(program, given), values
        case Library(name) if name in MICROPHONES and "callback" in arguments.keywords:
            yield _value(program, arguments.keywords["callback"]), (called_back(name, node), *(UNKNOWN,) * 4)
        case Member(LibraryObject("pyaudio.PyAudio"), "open") if "stream_callback" in arguments.keywords:
            yield _value(program, arguments.keywords["stream_callback"]), (called_back(OPENED, node), *(UNKNOWN,) * 3)
        case Library(name) if name in SERVING and (handler := arguments.get(0, "handler")) is not None:
            yield _value(program, handler), (LibraryObject(CLIENT, node),)
        case Library("threading.Thread" | "multiprocessing.Process"):
            yield _value(program, arguments.get(1, "target")), _elements(program, arguments.get(3, "args"))
        case Library("threading.Timer" | "_thread.start_new_thread" as name):
            at = _HANDED_OVER[name]
            yield (
                _value(program, arguments.get(at, "function")),
                _elements(program, arguments.get(at + 1, "args")),
            )
        case Library("signal.signal"):
            yield _value(program, arguments.get(1, "handler")), (UNKNOWN, UNKNOWN)
        case Library(name) if name in _HANDED_OVER:
            yield _with_the_rest(program, arguments, _HANDED_OVER[name])
        case Member(LibraryObject(), name) if name in _HANDED_OVER_TO_OBJECT:
            yield _with_the_rest(program, arguments, _HANDED_OVER_TO_OBJECT[name])
        case Unknown() if isinstance(node.func, cst.Attribute) and node.func.attr.value in _OF_EVENT_LOOPS:
            # An event loop that came as a parameter: nothing else has methods of these names.
            yield _with_the_rest(program, arguments, _HANDED_OVER_TO_OBJECT[node.func.attr.value])


def _with_the_rest(program: Program, arguments: Arguments, at: int) -> Callback:
    target, *rest = arguments.positional[at:] or (None,)
    return _value(program, target), tuple(_value(program, one) for one in rest)


def _value(program: Program, node: cst.BaseExpression | None) -> Value:
    return program.values.get(node, NOTHING) if node is not None else UNKNOWN


def _elements(program: Program, node: cst.BaseExpression | None) -> tuple[Value, ...]:
    value = _value(program, node)
    return value.elements if isinstance(value, Sequence) else ()
