"""One AssemblyAI session with Gladia doing the work, as a state machine without I/O.

The shell tells what happens, always after `tick(now)`, and carries out the actions that come back. All times are
seconds of the shell's clock. That clock may be hastened; networks, and what a program does between two calls, are
not, so the waits for those are as much longer.

The client is let in at once and Gladia is asked behind its back: what is wrong is said by an `Error` and the close
that follows. Audio goes upstream as it comes, once it was found to be what AssemblyAI takes; until the socket is there
it is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shim.bridges.actions import (
    Action,
    CloseClient,
    Note,
    PauseClient,
    ResumeClient,
    SendToClient,
    Topic,
    close_reason,
)
from shim.bridges.assemblyai_forced_end import ForcedEnd
from shim.bridges.assemblyai_reports import Heartbeats, Silences
from shim.bridges.assemblyai_request import AskedFor, in_effect, read_request, refusal_of_answer, refusal_of_close
from shim.bridges.assemblyai_shortcomings import Shortcomings, notes_of
from shim.bridges.assemblyai_turns import AssemblyAITurns
from shim.bridges.assemblyai_webhook import Webhook
from shim.bridges.gladia_upstream import GladiaUpstream
from shim.faces import assemblyai as face
from shim.faces import gladia as gladia_face
from shim.mapping import assemblyai_messages, client_messages, ends, server_messages, session
from shim.mapping.assemblyai_parameters import WEBHOOK
from shim.mapping.on_absent import OnAbsent
from shim.mapping.row import EndRow, Vendor
from shim.wire import assemblyai, gladia
from shim.wire.codec import MalformedMessage, UnknownMessage, encode

BEGIN_WITHIN: Final = 0.5
"""Real seconds, as the next one. `Begin` is sent after so long without Gladia's answer: clients give it one second."""
END_WITHIN: Final = 30.0
"""From `stop_recording` to `end_recording`."""
LONGEST_BACKLOG: Final = 30.0
"""Seconds of audio held for the upstream before the client is no longer read."""
RESUME_BACKLOG: Final = 25.0
_ENDS_AFTER_STOP: Final = (ends.FINISHED.gladia_close, ends.JOB_OVER.gladia_close)
"""Closes by which Gladia says that it has done with a recording that was stopped."""


class AssemblyAIOverGladia:
    """A session, from the socket that asks for it to its end.

    Each event gives the actions to carry out; `deadline` says when to `tick` if nothing happens until then. The client
    is told of exactly one end, and so is Gladia: a session that was asked for is stopped, whoever has gone.
    """

    def __init__(
        self,
        query: Sequence[tuple[str, str]],
        *,
        session_id: str,
        created: datetime,
        now: float,
        speed: float = 1.0,
        longest: float = face.LONGEST_SESSION_SECONDS,
        refusal: face.Refusal | None = None,
        on_absent: OnAbsent | None = None,
        serves_webhooks: bool = False,
    ) -> None:
        """`query`: names and values, decoded. `created` is the date and time (UTC) at `now`; `speed` is how fast the
        clock runs. `longest`: seconds that the session may last. `refusal`: why the client is not let in, if it is
        not; its key is judged by whoever holds the keys. `on_absent`: what becomes of what Gladia lacks.
        `serves_webhooks`: the shell posts what the client asks to be posted at the end."""
        self._query, self._refusal = query, refusal
        self._session_id, self._created, self._now = session_id, created, now
        self._speed, self._longest = speed, longest
        self._asked: AskedFor | None = None
        self._on_absent = on_absent or OnAbsent()
        self._served = WEBHOOK if serves_webhooks else ()
        self._webhook = Webhook(session_id, {})
        self._gladia = GladiaUpstream(speed)
        self._client_is_there = False
        self._begun = False
        self._paused = False
        self._stopped = False
        self._over: CloseClient | None = None
        self._before_begin: list[Action] = []
        self._forced_end = ForcedEnd()
        self._heartbeats = Heartbeats()
        self._silences = Silences()

        self._opened_now = now
        self._heard_of_client = now
        self._begin_by: float | None = None
        self._close_by: float | None = None
        self._end_by: float | None = None
        self._expires: float | None = None

    # --- what the shell asks ---------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do: the session has ended, the client has been told or is gone, and there is no
        Gladia to be called again."""
        return self._over is not None and not self._client_is_there and self._gladia.due_at is None

    @property
    def audio_seconds(self) -> float:
        """How much audio the client has sent."""
        return 0.0 if self._asked is None else self._gladia.audio.received_seconds

    def deadline(self) -> float | None:
        """When to `tick` if nothing else happens until then."""
        times = [self._close_by, self._gladia.due_at]
        if self._over is None:
            times += [
                self._begin_by,
                self._end_by,
                self._forced_end.by,
                self._expires,
                self._inactive_by(),
                self._gladia.keep_alive_by,
                self._heartbeats.next_due,
            ]
        return min((time for time in times if time is not None), default=None)

    # --- events: time and the client -------------------------------------------------------------

    def tick(self, now: float) -> list[Action]:
        """It is `now`. Told before every other event, and at the deadline."""
        self._now = now = max(now, self._now)
        actions: list[Action] = []
        if _has_come(self._gladia.due_at, now):
            actions += self._gladia.due(now)
        if self._over is not None:
            return [*actions, *(self._close() if _has_come(self._close_by, now) else [])]
        if _has_come(self._begin_by, now):
            actions += self._begin()
        if _has_come(self._forced_end.by, now):
            self._forced_end.fulfilled()
            actions += self._say(*self._turns.force_end())
        if _has_come(self._heartbeats.next_due, now):
            sureness, self._turns.sureness = self._turns.sureness, 0.0
            audio = self._gladia.audio.received_seconds
            actions += self._say(*self._heartbeats.due(now, self._elapsed, audio, sureness))
        if _has_come(self._gladia.keep_alive_by, now):
            actions += self._gladia.keep_alive(now)
        if _has_come(self._inactive_by(), now):
            patience = self._turns.parameters.inactivity_timeout or 0
            actions += self._refuse(ends.BAD_MESSAGE, face.inactivity(patience), Topic.CLIENT_FAULT)
        if _has_come(self._expires, now):
            actions += self._refuse(ends.EXPIRED, face.session_expired(), Topic.CLIENT_FAULT)
        if _has_come(self._end_by, now):
            cause = f"no end of the recording within {END_WITHIN:g} s"
            actions += self._refuse(ends.LOST, face.server_fault(), Topic.FAILED, cause)
        return actions

    def client_opened(self) -> list[Action]:
        """The client's socket is open: now its key and its query are judged, and Gladia is asked."""
        self._client_is_there = True
        self._opened_now = self._heard_of_client = self._now
        if self._refusal is not None:
            return self._refuse(ends.BAD_KEY, self._refusal, Topic.CLIENT_FAULT)
        try:
            self._asked = asked = read_request(self._query, self._on_absent, self._served)
            if self._served:
                self._webhook = Webhook(self._session_id, asked.parameters.given)
        except face.Refusal as refusal:
            return self._refuse(ends.BAD_PARAMETER, refusal, Topic.CLIENT_FAULT)
        self._turns = AssemblyAITurns(asked.parameters)
        self._shortcomings = Shortcomings(asked, self._on_absent)
        self._begin_by = self._now + BEGIN_WITHIN * self._speed
        self._expires = self._now + self._longest
        return [*notes_of(asked), *self._gladia.ask(asked)]

    def client_said(self, frame: str | bytes) -> list[Action]:
        """A frame of the client: text or binary."""
        if self._over is not None or self._stopped or not self._client_is_there:
            return []
        self._heard_of_client = self._now
        try:
            if isinstance(frame, bytes):
                return self._take_audio(frame)
            match face.read_message(frame):
                case assemblyai.Terminate():
                    return self._terminate()
                case assemblyai.ForceEndpoint():
                    return self._force_endpoint()
                case assemblyai.UpdateConfiguration() as update:
                    return self._update(update)
                case assemblyai.KeepAlive():
                    assemblyai_messages.KEEP_ALIVE.over(Vendor.GLADIA)
                    return []
        except face.Refusal as refusal:
            row = ends.BAD_AUDIO if refusal.code == ends.BAD_AUDIO.assemblyai_close else ends.BAD_MESSAGE
            return self._refuse(row, refusal, Topic.CLIENT_FAULT)

    def client_closed(self, code: int) -> list[Action]:
        """The client's socket is gone; `code` 1006 without a close frame, 1005 for one without a code."""
        self._client_is_there = self._paused = False
        if self._over is not None:
            self._close_by = None
            return []
        client_messages.CLOSE_WITHOUT_STOP.over(Vendor.GLADIA)
        return self._end(ends.TOO_LARGE if code == ends.TOO_LARGE.assemblyai_close else ends.FINISHED)

    # --- events: Gladia --------------------------------------------------------------------------

    def upstream_answered(self, status: int, body: bytes) -> list[Action]:
        """Gladia has answered the request for a session."""
        if not self._gladia.is_asked:
            return []
        again = self._gladia.ask_again() if status >= 500 else []
        if again:
            return [Note(Topic.LOST, f"it answered HTTP {status}"), *again]
        if status != 201:
            self._gladia.is_gone()
            row, refusal = refusal_of_answer(status, body)
            return self._refuse(row, refusal, Topic.FAILED, f"it answered HTTP {status}: {refusal.text}")
        try:
            connecting = self._gladia.granted(body)
        except ValueError as error:
            return self._refuse(ends.SERVER_FAULT, face.server_fault(), Topic.FAILED, f"its answer: {error}")
        return [*connecting, *(self._begin() if self._over is None else [])]

    def upstream_refused(self, cause: str, status: int = 0, channel: int = 0) -> list[Action]:
        """Nothing could be reached. `cause` is for the log, `status` that of an answer to the upgrade, if one came."""
        if self._gladia.was_refused(status, self._now):
            return [Note(Topic.LOST, cause)]
        self._gladia.is_gone()
        if self._gladia.goes_on:
            return [Note(Topic.NOT_STOPPED, cause)]
        return self._refuse(ends.LOST, face.server_fault(), Topic.FAILED, cause)

    def upstream_opened(self, channel: int = 0) -> list[Action]:
        """The socket to Gladia is open."""
        actions = self._gladia.opened(self._now)
        return [*actions, *self._flow()]

    def upstream_said(self, frame: str | bytes, channel: int = 0) -> list[Action]:
        """A frame of Gladia's."""
        if self._over is not None:
            return []
        try:
            message = gladia.server_messages.decode(frame)
        except MalformedMessage as error:
            return [Note(Topic.BAD_MESSAGE, error.reason)]
        match message:
            case gladia.AudioChunkAck():
                return self._acknowledged(message)
            case gladia.Transcript():
                return self._transcript(message)
            case gladia.SpeechStart():
                self._silences.speech_starts()
                self._turns.speech_started(message)
            case gladia.SpeechEnd():
                self._silences.speech_ends(server_messages.milliseconds(message.data.time))
            case gladia.StopRecordingAck():
                self._gladia.stop_was_heard()
            case gladia.EndRecording() if not self._gladia.is_stopped:
                return [Note(Topic.BAD_MESSAGE, "the recording has ended and nobody has stopped it")]
            case gladia.EndRecording():
                return self._finish(message.data.recording_duration)
            case UnknownMessage():
                return [Note(Topic.UNKNOWN_MESSAGE, message.type)]
        return []

    def upstream_wrote(self, size: int, channel: int = 0) -> list[Action]:
        """A binary frame of `size` bytes has left for Gladia."""
        self._gladia.audio.wrote(size)
        return self._flow()

    def upstream_closed(self, code: int, reason: str = "", channel: int = 0) -> list[Action]:
        """The socket to Gladia is closed; `code` 1006 without a close frame."""
        was_stopped = self._gladia.is_stopped
        cause = f"it closed with {code} {reason}".rstrip()
        if self._gladia.was_closed(code, self._now):
            return [Note(Topic.LOST, cause)]
        self._gladia.is_gone()
        if self._gladia.goes_on:
            return [Note(Topic.NOT_STOPPED, cause)]
        if self._over is None and was_stopped and code in _ENDS_AFTER_STOP:
            return self._finish(self._gladia.audio.received_seconds)
        row, refusal = refusal_of_close(code)
        return self._refuse(row, refusal, Topic.FAILED, cause)

    def shut_down(self) -> list[Action]:
        """The gateway ends, and with it the session, on both sides."""
        row = ends.GOING_AWAY
        return self._end(row, CloseClient(row.assemblyai_close, close_reason(row.text)))

    # --- the session's course --------------------------------------------------------------------

    @property
    def _elapsed(self) -> float:
        return self._now - self._opened_now

    def _begin(self) -> list[Action]:
        if self._begun or self._asked is None:
            return []
        self._begin_by, self._begun = None, True
        session.SESSION_ID.over(Vendor.GLADIA)
        server_messages.START_RECORDING.over(Vendor.GLADIA)
        three_hours: int = session.CREATED_AT.live(Vendor.GLADIA, gladia_face.timestamp(self._created))
        expires_at = three_hours - session.SESSION_LENGTH_SECONDS + round(self._longest)
        echoed = in_effect(self._turns.parameters, self._asked.absent)
        begin = face.begin(echoed, self._session_id, expires_at)
        self._heartbeats.set(self._turns.parameters.session_heartbeat, self._now)
        held, self._before_begin = self._before_begin, []
        return [SendToClient(encode(begin)), *self._warn(), *held]

    def _warn(self) -> list[Action]:
        """Says what is missing, after `Begin`."""
        if not self._begun:
            return []
        warnings, notes = self._shortcomings.due()
        return [*self._say(*warnings), *notes]

    def _take_audio(self, audio: bytes) -> list[Action]:
        client_messages.AUDIO_BINARY.over(Vendor.GLADIA)
        seconds = self._gladia.audio.source.seconds(len(audio))
        face.check_duration(seconds * 1000)
        face.check_pace(self._gladia.audio.received_seconds + seconds, self._elapsed)
        return [*self._gladia.take(audio, self._now), *self._flow()]

    def _flow(self) -> list[Action]:
        """Stops reading a client that is too far ahead of the upstream, and goes on when it no longer is."""
        is_ahead = self._gladia.audio.behind_seconds > (RESUME_BACKLOG if self._paused else LONGEST_BACKLOG)
        if self._over is not None or is_ahead is self._paused:
            return []
        self._paused = is_ahead
        self._heard_of_client = self._now
        return [PauseClient() if is_ahead else ResumeClient()]

    def _acknowledged(self, message: gladia.AudioChunkAck) -> list[Action]:
        if message.data is None or not message.acknowledged:
            return []
        heard = message.data.byte_range[1]
        going_on = self._gladia.acknowledged(heard, self._now)
        self._forced_end.heard(heard, self._now)
        position = server_messages.milliseconds(message.data.time_range[1])
        silences = self._silences.heard(position, self._turns.parameters.acknowledge_silence)
        return [*going_on, *self._say(*silences)]

    def _transcript(self, message: gladia.Transcript) -> list[Action]:
        try:
            spoken = self._turns.transcript(message)
        except ValueError as error:
            return [Note(Topic.BAD_MESSAGE, f"transcript: {error}")]
        if any(isinstance(said, assemblyai.Turn) and said.end_of_turn for said in spoken):
            self._forced_end.fulfilled()
        return self._say(*spoken)

    def _force_endpoint(self) -> list[Action]:
        assemblyai_messages.FORCE_ENDPOINT.over(Vendor.GLADIA)
        audio = self._gladia.audio
        unheard_until = None if audio.is_all_acknowledged else audio.taken
        self._forced_end.wish(self._now, is_open=self._turns.is_open, unheard_until=unheard_until)
        return []

    def _update(self, update: assemblyai.UpdateConfiguration) -> list[Action]:
        assemblyai_messages.UPDATE_CONFIGURATION.over(Vendor.GLADIA)
        before = self._turns.parameters
        after = face.updated(before, update)
        notes = self._shortcomings.of_update(before, after)
        self._turns.parameters = after
        if self._begun:
            self._heartbeats.set(after.session_heartbeat, self._now)
        return [*notes, *self._warn()]

    def _terminate(self) -> list[Action]:
        client_messages.STOP.over(Vendor.GLADIA)
        self._stopped = True
        self._forced_end.forget()
        self._end_by = self._now + END_WITHIN * self._speed
        return self._gladia.stop()

    def _finish(self, audio_seconds: float) -> list[Action]:
        """Gladia has heard all: the open turn's final, the durations, and the end."""
        server_messages.END_RECORDING.over(Vendor.GLADIA)
        assemblyai_messages.SESSION_DURATION.over(Vendor.GLADIA)
        termination = assemblyai.Termination(
            audio_duration_seconds=server_messages.RECORDING_DURATION.live(Vendor.GLADIA, audio_seconds),
            session_duration_seconds=round(self._elapsed),
        )
        row = ends.FINISHED
        said = [*self._begin(), *self._say(*self._turns.end()), *self._say(termination)]
        return [*said, *self._end(row, CloseClient(row.assemblyai_close, face.ENDED_REASON))]

    def _say(self, *messages: assemblyai.ServerMessage | assemblyai.OptionalServerMessage) -> list[Action]:
        """What the client is told: nothing comes before `Begin`."""
        self._webhook.heard(messages)
        frames: list[Action] = [SendToClient(encode(message)) for message in messages]
        if self._begun:
            return frames
        self._before_begin += frames
        return []

    # --- the end ---------------------------------------------------------------------------------

    def _refuse(self, row: EndRow, refusal: face.Refusal, topic: Topic, cause: str = "") -> list[Action]:
        """The session ends with an `Error`, and the close a moment later. `cause` is for the log."""
        if self._over is not None:
            return []
        row.over(Vendor.GLADIA)
        server_messages.ERROR_TEXT.over(Vendor.GLADIA)
        assemblyai_messages.ERROR.over(Vendor.GLADIA)
        error = SendToClient(encode(face.error_frame(refusal)))
        note = Note(topic, cause or f"Error {refusal.code} {refusal.text}")
        self._close_by = self._now + face.ERROR_TO_CLOSE_SECONDS
        self._over = CloseClient(refusal.code, face.CLOSE_REASON)
        return [note, error, *self._gladia.end(), *self._post()]

    def _end(self, row: EndRow, close: CloseClient | None = None) -> list[Action]:
        """The session ends, and the client, if it is there, is closed at once."""
        if self._over is not None:
            return self._close()
        row.over(Vendor.GLADIA)
        self._over = close or CloseClient(row.assemblyai_close, "")
        return [*self._gladia.end(), *self._close(), *self._post()]

    def _post(self) -> list[Action]:
        """What goes to the client's own server at the end of a session that has begun."""
        return [*self._webhook.at_end()] if self._begun else []

    def _close(self) -> list[Action]:
        """The one close of the client's socket."""
        if self._over is None or not self._client_is_there:
            return []
        self._client_is_there, self._close_by = False, None
        return [self._over]

    def _inactive_by(self) -> float | None:
        if self._asked is None or self._stopped or self._paused or not self._client_is_there:
            return None
        patience = self._turns.parameters.inactivity_timeout
        return None if patience is None else self._heard_of_client + patience


def _has_come(time: float | None, now: float) -> bool:
    return time is not None and now >= time
