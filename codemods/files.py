"""Files of a run: finding them, reading them, and replacing them so that nothing is ever half written."""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
import subprocess
import tempfile
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pathspec

from codemods.directions import names_vendor
from codemods.findings import FAILED, TOO_LARGE, UNREADABLE, Finding
from codemods.migration import Migration, Options, migrate_source, target_named
from codemods.sdk_version import version_for
from shim.errors import BridgeError

LARGEST_FILE = 1_000_000
"""Larger files that name a vendor are skipped, in bytes: following one takes more than half a minute."""

_NEVER_ENTERED = pathspec.PathSpec.from_lines(
    "gitignore",
    ["__pycache__/", "node_modules/", ".*/", "venv/", "env/", "site-packages/", "build/", "dist/"],
)
"""What is left out where no git repository says what belongs to the project."""


@dataclass(frozen=True, slots=True)
class FileMigration:
    """What became of one file. `content` are the bytes that were read, `result` those to be written."""

    path: Path
    content: bytes
    result: bytes
    migration: Migration

    @property
    def changes(self) -> bool:
        """Whether the file is to be rewritten."""
        return self.content != self.result


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The Python files of the given files and folders, in order, each once.

    In a git repository a folder gives what git tracks and what it does not ignore; elsewhere everything but
    environments, caches and hidden folders. Raises BridgeError for a path that does not exist.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise BridgeError(f"{path} does not exist", "check the path")
        for file in _in_folder(path) if path.is_dir() else [path]:
            # A link and what it leads to are one file, which is replaced once.
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _in_folder(folder: Path) -> Iterator[Path]:
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py")
    if listed is not None:
        names = sorted(set(listed.split("\0")) - {""})
        yield from (folder / name for name in names if (folder / name).is_file())
        return
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _NEVER_ENTERED.match_file(f"{name}/"))
        yield from (Path(root) / name for name in sorted(files) if name.endswith(".py"))


def _git(folder: Path, *arguments: str) -> str | None:
    """What a git command prints; None where there is no git or no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            check=False,
            text=True,
            errors="surrogateescape",
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def migrate_files(
    files: Iterable[Path], to: str, *, keep_turns: bool = False, done_with: Callable[[], None] = lambda: None
) -> Iterator[FileMigration]:
    """Migrates each file that names the other vendor; files that do not are only searched.

    `done_with` is called once for each file, whatever became of it.

    A file that cannot be read, parsed or migrated comes with a finding, and the others go on.
    """
    target = target_named(to)
    paths = list(files)
    named: dict[Path, bytes] = {}
    sources: dict[Path, str] = {}
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            yield _skipped(path, b"", Finding(UNREADABLE, 0, error.strerror or str(error)))
            done_with()
            continue
        if names_vendor(content, target.other):
            named[path] = content
            sources[path] = content.decode("utf-8", "replace")
        else:
            done_with()
    for path, content in named.items():
        others = [text for other, text in sources.items() if other != path]
        options = Options(keep_turns, names_taken_from(path.stem, others), version_for(path))
        yield _migrate_file(path, content, to, options)
        done_with()


def names_taken_from(module: str, others: Iterable[str]) -> frozenset[str]:
    """The identifiers in other files that import a module: what that module must not rename."""
    imports = re.compile(
        rf"^\s*(?:from\s+[\w.]*\b{re.escape(module)}\s+import|import\s+.*\b{re.escape(module)}\b)", re.M
    )
    names: set[str] = set()
    for text in others:
        if imports.search(text):
            names.update(re.findall(r"\w+", text))
    return frozenset(names)


def _migrate_file(path: Path, content: bytes, to: str, options: Options) -> FileMigration:
    if len(content) > LARGEST_FILE:
        return _skipped(path, content, Finding(TOO_LARGE, 0, f"{len(content) / 1e6:.1f} MB"))
    try:
        code, encoding, mark = _decode(content)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return _skipped(path, content, Finding(UNREADABLE, 0, f"it cannot be decoded: {error}"))
    try:
        migration = migrate_source(code, to, options)
        result = mark + migration.code.encode(encoding) if migration.changed else content
    except BridgeError:
        raise
    except Exception as error:
        return _skipped(path, content, Finding(FAILED, 0, f"{type(error).__name__}: {error}"))
    return FileMigration(path, content, result, migration)


def _decode(content: bytes) -> tuple[str, str, bytes]:
    """A file's text, its encoding, and its byte order mark, by the rules of Python's own reader."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    mark = b""
    if content.startswith(codecs.BOM_UTF8):
        mark, encoding = codecs.BOM_UTF8, "utf-8"
    return content[len(mark) :].decode(encoding), encoding, mark


def _skipped(path: Path, content: bytes, finding: Finding) -> FileMigration:
    return FileMigration(path, content, content, Migration("", (finding,)))


def uncommitted(paths: Iterable[Path]) -> list[Path]:
    """The files that have changes git does not have yet; files outside of a repository are never among them."""
    found = []
    for path in paths:
        status = _git(path.resolve().parent, "status", "--porcelain", "--", str(path.resolve()))
        if status:
            found.append(path)
    return found


def in_git(path: Path) -> bool:
    """Whether git has the file, so that it can give it back."""
    return bool(_git(path.resolve().parent, "ls-files", "--", path.resolve().name))


def replace_file(file: FileMigration) -> None:
    """Replaces a file by its result: whole or not at all, its mode kept, links followed.

    Raises BridgeError where it changed since it was read or cannot be written; then it is as it was.
    """
    path = file.path.resolve()
    name = ""
    try:
        if path.read_bytes() != file.content:
            raise BridgeError(f"{file.path} changed while it was migrated", "run this again")
        mode = stat.S_IMODE(path.stat().st_mode)
        if not os.access(path, os.W_OK):
            raise PermissionError(13, "it is read-only")
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".sttbridge")
        with os.fdopen(descriptor, "wb") as temporary:
            temporary.write(file.result)
            temporary.flush()
            os.fsync(temporary.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise BridgeError(
            f"{file.path} could not be written: {error.strerror or error}",
            "it is as it was; mend that and run this again",
        ) from None
