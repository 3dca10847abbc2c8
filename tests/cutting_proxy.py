"""A line between a client and a server that can be cut: what is under way is lost, as when a network goes."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class CuttingProxy:
    """Passes TCP connections on to a server; `cut` resets all of them, and what was under way with them."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._frozen: set[socket.socket] = set()
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def netloc(self) -> str:
        """Host and port at which it listens."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Resets every connection of now, on both sides."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for one in pair:
                with suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RD)  # whoever waits in `recv` lets go of it
                one.close()

    def freeze(self) -> None:
        """From now on nothing passes over the connections of now, and nobody is told: they are half open."""
        with self._lock:
            self._frozen.update(one for pair in self._pairs for one in pair)

    def close(self) -> None:
        """Cuts everything and listens no more."""
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._pairs.append((client, server))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if one not in self._frozen:
                    other.sendall(data)
            if one in self._frozen:
                return
            other.shutdown(socket.SHUT_WR)


@contextmanager
def cutting(url: str) -> Iterator[CuttingProxy]:
    """A proxy before the server of a base URL."""
    host, _, port = url.rpartition("//")[2].partition(":")
    proxy = CuttingProxy(host, int(port))
    try:
        yield proxy
    finally:
        proxy.close()
