"""The side of a session that faces Gladia: asked for by a POST, sockets at the address that it gives, a stop.

What was asked for is stopped, whoever has gone meanwhile: an open session counts against the plan. A session of
Gladia's outlives its sockets: one that is lost is opened again at the same address, if only to say the stop on which
the old one has closed without an answer. That is also what Gladia wants when it closes a socket on which it understands
nothing for a minute. All times are seconds of the shell's clock, which may be hastened; networks are not.

Gladia says how far it is with each acknowledgement, and the last ones may be lost with the socket. So the first thing
that is said on a new one is an empty chunk: its acknowledgement says where to go on. Where none comes, Gladia gets
again what it has not acknowledged, as from its own SDKs, and may hear a moment twice.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

import msgspec

from shim.bridges.actions import Action, CloseUpstream, ConnectUpstream, OpenUpstream, SendUpstream
from shim.bridges.assemblyai_request import AskedFor
from shim.bridges.open_again import OPEN_AGAIN_AFTER
from shim.bridges.upstream_audio import UpstreamAudio
from shim.faces import gladia as face
from shim.mapping import client_messages, ends
from shim.mapping.row import Vendor
from shim.wire import gladia
from shim.wire.codec import encode

KEEP_ALIVE_AFTER: Final = 20.0
"""So long without audio, and Gladia gets an empty chunk; it closes after 30 s."""
FOUND_WITHIN: Final = 1.0
"""Real seconds from the opening of another socket to the acknowledgement that says where to go on."""
LASTING_CONNECTION: Final = 10.0
"""A socket that has lasted so long was a good one: what was lost before it does not count any more."""

_STOP: Final = encode(gladia.StopRecording())
_NOTHING: Final[str] = client_messages.AUDIO_JSON.way(Vendor.GLADIA).conversion.live(b"")
_EMPTY_CHUNK: Final = encode(gladia.AudioChunk(data=gladia.AudioChunkData(chunk=_NOTHING)))
"""Audio without any sound in it, not even silence."""
_FINAL_CLOSES: Final = (face.CLOSE_FINISHED, *range(4400, 4500))
_MAY_PASS: Final = (408, 425, 429, *range(500, 600))
"""Statuses of a refused upgrade after which another attempt can succeed; 0 stands for none."""


class _State(Enum):
    NONE = auto()
    ASKED = auto()
    WAITING = auto()
    OPENING = auto()
    FINDING = auto()
    OPEN = auto()
    STOPPED = auto()
    LEAVING = auto()
    CLOSED = auto()


class GladiaUpstream:
    """Tells what is to be done on Gladia's side; knows nothing of the client."""

    audio: UpstreamAudio
    """The client's audio on its way; there from `ask` on."""

    def __init__(self, speed: float) -> None:
        """`speed` is how fast the clock runs."""
        self._speed = speed
        self._state = _State.NONE
        self._url = ""
        self._body: OpenUpstream | None = None
        self._stop_wanted = False
        self._stop_heard = False
        self._nobody_wants_it = False
        self._goes_on = False
        self._losses = 0
        self._fed = 0.0
        self._opened = 0.0
        self._was_open = False
        self._due_at: float | None = None

    @property
    def is_asked(self) -> bool:
        """Whether the POST is not answered yet."""
        return self._state is _State.ASKED

    @property
    def is_stopped(self) -> bool:
        """Whether Gladia was told to stop, and has not said that it has ended."""
        return self._state is _State.STOPPED

    @property
    def goes_on(self) -> bool:
        """Whether nobody wants the session any more, and Gladia could not be told."""
        return self._goes_on

    @property
    def keep_alive_by(self) -> float | None:
        """When Gladia needs to hear something, so that it does not take the client for gone."""
        return self._fed + KEEP_ALIVE_AFTER if self._state is _State.OPEN else None

    @property
    def due_at(self) -> float | None:
        """When `due` has something to do about a lost socket, if ever."""
        return self._due_at

    def ask(self, asked: AskedFor) -> list[Action]:
        """Gladia is asked for a session."""
        self.audio = UpstreamAudio(asked.audio, asked.upstream_audio)
        self._state = _State.ASKED
        self._body = OpenUpstream(asked.body)
        return [self._body]

    def ask_again(self) -> list[Action]:
        """The POST has failed by Gladia's own fault: it is repeated, once, as Gladia's SDKs do."""
        body, self._body = self._body, None
        if body is None or self._nobody_wants_it:
            return []
        return [body]

    def granted(self, body: bytes) -> list[Action]:
        """The POST was answered by a 201. Raises ValueError for a body that is no answer."""
        self._state = _State.CLOSED
        try:
            self._url = msgspec.json.decode(body, type=gladia.InitResponse).url
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(str(error)) from None
        return self._open()

    def due(self, now: float) -> list[Action]:
        """What `due_at` was the time for."""
        self._due_at = None
        return self._open() if self._state is _State.WAITING else self._go_on(now)

    def is_gone(self) -> None:
        """Gladia has refused, or cannot be reached, or has closed."""
        self._state, self._due_at = _State.CLOSED, None

    def opened(self, now: float) -> list[Action]:
        """The socket is open: what has waited for it goes out."""
        if self._state is not _State.OPENING:
            return []
        self._state = _State.OPEN
        self._opened = now
        if self._nobody_wants_it:
            return self.end()
        if self._stop_heard:
            self._state = _State.STOPPED
            return []
        if not self._was_open or self.audio.is_all_acknowledged:
            return self._go_on(now)
        self._state, self._due_at = _State.FINDING, now + FOUND_WITHIN * self._speed
        return [SendUpstream(_EMPTY_CHUNK)]

    def acknowledged(self, end: int, now: float) -> list[Action]:
        """Gladia has the audio up to the byte of this number."""
        self.audio.acknowledged(end)
        return self._go_on(now) if self._state is _State.FINDING else []

    def take(self, audio: bytes, now: float) -> list[Action]:
        """A frame of the client's audio."""
        is_open = self._state is _State.OPEN
        if is_open:
            self._fed = now
        return [SendUpstream(frame) for frame in self.audio.take(audio, is_open=is_open)]

    def keep_alive(self, now: float) -> list[Action]:
        """Gladia is told that somebody is still there."""
        self._fed = now
        client_messages.AUDIO_JSON.over(Vendor.GLADIA)
        return [SendUpstream(_EMPTY_CHUNK)]

    def stop(self) -> list[Action]:
        """No more audio will come: Gladia is told after what has come."""
        self._stop_wanted = True
        return self._stop_if_wanted()

    def stop_was_heard(self) -> None:
        """Gladia has acknowledged the stop, and with it all audio: neither is said again."""
        self._stop_heard = True

    def was_closed(self, code: int, now: float) -> bool:
        """The socket was closed with this code. Whether it will be opened again; `due_at` is when."""
        was_open = self._state in (_State.FINDING, _State.OPEN, _State.STOPPED)
        if was_open and now - self._opened >= LASTING_CONNECTION:
            self._losses = 0
        if self._state is _State.LEAVING and code != ends.LOST.assemblyai_close:  # it has read what came before
            return False
        return code not in _FINAL_CLOSES and self._lost(now)

    def was_refused(self, status: int, now: float) -> bool:
        """The socket could not be opened; `status` is that of an answer, if one came. As `was_closed`."""
        return (not status or status in _MAY_PASS) and self._lost(now)

    def end(self) -> list[Action]:
        """Nobody wants the session any more: it is stopped, at once or as soon as it is there."""
        self._nobody_wants_it = True
        was = self._state
        if was is _State.WAITING:  # one more attempt, to stop it
            self.is_gone()
            return [] if self._stop_heard else self._open()
        if was not in (_State.FINDING, _State.OPEN, _State.STOPPED):
            return []
        self._state, self._due_at = _State.LEAVING, None
        return [*([SendUpstream(_STOP)] if was is not _State.STOPPED else []), CloseUpstream()]

    def _open(self) -> list[Action]:
        """The session's socket is opened, for the first time or again."""
        self._state = _State.OPENING
        return [ConnectUpstream(self._url)]

    def _go_on(self, now: float) -> list[Action]:
        """It is known where the audio goes on: what has waited goes out."""
        self._state, self._due_at, self._fed = _State.OPEN, None, now
        self._was_open = True
        frames = [SendUpstream(frame) for frame in self.audio.reopened()]
        return [*frames, *self._stop_if_wanted()]

    def _lost(self, now: float) -> bool:
        is_there = self._state not in (_State.NONE, _State.ASKED, _State.WAITING, _State.CLOSED)
        if not is_there or (self._nobody_wants_it and self._stop_heard):
            return False
        if self._losses >= len(OPEN_AGAIN_AFTER):
            self._goes_on = self._nobody_wants_it
            return False
        self._due_at = now + OPEN_AGAIN_AFTER[self._losses] * self._speed
        self._losses += 1
        self._state = _State.WAITING
        return True

    def _stop_if_wanted(self) -> list[Action]:
        if not self._stop_wanted or self._state is not _State.OPEN:
            return []
        self._state = _State.STOPPED
        return [*(SendUpstream(frame) for frame in self.audio.finish()), SendUpstream(_STOP)]
