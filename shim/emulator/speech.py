"""The recording that a transcript belongs to, and where in it the audio of a session begins.

A client whose line was cut opens a new session and goes on in the middle of the speech. An emulator that knows the
recording finds the place again by the samples themselves.
"""

from __future__ import annotations

import re
import wave
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

from shim.audio import AudioFormat, SampleFormat
from shim.audio_channels import channels_of
from shim.emulator.turns import SpokenWord
from shim.errors import BridgeError
from shim.guide import guide_file

_EXCERPT_SECONDS: Final = 0.05
_ZEROS: Final = re.compile(rb"\0+")
_ROUNDING: Final = 1  # ms


class Speech:
    """A recording: 16-bit samples of one channel, and how many of them make a second (Hz)."""

    def __init__(self, samples: bytes, sample_rate: int) -> None:
        self.audio = AudioFormat(SampleFormat.S16, sample_rate, 1)
        self._samples = samples

    @cached_property
    def longest_silence(self) -> int:
        """Bytes of the longest stretch in which every sample is 0."""
        return max((len(zeros.group()) for zeros in _ZEROS.finditer(self._samples)), default=0)

    def find(self, excerpt: bytes) -> int | None:
        """At which byte of the recording the samples of an excerpt begin; None where they do not occur."""
        place = self._samples.find(excerpt)
        while place % self.audio.bytes_per_frame and place >= 0:
            place = self._samples.find(excerpt, place + 1)
        return place if place >= 0 else None


def load_speech(path: str | Path) -> Speech:
    """Reads a WAV file of 16-bit samples; of several channels the first. Raises `BridgeError` if it is none."""
    advice = "give a WAV file with 16-bit PCM samples"
    try:
        with wave.open(str(path), "rb") as file:
            width, rate, channels = file.getsampwidth(), file.getframerate(), file.getnchannels()
            frames = file.readframes(file.getnframes())
    except OSError as error:
        raise BridgeError(f"{path}: {error.strerror or error}", advice) from None
    except (wave.Error, EOFError) as error:
        raise BridgeError(
            f"{path} is not a WAV file that can be read: {error or 'it ends too early'}", advice
        ) from None
    if width != 2:
        raise BridgeError(f"{path} has samples of {width * 8} bits", advice)
    return Speech(channels_of(frames, AudioFormat(SampleFormat.S16, rate, channels))[0], rate)


def default_speech() -> Speech:
    """The guide's speech, which `default_transcript` belongs to."""
    return load_speech(guide_file("speech.wav"))


class Place:
    """Finds out where in the speech the audio of a session begins, by the first 50 ms of it that are not silence.

    Where these do not occur in the speech, and where there is no speech, the session is heard from the speech's start;
    so it is where its audio has another format, rate or number of channels (those are other samples), and after a
    silence that is longer than any in the speech.
    """

    def __init__(self, speech: Speech | None, audio: AudioFormat) -> None:
        """`audio` is what the session's client sends."""
        self._speech = speech if speech is not None and speech.audio == audio else None
        self._heard = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether more audio has to be heard before anything can be said."""
        return self._speech is not None

    def feed(self, audio: bytes) -> int | None:
        """Takes the next bytes of the session, whose place is open.

        Gives the milliseconds of the speech before the session's first byte, once they are known: less than 0 where
        silence comes before the speech, 0 where it cannot be found out. None while more has to be heard.
        """
        assert self._speech is not None
        self._heard += audio
        silence = len(self._heard) - len(self._heard.lstrip(b"\0"))
        if silence == len(self._heard) and silence <= self._speech.longest_silence:
            return None
        silence -= silence % self._speech.audio.bytes_per_frame
        excerpt = self._heard[silence : silence + self._speech.audio.size(_EXCERPT_SECONDS)]
        if silence < len(self._heard) and len(excerpt) < self._speech.audio.size(_EXCERPT_SECONDS):
            return None
        found = self._speech.find(bytes(excerpt)) if excerpt else None
        offset = 0 if found is None else round((found - silence) * 1000 / self._speech.audio.bytes_per_second)
        self.settle()
        return offset

    def settle(self) -> None:
        """No more is waited for: what is not known by now stays unknown."""
        self._speech, self._heard = None, bytearray()


def heard_from(words: Sequence[SpokenWord], offset: int) -> tuple[SpokenWord, ...]:
    """The words of a session that begins `offset` milliseconds into them, with times from its own start.

    A word that had begun before is not among them.
    """
    return tuple(
        replace(word, start=max(word.start - offset, 0), end=word.end - offset)
        for word in words
        if word.start + _ROUNDING >= offset
    )
