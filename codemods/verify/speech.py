"""The speech that a verified program hears: a WAV file, as one channel of 16-bit samples."""

from __future__ import annotations

import array
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

from shim.errors import BridgeError

_CONVERT = "convert it, for example with: ffmpeg -i SPEECH -ac 1 -ar 16000 -c:a pcm_s16le speech.wav"


@dataclass(frozen=True)
class Speech:
    """One channel of 16-bit samples at `rate` Hz."""

    samples: array.array[int]
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


def load_speech(path: Path) -> Speech:
    """Reads a WAV file of 16-bit PCM at any rate; several channels are mixed to one.

    Raises `BridgeError` for a file that cannot be read, is no WAV file, holds another sample format, or nothing.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise BridgeError(f"cannot read the speech {path}: {reason}", "give a readable WAV file") from None
    except (wave.Error, EOFError) as error:
        reason = str(error) or "it ends too early"
        raise BridgeError(f"{path} is not a PCM WAV file: {reason}", _CONVERT) from None
    if width != 2:
        raise BridgeError(f"{path} holds {8 * width}-bit samples, not 16-bit ones", _CONVERT)
    if rate <= 0 or len(data) < 2 * channels:
        raise BridgeError(f"{path} holds no audio", "give a WAV file with speech in it")
    samples = array.array("h", data[: len(data) // (2 * channels) * (2 * channels)])
    if sys.byteorder == "big":
        samples.byteswap()
    if channels > 1:
        parts = [samples[channel::channels] for channel in range(channels)]
        samples = array.array("h", [sum(frame) // channels for frame in zip(*parts, strict=True)])
    return Speech(samples, rate)
