"""What an AssemblyAI client can ask to be told beside the transcripts: `Heartbeat` and `Silence`."""

from __future__ import annotations

from typing import Final

from shim.mapping import assemblyai_messages as own_rows
from shim.mapping import server_messages as rows
from shim.mapping.row import Vendor
from shim.wire import assemblyai

HEARTBEAT_SECONDS: Final = 5.0
_SILENCE_MS: Final = 1000


class Heartbeats:
    """Beats every five seconds while it is asked to. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._next: float | None = None

    @property
    def next_due(self) -> float | None:
        """When the next beat is due, if ever."""
        return self._next

    def set(self, asked_for: bool, now: float) -> None:
        """Begins to beat, or ends it; what goes on already goes on."""
        if not asked_for:
            self._next = None
        elif self._next is None:
            self._next = now + HEARTBEAT_SECONDS

    def due(self, now: float, elapsed: float, audio: float, sureness: float) -> list[assemblyai.Heartbeat]:
        """The beat that is due now. `elapsed` seconds of the session, `audio` seconds received in it, and the greatest
        confidence since the beat before."""
        if self._next is None or now < self._next:
            return []
        while self._next <= now:  # beats that nobody could send in time are not made up for
            self._next += HEARTBEAT_SECONDS
        own_rows.HEARTBEAT.over(Vendor.GLADIA)
        return [
            assemblyai.Heartbeat(
                total_audio_received_ms=rows.milliseconds(audio),
                total_duration_ms=rows.milliseconds(elapsed),
                realtime_factor=round(audio / elapsed, 3) if elapsed > 0 else 0.0,
                max_speech_probability=sureness,
            )
        ]


class Silences:
    """Tells each second in which nobody speaks. Positions are milliseconds of audio."""

    def __init__(self) -> None:
        self._speaking = False
        self._told_until = 0
        self._heard_until = 0

    def speech_starts(self) -> None:
        """Voice begins."""
        self._speaking = True

    def speech_ends(self, position: int) -> None:
        """Voice has ended."""
        self._speaking, self._told_until = False, max(position, self._told_until)

    def heard(self, position: int, asked_for: bool) -> list[assemblyai.Silence]:
        """The audio has been taken up to here; what it brings about is told only after that, so the seconds that are
        told lie before the position that was taken last."""
        silences: list[assemblyai.Silence] = []
        while not self._speaking and self._told_until + _SILENCE_MS <= self._heard_until:
            start, self._told_until = self._told_until, self._told_until + _SILENCE_MS
            if asked_for:
                own_rows.SILENCE.over(Vendor.GLADIA)
                silences.append(assemblyai.Silence(start_ms=start, end_ms=self._told_until))
        if self._speaking:
            self._told_until = max(self._told_until, self._heard_until)
        self._heard_until = max(self._heard_until, position)
        return silences
