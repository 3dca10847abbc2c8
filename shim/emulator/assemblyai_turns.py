"""How each family of AssemblyAI's models words a turn: the frames of one moment of it.

The Pro models show the whole turn each time and format it themselves. The universal-streaming models and whisper-rt
go word by word in plain text, the newest word not final yet, and format a turn only when asked, in a frame of its
own. Source: the streaming specification, the documentation of March 2026 and recorded sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from shim.emulator.turns import Kind, Moment, Partials, SpokenWord, TurnRules
from shim.faces import assemblyai as face
from shim.wire import assemblyai as wire

_EM_DASH: Final = "—"
_SPEECH_IS_SEEN: Final = 256  # ms that the service adds to `interruption_delay`
_OFTEN: Final = 1000  # ms of speech between two partials
_SELDOM: Final = 3000
_SURE: Final = 0.8  # end_of_turn_confidence of the universal-streaming models after a finished sentence, and otherwise
_UNSURE: Final = 0.2
_WHISPER_PAUSES: Final = (400, 1280)  # ms; ours: it takes no turn settings, and its own are not known

TurnFrames = Callable[[Moment], list[wire.Turn]]


def turn_rules(parameters: face.SessionParameters) -> TurnRules:
    """When turns end and are shown, by the settings in force and the model's own manner."""
    least = parameters.min_turn_silence
    most = max(least, parameters.max_turn_silence)
    longest = parameters.max_turn_duration
    if parameters.speech_model == face.WHISPER:
        return TurnRules(*_WHISPER_PAUSES, longest, Partials(every_word=True))
    if not parameters.is_pro:
        sure, unsure = (
            least if confidence >= parameters.end_of_turn_confidence_threshold else most
            for confidence in (_SURE, _UNSURE)
        )
        return TurnRules(sure, unsure, longest, Partials(every_word=True))
    if parameters.sends_few_partials:
        partials = Partials(at_incomplete_pauses=True)
    else:
        partials = Partials(
            at_incomplete_pauses=True,
            first_after=parameters.interruption_delay + _SPEECH_IS_SEEN,
            then_every=_OFTEN if parameters.continuous_partials else _SELDOM,
        )
    return TurnRules(least, most, longest, partials)


def turn_frames(parameters: face.SessionParameters, language: str, separator: str) -> TurnFrames:
    """The function that gives the frames of a partial or of a turn's end.

    `language` is that of the recording, `separator` what stands between two of its words.
    """
    labels = _Labels(parameters, language)
    if parameters.is_pro:
        return lambda moment: _pro_frames(moment, separator, labels)
    return lambda moment: _plain_frames(moment, separator, labels, parameters)


class _Labels:
    """The optional fields of a final."""

    def __init__(self, parameters: face.SessionParameters, language: str) -> None:
        model = parameters.speech_model
        detects = parameters.language_detection and model not in (*face.U3_MODELS, "universal-streaming-english")
        self._language: dict[str, Any] = {}
        if detects or model == face.WHISPER:
            self._language = {"language_code": language, "language_confidence": 0.98}
        self._speakers = parameters.speaker_labels

    def of_turn(self, words: Sequence[SpokenWord]) -> dict[str, Any]:
        if not self._speakers:
            return self._language
        return {"speaker_label": _speaker(words[0]), "speaker_confidence": 0.9, **self._language}

    def of_word(self, word: SpokenWord) -> dict[str, Any]:
        return {"speaker": _speaker(word), "speaker_confidence": 0.9} if self._speakers else {}


def _speaker(word: SpokenWord) -> str:
    return chr(ord("A") + word.speaker % 26)


def _word(word: SpokenWord, text: str, *, is_final: bool, **more: Any) -> wire.Word:
    confidence = more.pop("confidence", word.confidence)
    return wire.Word(start=word.start, end=word.end, text=text, confidence=confidence, word_is_final=is_final, **more)


def _pro_frames(moment: Moment, separator: str, labels: _Labels) -> list[wire.Turn]:
    texts = [word.text for word in moment.words]
    is_final = moment.kind is Kind.TURN_ENDS
    if not is_final and not moment.words[-1].ends_sentence:
        texts[-1] = texts[-1].rstrip(",;:、，") + _EM_DASH
    words = [
        _word(word, text, is_final=is_final, **(labels.of_word(word) if is_final else {}))
        for word, text in zip(moment.words, texts, strict=True)
    ]
    transcript = separator.join(texts)
    frame = wire.Turn(
        turn_order=moment.turn,
        turn_is_formatted=is_final,
        end_of_turn=is_final,
        transcript=transcript,
        end_of_turn_confidence=1.0 if is_final else 0.0,
        words=words,
        utterance=transcript if is_final else "",
        **(labels.of_turn(moment.words) if is_final else {}),
    )
    return [frame]


def _plain_frames(
    moment: Moment, separator: str, labels: _Labels, parameters: face.SessionParameters
) -> list[wire.Turn]:
    is_whisper = parameters.speech_model == face.WHISPER
    doubt: dict[str, Any] = {"confidence": 0.0} if is_whisper else {}
    plain = [_plain(word.text) for word in moment.words]
    if moment.kind is not Kind.TURN_ENDS:
        newest = len(plain) - 1
        words = [
            _word(word, text, is_final=number < newest, **doubt)
            for number, (word, text) in enumerate(zip(moment.words, plain, strict=True))
        ]
        return [
            wire.Turn(
                turn_order=moment.turn,
                turn_is_formatted=False,
                end_of_turn=False,
                transcript=separator.join(plain[:newest]),
                end_of_turn_confidence=1.0 if is_whisper else 0.03,
                words=words,
                utterance="",
            )
        ]
    confidence = 1.0 if is_whisper else _SURE if moment.words[-1].ends_sentence else _UNSURE
    written = [word.text for word in moment.words]
    spoken = separator.join(plain)
    utterance = separator.join(written) if is_whisper else spoken[:1].upper() + spoken[1:]
    ends = [(plain, False, utterance)]
    if parameters.format_turns:
        ends.append((written, True, ""))
    return [
        wire.Turn(
            turn_order=moment.turn,
            turn_is_formatted=is_formatted,
            end_of_turn=True,
            transcript=separator.join(texts),
            end_of_turn_confidence=confidence,
            words=[
                _word(word, text, is_final=True, **doubt, **labels.of_word(word))
                for word, text in zip(moment.words, texts, strict=True)
            ],
            utterance=utterance_text,
            **labels.of_turn(moment.words),
        )
        for texts, is_formatted, utterance_text in ends
    ]


def _plain(text: str) -> str:
    """A word without capitals and without the punctuation around it; what is only punctuation stays."""
    return text.lower().strip(".,;:!?…\"'”“«»()[]。，、！？؟।") or text


def empty_final(turn_order: int) -> wire.Turn:
    """The turn without words that the universal-streaming models end with."""
    return wire.Turn(
        turn_order=turn_order,
        turn_is_formatted=False,
        end_of_turn=True,
        transcript="",
        end_of_turn_confidence=0.0,
        words=[],
        utterance="",
    )
