"""A PostgreSQL of the tests' own: Debian's programs, a cluster that nobody else reaches, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.emulated_services import wait_for

REQUIRED = os.environ.get("STTBRIDGE_REQUIRE_POSTGRES", "") not in ("", "0")
_OWNER = "sttbridge"
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=16MB", "listen_addresses=")


class Cluster:
    """A running server. It listens on a socket in its own folder only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._databases = 0

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        name = f"jobs_{self._databases}"
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload, unused-ignore]
        return f"postgresql://{_OWNER}@/{name}?host={self.folder}"

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), user=_OWNER, dbname="postgres", autocommit=True, connect_timeout=10
        )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster for some tests; skips them, with the reason, where there is no PostgreSQL."""
    programs = _programs()
    if programs is None:
        if REQUIRED:
            pytest.fail("STTBRIDGE_REQUIRE_POSTGRES is set, and there is no PostgreSQL")
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    # Not in pytest's own folders: the server runs as a user who may not enter those.
    folder = Path(tempfile.mkdtemp(prefix="sttbridge-pg-", dir="/tmp"))
    user = _user()
    try:
        if user is not None:
            os.chown(folder, *user)
        _run([programs / "initdb", "-D", folder / "data", "-U", _OWNER, *_INITDB], folder, user)
        settings = [part for setting in (*_FAST, f"unix_socket_directories={folder}") for part in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", *settings],
                cwd=folder,
                stdout=log,
                stderr=log,
                env=_environment(),
                **_as(user),
            )
        try:
            made = Cluster(folder)
            wait_for(lambda: server.poll() is not None or _answers(made))
            assert server.poll() is None, (folder / "log").read_text()
            yield made
        finally:
            server.send_signal(signal.SIGINT)  # which does not wait for connections
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_INITDB = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parent.parent.name)
    on_path = shutil.which("initdb")
    every = [*found, *([Path(on_path).resolve()] if on_path else [])]
    return next((path.parent for path in reversed(every) if (path.parent / "postgres").exists()), None)


def _user() -> tuple[int, int] | None:
    """Whom the server runs as: it refuses to run as root. None: as whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    pytest.skip("PostgreSQL refuses to run as root, and there is no other user")


def _as(user: tuple[int, int] | None) -> dict[str, object]:
    return {} if user is None else {"user": user[0], "group": user[1], "extra_groups": ()}


def _environment() -> dict[str, str]:
    """Without what would lead the programs to another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _run(command: list[object], folder: Path, user: tuple[int, int] | None) -> None:
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=_environment(), capture_output=True, text=True, timeout=60, **_as(user)
    )
    assert done.returncode == 0, done.stderr


def _answers(made: Cluster) -> bool:
    try:
        made.connect().close()
    except psycopg.OperationalError:
        return False
    return True
