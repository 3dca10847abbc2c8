"""The messages that a Gladia client gets, stamped with session and time, and let through by the client's flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shim.audio import AudioFormat
from shim.faces import gladia as gladia_face
from shim.mapping import parameters
from shim.mapping import server_messages as rows
from shim.mapping.row import Row, Vendor
from shim.wire import gladia

_ROWS: Final[dict[type[Any], Row]] = {
    gladia.StartRecording: rows.START_RECORDING,
    gladia.AudioChunkAck: rows.AUDIO_ACK,
    gladia.SpeechStart: rows.SPEECH_START,
    gladia.SpeechEnd: rows.SPEECH_END,
    gladia.Transcript: rows.TRANSCRIPT,
    gladia.Translation: parameters.TRANSLATION,
    gladia.NamedEntityRecognition: parameters.ENTITIES,
    gladia.SentimentAnalysis: parameters.SENTIMENT,
    gladia.StopRecordingAck: rows.STOP_ACK,
    gladia.EndRecording: rows.END_RECORDING,
    gladia.PostTranscript: rows.POST_TRANSCRIPT,
    gladia.PostSummarization: parameters.SUMMARY,
    gladia.PostFinalTranscript: rows.POST_FINAL,
    gladia.EndSession: rows.END_SESSION,
}

AddOn = gladia.Translation | gladia.NamedEntityRecognition | gladia.SentimentAnalysis | gladia.PostSummarization


class GladiaMessages:
    """Makes the messages of one session. Times and durations are seconds of audio."""

    def __init__(self, session_id: str, flags: gladia.MessagesConfig, wall: Callable[[], datetime]) -> None:
        """`wall` gives the date and time (UTC) at which a message is made."""
        self._session_id = session_id
        self._flags = flags
        self._wall = wall

    def wanted(self, *messages: gladia.ServerMessage) -> list[gladia.ServerMessage]:
        """Those of the messages that the client has asked for."""
        found = [message for message in messages if gladia_face.is_wanted(message, self._flags)]
        for message in found:
            _ROWS[type(message)].over(Vendor.ASSEMBLYAI)
        return found

    def start_session(self) -> gladia.StartSession:
        """The session is granted."""
        return gladia.StartSession(session_id=self._session_id, created_at=self._created_at())

    def start_recording(self) -> gladia.StartRecording:
        """The client's socket is open."""
        return gladia.StartRecording(session_id=self._session_id, created_at=self._created_at())

    def audio_ack(self, first: int, end: int, audio: AudioFormat) -> gladia.AudioChunkAck:
        """The client's bytes from `first` up to, not including, `end` are safe."""
        data = gladia.AudioChunkRange(byte_range=(first, end), time_range=(audio.seconds(first), audio.seconds(end)))
        return gladia.AudioChunkAck(
            session_id=self._session_id, created_at=self._created_at(), acknowledged=True, data=data
        )

    def stop_ack(self, received: float, left: float) -> gladia.StopRecordingAck:
        """The stop was heard, after so much audio, of which so much is not sent upstream yet."""
        data = gladia.StopRecordingData(recording_duration=received, recording_left_to_process=round(left, 6))
        return gladia.StopRecordingAck(
            session_id=self._session_id, created_at=self._created_at(), acknowledged=True, data=data
        )

    def speech_start(self, time: float, channel: int) -> gladia.SpeechStart:
        """Voice begins."""
        data = gladia.SpeechMoment(time=time, channel=channel)
        return gladia.SpeechStart(session_id=self._session_id, created_at=self._created_at(), data=data)

    def speech_end(self, time: float, channel: int) -> gladia.SpeechEnd:
        """Voice ends."""
        data = gladia.SpeechMoment(time=time, channel=channel)
        return gladia.SpeechEnd(session_id=self._session_id, created_at=self._created_at(), data=data)

    def transcript(self, data: gladia.TranscriptData) -> gladia.Transcript:
        """A partial or a final."""
        return gladia.Transcript(session_id=self._session_id, created_at=self._created_at(), data=data)

    def failed(self, kind: type[AddOn], error: gladia.ErrorDetail) -> AddOn:
        """An add-on has failed."""
        return kind(session_id=self._session_id, created_at=self._created_at(), error=error, data=None)

    def summary(
        self,
        transcription: gladia.Transcription,
        received: float,
        elapsed: float,
        channels: int,
        *,
        add_ons: Sequence[gladia.ServerMessage] = (),
        results: Mapping[str, gladia.AddOnResult] | None = None,
    ) -> list[gladia.ServerMessage]:
        """What comes after the last final, in its order. `elapsed` is how long the session took. `add_ons` are those
        of the whole session, `results` what the result holds of add-ons, by their names."""
        session_id, created_at = self._session_id, self._created_at()
        rows.AUDIO_DURATION.over(Vendor.ASSEMBLYAI)
        rows.RECORDING_DURATION.over(Vendor.ASSEMBLYAI)
        rows.FULL_TRANSCRIPT.over(Vendor.ASSEMBLYAI)
        metadata = gladia.TranscriptionMetadata(
            audio_duration=received,
            number_of_distinct_channels=channels,
            billing_time=received * channels,
            transcription_time=round(elapsed, 3),
        )
        return [
            gladia.EndRecording(
                session_id=session_id,
                created_at=created_at,
                data=gladia.EndRecordingData(recording_duration=received),
            ),
            gladia.PostTranscript(session_id=session_id, created_at=created_at, data=transcription),
            *add_ons,
            gladia.PostFinalTranscript(
                session_id=session_id,
                created_at=created_at,
                data=gladia.TranscriptionResult(metadata=metadata, transcription=transcription, **(results or {})),
            ),
            gladia.EndSession(session_id=session_id, created_at=created_at),
        ]

    def _created_at(self) -> str:
        rows.ENVELOPE_SESSION.over(Vendor.ASSEMBLYAI)
        rows.ENVELOPE_TIME.over(Vendor.ASSEMBLYAI)
        return gladia_face.timestamp(self._wall())
