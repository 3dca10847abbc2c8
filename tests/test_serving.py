"""LocalServer: it listens, says what is wrong, and ends within a bound whatever its clients do."""

import asyncio
import contextlib
import http.client
import json
import os
import socket
import ssl
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator

import pytest
import trustme
import websockets.sync.client
from aiohttp import web

from shim import serving
from shim.errors import BridgeError
from shim.serving import LocalServer


@pytest.fixture(params=["uvloop", "asyncio"], autouse=True)
def loop_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything here holds on both loops; `None` in sys.modules makes the import fail."""
    kind: str = request.param
    if kind == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)
    else:
        pytest.importorskip("uvloop")
    return kind


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


def app_with(*routes: web.RouteDef) -> web.Application:
    app = web.Application()
    app.add_routes([web.get("/", hello), *routes])
    return app


def get(url: str, context: ssl.SSLContext | None = None) -> str:
    with urllib.request.urlopen(url, timeout=20, context=context) as response:
        return response.read().decode()


def ended_within(server: LocalServer, seconds: float) -> bool:
    """Whether `stop` returns; the bound is a multiple of the server's own, so it says «hung», not «slow»."""
    stopper = threading.Thread(target=server.stop, daemon=True)
    stopper.start()
    stopper.join(seconds)
    return not stopper.is_alive()


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_it_listens_when_start_returns_and_no_longer_when_stop_does() -> None:
    server = LocalServer(app_with).start()
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert get(server.url) == "hello"
    server.stop()
    assert refuses(server.port)
    server.stop()  # again: nothing
    assert [t.name for t in threading.enumerate() if t.name.startswith("sttbridge")] == []


def test_the_loop_is_the_one_it_says(loop_kind: str) -> None:
    async def kind(request: web.Request) -> web.Response:
        return web.Response(text=type(asyncio.get_running_loop()).__module__)

    with LocalServer(lambda: app_with(web.get("/kind", kind))) as server:
        assert get(server.url + "/kind").split(".")[0] == loop_kind


def test_with_tls_it_speaks_tls() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with LocalServer(app_with, tls=tls) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert get(server.url, trusting) == "hello"


def test_an_ipv6_address_is_bracketed() -> None:
    try:
        server = LocalServer(app_with, host="::1").start()
    except BridgeError:
        pytest.skip("no IPv6 on this machine")
    with server.__class__(app_with) as other:
        assert other.port != server.port
    assert server.url == f"http://[::1]:{server.port}"
    assert get(server.url) == "hello"
    server.stop()


def test_a_port_in_use_is_one_clear_line() -> None:
    with LocalServer(app_with) as server:
        with pytest.raises(BridgeError) as refused:
            LocalServer(app_with, port=server.port).start()
        assert str(refused.value) == (
            f"port {server.port} on 127.0.0.1 is in use; "
            "stop the program that uses it, or choose another port (0 lets the system choose)"
        )
        assert get(server.url) == "hello"


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("127.0.0.1", 70000, "70000 is not a port; give a number from 0 to 65535"),
        ("192.0.2.1", 0, "192.0.2.1 is not an address of this machine; 127.0.0.1 is"),
        ("nowhere.invalid", 0, "nowhere.invalid is not an address of this machine; 127.0.0.1 is"),
    ],
)
def test_an_address_that_cannot_be_had_is_one_clear_line(host: str, port: int, message: str) -> None:
    with pytest.raises(BridgeError) as refused:
        LocalServer(app_with, host=host, port=port).start()
    assert str(refused.value) == message


def test_a_port_that_the_user_may_not_have_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> socket.socket:
        raise PermissionError(13, "Permission denied")  # the tests may run as root, who may

    monkeypatch.setattr(socket, "create_server", denied)
    with pytest.raises(BridgeError, match=r"port 80 on 127\.0\.0\.1 is not allowed to this user; choose a port above"):
        LocalServer(app_with, port=80).start()


@pytest.mark.parametrize("where", ["make_app", "on_startup"])
def test_what_the_application_raises_comes_out_of_start_and_leaves_nothing(where: str) -> None:
    cleaned = []

    async def fail(app: web.Application) -> None:
        raise BridgeError("the transcript is not one", "give another")

    async def clean(app: web.Application) -> AsyncIterator[None]:
        yield
        cleaned.append(True)

    def failing_app() -> web.Application:
        if where == "make_app":
            raise BridgeError("the transcript is not one", "give another")
        app = web.Application()
        app.cleanup_ctx.append(clean)
        app.on_startup.append(fail)
        return app

    server = LocalServer(failing_app)
    with pytest.raises(BridgeError, match="the transcript is not one; give another"):
        server.start()
    assert refuses(server.port)
    assert cleaned == ([True] if where == "on_startup" else [])
    assert [t.name for t in threading.enumerate() if t.name.startswith("sttbridge")] == []


def test_a_server_starts_once() -> None:
    with LocalServer(app_with) as server, pytest.raises(RuntimeError, match="started before"):
        server.start()


def test_every_thread_of_it_is_told_to_the_owner() -> None:
    told: set[str] = set()

    async def resolving(request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        name = await loop.run_in_executor(None, lambda: threading.current_thread().name)
        return web.json_response([threading.current_thread().name, name])

    def thread_started() -> None:
        told.add(threading.current_thread().name)

    with LocalServer(
        lambda: app_with(web.get("/threads", resolving)), name="mine", thread_started=thread_started
    ) as server:
        loop_thread, executor_thread = json.loads(get(server.url + "/threads"))
    assert loop_thread == "mine"
    assert executor_thread.startswith("mine-executor")
    assert told == {loop_thread, executor_thread}


def test_stopping_runs_the_applications_own_end_and_closes_its_websockets() -> None:
    order: list[str] = []
    open_sockets: set[web.WebSocketResponse] = set()

    async def echo(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        open_sockets.add(ws)
        async for message in ws:
            await ws.send_str(message.data)
        order.append("handler ended")
        return ws

    async def goodbye(app: web.Application) -> None:
        order.append("shutdown")
        for ws in open_sockets:
            await ws.close(code=1001)

    async def clean(app: web.Application) -> None:
        order.append("cleanup")

    def make_app() -> web.Application:
        app = app_with(web.get("/ws", echo))
        app.on_shutdown.append(goodbye)
        app.on_cleanup.append(clean)
        return app

    server = LocalServer(make_app).start()
    with websockets.sync.client.connect(server.url.replace("http", "ws") + "/ws", open_timeout=20) as client:
        client.send("hello")
        assert client.recv(timeout=20) == "hello"
        server.stop()
        with pytest.raises(websockets.ConnectionClosed):
            client.recv(timeout=20)
        assert client.close_code == 1001
    assert order == ["shutdown", "handler ended", "cleanup"]


@pytest.fixture(params=["plain", "tls"])
def tls_pair(request: pytest.FixtureRequest) -> tuple[ssl.SSLContext | None, ssl.SSLContext | None]:
    if request.param == "plain":
        return None, None
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return tls, trusting


@pytest.fixture
def quick_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds shortened: it is tested that there are some, not how long they are."""
    for bound in ("_SHUTDOWN_SECONDS", "_HANDLER_SECONDS", "_CLEANUP_SECONDS", "_LEFTOVER_SECONDS"):
        monkeypatch.setattr(serving, bound, 0.2)


def upgraded(server: LocalServer, trusting: ssl.SSLContext | None) -> socket.socket:
    """A raw client that has opened a WebSocket and from then on never reads."""
    raw = socket.create_connection((server.host, server.port), timeout=20)
    client = raw if trusting is None else trusting.wrap_socket(raw, server_hostname="127.0.0.1")
    client.sendall(
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert client.recv(12) == b"HTTP/1.1 101"
    return client


def sees_its_end(client: socket.socket) -> bool:
    try:
        while client.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    return True  # else recv would have timed out


@pytest.mark.parametrize(
    "stubborn", ["waits for messages", "floods", "polite shutdown", "endless shutdown", "ignores cancellation"]
)
def test_stop_is_bounded_with_clients_that_never_read(
    tls_pair: tuple[ssl.SSLContext | None, ssl.SSLContext | None], stubborn: str, quick_end: None
) -> None:
    opened = threading.Event()
    cleaned = threading.Event()
    open_sockets: list[web.WebSocketResponse] = []

    async def handler(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        open_sockets.append(ws)
        opened.set()
        while stubborn == "floods":
            await ws.send_bytes(bytes(1 << 16))
        while stubborn == "ignores cancellation":
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await ws.receive()
        return ws

    async def goodbye(app: web.Application) -> None:
        if stubborn == "polite shutdown":
            for ws in open_sockets:  # waits for the close frame of a client that sends none
                await ws.close(code=1001)
        if stubborn == "endless shutdown":
            await asyncio.Event().wait()

    async def clean(app: web.Application) -> None:
        cleaned.set()

    def make_app() -> web.Application:
        app = app_with(web.get("/ws", handler))
        app.on_shutdown.append(goodbye)
        app.on_cleanup.append(clean)
        return app

    tls, trusting = tls_pair
    server = LocalServer(make_app, tls=tls).start()
    client = upgraded(server, trusting)
    assert opened.wait(20)
    assert ended_within(server, 30)
    assert cleaned.is_set()
    assert not server._thread.is_alive()
    assert sees_its_end(client)
    client.close()


def test_an_error_in_the_end_does_not_keep_the_rest_from_ending(caplog: pytest.LogCaptureFixture) -> None:
    cleaned = threading.Event()

    async def fail(app: web.Application) -> None:
        raise ValueError("goodbye failed")

    async def clean(app: web.Application) -> None:
        cleaned.set()

    def make_app() -> web.Application:
        app = app_with()
        app.on_shutdown.append(fail)
        app.on_cleanup.append(clean)
        return app

    LocalServer(make_app).start().stop()
    assert cleaned.is_set()
    assert "the server failed in closing its clients" in caplog.text


def test_idle_keep_alive_connections_do_not_hold_the_end_up() -> None:
    server = LocalServer(app_with).start()
    connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    assert ended_within(server, 30)
    assert connection.sock is not None
    assert connection.sock.recv(1) == b""
    connection.close()


def test_stop_from_its_own_thread_does_not_wait_for_itself() -> None:
    servers: list[LocalServer] = []

    async def stop(request: web.Request) -> web.Response:
        servers[0].stop()
        return web.Response(text="stopping")

    server = LocalServer(lambda: app_with(web.get("/stop", stop))).start()
    servers.append(server)
    assert get(server.url + "/stop") == "stopping"
    assert ended_within(server, 30)
    assert refuses(server.port)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_lets_go_of_the_port_and_leaves_the_parents_server_alone() -> None:
    server = LocalServer(app_with).start()
    told, tell = os.pipe()
    wait, go = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            server.stop()
            os.write(tell, b"!")
            os.read(wait, 1)
            status = 0
        finally:
            os._exit(status)
    try:
        assert os.read(told, 1) == b"!"
        assert get(server.url) == "hello"
        server.stop()
        assert refuses(server.port)  # the child lives, and does not keep the port open
    finally:
        os.write(go, b"!")
        assert os.waitpid(child, 0)[1] == 0
        for end in (told, tell, wait, go):
            os.close(end)
