"""One live session of Gladia as it plays the transcript: what it says to audio, to a stop, to the end.

No sockets and no clock: the stamp of each message is handed in. Times are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from shim.audio import WavHeaderSkipper
from shim.emulator.transcript import Transcript
from shim.emulator.turns import Cause, Kind, Moment, Partials, SpokenWord, TurnPlayer, TurnRules, spoken_words
from shim.faces import gladia as face
from shim.wire import gladia as wire


class GladiaSession:
    """Takes the client's audio and its stop, gives the messages that they bring about.

    `stamp` gives the `created_at` of a message. Of the transcript it plays the channels that the session has, each
    on its own. The messages are already those that the session's flags let through. A WAV header at the start of the
    audio is received and acknowledged, but it is no audio.
    """

    def __init__(
        self, session_id: str, request: wire.InitRequest, transcript: Transcript, stamp: Callable[[], str]
    ) -> None:
        self.id = session_id
        self.audio = face.audio_format(request)
        self.received = 0
        self.stopped = False
        self.texts = 0
        """How often some text was understood, whether the client was told or not."""
        self._header = WavHeaderSkipper()
        self._heard = 0
        self._request = request
        self._stamp = stamp
        self._separator = transcript.separator
        self._language = face.language(request, transcript.language)
        silence = _milliseconds(request.endpointing)
        longest = _milliseconds(request.maximum_duration_without_endpointing)
        rules = TurnRules(silence, silence, longest, Partials(every_word=True))
        self._players: Final = [
            TurnPlayer(spoken_words(transcript.channel(number)), rules) for number in range(request.channels)
        ]
        self._voices = [False] * request.channels
        self._finals: list[wire.Utterance] = []

    @property
    def heard(self) -> int:
        """Bytes of the audio received so far."""
        return self._heard

    @property
    def seconds(self) -> float:
        """How long that is."""
        return self.audio.seconds(self._heard)

    def opened(self) -> list[wire.ServerMessage]:
        """What the first socket of the session is greeted with."""
        return self._wanted([wire.StartRecording(session_id=self.id, created_at=self._stamp())])

    def acknowledge(self, size: int) -> list[wire.ServerMessage]:
        """The acknowledgement of the next `size` bytes, half-open and counted over the whole session."""
        first, end = self.received, self.received + size
        covered = wire.AudioChunkRange(
            byte_range=(first, end), time_range=(self.audio.seconds(first), self.audio.seconds(end))
        )
        return self._wanted(
            [wire.AudioChunkAck(session_id=self.id, created_at=self._stamp(), acknowledged=True, data=covered)]
        )

    def hear(self, received: bytes) -> list[wire.ServerMessage]:
        """Takes bytes of audio and gives what is due now."""
        self.received += len(received)
        self._heard += len(self._header.feed(received))
        position = self._heard * 1000 // self.audio.bytes_per_second
        moments = [
            (moment, channel) for channel, player in enumerate(self._players) for moment in player.advance(position)
        ]
        self.texts += sum(moment.kind is not Kind.SPEECH_STARTS for moment, _channel in moments)
        moments.sort(key=lambda due: due[0].position)
        return self._wanted([message for moment, channel in moments for message in self._say(moment, channel)])

    def stop(self, processing_seconds: float) -> list[wire.ServerMessage]:
        """Everything from the stop to the end, but for the close.

        `processing_seconds` is how long the session has been worked at: the `transcription_time` of the result.
        """
        self.stopped = True
        self._heard += len(self._header.finish())
        duration = self.seconds
        stopped = wire.StopRecordingData(recording_duration=duration, recording_left_to_process=0.0)
        messages: list[wire.ServerMessage] = [
            wire.StopRecordingAck(session_id=self.id, created_at=self._stamp(), acknowledged=True, data=stopped)
        ]
        for channel, player in enumerate(self._players):
            for moment in player.stop():
                messages.extend(self._say(moment, channel))
            if self._voices[channel]:
                messages.append(self._speech_end(duration, channel))
        self._finals.sort(key=lambda utterance: utterance.start)
        transcription = wire.Transcription(
            full_transcript=" ".join(utterance.text.strip() for utterance in self._finals),
            languages=[self._language] if self._finals else [],
            utterances=self._finals,
        )
        metadata = wire.TranscriptionMetadata(
            audio_duration=duration,
            number_of_distinct_channels=self.audio.channels,
            billing_time=duration * self.audio.channels,
            transcription_time=round(processing_seconds, 3),
        )
        result = wire.TranscriptionResult(metadata=metadata, transcription=transcription)
        created_at = self._stamp()
        messages += [
            wire.EndRecording(
                session_id=self.id, created_at=created_at, data=wire.EndRecordingData(recording_duration=duration)
            ),
            wire.PostTranscript(session_id=self.id, created_at=created_at, data=transcription),
            wire.PostFinalTranscript(session_id=self.id, created_at=created_at, data=result),
            wire.EndSession(session_id=self.id, created_at=created_at),
        ]
        return self._wanted(messages)

    def _say(self, moment: Moment, channel: int) -> list[wire.ServerMessage]:
        match moment.kind:
            case Kind.SPEECH_STARTS:
                if self._voices[channel]:
                    return []
                self._voices[channel] = True
                spoken = wire.SpeechMoment(time=moment.position / 1000, channel=channel)
                return [wire.SpeechStart(session_id=self.id, created_at=self._stamp(), data=spoken)]
            case Kind.PARTIAL:
                return [self._transcript(moment, channel, is_final=False)]
            case Kind.TURN_ENDS:
                final = self._transcript(moment, channel, is_final=True)
                self._finals.append(final.data.utterance)
                # Where the longest duration cuts in mid speech, the voice itself goes on.
                if moment.cause is Cause.LENGTH and moment.in_mid_speech:
                    return [final]
                return [self._speech_end(moment.words[-1].end / 1000, channel), final]

    def _speech_end(self, seconds: float, channel: int) -> wire.SpeechEnd:
        self._voices[channel] = False
        return wire.SpeechEnd(
            session_id=self.id, created_at=self._stamp(), data=wire.SpeechMoment(time=seconds, channel=channel)
        )

    def _transcript(self, moment: Moment, channel: int, *, is_final: bool) -> wire.Transcript:
        data = wire.TranscriptData(
            id=face.utterance_id(channel, moment.turn),
            is_final=is_final,
            utterance=self._utterance(moment.words, channel),
        )
        return wire.Transcript(session_id=self.id, created_at=self._stamp(), data=data)

    def _utterance(self, spoken: Sequence[SpokenWord], channel: int) -> wire.Utterance:
        words = [
            wire.Word(
                word=self._separator + word.text,
                start=word.start / 1000,
                end=word.end / 1000,
                confidence=word.confidence,
            )
            for word in spoken
        ]
        return wire.Utterance(
            text="".join(word.word for word in words),
            start=words[0].start,
            end=words[-1].end,
            language=self._language,
            confidence=round(sum(word.confidence for word in spoken) / len(spoken), 4),
            channel=channel,
            words=words,
        )

    def _wanted(self, messages: list[wire.ServerMessage]) -> list[wire.ServerMessage]:
        return [message for message in messages if face.is_wanted(message, self._request.messages_config)]


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
