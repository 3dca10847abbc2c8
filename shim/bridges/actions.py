"""What a bridge asks its shell to do, in the order of the list that it gives.

Frames are `str` (text) or `bytes` (binary). The shell carries out each action without waiting for it: what it sends
goes out in the order asked for, and a close comes after what was sent before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shim.wire.assemblyai import QueryValue
from shim.wire.gladia_jobs import JobResult


@dataclass(frozen=True, slots=True)
class AcceptRequest:
    """The HTTP request that asked for the session is answered: there is one."""


@dataclass(frozen=True, slots=True)
class RefuseRequest:
    """The HTTP request is refused, in the client's vendor's words."""

    status: int
    message: str
    validation_errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendToClient:
    """A frame for the client."""

    frame: str


@dataclass(frozen=True, slots=True)
class PingClient:
    """A ping for the client, after what was sent before it; the shell tells `client_ponged` when it is answered."""

    mark: int


@dataclass(frozen=True, slots=True)
class CloseClient:
    """The client's socket is closed. `reason` fits into a close frame."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReplaceClient:
    """The socket that was there is closed; the one whose opening was just told takes its place."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class RefuseClient:
    """The socket whose opening was just told is closed; one that was there before stays."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class PauseClient:
    """Nothing more is read from the client until ResumeClient."""


@dataclass(frozen=True, slots=True)
class ResumeClient:
    """The client is read again."""


@dataclass(frozen=True, slots=True)
class OpenUpstream:
    """The service that does the work is asked for a session with these parameters.

    Where that is done by the socket itself, it is opened. Where it is done by a request before it, the shell tells
    `upstream_answered`, and the bridge says with ConnectUpstream where the socket is.
    """

    parameters: Mapping[str, QueryValue]
    channel: int = 0
    """Which of the session's channels it is for, where each has a session of its own."""


@dataclass(frozen=True, slots=True)
class ConnectUpstream:
    """A socket to the session's own address is opened; again, if the one before is closed."""

    url: str


@dataclass(frozen=True, slots=True)
class SendUpstream:
    """A frame for the service. The shell tells `upstream_wrote` when a binary one has left."""

    frame: str | bytes
    channel: int = 0


@dataclass(frozen=True, slots=True)
class CloseUpstream:
    """The socket to the service is closed; if it is still being opened, that is given up.

    The shell tells with `upstream_closed` how that was answered: 1006 where it was not, and then what was sent last may
    not have been read.
    """

    channel: int = 0


class Topic(StrEnum):
    """What a note is about."""

    UNKNOWN_MESSAGE = "unknown message"
    """The service sent a type that is not known here; it was not passed on."""
    BAD_MESSAGE = "bad message"
    """The service sent something that cannot be read; it was not passed on."""
    WARNING = "warning"
    """The service warned."""
    LOST = "lost"
    """The connection to the service was lost; it is opened again."""
    NOT_STOPPED = "not stopped"
    """The service could not be told that the session has ended: it goes on there until the service ends it."""
    FAILED = "failed"
    """The session ended because the service refused it, failed or was lost."""
    NOT_APPLIED = "not applied"
    """The client asked for something that the service lacks and that nobody misses in the transcripts."""
    ABSENT = "absent"
    """The client asked for something that the service lacks, and has been told so in its vendor's way."""
    CLIENT_GONE = "client gone"
    """The client's connection broke; its return is waited for."""
    CLIENT_FAULT = "client fault"
    """The session ended because of what the client did or left undone."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be logged and counted. `text` never holds a key or anything that was said."""

    topic: Topic
    text: str


@dataclass(frozen=True, slots=True)
class BeginJob:
    """A client has come to the session: its job is being worked on."""


@dataclass(frozen=True, slots=True)
class KeepAudio:
    """Audio of the client, each byte once, in its own format and without a header: for the job."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class JobFinished:
    """The session has ended, and this is what its job holds. Either `result` or `error_code` (an HTTP status)."""

    result: JobResult | None
    error_code: int | None
    seconds: float
    channels: int


@dataclass(frozen=True, slots=True)
class Post:
    """A request to the client's own server, after those before it; nobody waits for what it answers."""

    url: str
    body: str
    headers: tuple[tuple[str, str], ...] = ()


Action = (
    AcceptRequest
    | BeginJob
    | KeepAudio
    | JobFinished
    | Post
    | RefuseRequest
    | SendToClient
    | PingClient
    | CloseClient
    | ReplaceClient
    | RefuseClient
    | PauseClient
    | ResumeClient
    | OpenUpstream
    | ConnectUpstream
    | SendUpstream
    | CloseUpstream
    | Note
)

LONGEST_REASON = 123
"""Bytes that a close frame has for its reason."""


def close_reason(text: str) -> str:
    """`text`, cut so that it fits into a close frame as UTF-8."""
    return text.encode()[:LONGEST_REASON].decode(errors="ignore")
