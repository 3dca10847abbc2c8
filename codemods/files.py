"""Files of a run: what became of each, and how it is replaced so that nothing is ever half written."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
import tokenize
from dataclasses import dataclass
from pathlib import Path

from codemods.outcome import Migration
from shim.errors import BridgeError


@dataclass(frozen=True, slots=True)
class FileMigration:
    """What became of one file. `content` are the bytes that were read, `result` those to be written."""

    path: Path
    content: bytes
    result: bytes
    migration: Migration
    masked: tuple[str, str] | None = None
    """Where the file holds secrets: its texts before and after with the secrets masked."""

    @property
    def secret(self) -> bool:
        """Whether the file holds secrets: nothing but `shown()` may be printed or reported of it then."""
        return self.masked is not None

    def shown(self) -> tuple[str, str]:
        """The texts before and after that may be shown."""
        if self.masked is not None:
            return self.masked
        encoding = _encoding(self.content)
        return self.content.decode(encoding, "replace"), self.result.decode(encoding, "replace")

    @property
    def changes(self) -> bool:
        """Whether something of the file is to be rewritten, or shown because it needs `--unsafe`."""
        return self.content != self.result

    @property
    def is_written(self) -> bool:
        """Whether `--write` rewrites the file: edits with a caveat need `--unsafe`."""
        return self.changes and not self.migration.unsafe


def _encoding(content: bytes) -> str:
    """The encoding that a program declares; UTF-8 for what is none, or declares one that does not exist."""
    try:
        return tokenize.detect_encoding(io.BytesIO(content).readline)[0].removesuffix("-sig")
    except SyntaxError:
        return "utf-8"


def replace_file(file: FileMigration) -> None:
    """Replaces a file by its result: whole or not at all, its mode and owner kept, links followed.

    Raises BridgeError where it changed since it was read or cannot be written; then it is as it was.
    """
    path = file.path.resolve()
    try:
        if path.read_bytes() != file.content:
            raise BridgeError(f"{file.path} changed while it was migrated", "it was left alone; run this again")
        _replace(path, file.result)
    except OSError as error:
        raise BridgeError(
            f"{file.path} could not be written: {error.strerror or error}",
            "it is as it was; mend that and run this again",
        ) from None


def _replace(path: Path, content: bytes) -> None:
    before = path.stat()
    if not before.st_mode & 0o222 or not os.access(path, os.W_OK):
        # Also for root, to whom the system would allow it.
        raise PermissionError(13, "it is read-only")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".sttbridge")
    try:
        with os.fdopen(descriptor, "wb") as temporary:
            temporary.write(content)
            temporary.flush()
            os.fsync(temporary.fileno())
        _give_to(Path(name), before)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _give_to(path: Path, owner: os.stat_result) -> None:
    """Gives a new file the mode of the old one, and its owner where this is allowed."""
    with contextlib.suppress(OSError, AttributeError):
        os.chown(path, owner.st_uid, owner.st_gid)
    path.chmod(stat.S_IMODE(owner.st_mode))
