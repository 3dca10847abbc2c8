"""The header that makes a WAV file of raw audio."""

from __future__ import annotations

import struct
from typing import Final

from shim.audio import AudioFormat, SampleFormat

_PCM: Final = 1
_CODES: Final = {SampleFormat.ALAW: 6, SampleFormat.MULAW: 7}
_LARGEST: Final = 2**32 - 1


def wav_header(audio: AudioFormat, size: int) -> bytes:
    """What stands before `size` bytes of such audio in a RIFF WAV file.

    The file has to end with `wav_padding(size)`. Sizes that RIFF cannot say (4 GiB and more) are said as the largest.
    """
    code = _CODES.get(audio.sample_format, _PCM)
    bits = 8 * audio.bytes_per_frame // audio.channels
    parts = struct.pack(
        "<HHIIHH", code, audio.channels, audio.sample_rate, audio.bytes_per_second, audio.bytes_per_frame, bits
    )
    chunks = b""
    if code == _PCM:
        chunks += b"fmt " + struct.pack("<I", len(parts)) + parts
    else:  # what is not PCM says how much its extension holds, and how many frames there are
        chunks += b"fmt " + struct.pack("<I", len(parts) + 2) + parts + b"\0\0"
        chunks += b"fact" + struct.pack("<II", 4, min(size // audio.bytes_per_frame, _LARGEST))
    chunks += b"data" + struct.pack("<I", min(size, _LARGEST))
    riff_size = min(4 + len(chunks) + size + len(wav_padding(size)), _LARGEST)
    return b"RIFF" + struct.pack("<I", riff_size) + b"WAVE" + chunks


def wav_padding(size: int) -> bytes:
    """What stands after `size` bytes of audio: chunks of RIFF begin at even places."""
    return b"\0" * (size % 2)
