"""When AssemblyAI's models end and show a turn, and how they write it: the frames of one moment of it.

The Pro models show the whole turn each time and format it themselves. The universal-streaming models and whisper-rt
go word by word in plain text, the newest word cut off and not final yet; they give each utterance once, when its
speaker pauses, and format a turn only when asked, in a frame of its own. Source: the streaming specification, the
documentation of March 2026 and recorded sessions.
"""

from __future__ import annotations

from typing import Any, Final

from shim.emulator.assemblyai_labels import Labels
from shim.emulator.redaction import redacted
from shim.emulator.turns import Kind, Moment, Partials, SpokenWord, TurnRules
from shim.faces import assemblyai as face
from shim.faces.profanity import masked
from shim.wire import assemblyai as wire

SILENCE_TAG: Final = "[Silence]"
SILENCE_IS_TAGGED: Final = 2000
"""Milliseconds of silence after which whisper-rt writes its tag, once (ours: when it does is not known)."""

_EM_DASH: Final = "—"
_SPEECH_IS_SEEN: Final = 256  # ms that the service adds to `interruption_delay`
_OFTEN: Final = 1000  # ms of speech between two partials
_SELDOM: Final = 3000
_SURE: Final = 0.8  # end_of_turn_confidence of the universal-streaming models after a finished sentence, and otherwise
_UNSURE: Final = 0.2
_IN_MID_TURN: Final = 0.03
_GUESSED: Final = 0.61  # confidence in a word of which half was heard
_WHISPER_PAUSES: Final = (400, 1280)  # ms; ours: it takes no turn settings, and its own are not known


def turn_rules(parameters: face.SessionParameters) -> TurnRules:
    """When turns end and are shown, by the settings in force and the model's own manner."""
    least = parameters.min_turn_silence
    most = max(least, parameters.max_turn_silence)
    longest = parameters.max_turn_duration
    word_by_word = Partials(within_words=True, at_incomplete_pauses=True)
    if parameters.speech_model == face.WHISPER:
        return TurnRules(*_WHISPER_PAUSES, longest, word_by_word)
    if not parameters.is_pro:
        sure, unsure = (
            least if confidence >= parameters.end_of_turn_confidence_threshold else most
            for confidence in (_SURE, _UNSURE)
        )
        return TurnRules(sure, unsure, longest, word_by_word)
    if parameters.sends_few_partials:
        partials = Partials(at_incomplete_pauses=True)
    else:
        partials = Partials(
            at_incomplete_pauses=True,
            first_after=parameters.interruption_delay + _SPEECH_IS_SEEN,
            then_every=_OFTEN if parameters.continuous_partials else _SELDOM,
        )
    return TurnRules(least, most, longest, partials)


class TurnWriter:
    """Writes one session's turns. `language` is that of the recording, `separator` stands between two of its words.

    The parameters are handed in with each moment, since they may change between two.
    """

    def __init__(self, language: str, separator: str) -> None:
        self._language = language
        self._separator = separator
        self._tags = 0
        self._turns_ended = 0
        self._announced = -1
        self._uttered = 0
        self._pending: list[tuple[int, tuple[SpokenWord, ...], wire.Turn]] = []

    def write(self, moment: Moment, parameters: face.SessionParameters) -> list[wire.ServerMessage]:
        """The frames of a partial or of a turn's end, with `SpeechStarted` before a turn's first; none for the rest."""
        if moment.kind is Kind.SPEECH_STARTS:
            return []  # said with the turn's first text
        ends = moment.kind is Kind.TURN_ENDS
        if not ends and not parameters.include_partial_turns:
            return []
        messages: list[wire.ServerMessage] = []
        if parameters.is_pro:
            if self._announced < moment.turn:
                self._announced = moment.turn
                first = moment.words[0]
                messages.append(wire.SpeechStarted(timestamp=first.start, confidence=first.confidence))
            messages.append(self._whole_turn(moment, parameters))
        elif ends:
            messages.extend(self._plain_ends(moment, parameters))
        else:
            messages.append(self._plain_partial(moment, parameters))
        if ends:
            self._turns_ended = self._order(moment) + 1
            self._uttered = 0
        return messages

    def tag_silence(self, end: int, parameters: face.SessionParameters) -> list[wire.ServerMessage]:
        """The turn by which whisper-rt says that nobody speaks, `end` milliseconds into the audio."""
        word = SpokenWord(SILENCE_TAG, end - SILENCE_IS_TAGGED, end, 0.0, 0, pauses=True)
        frames = self._ends([word], [SILENCE_TAG], [SILENCE_TAG], SILENCE_TAG, self._turns_ended, parameters)
        self._tags += 1
        self._turns_ended += 1
        return list(frames)

    def empty_final(self) -> wire.Turn:
        """The turn without words that the universal-streaming models end with."""
        return wire.Turn(
            turn_order=self._turns_ended,
            turn_is_formatted=False,
            end_of_turn=True,
            transcript="",
            end_of_turn_confidence=0.0,
            words=[],
            utterance="",
        )

    def revision(self, parameters: face.SessionParameters) -> wire.SpeakerRevision | None:
        """The turns that were too short to have a speaker at first; None where there were none."""
        labels = Labels(parameters, self._language)
        revisions = [
            wire.SpeakerRevisionItem(
                turn_order=order,
                speaker_label=labels.speaker(words[0]),
                words=[
                    wire.Word(
                        start=sent.start,
                        end=sent.end,
                        text=sent.text,
                        confidence=sent.confidence,
                        word_is_final=True,
                        speaker=labels.speaker(word),
                    )
                    for sent, word in zip(turn.words, words, strict=True)
                ],
            )
            for order, words, turn in self._pending
        ]
        return wire.SpeakerRevision(revisions=revisions) if revisions else None

    def _order(self, moment: Moment) -> int:
        return moment.turn + self._tags

    def _whole_turn(self, moment: Moment, parameters: face.SessionParameters) -> wire.Turn:
        texts = _written(moment, parameters)
        is_final = moment.kind is Kind.TURN_ENDS
        if is_final:
            texts = redacted(moment.words, texts, parameters)
        if not is_final and not moment.words[-1].ends_sentence:
            texts[-1] = texts[-1].rstrip(",;:、，") + _EM_DASH
        transcript = self._separator.join(texts)
        labels = Labels(parameters, self._language).of_final(moment.words) if is_final else None
        turn = wire.Turn(
            turn_order=self._order(moment),
            turn_is_formatted=is_final,
            end_of_turn=is_final,
            transcript=transcript,
            end_of_turn_confidence=1.0 if is_final else 0.0,
            words=[
                _word(word, text, is_final=is_final, **(labels.words[number] if labels else {}))
                for number, (word, text) in enumerate(zip(moment.words, texts, strict=True))
            ],
            utterance=transcript if is_final else "",
            **(labels.turn if labels else {}),
        )
        if labels and labels.pending:
            self._pending.append((turn.turn_order, moment.words, turn))
        return turn

    def _plain_partial(self, moment: Moment, parameters: face.SessionParameters) -> wire.Turn:
        is_whisper = parameters.speech_model == face.WHISPER
        plain = [_plain(text) for text in _written(moment, parameters)]
        words = [
            _word(word, text, is_final=True, **_doubt(parameters))
            for word, text in zip(moment.words, plain, strict=True)
        ]
        if moment.begun is not None:
            words.append(
                wire.Word(
                    start=moment.begun.start,
                    end=moment.position,
                    text=_first_half(moment.begun, parameters),
                    confidence=0.0 if is_whisper else _GUESSED,
                    word_is_final=False,
                )
            )
        return wire.Turn(
            turn_order=self._order(moment),
            turn_is_formatted=False,
            end_of_turn=False,
            transcript=self._separator.join(plain),
            end_of_turn_confidence=1.0 if is_whisper else _IN_MID_TURN,
            words=words,
            utterance=self._next_utterance(moment, parameters) if moment.at_pause else "",
        )

    def _plain_ends(self, moment: Moment, parameters: face.SessionParameters) -> list[wire.Turn]:
        written = redacted(moment.words, _written(moment, parameters), parameters)
        plain = redacted(moment.words, [_plain(text) for text in _written(moment, parameters)], parameters)
        utterance = self._next_utterance(moment, parameters, final=plain)
        return self._ends(list(moment.words), plain, written, utterance, self._order(moment), parameters)

    def _ends(
        self,
        words: list[SpokenWord],
        plain: list[str],
        written: list[str],
        utterance: str,
        order: int,
        parameters: face.SessionParameters,
    ) -> list[wire.Turn]:
        """The end of a turn: in plain text, and once more formatted where that was asked for."""
        ends = [(plain, False, utterance)]
        if parameters.format_turns:
            ends.append((written, True, ""))
        confidence = _SURE if words[-1].ends_sentence else _UNSURE
        labels = Labels(parameters, self._language).of_final(words)
        turns = [
            wire.Turn(
                turn_order=order,
                turn_is_formatted=is_formatted,
                end_of_turn=True,
                transcript=self._separator.join(texts),
                end_of_turn_confidence=1.0 if parameters.speech_model == face.WHISPER else confidence,
                words=[
                    _word(word, text, is_final=True, **_doubt(parameters), **labels.words[number])
                    for number, (word, text) in enumerate(zip(words, texts, strict=True))
                ],
                utterance=uttered,
                **labels.turn,
            )
            for texts, is_formatted, uttered in ends
        ]
        if labels.pending:
            self._pending.append((order, tuple(words), turns[-1]))
        return turns

    def _next_utterance(
        self, moment: Moment, parameters: face.SessionParameters, final: list[str] | None = None
    ) -> str:
        """The words since the last utterance, which has now been given; whisper-rt formats them.

        `final`: how the words of a final are written in plain text.
        """
        first, self._uttered = self._uttered, len(moment.words)
        written = _written(moment, parameters)
        if parameters.speech_model == face.WHISPER:
            return self._separator.join(written[first:])
        text = self._separator.join((final or [_plain(word) for word in written])[first:])
        return text[:1].upper() + text[1:]


def _written(moment: Moment, parameters: face.SessionParameters) -> list[str]:
    """The words as they are written in a text."""
    if parameters.filter_profanity:
        return [masked(word.text) for word in moment.words]
    return [word.text for word in moment.words]


def _plain(text: str) -> str:
    """A word without capitals and without the punctuation around it; what is only punctuation stays."""
    return text.lower().strip(".,;:!?…\"'”“«»()[]。，、！？؟।") or text


def _first_half(word: SpokenWord, parameters: face.SessionParameters) -> str:
    """So much of a word as has been understood in the middle of it."""
    if parameters.filter_profanity and masked(word.text) != word.text:
        return _plain(masked(word.text))
    plain = _plain(word.text)
    return plain[: (len(plain) + 1) // 2]


def _doubt(parameters: face.SessionParameters) -> dict[str, Any]:
    """whisper-rt gives no confidence in a word."""
    return {"confidence": 0.0} if parameters.speech_model == face.WHISPER else {}


def _word(word: SpokenWord, text: str, *, is_final: bool, **more: Any) -> wire.Word:
    confidence = more.pop("confidence", word.confidence)
    return wire.Word(start=word.start, end=word.end, text=text, confidence=confidence, word_is_final=is_final, **more)
