"""Real clients of AssemblyAI's API against the gateway: the libraries that programs use, and the vendor's own SDK.

Each sends the guide's speech, terminates, and reads to the end. What it gets must be the same for all of them.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import websocket
import websockets.asyncio.client
from assemblyai.streaming.v3 import (
    AsyncRealTimeTranscriber,
    BeginEvent,
    RealTimeError,
    RealTimeEvents,
    RealTimeParameters,
    RealTimeSessionParameters,
    RealTimeTranscriber,
    RealTimeTranscriberOptions,
    SpeechStartedEvent,
    TerminationEvent,
    TurnEvent,
    WarningEvent,
)

import shim
from shim.bridges import gladia_upstream
from shim.emulator import EMULATORS
from shim.emulator.transcript import default_transcript
from shim.errors import BridgeError
from shim.mapping.row import Vendor
from shim.mapping.session import hosts_of
from shim.serving import LocalServer
from tests.assemblyai_gateways import FRAMES, SPEED, TERMINATE, Gateway, finals, gateway, over_emulator
from tests.compatibility.marks import covers, difference
from tests.emulated_services import KEY, emulation, serve, silence, wait_for
from tests.gateways import SENTENCES, SPEECH

QUERY = {"sample_rate": 16000, "max_turn_silence": 400, "format_turns": "True"}
Heard = list[tuple[RealTimeEvents, Any]]


@pytest.fixture(autouse=True)
def no_thread_dies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test does, no thread of an SDK ends by an exception."""
    died: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    yield
    assert died == []


# --- raw sockets ---------------------------------------------------------------------------------


def by_websocket_client(served: Gateway) -> tuple[list[Any], int, str]:
    messages: list[Any] = []
    ends: list[tuple[int, str]] = []

    def on_open(app: websocket.WebSocketApp) -> None:
        def speak() -> None:
            served.speak(lambda frame: app.send(frame, websocket.ABNF.OPCODE_BINARY))
            app.send(TERMINATE)

        threading.Thread(target=speak, daemon=True).start()

    app = websocket.WebSocketApp(
        served.socket_url(**QUERY),
        header={"Authorization": KEY},
        on_open=on_open,
        on_message=lambda _app, frame: messages.append(json.loads(frame)),
        on_close=lambda _app, code, reason: ends.append((code, reason)),
    )
    app.run_forever()
    return messages, *ends[0]


def by_websockets_asyncio(served: Gateway) -> tuple[list[Any], int, str]:
    async def run() -> tuple[list[Any], int, str]:
        url = served.socket_url(**QUERY)
        async with websockets.asyncio.client.connect(url, additional_headers={"Authorization": KEY}) as client:

            async def speak() -> None:
                for frame in FRAMES:
                    await client.send(frame)
                    await served.clock.sleep(0.1)
                await client.send(TERMINATE)

            speaking = asyncio.create_task(speak())
            messages = [json.loads(frame) async for frame in client]
            await speaking
            return messages, client.close_code or 0, client.close_reason or ""

    return asyncio.run(run())


@pytest.mark.parametrize("client", [by_websocket_client, by_websockets_asyncio])
def test_raw_clients(client: Callable[[Gateway], tuple[list[Any], int, str]]) -> None:
    with over_emulator() as (served, service):
        messages, code, reason = client(served)
        assert (code, reason) == (1000, "Session Ended")
        assert finals(messages) == SENTENCES
        assert messages[0]["type"] == "Begin"
        assert messages[-1]["type"] == "Termination"
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sessions == 0)
    assert service.sessions[0].audio_bytes == len(SPEECH)


# --- the SDK -------------------------------------------------------------------------------------


def options(served: Gateway, key: str = KEY, **more: Any) -> RealTimeTranscriberOptions:
    return RealTimeTranscriberOptions(api_host=f"ws://{served.address}", api_key=key, connect_timeout=20.0, **more)


def parameters(**more: Any) -> RealTimeParameters:
    return RealTimeParameters(sample_rate=16000, max_turn_silence=400, **more)


def listen(client: Any) -> Heard:
    """Everything that the SDK tells, in its order."""
    heard: Heard = []
    for event in RealTimeEvents:
        client.on(event, lambda _client, told, event=event: heard.append((event, told)))
    return heard


def told(heard: Heard, event: RealTimeEvents) -> list[Any]:
    return [found for name, found in heard if name is event]


def use_sync(served: Gateway, heard: list[Heard]) -> None:
    client = RealTimeTranscriber(options(served))
    heard.append(listen(client))
    client.connect(parameters())
    served.speak(client.stream)
    client.disconnect(terminate=True)


def use_async(served: Gateway, heard: list[Heard]) -> None:
    async def run() -> None:
        client = AsyncRealTimeTranscriber(options(served))
        heard.append(listen(client))
        await client.connect(parameters())
        for frame in FRAMES:
            await client.stream(frame)
            await served.clock.sleep(0.1)
        await client.disconnect(terminate=True)

    asyncio.run(run())


@pytest.mark.parametrize("use", [use_sync, use_async])
def test_a_session_of_the_sdk(use: Callable[[Gateway, list[Heard]], None]) -> None:
    runs: list[Heard] = []
    with over_emulator() as (served, service):
        use(served, runs)
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0 and service.open_sessions == 0)
    [heard] = runs
    assert told(heard, RealTimeEvents.Error) == told(heard, RealTimeEvents.Warning) == []
    first, *turns, last = heard
    assert isinstance(first[1], BeginEvent)
    assert isinstance(first[1].expires_at, datetime)
    assert isinstance(last[1], TerminationEvent)
    assert last[1].audio_duration_seconds == 8
    assert isinstance(last[1].session_duration_seconds, int)
    assert last[1].session_duration_seconds >= 8
    order, started = 0, False
    for _name, event in turns:
        if isinstance(event, SpeechStartedEvent):
            assert not started
            started = True
            continue
        assert isinstance(event, TurnEvent)
        assert started
        assert event.turn_order == order
        assert event.turn_is_formatted is event.end_of_turn
        assert all(word.word_is_final is event.end_of_turn for word in event.words)
        if event.end_of_turn:
            order, started = order + 1, False
    assert [turn.transcript for turn in told(heard, RealTimeEvents.Turn) if turn.end_of_turn] == SENTENCES


@covers("assemblyai.client.UpdateConfiguration", "assemblyai.client.KeepAlive", "assemblyai.client.ForceEndpoint")
def test_what_the_sdk_can_say_in_a_session() -> None:
    with over_emulator() as (served, service):
        client = RealTimeTranscriber(options(served))
        heard = listen(client)
        client.connect(parameters(speaker_labels=True, session_heartbeat=True, acknowledge_silence=True))
        served.speak(client.stream, FRAMES[:30])
        client.set_params(RealTimeSessionParameters(filter_profanity=True, keyterms_prompt=["ticket"]))
        client.force_endpoint()
        client.keep_alive()
        served.speak(client.stream, FRAMES[30:])
        client.stream([silence(1.0)] * 3)
        client.disconnect(terminate=True)
        served.wait_until_nothing_is_open()
        assert service.open_sessions == 0
    [warning] = told(heard, RealTimeEvents.Warning)
    assert isinstance(warning, WarningEvent)
    assert warning.warning.endswith(": speaker_labels")
    assert told(heard, RealTimeEvents.Heartbeat)
    assert told(heard, RealTimeEvents.Silence)
    assert told(heard, RealTimeEvents.Error) == []
    finals = [turn.transcript for turn in told(heard, RealTimeEvents.Turn) if turn.end_of_turn]
    assert " ".join(finals) == " ".join(SENTENCES)
    assert told(heard, RealTimeEvents.Termination)


@pytest.mark.parametrize(
    ("key", "more", "code", "text"),
    [
        ("another-key", {}, 1008, "Unauthorized Connection: Invalid API key"),
        (KEY, {"redact_pii": True}, 3006, "no redaction"),
        (KEY, {"keyterms_prompt": ["x"] * 101}, 3006, "Max 100 items"),
    ],
)
@pytest.mark.parametrize("is_async", [False, True])
@covers("assemblyai.parameter.redact_pii")
@difference("D26")
def test_the_sdk_is_refused(is_async: bool, key: str, more: dict[str, Any], code: int, text: str) -> None:
    with over_emulator() as (served, service):
        [error] = errors_of(served, is_async, key, **more)
        assert isinstance(error, RealTimeError)
        assert error.code == code
        assert text in str(error)
        assert service.sessions == []
        served.wait_until_nothing_is_open()


def errors_of(served: Gateway, is_async: bool, key: str = KEY, then: Callable[[], object] = int, **more: Any) -> Any:
    """What the SDK tells of a session that ends by itself."""
    heard: Heard = []
    if is_async:

        async def run() -> None:
            client = AsyncRealTimeTranscriber(options(served, key))
            failed = asyncio.Event()
            client.on(RealTimeEvents.Error, lambda _client, _error: failed.set())
            collected = listen(client)
            await client.connect(parameters(**more))
            await client.stream(silence(0.5))
            await asyncio.to_thread(then)
            async with asyncio.timeout(20):
                await failed.wait()
            await client.disconnect()
            heard.extend(collected)

        asyncio.run(run())
    else:
        client = RealTimeTranscriber(options(served, key))
        collected = listen(client)
        client.connect(parameters(**more))
        client.stream(silence(0.5))
        then()
        wait_for(lambda: told(collected, RealTimeEvents.Error))
        client.disconnect()
        heard.extend(collected)
    return told(heard, RealTimeEvents.Error)


@pytest.mark.parametrize("is_async", [False, True])
def test_gladia_ends_in_mid_session(is_async: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gladia_upstream, "OPEN_AGAIN_AFTER", (0.0, 0.01))
    service = emulation(speed=SPEED)
    with (
        LocalServer(lambda: EMULATORS["gladia"](service), name="gladia") as gladia,
        gateway(gladia.url, service.clock) as served,
    ):

        def stop() -> None:
            wait_for(lambda: service.sessions and service.sessions[0].audio_bytes)
            gladia.stop()

        [error] = errors_of(served, is_async, then=stop)
        assert (error.code, str(error)) == (3005, "Session Cancelled: An error occurred")
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sessions == 0)


@pytest.mark.parametrize("terminate", [True, False])
def test_the_sdk_goes(terminate: bool) -> None:
    with over_emulator() as (served, service):
        client = RealTimeTranscriber(options(served))
        heard = listen(client)
        client.connect(parameters())
        client.stream(silence(0.5))
        wait_for(lambda: service.sessions and service.sessions[0].audio_bytes)
        client.disconnect(terminate=terminate)
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0 and service.open_sessions == 0)
        assert len(told(heard, RealTimeEvents.Termination)) == terminate
        assert told(heard, RealTimeEvents.Error) == []
        assert service.sessions[0].received["stop_recording"] == 1


def test_in_process_with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLADIA_API_KEY", KEY)
    service = emulation(default_transcript(), speed=SPEED)
    with serve("gladia", service) as host:
        with shim.install(api="assemblyai", over="gladia", upstream=f"ws://{host}", speed=SPEED):
            for api_host in hosts_of(Vendor.ASSEMBLYAI):
                asked = RealTimeTranscriberOptions(api_host=api_host, api_key="the-programs-own", connect_timeout=20.0)
                token = RealTimeTranscriber(asked).create_temporary_token(expires_in_seconds=600)
                client = RealTimeTranscriber(
                    RealTimeTranscriberOptions(api_host=api_host, token=token, connect_timeout=20.0)
                )
                heard = listen(client)
                client.connect(parameters())
                for frame in FRAMES:
                    client.stream(frame)
                    service.clock.wait(0.1)
                client.disconnect(terminate=True)
                found = [turn.transcript for turn in told(heard, RealTimeEvents.Turn) if turn.end_of_turn]
                assert found == SENTENCES
        wait_for(lambda: service.open_sockets == 0 and service.open_sessions == 0)
    assert service.sessions_so_far == 3


def test_in_process_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLADIA_API_KEY", raising=False)
    with pytest.raises(BridgeError, match="GLADIA_API_KEY is not set; put the key of gladia"):
        shim.install(api="assemblyai", over="gladia")
