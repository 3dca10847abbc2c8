"""The bridge of a Gladia session over AssemblyAI: how it is opened, and every way in which it ends."""

from __future__ import annotations

import random

import pytest

from shim.bridges.actions import (
    AcceptRequest,
    CloseClient,
    CloseUpstream,
    Note,
    OpenUpstream,
    PauseClient,
    PingClient,
    RefuseClient,
    RefuseRequest,
    ReplaceClient,
    SendUpstream,
    Topic,
)
from shim.mapping.on_absent import read_on_absent
from tests.bridge_runs import (
    BEGIN,
    EVERYTHING,
    TERMINATE,
    TERMINATION,
    Run,
    error,
    messages,
    only,
    turn,
    types,
)

# --- the POST ------------------------------------------------------------------------------------


def test_the_post_opens_upstream_and_is_accepted_at_begin() -> None:
    run = Run({"language_config": {"languages": ["en"]}, "custom_metadata": {"call": "c-17"}})
    parameters = only(run.tell("request_received"), OpenUpstream).parameters
    assert parameters == {
        "speech_model": "u3-rt-pro",
        "encoding": "pcm_s16le",
        "language_codes": ["en"],
        "include_partial_turns": True,  # whatever the client asked for: the bridge needs them
    }
    assert run.tell("upstream_opened") == []
    assert run.tell("upstream_said", BEGIN) == [AcceptRequest()]


@pytest.mark.parametrize(
    ("code", "status", "close"),
    [
        (1008, 401, 4401),
        (3009, 429, 4429),
        (3006, 400, 4400),
        (3007, 400, 4400),
        (3008, 400, 4410),
        (3005, 503, 4490),
        (1011, 503, 4490),
        (4711, 503, 4490),
    ],
)
def test_an_error_is_a_status_before_the_answer_and_a_close_after_it(code: int, status: int, close: int) -> None:
    early = Run().opened()
    found = early.tell("upstream_said", error(code))
    refusal = only(found, RefuseRequest)
    assert refusal.status == status
    assert "what went wrong" in (refusal.message, *refusal.validation_errors)
    assert CloseUpstream() in found
    assert SendUpstream(TERMINATE) not in found
    late = Run().begun()
    found = late.tell("upstream_said", error(code))
    assert CloseUpstream() in found
    assert SendUpstream(TERMINATE) not in found
    while not late.bridge.is_over:  # what may pass is tried again, and in vain
        assert code in (3009, 3005, 1011, 4711)
        late.tell("upstream_closed", code)
        late.wait(9)
        late.tell("client_said", bytes(3200))
        late.tell("upstream_opened")
        found = late.tell("upstream_said", error(code))
    assert only(found, CloseClient) == CloseClient(close, "what went wrong")
    for run in (early, late):
        assert run.bridge.is_over
        notes = [action for action in run.actions if isinstance(action, Note)]
        assert notes[-1] == Note(Topic.FAILED, f"Error {code} what went wrong")


def test_an_error_without_a_code_is_a_servers_fault() -> None:
    run = Run().opened()
    assert only(run.tell("upstream_said", '{"type":"Error","error":"x"}'), RefuseRequest).status == 503


def test_a_refused_parameter_is_a_validation_error() -> None:
    run = Run().opened()
    refusal = only(run.tell("upstream_said", error(3006, "Invalid 'sample_rate'")), RefuseRequest)
    assert refusal == RefuseRequest(400, "Bad request", ("Invalid 'sample_rate'",))


def test_after_two_seconds_without_begin_the_post_is_accepted() -> None:
    run = Run().opened()
    assert run.bridge.deadline() == run.now + 2
    assert run.wait(1.99) == []
    assert run.wait(0.02) == [AcceptRequest()]
    assert only(run.tell("upstream_said", error(1008)), CloseUpstream)
    assert not run.bridge.is_over  # nobody has been told
    assert run.tell("client_opened") == [RefuseClient(4401, "what went wrong")]
    assert run.bridge.is_over
    assert run.tell("client_opened") == [RefuseClient(4403, "the session has ended")]


def test_waits_for_networks_and_programs_are_real_also_on_a_fast_clock() -> None:
    run = Run(speed=8.0).opened()
    assert run.wait(15.9) == []
    assert run.wait(0.2) == [AcceptRequest()]
    assert run.wait(63.8) == []
    assert only(run.wait(0.2), Note).text == "no Begin within 10 s"


def test_a_late_refusal_that_nobody_comes_for_is_over_after_30_seconds() -> None:
    run = Run().opened()
    run.wait(2)
    run.tell("upstream_said", error(1008))
    run.wait(30)
    assert run.bridge.is_over
    assert run.bridge.deadline() is None


def test_an_upstream_that_is_not_there() -> None:
    run = Run()
    run.tell("request_received")
    found = run.tell("upstream_refused", "it cannot be reached: Connection refused")
    assert only(found, RefuseRequest) == RefuseRequest(503, "the service that does the work could not be reached")
    assert only(found, Note) == Note(Topic.FAILED, "it cannot be reached: Connection refused")
    assert CloseUpstream() not in found
    assert run.bridge.is_over


@pytest.mark.parametrize(("http_status", "status"), [(401, 401), (403, 401), (429, 429), (404, 503), (500, 503)])
def test_an_upstream_that_refuses_the_upgrade(http_status: int, status: int) -> None:
    run = Run()
    run.tell("request_received")
    assert only(run.tell("upstream_refused", "no", http_status), RefuseRequest).status == status


def test_a_late_refusal_of_the_upgrade_closes_the_client() -> None:
    run = Run()
    run.tell("request_received")
    run.wait(2)
    run.tell("client_opened")
    assert only(run.tell("upstream_refused", "no"), CloseClient).code == 4490


def test_an_upstream_that_never_begins_is_given_up() -> None:
    run = Run().opened()
    run.wait(2)
    run.tell("client_opened")
    assert run.wait(7.9) == []
    found = run.wait(0.2)
    assert only(found, CloseClient).code == 4490
    assert CloseUpstream() in found
    assert "Begin" in only(found, Note).text


def test_an_upstream_that_nobody_attaches_to_is_ended_after_30_seconds() -> None:
    run = Run().opened()
    run.tell("upstream_said", BEGIN)
    assert run.wait(29.9) == []
    found = run.wait(0.2)
    assert [action for action in found if not isinstance(action, Note)] == [SendUpstream(TERMINATE), CloseUpstream()]
    assert run.bridge.is_over
    assert run.tell("client_opened") == [RefuseClient(4403, "the session has ended")]


def test_what_can_be_served_becomes_assemblyais_parameters() -> None:
    body = {
        "encoding": "wav/ulaw",
        "bit_depth": 8,
        "sample_rate": 8000,
        "endpointing": 0.3,
        "maximum_duration_without_endpointing": 20,
        "language_config": {"languages": ["en", "ja"], "code_switching": True},
        "pre_processing": {"audio_enhancer": True, "speech_threshold": 0.8},
        "realtime_processing": {
            "custom_vocabulary": True,
            "custom_vocabulary_config": {"vocabulary": ["Kubernetes", {"value": "Siobhan"}], "default_intensity": 0.4},
        },
        "messages_config": {
            "receive_errors": True,
            "receive_pre_processing_events": True,
            "receive_realtime_processing_events": True,
        },
    }
    parameters = only(Run(body).tell("request_received"), OpenUpstream).parameters
    assert parameters == {
        "speech_model": "universal-3-6-pro",
        "encoding": "pcm_mulaw",
        "sample_rate": 8000,
        "min_turn_silence": 300,
        "max_turn_silence": 300,
        "language_codes": ["en", "ja"],
        "language_detection": True,
        "vad_threshold": 0.6,
        "voice_focus": "near-field",
        "keyterms_prompt": ["Kubernetes", "Siobhan"],
        "include_partial_turns": True,
    }


def test_what_cannot_be_served_is_refused_by_name() -> None:
    body = {
        "realtime_processing": {
            "custom_spelling": True,
            "custom_spelling_config": {"spelling_dictionary": {"SQL": ["sequel"]}},
            "translation": True,
            "translation_config": {"target_languages": ["de"]},
            "named_entity_recognition": True,
            "sentiment_analysis": True,
        },
        "post_processing": {"summarization": True},
        "callback": True,
    }
    run = Run(body, on_absent=read_on_absent("strict"))
    found = run.tell("request_received")
    refusal = only(found, RefuseRequest)
    assert (refusal.status, refusal.message) == (400, "Bad request")
    assert [text.split(" must ")[0] for text in refusal.validation_errors] == [
        "realtime_processing.translation",
        "realtime_processing.named_entity_recognition",
        "realtime_processing.sentiment_analysis",
        "post_processing.summarization",
        "callback",
    ]
    assert not any(isinstance(action, OpenUpstream) for action in found)
    assert run.bridge.is_over


def test_a_switch_that_is_off_is_no_reason_to_refuse() -> None:
    run = Run({"callback": False, "realtime_processing": {"translation": False}})
    assert only(run.tell("request_received"), OpenUpstream)


def test_turns_end_as_the_client_says_and_else_as_the_gateway_is_told() -> None:
    silences = ("min_turn_silence", "max_turn_silence")
    cases = [({}, False, None), ({}, True, 100), ({"endpointing": 0.5}, False, 500), ({"endpointing": 0.5}, True, 500)]
    for body, keep_turns, expected in cases:
        parameters = only(Run(body, keep_turns=keep_turns).tell("request_received"), OpenUpstream).parameters
        assert [parameters.get(name) for name in silences] == [expected, expected]


# --- ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "no JSON",
        "[1]",
        "{}",
        '{"type":"bogus"}',
        '{"type":"audio_chunk"}',
        '{"type":"audio_chunk","data":{"chunk":"!!!!"}}',
        '{"type":"audio_chunk","data":{"chunk":"AAA"}}',
        '{"type":"audio_chunk","data":{"chunk":7}}',
        '{"type":"' + "x" * 500 + '"}',
    ],
)
def test_a_bad_message_ends_the_session_with_4400(frame: str) -> None:
    run = Run().begun()
    found = run.tell("client_said", frame)
    close = only(found, CloseClient)
    assert close.code == 4400
    assert len(close.reason.encode()) <= 123
    assert [action for action in found if isinstance(action, SendUpstream | CloseUpstream)] == [
        SendUpstream(TERMINATE),
        CloseUpstream(),
    ]


@pytest.mark.parametrize("stopped", [False, True])
def test_an_end_that_assemblyai_does_not_answer_is_noted(stopped: bool) -> None:
    for code in (1000, 1005, 1006):
        run = Run().begun()
        if stopped:
            run.tell("client_said", '{"type":"stop_recording"}')
        assert only(run.tell("shut_down"), CloseUpstream)
        found = run.tell("upstream_closed", code, "")
        assert [note.topic for note in found if isinstance(note, Note)] == [Topic.NOT_STOPPED] * (code == 1006)
        assert len(found) == (code == 1006)


def test_30_seconds_without_audio_end_the_session_with_4408() -> None:
    run = Run().begun()
    run.wait(20)
    run.tell("client_said", bytes(3200))
    assert run.wait(29.9) == []
    found = run.wait(0.2)
    assert only(found, CloseClient).code == 4408
    assert SendUpstream(TERMINATE) in found
    assert CloseUpstream() in found


def test_the_audio_of_a_client_that_was_faster_is_no_silence() -> None:
    run = Run().begun()
    run.tell("client_said", bytes(32_000 * 60))
    assert not any(isinstance(action, CloseClient) for action in run.wait(46.3 + 29))
    assert only(run.wait(1.5), CloseClient).code == 4408


def test_a_client_that_is_not_read_is_not_silent() -> None:
    run = Run().begun()
    assert only(run.tell("client_said", bytes(32_000 * 400)), PauseClient)
    run.wait(400)  # all of it is on its way, none of it has left
    assert len(run.audio_upstream) == 32_000 * 400
    assert run.bridge.deadline() == 100 + 3 * 3600 - 10


def test_a_stopped_client_is_not_silent() -> None:
    run = Run().begun().stopped()
    run.wait(29)
    assert only(run.tell("upstream_said", TERMINATION), CloseClient).code == 1000


def test_going_away_finishes_the_job() -> None:
    run = Run().begun()
    run.tell("client_said", bytes(3200))
    assert SendUpstream(TERMINATE) in run.tell("client_closed", 1001)


def test_a_plain_close_finishes_the_job() -> None:
    run = Run(EVERYTHING).begun()
    run.tell("client_said", b"\x01\x02" * 160)
    assert run.tell("client_closed", 1000) == [
        SendUpstream(b"\x01\x02" * 160 + bytes(1280)),
        SendUpstream(TERMINATE),
    ]
    assert run.tell("upstream_said", turn(0, "Hello.", final=True)) == []  # nobody is there
    assert run.tell("client_opened") == [RefuseClient(4403, "the session has ended")]  # it has said goodbye
    assert run.tell("upstream_said", TERMINATION) == [CloseUpstream()]
    assert run.bridge.is_over
    assert run.tell("client_opened") == [RefuseClient(4403, "the session has ended")]


@pytest.mark.parametrize("code", [1005, 1006, 1009, 1011, 4000])
def test_after_any_other_close_the_client_is_waited_for(code: int) -> None:
    run = Run().begun()
    run.tell("client_said", bytes(32_000))
    assert [type(action) for action in run.tell("client_closed", code)] == [Note]
    assert TERMINATE not in [action.frame for action in run.wait(29.9) if isinstance(action, SendUpstream)]
    found = run.wait(0.2)
    assert found == [SendUpstream(TERMINATE)], "the job is finished all the same"
    assert run.tell("upstream_said", TERMINATION) == [CloseUpstream()]
    assert run.bridge.is_over
    assert run.tell("client_opened") == [RefuseClient(4403, "the session has ended")]


def test_who_comes_back_after_the_stop_gets_the_end() -> None:
    run = Run(EVERYTHING).begun().stopped()
    run.tell("client_closed", 1006)
    run.tell("upstream_said", turn(0, "Good morning.", final=True))
    assert run.tell("upstream_said", TERMINATION) == [CloseUpstream()]
    assert not run.bridge.is_over
    found = run.tell("client_opened")
    # Nothing of the first socket was confirmed: what it was told is told again, once.
    assert types(found).count("transcript") == 1
    assert types(found)[-4:] == ["end_recording", "post_transcript", "post_final_transcript", "end_session"]
    assert found[-1] == CloseClient(1000, "")
    assert run.bridge.is_over


def test_who_does_not_come_back_after_the_stop_is_not_waited_for_without_end() -> None:
    run = Run().begun().stopped()
    run.tell("client_closed", 1006)
    run.tell("upstream_said", TERMINATION)
    run.wait(29.9)
    assert not run.bridge.is_over
    run.wait(0.2)
    assert run.bridge.is_over


def test_what_was_confirmed_is_not_said_again() -> None:
    run = Run(EVERYTHING).begun()
    mark = only(run.actions, PingClient).mark
    run.tell("client_ponged", mark)
    run.tell("client_closed", 1006)
    assert run.tell("client_opened") == []


def test_a_second_connection_takes_over() -> None:
    run = Run().begun()
    run.tell("client_said", bytes(3200))
    assert only(run.tell("client_opened"), ReplaceClient).code == 4409
    run.tell("client_said", bytes(3200) + b"\x01\x02" * 1600)
    run.wait(1)
    assert run.audio_upstream == bytes(3200) + b"\x01\x02" * 1600


def test_what_is_sent_again_is_heard_once() -> None:
    speech = random.Random(1).randbytes(64_000)
    run = Run().begun()
    for first in range(0, 32_000, 3200):
        run.tell("client_said", speech[first : first + 3200])
        run.wait(0.1)
    run.write()
    known = messages(run.actions)[3]["data"]["byte_range"][1]  # the later acknowledgements were lost
    run.tell("client_closed", 1006)
    run.wait(2)
    run.tell("client_opened")
    found = run.tell("client_said", speech[known:48_000])
    assert messages(found)[0]["data"]["byte_range"] == [known, 32_000]
    run.wait(5)
    assert run.audio_upstream == speech[:48_000]


@pytest.mark.parametrize("code", [1006, 1000, 1009, 1001, 1011, 3005])
def test_an_upstream_that_is_lost_is_opened_again(code: int) -> None:
    run = Run(EVERYTHING).begun()
    speech = random.Random(1).randbytes(64_000)
    for first in range(0, 64_000, 3200):
        run.tell("client_said", speech[first : first + 3200])
        run.wait(0.1)
    run.write()
    run.tell("upstream_said", turn(0, "Good morning.", final=True, start=0.1))
    run.tell("upstream_said", turn(1, "How", start=0.8))
    run.tell("upstream_closed", code)
    sent = len(run.upstream_frames)
    found = run.wait(0)
    assert only(found, OpenUpstream) == next(action for action in run.actions if isinstance(action, OpenUpstream))
    assert not any(isinstance(action, CloseClient) for action in run.actions)
    run.tell("upstream_opened")
    run.tell("upstream_said", BEGIN)
    run.wait(3)
    # "Good morning." ends at 0.5 s: what comes after it was not understood for sure.
    assert b"".join(run.upstream_frames[sent:]) == speech[16_000:64_000]
    later = run.tell("upstream_said", turn(0, "How are you?", final=True, start=0.3))
    data = messages(later)[-1]["data"]
    assert (data["id"], data["utterance"]["start"], data["utterance"]["end"]) == ("00_00000001", 0.8, 1.4)
    assert data["utterance"]["words"][1]["start"] == 1.0


@pytest.mark.parametrize(("code", "close"), [(1008, 4401), (3006, 4400), (3008, 4410)])
def test_an_upstream_that_will_not_have_it_ends_the_session(code: int, close: int) -> None:
    run = Run().begun()
    found = run.tell("upstream_closed", code)
    assert only(found, CloseClient).code == close
    assert only(found, CloseClient).reason
    assert only(found, Note).topic is Topic.FAILED
    assert not any(isinstance(action, SendUpstream | CloseUpstream) for action in found)


def test_an_upstream_that_is_lost_again_and_again_ends_the_session_for_good() -> None:
    run = Run().begun()
    attempts = 0
    run.tell("upstream_closed", 1006)
    while not run.bridge.is_over:
        run.wait(9)
        attempts += 1
        run.tell("client_said", bytes(3200))
        run.tell("upstream_refused", "nobody is there")
    assert attempts == 6
    assert only(run.actions, CloseClient).code == 4490


def test_after_the_error_the_close_that_follows_says_nothing() -> None:
    run = Run().begun()
    run.tell("upstream_said", error(3006))
    assert run.tell("upstream_closed", 3006) == []
    assert run.tell("upstream_said", turn(0, "Hello.", final=True)) == []
    assert run.tell("client_said", bytes(3200)) == []


def test_before_three_hours_the_session_is_finished_and_closed_with_4410() -> None:
    run = Run(EVERYTHING).begun()
    while not run.upstream_frames or run.upstream_frames[-1] != TERMINATE:
        run.wait(7)
        run.tell("client_said", bytes(1600))
        assert run.now < 100 + 3 * 3600
    assert run.now > 100 + 3 * 3600 - 60
    found = run.tell("upstream_said", TERMINATION)
    assert types(found)[-1] == "end_session"
    assert only(found, CloseClient) == CloseClient(4410, "the session has lasted three hours")


def test_the_gateways_end_is_everyones() -> None:
    asked = Run()
    asked.tell("request_received")
    assert [type(action) for action in asked.tell("shut_down")] == [CloseUpstream, RefuseRequest]
    run = Run().begun()
    assert run.tell("shut_down") == [
        SendUpstream(TERMINATE),
        CloseUpstream(),
        CloseClient(1001, "the gateway is shutting down"),
    ]
    assert run.tell("shut_down") == []
    alone = Run().opened()
    alone.tell("upstream_said", BEGIN)
    alone.tell("shut_down")
    assert alone.bridge.is_over  # nobody is waited for
    assert run.bridge.is_over
