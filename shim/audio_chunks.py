"""From the frames that a client sends to messages that a service takes: joined, split, padded and paced.

Nothing here knows of vendors, sockets or clocks: the time is handed in. All times are seconds of one clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from shim.audio import AudioFormat, SampleFormat, to_s16


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
    """One channel's audio on its way: takes a client's samples, gives a receiver's messages.

    `take` what comes in, `finish` when no more will; from `start` on `due` gives the messages that may be sent now,
    and `next_due` says when to ask again. Tell `wrote` what has left. What is shorter than a message at the end is
    padded with silence. What the receiver may have to hear again is kept: until `heard` says how far it has
    understood, but no longer than `longest_kept` seconds; `start_again` then begins there, with another receiver.
    """

    def __init__(
        self, source: AudioFormat, target: AudioFormat, rules: ChunkRules | None = None, longest_kept: float = 0.0
    ) -> None:
        """`source` and `target` are alike, or `target` is 16-bit; both have one channel."""
        self.source = source
        self.target = target
        self._rules = rules or ChunkRules()
        frame = target.bytes_per_frame
        self._shortest = math.ceil(self._rules.shortest * target.sample_rate) * frame
        self._aim = math.ceil(self._rules.aim * target.sample_rate) * frame
        longest = min(int(self._rules.longest * target.sample_rate), self._rules.largest // frame)
        self._longest = longest * frame
        self._most_kept = target.size(longest_kept)
        self._transcodes = source.sample_format is not target.sample_format
        if self._transcodes and target.sample_format is not SampleFormat.S16:
            raise ValueError(f"{source.sample_format} is not turned into {target.sample_format}")
        self._waiting = bytearray()
        self._waiting_since = 0.0
        self._hurries = False
        self._started: float | None = None
        self._start = 0
        self._finished = False
        self._sent = 0
        self._written = 0
        self._safe = 0
        self._kept: deque[bytes] = deque()
        self._kept_from = 0

    @property
    def sent_seconds(self) -> float:
        """The position in the audio up to which `due` has given it, padding included."""
        return self.target.seconds(self._sent)

    @property
    def start_seconds(self) -> float:
        """The position in the audio at which the present receiver began."""
        return self.target.seconds(self._start)

    @property
    def behind_seconds(self) -> float:
        """How long the audio lasts that was taken and is not written yet."""
        return self.target.seconds(len(self._waiting) + self._sent - self._written)

    @property
    def safe(self) -> int:
        """So many bytes of `source`, from the first, have been written, or are kept since. Never goes down."""
        return self._safe // self.target.bytes_per_frame * self.source.bytes_per_frame

    @property
    def is_flushed(self) -> bool:
        """Whether `finish` was called and everything has been given out."""
        return self._finished and not self._waiting

    @property
    def is_written(self) -> bool:
        """Whether everything that was given out has left, at least once."""
        return self._safe >= self._sent

    def take(self, audio: bytes, now: float) -> None:
        """Whole samples from the client."""
        if self._transcodes:
            audio = to_s16(audio, self.source.sample_format)
        if not audio:
            return
        if not self._waiting:
            self._waiting_since = now
        self._waiting += audio
        # A frame that is a message by itself is passed on at once, with what was waiting for company.
        self._hurries = self._hurries or len(audio) >= self._shortest

    def finish(self, now: float) -> None:
        """No more will come."""
        self._finished = True

    def start(self, now: float) -> None:
        """The receiver is ready; the pace counts from here."""
        self._started, self._start = now, self._sent

    def start_again(self) -> None:
        """The receiver is gone: another one will get everything that was kept."""
        kept = b"".join(self._kept)
        self._waiting[:0] = kept
        self._kept.clear()
        self._started = None
        self._sent = self._written = self._kept_from

    def heard(self, position: float) -> None:
        """What comes before this position (seconds) need not be sent again."""
        end = min(self.target.size(position), self._sent)
        while self._kept and self._kept_from + len(self._kept[0]) <= end:
            self._kept_from += len(self._kept.popleft())
        if self._kept and self._kept_from < end:
            self._kept[0] = self._kept[0][end - self._kept_from :]
            self._kept_from = end

    def wrote(self, size: int) -> None:
        """So many bytes of the messages, in their order, have been written to the receiver's socket."""
        self._written += size
        self._safe = max(self._safe, self._written)

    def due(self, now: float) -> list[bytes]:
        """The messages that may be sent now."""
        messages: list[bytes] = []
        while size := self._next_size(now):
            message = bytes(memoryview(self._waiting)[:size])
            del self._waiting[:size]
            self._waiting_since = now
            self._keep(message)
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
        seconds -= self.start_seconds
        allowed = self._started + (seconds - self._rules.allowance) / self._rules.pace
        return allowed if self._need_not_wait(waiting) else max(allowed, self._waiting_since + self._rules.aim)

    def _keep(self, message: bytes) -> None:
        self._kept.append(message)
        most = self._sent + len(message) - self._most_kept
        while self._kept and self._kept_from + len(self._kept[0]) <= most:
            self._kept_from += len(self._kept.popleft())

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
        return int(seconds * self.target.sample_rate) * self.target.bytes_per_frame - (self._sent - self._start)
