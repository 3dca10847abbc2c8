"""The bridge of an AssemblyAI session over Gladia: how it is opened, what is heard, and every way in which it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shim.bridges.actions import (
    Action,
    CloseClient,
    CloseUpstream,
    ConnectUpstream,
    Note,
    OpenUpstream,
    PauseClient,
    ResumeClient,
    SendToClient,
    SendUpstream,
    Topic,
)
from shim.faces.assemblyai import INVALID_KEY, Refusal
from tests.assemblyai_bridge_runs import (
    ANSWER,
    EMPTY_CHUNK,
    FORCE,
    KEEP_ALIVE,
    SESSION_ID,
    STOP,
    STOP_ACK,
    TERMINATE,
    URL,
    Run,
    ack,
    end_recording,
    messages,
    only,
    refusal,
    speech_end,
    speech_start,
    transcript,
    turns,
    types,
)

SECOND = bytes(32_000)


def update(**settings: Any) -> str:
    return json.dumps({"type": "UpdateConfiguration", **settings})


def is_refused(run: Run, code: int, text: str) -> None:
    """The last of what the client heard is an `Error`; 0.2 s later comes the close with the same code."""
    error = run.heard[-1]
    assert (error["type"], error["error_code"]) == ("Error", code)
    assert text in error["error"]
    assert not any(isinstance(action, CloseClient) for action in run.actions)
    run.wait(0.15)
    assert not any(isinstance(action, CloseClient) for action in run.actions)
    run.wait(0.06)
    assert only(run.actions, CloseClient) == CloseClient(code, "See Error message for details")
    assert run.bridge.is_over
    assert run.bridge.deadline() is None


# --- opening -------------------------------------------------------------------------------------


def test_the_client_is_let_in_and_gladia_is_asked_behind_it() -> None:
    run = Run(speech_model="u3-rt-pro", sample_rate=16000, keyterms_prompt=["Kubernetes"])
    assert only(run.tell("client_opened"), OpenUpstream).parameters == {
        "model": "solaria-1",
        "encoding": "wav/pcm",
        "bit_depth": 16,
        "sample_rate": 16000,
        "endpointing": 1.0,
        "maximum_duration_without_endpointing": 60,
        "language_config": {"languages": ["en", "es", "de", "fr", "pt", "it"], "code_switching": True},
        "realtime_processing": {
            "custom_vocabulary": True,
            "custom_vocabulary_config": {"vocabulary": ["Kubernetes"]},
        },
        "messages_config": {
            "receive_partial_transcripts": True,
            "receive_final_transcripts": True,
            "receive_speech_events": True,
            "receive_pre_processing_events": True,
            "receive_realtime_processing_events": True,
            "receive_post_processing_events": False,
            "receive_acknowledgments": True,
            "receive_errors": True,
            "receive_lifecycle_events": True,
        },
    }
    found = run.tell("upstream_answered", 201, ANSWER)
    assert only(found, ConnectUpstream) == ConnectUpstream(URL)
    assert messages(found) == [
        {
            "type": "Begin",
            "id": SESSION_ID,
            "expires_at": 1795176902,
            "configuration": {
                "model": "u3-rt-pro",
                "mode": "balanced",
                "api_version": "2025-05-12",
                "speaker_labels": False,
                "redact_pii": False,
                "filter_profanity": False,
                "domain": None,
                "voice_focus": None,
            },
        }
    ]


def test_begin_does_not_wait_longer_than_half_a_real_second() -> None:
    run = Run(speed=8.0)
    run.tell("client_opened")
    assert run.bridge.deadline() == run.now + 4
    assert types(run.wait(3.9)) == []
    assert types(run.wait(0.2)) == ["Begin"]
    assert types(run.tell("upstream_answered", 201, ANSWER)) == []


def test_the_limit_of_a_token_is_told_and_kept() -> None:
    run = Run(longest=60).begun()
    assert run.heard[0]["expires_at"] == 1795176902 - 10_800 + 60
    run.wait(59.9)
    assert not run.bridge.is_over
    run.wait(0.11)
    assert only(run.actions, CloseUpstream)
    is_refused(run, 3008, "Session Expired: Maximum session duration exceeded")


def test_a_key_that_opens_nothing_here() -> None:
    run = Run(refused=Refusal(1008, INVALID_KEY))
    run.tell("client_opened")
    assert not any(isinstance(action, OpenUpstream) for action in run.actions)
    is_refused(run, 1008, INVALID_KEY)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"sample_rate": 4000}, "Invalid 'sample_rate': Value error, sample_rate must be at least 8,000 Hz"),
        ({"encoding": "opus"}, "Invalid 'encoding': Value error, opus is not possible over Gladia"),
        ({"encoding": "flac"}, "'flac' is not a valid Encoding"),
        ({"redact_pii": True}, "Invalid 'redact_pii': Value error, Gladia's live sessions have no redaction"),
        ({"keyterms_prompt": "a, b"}, "Invalid 'keyterms_prompt': Value error, Invalid JSON array"),
        ({"keyterms_prompt": "['a'"}, "Invalid 'keyterms_prompt': Value error, Invalid JSON array"),
        ({"speech_model": "best"}, "Invalid 'speech_model'"),
    ],
)
def test_what_cannot_be_asked_for(parameters: dict[str, Any], text: str) -> None:
    run = Run(**parameters)
    run.tell("client_opened")
    assert not any(isinstance(action, OpenUpstream) for action in run.actions)
    assert types(run.actions) == ["Error"]
    is_refused(run, 3006, text)


@pytest.mark.parametrize(
    ("status", "body", "code", "text"),
    [
        (401, refusal(401, "gladia user not found"), 1008, "Unauthorized Connection: Invalid API key"),
        (402, refusal(402, "no credit"), 1008, "Unauthorized Connection: no credit"),
        (403, refusal(403, "plan"), 1008, "Unauthorized Connection: plan"),
        (429, refusal(429), 3009, "Unauthorized Connection: Too many concurrent sessions"),
        (400, refusal(400, "Bad request", ["x must be y", "z is required"]), 3006, "Error: x must be y; z is required"),
        (422, refusal(422, "parameters incorrect"), 3006, "User Input Validation Error: parameters incorrect"),
        (404, b"nothing", 3006, "the service that does the work refused the session"),
        (500, refusal(500), 3005, "Session Cancelled: An error occurred"),
        (302, b"", 3005, "Session Cancelled: An error occurred"),
        (201, b"{}", 3005, "Session Cancelled: An error occurred"),
    ],
)
@pytest.mark.parametrize("waited", [0.1, 0.6])
def test_gladia_refuses(status: int, body: bytes, code: int, text: str, waited: float) -> None:
    run = Run()
    run.tell("client_opened")
    run.wait(waited)
    run.tell("upstream_answered", status, body)
    if status == 500:
        assert len([action for action in run.actions if isinstance(action, OpenUpstream)]) == 2
        run.actions = [action for action in run.actions if not isinstance(action, Note)]
        run.tell("upstream_answered", status, body)
    assert types(run.actions) == (["Error"] if waited < 0.5 else ["Begin", "Error"])
    assert only(run.actions, Note).topic is Topic.FAILED
    is_refused(run, code, text)


def test_gladia_fails_once_at_the_post() -> None:
    run = Run()
    run.tell("client_opened")
    asked = OpenUpstream(run.body)
    assert run.tell("upstream_answered", 503, b"") == [Note(Topic.LOST, "it answered HTTP 503"), asked]
    run.tell("upstream_answered", 201, ANSWER)
    assert types(run.actions) == ["Begin"]


def test_gladia_cannot_be_reached() -> None:
    run = Run()
    run.tell("client_opened")
    run.tell("upstream_refused", "its name is not known", 0)
    assert only(run.actions, Note) == Note(Topic.FAILED, "its name is not known")
    is_refused(run, 3005, "Session Cancelled")


def test_gladias_socket_cannot_be_opened_for_a_while() -> None:
    run = Run(speed=2.0).answered()
    for delay in (0, 0.5, 1, 2):
        lost = run.tell("upstream_refused", "it cannot be reached", 503)
        assert lost == [Note(Topic.LOST, "it cannot be reached")]
        assert run.wait(2 * delay - 0.01 if delay else 0) == ([] if delay else [ConnectUpstream(URL)])
        assert run.wait(0.02) == ([ConnectUpstream(URL)] if delay else [])
    assert run.tell("client_said", SECOND) == []
    assert run.tell("upstream_opened") == [SendUpstream(SECOND)]
    assert types(run.actions) == ["Begin"]


def test_gladias_socket_is_refused_for_good() -> None:
    run = Run().answered()
    run.tell("upstream_refused", "it refused the socket with HTTP 403", 403)
    is_refused(run, 3005, "Session Cancelled")


def test_names_that_are_read_and_never_written() -> None:
    run = Run(
        model="u3-rt-pro",
        language="en",
        interim_results="false",
        encoding="linear16",
        endpointing="0.3",
        keyterms="['a', \"it's\"]",
    )
    run.begun()
    assert run.body["language_config"] == {"languages": ["en"], "code_switching": False}
    assert run.body["endpointing"] == 0.3
    assert run.body["encoding"] == "wav/pcm"
    assert run.body["realtime_processing"]["custom_vocabulary_config"] == {"vocabulary": ["a", "it's"]}
    assert run.heard[0]["configuration"]["model"] == "u3-rt-pro"
    assert run.hear(transcript(0, "Hello")) == []  # no partials


def test_a_name_of_today_wins() -> None:
    run = Run(max_turn_silence=700, endpointing="0.3", noise_suppression_model="near-field").begun()
    assert run.body["endpointing"] == 0.7
    assert run.body["pre_processing"] == {"audio_enhancer": True}


# --- what Gladia lacks ---------------------------------------------------------------------------


def test_one_warning_names_what_is_missed_and_hints_are_only_logged() -> None:
    run = Run(speaker_labels=True, prompt="x", domain="medical-v1", mode="min_latency").begun()
    assert types(run.actions) == ["Begin", "Warning"]
    assert run.heard[1] == {
        "type": "Warning",
        "warning_code": 1,
        "warning": "Gladia does the work, and these settings have no effect there: speaker_labels, domain, prompt",
    }
    assert [action.text for action in run.actions if isinstance(action, Note)] == [
        "mode",
        "speaker_labels, domain, prompt",
    ]
    assert run.tell("client_said", update(max_turn_silence=700)) == [Note(Topic.NOT_APPLIED, "max_turn_silence")]


def test_languages_that_gladia_does_not_know_are_missed() -> None:
    run = Run(language_codes=["en", "zu", "yue", "multi"]).begun()
    assert run.body["language_config"]["languages"] == ["en", "zh"]
    assert run.heard[1]["warning"].endswith(": language_codes zu")


def test_what_is_off_is_not_missed() -> None:
    assert types(Run(speaker_labels=False, redact_pii=False, agent_context="x").begun().actions) == ["Begin"]


def test_an_update_that_is_lost_is_warned_of_once() -> None:
    run = Run(min_turn_silence=200).begun()
    same = run.tell("client_said", update(min_turn_silence=200, agent_context="x", interruption_delay=10))
    assert same == [Note(Topic.NOT_APPLIED, "agent_context, interruption_delay")]
    found = run.tell("client_said", update(keyterms_prompt=["a"], language_codes=["de"], format_turns=True))
    assert messages(found)[0]["warning"].endswith(": keyterms_prompt, language_codes")
    assert types(run.tell("client_said", update(vad_threshold=0.5))) == []


def test_an_update_before_begin_joins_the_warning_after_it() -> None:
    run = Run(speaker_labels=True)
    run.tell("client_opened")
    run.tell("client_said", update(keyterms_prompt=["a"]))
    run.tell("upstream_answered", 201, ANSWER)
    assert [message.get("warning", "").partition(": ")[2] for message in run.heard] == [
        "",
        "speaker_labels, keyterms_prompt",
    ]


def test_what_the_shim_does_itself_may_change() -> None:
    run = Run(speech_model="universal-streaming-english").begun()
    first = run.hear(transcript(0, "Damn good.", final=True))[0]
    assert (first["transcript"], first["turn_is_formatted"]) == ("Damn good.", False)
    assert run.tell("client_said", update(filter_profanity=True, format_turns=True)) == []
    second = run.hear(transcript(1, "Damn good.", final=True))[0]
    assert (second["transcript"], second["utterance"], second["turn_is_formatted"]) == ("*** good.", "*** good.", True)
    assert [word["text"] for word in second["words"]] == ["***", "good."]


def test_a_bad_update_ends_the_session() -> None:
    run = Run().begun()
    run.tell("client_said", update(prompt="x" * 1751))
    is_refused(run, 3006, "prompt exceeds maximum length of 1750 characters (got 1751)")


# --- audio ---------------------------------------------------------------------------------------


def test_audio_waits_for_the_socket_and_then_passes() -> None:
    run = Run()
    run.tell("client_opened")
    frames = [bytes([number]) * 1600 for number in range(4)]
    run.tell("client_said", frames[0])
    run.tell("upstream_answered", 201, ANSWER)
    run.tell("client_said", frames[1])
    assert run.upstream_frames == []
    assert run.tell("upstream_opened") == [SendUpstream(frames[0] + frames[1])]
    assert run.tell("client_said", frames[2]) == [SendUpstream(frames[2])]


def test_mulaw_passes_untouched_where_gladia_takes_its_rate() -> None:
    run = Run(sample_rate=8000, encoding="pcm_mulaw").begun()
    assert {name: run.body[name] for name in ("encoding", "bit_depth", "sample_rate")} == {
        "encoding": "wav/ulaw",
        "bit_depth": 8,
        "sample_rate": 8000,
    }
    run.tell("client_said", bytes(range(256)) * 4)
    assert run.audio_upstream == bytes(range(256)) * 4


def test_mulaw_of_another_rate_is_decoded_and_resampled() -> None:
    run = Run(sample_rate=11025, encoding="pcm_mulaw").begun()
    assert {name: run.body[name] for name in ("encoding", "bit_depth", "sample_rate")} == {
        "encoding": "wav/pcm",
        "bit_depth": 16,
        "sample_rate": 16000,
    }
    for _ in range(10):
        run.tell("client_said", b"\x80" * 1102)  # the loudest sample
        run.wait(0.1)
    run.tell("client_said", TERMINATE)
    assert len(run.audio_upstream) == pytest.approx(2 * 16_000 * 11_020 / 11_025, abs=4)
    assert set(zip(run.audio_upstream[::2], run.audio_upstream[1::2], strict=True)) == {(0x7C, 0x7D)}
    run.tell("upstream_said", end_recording(1.0))
    assert run.heard[-1]["audio_duration_seconds"] == 1


@pytest.mark.parametrize("size", [1598, 32_002])
def test_frames_are_50_to_1000_ms_long(size: int) -> None:
    run = Run().begun()
    run.tell("client_said", bytes(size))
    is_refused(run, 3007, "Input Duration Error: Input Duration Violation")
    assert run.audio_upstream == b""
    assert run.upstream_frames == [STOP]


def test_audio_may_be_three_seconds_ahead() -> None:
    run = Run().begun()
    for _number in range(3):
        run.tell("client_said", SECOND)
    assert not run.bridge.is_over
    run.tell("client_said", SECOND)
    is_refused(run, 3007, "Audio Transmission Rate Exceeded: Received 4.00 sec. audio in 0.00 sec")


def test_a_client_that_is_far_ahead_of_gladia_is_not_read() -> None:
    run = Run()
    run.tell("client_opened")
    found: list[Any] = []
    for _number in range(31):
        found += run.tell("client_said", SECOND) + run.wait(1)
    assert only(found, PauseClient)
    run.tell("upstream_answered", 201, ANSWER)
    assert not any(isinstance(action, ResumeClient) for action in run.tell("upstream_opened"))
    written = [run.tell("upstream_wrote", 32_000) for _number in range(6)]
    assert [ResumeClient() in actions for actions in written] == [False, False, False, False, False, True]


def test_another_rate_is_resampled() -> None:
    run = Run(sample_rate=24_000).begun()
    assert run.body["sample_rate"] == 32_000
    for _number in range(4):
        run.tell("client_said", b"\x10\x27" * 2400)
        run.wait(0.1)
    run.tell("client_said", TERMINATE)
    assert run.audio_upstream == b"\x10\x27" * 12_800
    assert run.upstream_frames[-1] == STOP


def test_mu_law_passes_untouched() -> None:
    run = Run(sample_rate=8000, encoding="pcm_mulaw").begun()
    assert (run.body["encoding"], run.body["bit_depth"], run.body["sample_rate"]) == ("wav/ulaw", 8, 8000)
    run.tell("client_said", b"\xff" * 400)
    assert run.audio_upstream == b"\xff" * 400


def test_gladia_is_kept_awake_while_the_client_is_silent() -> None:
    run = Run().begun()
    run.wait(15)
    run.tell("client_said", SECOND)
    run.wait(19.9)
    assert EMPTY_CHUNK not in run.upstream_frames
    run.wait(40)
    assert run.upstream_frames.count(EMPTY_CHUNK) == 2


def test_gladia_is_called_again_when_it_has_understood_nothing_for_a_minute() -> None:
    run = Run().begun()
    for number in range(60):
        run.tell("client_said", bytes([number]) * 32_000)
        run.wait(1)
    run.tell("upstream_said", ack(58 * 32_000 + 16_000))
    assert lost(run, 4504) == [ConnectUpstream(URL)]
    assert run.tell("client_said", b"\x3c" * 32_000) == []
    assert run.tell("upstream_opened") == [SendUpstream(EMPTY_CHUNK)]
    resent = run.tell("upstream_said", ack(58 * 32_000 + 16_000))
    sent = [action.frame for action in resent if isinstance(action, SendUpstream)]
    assert sent == [b"\x3a" * 16_000 + b"\x3b" * 32_000 + b"\x3c" * 32_000]
    run.tell("client_said", TERMINATE)
    assert run.upstream_frames[-1] == STOP
    assert types(run.actions) == ["Begin"]


def test_audio_that_is_never_acknowledged_is_not_kept_for_ever() -> None:
    run = Run().begun()
    for number in range(80):
        run.tell("client_said", bytes([number]) * 32_000)
        run.wait(1)
    lost(run, 4504)
    assert run.tell("upstream_opened") == [SendUpstream(EMPTY_CHUNK)]
    assert run.wait(0.99) == []
    sent = [action.frame for action in run.wait(0.02) if isinstance(action, SendUpstream)]
    assert b"".join(sent) == b"".join(bytes([number]) * 32_000 for number in range(20, 80))
    assert max(map(len, sent)) == 512 * 1024


def test_nothing_is_sent_again_that_was_acknowledged() -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    run.wait(30)
    run.tell("upstream_said", ack(32_000))
    lost(run, 4504)
    assert run.tell("upstream_opened") == []


def lost(run: Run, code: int) -> list[Action]:
    """What the loss of Gladia's socket brings about, but for the note."""
    found = [*run.tell("upstream_closed", code, ""), *run.wait(0)]
    assert found.pop(0) == Note(Topic.LOST, f"it closed with {code}")
    return found


def test_gladia_is_not_called_again_and_again() -> None:
    run = Run().begun()
    for delay in (0, 0.5, 1, 2, 4, 8):
        run.tell("upstream_closed", 4504, "")
        assert only(run.wait(delay), ConnectUpstream)
        run.tell("upstream_opened")
        run.tell("upstream_said", ack(0))
    run.tell("upstream_closed", 1006, "")
    is_refused(run, 3005, "Session Cancelled")


def test_a_socket_that_has_lasted_makes_up_for_earlier_losses() -> None:
    run = Run().begun()
    for _ in range(20):
        assert lost(run, 1006) == [ConnectUpstream(URL)]
        run.tell("upstream_opened")
        run.wait(10)


def test_a_line_that_breaks_in_mid_turn_changes_nothing_for_the_client() -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    heard = run.hear(transcript(0, "Good"))
    assert lost(run, 1011) == [ConnectUpstream(URL)]
    run.tell("client_said", SECOND)
    run.tell("upstream_opened")
    heard += run.hear(ack(16_000))
    heard += run.hear(transcript(0, "Good morning"), transcript(0, "Good morning.", final=True))
    heard += run.hear(transcript(0, "Good morning.", final=True), transcript(1, "Next", start=3.0))
    assert turns(heard) == ["~0 Good", "~0 Good morning", "=0 Good morning.", "~1 Next"]
    assert run.audio_upstream == SECOND + SECOND[16_000:] + SECOND


def test_an_acknowledgement_that_is_lost_makes_gladia_hear_nothing_twice() -> None:
    run = Run().begun()
    for number in range(3):
        run.tell("client_said", bytes([number]) * 32_000)
        run.wait(1)
    lost(run, 1006)
    run.tell("client_said", bytes([3]) * 32_000)
    assert run.tell("upstream_opened") == [SendUpstream(EMPTY_CHUNK)]
    resent = [action for action in run.tell("upstream_said", ack(80_000)) if isinstance(action, SendUpstream)]
    assert resent == [SendUpstream(bytes([2]) * 16_000 + bytes([3]) * 32_000)]
    assert run.tell("client_said", SECOND) == [SendUpstream(SECOND)]


def test_the_client_ends_while_gladia_is_asked_where_to_go_on() -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    lost(run, 1006)
    run.tell("upstream_opened")
    assert run.tell("client_said", TERMINATE) == []
    assert run.tell("upstream_said", ack(32_000)) == [SendUpstream(STOP)]
    again = Run().begun()
    again.tell("client_said", SECOND)
    lost(again, 1006)
    again.tell("upstream_opened")
    assert again.tell("client_closed", 1000) == [SendUpstream(STOP), CloseUpstream()]
    assert again.bridge.deadline() is None


def test_a_stop_that_is_lost_is_said_again() -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    run.tell("client_said", TERMINATE)
    lost(run, 1006)
    assert run.tell("upstream_opened") == [SendUpstream(EMPTY_CHUNK)]
    assert run.tell("upstream_said", ack(0)) == [SendUpstream(SECOND), SendUpstream(STOP)]
    run.tell("upstream_said", end_recording(1.0))
    assert types(run.actions) == ["Begin", "Termination"]


@pytest.mark.parametrize("how", ["end_recording", "job is over"])
def test_a_stop_that_was_heard_is_not_said_again(how: str) -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    run.hear(transcript(0, "Good"))
    run.tell("client_said", TERMINATE)
    run.tell("upstream_said", STOP_ACK)
    lost(run, 1006)
    assert run.tell("upstream_opened") == []
    if how == "end_recording":
        run.tell("upstream_said", end_recording(1.0))
    else:
        run.tell("upstream_closed", 4403, "")
    assert turns(run.heard) == ["~0 Good", "=0 Good"]
    assert types(run.actions)[-1] == "Termination"


@pytest.mark.parametrize("stopped", [False, True])
def test_the_client_goes_while_gladia_is_away(stopped: bool) -> None:
    run = Run().begun()
    if stopped:
        run.tell("client_said", TERMINATE)
        run.tell("upstream_said", STOP_ACK)
    lost(run, 1006)
    run.tell("upstream_opened")
    run.tell("upstream_closed", 1006, "")
    found = run.tell("client_closed", 1006)
    assert found == ([] if stopped else [ConnectUpstream(URL)])
    assert run.bridge.is_over
    if not stopped:
        assert run.tell("upstream_opened") == [SendUpstream(STOP), CloseUpstream()]


def test_a_session_that_nobody_wants_is_called_until_it_can_be_stopped() -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    assert run.tell("client_closed", 1000) == [SendUpstream(STOP), CloseUpstream()]
    assert run.tell("upstream_closed", 1006, "")[0] == Note(Topic.LOST, "it closed with 1006")
    assert not run.bridge.is_over
    assert run.wait(0) == [ConnectUpstream(URL)]
    assert only(run.tell("upstream_refused", "it refused", 503), Note).topic is Topic.LOST
    assert run.wait(0.6) == [ConnectUpstream(URL)]
    assert run.tell("upstream_opened") == [SendUpstream(STOP), CloseUpstream()]
    assert run.tell("upstream_closed", 1000, "") == []
    assert (run.bridge.is_over, run.bridge.deadline()) == (True, None)


@pytest.mark.parametrize("answers", [False, True])
def test_a_session_that_cannot_be_stopped_is_said(answers: bool) -> None:
    run = Run()
    run.tell("client_opened")
    run.tell("client_closed", 1000)
    assert run.tell("upstream_answered", 201, ANSWER) == [ConnectUpstream(URL)]
    for attempt in (0.0, 0.6, 1.1, 2.1, 4.1, 8.1, None):
        if answers:
            run.tell("upstream_opened")
            found = run.tell("upstream_closed", 1006, "")
        else:
            found = run.tell("upstream_refused", "its name is not known", 0)
        assert only(found, Note).topic is (Topic.NOT_STOPPED if attempt is None else Topic.LOST)
        if attempt is not None:
            assert not run.bridge.is_over
            run.wait(attempt)
    assert (run.bridge.is_over, run.bridge.deadline()) == (True, None)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_session_that_is_not_there_any_more_needs_no_stop(status: int) -> None:
    run = Run().begun()
    run.tell("client_closed", 1000)
    run.tell("upstream_closed", 1006, "")
    run.wait(0)
    assert run.tell("upstream_refused", "it refused", status) == []
    assert (run.bridge.is_over, run.bridge.deadline()) == (True, None)


# --- turns ---------------------------------------------------------------------------------------


def test_a_turn() -> None:
    run = Run().begun()
    assert run.hear(speech_start(0.9612)) == []
    partial = run.hear(transcript(0, "Good"))
    assert partial == [
        {"type": "SpeechStarted", "timestamp": 961},
        {
            "turn_order": 0,
            "turn_is_formatted": False,
            "end_of_turn": False,
            "transcript": "Good",
            "end_of_turn_confidence": 0.0,
            "words": [{"start": 1000, "end": 1200, "text": "Good", "confidence": 0.9, "word_is_final": False}],
            "utterance": "",
            "type": "Turn",
        },
    ]
    [final] = run.hear(transcript(0, "Good morning.", final=True))
    assert final == {
        "turn_order": 0,
        "turn_is_formatted": True,
        "end_of_turn": True,
        "transcript": "Good morning.",
        "end_of_turn_confidence": 1.0,
        "words": [
            {"start": 1000, "end": 1200, "text": "Good", "confidence": 0.9, "word_is_final": True},
            {"start": 1200, "end": 1400, "text": "morning.", "confidence": 0.9, "word_is_final": True},
        ],
        "utterance": "Good morning.",
        "type": "Turn",
    }
    assert list(final) == [*list(partial[1])]
    assert run.hear(transcript(0, "Good morning.", final=True), transcript(0, "Good")) == []


def test_a_start_of_speech_without_text_is_never_told() -> None:
    run = Run().begun()
    assert run.hear(speech_start(1), speech_end(1.2), transcript(0, ""), transcript(0, "", final=True)) == []
    assert turns(run.hear(transcript(1, "Hi.", final=True, start=3.0))) == ["=0 Hi."]


def test_only_pro_models_tell_the_start_of_speech() -> None:
    for model, told in (("universal-streaming-english", 0), ("whisper-rt", 0), ("universal-3-5-pro", 1)):
        run = Run(speech_model=model).begun()
        run.hear(speech_start(1), transcript(0, "Hi."), transcript(0, "Hi.", final=True))
        assert types(run.actions).count("SpeechStarted") == told
        assert run.heard[-1]["turn_is_formatted"] is bool(told)


def test_a_start_of_speech_that_comes_early_belongs_to_the_next_turn() -> None:
    run = Run().begun()
    run.hear(transcript(0, "One"), transcript(0, "One.", final=True), speech_start(2.5))
    assert run.hear(transcript(1, "Two", start=2.6))[0] == {"type": "SpeechStarted", "timestamp": 2500}
    run = Run().begun()
    run.hear(speech_start(7.0))  # after the first word, which cannot be
    assert run.hear(transcript(0, "Two", start=2.6))[0] == {"type": "SpeechStarted", "timestamp": 2600}


def test_a_start_of_speech_before_the_final_belongs_to_whom_its_time_says() -> None:
    for time, told in ((1.1, 2600), (2.5, 2500)):
        run = Run().begun()
        run.hear(transcript(0, "One"), speech_start(time), transcript(0, "One."), transcript(0, "One.", final=True))
        assert run.hear(transcript(1, "Two", start=2.6))[0] == {"type": "SpeechStarted", "timestamp": told}


def test_no_partials() -> None:
    run = Run(include_partial_turns=False).begun()
    assert run.body["messages_config"]["receive_partial_transcripts"] is True
    assert run.hear(speech_start(1), transcript(0, "Hi")) == []
    assert [message["type"] for message in run.hear(transcript(0, "Hi.", final=True))] == ["SpeechStarted", "Turn"]
    run.hear(transcript(1, "and"))
    run.tell("client_said", TERMINATE)
    assert turns(run.hear(end_recording(2.0))) == ["=1 and"]


def test_the_language_is_named_where_it_was_asked_for() -> None:
    for asked, fields in ((True, {"language_code": "de", "language_confidence": 1.0}), (False, {})):
        run = Run(language_detection=asked).begun()
        partial, final = run.hear(transcript(0, "Ja", language="de"), transcript(0, "Ja.", final=True, language="de"))[
            1:
        ]
        assert {name: value for name, value in final.items() if name.startswith("language")} == fields
        assert not any(name.startswith("language") for name in partial)


def test_turns_are_numbered_without_gaps() -> None:
    run = Run().begun()
    heard = run.hear(
        transcript(0, "", final=True),
        transcript(3, "One."),
        transcript(4, "Two"),  # before the final of the one before it
        transcript(3, "One.", final=True),
        transcript(4, "Two."),
        transcript(7, "Three.", final=True),
    )
    assert turns(heard) == ["~0 One.", "=0 One.", "~1 Two.", "=1 Two.", "=2 Three."]


def test_a_turn_that_was_shown_has_a_final_though_gladia_takes_its_text_back() -> None:
    run = Run().begun()
    assert turns(run.hear(transcript(0, "Hm"), transcript(0, "", final=True))) == ["~0 Hm", "=0 Hm"]


def test_frames_that_cannot_be_read_end_nothing() -> None:
    run = Run().begun()
    strange = transcript(0, "Hi.").replace("00_00000000", "zero")
    for frame in ("no JSON", '{"type":"transcript"}', strange):
        assert only(run.tell("upstream_said", frame), Note).topic is Topic.BAD_MESSAGE
    found = run.tell("upstream_said", '{"type":"post_chapterization","session_id":"g","created_at":"x"}')
    assert only(found, Note) == Note(Topic.UNKNOWN_MESSAGE, "post_chapterization")
    assert only(run.tell("upstream_said", end_recording(1)), Note).topic is Topic.BAD_MESSAGE
    assert run.tell("upstream_said", ack(0).replace("true", "false")) == []
    assert not run.bridge.is_over


# --- ForceEndpoint -------------------------------------------------------------------------------


def test_a_forced_end_waits_for_gladias_own_final() -> None:
    run = Run().begun()
    run.hear(transcript(0, "Good"))
    assert run.tell("client_said", FORCE) == []
    run.wait(0.6)
    assert turns(run.hear(transcript(0, "Good morning.", final=True))) == ["=0 Good morning."]
    assert types(run.wait(5)) == []


def test_a_forced_end_that_has_come_does_not_end_the_next_turn() -> None:
    run = Run().begun()
    run.hear(transcript(0, "Good"))
    run.tell("client_said", FORCE)
    run.hear(transcript(0, "Good.", final=True), transcript(1, "So"))
    assert run.wait(5) == []
    assert turns(run.hear(transcript(1, "So it is.", final=True))) == ["=1 So it is."]


def test_a_forced_end_takes_the_latest_partial_and_the_late_final_only_what_it_adds() -> None:
    run = Run().begun()
    run.hear(transcript(0, "Good"))
    run.tell("client_said", FORCE)
    run.tell("client_said", FORCE)
    run.wait(0.3)
    run.hear(transcript(0, "Good morning"))
    assert turns(messages(run.wait(0.41))) == ["=0 Good morning"]
    assert run.hear(transcript(0, "Good morning")) == []
    opened = run.hear(transcript(0, "Good morning to"))
    assert [message["type"] for message in opened] == ["SpeechStarted", "Turn"]
    assert opened[0]["timestamp"] == 1400
    assert turns(opened) == ["~1 to"]
    assert turns(run.hear(transcript(0, "Good morning to you.", final=True))) == ["=1 to you."]
    assert turns(run.hear(transcript(1, "Next.", final=True))) == ["=2 Next."]


def test_a_late_final_that_adds_nothing_is_not_sent() -> None:
    run = Run().begun()
    run.hear(transcript(0, "Good morning"))
    run.tell("client_said", FORCE)
    run.wait(1)
    assert run.hear(transcript(0, "Good morning.", final=True)) == []
    assert turns(run.hear(transcript(1, "Next.", final=True))) == ["=1 Next."]


def test_two_forced_ends_in_one_utterance() -> None:
    run = Run().begun()
    for text in ("One", "One two", "One two three"):
        run.hear(transcript(0, text))
        run.tell("client_said", FORCE)
        run.wait(1)
    run.hear(transcript(0, "One two three.", final=True))
    assert [text for text in turns(run.heard) if text[0] == "="] == ["=0 One", "=1 two", "=2 three"]


def test_a_forced_end_waits_for_the_first_text_of_a_voice() -> None:
    run = Run().begun()
    run.hear(speech_start(1))
    run.tell("client_said", FORCE)
    run.hear(transcript(0, "Hi"))
    assert turns(messages(run.wait(0.7))) == ["=0 Hi"]


def test_a_forced_end_counts_from_the_audio_before_it() -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    run.tell("client_said", FORCE)
    assert types(run.wait(3)) == []
    run.tell("upstream_said", ack(len(SECOND)))
    run.hear(transcript(0, "Hi"))
    assert turns(messages(run.wait(0.7))) == ["=0 Hi"]
    run.hear(transcript(1, "So"))
    assert "=1 So" not in turns(messages(run.wait(2))), "one wish ends one turn"


def test_with_no_open_turn_a_forced_end_is_nothing() -> None:
    run = Run().begun()
    run.hear(transcript(0, "Hi.", final=True))
    run.tell("client_said", FORCE)
    assert run.wait(2) == []
    assert turns(run.hear(transcript(1, "So"))) == ["~1 So"]


# --- heartbeat, silence, inactivity --------------------------------------------------------------


def test_the_heart_beats_every_five_seconds() -> None:
    run = Run(session_heartbeat=True).begun()
    run.hear(transcript(0, "Hi"))
    for _number in range(5):
        run.tell("client_said", SECOND)
        run.wait(1.0001)
    assert run.heard[-1] == {
        "type": "Heartbeat",
        "total_audio_received_ms": 5000,
        "total_duration_ms": 5000,
        "realtime_factor": 1.0,
        "max_speech_probability": 0.9,
    }
    beats = messages(run.wait(10))
    assert [beat["max_speech_probability"] for beat in beats] == [0.0, 0.0]
    run.tell("client_said", update(session_heartbeat=False))
    assert messages(run.wait(10)) == []
    run.tell("client_said", update(session_heartbeat=True))
    assert types(run.wait(5)) == ["Heartbeat"]


def test_silence_is_told_second_by_second() -> None:
    run = Run(acknowledge_silence=True).begun()
    heard = run.hear(ack(32_000), ack(64_000), ack(80_000), speech_start(2.2), ack(160_000), speech_end(4.0))
    heard += run.hear(ack(192_000), ack(224_000))
    seconds = [(silence["start_ms"], silence["end_ms"]) for silence in heard]
    assert seconds == [(0, 1000), (1000, 2000), (4000, 5000), (5000, 6000)]
    assert Run(speech_model="universal-streaming-english", acknowledge_silence=True).begun().hear(ack(96_000)) == []
    assert Run().begun().hear(ack(96_000), ack(192_000)) == []


def test_a_client_that_is_silent_longer_than_it_said() -> None:
    run = Run(inactivity_timeout=5).begun()
    run.wait(4)
    run.tell("client_said", KEEP_ALIVE)
    run.wait(4)
    run.tell("client_said", SECOND)
    run.wait(4.9)
    assert not run.bridge.is_over
    run.wait(0.11)
    assert STOP in run.upstream_frames
    is_refused(run, 3006, "Session terminated due to inactivity: No messages received for 5 seconds")


def test_a_client_that_is_not_read_is_not_silent() -> None:
    run = Run(inactivity_timeout=5).begun()
    for _number in range(31):
        run.tell("client_said", SECOND)
        run.wait(1)
    assert only(run.actions, PauseClient)
    run.wait(60)
    assert not run.bridge.is_over
    for _number in range(10):
        run.tell("upstream_wrote", 32_000)
    assert only(run.actions, ResumeClient)
    run.wait(4.9)
    assert not any(message["type"] == "Error" for message in run.heard)
    run.wait(0.2)
    assert run.heard[-1]["error_code"] == 3006


# --- ends ----------------------------------------------------------------------------------------


def test_a_good_end() -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    run.hear(transcript(0, "Good"))
    run.wait(1.6)
    assert run.tell("client_said", TERMINATE) == [SendUpstream(STOP)]
    assert run.tell("client_said", SECOND) == []
    assert turns(run.hear(transcript(0, "Good morning.", final=True))) == ["=0 Good morning."]
    found = run.tell("upstream_said", end_recording(1.0))
    assert messages(found) == [{"type": "Termination", "audio_duration_seconds": 1, "session_duration_seconds": 2}]
    assert only(found, CloseClient) == CloseClient(1000, "Session Ended")
    assert found.index(CloseClient(1000, "Session Ended")) > 0
    assert only(found, CloseUpstream)
    assert run.bridge.is_over


def test_an_open_turn_ends_with_its_latest_partial() -> None:
    run = Run().begun()
    run.hear(transcript(0, "Good morning"))
    run.tell("client_said", TERMINATE)
    heard = run.hear(end_recording(1.0))
    assert turns(heard) == ["=0 Good morning"]
    assert heard[-1]["type"] == "Termination"


def test_terminate_before_anything_is_there() -> None:
    run = Run()
    run.tell("client_opened")
    run.tell("client_said", SECOND)
    run.tell("client_said", TERMINATE)
    run.tell("upstream_answered", 201, ANSWER)
    assert run.tell("upstream_opened") == [SendUpstream(SECOND), SendUpstream(STOP)]
    run.tell("upstream_said", end_recording(1.0))
    assert types(run.actions) == ["Begin", "Termination"]


def test_gladia_closes_after_the_stop_without_a_word() -> None:
    run = Run().begun()
    run.tell("client_said", SECOND)
    run.tell("client_said", TERMINATE)
    found = run.tell("upstream_closed", 1000, "")
    assert messages(found)[-1]["audio_duration_seconds"] == 1
    assert only(found, CloseClient).code == 1000


def test_gladia_never_ends() -> None:
    run = Run(speed=2.0).begun()
    run.tell("client_said", TERMINATE)
    run.wait(59)
    assert not run.bridge.is_over
    run.wait(1.01)
    assert only(run.actions, CloseUpstream)
    is_refused(run, 3005, "Session Cancelled")


@pytest.mark.parametrize(("code", "told"), [(1000, 3005), (4408, 3005), (4410, 3008), (4400, 3005)])
def test_gladia_goes_in_mid_session(code: int, told: int) -> None:
    run = Run().begun()
    run.hear(transcript(0, "Good"))
    found = run.tell("upstream_closed", code, "why")
    assert only(found, Note) == Note(Topic.FAILED, f"it closed with {code} why")
    assert types(found) == ["Error"]
    is_refused(run, told, "Session")


@pytest.mark.parametrize("state", ["asked", "answered", "open", "stopped"])
@pytest.mark.parametrize("how", ["client_closed", "shut_down"])
def test_whoever_goes_gladia_is_stopped(state: str, how: str) -> None:
    run = Run()
    run.tell("client_opened")
    if state != "asked":
        run.tell("upstream_answered", 201, ANSWER)
    if state in ("open", "stopped"):
        run.tell("upstream_opened")
    if state == "stopped":
        run.tell("client_said", TERMINATE)
    found = run.tell("client_closed", 1005) if how == "client_closed" else run.tell("shut_down")
    closes = [action for action in found if isinstance(action, CloseClient)]
    assert closes == ([] if how == "client_closed" else [CloseClient(1001, "the gateway is shutting down")])
    assert run.bridge.is_over
    if state == "asked":
        assert run.tell("upstream_answered", 201, ANSWER) == [ConnectUpstream(URL)]
    if state in ("asked", "answered"):
        run.tell("upstream_opened")
    assert run.upstream_frames == [STOP]
    assert only(run.actions, CloseUpstream)
    assert run.tell("upstream_closed", 1000, "") == []


def test_the_client_goes_while_its_error_is_told() -> None:
    run = Run().begun()
    run.tell("client_said", "no JSON")
    run.tell("client_closed", 1006)
    assert run.wait(5) == []
    assert run.bridge.deadline() is None
    assert run.tell("shut_down") == []


@pytest.mark.parametrize(
    ("frame", "text"),
    [("{", "Invalid JSON: Expecting property name"), ("[]", "Invalid Message: "), ('{"type":"Bogus"}', "Type: Bogus")],
)
def test_a_bad_message(frame: str, text: str) -> None:
    run = Run().begun()
    run.tell("client_said", frame)
    is_refused(run, 3006, text)
    assert run.tell("client_said", SECOND) == []


def test_the_gateway_ends_while_an_error_is_told() -> None:
    run = Run().begun()
    run.tell("client_said", "no JSON")
    assert run.tell("shut_down") == [CloseClient(3006, "See Error message for details")]
    assert run.wait(1) == []


def test_nothing_comes_before_begin() -> None:
    run = Run(session_heartbeat=True)
    run.tell("client_opened")
    assert not any(isinstance(action, SendToClient) for action in run.wait(0.4))
    run.wait(0.2)
    assert types(run.actions) == ["Begin"]
