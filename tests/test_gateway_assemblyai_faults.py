"""Upstreams that misbehave in mid-session, over real sockets: a Gladia that goes wrong on order, behind AssemblyAI's
API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from shim.bridges import assemblyai_over_gladia as bridge_module
from shim.bridges import gladia_upstream as upstream_module
from shim.emulator.emulation import Emulation
from shim.emulator.faults import read_fault
from shim.emulator.transcript import default_transcript
from tests.assemblyai_gateways import SPEED, TERMINATE, Gateway, finals, gateway
from tests.compatibility.marks import covers
from tests.emulated_assemblyai import refused
from tests.emulated_services import emulation, serve, silence, until_close, wait_for
from tests.gateways import SENTENCES, SPEECH

WORDS = [word for utterance in default_transcript().utterances for word in utterance.words]
FAULT = (3005, "Session Cancelled: An error occurred")


@contextmanager
def over(*faults: str) -> Iterator[tuple[Gateway, Emulation]]:
    """A gateway over a Gladia that keeps what it hears and goes wrong as ordered."""
    service = emulation(default_transcript(), speed=SPEED)
    service.keeps_audio = True
    service.faults += map(read_fault, faults)
    with serve("gladia", service) as host, gateway(f"ws://{host}", service.clock) as served:
        yield served, service
        served.wait_until_nothing_is_open()


def begun(served: Gateway) -> ClientConnection:
    """A session whose turns end at the pauses of the speech, after its `Begin`."""
    return served.begin(sample_rate=16000, speech_model="u3-rt-pro", max_turn_silence=400)


def spoken(served: Gateway) -> tuple[list[Any], int, str]:
    """All that a client hears that says the speech and ends; code and reason of the close."""
    client = begun(served)
    with suppress(ConnectionClosed):
        served.speak(client.send)
        client.send(TERMINATE)
    return until_close(client)


def whole_and_in_time(messages: list[Any]) -> None:
    """Every word was heard once, at its time, in turns that are numbered without a gap."""
    assert finals(messages) == SENTENCES
    turns = [message for message in messages if message["type"] == "Turn"]
    assert [turn["turn_order"] for turn in turns if turn["end_of_turn"]] == [0, 1, 2]
    assert [turn["turn_order"] for turn in turns] == sorted(turn["turn_order"] for turn in turns)
    heard = [word for turn in turns if turn["end_of_turn"] for word in turn["words"]]
    assert [word["text"] for word in heard] == [word.text for word in WORDS]
    for word, said in zip(heard, WORDS, strict=True):
        assert (word["start"], word["end"]) == pytest.approx((said.start * 1000, said.end * 1000), abs=2)
    assert [message["type"] for message in messages[-1:]] == ["Termination"]


def heard_once(service: Emulation, sockets: int) -> None:
    """One session of Gladia's has heard the speech, each byte once, over so many sockets."""
    [session] = service.sessions
    assert session.audio == SPEECH
    assert session.sockets == sockets


# --- an upstream that goes, and one that comes late -------------------------------------------------


@pytest.mark.parametrize("cuts", [1, 2])
@covers("gladia.service.1006")
def test_cut_in_mid_word(cuts: int) -> None:
    with over(f"drop-after=2500:{cuts}") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)
        heard_once(service, cuts + 1)


def test_slow() -> None:
    with over("slow=1000") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)
        heard_once(service, 1)


def test_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays open and says nothing more, not even to the stop."""
    monkeypatch.setattr(bridge_module, "END_WITHIN", 0.3)
    with over("silent-after=2700") as (served, _service):
        client = begun(served)
        served.speak(client.send)
        client.send(TERMINATE)
        messages, code, _reason = until_close(client)
        assert (code, finals(messages)) == (3005, SENTENCES[:1])
        assert messages[-1]["error"] == FAULT[1]


def test_it_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "END_WITHIN", 0.3)
    with over("no-end") as (served, _service):
        messages, code, _reason = spoken(served)
        assert (code, finals(messages)) == (3005, SENTENCES)


# --- an upstream that refuses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refuse", "code"),
    [
        ("400", 3006),
        ("401", 1008),
        ("402", 1008),
        ("403", 1008),
        ("404", 3006),
        ("422", 3006),
        ("429", 3009),
        ("500", 3005),
        ("503", 3005),
    ],
)
def test_the_post_is_refused(refuse: str, code: int) -> None:
    with over(f"refuse={refuse}") as (served, service):
        assert refused(served.dial())[0] == code
        assert service.sessions == []


@covers("gladia.service.HTTP 5xx")
def test_a_fault_of_gladias_own_passes() -> None:
    with over("refuse=503:1") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)
        assert service.refused == {"503": 1}


@covers("gladia.service.the upgrade refused")
def test_the_upgrade_is_refused_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", (0.0, 0.01, 0.01))
    with over("refuse-upgrade=503:2") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)
        heard_once(service, 1)


def test_cut_and_refused_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", (0.0, 0.01, 0.01))
    with over("drop-after=2500:1") as (served, service):
        client = begun(served)
        wait_for(lambda: service.open_sockets == 1)
        service.faults.append(read_fault("refuse-upgrade=503:2"))
        served.speak(client.send)
        client.send(TERMINATE)
        messages, code, _reason = until_close(client)
        assert code == 1000
        whole_and_in_time(messages)
        heard_once(service, 2)


@pytest.mark.parametrize("status", [403, 404])
@covers("gladia.service.the upgrade refused", "assemblyai.close.3005")
def test_the_upgrade_is_refused_for_good(status: int) -> None:
    with over(f"refuse-upgrade={status}") as (served, service):
        assert refused(begun(served)) == FAULT
        assert service.refused == {str(status): 1}


def test_cut_and_refused_for_good() -> None:
    with over("drop-after=2700:1") as (served, service):
        client = begun(served)
        wait_for(lambda: service.open_sockets == 1)
        service.faults.append(read_fault("refuse-upgrade=403"))
        with suppress(ConnectionClosed):
            served.speak(client.send)
        messages, code, _reason = until_close(client)
        assert (code, finals(messages)) == (3005, SENTENCES[:1])


# --- every code with which it can close -------------------------------------------------------------


@pytest.mark.parametrize("code", [1002, 1009, 1011, 1012, 3000, 4000, 4399, 4500, 4504, 4999])
@covers("gladia.service.1009", "gladia.service.1011", "gladia.service.4500", "gladia.service.4504")
def test_a_close_after_which_gladia_wants_to_be_called_again(code: int) -> None:
    with over(f"close-after=2500:{code}:1") as (served, service):
        messages, close, _reason = spoken(served)
        assert close == 1000
        whole_and_in_time(messages)
        heard_once(service, 2)


# After 1001 the shim calls again, and hears that the session is over: Gladia's own clients do not come back after it.
@pytest.mark.parametrize(
    ("code", "told"), [(1000, 3005), (1001, 3005), (4400, 3005), (4403, 3005), (4408, 3005), (4410, 3008)]
)
@covers(
    "gladia.service.1000 before the stop",
    "gladia.service.1001",
    "gladia.service.4400",
    "gladia.service.4403",
    "gladia.service.4408",
    "gladia.service.4410",
)
def test_a_close_for_good(code: int, told: int) -> None:
    with over(f"close-after=2700:{code}") as (served, service):
        messages, close, _reason = spoken(served)
        assert (close, finals(messages)) == (told, SENTENCES[:1])
        assert service.sessions[0].is_finished
        assert service.sessions[0].sockets == 1


# --- clients that misbehave -------------------------------------------------------------------------


@covers("assemblyai.close.3007 for the pace")
def test_a_client_at_a_hundred_times_real_time() -> None:
    with over() as (served, service):
        client = begun(served)
        with suppress(ConnectionClosed):
            for _second in range(100):
                client.send(silence(1.0))
        assert refused(client)[0] == 3007
        wait_for(lambda: service.unfinished_sessions == 0)


@pytest.mark.parametrize("size", [1, 1598, 32_002])
@covers("assemblyai.close.3007 for a length", "assemblyai.limit.messages of 50 to 1000 ms")
def test_frames_of_a_size_that_the_service_does_not_take(size: int) -> None:
    with over() as (served, service):
        client = begun(served)
        client.send(bytes(size))
        assert refused(client)[0] == 3007
        wait_for(lambda: service.unfinished_sessions == 0)


@pytest.mark.parametrize("size", [2**19, 2**21])
@covers("assemblyai.close.1009", "assemblyai.limit.frames of 128 KB")
def test_frames_that_are_too_large(size: int) -> None:
    with over() as (served, service):
        client = begun(served)
        client.send(bytes(size))
        assert until_close(client)[1] == 1009
        wait_for(lambda: service.unfinished_sessions == 0)
