"""One session of AssemblyAI's streaming v3 as it plays the transcript.

No sockets and no clock: how much time has passed is handed in. Positions are milliseconds of audio.
"""

from __future__ import annotations

from typing import Final

from shim.audio import AudioFormat
from shim.emulator.assemblyai_turns import SILENCE_IS_TAGGED, TurnWriter, turn_rules
from shim.emulator.quiet import QuietSecond, QuietSeconds
from shim.emulator.speech import Place, Speech, heard_from
from shim.emulator.transcript import Transcript
from shim.emulator.turns import Moment, TurnPlayer, spoken_words
from shim.faces import assemblyai as face
from shim.wire import assemblyai as wire

HEARTBEAT_SECONDS: Final = 5

Message = wire.ServerMessage | wire.OptionalServerMessage


class AssemblyAISession:
    """Takes the client's audio and messages, gives the frames that they bring about.

    Of the transcript it plays channel 0: the service has one channel. Where the `speech` of that transcript is known,
    it is played from where the session's audio begins in it.
    """

    def __init__(
        self,
        parameters: face.SessionParameters,
        audio: AudioFormat,
        transcript: Transcript,
        speech: Speech | None = None,
    ) -> None:
        self.parameters = parameters
        self.audio = audio
        self.received = 0
        self._words = spoken_words(transcript.channel(0))
        self._place = Place(speech, audio)
        self._player = TurnPlayer(self._words, turn_rules(parameters))
        self._quiet = QuietSeconds(self._words)
        self._writer = TurnWriter(transcript.language, transcript.separator)
        self._last_heartbeat = 0

    @property
    def seconds(self) -> float:
        """The audio received so far."""
        return self.audio.seconds(self.received)

    @property
    def position(self) -> int:
        """The same in whole milliseconds."""
        return self.received * 1000 // self.audio.bytes_per_second

    def hear(self, message: bytes, elapsed_seconds: float) -> list[Message]:
        """Takes one binary message of audio and gives what is due now.

        `elapsed_seconds` is the time since the session began. Raises `Refusal` (3007) for a message that is too
        short or too long, and for audio that comes too fast.
        """
        size = len(message)
        face.check_duration(self.audio.seconds(size) * 1000)
        face.check_pace(self.audio.seconds(self.received + size), elapsed_seconds)
        self.received += size
        if self._place.is_open:
            offset = self._place.feed(message)
            if offset is None:
                return []
            self._go_to(offset)
        return self._play()

    def _go_to(self, offset: int) -> None:
        """The session begins so many milliseconds into the transcript."""
        self._words = heard_from(self._words, offset)
        self._player = TurnPlayer(self._words, turn_rules(self.parameters))
        self._quiet = QuietSeconds(self._words)

    def _play(self) -> list[Message]:
        """What is due in the audio received so far."""
        due: list[tuple[int, Moment | QuietSecond]] = [
            (moment.position, moment) for moment in self._player.advance(self.position)
        ]
        due += [(second.end, second) for second in self._quiet.advance(self.position)]
        due.sort(key=lambda placed: placed[0])
        return [message for _position, happened in due for message in self._say(happened)]

    def force_endpoint(self) -> list[Message]:
        """Ends the open turn with the words heard so far; nothing where there is none."""
        return [message for moment in self._player.force_end() for message in self._say(moment)]

    def update(self, update: wire.UpdateConfiguration) -> None:
        """Changes settings from now on. Raises `Refusal` (3006) for a bad value."""
        self.parameters = face.updated(self.parameters, update)
        self._player.change_rules(turn_rules(self.parameters))

    def heartbeat(self, elapsed_seconds: float) -> wire.Heartbeat:
        """How the session is doing, `elapsed_seconds` after it began."""
        since, until = self._last_heartbeat, self.position
        self._last_heartbeat = until
        heard = [word.confidence for word in self._words if max(word.start, since) < min(word.end, until)]
        return wire.Heartbeat(
            total_audio_received_ms=until,
            total_duration_ms=round(elapsed_seconds * 1000),
            realtime_factor=round(self.seconds / elapsed_seconds, 3) if elapsed_seconds > 0 else 0.0,
            max_speech_probability=max(heard, default=0.0),
        )

    def terminate(self, elapsed_seconds: float) -> list[Message]:
        """The end: the open turn's final, what is known of the speakers by now, and `Termination`."""
        self._place.settle()
        messages = self._play()
        messages += [message for moment in self._player.stop() for message in self._say(moment)]
        if self.parameters.speech_model in face.US_MODELS:
            messages.append(self._writer.empty_final())
        revision = self._writer.revision(self.parameters)
        if revision is not None:
            messages.append(revision)
        messages.append(
            wire.Termination(
                audio_duration_seconds=round(self.seconds), session_duration_seconds=round(elapsed_seconds)
            )
        )
        return messages

    def _say(self, happened: Moment | QuietSecond) -> list[Message]:
        if isinstance(happened, Moment):
            return list(self._writer.write(happened, self.parameters))
        if self.parameters.speech_model == face.WHISPER and happened.lasted == SILENCE_IS_TAGGED:
            return list(self._writer.tag_silence(happened.end, self.parameters))
        if self.parameters.acknowledge_silence:
            return [wire.Silence(start_ms=happened.start, end_ms=happened.end)]
        return []
