"""The Python files of a run, migrated: read, searched for the other vendor, followed in groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from codemods.directions import names_vendor
from codemods.files import FileMigration
from codemods.findings import UNREADABLE, Finding
from codemods.group import Group, decoded, migrate_group, skipped_file, unfit
from codemods.groups import Run
from codemods.migration import Options, target_named
from codemods.sdk_version import version_for
from codemods.workers import Work, default_jobs, migrate_groups

TIMEOUT: Final = 60.0
"""Seconds that a group of files may take."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a run may take: processes at once (None: as many as there are cores, at most 8), seconds for a group."""

    jobs: int | None = None
    timeout: float = TIMEOUT


_DEFAULT: Final = Options()
_ORDINARY: Final = Effort()


def migrate_files(
    paths: Iterable[Path],
    to: str,
    options: Options = _DEFAULT,
    *,
    effort: Effort = _ORDINARY,
    done_with: Callable[[], None] = lambda: None,
    beside: Mapping[Path, str] = MappingProxyType({}),
) -> Iterator[FileMigration]:
    """Migrates each file that names the other vendor; files that do not are only searched.

    `done_with` is called once for each file, whatever became of it. What concerns one file alone is added to the
    options. A file that cannot be read, parsed or migrated comes with a finding, and the others go on. `beside` is what
    files that are no programs say of them: the names that they use are kept.
    """
    target = target_named(to)
    contents: dict[Path, bytes] = {}
    left_out: dict[Path, str] = dict(beside)
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            yield skipped_file(path, b"", Finding(UNREADABLE, 0, error.strerror or str(error)))
            done_with()
            continue
        reason = unfit(content) if names_vendor(content, target.other) else None
        if reason is None:
            contents[path] = content
        else:
            left_out[path] = content.decode("utf-8", "replace")
            yield skipped_file(path, content, reason)
            done_with()
    yield from _migrated(contents, left_out, to, options, effort, done_with)


def migrate_one(path: Path, content: bytes, to: str, options: Options = _DEFAULT) -> FileMigration:
    """Migrates one program that was read already, from wherever; `path` says what it is called."""
    reason = unfit(content)
    if reason is not None:
        return skipped_file(path, content, reason)
    return migrate_group(Group({path: content}, _for_project(options, [path])), to, TIMEOUT)[0]


def _migrated(
    contents: dict[Path, bytes],
    left_out: dict[Path, str],
    to: str,
    options: Options,
    effort: Effort,
    done_with: Callable[[], None],
) -> Iterator[FileMigration]:
    run = Run({path: _text(content) for path, content in contents.items()}, target_named(to).other, left_out)
    groups = []
    for paths in run.groups():
        names = options.used_elsewhere | run.names_used_outside(paths)
        # A file that names no vendor may have come in by an import, whatever it is.
        kept = {path: contents[path] for path in paths if unfit(contents[path]) is None}
        groups.append(Group(kept, replace(_for_project(options, paths), used_elsewhere=names)))
    for _ in range(len(contents) - sum(len(group.files) for group in groups)):
        done_with()

    def done(group: Group) -> None:
        for _ in group.files:
            done_with()

    order = {path: number for number, path in enumerate(contents)}
    found: list[FileMigration] = []
    work = Work(groups, to, effort.jobs or default_jobs(), effort.timeout, frozenset(contents))
    for migrations in migrate_groups(work, done):
        found.extend(migrations)
    yield from sorted(found, key=lambda file: order[file.path])


def _for_project(options: Options, paths: Sequence[Path]) -> Options:
    """The options with the SDK's version in the project of some files: the lowest that any of them is held to."""
    versions = [version for path in paths if (version := version_for(path)) is not None]
    return replace(options, assemblyai_version=min(versions, default=None))


def _text(content: bytes) -> str:
    """A file's text for looking at its imports; one that is no text has none."""
    try:
        return decoded(content)[0]
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return ""
