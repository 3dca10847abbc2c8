"""Keeps a verified program on this machine: it may connect to loopback only.

Every connection made through Python's `socket` is seen, whatever the library (an audit hook cannot be taken
off again), and uvloop's own. Not stopped: other processes that the program starts, libraries in C that
connect by themselves (gRPC, c-ares, libcurl), and Unix sockets, behind which anything may listen. It is a
guard against surprises, not a prison for hostile code.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
import sys
import threading
from typing import Any

_CONNECTING = ("socket.connect", "socket.sendto", "socket.sendmsg")
_RESOLVING = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


class ConnectionNotAllowed(ConnectionRefusedError):
    """The program tried to reach another machine. Libraries treat it as a refused connection."""


def keep_on_this_machine() -> None:
    """From now on connecting to another machine, and looking its name up, raises `ConnectionNotAllowed`.

    The first attempt for each host is also said on standard error, in case the program swallows the error.
    """
    guard = _Guard()
    sys.addaudithook(guard.look)
    try:
        import uvloop
    except ImportError:
        return
    loop_class: Any = uvloop.Loop
    original = loop_class.create_connection  # connects below Python, where no audit event is raised

    @functools.wraps(original)
    async def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        guard.check(host)
        return await original(self, factory, host, port, **options)

    loop_class.create_connection = create_connection


class _Guard:
    def __init__(self) -> None:
        self._local_names = {"localhost", "localhost.localdomain", "ip6-localhost", "", socket.gethostname().lower()}
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CONNECTING:
            connection, address = arguments
            if connection.family in (socket.AF_INET, socket.AF_INET6) and address:
                self.check(address[0])
        elif event in _RESOLVING:
            self.check(arguments[0])

    def check(self, host: object) -> None:
        name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
        if not isinstance(name, str) or self._is_here(name):
            return
        message = f"under `sttbridge verify` a program cannot connect to {name} (--allow-network lifts that)"
        with self._lock:
            first = name not in self._said
            self._said.add(name)
        if first:
            # Not through sys.stderr: the program may have put something of its own there.
            os.write(2, f"sttbridge: {message}\n".encode(errors="replace"))
        raise ConnectionNotAllowed(message)

    def _is_here(self, name: str) -> bool:
        if name.lower().removesuffix(".") in self._local_names or name.lower().endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        address = mapped or address
        return address.is_loopback or address.is_unspecified
