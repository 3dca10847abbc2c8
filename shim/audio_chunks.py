"""From the frames that a client sends to messages that a service takes: joined, split, padded and paced.

Nothing here knows of vendors, sockets or clocks: the time is handed in. All times are seconds of one clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from shim.audio import AudioFormat, SampleFormat, WavHeaderSkipper, to_s16


@dataclass(frozen=True, slots=True)
class ChunkRules:
    """What the receiver takes. Lengths are seconds of audio.

    A message lasts `shortest` to `longest` and has at most `largest` bytes. Small frames are joined until they last
    `aim`, but held no longer than that. All the audio sent is at most `pace` times the seconds since the receiver was
    ready, and `allowance`.
    """

    shortest: float = 0.05
    aim: float = 0.1
    longest: float = 1.0
    largest: int = 128 * 1024
    pace: float = 1.25
    allowance: float = 2.0


class AudioRelay:
    """The audio of one session on its way: takes a client's bytes, gives a receiver's messages.

    `take` what comes in, `finish` when no more will; from `start` on `due` gives the messages that may be sent now,
    and `next_due` says when to ask again. Tell `wrote` what has left; `safe` and `safe_frames` tell how far the
    client's bytes have. Only whole samples are sent; a broken last one is dropped. What is shorter than a message at
    the end is padded with silence.
    """

    def __init__(self, source: AudioFormat, target: AudioFormat, rules: ChunkRules | None = None) -> None:
        """`source` and `target` are alike, or `target` is 16-bit."""
        self.source = source
        self.target = target
        self.received = 0
        """Bytes that came from the client."""
        self._rules = rules or ChunkRules()
        frame = target.bytes_per_frame
        self._shortest = math.ceil(self._rules.shortest * target.sample_rate) * frame
        self._aim = math.ceil(self._rules.aim * target.sample_rate) * frame
        longest = min(int(self._rules.longest * target.sample_rate), self._rules.largest // frame)
        self._longest = longest * frame
        self._transcodes = source.sample_format is not target.sample_format
        if self._transcodes and target.sample_format is not SampleFormat.S16:
            raise ValueError(f"{source.sample_format} is not turned into {target.sample_format}")
        self._header = WavHeaderSkipper()
        self._broken_frame = b""
        self._waiting = bytearray()
        self._waiting_since = 0.0
        self._hurries = False
        self._started: float | None = None
        self._finished = False
        self._sent = 0
        self._written = 0
        self._frame_ends: deque[int] = deque()
        self._safe_frames_end = 0

    @property
    def received_seconds(self) -> float:
        """How long the client's audio lasts."""
        return self.source.seconds(self.received - self._header.skipped)

    @property
    def sent_seconds(self) -> float:
        """How long the messages given by `due` last, padding included: the position in the receiver's audio."""
        return self.target.seconds(self._sent)

    @property
    def behind_seconds(self) -> float:
        """How long the audio lasts that was taken and is not written yet."""
        return self.target.seconds(len(self._waiting) + self._sent - self._written)

    @property
    def safe(self) -> int:
        """So many of the client's bytes, from the first, have been written (or were a header). Never goes down."""
        if self._finished and not self._waiting and self._written >= self._sent:
            return self.received
        samples = self._written // self.target.bytes_per_frame
        return min(self.received, self._header.skipped + samples * self.source.bytes_per_frame)

    @property
    def frames_behind(self) -> int:
        """How many of the client's frames wait to be safe."""
        return len(self._frame_ends)

    @property
    def is_flushed(self) -> bool:
        """Whether `finish` was called and everything has been given out."""
        return self._finished and not self._waiting

    def take(self, data: bytes, now: float) -> None:
        """A frame of bytes from the client, cut anywhere; perhaps an empty one."""
        self.received += len(data)
        if not self._frame_ends or self._frame_ends[-1] < self.received:  # an empty one joins one that waits
            self._frame_ends.append(self.received)
        self._add(self._header.feed(data), now)

    def finish(self, now: float) -> None:
        """No more bytes will come."""
        if not self._finished:
            self._add(self._header.finish(), now)
            self._finished = True

    def start(self, now: float) -> None:
        """The receiver is ready; the pace counts from here."""
        self._started = now

    def wrote(self, size: int) -> None:
        """So many bytes of the messages, in their order, have been written to the receiver's socket."""
        self._written += size

    def safe_frames(self) -> list[tuple[int, int]]:
        """The client's frames that are safe since the last call, as `[first, end)` in bytes from the first of all."""
        ranges: list[tuple[int, int]] = []
        while self._frame_ends and self._frame_ends[0] <= self.safe:
            end = self._frame_ends.popleft()
            ranges.append((self._safe_frames_end, end))
            self._safe_frames_end = end
        return ranges

    def due(self, now: float) -> list[bytes]:
        """The messages that may be sent now."""
        messages: list[bytes] = []
        while size := self._next_size(now):
            message = bytes(memoryview(self._waiting)[:size])
            del self._waiting[:size]
            self._waiting_since = now
            if len(message) < self._shortest:
                message += self.target.silence(self._shortest - len(message))
            self._sent += len(message)
            messages.append(message)
        if not self._waiting:
            self._hurries = False
        return messages

    def next_due(self) -> float | None:
        """When `due` will give something if nothing else happens; None if that never will be."""
        waiting = len(self._waiting)
        if self._started is None or not waiting or (waiting < self._shortest and not self._finished):
            return None
        needed = max(self._shortest, min(self._aim, waiting))
        # One sample more than needed, so that rounding never makes it a moment too early.
        seconds = self.target.seconds(self._sent + needed + self.target.bytes_per_frame)
        allowed = self._started + (seconds - self._rules.allowance) / self._rules.pace
        return allowed if self._need_not_wait(waiting) else max(allowed, self._waiting_since + self._rules.aim)

    def _add(self, data: bytes, now: float) -> None:
        if self._broken_frame:
            data = self._broken_frame + data
        broken = len(data) % self.source.bytes_per_frame
        self._broken_frame = data[len(data) - broken :] if broken else b""
        audio = data[: len(data) - broken] if broken else data
        if not audio:
            return
        if self._transcodes:
            audio = to_s16(audio, self.source.sample_format)
        if not self._waiting:
            self._waiting_since = now
        self._waiting += audio
        # A frame that is a message by itself is passed on at once, with what was waiting for company.
        self._hurries = self._hurries or len(audio) >= self._shortest

    def _need_not_wait(self, waiting: int) -> bool:
        return waiting >= self._aim or self._hurries or self._finished

    def _next_size(self, now: float) -> int:
        """How many of the waiting bytes the next message takes; 0: none now."""
        waiting = len(self._waiting)
        if self._started is None or not waiting:
            return 0
        allowed = self._allowed(now)
        if waiting < self._shortest:
            return waiting if self._finished and allowed >= self._shortest else 0
        if not self._need_not_wait(waiting) and now < self._waiting_since + self._rules.aim:
            return 0
        size = min(waiting, self._longest, allowed)
        if size < min(waiting, self._aim):
            return 0
        rest = waiting - size
        if 0 < rest < self._shortest:  # too short to be a message by itself
            size -= self._shortest - rest
        return size

    def _allowed(self, now: float) -> int:
        """How many more bytes the pace lets through now: whole frames."""
        assert self._started is not None
        seconds = self._rules.pace * (now - self._started) + self._rules.allowance
        return int(seconds * self.target.sample_rate) * self.target.bytes_per_frame - self._sent
