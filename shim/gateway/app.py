"""The gateway as an application; and its HTTP side where it speaks Gladia's API: `POST /v2/live` and the socket."""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from shim.bridges.actions import RefuseRequest
from shim.bridges.gladia_over_assemblyai import GladiaOverAssemblyAI
from shim.faces import assemblyai, gladia
from shim.gateway.assemblyai_api import AssemblyAIGateway
from shim.gateway.callbacks import posting
from shim.gateway.gladia_jobs import JobRoutes
from shim.gateway.metrics import metrics_of
from shim.gateway.session import Session
from shim.gateway.sessions import SESSIONS as SESSIONS
from shim.gateway.sessions import Sessions as Sessions
from shim.gateway.settings import Settings, host_of, without
from shim.gateway.upstream import UpstreamConnection, UpstreamEvents, new_client_session
from shim.mapping import ends
from shim.mapping.on_absent import Handling, way_out
from shim.mapping.row import Vendor
from shim.mapping.session import REGION
from shim.served_socket import ServedSocket
from shim.wire.assemblyai import QueryValue

_log = logging.getLogger("sttbridge")

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


_REQUEST_ID: Final = web.RequestKey("request_id", str)
_REFUSED_AFTER: Final = 0.05
"""Real seconds, less than any network takes. Gladia's SDK asks in a thread that it starts before the program can
register its handlers: one in the same process that is refused at once would never hear of it."""


def make_app(settings: Settings) -> web.Application:
    """The gateway as an application; it may be served over TLS, and under any Host."""
    if settings.api == Vendor.ASSEMBLYAI:
        return AssemblyAIGateway(settings).app
    return _GladiaGateway(settings).app


class _GladiaGateway:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = settings.clock
        self._is_ending = False
        self._sessions = Sessions()
        self._metrics = metrics_of(settings)
        self.app = web.Application(middlewares=[self._answer_errors])
        self.app[SESSIONS] = self._sessions
        self.app.router.add_post(gladia.SESSIONS_PATH, self._create)
        self.app.router.add_get(gladia.SESSIONS_PATH, self._open_socket, allow_head=False)
        self.app.router.add_get(gladia.HEALTH_PATH, self._health, allow_head=False)
        self._jobs = JobRoutes(settings, self._address, self._metrics)
        self._jobs.add_to(self.app)
        if self._metrics is not None:
            self._metrics.add_to(self.app)
        self.app.on_response_prepare.append(self._add_headers)
        self.app.cleanup_ctx.append(self._hold_connections)
        self.app.on_shutdown.append(self._shut_down)

    async def _hold_connections(self, _app: web.Application) -> AsyncIterator[None]:
        async with new_client_session() as self._http, posting(self._settings, self._metrics) as self._callbacks:
            yield

    async def _shut_down(self, _app: web.Application) -> None:
        self._is_ending = True
        await self._sessions.shut_down()

    # --- HTTP ------------------------------------------------------------------------------------

    @web.middleware
    async def _answer_errors(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        request[_REQUEST_ID] = gladia.request_id(str(uuid.uuid4()))
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            return web.Response(status=204)
        try:
            return await handler(request)
        except gladia.Refusal as refusal:
            await asyncio.sleep(_REFUSED_AFTER)
            return self._error(request, refusal)
        except web.HTTPException as error:
            # aiohttp tells a wrong method from a wrong path; the service does not.
            if error.status in (404, 405):
                return self._error(request, gladia.not_found(request.method, request.path))
            return self._error(request, gladia.Refusal(error.status, error.reason))
        except Exception:
            _log.exception("%s %s failed", request.method, request.path)
            return self._error(request, gladia.Refusal(500, "Internal server error"))

    def _error(self, request: web.Request, refusal: gladia.Refusal) -> web.Response:
        if self._metrics is not None:
            self._metrics.request_refused(refusal.status)
        body = gladia.error_body(
            refusal.status,
            refusal.message,
            path=request.path,
            timestamp=gladia.timestamp(self._clock.wall()),
            request_id=request[_REQUEST_ID],
            validation_errors=refusal.validation_errors,
        )
        return web.Response(status=refusal.status, body=body, content_type="application/json")

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        if not isinstance(response, web.WebSocketResponse):
            response.headers.update(gladia.CROSS_ORIGIN_HEADERS)
            response.headers[gladia.REQUEST_ID_HEADER] = request.get(_REQUEST_ID, "")

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(body=gladia.HEALTH_BODY, content_type="application/json")

    async def _create(self, request: web.Request) -> web.Response:
        key = self._settings.upstream_key_for(request.headers.get(gladia.KEY_HEADER))
        region = request.query.get("region")
        asked = gladia.read_init_request(await request.read(), region)
        if self._is_ending:
            raise gladia.Refusal(ends.GOING_AWAY.http_status, ends.GOING_AWAY.text)
        session_id, token = str(uuid.uuid4()), str(uuid.uuid4())
        created = self._clock.wall()
        bridge = GladiaOverAssemblyAI(
            asked,
            session_id=session_id,
            created=created,
            now=self._clock.now(),
            speed=self._clock.speed,
            keep_turns=self._settings.turns == "keep",
            come_back_within=self._settings.grace,
            on_absent=self._settings.absence,
            keeps_audio=self._settings.keep_audio,
            serves_callbacks=self._callbacks is not None,
        )
        upstream = self._upstream_url(region)
        session = Session(
            bridge,
            name=f"{session_id} over {host_of(upstream)}",
            clock=self._clock,
            open_upstream=self._opener(upstream, key),
            loggable=without(key),
            on_done=lambda: self._sessions.ended(token),
            observer=self._metrics,
            post=self._callbacks.for_session(session_id) if self._callbacks is not None else None,
            job=self._jobs.recorder(
                request.headers.get(gladia.KEY_HEADER, ""), asked, session_id, request[_REQUEST_ID], created
            ),
        )
        self._sessions.add(token, session)
        if self._metrics is not None:
            self._metrics.session_began()
        session.begin(bridge.request_received)
        answer = await session.answer
        if isinstance(answer, RefuseRequest):
            raise gladia.Refusal(answer.status, answer.message, list(answer.validation_errors))
        url = self._session_url(request, token)
        body = gladia.init_response(session_id, gladia.timestamp(created), url)
        return web.Response(status=201, body=body, content_type="application/json")

    def _session_url(self, request: web.Request, token: str) -> str:
        scheme, _, rest = self._address(request).partition("://")
        host, _, prefix = rest.partition("/")
        return gladia.websocket_url(scheme, host, token, f"/{prefix}" if prefix else "")

    def _address(self, request: web.Request) -> str:
        """The base URL (HTTP) under which clients reach this gateway."""
        public = self._settings.public_url or f"{request.scheme}://{request.host}"
        return re.sub("^ws", "http", public.rstrip("/"))

    # --- sockets ---------------------------------------------------------------------------------

    def _upstream_url(self, region: str | None) -> str:
        """The upstream's base URL. A region is a promise about where data stays: it chooses the host. An upstream that
        the gateway was given keeps no such promise. Raises the face's Refusal (400) where that must not pass."""
        if region is None:
            return self._settings.upstream_url
        host: str = REGION.live(Vendor.ASSEMBLYAI, region)
        if self._settings.upstream is None or self._settings.upstream_host == host:
            return f"wss://{host}"
        handling = self._settings.absence.of(REGION)
        if handling is Handling.STRICT:
            [name] = REGION.gladia
            problem = f"{name} must not be sent: the gateway was given an upstream, which need not be in {region}"
            raise gladia.Refusal(ends.BAD_PARAMETER.http_status, "Bad request", [f"{problem} ({way_out(REGION)})"])
        level = logging.WARNING if handling is Handling.WARN else logging.INFO
        _log.log(level, "a session asks for the region %s; it goes to the upstream that was given", region)
        return self._settings.upstream_url

    def _opener(
        self, upstream: str, key: str
    ) -> Callable[[Mapping[str, QueryValue], UpstreamEvents, Callable[[], None]], UpstreamConnection]:
        def open_upstream(
            parameters: Mapping[str, QueryValue], events: UpstreamEvents, on_done: Callable[[], None]
        ) -> UpstreamConnection:
            url = assemblyai.websocket_url(upstream, parameters)
            return UpstreamConnection(self._http, url, {assemblyai.KEY_HEADER: key}, events, on_done)

        return open_upstream

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() != "websocket":
            return await self._jobs.list(request)
        token = request.query.get("token", "")
        session = self._sessions.find(token)
        if session is None and not self._sessions.has_ended(token):
            raise gladia.Refusal(403, gladia.NO_SUCH_TOKEN)
        if session is not None and session.frames_too_large >= gladia.MOST_FRAMES_TOO_LARGE:
            raise gladia.Refusal(403, gladia.BEYOND_REPAIR)
        too_large = None if session is None else session.frame_was_too_large
        socket = ServedSocket(gladia.LARGEST_FRAME, gives_pongs=True, too_large=too_large)
        await socket.prepare(request)
        if session is None:
            ends.JOB_OVER.over(Vendor.ASSEMBLYAI)
            await socket.close(code=ends.JOB_OVER.gladia_close, message=ends.JOB_OVER.text.encode())
        else:
            await session.serve_client(socket, request.transport)
        return socket
