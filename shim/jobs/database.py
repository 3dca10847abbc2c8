"""Jobs in a database, through SQLAlchemy: one code for SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from shim.audio import AudioFormat, SampleFormat
from shim.errors import BridgeError
from shim.faces import gladia
from shim.faces.gladia_jobs import JobQuery, metadata_texts, raw
from shim.jobs import tables
from shim.jobs.owners import owner_of
from shim.jobs.store import JobEnd, NewJob, StoredAudio
from shim.wire.gladia_jobs import Job, JobFile, JobStatus

GONE_AFTER: Final = 90.0
"""Real seconds without a sign of life, and a gateway counts as gone."""
WAIT_SECONDS: Final = 10.0
"""Real seconds that a lock of the database, or the way to it, may take."""
DIED: Final = 500
"""The error code of a job whose gateway died."""

_RUNNING: Final = (JobStatus.QUEUED, JobStatus.PROCESSING)
_FIRST_MOMENT: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MANY: Final = 500
_OPENING_ATTEMPTS: Final = 20
_OPENING_PAUSE: Final = 0.1
"""Real seconds between two attempts to open a database that others open for the first time as well."""
_NEXT_STEP: Final = "check --jobs, and that the database is there and may be written"


class DatabaseStore:
    """A `JobStore` in a database."""

    def __init__(self, url: str) -> None:
        """Opens the database, and makes the tables where there are none. Raises BridgeError."""
        self._engine, self._name = _engine(url)
        self._gateway = str(uuid.uuid4())
        try:
            self._secret = self._open()
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise BridgeError(f"the jobs in {self._name} cannot be opened: {cause_of(error)}", _NEXT_STEP) from None
        except BridgeError:
            self._engine.dispose()
            raise

    def owner_of(self, key: str) -> str:
        return owner_of(key, self._secret)

    # --- a session writes ------------------------------------------------------------------------

    def add(self, job: NewJob) -> None:
        row = {
            "id": job.id,
            "owner": job.owner,
            "request_id": job.request_id,
            "gateway": self._gateway,
            "status": JobStatus.QUEUED.value,
            "created": _milliseconds(job.created),
            "sample_format": job.audio.sample_format.value,
            "sample_rate": job.audio.sample_rate,
            "channels": job.audio.channels,
            "custom_metadata": None if job.custom_metadata is None else bytes(raw(job.custom_metadata)).decode(),
            "request_params": bytes(raw(job.request_params)).decode(),
        }
        digests = {
            _digest(name, text) for name, value in (job.custom_metadata or {}).items() for text in metadata_texts(value)
        }
        with self._engine.begin() as connection:
            connection.execute(sql.insert(tables.jobs), row)
            if digests:
                connection.execute(
                    sql.insert(tables.job_metadata), [{"job": job.id, "digest": digest} for digest in sorted(digests)]
                )

    def begin(self, job_id: str) -> None:
        self._change(job_id, status=JobStatus.PROCESSING.value)

    def add_audio(self, job_id: str, number: int, piece: bytes) -> None:
        with self._engine.begin() as connection:
            connection.execute(sql.insert(tables.job_audio), {"job": job_id, "number": number, "piece": piece})

    def end(self, job_id: str, end: JobEnd) -> None:
        self._change(
            job_id,
            status=end.status.value,
            completed=_milliseconds(end.completed),
            error_code=end.error_code,
            file=msgspec.json.encode(end.file).decode(),
            result=None if end.result is None else end.result.decode(),
        )
        if not end.has_audio:
            with self._engine.begin() as connection:
                connection.execute(sql.delete(tables.job_audio).where(tables.job_audio.c.job == job_id))

    # --- an owner reads --------------------------------------------------------------------------

    def find(self, owner: str, job_id: str) -> Job | None:
        with self._engine.connect() as connection:
            row = connection.execute(sql.select(tables.jobs).where(_is(owner, job_id))).mappings().first()
        return None if row is None else _job(row)

    def page(self, owner: str, query: JobQuery) -> tuple[list[Job], bool]:
        jobs = tables.jobs.c
        asked = [jobs.owner == owner]
        if query.since is not None:
            asked.append(jobs.created >= _milliseconds(query.since))
        if query.until is not None:
            asked.append(jobs.created < _milliseconds(query.until))
        if query.statuses:
            asked.append(jobs.status.in_(sorted(query.statuses)))
        for name, text in query.metadata:
            entry = sql.alias(tables.job_metadata)
            asked.append(sql.exists().where(entry.c.job == jobs.id, entry.c.digest == _digest(name, text)))
        found = (
            sql.select(tables.jobs)
            .where(*asked)
            .order_by(jobs.created.desc(), jobs.id)
            .offset(query.offset)
            .limit(query.limit + 1)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(found).mappings().all()
        return [_job(row) for row in rows[: query.limit]], len(rows) > query.limit

    def annotate(self, owner: str, job_id: str, annotation: bytes) -> JobStatus | None:
        status = self._status(owner, job_id)
        if status is not None:
            self._change(job_id, post_session_metadata=annotation.decode())
        return status

    def delete(self, owner: str, job_id: str) -> JobStatus | None:
        status = self._status(owner, job_id)
        if status is not None and status.is_final:
            self._delete([job_id])
        return status

    def audio(self, owner: str, job_id: str) -> StoredAudio | None:
        audio = tables.job_audio.c
        with self._engine.connect() as connection:
            row = connection.execute(sql.select(tables.jobs).where(_is(owner, job_id))).mappings().first()
            if row is None or not JobStatus(row["status"]).is_final:
                return None
            size = sql.select(sql.func.sum(sql.func.length(audio.piece))).where(audio.job == job_id)
            stored = connection.execute(size).scalar()
        if not stored:
            return None
        kept = AudioFormat(SampleFormat(row["sample_format"]), row["sample_rate"], row["channels"])
        return StoredAudio(kept, int(stored), self._pieces(job_id))

    def _pieces(self, job_id: str) -> Iterator[bytes]:
        """Read one by one, each in a transaction of its own: nothing is held while a slow client takes them."""
        audio = tables.job_audio.c
        number = 0
        while True:
            with self._engine.connect() as connection:
                piece = connection.execute(
                    sql.select(audio.piece).where(audio.job == job_id, audio.number == number)
                ).scalar()
            if piece is None:
                return
            yield bytes(piece)
            number += 1

    # --- the gateway keeps house -----------------------------------------------------------------

    def delete_before(self, moment: datetime) -> int:
        jobs = tables.jobs.c
        old = sql.select(jobs.id).where(jobs.completed < _milliseconds(moment)).limit(_MANY)
        deleted = 0
        while True:
            with self._engine.connect() as connection:
                found = list(connection.execute(old).scalars())
            if not found:
                return deleted
            self._delete(found)
            deleted += len(found)

    def keep_alive(self) -> int:
        now = _now()
        me = {"host": socket.gethostname()[:255], "process": os.getpid(), "seen": now}
        with self._engine.begin() as connection:
            seen = sql.update(tables.gateways).where(tables.gateways.c.id == self._gateway).values(**me)
            if connection.execute(seen).rowcount == 0:
                connection.execute(sql.insert(tables.gateways), {"id": self._gateway, **me})
            others = connection.execute(sql.select(tables.gateways).where(tables.gateways.c.id != self._gateway))
            gone = [row.id for row in others if _is_gone(row.host, row.process, row.seen, now)]
            if gone:
                connection.execute(sql.delete(tables.gateways).where(tables.gateways.c.id.in_(gone)))
            there = sql.select(tables.gateways.c.id)
            orphans = sql.update(tables.jobs).where(
                tables.jobs.c.status.in_(_RUNNING), tables.jobs.c.gateway.not_in(there)
            )
            created = tables.jobs.c.created
            completed = sql.case((created > now, created), else_=now)  # by a hastened clock it may be so
            ended = orphans.values(status=JobStatus.ERROR.value, error_code=DIED, completed=completed)
            return connection.execute(ended).rowcount

    def close(self) -> None:
        try:
            with self._engine.begin() as connection:
                connection.execute(sql.delete(tables.gateways).where(tables.gateways.c.id == self._gateway))
        finally:
            self._engine.dispose()

    # --- inside ----------------------------------------------------------------------------------

    def _open(self) -> bytes:
        """The store's secret. Two gateways may open a new database at the same time: one of them finds it made."""
        for _attempt in range(_OPENING_ATTEMPTS - 1):
            try:
                return self._secret_in_tables()
            except (sql.exc.IntegrityError, sql.exc.ProgrammingError):
                time.sleep(_OPENING_PAUSE)
            except sql.exc.OperationalError as error:
                # As SQLite says it, which does not wait where the way of writing its file is being changed.
                if not any(words in str(error.orig) for words in ("already exists", "is locked")):
                    raise
                time.sleep(_OPENING_PAUSE)
        return self._secret_in_tables()

    def _secret_in_tables(self) -> bytes:
        with self._engine.begin() as connection:
            if not sql.inspect(connection).has_table(tables.schema.name):
                tables.metadata.create_all(connection)
            row = connection.execute(sql.select(tables.schema)).first()
            if row is None:
                secret = secrets.token_bytes(32)
                connection.execute(sql.insert(tables.schema), {"version": tables.VERSION, "secret": secret})
                return secret
        if row.version > tables.VERSION:
            raise BridgeError(
                f"the jobs in {self._name} were written by a newer sttbridge "
                f"(version {row.version} of the tables; this one knows {tables.VERSION})",
                "update sttbridge, or give another place by --jobs",
            )
        return bytes(row.secret)

    def _change(self, job_id: str, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(sql.update(tables.jobs).where(tables.jobs.c.id == job_id).values(**values))

    def _status(self, owner: str, job_id: str) -> JobStatus | None:
        with self._engine.connect() as connection:
            status = connection.execute(sql.select(tables.jobs.c.status).where(_is(owner, job_id))).scalar()
        return None if status is None else JobStatus(status)

    def _delete(self, ids: list[str]) -> None:
        with self._engine.begin() as connection:
            for column in (tables.job_audio.c.job, tables.job_metadata.c.job, tables.jobs.c.id):
                connection.execute(sql.delete(column.table).where(column.in_(ids)))


def cause_of(error: Exception) -> str:
    """Why a database could not be used, without what was to be written there: that is somebody's words."""
    original = getattr(error, "orig", None)
    if isinstance(error, sql.exc.OperationalError) and original is not None:
        first = str(original).strip().partition("\n")[0]
        return first[:200] or type(original).__name__
    return type(original or error).__name__


def _engine(url: str) -> tuple[sql.Engine, str]:
    """The engine of a URL, and the URL without its password."""
    try:
        parsed = sql.make_url(url)
        name = parsed.render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        raise BridgeError(
            "--jobs: that is not the URL of a database", "give sqlite:///FILE or postgresql://…"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        _make_file(parsed.database or "", name)
        engine = sql.create_engine(parsed, hide_parameters=True, connect_args={"timeout": WAIT_SECONDS})
        sql.event.listen(engine, "connect", _set_up_sqlite)
        return engine, name
    try:
        engine = sql.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": int(WAIT_SECONDS)},
        )
    except ModuleNotFoundError as error:
        raise BridgeError(
            f"jobs are to be kept in PostgreSQL, and {error.name} is not installed", "pip install 'sttbridge[postgres]'"
        ) from None
    return engine, name


def _make_file(path: str, name: str) -> None:
    """What was said is in there: nobody else may read it."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise BridgeError(f"the jobs in {name} cannot be opened: {error.strerror}", _NEXT_STEP) from None


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for setting in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _is(owner: str, job_id: str) -> sql.ColumnElement[bool]:
    return sql.and_(tables.jobs.c.id == job_id, tables.jobs.c.owner == owner)


def _job(row: sql.RowMapping) -> Job:
    fields: dict[str, Any] = {
        name: msgspec.Raw(row[name].encode())
        for name in ("custom_metadata", "post_session_metadata", "request_params", "result")
        if row[name] is not None
    }
    if row["file"] is not None:
        fields["file"] = msgspec.json.decode(row["file"], type=JobFile)
    if row["completed"] is not None:
        fields["completed_at"] = gladia.timestamp(_moment(row["completed"]))
    return Job(
        id=row["id"],
        request_id=row["request_id"],
        status=JobStatus(row["status"]),
        created_at=gladia.timestamp(_moment(row["created"])),
        error_code=row["error_code"],
        **fields,
    )


def _digest(name: str, text: str) -> str:
    return hashlib.sha256(f"{len(name)}:{name}={text}".encode(errors="surrogatepass")).hexdigest()


def _milliseconds(moment: datetime) -> int:
    return (moment - _FIRST_MOMENT) // _MILLISECOND


def _moment(milliseconds: int) -> datetime:
    return _FIRST_MOMENT + milliseconds * _MILLISECOND


def _now() -> int:
    """Real: gateways whose clocks run at different speeds can share a store."""
    return time.time_ns() // 1_000_000


def _is_gone(host: str, process: int, seen: int, now: int) -> bool:
    """Whether a gateway is: one of this machine whose process is not there any more, or one that shows no life.

    A second gateway in this very process is alive; one of this process's number that is not ours died before it.
    """
    if now - seen > GONE_AFTER * 1000:
        return True
    if host != socket.gethostname()[:255]:
        return False
    if process == os.getpid():
        return seen < _STARTED
    if os.name == "nt":  # there is no asking without killing
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


_STARTED: Final = _now()
"""When this module was loaded: what was seen before is of an earlier process with the same number."""
