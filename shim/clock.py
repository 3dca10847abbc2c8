"""The one clock that everything about time reads: pace, silence, expiry, grace, the microphone.

It is handed in, never looked up, and can run several times as fast as the wall clock, so that a minute of
speech is played in a few seconds without any of the parts knowing.
"""

import asyncio
import math
import time
from datetime import UTC, datetime, timedelta

from shim.errors import BridgeError

# Taken once, here: a program that is run has its own `time.sleep` and `asyncio.sleep` shortened, and a clock
# that used those would be hastened twice.
_monotonic = time.monotonic
_blocking_sleep = time.sleep
_async_sleep = asyncio.sleep


class Clock:
    """A clock that runs `speed` times as fast as the wall clock; its seconds are the run's seconds.

    It starts when it is made. `speed` must be a finite number above 0, else BridgeError. One clock may be
    read from several threads and event loops at once.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not (math.isfinite(speed) and speed > 0):
            raise BridgeError(f"a speed of {speed:g} is not possible", "give a number above 0, 1 is real time")
        self.speed = float(speed)
        self._started = _monotonic()
        self._started_wall = datetime.now(UTC)

    def now(self) -> float:
        """The run's seconds since this clock was made: from about 0, never backwards."""
        return (_monotonic() - self._started) * self.speed

    def wall(self) -> datetime:
        """The run's date and time in UTC: the real start plus the run's seconds since then."""
        return self._started_wall + timedelta(seconds=self.now())

    def real(self, seconds: float) -> float:
        """The real seconds that `seconds` of the run take: for timeouts handed to other libraries."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        """Lets `seconds` of the run pass without blocking the event loop; 0 or less only yields once."""
        await _async_sleep(max(0.0, self.real(seconds)))

    def wait(self, seconds: float) -> None:
        """Blocks the calling thread while `seconds` of the run pass; 0 or less returns at once."""
        if seconds > 0:
            _blocking_sleep(self.real(seconds))

    def __repr__(self) -> str:
        return f"Clock(speed={self.speed:g})"
