"""Temporary tokens and the clock of the local AssemblyAI: what opens a session, for how long, and what it is told."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import trustme
from assemblyai.streaming.v3 import RealTimeEvents, RealTimeParameters, RealTimeTranscriber, RealTimeTranscriberOptions
from websockets.sync.client import ClientConnection

from shim.emulator import EMULATORS
from shim.emulator.emulation import Emulation
from shim.faces import assemblyai as face
from shim.faces import assemblyai_token as tokens
from shim.redirect import Redirection
from shim.serving import LocalServer
from tests.emulated_assemblyai import begin, dial, finish, refused, summary
from tests.emulated_services import KEY, MovedClock, emulation, http, serve, silence, until, wait_for

KEEP_ALIVE = '{"type": "KeepAlive"}'


@pytest.fixture
def played() -> Emulation:
    played = emulation()
    played.clock = MovedClock(1000)  # it stands; the emulator looks at it a thousand times as often as at a real one
    return played


@pytest.fixture
def clock(played: Emulation) -> MovedClock:
    assert isinstance(played.clock, MovedClock)
    return played.clock


@pytest.fixture
def where(played: Emulation) -> Iterator[str]:
    with serve("assemblyai", played) as address:
        yield address


def ask(where: str, query: str = "expires_in_seconds=60", key: str | None = KEY) -> tuple[int, Any]:
    headers = {} if key is None else {"Authorization": key}
    status, answered, body = http("GET", f"http://{where}/v3/token?{query}", headers=headers)
    assert answered["content-type"].startswith("application/json")
    return status, body


def token(where: str, query: str = "expires_in_seconds=60") -> str:
    status, body = ask(where, query)
    assert status == 200
    return str(body["token"])


class TestTheEndpoint:
    @pytest.mark.parametrize("key", [KEY, f"Bearer {KEY}", f"bearer  {KEY}"])
    def test_a_token(self, where: str, key: str) -> None:
        status, body = ask(where, "expires_in_seconds=600&max_session_duration_seconds=60", key)
        assert status == 200
        assert list(body) == ["token", "expires_in_seconds"]
        assert body["expires_in_seconds"] == 600
        assert body["token"].startswith("AQI") and 2500 < len(body["token"]) < 2700
        assert body["token"] != token(where)

    @pytest.mark.parametrize(
        ("query", "wrong"),
        [
            (
                "expires_in_seconds=0",
                {
                    "type": "greater_than_equal",
                    "loc": ["query", "expires_in_seconds"],
                    "msg": "Input should be greater than or equal to 1",
                    "input": "0",
                    "ctx": {"ge": 1},
                },
            ),
            (
                "expires_in_seconds=601",
                {
                    "type": "less_than_equal",
                    "loc": ["query", "expires_in_seconds"],
                    "msg": "Input should be less than or equal to 600",
                    "input": "601",
                    "ctx": {"le": 600},
                },
            ),
            (
                "expires_in_seconds=60&max_session_duration_seconds=59",
                {
                    "type": "greater_than_equal",
                    "loc": ["query", "max_session_duration_seconds"],
                    "msg": "Input should be greater than or equal to 60",
                    "input": "59",
                    "ctx": {"ge": 60},
                },
            ),
            (
                "expires_in_seconds=soon",
                {
                    "type": "int_parsing",
                    "loc": ["query", "expires_in_seconds"],
                    "msg": "Input should be a valid integer, unable to parse string as an integer",
                    "input": "soon",
                },
            ),
            ("", {"type": "missing", "loc": ["query", "expires_in_seconds"], "msg": "Field required", "input": None}),
        ],
    )
    def test_a_bad_parameter(self, where: str, played: Emulation, query: str, wrong: Any) -> None:
        assert ask(where, query) == (422, {"detail": [wrong]})
        assert played.refused == {"422": 1}

    def test_everything_wrong_is_listed(self, where: str) -> None:
        status, body = ask(where, "max_session_duration_seconds=10801", key=None)
        assert status == 422
        assert [problem["loc"] for problem in body["detail"]] == [
            ["query", "expires_in_seconds"],
            ["query", "max_session_duration_seconds"],
            ["header", "authorization"],
        ]

    def test_a_wrong_key(self, where: str, played: Emulation) -> None:
        assert ask(where, key="another")[0] == 401
        assert played.refused == {"401": 1}

    def test_any_key_where_none_is_set(self) -> None:
        with serve("assemblyai", emulation(key=None)) as where:
            assert ask(where, key="whatever")[0] == 200

    @pytest.mark.parametrize("method", ["POST", "HEAD"])
    def test_it_is_a_get(self, where: str, method: str) -> None:
        request = urllib.request.Request(f"http://{where}/v3/token?expires_in_seconds=60", method=method)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=20)
        assert caught.value.code == 405

    def test_neither_key_nor_token_is_shown(self) -> None:
        book = tokens.TokenBook()
        request = tokens.TokenRequest("a-secret", 60)
        issued = book.issue(request, 0.0)
        assert "a-secret" not in repr(request)
        assert issued not in repr(book)


class TestWhatATokenOpens:
    def test_in_the_query_and_in_the_header(self, where: str, played: Emulation) -> None:
        given = token(where)
        finish(begin(where, key=None, token=given))
        finish(begin(where, key=given))
        finish(begin(where, key="a wrong key beside it", token=given))
        assert [given in str(session.asked_for) for session in played.sessions] == [False, False, False]

    def test_another_one_does_not(self, where: str) -> None:
        given = token(where)
        assert refused(dial(where, key=None, token=given[:-1])) == (1008, face.INVALID_KEY)
        assert refused(dial(where, key=f"Bearer {given}")) == (1008, face.INVALID_KEY)

    def test_until_it_has_expired(self, where: str, clock: MovedClock) -> None:
        given = token(where, "expires_in_seconds=60")
        clock.moved_to = 59.9
        socket = begin(where, key=None, token=given)
        clock.moved_to = 60.0
        expected = (1008, "Unauthorized Connection: Signature has expired")
        assert refused(dial(where, key=None, token=given)) == expected
        assert refused(dial(where, key=given)) == expected
        finish(socket)  # what it has opened goes on

    def test_the_sdk_asks_for_one_and_opens_a_session_with_it(self) -> None:
        """It asks by https at the vendor's own host, so that host is led to the emulator."""
        host = "streaming.assemblyai.com"
        authority = trustme.CA()
        server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(server_tls)
        client_tls = ssl.create_default_context()
        authority.configure_trust(client_tls)
        played = emulation(speed=40)
        began: list[Any] = []
        with LocalServer(lambda: EMULATORS["assemblyai"](played), tls=server_tls, name="assemblyai-emulator") as server:
            redirection = Redirection({host: lambda: (server.host, server.port)}, client_tls)
            redirection.install()
            try:
                asking = RealTimeTranscriber(RealTimeTranscriberOptions(api_key=KEY, api_host=host))
                given = asking.create_temporary_token(expires_in_seconds=60, max_session_duration_seconds=120)
                with pytest.raises(httpx.HTTPStatusError):
                    asking.create_temporary_token(expires_in_seconds=601)
                options = RealTimeTranscriberOptions(token=given, api_host=host, connect_timeout=20)
                transcriber = RealTimeTranscriber(options)
                transcriber.on(RealTimeEvents.Begin, lambda _client, event: began.append(event))
                transcriber.connect(RealTimeParameters(sample_rate=16000))
                transcriber.disconnect(terminate=True)
            finally:
                redirection.uninstall()
        assert len(began) == 1
        seconds = (began[0].expires_at - played.clock.wall()).total_seconds()
        assert seconds < 121

    def test_it_is_forgotten_long_afterwards(self) -> None:
        book = tokens.TokenBook()
        request = tokens.TokenRequest(KEY, 1)
        first = book.issue(request, 0.0)
        book.issue(request, 3600.0)
        with pytest.raises(face.Refusal):
            book.opens(first, 3600.0)
        book.issue(request, 3602.0)
        assert book.opens(first, 3602.0) is None


class TestHowLongItLasts:
    def expiry(self, socket: ClientConnection) -> int:
        return int(json.loads(socket.recv(timeout=20))["expires_at"])

    def test_begin_says_it(self, where: str, played: Emulation) -> None:
        limited = token(where, "expires_in_seconds=60&max_session_duration_seconds=90")
        long = self.expiry(dial(where))
        assert long == int(played.clock.wall().timestamp() + 10_800)
        assert long - self.expiry(dial(where, key=None, token=limited)) == 10_800 - 90
        assert self.expiry(dial(where, key=None, token=token(where))) == long

    def test_the_tokens_limit_is_the_end(self, where: str, played: Emulation, clock: MovedClock) -> None:
        limited = token(where, "expires_in_seconds=60&max_session_duration_seconds=60")
        clock.moved_to = 10.0
        socket = begin(where, key=None, token=limited)
        clock.moved_to = 69.9
        socket.send(KEEP_ALIVE)
        wait_for(lambda: played.sessions[0].received["KeepAlive"])
        assert played.open_sessions == 1
        clock.moved_to = 70.0
        assert refused(socket) == (3008, "Session Expired: Maximum session duration exceeded")
        assert (played.open_sessions, played.sessions[0].close_code) == (0, 3008)


class TestHeartbeats:
    def test_every_five_seconds(self, where: str, played: Emulation, clock: MovedClock) -> None:
        socket = begin(where, session_heartbeat="True")
        socket.send(silence(1))
        wait_for(lambda: played.sessions[0].audio_seconds == 1)
        clock.moved_to = 4.99
        socket.send(KEEP_ALIVE)
        wait_for(lambda: played.sessions[0].received["KeepAlive"])
        clock.moved_to = 5.0
        first = until(socket, lambda message: message["type"] == "Heartbeat")[-1]
        clock.moved_to = 10.5
        second = until(socket, lambda message: message["type"] == "Heartbeat")
        assert (first["total_duration_ms"], first["max_speech_probability"]) == (5000, 0.9)
        assert second == [
            {
                "type": "Heartbeat",
                "total_audio_received_ms": 1000,
                "total_duration_ms": 10_500,
                "realtime_factor": 0.095,
                "max_speech_probability": 0.0,
            }
        ]
        clock.moved_to = 15.0  # counted from the begin, whenever the last one was sent
        third = until(socket, lambda message: message["type"] == "Heartbeat")
        assert third[0]["total_duration_ms"] == 15_000
        assert summary(finish(socket)) == ["SpeechStarted", "=0 Hello", "Termination"]

    def test_an_update_begins_and_ends_them(self, where: str, played: Emulation, clock: MovedClock) -> None:
        socket = begin(where)
        clock.moved_to = 7.0
        socket.send('{"type": "UpdateConfiguration", "session_heartbeat": true}')
        wait_for(lambda: played.sessions[0].received["UpdateConfiguration"] == 1)
        socket.send(KEEP_ALIVE)
        wait_for(lambda: played.sessions[0].received["KeepAlive"] == 1)  # so the update has been dealt with
        clock.moved_to = 12.0
        beat = until(socket, lambda message: message["type"] == "Heartbeat")
        assert [message["total_duration_ms"] for message in beat] == [12_000]
        socket.send('{"type": "UpdateConfiguration", "session_heartbeat": false}')
        socket.send(KEEP_ALIVE)
        wait_for(lambda: played.sessions[0].received["KeepAlive"] == 2)
        clock.moved_to = 40.0
        assert summary(finish(socket)) == ["Termination"]

    def test_none_unless_asked_for(self, where: str, clock: MovedClock) -> None:
        socket = begin(where)
        clock.moved_to = 100.0
        socket.send(KEEP_ALIVE)
        assert summary(finish(socket)) == ["Termination"]

    def test_they_are_no_activity_of_the_client(self, where: str, clock: MovedClock) -> None:
        socket = begin(where, inactivity_timeout=12, session_heartbeat="true")
        for moved_to in (5.0, 10.0):
            clock.moved_to = moved_to
            assert summary(until(socket, lambda message: message["type"] == "Heartbeat")) == ["Heartbeat"]
        clock.moved_to = 12.0
        text = "Session terminated due to inactivity: No messages received for 12 seconds"
        assert refused(socket) == (3006, text)
