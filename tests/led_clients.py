"""What the tests of the redirection share: a server that echoes, and one function for each client library.

Each client imports its library when it is called, so that the same functions run with everything imported
before the redirection and with nothing imported. Each gets a host and the SSL context that the program
made for itself (None: the library's own), makes one round trip, and returns what the server said.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shim.redirect import Redirection
from shim.serving import LocalServer

Context = ssl.SSLContext | None

GLADIA = "api.gladia.io"
ASSEMBLYAI = "streaming.assemblyai.com"
SECONDS = 20  # a bound for what should take milliseconds


@dataclass
class Ports:
    """The throwaway authority's two contexts."""

    server_tls: ssl.SSLContext
    client_tls: ssl.SSLContext
    authority: Any


def throwaway(*hosts: str) -> Ports:
    import trustme

    authority = trustme.CA()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.verify_mode = ssl.CERT_REQUIRED
    client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert(*hosts).configure_cert(server_tls)
    authority.issue_cert("client.invalid").configure_cert(client_tls)
    for context in (server_tls, client_tls):
        authority.configure_trust(context)
        context.set_alpn_protocols(["http/1.1"])
    return Ports(server_tls, client_tls, authority)


def echo_app(name: str = "echo") -> Any:
    """GET answers `name host path`; a WebSocket repeats what it is told, after `name host `."""
    from aiohttp import WSMsgType, web

    async def echo(request: web.Request) -> web.StreamResponse:
        said = f"{name} {request.host}"
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.Response(text=f"{said} {request.path}")
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                await ws.send_str(f"{said} {message.data}")
        return ws

    app = web.Application()
    app.router.add_get("/{path:.*}", echo)
    return app


def to(server: LocalServer) -> Callable[[], tuple[str, int]]:
    """A route to a server."""
    return lambda: (server.host, server.port)


@contextmanager
def echoing() -> Iterator[tuple[LocalServer, Ports]]:
    """A server that echoes, for both vendors' hosts; it demands the client certificate."""
    ports = throwaway(GLADIA, ASSEMBLYAI)
    with LocalServer(echo_app, tls=ports.server_tls) as server:
        yield server, ports


@contextmanager
def led_to(server: LocalServer, ports: Ports, *hosts: str) -> Iterator[Redirection]:
    redirection = Redirection({host: to(server) for host in hosts}, ports.client_tls)
    redirection.install()
    try:
        yield redirection
    finally:
        redirection.uninstall()


def served_by(ports: Ports, *names: str) -> ssl.SSLContext:
    """A server's context with a certificate of the throwaway authority for these names; asks for none."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ports.authority.issue_cert(*names).configure_cert(tls)
    return tls


def own_context() -> ssl.SSLContext:
    """A program's own context, that trusts the usual roots."""
    return ssl.create_default_context()


# Another process that finds the port, and does not mind whom it meets there.
STRANGER = """
import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
try:
    raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
    connection = context.wrap_socket(raw, server_hostname="api.gladia.io")
    connection.sendall(b"GET /x HTTP/1.0\\r\\nHost: api.gladia.io\\r\\n\\r\\n")
    print("answered" if connection.recv(100) else "refused by its end")
except ssl.SSLError as error:
    print("refused", error.reason)
except ConnectionError as error:
    print("refused", type(error).__name__)
"""


def requests_get(host: str, context: Context) -> str:
    import requests

    return requests.get(f"https://{host}/hello", timeout=SECONDS, verify=not unverified(context)).text


def httpx_client(host: str, context: Context) -> str:
    import httpx

    with httpx.Client(verify=True if context is None else context, timeout=SECONDS) as client:
        return client.get(f"https://{host}/hello").text


async def httpx_async(host: str, context: Context) -> str:
    import httpx

    async with httpx.AsyncClient(verify=True if context is None else context, timeout=SECONDS) as client:
        return (await client.get(f"https://{host}/hello")).text


def urllib_request(host: str, context: Context) -> str:
    import urllib.request

    with urllib.request.urlopen(f"https://{host}/hello", timeout=SECONDS, context=context) as response:
        return str(response.read().decode())


def http_client(host: str, context: Context) -> str:
    import http.client

    connection = http.client.HTTPSConnection(host, timeout=SECONDS, context=context)
    connection.request("GET", "/hello")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


async def aiohttp_get(host: str, context: Context) -> str:
    import aiohttp

    async with (
        aiohttp.ClientSession(trust_env=True) as session,
        session.get(f"https://{host}/hello", ssl=True if context is None else context) as response,
    ):
        return await response.text()


async def aiohttp_ws(host: str, context: Context) -> str:
    import aiohttp

    async with (
        aiohttp.ClientSession(trust_env=True) as session,
        session.ws_connect(f"wss://{host}/ws", ssl=True if context is None else context) as ws,
    ):
        await ws.send_str("hello")
        return str((await ws.receive(SECONDS)).data)


async def websockets_asyncio(host: str, context: Context) -> str:
    from websockets.asyncio.client import connect

    async with connect(f"wss://{host}/ws", **given(ssl=context)) as ws:
        await ws.send("hello")
        return str(await ws.recv())


def websockets_sync(host: str, context: Context) -> str:
    from websockets.sync.client import connect

    with connect(f"wss://{host}/ws", **given(ssl=context)) as ws:
        ws.send("hello")
        return str(ws.recv(timeout=SECONDS))


async def websockets_legacy(host: str, context: Context) -> str:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from websockets.legacy.client import connect

    async with connect(f"wss://{host}/ws", **given(ssl=context)) as ws:
        await ws.send("hello")
        return str(await ws.recv())


def websocket_client(host: str, context: Context) -> str:
    import websocket

    ws = websocket.create_connection(f"wss://{host}/ws", timeout=SECONDS, sslopt=given(context=context))
    ws.send("hello")
    answer = ws.recv()
    ws.close()
    return str(answer)


def websocket_app(host: str, context: Context) -> str:
    import websocket

    said: list[str] = []

    def on_message(ws: Any, message: str) -> None:
        said.append(message)
        ws.close()

    def on_error(ws: Any, error: object) -> None:
        said.append(repr(error))

    app = websocket.WebSocketApp(
        f"wss://{host}/ws",
        on_open=lambda ws: ws.send("hello"),
        on_message=on_message,
        on_error=on_error,
    )
    app.run_forever(sslopt=given(context=context))
    return said[0]


async def asyncio_streams(host: str, context: Context) -> str:
    tls = ssl.create_default_context() if context is None else context
    reader, writer = await asyncio.open_connection(host, 443, ssl=tls)
    writer.write(f"GET /hello HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer.rpartition("\r\n\r\n")[2]


def wrapped_then_connected(host: str, context: Context) -> str:
    """As the ssl module's documentation does it: the socket itself resolves the name."""
    import socket

    tls = ssl.create_default_context() if context is None else context
    with tls.wrap_socket(socket.socket(socket.AF_INET), server_hostname=host) as connection:
        connection.settimeout(SECONDS)
        connection.connect((host, 443))
        connection.sendall(f"GET /hello HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return connection.makefile("rb").read().decode().rpartition("\r\n\r\n")[2]


def looked_up_first(host: str, context: Context) -> str:
    """A program that resolves the name by itself and puts its own port beside the address."""
    import socket

    tls = ssl.create_default_context() if context is None else context
    address = socket.gethostbyname(host)
    with (
        socket.create_connection((address, 443), timeout=SECONDS) as raw,
        tls.wrap_socket(raw, server_hostname=host) as connection,
    ):
        connection.sendall(f"GET /hello HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return connection.makefile("rb").read().decode().rpartition("\r\n\r\n")[2]


def unverified(context: Context) -> bool:
    return context is not None and context.verify_mode == ssl.CERT_NONE


def given(**options: Any) -> dict[str, Any]:
    """Without those that are None: for libraries where None is not the default."""
    return {name: value for name, value in options.items() if value is not None}


AsyncClient = Callable[[str, Context], Coroutine[Any, Any, str]]


def on_asyncio(client: AsyncClient) -> Callable[[str, Context], str]:
    def run(host: str, context: Context) -> str:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(asyncio.wait_for(client(host, context), SECONDS))

    return run


def on_uvloop(client: AsyncClient) -> Callable[[str, Context], str]:
    def run(host: str, context: Context) -> str:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(asyncio.wait_for(client(host, context), SECONDS))

    return run


_ASYNC: list[AsyncClient] = [
    httpx_async,
    aiohttp_get,
    aiohttp_ws,
    websockets_asyncio,
    websockets_legacy,
    asyncio_streams,
]
_SYNC: list[Callable[[str, Context], str]] = [
    requests_get,
    httpx_client,
    urllib_request,
    http_client,
    websockets_sync,
    websocket_client,
    websocket_app,
    wrapped_then_connected,
    looked_up_first,
]

CLIENTS: dict[str, Callable[[str, Context], str]] = {
    **{client.__name__: client for client in _SYNC},
    **{f"{client.__name__} on asyncio": on_asyncio(client) for client in _ASYNC},
    **{f"{client.__name__} on uvloop": on_uvloop(client) for client in _ASYNC},
}
