"""What the stand-in microphone records: the speech once, then silence for ever, paced by the run's clock.

Nothing that was recorded is ever lost: who reads late gets the backlog.
"""

from __future__ import annotations

import array
import struct
import sys
import threading
from collections.abc import Callable
from enum import Enum

from codemods.verify.speech import Speech
from shim.clock import Clock

_ROUNDING = 1e-3  # of a frame: without it, a sum of floats may stay below a whole frame for ever


class Storage(Enum):
    """How a recorded sample is stored, little-endian. The value: kind, bytes, what silence is."""

    FLOAT32 = ("float", 4, 0)
    INT32 = ("whole", 4, 0)
    INT24 = ("whole", 3, 0)
    INT16 = ("whole", 2, 0)
    INT8 = ("whole", 1, 0)
    UINT8 = ("unsigned", 1, 0x80)

    @property
    def size(self) -> int:
        """Bytes of one sample."""
        return self.value[1]

    @property
    def silence(self) -> bytes:
        """One silent sample."""
        return bytes([self.value[2]]) * self.size


class Recording:
    """One open stream's recording.

    `rate` in frames a second, `channels` all holding the same; `ended` is called once, when the speech has
    been taken to its end. The clock runs from the first `start()` on and stands still between `stop()` and
    the next `start()`.
    """

    def __init__(
        self,
        speech: Speech,
        clock: Clock,
        *,
        rate: int,
        channels: int,
        storage: Storage,
        ended: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._rate = rate
        self._frame_size = storage.size * channels
        self._silence = storage.silence * channels
        self._data = stored(resampled(speech.samples, speech.rate, rate), storage, channels)
        self._ended: Callable[[], None] | None = ended
        self._taken = 0  # frames
        self._before = 0.0  # seconds that it ran before the last stop
        self._since: float | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Records from now on; nothing if it does already."""
        if self._since is None:
            self._since = self._clock.now()

    def stop(self) -> None:
        """Records nothing from now on; what was not taken is kept."""
        if self._since is not None:
            self._before += self._clock.now() - self._since
            self._since = None

    @property
    def elapsed(self) -> float:
        """Seconds recorded so far."""
        since = self._since
        return self._before + (self._clock.now() - since if since is not None else 0.0)

    def available(self) -> int:
        """Frames that are recorded and not taken yet."""
        return max(0, int(self.elapsed * self._rate + _ROUNDING) - self._taken)

    def seconds_until(self, frames: int) -> float:
        """Seconds of the run's clock until so many frames can be taken; 0 when they can be now."""
        if frames <= self.available():
            return 0.0
        return (self._taken + frames) / self._rate - self.elapsed

    def take(self, frames: int) -> bytes:
        """The next `frames` frames, whether their time has come or not."""
        with self._lock:
            start = self._taken * self._frame_size
            self._taken += frames
            data = self._data[start : start + frames * self._frame_size]
            missing = frames - len(data) // self._frame_size
            over = self._taken * self._frame_size >= len(self._data)
            ended, self._ended = (self._ended, None) if over else (None, self._ended)
        if ended is not None:
            ended()
        return data + self._silence * missing


def resampled(samples: array.array[int], rate: int, wanted: int) -> array.array[int]:
    """`samples` of `rate` Hz at `wanted` Hz, by straight lines between them: good enough to be recorded."""
    if rate == wanted or not samples:
        return samples
    step = rate / wanted
    last = len(samples) - 1
    result = array.array("h", bytes(2 * round(len(samples) / step)))
    for index in range(len(result)):
        position = index * step
        left = min(int(position), last)
        right = min(left + 1, last)
        result[index] = round(samples[left] + (samples[right] - samples[left]) * (position - left))
    return result


def stored(samples: array.array[int], storage: Storage, channels: int) -> bytes:
    """16-bit `samples` stored as asked, each one in every channel."""
    if channels > 1:
        spread = array.array("h", bytes(2 * len(samples) * channels))
        for channel in range(channels):
            spread[channel::channels] = samples
        samples = spread
    if storage is Storage.FLOAT32:
        return struct.pack(f"<{len(samples)}f", *(sample / 32768 for sample in samples))
    if storage is Storage.INT8 or storage is Storage.UINT8:
        offset = 128 if storage is Storage.UINT8 else 0
        return bytes([((sample >> 8) + offset) & 0xFF for sample in samples])
    if sys.byteorder == "big":
        samples = array.array("h", samples)
        samples.byteswap()
    data = samples.tobytes()
    if storage is Storage.INT16:
        return data
    # Wider whole numbers: the same two bytes, with zeros below.
    wide = bytearray(len(samples) * storage.size)
    wide[storage.size - 2 :: storage.size] = data[0::2]
    wide[storage.size - 1 :: storage.size] = data[1::2]
    return bytes(wide)
