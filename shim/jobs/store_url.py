"""Where jobs are kept: how a store is named by its URL, and opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from shim.errors import BridgeError
from shim.jobs.store import JobStore

MEMORY: Final = "memory"
OFF: Final = "off"


def default_url() -> str:
    """Where `serve` keeps jobs unless it is told: a SQLite file in the user's folder for what programs remember."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return f"sqlite:///{folder / 'sttbridge' / 'jobs.db'}"


def open_store(url: str) -> JobStore:
    """A store by its URL: `memory`, `sqlite:///FILE`, `postgresql://…`. It may block.

    Raises BridgeError for a URL of another kind, a missing library, a database that cannot be opened, or one that a
    newer version has written.
    """
    if url == MEMORY:
        from shim.jobs.memory import MemoryStore

        return MemoryStore()
    check_url(url)
    try:
        from shim.jobs.database import DatabaseStore
    except ModuleNotFoundError as error:
        raise BridgeError(
            f"jobs are to be kept in a database, and {error.name} is not installed",
            "pip install 'sttbridge[jobs]', or --jobs memory, or --jobs off",
        ) from None
    return DatabaseStore(url)


def check_url(url: str) -> None:
    """Raises BridgeError unless it may be a store's URL. The URL itself is not said: it may hold a password."""
    kind, separator, rest = url.partition("://")
    if url in (MEMORY, OFF) or (separator and rest.strip("/") and kind in ("sqlite", "postgresql", "postgres")):
        return
    raise BridgeError(
        "--jobs: that is no place for jobs", "give sqlite:///FILE, postgresql://USER@HOST/DATABASE, memory or off"
    )
