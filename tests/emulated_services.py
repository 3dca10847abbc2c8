"""The emulators as the tests use them: a short recording, and both services on ports of their own."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import websockets.sync.client as websockets_sync
from websockets.exceptions import ConnectionClosed

from shim.clock import Clock
from shim.emulator import EMULATORS
from shim.emulator.emulation import Emulation
from shim.emulator.transcript import Transcript, Utterance, Word
from shim.serving import LocalServer

KEY = "a-key-of-the-tests"
RATE = 32_000  # bytes of a second of the default audio: 16 kHz, 16 bits, mono


def utterance(*words: tuple[str, float, float], speaker: int = 0, channel: int = 0) -> Utterance:
    return Utterance(words=[Word(*word, confidence=0.9) for word in words], speaker=speaker, channel=channel)


RECORDING = Transcript(
    utterances=[
        utterance(("Hello", 0.4, 0.7), ("world.", 0.8, 1.2)),
        utterance(("Book", 2.1, 2.3), ("a", 2.35, 2.45), ("table", 2.5, 2.9)),
        utterance(("for", 3.4, 3.55), ("two.", 3.6, 4.0)),
    ]
)
"""Two sentences; the second has a pause of half a second in the middle of it."""


class MovedClock(Clock):
    """A clock that stands where a test moves it; waiting takes real time."""

    moved_to = 0.0

    def now(self) -> float:
        return self.moved_to


@contextmanager
def serve(vendor: str, emulation: Emulation) -> Iterator[str]:
    """Runs an emulator; gives its address as `host:port`."""
    with LocalServer(lambda: EMULATORS[vendor](emulation), name=f"{vendor}-emulator") as server:
        yield f"{server.host}:{server.port}"


def emulation(transcript: Transcript = RECORDING, key: str | None = KEY, speed: float = 1.0) -> Emulation:
    return Emulation(transcript, key=key, clock=Clock(speed))


def silence(seconds: float, bytes_per_second: int = RATE) -> bytes:
    return bytes(round(seconds * bytes_per_second))


def http(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Any]:
    """Status, headers (lower case) and the JSON of the answer (None where it is empty)."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            status, answered, content = response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        status, answered, content = error.code, error.headers, error.read()
    return status, {name.lower(): value for name, value in answered.items()}, json.loads(content) if content else None


def connect(url: str, **more: Any) -> websockets_sync.ClientConnection:
    # Entered without `with`: tests end a connection in the ways that they are about.
    return websockets_sync.connect(url, open_timeout=20, max_size=None, **more).__enter__()


def until_close(socket: websockets_sync.ClientConnection) -> tuple[list[Any], int, str]:
    """Every message that still comes, and the code and reason of the close."""
    messages = []
    try:
        while True:
            messages.append(json.loads(socket.recv(timeout=20)))
    except ConnectionClosed as closed:
        assert closed.rcvd is not None, "the connection dropped without a close"
        return messages, closed.rcvd.code, closed.rcvd.reason


def until(socket: websockets_sync.ClientConnection, wanted: Callable[[Any], bool]) -> list[Any]:
    """The messages up to the first that is wanted, that one included."""
    messages = []
    while True:
        messages.append(json.loads(socket.recv(timeout=20)))
        if wanted(messages[-1]):
            return messages


def wait_for(condition: Callable[[], object]) -> None:
    """Waits for what a thread of a server or a client does, within a bound of real time."""
    pause = threading.Event()
    for _attempt in range(4500):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen within 45 seconds")
