"""Samples of one rate as samples of another."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.audio_rates import Resampler


def tone(rate: int, seconds: float = 0.5) -> bytes:
    return array(
        "h", [round(10_000 * math.sin(2 * math.pi * 200 * n / rate)) for n in range(int(rate * seconds))]
    ).tobytes()


@pytest.mark.parametrize(("source", "target"), [(24_000, 32_000), (22_050, 32_000), (96_000, 48_000), (11_025, 16_000)])
def test_a_tone_stays_the_same_tone(source: int, target: int) -> None:
    resampler = Resampler(source, target)
    found = array("h", resampler.feed(tone(source)) + resampler.finish())
    assert abs(len(found) - target / 2) <= 3
    expected = array("h", tone(target))
    assert max(abs(here - there) for here, there in zip(found[:-3], expected, strict=False)) < 30


@given(st.lists(st.binary(max_size=40)), st.sampled_from([(24_000, 32_000), (96_000, 48_000), (9_000, 16_000)]))
def test_however_the_stream_is_cut(pieces: list[bytes], rates: tuple[int, int]) -> None:
    whole, cut = Resampler(*rates), Resampler(*rates)
    joined = b"".join(pieces)
    assert b"".join(map(cut.feed, pieces)) + cut.finish() == whole.feed(joined) + whole.finish()


def test_nothing_is_nothing() -> None:
    resampler = Resampler(24_000, 32_000)
    assert resampler.feed(b"") + resampler.feed(b"\x01") + resampler.finish() == b""
