"""The redirection: every library is led, however it was imported, and by every spelling of the host."""

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Everything imported before anything is installed, as a program does; the other order is a test of its own.
import aiohttp
import certifi
import httpx
import pytest
import requests
import uvloop
import websocket
import websockets.asyncio.client
import websockets.sync.client
from websockets.asyncio.client import connect as asyncio_connect
from websockets.sync.client import connect as sync_connect

from shim.redirect import Redirection
from shim.serving import LocalServer
from tests.led_clients import (
    ASSEMBLYAI,
    CLIENTS,
    GLADIA,
    SECONDS,
    Ports,
    echo_app,
    echoing,
    led_to,
    own_context,
    served_by,
    to,
)

EARLY = requests.Session()
EARLY_HTTPX = httpx.Client(timeout=SECONDS)
IMPORTED_EARLY = (aiohttp, websocket, websockets.asyncio.client, asyncio_connect)


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[LocalServer, Ports]]:
    with echoing() as echo:
        yield echo


@pytest.fixture
def server(echo: tuple[LocalServer, Ports]) -> LocalServer:
    return echo[0]


@pytest.fixture
def ports(echo: tuple[LocalServer, Ports]) -> Ports:
    return echo[1]


@pytest.fixture
def led(server: LocalServer, ports: Ports) -> Iterator[Redirection]:
    with led_to(server, ports, GLADIA, ASSEMBLYAI) as redirection:
        yield redirection


def no_context() -> None:
    return None


def certifi_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def unverifying_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


CONTEXTS = [no_context, own_context, certifi_context, unverifying_context]


# --- Every library ---


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_every_library_is_led(led: Redirection, client: str, context: Callable[[], ssl.SSLContext | None]) -> None:
    assert CLIENTS[client](GLADIA, context()) in (f"echo {GLADIA} /hello", f"echo {GLADIA} hello")


def test_contexts_and_sessions_made_before_are_led(server: LocalServer, ports: Ports) -> None:
    early_context = ssl.create_default_context()
    early_opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=early_context))
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    redirection.install()
    try:
        expected = f"echo {GLADIA} /hello"
        assert EARLY.get(f"https://{GLADIA}/hello", timeout=SECONDS).text == expected
        assert EARLY_HTTPX.get(f"https://{GLADIA}/hello").text == expected
        assert early_opener.open(f"https://{GLADIA}/hello", timeout=SECONDS).read().decode() == expected
        with sync_connect(f"wss://{GLADIA}/ws", ssl=early_context) as ws:
            ws.send("early")
            assert ws.recv(timeout=SECONDS) == f"echo {GLADIA} early"
    finally:
        redirection.uninstall()


def test_an_async_client_and_a_running_loop_from_before_are_led(server: LocalServer, ports: Ports) -> None:
    async def program() -> None:
        async with httpx.AsyncClient(timeout=SECONDS) as client, aiohttp.ClientSession() as session:
            redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
            redirection.install()
            try:
                assert (await client.get(f"https://{GLADIA}/a")).text == f"echo {GLADIA} /a"
                async with session.get(f"https://{GLADIA}/b") as response:
                    assert await response.text() == f"echo {GLADIA} /b"
            finally:
                redirection.uninstall()

    for new_loop in (asyncio.new_event_loop, uvloop.new_event_loop):
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(asyncio.wait_for(program(), SECONDS))


AFTER = """
import sys
sys.modules["aiodns"] = None
from tests.led_clients import CLIENTS, echo_app, throwaway
from shim.redirect import Redirection
from shim.serving import LocalServer

ports = throwaway("api.gladia.io")
with LocalServer(echo_app, tls=ports.server_tls) as server:
    redirection = Redirection({"api.gladia.io": lambda: (server.host, server.port)}, ports.client_tls)
    redirection.install()
    for library in ("requests", "httpx", "websockets", "websocket", "urllib3", "anyio"):
        assert library not in sys.modules, library
    for name, client in CLIENTS.items():
        print(name, "|", client("api.gladia.io", None), flush=True)
    redirection.uninstall()
"""


def test_every_library_is_led_that_is_imported_afterwards() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AFTER],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), *filter(None, sys.path)])},
    )
    assert done.returncode == 0, done.stderr
    said = dict(line.split(" | ") for line in done.stdout.splitlines())
    assert said.keys() == CLIENTS.keys()
    assert set(said.values()) == {f"echo {GLADIA} /hello", f"echo {GLADIA} hello"}


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize(
    "options",
    [{"verify": False}, {"verify": certifi.where()}, {"stream": True}],
    ids=["unverified", "bundle", "stream"],
)
def test_requests_own_ways_to_verify(led: Redirection, options: dict[str, Any]) -> None:
    with requests.Session() as session:
        assert session.get(f"https://{GLADIA}/hello", timeout=SECONDS, **options).text == f"echo {GLADIA} /hello"


def test_a_library_that_switches_verification_off_in_its_own_way(led: Redirection) -> None:
    async def with_aiohttp() -> str:
        async with aiohttp.ClientSession() as session, session.get(f"https://{GLADIA}/x", ssl=False) as response:
            return await response.text()

    assert asyncio.run(with_aiohttp()) == f"echo {GLADIA} /x"
    assert httpx.get(f"https://{GLADIA}/x", verify=False, timeout=SECONDS).text == f"echo {GLADIA} /x"
    ws = websocket.create_connection(f"wss://{GLADIA}/ws", timeout=SECONDS, sslopt={"cert_reqs": ssl.CERT_NONE})
    ws.send("x")
    assert ws.recv() == f"echo {GLADIA} x"
    ws.close()


def test_a_program_that_checks_no_name_need_not_give_one(led: Redirection) -> None:
    request = f"GET /x HTTP/1.0\r\nHost: {GLADIA}\r\n\r\n".encode()
    with (
        socket.create_connection((GLADIA, 443), timeout=SECONDS) as raw,
        unverifying_context().wrap_socket(raw) as connection,
    ):
        connection.sendall(request)
        assert connection.makefile("rb").read().endswith(f"echo {GLADIA} /x".encode())

    async def with_streams() -> bytes:
        reader, writer = await asyncio.open_connection(GLADIA, 443, ssl=unverifying_context(), server_hostname="")
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    for new_loop in (asyncio.new_event_loop, uvloop.new_event_loop):
        with asyncio.Runner(loop_factory=new_loop) as runner:
            answer = runner.run(asyncio.wait_for(with_streams(), SECONDS))
        assert answer.endswith(f"echo {GLADIA} /x".encode())


def test_what_the_program_sees_of_the_connection_is_sane(led: Redirection) -> None:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((GLADIA, 443), timeout=SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=GLADIA) as connection,
    ):
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert connection.server_hostname == GLADIA
        names = connection.getpeercert()["subjectAltName"]
        assert ("DNS", GLADIA) in names
        assert connection.version() == "TLSv1.3"
        assert connection.getpeername() == raw_address(GLADIA)


def raw_address(host: str) -> tuple[str, int]:
    address: tuple[str, int] = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)[0][4]
    return address


def test_a_session_to_resume_that_belongs_to_the_programs_context_is_left_out(led: Redirection, ports: Ports) -> None:
    context = own_context()
    ports.authority.configure_trust(context)
    session = None
    with LocalServer(echo_app, tls=served_by(ports, "127.0.0.1")) as other:
        for address, host in (((other.host, other.port), "127.0.0.1"), ((GLADIA, 443), GLADIA)):
            with (
                socket.create_connection(address, timeout=SECONDS) as raw,
                context.wrap_socket(raw, server_hostname=host, session=session) as connection,
            ):
                connection.sendall(b"GET /x HTTP/1.0\r\nHost: x\r\n\r\n")
                assert connection.makefile("rb").read().endswith(b"/x")
                session = connection.session
                assert session is not None


def test_plain_http_fails_at_once_and_reaches_nobody(led: Redirection) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"http://{GLADIA}/", timeout=SECONDS)


# --- Names, ports and families ---


@pytest.mark.parametrize("host", [GLADIA, GLADIA.upper(), "Api.Gladia.io", GLADIA + ".", GLADIA.encode()])
@pytest.mark.parametrize("port", [443, "443", "https", None, 0, b"https"])
def test_every_spelling_of_host_and_port_is_led(
    led: Redirection, server: LocalServer, host: str | bytes, port: int | str | bytes | None
) -> None:
    assert socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) == [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (server.host, server.port))
    ]


@pytest.mark.parametrize("host", [GLADIA.upper(), GLADIA + "."])
@pytest.mark.parametrize(
    "client", ["requests_get", "httpx_client", "websockets_sync", "aiohttp_ws on uvloop", "asyncio_streams on uvloop"]
)
def test_odd_spellings_are_led_by_libraries_too(led: Redirection, client: str, host: str) -> None:
    assert CLIENTS[client](host, None).lower().startswith("echo api.gladia.io")


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_the_loops_own_resolution_is_led(
    led: Redirection, server: LocalServer, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def resolve(host: Any, family: int) -> list[Any]:
        loop = asyncio.get_running_loop()
        return await loop.getaddrinfo(host, 443, type=socket.SOCK_STREAM, family=family)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        for host in (GLADIA, GLADIA.encode(), GLADIA.upper() + "."):
            ((family, kind, _, _, address),) = runner.run(resolve(host, 0))
            assert (family, kind, address) == (socket.AF_INET, socket.SOCK_STREAM, (server.host, server.port))
        ((family, _, _, _, address),) = runner.run(resolve(GLADIA, socket.AF_INET6))
        assert (family, address[:2]) == (socket.AF_INET6, ("::ffff:127.0.0.1", server.port))


def ipv6() -> bool:
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not ipv6(), reason="no IPv6 sockets on this machine")
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_asks_for_ipv6_only_gets_something_that_connects(
    led: Redirection, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    request = f"GET /x HTTP/1.0\r\nHost: {GLADIA}\r\n\r\n".encode()
    ((family, kind, proto, _, address),) = socket.getaddrinfo(GLADIA, 443, socket.AF_INET6, socket.SOCK_STREAM)
    with socket.socket(family, kind, proto) as raw:
        raw.settimeout(SECONDS)
        raw.connect(address)
        with own_context().wrap_socket(raw, server_hostname=GLADIA) as connection:
            connection.sendall(request)
            assert connection.makefile("rb").read().endswith(b"/x")
    with socket.socket(socket.AF_INET6) as raw:  # by its name, and without an exception
        raw.settimeout(SECONDS)
        assert raw.connect_ex((GLADIA, 443)) == 0

    async def with_loop() -> bytes:
        reader, writer = await asyncio.open_connection(GLADIA, 443, ssl=True, family=socket.AF_INET6)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(asyncio.wait_for(with_loop(), SECONDS)).endswith(b"/x")


def test_flags_are_honoured_where_they_mean_something(led: Redirection, server: LocalServer) -> None:
    here = (server.host, server.port)
    ((_, _, _, name, address),) = socket.getaddrinfo(
        GLADIA.upper(), 443, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME
    )
    assert (name, address) == (GLADIA, here)
    # Loopback although the machine may have no other address.
    ((*_, address),) = socket.getaddrinfo(GLADIA, 443, socket.AF_INET, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
    assert address == here
    assert {kind for _, kind, *_ in socket.getaddrinfo(GLADIA, 443)} >= {socket.SOCK_STREAM}
    with pytest.raises(socket.gaierror):  # «is this a number?» is still answered by no
        socket.getaddrinfo(GLADIA, 443, flags=socket.AI_NUMERICHOST)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(GLADIA, 443, family=socket.AF_UNIX)


def test_older_resolution_is_led(led: Redirection, server: LocalServer) -> None:
    assert socket.gethostbyname(GLADIA) == server.host
    assert socket.gethostbyname_ex(GLADIA) == (GLADIA, [], [server.host])
    with socket.socket() as raw:
        raw.settimeout(SECONDS)
        assert raw.connect_ex((GLADIA, 443)) == 0
        assert raw.getpeername() == (server.host, server.port)


# --- Libraries that are not among the project's own ---


def test_aiodns_is_led(led: Redirection, server: LocalServer) -> None:
    """aiohttp's default resolver where aiodns is installed."""
    pytest.importorskip("aiodns")

    async def program() -> str:
        resolver = aiohttp.AsyncResolver()
        connector = aiohttp.TCPConnector(resolver=resolver)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(f"https://{GLADIA}/x") as response,
        ):
            return await response.text()

    assert asyncio.run(program()) == f"echo {GLADIA} /x"


def test_aiodns_is_asked_for_the_local_address(
    server: LocalServer, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without it: a stand-in with aiodns's signature."""
    asked: list[tuple[Any, ...]] = []

    class DNSResolver:
        def getaddrinfo(
            self, host: str, family: int = 0, port: int | None = None, proto: int = 0, type: int = 0, flags: int = 0
        ) -> None:
            asked.append((host, family, port, proto, type, flags))

    own = DNSResolver.getaddrinfo
    monkeypatch.setitem(sys.modules, "aiodns", type(sys)("aiodns"))
    monkeypatch.setattr(sys.modules["aiodns"], "DNSResolver", DNSResolver, raising=False)
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    redirection.install()
    DNSResolver().getaddrinfo(GLADIA, port=443, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    DNSResolver().getaddrinfo("api.example.com", socket.AF_INET, 443, flags=socket.AI_ADDRCONFIG)
    redirection.uninstall()
    assert asked == [
        (server.host, 0, server.port, 0, socket.SOCK_STREAM, socket.AI_NUMERICHOST),
        ("api.example.com", socket.AF_INET, 443, 0, 0, socket.AI_ADDRCONFIG),
    ]
    assert DNSResolver.getaddrinfo is own


def test_trio_is_led(led: Redirection) -> None:
    trio = pytest.importorskip("trio")

    async def by_httpx() -> str:
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            return (await client.get(f"https://{GLADIA}/x")).text

    async def by_itself() -> bytes:
        stream = await trio.open_ssl_over_tcp_stream(GLADIA, 443, https_compatible=True)
        await stream.send_all(f"GET /x HTTP/1.0\r\nHost: {GLADIA}\r\n\r\n".encode())
        return b"".join([part async for part in stream])

    assert trio.run(by_httpx) == f"echo {GLADIA} /x"
    assert trio.run(by_itself).endswith(f"echo {GLADIA} /x".encode())
