"""WebSockets: the libraries that open them, and what a program does with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.values import UNKNOWN, Awaitable, Connecting, Frame, Parsed, Socket, Value

if TYPE_CHECKING:
    from codemods.analysis.program import Program


@dataclass(frozen=True, slots=True)
class SocketLibrary:
    """How one way of opening a WebSocket is written.

    `headers` is the keyword for the handshake's headers, `asynchronous` whether connecting, sending and receiving are
    awaited, `binary` the method that sends bytes as a binary frame. `by_callback`: frames are handed to callbacks.
    `wrapped`: frames come as objects of the library, with their kind and their data.
    """

    headers: str
    asynchronous: bool
    binary: str = "send"
    by_callback: bool = False
    wrapped: bool = False


SOCKET_LIBRARIES: Final = {
    "websockets.connect": SocketLibrary("additional_headers", True),
    "websockets.asyncio.client.connect": SocketLibrary("additional_headers", True),
    "websockets.sync.client.connect": SocketLibrary("additional_headers", False),
    "websockets.client.connect": SocketLibrary("extra_headers", True),
    "websockets.legacy.client.connect": SocketLibrary("extra_headers", True),
    "websocket.create_connection": SocketLibrary("header", False, "send_binary"),
    "websocket.WebSocketApp": SocketLibrary("header", False, "send_bytes", by_callback=True),
    "aiohttp.ClientSession().ws_connect": SocketLibrary("headers", True, "send_bytes", wrapped=True),
}
"""By the dotted name of the function that opens one."""

CLIENT_SOCKETS: Final = (
    "websockets.WebSocketClientProtocol",
    "websockets.client.WebSocketClientProtocol",
    "websockets.legacy.client.WebSocketClientProtocol",
    "websockets.ClientConnection",
    "websockets.asyncio.client.ClientConnection",
    "websockets.sync.client.ClientConnection",
    "websocket.WebSocket",
    "aiohttp.ClientWebSocketResponse",
)
"""The classes of the sockets that these functions open, as annotations name them."""

CLIENT_METHODS: Final = {
    name.rpartition(".")[2]: name for name in SOCKET_LIBRARIES if name.rpartition(".")[0].endswith("()")
}
"""Methods that open a WebSocket and are called as no other library's: by the method's name, the whole one."""
_SENDING: Final = ("send", "send_binary", "send_bytes", "send_text", "send_str", "send_json")


def owner_of(method: str) -> str:
    """The library of which a method is known by its name alone; empty for any other method."""
    return CLIENT_METHODS.get(method, "").split(".")[0]


@dataclass(frozen=True, slots=True, eq=False)
class Connect:
    """One place where the program opens a WebSocket."""

    call: cst.Call
    function: str
    library: SocketLibrary
    url: cst.BaseExpression | None
    arguments: Arguments


@dataclass(frozen=True, slots=True, eq=False)
class Send:
    """One place where the program sends a frame. `method` is the socket's method."""

    call: cst.Call
    socket: Socket
    method: str
    payload: cst.BaseExpression


def open_socket(program: Program, node: cst.Call, name: str, arguments: Arguments) -> Value:
    """Notes a connect, and says what it gives."""
    url = arguments.get(0, "url") or arguments.keywords.get("uri")
    program.connects[node] = Connect(node, name, SOCKET_LIBRARIES[name], url, arguments)
    return Connecting(node) if SOCKET_LIBRARIES[name].asynchronous else Socket(node)


def call_socket(
    program: Program, node: cst.Call, socket: Socket, connect: cst.Call, name: str, first: cst.BaseExpression | None
) -> Value:
    """What a method of a socket gives; what it sends is noted."""
    asynchronous = program.connects[connect].library.asynchronous
    if name in _SENDING and first is not None:
        before = program.sends.get(node)
        if before is not None and before.socket != socket:
            program.shared_sends.add(node)
        program.sends[node] = Send(node, socket, name, first)
        return Awaitable(UNKNOWN) if asynchronous else UNKNOWN
    if name in ("recv", "recv_data", "receive", "receive_str"):
        return Awaitable(Frame(connect)) if asynchronous else Frame(connect)
    if name == "receive_json":
        return Awaitable(Parsed(Frame(connect), node))
    return Awaitable(UNKNOWN) if asynchronous else UNKNOWN
