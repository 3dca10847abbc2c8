"""The bridge of a Gladia session over AssemblyAI: every order of events, without sockets and without waiting."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shim.audio import SampleFormat, to_s16
from shim.bridges import gladia_over_assemblyai as bridge_module
from shim.bridges.actions import (
    AcceptRequest,
    Action,
    CloseClient,
    CloseUpstream,
    Note,
    OpenUpstream,
    PauseClient,
    RefuseClient,
    RefuseRequest,
    ResumeClient,
    SendToClient,
    SendUpstream,
    Topic,
)
from shim.bridges.gladia_over_assemblyai import GladiaOverAssemblyAI
from shim.faces.gladia import read_init_request
from shim.wire import assemblyai, gladia
from shim.wire.codec import encode

SESSION_ID = "7c0e6f0a-52d1-4b8e-9a41-3f6f1a2b9c10"
EVERYTHING = {"messages_config": {"receive_partial_transcripts": True, "receive_lifecycle_events": True}}
STOP = encode(gladia.StopRecording())
TERMINATE = encode(assemblyai.Terminate())
FORCE_ENDPOINT = encode(assemblyai.ForceEndpoint())
BEGIN = encode(assemblyai.Begin(id="b", expires_at=1790000000))
TERMINATION = encode(assemblyai.Termination(audio_duration_seconds=1, session_duration_seconds=2))


def audio_chunk(audio: bytes) -> str:
    return encode(gladia.AudioChunk(data=gladia.AudioChunkData(chunk=base64.b64encode(audio).decode())))


def error(code: int, text: str = "what went wrong") -> str:
    return encode(assemblyai.Error(error_code=code, error=text))


def speech_started(seconds: float) -> str:
    return encode(assemblyai.SpeechStarted(timestamp=round(seconds * 1000)))


def turn(order: int, text: str, *, final: bool = False, start: float = 1.0, words: Any = None, **more: Any) -> str:
    """A turn whose words are 200 ms long each."""
    if words is None:
        words = [
            assemblyai.Word(
                start=round(start * 1000) + 200 * number,
                end=round(start * 1000) + 200 * (number + 1),
                text=word,
                confidence=more.pop("confidence", 0.9),
                word_is_final=final,
            )
            for number, word in enumerate(text.split())
        ]
    return encode(
        assemblyai.Turn(
            turn_order=order,
            turn_is_formatted=final,
            end_of_turn=final,
            transcript=text,
            end_of_turn_confidence=1.0 if final else 0.0,
            words=words,
            **more,
        )
    )


class Run:
    """A bridge, the time, and everything that it has asked for."""

    def __init__(self, body: dict[str, Any] | None = None, *, keep_turns: bool = False) -> None:
        request = read_init_request(json.dumps(body or {}).encode())
        created = datetime(2026, 11, 20, 9, 15, 2, 113000, UTC)
        self.now = 100.0
        self.bridge = GladiaOverAssemblyAI(
            request, session_id=SESSION_ID, created=created, now=self.now, keep_turns=keep_turns
        )
        self.actions: list[Action] = []

    def tell(self, event: str, *details: Any) -> list[Action]:
        """Tells an event as the shell does, and gives what it brought about."""
        found = self.bridge.tick(self.now) + getattr(self.bridge, event)(*details)
        self.actions += found
        return found

    def wait(self, seconds: float) -> list[Action]:
        """Lets time pass as the shell does: with a tick at each deadline."""
        end, found = self.now + seconds, []
        while (deadline := self.bridge.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            found += self.bridge.tick(self.now)
        self.now = end
        found += self.bridge.tick(self.now)
        self.actions += found
        return found

    def write(self) -> list[Action]:
        """Tells that everything that was sent upstream has left."""
        sizes = [len(frame) for frame in self.upstream_frames if isinstance(frame, bytes)]
        found: list[Action] = []
        for size in sizes[self.written :]:
            self.written += 1
            found += self.tell("upstream_wrote", size)
        return found

    written = 0

    def opened(self) -> Run:
        """Asked for, and the socket upstream is open."""
        self.tell("request_received")
        self.tell("upstream_opened")
        return self

    def begun(self) -> Run:
        """Begun, accepted, and the client is there."""
        self.opened()
        self.tell("upstream_said", BEGIN)
        self.tell("client_opened")
        return self

    def stopped(self) -> Run:
        """Ten seconds of audio have gone through, and the client has stopped."""
        for _ in range(10):
            self.tell("client_said", bytes(32_000))
            self.wait(1)
            self.write()
        self.tell("client_said", STOP)
        return self

    @property
    def upstream_frames(self) -> list[str | bytes]:
        return [action.frame for action in self.actions if isinstance(action, SendUpstream)]

    @property
    def audio_upstream(self) -> bytes:
        return b"".join(frame for frame in self.upstream_frames if isinstance(frame, bytes))


def messages(actions: list[Action]) -> list[dict[str, Any]]:
    """What the client gets, read as the wire types demand it."""
    for action in actions:
        if isinstance(action, SendToClient):
            gladia.server_messages.decode(action.frame)
    return [json.loads(action.frame) for action in actions if isinstance(action, SendToClient)]


def types(actions: list[Action]) -> list[str]:
    return [message["type"] for message in messages(actions)]


def only(actions: list[Action], kind: type[Any]) -> Any:
    found = [action for action in actions if isinstance(action, kind)]
    assert len(found) == 1, actions
    return found[0]


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
    assert only(found, CloseClient) == CloseClient(close, "what went wrong")
    assert CloseUpstream() in found
    assert SendUpstream(TERMINATE) not in found
    for run in (early, late):
        assert run.bridge.is_over
        assert only(run.actions, Note) == Note(Topic.FAILED, f"Error {code} what went wrong")


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


def test_what_cannot_be_served_is_refused_by_name() -> None:
    body = {
        "channels": 2,
        "realtime_processing": {"translation": True, "translation_config": {"target_languages": ["de"]}},
        "post_processing": {"summarization": True},
        "callback": True,
    }
    run = Run(body)
    found = run.tell("request_received")
    refusal = only(found, RefuseRequest)
    assert (refusal.status, refusal.message) == (400, "Bad request")
    assert [text.split(" must ")[0] for text in refusal.validation_errors] == [
        "realtime_processing.translation",
        "post_processing.summarization",
        "callback",
        "channels",
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


# --- audio ---------------------------------------------------------------------------------------


def test_binary_and_json_audio_are_the_same() -> None:
    run = Run().begun()
    run.tell("client_said", b"\x01\x02" * 1600)
    run.tell("client_said", audio_chunk(b"\x03\x04" * 1600))
    assert run.upstream_frames == [b"\x01\x02" * 1600, b"\x03\x04" * 1600]


def test_acknowledgements_follow_what_was_written() -> None:
    run = Run().begun()
    for _ in range(5):  # 20 ms each, joined to one message
        assert types(run.tell("client_said", bytes(640))) == []
    found = messages(run.tell("upstream_wrote", 3200))
    assert [message["data"]["byte_range"] for message in found] == [
        [first, first + 640] for first in range(0, 3200, 640)
    ]
    assert found[1]["data"]["time_range"] == [0.02, 0.04]
    assert found[1]["acknowledged"] is True
    assert found[1]["error"] is None
    assert found[1]["session_id"] == SESSION_ID
    assert found[1]["created_at"] == "2026-11-20T09:15:02.113Z"


def test_a_frame_that_is_written_in_part_is_not_acknowledged() -> None:
    run = Run().begun()
    run.tell("client_said", bytes(48_000))
    assert [len(frame) for frame in run.upstream_frames] == [32_000, 16_000]
    assert run.tell("upstream_wrote", 32_000) == []
    assert types(run.tell("upstream_wrote", 16_000)) == ["audio_chunk"]


def test_an_empty_chunk_keeps_the_session_alive_and_carries_nothing() -> None:
    run = Run().begun()
    for _ in range(3):
        run.wait(29)
        assert messages(run.tell("client_said", audio_chunk(b"")))[0]["data"]["byte_range"] == [0, 0]
    assert run.upstream_frames == []
    assert run.wait(29.9) == []


def test_an_empty_chunk_is_not_acknowledged_ahead_of_audio() -> None:
    run = Run().begun()
    run.tell("client_said", bytes(640))
    assert run.tell("client_said", audio_chunk(b"")) == []


def test_no_acknowledgements_where_they_are_not_wanted() -> None:
    run = Run({"messages_config": {"receive_acknowledgments": False}}).begun().stopped()
    run.write()
    assert messages(run.actions) == []


def test_audio_waits_for_begin() -> None:
    run = Run().opened()
    run.wait(2)
    run.tell("client_opened")
    run.tell("client_said", bytes(3200))
    assert run.upstream_frames == []
    assert run.tell("upstream_said", BEGIN) == [SendUpstream(bytes(3200))]


@pytest.mark.parametrize(
    ("encoding", "bit_depth", "sample_format"),
    [
        ("wav/pcm", 8, SampleFormat.U8),
        ("wav/pcm", 24, SampleFormat.S24),
        ("wav/pcm", 32, SampleFormat.S32),
        ("wav/alaw", 8, SampleFormat.ALAW),
    ],
)
def test_what_assemblyai_does_not_take_is_transcoded(
    encoding: str, bit_depth: int, sample_format: SampleFormat
) -> None:
    run = Run({"encoding": encoding, "bit_depth": bit_depth}).begun()
    audio = bytes(range(240)) * 80
    run.tell("client_said", audio)
    assert run.audio_upstream == to_s16(audio, sample_format)
    assert messages(run.write())[0]["data"]["byte_range"] == [0, len(audio)]


def test_mu_law_passes_untouched() -> None:
    run = Run({"encoding": "wav/ulaw", "bit_depth": 8, "sample_rate": 8000})
    assert only(run.tell("request_received"), OpenUpstream).parameters["encoding"] == "pcm_mulaw"
    run.tell("upstream_opened")
    run.tell("upstream_said", BEGIN)
    run.tell("client_opened")
    run.tell("client_said", b"\x55" * 800)
    assert run.upstream_frames == [b"\x55" * 800]


def test_a_wav_header_is_acknowledged_and_not_sent() -> None:
    header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + bytes(16) + b"data\xff\xff\xff\xff"
    run = Run().begun()
    run.tell("client_said", header + b"\x01\x02" * 1600)
    assert run.audio_upstream == b"\x01\x02" * 1600
    assert messages(run.write())[0]["data"]["byte_range"] == [0, 44 + 3200]
    run.tell("client_said", STOP)
    assert messages(run.tell("upstream_said", TERMINATION))[-1]["data"]["metadata"]["audio_duration"] == 0.1


def test_a_client_that_is_far_ahead_is_not_read_until_it_is_not() -> None:
    run = Run().begun()
    found = run.tell("client_said", bytes(32_000 * 301))
    assert only(found, PauseClient)
    assert not any(isinstance(action, PauseClient) for action in run.tell("client_said", bytes(32_000 * 5)))
    resumed: list[Action] = []
    while not resumed:
        run.wait(0.5)
        resumed = run.write()
        assert run.now < 200
        resumed = [action for action in resumed if isinstance(action, ResumeClient)]
    assert resumed == [ResumeClient()]
    behind = 306 - len(run.audio_upstream) / 32_000
    assert behind == pytest.approx(295, abs=1.1)


def test_a_client_with_very_many_frames_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "MOST_FRAMES", 100)
    monkeypatch.setattr(bridge_module, "RESUME_FRAMES", 90)
    run = Run().begun()
    found = [action for _ in range(101) for action in run.tell("client_said", b"\x01")]
    assert found == [PauseClient()]
    run.wait(1)  # what has been joined is too short for a message: it waits for more


# --- the stop ------------------------------------------------------------------------------------


def test_a_stop_is_acknowledged_then_the_rest_is_padded_and_the_session_terminated() -> None:
    run = Run().begun()
    run.tell("client_said", b"\x01\x02" * 160)  # 10 ms
    found = run.tell("client_said", STOP)
    assert messages(found)[0]["type"] == "stop_recording"
    assert messages(found)[0]["data"] == {"recording_duration": 0.01, "recording_left_to_process": 0.01}
    padded = b"\x01\x02" * 160 + bytes(1280)
    assert [action for action in found if isinstance(action, SendUpstream)] == [
        SendUpstream(padded),
        SendUpstream(TERMINATE),
    ]
    assert messages(run.tell("upstream_wrote", 1600))[0]["data"]["byte_range"] == [0, 320]


def test_a_stop_waits_for_the_audio_before_it() -> None:
    run = Run().begun()
    run.tell("client_said", bytes(32_000 * 6))
    run.tell("client_said", STOP)
    assert TERMINATE not in run.upstream_frames
    run.wait(4)
    assert run.upstream_frames[-1] == TERMINATE
    assert run.audio_upstream == bytes(32_000 * 6)


def test_a_stop_before_begin_is_remembered() -> None:
    run = Run().opened()
    run.wait(2)
    run.tell("client_opened")
    run.tell("client_said", bytes(3200))
    run.tell("client_said", STOP)
    assert run.tell("upstream_said", BEGIN) == [SendUpstream(bytes(3200)), SendUpstream(TERMINATE)]


def test_after_the_stop_audio_is_ignored_and_a_second_stop_only_acknowledged() -> None:
    run = Run().begun()
    run.tell("client_said", STOP)
    assert run.tell("client_said", bytes(3200)) == []
    assert types(run.tell("client_said", STOP)) == ["stop_recording"]
    assert run.upstream_frames == [TERMINATE]
    run = Run().begun()
    run.tell("client_said", bytes(32_000 * 4))
    run.tell("client_said", STOP)
    run.tell("client_said", b"\x01" * 32_000)  # while there is still something to send
    run.wait(5)
    assert run.audio_upstream == bytes(32_000 * 4)


def test_the_end_comes_in_gladias_order() -> None:
    run = Run(EVERYTHING).begun().stopped()
    run.tell("upstream_said", turn(0, "Good morning.", final=True, language_code="en"))
    run.tell("upstream_said", turn(1, "Bonjour.", final=True, start=2.0, language_code="fr"))
    run.wait(1)
    found = run.tell("upstream_said", TERMINATION)
    assert types(found) == ["end_recording", "post_transcript", "post_final_transcript", "end_session"]
    ended, text, result, _end = messages(found)
    assert ended["data"] == {"recording_duration": 10.0}  # counted here: AssemblyAI has said 1
    assert text["data"]["full_transcript"] == "Good morning. Bonjour."
    assert text["data"]["languages"] == ["en", "fr"]
    assert [utterance["text"] for utterance in text["data"]["utterances"]] == [" Good morning.", " Bonjour."]
    assert result["data"]["transcription"] == text["data"]
    assert result["data"]["metadata"] == {
        "audio_duration": 10.0,
        "number_of_distinct_channels": 1,
        "billing_time": 10.0,
        "transcription_time": 11.0,
    }
    assert found[-2:] == [CloseUpstream(), CloseClient(1000, "")]
    assert run.bridge.is_over
    assert run.tell("upstream_closed", 1000) == []
    assert run.tell("client_closed", 1000) == []


def test_by_default_there_are_no_lifecycle_messages_and_no_partials() -> None:
    run = Run().begun().stopped()
    run.tell("upstream_said", turn(0, "Good—"))
    run.tell("upstream_said", turn(0, "Good morning.", final=True))
    run.tell("upstream_said", TERMINATION)
    assert [kind for kind in types(run.actions) if kind != "audio_chunk"] == [
        "stop_recording",
        "speech_start",
        "speech_end",
        "transcript",
        "post_transcript",
        "post_final_transcript",
    ]


def test_a_turn_that_is_open_at_the_end_gets_its_final() -> None:
    run = Run().begun().stopped()
    run.tell("upstream_said", turn(0, "Good morn—"))
    found = run.tell("upstream_said", TERMINATION)
    assert types(found) == ["speech_end", "transcript", "post_transcript", "post_final_transcript"]
    assert messages(found)[1]["data"]["is_final"] is True
    assert messages(found)[1]["data"]["utterance"]["text"] == " Good morn"


def test_a_good_close_without_termination_is_an_end_too() -> None:
    run = Run().begun().stopped()
    found = run.tell("upstream_closed", 1000, "Session Ended")
    assert types(found)[-1] == "post_final_transcript"
    assert found[-1] == CloseClient(1000, "")


def test_a_termination_that_does_not_come_is_not_waited_for_without_end() -> None:
    run = Run().begun().stopped()
    assert run.wait(29.9) == []
    assert only(run.wait(0.2), CloseClient).code == 4490


# --- transcripts ---------------------------------------------------------------------------------


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


def test_a_plain_close_finishes_the_job() -> None:
    run = Run(EVERYTHING).begun()
    run.tell("client_said", b"\x01\x02" * 160)
    assert run.tell("client_closed", 1000) == [
        SendUpstream(b"\x01\x02" * 160 + bytes(1280)),
        SendUpstream(TERMINATE),
    ]
    assert run.tell("upstream_said", turn(0, "Hello.", final=True)) == []  # nobody is there
    assert run.tell("client_opened") == []  # the job is not finished yet: it may come back
    run.tell("client_closed", 1000)
    assert run.tell("upstream_said", TERMINATION) == [CloseUpstream()]
    assert run.bridge.is_over
    assert run.tell("client_opened") == [RefuseClient(4403, "the session has ended")]


@pytest.mark.parametrize("code", [1001, 1005, 1006, 1009, 1011])
def test_any_other_close_ends_the_session_upstream(code: int) -> None:
    run = Run().begun()
    run.tell("client_said", bytes(32_000 * 10))
    found = run.tell("client_closed", code)
    assert [action for action in found if not isinstance(action, Note)] == [SendUpstream(TERMINATE), CloseUpstream()]
    assert run.bridge.is_over
    assert run.tell("client_opened") == [RefuseClient(4403, "the session has ended")]


def test_a_close_after_the_stop_lets_the_session_finish() -> None:
    run = Run().begun().stopped()
    assert run.tell("client_closed", 1006) == []
    assert run.tell("upstream_said", TERMINATION) == [CloseUpstream()]
    assert run.bridge.is_over


def test_a_second_connection_does_not_harm_the_first() -> None:
    run = Run().begun()
    assert only(run.tell("client_opened"), RefuseClient).code == 4409
    run.tell("client_said", bytes(3200))
    assert run.upstream_frames == [bytes(3200)]


@pytest.mark.parametrize(("code", "close"), [(1006, 4490), (1000, 4490), (1009, 4490), (1001, 4490), (3008, 4410)])
def test_an_upstream_that_is_lost_ends_the_session_for_good(code: int, close: int) -> None:
    run = Run().begun()
    found = run.tell("upstream_closed", code)
    assert only(found, CloseClient).code == close
    assert only(found, CloseClient).reason
    assert only(found, Note).topic is Topic.FAILED
    assert not any(isinstance(action, SendUpstream | CloseUpstream) for action in found)


def test_after_the_error_the_close_that_follows_says_nothing() -> None:
    run = Run().begun()
    run.tell("upstream_said", error(3005))
    assert run.tell("upstream_closed", 3005) == []
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
    assert run.bridge.is_over


# --- in any order --------------------------------------------------------------------------------


class AnyOrder(RuleBasedStateMachine):
    """A client, an upstream and the clock do what they like; the accounts must balance all the time."""

    @initialize(partials=st.booleans(), depth=st.sampled_from([8, 16, 24]))
    def ask(self, partials: bool, depth: int) -> None:
        self.run_ = Run({"bit_depth": depth, "messages_config": {"receive_partial_transcripts": partials}})
        self.depth, self.partials = depth, partials
        self.given = b""
        self.received = 0
        self.counted = 0
        self.acknowledged = 0
        self.written = 0
        self.sent: list[bytes] = []
        self.text_upstream: list[str] = []
        self.answers = self.client_ends = self.upstream_ends = 0
        self.attached = self.upstream_open = self.begun = self.stopped = False
        self.order = self.finals = 0
        self.ids: list[tuple[str, bool]] = []
        self.refused = self.was_away = False
        self.take(self.run_.tell("request_received"))

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case SendToClient():
                    assert self.attached
                    self.hear(messages([action])[0])
                case CloseClient(code, _reason):
                    assert self.attached
                    assert code == 1000 or 4400 <= code < 4500
                    self.attached, self.client_ends = False, self.client_ends + 1
                case SendUpstream(frame):
                    assert self.upstream_open
                    assert self.begun
                    if isinstance(frame, bytes):
                        assert TERMINATE not in self.text_upstream
                        self.sent.append(frame)
                    else:
                        self.text_upstream.append(frame)
                case CloseUpstream():
                    self.upstream_ends += 1
                    self.upstream_open = False
                case AcceptRequest() | RefuseRequest():
                    self.answers += 1
                    self.refused = isinstance(action, RefuseRequest)
                case _:
                    pass

    def hear(self, message: dict[str, Any]) -> None:
        data = message.get("data")
        if message["type"] == "audio_chunk":
            first, end = data["byte_range"]
            assert first == self.acknowledged <= end
            self.acknowledged = end
        if message["type"] == "transcript":
            self.ids.append((data["id"], data["is_final"]))
            assert self.partials or data["is_final"]

    # What happens.

    @precondition(lambda self: self.attached)
    @rule(size=st.one_of(st.integers(0, 400), st.integers(0, 200_000)), as_json=st.booleans())
    def client_speaks(self, size: int, as_json: bool) -> None:
        audio = bytes((self.counted + index) % 249 for index in range(size))
        self.counted += size
        if not self.stopped:
            self.given += audio
            self.received += size
        self.take(self.run_.tell("client_said", audio_chunk(audio) if as_json else audio))

    @precondition(lambda self: self.attached)
    @rule()
    def client_stops(self) -> None:
        self.stopped = True
        self.take(self.run_.tell("client_said", STOP))

    @precondition(lambda self: self.answers and not self.refused)
    @rule()
    def client_comes(self) -> None:
        found = self.run_.tell("client_opened")
        if not any(isinstance(action, RefuseClient) for action in found):
            assert not self.attached
            self.attached = True
        self.take(found)

    @precondition(lambda self: self.attached)
    @rule(code=st.sampled_from([1000, 1000, 1005, 1006]))
    def client_goes(self, code: int) -> None:
        self.attached = False
        self.stopped = True
        self.take(self.run_.tell("client_closed", code))

    @rule(seconds=st.one_of(st.floats(0, 1), st.floats(0, 40)))
    def time_passes(self, seconds: float) -> None:
        self.take(self.run_.wait(seconds))

    @precondition(lambda self: not self.upstream_open and not self.upstream_ends and not self.refused)
    @rule()
    def upstream_opens(self) -> None:
        self.upstream_open = True
        self.take(self.run_.tell("upstream_opened"))

    @precondition(lambda self: self.upstream_open and not self.begun)
    @rule()
    def upstream_begins(self) -> None:
        self.begun = True
        self.take(self.run_.tell("upstream_said", BEGIN))

    @precondition(lambda self: self.written < len(self.sent))
    @rule(count=st.integers(1, 10))
    def upstream_writes(self, count: int) -> None:
        for frame in self.sent[self.written : self.written + count]:
            self.written += 1
            self.take(self.run_.tell("upstream_wrote", len(frame)))

    @precondition(lambda self: self.begun and self.upstream_open)
    @rule(final=st.booleans(), text=st.sampled_from(["", "Hello.", "[Silence]"]))
    def upstream_hears(self, final: bool, text: str) -> None:
        self.was_away = self.was_away or not self.attached
        self.take(self.run_.tell("upstream_said", turn(self.order, text, final=final)))
        self.order += final

    @precondition(lambda self: self.upstream_open and TERMINATE in self.text_upstream)
    @rule()
    def upstream_terminates(self) -> None:
        self.take(self.run_.tell("upstream_said", TERMINATION))

    @precondition(lambda self: self.upstream_open)
    @rule(code=st.sampled_from([1000, 1006, 3005]))
    def upstream_goes(self, code: int) -> None:
        self.upstream_open = False
        self.upstream_ends += 1
        self.take(self.run_.tell("upstream_closed", code))

    # What must be true.

    @invariant()
    def every_byte_goes_out_once(self) -> None:
        width = self.depth // 8
        whole = self.given[: len(self.given) // width * width]
        formats = {8: SampleFormat.U8, 16: SampleFormat.S16, 24: SampleFormat.S24}
        expected = to_s16(whole, formats[self.depth])
        joined = b"".join(self.sent)
        common = min(len(expected), len(joined))
        assert joined[:common] == expected[:common]
        assert not any(joined[common:])  # padding
        assert len(joined) <= len(expected) or TERMINATE in self.text_upstream
        assert all(1600 <= len(frame) <= 32_000 for frame in self.sent)
        if TERMINATE in self.text_upstream and not self.upstream_ends:
            assert len(joined) >= len(expected)

    @invariant()
    def acknowledgements_are_not_ahead(self) -> None:
        samples = sum(map(len, self.sent[: self.written])) // 2
        assert self.acknowledged <= self.received
        everything = TERMINATE in self.text_upstream and self.written == len(self.sent)
        assert self.acknowledged <= samples * (self.depth // 8) or everything

    @invariant()
    def there_is_one_end(self) -> None:
        assert self.answers <= 1
        assert self.client_ends <= 1
        assert self.upstream_ends <= 1
        assert self.text_upstream.count(TERMINATE) <= 1
        if self.run_.bridge.is_over:
            assert self.answers == 1
            assert not self.attached
            assert not self.upstream_open
            assert self.run_.bridge.deadline() is None

    @invariant()
    def ids_are_stable_and_without_gaps(self) -> None:
        expected = 0
        for identifier, is_final in self.ids:
            number = int(identifier.removeprefix("00_"))
            assert number >= expected
            assert number == expected or self.was_away  # nobody heard the finals between
            expected = number + is_final

    def teardown(self) -> None:
        """Whatever has happened, the session ends if nobody does anything any more."""
        if hasattr(self, "run_"):
            for _ in range(12):
                if self.attached:
                    self.stopped = True
                self.take(self.run_.wait(40))
                self.upstream_writes_all()
            if self.upstream_open or self.upstream_ends:
                assert self.run_.bridge.is_over

    def upstream_writes_all(self) -> None:
        for frame in self.sent[self.written :]:
            self.written += 1
            self.take(self.run_.tell("upstream_wrote", len(frame)))


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
