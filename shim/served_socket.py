"""A server's WebSocket that tells its client why it is closed, also where the client is in the middle of a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import WebSocketError, WSCloseCode, WSMessage, WSMsgType, web

_READ_TO_THE_END: Final = 8 * 2**20
"""Bytes by which a frame may be too large and is still read whole before the socket is closed."""


class ServedSocket(web.WebSocketResponse):
    """Closes a frame over `largest_frame` bytes with 1009, and takes no compression.

    aiohttp's own limit drops the connection with the rest of the frame unread: the peer's system then answers with a
    reset, and the close frame is lost with it. So the frame is read to its end first, up to a bound.
    """

    def __init__(
        self,
        largest_frame: int,
        *,
        timeout: float = 10.0,
        gives_pongs: bool = False,
        too_large: Callable[[], None] | None = None,
    ) -> None:
        """`timeout`: real seconds that the client may take to answer a close. `gives_pongs`: `receive` gives the
        answers to our pings as well; the client's pings are answered either way. `too_large` is told of a frame that
        is."""
        super().__init__(
            compress=False, max_msg_size=largest_frame + _READ_TO_THE_END, timeout=timeout, autoping=not gives_pongs
        )
        self._largest_frame = largest_frame
        self._too_large = too_large

    async def receive(self, timeout: float | None = None) -> WSMessage:  # noqa: ASYNC109 - aiohttp's own
        """The next message; one that is too large comes as the error that ends the socket."""
        message = await super().receive(timeout)
        while message.type is WSMsgType.PING:
            await self.pong(message.data)
            message = await super().receive(timeout)
        size = _size(message)
        if size <= self._largest_frame:
            return message
        if self._too_large is not None:
            self._too_large()
        error = WebSocketError(WSCloseCode.MESSAGE_TOO_BIG, f"a frame of {size} bytes is too large")
        await self.close(code=error.code, message=b"frame too large")
        return WSMessage(WSMsgType.ERROR, error, None)


def _size(message: WSMessage) -> int:
    if message.type is WSMsgType.TEXT:
        return len(message.data.encode())
    return len(message.data) if message.type is WSMsgType.BINARY else 0
