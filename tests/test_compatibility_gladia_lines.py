"""Clients of Gladia's API over AssemblyAI: audio as JSON, and a minute without any text."""

from __future__ import annotations

import base64
import json
import socket as sockets

from shim.emulator.transcript import Transcript
from tests.compatibility.marks import covers, difference
from tests.emulated_services import connect, emulation, serve, until, until_close
from tests.gateways import SPEED, STOP, gateway, pieces


def as_json(audio: bytes) -> str:
    return json.dumps({"type": "audio_chunk", "data": {"chunk": base64.b64encode(audio).decode()}})


@covers("gladia.client.audio_chunk", "gladia.client.audio_chunk.data.chunk", "gladia.client.empty audio_chunk")
def test_audio_as_json_is_audio_and_an_empty_chunk_is_none() -> None:
    service = emulation(speed=SPEED)
    service.keeps_audio = True
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        client = connect(served.session())
        client.send(as_json(b"\x01\x02" * 8000))
        [*_, first] = until(client, lambda message: message["type"] == "audio_chunk")
        client.send(as_json(b""))
        [*_, empty] = until(client, lambda message: message["type"] == "audio_chunk")
        client.send(b"\x03\x04" * 8000)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
    assert bytes(service.sessions[0].audio) == b"\x01\x02" * 8000 + b"\x03\x04" * 8000
    ranges = [
        message["data"]["byte_range"] for message in (first, empty, *messages) if message["type"] == "audio_chunk"
    ]
    assert ranges == [[0, 16_000], [16_000, 16_000], [16_000, 32_000]]


@covers("gladia.client.audio_chunk.data.chunk", "gladia.close.4400")
def test_what_is_no_base64_is_a_bad_message() -> None:
    service = emulation(speed=SPEED)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        client = connect(served.session())
        client.send('{"type":"audio_chunk","data":{"chunk":"%%"}}')
        assert until_close(client)[1] == 4400


@covers("gladia.close.4504")
@difference("D9")
def test_a_minute_without_text_is_no_end() -> None:
    service = emulation(Transcript(utterances=[]), speed=40)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        client = connect(served.session())
        for frame in pieces(bytes(32_000 * 70), 32_000):
            client.send(frame)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        assert messages[-1]["data"]["metadata"]["audio_duration"] == 70.0


@difference("D17")
def test_silence_that_is_sent_again_may_be_heard_twice() -> None:
    service = emulation(Transcript(utterances=[]), speed=SPEED)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        url = served.session()
        # A client of its own making: it answers no ping, so nobody knows which acknowledgements it has read.
        cut = sockets.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2])))
        cut.settimeout(20)
        cut.sendall(
            f"GET /v2/{url.partition('/v2/')[2]} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        for _number in range(10):
            cut.sendall(b"\x82\xfe" + (3200).to_bytes(2) + bytes(4 + 3200))
        received = b""
        while b"[28800,32000]" not in received:
            received += cut.recv(65_536)
        cut.close()
        client = connect(url)
        client.send(bytes(32_000))
        client.send(STOP)
        assert until_close(client)[1] == 1000
    assert service.sessions[0].audio_bytes == 64_000
