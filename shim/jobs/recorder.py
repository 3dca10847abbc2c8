"""Writes down what becomes of one session, as its bridge says it. Nothing here waits, and nothing here fails."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from shim.bridges.actions import AcceptRequest, BeginJob, JobFinished, KeepAudio
from shim.jobs.keeper import JobKeeper
from shim.jobs.store import JobEnd, JobStore, NewJob
from shim.wire.gladia_jobs import JobFile

PIECE: Final = 256 * 1024
"""Bytes of audio that are stored together."""
_GATEWAY_FAILED: Final = 500

JobAction = AcceptRequest | BeginJob | KeepAudio | JobFinished


class JobRecorder:
    """One session's job. Use it in the event loop's thread."""

    def __init__(self, keeper: JobKeeper, job: NewJob, now: Callable[[], datetime]) -> None:
        """`job` is written once the session is granted; `now` gives the date and time (UTC) of its end."""
        self._keeper = keeper
        self._job = job
        self._now = now
        self._is_running = False
        self._piece = bytearray()
        self._pieces = 0
        self._size = 0
        self._audio_is_whole = True

    def hear(self, action: JobAction) -> None:
        """One of the bridge's actions, in their order."""
        job = self._job
        match action:
            case AcceptRequest():
                self._is_running = True
                self._keeper.write(lambda store: store.add(job))
            case BeginJob():
                self._keeper.write(lambda store: store.begin(job.id))
            case KeepAudio(audio):
                self._keep_audio(audio)
            case JobFinished(result, error_code, seconds, channels):
                if self._is_running:
                    self._finish(result, error_code, seconds, channels)

    def abandon(self) -> None:
        """The session is gone. If nobody has said how it ended, the gateway has failed it."""
        if self._is_running:
            seconds = self._job.audio.seconds(self._size)
            self._finish(None, _GATEWAY_FAILED, seconds, self._job.audio.channels)

    def _keep_audio(self, audio: bytes) -> None:
        self._size += len(audio)
        self._piece += audio
        if len(self._piece) >= PIECE:
            self._store_piece()

    def _store_piece(self) -> None:
        piece, self._piece = bytes(self._piece), bytearray()
        if not piece or not self._audio_is_whole:
            return
        number, job_id = self._pieces, self._job.id

        def store(store: JobStore) -> None:
            try:
                store.add_audio(job_id, number, piece)
            except Exception:
                self._audio_is_whole = False  # a file with a hole in it is worse than none
                raise

        self._pieces += 1
        self._audio_is_whole = self._keeper.write(store, len(piece))

    def _finish(self, result: msgspec.Struct | None, error_code: int | None, seconds: float, channels: int) -> None:
        self._is_running = False
        self._store_piece()
        completed, job_id = self._now(), self._job.id
        file = JobFile(id=str(uuid.uuid4()), audio_duration=round(seconds, 6), number_of_channels=channels)

        def store(store: JobStore) -> None:  # in the store's thread: a long session's result is large
            written = None if result is None else msgspec.json.encode(result)
            has_audio = self._pieces > 0 and self._audio_is_whole
            store.end(job_id, JobEnd(completed, file, written, error_code, has_audio))

        self._keeper.write(store)
