"""What the emulators' WebSockets have in common: how they are opened, read with a deadline, and closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from aiohttp import WSMessage, WSMsgType, web

from shim.clock import Clock
from shim.served_socket import ServedSocket
from shim.wire.codec import encode

_CLOSE_SECONDS: Final = 2.0  # real: how long a client may take to answer a close
_SHORTEST_WAIT: Final = 0.001  # real: aiohttp takes 0 for "without end"

_LONGEST_REASON: Final = 123  # bytes of a close frame's text

GOING_AWAY: Final = 1001
NO_CODE: Final = 1005
DROPPED: Final = 1006


def is_upgrade(request: web.Request) -> bool:
    """Whether a request asks for a WebSocket."""
    return request.headers.get("upgrade", "").lower() == "websocket"


def new_socket(largest_frame: int) -> web.WebSocketResponse:
    """A socket that declines compression and closes a frame over `largest_frame` bytes with 1009."""
    return ServedSocket(largest_frame, timeout=_CLOSE_SECONDS)


async def receive_until(socket: web.WebSocketResponse, clock: Clock, deadline: float | None) -> WSMessage | None:
    """The next message; None when the clock reaches `deadline` (seconds of the run) without one."""
    if deadline is None:
        return await socket.receive()
    try:
        return await socket.receive(timeout=max(clock.real(deadline - clock.now()), _SHORTEST_WAIT))
    except TimeoutError:
        return None


def close_code_of(message: WSMessage, socket: web.WebSocketResponse) -> int:
    """With which code the socket ended, given the message that said so.

    A close frame without a code is 1005, a connection that is gone without one 1006. (aiohttp gives 0 and 1000.)
    """
    if message.type is WSMsgType.CLOSE:
        return int(message.data) or NO_CODE
    if message.type is WSMsgType.ERROR:
        return socket.close_code or DROPPED
    return DROPPED


def reason_bytes(reason: str) -> bytes:
    """A close frame's text: as much of it as a close frame holds, and whole characters."""
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore").encode()


async def send(socket: web.WebSocketResponse, messages: Iterable[Any]) -> None:
    """Sends messages in order. Raises `ConnectionError` when the client is gone."""
    for message in messages:
        await socket.send_str(encode(message))


class OpenSockets:
    """The sockets that an application has open, to be closed when it ends."""

    def __init__(self) -> None:
        self._sockets: set[web.WebSocketResponse] = set()
        self._closings: set[asyncio.Task[bool]] = set()

    def add(self, socket: web.WebSocketResponse) -> None:
        self._sockets.add(socket)

    def remove(self, socket: web.WebSocketResponse) -> None:
        self._sockets.discard(socket)

    def close_soon(self, socket: web.WebSocketResponse, code: int, reason: str) -> None:
        """Closes a socket that another task reads, without waiting for it."""
        task = asyncio.get_running_loop().create_task(socket.close(code=code, message=reason_bytes(reason)))
        self._closings.add(task)
        task.add_done_callback(self._closings.discard)

    async def close_all(self, _app: web.Application) -> None:
        """Says goodbye to every client: the application's `on_shutdown`."""
        closings = [socket.close(code=GOING_AWAY) for socket in self._sockets]
        await asyncio.gather(*closings, *self._closings, return_exceptions=True)
