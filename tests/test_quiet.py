"""Seconds without a word, whatever the sizes in which the audio comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.emulator.quiet import QuietSecond, QuietSeconds
from shim.emulator.turns import SpokenWord, spoken_words
from tests.emulated_services import RECORDING, utterance

WORDS = spoken_words([utterance(("One", 2.5, 3.0), ("two.", 3.2, 3.6)), utterance(("Three.", 4.6, 5.0))])


def test_whole_seconds_are_counted_from_the_last_word() -> None:
    assert QuietSeconds(WORDS).advance(7999) == [
        QuietSecond(0, 1000, since=0),
        QuietSecond(1000, 2000, since=0),
        QuietSecond(3600, 4600, since=3600),  # ends just where the next word begins
        QuietSecond(5000, 6000, since=5000),
        QuietSecond(6000, 7000, since=5000),
    ]


def test_a_second_is_given_when_it_is_over() -> None:
    seconds = QuietSeconds(WORDS)
    assert seconds.advance(999) == []
    assert seconds.advance(1000) == [QuietSecond(0, 1000, since=0)]
    assert seconds.advance(1000) == []


def test_how_long_it_has_lasted() -> None:
    assert [second.lasted for second in QuietSeconds(()).advance(3000)] == [1000, 2000, 3000]


@pytest.mark.parametrize("words", [WORDS, spoken_words(RECORDING.channel(0)), ()])
def test_nobody_speaks_in_them(words: tuple[SpokenWord, ...]) -> None:
    for second in QuietSeconds(words).advance(20_000):
        assert not any(word.start < second.end and word.end > second.start for word in words)


@given(st.lists(st.integers(0, 3000), max_size=20))
def test_they_do_not_depend_on_how_the_audio_is_cut(steps: list[int]) -> None:
    seconds, position, in_steps = QuietSeconds(WORDS), 0, []
    for step in steps:
        position += step
        in_steps += seconds.advance(position)
    assert in_steps == QuietSeconds(WORDS).advance(position)
