"""Turn planning: what is due at which position, by the rules alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shim.emulator.transcript import Transcript
from shim.emulator.turns import (
    Cause,
    Kind,
    Moment,
    Partials,
    SpokenWord,
    TurnPlayer,
    TurnRules,
    plan_turn,
    spoken_words,
)
from tests.emulated_services import RECORDING, utterance

END = 100_000
WORDS = spoken_words(RECORDING.channel(0))
"""Hello world. (400-1200) | Book a table (2100-2900) | for two. (3400-4000)"""


def rules(after_sentence: int, otherwise: int, longest: int = 60_000, **partials: object) -> TurnRules:
    return TurnRules(after_sentence, otherwise, longest, Partials(**partials))  # type: ignore[arg-type]


def said(moment: Moment) -> str:
    return " ".join(word.text for word in moment.words)


def ends(moments: list[Moment]) -> list[tuple[int, str]]:
    return [(moment.position, said(moment)) for moment in moments if moment.kind is Kind.TURN_ENDS]


def partials(moments: list[Moment]) -> list[tuple[int, str]]:
    return [(moment.position, said(moment)) for moment in moments if moment.kind is Kind.PARTIAL]


def played(given_rules: TurnRules, words: tuple[SpokenWord, ...] = WORDS) -> list[Moment]:
    return TurnPlayer(words, given_rules).advance(END)


def test_a_turn_ends_where_the_pause_is_long_enough() -> None:
    assert ends(played(rules(50, 50))) == [(1250, "Hello world."), (2950, "Book a table"), (4050, "for two.")]


def test_a_turn_goes_on_where_the_pause_is_too_short() -> None:
    assert ends(played(rules(600, 600))) == [(1800, "Hello world."), (4600, "Book a table for two.")]
    assert ends(played(rules(1000, 1000))) == [(5000, "Hello world. Book a table for two.")]


def test_a_pause_of_just_the_length_is_enough() -> None:
    assert ends(played(rules(500, 500)))[1] == (3400, "Book a table")
    assert ends(played(rules(501, 501)))[1] == (4501, "Book a table for two.")


def test_a_finished_sentence_ends_earlier() -> None:
    assert ends(played(rules(100, 1000))) == [(1300, "Hello world."), (4100, "Book a table for two.")]


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("two.", True),
        ("two?", True),
        ("two!”", True),
        ('two."', True),
        ("二。", True),
        ("two", False),
        ("two,", False),
        ("two—", False),
        ("two…", False),
        ('"', False),
    ],
)
def test_what_finishes_a_sentence(text: str, finished: bool) -> None:
    assert SpokenWord(text, 0, 1, 1.0, 0, True).ends_sentence is finished


def test_the_longest_turn_is_cut_at_a_whole_word() -> None:
    long = spoken_words([utterance(*((f"w{number}", number, number + 0.8) for number in range(12)))])
    moments = [moment for moment in played(rules(100, 100, longest=5000), long) if moment.kind is Kind.TURN_ENDS]
    assert [(moment.position, len(moment.words), moment.cause) for moment in moments] == [
        (5000, 5, Cause.LENGTH),
        (10_000, 5, Cause.LENGTH),
        (11_900, 2, Cause.PAUSE),
    ]
    assert [moment.in_mid_speech for moment in moments] == [True, True, False]


def test_a_word_longer_than_the_longest_turn_is_not_lost() -> None:
    long = spoken_words([utterance(("Aaaah", 0, 9), ("so.", 9, 9.5))])
    assert ends(played(rules(100, 100, longest=5000), long)) == [(9000, "Aaaah"), (9600, "so.")]


def test_a_cut_in_the_middle_of_a_word_leaves_it_to_the_next_turn() -> None:
    long = spoken_words([utterance(("one", 0, 4), ("two", 4, 6), ("three.", 6, 7))])
    moments = played(rules(100, 100, longest=5000), long)
    assert ends(moments) == [(5000, "one"), (7100, "two three.")]
    starts = [moment.position for moment in moments if moment.kind is Kind.SPEECH_STARTS]
    assert starts == [0, 5000]


def test_a_cut_within_a_pause_ends_what_was_said() -> None:
    recording = spoken_words([utterance(("one", 0, 4.5)), utterance(("two.", 8, 9))])
    assert ends(played(rules(9000, 9000, longest=5000), recording)) == [(5000, "one"), (13_000, "two.")]


def test_partials_at_every_word() -> None:
    assert partials(played(rules(600, 600, every_word=True))) == [
        (700, "Hello"),
        (1200, "Hello world."),
        (2300, "Book"),
        (2450, "Book a"),
        (2900, "Book a table"),
        (3550, "Book a table for"),
        (4000, "Book a table for two."),
    ]


def test_partials_within_words() -> None:
    moments = [moment for moment in played(rules(600, 600, within_words=True)) if moment.kind is Kind.PARTIAL]
    assert [(moment.position, said(moment), moment.begun and moment.begun.text) for moment in moments] == [
        (550, "", "Hello"),
        (1000, "Hello", "world."),
        (2200, "", "Book"),
        (2400, "Book", "a"),
        (2700, "Book a", "table"),
        (3475, "Book a table", "for"),
        (3800, "Book a table for", "two."),
    ]


def test_a_partial_says_whether_the_speaker_has_paused() -> None:
    moments = played(rules(100, 1000, within_words=True, at_incomplete_pauses=True))
    assert [(moment.position, said(moment)) for moment in moments if moment.at_pause] == [(3000, "Book a table")]


def test_one_partial_at_each_incomplete_pause() -> None:
    assert partials(played(rules(100, 1000, at_incomplete_pauses=True))) == [(3000, "Book a table")]
    assert partials(played(rules(501, 1000, at_incomplete_pauses=True))) == []


def test_partials_in_time_while_someone_speaks() -> None:
    moments = played(rules(100, 1000, first_after=300, then_every=500))
    # 1200 and 2900 fall on the ends of utterances, where nobody speaks; 3400 on the start of one.
    assert partials(moments) == [
        (700, "Hello"),
        (2400, "Book"),
        (3400, "Book a table"),
        (3900, "Book a table for"),
    ]
    recording = spoken_words([utterance(("one", 0, 0.2), ("two", 3, 3.2))])
    assert partials(played(rules(100, 1000, first_after=300, then_every=500), recording)) == [(300, "one")]


def test_the_first_partial_waits_for_a_word() -> None:
    recording = spoken_words([utterance(("Looong", 0, 2), ("one", 2, 3))])
    assert partials(played(rules(100, 1000, first_after=300), recording)) == [(2000, "Looong")]


def test_forcing_ends_the_open_turn_with_what_was_heard() -> None:
    player = TurnPlayer(WORDS, rules(100, 1000))
    player.advance(2460)
    forced = player.force_end()
    assert [(said(moment), moment.cause, moment.turn) for moment in forced] == [("Book a", Cause.FORCED, 1)]
    assert player.force_end() == []
    assert ends(player.advance(END)) == [(4100, "table for two.")]


def test_forcing_in_a_pause_or_before_the_first_word() -> None:
    player = TurnPlayer(WORDS, rules(100, 1000))
    assert player.force_end() == []
    player.advance(690)
    assert player.force_end() == []
    player.advance(1250)
    assert ends(player.force_end()) == [(1250, "Hello world.")]
    assert player.force_end() == []
    assert ends(player.advance(END)) == [(4100, "Book a table for two.")]


def test_stopping_gives_the_words_so_far_and_then_nothing_more() -> None:
    player = TurnPlayer(WORDS, rules(100, 1000))
    player.advance(3560)
    assert [(said(moment), moment.cause) for moment in player.stop()] == [("Book a table for", Cause.STOPPED)]
    assert player.advance(END) == []


def test_new_rules_hold_from_now_on() -> None:
    player = TurnPlayer(WORDS, rules(100, 1000))
    player.advance(3100)  # the pause after "table" has lasted 200
    player.change_rules(rules(100, 300))
    assert ends(player.advance(3300)) == [(3200, "Book a table")]
    player.change_rules(rules(2000, 3000))
    assert ends(player.advance(END)) == [(6000, "for two.")]


def test_new_rules_that_are_already_met_take_effect_at_once() -> None:
    player = TurnPlayer(WORDS, rules(100, 1000))
    player.advance(3300)
    player.change_rules(rules(100, 200))
    assert ends(player.advance(3301)) == [(3300, "Book a table")]


def test_new_rules_do_not_end_a_turn_in_a_pause_that_is_over() -> None:
    player = TurnPlayer(WORDS, rules(100, 1000))
    player.advance(3500)
    player.change_rules(rules(100, 200))
    assert ends(player.advance(END)) == [(4100, "Book a table for two.")]


def test_new_rules_do_not_repeat_a_partial() -> None:
    player = TurnPlayer(WORDS, rules(100, 1000, at_incomplete_pauses=True))
    assert partials(player.advance(3050)) == [(3000, "Book a table")]
    player.change_rules(rules(200, 1000, at_incomplete_pauses=True))
    assert partials(player.advance(END)) == []


def test_the_same_rules_change_nothing() -> None:
    player, other = (TurnPlayer(WORDS, rules(100, 1000, within_words=True)) for _number in range(2))
    moments = player.advance(2250)
    player.change_rules(rules(100, 1000, within_words=True))
    assert moments + player.advance(END) == other.advance(END)


def test_a_word_that_was_begun_is_not_shown_so_again() -> None:
    player = TurnPlayer(WORDS, rules(100, 1000, within_words=True))
    player.advance(2720)
    player.change_rules(rules(100, 900, within_words=True))
    assert partials(player.advance(END)) == [(3475, "Book a table"), (3800, "Book a table for")]


def test_nothing_is_planned_after_the_last_word() -> None:
    assert plan_turn(WORDS, len(WORDS), rules(50, 50)) == []
    assert TurnPlayer((), rules(50, 50)).advance(END) == []


times = st.integers(min_value=0, max_value=3000)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[SpokenWord, ...]:
    words: list[SpokenWord] = []
    now = 0
    for _number in range(draw(st.integers(0, 6))):
        now += draw(times)
        length = draw(st.integers(1, 5))
        for number in range(length):
            start = now + draw(st.integers(0, 50))
            now = start + draw(st.integers(0, 900))
            text = draw(st.sampled_from(["yes", "no,", "so."]))
            words.append(SpokenWord(text, start, now, 1.0, 0, pauses=number == length - 1))
    return tuple(words)


all_rules = st.builds(
    TurnRules,
    st.integers(0, 1500),
    st.integers(0, 3000),
    st.integers(1, 6000),
    st.builds(
        Partials,
        st.booleans(),
        st.booleans(),
        st.one_of(st.none(), st.integers(0, 900)),
        st.one_of(st.none(), st.integers(1, 1500)),
        st.booleans(),
    ),
)


@settings(max_examples=300, deadline=None)
@given(recordings(), all_rules, st.lists(st.integers(1, 4000), max_size=30))
def test_what_is_due_does_not_depend_on_how_the_audio_is_cut(
    words: tuple[SpokenWord, ...], given_rules: TurnRules, steps: list[int]
) -> None:
    at_once = TurnPlayer(words, given_rules).advance(END)
    player = TurnPlayer(words, given_rules)
    moments: list[Moment] = []
    position = 0
    for step in steps:
        position += step
        moments += player.advance(position)
    moments += player.advance(END)
    assert moments == at_once


@settings(max_examples=300, deadline=None)
@given(recordings(), all_rules, st.lists(st.tuples(st.integers(1, 4000), st.sampled_from("afr")), max_size=15))
def test_every_word_is_in_one_turn_and_turns_come_in_order(
    words: tuple[SpokenWord, ...], given_rules: TurnRules, steps: list[tuple[int, str]]
) -> None:
    """Whatever is forced or changed on the way: no word twice, none lost, one end a turn, positions never fall."""
    player = TurnPlayer(words, given_rules)
    moments: list[Moment] = []
    position = 0
    for step, then in steps:
        position += step
        moments += player.advance(position)
        if then == "f":
            moments += player.force_end()
        elif then == "r":
            player.change_rules(TurnRules(300, 300, 5000, Partials(every_word=True, within_words=True)))
    moments += player.advance(END)
    moments += player.stop()
    ended = [moment for moment in moments if moment.kind is Kind.TURN_ENDS]
    assert [word for moment in ended for word in moment.words] == list(words)
    assert [moment.turn for moment in ended] == list(range(len(ended)))
    assert all(moment.words for moment in ended)
    positions = [moment.position for moment in moments]
    assert positions == sorted(positions)
    turns = [moment.turn for moment in moments]
    assert turns == sorted(turns)
    for moment in moments:
        assert all(word.end <= moment.position for word in moment.words)
        assert moment.begun is None or moment.begun.start <= moment.position <= moment.begun.end


def test_speakers_and_channels_are_kept_apart() -> None:
    transcript = Transcript([utterance(("A.", 0, 1), speaker=1), utterance(("B.", 0, 1), channel=1)])
    assert [word.text for word in spoken_words(transcript.channel(1))] == ["B."]
    assert [word.speaker for word in spoken_words(transcript.channel(0))] == [1]
