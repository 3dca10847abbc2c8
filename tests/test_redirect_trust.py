"""The redirection: whom it trusts, who is exempt, and that nothing but the led hosts is touched."""

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import certifi
import httpx
import pytest
import requests
import uvloop

from shim.redirect import Redirection, exempt_this_thread
from shim.serving import LocalServer
from tests.led_clients import (
    ASSEMBLYAI,
    GLADIA,
    SECONDS,
    STRANGER,
    Ports,
    echo_app,
    echoing,
    led_to,
    own_context,
    served_by,
    throwaway,
    to,
)


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


# --- Trust ---


def test_the_led_hosts_authority_is_not_trusted_for_any_other_host(led: Redirection, ports: Ports) -> None:
    with LocalServer(echo_app, tls=served_by(ports, "api.example.com", "127.0.0.1")) as other:
        for context in (own_context(), ssl.create_default_context(cafile=certifi.where())):
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


# --- Threads that are exempt, other hosts ---


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
