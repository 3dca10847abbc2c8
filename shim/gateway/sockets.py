"""What a gateway's two kinds of sockets have in common: reading until the end, writing in order, closing in time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import aiohttp
from aiohttp import WSMessage, WSMsgType

NO_CODE: Final = 1005
DROPPED: Final = 1006

CLOSE_SECONDS: Final = 10.0
"""Real seconds that a peer has to take what is left and to answer a close; then it is cut off."""

HURRIED_CLOSE_SECONDS: Final = 0.5
"""The same where the gateway ends: a client in a process that ends answers no more."""

MOST_WAITING: Final = 8 * 2**20
"""Bytes that may wait for a peer that does not read; then it is cut off."""


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping to be written, and what its answer carries."""

    payload: bytes


Frame = str | bytes | Ping


class Socket(Protocol):
    """What is used of aiohttp's two kinds of sockets."""

    async def ping(self, message: bytes = ...) -> None: ...

    async def send_str(self, data: str) -> None: ...
    async def send_bytes(self, data: bytes) -> None: ...
    async def close(self, *, code: int = ..., message: bytes = ...) -> bool: ...


class Outgoing:
    """Writes frames to one socket, in order, from a bounded queue.

    `run` does the writing; the other methods never wait. `abort` cuts the connection off. `wrote` is told the size of
    each binary frame that has left. `reading` is the task that reads a server's socket: it is stopped before the close
    is written. (While another task reads, aiohttp's server does not wait for the answer to its close; what the peer
    still sends is then answered with a reset, which takes from the peer what it has not read yet. Its client waits, and
    only if nobody has stopped the reading.)
    """

    def __init__(
        self,
        socket: Socket,
        abort: Callable[[], object],
        wrote: Callable[[int], None] | None = None,
    ) -> None:
        self._socket = socket
        self.reading: asyncio.Task[tuple[int, str]] | None = None
        self._abort = abort
        self._wrote = wrote
        self._frames: deque[Frame] = deque()
        self._waiting = 0
        self._close: tuple[int, str] | None = None
        self._dropped = False
        self._wake = asyncio.Event()
        self._cut_off: asyncio.TimerHandle | None = None

    @property
    def is_closing(self) -> bool:
        """Whether this side has asked for the close."""
        return self._close is not None

    def put(self, frame: Frame) -> None:
        """A frame to be written; ignored after `close` or `drop`."""
        if self._close is not None or self._dropped:
            return
        self._frames.append(frame)
        self._waiting += _size(frame)
        if self._waiting > MOST_WAITING:
            self.drop()
            self._abort()
        self._wake.set()

    def close(self, code: int, reason: str = "") -> None:
        """Closes the socket after what was put before; cuts it off if that takes longer than CLOSE_SECONDS."""
        if self._close is None and not self._dropped:
            self._close = code, reason
            self._end_in_time()

    def drop(self) -> None:
        """The peer is gone: what is left is not written."""
        self._dropped = True
        self._frames.clear()
        self._end_in_time()

    def hurry(self) -> None:
        """The gateway ends: a peer that does not answer now is not waited for."""
        self.release()
        self._cut_off = asyncio.get_running_loop().call_later(HURRIED_CLOSE_SECONDS, self._abort)

    def _end_in_time(self) -> None:
        if self._cut_off is None:
            self._cut_off = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._abort)
        self._wake.set()

    def release(self) -> None:
        """Reading and writing have ended: nothing is to be cut off any more."""
        if self._cut_off is not None:
            self._cut_off.cancel()

    async def run(self) -> None:
        """Writes until `close` or `drop` is done. A peer that is gone ends it too; whoever reads notices that."""
        try:
            while not self._dropped:
                if self._frames:
                    await self._write(self._frames.popleft())
                elif self._close is not None:
                    code, reason = self._close
                    await self._stop_reading()
                    await self._socket.close(code=code, message=reason.encode())
                    return
                else:
                    self._wake.clear()
                    await self._wake.wait()
        except (ConnectionError, aiohttp.ClientError):
            self._abort()

    async def _stop_reading(self) -> None:
        if self.reading is not None:
            self.reading.cancel()
            await asyncio.wait((self.reading,))

    async def _write(self, frame: Frame) -> None:
        match frame:
            case str():
                await self._socket.send_str(frame)
            case bytes():
                await self._socket.send_bytes(frame)
            case Ping(payload):
                await self._socket.ping(payload)
        self._waiting -= _size(frame)
        if self._wrote is not None and isinstance(frame, bytes) and not self._dropped:
            self._wrote(len(frame))


def _size(frame: Frame) -> int:
    return len(frame.payload) if isinstance(frame, Ping) else len(frame)


def frame_of(message: WSMessage) -> str | bytes | None:
    """What a message says; None where it is the end of the socket."""
    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
        frame: str | bytes = message.data
        return frame
    return None


async def end_of_reading(reading: asyncio.Task[tuple[int, str]]) -> tuple[int, str]:
    """Code and reason with which a socket ended for the task that read it; 1006 where this side ended it."""
    await asyncio.wait((reading,))
    return (DROPPED, "") if reading.cancelled() else reading.result()


def answer_to_close(code: int | None) -> int:
    """With which code a peer has answered a close, given aiohttp's word for it: 1006 where it has not."""
    return DROPPED if code is None else code or NO_CODE


def end_of(message: WSMessage) -> tuple[int, str]:
    """Code and reason of the end that a message without a frame tells of: 1005 without a code, 1006 without a close.

    (aiohttp gives 0 and 1000 there.)
    """
    if message.type is WSMsgType.CLOSE:
        return int(message.data) or NO_CODE, str(message.extra or "")
    error: Any = message.data
    if message.type is WSMsgType.ERROR and isinstance(error, aiohttp.WebSocketError):
        return int(error.code), str(error)
    return DROPPED, ""
