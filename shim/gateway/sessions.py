"""The sessions that a gateway holds open."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from aiohttp import web

from shim.gateway.session import Session

_log = logging.getLogger("sttbridge")

_SHUTDOWN_SECONDS: Final = 2.5  # real; whoever runs the application waits little longer
_ENDED_KEPT: Final = 10_000


class Sessions:
    """A gateway's sessions by the tokens of their addresses."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._ended: dict[str, None] = {}
        self._none_is_open = asyncio.Event()
        self._none_is_open.set()

    @property
    def open(self) -> int:
        """How many sessions have not ended, or still hold a socket."""
        return len(self._open)

    def add(self, token: str, session: Session) -> None:
        self._open[token] = session
        self._none_is_open.clear()

    def ended(self, token: str) -> None:
        """Remembers the token of a session that is gone: its address is a finished job's."""
        if self._open.pop(token, None) is None:
            return
        self._ended[token] = None
        if len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]
        if not self._open:
            self._none_is_open.set()

    def find(self, token: str) -> Session | None:
        return self._open.get(token)

    def has_ended(self, token: str) -> bool:
        return token in self._ended

    async def shut_down(self) -> None:
        """Ends every session on both sides, and waits for that for a bounded time."""
        for session in list(self._open.values()):
            session.shut_down()
        try:
            async with asyncio.timeout(_SHUTDOWN_SECONDS):
                await self._none_is_open.wait()
        except TimeoutError:
            _log.warning("%d sessions did not end in time and are cut off", self.open)


SESSIONS: Final = web.AppKey("sessions", Sessions)
"""Where an application keeps its sessions."""
