"""The drop-in for AssemblyAI's SDK: its options, tokens and regions, over Gladia's emulator."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from aiohttp import web

import shim
from shim import drop_in
from shim.assemblyai.streaming.v3 import (
    AsyncRealTimeTranscriber,
    RealTimeEvents,
    RealTimeParameters,
    RealTimeTranscriber,
    RealTimeTranscriberOptions,
    StreamingClient,
    StreamingClientOptions,
    StreamingError,
    StreamingEvents,
    StreamingParameters,
)
from shim.emulator.emulation import Emulation
from shim.errors import BridgeError
from shim.gladiaio_sdk import GladiaClient
from shim.serving import LocalServer
from tests.emulated_services import KEY, emulation, serve, wait_for

SECONDS = 20
PARAMETERS = StreamingParameters(sample_rate=16000)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GLADIA_API_KEY", KEY)
    monkeypatch.setenv("STTBRIDGE_SPEED", "10")
    for name in ("ASSEMBLYAI_API_KEY", "STTBRIDGE_DISABLE", "STTBRIDGE_UPSTREAM", "STTBRIDGE_TURNS"):
        monkeypatch.delenv(name, raising=False)
    yield
    drop_in.stop_gateways()
    shim.uninstall()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulation]:
    """Gladia's emulator, as the gateway's upstream."""
    service = emulation(speed=10)
    with serve("gladia", service) as upstream:
        monkeypatch.setenv("STTBRIDGE_UPSTREAM", f"http://{upstream}")
        yield service
        drop_in.stop_gateways()


class Heard:
    """Connects a client, and remembers what its handlers were told."""

    def __init__(self, client: RealTimeTranscriber, parameters: RealTimeParameters = PARAMETERS) -> None:
        self.told: list[Any] = []
        self.heard = threading.Event()
        for event in (StreamingEvents.Begin, StreamingEvents.Error, StreamingEvents.Termination):
            client.on(event, self._on_event)
        client.connect(parameters)
        assert self.heard.wait(SECONDS)

    def _on_event(self, _client: Any, payload: Any) -> None:
        self.told.append(payload)
        self.heard.set()

    @property
    def kinds(self) -> list[str]:
        return [type(payload).__name__ for payload in self.told]


def options(**more: Any) -> StreamingClientOptions:
    return StreamingClientOptions(**{"api_key": "the program's own", "connect_timeout": 10.0, **more})


def check_session(client: RealTimeTranscriber) -> None:
    """It opens and ends."""
    heard = Heard(client)
    client.disconnect(terminate=True)
    assert heard.kinds == ["BeginEvent", "TerminationEvent"]


# --- Options -------------------------------------------------------------------------------------


@pytest.mark.parametrize("api_host", ["streaming.assemblyai.com", "wss://streaming.assemblyai.com"])
def test_the_vendors_host_leads_to_the_gateway(service: Emulation, api_host: str) -> None:
    asked = options(api_host=api_host)
    client = StreamingClient(asked)
    check_session(client)
    assert client._options is asked, "what the user gave is still there"
    wait_for(lambda: service.open_sessions == 0)
    assert service.sessions_so_far == 1


def test_a_key_alone_is_enough_and_goes_nowhere(service: Emulation) -> None:
    check_session(RealTimeTranscriber(api_key="the program's own"))
    assert service.sessions_so_far == 1, "the emulator lets nobody in but by the key of the variable"


def test_without_any_key_it_is_the_vendors_error(service: Emulation) -> None:
    with pytest.raises(ValueError, match="Please provide credentials"):
        RealTimeTranscriber()


def test_options_keep_their_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "connect_timeout": 7.0,
        "max_connection_retries": 4,
        "connection_retry_delay": 0.1,
        "terminate_timeout": 9.0,
    }
    seen: list[RealTimeTranscriberOptions] = []

    class Client(RealTimeTranscriber):
        def create(self) -> None:
            self.connect(PARAMETERS)

    monkeypatch.setattr(
        "assemblyai.streaming.v3.client.RealTimeTranscriber.connect",
        lambda self, _parameters: seen.append(self._options),
    )
    Client(options(**given)).create()
    assert {name: getattr(seen[0], name) for name in given} == given
    assert seen[0].api_host.startswith("ws://127.0.0.1:")
    assert seen[0].api_key != "the program's own"


@pytest.mark.parametrize("sync", [True, False])
def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch, sync: bool) -> None:
    monkeypatch.delenv("GLADIA_API_KEY")
    with pytest.raises(BridgeError, match="GLADIA_API_KEY is not set; put the key of gladia"):
        if sync:
            StreamingClient(options()).connect(PARAMETERS)
        else:
            asyncio.run(AsyncRealTimeTranscriber(options()).connect(PARAMETERS))


def test_another_host_is_used_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    service = emulation(speed=10)
    with serve("assemblyai", service) as address:
        check_session(StreamingClient(options(api_key=KEY, api_host=f"ws://{address}")))
        wait_for(lambda: service.open_sessions == 0)
    assert service.sessions_so_far == 1
    assert "127.0.0.1 is none of the hosts of assemblyai: it is used as it is, and not over gladia" in caplog.text


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STTBRIDGE_DISABLE", "1")
    monkeypatch.delenv("GLADIA_API_KEY")
    seen: list[RealTimeTranscriberOptions] = []
    monkeypatch.setattr(
        "assemblyai.streaming.v3.client.RealTimeTranscriber.connect",
        lambda self, _parameters: seen.append(self._options),
    )
    asked = options()
    StreamingClient(asked).connect(PARAMETERS)
    assert seen == [asked]


# --- Regions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("streaming.assemblyai.com", None),
        ("streaming.eu.assemblyai.com", "eu-west"),
        ("streaming.us.assemblyai.com", "us-west"),
    ],
)
def test_a_region_is_passed_on(monkeypatch: pytest.MonkeyPatch, host: str, region: str | None) -> None:
    asked: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query.get("region"))
        return web.json_response({"statusCode": 401, "message": "no"}, status=401)

    def make() -> web.Application:
        app = web.Application()
        app.router.add_post("/v2/live", answer)
        return app

    with LocalServer(make, name="gladia") as upstream:
        monkeypatch.setenv("STTBRIDGE_UPSTREAM", upstream.url)
        client = StreamingClient(options(api_host=host))
        heard = Heard(client)
        client.disconnect()
        drop_in.stop_gateways()
    assert heard.kinds == ["RealTimeError"]
    assert asked == [region]


# --- Tokens --------------------------------------------------------------------------------------


def test_a_temporary_token_opens_a_session(service: Emulation) -> None:
    token = StreamingClient(options()).create_temporary_token(60, max_session_duration_seconds=120)
    client = StreamingClient(options(api_key=None, token=token))
    heard = Heard(client)
    client.disconnect(terminate=True)
    assert heard.kinds == ["BeginEvent", "TerminationEvent"]
    assert service.sessions_so_far == 1


def test_a_token_of_this_process_that_has_expired_is_refused(service: Emulation) -> None:
    token = StreamingClient(options()).create_temporary_token(1)
    late = threading.Event()
    for _attempt in range(200):  # the gateway's clock is ten times as fast
        client = StreamingClient(options(token=token))
        heard = Heard(client)
        client.disconnect()
        if isinstance(heard.told[0], StreamingError):
            break
        late.wait(0.05)
    assert heard.told[0].code == 1008
    assert str(heard.told[0]) == "Unauthorized Connection: Signature has expired"


def test_the_vendors_token_goes_nowhere_like_the_key(service: Emulation) -> None:
    check_session(StreamingClient(options(api_key=None, token="of the program's own service")))


def test_a_token_for_too_long_is_the_vendors_error(service: Emulation) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        StreamingClient(options()).create_temporary_token(601)
    assert refused.value.response.status_code == 422


def test_the_async_client_has_both(service: Emulation) -> None:
    async def run() -> list[str]:
        told: list[str] = []
        giver = AsyncRealTimeTranscriber(options())
        token = await giver.create_temporary_token(60)
        await giver.disconnect()
        begun = asyncio.Event()

        def on_event(_client: Any, payload: Any) -> None:
            told.append(type(payload).__name__)
            begun.set()

        async with AsyncRealTimeTranscriber(options(token=token)) as client:
            for event in (RealTimeEvents.Begin, RealTimeEvents.Error, RealTimeEvents.Termination):
                client.on(event, on_event)
            await client.connect(PARAMETERS)
            async with asyncio.timeout(SECONDS):
                await begun.wait()
        return told

    assert asyncio.run(run()) == ["BeginEvent", "TerminationEvent"]
    assert service.sessions_so_far == 1


# --- Both directions in one process --------------------------------------------------------------


def test_a_gateway_is_not_led_by_an_installation_of_the_other_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else Gladia over AssemblyAI over Gladia would go round."""
    monkeypatch.setenv("ASSEMBLYAI_API_KEY", KEY)

    async def looks_up(_request: web.Request) -> web.Response:
        host = "streaming.assemblyai.com"
        context = ssl.create_default_context()
        tls = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=host)
        return web.json_response(tls.context is context)

    def make_app(_settings: object) -> web.Application:
        app = web.Application()
        app.router.add_get("/", looks_up)
        return app

    with shim.install(api="assemblyai", over="gladia", upstream="http://127.0.0.1:9"):
        monkeypatch.setattr("shim.gateway.app.make_app", make_app)
        url = GladiaClient().live()._options.api_url
        assert httpx.get(url, timeout=SECONDS).json() is True
