"""One live session of Gladia as it plays the transcript: what it says to audio, to a stop, to the end.

No sockets and no clock: the stamp of each message is handed in. Times are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shim.audio import WavHeaderSkipper
from shim.emulator.gladia_add_ons import AddOns
from shim.emulator.speech import Place, Speech, heard_from
from shim.emulator.transcript import Transcript
from shim.emulator.turns import Cause, Kind, Moment, Partials, SpokenWord, TurnPlayer, TurnRules, spoken_words
from shim.faces import gladia as face
from shim.faces.spelling import spelling_of
from shim.wire import gladia as wire

Listener = Callable[[wire.ServerMessage, bool], None]


def _nobody(_message: wire.ServerMessage, _is_wanted: bool) -> None:
    """Listens to nothing."""


class GladiaSession:
    """Takes the client's audio and its stop, gives the messages that they bring about.

    Of the transcript it plays the channels that the session has, each
    on its own; where the `speech` of that transcript is known, from where the session's audio begins in it (sessions of
    one channel). The messages are already those that the session's flags let through. A WAV header at the start of the
    audio is received and acknowledged, but it is no audio.
    """

    def __init__(
        self,
        session_id: str,
        request: wire.InitRequest,
        transcript: Transcript,
        stamp: Callable[[], str],
        speech: Speech | None = None,
        listen: Listener = _nobody,
    ) -> None:
        """`stamp` gives the `created_at` of a message; `listen` hears each message, and whether the flags let it
        through to the socket."""
        self.id = session_id
        self.audio = face.audio_format(request)
        self.received = 0
        self.stopped = False
        self.texts = 0
        """How often some text was understood, whether the client was told or not."""
        self.recording = bytearray()
        """The audio received so far."""
        self._header = WavHeaderSkipper()
        self._listen = listen
        self._spelling = spelling_of(request)
        self._add_ons = AddOns(request)
        self._request = request
        self._stamp = stamp
        self._separator = transcript.separator
        self._language = face.language(request, transcript.language)
        silence = _milliseconds(request.endpointing)
        longest = _milliseconds(request.maximum_duration_without_endpointing)
        self._rules = TurnRules(silence, silence, longest, Partials(every_word=True))
        self._words = [spoken_words(transcript.channel(number)) for number in range(request.channels)]
        self._place = Place(speech, self.audio)
        self._players = [TurnPlayer(words, self._rules) for words in self._words]
        self._voices = [False] * request.channels
        self._finals: list[wire.Utterance] = []

    @property
    def heard(self) -> int:
        """Bytes of the audio received so far."""
        return len(self.recording)

    @property
    def seconds(self) -> float:
        """How long that is."""
        return self.audio.seconds(self.heard)

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
        audio = self._header.feed(received)
        self.recording += audio
        if self._place.is_open:
            offset = self._place.feed(audio)
            if offset is None:
                return []
            self._players = [TurnPlayer(heard_from(words, offset), self._rules) for words in self._words]
        return self._play()

    def _play(self) -> list[wire.ServerMessage]:
        """What is due in the audio received so far."""
        position = self.heard * 1000 // self.audio.bytes_per_second
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
        self.recording += self._header.finish()
        self._place.settle()
        played = self._play()
        duration = self.seconds
        stopped = wire.StopRecordingData(recording_duration=duration, recording_left_to_process=0.0)
        messages: list[wire.ServerMessage] = [
            wire.StopRecordingAck(session_id=self.id, created_at=self._stamp(), acknowledged=True, data=stopped)
        ]
        last = [(moment, channel) for channel, player in enumerate(self._players) for moment in player.stop()]
        for moment, channel in sorted(last, key=lambda ended: ended[0].words[0].start):
            messages.extend(self._say(moment, channel))
        for channel, is_speaking in enumerate(self._voices):
            if is_speaking:
                messages.append(self._speech_end(duration, channel))
        created_at = self._stamp()
        end = wire.EndRecordingData(recording_duration=duration)
        messages.append(wire.EndRecording(session_id=self.id, created_at=created_at, data=end))
        messages += self._post_processing(processing_seconds)
        messages.append(wire.EndSession(session_id=self.id, created_at=created_at))
        return [*played, *self._wanted(messages)]

    def _post_processing(self, processing_seconds: float) -> list[wire.ServerMessage]:
        """What is said of the whole session once its recording has ended."""
        self._finals.sort(key=lambda utterance: utterance.start)
        duration, created_at = self.seconds, self._stamp()
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
        results = self._add_ons.results(self._finals)
        result = wire.TranscriptionResult(metadata=metadata, transcription=transcription, **results)
        messages: list[wire.ServerMessage] = [
            wire.PostTranscript(session_id=self.id, created_at=created_at, data=transcription)
        ]
        summary = self._add_ons.summary_of(self._finals)
        if summary is not None:
            summarized = wire.SummaryData(results=summary)
            messages.append(wire.PostSummarization(session_id=self.id, created_at=created_at, data=summarized))
        messages.append(wire.PostFinalTranscript(session_id=self.id, created_at=created_at, data=result))
        return messages

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
                goes_on = moment.cause is Cause.LENGTH and moment.in_mid_speech
                ended = [] if goes_on else [self._speech_end(moment.words[-1].end / 1000, channel)]
                added = self._add_ons.of_final(final.data.utterance, moment.turn, self.id, self._stamp())
                return [*ended, final, *added]

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
        utterance = wire.Utterance(
            text="".join(word.word for word in words),
            start=words[0].start,
            end=words[-1].end,
            language=self._language,
            confidence=round(sum(word.confidence for word in spoken) / len(spoken), 4),
            channel=channel,
            words=words,
        )
        return utterance if self._spelling is None else self._spelling.utterance(utterance)

    def _wanted(self, messages: list[wire.ServerMessage]) -> list[wire.ServerMessage]:
        wanted = []
        for message in messages:
            is_wanted = face.is_wanted(message, self._request.messages_config)
            self._listen(message, is_wanted)
            if is_wanted:
                wanted.append(message)
        return wanted


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
