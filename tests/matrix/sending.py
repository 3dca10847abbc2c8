"""The dimension of sending: how a chunk goes out, and how the end of the audio is said."""

from __future__ import annotations

from dataclasses import dataclass

from tests.matrix.audio import Source
from tests.matrix.sockets import SocketLibrary


@dataclass(frozen=True)
class Sender:
    """The body of the sending function, and what stands beside it."""

    body: str
    imports: set[str]
    definitions: list[str]
    constants: list[str]


GLADIA_SENDING = ("base64", "base64 by a function", "binary", "binary, by a queue")
ASSEMBLYAI_SENDING = ("binary", "gathered", "by a queue", "logged")

_MESSAGE = """\
def audio_message(chunk: bytes) -> str:
    encoded = base64.b64encode(chunk).decode("ascii")
    return json.dumps({"type": "audio_chunk", "data": {"chunk": encoded}})
"""


def gladia_sender(style: str, library: SocketLibrary, source: Source, ws: str, stopping: str) -> Sender:
    """Sends the chunks to Gladia, then `stop_recording`."""
    stop = library.send_text(ws, 'json.dumps({"type": "stop_recording"})')
    if style == "base64":

        def chunk_sent(chunk: str) -> str:
            encoded = f'encoded = base64.b64encode({chunk}).decode("utf-8")'
            value = 'json.dumps({"type": "audio_chunk", "data": {"chunk": encoded}})'
            return f"{encoded}\n{library.send_text(ws, value)}"

        return Sender(f"{source.loop('data', stopping, chunk_sent)}{stop}", {"import base64"}, [], [])
    if style == "base64 by a function":
        body = source.loop("chunk", stopping, lambda chunk: library.send_text(ws, f"audio_message({chunk})"))
        return Sender(
            f"{body}{library.send_text(ws, 'STOP')}",
            {"import base64"},
            [_MESSAGE],
            ['STOP = json.dumps({"type": "stop_recording"})'],
        )
    if style == "binary":
        body = source.loop("frames", stopping, lambda chunk: library.send_binary(ws, chunk))
        return Sender(f"{body}{stop}", set(), [], [])
    return _queued(library, source, ws, stopping, stop)


def assemblyai_sender(style: str, library: SocketLibrary, source: Source, ws: str, stopping: str) -> Sender:
    """Sends the chunks to AssemblyAI, then `Terminate`."""
    stop = library.send_text(ws, 'json.dumps({"type": "Terminate"})')
    if style == "binary":
        body = source.loop("data", stopping, lambda chunk: library.send_binary(ws, chunk))
        return Sender(f"{body}{stop}", set(), [], [])
    if style == "gathered":

        def gathered(chunk: str) -> str:
            sent = library.send_binary(ws, "bytes(buffer)")
            return f"buffer.extend({chunk})\nif len(buffer) >= 6400:\n    {sent}\n    buffer.clear()"

        rest = f"if len(buffer) >= 1600:\n    {library.send_binary(ws, 'bytes(buffer)')}\n"
        return Sender(f"buffer = bytearray()\n{source.loop('frames', stopping, gathered)}{rest}{stop}", set(), [], [])
    if style == "logged":

        def logged(chunk: str) -> str:
            return f"{library.send_binary(ws, chunk)}\nsent += len({chunk})"

        end = 'logger.info("sent %d bytes of audio", sent)\n'
        body = (
            f"sent = 0\n{source.loop('chunk', stopping, logged)}{end}{library.send_text(ws, 'json.dumps(TERMINATE)')}"
        )
        constants = ['TERMINATE = {"type": "Terminate"}', "logger = logging.getLogger(__name__)"]
        return Sender(body, {"import logging"}, [], constants)
    return _queued(library, source, ws, stopping, stop)


def _queued(library: SocketLibrary, source: Source, ws: str, stopping: str, stop: str) -> Sender:
    """A producer puts chunks on a queue, this one takes them off until there is a None."""
    if library.is_async:
        produced = source.loop("chunk", stopping, lambda chunk: f"await chunks.put({chunk})")
        send = library.send_binary(ws, "chunk")
        body = f"""\
chunks = asyncio.Queue()

async def record():
{_deeper(produced)}
    await chunks.put(None)

recording = asyncio.create_task(record())
while (chunk := await chunks.get()) is not None:
    {send}
await recording
{stop}"""
        return Sender(body, set(), [], [])
    produced = source.loop("chunk", stopping, lambda chunk: f"chunks.put({chunk})")
    body = f"""\
chunks = queue.Queue()

def record():
{_deeper(produced)}
    chunks.put(None)

threading.Thread(target=record, daemon=True).start()
while True:
    chunk = chunks.get()
    if chunk is None:
        break
    {library.send_binary(ws, "chunk")}
{stop}"""
    return Sender(body, {"import queue"}, [], [])


def _deeper(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.strip("\n").split("\n"))
