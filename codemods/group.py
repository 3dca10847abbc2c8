"""Migrating a group of files that belong together, and whatever goes wrong there: findings, never a traceback."""

from __future__ import annotations

import codecs
import io
import signal
import threading
import tokenize
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from codemods.files import FileMigration
from codemods.findings import FAILED, TIMED_OUT, TOO_DEEP, TOO_LARGE, UNREADABLE, Finding, Kind
from codemods.migration import Migration, Options
from codemods.migration import migrate_group as migrate_together
from shim.errors import BridgeError

LARGEST_FILE = 1_000_000
"""Larger files that name a vendor are skipped, in bytes: following one takes more than half a minute."""


@dataclass(frozen=True, slots=True)
class Group:
    """Files of a run that are migrated together: their paths and contents, the imported first, and how."""

    files: Mapping[Path, bytes]
    options: Options

    @property
    def size(self) -> int:
        """Bytes to be followed."""
        return sum(map(len, self.files.values()))


class _TookTooLong(BaseException):
    """Raised where a group takes longer than its bound; no `except Exception` of a rule may hold it up."""


def migrate_group(group: Group, to: str, timeout: float, run: Collection[Path] = ()) -> list[FileMigration]:
    """Migrates the files of a group, in their order; `timeout` bounds them together, in seconds.

    `run` are the paths of all files of the run, which say what imports mean. A file that is not valid comes with a
    finding; where following fails, each file of the group does.
    """
    texts = {path: decoded(content) for path, content in group.files.items()}
    try:
        with _at_most(timeout):
            codes = {path: code for path, (code, _, _) in texts.items()}
            migrations = migrate_together(codes, to, group.options, run)
            return [_file(path, group.files[path], texts[path], migrations[path]) for path in group.files]
    except _TookTooLong:
        return skipped(group, TIMED_OUT, f"more than {timeout:g} s")
    except BridgeError:
        raise
    except RecursionError:
        return skipped(group, TOO_DEEP, "Python's own limit was reached")
    except Exception as error:
        return skipped(group, FAILED, f"{type(error).__name__}: {error}")


def _file(path: Path, content: bytes, text: tuple[str, str, bytes], migration: Migration) -> FileMigration:
    _, encoding, mark = text
    result = mark + migration.code.encode(encoding) if migration.changed else content
    return FileMigration(path, content, result, migration)


def skipped(group: Group, kind: Kind, text: str) -> list[FileMigration]:
    """Every file of a group, left as it is for one reason."""
    return [skipped_file(path, content, Finding(kind, 0, text)) for path, content in group.files.items()]


def skipped_file(path: Path, content: bytes, finding: Finding) -> FileMigration:
    """A file that is left as it is, with the reason."""
    return FileMigration(path, content, content, Migration("", (finding,)))


def unfit(content: bytes) -> Finding | None:
    """Why a file cannot be followed at all, if so: too large, or no text."""
    if len(content) > LARGEST_FILE:
        return Finding(TOO_LARGE, 0, f"{len(content) / 1e6:.1f} MB")
    try:
        decoded(content)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return Finding(UNREADABLE, 0, f"it cannot be decoded: {error}")
    return None


def decoded(content: bytes) -> tuple[str, str, bytes]:
    """A file's text, its encoding, and its byte order mark, by the rules of Python's own reader.

    Raises SyntaxError, UnicodeDecodeError or LookupError for bytes that are no text in the encoding they declare.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    mark = b""
    if content.startswith(codecs.BOM_UTF8):
        mark, encoding = codecs.BOM_UTF8, "utf-8"
    return content[len(mark) :].decode(encoding), encoding, mark


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Interrupts what runs inside after a time, where the system and the thread allow it."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def too_long(_signal: int, _frame: FrameType | None) -> None:
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
