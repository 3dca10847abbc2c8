"""What Gladia hears, as AssemblyAI's turns: their order, their words, their one final each.

Gladia's times are seconds, AssemblyAI's whole milliseconds. An utterance of Gladia's is a turn, unless the client has
forced its end: what is heard of it after that is the next turn.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from shim.faces import assemblyai as face
from shim.faces import gladia as gladia_face
from shim.faces.profanity import masked
from shim.mapping import assemblyai_messages as own_rows
from shim.mapping import server_messages as rows
from shim.mapping.row import Vendor
from shim.mapping.translation import MessageTranslation
from shim.wire import assemblyai, gladia

_TURN: Final = MessageTranslation("transcript", "Turn", Vendor.GLADIA)
_SPEECH_STARTED: Final = MessageTranslation("speech_start", "SpeechStarted", Vendor.GLADIA)
_CERTAIN: Final = 1.0

Spoken = assemblyai.SpeechStarted | assemblyai.Turn


class AssemblyAITurns:
    """Turns one session's `speech_start` and `transcript` into AssemblyAI's messages, numbered without gaps."""

    def __init__(self, parameters: face.SessionParameters) -> None:
        self.parameters = parameters
        """What the client asks for; may change in mid session."""
        self.sureness = 0.0
        """The greatest confidence in a word since the last look."""
        self._next_order = 0
        self._partials: dict[int, gladia.Utterance] = {}
        self._finished = -1
        self._forced: tuple[int, float] | None = None
        self._speech_start: gladia.SpeechStart | None = None
        self._started = False

    @property
    def is_open(self) -> bool:
        """Whether someone speaks, or has spoken, in a turn that has had no final."""
        return bool(self._partials) or self._speech_start is not None

    def speech_started(self, message: gladia.SpeechStart) -> None:
        """Voice begins. It is told with the turn's first text: a start without a turn would never end.

        In a turn that is told of already it is a pause in it, or the next one: its final shows which.
        """
        if self._started or not self._partials:
            self._speech_start = message

    def transcript(self, message: gladia.Transcript) -> list[Spoken]:
        """An utterance so far, or its final. Raises ValueError for an id that has no number."""
        number: int = rows.TURN_ID.live(Vendor.GLADIA, message.data.id)
        if number <= self._finished:
            return []
        utterance = self._unsaid(number, message.data.utterance)
        self.sureness = max([self.sureness, *(word.confidence for word in utterance.words)])
        if message.data.is_final:
            return self._final(number, utterance)
        if not utterance.text.strip():
            return []
        self._partials[number] = utterance
        if number != min(self._partials) or not self.parameters.include_partial_turns:
            return []  # the turn before it has not had its final
        return self._said(utterance, is_final=False)

    def force_end(self) -> list[Spoken]:
        """Ends the open turn by its latest partial; what is heard of it later opens the next one."""
        if not self._partials:
            return []
        number = min(self._partials)
        utterance = self._partials.pop(number)
        self._forced = number, _end_of(utterance)
        return self._ended(utterance)

    def end(self) -> list[Spoken]:
        """Nothing more will be heard: what is open ends by its latest partial."""
        return self._final_before(max(self._partials, default=-1) + 1)

    def _unsaid(self, number: int, utterance: gladia.Utterance) -> gladia.Utterance:
        """What of an utterance no final has said yet."""
        if self._forced is None or self._forced[0] != number:
            return utterance
        said_until = self._forced[1]
        words = [word for word in utterance.words if (word.start + word.end) / 2 > said_until]
        if not words:
            return msgspec.structs.replace(utterance, text="", words=[])
        text = "".join(word.word for word in words)
        return msgspec.structs.replace(utterance, text=text, start=words[0].start, end=words[-1].end, words=words)

    def _final(self, number: int, utterance: gladia.Utterance) -> list[Spoken]:
        spoken = self._final_before(number)
        partial = self._partials.pop(number, None)
        self._finished = number
        if utterance.text.strip():
            return [*spoken, *self._ended(utterance)]
        # Nothing to be said after all; but a turn that was shown has an end.
        return [*spoken, *self._ended(partial)] if partial is not None else spoken

    def _final_before(self, number: int) -> list[Spoken]:
        spoken: list[Spoken] = []
        for earlier in sorted(self._partials):
            if earlier < number:
                self._finished = earlier
                spoken += self._ended(self._partials.pop(earlier))
        return spoken

    def _ended(self, utterance: gladia.Utterance) -> list[Spoken]:
        spoken = self._said(utterance, is_final=True)
        self._next_order += 1
        self._started = False
        if self._speech_start is not None and self._speech_start.data.time < _end_of(utterance):
            self._speech_start = None
        return spoken

    def _said(self, utterance: gladia.Utterance, *, is_final: bool) -> list[Spoken]:
        turn = self._turn(utterance, is_final)
        if self._started or not self.parameters.is_pro:
            return [turn]
        self._started = True
        return [self._speech_started(turn, utterance), turn]

    def _speech_started(self, turn: assemblyai.Turn, utterance: gladia.Utterance) -> assemblyai.SpeechStarted:
        rows.SPEECH_START.over(Vendor.GLADIA)
        first = turn.words[0].start if turn.words else rows.TURN_START.live(Vendor.GLADIA, utterance.start)
        held, self._speech_start = self._speech_start, None
        if held is None:
            return assemblyai.SpeechStarted(timestamp=first)
        started = msgspec.convert(_SPEECH_STARTED.translate(held), assemblyai.SpeechStarted)
        return started if started.timestamp <= first else assemblyai.SpeechStarted(timestamp=first)

    def _turn(self, utterance: gladia.Utterance, is_final: bool) -> assemblyai.Turn:
        rows.TRANSCRIPT.over(Vendor.GLADIA)
        asked = self.parameters
        number = gladia_face.utterance_id(0, self._next_order)
        fields = _TURN.translate({"data": gladia.TranscriptData(id=number, is_final=is_final, utterance=utterance)})
        for row in (own_rows.IS_FORMATTED, own_rows.TURN_CONFIDENCE, own_rows.UTTERANCE, own_rows.WORD_IS_FINAL):
            row.over(Vendor.GLADIA)
        for word in fields["words"]:
            word["word_is_final"] = is_final
        if asked.filter_profanity:
            fields["transcript"] = masked(fields["transcript"])
            for word in fields["words"]:
                word["text"] = masked(word["text"])
        _name_language(fields, is_final and (asked.language_detection or asked.speech_model == face.WHISPER))
        fields |= {
            "turn_is_formatted": is_final and (asked.is_pro or asked.format_turns),
            "end_of_turn_confidence": _CERTAIN if is_final else 0.0,
            "utterance": fields["transcript"] if is_final else "",
        }
        return msgspec.convert(fields, assemblyai.Turn)


def _name_language(fields: dict[str, Any], asked_for: bool) -> None:
    """The language is named where it was asked for, and then for certain: less makes clients take it for English."""
    if asked_for:
        own_rows.LANGUAGE_CONFIDENCE.over(Vendor.GLADIA)
        fields["language_confidence"] = _CERTAIN
    else:
        fields.pop("language_code", None)


def _end_of(utterance: gladia.Utterance) -> float:
    return max((word.end for word in utterance.words), default=utterance.end)
