"""Programmes as they come from telephones, call centres and studios, through the gateway and a strict AssemblyAI.

The recording is the guide's, converted here. Words are compared with its transcript, their times to 20 ms.
"""

from __future__ import annotations

import array
import json
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from shim.audio import SampleFormat, to_s16
from shim.emulator.emulation import SessionRecord
from shim.emulator.speech import default_speech
from shim.emulator.transcript import default_transcript
from tests.emulated_services import connect, until_close
from tests.gateways import SENTENCES, SPEECH, STOP, finals, over_emulator, pieces

TOLERANCE = 0.02
WORDS = [word for utterance in default_transcript().utterances for word in utterance.words]
SAMPLES = array.array("h", SPEECH)


@dataclass
class Heard:
    """A session from its client's side, and from AssemblyAI's."""

    messages: list[Any]
    upstream: list[SessionRecord]

    def utterances(self, channel: int) -> list[Any]:
        """The finals of a channel, in the order in which they came."""
        return [
            message["data"]
            for message in self.messages
            if message["type"] == "transcript"
            and message["data"]["is_final"]
            and message["data"]["utterance"]["channel"] == channel
        ]

    def words(self, channel: int) -> list[tuple[str, float, float]]:
        return [
            (word["word"].strip(), word["start"], word["end"])
            for data in self.utterances(channel)
            for word in data["utterance"]["words"]
        ]


def programme(asked: dict[str, Any], audio: bytes, frame: int) -> Heard:
    """Sends a programme in frames of so many bytes; every frame is acknowledged, once and in order."""
    with over_emulator() as (served, service):
        service.keeps_audio, service.speech = True, default_speech()
        client = connect(served.session(json.dumps({"language_config": {"languages": ["en"]}, **asked}).encode()))
        frames = pieces(audio, frame)
        for one in frames:
            client.send(one)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        ranges = [message["data"]["byte_range"] for message in messages if message["type"] == "audio_chunk"]
        assert ranges[0][0] == 0
        assert ranges[-1][1] == len(audio)
        assert all(before[1] == after[0] for before, after in pairwise(ranges))
        assert len(ranges) == len(frames)
        served.wait_until_nothing_is_open()
        return Heard(messages, list(service.sessions))


def same_words(heard: list[tuple[str, float, float]], first: int = 0, shifted_by: float = 0.0) -> None:
    """What was heard are the recording's words from the `first` on, so many seconds earlier."""
    assert [text for text, _start, _end in heard] == [word.text for word in WORDS[first:]]
    for (_text, start, end), word in zip(heard, WORDS[first:], strict=True):
        assert start == pytest.approx(word.start - shifted_by, abs=TOLERANCE)
        assert end == pytest.approx(word.end - shifted_by, abs=TOLERANCE)


def mulaw(samples: array.array[int]) -> bytes:
    """Samples as mu-law: each the code whose sample is the nearest from below."""
    decoded = array.array("h", to_s16(bytes(range(256)), SampleFormat.MULAW))
    codes = sorted(range(256), key=lambda code: decoded[code])
    steps = [decoded[code] for code in codes]
    return bytes(codes[max(0, bisect_left(steps, sample + 1) - 1)] for sample in samples)


def test_a_telephone_call() -> None:
    """8 kHz mu-law in frames of 20 ms: joined, and otherwise untouched."""
    audio = mulaw(SAMPLES[::2])
    heard = programme({"encoding": "wav/ulaw", "bit_depth": 8, "sample_rate": 8000}, audio, 160)
    same_words(heard.words(0))
    assert finals(heard.messages) == SENTENCES
    [upstream] = heard.upstream
    assert (upstream.asked_for["encoding"], upstream.asked_for["sample_rate"]) == ("pcm_mulaw", "8000")
    assert bytes(upstream.audio).startswith(audio)
    assert set(upstream.audio[len(audio) :]) <= {0xFF}
    assert min(upstream.message_milliseconds) >= 50


def test_a_studio_recording() -> None:
    """48 kHz, 24 bits, with a WAV header."""
    threefold = array.array("h", (sample for sample in SAMPLES for _ in range(3)))
    audio = bytearray(3 * len(threefold))
    audio[1::3], audio[2::3] = threefold.tobytes()[0::2], threefold.tobytes()[1::2]
    size = len(audio)
    header = b"RIFF" + (size + 36).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little") + bytes(16)
    header += b"data" + size.to_bytes(4, "little")
    asked = {"encoding": "wav/pcm", "bit_depth": 24, "sample_rate": 48000}
    heard = programme(asked, header + bytes(audio), 14_400)
    same_words(heard.words(0))
    [upstream] = heard.upstream
    assert (upstream.asked_for["encoding"], upstream.asked_for["sample_rate"]) == ("pcm_s16le", "48000")
    assert bytes(upstream.audio[: 6 * len(SAMPLES)]) == threefold.tobytes()


_LATE = 2.9
"""Seconds of the recording that the second channel leaves out: it begins with the second sentence."""


def test_a_stereo_call() -> None:
    left = SAMPLES
    right = SAMPLES[round(_LATE * 16_000) :]
    right.extend([0] * (len(left) - len(right)))
    both = array.array("h", (sample for pair in zip(left, right, strict=True) for sample in pair))
    flags = {"receive_partial_transcripts": False}
    heard = programme({"channels": 2, "messages_config": flags}, both.tobytes(), 6400)
    same_words(heard.words(0))
    same_words(heard.words(1), first=5, shifted_by=_LATE)
    assert [data["id"] for data in heard.utterances(0)] == ["00_00000000", "00_00000001", "00_00000002"]
    assert [data["id"] for data in heard.utterances(1)] == ["01_00000000", "01_00000001"]
    assert sorted(bytes(one.audio[: len(SPEECH)]) for one in heard.upstream) == sorted(
        samples.tobytes() for samples in (left, right)
    )
    [result] = [message["data"] for message in heard.messages if message["type"] == "post_final_transcript"]
    assert result["metadata"]["number_of_distinct_channels"] == 2
    assert result["metadata"]["audio_duration"] == pytest.approx(len(SAMPLES) / 16_000)
    assert result["metadata"]["billing_time"] == pytest.approx(len(SAMPLES) / 8_000)
    merged = result["transcription"]["utterances"]
    assert [one["start"] for one in merged] == sorted(one["start"] for one in merged)
    assert [one["channel"] for one in merged] == [1, 0, 0, 1, 0]
    for kind in ("speech_start", "speech_end"):
        channels = [message["data"]["channel"] for message in heard.messages if message["type"] == kind]
        assert sorted(channels) == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("asked", "width"), [({"bit_depth": 8}, 1), ({"bit_depth": 32}, 4), ({"encoding": "wav/alaw", "bit_depth": 8}, 1)]
)
def test_eight_channels_of_other_formats(asked: dict[str, Any], width: int) -> None:
    """Every channel has an upstream of its own, and gets 16-bit samples."""
    frame = bytes(range(1, 8 * width + 1))
    heard = programme({**asked, "channels": 8}, frame * 1600, 8 * width * 320)
    assert len(heard.upstream) == 8
    kind = {1: SampleFormat.U8, 4: SampleFormat.S32}[width] if "encoding" not in asked else SampleFormat.ALAW
    expected = {to_s16(frame[channel * width : (channel + 1) * width], kind) for channel in range(8)}
    assert {bytes(one.audio[:2]) for one in heard.upstream} == expected
    assert all(len(one.audio) >= 3200 for one in heard.upstream)
