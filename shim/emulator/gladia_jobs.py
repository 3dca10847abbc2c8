"""The jobs of the local Gladia: what each session leaves behind, and the calls that ask for it.

Jobs are kept as long as the emulator runs; each belongs to the key that asked for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from aiohttp import web
from msgspec import UNSET

from shim.audio import AudioFormat
from shim.audio_wav import wav_header, wav_padding
from shim.faces import gladia as face
from shim.faces import gladia_jobs as jobs_face
from shim.wire import gladia as wire
from shim.wire.codec import encode
from shim.wire.gladia_jobs import Job, JobFile, JobResult, JobStatus

_JSON: Final = "application/json"


@dataclass
class PlayedJob:
    """A session as its owner finds it: before, during and after."""

    id: str
    owner: str
    request_id: str
    created: datetime
    request: wire.InitRequest
    audio: AudioFormat
    recording: bytearray = field(repr=False)
    """The session's audio so far."""
    status: JobStatus = JobStatus.QUEUED
    completed: datetime | None = None
    annotation: msgspec.Raw | None = None
    result: wire.TranscriptionResult | None = None
    messages: list[str] = field(default_factory=list)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the session was given to be found by."""
        given = self.request.custom_metadata
        return given if isinstance(given, dict) else {}

    def hear(self, message: wire.ServerMessage, *, is_wanted: bool) -> None:
        """The session's next message; those that go to the socket are kept, but for the acknowledgements of audio."""
        if isinstance(message, wire.PostFinalTranscript):
            self.result = message.data
        if is_wanted and not isinstance(message, wire.AudioChunkAck):
            self.messages.append(encode(message))

    def finish(self, now: datetime) -> None:
        """The session is over."""
        if not self.status.is_final:
            self.status, self.completed = JobStatus.DONE, now

    def as_answer(self) -> Job:
        """The job as it is shown."""
        is_over = self.status.is_final
        file = JobFile(
            id=self.id, audio_duration=self.audio.seconds(len(self.recording)), number_of_channels=self.audio.channels
        )
        result = None
        if is_over and self.result is not None:
            parts = msgspec.structs.asdict(self.result)
            result = msgspec.Raw(encode(JobResult(**parts, messages=self.messages)).encode())
        return Job(
            id=self.id,
            request_id=self.request_id,
            status=self.status,
            created_at=face.timestamp(self.created),
            completed_at=face.timestamp(self.completed) if self.completed is not None else None,
            custom_metadata=jobs_face.raw(self.metadata) if self.metadata else UNSET,
            post_session_metadata=self.annotation if self.annotation is not None else UNSET,
            file=file if is_over else None,
            request_params=jobs_face.raw(jobs_face.request_params(self.request)),
            result=result,
        )


class JobCalls:
    """Answers the calls about jobs."""

    def __init__(self, check_key: Callable[[web.Request], str], look: Callable[[], None]) -> None:
        """`check_key` gives the key of a request, or raises `Refusal` (401). `look` is called before anything is
        answered: it finishes the sessions whose client has stayed away for too long."""
        self._check_key = check_key
        self._look = look
        self._jobs: dict[str, PlayedJob] = {}

    def add(self, job: PlayedJob) -> None:
        """A session was granted."""
        self._jobs[job.id] = job

    def add_routes(self, app: web.Application) -> None:
        """Adds the calls about one job; the list shares its path with the socket."""
        one = f"{face.SESSIONS_PATH}/{{id}}"
        app.router.add_get(one, self._get, allow_head=False)
        app.router.add_delete(one, self._delete)
        app.router.add_patch(one, self._annotate)
        app.router.add_get(f"{one}/file", self._get_file, allow_head=False)

    def list(self, request: web.Request) -> web.Response:
        """`GET /v2/live`: the owner's jobs, newest first."""
        owner = self._check_key(request)
        self._look()
        query = jobs_face.read_job_query(request.query.items())
        mine = [job for job in reversed(self._jobs.values()) if job.owner == owner]
        found = [job for job in mine if query.matches(job.created, job.status, job.metadata)]
        page = [job.as_answer() for job in found[query.offset : query.offset + query.limit]]
        address = f"{request.scheme}://{request.host}{face.SESSIONS_PATH}"
        has_more = len(found) > query.offset + query.limit
        return web.Response(body=jobs_face.list_body(page, query, address, has_more=has_more), content_type=_JSON)

    async def _get(self, request: web.Request) -> web.Response:
        return web.Response(body=jobs_face.job_body(self._find(request).as_answer()), content_type=_JSON)

    async def _delete(self, request: web.Request) -> web.Response:
        job = self._find(request)
        if not job.status.is_final:
            raise jobs_face.not_over_yet()
        del self._jobs[job.id]
        return web.Response(status=jobs_face.DONE_CALLS[request.method])

    async def _annotate(self, request: web.Request) -> web.Response:
        job = self._find(request)
        job.annotation = jobs_face.read_annotation(await request.read())
        return web.Response(status=jobs_face.DONE_CALLS[request.method])

    async def _get_file(self, request: web.Request) -> web.Response:
        job = self._find(request)
        if not job.status.is_final:
            raise jobs_face.no_file("the session is still going on")
        size = len(job.recording)
        file = wav_header(job.audio, size) + job.recording + wav_padding(size)
        return web.Response(body=file, content_type=jobs_face.FILE_TYPE)

    def _find(self, request: web.Request) -> PlayedJob:
        owner = self._check_key(request)
        self._look()
        job = self._jobs.get(request.match_info["id"])
        if job is None or job.owner != owner:
            raise jobs_face.no_such_job()
        return job
