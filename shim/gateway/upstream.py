"""A session's connection to the service that does the work."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import aiohttp
from aiohttp.http import WS_CLOSED_MESSAGE

from shim.gateway.sockets import DROPPED, Outgoing, answer_to_close, end_of, end_of_reading, frame_of

CONNECT_SECONDS: Final = 10.0
"""Real seconds for the connection and the upgrade."""

_HEARTBEAT_SECONDS: Final = 30.0  # real: a service that is gone without a word is noticed after 45 at most
_LARGEST_FRAME: Final = 16 * 2**20


class UpstreamEvents(Protocol):
    """Who is told what happens to the connection: as the bridges' events, in the event loop's thread."""

    def upstream_opened(self) -> None: ...
    def upstream_refused(self, cause: str, status: int) -> None: ...
    def upstream_said(self, frame: str | bytes) -> None: ...
    def upstream_wrote(self, size: int) -> None: ...
    def upstream_closed(self, code: int, reason: str) -> None: ...  # also of our own close: 1006 without an answer


def new_client_session() -> aiohttp.ClientSession:
    """What all of a gateway's upstream connections are made with: no cookies between them, no proxies, no limits."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"User-Agent": "sttbridge"},
    )


class UpstreamConnection:
    """One WebSocket to the service. It opens at once; `send` and `close` never wait."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        headers: Mapping[str, str],
        events: UpstreamEvents,
        on_done: Callable[[], None],
    ) -> None:
        """`on_done` is called once, when nothing of the connection is left."""
        self._http = http
        self._url = url
        self._headers = headers
        self._events = events
        self._outgoing: Outgoing | None = None
        self._ends_here = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name="sttbridge-upstream")
        self._task.add_done_callback(lambda _task: on_done())

    def send(self, frame: str | bytes) -> None:
        """Sends a frame after those before it."""
        if self._outgoing is not None:
            self._outgoing.put(frame)

    def close(self) -> None:
        """Closes after what was sent before; gives up an opening that is not done."""
        if self._outgoing is not None:
            self._outgoing.close(aiohttp.WSCloseCode.OK)
        else:
            self._task.cancel()

    async def _run(self) -> None:
        socket = await self._connect()
        if socket is None:
            return
        loop = asyncio.get_running_loop()
        reading = loop.create_task(self._read(socket))
        # The close does not stop the reading: aiohttp's client interrupts it by itself, and after a cancelled `receive`
        # it closes without waiting for the answer, so that what the service has not read by then, a stop, is lost.
        self._outgoing = outgoing = Outgoing(socket, _abort_of(socket), self._events.upstream_wrote)
        writing = loop.create_task(outgoing.run())
        end = DROPPED, ""
        try:
            end = await end_of_reading(reading)
            if self._ends_here and outgoing.is_closing:
                await writing
                end = answer_to_close(socket.close_code), ""
        finally:
            self._events.upstream_closed(*end)
            if not outgoing.is_closing:
                outgoing.drop()
            await writing
            await socket.close()
            outgoing.release()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> tuple[int, str]:
        self._events.upstream_opened()
        message = await socket.receive()
        while (frame := frame_of(message)) is not None:
            self._events.upstream_said(frame)
            message = await socket.receive()
        # What aiohttp's client gives whoever reads when it closes by itself: the second, if a message came just then.
        self._ends_here = message.type is aiohttp.WSMsgType.CLOSING or message is WS_CLOSED_MESSAGE
        return end_of(message)

    async def _connect(self) -> aiohttp.ClientWebSocketResponse | None:
        """The open socket, or None after the refusal was told."""
        status = 0
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._http.ws_connect(
                    self._url,
                    headers=self._headers,
                    compress=0,
                    heartbeat=_HEARTBEAT_SECONDS,
                    max_msg_size=_LARGEST_FRAME,
                )
        except TimeoutError:
            cause = f"it did not answer within {CONNECT_SECONDS:g} s"
        except aiohttp.WSServerHandshakeError as error:
            status = error.status
            cause = f"it refused the socket with HTTP {status}"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            cause = cause_of(error)
        self._events.upstream_refused(cause, status)
        return None


def cause_of(error: Exception) -> str:
    """Why nothing could be reached, in words for the log."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return f"it cannot be trusted: {_reason_of(error)}"
        case aiohttp.ClientConnectorError():
            # Not its own words: asyncio puts the address there.
            number = error.os_error.errno
            return f"it cannot be reached: {os.strerror(number) if number else error.os_error}"
        case _:
            return f"no socket could be opened: {type(error).__name__}"


def _reason_of(error: aiohttp.ClientError) -> str:
    certificate_error = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    if isinstance(certificate_error, ssl.SSLCertVerificationError):
        return certificate_error.verify_message
    return str(certificate_error or "TLS failed")


def _abort_of(socket: aiohttp.ClientWebSocketResponse) -> Callable[[], object]:
    """What cuts the connection off: aiohttp itself only closes, which waits for a peer that does not read."""
    connection = socket._response.connection
    transport = connection.transport if connection is not None else None
    return transport.abort if transport is not None else lambda: None
