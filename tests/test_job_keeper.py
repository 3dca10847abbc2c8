"""Between sessions and the job store: nobody waits who writes, and what cannot be kept is missed as a whole."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shim.audio import AudioFormat
from shim.bridges.actions import AcceptRequest, BeginJob, JobFinished, KeepAudio
from shim.faces.gladia_jobs import JobQuery
from shim.jobs import keeper as keeper_module
from shim.jobs import recorder as recorder_module
from shim.jobs.keeper import JobKeeper, StoreFailed
from shim.jobs.memory import MemoryStore
from shim.jobs.recorder import JobRecorder
from shim.jobs.store import JobStore, NewJob
from shim.wire.gladia_jobs import JobStatus

NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
JOB = NewJob("id", "owner", "G-1", NOW, {}, None, AudioFormat())
GOOD = JobFinished(None, None, 1.0, 1)


def run(steps: Callable[[JobKeeper], Coroutine[Any, Any, None]], store: JobStore | None = None, **more: Any) -> None:
    async def all_of_it() -> None:
        keeper = JobKeeper(store or MemoryStore(), lambda: NOW, **more)
        async with asyncio.timeout(60), keeper.running():
            await steps(keeper)

    asyncio.run(all_of_it())


class SlowStore(MemoryStore):
    """Does nothing until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()

    def begin(self, job_id: str) -> None:
        self.may.wait(30)


def test_who_reads_sees_what_was_written_before() -> None:
    async def steps(keeper: JobKeeper) -> None:
        for number in range(200):
            recorder = JobRecorder(keeper, NewJob(**{**JOB.__dict__, "id": str(number)}), lambda: NOW)
            recorder.hear(AcceptRequest())
            recorder.hear(BeginJob())
            recorder.hear(GOOD)
            found = await keeper.read(lambda store, name=str(number): store.find("owner", name))  # type: ignore[misc]
            assert found is not None and found.status is JobStatus.DONE

    run(steps)


def test_a_store_that_is_too_slow_costs_jobs_and_no_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keeper_module, "MOST_WAITING", 3)
    store, failed = SlowStore(), []

    async def steps(keeper: JobKeeper) -> None:
        keeper.write(lambda store: store.begin("nobody"))
        while not keeper.write(lambda store: store.add(JOB)):  # noqa: ASYNC110 - it is a thread that gets on
            await asyncio.sleep(0)
        written = [keeper.write(lambda store: store.begin("nobody")) for _ in range(10)]
        assert written[-1] is False
        with pytest.raises(StoreFailed, match="too much waits"):
            await keeper.read(lambda store: store.find("owner", "id"))
        assert keeper.failures == len(failed) >= 8
        store.may.set()
        while not keeper.write(lambda _store: None):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
        assert await _as_soon_as_possible(keeper)

    async def _as_soon_as_possible(keeper: JobKeeper) -> bool:
        while True:
            try:
                return await keeper.read(lambda store: store.find("owner", "id")) is not None
            except StoreFailed:
                await asyncio.sleep(0)

    run(steps, store, failed=lambda: failed.append(1))
    assert "too far behind" in caplog.text


def test_audio_with_a_hole_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "PIECE", 4)

    class Holes(MemoryStore):
        def add_audio(self, job_id: str, number: int, piece: bytes) -> None:
            if number in self.fails:
                raise OSError("full")
            super().add_audio(job_id, number, piece)

        fails: frozenset[int] = frozenset()

    for fails in ((), (0,), (1,), (2,)):
        holes = Holes()
        holes.fails = frozenset(fails)

        async def steps(keeper: JobKeeper, fails: tuple[int, ...] = fails) -> None:
            recorder = JobRecorder(keeper, JOB, lambda: NOW)
            recorder.hear(AcceptRequest())
            for audio in (b"ab", b"cd", b"efgh", b"i"):
                recorder.hear(KeepAudio(audio))
            recorder.hear(GOOD)
            audio = await keeper.read(lambda store: store.audio("owner", "id"))
            assert (audio is None) == bool(fails)
            if audio is not None:
                assert b"".join(audio.pieces) == b"abcdefghi"
            found = await keeper.read(lambda store: store.find("owner", "id"))
            assert found is not None and found.status is JobStatus.DONE

        run(steps, holes)


def test_audio_that_does_not_fit_into_the_queue_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "PIECE", 4)
    monkeypatch.setattr(keeper_module, "MOST_WAITING_BYTES", 10)
    store = SlowStore()

    async def steps(keeper: JobKeeper) -> None:
        recorder = JobRecorder(keeper, JOB, lambda: NOW)
        recorder.hear(AcceptRequest())
        recorder.hear(BeginJob())
        for _ in range(5):
            recorder.hear(KeepAudio(b"abcd"))
        store.may.set()
        recorder.hear(KeepAudio(b"abcd"))
        recorder.hear(GOOD)
        assert await keeper.read(lambda store: store.audio("owner", "id")) is None

    run(steps, store)


def test_a_session_of_which_nobody_says_the_end() -> None:
    async def steps(keeper: JobKeeper) -> None:
        recorder = JobRecorder(keeper, JOB, lambda: NOW)
        recorder.abandon()  # never granted
        assert await keeper.read(lambda store: store.page("owner", JobQuery())) == ([], False)
        recorder.hear(AcceptRequest())
        recorder.hear(KeepAudio(bytes(32_000)))
        recorder.abandon()
        recorder.abandon()
        found = await keeper.read(lambda store: store.find("owner", "id"))
        assert found is not None and found.file is not None
        assert (found.status, found.error_code, found.file.audio_duration) == (JobStatus.ERROR, 500, 1.0)

    run(steps)


def test_old_jobs_are_deleted_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "HOUSEKEEPING_SECONDS", 0.01)

    async def steps(keeper: JobKeeper) -> None:
        recorder = JobRecorder(keeper, JOB, lambda: NOW - timedelta(days=8))
        recorder.hear(AcceptRequest())
        recorder.hear(GOOD)
        while await keeper.read(lambda store: store.find("owner", "id")) is not None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)

    run(steps, retention=timedelta(days=7))


def test_a_store_that_hangs_does_not_hold_the_gateways_end_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keeper_module, "CLOSE_SECONDS", 0.05)
    store = SlowStore()

    async def steps(keeper: JobKeeper) -> None:
        keeper.write(lambda store: store.begin("nobody"))
        keeper.write(lambda store: store.add(JOB))

    run(steps, store)
    assert "did not end in time" in caplog.text
    store.may.set()
