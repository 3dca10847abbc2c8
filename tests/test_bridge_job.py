"""What a Gladia session leaves behind, as its bridge says it: its job, its audio, its callbacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shim.bridges import gladia_job
from shim.bridges.actions import BeginJob, JobFinished, KeepAudio, Post
from tests.bridge_runs import BEGIN, EVERYTHING, SESSION_ID, TERMINATION, Run, error, turn

CALLBACK = {"callback": True, "callback_config": {"url": "https://example.org/hook"}}


def ends(run: Run) -> list[JobFinished]:
    return [action for action in run.job if isinstance(action, JobFinished)]


def finished(run: Run) -> Run:
    run.write()
    run.tell("upstream_said", TERMINATION)
    run.tell("upstream_closed", 1000)
    return run


def test_a_good_end() -> None:
    run = Run(EVERYTHING).begun()
    run.tell("upstream_said", turn(0, "Hello there."))
    run.tell("upstream_said", turn(0, "Hello there.", final=True))
    finished(run.stopped())
    [end] = ends(run)
    assert (end.error_code, end.seconds, end.channels) == (None, 10.0, 1)
    assert end.result is not None
    assert end.result.transcription.full_transcript == "Hello there."
    assert end.result.metadata.audio_duration == 10.0
    kept = [json.loads(message) for message in end.result.messages]
    assert [message["type"] for message in kept] == [
        "start_session",
        "start_recording",
        "speech_start",
        "transcript",
        "speech_end",
        "transcript",
        "stop_recording",
        "end_recording",
        "post_transcript",
        "post_final_transcript",
        "end_session",
    ]
    assert {message["session_id"] for message in kept} == {SESSION_ID}
    assert run.job.index(BeginJob()) < run.job.index(end)


def test_the_job_holds_what_the_socket_was_asked_for() -> None:
    run = Run().begun()
    run.tell("upstream_said", turn(0, "Hello there."))
    finished(run.stopped())
    [end] = ends(run)
    assert end.result is not None
    kept = [json.loads(message)["type"] for message in end.result.messages]
    assert "start_session" not in kept and "audio_chunk" not in kept and "end_session" not in kept
    assert kept[0] == "speech_start"


def test_who_asks_in_vain_leaves_no_job() -> None:
    run = Run().opened()
    run.tell("upstream_said", error(1008))
    assert run.job == []


@pytest.mark.parametrize(("code", "found"), [(1008, 401), (3006, 400)])
def test_a_bad_end(code: int, found: int) -> None:
    run = Run().begun()
    run.tell("upstream_said", error(code))
    run.tell("upstream_closed", code)
    [end] = ends(run)
    assert (end.result, end.error_code) == (None, found)


def test_a_client_that_never_came_and_one_that_fell_silent() -> None:
    run = Run().opened()
    run.tell("upstream_said", BEGIN)
    run.wait(31)
    assert [end.error_code for end in ends(run)] == [408]
    assert BeginJob() not in run.job
    run = Run().begun()
    run.wait(31)
    assert [end.error_code for end in ends(run)] == [408]


def test_the_gateway_ends() -> None:
    run = Run().begun()
    run.tell("shut_down")
    assert [end.error_code for end in ends(run)] == [503]
    run = Run()
    run.tell("shut_down")
    assert run.job == []


def test_audio_is_handed_out_only_if_asked_for() -> None:
    for keeps in (True, False):
        run = Run({"bit_depth": 24}, keeps_audio=keeps).begun()
        run.tell("client_said", b"abcd")
        run.tell("client_said", b"efgh")
        kept = [action.audio for action in run.job if isinstance(action, KeepAudio)]
        assert kept == ([b"abc", b"def"] if keeps else [])


def test_too_many_messages_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gladia_job, "MOST_KEPT", 1000)
    run = Run(EVERYTHING).begun()
    for order in range(20):
        run.tell("upstream_said", turn(order, "Hello there.", final=True))
    finished(run.stopped())
    [end] = ends(run)
    assert end.result is not None
    assert 0 < sum(map(len, end.result.messages)) <= 1000
    assert len(end.result.transcription.utterances) == 20


def posts(run: Run) -> list[dict[str, Any]]:
    return [json.loads(action.body) for action in run.job if isinstance(action, Post)]


def test_callbacks_have_their_own_flags_and_order() -> None:
    run = Run({**CALLBACK, "messages_config": {"receive_final_transcripts": False}}, serves_callbacks=True).begun()
    run.tell("upstream_said", turn(0, "Hello there.", final=True))
    finished(run.stopped())
    assert [post["event"] for post in posts(run)] == [
        "live.start_session",
        "live.start_recording",
        "live.transcript",
        "live.end_recording",
        "live.post_transcript",
        "live.post_final_transcript",
        "live.end_session",
    ]
    assert {post["id"] for post in posts(run)} == {SESSION_ID}
    assert {action.url for action in run.job if isinstance(action, Post)} == {"https://example.org/hook"}


def test_callbacks_go_on_while_the_client_is_away() -> None:
    run = Run(CALLBACK, serves_callbacks=True).begun()
    run.tell("client_closed", 1006)
    run.tell("upstream_said", turn(0, "Hello there.", final=True))
    assert posts(run)[-1]["event"] == "live.transcript"


@pytest.mark.parametrize("body", [{}, {"callback_config": CALLBACK["callback_config"]}, {"callback": True}])
def test_a_callback_needs_its_flag_and_its_address(body: dict[str, Any]) -> None:
    run = Run(body, serves_callbacks=True).begun()
    run.tell("upstream_said", turn(0, "Hello there.", final=True))
    assert posts(run) == []
