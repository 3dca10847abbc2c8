"""AssemblyAI's real SDK over Gladia: programs as their users write them, through `shim.install` and the drop-in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from assemblyai.streaming.v3 import (
    AsyncRealTimeTranscriber,
    RealTimeEvents,
    RealTimeParameters,
    RealTimeTranscriber,
    RealTimeTranscriberOptions,
    WarningEvent,
)

import shim
from shim.emulator.emulation import Emulation
from shim.emulator.transcript import default_transcript
from tests.emulated_services import KEY, emulation, serve
from tests.gateways import SENTENCES, SPEECH
from tests.sdk_runs import SPEED, WAYS, Run, finished, run, started, until, wait_until_nothing_is_open

PROGRAMS = ("assemblyai_threads", "assemblyai_asyncio")


def check_order(run: Run, *, until_the_end: bool) -> list[dict[str, Any]]:
    """The events are in the order of AssemblyAI's reference (4.3); gives the finals."""
    told = [line for line in run.lines if line["event"] not in ("connected", "forced", "done", "Error")]
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


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_turn_that_the_client_ends(tmp_path: Path, program: str, way: str) -> None:
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as upstream:
        forced = run(tmp_path, program, way, upstream, scenario="force")
        forced.check_nothing_went_wrong()
        finals = check_order(forced, until_the_end=True)
        wait_until_nothing_is_open(service)
    heard = " ".join(turn["transcript"] for turn in finals)
    assert heard and SENTENCES[0].startswith(heard), "nothing twice, nothing made up"
    assert forced.lines.index(forced.events("forced")[0]) < forced.lines.index(forced.events("Termination")[0])


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
        with started(tmp_path, program, way, upstream, scenario="lost", patience=(0.0,)) as process:
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


# --- In this process, by `shim.install`: the SDK imported before it --------------------------------


class Heard:
    """Connects a client; remembers what it was told."""

    def __init__(self, options: RealTimeTranscriberOptions, **parameters: Any) -> None:
        self.told: list[Any] = []
        begun = threading.Event()
        self.client = RealTimeTranscriber(options)
        for event in (RealTimeEvents.Begin, RealTimeEvents.Error, RealTimeEvents.Warning, RealTimeEvents.Termination):
            self.client.on(event, lambda _client, payload: (self.told.append(payload), begun.set()))
        self.client.connect(RealTimeParameters(sample_rate=16000, **parameters))
        assert begun.wait(20)
        self.client.disconnect(terminate=True)

    @property
    def kinds(self) -> list[str]:
        return [type(payload).__name__ for payload in self.told]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulation]:
    monkeypatch.setenv("GLADIA_API_KEY", KEY)
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as upstream, shim.install("assemblyai", "gladia", f"ws://{upstream}", SPEED):
        yield service
        wait_until_nothing_is_open(service)


def options(**given: Any) -> RealTimeTranscriberOptions:
    return RealTimeTranscriberOptions(**{"api_key": "the program's own", "connect_timeout": 10.0, **given})


@pytest.mark.parametrize("host", ["streaming.assemblyai.com", "streaming.eu.assemblyai.com"])
def test_a_temporary_token_opens_a_session(installed: Emulation, host: str) -> None:
    token = RealTimeTranscriber(options(api_host=host)).create_temporary_token(60)
    heard = Heard(options(api_key=None, token=token, api_host=host))
    assert heard.kinds == ["BeginEvent", "TerminationEvent"]
    assert installed.sessions_so_far == 1


def test_a_temporary_token_of_the_async_client(installed: Emulation) -> None:
    async def ask() -> str:
        async with AsyncRealTimeTranscriber(options()) as client:
            return await client.create_temporary_token(60)

    assert Heard(options(api_key=None, token=asyncio.run(ask()))).kinds == ["BeginEvent", "TerminationEvent"]


def test_a_token_for_too_long_is_the_sdks_error(installed: Emulation) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        RealTimeTranscriber(options()).create_temporary_token(601)
    assert refused.value.response.status_code == 422


def test_what_gladia_lacks_is_one_warning_of_the_sdk(installed: Emulation) -> None:
    heard = Heard(options(), speaker_labels=True, max_speakers=2)
    assert sorted(heard.kinds) == ["BeginEvent", "TerminationEvent", "WarningEvent"]
    (warning,) = [payload for payload in heard.told if isinstance(payload, WarningEvent)]
    assert "speaker_labels" in warning.warning
