"""The redirection: it comes and goes exactly, with others, with proxies, with threads and with forks."""

import asyncio
import os
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import uvloop

from shim.errors import BridgeError
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
