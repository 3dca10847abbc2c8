"""Posts what sessions owe to their clients' own servers: in order for each session, tried again within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from shim.bridges.actions import Post
from shim.clock import Clock
from shim.gateway.callback_addresses import CallbackAddresses, NotAllowed
from shim.gateway.metrics import Metrics
from shim.gateway.settings import Settings

_log = logging.getLogger("sttbridge")

ATTEMPTS: Final = 5
FIRST_DELAY: Final = 0.5
"""Seconds of the clock between the first two attempts; each next delay is twice as long."""
ANSWER_SECONDS: Final = 10.0
"""Real seconds that a server may take to answer."""
MOST_WAITING: Final = 10_000
"""Posts of one session that may wait."""
MOST_FAILURES: Final = 3
"""So many posts in a row that failed for good, and a session's server is left alone."""
CLOSE_SECONDS: Final = 2.0
"""Real seconds that the gateway's end leaves for what still waits."""


class Outcome(StrEnum):
    """What became of one post."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """The server did not want it; it is not asked again."""
    FAILED = "failed"
    """The server could not be reached, or failed, each time."""
    NOT_ALLOWED = "not allowed"
    """It would have gone where none may go."""
    DROPPED = "dropped"
    """It was not tried: too much waited, or the server had failed too often."""


_GIVES_UP: Final = (Outcome.NOT_ALLOWED,)


class Callbacks:
    """The one who posts for a gateway. Made and used in one event loop."""

    def __init__(
        self,
        allowed: CallbackAddresses,
        clock: Clock,
        resolver: AbstractResolver | None = None,
        counted: Callable[[str], None] | None = None,
    ) -> None:
        """`resolver` finds the addresses of names (None: the system's own); what it finds is judged. `counted` is told
        each outcome."""
        self._counted = counted
        self.outcomes: Counter[Outcome] = Counter()
        self.clock = clock
        self.allowed = allowed
        # A connection lives for one post: where it leads is judged each time.
        connector = aiohttp.TCPConnector(
            resolver=JudgingResolver(allowed, resolver), use_dns_cache=False, force_close=True, limit=100
        )
        self.http = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
            headers={"User-Agent": "sttbridge"},
            trust_env=False,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    def for_session(self, name: str) -> Callable[[Post], None]:
        """What takes the posts of one session; it never waits. `name` stands for the session in logs."""
        return _SessionPosts(self, name).put

    def count(self, outcome: Outcome) -> None:
        """One more post is done with."""
        self.outcomes[outcome] += 1
        if self._counted is not None:
            self._counted(outcome.value)

    def start(self, posting: asyncio.Task[None]) -> None:
        """Holds a task until it is done."""
        self._tasks.add(posting)
        posting.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Waits for what is on its way, for a bounded time."""
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            if late:
                _log.warning("the callbacks of %d sessions are given up: the gateway ends", len(late))
                await asyncio.wait(late)
        await self.http.close()


class JudgingResolver(AbstractResolver):
    """Resolves names, and forgets those of their addresses that callbacks may not go to."""

    def __init__(self, allowed: CallbackAddresses, resolver: AbstractResolver | None = None) -> None:
        """`resolver` finds the addresses: the system's own if None."""
        self._allowed = allowed
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        allowed = [result for result in found if self._allowed.permits(host, result["host"])]
        if not allowed:
            raise NotAllowed("its name leads to addresses that are not public")
        return allowed

    async def close(self) -> None:
        await self._resolver.close()


@contextlib.asynccontextmanager
async def posting(settings: Settings, metrics: Metrics | None) -> AsyncIterator[Callbacks | None]:
    """A gateway's callbacks while it runs; None where they are not enabled."""
    if not settings.callbacks:
        yield None
        return
    callbacks = Callbacks(
        settings.callback_addresses, settings.clock, counted=None if metrics is None else metrics.callback
    )
    try:
        yield callbacks
    finally:
        await callbacks.close()


class _SessionPosts:
    """One session's posts, one after the other."""

    def __init__(self, callbacks: Callbacks, name: str) -> None:
        self._callbacks = callbacks
        self._name = name
        self._waiting: deque[Post] = deque()
        self._is_posting = False
        self._failures = 0

    def put(self, post: Post) -> None:
        if self._failures >= MOST_FAILURES or len(self._waiting) >= MOST_WAITING:
            self._callbacks.count(Outcome.DROPPED)
            return
        self._waiting.append(post)
        if not self._is_posting:
            self._is_posting = True
            self._callbacks.start(asyncio.get_running_loop().create_task(self._run(), name="sttbridge-callbacks"))

    async def _run(self) -> None:
        while self._waiting:
            outcome, why = await self._deliver(self._waiting.popleft())
            self._callbacks.count(outcome)
            if outcome is Outcome.DELIVERED:
                self._failures = 0
                continue
            self._failures += MOST_FAILURES if outcome in _GIVES_UP else 1
            _log.warning("session %s: a callback was %s: %s", self._name, outcome, why)
            if self._failures >= MOST_FAILURES:
                _log.warning("session %s: its callbacks are given up", self._name)
                while self._waiting:
                    self._waiting.pop()
                    self._callbacks.count(Outcome.DROPPED)
        self._is_posting = False

    async def _deliver(self, post: Post) -> tuple[Outcome, str]:
        delay, why = FIRST_DELAY, ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._callbacks.clock.sleep(delay)
                delay *= 2
            try:
                status = await self._post(post)
            except (NotAllowed, aiohttp.InvalidURL, ValueError) as error:
                return Outcome.NOT_ALLOWED, str(error) if isinstance(error, NotAllowed) else "that is no URL"
            except aiohttp.ClientConnectorError as error:
                if isinstance(error.os_error, NotAllowed):
                    return Outcome.NOT_ALLOWED, str(error.os_error)
                why = "its server cannot be reached"
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                why = f"its server did not answer ({type(error).__name__})"
            else:
                if 200 <= status < 300:
                    return Outcome.DELIVERED, ""
                why = f"its server answered {status}"
                if 300 <= status < 500 and status not in _LATER:
                    return Outcome.REFUSED, why
        return Outcome.FAILED, why

    async def _post(self, post: Post) -> int:
        url = URL(post.url)
        self._callbacks.allowed.judge(url.scheme, url.raw_host or "")
        async with self._callbacks.http.post(
            url, data=post.body.encode(), headers=dict(post.headers), allow_redirects=False
        ) as answer:
            return answer.status


_LATER: Final = (408, 425, 429)
"""Statuses that ask for another attempt."""
