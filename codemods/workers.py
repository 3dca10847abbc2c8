"""Groups of files migrated in several processes: one that crashes or takes too long costs its own group only."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

from codemods.files import FileMigration
from codemods.findings import CRASHED, TIMED_OUT, Kind
from codemods.group import Group, migrate_group, skipped

WORTH_A_WORKER: Final = 60_000
"""A process more takes about a second to start, in which one follows this many bytes and more."""

MOST_JOBS: Final = 8
_START_BOUND: Final = 60.0
"""Seconds that a process may take until it is ready."""
_GRACE: Final = 5.0
"""Seconds behind its bound after which a process that did not interrupt itself is ended."""


def default_jobs() -> int:
    """As many as this process may use cores, at most 8."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return min(cores, MOST_JOBS)


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done: groups of files, the vendor to move to, and how much may be spent.

    `jobs` are processes at once, `timeout` seconds for a group, `run` the paths of all files of the run.
    """

    groups: Sequence[Group]
    to: str
    jobs: int
    timeout: float
    run: Collection[Path] = ()

    def migrated(self, group: Group) -> list[FileMigration]:
        """What becomes of one group, done in this process."""
        return migrate_group(group, self.to, self.timeout, self.run)


def migrate_groups(work: Work, done_with: Callable[[Group], None]) -> Iterator[list[FileMigration]]:
    """Migrates groups of files and gives what became of them in their order.

    `done_with` is called with each group when it is done, in any order. Where there is little to do, or one job, this
    process does it alone.
    """
    size = sum(group.size for group in work.groups)
    workers = min(work.jobs, len(work.groups), 1 + size // WORTH_A_WORKER)
    if workers <= 1:
        for group in work.groups:
            migrations = work.migrated(group)
            done_with(group)
            yield migrations
        return
    yield from _Pool(work, workers, done_with).results()


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    deadline: float
    doing: int | None = None
    """The number of the group that it was given; None before it is ready."""


class _Pool:
    def __init__(self, work: Work, workers: int, done_with: Callable[[Group], None]) -> None:
        self._work, self._groups, self._done_with = work, work.groups, done_with
        # The largest first, so that none is begun when all the others are done.
        self._waiting = sorted(range(len(work.groups)), key=lambda number: work.groups[number].size)
        self._done: dict[int, list[FileMigration]] = {}
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._count = workers

    def results(self) -> Iterator[list[FileMigration]]:
        try:
            for number in range(len(self._groups)):
                while number not in self._done:
                    self._go_on()
                yield self._done.pop(number)
        finally:
            for worker in self._workers:
                worker.process.kill()
            for worker in self._workers:
                worker.process.join()
                worker.connection.close()

    def _go_on(self) -> None:
        """Waits until a process has something to say, or has been silent for too long."""
        while len(self._workers) < min(self._count, self._unfinished()):
            self._start()
        if not self._workers:
            self._do_one_here()
            return
        now = time.monotonic()
        bound = min(worker.deadline for worker in self._workers) - now
        ready = wait([worker.connection for worker in self._workers], max(bound, 0))
        for worker in list(self._workers):
            if worker.connection in ready:
                self._hear(worker)
            elif worker.deadline <= time.monotonic():
                self._give_up(worker, TIMED_OUT, f"more than {self._work.timeout:g} s")

    def _unfinished(self) -> int:
        return len(self._waiting) + sum(worker.doing is not None for worker in self._workers)

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, replace(self._work, groups=())), daemon=True)
        try:
            process.start()
        except OSError:
            # The system gives no process more: those that run do it all, or this one.
            ours.close()
            self._count = len(self._workers)
        else:
            self._workers.append(_Worker(process, ours, time.monotonic() + _START_BOUND))
        theirs.close()

    def _do_one_here(self) -> None:
        number = self._waiting.pop()
        self._finish(number, self._work.migrated(self._groups[number]))

    def _hear(self, worker: _Worker) -> None:
        try:
            migrations = worker.connection.recv()
            if worker.doing is not None:
                self._finish(worker.doing, migrations)
                worker.doing = None
            if not self._waiting:
                self._dismiss(worker)
                return
            worker.doing = self._waiting.pop()
            worker.deadline = time.monotonic() + self._work.timeout + _GRACE
            worker.connection.send(self._groups[worker.doing])
        except (EOFError, OSError):
            worker.process.join()
            self._give_up(worker, CRASHED, f"its process ended with status {worker.process.exitcode}")

    def _give_up(self, worker: _Worker, kind: Kind, text: str) -> None:
        self._dismiss(worker)
        if worker.doing is None:
            # It never began: no group is to blame.
            self._count -= 1
        else:
            self._finish(worker.doing, skipped(self._groups[worker.doing], kind, text))

    def _finish(self, number: int, migrations: list[FileMigration]) -> None:
        self._done[number] = migrations
        self._done_with(self._groups[number])

    def _dismiss(self, worker: _Worker) -> None:
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)


def _serve(connection: Connection, work: Work) -> None:
    """What a process does: says that it is ready, then answers each group with what became of it."""
    # Ctrl+C reaches the whole group of processes; the one that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection.send(None)
    while True:
        try:
            group = connection.recv()
        except EOFError:
            return
        connection.send(work.migrated(group))
