"""TLS sockets that one thread reads while another writes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme

from shim.redirect import Redirection
from shim.tls_in_threads import NEEDED, TlsSocketForThreads

_BOUND = 30.0  # seconds for anything on this machine


@pytest.fixture
def ends() -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """A client's socket of the class, and the server's plain one at the other end."""
    authority = trustme.CA()
    server_tls, client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_tls)
    authority.configure_trust(client_tls)
    client_tls.sslsocket_class = TlsSocketForThreads
    near, far = socket.socketpair()
    accepted: list[ssl.SSLSocket] = []
    accepting = threading.Thread(target=lambda: accepted.append(server_tls.wrap_socket(far, server_side=True)))
    accepting.start()
    client = client_tls.wrap_socket(near, server_hostname="localhost")
    accepting.join(_BOUND)
    for each in (client, accepted[0]):
        each.settimeout(_BOUND)
    with client, accepted[0]:
        yield client, accepted[0]


def test_who_waits_for_bytes_keeps_nobody_from_sending(ends: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    client, server = ends
    heard: list[bytes] = []
    reading = threading.Thread(target=lambda: heard.append(client.recv(100)))
    reading.start()
    client.sendall(b"a question")
    assert server.recv(100) == b"a question"
    server.sendall(b"the answer")
    reading.join(_BOUND)
    assert heard == [b"the answer"]


def test_much_goes_both_ways_at_once(ends: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    client, server = ends
    piece, times = b"x" * 3200, 400

    def echo() -> None:
        for _ in range(times):
            server.sendall(_exactly(server, len(piece)))

    heard: list[bytes] = []
    threads = [
        threading.Thread(target=echo),
        threading.Thread(target=lambda: heard.append(_exactly(client, 1_280_000))),
    ]
    for one in threads:
        one.start()
    for _ in range(times):
        client.sendall(piece)
    for one in threads:
        one.join(_BOUND)
    assert heard == [piece * times]


def _exactly(end: ssl.SSLSocket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        piece = end.recv(size - len(found))
        assert piece, "the other end went"
        found += piece
    return bytes(found)


def test_a_timeout_is_one(ends: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    client, _ = ends
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    assert client.gettimeout() == 0.05


def test_what_does_not_wait_says_so(ends: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    client, _ = ends
    client.setblocking(False)
    with pytest.raises(ssl.SSLWantReadError):
        client.recv(1)


def test_a_shutdown_ends_the_reading(ends: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    client, _ = ends
    client.settimeout(None)
    heard: list[bytes] = []
    reading = threading.Thread(target=lambda: heard.append(client.recv(100)), daemon=True)
    reading.start()
    client.shutdown(socket.SHUT_RDWR)
    reading.join(_BOUND)
    assert heard == [b""]


def test_led_hosts_have_them_where_they_are_needed() -> None:
    context = ssl.create_default_context()
    Redirection({"api.gladia.io": ("127.0.0.1", 1)}, context)
    assert (context.sslsocket_class is TlsSocketForThreads) == NEEDED
