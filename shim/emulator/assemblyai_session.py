"""One session of AssemblyAI's streaming v3 as it plays the transcript.

No sockets and no clock: how much time has passed is handed in. Positions are milliseconds of audio.
"""

from __future__ import annotations

from shim.audio import AudioFormat
from shim.emulator.assemblyai_turns import empty_final, turn_frames, turn_rules
from shim.emulator.transcript import Transcript
from shim.emulator.turns import Kind, Moment, TurnPlayer, spoken_words
from shim.faces import assemblyai as face
from shim.wire import assemblyai as wire


class AssemblyAISession:
    """Takes the client's audio and messages, gives the frames that they bring about.

    Of the transcript it plays channel 0: the service has one channel.
    """

    def __init__(self, parameters: face.SessionParameters, audio: AudioFormat, transcript: Transcript) -> None:
        self.parameters = parameters
        self.audio = audio
        self.received = 0
        self._transcript = transcript
        self._player = TurnPlayer(spoken_words(transcript.channel(0)), turn_rules(parameters))
        self._announced = -1
        self._turns_ended = 0

    @property
    def seconds(self) -> float:
        """The audio received so far."""
        return self.audio.seconds(self.received)

    def hear(self, size: int, elapsed_seconds: float) -> list[wire.ServerMessage]:
        """Takes one binary message of `size` bytes and gives what is due now.

        `elapsed_seconds` is the time since the session began. Raises `Refusal` (3007) for a message that is too
        short or too long, and for audio that comes too fast.
        """
        face.check_duration(self.audio.seconds(size) * 1000)
        face.check_pace(self.audio.seconds(self.received + size), elapsed_seconds)
        self.received += size
        position = self.received * 1000 // self.audio.bytes_per_second
        return self._say(self._player.advance(position))

    def force_endpoint(self) -> list[wire.ServerMessage]:
        """Ends the open turn with the words heard so far; nothing where there is none."""
        return self._say(self._player.force_end())

    def update(self, update: wire.UpdateConfiguration) -> None:
        """Changes settings from now on. Raises `Refusal` (3006) for a bad value."""
        self.parameters = face.updated(self.parameters, update)
        self._player.change_rules(turn_rules(self.parameters))

    def terminate(self, elapsed_seconds: float) -> list[wire.ServerMessage]:
        """The end: the open turn's final, and `Termination`."""
        messages = self._say(self._player.stop())
        if self.parameters.speech_model in face.US_MODELS:
            messages.append(empty_final(self._turns_ended))
        messages.append(
            wire.Termination(
                audio_duration_seconds=round(self.seconds), session_duration_seconds=round(elapsed_seconds)
            )
        )
        return messages

    def _say(self, moments: list[Moment]) -> list[wire.ServerMessage]:
        frames_of = turn_frames(self.parameters, self._transcript.language, self._transcript.separator)
        messages: list[wire.ServerMessage] = []
        for moment in moments:
            if moment.kind is Kind.SPEECH_STARTS:
                continue  # said with the turn's first text
            if moment.kind is Kind.PARTIAL and not self.parameters.include_partial_turns:
                continue
            if self.parameters.is_pro and self._announced < moment.turn:
                self._announced = moment.turn
                first = moment.words[0]
                messages.append(wire.SpeechStarted(timestamp=first.start, confidence=first.confidence))
            messages.extend(frames_of(moment))
            if moment.kind is Kind.TURN_ENDS:
                self._turns_ended = moment.turn + 1
        return messages
