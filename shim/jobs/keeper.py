"""A gateway's way to its job store: everything in one thread, in order, and nobody who writes ever waits.

What was asked to be written is seen by who reads after that. The queue is bounded: a store that is slow or broken costs
jobs, which is logged and counted, and never a session.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from shim.jobs.store import JobStore

_log = logging.getLogger("sttbridge")

MOST_WAITING: Final = 20_000
"""Operations that may wait for the store."""
MOST_WAITING_BYTES: Final = 64 * 2**20
"""Bytes of audio that may wait for the store."""
HOUSEKEEPING_SECONDS: Final = 30.0
"""Real seconds between two signs of life; the old jobs are looked for as often."""
CLOSE_SECONDS: Final = 5.0
"""Real seconds that the store has at the end for what still waits."""

Result = TypeVar("Result")


class StoreFailed(Exception):
    """What was to be read cannot be: the store has failed, or is too far behind."""


@dataclass(frozen=True)
class _Operation:
    run: Callable[[JobStore], None]
    failed: Callable[[Exception], None]
    size: int


class JobKeeper:
    """Use it from one event loop, inside of `running`."""

    def __init__(
        self,
        store: JobStore,
        now: Callable[[], datetime],
        retention: timedelta | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """`now` gives the date and time (UTC) by which jobs are dated; `retention`: how long they are kept after their
        end (None: for ever). `failed` is told of each operation that is not done, in any thread."""
        self.failures = 0
        """How many operations the store has failed, or were not even tried because too much waited."""
        self._store = store
        self._now = now
        self._retention = retention
        self._failed = failed
        self._waiting: deque[_Operation] = deque()
        self._waiting_bytes = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="sttbridge-jobs", daemon=True)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keeps the store open; what an earlier gateway left running ends first."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._thread.start()
        self.write(self._keep_house)
        house = asyncio.get_running_loop().create_task(self._keep_house_again())
        try:
            yield
        finally:
            house.cancel()
            await self._close()

    async def _keep_house_again(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            self.write(self._keep_house)

    def owner_of(self, key: str) -> str:
        """What stands for a client's key."""
        return self._store.owner_of(key)

    def write(self, operation: Callable[[JobStore], object], size: int = 0) -> bool:
        """Has an operation done after those before it; False if too much waits already. `size`: its bytes."""

        def run(store: JobStore) -> None:
            operation(store)

        return self._put(_Operation(run, self._note_failure, size))

    async def read(self, operation: Callable[[JobStore], Result]) -> Result:
        """What an operation gives, after those before it. Raises StoreFailed."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()

        def tell(settle: Callable[[], None]) -> None:
            def settle_if_wanted() -> None:
                if not answer.done():
                    settle()

            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle_if_wanted)

        def run(store: JobStore) -> None:
            result = operation(store)
            tell(lambda: answer.set_result(result))

        def failed(error: Exception) -> None:
            self._note_failure(error)
            tell(lambda: answer.set_exception(StoreFailed(type(error).__name__)))

        if not self._put(_Operation(run, failed, 0)):
            raise StoreFailed("too much waits for the job store")
        return await answer

    async def _close(self) -> None:
        """Does what still waits, for a bounded time, and closes the store."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        # Not by an executor: where a whole program ends, there is none any more.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), CLOSE_SECONDS)
        if not self._ended.is_set():
            _log.warning("the job store did not end in time: %d operations are lost", len(self._waiting))

    def _put(self, operation: _Operation) -> bool:
        with self._changed:
            is_full = len(self._waiting) >= MOST_WAITING or self._waiting_bytes + operation.size > MOST_WAITING_BYTES
            if not is_full and not self._is_closed:
                self._waiting.append(operation)
                self._waiting_bytes += operation.size
                self._changed.notify()
                return True
        self._count_failure()
        if self.failures == 1 or self.failures % 1000 == 0:
            _log.error("the job store is too far behind: %d operations have failed so far", self.failures)
        return False

    def _note_failure(self, error: Exception) -> None:
        """In the store's thread. Only the kind of the error: its text may hold what somebody said."""
        self._count_failure()
        _log.error("the job store failed: %s", type(error).__name__)

    def _count_failure(self) -> None:
        self.failures += 1
        if self._failed is not None:
            self._failed()

    def _keep_house(self, store: JobStore) -> None:
        orphans = store.keep_alive()
        if orphans:
            _log.warning("%d jobs ended with an error: the gateway that ran them is gone", orphans)
        if self._retention is not None:
            deleted = store.delete_before(self._now() - self._retention)
            if deleted:
                _log.info("%d jobs were deleted, %s after their end", deleted, self._retention)

    def _run(self) -> None:
        while (operation := self._next()) is not None:
            try:
                operation.run(self._store)
            except Exception as error:
                operation.failed(error)
        try:
            self._store.close()
        except Exception as error:
            self._note_failure(error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waited so long
            self._loop.call_soon_threadsafe(self._ended.set)

    def _next(self) -> _Operation | None:
        with self._changed:
            while not self._waiting:
                if self._is_closed:
                    return None
                self._changed.wait()
            operation = self._waiting.popleft()
            self._waiting_bytes -= operation.size
            return operation
