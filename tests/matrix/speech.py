"""Two seconds of the guide's speech, and what is said in them."""

from __future__ import annotations

import wave
from pathlib import Path

from shim.emulator.transcript import Transcript, Utterance, Word, default_transcript
from shim.guide import guide_file

_BEGIN, _END = 1.25, 3.55  # seconds: "this is Alice." and "The train", with the pause between them


def transcript() -> Transcript:
    """What is said in the piece, as the emulators play it."""
    said = [
        Utterance([_earlier(word) for word in utterance.words if word.start >= _BEGIN and word.end <= _END])
        for utterance in default_transcript().utterances
    ]
    return Transcript([utterance for utterance in said if utterance.words])


def _earlier(word: Word) -> Word:
    return Word(word.text, round(word.start - _BEGIN, 3), round(word.end - _BEGIN, 3), word.confidence)


def write_speech(path: Path) -> Path:
    """Writes the piece as a WAV file, and gives its path."""
    with wave.open(str(guide_file("speech.wav"))) as whole, wave.open(str(path), "wb") as piece:
        piece.setparams(whole.getparams())
        whole.setpos(round(_BEGIN * whole.getframerate()))
        piece.writeframes(whole.readframes(round((_END - _BEGIN) * whole.getframerate())))
    return path
