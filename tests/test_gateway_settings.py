"""What a gateway is told, and the look at its upstream before a program is started."""

from __future__ import annotations

import socket as sockets
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme
from aiohttp import web

from shim.clock import Clock
from shim.errors import BridgeError
from shim.faces.gladia import sessions_url
from shim.gateway.preflight import check_upstream
from shim.gateway.settings import Settings
from shim.serving import LocalServer
from tests.emulated_services import emulation, serve
from tests.gateways import SPEED, gateway


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api": "gladia", "over": "gladia"}, "api='gladia' over='assemblyai'"),
        ({"turns": "some"}, "turns='some'"),
        ({"upstream": "ftp://host"}, "'ftp://host' is not a base URL"),
        ({"upstream": "host:80"}, "not a base URL"),
        ({"upstream": "ws://host:99999"}, "not a base URL"),
        ({"upstream": "wss://user:secret@host"}, "'wss://host' is not a base URL"),
        ({"public_url": "//host"}, "--public-url"),
        ({"gateway_keys": frozenset({"key"})}, "no key for the upstream"),
        ({"upstream_key": "a b"}, "characters that no header can carry"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], words: str) -> None:
    with pytest.raises(BridgeError) as raised:
        Settings(**{"api": "gladia", "over": "assemblyai", **settings})  # type: ignore[arg-type]
    assert words in str(raised.value)
    assert "secret" not in str(raised.value)


def test_settings_hide_their_keys() -> None:
    settings = Settings("gladia", "assemblyai", upstream_key="hidden-1", gateway_keys=frozenset({"hidden-2"}))
    assert "hidden" not in repr(settings)
    assert settings.upstream_url == "wss://streaming.assemblyai.com"
    assert Settings("gladia", "assemblyai", "http://127.0.0.1:8080/").upstream_host == "127.0.0.1:8080"


def test_where_gladia_is_asked_for_a_session() -> None:
    settings = Settings("assemblyai", "gladia")
    assert sessions_url(settings.upstream_url, "eu-west") == "https://api.gladia.io/v2/live?region=eu-west"
    settings = Settings("assemblyai", "gladia", "ws://127.0.0.1:8080/prefix/")
    assert sessions_url(settings.upstream_url) == "http://127.0.0.1:8080/prefix/v2/live"


def test_preflight_takes_any_http_status() -> None:
    with serve("assemblyai", emulation()) as host:
        check_upstream(f"ws://{host}")
        check_upstream(f"http://{host}/prefix/")


def test_preflight_says_what_is_wrong() -> None:
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BridgeError, match=f"127.0.0.1:{port} does not answer within 0.2 s"):
            check_upstream(f"ws://127.0.0.1:{port}", timeout=0.2)
    with pytest.raises(BridgeError, match=f"127.0.0.1:{port} cannot be reached: Connection refused; check --upstream"):
        check_upstream(f"ws://127.0.0.1:{port}")
    with pytest.raises(BridgeError, match=r"upstream\.invalid cannot be reached"):
        check_upstream("wss://upstream.invalid")
    with pytest.raises(BridgeError, match="not a base URL"):
        check_upstream("upstream.invalid")


def test_preflight_meets_something_that_speaks_no_http() -> None:
    with _answering(b"220 mail.example ESMTP\r\n") as port:
        with pytest.raises(BridgeError, match="does not speak HTTP"):
            check_upstream(f"ws://127.0.0.1:{port}")
        with pytest.raises(BridgeError, match="cannot be trusted"):
            check_upstream(f"wss://127.0.0.1:{port}")


def test_preflight_does_not_trust_a_strange_authority() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with LocalServer(web.Application, tls=context) as server:
        with pytest.raises(BridgeError, match="cannot be trusted"):
            check_upstream(server.url)
        with gateway(server.url, Clock(SPEED)) as served:
            assert served.post()[0] == 503


@contextmanager
def _answering(greeting: bytes) -> Iterator[int]:
    """A server that greets whoever connects, twice, and says nothing more."""
    with sockets.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            for _ in range(2):
                connection, _address = server.accept()
                with connection:
                    connection.sendall(greeting)
                    connection.settimeout(5)
                    connection.recv(1000)

        threading.Thread(target=greet, daemon=True).start()
        yield server.getsockname()[1]
