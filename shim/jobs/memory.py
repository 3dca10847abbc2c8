"""Jobs kept as long as the process: for gateways inside a program, and where no database is wanted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from shim.faces import gladia
from shim.faces.gladia_jobs import JobQuery, raw
from shim.jobs.owners import owner_of
from shim.jobs.store import JobEnd, NewJob, StoredAudio
from shim.wire.gladia_jobs import Job, JobStatus

MOST_JOBS: Final = 1_000
"""So many are kept; then the oldest that are over go."""
MOST_AUDIO: Final = 512 * 2**20
"""Bytes of audio that are kept; then the oldest that is of finished jobs goes."""


@dataclass
class _Kept:
    new: NewJob
    job: Job
    metadata: dict[str, Any]
    completed: datetime | None = None
    pieces: list[bytes] = field(default_factory=list)


class MemoryStore:
    """A `JobStore` in dictionaries."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._kept: dict[str, _Kept] = {}

    def owner_of(self, key: str) -> str:
        return owner_of(key, self._secret)

    def add(self, job: NewJob) -> None:
        made = Job(
            id=job.id,
            request_id=job.request_id,
            status=JobStatus.QUEUED,
            created_at=gladia.timestamp(job.created),
            request_params=raw(job.request_params),
        )
        if job.custom_metadata is not None:
            made = msgspec.structs.replace(made, custom_metadata=raw(job.custom_metadata))
        self._kept[job.id] = _Kept(job, made, job.custom_metadata or {})
        if len(self._kept) > MOST_JOBS:
            over = next((name for name, kept in self._kept.items() if kept.job.status.is_final), None)
            if over is not None:
                del self._kept[over]

    def begin(self, job_id: str) -> None:
        self._change(job_id, status=JobStatus.PROCESSING)

    def add_audio(self, job_id: str, number: int, piece: bytes) -> None:
        kept = self._kept.get(job_id)
        if kept is None or number != len(kept.pieces):
            return
        self._make_room(len(piece))
        kept.pieces.append(piece)

    def end(self, job_id: str, end: JobEnd) -> None:
        self._change(
            job_id,
            status=end.status,
            completed_at=gladia.timestamp(end.completed),
            file=end.file,
            result=None if end.result is None else msgspec.Raw(end.result),
            error_code=end.error_code,
        )
        kept = self._kept.get(job_id)
        if kept is not None:
            kept.completed = end.completed
            if not end.has_audio:
                kept.pieces.clear()

    def find(self, owner: str, job_id: str) -> Job | None:
        kept = self._of(owner, job_id)
        return None if kept is None else kept.job

    def page(self, owner: str, query: JobQuery) -> tuple[list[Job], bool]:
        found = [
            kept.job
            for kept in reversed(self._kept.values())
            if kept.new.owner == owner and query.matches(kept.new.created, kept.job.status, kept.metadata)
        ]
        after = query.offset + query.limit
        return found[query.offset : after], len(found) > after

    def annotate(self, owner: str, job_id: str, annotation: bytes) -> JobStatus | None:
        kept = self._of(owner, job_id)
        if kept is None:
            return None
        self._change(job_id, post_session_metadata=msgspec.Raw(annotation))
        return kept.job.status

    def delete(self, owner: str, job_id: str) -> JobStatus | None:
        kept = self._of(owner, job_id)
        if kept is None:
            return None
        if kept.job.status.is_final:
            del self._kept[job_id]
        return kept.job.status

    def audio(self, owner: str, job_id: str) -> StoredAudio | None:
        kept = self._of(owner, job_id)
        if kept is None or not kept.job.status.is_final or not kept.pieces:
            return None
        pieces: Iterator[bytes] = iter(list(kept.pieces))
        return StoredAudio(kept.new.audio, sum(map(len, kept.pieces)), pieces)

    def delete_before(self, moment: datetime) -> int:
        old = [name for name, kept in self._kept.items() if kept.completed is not None and kept.completed < moment]
        for name in old:
            del self._kept[name]
        return len(old)

    def keep_alive(self) -> int:
        return 0

    def close(self) -> None:
        self._kept.clear()

    def _make_room(self, size: int) -> None:
        """The oldest audio goes for the newest. Raises OSError where all of it is of running sessions."""
        held = {name: sum(map(len, kept.pieces)) for name, kept in self._kept.items() if kept.pieces}
        total = sum(held.values()) + size
        for name in held:
            if total <= MOST_AUDIO:
                return
            if self._kept[name].job.status.is_final:
                self._kept[name].pieces.clear()
                total -= held[name]
        if total > MOST_AUDIO:
            raise OSError("there is no more room for audio in memory")

    def _of(self, owner: str, job_id: str) -> _Kept | None:
        kept = self._kept.get(job_id)
        return kept if kept is not None and kept.new.owner == owner else None

    def _change(self, job_id: str, **fields: Any) -> None:
        kept = self._kept.get(job_id)
        if kept is not None:
            kept.job = msgspec.structs.replace(kept.job, **fields)
