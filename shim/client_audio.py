"""The audio of one client: counted, split into its channels, and passed on once, however often it comes.

Nothing here knows of vendors, sockets or clocks: the time is handed in. Bytes are numbered from the first of the
session, over all of the client's connections.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from shim.audio import AudioFormat, WavHeaderSkipper
from shim.audio_channels import channels_of
from shim.audio_chunks import AudioRelay
from shim.audio_return import RecentAudio, ReturnedAudio

MOST_REMEMBERED: Final = 60.0
"""Seconds of audio that a client can have sent and not know to be safe, and send again."""


class ClientAudio:
    """Takes a client's frames, gives each channel's audio to its relay, and says which frames are safe."""

    def __init__(self, source: AudioFormat, relays: Sequence[AudioRelay], *, keeps: bool = False) -> None:
        """`source` is what the client sends; `relays` take its channels, in their order. `keeps`: for `kept`."""
        self.source = source
        self.received = 0
        """Bytes that came from the client, each counted once."""
        self._relays = tuple(relays)
        self._header = WavHeaderSkipper()
        self._broken_frame = b""
        self._finished = False
        self._recent = RecentAudio(source.size(MOST_REMEMBERED))
        self._returned: ReturnedAudio | None = None
        self._frame_ends: deque[int] = deque()
        self._told_end = 0
        self._kept: list[bytes] | None = [] if keeps else None

    @property
    def received_seconds(self) -> float:
        """How long the client's audio lasts."""
        return self.source.seconds(self.received - self._header.skipped)

    @property
    def behind_seconds(self) -> float:
        """How long the audio lasts that was taken and is not written yet."""
        return max(relay.behind_seconds for relay in self._relays)

    @property
    def frames_behind(self) -> int:
        """How many of the client's frames wait to be safe."""
        return len(self._frame_ends)

    @property
    def safe(self) -> int:
        """So many bytes, from the first, are upstream or kept for it (or were a header). Never goes down."""
        if self._finished and all(relay.is_flushed and relay.is_written for relay in self._relays):
            return self.received
        least = min(relay.safe for relay in self._relays)
        return min(self.received, self._header.skipped + least * self.source.channels)

    def take(self, frame: bytes, now: float) -> None:
        """A frame of bytes from the client, cut anywhere; perhaps an empty one."""
        if self._returned is None:
            self._take(frame, now)
            return
        new = self._returned.feed(frame)
        if not self._returned.is_decided:
            return
        if new or not frame:
            self._take(new, now)

    def left(self) -> None:
        """The client's connection is gone."""
        if self._returned is not None:
            self._returned.finish()
        self._returned = None

    def returned(self) -> None:
        """The client is there again, and may send again what it does not know to be safe."""
        self._returned = self._recent.on_return()

    def lacked(self) -> tuple[int, int] | None:
        """The range of the acknowledgements that the returned client turned out to lack, `[first, end)`; once."""
        if self._returned is None or not self._returned.is_decided:
            return None
        place, self._returned.place = self._returned.place, None
        return (place, self._told_end) if place is not None and place < self._told_end else None

    def confirmed(self, end: int) -> None:
        """The client is known to have got the acknowledgement that ends at the byte of this number."""
        self._recent.confirmed(end)

    def finish(self, now: float) -> None:
        """No more bytes will come."""
        if self._finished:
            return
        self.left()
        self._pass_on(self._header.finish(), now)
        self._finished = True
        for relay in self._relays:
            relay.finish(now)

    def kept(self) -> bytes:
        """The audio that was taken since the last call, each byte once, without its header; empty unless asked for."""
        if not self._kept:
            return b""
        kept = b"".join(self._kept)
        self._kept.clear()
        return kept

    def safe_frames(self) -> list[tuple[int, int]]:
        """The client's frames that are safe since the last call, as `[first, end)` in bytes from the first of all.

        None while it is open where a client goes on that came back: it would not know what they follow on.
        """
        ranges: list[tuple[int, int]] = []
        if self._returned is not None and not self._returned.is_decided:
            return ranges
        safe = self.safe
        while self._frame_ends and self._frame_ends[0] <= safe:
            end = self._frame_ends.popleft()
            ranges.append((self._told_end, end))
            self._told_end = end
        return ranges

    def told(self, end: int) -> None:
        """An acknowledgement that ends here has been sent."""
        self._recent.acknowledged(end)

    def _take(self, data: bytes, now: float) -> None:
        self.received += len(data)
        self._recent.take(data)
        if not self._frame_ends or self._frame_ends[-1] < self.received:  # an empty one joins one that waits
            self._frame_ends.append(self.received)
        self._pass_on(self._header.feed(data), now)

    def _pass_on(self, data: bytes, now: float) -> None:
        if self._broken_frame:
            data = self._broken_frame + data
        broken = len(data) % self.source.bytes_per_frame
        self._broken_frame = data[len(data) - broken :] if broken else b""
        audio = data[: len(data) - broken] if broken else data
        if audio:
            if self._kept is not None:
                self._kept.append(audio)
            for relay, samples in zip(self._relays, channels_of(audio, self.source), strict=True):
                relay.take(samples, now)
