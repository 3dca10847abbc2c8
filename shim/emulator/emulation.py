"""What an emulator is given, and what of its sessions can be looked at from outside.

An `Emulation` may be read from any thread while its emulator runs in another.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from shim.audio import AudioFormat
from shim.clock import Clock
from shim.emulator.faults import Fault
from shim.emulator.speech import Speech
from shim.emulator.transcript import Transcript

_DURATIONS_KEPT: Final = 10_000


@dataclass
class SessionRecord:
    """What one session has seen. It counts from the session's creation, over all of its sockets."""

    id: str
    asked_for: dict[str, Any] = field(default_factory=dict)
    """The body or the query's values, as they came (no key, no token)."""
    is_open: bool = True
    """Begun, and not without a socket since."""
    is_finished: bool = False
    """Over for good: it costs nothing any more. (A Gladia session whose socket is gone may still be resumed.)"""
    sockets: int = 0
    audio_bytes: int = 0
    audio_seconds: float = 0.0
    message_milliseconds: deque[float] = field(default_factory=lambda: deque(maxlen=_DURATIONS_KEPT))
    """How long the audio of each message was; the last ten thousand."""
    received: Counter[str] = field(default_factory=Counter)
    """How many messages of each type came; `binary` is one of the types."""
    close_code: int | None = None
    """With what the emulator, or else the client, closed the last socket (1006: it dropped)."""
    audio: bytearray = field(default_factory=bytearray, repr=False)
    """What was heard, where the emulation keeps it."""

    def count_audio(self, size: int, audio: AudioFormat) -> None:
        """Adds one message of audio, by its bytes."""
        self.audio_bytes += size
        self.audio_seconds = audio.seconds(self.audio_bytes)
        self.message_milliseconds.append(audio.seconds(size) * 1000)


@dataclass
class Emulation:
    """What to play, whom to let in, what time it is; and, in `sessions`, what has happened.

    `key` None lets every key pass that is not empty. `speech` is the recording that the transcript belongs to: with it,
    a session whose audio begins in the middle of it is played from there (see `shim.emulator.speech`).
    """

    transcript: Transcript
    key: str | None = field(default=None, repr=False)
    clock: Clock = field(default_factory=Clock)
    sessions: list[SessionRecord] = field(default_factory=list)
    """Every session that was begun, in order."""
    refused: Counter[str] = field(default_factory=Counter)
    """How many requests and upgrades were refused, by their status or code."""
    open_sockets: int = 0
    speech: Speech | None = None
    faults: list[Fault] = field(default_factory=list)
    """What goes wrong; it may grow while the emulator runs."""
    faults_happened: list[str] = field(default_factory=list)
    """A line for each time that something did go wrong as ordered."""
    on_fault: Callable[[str], None] | None = None
    """Is given these lines."""
    keeps_audio: bool = False
    """Whether the sessions' records keep what was heard."""

    def fault_happened(self, line: str) -> None:
        """Something went wrong as ordered."""
        self.faults_happened.append(line)
        if self.on_fault is not None:
            self.on_fault(line)

    @property
    def sessions_so_far(self) -> int:
        """How many sessions were begun."""
        return len(self.sessions)

    @property
    def open_sessions(self) -> int:
        """How many of them have not ended."""
        return sum(session.is_open for session in self.sessions)

    @property
    def unfinished_sessions(self) -> int:
        """How many of them nobody ended, though their socket may be gone: what a client must not leave behind."""
        return sum(not session.is_finished for session in self.sessions)
