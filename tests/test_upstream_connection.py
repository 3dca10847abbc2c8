"""What the gateway sent before it closed reaches a service that is slow to read."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Any

import aiohttp
import pytest
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from shim.gateway.upstream import UpstreamConnection, new_client_session

_AUDIO = bytes(3200)
_STOP = '{"type":"stop_recording"}'
_ACKNOWLEDGEMENTS = 300


class _SlowService:
    """Accepts one socket, and reads it only when it has said all that it has to say."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.end: OSError | None = None
        self.is_open = threading.Event()
        self.may_speak = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self._listening.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def ended(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with self._listening, self._listening.accept()[0] as peer:
            peer.settimeout(15)
            protocol = ServerProtocol()
            try:
                self._take_frames(peer, protocol)
            except OSError as error:
                self.end = error

    def _take_frames(self, peer: socket.socket, protocol: ServerProtocol) -> None:
        while not (requests := [event for event in protocol.events_received() if isinstance(event, Request)]):
            protocol.receive_data(peer.recv(65536))
        protocol.send_response(protocol.accept(requests[0]))
        self._flush(peer, protocol)
        self.is_open.set()
        assert self.may_speak.wait(10)
        for number in range(_ACKNOWLEDGEMENTS):
            protocol.send_text(f'{{"type":"audio_chunk","number":{number}}}'.encode())
            self._flush(peer, protocol)
            time.sleep(0.001)
        while not any(frame.opcode is Opcode.CLOSE for frame in self.frames):
            data = peer.recv(65536)
            if not data:
                return
            protocol.receive_data(data)
            self.frames += [event for event in protocol.events_received() if isinstance(event, Frame)]
        self._flush(peer, protocol)

    @staticmethod
    def _flush(peer: socket.socket, protocol: ServerProtocol) -> None:
        for data in protocol.data_to_send():
            peer.sendall(data)


class _Events:
    """Hears the connection out."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.ends: list[int] = []

    def upstream_opened(self) -> None:
        self.opened.set()

    def upstream_refused(self, cause: str, status: int) -> None:
        raise AssertionError(cause)

    def upstream_said(self, frame: str | bytes) -> None:
        pass

    def upstream_wrote(self, size: int) -> None:
        pass

    def upstream_closed(self, code: int, reason: str) -> None:
        self.ends.append(code)


async def _send_and_close(service: _SlowService) -> list[int]:
    events, done = _Events(), asyncio.Event()
    async with new_client_session() as http:
        connection = UpstreamConnection(http, service.url, {}, events, done.set)
        await events.opened.wait()
        for frame in (_AUDIO, _AUDIO, _STOP):
            connection.send(frame)
        connection.close()
        service.may_speak.set()
        await asyncio.wait_for(done.wait(), 20)
    return events.ends


def test_a_stop_before_the_close_reaches_a_service_that_speaks_before_it_reads() -> None:
    service = _SlowService()
    ends = asyncio.run(_send_and_close(service))
    service.ended()
    assert service.end is None
    assert [frame.data for frame in service.frames[:-1]] == [_AUDIO, _AUDIO, _STOP.encode()]
    assert service.frames[-1].opcode is Opcode.CLOSE
    assert ends == [1000]  # the answer to the close


def test_the_answer_to_the_close_is_told_where_a_message_comes_just_then(monkeypatch: pytest.MonkeyPatch) -> None:
    closing = aiohttp.ClientWebSocketResponse.close

    async def close(socket: Any, **how: Any) -> bool:
        socket._reader.feed_data(aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, "{}", ""), 2)
        return await closing(socket, **how)

    monkeypatch.setattr(aiohttp.ClientWebSocketResponse, "close", close)
    service = _SlowService()
    assert asyncio.run(_send_and_close(service)) == [1000]
    service.ended()
