"""Custom spelling, as Gladia's `custom_spelling` asks for it: what is heard in one form is written in another.

A heard form is found as whole words, in any case; the right form is written exactly as it is given, at the beginning of
a sentence too. Where several heard forms fit, the longest does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from shim.wire import gladia


@dataclass
class _Place:
    """Words, by their numbers, that are spelled anew together, and what is to be replaced in them."""

    first: int
    last: int
    matches: list[re.Match[str]]


class Spelling:
    """Writes utterances as a dictionary says: right forms, each with the forms in which it is heard."""

    def __init__(self, dictionary: Mapping[str, Sequence[str]]) -> None:
        """Heard forms without any word in them are left out."""
        heard = [(" ".join(form.split()), right) for right, forms in dictionary.items() for form in forms]
        heard = sorted((pair for pair in heard if pair[0]), key=lambda pair: -len(pair[0]))
        self._right_forms = [right for _form, right in heard]
        forms = ("(" + r"\s+".join(map(re.escape, form.split())) + ")" for form, _right in heard)
        self._heard = re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE) if heard else None

    def text(self, text: str) -> str:
        """The text, spelled so."""
        return text if self._heard is None else self._heard.sub(self._right_form, text)

    def utterance(self, utterance: gladia.Utterance) -> gladia.Utterance:
        """The utterance, spelled so.

        Words keep their times where there are as many as before. Where there are not, those that were spelled together
        become one word, from the start of the first to the end of the last, as certain as the least certain.
        """
        if self._heard is None:
            return utterance
        words = self._words(utterance.words)
        return msgspec.structs.replace(utterance, text=self.text(utterance.text), words=words)

    def _right_form(self, match: re.Match[str]) -> str:
        assert match.lastindex is not None
        return self._right_forms[match.lastindex - 1]

    def _words(self, words: list[gladia.Word]) -> list[gladia.Word]:
        texts = [word.word.strip() for word in words]
        ends = [0]
        for text in texts:
            ends.append(ends[-1] + len(text) + 1)
        joined = " ".join(texts)
        spelled: list[gladia.Word] = []
        done = 0
        for place in self._places(joined, ends):
            spelled += words[done : place.first]
            done = place.last + 1
            spelled += self._spelled(place, words[place.first : done], joined, ends[place.first], ends[done] - 1)
        return [*spelled, *words[done:]]

    def _places(self, joined: str, ends: list[int]) -> list[_Place]:
        assert self._heard is not None
        places: list[_Place] = []
        word = 0
        for match in self._heard.finditer(joined):
            while ends[word + 1] <= match.start():
                word += 1
            first = word
            while ends[word + 1] - 1 < match.end():
                word += 1
            if places and first <= places[-1].last:
                places[-1].last = word
                places[-1].matches.append(match)
            else:
                places.append(_Place(first, word, [match]))
        return places

    def _spelled(self, place: _Place, words: list[gladia.Word], joined: str, start: int, end: int) -> list[gladia.Word]:
        text, position = "", start
        for match in place.matches:
            text += joined[position : match.start()] + self._right_form(match)
            position = match.end()
        text += joined[position:end]
        blank = " " if words[0].word[:1].isspace() else ""
        parts = text.split()
        if len(parts) == len(words):
            return [
                msgspec.structs.replace(word, word=f"{blank}{part}") for word, part in zip(words, parts, strict=True)
            ]
        confidence = min(word.confidence for word in words)
        one = gladia.Word(word=f"{blank}{text}", start=words[0].start, end=words[-1].end, confidence=confidence)
        return [one]


def spelling_of(request: gladia.InitRequest) -> Spelling | None:
    """What a session's request asks for; None where the switch is off or there is no dictionary."""
    processing = request.realtime_processing
    dictionary = (processing.get("custom_spelling_config") or {}).get("spelling_dictionary")
    return Spelling(dictionary) if processing.get("custom_spelling") and dictionary else None
