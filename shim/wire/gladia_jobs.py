"""Gladia's live API v2: the job that a session leaves behind, the list of jobs, and what a callback carries.

Durations are seconds, times are ISO 8601 (UTC, milliseconds). Source: Gladia's OpenAPI document and `gladiaio-sdk` 2.2.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from shim.wire.gladia import TranscriptionResult


class JobStatus(StrEnum):
    """How far a job is; the last two are final."""

    QUEUED = "queued"
    PROCESSING = "processing"
    DONE = "done"
    ERROR = "error"

    @property
    def is_final(self) -> bool:
        """Whether the session is over."""
        return self in (JobStatus.DONE, JobStatus.ERROR)


class JobFile(msgspec.Struct, kw_only=True, frozen=True):
    """The session's audio: how long it is (seconds), and of how many channels."""

    id: str
    filename: str | None = None
    source: str | None = None
    audio_duration: float | None = None
    number_of_channels: int | None = None


class Job(msgspec.Struct, kw_only=True, frozen=True):
    """What `GET /v2/live/:id` gives. What is `Raw` is JSON as it was stored: nobody needs to read it on its way."""

    id: str
    request_id: str
    version: int = 2
    status: JobStatus
    created_at: str
    completed_at: str | None = None
    kind: str = "live"
    error_code: int | None = None
    custom_metadata: msgspec.Raw | UnsetType = UNSET
    post_session_metadata: msgspec.Raw | UnsetType = UNSET
    file: JobFile | None = None
    request_params: msgspec.Raw | None = None
    result: msgspec.Raw | None = None


class JobResult(TranscriptionResult, kw_only=True, frozen=True):
    """The result of a job: what its last message said, and every message of the socket as a JSON text."""

    messages: list[str]


class JobList(msgspec.Struct, kw_only=True, frozen=True):
    """What `GET /v2/live` gives: one page, and the addresses of it and of its neighbours."""

    first: str
    current: str
    next: str | None
    items: list[Job]


class CallbackFlags(msgspec.Struct, kw_only=True, frozen=True):
    """Which messages a callback gets: the names of `messages_config`, with defaults of their own."""

    receive_partial_transcripts: bool = False
    receive_final_transcripts: bool = True
    receive_speech_events: bool = False
    receive_pre_processing_events: bool = True
    receive_realtime_processing_events: bool = True
    receive_post_processing_events: bool = True
    receive_acknowledgments: bool = False
    receive_errors: bool = False
    receive_lifecycle_events: bool = True


class CallbackBody(msgspec.Struct, kw_only=True, frozen=True):
    """The body of one callback: `event` is `live.` and the message's type, `payload` the message itself."""

    id: str
    event: str
    payload: msgspec.Raw
