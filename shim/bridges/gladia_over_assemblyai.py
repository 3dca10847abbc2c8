"""One Gladia session with AssemblyAI doing the work, as a state machine without I/O.

The shell tells what happens, always after `tick(now)`, and carries out the actions that come back. All times are
seconds of the shell's clock. That clock may be hastened; networks, and what a program does between two calls, are
not, so the waits for those are as much longer.

A session outlives its sockets on both sides. A client that is gone without having closed with 1000 is waited for; what
it sends again is heard once (`shim.client_audio`), what it missed is said again (`client_line`). Each channel has its
own way through AssemblyAI (`assemblyai_upstream`). The shim always asks AssemblyAI for partials and filters them by the
client's flag: it must see an open turn to end it, by ForceEndpoint, once it is as old as Gladia lets an utterance
become (in audio time).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from shim.audio import AudioFormat, SampleFormat
from shim.audio_channels import one_channel
from shim.bridges.actions import (
    AcceptRequest,
    Action,
    BeginJob,
    CloseClient,
    KeepAudio,
    Note,
    PauseClient,
    RefuseClient,
    ReplaceClient,
    ResumeClient,
    SendUpstream,
    Topic,
    close_reason,
)
from shim.bridges.assemblyai_upstream import AssemblyAIUpstream, Begun, Failed, Finished, Heard, Outcome
from shim.bridges.client_line import ClientLine
from shim.bridges.gladia_add_ons import FailedAddOns
from shim.bridges.gladia_job import GladiaJob
from shim.bridges.gladia_messages import GladiaMessages
from shim.bridges.gladia_request import notes_of, refusal, upstream_parameters
from shim.bridges.gladia_transcripts import GladiaTranscripts, transcription
from shim.client_audio import ClientAudio
from shim.faces import gladia as gladia_face
from shim.faces.spelling import spelling_of
from shim.mapping import client_messages, ends, parameters
from shim.mapping.on_absent import OnAbsent
from shim.mapping.row import EndRow, Vendor
from shim.mapping.session import SESSION_LENGTH_SECONDS
from shim.wire import gladia
from shim.wire.assemblyai import QueryValue
from shim.wire.codec import MalformedMessage, UnknownMessage

ANSWER_WITHIN: Final = 2.0
"""Real seconds, as the next two. The POST is answered 201 after so long without `Begin`: the guide's program gives up
after 3 s."""
ATTACH_WITHIN: Final = 30.0
"""From the 201 to the client's socket."""
COME_BACK_WITHIN: Final = 30.0
"""From the loss of the client's socket to its next one, by default; then the session is finished without the client."""
END_BEFORE_LIMIT: Final = 10.0
"""The session is ended so long before AssemblyAI would do it, without the last final."""
LONGEST_BACKLOG: Final = 300.0
"""Seconds of audio held for the upstream before the client is no longer read. As much as AssemblyAI itself queues;
with much less, the keep-alive pings of a client that sends a whole file at once would wait too long for an answer."""
RESUME_BACKLOG: Final = 295.0
MOST_FRAMES: Final = 50_000
"""So many frames may wait for their acknowledgement before the client is no longer read."""
RESUME_FRAMES: Final = 45_000


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
        come_back_within: float = COME_BACK_WITHIN,
        on_absent: OnAbsent | None = None,
        serves_callbacks: bool = False,
        keeps_audio: bool = False,
    ) -> None:
        """`created` is the date and time (UTC) at `now`; `speed` is how fast the clock runs. `keep_turns`: Gladia's
        own silence also where the client set none; otherwise AssemblyAI's own ends a turn there. `come_back_within`:
        real seconds for which a client that was cut off is waited for. `on_absent`: what becomes of what AssemblyAI
        lacks. `serves_callbacks`: the shell posts what is asked to be posted. `keeps_audio`: it is handed out, for the
        job."""
        self._session, self._request = session, session.request
        self._speed, self._come_back_within = speed, come_back_within
        self._created, self._created_now, self._now = created, now, now
        self._messages = GladiaMessages(session_id, session.request.messages_config, self._wall)
        self._source = gladia_face.audio_format(session.request)
        served = (parameters.CALLBACK,) if serves_callbacks else ()
        self._asked = upstream_parameters(
            session, keep_turns=keep_turns, on_absent=on_absent or OnAbsent(), served=served
        )
        self._job = GladiaJob(session_id, session.request, serves_callbacks=serves_callbacks)
        self._add_ons = FailedAddOns(self._asked.failing, session.request, self._messages)
        asked = self._asked.parameters
        self._channels = [self._new_channel(number, asked) for number in range(self._source.channels)]
        self._audio = ClientAudio(self._source, [upstream.relay for upstream in self._upstreams], keeps=keeps_audio)
        self._line = ClientLine()

        self._answered = False
        self._paused = False
        self._stopped = False
        self._good_end: EndRow = ends.FINISHED
        self._over: tuple[EndRow, str] | None = None
        self._over_is_told = False
        self._is_closing = False

        self._client_was_heard = now
        self._answer_by: float | None = None
        self._attach_by: float | None = None
        self._stop_by: float | None = None

    def _new_channel(
        self, number: int, asked: Mapping[str, QueryValue]
    ) -> tuple[GladiaTranscripts, AssemblyAIUpstream]:
        languages = self._request.language_config.get("languages") or []
        transcripts = GladiaTranscripts(self._messages, languages, number, spelling_of(self._request))
        source = one_channel(self._source)
        untouched = source.sample_format is SampleFormat.MULAW
        target = AudioFormat(source.sample_format if untouched else SampleFormat.S16, source.sample_rate)
        longest = self._request.maximum_duration_without_endpointing
        return transcripts, AssemblyAIUpstream(
            number, asked, (source, target), transcripts, longest_turn=longest, speed=self._speed
        )

    # --- what the shell asks ---------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do: the session has ended, and whoever was there has been told."""
        return self._over is not None and self._over_is_told and not self._is_closing

    @property
    def audio_seconds(self) -> float:
        """How much audio the client has sent, each byte counted once."""
        return self._audio.received_seconds

    def deadline(self) -> float | None:
        """When to `tick` if nothing else happens until then."""
        times = [self._answer_by, self._attach_by, self._stop_by]
        if self._over is None:
            times += [self._silent_by(), *(upstream.deadline() for upstream in self._upstreams)]
        return min((time for time in times if time is not None), default=None)

    # --- events: time, the POST, the client ------------------------------------------------------

    def tick(self, now: float) -> list[Action]:
        """It is `now`. Told before every other event, and at the deadline."""
        self._now = now = max(now, self._now)
        actions: list[Action] = []
        if _has_come(self._answer_by, now):
            actions += self._accept()
        if _has_come(self._attach_by, now):
            actions += self._nobody_came()
        if _has_come(self._stop_by, now):
            self._good_end = ends.EXPIRED
            actions += self._finish_recording()
        if _has_come(self._silent_by(), now):
            actions += self._end(ends.SILENT, topic=Topic.CLIENT_FAULT)
        for upstream in self._upstreams:
            if self._over is None:
                actions += self._resolve(upstream.tick(now))
        return actions

    def request_received(self) -> list[Action]:
        """The POST has come, and was valid."""
        if self._asked.complaints:
            return self._end(ends.BAD_PARAMETER, *self._asked.complaints, topic=Topic.CLIENT_FAULT)
        self._answer_by = self._now + ANSWER_WITHIN * self._speed
        opened = [action for upstream in self._upstreams for action in self._resolve(upstream.open())]
        return [*notes_of(self._asked), *opened]

    def client_opened(self) -> list[Action]:
        """A client has opened the session's address."""
        if self._over_is_told:
            return [RefuseClient(ends.JOB_OVER.gladia_close, close_reason(ends.JOB_OVER.text))]
        if self._over is not None and not self._line.has_waiting:
            row, text = self._over
            self._over_is_told, self._attach_by = True, None
            return [RefuseClient(row.gladia_close, close_reason(text))]
        actions: list[Action] = []
        if self._line.is_attached or self._is_closing:  # the one that was there is gone, and nobody has noticed
            actions.append(ReplaceClient(gladia_face.CLOSE_REPLACED, "another connection took the session over"))
            self._left()
        is_first, self._attach_by, self._client_was_heard = not self._line.was_attached, None, self._now
        actions += self._line.attach()
        if is_first:
            return [*actions, BeginJob(), *self._say(self._messages.start_recording())]
        self._audio.returned()
        if self._over is not None:
            actions += self._say_goodbye(*self._over)
        return actions

    def client_said(self, frame: str | bytes) -> list[Action]:
        """A frame of the client: text or binary."""
        if not self._line.is_attached:
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

    def client_ponged(self, mark: int) -> list[Action]:
        """The client has answered a ping: what was said before it has arrived."""
        actions = self._line.ponged(mark)
        self._audio.confirmed(self._line.confirmed)
        return actions

    def client_closed(self, code: int) -> list[Action]:
        """The client's socket is gone; `code` 1006 without a close frame, 1005 for one without a code."""
        if self._is_closing:
            self._is_closing = False
            if code != ends.LOST.assemblyai_close or not self._line.has_waiting:
                self._over_is_told, self._attach_by = True, None
            return []
        if not self._line.is_attached:
            return []
        self._left()
        # Gladia's SDKs close with 1001 where their program ends the session, and never come back from it.
        if code in (ends.FINISHED.gladia_close, ends.GOING_AWAY.gladia_close):
            client_messages.CLOSE_WITHOUT_STOP.over(Vendor.ASSEMBLYAI)
            self._over_is_told = True  # it has said goodbye: what comes now is for the job
            return self._finish_recording()
        self._attach_by = self._now + self._come_back_within * self._speed
        return [Note(Topic.CLIENT_GONE, f"its connection ended with {code}")]

    # --- events: AssemblyAI ----------------------------------------------------------------------

    def upstream_opened(self, channel: int = 0) -> list[Action]:
        """The socket to AssemblyAI is open."""
        return self._resolve(self._upstreams[channel].opened())

    def upstream_refused(self, cause: str, status: int = 0, channel: int = 0) -> list[Action]:
        """No socket could be opened. `cause` is for the log, `status` that of an HTTP answer, if one came."""
        return self._resolve(self._upstreams[channel].refused(cause, status))

    def upstream_said(self, frame: str | bytes, channel: int = 0) -> list[Action]:
        """A frame of AssemblyAI's."""
        return self._resolve(self._upstreams[channel].said(frame))

    def upstream_wrote(self, size: int, channel: int = 0) -> list[Action]:
        """A binary frame of `size` bytes has left for AssemblyAI."""
        self._upstreams[channel].wrote(size)
        return [*self._acknowledge(), *self._flow()]

    def upstream_closed(self, code: int, reason: str = "", channel: int = 0) -> list[Action]:
        """The socket to AssemblyAI is closed; `code` 1006 without a close frame."""
        return self._resolve(self._upstreams[channel].closed(code, reason))

    def shut_down(self) -> list[Action]:
        """The gateway ends, and with it the session, on both sides."""
        self._attach_by, self._over_is_told = None, True  # nobody who comes later finds anyone here
        return self._end(ends.GOING_AWAY)

    # --- the session's course --------------------------------------------------------------------

    @property
    def _upstreams(self) -> list[AssemblyAIUpstream]:
        return [upstream for _, upstream in self._channels]

    def _resolve(self, outcomes: Iterable[Outcome]) -> list[Action]:
        """What a channel's news mean for the session."""
        actions: list[Action] = []
        for outcome in outcomes:
            if self._over is not None and not isinstance(outcome, Note):
                break
            match outcome:
                case Heard(messages):
                    actions += self._say(*self._add_ons.after_finals(messages))
                case Begun():
                    actions += self._begin()
                case Finished():
                    actions += self._finish()
                case Failed(row, text, cause):
                    actions += self._end(row, text, topic=Topic.FAILED, cause=cause)
                case SendUpstream(bytes()):
                    self._client_was_heard = self._now  # there is no silence while there is something to work on
                    actions.append(outcome)
                case _:
                    actions.append(outcome)
        return actions

    def _accept(self) -> list[Action]:
        self._answer_by, self._answered = None, True
        self._attach_by = self._now + ATTACH_WITHIN * self._speed
        return [AcceptRequest(), *self._job.started(self._messages.start_session())]

    def _begin(self) -> list[Action]:
        if not all(upstream.has_begun for upstream in self._upstreams):
            return []
        if not self._stopped:
            self._stop_by = self._now + SESSION_LENGTH_SECONDS - END_BEFORE_LIMIT
        return [] if self._answered else self._accept()

    def _nobody_came(self) -> list[Action]:
        """The client has not come, or not come back."""
        self._attach_by, self._over_is_told, self._is_closing = None, True, False
        if not self._line.was_attached:
            return self._end(ends.SILENT, "no client has connected", topic=Topic.CLIENT_FAULT)
        return self._finish_recording()

    def _take_audio(self, audio: bytes) -> list[Action]:
        if self._stopped:
            return []
        self._client_was_heard = self._now
        self._audio.take(audio, self._now)
        heard = [*self._tell_what_it_lacked(), *self._keep_audio()]
        return [*heard, *self._send_due(), *self._acknowledge(), *self._flow()]

    def _tell_what_it_lacked(self) -> list[Action]:
        """The acknowledgement that was lost with the client's last connection."""
        lacked = self._audio.lacked()
        return [] if lacked is None else self._say(self._messages.audio_ack(*lacked, self._source))

    def _stop(self) -> list[Action]:
        client_messages.STOP.over(Vendor.ASSEMBLYAI)
        ack = self._messages.stop_ack(self._audio.received_seconds, self._audio.behind_seconds)
        return [*self._say(ack), *self._finish_recording()]

    def _finish_recording(self) -> list[Action]:
        """No more audio is taken; what is there is sent, then AssemblyAI is asked to finish."""
        if self._stopped or self._over is not None:
            return []
        self._stopped, self._stop_by = True, None
        self._audio.finish(self._now)
        return [*self._keep_audio(), *self._send_due(), *self._acknowledge()]

    def _send_due(self) -> list[Action]:
        actions: list[Action] = []
        for upstream in self._upstreams:
            if self._over is None:
                actions += self._resolve(upstream.send_due())
        return actions

    def _acknowledge(self) -> list[Action]:
        actions: list[Action] = []
        for first, end in self._audio.safe_frames():
            actions += self._say(self._messages.audio_ack(first, end, self._source))
            if self._line.is_attached:
                self._audio.told(end)
        return actions

    def _flow(self) -> list[Action]:
        """Stops reading a client that is too far ahead, and goes on when it no longer is."""
        seconds, frames = (RESUME_BACKLOG, RESUME_FRAMES) if self._paused else (LONGEST_BACKLOG, MOST_FRAMES)
        is_ahead = self._audio.behind_seconds > seconds or self._audio.frames_behind > frames
        if not self._line.is_attached or is_ahead is self._paused:
            return []
        self._paused = not self._paused
        self._client_was_heard = self._now
        return [PauseClient() if self._paused else ResumeClient()]

    def _finish(self) -> list[Action]:
        """AssemblyAI has said all in every channel: the summaries, and the end.

        The durations are the shim's own count: it is exact, where AssemblyAI gives whole seconds and counts the
        padding, and the acknowledgements were counted so too.
        """
        if not all(upstream.is_closed for upstream in self._upstreams):
            return []
        summary = self._messages.summary(
            transcription(transcripts for transcripts, _ in self._channels),
            self._audio.received_seconds,
            self._now - self._created_now,
            self._request.channels,
            add_ons=self._add_ons.at_end(),
            results=self._add_ons.results(),
        )
        return [*self._say(*summary), *self._end(self._good_end)]

    def _refuse_message(self, reason: str) -> list[Action]:
        return self._end(ends.BAD_MESSAGE, f"{ends.BAD_MESSAGE.text}: {reason}", topic=Topic.CLIENT_FAULT)

    def _left(self) -> None:
        """The client's socket is of no use any more."""
        self._line.detach()
        self._audio.left()
        self._paused = False

    def _end(self, row: EndRow, *texts: str, topic: Topic | None = None, cause: str = "") -> list[Action]:
        """The one way in which a session ends: whoever is there is told, and nothing is left open.

        `texts` are for the client (the row's own if there is none), `cause` for the log (the same if empty). A client
        that is away is told when it comes back in time.
        """
        if self._over is not None:
            return []
        texts = texts or (row.text,)
        text = "; ".join(texts)
        row.over(Vendor.ASSEMBLYAI)
        self._over = row, text
        self._answer_by = self._stop_by = None
        actions: list[Action] = [Note(topic, cause or text)] if topic else []
        for upstream in self._upstreams:
            actions += upstream.end()
        if not self._answered:
            self._answered = self._over_is_told = True
            actions.append(refusal(row, *texts))
        else:
            failure = None if row is self._good_end else row
            actions.append(self._job.finished(self._audio.received_seconds, self._source.channels, failure))
        if self._line.is_attached:
            actions += self._say_goodbye(row, text)
        if self._over_is_told:
            self._attach_by = None
        return actions

    def _say_goodbye(self, row: EndRow, text: str) -> list[Action]:
        """The client's socket is closed. If that is not answered, what was said last may not have arrived."""
        self._left()
        self._is_closing = True
        self._attach_by = self._now + self._come_back_within * self._speed
        return [CloseClient(row.gladia_close, close_reason(text))]

    def _say(self, *messages: gladia.ServerMessage) -> list[Action]:
        wanted = self._messages.wanted(*messages)
        return [*self._line.say(*wanted), *self._job.said(messages, wanted)]

    def _keep_audio(self) -> list[Action]:
        audio = self._audio.kept()
        return [KeepAudio(audio)] if audio else []

    def _silent_by(self) -> float | None:
        if not self._line.is_attached or self._stopped or self._paused:
            return None
        return self._client_was_heard + gladia_face.SILENT_CLIENT_SECONDS

    def _wall(self) -> datetime:
        return self._created + timedelta(seconds=self._now - self._created_now)


def _has_come(time: float | None, now: float) -> bool:
    return time is not None and now >= time
