"""A gateway as the tests use it: Gladia's API on a port of its own, over whatever upstream a test needs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from shim.clock import Clock
from shim.emulator.emulation import Emulation
from shim.gateway.app import SESSIONS, Sessions, make_app
from shim.gateway.settings import Settings
from shim.guide import guide_file
from shim.serving import LocalServer
from tests.emulated_services import KEY, emulation, http, serve, wait_for

SPEED = 10.0
SPEECH = guide_file("speech.wav").read_bytes()[44:]
"""The guide's speech: 16 kHz, 16 bits, without its header."""
SENTENCES = ["Good morning, this is Alice.", "The train to Paris leaves at nine.", "Please bring the blue ticket."]
STOP = '{"type":"stop_recording"}'


@dataclass
class Gateway:
    """A running gateway."""

    url: str
    sessions: Sessions
    gate: threading.Event

    @contextmanager
    def held(self) -> Iterator[None]:
        """No request is answered meanwhile: an SDK's handlers can be registered before anything happens."""
        self.gate.clear()
        try:
            yield
        finally:
            self.gate.set()

    def post(self, body: bytes = b"{}", key: str | None = KEY, query: str = "") -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of `POST /v2/live`."""
        headers = {"content-type": "application/json", **({"x-gladia-key": key} if key else {})}
        return http("POST", f"{self.url}/v2/live{query}", body, headers)

    def session(self, body: bytes = b"{}") -> str:
        """The address of a new session's socket."""
        status, _headers, answer = self.post(body)
        assert status == 201, answer
        url: str = answer["url"]
        return url

    def wait_until_nothing_is_open(self) -> None:
        wait_for(lambda: self.sessions.open == 0)


@contextmanager
def gateway(upstream: str | None, clock: Clock, **settings: Any) -> Iterator[Gateway]:
    """A gateway over an upstream's base URL, on the clock that the upstream has too."""
    made: list[web.Application] = []
    gate = threading.Event()
    gate.set()

    @web.middleware
    async def pass_the_gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not gate.is_set():
            await asyncio.to_thread(gate.wait, 20)
        return await handler(request)

    def make() -> web.Application:
        app = make_app(Settings("gladia", "assemblyai", upstream, clock=clock, **settings))
        app.middlewares.append(pass_the_gate)
        made.append(app)
        return app

    with LocalServer(make, name="gateway") as server:
        yield Gateway(server.url, made[0][SESSIONS], gate)


@contextmanager
def over_emulator(**settings: Any) -> Iterator[tuple[Gateway, Emulation]]:
    """A gateway over the strict AssemblyAI emulator that plays the guide's speech."""
    from shim.emulator.transcript import default_transcript

    service = emulation(default_transcript(), speed=SPEED)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock, **settings) as served:
        yield served, service


@contextmanager
def over_script(
    script: Callable[[web.WebSocketResponse, web.Request], Awaitable[None]], speed: float = SPEED, **settings: Any
) -> Iterator[Gateway]:
    """A gateway over an upstream that accepts the socket and then does what the script says."""

    async def accept(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(timeout=1)
        await socket.prepare(request)
        await script(socket, request)
        return socket

    with over_http(accept, speed, **settings) as served:
        yield served


@contextmanager
def over_http(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], speed: float = SPEED, **settings: Any
) -> Iterator[Gateway]:
    """A gateway over an upstream whose answer to the upgrade is the test's."""

    def make() -> web.Application:
        app = web.Application()
        app.router.add_get("/v3/ws", answer)
        return app

    with LocalServer(make, name="upstream") as upstream, gateway(upstream.url, Clock(speed), **settings) as served:
        yield served


def finals(messages: list[Any]) -> list[str]:
    """The texts of the finals among a client's messages."""
    return [
        message["data"]["utterance"]["text"].strip()
        for message in messages
        if message["type"] == "transcript" and message["data"]["is_final"]
    ]


def pieces(audio: bytes, size: int) -> list[bytes]:
    """Audio cut into frames of a size."""
    return [audio[first : first + size] for first in range(0, len(audio), size)]
