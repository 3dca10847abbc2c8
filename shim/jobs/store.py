"""What a store of jobs is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shim.audio import AudioFormat
from shim.faces.gladia_jobs import JobQuery
from shim.wire.gladia_jobs import Job, JobFile, JobStatus


@dataclass(frozen=True)
class NewJob:
    """A session that has just been granted. `owner` stands for the key that asked for it."""

    id: str
    owner: str
    request_id: str
    created: datetime
    request_params: dict[str, Any]
    custom_metadata: dict[str, Any] | None
    audio: AudioFormat


@dataclass(frozen=True)
class JobEnd:
    """How a session ended: `result` as JSON; `error_code` (400 to 599) where it ended badly."""

    completed: datetime
    file: JobFile
    result: bytes | None
    error_code: int | None = None
    has_audio: bool = False
    """Whether the pieces that were stored are all of the session's audio."""

    @property
    def status(self) -> JobStatus:
        """What becomes of the job."""
        return JobStatus.DONE if self.error_code is None else JobStatus.ERROR


@dataclass(frozen=True)
class StoredAudio:
    """The audio of a job: `pieces` are read as they are asked for."""

    format: AudioFormat
    size: int
    pieces: Iterator[bytes]


class JobStore(Protocol):
    """Keeps jobs. One thread at a time uses it. What its engine raises, its methods raise.

    An owner's methods find that owner's jobs only. The status of a job that cannot be found is None.
    """

    def owner_of(self, key: str) -> str:
        """What stands for a key: the same for the same key and store, and no way back to it."""
        ...

    def add(self, job: NewJob) -> None: ...
    def begin(self, job_id: str) -> None:
        """A client has come."""
        ...

    def add_audio(self, job_id: str, number: int, piece: bytes) -> None:
        """One more piece of a session's audio; the first is number 0."""
        ...

    def end(self, job_id: str, end: JobEnd) -> None: ...
    def find(self, owner: str, job_id: str) -> Job | None: ...
    def page(self, owner: str, query: JobQuery) -> tuple[list[Job], bool]:
        """One page, newest first, and whether there is more after it."""
        ...

    def annotate(self, owner: str, job_id: str, annotation: bytes) -> JobStatus | None:
        """Stores a JSON object with a job."""
        ...

    def delete(self, owner: str, job_id: str) -> JobStatus | None:
        """Removes a job that is over, with its audio. Gives the status that it had."""
        ...

    def audio(self, owner: str, job_id: str) -> StoredAudio | None:
        """The whole audio of a job that is over; None where there is none."""
        ...

    def delete_before(self, moment: datetime) -> int:
        """Removes the jobs that were over before then; says how many."""
        ...

    def keep_alive(self) -> int:
        """Says that this gateway is there; ends the running jobs of those that are not, and says how many."""
        ...

    def close(self) -> None: ...
