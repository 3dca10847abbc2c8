"""What AssemblyAI hears, as Gladia's transcripts and speech events: ids, times, languages, the text at the end.

AssemblyAI's times are whole milliseconds, Gladia's seconds. One of these serves one channel of a whole session: ids
and times run on over however many upstream sessions it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from shim.bridges.gladia_messages import GladiaMessages
from shim.faces.spelling import Spelling
from shim.mapping import parameters
from shim.mapping import server_messages as rows
from shim.mapping.languages import bare
from shim.mapping.row import Vendor
from shim.mapping.translation import MessageTranslation
from shim.wire import assemblyai, gladia

_TURN: Final = MessageTranslation("Turn", "transcript", Vendor.ASSEMBLYAI)
_SPEECH_STARTED: Final = MessageTranslation("SpeechStarted", "speech_start", Vendor.ASSEMBLYAI)
_TAGS: Final = re.compile(r"\[[^\[\]]*\]")
_FALLBACK_LANGUAGE: Final = "en"
_CERTAIN: Final = 1.0

Spoken = gladia.SpeechStart | gladia.SpeechEnd | gladia.Transcript


class GladiaTranscripts:
    """Turns one session's `SpeechStarted` and `Turn` into Gladia's messages; they come unfiltered."""

    def __init__(
        self, messages: GladiaMessages, languages: list[str], channel: int = 0, spelling: Spelling | None = None
    ) -> None:
        """`languages` are those configured, `spelling` is how finals are written."""
        self._messages = messages
        self._spelling = spelling
        self._channel: int = rows.TURN_CHANNEL.live(Vendor.ASSEMBLYAI, channel)
        self._configured = bare(languages[0]) if len(languages) == 1 else ""
        self._finals: list[gladia.Utterance] = []
        self._next_number = 0
        self._finished_order = -1
        self._speech_start: float | None = None
        self._open: gladia.TranscriptData | None = None
        self._began_at = 0.0
        self.heard_until = 0.0
        """Where in the audio (seconds) the last final's last word ends: what comes after it may not have been heard."""

    def begin_at(self, position: float) -> None:
        """An upstream session begins, with the audio at this position (seconds)."""
        self._began_at = position

    def lost(self) -> None:
        """The upstream session is gone in the middle: what is open will be heard again, and keeps its id."""
        self._finished_order = -1

    @property
    def finals(self) -> list[gladia.Utterance]:
        """All finals so far."""
        return list(self._finals)

    @property
    def open_since(self) -> float | None:
        """Where in the audio (seconds) the open turn began; None if none is open that is known of."""
        return self._speech_start

    def speech_started(self, message: assemblyai.SpeechStarted) -> list[Spoken]:
        """The beginning of a turn; comes with the first `Turn`."""
        if self._speech_start is not None:
            return []
        return [self._speech_begins(self._time(_SPEECH_STARTED.translate(message)["data"]["time"]))]

    def turn(self, turn: assemblyai.Turn, position: float) -> list[Spoken]:
        """A turn so far, or its end; `position` is how far the audio upstream is (seconds).

        A turn without words is not passed on, nor is a second final of the same turn.
        """
        if turn.turn_order <= self._finished_order:
            return []
        if turn.end_of_turn:
            self._finished_order = turn.turn_order
        if not _TAGS.sub("", turn.transcript).strip():
            return self._speech_ends(position) if turn.end_of_turn else []
        data = self._transcript(turn, position)
        spoken: list[Spoken] = []
        if self._speech_start is None:
            spoken.append(self._speech_begins(data.utterance.start))
        if not data.is_final:
            self._open = data
            return [*spoken, self._messages.transcript(data)]
        return [*spoken, *self._final(data)]

    def end(self) -> list[Spoken]:
        """The upstream session is over. A turn that is still open gets its latest partial as its final."""
        self._finished_order = -1
        if self._open is not None:
            return self._final(msgspec.structs.replace(self._open, is_final=True))
        return self._speech_ends(self._speech_start or 0.0)

    def _time(self, seconds: float) -> float:
        """A time of the upstream session, in the audio of the whole session."""
        return round(seconds + self._began_at, 6) if self._began_at else seconds

    def _speech_begins(self, time: float) -> gladia.SpeechStart:
        self._speech_start = time
        return self._messages.speech_start(time, self._channel)

    def _speech_ends(self, time: float) -> list[Spoken]:
        if self._speech_start is None:
            return []
        self._speech_start, self._open = None, None
        return [self._messages.speech_end(time, self._channel)]

    def _final(self, data: gladia.TranscriptData) -> list[Spoken]:
        if self._spelling is not None:
            parameters.SPELLING.over(Vendor.ASSEMBLYAI)
            data = msgspec.structs.replace(data, utterance=self._spelling.utterance(data.utterance))
        self._finals.append(data.utterance)
        self.heard_until = max(self.heard_until, data.utterance.end)
        self._next_number += 1
        ends = self._speech_ends(data.utterance.end)
        self._open = None
        return [*ends, self._messages.transcript(data)]

    def _transcript(self, turn: assemblyai.Turn, position: float) -> gladia.TranscriptData:
        data = _TURN.translate(turn)["data"]
        # The upstream's own number begins anew with each upstream session, and counts turns without words.
        data["id"] = rows.TURN_ID.live(Vendor.ASSEMBLYAI, self._next_number, self._channel)
        utterance: dict[str, Any] = data["utterance"]
        for timed in (utterance, *utterance["words"]):
            timed.update({name: self._time(timed[name]) for name in ("start", "end") if name in timed})
        start = utterance.setdefault("start", position if self._speech_start is None else self._speech_start)
        utterance.setdefault("end", max(start, position))
        utterance["channel"] = self._channel
        utterance.setdefault("language", self._configured or self._last_language())
        if not utterance.get("confidence"):  # whisper-rt writes 0.0, which means that it does not know
            utterance["confidence"] = _CERTAIN
            for word in utterance["words"]:
                word["confidence"] = _CERTAIN
        return msgspec.convert(data, gladia.TranscriptData)

    def _last_language(self) -> str:
        return self._finals[-1].language if self._finals else _FALLBACK_LANGUAGE


def transcription(channels: Iterable[GladiaTranscripts]) -> gladia.Transcription:
    """All finals of a session, in the order in which they were spoken, as the post-processing gives them."""
    utterances = sorted((one for channel in channels for one in channel.finals), key=lambda one: one.start)
    return gladia.Transcription(
        full_transcript="".join(utterance.text for utterance in utterances).strip(),
        languages=list(dict.fromkeys(utterance.language for utterance in utterances)),
        utterances=utterances,
    )
