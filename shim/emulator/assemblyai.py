"""A local stand-in for AssemblyAI's streaming v3: the socket `/v3/ws` and the tokens of `GET /v3/token`.

It accepts every upgrade and judges key and parameters afterwards, as the service does. What it cannot play (packed
audio, models that are not out yet, a webhook on another machine) it refuses by name.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

from shim.audio import AudioFormat
from shim.emulator import sockets
from shim.emulator.assemblyai_session import HEARTBEAT_SECONDS, AssemblyAISession
from shim.emulator.assemblyai_webhook import Webhook, goes_elsewhere, webhook_of
from shim.emulator.emulation import Emulation, SessionRecord
from shim.emulator.faults import Fault, FaultBook, FaultKind
from shim.emulator.redaction import can_redact
from shim.faces import assemblyai as face
from shim.faces import assemblyai_token as tokens
from shim.wire import assemblyai as wire

_SECRET: Final = ("webhook_auth_header_value",)
_ORDERED: Final = "The sttbridge emulator was told to"


def make_app(emulation: Emulation) -> web.Application:
    """The application that plays the service; it may be served over TLS, and under any Host."""
    return _Service(emulation).app


@dataclass
class _Conversation:
    """A session that has begun. Times are seconds of the run's clock."""

    session: AssemblyAISession
    socket: sockets.PlayedSocket
    began: float
    expires: float
    last_message: float
    record: SessionRecord = field(default_factory=lambda: SessionRecord(str(uuid.uuid4())))
    webhook: Webhook | None = None
    heartbeat_since: float | None = None
    """When the beating began; None where no heartbeat is asked for."""
    heartbeats: int = 0
    """Beats that are over since then, whether they were sent or came too late."""

    def next_heartbeat(self) -> float:
        """When the next heartbeat is due, if ever."""
        if self.heartbeat_since is None:
            return math.inf
        return self.heartbeat_since + (self.heartbeats + 1) * HEARTBEAT_SECONDS

    def beat_as_asked(self, now: float) -> None:
        """Begins to beat, or ends it, as the session's settings have it."""
        asked = self.session.parameters.session_heartbeat
        if asked != (self.heartbeat_since is not None):
            self.heartbeat_since, self.heartbeats = (now if asked else None), 0


class _Service:
    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self._clock = emulation.clock
        self._open = sockets.OpenSockets()
        self._tokens = tokens.TokenBook()
        self._faults = FaultBook(emulation.faults, emulation.fault_happened)
        self.app = web.Application()
        self.app.router.add_get(face.SOCKET_PATH, self._open_socket)
        self.app.router.add_get(tokens.TOKEN_PATH, self._give_token, allow_head=False)
        self.app.on_shutdown.append(self._open.close_all)
        self._webhooks = sockets.Background()
        self.app.on_shutdown.append(self._webhooks.end)

    async def _give_token(self, request: web.Request) -> web.Response:
        try:
            asked = tokens.read_token_request(request.query, request.headers.get(face.KEY_HEADER))
            if self._emulation.key not in (None, asked.key):
                raise tokens.wrong_token_key()
        except tokens.HttpRefusal as refusal:
            self._emulation.refused[str(refusal.status)] += 1
            return web.Response(status=refusal.status, body=refusal.body, content_type="application/json")
        token = self._tokens.issue(asked, self._clock.now())
        return web.Response(body=tokens.token_answer(token, asked), content_type="application/json")

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        if not sockets.is_upgrade(request):
            raise web.HTTPUpgradeRequired
        refused = self._faults.refusal()
        status = refused.code if refused and refused.is_status else self._faults.refused_upgrade()
        if status is not None:
            self._emulation.refused[str(status)] += 1
            return web.Response(status=status)
        socket = sockets.PlayedSocket(face.LARGEST_FRAME, self._clock, self._faults.delay())
        await socket.prepare(request)
        self._emulation.open_sockets += 1
        self._open.add(socket)
        try:
            await self._serve(request, socket, refused)
        except ConnectionError:
            pass  # the client is gone; nobody is left to be told
        finally:
            socket.forget()
            self._open.remove(socket)
            self._emulation.open_sockets -= 1
        return socket

    async def _serve(self, request: web.Request, socket: sockets.PlayedSocket, refused: Fault | None) -> None:
        try:
            if refused is not None:
                raise _ordered(refused)
            longest = self._admit(request)
            parameters = face.read_parameters(request.query.items())
            audio = _playable(parameters)
        except face.Refusal as refusal:
            self._emulation.refused[str(refusal.code)] += 1
            await self._refuse(socket, refusal)
            return
        session = AssemblyAISession(parameters, audio, self._emulation.transcript, self._emulation.speech)
        now = self._clock.now()
        conversation = _Conversation(session, socket, began=now, expires=now + longest, last_message=now)
        conversation.beat_as_asked(now)
        conversation.record.asked_for = {
            name: value for name, value in request.query.items() if name not in (face.TOKEN_PARAMETER, *_SECRET)
        }
        conversation.webhook = webhook_of(conversation.record.id, parameters)
        await self._begin(conversation)

    def _admit(self, request: web.Request) -> int:
        """How many seconds the session may last, by its token or its key. Raises `Refusal` (1008)."""
        header, token = request.headers.get(face.KEY_HEADER), request.query.get(face.TOKEN_PARAMETER)
        issued = self._tokens.opens(token or header, self._clock.now())
        if issued is not None:
            return issued.max_session_duration_seconds
        face.check_key(header, token, self._emulation.key)
        return face.LONGEST_SESSION_SECONDS

    async def _begin(self, conversation: _Conversation) -> None:
        socket, parameters, record = conversation.socket, conversation.session.parameters, conversation.record
        record.sockets = 1
        self._emulation.sessions.append(record)
        try:
            expires = self._clock.wall().timestamp() + conversation.expires - conversation.began
            if self._faults.leaves_out_the_begin():
                record.close_code = await socket.ignore_until_closed()
                return
            await sockets.send(socket, [face.begin(parameters, record.id, int(expires))])
            record.close_code = await self._converse(conversation)
        except face.Refusal as refusal:
            record.close_code = refusal.code
            await self._refuse(socket, refusal)
        except ConnectionError:
            record.close_code = sockets.DROPPED
        finally:
            record.is_open, record.is_finished = False, True
            if conversation.webhook is not None:
                self._webhooks.start(conversation.webhook.post(self._clock))

    async def _converse(self, conversation: _Conversation) -> int:
        """Plays the session until one side ends it; gives the code of the close."""
        socket, session, record = conversation.socket, conversation.session, conversation.record
        while True:
            await self._be_on_time(conversation)
            patience = session.parameters.inactivity_timeout
            silent = math.inf if patience is None else conversation.last_message + patience
            deadline = min(silent, conversation.expires, conversation.next_heartbeat())
            message = await sockets.receive_until(socket, self._clock, deadline)
            now = self._clock.now()
            if message is None:
                if patience is not None and silent <= now < conversation.expires:
                    raise face.inactivity(patience)
                continue
            conversation.last_message = now
            if message.type is WSMsgType.BINARY:
                record.received["binary"] += 1
                size = len(message.data)
                heard = session.audio.seconds(session.received + size) * 1000
                fault = self._faults.after(heard, first_socket=True)
                if fault is not None:
                    return await self._misbehave(socket, fault)
                record.count_audio(size, session.audio)
                if self._emulation.keeps_audio:
                    record.audio += message.data
                await self._say(conversation, session.hear(message.data, now - conversation.began))
            elif message.type is WSMsgType.TEXT:
                told = face.read_message(message.data)
                record.received[told.type] += 1
                match told:
                    case wire.Terminate():
                        ending = session.terminate(now - conversation.began)
                        if self._faults.leaves_out_the_end():
                            await self._say(conversation, [said for said in ending if said.type != "Termination"])
                            return await socket.ignore_until_closed()
                        await self._say(conversation, ending)
                        await socket.end(face.CLOSE_ENDED, face.ENDED_REASON)
                        return face.CLOSE_ENDED
                    case wire.ForceEndpoint():
                        await self._say(conversation, session.force_endpoint())
                    case wire.UpdateConfiguration():
                        session.update(told)
                        conversation.beat_as_asked(now)
                    case wire.KeepAlive():
                        pass
            else:
                return sockets.close_code_of(message, socket)

    async def _say(self, conversation: _Conversation, messages: list[Any]) -> None:
        if conversation.webhook is not None:
            conversation.webhook.hear(messages)
        await sockets.send(conversation.socket, messages)

    async def _be_on_time(self, conversation: _Conversation) -> None:
        """Does what the clock demands, whatever the client does: heartbeats, and the end of a session too long."""
        now = self._clock.now()
        session = conversation.session
        if now >= conversation.expires:
            raise face.session_expired()
        if conversation.heartbeat_since is not None and now >= conversation.next_heartbeat():
            conversation.heartbeats = int((now - conversation.heartbeat_since) // HEARTBEAT_SECONDS)
            await sockets.send(conversation.socket, [session.heartbeat(now - conversation.began)])

    async def _misbehave(self, socket: sockets.PlayedSocket, fault: Fault) -> int:
        """Carries out what was ordered for this place in the audio; gives the code of the close."""
        if fault.kind is FaultKind.SILENT_AFTER:
            return await socket.ignore_until_closed()
        if fault.kind is FaultKind.DROP_AFTER:
            socket.drop()
            return sockets.DROPPED
        if _comes_with_an_error(fault.code):
            raise _ordered(fault)
        await socket.end(fault.code, _ORDERED)
        return fault.code

    async def _refuse(self, socket: sockets.PlayedSocket, refusal: face.Refusal) -> None:
        await sockets.send(socket, [face.error_frame(refusal)])
        await self._clock.sleep(face.ERROR_TO_CLOSE_SECONDS)
        await socket.end(refusal.code, face.CLOSE_REASON)


def _comes_with_an_error(code: int) -> bool:
    """Whether the service says why before it closes so."""
    return code == 1008 or 3000 <= code <= 3999


def _ordered(fault: Fault) -> face.Refusal:
    """The refusal that a fault brings about."""
    return face.Refusal(fault.code, f"{_ORDERED}: {fault}")


def _playable(parameters: face.SessionParameters) -> AudioFormat:
    """The audio of the session. Raises `Refusal` (3006), ours, for what the service does and this does not."""
    audio = face.audio_format(parameters)
    asked = []
    if parameters.given.get("redact_pii") and not can_redact(parameters):
        asked.append(f"redact_pii with speech_model={parameters.speech_model}")
    if goes_elsewhere(parameters):
        asked.append("webhook_url on another machine")
    if parameters.speech_model in face.PREVIEW_MODELS:
        asked.append(f"speech_model={parameters.speech_model}")
    if audio is None:
        asked.append(f"encoding={parameters.encoding}")
    if asked or audio is None:
        raise face.Refusal(3006, f"The sttbridge emulator does not play {', '.join(asked)}")
    return audio
