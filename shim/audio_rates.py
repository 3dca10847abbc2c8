"""16-bit samples of one rate as samples of another, for services that take only some rates.

Nothing here knows of vendors, sockets or clocks.
"""

from __future__ import annotations

import sys
from array import array

_BYTES = 2


class Resampler:
    """One channel of 16-bit little-endian samples, brought to another rate (Hz) by straight lines between them.

    However the stream is cut, the result is the same. A second of 24 kHz takes about 10 ms of computing.
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        self._source_rate, self._target_rate = source_rate, target_rate
        self._broken_sample = b""
        self._samples = array("h")
        self._first = 0
        self._next = 0

    def feed(self, data: bytes) -> bytes:
        """What the next bytes bring about; a sample that is cut waits for its other half."""
        data = self._broken_sample + data
        whole = len(data) // _BYTES * _BYTES
        self._broken_sample = data[whole:]
        self._samples.frombytes(_native(data[:whole]))
        return self._interpolated()

    def finish(self) -> bytes:
        """What is left at the end: the last sample stays as it is until its time is over."""
        if self._samples:
            self._samples.append(self._samples[-1])
        return self._interpolated()

    def _interpolated(self) -> bytes:
        samples, first = self._samples, self._first
        source, target = self._source_rate, self._target_rate
        # Sample k of the result lies at k * source / target, between two samples that are both there.
        end = -(-(first + len(samples) - 1) * target // source)
        result = array("h")
        for number in range(self._next, max(self._next, end)):
            whole, part = divmod(number * source, target)
            here = samples[whole - first]
            result.append(here + (samples[whole - first + 1] - here) * part // target)
        self._next = max(self._next, end)
        done = min(self._next * source // target - first, len(samples))
        del samples[:done]
        self._first += done
        return _native(result.tobytes())


def _native(samples: bytes) -> bytes:
    """Little-endian samples in this machine's order, or back."""
    if sys.byteorder == "little":
        return samples
    swapped = array("h", samples)
    swapped.byteswap()
    return swapped.tobytes()
