"""Which turns there are in a recording, and what is due at which position of the audio.

Positions are whole milliseconds of audio received. What happens depends on nothing else: not on the sizes in which
the audio comes, not on the clock. Nothing here knows of vendors: they differ in the rules that they hand in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from shim.emulator.transcript import Utterance

_SENTENCE_ENDS: Final = ".?!。？！।؟"
_CLOSERS: Final = "\"'”’»)]"


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word of the recording; `pauses` where its utterance ends with it, `pii` names what redacts it."""

    text: str
    start: int
    end: int
    confidence: float
    speaker: int
    pauses: bool
    pii: str = ""

    @property
    def ends_sentence(self) -> bool:
        """Whether it carries terminal punctuation."""
        return self.text.rstrip(_CLOSERS).endswith(tuple(_SENTENCE_ENDS))


def spoken_words(utterances: Iterable[Utterance]) -> tuple[SpokenWord, ...]:
    """The words of one channel in their order, with whole milliseconds."""
    return tuple(
        SpokenWord(
            text=word.text,
            start=round(word.start * 1000),
            end=round(word.end * 1000),
            confidence=word.confidence,
            speaker=utterance.speaker,
            pauses=word is utterance.words[-1],
            pii=word.pii,
        )
        for utterance in utterances
        for word in utterance.words
    )


@dataclass(frozen=True, slots=True)
class Partials:
    """When a turn is shown before it has ended (milliseconds).

    `every_word`: at the end of each. `at_incomplete_pauses`: when a pause has lasted as long as would end a finished
    sentence, but the sentence is not finished. `first_after`, `then_every`: so long after the turn's start, and again
    and again, while someone speaks. `within_words`: in the middle of each, when half of it has been heard.
    """

    every_word: bool = False
    at_incomplete_pauses: bool = False
    first_after: int | None = None
    then_every: int | None = None
    within_words: bool = False


@dataclass(frozen=True, slots=True)
class TurnRules:
    """What ends a turn (milliseconds): a pause, shorter after a finished sentence than otherwise, or its length."""

    pause_after_sentence: int
    pause: int
    longest: int
    partials: Partials = Partials()


class Kind(Enum):
    """What happens."""

    SPEECH_STARTS = auto()
    PARTIAL = auto()
    TURN_ENDS = auto()


class Cause(Enum):
    """What ended a turn."""

    PAUSE = auto()
    LENGTH = auto()
    FORCED = auto()
    STOPPED = auto()


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happens at a position. `words` are those of the turn that were heard until then.

    `begun` is the word after them where half of it has been heard, `at_pause` says that a partial is due because the
    speaker has paused.
    """

    position: int
    kind: Kind
    turn: int
    words: tuple[SpokenWord, ...] = ()
    cause: Cause | None = None
    begun: SpokenWord | None = None
    at_pause: bool = False

    @property
    def in_mid_speech(self) -> bool:
        """Whether the speaker does not pause here."""
        return bool(self.words) and not self.words[-1].pauses


@dataclass(frozen=True, slots=True)
class Planned:
    """What is due in a turn: `heard` counts the words of the recording that have ended by then.

    `begun`: the next of them is being said.
    """

    position: int
    kind: Kind
    heard: int
    cause: Cause | None = None
    at_pause: bool = False
    begun: bool = False

    @property
    def reach(self) -> int:
        """How many words of the recording have begun by then."""
        return self.heard + self.begun


def plan_turn(words: Sequence[SpokenWord], first: int, rules: TurnRules, floor: int = 0) -> list[Planned]:
    """What is due in the turn that begins with `words[first]`, in order; the last of it ends the turn.

    Nothing is due before `floor`: there the turn before was cut, or the rules were changed.
    """
    if first >= len(words):
        return []
    end = _turn_end(words, first, rules, floor)
    start = Planned(max(words[first].start, floor), Kind.SPEECH_STARTS, first)
    partials = [
        planned
        for planned in _partials(words, first, rules, end.position)
        if floor < planned.position < end.position and planned.reach > first
    ]
    return [start, *sorted(partials, key=lambda planned: planned.position), end]


def _turn_end(words: Sequence[SpokenWord], first: int, rules: TurnRules, floor: int) -> Planned:
    last = len(words) - 1
    index, due = first, 0
    for index in range(first, len(words)):
        if not words[index].pauses:
            continue
        due = max(words[index].end + _needed_pause(words[index], rules), floor)
        if index == last or due <= words[index + 1].start:
            break
    limit = max(words[first].start + rules.longest, words[first].end, floor)
    if limit >= due:
        return Planned(due, Kind.TURN_ENDS, index + 1, Cause.PAUSE)
    return Planned(limit, Kind.TURN_ENDS, _heard(words, first, limit), Cause.LENGTH)


def _needed_pause(word: SpokenWord, rules: TurnRules) -> int:
    return rules.pause_after_sentence if word.ends_sentence else rules.pause


def _partials(words: Sequence[SpokenWord], first: int, rules: TurnRules, end: int) -> list[Planned]:
    wanted = rules.partials
    planned: list[Planned] = []
    for index in range(first, _heard(words, first, end)):
        word = words[index]
        if wanted.every_word:
            planned.append(Planned(word.end, Kind.PARTIAL, index + 1))
        if wanted.within_words:
            planned.append(Planned((word.start + word.end) // 2, Kind.PARTIAL, index, begun=True))
        if wanted.at_incomplete_pauses and word.pauses and not word.ends_sentence:
            position = word.end + rules.pause_after_sentence
            if index + 1 == len(words) or position <= words[index + 1].start:
                planned.append(Planned(position, Kind.PARTIAL, index + 1, at_pause=True))
    if wanted.first_after is not None:
        # Never without a word, however long the first one takes.
        position = max(words[first].start + wanted.first_after, words[first].end)
        while position < end:
            heard = _heard(words, first, position)
            if not words[heard - 1].pauses or (heard < len(words) and words[heard].start <= position):
                planned.append(Planned(position, Kind.PARTIAL, heard))
            if wanted.then_every is None:
                break
            position += wanted.then_every
    return planned


def _heard(words: Sequence[SpokenWord], first: int, position: int) -> int:
    """How many words of the recording have ended at a position, looking from `first` on."""
    index = first
    while index < len(words) and words[index].end <= position:
        index += 1
    return index


class TurnPlayer:
    """Plays one channel of a recording: gives what is due as the audio comes in.

    The recording plays once; after its last word there is silence.
    """

    def __init__(self, words: Sequence[SpokenWord], rules: TurnRules) -> None:
        self._words = words
        self._rules = rules
        self._position = 0
        self._turn = 0
        self._planned: list[Planned] = []
        self._begin(first=0, floor=0)

    @property
    def position(self) -> int:
        """Milliseconds of audio received."""
        return self._position

    def advance(self, position: int) -> list[Moment]:
        """Everything that is due up to `position`, in order."""
        moments: list[Moment] = []
        while self._planned and self._planned[0].position <= position:
            planned = self._planned.pop(0)
            if planned.kind is Kind.PARTIAL and not self._is_news(planned):
                continue
            moments.append(self._moment(planned))
            if planned.kind is Kind.TURN_ENDS:
                self._turn += 1
                self._begin(planned.heard, floor=planned.position)
        self._position = max(position, self._position)
        return moments

    def change_rules(self, rules: TurnRules) -> None:
        """From now on a turn ends, and is shown, by other rules; the same rules change nothing."""
        if rules == self._rules:
            return
        started = any(planned.kind is Kind.SPEECH_STARTS for planned in self._planned)
        self._rules = rules
        planned = plan_turn(self._words, self._first, rules, self._position)
        self._planned = planned if started else planned[1:]

    def force_end(self, cause: Cause = Cause.FORCED) -> list[Moment]:
        """Ends the open turn with the words heard so far; gives nothing where no word was heard."""
        heard = _heard(self._words, self._first, self._position)
        if heard == self._first:
            return []
        moment = self._moment(Planned(self._position, Kind.TURN_ENDS, heard, cause))
        self._turn += 1
        self._begin(heard, floor=self._position)
        return [moment]

    def stop(self) -> list[Moment]:
        """The audio is over: ends the open turn as `force_end` does; nothing is due any more."""
        moments = self.force_end(Cause.STOPPED)
        self._planned = []
        return moments

    def _begin(self, first: int, floor: int) -> None:
        self._first = first
        self._shown = first
        self._shown_at_pause = first
        self._planned = plan_turn(self._words, first, self._rules, floor)

    def _is_news(self, planned: Planned) -> bool:
        """A partial is not repeated: not within speech without a new word, not within one pause."""
        if planned.at_pause:
            news = planned.heard > self._shown_at_pause
            self._shown_at_pause = planned.heard
        else:
            news = planned.reach > self._shown
        self._shown = max(planned.reach, self._shown)
        return news

    def _moment(self, planned: Planned) -> Moment:
        words = tuple(self._words[self._first : planned.heard])
        begun = self._words[planned.heard] if planned.begun else None
        return Moment(planned.position, planned.kind, self._turn, words, planned.cause, begun, planned.at_pause)
