"""A local stand-in for AssemblyAI's streaming v3: the socket `/v3/ws`.

It accepts every upgrade and judges key and parameters afterwards, as the service does. What it cannot play (packed
audio, redaction, webhooks, heartbeats) it refuses by name.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final

from aiohttp import WSMsgType, web

from shim.audio import AudioFormat
from shim.emulator import sockets
from shim.emulator.assemblyai_session import AssemblyAISession
from shim.emulator.emulation import Emulation, SessionRecord
from shim.faces import assemblyai as face
from shim.wire import assemblyai as wire

_NOT_PLAYED: Final = ("redact_pii", "webhook_url", "session_heartbeat", "acknowledge_silence")
_SECRET: Final = ("webhook_auth_header_value",)


def make_app(emulation: Emulation) -> web.Application:
    """The application that plays the service; it may be served over TLS, and under any Host."""
    return _Service(emulation).app


@dataclass
class _Conversation:
    """A session that has begun. Times are seconds of the run's clock."""

    session: AssemblyAISession
    socket: web.WebSocketResponse
    began: float
    last_message: float
    record: SessionRecord = field(default_factory=lambda: SessionRecord(str(uuid.uuid4())))


class _Service:
    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self._clock = emulation.clock
        self._open = sockets.OpenSockets()
        self.app = web.Application()
        self.app.router.add_get(face.SOCKET_PATH, self._open_socket)
        self.app.on_shutdown.append(self._open.close_all)

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        if not sockets.is_upgrade(request):
            raise web.HTTPUpgradeRequired
        socket = sockets.new_socket(face.LARGEST_FRAME)
        await socket.prepare(request)
        self._emulation.open_sockets += 1
        self._open.add(socket)
        try:
            await self._serve(request, socket)
        except ConnectionError:
            pass  # the client is gone; nobody is left to be told
        finally:
            self._open.remove(socket)
            self._emulation.open_sockets -= 1
        return socket

    async def _serve(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        try:
            shown, token = request.headers.get(face.KEY_HEADER), request.query.get(face.TOKEN_PARAMETER)
            face.check_key(shown, token, self._emulation.key)
            parameters = face.read_parameters(request.query.items())
            audio = _playable(parameters)
        except face.Refusal as refusal:
            self._emulation.refused[str(refusal.code)] += 1
            await self._refuse(socket, refusal)
            return
        await self._begin(socket, parameters, audio, dict(request.query))

    async def _begin(
        self,
        socket: web.WebSocketResponse,
        parameters: face.SessionParameters,
        audio: AudioFormat,
        query: dict[str, str],
    ) -> None:
        session = AssemblyAISession(parameters, audio, self._emulation.transcript)
        now = self._clock.now()
        conversation = _Conversation(session, socket, began=now, last_message=now)
        record = conversation.record
        record.asked_for = {
            name: value for name, value in query.items() if name not in (face.TOKEN_PARAMETER, *_SECRET)
        }
        record.sockets = 1
        self._emulation.sessions.append(record)
        try:
            expires = int(self._clock.wall().timestamp()) + face.LONGEST_SESSION_SECONDS
            await sockets.send(socket, [face.begin(parameters, record.id, expires)])
            record.close_code = await self._converse(conversation)
        except face.Refusal as refusal:
            record.close_code = refusal.code
            await self._refuse(socket, refusal)
        except ConnectionError:
            record.close_code = sockets.DROPPED
        finally:
            record.is_open = False

    async def _converse(self, conversation: _Conversation) -> int:
        """Plays the session until one side ends it; gives the code of the close."""
        socket, session, record = conversation.socket, conversation.session, conversation.record
        while True:
            expires = conversation.began + face.LONGEST_SESSION_SECONDS
            patience = session.parameters.inactivity_timeout
            silent = expires if patience is None else conversation.last_message + patience
            message = await sockets.receive_until(socket, self._clock, min(silent, expires))
            if message is None:
                raise face.session_expired() if patience is None or expires <= silent else face.inactivity(patience)
            now = self._clock.now()
            conversation.last_message = now
            if message.type is WSMsgType.BINARY:
                record.received["binary"] += 1
                size = len(message.data)
                record.count_audio(size, session.audio)
                await sockets.send(socket, session.hear(size, now - conversation.began))
            elif message.type is WSMsgType.TEXT:
                told = face.read_message(message.data)
                record.received[told.type] += 1
                match told:
                    case wire.Terminate():
                        await sockets.send(socket, session.terminate(now - conversation.began))
                        await socket.close(code=face.CLOSE_ENDED, message=sockets.reason_bytes(face.ENDED_REASON))
                        return face.CLOSE_ENDED
                    case wire.ForceEndpoint():
                        await sockets.send(socket, session.force_endpoint())
                    case wire.UpdateConfiguration():
                        session.update(told)
                        _playable(session.parameters)
                    case wire.KeepAlive():
                        pass
            else:
                return sockets.close_code_of(message, socket)

    async def _refuse(self, socket: web.WebSocketResponse, refusal: face.Refusal) -> None:
        await sockets.send(socket, [face.error_frame(refusal)])
        await self._clock.sleep(face.ERROR_TO_CLOSE_SECONDS)
        await socket.close(code=refusal.code, message=sockets.reason_bytes(face.CLOSE_REASON))


def _playable(parameters: face.SessionParameters) -> AudioFormat:
    """The audio of the session. Raises `Refusal` (3006), ours, for what the service does and this does not."""
    audio = face.audio_format(parameters)
    asked = [name for name in _NOT_PLAYED if parameters.given.get(name)]
    if parameters.speech_model in face.PREVIEW_MODELS:
        asked.append(f"speech_model={parameters.speech_model}")
    if audio is None:
        asked.append(f"encoding={parameters.encoding}")
    if asked or audio is None:
        raise face.Refusal(3006, f"The sttbridge emulator does not play {', '.join(asked)}")
    return audio
