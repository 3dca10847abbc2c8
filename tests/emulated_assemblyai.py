"""Sessions with the local AssemblyAI, as its tests hold them: by a raw client, paced by the run's clock."""

import json
from typing import Any
from urllib.parse import urlencode

from websockets.sync.client import ClientConnection

from shim.emulator.emulation import Emulation
from tests.emulated_services import KEY, RATE, connect, silence, until_close

TERMINATE = '{"type": "Terminate"}'
FORCE = '{"type": "ForceEndpoint"}'
SPEED = 40.0


def dial(where: str, key: str | None = KEY, **parameters: Any) -> ClientConnection:
    headers = {"Authorization": key} if key is not None else {}
    query = urlencode({"speech_model": "u3-rt-pro", **parameters})
    return connect(f"ws://{where}/v3/ws?{query}", additional_headers=headers)


def begin(where: str, **parameters: Any) -> ClientConnection:
    socket = dial(where, **parameters)
    assert json.loads(socket.recv(timeout=20))["type"] == "Begin"
    return socket


def stream(socket: ClientConnection, played: Emulation, seconds: float, chunk: float = 0.5, rate: int = RATE) -> None:
    """Sends silence as a microphone does: as fast as it passes on the run's clock."""
    for _number in range(round(seconds / chunk)):
        socket.send(silence(chunk, rate))
        played.clock.wait(chunk)


def finish(socket: ClientConnection) -> list[Any]:
    socket.send(TERMINATE)
    messages, code, reason = until_close(socket)
    assert (code, reason) == (1000, "Session Ended")
    return messages


def summary(messages: list[Any]) -> list[str]:
    """One text or word a message: `~` before a partial, `.` before a final, `=` before a formatted final."""
    shown = []
    for message in messages:
        if message["type"] == "Turn":
            mark = "~" if not message["end_of_turn"] else "=" if message["turn_is_formatted"] else "."
            shown.append(f"{mark}{message['turn_order']} {message['transcript']}")
        else:
            shown.append(message["type"])
    return shown


def refused(socket: ClientConnection) -> tuple[int, str]:
    """The code and text of the `Error` that ends a session; checks that the close agrees."""
    messages, code, reason = until_close(socket)
    error = messages[-1]
    assert error["type"] == "Error"
    assert (code, reason) == (error["error_code"], "See Error message for details")
    assert all(message["type"] != "Termination" for message in messages)
    return code, error["error"]
