"""A local stand-in for Gladia's live API v2: POST /v2/live, GET /health and the socket of a session.

It is as strict as the service, and what it cannot play (add-ons, callbacks, jobs) it refuses by name.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import WSMsgType, web

from shim.emulator import sockets
from shim.emulator.emulation import Emulation, SessionRecord
from shim.emulator.gladia_session import GladiaSession
from shim.faces import gladia as face
from shim.wire import gladia as wire
from shim.wire.codec import MalformedMessage, UnknownMessage

_WORDLESS: Final = "No text for too long"
_REQUEST_ID: Final = web.RequestKey("request_id", str)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(emulation: Emulation) -> web.Application:
    """The application that plays the service; it may be served over TLS, and under any Host."""
    return _Service(emulation).app


@dataclass
class _Job:
    """A session between its POST and its end. Times are seconds of the run's clock.

    `last_text`: when something was last understood, or else the socket opened.
    """

    session: GladiaSession
    record: SessionRecord
    created: float
    last_audio: float
    last_text: float
    finished: bool = False
    socket: web.WebSocketResponse | None = None


class _Service:
    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self._clock = emulation.clock
        self._jobs: dict[str, _Job] = {}
        self._open = sockets.OpenSockets()
        self.app = web.Application(middlewares=[self._answer_errors])
        self.app.router.add_post(face.SESSIONS_PATH, self._create)
        self.app.router.add_get(face.SESSIONS_PATH, self._open_socket)
        self.app.router.add_get(face.HEALTH_PATH, self._health)
        self.app.on_response_prepare.append(self._add_headers)
        self.app.on_shutdown.append(self._open.close_all)

    # HTTP

    @web.middleware
    async def _answer_errors(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        request[_REQUEST_ID] = face.request_id(str(uuid.uuid4()))
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            return web.Response(status=204)
        try:
            return await handler(request)
        except face.Refusal as refusal:
            return self._error(request, refusal)
        except web.HTTPException as error:
            # aiohttp tells a wrong method from a wrong path; the service does not.
            if error.status in (404, 405):
                return self._error(request, face.not_found(request.method, request.path))
            return self._error(request, face.Refusal(error.status, error.reason))

    def _error(self, request: web.Request, refusal: face.Refusal) -> web.Response:
        self._emulation.refused[str(refusal.status)] += 1
        body = face.error_body(
            refusal.status,
            refusal.message,
            path=request.path,
            timestamp=self._stamp(),
            request_id=request[_REQUEST_ID],
            validation_errors=refusal.validation_errors,
        )
        return web.Response(status=refusal.status, body=body, content_type="application/json")

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        if not isinstance(response, web.WebSocketResponse):
            response.headers.update(face.CROSS_ORIGIN_HEADERS)
            response.headers[face.REQUEST_ID_HEADER] = request.get(_REQUEST_ID, "")

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(body=face.HEALTH_BODY, content_type="application/json")

    async def _create(self, request: web.Request) -> web.Response:
        self._check_key(request)
        asked = face.read_init_request(await request.read(), request.query.get("region"))
        _refuse_what_is_not_played(asked.request)
        session_id, token = str(uuid.uuid4()), str(uuid.uuid4())
        session = GladiaSession(session_id, asked.request, self._emulation.transcript, self._stamp)
        record = SessionRecord(session_id, asked_for=asked.given)
        self._emulation.sessions.append(record)
        now = self._clock.now()
        self._jobs[token] = _Job(session, record, created=now, last_audio=now, last_text=now)
        url = face.websocket_url(request.scheme, request.host, token)
        body = face.init_response(session_id, self._stamp(), url)
        return web.Response(status=201, body=body, content_type="application/json")

    def _check_key(self, request: web.Request) -> None:
        face.check_key(request.headers.get(face.KEY_HEADER), self._emulation.key)

    def _stamp(self) -> str:
        return face.timestamp(self._clock.wall())

    # The socket

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        if not sockets.is_upgrade(request):
            self._check_key(request)
            raise _not_played("the list of jobs", 501)
        job = self._jobs.get(request.query.get("token", ""))
        if job is None:
            raise face.Refusal(403, face.NO_SUCH_TOKEN)
        socket = sockets.new_socket(face.LARGEST_FRAME)
        await socket.prepare(request)
        self._emulation.open_sockets += 1
        self._open.add(socket)
        try:
            await self._attach(job, socket)
        except ConnectionError:
            job.record.close_code = sockets.DROPPED
        finally:
            self._open.remove(socket)
            self._emulation.open_sockets -= 1
            if job.socket is socket:
                job.socket = None
                job.record.is_open = False
        return socket

    async def _attach(self, job: _Job, socket: web.WebSocketResponse) -> None:
        now = self._clock.now()
        if not job.finished and job.record.sockets and now - job.last_audio > face.SILENT_CLIENT_SECONDS:
            self._finish(job)  # nobody came back in time
        if job.finished:
            await socket.close(code=face.CLOSE_JOB_FINISHED, message=b"Session is already finished")
            return
        if job.socket is not None:
            self._open.close_soon(job.socket, face.CLOSE_REPLACED, "Another connection took this session over")
        job.socket = socket
        job.record.is_open = True
        job.record.sockets += 1
        job.last_audio = job.last_text = now
        if job.record.sockets == 1:
            await sockets.send(socket, job.session.opened())
        try:
            code, reason = await self._converse(job, socket)
        except MalformedMessage as error:
            code, reason = face.CLOSE_BAD_MESSAGE, f"Bad message: {error.reason}"
        if socket.closed or job.socket is not socket:
            return
        if code != face.CLOSE_NO_TEXT:  # after that one the client is to come back
            self._finish(job)
        job.record.close_code = code
        await socket.close(code=code, message=sockets.reason_bytes(reason))

    async def _converse(self, job: _Job, socket: web.WebSocketResponse) -> tuple[int, str]:
        """Plays the session until it has ended or its socket has; gives the code and reason of the close."""
        while True:
            silent = job.last_audio + face.SILENT_CLIENT_SECONDS
            wordless = job.last_text + face.WORDLESS_SECONDS
            expires = job.created + face.LONGEST_SESSION_SECONDS
            message = await sockets.receive_until(socket, self._clock, min(silent, wordless, expires))
            if message is None:
                now = self._clock.now()
                if now >= expires:
                    await sockets.send(socket, self._ending(job))
                    return face.CLOSE_TOO_LONG, "Session lasted too long"
                if now >= silent:
                    return face.CLOSE_NO_AUDIO, "No audio received for too long"
                if now >= wordless:
                    return face.CLOSE_NO_TEXT, _WORDLESS
                continue
            if message.type is WSMsgType.BINARY:
                job.record.received["binary"] += 1
                await self._hear(job, socket, message.data)
            elif message.type is WSMsgType.TEXT:
                told = wire.client_messages.decode(message.data)
                job.record.received[told.type] += 1
                match told:
                    case wire.AudioChunk():
                        await self._hear(job, socket, face.chunk_bytes(told))
                    case wire.StopRecording():
                        await sockets.send(socket, self._ending(job))
                        return face.CLOSE_FINISHED, ""
                    case UnknownMessage():
                        raise MalformedMessage(f"there is no message of type {told.type}")
            else:
                code = sockets.close_code_of(message, socket)
                if job.socket is socket:
                    job.record.close_code = code
                if code == face.CLOSE_FINISHED:
                    self._finish(job)  # the same as a stop, but nobody listens to the rest
                return code, ""
            if self._clock.now() >= job.last_text + face.WORDLESS_SECONDS:
                return face.CLOSE_NO_TEXT, _WORDLESS

    async def _hear(self, job: _Job, socket: web.WebSocketResponse, audio: bytes) -> None:
        job.last_audio = self._clock.now()
        # What could not be acknowledged was not received: the client will send it again.
        await sockets.send(socket, job.session.acknowledge(len(audio)))
        heard, texts = job.session.heard, job.session.texts
        messages = job.session.hear(audio)
        job.record.count_audio(job.session.heard - heard, job.session.audio)
        if job.session.texts > texts:
            job.last_text = job.last_audio
        await sockets.send(socket, messages)

    def _ending(self, job: _Job) -> list[Any]:
        self._finish(job)
        return list(job.session.stop(self._clock.now() - job.created))

    def _finish(self, job: _Job) -> None:
        job.finished = job.record.is_finished = True
        job.record.is_open = False


def _refuse_what_is_not_played(request: wire.InitRequest) -> None:
    """Ours: the service would do these. Raises `Refusal` (400) that names every one."""
    asked = face.add_ons(request)
    if request.callback:
        asked.append("callback")
    if asked:
        raise face.Refusal(
            400, "Bad request", [f"{name} must not be on: the sttbridge emulator does not play it" for name in asked]
        )


def _not_played(what: str, status: int) -> face.Refusal:
    return face.Refusal(status, f"the sttbridge emulator does not play {what}")
