"""An AssemblyAI that goes wrong on order behind Gladia's API, over real sockets: no word and no byte is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shim.bridges import assemblyai_upstream as upstream_module
from shim.emulator.emulation import Emulation, SessionRecord
from shim.emulator.faults import read_fault
from shim.emulator.speech import default_speech
from shim.emulator.transcript import default_transcript
from tests.compatibility.marks import covers, difference
from tests.cutting_proxy import cutting
from tests.emulated_services import connect, emulation, serve, until, until_close, wait_for
from tests.gateways import SENTENCES, SPEECH, SPEED, STOP, Gateway, finals, gateway, pieces
from tests.test_gateway_resume import CarefulClient

ASKED = json.dumps(
    {"language_config": {"languages": ["en"]}, "messages_config": {"receive_partial_transcripts": True}}
).encode()
WORDS = [word for utterance in default_transcript().utterances for word in utterance.words]


@contextmanager
def over(*faults: str, **settings: Any) -> Iterator[tuple[Gateway, Emulation]]:
    """A gateway over an AssemblyAI that knows the speech, keeps what it hears, and goes wrong as ordered."""
    service = emulation(default_transcript(), speed=SPEED)
    service.speech, service.keeps_audio = default_speech(), True
    service.faults += map(read_fault, faults)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock, **settings) as served:
        yield served, service


def spoken(served: Gateway, audio: bytes = SPEECH) -> tuple[list[Any], int, str]:
    """All that a client hears that says the speech at once and stops; code and reason of the close."""
    client = connect(served.session(ASKED))
    for frame in pieces(audio, 6400):
        client.send(frame)
    client.send(STOP)
    return until_close(client)


def whole_and_in_time(messages: list[Any]) -> None:
    """Every word was heard once, at its time; ids and times run on; a partial has the id of its final."""
    assert finals(messages) == SENTENCES
    texts = [message["data"] for message in messages if message["type"] == "transcript"]
    ids = [text["id"] for text in texts if text["is_final"]]
    assert ids == ["00_00000000", "00_00000001", "00_00000002"]
    assert [text["id"] for text in texts] == sorted(text["id"] for text in texts)
    heard = [word for text in texts if text["is_final"] for word in text["utterance"]["words"]]
    assert [word["word"].strip() for word in heard] == [word.text for word in WORDS]
    for word, said in zip(heard, WORDS, strict=True):
        assert (word["start"], word["end"]) == pytest.approx((said.start, said.end), abs=0.002)
    whole = next(message["data"] for message in messages if message["type"] == "post_transcript")
    assert whole["full_transcript"] == " ".join(SENTENCES)


def goes_on_after(record: SessionRecord, seconds: float) -> None:
    """What this session upstream heard is the speech from there on, without a gap."""
    first = round(seconds * 16_000) * 2
    expected = SPEECH[first:]
    assert record.audio[: len(expected)] == expected[: len(record.audio)]


# --- an upstream that goes, and one that comes late -------------------------------------------------


@covers("assemblyai.service.1006")
def test_cut_in_mid_word() -> None:
    with over("drop-after=4500:1") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)
        first, second = service.sessions
        goes_on_after(first, 0.0)
        goes_on_after(second, WORDS[4].end)  # from the last final's last word
        assert len(second.audio) >= len(SPEECH) - round(WORDS[4].end * 32_000)
        served.wait_until_nothing_is_open()


def test_cut_before_any_final() -> None:
    with over("drop-after=1500:1") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)
        goes_on_after(service.sessions[1], 0.0)


def test_cut_twice() -> None:
    with over("drop-after=4500:2") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)
        _first, second, third = service.sessions
        goes_on_after(second, WORDS[4].end)
        goes_on_after(third, WORDS[11].end)


def test_slow() -> None:
    with over("slow=3000") as (served, _service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)


def test_slow_and_cut() -> None:
    with over("slow=1000", "drop-after=4500:1") as (served, _service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)


def test_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays open and says nothing more: the stop is waited for, and then what was not heard is heard again."""
    monkeypatch.setattr(upstream_module, "TERMINATION_WITHIN", 0.2)
    with over("silent-after=4500:1") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 1000
        whole_and_in_time(messages)
        goes_on_after(service.sessions[1], WORDS[4].end)
        wait_for(lambda: service.open_sockets == 0)


def test_it_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_module, "TERMINATION_WITHIN", 0.2)
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", (0.0, 0.0))
    with over("no-end") as (served, service):
        messages, code, _reason = spoken(served)
        assert code == 4490
        assert finals(messages) == SENTENCES
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)


def test_the_client_is_cut_too() -> None:
    with over("drop-after=4500:1") as (served, service), cutting(served.url) as proxy:
        client = CarefulClient(served, proxy)
        client.send(SPEECH[:96_000])
        client.read_until_acknowledged(96_000)
        client.send(SPEECH[96_000:112_000])
        proxy.cut()
        client.come_back()
        client.send(SPEECH[112_000:])
        assert client.end() == 1000
        texts = [message["data"] for message in client.messages if message["type"] == "transcript"]
        by_id = {text["id"]: text["utterance"]["text"].strip() for text in texts if text["is_final"]}
        assert list(by_id.values()) == SENTENCES
        assert list(by_id) == ["00_00000000", "00_00000001", "00_00000002"]
        goes_on_after(service.sessions[0], 0.0)
        goes_on_after(service.sessions[1], WORDS[4].end)


@covers("gladia.parameter.channels")
def test_one_of_two_channels_is_cut() -> None:
    stereo = bytearray(2 * len(SPEECH))
    for byte in range(2):
        stereo[byte::4] = stereo[byte + 2 :: 4] = SPEECH[byte::2]
    with over("drop-after=4500:1") as (served, service):
        client = connect(served.session(json.dumps({"channels": 2}).encode()))
        for frame in pieces(bytes(stereo), 12_800):
            client.send(frame)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        assert len(service.sessions) == 3
        texts = [message["data"] for message in messages if message["type"] == "transcript"]
        for channel in range(2):
            heard = [text for text in texts if text["utterance"]["channel"] == channel]
            assert [text["utterance"]["text"].strip() for text in heard] == SENTENCES
            assert [text["id"] for text in heard] == [f"{channel:02}_{number:08}" for number in range(3)]
        goes_on_after(service.sessions[2], WORDS[4].end)


# --- an upstream that refuses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        ("1008", 401),
        ("3005", 503),
        ("3006", 400),
        ("3007", 400),
        ("3008", 400),
        ("3009", 429),
        ("1011", 503),
        ("1013", 503),
        ("4000", 503),
        ("401", 401),
        ("403", 401),
        ("429", 429),
        ("500", 503),
        ("503", 503),
    ],
)
@covers(
    "assemblyai.service.Error",
    "assemblyai.service.1008",
    "assemblyai.service.1011",
    "assemblyai.service.3005",
    "assemblyai.service.3006",
    "assemblyai.service.3007",
    "assemblyai.service.3008",
    "assemblyai.service.3009",
    "assemblyai.service.HTTP 401",
    "assemblyai.service.HTTP 403",
    "assemblyai.service.HTTP 429",
    "assemblyai.service.HTTP 5xx",
    "gladia.status.400",
    "gladia.status.401",
    "gladia.status.429",
    "gladia.status.503",
    "gladia.status.402",
    "gladia.status.403 at the POST",
    "gladia.limit.sessions at a time",
)
@difference("D12")
def test_refused_at_the_handshake(refused: str, status: int) -> None:
    with over(f"refuse={refused}") as (served, service):
        answered, _headers, body = served.post(ASKED)
        assert (answered, body["statusCode"]) == (status, status)
        assert service.sessions == []
        served.wait_until_nothing_is_open()


@pytest.mark.parametrize("refused", ["503", "3005", "3009"])
def test_cut_and_refused_for_a_while(refused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", (0.0, 0.01, 0.01, 0.01))
    with over("drop-after=4500:1") as (served, service):
        client = connect(served.session(ASKED))
        service.faults.append(read_fault(f"refuse={refused}:2"))
        for frame in pieces(SPEECH, 6400):
            client.send(frame)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        whole_and_in_time(messages)
        assert sum(service.refused.values()) == 2


@pytest.mark.parametrize(("refused", "close"), [("401", 4401), ("1008", 4401), ("3006", 4400)])
def test_cut_and_refused_for_good(refused: str, close: int) -> None:
    with over("drop-after=4500:1") as (served, service):
        client = connect(served.session(ASKED))
        service.faults.append(read_fault(f"refuse={refused}"))
        for frame in pieces(SPEECH, 6400):
            client.send(frame)
        messages, code, _reason = until_close(client)
        assert (code, finals(messages)) == (close, SENTENCES[:1])
        assert service.refused == {refused: 1}
        served.wait_until_nothing_is_open()


# --- every code with which it can close -------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1007, 1009, 1011, 1012, 1013, 3005, 3009, 4000, 4999])
@covers("assemblyai.service.1012, 1013, 4000")
def test_a_close_that_is_no_fault_of_the_client_is_survived(code: int) -> None:
    with over(f"close-after=4500:{code}:1") as (served, service):
        messages, close, _reason = spoken(served)
        assert close == 1000
        whole_and_in_time(messages)
        wait_for(lambda: [record.close_code for record in service.sessions] == [code, 1000])
        goes_on_after(service.sessions[1], WORDS[4].end)


@pytest.mark.parametrize(("code", "close"), [(1008, 4401), (3006, 4400), (3007, 4400), (3008, 4410)])
@covers("assemblyai.service.1008", "assemblyai.service.3006", "assemblyai.service.3007", "assemblyai.service.3008")
def test_a_close_for_good_is_told(code: int, close: int) -> None:
    with over(f"close-after=4500:{code}") as (served, service):
        messages, told, reason = spoken(served)
        assert (told, finals(messages)) == (close, SENTENCES[:1])
        assert f"close-after=4500:{code}" in reason
        assert len(service.sessions) == 1
        served.wait_until_nothing_is_open()


# --- every code with which the client can close -----------------------------------------------------


@pytest.mark.parametrize("code", [1002, 1011, 3000, 4000, 4400, 4999])
@covers("gladia.client.the same address again")
def test_a_client_that_closes_with_another_code_may_come_back(code: int) -> None:
    with over() as (served, service):
        url = served.session(ASKED)
        client = connect(url)
        client.send(SPEECH[:96_000])
        until(client, lambda message: message["type"] == "audio_chunk")
        client.close(code)
        client = connect(url)
        client.send(SPEECH[96_000:])
        client.send(STOP)
        messages, end, _reason = until_close(client)
        assert end == 1000
        whole = next(message["data"] for message in messages if message["type"] == "post_transcript")
        assert whole["full_transcript"] == " ".join(SENTENCES)
        [session] = service.sessions
        assert session.audio == SPEECH


@pytest.mark.parametrize("code", [1000, 1001])
def test_a_client_that_closes_for_good_has_ended(code: int) -> None:
    with over() as (served, service):
        url = served.session(ASKED)
        client = connect(url)
        client.send(SPEECH[:32_000])
        client.close(code)
        wait_for(lambda: service.sessions[0].is_finished)
        assert until_close(connect(url))[1] == 4403
