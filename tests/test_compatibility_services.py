"""What the service behind the shim may say, message by message and code by code, and what its client gets of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from websockets.exceptions import ConnectionClosed

from shim.bridges import assemblyai_upstream
from shim.wire import assemblyai
from shim.wire.codec import encode
from tests import assemblyai_gateways, gateways
from tests.assemblyai_gateways import TERMINATE, accept_post
from tests.compatibility.marks import covers
from tests.emulated_services import connect, silence, until_close, wait_for
from tests.gateways import SPEECH, STOP

SAID = "assemblyai.service"
GLADIA_SAYS = "gladia.service"
BEGIN = encode(assemblyai.Begin(id="b", expires_at=1790000000))
WORD = {"start": 100, "end": 400, "text": "Hello.", "confidence": 0.9, "word_is_final": True}
TURN = {
    "turn_order": 0,
    "turn_is_formatted": True,
    "end_of_turn": True,
    "transcript": "Hello.",
    "end_of_turn_confidence": 1.0,
    "words": [WORD],
    "utterance": "Hello.",
    "type": "Turn",
}
TERMINATION = '{"type":"Termination","audio_duration_seconds":1,"session_duration_seconds":1}'


async def until_terminate(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT and "Terminate" in message.data:
            return


async def end(socket: web.WebSocketResponse) -> None:
    await socket.send_str(TERMINATION)
    await socket.close(code=1000, message=b"Session Ended")


def said_over(
    script: Callable[[web.WebSocketResponse, web.Request], Awaitable[None]],
) -> tuple[list[dict[str, Any]], int]:
    """What a client of Gladia's API gets of a second of audio and a stop, over an AssemblyAI that does as scripted."""
    with gateways.over_script(script) as served:
        client = connect(served.session())
        with suppress(ConnectionClosed):  # a script that ends the session at the first piece may be faster
            client.send(SPEECH[:32_000])
            client.send(STOP)
        messages, code, _reason = until_close(client)
        served.wait_until_nothing_is_open()
        return messages, code


USUAL = {"audio_chunk", "stop_recording", "speech_start", "speech_end", "transcript", "post_transcript"} | {
    "post_final_transcript"
}


@covers(
    f"{SAID}.Warning, Heartbeat, Silence, SpeakerRevision, LLMGatewayResponse",
    f"{SAID}.an unknown type",
    f"{SAID}.what is no message",
)
def test_what_gladia_has_no_message_for_is_read_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    revision = {"turn_order": 0, "speaker_label": "A", "words": [WORD]}
    others = [
        {"type": "Warning", "warning_code": 7, "warning": "take care"},
        {"type": "Heartbeat", "total_audio_received_ms": 1, "total_duration_ms": 1, "realtime_factor": 1.0},
        {"type": "Silence", "start_ms": 0, "end_ms": 1000},
        {"type": "SpeakerRevision", "revisions": [revision]},
        {"type": "LLMGatewayResponse", "turn_order": 0, "transcript": "", "data": {}},
        {"type": "Novelty", "of": "the service"},
        ["no object"],
        {"type": "Turn", "turn_order": "no number"},
    ]

    async def say_everything(socket: web.WebSocketResponse, _request: web.Request) -> None:
        await socket.send_str(BEGIN)
        for other in others:
            await socket.send_str(json.dumps(other))
        await socket.send_str("no JSON")
        await socket.send_str(json.dumps(TURN))
        await until_terminate(socket)
        await end(socket)

    messages, code = said_over(say_everything)
    assert code == 1000
    assert gateways.finals(messages) == ["Hello."]
    assert {message["type"] for message in messages} == USUAL
    assert "Novelty" in caplog.text
    assert "7 take care" in caplog.text


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(1000, marks=covers(f"{SAID}.1000 before the end")),
        pytest.param(1009, marks=covers(f"{SAID}.1009")),
        pytest.param(1011, marks=covers(f"{SAID}.1011")),
        pytest.param(3005, marks=covers(f"{SAID}.3005")),
    ],
)
def test_a_session_that_is_closed_is_opened_again(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemblyai_upstream, "OPEN_AGAIN_AFTER", (0.0,))
    opened: list[int] = []

    async def close_the_first(socket: web.WebSocketResponse, _request: web.Request) -> None:
        opened.append(code)
        await socket.send_str(BEGIN)
        if len(opened) == 1:
            await socket.receive()
            await socket.close(code=code)
            return
        await socket.send_str(json.dumps(TURN))
        await until_terminate(socket)
        await end(socket)

    with gateways.over_script(close_the_first) as served:
        client = connect(served.session())
        client.send(SPEECH[:32_000])
        wait_for(lambda: len(opened) == 2)
        client.send(STOP)
        messages, ended, _reason = until_close(client)
        served.wait_until_nothing_is_open()
    assert (ended, len(opened)) == (1000, 2)
    assert gateways.finals(messages) == ["Hello."]
    assert {message["type"] for message in messages} == USUAL, "the client has noticed nothing"


@pytest.mark.parametrize(
    ("code", "close"),
    [
        pytest.param(1008, 4401, marks=covers(f"{SAID}.1008", "gladia.close.4401")),
        pytest.param(3006, 4400, marks=covers(f"{SAID}.3006")),
        pytest.param(3007, 4400, marks=covers(f"{SAID}.3007")),
        pytest.param(3008, 4410, marks=covers(f"{SAID}.3008", "gladia.close.4410", "gladia.limit.three hours")),
        pytest.param(3009, 4429, marks=covers(f"{SAID}.3009", "gladia.close.4429")),
    ],
)
def test_an_error_in_mid_session_ends_it(code: int, close: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemblyai_upstream, "OPEN_AGAIN_AFTER", ())

    async def fail(socket: web.WebSocketResponse, _request: web.Request) -> None:
        await socket.send_str(BEGIN)
        await socket.receive()
        await socket.send_str(encode(assemblyai.Error(error_code=code, error="so it is")))
        await socket.close(code=code)

    messages, ended = said_over(fail)
    assert ended == close
    assert {message["type"] for message in messages} <= {"audio_chunk", "stop_recording"}


# --- Gladia behind a client of AssemblyAI -----------------------------------------------------------------


def envelope(kind: str, **more: Any) -> str:
    return json.dumps({"session_id": "g", "created_at": "2026-11-20T09:15:02.113Z", "type": kind, **more})


UTTERANCE = {
    "text": " Hello.",
    "start": 0.1,
    "end": 0.4,
    "language": "en",
    "confidence": 0.9,
    "channel": 0,
    "words": [{"word": " Hello.", "start": 0.1, "end": 0.4, "confidence": 0.9}],
}
WHOLE = {"full_transcript": "Hello.", "languages": ["en"], "utterances": [UTTERANCE]}
METADATA = {
    "audio_duration": 1.0,
    "number_of_distinct_channels": 1,
    "billing_time": 1.0,
    "transcription_time": 1.0,
}


@covers(
    f"{GLADIA_SAYS}.audio_chunk",
    f"{GLADIA_SAYS}.speech_end",
    f"{GLADIA_SAYS}.stop_recording",
    f"{GLADIA_SAYS}.translation, named_entity_recognition, sentiment_analysis",
    f"{GLADIA_SAYS}.post_transcript, post_summarization, post_final_transcript, end_session",
    f"{GLADIA_SAYS}.an unknown type",
    f"{GLADIA_SAYS}.what is no message",
)
def test_what_assemblyai_has_no_message_for_is_read_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    failed = {"error": {"message": "no"}, "data": None}

    async def play(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(envelope("start_recording"))
        received = 0
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                received += len(message.data)
                data = {"byte_range": [received - len(message.data), received], "time_range": [0, received / 32_000]}
                await socket.send_str(envelope("audio_chunk", acknowledged=True, error=None, data=data))
            elif message.type is WSMsgType.TEXT and "stop_recording" in message.data:
                break
        for text in (
            "no JSON",
            "[]",
            envelope("novelty"),
            envelope("transcript", data={"id": 5}),
            envelope("speech_start", data={"time": 0.1, "channel": 0}),
            envelope("speech_end", data={"time": 0.4, "channel": 0}),
            envelope("transcript", data={"id": "00_00000000", "is_final": True, "utterance": UTTERANCE}),
            envelope("translation", **failed),
            envelope("named_entity_recognition", **failed),
            envelope("sentiment_analysis", **failed),
            envelope(
                "stop_recording",
                acknowledged=True,
                error=None,
                data={"recording_duration": 1.0, "recording_left_to_process": 0.0},
            ),
            envelope("end_recording", data={"recording_duration": 1.0}),
            envelope("post_transcript", data=WHOLE),
            envelope("post_summarization", **failed),
            envelope("post_final_transcript", data={"metadata": METADATA, "transcription": WHOLE}),
            envelope("end_session"),
        ):
            await socket.send_str(text)
        await socket.close(code=1000)
        return socket

    with assemblyai_gateways.over_script(accept_post, play) as served:
        client = served.begin()
        client.send(silence(1.0))
        client.send(TERMINATE)
        messages, code, reason = until_close(client)
        assert (code, reason) == (1000, "Session Ended")
        assert [message["type"] for message in messages] == ["SpeechStarted", "Turn", "Termination"]
        assert messages[1]["transcript"] == "Hello."
        served.wait_until_nothing_is_open()
    assert "novelty" in caplog.text


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        pytest.param(400, 3006, "Validation Error: ", marks=covers(f"{GLADIA_SAYS}.HTTP 400")),
        pytest.param(401, 1008, "Unauthorized Connection: Invalid API key", marks=covers(f"{GLADIA_SAYS}.HTTP 401")),
        pytest.param(402, 1008, "Unauthorized Connection: ", marks=covers(f"{GLADIA_SAYS}.HTTP 402")),
        pytest.param(403, 1008, "Unauthorized Connection: ", marks=covers(f"{GLADIA_SAYS}.HTTP 403")),
        pytest.param(404, 3006, "Validation Error: ", marks=covers(f"{GLADIA_SAYS}.HTTP 404")),
        pytest.param(422, 3006, "Validation Error: ", marks=covers(f"{GLADIA_SAYS}.HTTP 422")),
        pytest.param(
            429,
            3009,
            "Too many concurrent sessions",
            marks=covers(f"{GLADIA_SAYS}.HTTP 429", "assemblyai.close.3009"),
        ),
        pytest.param(500, 3005, "Session Cancelled: An error occurred", marks=covers(f"{GLADIA_SAYS}.HTTP 5xx")),
        pytest.param(503, 3005, "Session Cancelled: An error occurred", marks=covers(f"{GLADIA_SAYS}.HTTP 5xx")),
    ],
)
def test_a_refused_post(status: int, code: int, text: str) -> None:
    body = {"statusCode": status, "timestamp": "", "path": "/v2/live", "request_id": "G-1", "message": "it is so"}

    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    with assemblyai_gateways.over_script(refuse) as served:
        messages, ended, reason = until_close(served.dial())
        assert (ended, reason) == (code, "See Error message for details")
        assert [message["type"] for message in messages] == ["Error"]
        assert messages[0]["error_code"] == code
        assert text in messages[0]["error"]
        served.wait_until_nothing_is_open()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(4400, marks=covers(f"{GLADIA_SAYS}.4400")),
        pytest.param(4403, marks=covers(f"{GLADIA_SAYS}.4403")),
        pytest.param(4408, marks=covers(f"{GLADIA_SAYS}.4408")),
    ],
)
def test_a_close_for_good_is_a_fault_of_the_service(code: int) -> None:
    async def close(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(envelope("start_recording"))
        await socket.receive()
        await socket.close(code=code)
        return socket

    with assemblyai_gateways.over_script(accept_post, close) as served:
        client = served.begin()
        client.send(silence(0.1))
        messages, ended, _reason = until_close(client)
        assert (ended, messages[-1]["error"]) == (3005, "Session Cancelled: An error occurred")
        served.wait_until_nothing_is_open()
