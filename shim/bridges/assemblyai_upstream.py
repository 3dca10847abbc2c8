"""One channel's way through AssemblyAI, over as many of its sessions as it takes.

A session there that is lost is opened again, and gets everything again that came after the last final's last word:
nothing else is known to have been understood. Times and ids run on. It is sent no audio before `Begin`; the pace is
counted from there. All times are seconds of the shell's clock, which may be hastened; networks are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from shim.audio import AudioFormat
from shim.audio_chunks import AudioRelay, ChunkRules
from shim.bridges.actions import Action, CloseUpstream, Note, OpenUpstream, SendUpstream, Topic
from shim.bridges.gladia_request import end_for_client
from shim.bridges.gladia_transcripts import GladiaTranscripts, Spoken
from shim.bridges.open_again import OPEN_AGAIN_AFTER
from shim.faces import assemblyai as face
from shim.mapping import ends, parameters, server_messages
from shim.mapping.row import EndRow, Vendor
from shim.wire import assemblyai
from shim.wire.assemblyai import QueryValue
from shim.wire.codec import MalformedMessage, UnknownMessage, encode

BEGIN_WITHIN: Final = 10.0
"""Real seconds, as the next. From the socket's opening to `Begin`."""
TERMINATION_WITHIN: Final = 30.0
"""From `Terminate` to `Termination`."""
LONGEST_KEPT: Final = 75.0
"""Seconds of audio that are kept to be heard again: longer than the longest turn (60 s)."""

_CHUNK_RULES: Final = ChunkRules(
    shortest=face.SHORTEST_MESSAGE / 1000,
    longest=face.LONGEST_MESSAGE / 1000,
    largest=face.LARGEST_FRAME,
    pace=face.PACE,
    allowance=face.PACE_ALLOWANCE_SECONDS - 1.0,
)
_TERMINATE: Final = encode(assemblyai.Terminate())
_FORCE_ENDPOINT: Final = encode(assemblyai.ForceEndpoint())
_UNREACHABLE: Final = "the service that does the work could not be reached"
_UNANSWERED: Final = "its socket was closed without an answer"
_WORTH_ANOTHER_TRY: Final = (ends.LOST, ends.SERVER_FAULT, ends.TOO_MANY, ends.GOING_AWAY)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was understood, as Gladia's messages, unfiltered."""

    messages: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """AssemblyAI takes audio, for the first time."""


@dataclass(frozen=True, slots=True)
class Finished:
    """AssemblyAI has said all that it will."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot go on. `text` is for the client, `cause` for the log."""

    row: EndRow
    text: str
    cause: str


Outcome = Action | Heard | Begun | Finished | Failed


class _State(Enum):
    """How far the socket to AssemblyAI is."""

    NONE = auto()
    OPENING = auto()
    OPEN = auto()
    BEGUN = auto()
    TERMINATING = auto()
    FINISHED = auto()
    BROKEN = auto()
    WAITING = auto()
    LEAVING = auto()
    CLOSED = auto()


class AssemblyAIUpstream:
    """Opens, feeds, and ends the sessions of one channel. Call `tick` before every other event."""

    def __init__(
        self,
        channel: int,
        asked: Mapping[str, QueryValue],
        audio: tuple[AudioFormat, AudioFormat],
        transcripts: GladiaTranscripts,
        *,
        longest_turn: float,
        speed: float,
    ) -> None:
        """`asked`: AssemblyAI's parameters. `audio`: the channel's format as it comes, and as it is sent."""
        self.relay = AudioRelay(*audio, _CHUNK_RULES, LONGEST_KEPT)
        self._channel, self._asked, self._transcripts = channel, asked, transcripts
        self._longest_turn, self._speed = longest_turn, speed
        self._state = _State.NONE
        self._has_begun = False
        self._losses = 0
        self._forced_turn: float | None = None
        self._broken_by: Failed | None = None
        self._now = 0.0
        self._begin_by: float | None = None
        self._terminated_by: float | None = None
        self._open_at: float | None = None

    # --- what the session asks -------------------------------------------------------------------

    @property
    def has_begun(self) -> bool:
        """Whether AssemblyAI has taken audio at all."""
        return self._has_begun

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is to be expected of it."""
        return self._state in (_State.FINISHED, _State.CLOSED)

    def deadline(self) -> float | None:
        """When to `tick` if nothing else happens until then."""
        due = self.relay.next_due() if self._state is _State.BEGUN else None
        times = [self._begin_by, self._terminated_by, self._open_at, due]
        return min((time for time in times if time is not None), default=None)

    # --- events ----------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Outcome]:
        """It is `now`."""
        self._now = now
        if _has_come(self._begin_by, now):
            return self._break(Failed(ends.LOST, ends.LOST.text, f"no Begin within {BEGIN_WITHIN:g} s"))
        if _has_come(self._terminated_by, now):
            return self._break(Failed(ends.LOST, ends.LOST.text, f"no Termination within {TERMINATION_WITHIN:g} s"))
        if _has_come(self._open_at, now):
            return self.open()
        return self.send_due()

    def open(self) -> list[Outcome]:
        """A session is asked for."""
        self._state, self._open_at = _State.OPENING, None
        return [OpenUpstream(self._asked, self._channel)]

    def opened(self) -> list[Outcome]:
        """The socket is open; that says nothing yet about key and parameters."""
        if self._state is _State.OPENING:
            self._state = _State.OPEN
            self._begin_by = self._now + BEGIN_WITHIN * self._speed
        return []

    def refused(self, cause: str, status: int) -> list[Outcome]:
        """No socket could be opened. `cause` is for the log, `status` that of an HTTP answer, if one came."""
        row = {401: ends.BAD_KEY, 403: ends.BAD_KEY, 429: ends.TOO_MANY}.get(status, ends.SERVER_FAULT)
        text = f"the service that does the work answered HTTP {status}" if status else _UNREACHABLE
        return self._lose(Failed(row, text, cause))

    def said(self, frame: str | bytes) -> list[Outcome]:
        """A frame of AssemblyAI's."""
        if self._state not in (_State.OPEN, _State.BEGUN, _State.TERMINATING):
            return []
        try:
            message = assemblyai.server_messages.decode(frame)
        except MalformedMessage as error:
            return [Note(Topic.BAD_MESSAGE, error.reason)]
        match message:
            case assemblyai.Turn():
                return self._hear(message)
            case assemblyai.SpeechStarted():
                return [Heard(tuple(self._transcripts.speech_started(message)))]
            case assemblyai.Begin():
                return self._begin()
            case assemblyai.Termination():
                return self._finish()
            case assemblyai.Error():
                server_messages.ERROR_TEXT.over(Vendor.ASSEMBLYAI)
                code = message.error_code if isinstance(message.error_code, int) else 0
                return self._break(Failed(end_for_client(code), message.error, f"Error {code} {message.error}"))
            case assemblyai.Warning():
                return [Note(Topic.WARNING, f"{message.warning_code} {message.warning}")]
            case UnknownMessage():
                return [Note(Topic.UNKNOWN_MESSAGE, message.type)]

    def wrote(self, size: int) -> list[Outcome]:
        """A binary frame of `size` bytes has left."""
        self.relay.wrote(size)
        return []

    def closed(self, code: int, reason: str) -> list[Outcome]:
        """The socket is closed; `code` 1006 without a close frame."""
        if self._state is _State.FINISHED:
            self._state = _State.CLOSED
            return []
        if self._state is _State.LEAVING:
            self._state = _State.CLOSED
            return [Note(Topic.NOT_STOPPED, _UNANSWERED)] if code == ends.LOST.assemblyai_close else []
        if self._state is _State.TERMINATING and code == ends.FINISHED.assemblyai_close:
            finished = self._finish()
            self._state = _State.CLOSED
            return finished
        if self._broken_by is not None:
            return self._lose(self._broken_by)
        row = end_for_client(code)
        text = row.text or f"the service that does the work closed the session with {code}"
        return self._lose(Failed(row, text, f"it closed with {code} {reason}".rstrip()))

    # --- what the session wants ------------------------------------------------------------------

    def send_due(self) -> list[Outcome]:
        """The audio that may go now, and the ends of turn and session that follow from it."""
        actions: list[Outcome] = []
        if self._state is not _State.BEGUN:
            return actions
        for message in self.relay.due(self._now):
            actions.append(SendUpstream(message, self._channel))
            actions += self._end_long_turn()
        if self.relay.is_flushed:
            self._state = _State.TERMINATING
            self._terminated_by = self._now + TERMINATION_WITHIN * self._speed
            actions.append(SendUpstream(_TERMINATE, self._channel))
        return actions

    def end(self) -> list[Action]:
        """The session is over, whatever AssemblyAI still had to say."""
        was, self._state = self._state, _State.CLOSED
        self._begin_by = self._terminated_by = self._open_at = None
        match was:
            case _State.NONE | _State.CLOSED | _State.WAITING:
                return []
            case _State.BEGUN:
                self._state = _State.LEAVING
                return [SendUpstream(_TERMINATE, self._channel), CloseUpstream(self._channel)]
            case _State.TERMINATING:
                self._state = _State.LEAVING
                return [CloseUpstream(self._channel)]
            case _:
                return [CloseUpstream(self._channel)]

    # --- inside ----------------------------------------------------------------------------------

    def _begin(self) -> list[Outcome]:
        if self._state is not _State.OPEN:
            return [Note(Topic.BAD_MESSAGE, "a second Begin")]
        self._state, self._begin_by = _State.BEGUN, None
        self.relay.start(self._now)
        self._transcripts.begin_at(self.relay.start_seconds)
        first, self._has_begun = not self._has_begun, True
        return [*([Begun()] if first else []), *self.send_due()]

    def _hear(self, turn: assemblyai.Turn) -> list[Outcome]:
        self._losses = 0
        spoken = self._transcripts.turn(turn, self.relay.sent_seconds)
        self.relay.heard(self._transcripts.heard_until)
        return [Heard(tuple(spoken)), *self._end_long_turn()]

    def _end_long_turn(self) -> list[Action]:
        since = self._transcripts.open_since
        if since is None or since == self._forced_turn or self._state is not _State.BEGUN:
            return []
        if self.relay.sent_seconds - since < self._longest_turn:
            return []
        parameters.LONGEST_TURN.over(Vendor.ASSEMBLYAI)
        self._forced_turn = since
        return [SendUpstream(_FORCE_ENDPOINT, self._channel)]

    def _finish(self) -> list[Outcome]:
        if self._state is not _State.TERMINATING:
            return self._break(Failed(ends.LOST, ends.LOST.text, "it ended the session by itself"))
        spoken = self._transcripts.end()
        self._state, self._terminated_by = _State.FINISHED, None
        return [Heard(tuple(spoken)), Finished()]

    def _break(self, failed: Failed) -> list[Outcome]:
        """The socket is of no use any more; what comes next is decided when it is closed."""
        self._begin_by = self._terminated_by = None
        if not self._is_worth_another_try(failed):
            return self._give_up(failed, is_open=True)
        self._state, self._broken_by = _State.BROKEN, failed
        return [CloseUpstream(self._channel)]

    def _lose(self, failed: Failed) -> list[Outcome]:
        self._begin_by = self._terminated_by = self._broken_by = None
        if self._state is _State.CLOSED:
            return []
        if not self._is_worth_another_try(failed):
            return self._give_up(failed, is_open=False)
        self._open_at = self._now + OPEN_AGAIN_AFTER[self._losses] * self._speed
        self._losses += 1
        self._state, self._forced_turn = _State.WAITING, None
        self.relay.start_again()
        self._transcripts.lost()
        return [Note(Topic.LOST, failed.cause)]

    def _is_worth_another_try(self, failed: Failed) -> bool:
        return self._has_begun and failed.row in _WORTH_ANOTHER_TRY and self._losses < len(OPEN_AGAIN_AFTER)

    def _give_up(self, failed: Failed, *, is_open: bool) -> list[Outcome]:
        self._state = _State.CLOSED
        return [*([CloseUpstream(self._channel)] if is_open else []), failed]


def _has_come(time: float | None, now: float) -> bool:
    return time is not None and now >= time
