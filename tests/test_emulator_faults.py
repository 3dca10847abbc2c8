"""Emulators that misbehave on order, over real sockets: each fault with both of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from shim.emulator.emulation import Emulation
from shim.emulator.faults import Fault, FaultKind, read_fault
from shim.errors import BridgeError
from tests.emulated_assemblyai import FORCE, TERMINATE, begin, dial, refused
from tests.emulated_services import KEY, connect, emulation, http, serve, silence, until, until_close, wait_for

STOP = '{"type":"stop_recording"}'
SPEED = 40.0


@contextmanager
def assemblyai(*faults: str) -> Iterator[tuple[str, Emulation]]:
    played = emulation(speed=SPEED)
    played.faults += map(read_fault, faults)
    with serve("assemblyai", played) as where:
        yield where, played


@contextmanager
def gladia(*faults: str) -> Iterator[tuple[str, Emulation]]:
    played = emulation(speed=SPEED)
    played.faults += map(read_fault, faults)
    with serve("gladia", played) as where:
        yield where, played


def post(where: str) -> tuple[int, Any]:
    headers = {"content-type": "application/json", "x-gladia-key": KEY}
    body = b'{"messages_config":{"receive_lifecycle_events":true}}'
    status, _headers, answer = http("POST", f"http://{where}/v2/live", body, headers)
    return status, answer


def session(where: str) -> str:
    status, answer = post(where)
    assert status == 201, answer
    url: str = answer["url"]
    return url


def drops(socket: ClientConnection) -> list[Any]:
    """What still comes on a socket that ends without a close frame."""
    messages = []
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            messages.append(json.loads(socket.recv(timeout=20)))
    assert closed.value.rcvd is None
    return messages


class TestText:
    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("drop-after=1500", Fault(FaultKind.DROP_AFTER, 1500)),
            ("drop-after=0:2", Fault(FaultKind.DROP_AFTER, 0, count=2)),
            ("close-after=900:4504", Fault(FaultKind.CLOSE_AFTER, 900, 4504)),
            ("close-after=900:3005:1", Fault(FaultKind.CLOSE_AFTER, 900, 3005, 1)),
            ("silent-after=10", Fault(FaultKind.SILENT_AFTER, 10)),
            ("refuse=429", Fault(FaultKind.REFUSE, code=429)),
            ("refuse=3009:2", Fault(FaultKind.REFUSE, code=3009, count=2)),
            ("refuse-upgrade=503:1", Fault(FaultKind.REFUSE_UPGRADE, code=503, count=1)),
            ("slow=250", Fault(FaultKind.SLOW, 250)),
            ("no-begin", Fault(FaultKind.NO_BEGIN)),
            ("no-end", Fault(FaultKind.NO_END)),
        ],
    )
    def test_it_is_read_and_written(self, text: str, fault: Fault) -> None:
        assert read_fault(text) == fault
        assert str(fault) == text

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("explode", "no fault 'explode'"),
            ("drop-after", "a value is missing"),
            ("drop-after=", "MS is not a whole number"),
            ("drop-after=1.5", "MS is not a whole number"),
            ("drop-after=-1", "MS is not a whole number"),
            ("drop-after=99999999", "MS is more than"),
            ("drop-after=1:0", "COUNT is 0"),
            ("drop-after=1:2:3", "too many values"),
            ("close-after=1", "a value is missing"),
            ("close-after=1:1006", "no code of a close frame"),
            ("close-after=1:503", "no code of a close frame"),
            ("refuse=200", "neither an HTTP status"),
            ("refuse-upgrade=3009", "no HTTP status"),
            ("slow=1:2", "too many values"),
            ("no-end=1", "too many values"),
        ],
    )
    def test_what_is_wrong_is_said(self, text: str, problem: str) -> None:
        with pytest.raises(BridgeError) as error:
            read_fault(text)
        assert problem in error.value.message
        assert error.value.next_step


class TestAssemblyAI:
    def test_the_line_is_cut_once_a_session(self) -> None:
        with assemblyai("drop-after=1000") as (where, played):
            for _session in range(2):
                socket = begin(where)
                for _frame in range(3):
                    socket.send(silence(0.5))
                assert [message["type"] for message in drops(socket)] in ([], ["SpeechStarted", "Turn"])
            wait_for(lambda: played.open_sockets == 0)
            assert [record.audio_seconds for record in played.sessions] == [1.0, 1.0]
            assert [record.close_code for record in played.sessions] == [1006, 1006]
            assert played.faults_happened == ["fault drop-after=1000, time 1", "fault drop-after=1000, time 2"]

    def test_the_line_is_cut_as_often_as_was_ordered(self) -> None:
        with assemblyai("drop-after=0:1") as (where, played):
            socket = begin(where)
            socket.send(silence(0.1))
            drops(socket)
            socket = begin(where)
            socket.send(silence(0.1))
            socket.send(TERMINATE)
            assert until_close(socket)[1] == 1000
            assert played.faults_happened == ["fault drop-after=0:1, time 1"]

    def test_it_closes_with_an_error_where_the_service_would(self) -> None:
        with assemblyai("close-after=0:3005") as (where, _played):
            socket = begin(where)
            socket.send(silence(0.1))
            assert refused(socket) == (3005, "The sttbridge emulator was told to: close-after=0:3005")

    def test_it_closes_without_a_word_with_the_other_codes(self) -> None:
        with assemblyai("close-after=0:1011") as (where, played):
            socket = begin(where)
            socket.send(silence(0.1))
            assert until_close(socket) == ([], 1011, "The sttbridge emulator was told to")
            wait_for(lambda: played.sessions[0].close_code == 1011)

    def test_it_falls_silent(self) -> None:
        with assemblyai("silent-after=500") as (where, played):
            socket = begin(where)
            socket.send(silence(0.5))
            socket.send(silence(0.5))
            socket.send(FORCE)
            socket.send(TERMINATE)
            wait_for(lambda: played.faults_happened)
            socket.close()
            assert list(socket) == []
            wait_for(lambda: played.open_sockets == 0)
            assert played.sessions[0].audio_seconds == 0.5

    def test_openings_are_refused_with_an_error(self) -> None:
        with assemblyai("refuse=3009:2") as (where, played):
            for _opening in range(2):
                assert refused(dial(where))[0] == 3009
            begin(where).close()
            assert played.refused["3009"] == 2

    @pytest.mark.parametrize("fault", ["refuse=503:1", "refuse-upgrade=503:1"])
    def test_upgrades_are_refused(self, fault: str) -> None:
        with assemblyai(fault) as (where, played):
            with pytest.raises(InvalidStatus) as status:
                dial(where)
            assert status.value.response.status_code == 503
            begin(where).close()
            assert played.refused["503"] == 1

    def test_answers_are_late_and_in_order(self) -> None:
        with assemblyai("slow=4000") as (where, played):
            asked = played.clock.now()
            socket = begin(where)
            for _frame in range(3):
                socket.send(silence(0.5))
            wait_for(lambda: played.sessions[0].audio_seconds == 1.5)  # it hears meanwhile
            socket.send(TERMINATE)
            messages, code, _reason = until_close(socket)
            assert code == 1000
            assert [message["type"] for message in messages] == ["SpeechStarted", "Turn", "Termination"]
            assert played.clock.now() - asked >= 8

    def test_there_is_no_begin(self) -> None:
        with assemblyai("no-begin") as (where, played):
            socket = dial(where)
            wait_for(lambda: played.faults_happened == ["fault no-begin, time 1"])
            socket.send(silence(0.5))
            socket.close()
            assert list(socket) == []

    def test_there_is_no_end(self) -> None:
        with assemblyai("no-end") as (where, played):
            socket = begin(where)
            socket.send(silence(0.5))
            socket.send(silence(0.5))
            socket.send(TERMINATE)
            until(socket, lambda message: message["type"] == "Turn" and message["end_of_turn"])
            wait_for(lambda: played.faults_happened)
            socket.close()
            assert list(socket) == []


class TestGladia:
    def test_the_line_is_cut_and_the_session_goes_on(self) -> None:
        with gladia("drop-after=1000") as (where, played):
            url = session(where)
            socket = connect(url)
            socket.send(silence(0.5))
            socket.send(silence(0.5))
            until(socket, lambda said: said["type"] == "audio_chunk" and said["data"]["byte_range"][1] == 32000)
            socket.send(silence(0.5))
            drops(socket)
            socket = connect(url)
            for _frame in range(4):
                socket.send(silence(0.5))
            socket.send(STOP)
            messages, code, _reason = until_close(socket)
            assert code == 1000
            ranges = [message["data"]["byte_range"] for message in messages if message["type"] == "audio_chunk"]
            assert (ranges[0], ranges[-1]) == ([32000, 48000], [80000, 96000])
            assert played.faults_happened == ["fault drop-after=1000, time 1"]

    def test_each_socket_is_cut_as_often_as_was_ordered(self) -> None:
        with gladia("drop-after=500:2") as (where, played):
            url = session(where)
            for _cut in range(2):
                socket = connect(url)
                socket.send(silence(0.5))
                socket.send(silence(0.5))
                drops(socket)
            socket = connect(url)
            socket.send(silence(1.0))
            socket.send(STOP)
            assert until_close(socket)[1] == 1000
            assert played.sessions[0].audio_seconds == 2.0

    @pytest.mark.parametrize(("code", "lives"), [(1011, True), (4500, True), (4400, False), (1000, False)])
    def test_it_closes(self, code: int, lives: bool) -> None:
        with gladia(f"close-after=0:{code}") as (where, _played):
            url = session(where)
            socket = connect(url)
            socket.send(silence(0.5))
            assert until_close(socket)[1:] == (code, "The sttbridge emulator was told to")
            socket = connect(url)
            with suppress(ConnectionClosed):  # where it is closed at once
                socket.send(STOP)
            assert until_close(socket)[1] == (1000 if lives else 4403)

    def test_it_falls_silent(self) -> None:
        with gladia("silent-after=500") as (where, played):
            socket = connect(session(where))
            socket.send(silence(0.5))
            until(socket, lambda message: message["type"] == "audio_chunk")
            socket.send(silence(0.5))
            socket.send(STOP)
            wait_for(lambda: played.faults_happened)
            socket.close()
            assert all(json.loads(message)["type"] in ("speech_start", "transcript") for message in socket)

    def test_posts_are_refused(self) -> None:
        with gladia("refuse=429:1") as (where, played):
            status, answer = post(where)
            assert (status, answer["statusCode"]) == (429, 429)
            assert "refuse=429:1" in answer["message"]
            assert post(where)[0] == 201
            assert played.refused["429"] == 1

    def test_a_session_is_refused_with_a_close(self) -> None:
        with gladia("refuse=4500:1") as (where, _played):
            assert until_close(connect(session(where)))[1] == 4500
            socket = connect(session(where))
            socket.send(STOP)
            assert until_close(socket)[1] == 1000

    def test_upgrades_are_refused(self) -> None:
        with gladia("refuse-upgrade=503:1") as (where, _played):
            url = session(where)
            with pytest.raises(InvalidStatus) as status:
                connect(url)
            assert status.value.response.status_code == 503
            connect(url).close()

    def test_answers_are_late_and_in_order(self) -> None:
        with gladia("slow=4000") as (where, played):
            asked = played.clock.now()
            socket = connect(session(where))
            assert played.clock.now() - asked >= 4
            socket.send(silence(1.5))
            wait_for(lambda: played.sessions[0].audio_seconds == 1.5)
            socket.send(STOP)
            messages, code, _reason = until_close(socket)
            assert code == 1000
            assert messages[0]["type"] == "start_recording"
            assert messages[-1]["type"] == "end_session"

    def test_an_upgrade_is_never_answered(self) -> None:
        with gladia("no-begin") as (where, played):
            url = session(where)
            failed: list[Exception] = []

            def knock() -> None:
                try:
                    connect(url, ping_interval=None)
                except Exception as error:  # whichever the library has for it
                    failed.append(error)

            knocking = threading.Thread(target=knock)
            knocking.start()
            wait_for(lambda: played.faults_happened)
        knocking.join(30)
        assert failed, "nothing was answered until the server ended"

    def test_there_is_no_end(self) -> None:
        with gladia("no-end") as (where, played):
            socket = connect(session(where))
            socket.send(silence(1.0))
            socket.send(STOP)
            messages = until(socket, lambda said: said["type"] == "transcript" and said["data"]["is_final"])
            assert "stop_recording" in [message["type"] for message in messages]
            wait_for(lambda: played.faults_happened)
            socket.close()
            assert list(socket) == []
