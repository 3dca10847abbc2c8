"""Sample formats and what can be counted in them: bytes, frames, seconds.

Nothing here knows of vendors, sockets or clocks. A frame is one sample of each channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SampleFormat(StrEnum):
    """How one sample is stored. All but the two laws are linear and little-endian."""

    S16 = "s16"
    U8 = "u8"
    S24 = "s24"
    S32 = "s32"
    MULAW = "mulaw"
    ALAW = "alaw"


_BYTES = {
    SampleFormat.U8: 1,
    SampleFormat.MULAW: 1,
    SampleFormat.ALAW: 1,
    SampleFormat.S16: 2,
    SampleFormat.S24: 3,
    SampleFormat.S32: 4,
}
_SILENT_SAMPLE = {
    SampleFormat.U8: b"\x80",
    SampleFormat.MULAW: b"\xff",
    SampleFormat.ALAW: b"\xd5",
}


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Raw audio: sample format, frames a second (Hz), interleaved channels."""

    sample_format: SampleFormat = SampleFormat.S16
    sample_rate: int = 16000
    channels: int = 1

    @property
    def bytes_per_frame(self) -> int:
        """Bytes of one sample of every channel."""
        return _BYTES[self.sample_format] * self.channels

    @property
    def bytes_per_second(self) -> int:
        """Bytes of one second."""
        return self.bytes_per_frame * self.sample_rate

    def seconds(self, size: int) -> float:
        """How many seconds `size` bytes last."""
        return size / self.bytes_per_second

    def size(self, seconds: float) -> int:
        """How many bytes the whole frames within `seconds` take (rounded to the nearest frame)."""
        return round(seconds * self.sample_rate) * self.bytes_per_frame

    def silence(self, size: int) -> bytes:
        """`size` bytes of silence; `size` is rounded down to whole frames."""
        frame = _SILENT_SAMPLE.get(self.sample_format, bytes(_BYTES[self.sample_format])) * self.channels
        return frame * (size // self.bytes_per_frame)
