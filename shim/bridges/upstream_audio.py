"""A client's audio on its way to a service that takes any length and acknowledges what it has.

What is not acknowledged is kept: a service that is called again has forgotten it.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from shim.audio import AudioFormat, to_s16
from shim.audio_rates import Resampler

LARGEST_PIECE: Final = 512 * 1024
"""Bytes of one frame of what is sent again."""
MOST_KEPT: Final = 60.0
"""Seconds of audio that are kept for an upstream that acknowledges nothing; what is older is lost with its socket."""


class UpstreamAudio:
    """The audio of one session: takes a client's frames, gives those to send, keeps those that may be needed again."""

    def __init__(self, source: AudioFormat, target: AudioFormat) -> None:
        """Where `source` and `target` differ, in rate or format, `target` has 16 bits; both have one channel."""
        self.source = source
        self.target = target
        self.received = 0
        """Bytes that came from the client."""
        same_rate = source.sample_rate == target.sample_rate
        self._decodes = source.sample_format is not target.sample_format
        self._resampler = None if same_rate else Resampler(source.sample_rate, target.sample_rate)
        self._kept: deque[bytes] = deque()
        self._kept_from = 0
        self._taken = 0
        self._sent = 0
        self._written = 0

    @property
    def received_seconds(self) -> float:
        """How long the client's audio lasts."""
        return self.source.seconds(self.received)

    @property
    def taken(self) -> int:
        """Bytes for the upstream so far, as its acknowledgements count them."""
        return self._taken

    @property
    def is_all_acknowledged(self) -> bool:
        """Whether the upstream has everything."""
        return not self._kept

    @property
    def behind_seconds(self) -> float:
        """How long the audio lasts that has not been written to the upstream's socket."""
        return self.target.seconds(self._taken - self._written)

    def take(self, frame: bytes, *, is_open: bool) -> list[bytes]:
        """A frame of the client; what of it goes upstream now."""
        self.received += len(frame)
        if self._decodes:
            frame = to_s16(frame, self.source.sample_format)
        return self._add(frame if self._resampler is None else self._resampler.feed(frame), is_open)

    def finish(self) -> list[bytes]:
        """The client's audio is over and the upstream is there: what is left of it."""
        resampler, self._resampler = self._resampler, None
        return [] if resampler is None else self._add(resampler.finish(), True)

    def reopened(self) -> list[bytes]:
        """The upstream is there, or there again: everything that it has not acknowledged."""
        self._written = self._kept_from
        self._sent = self._taken
        kept = b"".join(self._kept)
        return [kept[first : first + LARGEST_PIECE] for first in range(0, len(kept), LARGEST_PIECE)]

    def wrote(self, size: int) -> None:
        """So many bytes have been written to the upstream's socket."""
        self._written = min(self._written + size, self._sent)

    def acknowledged(self, end: int) -> None:
        """The upstream has the bytes before this one, counted from the session's first."""
        while self._kept and self._kept_from + len(self._kept[0]) <= end:
            self._kept_from += len(self._kept.popleft())
        if self._kept and self._kept_from < end:
            self._kept[0] = self._kept[0][end - self._kept_from :]
            self._kept_from = end

    def _add(self, frame: bytes, is_open: bool) -> list[bytes]:
        if not frame:
            return []
        self._taken += len(frame)
        self._kept.append(frame)
        if not is_open:
            return []
        self._sent += len(frame)
        while self.target.seconds(self._taken - self._kept_from) > MOST_KEPT:
            self._kept_from += len(self._kept.popleft())
        return [frame]
