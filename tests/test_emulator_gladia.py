"""The local Gladia, met by raw clients and by Gladia's own SDK over real sockets."""

import asyncio
import base64
import contextlib
import io
import json
import logging
import socket as plain_socket
import ssl
import threading
import wave
from collections.abc import Iterator
from typing import Any

import gladiaio_sdk
import pytest
import trustme
from aiohttp import web
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from shim.emulator import EMULATORS
from shim.emulator.emulation import Emulation
from shim.emulator.transcript import Transcript
from shim.serving import LocalServer
from tests.emulated_services import (
    KEY,
    RATE,
    RECORDING,
    MovedClock,
    connect,
    emulation,
    http,
    serve,
    silence,
    until,
    until_close,
    utterance,
    wait_for,
)

STOP = '{"type": "stop_recording"}'


@pytest.fixture
def played() -> Emulation:
    return emulation()


@pytest.fixture
def where(played: Emulation) -> Iterator[str]:
    with serve("gladia", played) as address:
        yield address


@pytest.fixture
def gate() -> threading.Event:
    """Opens the emulator of `gated`."""
    return threading.Event()


@pytest.fixture
def gated(played: Emulation, gate: threading.Event) -> Iterator[str]:
    """An emulator that answers nothing before its gate is opened.

    The SDK's thread runs from `start_session` on: without this it might be faster than the handlers' registration.
    """

    @web.middleware
    async def wait(request: web.Request, handler: Any) -> Any:
        await asyncio.to_thread(gate.wait, 20)
        return await handler(request)

    def make_app() -> web.Application:
        app = EMULATORS["gladia"](played)
        app.middlewares.append(wait)
        return app

    with LocalServer(make_app, name="gladia-emulator") as server:
        yield f"{server.host}:{server.port}"


def post(where: str, body: Any = None, key: str | None = KEY) -> tuple[int, Any]:
    headers = {"content-type": "application/json", **({"X-Gladia-Key": key} if key is not None else {})}
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    status, _headers, answer = http("POST", f"http://{where}/v2/live", content, headers)
    return status, answer


def open_session(where: str, **body: Any) -> ClientConnection:
    status, answer = post(where, body)
    assert status == 201, answer
    return connect(answer["url"])


def flags(**on: bool) -> dict[str, bool]:
    """A messages_config in which only these are on."""
    every = ("partial_transcripts", "final_transcripts", "speech_events", "post_processing_events", "acknowledgments")
    return {f"receive_{name}": on.get(name, False) for name in (*every, "lifecycle_events")}


def play(socket: ClientConnection, seconds: float, chunk: float = 0.2, rate: int = RATE) -> list[Any]:
    """Sends so much audio and the stop; gives every message."""
    for _number in range(round(seconds / chunk)):
        socket.send(silence(chunk, rate))
    socket.send(STOP)
    messages, code, _reason = until_close(socket)
    assert code == 1000
    return messages


def summary(messages: list[Any]) -> list[str]:
    """One word or text a message."""
    shown = []
    for message in messages:
        if message["type"] == "transcript":
            mark = "." if message["data"]["is_final"] else "~"
            shown.append(f"{mark}{message['data']['utterance']['text']}")
        else:
            shown.append(message["type"])
    return shown


class TestHttp:
    def test_a_session_is_created(self, where: str, played: Emulation) -> None:
        status, headers, answer = http(
            "POST", f"http://{where}/v2/live?region=eu-west", b'{"sample_rate": 8000}', {"x-gladia-key": KEY}
        )
        assert status == 201
        assert headers["content-type"] == "application/json"
        assert headers["access-control-allow-origin"] == "*"
        assert set(answer) == {"id", "created_at", "url"}
        assert answer["url"].startswith(f"ws://{where}/v2/live?token=")
        assert played.sessions[0].id == answer["id"]
        assert played.sessions[0].asked_for == {"sample_rate": 8000}
        assert played.open_sessions == 1

    def test_behind_tls_the_address_is_the_host_that_was_asked(self) -> None:
        authority = trustme.CA()
        server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("api.gladia.io").configure_cert(server_tls)
        client_tls = ssl.create_default_context()
        authority.configure_trust(client_tls)
        with LocalServer(lambda: EMULATORS["gladia"](emulation()), tls=server_tls) as server:
            raw = plain_socket.create_connection((server.host, server.port), timeout=20)
            with client_tls.wrap_socket(raw, server_hostname="api.gladia.io") as secure:
                request = f"POST /v2/live HTTP/1.1\r\nHost: api.gladia.io\r\nx-gladia-key: {KEY}\r\n"
                secure.sendall(f"{request}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode())
                answer = b"".join(iter(lambda: secure.recv(65536), b""))
        body = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert body["url"].startswith("wss://api.gladia.io/v2/live?token=")

    @pytest.mark.parametrize(
        ("key", "message"), [(None, "no gladia key provided"), ("another", "gladia user not found")]
    )
    def test_a_bad_key(self, where: str, key: str | None, message: str) -> None:
        status, answer = post(where, key=key)
        assert status == 401
        assert answer["message"] == message
        assert (answer["statusCode"], answer["path"]) == (401, "/v2/live")
        assert answer["request_id"].startswith("G-")
        assert answer["timestamp"].endswith("Z")
        assert "validation_errors" not in answer

    def test_any_key_where_none_is_set(self) -> None:
        with serve("gladia", emulation(key=None)) as where:
            assert post(where, key="whatever")[0] == 201
            assert post(where, key=None)[0] == 401

    def test_a_bad_body(self, where: str, played: Emulation) -> None:
        status, answer = post(where, {"sample_rate": 22050, "region": "eu-west"})
        assert status == 400
        assert answer["message"] == "Bad request"
        assert [error.split()[0] for error in answer["validation_errors"]] == ["sample_rate", "region"]
        assert post(where, b"{")[0] == 400
        assert played.sessions == []
        assert played.refused == {"400": 2}

    @pytest.mark.parametrize("config", [{}, {"callback_config": {"url": "https://example.org/hook"}}])
    def test_nobody_else_is_called(self, where: str, config: dict[str, Any]) -> None:
        status, answer = post(where, {"callback": True, **config})
        assert status == 400
        assert answer["validation_errors"] == [
            "callback_config.url must be on this machine: the sttbridge emulator calls nobody else"
        ]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v2/nope"),
            ("PUT", "/v2/live"),
            ("DELETE", "/v2/live"),
            ("POST", "/health"),
            ("GET", "/"),
            ("POST", "/v2/live/"),
        ],
    )
    def test_an_unknown_path_or_method(self, where: str, method: str, path: str) -> None:
        status, headers, answer = http(method, f"http://{where}{path}")
        assert status == 404
        assert headers["content-type"] == "application/json"
        assert answer["message"] == f"Cannot {method} {path}"
        assert answer["path"] == path

    def test_a_body_that_is_too_large(self, where: str) -> None:
        status, answer = post(where, b'{"custom_metadata": "' + b"x" * 2**21 + b'"}')
        assert status == 413
        assert answer["statusCode"] == 413

    def test_health(self, where: str) -> None:
        assert http("GET", f"http://{where}/health")[::2] == (200, {"health": "OK"})

    def test_a_browser_may_ask_first(self, where: str) -> None:
        asked = {"access-control-request-method": "POST", "origin": "https://example.org"}
        status, headers, _answer = http("OPTIONS", f"http://{where}/v2/live", headers=asked)
        assert status == 204
        assert "x-gladia-key" in headers["access-control-allow-headers"]


class TestSession:
    def test_the_default_messages_in_their_order(self, where: str) -> None:
        messages = play(open_session(where), 5)
        session_ids = {message["session_id"] for message in messages}
        assert len(session_ids) == 1
        assert summary([message for message in messages if message["type"] != "audio_chunk"]) == [
            "speech_start",
            "speech_end",
            ". Hello world.",
            "speech_start",
            "speech_end",
            ". Book a table",
            "speech_start",
            "speech_end",
            ". for two.",
            "stop_recording",
            "post_transcript",
            "post_final_transcript",
        ]

    def test_a_final_as_it_is_on_the_wire(self, where: str) -> None:
        messages = play(open_session(where, messages_config=flags(final_transcripts=True)), 5)
        assert [message["data"]["id"] for message in messages] == ["00_00000000", "00_00000001", "00_00000002"]
        assert messages[0]["data"] == {
            "id": "00_00000000",
            "is_final": True,
            "utterance": {
                "text": " Hello world.",
                "start": 0.4,
                "end": 1.2,
                "language": "en",
                "confidence": 0.9,
                "channel": 0,
                "words": [
                    {"word": " Hello", "start": 0.4, "end": 0.7, "confidence": 0.9},
                    {"word": " world.", "start": 0.8, "end": 1.2, "confidence": 0.9},
                ],
            },
        }
        assert messages[0]["created_at"].endswith("Z")

    def test_partials_share_the_id_of_their_final(self, where: str) -> None:
        wanted = flags(partial_transcripts=True, final_transcripts=True)
        messages = play(open_session(where, messages_config=wanted, endpointing=1), 5)
        assert [
            (message["data"]["id"][-1], text) for message, text in zip(messages, summary(messages), strict=True)
        ] == [
            ("0", "~ Hello"),
            ("0", "~ Hello world."),
            ("0", "~ Hello world. Book"),
            ("0", "~ Hello world. Book a"),
            ("0", "~ Hello world. Book a table"),
            ("0", "~ Hello world. Book a table for"),
            ("0", "~ Hello world. Book a table for two."),
            ("0", ". Hello world. Book a table for two."),
        ]

    def test_endpointing_decides_where_an_utterance_ends(self, where: str) -> None:
        messages = play(open_session(where, messages_config=flags(final_transcripts=True), endpointing=0.6), 5)
        assert summary(messages) == [". Hello world.", ". Book a table for two."]

    def test_the_longest_utterance_is_cut(self) -> None:
        counting = utterance(*((f"{number}", number, number + 0.9) for number in range(8)))
        with serve("gladia", emulation(Transcript([counting]))) as where:
            messages = play(open_session(where, messages_config=flags(final_transcripts=True, speech_events=True)), 9)
        assert summary(messages) == ["speech_start", ". 0 1 2 3 4", "speech_end", ". 5 6 7"]
        assert messages[2]["data"] == {"time": 7.9, "channel": 0}

    @pytest.mark.parametrize(
        ("flag", "types"),
        [
            ("speech_events", {"speech_start", "speech_end"}),
            ("post_processing_events", {"post_transcript", "post_final_transcript"}),
            ("acknowledgments", {"audio_chunk", "stop_recording"}),
            ("lifecycle_events", {"start_recording", "end_recording", "end_session"}),
        ],
    )
    def test_each_flag_alone(self, where: str, flag: str, types: set[str]) -> None:
        messages = play(open_session(where, messages_config=flags(**{flag: True})), 5)
        assert {message["type"] for message in messages} == types

    def test_the_end_in_its_order(self, where: str) -> None:
        wanted = dict.fromkeys(flags(), True)
        messages = play(open_session(where, messages_config=wanted), 5)
        assert messages[0]["type"] == "start_recording"
        assert summary(messages)[-5:] == [
            "stop_recording",
            "end_recording",
            "post_transcript",
            "post_final_transcript",
            "end_session",
        ]
        stopped, ended, text, result, _last = (message.get("data") for message in messages[-5:])
        assert stopped == {"recording_duration": 5.0, "recording_left_to_process": 0.0}
        assert ended == {"recording_duration": 5.0}
        assert text["full_transcript"] == "Hello world. Book a table for two."
        assert text["languages"] == ["en"]
        assert [said["text"] for said in text["utterances"]] == [" Hello world.", " Book a table", " for two."]
        assert result["transcription"] == text
        assert result["metadata"]["audio_duration"] == result["metadata"]["billing_time"] == 5.0

    def test_a_stop_in_mid_utterance_gives_the_words_so_far(self, where: str) -> None:
        socket = open_session(where)
        for _number in range(24):
            socket.send(silence(0.1))  # 2.4 s: "Book" was heard, "a" not yet
        socket.send(STOP)
        socket.send(silence(5))  # too late, and not an error
        messages, code, _reason = until_close(socket)
        assert code == 1000
        after = summary(messages)[summary(messages).index("stop_recording") :]
        assert after == ["stop_recording", "speech_end", ". Book", "post_transcript", "post_final_transcript"]
        assert messages[-1]["data"]["metadata"]["audio_duration"] == 2.4

    def test_a_stop_without_audio(self, where: str) -> None:
        messages = play(open_session(where), 0)
        assert summary(messages) == ["stop_recording", "post_transcript", "post_final_transcript"]
        assert messages[1]["data"] == {"full_transcript": "", "languages": [], "utterances": []}

    def test_acknowledgements_are_half_open_and_count_everything(self, where: str) -> None:
        socket = open_session(where, messages_config=flags(acknowledgments=True))
        chunks = [silence(0.1), silence(0.25), b"", silence(3)]
        for chunk in chunks[:2]:
            socket.send(chunk)
        for chunk in chunks[2:]:
            socket.send(json.dumps({"type": "audio_chunk", "data": {"chunk": base64.b64encode(chunk).decode()}}))
        messages = until(socket, lambda message: message["data"]["byte_range"][1] == 107_200)
        assert [message["data"]["byte_range"] for message in messages] == [
            [0, 3200],
            [3200, 11_200],
            [11_200, 11_200],
            [11_200, 107_200],
        ]
        assert messages[1]["data"]["time_range"] == [0.1, 0.35]
        assert all(message["acknowledged"] is True and message["error"] is None for message in messages)
        socket.close()

    def test_audio_at_any_speed_and_in_any_size_gives_the_same_text(self, where: str) -> None:
        wanted = flags(partial_transcripts=True, final_transcripts=True, speech_events=True)
        said = [summary(play(open_session(where, messages_config=wanted), 5, chunk)) for chunk in (0.02, 0.2, 2.5, 5)]
        assert said[0] == said[1] == said[2] == said[3]

    @pytest.mark.parametrize(
        ("asked", "rate"),
        [
            ({"encoding": "wav/ulaw", "sample_rate": 8000}, 8000),
            ({"bit_depth": 24, "sample_rate": 48000}, 144_000),
            ({"encoding": "wav/alaw", "bit_depth": 8, "sample_rate": 44100}, 44_100),
        ],
    )
    def test_other_formats_are_counted_rightly(self, where: str, asked: Any, rate: int) -> None:
        messages = play(open_session(where, **asked), 5, rate=rate)
        assert messages[-1]["data"]["metadata"]["audio_duration"] == 5.0
        assert messages[-1]["data"]["transcription"]["full_transcript"].endswith("for two.")

    def test_channels_are_played_each_on_its_own(self) -> None:
        recording = Transcript([utterance(("Left.", 0.5, 1)), utterance(("Right.", 0.2, 0.6), channel=1)])
        with serve("gladia", emulation(recording)) as where:
            messages = play(
                open_session(where, channels=2, messages_config=flags(final_transcripts=True)), 2, rate=2 * RATE
            )
            mono = play(open_session(where, messages_config=flags(final_transcripts=True)), 2)
        assert [(message["data"]["id"], summary([message])[0]) for message in messages] == [
            ("01_00000000", ". Right."),
            ("00_00000000", ". Left."),
        ]
        assert summary(mono) == [". Left."]

    def test_the_configured_language_is_the_language(self, where: str) -> None:
        wanted = flags(final_transcripts=True, post_processing_events=True)
        messages = play(open_session(where, language_config={"languages": ["fr"]}, messages_config=wanted), 5)
        assert messages[0]["data"]["utterance"]["language"] == "fr"
        assert messages[-1]["data"]["transcription"]["languages"] == ["fr"]

    def test_what_was_seen_can_be_looked_at(self, where: str, played: Emulation) -> None:
        play(open_session(where), 5)
        record = played.sessions[0]
        assert (record.audio_bytes, record.audio_seconds) == (5 * RATE, 5.0)
        assert list(record.message_milliseconds) == [200.0] * 25
        assert record.received == {"binary": 25, "stop_recording": 1}
        assert (record.close_code, record.is_open) == (1000, False)
        assert (played.sessions_so_far, played.open_sessions) == (1, 0)


class TestCloses:
    @pytest.mark.parametrize(
        "frame",
        [
            "{",
            "[]",
            '{"type": "Terminate"}',
            '{"type": "audio_chunk"}',
            '{"type": "audio_chunk", "data": {"chunk": "AAA"}}',
            '{"type": "audio_chunk", "data": {"chunk": "é%s"}}' % ("é" * 200),
            '{"type": "%s"}' % ("é" * 200),
            '{"type": "x%s"}' % ("é" * 200),  # in one of the two the close frame's text would end within a character
        ],
    )
    def test_a_bad_message(self, where: str, played: Emulation, frame: str) -> None:
        socket = open_session(where)
        socket.send(frame)
        _messages, code, reason = until_close(socket)
        assert code == 4400
        assert reason.startswith("Bad message: ")
        assert played.open_sessions == 0

    def test_a_finished_job(self, where: str) -> None:
        _status, answer = post(where)
        play(connect(answer["url"]), 1)
        assert until_close(connect(answer["url"]))[1] == 4403

    def test_an_unknown_token(self, where: str) -> None:
        for url in (f"ws://{where}/v2/live?token=nope", f"ws://{where}/v2/live"):
            with pytest.raises(InvalidStatus) as caught:
                connect(url)
            assert caught.value.response.status_code == 403

    def test_a_client_without_audio(self) -> None:
        with serve("gladia", emulation(speed=200)) as where:
            _status, answer = post(where)
            assert until_close(connect(answer["url"]))[1] == 4408
            assert until_close(connect(answer["url"]))[1] == 4403

    def test_an_empty_chunk_keeps_a_client_alive(self) -> None:
        played = emulation(speed=20)
        with serve("gladia", played) as where:
            socket = open_session(where)
            began = played.clock.now()
            while played.clock.now() < began + 40:
                socket.send('{"type": "audio_chunk", "data": {"chunk": ""}}')
                until(socket, lambda message: message["type"] == "audio_chunk")
                played.clock.wait(5)
            socket.send(STOP)
            assert until_close(socket)[1] == 1000

    @pytest.mark.parametrize("still_sends", [True, False])
    def test_a_minute_without_text_ends_the_socket_and_not_the_session(self, still_sends: bool) -> None:
        played = emulation()
        played.clock = clock = MovedClock(1000)  # it stands; the emulator looks often whether it does
        with serve("gladia", played) as where:
            _status, answer = post(where, {"messages_config": flags(final_transcripts=True)})
            clock.moved_to = 50.0
            socket = connect(answer["url"])
            wait_for(lambda: played.open_sockets == 1)
            clock.moved_to = 70.0
            socket.send(silence(1))  # some text, though none that the client asked for
            wait_for(lambda: played.sessions[0].audio_seconds == 1)
            for moved_to, heard in ((95.0, 1.05), (120.0, 1.1)):
                clock.moved_to = moved_to
                socket.send(silence(0.05))
                wait_for(lambda heard=heard: played.sessions[0].audio_seconds == heard)
            clock.moved_to = 130.0
            if still_sends:
                with contextlib.suppress(ConnectionClosed):  # it may have been faster
                    socket.send(silence(0.05))
            assert until_close(socket) == ([], 4504, "No text for too long")
            assert (played.open_sessions, played.unfinished_sessions) == (0, 1)
            finals = [text for text in summary(play(connect(answer["url"]), 4)) if text.startswith(".")]
        assert finals == [". Hello world.", ". Book a table", ". for two."]
        assert played.unfinished_sessions == 0

    def test_three_hours_are_the_end(self) -> None:
        played = emulation()
        played.clock = clock = MovedClock(1000)
        with serve("gladia", played) as where:
            socket = open_session(where)
            clock.moved_to = 3 * 3600 - 0.01
            socket.send(silence(5))
            wait_for(lambda: played.sessions[0].audio_seconds == 5)
            clock.moved_to = 3 * 3600
            messages, code, _reason = until_close(socket)
        assert code == 4410
        assert messages[-1]["data"]["transcription"]["full_transcript"] == "Hello world. Book a table for two."

    @pytest.mark.parametrize("cuts", [(1000,), (3, 5, 10, 40, 1000), (44, 1000)])
    def test_a_wav_header_is_received_and_is_no_audio(
        self, where: str, played: Emulation, cuts: tuple[int, ...]
    ) -> None:
        socket = open_session(where, messages_config=flags(acknowledgments=True, final_transcripts=True))
        content = io.BytesIO()
        with wave.open(content, "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(silence(5))
        stream, start = content.getvalue(), 0
        for cut in (*cuts, len(stream)):
            socket.send(stream[start:cut])
            start = cut
        socket.send(STOP)
        messages, code, _reason = until_close(socket)
        acknowledged = [message["data"]["byte_range"] for message in messages if message["type"] == "audio_chunk"]
        assert acknowledged[-1][1] == len(stream) == 5 * RATE + 44
        finals = [(text["data"]["utterance"]["start"]) for text in messages if text["type"] == "transcript"]
        assert (code, finals) == (1000, [0.4, 2.1, 3.4])
        assert (played.sessions[0].audio_bytes, played.sessions[0].audio_seconds) == (5 * RATE, 5.0)
        stopped = next(message for message in messages if message["type"] == "stop_recording")
        assert stopped["data"]["recording_duration"] == 5.0

    def test_a_frame_of_a_mebibyte_and_one_byte_more(self, where: str) -> None:
        socket = open_session(where, messages_config=flags(acknowledgments=True))
        socket.send(bytes(2**20))
        assert json.loads(socket.recv(timeout=20))["data"]["byte_range"] == [0, 2**20]
        socket.send(bytes(2**20 + 1))
        assert until_close(socket)[1] == 1009

    def test_a_close_with_1000_ends_the_recording(self, where: str, played: Emulation) -> None:
        _status, answer = post(where)
        socket = connect(answer["url"])
        socket.send(silence(1))
        socket.close(code=1000)
        assert until_close(connect(answer["url"]))[1] == 4403
        assert played.sessions[0].close_code == 1000

    @pytest.mark.parametrize("code", [1001, 4000])
    def test_another_close_leaves_the_session_to_be_resumed(self, where: str, code: int) -> None:
        _status, answer = post(where, {"messages_config": flags(acknowledgments=True, final_transcripts=True)})
        socket = connect(answer["url"])
        socket.send(silence(1))
        socket.recv(timeout=20)
        socket.close(code=code)
        messages = play(connect(answer["url"]), 4)
        assert messages[0]["data"]["byte_range"] == [RATE, RATE + RATE // 5]
        assert [text for text in summary(messages) if text.startswith(".")] == [
            ". Hello world.",
            ". Book a table",
            ". for two.",
        ]

    def test_a_dropped_connection_is_seen_and_can_be_resumed(self, where: str, played: Emulation) -> None:
        _status, answer = post(where)
        socket = connect(answer["url"])
        socket.send(silence(1))
        socket.recv(timeout=20)
        assert (played.open_sessions, played.open_sockets) == (1, 1)
        socket.socket.shutdown(plain_socket.SHUT_RDWR)
        wait_for(lambda: played.open_sockets == 0)
        assert (played.open_sessions, played.unfinished_sessions) == (0, 1)
        assert played.sessions[0].close_code == 1006
        assert play(connect(answer["url"]), 4)[-1]["data"]["metadata"]["audio_duration"] == 5.0
        assert played.unfinished_sessions == 0
        assert played.sessions[0].sockets == 2

    def test_a_session_that_nobody_resumes_in_time_is_over(self) -> None:
        played = emulation(speed=200)
        with serve("gladia", played) as where:
            _status, answer = post(where)
            connect(answer["url"]).close(code=1001)
            wait_for(lambda: played.open_sockets == 0)
            played.clock.wait(31)
            assert until_close(connect(answer["url"]))[1] == 4403

    def test_a_second_socket_takes_the_session_over(self, where: str) -> None:
        _status, answer = post(where, {"messages_config": flags(acknowledgments=True)})
        first = connect(answer["url"])
        first.send(silence(1))
        until(first, lambda message: message["type"] == "audio_chunk")
        second = connect(answer["url"])
        assert until_close(first)[1] == 4409
        second.send(silence(1))
        assert json.loads(second.recv(timeout=20))["data"]["byte_range"] == [RATE, 2 * RATE]
        second.close()

    def test_the_end_of_the_emulator_is_told_to_its_clients(self) -> None:
        with serve("gladia", emulation()) as where:
            socket = open_session(where)
            ended: list[int] = []
            reader = threading.Thread(target=lambda: ended.append(until_close(socket)[1]))
            reader.start()
        reader.join(20)
        assert ended == [1001]

    def test_compression_is_declined(self, where: str) -> None:
        socket = open_session(where)
        assert socket.protocol.extensions == []
        socket.close()


class TestTheSdk:
    def options(self, **more: Any) -> gladiaio_sdk.LiveV2InitRequest:
        return gladiaio_sdk.LiveV2InitRequest(**more)

    def test_the_sync_client(self, gated: str, gate: threading.Event) -> None:
        client = gladiaio_sdk.GladiaClient(api_key=KEY, api_url=f"http://{gated}")
        config = gladiaio_sdk.LiveV2MessagesConfig(receive_partial_transcripts=True, receive_lifecycle_events=True)
        session = client.live_v2().start_session(self.options(messages_config=config, endpointing=0.6))
        events: list[Any] = []
        messages: list[Any] = []
        session.on("message", messages.append)
        session.on("error", events.append)
        session.on("ended", events.append)
        gate.set()
        for _number in range(25):
            session.send_audio(silence(0.2))
        session.stop_recording()
        assert session.join(20)
        assert [(type(event).__name__, event.code) for event in events] == [("LiveV2EndedMessage", 1000)]
        finals = [
            message.data.utterance.text
            for message in messages
            if message.type == "transcript" and message.data.is_final
        ]
        assert finals == [" Hello world.", " Book a table for two."]
        types = [message.type for message in messages]
        assert types[:2] == ["start_session", "start_recording"]
        assert types.count("start_session") == 1
        assert types[-2:] == ["post_final_transcript", "end_session"]
        assert not any(isinstance(message, gladiaio_sdk.LiveV2UnknownWebSocketMessage) for message in messages)

    def test_the_async_client(self, where: str) -> None:
        async def run() -> list[str]:
            client = gladiaio_sdk.GladiaClient(api_key=KEY, api_url=f"http://{where}")
            session = client.live_v2_async().start_session(self.options())
            ended = asyncio.Event()
            finals: list[str] = []
            connected = asyncio.Event()

            @session.on("message")
            def message(message: Any) -> None:
                if message.type == "transcript" and message.data.is_final:
                    finals.append(message.data.utterance.text)

            session.on("connected", lambda _message: connected.set())
            session.on("ended", lambda _message: ended.set())
            await asyncio.wait_for(connected.wait(), 20)
            for _number in range(25):
                session.send_audio(silence(0.2))
            session.stop_recording()
            await asyncio.wait_for(ended.wait(), 20)
            return finals

        assert asyncio.run(run()) == [" Hello world.", " Book a table", " for two."]

    # The SDK raises the error once more in its own thread.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_wrong_key_is_an_error_and_an_end(self, gated: str, gate: threading.Event) -> None:
        client = gladiaio_sdk.GladiaClient(api_key="another", api_url=f"http://{gated}")
        session = client.live_v2().start_session(self.options())
        errors: list[Any] = []
        ended = threading.Event()
        session.on("error", errors.append)
        session.on("ended", lambda _message: ended.set())
        gate.set()
        assert ended.wait(20)
        assert session.join(20)
        assert "gladia user not found" in str(errors[0])

    def test_a_session_survives_a_lost_connection(self, gated: str, gate: threading.Event, played: Emulation) -> None:
        client = gladiaio_sdk.GladiaClient(api_key=KEY, api_url=f"http://{gated}")
        session = client.live_v2().start_session(self.options())
        finals: list[str] = []
        connections: list[Any] = []

        @session.on("message")
        def message(message: Any) -> None:
            if message.type == "transcript" and message.data.is_final:
                finals.append(message.data.utterance.text)

        session.on("connected", connections.append)
        gate.set()
        assert session.wait_until_ready(20)
        session.send_audio(silence(2))
        wait_for(lambda: finals)
        session._ws._ws.socket.shutdown(plain_socket.SHUT_RDWR)
        wait_for(lambda: len(connections) == 2)
        session.send_audio(silence(3))
        session.stop_recording()
        assert session.join(20)
        assert finals == [" Hello world.", " Book a table", " for two."]
        assert played.sessions[0].audio_seconds == 5.0


def test_no_key_is_ever_logged(caplog: pytest.LogCaptureFixture) -> None:
    played = emulation()
    with caplog.at_level(logging.DEBUG), serve("gladia", played) as where:
        answers = [post(where, key="a-wrong-key"), post(where, {"channels": 0}), post(where)]
        socket = connect(answers[-1][1]["url"])
        socket.send("{")
        until_close(socket)
    for secret in (KEY, "a-wrong-key"):
        assert secret not in caplog.text
        assert secret not in json.dumps(answers)
        assert secret not in repr(played)


def test_the_recording_of_these_tests_has_the_pauses_they_rely_on() -> None:
    first, second, third = RECORDING.utterances
    assert second.start - first.end == pytest.approx(0.9)
    assert third.start - second.end == pytest.approx(0.5)
