"""One Gladia session with AssemblyAI doing the work, as a state machine without I/O.

The shell tells what happens, always after `tick(now)`, and carries out the actions that come back. All times are
seconds of the shell's clock. That clock may be hastened; networks, and what a program does between two calls, are
not, so the waits for those are as much longer.

The shim always asks AssemblyAI for partials and filters them by the client's flag: it must see an open turn to end
it, by ForceEndpoint, once it is as old as Gladia lets an utterance become (in audio time). It sends no audio before
`Begin`, and counts the pace from there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from shim.audio import AudioFormat, SampleFormat
from shim.audio_chunks import AudioRelay, ChunkRules
from shim.bridges.actions import (
    AcceptRequest,
    Action,
    CloseClient,
    CloseUpstream,
    Note,
    OpenUpstream,
    PauseClient,
    RefuseClient,
    ResumeClient,
    SendUpstream,
    Topic,
    close_reason,
)
from shim.bridges.gladia_messages import GladiaMessages
from shim.bridges.gladia_request import end_for_client, refusal, upstream_parameters
from shim.bridges.gladia_transcripts import GladiaTranscripts
from shim.faces import assemblyai as assemblyai_face
from shim.faces import gladia as gladia_face
from shim.mapping import client_messages, ends, parameters, server_messages
from shim.mapping.row import EndRow, Vendor
from shim.mapping.session import SESSION_LENGTH_SECONDS
from shim.wire import assemblyai, gladia
from shim.wire.codec import MalformedMessage, UnknownMessage, encode

ANSWER_WITHIN: Final = 2.0
"""Real seconds, as the next three. The POST is answered 201 after so long without `Begin`: the guide's program gives
up after 3 s."""
BEGIN_WITHIN: Final = 10.0
"""From the upstream socket's opening to `Begin`."""
ATTACH_WITHIN: Final = 30.0
"""From the 201 to the client's socket."""
TERMINATION_WITHIN: Final = 30.0
"""From `Terminate` to `Termination`."""
END_BEFORE_LIMIT: Final = 10.0
"""The session is ended so long before AssemblyAI would do it, without the last final."""
LONGEST_BACKLOG: Final = 300.0
"""Seconds of audio held for the upstream before the client is no longer read. As much as AssemblyAI itself queues;
with much less, the keep-alive pings of a client that sends a whole file at once would wait too long for an answer."""
RESUME_BACKLOG: Final = 295.0
MOST_FRAMES: Final = 50_000
"""So many frames may wait for their acknowledgement before the client is no longer read."""
RESUME_FRAMES: Final = 45_000

_CHUNK_RULES: Final = ChunkRules(
    shortest=assemblyai_face.SHORTEST_MESSAGE / 1000,
    longest=assemblyai_face.LONGEST_MESSAGE / 1000,
    largest=assemblyai_face.LARGEST_FRAME,
    pace=assemblyai_face.PACE,
    allowance=assemblyai_face.PACE_ALLOWANCE_SECONDS - 1.0,
)
_TERMINATE: Final = encode(assemblyai.Terminate())
_FORCE_ENDPOINT: Final = encode(assemblyai.ForceEndpoint())
_UNREACHABLE: Final = "the service that does the work could not be reached"


class _Upstream(Enum):
    """How far the socket to AssemblyAI is."""

    NONE = auto()
    OPENING = auto()
    OPEN = auto()
    BEGUN = auto()
    TERMINATING = auto()
    CLOSED = auto()


class GladiaOverAssemblyAI:
    """A session, from the POST that asks for it to its end.

    Call `request_received` first, then tell what happens. Each event gives the actions to carry out; `deadline` says
    when to `tick` if nothing happens until then. Each side is told of exactly one end.
    """

    def __init__(
        self,
        session: gladia_face.SessionRequest,
        *,
        session_id: str,
        created: datetime,
        now: float,
        speed: float = 1.0,
        keep_turns: bool = False,
    ) -> None:
        """`created` is the date and time (UTC) at `now`; `speed` is how fast the clock runs. `keep_turns`: Gladia's
        own silence also where the client set none; otherwise AssemblyAI's own ends a turn there."""
        self._session, self._request = session, session.request
        self._speed, self._keep_turns = speed, keep_turns
        self._created, self._created_now, self._now = created, now, now
        self._messages = GladiaMessages(session_id, session.request.messages_config, self._wall)
        languages = session.request.language_config.get("languages") or []
        self._transcripts = GladiaTranscripts(self._messages, languages)
        self._source = gladia_face.audio_format(session.request)
        untouched = self._source.sample_format is SampleFormat.MULAW
        target = AudioFormat(self._source.sample_format if untouched else SampleFormat.S16, self._source.sample_rate)
        self._relay = AudioRelay(self._source, target, _CHUNK_RULES)

        self._upstream = _Upstream.NONE
        self._answered = False
        self._attached = False
        self._ever_attached = False
        self._paused = False
        self._stopped = False
        self._forced_turn: float | None = None
        self._good_end: EndRow = ends.FINISHED
        self._over: tuple[EndRow, str] | None = None
        self._over_is_told = False

        self._client_was_heard = now
        self._answer_by: float | None = None
        self._attach_by: float | None = None
        self._begin_by: float | None = None
        self._stop_by: float | None = None
        self._terminated_by: float | None = None

    # --- what the shell asks ---------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do: the session has ended, and whoever was there has been told."""
        return self._over is not None and self._over_is_told

    def deadline(self) -> float | None:
        """When to `tick` if nothing else happens until then."""
        times = [self._answer_by, self._attach_by, self._begin_by, self._stop_by, self._terminated_by]
        if self._over is None:
            times += [self._silent_by(), self._relay.next_due() if self._upstream is _Upstream.BEGUN else None]
        return min((time for time in times if time is not None), default=None)

    # --- events: time, the POST, the client ------------------------------------------------------

    def tick(self, now: float) -> list[Action]:
        """It is `now`. Told before every other event, and at the deadline."""
        self._now = now = max(now, self._now)
        actions: list[Action] = []
        if _has_come(self._answer_by, now):
            actions += self._accept()
        if _has_come(self._attach_by, now):
            self._attach_by, self._over_is_told = None, True
            actions += self._end(ends.SILENT, "no client has connected", topic=Topic.CLIENT_FAULT)
        if _has_come(self._begin_by, now):
            actions += self._end(ends.LOST, topic=Topic.FAILED, cause=f"no Begin within {BEGIN_WITHIN:g} s")
        if _has_come(self._terminated_by, now):
            actions += self._end(ends.LOST, topic=Topic.FAILED, cause=f"no Termination within {TERMINATION_WITHIN:g} s")
        if _has_come(self._stop_by, now):
            self._good_end = ends.EXPIRED
            actions += self._finish_recording()
        if _has_come(self._silent_by(), now):
            actions += self._end(ends.SILENT, topic=Topic.CLIENT_FAULT)
        return actions + self._send_due()

    def request_received(self) -> list[Action]:
        """The POST has come, and was valid."""
        values, complaints = upstream_parameters(self._session, keep_turns=self._keep_turns)
        if complaints:
            return self._end(ends.BAD_PARAMETER, *complaints, topic=Topic.CLIENT_FAULT)
        self._upstream = _Upstream.OPENING
        self._answer_by = self._now + ANSWER_WITHIN * self._speed
        return [OpenUpstream(values)]

    def client_opened(self) -> list[Action]:
        """A client has opened the session's address."""
        if self._attached:
            return [RefuseClient(gladia_face.CLOSE_REPLACED, "the session has another connection")]
        if self._over is not None:
            row, text = (ends.JOB_OVER, ends.JOB_OVER.text) if self._over_is_told else self._over
            self._over_is_told, self._attach_by = True, None
            return [RefuseClient(row.gladia_close, close_reason(text))]
        is_first, self._attached, self._ever_attached = not self._ever_attached, True, True
        self._attach_by = None
        self._client_was_heard = self._now
        return self._say(self._messages.start_recording()) if is_first else []

    def client_said(self, frame: str | bytes) -> list[Action]:
        """A frame of the client: text or binary."""
        if not self._attached:
            return []
        if isinstance(frame, bytes):
            client_messages.AUDIO_BINARY.over(Vendor.ASSEMBLYAI)
            return self._take_audio(frame)
        try:
            match gladia.client_messages.decode(frame):
                case gladia.AudioChunk() as message:
                    client_messages.AUDIO_JSON.over(Vendor.ASSEMBLYAI)
                    return self._take_audio(gladia_face.chunk_bytes(message))
                case gladia.StopRecording():
                    return self._stop()
                case UnknownMessage() as unknown:
                    return self._refuse_message(f"type {unknown.type!r}")
        except MalformedMessage as error:
            return self._refuse_message(error.reason)

    def client_closed(self, code: int) -> list[Action]:
        """The client's socket is gone; `code` 1006 without a close frame, 1005 for one without a code."""
        if not self._attached:
            return []
        self._attached = self._paused = False
        if self._stopped:
            return []  # what was asked for is finished without it
        if code == ends.FINISHED.gladia_close:
            client_messages.CLOSE_WITHOUT_STOP.over(Vendor.ASSEMBLYAI)
            return self._finish_recording()
        return self._client_lost(code)

    # --- events: AssemblyAI ----------------------------------------------------------------------

    def upstream_opened(self) -> list[Action]:
        """The socket to AssemblyAI is open; that says nothing yet about key and parameters."""
        if self._upstream is _Upstream.OPENING:
            self._upstream = _Upstream.OPEN
            self._begin_by = self._now + BEGIN_WITHIN * self._speed
        return []

    def upstream_refused(self, cause: str, status: int = 0) -> list[Action]:
        """No socket could be opened. `cause` is for the log, `status` that of an HTTP answer, if one came."""
        if self._over is not None:
            return []
        self._upstream = _Upstream.CLOSED
        row = {401: ends.BAD_KEY, 403: ends.BAD_KEY, 429: ends.TOO_MANY}.get(status, ends.SERVER_FAULT)
        text = f"the service that does the work answered HTTP {status}" if status else _UNREACHABLE
        return self._end(row, text, topic=Topic.FAILED, cause=cause)

    def upstream_said(self, frame: str | bytes) -> list[Action]:
        """A frame of AssemblyAI's."""
        if self._over is not None:
            return []
        try:
            message = assemblyai.server_messages.decode(frame)
        except MalformedMessage as error:
            return [Note(Topic.BAD_MESSAGE, error.reason)]
        match message:
            case assemblyai.Turn():
                spoken = self._transcripts.turn(message, self._relay.sent_seconds)
                return [*self._say(*spoken), *self._end_long_turn()]
            case assemblyai.SpeechStarted():
                return self._say(*self._transcripts.speech_started(message))
            case assemblyai.Begin():
                return self._begin()
            case assemblyai.Termination():
                return self._finish()
            case assemblyai.Error():
                return self._fail(message)
            case assemblyai.Warning():
                return [Note(Topic.WARNING, f"{message.warning_code} {message.warning}")]
            case UnknownMessage():
                return [Note(Topic.UNKNOWN_MESSAGE, message.type)]

    def upstream_wrote(self, size: int) -> list[Action]:
        """A binary frame of `size` bytes has left for AssemblyAI."""
        self._relay.wrote(size)
        return [*self._acknowledge(), *self._flow()]

    def upstream_closed(self, code: int, reason: str = "") -> list[Action]:
        """The socket to AssemblyAI is closed; `code` 1006 without a close frame."""
        if self._over is not None:
            return []
        finished = self._upstream is _Upstream.TERMINATING and code == ends.FINISHED.assemblyai_close
        self._upstream = _Upstream.CLOSED
        if finished:
            return self._finish()
        row = end_for_client(code)
        text = row.text or f"the service that does the work closed the session with {code}"
        return self._end(row, text, topic=Topic.FAILED, cause=f"it closed with {code} {reason}".rstrip())

    def shut_down(self) -> list[Action]:
        """The gateway ends, and with it the session, on both sides."""
        self._attach_by, self._over_is_told = None, True  # nobody who comes later finds anyone here
        return self._end(ends.GOING_AWAY)

    # --- the session's course --------------------------------------------------------------------

    def _accept(self) -> list[Action]:
        self._answer_by, self._answered = None, True
        self._attach_by = self._now + ATTACH_WITHIN * self._speed
        return [AcceptRequest()]

    def _begin(self) -> list[Action]:
        if self._upstream is not _Upstream.OPEN:
            return [Note(Topic.BAD_MESSAGE, "a second Begin")]
        self._upstream, self._begin_by = _Upstream.BEGUN, None
        if not self._stopped:
            self._stop_by = self._now + SESSION_LENGTH_SECONDS - END_BEFORE_LIMIT
        self._relay.start(self._now)
        accepted = [] if self._answered else self._accept()
        return [*accepted, *self._send_due()]

    def _take_audio(self, audio: bytes) -> list[Action]:
        if self._stopped:
            return []
        self._client_was_heard = self._now
        self._relay.take(audio, self._now)
        return [*self._send_due(), *self._acknowledge(), *self._flow()]

    def _stop(self) -> list[Action]:
        client_messages.STOP.over(Vendor.ASSEMBLYAI)
        ack = self._messages.stop_ack(self._relay.received_seconds, self._relay.behind_seconds)
        return [*self._say(ack), *self._finish_recording()]

    def _finish_recording(self) -> list[Action]:
        """No more audio is taken; what is there is sent, then AssemblyAI is asked to finish."""
        if self._stopped:
            return []
        self._stopped, self._stop_by = True, None
        self._relay.finish(self._now)
        return [*self._send_due(), *self._acknowledge()]

    def _send_due(self) -> list[Action]:
        """The audio that may go upstream now, and the ends of turn and session that follow from it."""
        actions: list[Action] = []
        if self._upstream is not _Upstream.BEGUN:
            return actions
        for message in self._relay.due(self._now):
            self._client_was_heard = self._now  # there is no silence while there is something to work on
            actions.append(SendUpstream(message))
            actions += self._end_long_turn()
        if self._relay.is_flushed:
            self._upstream = _Upstream.TERMINATING
            self._terminated_by = self._now + TERMINATION_WITHIN * self._speed
            actions.append(SendUpstream(_TERMINATE))
        return actions

    def _end_long_turn(self) -> list[Action]:
        since = self._transcripts.open_since
        if since is None or since == self._forced_turn or self._upstream is not _Upstream.BEGUN:
            return []
        if self._relay.sent_seconds - since < self._request.maximum_duration_without_endpointing:
            return []
        parameters.LONGEST_TURN.over(Vendor.ASSEMBLYAI)
        self._forced_turn = since
        return [SendUpstream(_FORCE_ENDPOINT)]

    def _acknowledge(self) -> list[Action]:
        ranges = self._relay.safe_frames()
        return self._say(*(self._messages.audio_ack(first, end, self._source) for first, end in ranges))

    def _flow(self) -> list[Action]:
        """Stops reading a client that is too far ahead, and goes on when it no longer is."""
        seconds, frames = (RESUME_BACKLOG, RESUME_FRAMES) if self._paused else (LONGEST_BACKLOG, MOST_FRAMES)
        is_ahead = self._relay.behind_seconds > seconds or self._relay.frames_behind > frames
        if not self._attached or is_ahead is self._paused:
            return []
        self._paused = not self._paused
        self._client_was_heard = self._now
        return [PauseClient() if self._paused else ResumeClient()]

    def _finish(self) -> list[Action]:
        """AssemblyAI has said all: the summaries, and the end.

        The durations are the shim's own count: it is exact, where AssemblyAI gives whole seconds and counts the
        padding, and the acknowledgements were counted so too.
        """
        actions = self._say(*self._transcripts.end())
        summary = self._messages.summary(
            self._transcripts.transcription(),
            self._relay.received_seconds,
            self._now - self._created_now,
            self._request.channels,
        )
        return [*actions, *self._say(*summary), *self._end(self._good_end)]

    def _fail(self, error: assemblyai.Error) -> list[Action]:
        server_messages.ERROR_TEXT.over(Vendor.ASSEMBLYAI)
        code = error.error_code if isinstance(error.error_code, int) else 0
        self._upstream = _Upstream.TERMINATING  # it closes by itself, and takes no message any more
        return self._end(end_for_client(code), error.error, topic=Topic.FAILED, cause=f"Error {code} {error.error}")

    def _refuse_message(self, reason: str) -> list[Action]:
        return self._end(ends.BAD_MESSAGE, f"{ends.BAD_MESSAGE.text}: {reason}", topic=Topic.CLIENT_FAULT)

    def _client_lost(self, code: int) -> list[Action]:
        """The client's connection broke. Its return is not waited for yet: the session ends."""
        row = ends.TOO_LARGE if code == ends.TOO_LARGE.gladia_close else ends.LOST
        return self._end(row, f"the client's connection ended with {code}", topic=Topic.CLIENT_FAULT)

    def _end(self, row: EndRow, *texts: str, topic: Topic | None = None, cause: str = "") -> list[Action]:
        """The one way in which a session ends: whoever is there is told, and nothing is left open.

        `texts` are for the client (the row's own if there is none), `cause` for the log (the same if empty).
        """
        if self._over is not None:
            return []
        texts = texts or (row.text,)
        text = "; ".join(texts)
        row.over(Vendor.ASSEMBLYAI)
        self._over = row, text
        self._answer_by = self._begin_by = self._stop_by = self._terminated_by = None
        actions: list[Action] = [Note(topic, cause or text)] if topic else []
        actions += self._end_upstream()
        if not self._answered:
            self._answered = self._over_is_told = True
            actions.append(refusal(row, *texts))
        elif self._attached:
            self._attached, self._over_is_told = False, True
            actions.append(CloseClient(row.gladia_close, close_reason(text)))
        elif self._ever_attached:
            self._over_is_told = True
        return actions

    def _end_upstream(self) -> list[Action]:
        was, self._upstream = self._upstream, _Upstream.CLOSED
        match was:
            case _Upstream.NONE | _Upstream.CLOSED:
                return []
            case _Upstream.BEGUN:
                return [SendUpstream(_TERMINATE), CloseUpstream()]
            case _:
                return [CloseUpstream()]

    def _say(self, *messages: gladia.ServerMessage) -> list[Action]:
        return [*self._messages.passed(*messages)] if self._attached else []

    def _silent_by(self) -> float | None:
        if not self._attached or self._stopped or self._paused:
            return None
        return self._client_was_heard + gladia_face.SILENT_CLIENT_SECONDS

    def _wall(self) -> datetime:
        return self._created + timedelta(seconds=self._now - self._created_now)


def _has_come(time: float | None, now: float) -> bool:
    return time is not None and now >= time
