"""AssemblyAI's real SDK over Gladia: programs as their users write them, through `shim.install` and the drop-in."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shim.emulator.transcript import default_transcript
from tests.emulated_services import emulation, serve
from tests.gateways import SENTENCES, SPEECH
from tests.sdk_runs import SPEED, WAYS, Run, finished, run, started, until, wait_until_nothing_is_open

PROGRAMS = ("assemblyai_threads", "assemblyai_asyncio")


def check_order(run: Run, *, until_the_end: bool) -> list[dict[str, Any]]:
    """The events are in the order of AssemblyAI's reference (4.3); gives the finals."""
    told = [line for line in run.lines if line["event"] not in ("connected", "done", "Error")]
    assert told[0]["event"] == "Begin"
    if until_the_end:
        assert told[-1]["event"] == "Termination"
    finals: list[dict[str, Any]] = []
    speaking = False
    for line in told[1 : -1 if until_the_end else None]:
        assert line["event"] in ("SpeechStarted", "Turn")
        if line["event"] == "SpeechStarted":
            assert not speaking, "once a turn"
            speaking = True
            continue
        turn = line["said"]
        assert speaking, "before the first Turn of each turn"
        assert turn["turn_order"] == len(finals)
        assert turn["end_of_turn"] == turn["turn_is_formatted"] == (turn["end_of_turn_confidence"] == 1.0)
        assert turn["transcript"] == " ".join(word["text"] for word in turn["words"])
        assert all(word["word_is_final"] == turn["end_of_turn"] for word in turn["words"])
        if turn["end_of_turn"]:
            finals.append(turn)
            speaking = False
    return finals


def check_whole_session(run: Run) -> None:
    run.check_nothing_went_wrong()
    finals = check_order(run, until_the_end=True)
    assert [turn["transcript"] for turn in finals] == SENTENCES
    partials = [line for line in run.events("Turn") if not line["said"]["end_of_turn"]]
    assert len(partials) >= len(SENTENCES), "they are on by default"
    begin = run.events("Begin")[0]["said"]
    expires = datetime.fromisoformat(begin["expires_at"])
    assert expires - datetime.now(UTC) > timedelta(hours=2.9)
    assert begin["configuration"]["model"] == "universal-3-6-pro"
    assert run.events("Termination")[0]["said"]["audio_duration_seconds"] == 8
    assert run.events("Error", "Warning") == []
    assert run.lines[-1]["event"] == "done"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_whole_session(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as upstream:
        check_whole_session(run(tmp_path, program, way, upstream))
        wait_until_nothing_is_open(service)
    assert service.sessions_so_far == 1
    assert service.sessions[0].received["stop_recording"] == 1
    assert service.sessions[0].close_code == 1000
    assert 0 <= service.sessions[0].audio_bytes - len(SPEECH) <= 3200


def check_error(run: Run, code: int, said: str) -> None:
    """One `Error` event, and the program goes on to its own end. The SDK logs the error too."""
    assert (run.status, run.events("unhandled"), run.wrongly_typed) == (0, [], [])
    errors = run.events("Error")
    assert len(errors) == 1
    assert errors[0]["class"] == "RealTimeError"
    assert errors[0]["said"]["code"] == code
    assert said in errors[0]["said"]["text"]
    assert run.events("Termination") == []
    assert run.lines[-1]["event"] == "done"
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_key(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as upstream:
        refused = run(tmp_path, program, way, upstream, key="the-wrong-key", scenario="lost")
        check_error(refused, 1008, "Unauthorized Connection: Invalid API key")
        assert refused.events("Begin") == []
        assert "the-wrong-key" not in refused.stderr + str(refused.lines)
    assert service.sessions_so_far == 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_parameter_that_cannot_be_served(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as upstream:
        refused = run(tmp_path, program, way, upstream, scenario="refused")
        check_error(refused, 3006, "User Input Validation Error: Invalid 'redact_pii'")
        assert refused.events("Begin") == []
    assert service.sessions_so_far == 0


def is_final(line: dict[str, Any]) -> bool:
    """Whether the program was told a final."""
    return bool(line["event"] == "Turn" and line["said"]["end_of_turn"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_an_upstream_that_goes_in_mid_session(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with ExitStack() as running:
        upstream = running.enter_context(serve("gladia", service))
        with started(tmp_path, program, way, upstream, scenario="lost") as process:
            lines = until(process, is_final)
            running.close()
            lost = finished(process, lines)
    check_error(lost, 3005, "Session Cancelled: An error occurred")
    check_order(lost, until_the_end=False)
    assert service.sessions_so_far == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_client_that_disconnects_without_terminating(tmp_path: Path, program: str, way: str) -> None:
    """Gladia is told to stop all the same: an open session counts against the plan."""
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as upstream:
        ended = run(tmp_path, program, way, upstream, scenario="end")
        ended.check_nothing_went_wrong()
        check_order(ended, until_the_end=False)
        assert ended.events("Termination") == []
        wait_until_nothing_is_open(service)
    assert service.sessions[0].received["stop_recording"] == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_program_that_exits_in_mid_session(tmp_path: Path, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as upstream:
        left = run(tmp_path, "assemblyai_asyncio", way, upstream, scenario="leave")
        left.check_nothing_went_wrong()
        wait_until_nothing_is_open(service)
    assert service.sessions[0].received["stop_recording"] == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_program_that_is_killed_in_mid_session(tmp_path: Path, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as upstream:
        with started(tmp_path, PROGRAMS[0], way, upstream, scenario="lost") as process:
            until(process, is_final)
            process.kill()
        wait_until_nothing_is_open(service)
