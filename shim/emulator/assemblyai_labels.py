"""What AssemblyAI adds to a final: its language, and who spoke, where either was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shim.emulator.turns import SpokenWord
from shim.faces import assemblyai as face

PENDING: Final = "PENDING"
_SHORTEST_LABELLED: Final = 1000  # ms: a shorter turn has no speaker until the end of the session
_CERTAINTY: Final = 0.9
_LANGUAGE_CERTAINTY: Final = 0.98


@dataclass(frozen=True)
class FinalLabels:
    """The optional fields of a final and of each of its words; `pending`: the speaker is not known yet."""

    turn: dict[str, Any]
    words: list[dict[str, Any]]
    pending: bool


class Labels:
    """By the parameters of the session and the language of the recording."""

    def __init__(self, parameters: face.SessionParameters, language: str) -> None:
        model = parameters.speech_model
        detects = parameters.language_detection and model not in (*face.U3_MODELS, "universal-streaming-english")
        self._language: dict[str, Any] = {}
        if detects or model == face.WHISPER:
            self._language = {"language_code": language, "language_confidence": _LANGUAGE_CERTAINTY}
        self._tells_speakers = parameters.speaker_labels and model != face.WHISPER
        self._most = parameters.max_speakers or 26

    def speaker(self, word: SpokenWord) -> str:
        """`A`, `B` and so on; whoever is beyond `max_speakers` counts as the last."""
        return chr(ord("A") + min(word.speaker, self._most - 1))

    def of_final(self, words: Sequence[SpokenWord]) -> FinalLabels:
        """For a final of these words."""
        if not self._tells_speakers:
            return FinalLabels(self._language, [{} for _word in words], pending=False)
        if words[-1].end - words[0].start < _SHORTEST_LABELLED:
            turn = {"speaker_label": PENDING, **self._language}
            return FinalLabels(turn, [{"speaker": PENDING} for _word in words], pending=True)
        turn = {"speaker_label": self.speaker(words[0]), "speaker_confidence": _CERTAINTY, **self._language}
        spoken = [{"speaker": self.speaker(word), "speaker_confidence": _CERTAINTY} for word in words]
        return FinalLabels(turn, spoken, pending=False)
