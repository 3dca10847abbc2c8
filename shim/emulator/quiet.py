"""The seconds of a recording in which nobody speaks, as the audio comes in.

Positions are whole milliseconds of audio received; nothing here depends on the sizes in which it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shim.emulator.turns import SpokenWord

_SECOND: Final = 1000


@dataclass(frozen=True, slots=True)
class QuietSecond:
    """A whole second without a word; `since` is where the silence that it is part of began."""

    start: int
    end: int
    since: int

    @property
    def lasted(self) -> int:
        """How long it has been silent at the end of this second."""
        return self.end - self.since


class QuietSeconds:
    """Gives each whole second of silence when it is over: counted from the last word's end, or from the start."""

    def __init__(self, words: Sequence[SpokenWord]) -> None:
        starts = [0, *(word.end for word in words)]
        ends: list[int | None] = [*(word.start for word in words), None]
        self._silences = list(zip(starts, ends, strict=True))
        self._index = 0
        self._told = 0  # seconds of the silence at hand

    def advance(self, position: int) -> list[QuietSecond]:
        """The seconds that are over by `position`."""
        seconds: list[QuietSecond] = []
        while self._index < len(self._silences):
            since, until = self._silences[self._index]
            end = since + (self._told + 1) * _SECOND
            if until is not None and end > until:
                self._index, self._told = self._index + 1, 0
                continue
            if end > position:
                break
            seconds.append(QuietSecond(end - _SECOND, end, since))
            self._told += 1
        return seconds
