"""The transcript file that the emulators play: who says which word when.

    {"language": "en", "utterances": [
      {"speaker": 0, "channel": 0, "words": [{"text": "Hello", "start": 0.40, "end": 0.71, "confidence": 0.98}]}]}

Times are seconds from the start of the audio. An utterance ends where its speaker pauses; within one there are no
pauses. `language`, `speaker`, `channel` and `confidence` may be left out. A word that says who somebody is may carry
`"pii"`, the name of the policy that redacts it, such as `person_name`.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import msgspec

from shim.errors import BridgeError
from shim.guide import guide_file

_WRITTEN_WITHOUT_BLANKS = ("ja", "zh", "yue")
_POLICY = re.compile("[a-z0-9_]*")


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One word as it is written in a text, punctuation included; times in seconds."""

    text: str
    start: float
    end: float
    confidence: float = 1.0
    pii: str = ""


class Utterance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one speaker says without a pause."""

    words: list[Word]
    speaker: int = 0
    channel: int = 0

    @property
    def start(self) -> float:
        """Seconds."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """Seconds."""
        return self.words[-1].end


class Transcript(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said in a recording, in the order of time within each channel."""

    utterances: list[Utterance] = []
    language: str = "en"

    @property
    def separator(self) -> str:
        """What stands between two words of this language."""
        return "" if self.language in _WRITTEN_WITHOUT_BLANKS else " "

    def channel(self, number: int) -> list[Utterance]:
        """The utterances of one channel."""
        return [utterance for utterance in self.utterances if utterance.channel == number]

    def text(self, utterance: Utterance) -> str:
        """The utterance as it is written."""
        return self.separator.join(word.text for word in utterance.words)


def load_transcript(path: str | Path) -> Transcript:
    """Reads a transcript file. Raises `BridgeError`, with the place, if there is none or it is not one."""
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BridgeError(f"{path}: {error.strerror or error}", "give a transcript file (JSON)") from None
    try:
        transcript = msgspec.json.decode(content, type=Transcript)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_transcript(path, str(error)) from None
    problem = _problem(transcript)
    if problem:
        raise _no_transcript(path, problem)
    return transcript


def default_transcript() -> Transcript:
    """The transcript of the guide's speech, which is part of every installation."""
    return load_transcript(guide_file("transcript.json"))


def _no_transcript(path: Path, cause: str) -> BridgeError:
    return BridgeError(
        f"{path} is not a transcript: {cause}",
        'the form is {"language": "en", "utterances": [{"words": [{"text": "Hello", "start": 0.4, "end": 0.7}]}]}',
    )


def _problem(transcript: Transcript) -> str | None:
    """What the types cannot say: order, ranges, emptiness."""
    heard_until: dict[int, float] = {}
    for number, utterance in enumerate(transcript.utterances):
        place = f"utterances[{number}]"
        if not utterance.words:
            return f"{place} has no words"
        if utterance.channel < 0 or utterance.speaker < 0:
            return f"{place} has a channel or speaker below 0"
        for position, word in enumerate(utterance.words):
            place_of_word = f"{place}.words[{position}] ({word.text!r})"
            if not word.text.strip() or word.text != word.text.strip():
                return f"{place_of_word} is empty, or has blanks at an end"
            if not (math.isfinite(word.start) and math.isfinite(word.end) and 0 <= word.start <= word.end):
                return f"{place_of_word} has no valid start and end"
            if not _POLICY.fullmatch(word.pii):
                return f"{place_of_word} has a pii that is no name of a policy, such as person_name"
            if not 0 <= word.confidence <= 1:
                return f"{place_of_word} has a confidence outside 0 to 1"
            if word.start < heard_until.get(utterance.channel, 0.0):
                return f"{place_of_word} starts before the word ahead of it has ended"
            heard_until[utterance.channel] = word.end
    return None
