"""The gateway's HTTP side where it speaks AssemblyAI's API: the socket `/v3/ws`, `GET /v3/token`, `GET /health`."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from shim.bridges.actions import CloseClient, SendToClient
from shim.bridges.assemblyai_over_gladia import AssemblyAIOverGladia
from shim.faces import assemblyai as face
from shim.faces import assemblyai_token as tokens
from shim.faces import gladia
from shim.gateway.callbacks import posting
from shim.gateway.metrics import metrics_of
from shim.gateway.posted_upstream import PostedEvents, SessionRequest
from shim.gateway.session import Session
from shim.gateway.sessions import SESSIONS, Sessions
from shim.gateway.settings import Settings, without
from shim.gateway.upstream import UpstreamConnection, UpstreamEvents, new_client_session
from shim.mapping.assemblyai_parameters import TOKEN
from shim.mapping.row import Vendor
from shim.mapping.session import REGION
from shim.served_socket import ServedSocket
from shim.wire.codec import encode

_log = logging.getLogger("sttbridge")

_WHEN_BROKEN: Final = (
    SendToClient(encode(face.error_frame(face.server_fault()))),
    CloseClient(face.server_fault().code, face.CLOSE_REASON),
)


class AssemblyAIGateway:
    """AssemblyAI's API over Gladia, as an application."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = settings.clock
        self._is_ending = False
        self._sessions = Sessions()
        self._metrics = metrics_of(settings)
        self._tokens = tokens.TokenBook()
        self.app = web.Application()
        self.app[SESSIONS] = self._sessions
        self.app.router.add_get(face.SOCKET_PATH, self._open_socket, allow_head=False)
        self.app.router.add_get(tokens.TOKEN_PATH, self._give_token, allow_head=False)
        self.app.router.add_get(gladia.HEALTH_PATH, self._health, allow_head=False)
        if self._metrics is not None:
            self._metrics.add_to(self.app)
        self.app.cleanup_ctx.append(self._hold_connections)
        self.app.on_shutdown.append(self._shut_down)

    async def _hold_connections(self, _app: web.Application) -> AsyncIterator[None]:
        async with new_client_session() as self._http, posting(self._settings, self._metrics) as self._callbacks:
            yield

    async def _shut_down(self, _app: web.Application) -> None:
        self._is_ending = True
        await self._sessions.shut_down()

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(body=gladia.HEALTH_BODY, content_type="application/json")

    async def _give_token(self, request: web.Request) -> web.Response:
        try:
            asked = tokens.read_token_request(request.query, request.headers.get(face.KEY_HEADER))
            if self._settings.key_behind(asked.key) is None:
                raise tokens.wrong_token_key()
        except tokens.HttpRefusal as refusal:
            return web.Response(status=refusal.status, body=refusal.body, content_type="application/json")
        TOKEN.over(Vendor.GLADIA)
        token = self._tokens.issue(asked, self._clock.now())
        return web.Response(body=tokens.token_answer(token, asked), content_type="application/json")

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() != "websocket":
            raise web.HTTPUpgradeRequired
        if self._is_ending:
            raise web.HTTPServiceUnavailable
        socket = ServedSocket(face.LARGEST_FRAME)
        await socket.prepare(request)
        key, longest, refusal = "", face.LONGEST_SESSION_SECONDS, None
        try:
            key, longest = self._admit(request)
        except face.Refusal as refused:
            refusal = refused
        session_id = str(uuid.uuid4())
        bridge = AssemblyAIOverGladia(
            list(request.query.items()),
            session_id=session_id,
            created=self._clock.wall(),
            now=self._clock.now(),
            speed=self._clock.speed,
            longest=longest,
            refusal=refusal,
            on_absent=self._settings.absence,
            serves_webhooks=self._callbacks is not None,
        )
        session = Session(
            bridge,
            name=f"{session_id} over {self._settings.upstream_host}",
            clock=self._clock,
            open_upstream=self._opener(request, key),
            loggable=without(key),
            on_done=lambda: self._sessions.ended(session_id),
            observer=self._metrics,
            when_broken=_WHEN_BROKEN,
            post=self._callbacks.for_session(session_id) if self._callbacks is not None else None,
            connect_upstream=self._connect,
        )
        self._sessions.add(session_id, session)
        if self._metrics is not None:
            self._metrics.session_began()
        await session.serve_client(socket, request.transport)
        return socket

    def _admit(self, request: web.Request) -> tuple[str, int]:
        """The key for the upstream, and how many seconds the session may last. Raises the face's Refusal (1008)."""
        header, token = request.headers.get(face.KEY_HEADER), request.query.get(face.TOKEN_PARAMETER)
        issued = self._tokens.opens(token or header, self._clock.now())
        if issued is not None:
            shown, longest = issued.key, issued.max_session_duration_seconds
        else:
            face.check_key(header, token, None)
            shown, longest = token or (header or "").strip(), face.LONGEST_SESSION_SECONDS
        key = self._settings.key_behind(shown)
        if key is None:
            raise face.Refusal(1008, face.INVALID_KEY)
        return key, longest

    def _opener(self, request: web.Request, key: str) -> Callable[..., SessionRequest]:
        # The host by which the client came is a promise about where data stays.
        region = REGION.live(Vendor.GLADIA, request.host.partition(":")[0])

        def open_upstream(body: Mapping[str, Any], events: PostedEvents, on_done: Callable[[], None]) -> SessionRequest:
            url = gladia.sessions_url(self._settings.upstream_url, region)
            return SessionRequest(self._http, url, {gladia.KEY_HEADER: key}, body, events, on_done)

        return open_upstream

    def _connect(self, url: str, events: UpstreamEvents, on_done: Callable[[], None]) -> UpstreamConnection:
        return UpstreamConnection(self._http, url, {}, events, on_done)
