"""The request by which a service is asked for a session, where the answer says where its sockets are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import aiohttp

from shim.gateway.upstream import CONNECT_SECONDS, UpstreamConnection, UpstreamEvents, cause_of

_LARGEST_ANSWER: Final = 2**20


class PostedEvents(UpstreamEvents, Protocol):
    """Who is told of the answer too."""

    def upstream_answered(self, status: int, body: bytes) -> None: ...


class SessionRequest(UpstreamConnection):
    """One request. The key goes with it only: the sockets to the address that it gives are connections of their own."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any],
        events: PostedEvents,
        on_done: Callable[[], None],
    ) -> None:
        """Sends `body` to `url` at once. `on_done` is called once, when nothing of the connection is left."""
        self._request_url = url
        self._request_headers = headers
        self._body = body
        self._posted_events = events
        super().__init__(http, "", {}, events, on_done)

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                async with self._http.post(
                    self._request_url, headers=self._request_headers, json=self._body, allow_redirects=False
                ) as answer:
                    body = await answer.content.read(_LARGEST_ANSWER)
        except TimeoutError:
            self._events.upstream_refused(f"it did not answer within {CONNECT_SECONDS:g} s", 0)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self._events.upstream_refused(cause_of(error), 0)
        else:
            self._posted_events.upstream_answered(answer.status, body)
