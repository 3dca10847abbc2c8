"""A real recording device in the place of the stand-in microphone. The tests use it where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Device:
    """How the program finds it, and how it comes to hear the speech. Time is real: a device knows no other.

    `environment` is added to the program's. `play` is called once, when the program records, with the speech's WAV
    file; it returns at once, and what it gives says from then on whether the speech is over.
    """

    environment: Mapping[str, str]
    play: Callable[[Path], Callable[[], bool]]
