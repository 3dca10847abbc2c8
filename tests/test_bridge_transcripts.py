"""The bridge of a Gladia session over AssemblyAI: what the client gets to read."""

from __future__ import annotations

from typing import Any

import pytest

from shim.bridges.actions import (
    Note,
    SendUpstream,
    Topic,
)
from shim.wire import assemblyai
from tests.bridge_runs import (
    BEGIN,
    EVERYTHING,
    FORCE_ENDPOINT,
    TERMINATION,
    Run,
    messages,
    only,
    speech_started,
    turn,
    types,
)


def test_partials_and_their_final_share_an_id_and_ids_have_no_gaps() -> None:
    run = Run(EVERYTHING).begun()
    found = run.tell("upstream_said", speech_started(0.9))
    assert messages(found)[0]["data"] == {"time": 0.9, "channel": 0}
    found += run.tell("upstream_said", turn(0, "Good—"))
    found += run.tell("upstream_said", turn(0, "Good morn—"))
    found += run.tell("upstream_said", turn(0, "Good morning.", final=True))
    found += run.tell("upstream_said", turn(1, "", final=True, words=[]))
    found += run.tell("upstream_said", turn(2, "Bye.", final=True, start=3.0))
    assert messages(run.tell("upstream_said", turn(3, "Bye.", final=True)))[-1]["data"]["id"] == "00_00000002"
    assert types(found) == [
        "speech_start",
        "transcript",
        "transcript",
        "speech_end",
        "transcript",
        "speech_start",
        "speech_end",
        "transcript",
    ]
    transcripts = [message["data"] for message in messages(found) if message["type"] == "transcript"]
    assert [data["id"] for data in transcripts] == ["00_00000000"] * 3 + ["00_00000001"]
    assert [data["is_final"] for data in transcripts] == [False, False, True, True]
    assert [data["utterance"]["text"] for data in transcripts] == [" Good", " Good morn", " Good morning.", " Bye."]
    assert transcripts[2]["utterance"] == {
        "text": " Good morning.",
        "start": 1.0,
        "end": 1.4,
        "language": "en",
        "confidence": 0.9,
        "channel": 0,
        "words": [
            {"word": " Good", "start": 1.0, "end": 1.2, "confidence": 0.9},
            {"word": " morning.", "start": 1.2, "end": 1.4, "confidence": 0.9},
        ],
    }
    moments = [message["data"]["time"] for message in messages(found) if message["type"].startswith("speech")]
    assert moments == [0.9, 1.4, 3.0, 3.2]


def test_every_flag_filters_its_messages() -> None:
    flags = {
        "receive_final_transcripts": {"transcript"},
        "receive_speech_events": {"speech_start", "speech_end"},
        "receive_acknowledgments": {"audio_chunk", "stop_recording"},
        "receive_post_processing_events": {"post_transcript", "post_final_transcript"},
        "receive_lifecycle_events": {"start_recording", "end_recording", "end_session"},
    }
    for flag, gated in flags.items():
        run = Run({"messages_config": {"receive_lifecycle_events": True, flag: False}}).begun().stopped()
        run.write()
        run.tell("upstream_said", turn(0, "Hello.", final=True))
        run.tell("upstream_said", TERMINATION)
        assert set(types(run.actions)) == set().union(*flags.values()) - gated


@pytest.mark.parametrize("text", ["", "  ", "[Silence]", "[Silence] [Music]"])
def test_a_turn_without_words_is_not_passed_on(text: str) -> None:
    run = Run(EVERYTHING).begun()
    assert run.tell("upstream_said", turn(0, text, words=[])) == []
    assert run.tell("upstream_said", turn(0, text, final=True, words=[])) == []


def test_speech_that_turns_out_to_be_none_ends() -> None:
    run = Run().begun()
    run.tell("client_said", bytes(64_000))
    run.tell("upstream_said", speech_started(0.5))
    found = run.tell("upstream_said", turn(0, "", final=True, words=[]))
    assert types(found) == ["speech_end"]
    assert messages(found)[0]["data"]["time"] == 2.0


def test_a_second_final_of_a_turn_is_not_sent_twice() -> None:
    run = Run().begun()
    run.tell("upstream_said", turn(0, "good morning", final=True))
    assert run.tell("upstream_said", turn(0, "Good morning.", final=True)) == []


def test_without_words_times_come_from_the_speech_and_the_audio() -> None:
    run = Run(EVERYTHING).begun()
    run.tell("client_said", bytes(64_000))
    run.tell("upstream_said", speech_started(0.7))
    found = run.tell("upstream_said", turn(0, "Hello.", final=True, words=[]))
    utterance = messages(found)[1]["data"]["utterance"]
    assert (utterance["start"], utterance["end"], utterance["confidence"]) == (0.7, 2.0, 1.0)
    assert utterance["words"] == []


def test_a_confidence_of_zero_means_that_it_is_not_known() -> None:
    run = Run().begun()
    words = [assemblyai.Word(start=0, end=200, text="Hi.", confidence=0.0, word_is_final=True)]
    found = run.tell("upstream_said", turn(0, "Hi.", final=True, words=words))
    utterance = messages(found)[-1]["data"]["utterance"]
    assert (utterance["confidence"], utterance["words"][0]["confidence"]) == (1.0, 1.0)


def test_the_language_is_the_turns_then_the_configured_then_the_last_then_english() -> None:
    def languages(body: dict[str, Any], *codes: str | None) -> list[str]:
        run = Run(body).begun()
        for order, code in enumerate(codes):
            more = {} if code is None else {"language_code": code}
            run.tell("upstream_said", turn(order, "Hello.", final=True, **more))
        return [
            message["data"]["utterance"]["language"]
            for message in messages(run.actions)
            if message["type"] == "transcript"
        ]

    assert languages({"language_config": {"languages": ["fr"]}}, None, "de", None) == ["fr", "de", "fr"]
    assert languages({"language_config": {"languages": ["fr", "de"]}}, None, "de", None) == ["en", "de", "de"]
    assert languages({}, None) == ["en"]


def test_unknown_and_broken_messages_of_the_upstream_are_noted_and_harm_nothing() -> None:
    run = Run().begun()
    assert run.tell("upstream_said", '{"type":"Heartbeat","total_audio_received_ms":1}') == [
        Note(Topic.UNKNOWN_MESSAGE, "Heartbeat")
    ]
    for frame in ("no JSON", "[]", '{"type":"Turn"}', b"\xff\xfe"):
        assert only(run.tell("upstream_said", frame), Note).topic is Topic.BAD_MESSAGE
    assert run.tell("upstream_said", '{"type":"Warning","warning_code":7,"warning":"slow"}') == [
        Note(Topic.WARNING, "7 slow")
    ]
    assert only(run.tell("upstream_said", BEGIN), Note).topic is Topic.BAD_MESSAGE
    assert types(run.tell("upstream_said", turn(0, "Hello.", final=True)))[-1] == "transcript"


def test_a_turn_that_lasts_too_long_is_ended_once_in_audio_time() -> None:
    run = Run({"maximum_duration_without_endpointing": 6}).begun()
    run.tell("upstream_said", speech_started(0.5))
    run.tell("upstream_said", turn(0, "So", start=0.5))
    for second in range(6):
        run.tell("client_said", bytes(32_000))
        run.wait(1)
        assert FORCE_ENDPOINT not in run.upstream_frames, second
    run.tell("client_said", bytes(16_000))  # 6.5 s: the turn is 6 s old
    assert run.upstream_frames[-2:] == [bytes(16_000), FORCE_ENDPOINT]
    run.tell("client_said", bytes(32_000))
    assert run.upstream_frames.count(FORCE_ENDPOINT) == 1
    run.tell("upstream_said", turn(0, "So it goes", final=True, start=0.5))
    run.tell("upstream_said", turn(1, "on", start=6.5))
    for _ in range(6):
        run.tell("client_said", bytes(32_000))
        run.wait(1)
    assert run.upstream_frames.count(FORCE_ENDPOINT) == 2


def test_a_turn_that_is_seen_late_is_ended_at_once_where_it_is_old_enough() -> None:
    run = Run().begun()
    for _ in range(6):
        run.tell("client_said", bytes(32_000))
        run.wait(1)
    assert SendUpstream(FORCE_ENDPOINT) in run.tell("upstream_said", turn(0, "So it", start=0.5))
