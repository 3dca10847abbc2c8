"""The gateway that speaks AssemblyAI's API, on real sockets: over the strict emulator, and over upstreams that fail."""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
from aiohttp import web
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from shim.bridges import gladia_upstream
from shim.bridges.assemblyai_over_gladia import AssemblyAIOverGladia
from shim.clock import Clock
from shim.emulator import EMULATORS
from shim.emulator.emulation import Emulation
from shim.emulator.transcript import Transcript
from shim.serving import LocalServer
from tests.assemblyai_gateways import (
    SPEED,
    TERMINATE,
    Gateway,
    accept_post,
    finals,
    gateway,
    over_emulator,
    over_script,
)
from tests.compatibility.marks import covers, difference
from tests.emulated_services import KEY, connect, emulation, http, serve, silence, until, until_close, wait_for
from tests.gateways import SENTENCES, SPEECH

SEE_ERROR = "See Error message for details"
KEYS = {"upstream_key": KEY, "gateway_keys": frozenset({"our-own-key-1", "our-own-key-2"})}


def refused(socket: ClientConnection) -> tuple[int, str]:
    """Code and text of the `Error` that ends a session; checks that the close agrees."""
    messages, code, reason = until_close(socket)
    assert (messages[-1]["type"], code, reason) == ("Error", messages[-1]["error_code"], SEE_ERROR)
    return code, messages[-1]["error"]


def nothing_is_open(served: Gateway, service: Emulation) -> None:
    served.wait_until_nothing_is_open()
    wait_for(lambda: service.open_sockets == 0 and service.open_sessions == 0)


# --- whole sessions ------------------------------------------------------------------------------


@covers(
    "assemblyai.endpoint.WebSocket /v3/ws",
    "assemblyai.client.binary frame",
    "assemblyai.client.Terminate",
    "assemblyai.close.1000",
    "gladia.service.transcript",
    "gladia.service.end_recording",
    "gladia.service.start_recording",
    "gladia.service.speech_start",
    "assemblyai.parameter.speech_model",
    "assemblyai.parameter.max_turn_silence",
    "assemblyai.status.101",
)
def test_a_whole_session() -> None:
    with over_emulator() as (served, service):
        client = served.dial(sample_rate=16000, speech_model="universal-streaming-english", max_turn_silence=400)
        served.speak(client.send)
        client.send(TERMINATE)
        messages, code, reason = until_close(client)
        assert (code, reason) == (1000, "Session Ended")
        assert finals(messages) == SENTENCES
        assert messages[0]["type"] == "Begin"
        session_seconds = messages[-1].pop("session_duration_seconds")
        assert isinstance(session_seconds, int)
        assert session_seconds >= 8
        assert messages[-1] == {"type": "Termination", "audio_duration_seconds": 8}
        nothing_is_open(served, service)
    [record] = service.sessions
    assert record.audio_bytes == len(SPEECH)
    assert record.received["stop_recording"] == 1
    assert record.close_code == 1000
    assert record.asked_for["language_config"] == {"languages": ["en"], "code_switching": False}


@covers("assemblyai.parameter.sample_rate")
@difference("D28")
def test_another_rate_is_heard_too() -> None:
    with over_emulator() as (served, service):
        client = served.begin(sample_rate=24000)
        served.speak(client.send, [bytes(4800)] * 20)
        client.send(TERMINATE)
        assert until_close(client)[1] == 1000
        nothing_is_open(served, service)
    assert service.sessions[0].asked_for["sample_rate"] == 32_000
    assert service.sessions[0].audio_bytes == 2 * 2 * 32_000


@covers("assemblyai.client.ForceEndpoint")
@difference("D24")
def test_a_forced_end_on_the_wire() -> None:
    with over_emulator() as (served, service):
        client = served.begin(max_turn_silence=2000)
        said = iter(range(0, len(SPEECH), 3200))
        for start in said:
            client.send(SPEECH[start : start + 3200])
            service.clock.wait(0.1)
            if start > 32_000 * 2.4:  # after the first sentence
                break
        until(client, lambda message: message.get("transcript") == SENTENCES[0])
        client.send('{"type":"ForceEndpoint"}')
        messages = until(client, lambda message: message["type"] == "Turn" and message["end_of_turn"])
        assert messages[-1]["transcript"] == SENTENCES[0]
        for start in said:
            client.send(SPEECH[start : start + 3200])
            service.clock.wait(0.1)
        client.send(TERMINATE)
        messages += until_close(client)[0]
        assert " ".join(finals(messages)) == " ".join(SENTENCES)
        orders = [message["turn_order"] for message in messages if message["type"] == "Turn" and message["end_of_turn"]]
        assert orders == list(range(len(orders)))
        nothing_is_open(served, service)


@covers("assemblyai.limit.a silent client stays", "gladia.service.4504")
def test_nobody_speaks_for_minutes() -> None:
    with over_emulator(Transcript(utterances=[]), speed=20) as (served, service):
        client = served.begin()
        client.send(silence(1.0))
        # Gladia closes after 30 s without audio, and after 60 s without text.
        wait_for(lambda: service.sessions and service.sessions[0].sockets == 2)
        client.send(silence(1.0))
        client.send(TERMINATE)
        messages, code, _reason = until_close(client)
        assert code == 1000
        assert messages[-1]["type"] == "Termination"
        assert messages[-1]["audio_duration_seconds"] == 2
        nothing_is_open(served, service)
    [record] = service.sessions
    assert record.audio_seconds == 2
    assert record.received["audio_chunk"] >= 2


def test_heartbeats_on_the_wire() -> None:
    with over_emulator(speed=40) as (served, service):
        client = served.begin(session_heartbeat="True")
        [beat] = until(client, lambda message: message["type"] == "Heartbeat")
        assert beat["total_duration_ms"] >= 5000
        client.send(TERMINATE)
        assert until_close(client)[1] == 1000
        nothing_is_open(served, service)


# --- who is let in -------------------------------------------------------------------------------


@covers("assemblyai.close.1008", "gladia.service.HTTP 401", "assemblyai.status.101")
def test_a_key_that_gladia_does_not_know() -> None:
    with over_emulator() as (served, service):
        assert refused(served.dial("another-key")) == (1008, "Unauthorized Connection: Invalid API key")
        assert service.refused == {"401": 1}
        assert service.sessions == []
        served.wait_until_nothing_is_open()


@pytest.mark.parametrize(
    ("key", "text"),
    [(None, "Missing Authorization header"), (f"Bearer {KEY}", "Invalid API key"), ("a\tb", "Invalid API key")],
)
@covers("assemblyai.header.Authorization", "assemblyai.close.1008")
def test_no_key_that_could_be_one(key: str | None, text: str) -> None:
    with over_emulator() as (served, service):
        assert refused(served.dial(key)) == (1008, f"Unauthorized Connection: {text}")
        assert not service.refused
        served.wait_until_nothing_is_open()


def test_the_gateways_own_keys() -> None:
    with over_emulator(**KEYS) as (served, service):
        for key in ("our-own-key-1", "our-own-key-2"):
            served.begin(key).close()
        nothing_is_open(served, service)
        assert refused(served.dial(KEY)) == (1008, "Unauthorized Connection: Invalid API key")
        assert service.sessions_so_far == 2
        assert not service.refused


def token_of(served: Gateway, key: str, seconds: int, **more: int) -> tuple[int, Any]:
    query = "&".join(f"{name}={value}" for name, value in {"expires_in_seconds": seconds, **more}.items())
    url = f"http://{served.address}/v3/token?{query}"
    status, _headers, answer = http("GET", url, headers={"Authorization": key})
    return status, answer


@pytest.mark.parametrize("settings", [{}, KEYS])
@covers(
    "assemblyai.endpoint.GET /v3/token",
    "assemblyai.parameter.token",
    "assemblyai.query.expires_in_seconds",
    "assemblyai.query.max_session_duration_seconds",
    "assemblyai.answer.token.token",
    "assemblyai.answer.token.expires_in_seconds",
    "assemblyai.status.200",
    "assemblyai.field.Begin.expires_at",
)
def test_tokens_of_the_gateways_own(settings: dict[str, Any]) -> None:
    key = "our-own-key-1" if settings else KEY
    with over_emulator(**settings) as (served, service):
        status, answer = token_of(served, key, 60, max_session_duration_seconds=600)
        assert (status, answer["expires_in_seconds"]) == (200, 60)
        for header, query in (({}, {"token": answer["token"]}), ({"Authorization": answer["token"]}, {})):
            client = connect(served.socket_url(**query), additional_headers=header)
            [begin] = until(client, lambda message: message["type"] == "Begin")
            assert abs(begin["expires_at"] - service.clock.wall().timestamp() - 600) < 60
            client.send(TERMINATE)
            assert until_close(client)[1] == 1000
        nothing_is_open(served, service)
        answer = token_of(served, key, 1)[1]
        service.clock.wait(1)
        client = connect(served.socket_url(token=answer["token"]))
        assert refused(client) == (1008, "Unauthorized Connection: Signature has expired")


@covers(
    "assemblyai.answer.token.detail", "assemblyai.answer.token.error", "assemblyai.status.401", "assemblyai.status.422"
)
def test_tokens_that_are_not_given() -> None:
    with over_emulator(**KEYS) as (served, _service):
        status, answer = token_of(served, "our-own-key-1", 0)
        assert status == 422
        assert answer["detail"][0]["loc"] == ["query", "expires_in_seconds"]
        assert token_of(served, "another-key", 60) == (401, {"error": "Invalid API key"})
        assert refused(connect(served.socket_url(token="AQIx")))[0] == 1008


@covers("assemblyai.status.404", "assemblyai.status.426")
def test_the_other_paths() -> None:
    with over_emulator() as (served, _service):
        base = f"http://{served.address}"
        assert http("GET", f"{base}/health")[::2] == (200, {"health": "OK"})
        for path in ("/", "/v2/live", "/v3/nothing"):
            with pytest.raises(InvalidStatus) as raised:
                connect(f"ws://{served.address}{path}")
            assert raised.value.response.status_code == 404
        with pytest.raises(urllib.error.HTTPError) as answered:
            urllib.request.urlopen(f"{base}/v3/ws", timeout=20)
        assert answered.value.code == 426


@covers("assemblyai.close.3006 for a parameter", "assemblyai.parameter.encoding opus")
@difference("D25")
def test_a_parameter_that_is_refused() -> None:
    with over_emulator() as (served, service):
        code, text = refused(served.dial(sample_rate=4000))
        assert (code, text.partition(": ")[2]) == (
            3006,
            "Invalid 'sample_rate': Value error, sample_rate must be at least 8,000 Hz",
        )
        code, text = refused(served.dial(encoding="opus"))
        assert (code, "opus is not possible over Gladia" in text) == (3006, True)
        assert service.sessions == []
        served.wait_until_nothing_is_open()


# --- upstreams that fail -------------------------------------------------------------------------


@covers("gladia.service.nothing at all")
@difference("D30")
def test_begin_does_not_wait_for_a_slow_gladia() -> None:
    has_begun = threading.Event()

    async def post(request: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(has_begun.wait, 20)
        return web.Response(status=401, body=b"{}")

    with over_script(post) as served:
        client = served.begin()
        has_begun.set()
        assert refused(client) == (1008, "Unauthorized Connection: Invalid API key")
        served.wait_until_nothing_is_open()


async def _no_socket(request: web.Request) -> web.StreamResponse:
    return web.Response(status=503)


async def _dropped(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.receive()
    assert request.transport is not None
    request.transport.abort()
    return socket


async def _closed(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.receive()
    await socket.close(code=4408)
    return socket


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gladia is given up after two more attempts, at once."""
    monkeypatch.setattr(gladia_upstream, "OPEN_AGAIN_AFTER", (0.0, 0.01))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("socket", [_no_socket, _dropped, _closed])
def test_gladia_goes(socket: Any) -> None:
    with over_script(accept_post, socket) as served:
        client = served.begin()
        client.send(silence(0.1))
        assert refused(client) == (3005, "Session Cancelled: An error occurred")
        served.wait_until_nothing_is_open()


@covers("assemblyai.close.3005", "assemblyai.close.1011")
def test_gladia_is_not_there() -> None:
    with serve("gladia", emulation()) as host:
        pass  # nobody listens there any more
    with gateway(f"ws://{host}", Clock(SPEED)) as served:
        assert refused(served.dial()) == (3005, "Session Cancelled: An error occurred")
        served.wait_until_nothing_is_open()


@pytest.mark.usefixtures("impatient")
def test_gladia_ends_in_mid_session() -> None:
    service = emulation(speed=SPEED)
    with (
        LocalServer(lambda: EMULATORS["gladia"](service), name="gladia") as gladia,
        gateway(gladia.url, service.clock) as served,
    ):
        client = served.begin()
        client.send(silence(0.5))
        wait_for(lambda: service.sessions and service.sessions[0].audio_bytes)
        gladia.stop()
        assert refused(client) == (3005, "Session Cancelled: An error occurred")
        nothing_is_open(served, service)


@covers(
    "assemblyai.endpoint.streaming.assemblyai.com",
    "assemblyai.endpoint.streaming.us.assemblyai.com",
    "assemblyai.endpoint.streaming.eu.assemblyai.com",
)
def test_the_region_of_the_host_is_gladias() -> None:
    asked: list[tuple[str, str | None]] = []

    async def post(request: web.Request) -> web.StreamResponse:
        asked.append((request.query_string, request.headers.get("x-gladia-key")))
        return web.Response(status=401, body=b"{}")

    with over_script(post) as served:
        for host in ("streaming.eu.assemblyai.com", "streaming.us.assemblyai.com:8443", "streaming.assemblyai.com"):
            client = connect(
                f"ws://{host}/v3/ws",
                sock=sockets.create_connection((served.server.host, served.server.port)),
                additional_headers={"Authorization": KEY},
                proxy=None,
            )
            refused(client)
    assert asked == [("region=eu-west", KEY), ("region=us-west", KEY), ("", KEY)]


# --- clients that go -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["close", "drop"])
@covers("assemblyai.client.close 1000")
def test_the_client_goes_in_mid_session(how: str) -> None:
    with over_emulator() as (served, service):
        client = served.begin()
        client.send(silence(0.5))
        wait_for(lambda: service.sessions and service.sessions[0].audio_bytes)
        if how == "close":
            client.close()
        else:
            client.socket.close()
        nothing_is_open(served, service)
        assert service.sessions[0].received["stop_recording"] == 1


def test_the_client_goes_at_once() -> None:
    with over_emulator() as (served, service):
        for _number in range(5):
            served.dial().close()
        nothing_is_open(served, service)
        assert service.sessions_so_far == 5


@covers("assemblyai.close.1009", "assemblyai.limit.frames of 128 KB")
def test_a_frame_that_is_too_large() -> None:
    with over_emulator() as (served, service):
        client = served.begin(sample_rate=96000)
        client.send(bytes(128 * 1024))
        client.send(bytes(128 * 1024 + 1))
        assert until_close(client)[1] == 1009
        nothing_is_open(served, service)


@covers("assemblyai.close.1001")
def test_the_gateway_ends() -> None:
    with over_emulator() as (served, service):
        client = served.begin()
        client.send(silence(0.5))
        wait_for(lambda: service.sessions and service.sessions[0].audio_bytes)
        served.server.stop()
        assert until_close(client)[1:] == (1001, "the gateway is shutting down")
        wait_for(lambda: service.open_sockets == 0 and service.open_sessions == 0)


def test_a_bridge_that_fails(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_details: object) -> Any:
        raise RuntimeError("a bug")

    with over_emulator() as (served, service):
        client = served.begin()
        wait_for(lambda: service.open_sockets == 1)
        monkeypatch.setattr(AssemblyAIOverGladia, "client_said", fail)
        client.send(silence(0.1))
        messages, code, reason = until_close(client)
        assert (messages[-1]["type"], code, reason) == ("Error", 3005, SEE_ERROR)
        nothing_is_open(served, service)
    assert any("the gateway failed" in record.getMessage() for record in caplog.records)


def test_keys_and_words_are_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "sttbridge")
    caplog.set_level(logging.DEBUG, "aiohttp")
    with over_emulator(**KEYS) as (served, service):
        token = token_of(served, "our-own-key-1", 60)[1]["token"]
        client = connect(served.socket_url(token=token, speaker_labels="true", prompt="a-secret-of-the-prompt"))
        served.speak(client.send)
        client.send("no JSON: a-secret-of-the-message")
        refused(client)
        refused(served.dial("a-wrong-key-of-somebody"))
        nothing_is_open(served, service)
    logged = caplog.text
    assert "not applied: speaker_labels, prompt" in logged
    for secret in (KEY, "our-own-key", token, "a-wrong-key", "a-secret", SENTENCES[0]):
        assert secret not in logged
