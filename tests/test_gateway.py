"""The gateway on real sockets: over the strict emulator, and over upstreams that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket as sockets
import sys
import threading

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from websockets.exceptions import ConnectionClosed, InvalidStatus

from shim.bridges import assemblyai_upstream as upstream_module
from shim.bridges import gladia_over_assemblyai as bridge_module
from shim.bridges.gladia_over_assemblyai import GladiaOverAssemblyAI
from shim.clock import Clock
from shim.emulator.transcript import Transcript
from shim.gateway import sockets as gateway_sockets
from shim.gateway import upstream as gateway_upstream
from shim.wire import assemblyai
from shim.wire.codec import encode
from tests.compatibility.marks import covers, difference
from tests.emulated_services import KEY, connect, emulation, http, serve, until, until_close, utterance, wait_for
from tests.gateways import (
    SENTENCES,
    SPEECH,
    SPEED,
    STOP,
    finals,
    gateway,
    over_emulator,
    over_http,
    over_script,
    pieces,
)

BEGIN = encode(assemblyai.Begin(id="b", expires_at=1790000000))
ENGLISH = json.dumps({"language_config": {"languages": ["en"]}}).encode()
LIFECYCLE = json.dumps({"messages_config": {"receive_lifecycle_events": True}}).encode()


# --- whole sessions ------------------------------------------------------------------------------


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
@covers(
    "gladia.endpoint.POST /v2/live",
    "gladia.endpoint.WebSocket /v2/live",
    "gladia.client.binary frame",
    "gladia.client.stop_recording",
    "assemblyai.service.Begin",
    "assemblyai.service.Turn",
    "assemblyai.service.SpeechStarted",
    "assemblyai.service.Termination",
    "gladia.limit.audio faster than real time",
)
def test_a_whole_session(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if loop == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)
    with over_emulator() as (served, service):
        client = connect(served.session(LIFECYCLE))
        for frame in pieces(SPEECH, 6400):
            client.send(frame)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        assert finals(messages) == SENTENCES
        ends = [message for message in messages if message["type"].startswith(("end_", "post_", "start_"))]
        assert [message["type"] for message in ends] == [
            "start_recording",
            "end_recording",
            "post_transcript",
            "post_final_transcript",
            "end_session",
        ]
        assert ends[2]["data"]["full_transcript"] == " ".join(SENTENCES)
        assert ends[3]["data"]["metadata"]["audio_duration"] == len(SPEECH) / 32_000
        acknowledged = [message["data"]["byte_range"] for message in messages if message["type"] == "audio_chunk"]
        assert acknowledged[-1][1] == len(SPEECH)
        assert len(acknowledged) == len(pieces(SPEECH, 6400))
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)
    [record] = service.sessions
    assert record.audio_bytes == len(SPEECH)
    assert record.received["Terminate"] == 1
    assert record.close_code == 1000


@pytest.mark.parametrize("milliseconds", [20, 3000, 33.34375])
def test_frames_of_any_size_are_brought_into_shape(milliseconds: float) -> None:
    size = round(milliseconds * 32)  # the last is 1067 bytes, which cuts a sample each time
    with over_emulator() as (served, service):
        client = connect(served.session(ENGLISH))
        for frame in pieces(SPEECH, size):
            client.send(frame)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert (code, finals(messages)) == (1000, SENTENCES)
        served.wait_until_nothing_is_open()
        [record] = service.sessions
        assert all(50 <= length <= 1000 for length in record.message_milliseconds)
        assert len(SPEECH) <= record.audio_bytes < len(SPEECH) + 1600


def test_frames_of_one_byte() -> None:
    with over_emulator() as (served, service):
        client = connect(served.session())
        for byte in range(3201):
            client.send(bytes([byte % 256]))
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        assert [message["type"] for message in messages].count("audio_chunk") == 3201
        assert service.sessions[0].audio_bytes == 3200  # half a sample is none


@covers("gladia.close.1009", "gladia.limit.frames of 1 MiB")
def test_the_largest_frame_is_taken_and_a_larger_one_is_not() -> None:
    body = json.dumps({"sample_rate": 48_000, "bit_depth": 32}).encode()
    with over_emulator(grace=0.2) as (served, service):
        client = connect(served.session(body))
        client.send(bytes(2**20))
        client.send(STOP)
        assert until_close(client)[1] == 1000
        assert service.sessions[0].audio_bytes == 2**19
        client = connect(served.session(body))
        client.send(bytes(2**20 + 1))
        assert until_close(client)[1] == 1009
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sessions == 0)


def test_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "ATTACH_WITHIN", 0.3)
    with over_script(_begin_and_listen) as served:
        url = served.session()
        served.wait_until_nothing_is_open()
        client = connect(url)
        assert until_close(client)[1] == 4403


@covers("gladia.close.4408", "gladia.limit.30 s without audio")
def test_a_client_that_says_nothing_is_closed_with_4408() -> None:
    with over_script(_begin_and_listen, speed=100) as served:
        client = connect(served.session())
        assert until_close(client)[1:] == (4408, "no audio for 30 seconds")
        served.wait_until_nothing_is_open()


@covers("gladia.parameter.maximum_duration_without_endpointing")
def test_a_turn_that_lasts_too_long_is_ended() -> None:
    words = [(f"word{number}", 0.5 + number * 0.5, 0.9 + number * 0.5) for number in range(20)]
    service = emulation(Transcript(utterances=[utterance(*words)]), speed=SPEED)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        client = connect(served.session(b'{"messages_config": {"receive_partial_transcripts": true}}'))
        for frame in pieces(bytes(32_000 * 12), 6400):
            client.send(frame)
        client.send(STOP)
        messages, _code, _reason = until_close(client)
        assert service.sessions[0].received["ForceEndpoint"] == 2
        texts = finals(messages)
        assert " ".join(texts) == " ".join(word for word, _start, _end in words)
        lengths = [
            message["data"]["utterance"]["end"] - message["data"]["utterance"]["start"]
            for message in messages
            if message["type"] == "transcript" and message["data"]["is_final"]
        ]
        assert all(length <= 6 for length in lengths)


# --- HTTP ----------------------------------------------------------------------------------------


@covers("gladia.status.404", "gladia.endpoint.GET /health", "gladia.header.x-gladia-request-id", "gladia.status.200")
def test_everything_else_is_404_in_gladias_words() -> None:
    with over_emulator() as (served, _service):
        for method, path in [
            ("GET", "/"),
            ("PUT", "/v2/live"),
            ("HEAD", "/health"),
            ("POST", "/health"),
            ("GET", "/v2/nope"),
        ]:
            status, headers, answer = http(method, f"{served.url}{path}")
            assert status == 404
            assert headers["content-type"].startswith("application/json")
            if method != "HEAD":
                assert (answer["message"], answer["path"]) == (f"Cannot {method} {path}", path)
                assert answer["request_id"] == headers["x-gladia-request-id"]
        assert http("GET", f"{served.url}/health")[::2] == (200, {"health": "OK"})


@covers("gladia.header.access-control-allow-origin")
def test_a_browser_may_ask_first() -> None:
    with over_emulator() as (served, _service):
        status, headers, _answer = http(
            "OPTIONS", f"{served.url}/v2/live", headers={"access-control-request-method": "POST", "origin": "https://x"}
        )
        assert status == 204
        assert headers["access-control-allow-origin"] == "*"
        assert "x-gladia-key" in headers["access-control-allow-headers"]


@covers("gladia.answer.init.url", "gladia.answer.init.id", "gladia.answer.init.created_at", "gladia.query.token")
def test_the_address_is_the_one_that_the_client_has_used() -> None:
    with over_emulator() as (served, _service):
        headers = {"x-gladia-key": KEY, "host": "gladia.example:8443"}
        _status, _headers, answer = http("POST", f"{served.url}/v2/live", b"{}", headers)
        assert answer["url"].startswith("ws://gladia.example:8443/v2/live?token=")
        assert sorted(answer) == ["created_at", "id", "url"]
    with over_emulator(public_url="https://speech.example/gladia/") as (served, _service):
        assert served.session().startswith("wss://speech.example/gladia/v2/live?token=")


def test_what_is_not_valid_is_refused_without_a_session_upstream() -> None:
    with over_emulator() as (served, service):
        status, _headers, answer = served.post(b'{"sample_rate": 1}')
        assert status == 400
        assert answer["validation_errors"][0].startswith("sample_rate must be")
        status, _headers, answer = served.post(b'{"realtime_processing": {"translation": true}}')
        assert status == 400
        assert answer["validation_errors"] == [
            "realtime_processing.translation must be false: AssemblyAI's streaming has no translation "
            "(sttbridge --on-absent warn,translation=ignore goes on without it)"
        ]
        status, _headers, answer = served.post(b"x" * (2**20 + 1))
        assert (status, answer["statusCode"]) == (413, 413)
        assert service.sessions == []
        assert served.sessions.open == 0


@covers("gladia.close.4403", "gladia.status.403 at the upgrade", "gladia.query.token")
def test_an_unknown_token_is_refused_and_a_finished_one_closed_with_4403() -> None:
    with over_emulator() as (served, _service):
        address = served.url.replace("http", "ws")
        with pytest.raises(InvalidStatus) as refused:
            connect(f"{address}/v2/live?token=nobody")
        assert refused.value.response.status_code == 403
        url = served.session()
        client = connect(url)
        client.send(STOP)
        assert until_close(client)[1] == 1000
        served.wait_until_nothing_is_open()
        assert until_close(connect(url)) == ([], 4403, "the session has ended")


@covers("gladia.close.4409")
@difference("D16")
def test_a_second_connection_takes_the_session_over() -> None:
    with over_emulator() as (served, _service):
        url = served.session(LIFECYCLE)
        first = connect(url)
        until(first, lambda message: message["type"] == "start_recording")
        second = connect(url)
        assert until_close(first)[1] == 4409
        second.send(STOP)
        assert until_close(second)[1] == 1000


@covers("gladia.header.sec-websocket-extensions")
def test_no_compression_on_either_side() -> None:
    seen: list[dict[str, str]] = []

    async def look(socket: web.WebSocketResponse, request: web.Request) -> None:
        seen.append({name.lower(): value for name, value in request.headers.items()})
        seen[-1]["url"] = str(request.url)
        await _begin_and_listen(socket, request)

    with over_script(look) as served:
        client = connect(served.session(), compression="deflate")
        assert client.response is not None
        assert "sec-websocket-extensions" not in client.response.headers
        client.close()
    assert "sec-websocket-extensions" not in seen[0]
    assert seen[0]["authorization"] == KEY
    assert KEY not in seen[0]["url"]


# --- keys ----------------------------------------------------------------------------------------


@covers("gladia.header.x-gladia-key", "gladia.status.401")
@difference("D1")
def test_a_wrong_key_is_refused_in_one_clear_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with over_emulator() as (served, service):
        status, _headers, answer = served.post(key="not-the-right-key")
        assert (status, answer["statusCode"]) == (401, 401)
        assert answer["message"] == "Unauthorized Connection: Invalid API key"
        status, _headers, answer = served.post(key=None)
        assert (status, answer["message"]) == (401, "no gladia key provided")
        status, _headers, answer = served.post(key="näh")
        assert (status, answer["message"]) == (401, "gladia user not found")
        wait_for(lambda: service.open_sockets == 0)
        served.wait_until_nothing_is_open()
    [line] = [record.getMessage() for record in caplog.records if "Invalid API key" in record.getMessage()]
    assert "127.0.0.1:" in line
    assert "not-the-right-key" not in caplog.text


def test_with_gateway_keys_the_clients_key_stays_here() -> None:
    settings = {"gateway_keys": frozenset({"one-of-ours", "another"}), "upstream_key": KEY}
    with over_emulator(**settings) as (served, _service):
        for wrong in (KEY, "one-of-our", "näh"):
            status, _headers, answer = served.post(key=wrong)
            assert (status, answer["message"]) == (401, "gladia user not found")
        assert served.post(key="another")[0] == 201


def test_with_an_upstream_key_alone_the_programs_key_goes_nowhere() -> None:
    with over_emulator(upstream_key=KEY) as (served, _service):
        assert served.post(key="a-gladia-key")[0] == 201
        assert served.post(key=None)[0] == 401


def test_a_fast_clock_does_not_hurry_the_upstream() -> None:
    async def refuse(socket: web.WebSocketResponse, _request: web.Request) -> None:
        await asyncio.sleep(0.3)  # 30 s of the run
        await socket.send_str(encode(assemblyai.Error(error_code=1008, error="no such key")))

    with over_script(refuse, speed=100) as served:
        assert served.post()[0] == 401


def test_a_key_that_the_upstream_repeats_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def tell(socket: web.WebSocketResponse, request: web.Request) -> None:
        key = request.headers["authorization"]
        await socket.send_str(encode(assemblyai.Error(error_code=1008, error=f"key {key}\nis bad")))

    with over_script(tell) as served:
        served.post(key="a-very-secret-key")
    assert "key [key] is bad" in caplog.text
    assert "a-very-secret-key" not in caplog.text


# --- upstreams that misbehave --------------------------------------------------------------------


async def _begin_and_listen(socket: web.WebSocketResponse, _request: web.Request) -> None:
    """Begins, and listens until the other side closes."""
    await socket.send_str(BEGIN)
    async for _message in socket:
        pass


@covers("gladia.status.503")
def test_an_upstream_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with gateway(f"ws://127.0.0.1:{port}", Clock(SPEED)) as served:
        status, _headers, answer = served.post()
        assert (status, answer["message"]) == (503, "the service that does the work could not be reached")
        served.wait_until_nothing_is_open()
    assert f"127.0.0.1:{port}: failed: it cannot be reached: Connection refused" in caplog.text


def test_an_upstream_whose_name_is_unknown(caplog: pytest.LogCaptureFixture) -> None:
    with gateway("wss://upstream.invalid", Clock(SPEED)) as served:
        assert served.post()[0] == 503
    assert "upstream.invalid: failed: its name is not known" in caplog.text


@pytest.mark.parametrize(("upstream", "status"), [(500, 503), (404, 503), (200, 503), (401, 401), (429, 429)])
@covers("assemblyai.service.HTTP 401", "assemblyai.service.HTTP 429", "assemblyai.service.HTTP 5xx")
def test_an_upstream_that_refuses_the_upgrade(upstream: int, status: int, caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=upstream)

    with over_http(refuse) as served:
        assert served.post()[0] == status
        served.wait_until_nothing_is_open()
    assert f"it refused the socket with HTTP {upstream}" in caplog.text


def test_an_upstream_that_does_not_answer_the_upgrade(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(gateway_upstream, "CONNECT_SECONDS", 0.5)
    with (
        sockets.create_server(("127.0.0.1", 0)) as deaf,
        gateway(f"ws://127.0.0.1:{deaf.getsockname()[1]}", Clock(0.1)) as served,
    ):
        assert served.post()[0] == 503
        served.wait_until_nothing_is_open()
    assert "it did not answer within 0.5 s" in caplog.text


@covers("assemblyai.service.nothing at all")
def test_an_upstream_that_never_begins_closes_the_client(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bridge_module, "ANSWER_WITHIN", 0.2)
    monkeypatch.setattr(upstream_module, "BEGIN_WITHIN", 0.5)

    async def wait(socket: web.WebSocketResponse, _request: web.Request) -> None:
        async for _message in socket:
            pass

    with over_script(wait) as served:
        client = connect(served.session())  # accepted without `Begin`
        _messages, code, reason = until_close(client)
        assert (code, reason) == (4490, "the connection to the service that does the work was lost")
        served.wait_until_nothing_is_open()
    assert "no Begin within 0.5 s" in caplog.text


@covers("assemblyai.service.1008", "gladia.close.4401")
def test_an_upstream_that_refuses_late_closes_the_client_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "ANSWER_WITHIN", 0.2)
    may_refuse = threading.Event()

    async def refuse(socket: web.WebSocketResponse, _request: web.Request) -> None:
        await asyncio.to_thread(may_refuse.wait, 20)
        await socket.send_str(encode(assemblyai.Error(error_code=1008, error="no such key")))
        async for _message in socket:
            pass

    with over_script(refuse) as served:
        waiting = connect(served.session())
        late = served.session()
        may_refuse.set()
        assert until_close(waiting)[1:] == (4401, "no such key")
        wait_for(lambda: served.sessions.open == 1)
        assert until_close(connect(late))[1:] == (4401, "no such key")
        served.wait_until_nothing_is_open()


@pytest.mark.parametrize("way", ["drops", "closes"])
@covers("gladia.close.4490", "gladia.close.4500-4599")
@difference("D8")
def test_an_upstream_that_goes_again_and_again(
    way: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", (0.0, 0.05))
    opened = []

    async def go(socket: web.WebSocketResponse, request: web.Request) -> None:
        opened.append(request)
        await socket.send_str(BEGIN)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                break
        if way == "drops":
            assert request.transport is not None
            request.transport.abort()
        else:
            await socket.close(code=1011, message=b"oops")

    with over_script(go) as served:
        client = connect(served.session())
        client.send(SPEECH[:6400])
        _messages, code, reason = until_close(client)
        assert code == 4490
        assert reason
        served.wait_until_nothing_is_open()
    assert len(opened) == 3
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    expected = "it closed with 1006" if way == "drops" else "it closed with 1011 oops"
    assert [record.getMessage().endswith(expected) for record in records] == [True] * 3


def test_an_upstream_that_takes_no_audio_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_sockets, "CLOSE_SECONDS", 0.3)
    monkeypatch.setattr(upstream_module, "TERMINATION_WITHIN", 0.3)
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", ())
    may_end = threading.Event()

    async def stall(socket: web.WebSocketResponse, _request: web.Request) -> None:
        await socket.send_str(BEGIN)
        await asyncio.to_thread(may_end.wait, 20)

    with over_script(stall, speed=500, grace=0.1) as served:
        body = json.dumps({"sample_rate": 48_000}).encode()
        client = connect(served.session(body))
        for _ in range(20):
            client.send(bytes(2**20))
        client.socket.shutdown(sockets.SHUT_RDWR)
        served.wait_until_nothing_is_open()
        may_end.set()


# --- clients that misbehave ----------------------------------------------------------------------


@covers("gladia.client.the same address again")
def test_a_client_that_drops_and_stays_away_ends_the_session_upstream() -> None:
    with over_emulator(grace=0.2) as (served, service):
        client = connect(served.session())
        client.send(SPEECH[:32_000])
        until(client, lambda message: message["type"] == "audio_chunk")
        client.socket.shutdown(sockets.SHUT_RDWR)
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)
        assert service.sessions[0].received["Terminate"] == 1


@covers("gladia.client.close 1000")
def test_a_client_that_only_closes_has_its_job_finished() -> None:
    with over_emulator() as (served, service):
        client = connect(served.session())
        client.send(SPEECH)
        client.close()
        served.wait_until_nothing_is_open()
        [record] = service.sessions
        assert record.audio_bytes == len(SPEECH)
        assert record.received["Terminate"] == 1


@covers("gladia.close.4400")
@difference("D16")
def test_a_bad_message_is_closed_with_4400() -> None:
    with over_emulator() as (served, service):
        client = connect(served.session())
        client.send('{"type":"bogus"}')
        assert until_close(client)[1] == 4400
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sessions == 0)


def test_a_client_that_never_reads_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_sockets, "MOST_WAITING", 2**20)
    monkeypatch.setattr(gateway_sockets, "CLOSE_SECONDS", 0.5)
    monkeypatch.setattr(upstream_module, "TERMINATION_WITHIN", 0.3)
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", ())
    text = "so " * 20_000

    async def talk(socket: web.WebSocketResponse, _request: web.Request) -> None:
        await socket.send_str(BEGIN)
        order = 0
        while not socket.closed:
            turn = assemblyai.Turn(
                turn_order=order,
                turn_is_formatted=True,
                end_of_turn=True,
                transcript=text,
                end_of_turn_confidence=1.0,
                words=[],
            )
            order += 1
            try:
                await socket.send_str(encode(turn))
            except ConnectionError:
                return

    with over_script(talk, speed=0.1, grace=0.1) as served:
        client = sockets.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2])))
        path = served.session().partition("/v2/")[2]
        client.sendall(
            f"GET /v2/{path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        served.wait_until_nothing_is_open()
        client.close()


def test_a_client_that_does_not_answer_the_close_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_sockets, "CLOSE_SECONDS", 0.3)
    with over_emulator() as (served, _service):
        path = served.session().partition("/v2/")[2]
        client = sockets.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2])))
        client.sendall(
            f"GET /v2/{path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        client.sendall(b"\x81\x82\0\0\0\0no")  # a text frame that is no JSON
        served.wait_until_nothing_is_open()
        client.close()


def test_a_client_that_is_far_ahead_is_not_read_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", ())
    monkeypatch.setattr(bridge_module, "LONGEST_BACKLOG", 20.0)
    monkeypatch.setattr(bridge_module, "RESUME_BACKLOG", 19.0)
    monkeypatch.setattr(gateway_sockets, "CLOSE_SECONDS", 1.0)
    may_go = threading.Event()

    async def go_later(socket: web.WebSocketResponse, request: web.Request) -> None:
        await socket.send_str(BEGIN)
        await asyncio.to_thread(may_go.wait, 20)
        assert request.transport is not None
        request.transport.abort()

    with over_script(go_later, speed=0.1) as served:
        client = connect(served.session())
        sent: list[int] = []

        def send() -> None:
            with contextlib.suppress(ConnectionClosed):
                for number in range(64):
                    client.send(bytes(2**20))
                    sent.append(number)

        sending = threading.Thread(target=send)
        sending.start()
        pause, progress = threading.Event(), -1
        while progress < len(sent) < 64:
            progress = len(sent)
            pause.wait(0.5)
        assert len(sent) < 64  # the rest waits in the client
        may_go.set()  # the end is told to a client that is not read, too
        served.wait_until_nothing_is_open()
        sending.join(20)


@covers("gladia.limit.audio faster than real time")
def test_a_client_that_was_far_ahead_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "LONGEST_BACKLOG", 1.0)
    monkeypatch.setattr(bridge_module, "RESUME_BACKLOG", 0.5)
    with over_emulator() as (served, service):
        client = connect(served.session())
        for frame in pieces(SPEECH, 6400):
            client.send(frame)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert (code, finals(messages)) == (1000, SENTENCES)
        assert service.sessions[0].audio_bytes == len(SPEECH)


# --- the gateway's own end and faults ------------------------------------------------------------


@covers("gladia.close.1001")
def test_the_end_of_the_gateway_is_told_to_both_sides() -> None:
    service = emulation(speed=SPEED)
    with serve("assemblyai", service) as host:
        with gateway(f"ws://{host}", service.clock) as served:
            client = connect(served.session())
            client.send(SPEECH[:6400])
            until(client, lambda message: message["type"] == "audio_chunk")
        assert until_close(client)[1:] == (1001, "the gateway is shutting down")
        wait_for(lambda: service.open_sockets == 0)
        assert service.sessions[0].received["Terminate"] == 1


def test_a_fault_of_the_gateway_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_bridge: GladiaOverAssemblyAI, _frame: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(GladiaOverAssemblyAI, "client_said", fail)
    with over_emulator() as (served, service):
        client = connect(served.session())
        client.send(SPEECH[:6400])
        assert until_close(client)[1] == 4490
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)
    assert "the gateway failed" in caplog.text


@covers("gladia.status.500")
def test_a_fault_before_the_answer_is_a_500(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_bridge: GladiaOverAssemblyAI) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(GladiaOverAssemblyAI, "upstream_opened", fail)
    with over_emulator() as (served, service):
        assert served.post()[0] == 500
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)


@pytest.mark.parametrize(
    ("query", "host"),
    [
        ("", "streaming.assemblyai.com"),
        ("?region=eu-west", "streaming.eu.assemblyai.com"),
        ("?region=us-west", "streaming.us.assemblyai.com"),
    ],
)
@covers("gladia.query.region")
def test_the_vendors_own_host_is_the_default(query: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(_http: object, url: str, *_more: object, **_names: object) -> None:
        asked.append(url)
        raise aiohttp.ClientConnectionError("not in a test")

    monkeypatch.setattr(aiohttp.ClientSession, "ws_connect", refuse)
    with gateway(None, Clock(SPEED)) as served:
        assert served.post(query=query)[0] == 503
    assert asked[0].startswith(f"wss://{host}/v3/ws?speech_model=")


def test_a_region_does_not_lead_away_from_the_upstream_that_is_given(caplog: pytest.LogCaptureFixture) -> None:
    with over_emulator(on_absent="warn,region=warn") as (served, _service):
        assert served.post(query="?region=eu-west")[0] == 201
        assert "eu-west" in caplog.text
        assert served.post(query="?region=moon")[0] == 400


def test_a_region_that_cannot_be_kept_is_refused() -> None:
    with over_emulator() as (served, service):
        status, _headers, answer = served.post(query="?region=eu-west")
        assert (status, answer["validation_errors"]) == (
            400,
            [
                "region must not be sent: the gateway was given an upstream, which need not be in eu-west "
                "(sttbridge --on-absent warn,region=ignore goes on without it)"
            ],
        )
        assert service.sessions == []
