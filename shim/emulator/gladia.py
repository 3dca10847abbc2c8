"""A local stand-in for Gladia's live API v2: POST /v2/live, the socket of a session, its job, and GET /health.

It is as strict as the service. Jobs are in `gladia_jobs`, the results of add-ons are made up (`gladia_add_ons`), and
callbacks (`gladia_callbacks`) go to this machine only: another address is refused by name.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import WSMsgType, web

from shim.emulator import sockets
from shim.emulator.addresses import is_loopback
from shim.emulator.emulation import Emulation, SessionRecord
from shim.emulator.faults import Fault, FaultBook, FaultKind
from shim.emulator.gladia_callbacks import Callback, callback_of
from shim.emulator.gladia_jobs import JobCalls, PlayedJob
from shim.emulator.gladia_session import GladiaSession
from shim.faces import gladia as face
from shim.wire import gladia as wire
from shim.wire.codec import MalformedMessage, UnknownMessage
from shim.wire.gladia_jobs import JobStatus

_WORDLESS: Final = "No text for too long"
_BEYOND_REPAIR: Final = "Session is beyond repair: too many frames that were too large"
_FRAMES_TOO_LARGE: Final = 3
"""Ours: the service refuses the session's socket "after repeated failures"."""
_TOO_LARGE: Final = 1009
_ORDERED: Final = "The sttbridge emulator was told to"
_END: Final = ("end_recording", "post_transcript", "post_summarization", "post_final_transcript", "end_session")
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
    played: PlayedJob
    created: float
    last_audio: float
    last_text: float
    finished: bool = False
    socket: sockets.PlayedSocket | None = None
    heard_before: float = 0.0
    """Milliseconds of audio that were heard before this socket."""
    frames_too_large: int = 0
    refused: Fault | None = None
    """The close that is ordered for each of its sockets."""


class _Service:
    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self._clock = emulation.clock
        self._jobs: dict[str, _Job] = {}
        self._open = sockets.OpenSockets()
        self._faults = FaultBook(emulation.faults, emulation.fault_happened)
        self.app = web.Application(middlewares=[self._answer_errors])
        self.app.router.add_post(face.SESSIONS_PATH, self._create)
        self.app.router.add_get(face.SESSIONS_PATH, self._open_socket)
        self._played = JobCalls(self._check_key, self._finish_the_forsaken)
        self._played.add_routes(self.app)
        self._callbacks: list[Callback] = []
        self.app.router.add_get(face.HEALTH_PATH, self._health)
        self.app.on_response_prepare.append(self._add_headers)
        self.app.on_shutdown.append(self._open.close_all)
        self.app.on_shutdown.append(self._stop_callbacks)

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
        await self._clock.sleep(self._faults.delay())
        refused = self._faults.refusal()
        if refused is not None and refused.is_status:
            raise face.Refusal(refused.code, f"{_ORDERED}: {refused}")
        key = self._check_key(request)
        asked = face.read_init_request(await request.read(), request.query.get("region"))
        _refuse_what_is_not_played(asked.request)
        session_id, token = str(uuid.uuid4()), str(uuid.uuid4())
        callback = callback_of(session_id, asked.request)
        if callback is not None:
            self._callbacks.append(callback)

        def listen(message: wire.ServerMessage, is_wanted: bool) -> None:
            played.hear(message, is_wanted=is_wanted)
            if callback is not None:
                callback.tell(message)

        emulation = self._emulation
        session = GladiaSession(
            session_id, asked.request, emulation.transcript, self._stamp, emulation.speech, listen=listen
        )
        created = self._clock.wall()
        played = PlayedJob(
            session_id, key, request[_REQUEST_ID], created, asked.request, session.audio, session.recording
        )
        self._played.add(played)
        record = SessionRecord(session_id, asked_for=asked.given)
        if emulation.keeps_audio:
            record.audio = session.recording
        emulation.sessions.append(record)
        now = self._clock.now()
        self._jobs[token] = _Job(session, record, played, now, now, now, refused=refused)
        if callback is not None:
            callback.tell(wire.StartSession(session_id=session_id, created_at=face.timestamp(created)))
        url = face.websocket_url(request.scheme, request.host, token)
        body = face.init_response(session_id, face.timestamp(created), url)
        return web.Response(status=201, body=body, content_type="application/json")

    async def _stop_callbacks(self, _app: web.Application) -> None:
        for callback in self._callbacks:
            await callback.stop()

    def _check_key(self, request: web.Request) -> str:
        key = request.headers.get(face.KEY_HEADER)
        face.check_key(key, self._emulation.key)
        return key or ""

    def _stamp(self) -> str:
        return face.timestamp(self._clock.wall())

    # The socket

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        if not sockets.is_upgrade(request):
            return self._played.list(request)
        job = self._jobs.get(request.query.get("token", ""))
        if job is None:
            raise face.Refusal(403, face.NO_SUCH_TOKEN)
        if job.frames_too_large >= _FRAMES_TOO_LARGE:
            self._finish(job)
            raise face.Refusal(403, _BEYOND_REPAIR)
        status = self._faults.refused_upgrade()
        if status is not None:
            raise face.Refusal(status, _ORDERED)
        if self._faults.leaves_out_the_begin():
            await sockets.never_answer(request)
            raise ConnectionResetError
        socket = sockets.PlayedSocket(face.LARGEST_FRAME, self._clock, self._faults.delay())
        await socket.prepare(request)
        self._emulation.open_sockets += 1
        self._open.add(socket)
        try:
            await self._attach(job, socket)
        except ConnectionError:
            job.record.close_code = sockets.DROPPED
        finally:
            socket.forget()
            self._open.remove(socket)
            self._emulation.open_sockets -= 1
            if job.socket is socket:
                job.socket = None
                job.record.is_open = False
        return socket

    async def _attach(self, job: _Job, socket: sockets.PlayedSocket) -> None:
        if job.refused is not None:
            await self._close(job, socket, job.refused.code, f"{_ORDERED}: {job.refused}")
            return
        self._finish_the_forsaken()
        if job.finished:
            await socket.close(code=face.CLOSE_JOB_FINISHED, message=b"Session is already finished")
            return
        if job.socket is not None:
            self._open.close_soon(job.socket, face.CLOSE_REPLACED, "Another connection took this session over")
        now = self._clock.now()
        job.socket = socket
        job.record.is_open = True
        job.record.sockets += 1
        job.played.status = JobStatus.PROCESSING
        job.heard_before = job.session.seconds * 1000
        job.last_audio = job.last_text = now
        if job.record.sockets == 1:
            await sockets.send(socket, job.session.opened())
        try:
            code, reason = await self._converse(job, socket)
        except MalformedMessage as error:
            code, reason = face.CLOSE_BAD_MESSAGE, f"Bad message: {error.reason}"
        if socket.closed or job.socket is not socket:
            return
        await self._close(job, socket, code, reason)

    async def _close(self, job: _Job, socket: sockets.PlayedSocket, code: int, reason: str) -> None:
        if _is_final(code):
            self._finish(job)
        job.record.close_code = code
        await socket.end(code, reason)

    async def _converse(self, job: _Job, socket: sockets.PlayedSocket) -> tuple[int, str]:
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
                fault = await self._hear(job, socket, message.data)
                if fault is not None:
                    return await self._misbehave(socket, fault)
            elif message.type is WSMsgType.TEXT:
                told = wire.client_messages.decode(message.data)
                job.record.received[told.type] += 1
                match told:
                    case wire.AudioChunk():
                        fault = await self._hear(job, socket, face.chunk_bytes(told))
                        if fault is not None:
                            return await self._misbehave(socket, fault)
                    case wire.StopRecording():
                        ending = self._ending(job)
                        if self._faults.leaves_out_the_end():
                            await sockets.send(socket, [said for said in ending if said.type not in _END])
                            return await socket.ignore_until_closed(), ""
                        await sockets.send(socket, ending)
                        return face.CLOSE_FINISHED, ""
                    case UnknownMessage():
                        raise MalformedMessage(f"there is no message of type {told.type}")
            else:
                code = sockets.close_code_of(message, socket)
                job.frames_too_large += code == _TOO_LARGE
                if job.socket is socket:
                    job.record.close_code = code
                if code == face.CLOSE_FINISHED:
                    self._finish(job)  # the same as a stop, but nobody listens to the rest
                return code, ""
            if self._clock.now() >= job.last_text + face.WORDLESS_SECONDS:
                return face.CLOSE_NO_TEXT, _WORDLESS

    async def _hear(self, job: _Job, socket: sockets.PlayedSocket, audio: bytes) -> Fault | None:
        """Takes audio and answers it; gives the fault that comes in its place."""
        on_this_socket = (job.session.seconds + job.session.audio.seconds(len(audio))) * 1000 - job.heard_before
        fault = self._faults.after(on_this_socket, first_socket=job.record.sockets == 1)
        if fault is not None:
            return fault
        job.last_audio = self._clock.now()
        # What could not be acknowledged was not received: the client will send it again.
        await sockets.send(socket, job.session.acknowledge(len(audio)))
        heard, texts = job.session.heard, job.session.texts
        messages = job.session.hear(audio)
        job.record.count_audio(job.session.heard - heard, job.session.audio)
        if job.session.texts > texts:
            job.last_text = job.last_audio
        await sockets.send(socket, messages)
        return None

    async def _misbehave(self, socket: sockets.PlayedSocket, fault: Fault) -> tuple[int, str]:
        """Carries out what was ordered for this place in the audio; gives the code and reason of the close."""
        if fault.kind is FaultKind.SILENT_AFTER:
            return await socket.ignore_until_closed(), ""
        if fault.kind is FaultKind.DROP_AFTER:
            socket.drop()
            raise ConnectionResetError
        return fault.code, _ORDERED

    def _ending(self, job: _Job) -> list[Any]:
        ending = job.session.stop(self._clock.now() - job.created)
        self._finish(job)
        return list(ending)

    def _finish_the_forsaken(self) -> None:
        """Ends the sessions to which nobody came back in time."""
        now = self._clock.now()
        for job in self._jobs.values():
            was_there = job.record.sockets and job.socket is None
            if was_there and not job.finished and now - job.last_audio > face.SILENT_CLIENT_SECONDS:
                self._finish(job)

    def _finish(self, job: _Job) -> None:
        if not job.session.stopped:
            job.session.stop(self._clock.now() - job.created)  # nobody listens to it, but the job holds it
        job.played.finish(self._clock.wall())
        job.finished = job.record.is_finished = True
        job.record.is_open = False


def _is_final(code: int) -> bool:
    """Whether clients do not come back after it: then the job is finished."""
    return code in (face.CLOSE_FINISHED, sockets.GOING_AWAY) or 4400 <= code <= 4499


def _refuse_what_is_not_played(request: wire.InitRequest) -> None:
    """Ours: the service would call anybody. Raises `Refusal` (400) for a callback to another machine."""
    config = request.callback_config if isinstance(request.callback_config, dict) else {}
    if request.callback and not is_loopback(str(config.get("url", ""))):
        problem = "callback_config.url must be on this machine: the sttbridge emulator calls nobody else"
        raise face.Refusal(400, "Bad request", [problem])
