"""The redirection: every library is led, and nothing but the led hosts is touched."""

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import threading
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

from shim.errors import BridgeError
from shim.redirect import Redirection, exempt_this_thread
from shim.serving import LocalServer
from tests.led_clients import CLIENTS, SECONDS, STRANGER, Ports, echo_app, throwaway

GLADIA = "api.gladia.io"
ASSEMBLYAI = "streaming.assemblyai.com"

EARLY = requests.Session()
EARLY_HTTPX = httpx.Client(timeout=SECONDS)
IMPORTED_EARLY = (aiohttp, websocket, websockets.asyncio.client, asyncio_connect)


@pytest.fixture(scope="module")
def ports() -> Ports:
    return throwaway(GLADIA, ASSEMBLYAI)


@pytest.fixture(scope="module")
def server(ports: Ports) -> Iterator[LocalServer]:
    with LocalServer(echo_app, tls=ports.server_tls) as server:
        yield server


def to(server: LocalServer) -> Callable[[], tuple[str, int]]:
    return lambda: (server.host, server.port)


@pytest.fixture
def led(server: LocalServer, ports: Ports) -> Iterator[Redirection]:
    redirection = Redirection({GLADIA: to(server), ASSEMBLYAI: to(server)}, ports.client_tls)
    redirection.install()
    yield redirection
    redirection.uninstall()


def no_context() -> None:
    return None


def own_context() -> ssl.SSLContext:
    return ssl.create_default_context()


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


# --- Trust ---


def served_by(ports: Ports, *names: str) -> ssl.SSLContext:
    """A server's context with a certificate of the throwaway authority for these names; asks for none."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ports.authority.issue_cert(*names).configure_cert(tls)
    return tls


def test_the_led_hosts_authority_is_not_trusted_for_any_other_host(led: Redirection, ports: Ports) -> None:
    with LocalServer(echo_app, tls=served_by(ports, "api.example.com", "127.0.0.1")) as other:
        for context in (own_context(), certifi_context()):
            with (
                socket.create_connection((other.host, other.port), timeout=SECONDS) as raw,
                pytest.raises(ssl.SSLCertVerificationError),
            ):
                context.wrap_socket(raw, server_hostname="api.example.com")
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(other.url, timeout=SECONDS)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(other.url, timeout=SECONDS)

        async def with_aiohttp() -> None:
            async with aiohttp.ClientSession() as session, session.get(other.url):
                pass

        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            asyncio.run(with_aiohttp())


def test_a_led_host_must_show_its_own_name(ports: Ports) -> None:
    with LocalServer(echo_app, tls=served_by(ports, "api.example.com")) as impostor:
        redirection = Redirection({GLADIA: to(impostor)}, ports.client_tls)
        redirection.install()
        try:
            with pytest.raises(requests.exceptions.SSLError, match=r"[Hh]ostname"):
                requests.get(f"https://{GLADIA}/", timeout=SECONDS)
        finally:
            redirection.uninstall()


def test_a_led_host_that_is_answered_by_the_real_one_is_refused(led: Redirection) -> None:
    """Whoever reaches the vendor around us (its own resolver, a proxy given in code) does not do so unnoticed."""
    real = throwaway(GLADIA)  # stands for the roots that everyone trusts
    with LocalServer(echo_app, tls=served_by(real, GLADIA)) as vendor:
        trusting = own_context()
        real.authority.configure_trust(trusting)
        with (
            socket.create_connection((vendor.host, vendor.port), timeout=SECONDS) as raw,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            trusting.wrap_socket(raw, server_hostname=GLADIA)


def test_a_pinned_certificate_is_noticed(led: Redirection) -> None:
    async def pinned() -> None:
        fingerprint = aiohttp.Fingerprint(bytes(32))
        async with aiohttp.ClientSession() as session, session.get(f"https://{GLADIA}/", ssl=fingerprint):
            pass

    with pytest.raises(aiohttp.ServerFingerprintMismatch):
        asyncio.run(pinned())


def test_another_process_is_refused(led: Redirection, server: LocalServer, ports: Ports) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, str(server.port)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("refused"), done.stdout + done.stderr
    with LocalServer(echo_app, tls=served_by(ports, GLADIA)) as open_to_all:  # it is the certificate that it lacks
        done = subprocess.run(
            [sys.executable, "-c", STRANGER, str(open_to_all.port)], capture_output=True, text=True, timeout=60
        )
    assert done.stdout == "answered\n", done.stderr


def test_a_client_without_the_certificate_is_refused_in_this_process_too(
    led: Redirection, server: LocalServer, ports: Ports
) -> None:
    trusting = own_context()
    ports.authority.configure_trust(trusting)
    answered: list[bytes] = []

    def ask() -> None:
        exempt_this_thread()  # else the redirection would show the certificate
        try:
            with (
                socket.create_connection((server.host, server.port), timeout=SECONDS) as raw,
                trusting.wrap_socket(raw, server_hostname=GLADIA) as connection,
            ):
                connection.sendall(b"GET /x HTTP/1.0\r\nHost: x\r\n\r\n")
                answered.append(connection.recv(100))
        except (ssl.SSLError, ConnectionError):
            answered.append(b"")

    in_thread(ask)
    assert answered == [b""]


# --- Proxies ---


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> str:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("all_proxy", "ALL_PROXY", "wss_proxy", "WSS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return url


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "wss_proxy"])
@pytest.mark.parametrize("excepted", [None, "NO_PROXY", "no_proxy"])
def test_led_hosts_go_around_the_proxies(
    dead_proxy: str,
    server: LocalServer,
    ports: Ports,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    excepted: str | None,
) -> None:
    monkeypatch.setenv(variable, dead_proxy)
    if excepted is not None:
        monkeypatch.setenv(excepted, "internal.example, localhost")
    before = dict(os.environ)
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    redirection.install()
    try:
        for client in (
            "requests_get",
            "httpx_client",
            "urllib_request",
            "websockets_sync",
            "websocket_client",
            "websockets_asyncio on asyncio",
            "httpx_async on uvloop",
            "aiohttp_get on asyncio",
            "aiohttp_ws on uvloop",
        ):
            assert CLIENTS[client](GLADIA, None).startswith(f"echo {GLADIA}"), client
        if excepted is not None:
            assert urllib.request.proxy_bypass("internal.example")
        assert not urllib.request.proxy_bypass("api.example.com")
    finally:
        redirection.uninstall()
    assert dict(os.environ) == before


def test_a_proxy_still_serves_the_other_hosts(
    led: Redirection, dead_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", dead_proxy)
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get("https://api.example.com/", timeout=SECONDS)


# --- Threads that are exempt, other hosts ---


def in_thread(work: Callable[[], None]) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    if failed:
        raise failed[0]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Stands below the redirection where the system's resolver is, and answers everything by loopback."""
    asked: list[tuple[Any, ...]] = []
    system = socket.getaddrinfo

    def resolver(host: Any, port: Any, *rest: Any) -> Any:
        asked.append((host, port, *rest))
        return system("127.0.0.1", port, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return asked


def test_an_exempt_thread_is_not_led(asked: list[tuple[Any, ...]], led: Redirection) -> None:
    def work() -> None:
        assert socket.getaddrinfo(GLADIA, 443)[0][4] != ("127.0.0.1", 443)
        exempt_this_thread()
        asked.clear()
        assert socket.getaddrinfo(GLADIA, 443)[0][4] == ("127.0.0.1", 443)
        assert asked == [(GLADIA, 443, 0, 0, 0, 0)]
        context = own_context()
        assert context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=GLADIA).context is context

    in_thread(work)
    context = own_context()  # this thread still is
    assert context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=GLADIA).context is not context


@pytest.mark.parametrize("loop_kind", ["uvloop", "asyncio"])
def test_a_gateway_reaches_the_host_that_it_stands_for(
    ports: Ports, monkeypatch: pytest.MonkeyPatch, loop_kind: str
) -> None:
    """A server whose threads are exempt, led to by a host, connects to that very host: no going round."""
    if loop_kind == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)
    real = throwaway(GLADIA)
    trusting = own_context()
    real.authority.configure_trust(trusting)

    async def forward(request: aiohttp.web.Request) -> aiohttp.web.Response:
        connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver(), ssl=trusting)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(f"https://{GLADIA}/deep") as response,
        ):
            return aiohttp.web.Response(text="gateway, " + await response.text())

    def gateway_app() -> aiohttp.web.Application:
        app = aiohttp.web.Application()
        app.router.add_get("/{path:.*}", forward)
        return app

    vendor = LocalServer(lambda: echo_app("vendor"), tls=served_by(real, GLADIA))
    system = socket.getaddrinfo

    def resolver(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        """What the world's name servers would say, and a vendor that is at another port than 443."""
        return system(*(("127.0.0.1", vendor.port) if host == GLADIA else (host, port)), *rest, **options)

    async def uvloops_resolver(loop: object, *arguments: Any, **options: Any) -> Any:
        return resolver(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    monkeypatch.setattr(uvloop.Loop, "getaddrinfo", uvloops_resolver)
    with (
        vendor,
        LocalServer(gateway_app, tls=ports.server_tls, thread_started=exempt_this_thread) as gateway,
    ):
        redirection = Redirection({GLADIA: to(gateway)}, ports.client_tls)
        redirection.install()
        try:
            answer = requests.get(f"https://{GLADIA}/x", timeout=SECONDS).text
        finally:
            redirection.uninstall()
    assert answer == f"gateway, vendor {GLADIA} /deep"


def test_other_hosts_are_untouched(asked: list[tuple[Any, ...]], led: Redirection) -> None:
    for host, port in (("api.example.com", 443), (b"x.api.gladia.io", "https"), ("gladia.io", None), (None, 80)):
        socket.getaddrinfo(host, port, socket.AF_INET, 0, 0, socket.AI_ADDRCONFIG)
        assert asked.pop() == (host, port, socket.AF_INET, 0, 0, socket.AI_ADDRCONFIG)
    context = own_context()
    tls = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="api.example.com")
    assert tls.context is context
    with LocalServer(echo_app) as plain, socket.create_connection((plain.host, plain.port)) as connection:
        assert connection.getpeername() == (plain.host, plain.port)
        assert requests.get(plain.url + "/x", timeout=SECONDS).text.endswith("/x")


def test_the_server_side_of_tls_is_untouched(led: Redirection, ports: Ports) -> None:
    tls = served_by(ports, GLADIA)
    server_side = tls.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
    assert server_side.context is tls


# --- Installing and uninstalling ---


def patched() -> dict[str, object]:
    owners: list[tuple[Any, str]] = [
        (socket, "getaddrinfo"),
        (socket, "gethostbyname"),
        (socket, "gethostbyname_ex"),
        (socket.socket, "connect"),
        (socket.socket, "connect_ex"),
        (asyncio.BaseEventLoop, "create_connection"),
        (ssl.SSLContext, "wrap_socket"),
        (ssl.SSLContext, "wrap_bio"),
        (uvloop.Loop, "create_connection"),
        (uvloop.Loop, "getaddrinfo"),
    ]
    return {f"{owner.__name__}.{name}": vars(owner).get(name, "inherited") for owner, name in owners}


def everything() -> dict[str, object]:
    owners: list[Any] = [socket, socket.socket, asyncio.BaseEventLoop, ssl, ssl.SSLContext, uvloop.Loop]
    return {f"{owner.__name__}.{name}": value for owner in owners for name, value in vars(owner).items()}


def test_uninstalling_restores_exactly(server: LocalServer, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", "localhost")
    own, all_of_it, environment = patched(), everything(), dict(os.environ)
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    for _ in range(2):
        redirection.install()
        redirection.install()  # once more is nothing
        now = patched()
        assert all(now[name] is not own[name] for name in own)
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == f"localhost,{GLADIA}"
        redirection.uninstall()
        after = everything()
        assert after.keys() == all_of_it.keys()
        assert all(after[name] is value for name, value in all_of_it.items())
        assert dict(os.environ) == environment
        redirection.uninstall()


@pytest.mark.parametrize("first_out", [0, 1])
def test_two_at_once_end_in_any_order(ports: Ports, first_out: int) -> None:
    own, environment = patched(), dict(os.environ)
    with (
        LocalServer(lambda: echo_app("one"), tls=ports.server_tls) as one,
        LocalServer(lambda: echo_app("two"), tls=ports.server_tls) as two,
    ):
        hosts = [GLADIA, ASSEMBLYAI]
        both = [
            Redirection({GLADIA: to(one)}, ports.client_tls),
            Redirection({ASSEMBLYAI: to(two)}, ports.client_tls),
        ]
        for redirection in both:
            redirection.install()
        names = ["one", "two"]
        for host, name in zip(hosts, names, strict=True):
            assert CLIENTS["requests_get"](host, None) == f"{name} {host} /hello"
        both[first_out].uninstall()
        left = hosts[1 - first_out]
        assert CLIENTS["websockets_sync"](left, None) == f"{names[1 - first_out]} {left} hello"
        assert left in os.environ["no_proxy"]
        assert hosts[first_out] not in os.environ["no_proxy"]
        context = own_context()
        tls = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=hosts[first_out])
        assert tls.context is context
        both[1 - first_out].uninstall()
    now = patched()
    assert all(now[name] is own[name] for name in own)
    assert dict(os.environ) == environment


def test_a_host_is_led_to_one_place_only(led: Redirection, server: LocalServer, ports: Ports) -> None:
    other = Redirection({GLADIA.upper(): to(server)}, ports.client_tls)
    with pytest.raises(BridgeError, match=r"api\.gladia\.io is already led elsewhere; uninstall the other"):
        other.install()
    other.uninstall()  # of what was never installed: nothing
    assert CLIENTS["requests_get"](GLADIA, None) == f"echo {GLADIA} /hello"


def test_a_later_patch_by_someone_else_is_left_alone(
    server: LocalServer, ports: Ports, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[Any, ...]]
) -> None:
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    redirection.install()
    ours = socket.getaddrinfo

    def theirs(*arguments: Any) -> Any:
        return ours(*arguments)

    socket.getaddrinfo = theirs
    redirection.uninstall()
    assert socket.getaddrinfo is theirs
    asked.clear()
    assert socket.getaddrinfo(GLADIA, 443)[0][4] == ("127.0.0.1", 443)  # through ours, which leads no more
    assert asked == [(GLADIA, 443, 0, 0, 0, 0)]
    redirection.install()  # over theirs, over ours: once led, not twice
    assert socket.getaddrinfo(GLADIA, 443, type=socket.SOCK_STREAM)[0][4] == (server.host, server.port)
    redirection.uninstall()
    assert socket.getaddrinfo is theirs


def test_installing_fails_whole_or_not_at_all(
    server: LocalServer, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unpatchable(type):
        def __setattr__(cls, name: str, value: object) -> None:
            raise TypeError("immutable")

    class Loop(metaclass=Unpatchable):
        def create_connection(self) -> None: ...

    own = patched()
    monkeypatch.setattr(uvloop, "Loop", Loop)
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    with pytest.raises(TypeError, match="immutable"):
        redirection.install()
    monkeypatch.undo()
    now = patched()
    assert all(now[name] is own[name] for name in own)


def test_what_the_program_writes_into_no_proxy_meanwhile_stays(
    server: LocalServer, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", "a.example")
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    redirection.install()
    os.environ["no_proxy"] += ",b.example"
    redirection.uninstall()
    assert os.environ["no_proxy"] == "a.example,b.example"
    assert "NO_PROXY" not in os.environ


def test_no_proxy_for_everything_stays_as_it_is(
    server: LocalServer, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    redirection.install()
    assert (os.environ["NO_PROXY"], os.environ.get("no_proxy")) == ("*", None)
    redirection.uninstall()
    assert (os.environ["NO_PROXY"], os.environ.get("no_proxy")) == ("*", None)


def test_a_systems_own_proxy_settings_stay_in_force(
    server: LocalServer, ports: Ports, monkeypatch: pytest.MonkeyPatch, dead_proxy: str
) -> None:
    """There, any of the variables would switch them off for every host; see shim.no_proxy."""
    monkeypatch.setattr("shim.no_proxy._PLATFORM", "darwin")
    redirection = Redirection({GLADIA: to(server)}, ports.client_tls)
    redirection.install()
    assert "no_proxy" not in os.environ
    redirection.uninstall()
    monkeypatch.setenv("HTTPS_PROXY", dead_proxy)
    redirection.install()
    assert os.environ["no_proxy"] == GLADIA
    redirection.uninstall()
    assert "no_proxy" not in os.environ


# --- Many threads, forked children ---


def test_many_threads_are_led_while_others_come_and_go(led: Redirection, server: LocalServer, ports: Ports) -> None:
    done = threading.Event()
    answers: list[str] = []

    def coming_and_going() -> None:
        while not done.is_set():
            other = Redirection({"other.example": to(server)}, ports.client_tls)
            other.install()
            other.uninstall()

    def asking() -> None:
        with requests.Session() as session:
            for number in range(10):
                answers.append(session.get(f"https://{GLADIA}/{number}", timeout=SECONDS).text)
                session.close()  # a new connection each time

    threads = [threading.Thread(target=asking) for _ in range(4)]
    restless = threading.Thread(target=coming_and_going)
    restless.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    done.set()
    restless.join(30)
    assert sorted(answers) == sorted(f"echo {GLADIA} /{number}" for number in range(10) for _ in range(4))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_the_route_is_asked_each_time_so_a_child_can_have_its_own(server: LocalServer, ports: Ports) -> None:
    parent = os.getpid()

    def route() -> tuple[str, int]:
        return (server.host, server.port if os.getpid() == parent else 1)

    redirection = Redirection({GLADIA: route}, ports.client_tls)
    redirection.install()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, str(socket.getaddrinfo(GLADIA, 443)[0][4][1]).encode())
            redirection.uninstall()  # the child's own; no lock of the parent's is held
            os.write(write, b" ended")
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as said:
        assert said.read() == b"1 ended"
    assert os.waitpid(child, 0)[1] == 0
    assert CLIENTS["requests_get"](GLADIA, None) == f"echo {GLADIA} /hello"
    redirection.uninstall()


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
