"""What the emulators' WebSockets have in common: how they are opened, read with a deadline, and closed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final

from aiohttp import WSMessage, WSMsgType, web
from aiohttp.abc import AbstractStreamWriter

from shim.clock import Clock
from shim.served_socket import ServedSocket
from shim.wire.codec import encode

_CLOSE_SECONDS: Final = 2.0  # real: how long a client may take to answer a close
_SHORTEST_WAIT: Final = 0.001  # real: aiohttp takes 0 for "without end"
_LOOK_EVERY: Final = 0.05  # real: whether a client is still there that gets no answer

_LONGEST_REASON: Final = 123  # bytes of a close frame's text

GOING_AWAY: Final = 1001
NO_CODE: Final = 1005
DROPPED: Final = 1006


def is_upgrade(request: web.Request) -> bool:
    """Whether a request asks for a WebSocket."""
    return request.headers.get("upgrade", "").lower() == "websocket"


class PlayedSocket(ServedSocket):
    """A socket that declines compression, closes a frame over `largest_frame` bytes with 1009, and misbehaves.

    Everything that is sent comes `delay` seconds of the run's clock later, while the socket is read as ever.
    """

    def __init__(self, largest_frame: int, clock: Clock, delay: float = 0.0) -> None:
        super().__init__(largest_frame, timeout=_CLOSE_SECONDS)
        self._run_clock = clock
        self._delay = delay
        self._late: deque[tuple[float, str]] = deque()
        self._late_speaker: asyncio.Task[None] | None = None
        self._line: asyncio.Transport | None = None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Answers the upgrade."""
        self._line = request.transport
        return await super().prepare(request)

    async def say(self, frame: str) -> None:
        """Sends a text frame. Raises `ConnectionError` when the client is gone."""
        if not self._delay:
            await self.send_str(frame)
            return
        self._late.append((self._run_clock.now() + self._delay, frame))
        if self._late_speaker is None or self._late_speaker.done():
            self._late_speaker = asyncio.get_running_loop().create_task(self._write_late())

    async def end(self, code: int, reason: str) -> None:
        """Closes the socket once all that is late has been said."""
        if self._late_speaker is not None:
            await asyncio.wait([self._late_speaker])
        await self.close(code=code, message=reason_bytes(reason))

    def drop(self) -> None:
        """Cuts the line: there is no close frame, and what is late is never said."""
        self.forget()
        if self._line is not None:
            self._line.abort()

    def forget(self) -> None:
        """What is late is never said."""
        self._late.clear()
        if self._late_speaker is not None:
            self._late_speaker.cancel()

    async def ignore_until_closed(self) -> int:
        """Says and hears nothing until the client has gone; gives the code with which it did."""
        self.forget()
        while True:
            message = await self.receive()
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return close_code_of(message, self)

    async def _write_late(self) -> None:
        while self._late:
            due, frame = self._late[0]
            await self._run_clock.sleep(max(due - self._run_clock.now(), 0))
            self._late.popleft()
            with suppress(ConnectionError):  # the client is gone; the one who reads will notice
                await self.send_str(frame)


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


async def send(socket: PlayedSocket, messages: Iterable[Any]) -> None:
    """Sends messages in order. Raises `ConnectionError` when the client is gone."""
    for message in messages:
        await socket.say(encode(message))


async def never_answer(request: web.Request) -> None:
    """Leaves a request without an answer, until its client has gone."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(_LOOK_EVERY)


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


class Background:
    """What goes on after the one who asked for it is gone, and ends with the application."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Does it, without waiting for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self, _app: web.Application) -> None:
        """The application's `on_shutdown`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
