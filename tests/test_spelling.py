"""Custom spelling: what is found, what is written, and what becomes of the words' times."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shim.faces.gladia import read_init_request
from shim.faces.spelling import Spelling, spelling_of
from shim.wire.gladia import Utterance, Word
from tests.bridge_runs import TERMINATION, Run, messages, turn

DICTIONARY = {"SQL": ["sequel", "see quel"], "Gladia": ["gladya"], "New York": ["newyork"], "C++": ["see plus plus"]}


def utterance(text: str, blank: str = " ") -> Utterance:
    """Words of 100 ms, the n-th as certain as 0.n."""
    words = [
        Word(word=f"{blank}{word}", start=number / 10, end=(number + 1) / 10, confidence=(number + 1) / 10)
        for number, word in enumerate(text.split())
    ]
    return Utterance(
        text=f"{blank}{text}", start=0.0, end=len(words) / 10, language="en", confidence=0.9, channel=0, words=words
    )


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("the sequel", "the SQL"),
        ("Sequel, please.", "SQL, please."),
        ("a see quel query", "a SQL query"),
        ("SEE QUEL?", "SQL?"),
        ("sequels and presequel", "sequels and presequel"),
        ("see, quel", "see, quel"),
        ("the sequel's end", "the SQL's end"),
        ("sequel-sequel gladya", "SQL-SQL Gladia"),
        ("in newyork!", "in New York!"),
        ("(see plus plus) code", "(C++) code"),
        ("nothing of it", "nothing of it"),
    ],
)
@pytest.mark.parametrize("blank", [" ", ""])
def test_text_and_words_say_the_same(heard: str, written: str, blank: str) -> None:
    spelled = Spelling(DICTIONARY).utterance(utterance(heard, blank))
    assert spelled.text == f"{blank}{written}"
    assert " ".join(word.word.strip() for word in spelled.words) == written
    assert all(word.word.startswith(blank) for word in spelled.words)


def test_words_that_become_one_last_as_long_as_they_did_together() -> None:
    spelled = Spelling(DICTIONARY).utterance(utterance("a see quel query"))
    assert [(word.word, word.start, word.end, word.confidence) for word in spelled.words] == [
        (" a", 0.0, 0.1, 0.1),
        (" SQL", 0.1, 0.3, 0.2),
        (" query", 0.3, 0.4, 0.4),
    ]


def test_as_many_words_as_before_keep_their_times() -> None:
    spelled = Spelling({"New York": ["no yolk"]}).utterance(utterance("in no yolk, sir"))
    assert [(word.word, word.start, word.end) for word in spelled.words] == [
        (" in", 0.0, 0.1),
        (" New", 0.1, 0.2),
        (" York,", 0.2, 0.3),
        (" sir", 0.3, 0.4),
    ]


def test_one_word_that_becomes_two_stays_one_with_its_time() -> None:
    spelled = Spelling(DICTIONARY).utterance(utterance("in newyork"))
    assert [(word.word, word.start, word.end) for word in spelled.words][1:] == [(" New York", 0.1, 0.2)]


@pytest.mark.parametrize(
    ("processing", "works"),
    [
        ({"custom_spelling": True, "custom_spelling_config": {"spelling_dictionary": {"SQL": ["sequel", " "]}}}, True),
        ({"custom_spelling": False, "custom_spelling_config": {"spelling_dictionary": {"SQL": ["sequel"]}}}, False),
        ({"custom_spelling": True}, False),
    ],
)
def test_the_switch_and_the_dictionary(processing: dict[str, Any], works: bool) -> None:
    request = read_init_request(json.dumps({"realtime_processing": processing}).encode()).request
    found = spelling_of(request)
    assert (found is not None) is works
    assert found is None or found.text("Sequel") == "SQL"


def test_finals_are_spelled_and_partials_are_not() -> None:
    run = Run(
        {
            "messages_config": {"receive_partial_transcripts": True},
            "realtime_processing": {
                "custom_spelling": True,
                "custom_spelling_config": {"spelling_dictionary": {"SQL": ["sequel"]}},
            },
        }
    ).begun()
    found = run.tell("upstream_said", turn(0, "my sequel")) + run.tell(
        "upstream_said", turn(0, "My sequel.", final=True)
    )
    texts = [one["data"]["utterance"]["text"] for one in messages(found) if one["type"] == "transcript"]
    assert texts == [" my sequel", " My SQL."]
    run.stopped()
    end = messages(run.tell("upstream_said", TERMINATION))
    [whole] = [one["data"]["transcription"] for one in end if one["type"] == "post_final_transcript"]
    assert whole["full_transcript"] == "My SQL."
    assert [word["word"] for word in whole["utterances"][0]["words"]] == [" My", " SQL."]
