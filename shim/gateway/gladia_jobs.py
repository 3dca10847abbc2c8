"""The gateway's routes of Gladia's jobs: the list, one job, its deletion, its audio, notes to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import quote

from aiohttp import web

from shim.audio_wav import wav_header, wav_padding
from shim.faces import gladia, gladia_jobs
from shim.gateway.metrics import Metrics
from shim.gateway.settings import Settings
from shim.jobs.keeper import JobKeeper, StoreFailed
from shim.jobs.recorder import JobRecorder
from shim.jobs.store import JobStore, NewJob
from shim.jobs.store_url import OFF, open_store
from shim.mapping.row import Vendor
from shim.mapping.session import JOBS
from shim.wire.gladia_jobs import Job

_JSON: Final = "application/json"
_NOT_KEPT: Final = "this gateway keeps no jobs (--jobs)"

Result = TypeVar("Result")


class JobRoutes:
    """What a gateway answers about jobs, to the key that they belong to."""

    def __init__(
        self, settings: Settings, address: Callable[[web.Request], str], metrics: Metrics | None = None
    ) -> None:
        """`address` gives the base URL under which the client has found this gateway. Raises BridgeError if the jobs'
        store cannot be opened; that may block."""
        self._settings = settings
        self._address = address
        self._keeper: JobKeeper | None = None
        if settings.jobs != OFF:
            retention = timedelta(days=settings.retention)
            self._keeper = JobKeeper(
                open_store(settings.jobs),
                settings.clock.wall,
                retention,
                None if metrics is None else metrics.job_store_failed,
            )

    def add_to(self, app: web.Application) -> None:
        """Adds the routes of single jobs, and keeps the store open while the application runs."""
        one = f"{gladia.SESSIONS_PATH}/{{id}}"
        app.router.add_get(one, self._get, allow_head=False)
        app.router.add_delete(one, self._delete)
        app.router.add_patch(one, self._annotate)
        app.router.add_get(f"{one}/file", self._get_file, allow_head=False)
        app.cleanup_ctx.append(self._keep)

    def recorder(
        self, key: str, asked: gladia.SessionRequest, session_id: str, request_id: str, created: datetime
    ) -> JobRecorder | None:
        """What writes down a session that the owner of this key asks for; None where no jobs are kept."""
        keeper = self._keeper
        if keeper is None:
            return None
        metadata = asked.request.custom_metadata
        job = NewJob(
            id=session_id,
            owner=keeper.owner_of(key),
            request_id=request_id,
            created=created,
            request_params=gladia_jobs.request_params(asked.request),
            custom_metadata=metadata if isinstance(metadata, dict) else None,
            audio=gladia.audio_format(asked.request),
        )
        return JobRecorder(keeper, job, self._settings.clock.wall)

    async def list(self, request: web.Request) -> web.Response:
        """`GET /v2/live`."""
        owner = self._owner(request)
        query = gladia_jobs.read_job_query(request.query.items())
        jobs, has_more = await self._read(lambda store: store.page(owner, query))
        address = f"{self._address(request)}{gladia.SESSIONS_PATH}"
        return web.Response(body=gladia_jobs.list_body(jobs, query, address, has_more=has_more), content_type=_JSON)

    async def _get(self, request: web.Request) -> web.Response:
        job = await self._job(request)
        return web.Response(body=gladia_jobs.job_body(job), content_type=_JSON)

    async def _delete(self, request: web.Request) -> web.Response:
        owner, job_id = self._owner(request), request.match_info["id"]
        status = await self._read(lambda store: store.delete(owner, job_id))
        if status is None:
            raise gladia_jobs.no_such_job()
        if not status.is_final:
            raise gladia_jobs.not_over_yet()
        return web.Response(status=gladia_jobs.DONE_CALLS[request.method])

    async def _annotate(self, request: web.Request) -> web.Response:
        owner, job_id = self._owner(request), request.match_info["id"]
        annotation = bytes(gladia_jobs.read_annotation(await request.read()))
        if await self._read(lambda store: store.annotate(owner, job_id, annotation)) is None:
            raise gladia_jobs.no_such_job()
        return web.Response(status=gladia_jobs.DONE_CALLS[request.method])

    async def _get_file(self, request: web.Request) -> web.StreamResponse:
        job = await self._job(request)
        if not job.status.is_final:
            raise gladia_jobs.no_file("the session is still going on")
        owner = self._owner(request)
        audio = await self._read(lambda store: store.audio(owner, job.id))
        if audio is None:
            raise gladia_jobs.no_file("the gateway has not kept it (--keep-audio)")
        header, padding = wav_header(audio.format, audio.size), wav_padding(audio.size)
        answer = web.StreamResponse()
        answer.content_type = gladia_jobs.FILE_TYPE
        answer.content_length = len(header) + audio.size + len(padding)
        answer.headers["content-disposition"] = f'attachment; filename="{quote(job.id)}.wav"'
        await answer.prepare(request)
        await answer.write(header)
        while (piece := await self._read(lambda _store: next(audio.pieces, None))) is not None:
            await answer.write(piece)
        await answer.write(padding)
        await answer.write_eof()
        return answer

    async def _job(self, request: web.Request) -> Job:
        owner, job_id = self._owner(request), request.match_info["id"]
        job = await self._read(lambda store: store.find(owner, job_id))
        if job is None:
            raise gladia_jobs.no_such_job()
        return job

    def _owner(self, request: web.Request) -> str:
        key = request.headers.get(gladia.KEY_HEADER)
        self._settings.upstream_key_for(key)
        if self._keeper is None:
            raise gladia.Refusal(404, _NOT_KEPT)
        JOBS.over(Vendor.ASSEMBLYAI)
        return self._keeper.owner_of(key or "")

    async def _read(self, operation: Callable[[JobStore], Result]) -> Result:
        if self._keeper is None:
            raise gladia.Refusal(404, _NOT_KEPT)
        try:
            return await self._keeper.read(operation)
        except StoreFailed:
            raise gladia.Refusal(503, "the job store cannot be read") from None

    async def _keep(self, _app: web.Application) -> AsyncIterator[None]:
        if self._keeper is None:
            yield
            return
        async with self._keeper.running():
            yield
