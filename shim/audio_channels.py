"""Interleaved channels taken apart. Nothing here knows of vendors, sockets or clocks."""

from __future__ import annotations

from dataclasses import replace

from shim.audio import AudioFormat


def one_channel(audio: AudioFormat) -> AudioFormat:
    """The format of each channel by itself."""
    return replace(audio, channels=1)


def channels_of(audio: bytes, form: AudioFormat) -> list[bytes]:
    """Each channel's samples of `audio`, which holds whole frames. All work is done by slices in C."""
    count = form.channels
    if count == 1:
        return [audio]
    width = form.bytes_per_frame // count
    found = []
    for channel in range(count):
        samples = bytearray(len(audio) // count)
        for byte in range(width):
            samples[byte::width] = audio[channel * width + byte :: form.bytes_per_frame]
        found.append(bytes(samples))
    return found
