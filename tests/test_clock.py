"""The clock: its seconds are the run's, and a program's shortened sleeps do not hasten it twice."""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from shim import clock as clock_module
from shim.clock import Clock
from shim.errors import BridgeError


class Monotonic:
    """Stands in for the system's clock: moves only when told, or when something sleeps."""

    def __init__(self) -> None:
        self.seconds = 5000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    system = Monotonic()
    monkeypatch.setattr(clock_module, "_monotonic", system.now)
    monkeypatch.setattr(clock_module, "_blocking_sleep", system.sleep)
    monkeypatch.setattr(clock_module, "_async_sleep", system.async_sleep)
    return system


@pytest.mark.parametrize("speed", [1.0, 8.0, 0.5])
def test_its_seconds_pass_as_fast_as_it_was_told(system: Monotonic, speed: float) -> None:
    clock = Clock(speed)
    assert clock.now() == 0
    system.seconds += 3
    assert clock.now() == 3 * speed
    assert clock.real(12) == 12 / speed


def test_waiting_takes_that_many_of_its_own_seconds(system: Monotonic) -> None:
    clock = Clock(4)
    clock.wait(10)
    assert (clock.now(), system.slept) == (10, [2.5])
    asyncio.run(clock.sleep(2))
    assert (clock.now(), system.slept) == (12, [2.5, 0.5])


def test_no_time_and_less_than_none_do_not_sleep(system: Monotonic) -> None:
    clock = Clock(2)
    clock.wait(0)
    clock.wait(-1)
    assert system.slept == []
    asyncio.run(clock.sleep(-1))  # yields, and no more
    assert system.slept == [0]


def test_the_date_starts_now_and_goes_on_at_its_speed(system: Monotonic) -> None:
    before = datetime.now(UTC)
    clock = Clock(60)
    start = clock.wall()
    assert before <= start <= datetime.now(UTC)
    assert start.utcoffset() == timedelta(0)
    system.seconds += 2
    assert clock.wall() - start == timedelta(minutes=2)


def test_the_real_system_is_asked() -> None:
    clock = Clock(1000)
    before = time.monotonic()
    clock.wait(5)
    asyncio.run(clock.sleep(5))
    assert time.monotonic() - before >= 0.010
    assert clock.now() >= 10


def test_shortened_sleeps_of_the_program_leave_it_alone() -> None:
    program = (
        "import asyncio, time\n"
        "from shim.clock import Clock\n"
        "async def no_sleep(seconds): raise SystemExit('asyncio.sleep was asked')\n"
        "def no_wait(seconds): raise SystemExit('time.sleep was asked')\n"
        "asyncio.sleep, time.sleep = no_sleep, no_wait\n"
        "clock = Clock(1000)\n"
        "clock.wait(1)\n"
        "asyncio.run(clock.sleep(1))\n"
        "time.monotonic = lambda: 0.0\n"
        "assert clock.now() >= 2, clock.now()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(BridgeError, match=r"a speed of .* is not possible; give a number above 0"):
        Clock(speed)
