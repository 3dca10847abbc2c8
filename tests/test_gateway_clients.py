"""Real clients of Gladia's API against the gateway: every library that programs use, and the vendor's own SDK.

Each sends the guide's speech, stops, and reads to the end. What it gets must be the same for all of them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import websocket
import websockets.asyncio.client
import websockets.legacy.client
import websockets.sync.client
from aiohttp import web
from gladiaio_sdk import (
    GladiaClient,
    LiveV2InitRequest,
    LiveV2LanguageConfig,
    LiveV2MessagesConfig,
    LiveV2PostProcessingConfig,
)

from shim.bridges import assemblyai_upstream as upstream_module
from shim.wire.assemblyai import Begin
from shim.wire.codec import encode
from tests.emulated_services import KEY, wait_for
from tests.gateways import SENTENCES, SPEECH, STOP, finals, over_emulator, over_script, pieces

FRAMES = pieces(SPEECH, 3200)
CONFIGURATION = {"language_config": {"languages": ["en"]}, "custom_metadata": {"call": "c-17"}}
Ended = tuple[list[Any], int]
SDK_RAISES_IN_ITS_THREAD = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
"""After a refused POST, also where an `error` handler was told."""


def in_json(audio: bytes) -> str:
    return json.dumps({"type": "audio_chunk", "data": {"chunk": base64.b64encode(audio).decode()}})


# --- the POST ------------------------------------------------------------------------------------


def post_by_requests(url: str) -> str:
    answer = requests.post(f"{url}/v2/live", headers={"X-Gladia-Key": KEY}, json=CONFIGURATION, timeout=20)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


def post_by_httpx(url: str) -> str:
    answer = httpx.post(f"{url}/v2/live", headers={"x-gladia-key": KEY}, json=CONFIGURATION, timeout=20)
    answer.raise_for_status()
    return str(answer.json()["url"])


def post_by_aiohttp(url: str) -> str:
    async def post() -> str:
        async with (
            aiohttp.ClientSession(headers={"X-GLADIA-KEY": KEY}) as http,
            http.post(f"{url}/v2/live", json=CONFIGURATION) as answer,
        ):
            return str((await answer.json())["url"])

    return asyncio.run(post())


# --- the socket ----------------------------------------------------------------------------------


def by_websockets_sync(url: str) -> Ended:
    with websockets.sync.client.connect(url, open_timeout=20) as socket:
        for frame in FRAMES:
            socket.send(frame)
        socket.send(STOP)
        messages = [json.loads(frame) for frame in socket]
    return messages, socket.protocol.close_code or 0


def by_websockets_asyncio(url: str) -> Ended:
    async def run() -> Ended:
        async with websockets.asyncio.client.connect(url, open_timeout=20) as socket:
            for frame in FRAMES:
                await socket.send(in_json(frame))
            await socket.send(STOP)
            messages = [json.loads(frame) async for frame in socket]
            return messages, socket.close_code or 0

    return asyncio.run(run())


def by_websockets_legacy(url: str) -> Ended:
    async def run() -> Ended:
        async with websockets.legacy.client.connect(url, open_timeout=20) as socket:
            for frame in FRAMES:
                await socket.send(frame)
            await socket.send(STOP)
            messages = [json.loads(frame) async for frame in socket]
            return messages, socket.close_code or 0

    return asyncio.run(run())


def by_aiohttp(url: str) -> Ended:
    async def run() -> Ended:
        async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
            for frame in FRAMES:
                await socket.send_bytes(frame)
            await socket.send_str(STOP)
            messages = [message.json() async for message in socket]
            return messages, socket.close_code or 0

    return asyncio.run(run())


def by_websocket_app(url: str) -> Ended:
    messages: list[Any] = []
    codes: list[int] = []

    def send(app: websocket.WebSocketApp) -> None:
        for frame in FRAMES:
            app.send(frame, websocket.ABNF.OPCODE_BINARY)
        app.send(STOP)

    app = websocket.WebSocketApp(
        url,
        on_open=send,
        on_message=lambda _app, frame: messages.append(json.loads(frame)),
        on_close=lambda _app, code, _reason: codes.append(code),
    )
    app.run_forever()
    return messages, codes[0]


def by_websocket_create_connection(url: str) -> Ended:
    socket = websocket.create_connection(url, timeout=20)
    for frame in FRAMES:
        socket.send(in_json(frame))
    socket.send(STOP)
    messages = []
    while True:
        opcode, data = socket.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return messages, int.from_bytes(data[:2], "big")
        messages.append(json.loads(data))


POSTS: list[Callable[[str], str]] = [post_by_requests, post_by_httpx, post_by_aiohttp]
SOCKETS: list[Callable[[str], Ended]] = [
    by_websockets_sync,
    by_websockets_asyncio,
    by_websockets_legacy,
    by_aiohttp,
    by_websocket_app,
    by_websocket_create_connection,
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("converse", SOCKETS)
def test_a_session_by_every_library(converse: Callable[[str], Ended]) -> None:
    with over_emulator() as (served, service):
        post = POSTS[SOCKETS.index(converse) % len(POSTS)]
        messages, code = converse(post(served.url))
        assert code == 1000
        assert finals(messages) == SENTENCES
        assert messages[-1]["type"] == "post_final_transcript"
        acknowledged = [message["data"]["byte_range"] for message in messages if message["type"] == "audio_chunk"]
        assert [end - first for first, end in acknowledged] == [len(frame) for frame in FRAMES]
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)
        assert service.sessions[0].audio_bytes == len(SPEECH)


# --- the vendor's SDK ----------------------------------------------------------------------------


def sdk_request(partials: bool = True) -> LiveV2InitRequest:
    return LiveV2InitRequest(
        language_config=LiveV2LanguageConfig(languages=["en"]),
        messages_config=LiveV2MessagesConfig(receive_partial_transcripts=partials, receive_lifecycle_events=True),
    )


class Heard:
    """What the SDK's handlers were told."""

    def __init__(self, session: Any) -> None:
        self.messages: list[Any] = []
        self.errors: list[Exception] = []
        self.started: list[Any] = []
        self.ended: list[Any] = []
        self.has_ended = threading.Event()
        session.on("message", self.messages.append)
        session.on("error", self.errors.append)
        session.on("started", self.started.append)
        session.on("ended", self._on_ended)

    def _on_ended(self, message: Any) -> None:
        self.ended.append(message)
        self.has_ended.set()

    def wait_for_more_acknowledgements(self) -> None:
        """Waits for one more than there are now."""
        before = self.acknowledgements
        wait_for(lambda: self.acknowledgements > before)

    @property
    def acknowledgements(self) -> int:
        return sum(message.type == "audio_chunk" for message in self.messages)

    @property
    def finals(self) -> list[str]:
        return [
            message.data.utterance.text.strip()
            for message in self.messages
            if message.type == "transcript" and message.data.is_final
        ]

    def check_whole_session(self) -> None:
        assert self.errors == []
        assert [ended.code for ended in self.ended] == [1000]
        assert self.finals == SENTENCES
        kinds = [message.type for message in self.messages]
        # The SDK makes the first up; the others are the gateway's, in the service's order.
        assert kinds[:2] == ["start_session", "start_recording"]
        assert kinds[-4:] == ["end_recording", "post_transcript", "post_final_transcript", "end_session"]
        assert not any("Unknown" in type(message).__name__ for message in self.messages)
        by_id: dict[str, list[bool]] = {}
        for message in self.messages:
            if message.type == "transcript":
                by_id.setdefault(message.data.id, []).append(message.data.is_final)
        assert list(by_id) == ["00_00000000", "00_00000001", "00_00000002"]
        assert all(finality[-1] and not any(finality[:-1]) for finality in by_id.values())
        assert any(len(finality) > 1 for finality in by_id.values())


def test_the_sdk() -> None:
    with over_emulator() as (served, service):
        with served.held():
            session = GladiaClient(api_key=KEY, api_url=served.url).live().start_session(sdk_request())
            heard = Heard(session)
        assert session.wait_until_ready(timeout=20)
        for frame in FRAMES:
            session.send_audio(frame)
        session.stop_recording()
        assert session.join(timeout=30)
        heard.check_whole_session()
        assert [started.id for started in heard.started] == [session.session_id]
        served.wait_until_nothing_is_open()
        assert service.sessions[0].audio_bytes == len(SPEECH)


def test_the_sdk_stopped_before_it_has_connected() -> None:
    with over_emulator() as (served, service):
        with served.held():
            session = GladiaClient(api_key=KEY, api_url=served.url).live().start_session(sdk_request())
            heard = Heard(session)
        for frame in FRAMES:
            session.send_audio(frame)
        session.stop_recording()
        assert session.join(timeout=30)
        assert heard.finals == SENTENCES
        served.wait_until_nothing_is_open()
        assert service.sessions[0].audio_bytes == len(SPEECH)


def test_the_async_sdk() -> None:
    async def run(url: str) -> Heard:
        session = GladiaClient(api_key=KEY, api_url=url).live_async().start_session(sdk_request())
        connected, ended = asyncio.Event(), asyncio.Event()
        session.on("connected", lambda _message: connected.set())
        heard = Heard(session)
        session.on("ended", lambda _message: ended.set())
        for frame in FRAMES:
            session.send_audio(frame)
        async with asyncio.timeout(30):
            await connected.wait()  # it loses a stop that comes before
            session.stop_recording()
            await ended.wait()
        return heard

    with over_emulator() as (served, service):
        asyncio.run(run(served.url)).check_whole_session()
        served.wait_until_nothing_is_open()
        assert service.sessions[0].audio_bytes == len(SPEECH)


@SDK_RAISES_IN_ITS_THREAD
def test_the_sdk_with_a_wrong_key() -> None:
    with over_emulator() as (served, service):
        with served.held():
            session = GladiaClient(api_key="wrong", api_url=served.url).live().start_session(sdk_request())
            heard = Heard(session)
        assert heard.has_ended.wait(20)
        assert session.join(20), "the thread raises before it ends: in this test, not in the next"
        assert "Invalid API key" in str(heard.errors[0])
        assert heard.ended[0].code == 1006
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)


@SDK_RAISES_IN_ITS_THREAD
def test_the_sdk_with_a_parameter_that_cannot_be_served() -> None:
    asked = LiveV2InitRequest(post_processing=LiveV2PostProcessingConfig(summarization=True))
    with over_emulator(on_absent="strict") as (served, service):
        with served.held():
            session = GladiaClient(api_key=KEY, api_url=served.url).live().start_session(asked)
            heard = Heard(session)
        assert heard.has_ended.wait(20)
        assert session.join(20), "the thread raises before it ends: in this test, not in the next"
        assert "summarization" in str(heard.errors[0])
        assert service.sessions == []


def test_the_sdk_ends_by_itself() -> None:
    """`end_session` closes with 1001: nobody waits for the rest, and nothing stays open upstream."""
    with over_emulator(grace=0.2) as (served, service):
        with served.held():
            session = GladiaClient(api_key=KEY, api_url=served.url).live().start_session(sdk_request())
            heard = Heard(session)
        assert session.wait_until_ready(timeout=20)
        session.send_audio(FRAMES[0])
        session.end_session()
        assert heard.has_ended.wait(20)
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)


def test_the_sdk_does_not_come_back_to_a_session_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """It retries without delay and without limit on every code but the final ones."""
    monkeypatch.setattr(upstream_module, "OPEN_AGAIN_AFTER", ())
    opened = []

    async def drop(socket: web.WebSocketResponse, request: web.Request) -> None:
        opened.append(request)
        await socket.send_str(encode(Begin(id="b", expires_at=1790000000)))
        await socket.receive()
        assert request.transport is not None
        request.transport.abort()

    with over_script(drop) as served:
        with served.held():
            session = GladiaClient(api_key=KEY, api_url=served.url).live().start_session(sdk_request())
            heard = Heard(session)
        connections: list[Any] = []
        session.on("connecting", connections.append)
        assert session.wait_until_ready(timeout=20)
        session.send_audio(FRAMES[0])
        assert session.join(timeout=20)
        assert [ended.code for ended in heard.ended] == [4490]
        assert len(connections) <= 1
        assert len(opened) == 1
        served.wait_until_nothing_is_open()
