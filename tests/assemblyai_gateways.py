"""A gateway that speaks AssemblyAI's API, as the tests use it: on a port of its own, over whatever a test needs."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from websockets.sync.client import ClientConnection

from shim.clock import Clock
from shim.emulator.emulation import Emulation
from shim.emulator.transcript import Transcript, default_transcript
from shim.gateway.app import SESSIONS, Sessions, make_app
from shim.gateway.settings import Settings
from shim.serving import LocalServer
from tests.emulated_services import KEY, connect, emulation, serve, until, wait_for
from tests.gateways import SPEECH, pieces

SPEED = 10.0
TERMINATE = '{"type":"Terminate"}'
FRAMES = pieces(SPEECH, 3200)


@dataclass
class Gateway:
    """A running gateway."""

    server: LocalServer
    sessions: Sessions
    clock: Clock

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.server.host}:{self.server.port}"

    def socket_url(self, **parameters: Any) -> str:
        return f"ws://{self.address}/v3/ws?{urlencode(parameters)}"

    def dial(self, key: str | None = KEY, **parameters: Any) -> ClientConnection:
        """A new socket, before anything was said on it."""
        headers = {"Authorization": key} if key is not None else {}
        return connect(self.socket_url(**parameters), additional_headers=headers)

    def begin(self, key: str | None = KEY, **parameters: Any) -> ClientConnection:
        """A new session, after its `Begin`."""
        socket = self.dial(key, **parameters)
        until(socket, lambda message: message["type"] == "Begin")
        return socket

    def speak(self, send: Callable[[bytes], Any], frames: list[bytes] | None = None) -> None:
        """Sends frames of 100 ms as a microphone does, on the run's clock."""
        for frame in FRAMES if frames is None else frames:
            send(frame)
            self.clock.wait(0.1)

    def wait_until_nothing_is_open(self) -> None:
        wait_for(lambda: self.sessions.open == 0)


@contextmanager
def gateway(upstream: str | None, clock: Clock, **settings: Any) -> Iterator[Gateway]:
    """A gateway over an upstream's base URL, on the clock that the upstream has too."""
    made: list[web.Application] = []

    def make() -> web.Application:
        made.append(make_app(Settings("assemblyai", "gladia", upstream, clock=clock, **settings)))
        return made[0]

    with LocalServer(make, name="gateway") as server:
        yield Gateway(server, made[0][SESSIONS], clock)


@contextmanager
def over_emulator(
    transcript: Transcript | None = None, speed: float = SPEED, **settings: Any
) -> Iterator[tuple[Gateway, Emulation]]:
    """A gateway over the strict Gladia emulator that plays the guide's speech."""
    service = emulation(transcript or default_transcript(), speed=speed)
    with serve("gladia", service) as host, gateway(f"ws://{host}", service.clock, **settings) as served:
        yield served, service


@contextmanager
def over_script(
    post: Callable[[web.Request], Awaitable[web.StreamResponse]],
    socket: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None,
    speed: float = SPEED,
    **settings: Any,
) -> Iterator[Gateway]:
    """A gateway over an upstream whose answers are the test's."""

    def make() -> web.Application:
        app = web.Application()
        app.router.add_post("/v2/live", post)
        if socket is not None:
            app.router.add_get("/v2/live", socket)
        return app

    with LocalServer(make, name="upstream") as upstream, gateway(upstream.url, Clock(speed), **settings) as served:
        yield served


async def accept_post(request: web.Request) -> web.StreamResponse:
    """The 201 of a script's upstream."""
    url = f"ws://{request.host}/v2/live?token=t"
    answer = {"id": "g", "created_at": "2026-11-20T09:15:02.113Z", "url": url}
    return web.Response(status=201, body=json.dumps(answer).encode(), content_type="application/json")


def finals(messages: list[Any]) -> list[str]:
    """The texts of the finals among a client's messages."""
    return [message["transcript"] for message in messages if message["type"] == "Turn" and message["end_of_turn"]]
