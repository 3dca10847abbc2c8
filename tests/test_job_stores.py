"""Where jobs are kept: memory, SQLite and PostgreSQL do the same."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shim.audio import AudioFormat, SampleFormat
from shim.errors import BridgeError
from shim.faces.gladia_jobs import job_body, read_job_query
from shim.jobs import database, memory
from shim.jobs.database import DatabaseStore
from shim.jobs.store import JobEnd, JobStore, NewJob
from shim.jobs.store_url import MEMORY, default_url, open_store
from shim.wire.gladia_jobs import JobFile, JobStatus
from tests.postgres import Cluster, cluster

START = datetime(2026, 11, 20, 9, 15, 2, 113000, UTC)
OWNER, OTHER = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'jobs.db'}"
    made: Cluster = request.getfixturevalue("postgres")
    return made.new_database()


@pytest.fixture(params=[MEMORY, "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobStore]:
    match request.param:
        case "sqlite":
            url = f"sqlite:///{tmp_path / 'jobs.db'}"
        case "postgresql":
            made: Cluster = request.getfixturevalue("postgres")
            url = made.new_database()
        case _:
            url = MEMORY
    opened = open_store(url)
    opened.keep_alive()
    yield opened
    opened.close()


def job(number: int, owner: str = OWNER, metadata: dict[str, Any] | None = None, minutes: float = 0.0) -> NewJob:
    return NewJob(
        id=f"00000000-0000-4000-8000-{number:012}",
        owner=owner,
        request_id=f"G-{number:08}",
        created=START + timedelta(minutes=minutes or number),
        request_params={"encoding": "wav/pcm", "channels": 2},
        custom_metadata=metadata,
        audio=AudioFormat(SampleFormat.S24, 8000, 2),
    )


def end(**more: Any) -> JobEnd:
    return JobEnd(
        **{
            "completed": START + timedelta(hours=1),
            "file": JobFile(id="f", audio_duration=2.5, number_of_channels=2),
            "result": b'{"messages":["{}"]}',
            **more,
        }
    )


def ids(store: JobStore, query: str = "", owner: str = OWNER) -> tuple[list[int], bool]:
    pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    jobs, has_more = store.page(owner, read_job_query(pairs))  # type: ignore[arg-type]
    return [int(found.id[-12:]) for found in jobs], has_more


def test_the_life_of_a_job(store: JobStore) -> None:
    new = job(1, metadata={"call": "c-17"})
    store.add(new)
    found = store.find(OWNER, new.id)
    assert found is not None and found.status is JobStatus.QUEUED
    assert json.loads(job_body(found)) == {
        "id": new.id,
        "request_id": "G-00000001",
        "version": 2,
        "status": "queued",
        "created_at": "2026-11-20T09:16:02.113Z",
        "completed_at": None,
        "kind": "live",
        "error_code": None,
        "custom_metadata": {"call": "c-17"},
        "file": None,
        "request_params": {"encoding": "wav/pcm", "channels": 2},
        "result": None,
    }
    store.begin(new.id)
    assert msgspec.structs.asdict(store.find(OWNER, new.id))["status"] is JobStatus.PROCESSING  # type: ignore[arg-type]
    store.end(new.id, end())
    found = store.find(OWNER, new.id)
    assert found is not None
    shown = json.loads(job_body(found))
    assert (shown["status"], shown["completed_at"]) == ("done", "2026-11-20T10:15:02.113Z")
    assert shown["file"] == {
        "id": "f",
        "filename": None,
        "source": None,
        "audio_duration": 2.5,
        "number_of_channels": 2,
    }
    assert shown["result"] == {"messages": ["{}"]}


def test_a_job_that_failed(store: JobStore) -> None:
    store.add(job(1))
    store.end(job(1).id, end(result=None, error_code=503))
    found = store.find(OWNER, job(1).id)
    assert found is not None
    assert (found.status, found.error_code, found.result) == (JobStatus.ERROR, 503, None)
    assert "custom_metadata" not in json.loads(job_body(found))


def test_nobody_else_finds_it(store: JobStore) -> None:
    store.add(job(1))
    store.end(job(1).id, end())
    assert store.find(OTHER, job(1).id) is None
    assert ids(store, owner=OTHER) == ([], False)
    assert store.delete(OTHER, job(1).id) is None
    assert store.annotate(OTHER, job(1).id, b"{}") is None
    assert store.audio(OTHER, job(1).id) is None
    assert store.find(OWNER, job(1).id) is not None


def test_an_owner_is_no_key(store: JobStore) -> None:
    assert store.owner_of("a-key-of-somebody") == store.owner_of("a-key-of-somebody")
    assert store.owner_of("a-key-of-somebody") != store.owner_of("another")
    assert "somebody" not in store.owner_of("a-key-of-somebody")


def test_pages_newest_first(store: JobStore) -> None:
    for number in range(1, 6):
        store.add(job(number))
    store.add(job(9, OTHER))
    assert ids(store) == ([5, 4, 3, 2, 1], False)
    assert ids(store, "limit=2") == ([5, 4], True)
    assert ids(store, "limit=2&offset=2") == ([3, 2], True)
    assert ids(store, "limit=2&offset=4") == ([1], False)
    assert ids(store, "offset=9") == ([], False)


def test_filters(store: JobStore) -> None:
    store.add(job(1, minutes=-24 * 60, metadata={"call": "c-17", "paid": True, "size": 3, "note": None}))
    store.add(job(2, metadata={"call": "c-18", "odd": {"b": [1, "ü"], "a": "\0\ud800"}}))
    store.add(job(3))
    store.begin(job(2).id)
    store.end(job(3).id, end(result=None, error_code=500))
    assert ids(store, "date=2026-11-20")[0] == [3, 2]
    assert ids(store, "date=2026-11-19")[0] == [1]
    assert ids(store, "before_date=2026-11-20")[0] == [1]
    assert ids(store, "after_date=2026-11-20T09:18:02.113Z")[0] == [3]
    assert ids(store, "after_date=2026-11-20T11:18:02.113+02:00")[0] == [3]
    assert ids(store, "after_date=2026-11-19&before_date=2026-11-20T09:18:00Z")[0] == [2, 1]
    assert ids(store, "status=error")[0] == [3]
    assert ids(store, "status=queued&status=processing")[0] == [2, 1]
    assert ids(store, "custom_metadata[call]=c-18")[0] == [2]
    for text in ("true", "True"):
        assert ids(store, f"custom_metadata[paid]={text}")[0] == [1]
    assert ids(store, "custom_metadata[size]=3&custom_metadata[call]=c-17")[0] == [1]
    assert ids(store, "custom_metadata[size]=3&custom_metadata[call]=c-18")[0] == []
    assert ids(store, 'custom_metadata={"size":3,"paid":true,"note":null}')[0] == [1]
    assert ids(store, 'custom_metadata={"odd":{"a":"\\u0000\\ud800","b":[1,"ü"]}}')[0] == [2]
    assert ids(store, "custom_metadata[call]=c-18&status=done")[0] == []


def test_only_what_is_over_is_deleted(store: JobStore) -> None:
    store.add(job(1, metadata={"call": "c-17"}))
    store.begin(job(1).id)
    assert store.delete(OWNER, job(1).id) is JobStatus.PROCESSING
    store.add_audio(job(1).id, 0, b"audio")
    store.end(job(1).id, end(has_audio=True))
    assert store.delete(OWNER, job(1).id) is JobStatus.DONE
    assert store.find(OWNER, job(1).id) is None
    assert store.audio(OWNER, job(1).id) is None
    assert ids(store, "custom_metadata[call]=c-17")[0] == []
    assert store.delete(OWNER, job(1).id) is None


def test_notes_to_a_job(store: JobStore) -> None:
    store.add(job(1))
    assert store.annotate(OWNER, job(1).id, b'{"heard":"\\u0000"}') is JobStatus.QUEUED
    found = store.find(OWNER, job(1).id)
    assert found is not None
    assert json.loads(job_body(found))["post_session_metadata"] == {"heard": "\0"}


def test_audio_is_there_at_the_end_and_whole(store: JobStore) -> None:
    store.add(job(1))
    store.add(job(2))
    for number, piece in enumerate([b"ab", b"c" * 100_000, b"\0"]):
        store.add_audio(job(1).id, number, piece)
        store.add_audio(job(2).id, number, piece)
    assert store.audio(OWNER, job(1).id) is None
    store.end(job(1).id, end(has_audio=True))
    store.end(job(2).id, end(has_audio=False))
    audio = store.audio(OWNER, job(1).id)
    assert audio is not None
    assert (audio.format, audio.size) == (AudioFormat(SampleFormat.S24, 8000, 2), 100_003)
    assert b"".join(audio.pieces) == b"ab" + b"c" * 100_000 + b"\0"
    assert store.audio(OWNER, job(2).id) is None


def test_what_is_old_goes(store: JobStore) -> None:
    for number, hours in ((1, 1), (2, 5)):
        store.add(job(number))
        store.end(job(number).id, end(completed=START + timedelta(hours=hours)))
    store.add(job(3))
    assert store.delete_before(START + timedelta(hours=2)) == 1
    assert ids(store)[0] == [3, 2]
    assert store.delete_before(START + timedelta(hours=2)) == 0


def test_what_is_written_of_a_job_that_is_gone_harms_nothing(store: JobStore) -> None:
    store.begin(job(1).id)
    store.end(job(1).id, end())
    assert ids(store)[0] == []


def test_memory_holds_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_AUDIO", 100)
    monkeypatch.setattr(memory, "MOST_JOBS", 3)
    store = open_store(MEMORY)
    for number in (1, 2):
        store.add(job(number))
        store.add_audio(job(number).id, 0, bytes(50))
        store.end(job(number).id, end(has_audio=True))
    store.add(job(3))
    store.add_audio(job(3).id, 0, bytes(50))
    assert store.audio(OWNER, job(1).id) is None
    assert store.audio(OWNER, job(2).id) is not None
    store.add_audio(job(3).id, 1, bytes(50))
    assert store.audio(OWNER, job(2).id) is None
    with pytest.raises(OSError, match="no more room"):
        store.add_audio(job(3).id, 2, bytes(1))
    store.add(job(4))
    assert ids(store)[0] == [4, 3, 2]


# --- databases ---------------------------------------------------------------------------------------


def test_a_job_survives(shared: str) -> None:
    first = open_store(shared)
    first.add(job(1, owner := first.owner_of("key")))
    first.end(job(1).id, end())
    first.close()
    second = open_store(shared)
    assert second.owner_of("key") == owner
    found = second.find(owner, job(1).id)
    assert found is not None and found.status is JobStatus.DONE
    second.close()


DIES = """
import os, sys
sys.path.insert(0, "")
from shim.jobs.store_url import open_store
from tests.test_job_stores import job
store = open_store(sys.argv[1])
store.keep_alive()
store.add(job(1)); store.begin(job(1).id); store.add(job(2))
os._exit(1)
"""


def test_what_ran_in_a_gateway_that_died_is_ended_by_the_next(shared: str) -> None:
    living = open_store(shared)
    living.keep_alive()
    living.add(job(3))
    subprocess.run([sys.executable, "-c", DIES, shared], check=False, timeout=60, cwd=Path(__file__).parent.parent)
    found = [living.find(OWNER, job(number).id) for number in (1, 2)]
    assert [one.status for one in found if one is not None] == [JobStatus.PROCESSING, JobStatus.QUEUED]
    restarted = open_store(shared)
    assert restarted.keep_alive() == 2
    for number in (1, 2):
        one = restarted.find(OWNER, job(number).id)
        assert one is not None
        assert (one.status, one.error_code) == (JobStatus.ERROR, database.DIED)
        assert one.completed_at is not None
    running = restarted.find(OWNER, job(3).id)  # of a gateway that is there
    assert running is not None and running.status is JobStatus.QUEUED
    assert restarted.keep_alive() == 0
    living.close()
    restarted.close()


def test_a_gateway_elsewhere_is_gone_when_it_shows_no_life(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = open_store(shared)
    monkeypatch.setattr(database.socket, "gethostname", lambda: "another-host")
    elsewhere = open_store(shared)
    elsewhere.keep_alive()
    elsewhere.add(job(1))
    monkeypatch.undo()
    assert here.keep_alive() == 0
    monkeypatch.setattr(database, "_now", lambda: int((datetime.now(UTC).timestamp() + 100) * 1000))
    assert here.keep_alive() == 1
    here.close()
    elsewhere.close()


def test_connections_that_were_cut_are_made_again(postgres: Cluster) -> None:
    store = open_store(postgres.new_database())
    store.add(job(1))
    with postgres.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert ids(store)[0] == [1]
    store.end(job(1).id, end())
    store.close()


def test_a_new_database_opened_by_many_at_once(shared: str) -> None:
    opened: list[JobStore] = []
    threads = [threading.Thread(target=lambda: opened.append(open_store(shared))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({store.owner_of("key") for store in opened}) == 1
    assert len(opened) == 4
    for store in opened:
        store.close()


def test_tables_of_a_newer_version_are_left_alone(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'jobs.db'}").close()
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        connection.execute("UPDATE sttbridge_schema SET version = 2")
    connection.close()
    with pytest.raises(BridgeError, match=r"written by a newer sttbridge \(version 2 .* knows 1\)"):
        open_store(f"sqlite:///{tmp_path / 'jobs.db'}")


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    store = DatabaseStore(f"sqlite:///{tmp_path / 'new' / 'jobs.db'}")
    store.add(job(1))
    for path in (tmp_path / "new").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("jobs.db", "no place for jobs"),
        ("mysql://user:secret@host/db", "no place for jobs"),
        ("sqlite://", "no place for jobs"),
        ("sqlite:////proc/nowhere/jobs.db", "cannot be opened"),
        ("postgresql://user:secret@127.0.0.1:1/db", "cannot be opened"),
        ("postgresql://user:secret@host:port/db", "not the URL of a database"),
    ],
)
def test_what_cannot_be_opened_is_said(url: str, words: str) -> None:
    with pytest.raises(BridgeError, match=words) as raised:
        open_store(url)
    assert "secret" not in str(raised.value)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "shim.jobs.database")
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(BridgeError, match="sqlalchemy is not installed") as raised:
        open_store(f"sqlite:///{tmp_path / 'jobs.db'}")
    assert "pip install 'sttbridge[jobs]'" in str(raised.value)


def test_where_jobs_are_kept_unless_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_url() == f"sqlite:///{tmp_path}/sttbridge/jobs.db"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    assert default_url() == f"sqlite:///{tmp_path}/.local/state/sttbridge/jobs.db"
