"""Gladia's real SDK over AssemblyAI: programs as their users write them, through `shim.install` and the drop-in."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from assemblyai.streaming.v3 import TurnEvent
from gladiaio_sdk import LiveV2Utterance, LiveV2Word

from shim.emulator.transcript import default_transcript
from tests.emulated_services import emulation, serve
from tests.gateways import SENTENCES, SPEECH
from tests.sdk_programs.watched import wrongly_typed
from tests.sdk_runs import SPEED, WAYS, Run, finished, run, started, until, wait_until_nothing_is_open

PROGRAMS = ("gladia_threads", "gladia_asyncio")


def messages(run: Run) -> list[Any]:
    return [line["said"] for line in run.events("message")]


def check_whole_session(run: Run) -> None:
    """Everything that Gladia's reference says of one session (3.6, 5.2)."""
    run.check_nothing_went_wrong()
    around = [line["event"] for line in run.events() if line["event"] != "message"]
    assert around == ["started", "connecting", "connected", "ending", "ended", "done"]
    ended = run.events("ended")[0]["said"]
    assert ended["code"] == 1000
    told = messages(run)
    kinds = [message["type"] for message in told if message["type"] != "audio_chunk"]
    assert kinds[:2] == ["start_session", "start_recording"]
    assert kinds[-4:] == ["end_recording", "post_transcript", "post_final_transcript", "end_session"]
    assert kinds.count("stop_recording") == 1
    assert kinds.index("stop_recording") < kinds.index("end_recording")
    assert kinds.count("speech_start") == kinds.count("speech_end") == len(SENTENCES)
    assert {message["session_id"] for message in told} == {run.events("started")[0]["said"]["id"]}
    transcripts = [message["data"] for message in told if message["type"] == "transcript"]
    finals = [data["utterance"] for data in transcripts if data["is_final"]]
    assert [utterance["text"] for utterance in finals] == [f" {sentence}" for sentence in SENTENCES]
    by_id: dict[str, list[bool]] = {}
    for data in transcripts:
        by_id.setdefault(data["id"], []).append(data["is_final"])
    assert list(by_id) == ["00_00000000", "00_00000001", "00_00000002"]
    assert all(finality[-1] and not any(finality[:-1]) for finality in by_id.values())
    acknowledged = [message["data"]["byte_range"] for message in told if message["type"] == "audio_chunk"]
    assert [first for first, _ in acknowledged] == [0, *(end for _, end in acknowledged[:-1])]
    assert acknowledged[-1][1] == len(SPEECH)
    assert told[-2]["data"]["transcription"]["full_transcript"].split() == " ".join(SENTENCES).split()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_whole_session(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("assemblyai", service) as upstream:
        check_whole_session(run(tmp_path, program, way, upstream))
        wait_until_nothing_is_open(service)
    assert service.sessions_so_far == 1
    assert service.sessions[0].audio_bytes == len(SPEECH)
    assert service.sessions[0].close_code == 1000


def check_refused(run: Run, status: int, said: str, logged: str = "") -> None:
    """The SDK's own error, then its end; no socket was opened, and the program goes on to its own end."""
    assert (run.status, run.wrongly_typed) == (0, [])
    run.check_logged(logged)
    errors = run.events("error")
    assert errors[0]["class"] == "HttpError"
    assert errors[0]["said"]["status"] == status
    assert said in errors[0]["said"]["text"]
    assert [line["said"]["code"] for line in run.events("ended")] == [1006]
    assert run.events("connecting", "message") == []
    assert len(run.events("done")) == 1
    # The SDK raises the error once more, in a thread or task of its own, whoever was told of it.
    assert [line["class"] for line in run.events("unhandled")] == ["HttpError"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_key(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("assemblyai", service) as upstream:
        refused = run(tmp_path, program, way, upstream, key="the-wrong-key", scenario="lost")
        check_refused(refused, 401, "Invalid API key", "failed: Error 1008 Unauthorized Connection: Invalid API key")
        assert not any("the-wrong-key" in str(line) for line in refused.lines)
        wait_until_nothing_is_open(service)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_parameter_that_cannot_be_served(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("assemblyai", service) as upstream:
        check_refused(run(tmp_path, program, way, upstream, scenario="refused"), 400, "translation")
    assert service.sessions_so_far == 0


def is_final(line: dict[str, Any]) -> bool:
    """Whether the program was told a final."""
    said = line["said"]
    return bool(line["event"] == "message" and said["type"] == "transcript" and said["data"]["is_final"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_an_upstream_that_goes_in_mid_session(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with ExitStack() as running:
        upstream = running.enter_context(serve("assemblyai", service))
        with started(tmp_path, program, way, upstream, scenario="lost", patience=(0.0,)) as process:
            lines = until(process, is_final)
            running.close()
            lost = finished(process, lines)
    first, last = lost.stderr.splitlines()
    assert first.endswith("lost: it closed with 1001") and "failed: it cannot be reached" in last
    lost.check_nothing_went_wrong(logged=None)
    ended = [line["said"]["code"] for line in lost.events("ended")]
    assert len(ended) == 1 and 4400 <= ended[0] <= 4499, "a code on which the SDK does not come back"
    assert len(lost.events("connecting")) == 1
    wait_until_nothing_is_open(service)
    assert service.sessions_so_far == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_client_that_ends_its_session_without_waiting(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("assemblyai", service) as upstream:
        ended = run(tmp_path, program, way, upstream, scenario="end")
        ended.check_nothing_went_wrong()
        assert [line["said"]["code"] for line in ended.events("ended")] == [1000]
        wait_until_nothing_is_open(service)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_exits_in_mid_session(tmp_path: Path, program: str, way: str) -> None:
    """What is open is ended at the program's exit, not only dropped: it would go on being billed."""
    service = emulation(default_transcript(), speed=SPEED)
    with serve("assemblyai", service) as upstream:
        left = run(tmp_path, program, way, upstream, scenario="leave")
        assert (left.status, left.stderr, left.events("unhandled")) == (0, "", [])
        wait_until_nothing_is_open(service)
    assert service.sessions[0].received["Terminate"] == 1
    assert service.sessions[0].close_code == 1000


@pytest.mark.parametrize("way", WAYS)
def test_a_program_that_is_killed_in_mid_session(tmp_path: Path, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("assemblyai", service) as upstream:
        with started(tmp_path, PROGRAMS[0], way, upstream, scenario="lost") as process:
            until(process, is_final)
            process.kill()
        wait_until_nothing_is_open(service)


def test_the_check_of_types_sees_what_it_is_to_see() -> None:
    good = LiveV2Word(word="a", start=1, end=1.5, confidence=0.9)
    bad = LiveV2Word(word="a", start="1", end=1.5, confidence=None)  # type: ignore[arg-type]
    utterance = {"text": "a", "start": 1.0, "end": 1.5, "language": "en", "confidence": 0.9, "channel": 0}
    assert wrongly_typed(good, LiveV2Word, "word") == []
    assert len(wrongly_typed(bad, LiveV2Word, "word")) == 2
    assert wrongly_typed(LiveV2Utterance(**utterance, words=[good]), LiveV2Utterance, "u") == []
    for broken in ({"words": [bad]}, {"channel": 0.5, "words": []}, {"language": "xx", "words": []}):
        assert wrongly_typed(LiveV2Utterance(**{**utterance, **broken}), LiveV2Utterance, "u"), broken
    turn = TurnEvent.model_construct(
        type="Turn", turn_order=0.5, turn_is_formatted=True, end_of_turn=True, transcript="", words=[]
    )
    turn.end_of_turn_confidence = 1
    assert len(wrongly_typed(turn, TurnEvent, "turn")) == 1
