"""The guide's speech and transcript belong together: the times are those of the sound."""

from __future__ import annotations

import array
import json
import math
import sys
import wave
from itertools import pairwise
from typing import Any

import pytest

from shim.errors import BridgeError
from shim.guide import guide_file

QUIET = 100  # of 32767, root mean square: nobody speaks
SPOKEN = 1500


@pytest.fixture(scope="module")
def samples() -> array.array[int]:
    with wave.open(str(guide_file("speech.wav"))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
        found = array.array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        found.byteswap()
    return found


@pytest.fixture(scope="module")
def utterances() -> list[list[dict[str, Any]]]:
    transcript = json.loads(guide_file("transcript.json").read_text(encoding="utf-8"))
    assert transcript["language"] == "en"
    return [utterance["words"] for utterance in transcript["utterances"]]


def loudness(samples: array.array[int], start: float, end: float) -> float:
    part = samples[round(start * 16000) : round(end * 16000)]
    return math.sqrt(sum(sample * sample for sample in part) / len(part))


def test_the_speech_is_short_enough_to_ship(samples: array.array[int]) -> None:
    assert 5 <= len(samples) / 16000 <= 8
    assert guide_file("speech.wav").stat().st_size <= 300_000


def test_the_text_is_worth_comparing(utterances: list[list[dict[str, Any]]]) -> None:
    texts = [" ".join(word["text"] for word in words) for words in utterances]
    assert len(texts) >= 3
    assert all(text[-1] in ".?!" and text[0].isupper() for text in texts)
    assert any("," in text for text in texts)
    assert len(set(texts)) == len(texts)


def test_the_times_are_in_order(utterances: list[list[dict[str, Any]]]) -> None:
    for words in utterances:
        assert words[-1]["end"] - words[0]["start"] < 4
        assert all(word["start"] < word["end"] for word in words)
        assert all(a["end"] <= b["start"] for a, b in pairwise(words))
        assert all(0 < word["confidence"] <= 1 for word in words)
    pauses = [b[0]["start"] - a[-1]["end"] for a, b in pairwise(utterances)]
    assert all(0.7 <= pause <= 1.2 for pause in pauses)
    assert utterances[0][0]["start"] >= 0.3


def test_words_are_loud_and_pauses_quiet(samples: array.array[int], utterances: list[list[dict[str, Any]]]) -> None:
    for words in utterances:
        for word in words:
            assert loudness(samples, word["start"], word["end"]) > SPOKEN, word
    edges = [0.0, *(time for words in utterances for time in (words[0]["start"], words[-1]["end"]))]
    edges.append(len(samples) / 16000)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        assert loudness(samples, start, end) < QUIET, (start, end)


def test_an_utterance_begins_and_ends_where_the_sound_does(
    samples: array.array[int], utterances: list[list[dict[str, Any]]]
) -> None:
    """A shift of the times by a twentieth of a second is seen. (Times are rounded to milliseconds.)"""
    for words in utterances:
        assert loudness(samples, words[0]["start"], words[0]["start"] + 0.05) > QUIET * 3
        assert loudness(samples, words[-1]["end"] - 0.1, words[-1]["end"]) > QUIET
        assert loudness(samples, words[0]["start"] - 0.05, words[0]["start"] - 0.001) < QUIET
        assert loudness(samples, words[-1]["end"] + 0.001, words[-1]["end"] + 0.05) < QUIET


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BridgeError, match=r"nothing\.wav"):
        guide_file("nothing.wav")
