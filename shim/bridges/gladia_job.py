"""What a Gladia session leaves behind: its job, and what its callback is sent.

The job holds the messages that the socket was asked for, acknowledgements of audio left out: a session of three hours
has half a million of them. The callback has flags of its own and gets what they let through, acknowledgements too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from shim.bridges.actions import Action, JobFinished, Post
from shim.faces import gladia as gladia_face
from shim.faces.gladia_jobs import callback_flags
from shim.mapping import parameters
from shim.mapping.row import EndRow, Vendor
from shim.wire import gladia
from shim.wire.codec import encode
from shim.wire.gladia_jobs import CallbackBody, JobResult

MOST_KEPT: Final = 16 * 2**20
"""Characters of a job's messages; what comes after them is not kept."""
_INTERNAL_ERROR: Final = 500
_JSON: Final = (("content-type", "application/json"),)


class GladiaJob:
    """Hears every message of one session, and says at the end what becomes of it."""

    def __init__(self, session_id: str, request: gladia.InitRequest, *, serves_callbacks: bool) -> None:
        self._id = session_id
        self._flags = request.messages_config
        self._messages: list[str] = []
        self._kept = 0
        self._result: gladia.TranscriptionResult | None = None
        self._callback: tuple[str, gladia.MessagesConfig] | None = None
        config = request.callback_config
        if serves_callbacks and request.callback and isinstance(config, dict) and config.get("url"):
            flags = msgspec.to_builtins(callback_flags(config))
            self._callback = str(config["url"]), msgspec.convert(flags, gladia.MessagesConfig)

    def started(self, message: gladia.StartSession) -> list[Action]:
        """The session is granted. That is said to callbacks only: clients know it from the POST."""
        return self.said([message], [message] if self._flags.receive_lifecycle_events else [])

    def said(
        self,
        messages: Iterable[gladia.ServerMessage | gladia.StartSession],
        wanted: Iterable[gladia.ServerMessage | gladia.StartSession],
    ) -> list[Action]:
        """The session's next messages; `wanted` are those of them that go to the socket."""
        for message in wanted:
            if not isinstance(message, gladia.AudioChunkAck):
                self._keep(encode(message))
        actions: list[Action] = []
        for message in messages:
            if isinstance(message, gladia.PostFinalTranscript):
                self._result = message.data
            if self._callback is not None and gladia_face.is_wanted(message, self._callback[1]):
                actions.append(self._post(self._callback[0], message))
        return actions

    def finished(self, seconds: float, channels: int, failure: EndRow | None = None) -> JobFinished:
        """The session has ended, after so many seconds of audio; `failure`: badly, and how."""
        if failure is not None or self._result is None:
            return JobFinished(None, _error_code(failure), seconds, channels)
        result = JobResult(**msgspec.structs.asdict(self._result), messages=self._messages)
        return JobFinished(result, None, seconds, channels)

    def _keep(self, text: str) -> None:
        self._kept += len(text)
        if self._kept <= MOST_KEPT:
            self._messages.append(text)

    def _post(self, url: str, message: gladia.ServerMessage | gladia.StartSession) -> Post:
        parameters.CALLBACK.over(Vendor.ASSEMBLYAI)
        body = CallbackBody(id=self._id, event=f"live.{message.type}", payload=msgspec.Raw(encode(message).encode()))
        return Post(url, encode(body), _JSON)


def _error_code(failure: EndRow | None) -> int:
    """A job's HTTP status (400 to 599) for an end: that of a refused POST, else what the close code is made of."""
    if failure is None:
        return _INTERNAL_ERROR
    code = failure.http_status or failure.gladia_close - 4000
    return code if 400 <= code <= 599 else _INTERNAL_ERROR
