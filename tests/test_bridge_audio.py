"""The bridge of a Gladia session over AssemblyAI: audio, acknowledgements and the stop."""

from __future__ import annotations

import pytest

from shim.audio import SampleFormat, to_s16
from shim.bridges import gladia_over_assemblyai as bridge_module
from shim.bridges.actions import (
    Action,
    CloseClient,
    CloseUpstream,
    OpenUpstream,
    PauseClient,
    ResumeClient,
    SendUpstream,
)
from tests.bridge_runs import (
    BEGIN,
    EVERYTHING,
    SESSION_ID,
    STOP,
    TERMINATE,
    TERMINATION,
    Run,
    audio_chunk,
    messages,
    only,
    turn,
    types,
)

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
    assert CloseUpstream() in run.wait(0.2)
    for _attempt in range(6):  # another one is asked for the rest
        run.tell("upstream_closed", 1006)
        run.wait(9)
    run.tell("upstream_refused", "nobody is there")
    for _attempt in range(6):
        run.wait(9)
        run.tell("upstream_refused", "nobody is there")
    assert only(run.actions, CloseClient).code == 4490
