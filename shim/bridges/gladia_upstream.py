"""The side of a session that faces Gladia: asked for by a POST, a socket at the address that it gives, a stop.

What was asked for is stopped, whoever has gone meanwhile: an open session counts against the plan. What Gladia has not
acknowledged is kept, because Gladia closes a socket on which it understands nothing for a minute, and wants to be
called again. All times are seconds of the shell's clock.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

import msgspec

from shim.bridges.actions import Action, CloseUpstream, ConnectUpstream, OpenUpstream, SendUpstream
from shim.bridges.assemblyai_request import AskedFor
from shim.bridges.upstream_audio import UpstreamAudio
from shim.faces import gladia as face
from shim.mapping import client_messages
from shim.mapping.row import Vendor
from shim.wire import gladia
from shim.wire.codec import encode

KEEP_ALIVE_AFTER: Final = 20.0
"""So long without audio, and Gladia gets an empty chunk; it closes after 30 s."""
SHORTEST_CONNECTION: Final = 10.0
"""A socket that Gladia closes before it has lasted so long is not opened again: that could go on for ever."""

_STOP: Final = encode(gladia.StopRecording())


class _State(Enum):
    NONE = auto()
    ASKED = auto()
    OPENING = auto()
    OPEN = auto()
    STOPPED = auto()
    CLOSED = auto()


class GladiaUpstream:
    """Tells what is to be done on Gladia's side; knows nothing of the client."""

    audio: UpstreamAudio
    """The client's audio on its way; there from `ask` on."""

    def __init__(self) -> None:
        self._state = _State.NONE
        self._url = ""
        self._stop_wanted = False
        self._nobody_wants_it = False
        self._fed = 0.0
        self._opened = 0.0

    @property
    def is_asked(self) -> bool:
        """Whether the POST is not answered yet."""
        return self._state is _State.ASKED

    @property
    def is_stopped(self) -> bool:
        """Whether Gladia was told to stop, and has not said that it has ended."""
        return self._state is _State.STOPPED

    @property
    def keep_alive_by(self) -> float | None:
        """When Gladia needs to hear something, so that it does not take the client for gone."""
        return self._fed + KEEP_ALIVE_AFTER if self._state is _State.OPEN else None

    def ask(self, asked: AskedFor) -> list[Action]:
        """Gladia is asked for a session."""
        self.audio = UpstreamAudio(asked.audio, asked.upstream_audio)
        self._state = _State.ASKED
        return [OpenUpstream(asked.body)]

    def granted(self, body: bytes) -> list[Action]:
        """The POST was answered by a 201. Raises ValueError for a body that is no answer."""
        self._state = _State.CLOSED
        try:
            self._url = msgspec.json.decode(body, type=gladia.InitResponse).url
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(str(error)) from None
        self._state = _State.OPENING
        return [ConnectUpstream(self._url)]

    def is_gone(self) -> None:
        """Gladia has refused, or cannot be reached, or has closed."""
        self._state = _State.CLOSED

    def opened(self, now: float) -> list[Action]:
        """The socket is open: what has waited for it goes out."""
        if self._state is not _State.OPENING:
            return []
        self._state = _State.OPEN
        self._fed = self._opened = now
        if self._nobody_wants_it:
            return self.end()
        frames = [SendUpstream(frame) for frame in self.audio.reopened()]
        return [*frames, *self._stop_if_wanted()]

    def take(self, audio: bytes, now: float) -> list[Action]:
        """A frame of the client's audio."""
        is_open = self._state is _State.OPEN
        if is_open:
            self._fed = now
        return [SendUpstream(frame) for frame in self.audio.take(audio, is_open=is_open)]

    def keep_alive(self, now: float) -> list[Action]:
        """Audio without any sound in it, not even silence."""
        self._fed = now
        chunk: str = client_messages.AUDIO_JSON.live(Vendor.GLADIA, b"")
        return [SendUpstream(encode(gladia.AudioChunk(data=gladia.AudioChunkData(chunk=chunk))))]

    def stop(self) -> list[Action]:
        """No more audio will come: Gladia is told after what has come."""
        self._stop_wanted = True
        return self._stop_if_wanted()

    def call_again(self, code: int, now: float) -> list[Action]:
        """The socket was closed with this code: what to do if Gladia wants to be called again, else nothing."""
        was_open = self._state in (_State.OPEN, _State.STOPPED)
        if code != face.CLOSE_NO_TEXT or not was_open or now - self._opened < SHORTEST_CONNECTION:
            return []
        self._state = _State.OPENING
        return [ConnectUpstream(self._url)]

    def end(self) -> list[Action]:
        """Nobody wants the session any more: it is stopped, at once or as soon as it is there."""
        self._nobody_wants_it = True
        was = self._state
        if was not in (_State.OPEN, _State.STOPPED):
            return []
        self._state = _State.CLOSED
        return [*([SendUpstream(_STOP)] if was is _State.OPEN else []), CloseUpstream()]

    def _stop_if_wanted(self) -> list[Action]:
        if not self._stop_wanted or self._state is not _State.OPEN:
            return []
        self._state = _State.STOPPED
        return [*(SendUpstream(frame) for frame in self.audio.finish()), SendUpstream(_STOP)]
