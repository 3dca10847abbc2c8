"""AssemblyAI's webhook, played: one POST after the session has ended, with the finals in it, to this machine only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import aiohttp

from shim.clock import Clock
from shim.emulator.addresses import is_loopback
from shim.faces import assemblyai as face
from shim.wire import assemblyai as wire
from shim.wire.codec import encode

_PATIENCE: Final = 10.0  # real seconds that a receiver may take
_ATTEMPTS: Final = 10
_BETWEEN: Final = 1.0  # seconds of the run's clock; ours: the service's own pauses are not known


class Webhook:
    """What one session's webhook is told, and how often it is tried."""

    def __init__(self, session_id: str, parameters: face.SessionParameters) -> None:
        given = parameters.given
        self._id = session_id
        self._url = str(given["webhook_url"])
        name, value = given.get("webhook_auth_header_name"), given.get("webhook_auth_header_value")
        self._headers = {"content-type": "application/json", **({str(name): str(value)} if name and value else {})}
        self._finals: list[wire.Turn] = []

    def hear(self, messages: Iterable[Any]) -> None:
        """What the session's socket is told."""
        self._finals += [said for said in messages if isinstance(said, wire.Turn) and said.end_of_turn]

    async def post(self, clock: Clock) -> None:
        """The session has ended. A receiver that fails is tried again, one that refuses (4xx) is not."""
        body = encode({"session_id": self._id, "messages": self._finals}).encode()
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout, headers=self._headers) as http:
            for _attempt in range(_ATTEMPTS):
                try:
                    async with http.post(self._url, data=body, allow_redirects=False) as answer:
                        if 200 <= answer.status < 300 or 400 <= answer.status < 500:
                            return
                except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
                    pass  # tried again below
                await clock.sleep(_BETWEEN)


def webhook_of(session_id: str, parameters: face.SessionParameters) -> Webhook | None:
    """The webhook that a session asks for; None where it asks for none."""
    return Webhook(session_id, parameters) if parameters.given.get("webhook_url") else None


def goes_elsewhere(parameters: face.SessionParameters) -> bool:
    """Whether the session asks for a webhook on another machine, which is not called."""
    url = parameters.given.get("webhook_url")
    return bool(url) and not is_loopback(str(url))
