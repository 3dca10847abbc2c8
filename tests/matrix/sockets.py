"""The dimension of the socket library: how one is opened, spoken to and read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tests.matrix.program import indented

Family = Literal["async", "threaded", "app"]


@dataclass(frozen=True)
class SocketLibrary:
    """One library's words; `{ws}`, `{url}`, `{headers}`, `{value}` and `{raw}` are filled in.

    `manager` is the expression that `with` takes, `opened` the one that gives a socket without it.
    """

    family: Family
    imports: frozenset[str]
    opened: str
    headers: str
    text: str
    binary: str
    loop: str
    raw: str
    closed: str = "{ws}.close()"
    manager: str = ""
    session: str = ""  # what must be open around the socket
    failure: str = ""  # the exception of a connection that ended badly; `{failed}.code` has the code where it has one
    failure_import: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_async(self) -> bool:
        """Whether the program around it is."""
        return self.family == "async"

    def connect(self, url: str, headers: str | None, http: str = "http") -> str:
        """The expression that opens a socket; `headers` is an expression or None."""
        extra = f", {self.headers.format(headers=headers)}" if headers else ""
        return self.opened.format(url=url, extra=extra, http=http)

    def send_text(self, ws: str, value: str) -> str:
        """The statement that sends a text."""
        return self.text.format(ws=ws, value=value)

    def send_binary(self, ws: str, value: str) -> str:
        """The statement that sends bytes."""
        return self.binary.format(ws=ws, value=value)

    def reading_loop(self, ws: str, raw: str, body: str) -> str:
        """The loop over what arrives; `body` has the text of a message in `self.raw`."""
        depth = 2 if "WSMsgType" in self.loop else 1
        return self.loop.format(ws=ws, raw=raw, body=indented(body, depth))


SOCKETS = {
    "websockets": SocketLibrary(
        family="async",
        imports=frozenset({"import asyncio", "from websockets.asyncio.client import connect"}),
        opened="connect({url}{extra})",
        headers="additional_headers={headers}",
        text="await {ws}.send({value})",
        binary="await {ws}.send({value})",
        loop="async for {raw} in {ws}:\n{body}",
        raw="{raw}",
        closed="await {ws}.close()",
        failure="ConnectionClosedError",
        failure_import=frozenset({"from websockets.exceptions import ConnectionClosedError"}),
    ),
    "websockets, top level": SocketLibrary(
        family="async",
        imports=frozenset({"import asyncio", "import websockets"}),
        opened="websockets.connect({url}{extra}, ping_interval=20)",
        headers="additional_headers={headers}",
        text="await {ws}.send({value})",
        binary="await {ws}.send({value})",
        loop="async for {raw} in {ws}:\n{body}",
        raw="{raw}",
        closed="await {ws}.close()",
        failure="websockets.exceptions.ConnectionClosedError",
    ),
    "aiohttp": SocketLibrary(
        family="async",
        imports=frozenset({"import asyncio", "import aiohttp"}),
        opened="{http}.ws_connect({url}{extra})",
        headers="headers={headers}",
        text="await {ws}.send_str({value})",
        binary="await {ws}.send_bytes({value})",
        loop="async for {raw} in {ws}:\n    if {raw}.type == aiohttp.WSMsgType.TEXT:\n{body}",
        raw="{raw}.data",
        closed="await {ws}.close()",
        session="aiohttp.ClientSession()",
    ),
    "websockets, threads": SocketLibrary(
        family="threaded",
        imports=frozenset({"import threading", "from websockets.sync.client import connect"}),
        opened="connect({url}{extra})",
        headers="additional_headers={headers}",
        text="{ws}.send({value})",
        binary="{ws}.send({value})",
        loop="for {raw} in {ws}:\n{body}",
        raw="{raw}",
        failure="ConnectionClosedError",
        failure_import=frozenset({"from websockets.exceptions import ConnectionClosedError"}),
    ),
    "websocket-client": SocketLibrary(
        family="threaded",
        imports=frozenset({"import threading", "import websocket"}),
        opened="websocket.create_connection({url}{extra})",
        headers="header={headers}",
        text="{ws}.send({value})",
        binary="{ws}.send_binary({value})",
        loop="while {ws}.connected:\n    {raw} = {ws}.recv()\n    if not {raw}:\n        break\n{body}",
        raw="{raw}",
    ),
    "WebSocketApp": SocketLibrary(
        family="app",
        imports=frozenset({"import threading", "import websocket"}),
        opened="websocket.WebSocketApp",
        headers="header={headers}",
        text="{ws}.send({value})",
        binary="{ws}.send({value}, websocket.ABNF.OPCODE_BINARY)",
        loop="",
        raw="{raw}",
    ),
}
