"""TLS sockets that one thread may read while another writes: what libraries with a receiving thread do.

OpenSSL does not allow both at once on one connection, and before Python 3.13 the `ssl` module does not keep them apart
(CPython's issue 124984): now and then a connection is stuck for good. Here both try without waiting, one at a time, and
wait outside: a thread that waits for a message, or for room, never keeps the other one from its work.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

NEEDED: Final = sys.version_info < (3, 13) and hasattr(select, "poll")
"""Whether the `ssl` module of this Python does not do so itself, and this system has what it takes."""
_making_locks = threading.Lock()


class TlsSocketForThreads(ssl.SSLSocket):
    """A client's TLS socket of which reading and writing never meet inside of OpenSSL."""

    _lock: threading.RLock | None = None

    @property
    def _alone(self) -> threading.RLock:
        # `ssl` makes its sockets without calling `__init__`.
        if self._lock is None:
            with _making_locks:
                self._lock = self._lock or threading.RLock()
        return self._lock

    def read(self, len: int = 1024, buffer: Any = None) -> Any:
        """Up to `len` bytes, or their number where a buffer takes them; raises `TimeoutError` as any socket does."""
        nothing = b"" if buffer is None else 0
        return self._in_turn(lambda: super(TlsSocketForThreads, self).read(len, buffer), nothing)

    def send(self, data: Any, flags: int = 0) -> Any:
        """Sends bytes; gives how many. Raises `TimeoutError` as any socket does."""
        return self._in_turn(lambda: super(TlsSocketForThreads, self).send(data, flags), None)

    def write(self, data: Any) -> Any:
        """The same."""
        return self._in_turn(lambda: super(TlsSocketForThreads, self).write(data), None)

    def shutdown(self, how: int) -> None:
        """Ends the connection, for whoever reads it as well; not in the middle of its reading."""
        with self._alone:
            super().shutdown(how)

    def settimeout(self, value: float | None) -> None:
        """Sets how many seconds reading and writing may take."""
        with self._alone:
            super().settimeout(value)

    def gettimeout(self) -> float | None:
        """How many seconds reading and writing may take."""
        with self._alone:
            return super().gettimeout()

    def _in_turn(self, act: Callable[[], Any], ended: Any) -> Any:
        """What an action gives that waits for bytes or room; `ended` where the connection was ended meanwhile."""
        while True:
            with self._alone:
                timeout = socket.socket.gettimeout(self)
                if self._sslobj is None and ended is not None:  # type: ignore[attr-defined]  # set by `ssl`
                    return ended
                if timeout == 0:
                    return act()
                socket.socket.settimeout(self, 0)
                try:
                    return act()
                except ssl.SSLWantReadError:
                    wanted = select.POLLIN
                except ssl.SSLWantWriteError:
                    wanted = select.POLLOUT
                finally:
                    socket.socket.settimeout(self, timeout)
            self._wait_for(wanted, timeout)

    def _wait_for(self, wanted: int, seconds: float | None) -> None:
        number = self.fileno()
        if number < 0:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        poll = select.poll()
        poll.register(number, wanted)
        if not poll.poll(None if seconds is None else seconds * 1000):
            raise TimeoutError(f"The {'read' if wanted == select.POLLIN else 'write'} operation timed out")
