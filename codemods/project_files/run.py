"""What becomes of a run's project files: each is read as what it is, by what the programs use after the run."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from codemods.files import FileMigration
from codemods.findings import FAILED, TOO_LARGE, Finding, Kind
from codemods.migration import Options, target_named
from codemods.outcome import Migration
from codemods.programs import migrate_one
from codemods.project_files.belonging import Belonging
from codemods.project_files.conda_environment import migrate_conda_environment
from codemods.project_files.configuration_file import configuration_findings
from codemods.project_files.dependencies import Wanted, names_old, wanted_by
from codemods.project_files.finding_files import LARGEST_FILE, is_ignored
from codemods.project_files.key_file import MASK, ignored_keys, masked, migrate_keys
from codemods.project_files.kinds import FileKind, is_template, kind_of
from codemods.project_files.lock_file import lock_findings
from codemods.project_files.mentions import document_findings, is_ignored_line, outline, settings_findings
from codemods.project_files.notebook import NotebookMigration, migrate_notebook
from codemods.project_files.notebook_imports import imported_programs, with_old_keys
from codemods.project_files.other_languages import names_host, npm_findings, other_language_findings, uses_old_key
from codemods.project_files.pipfile import migrate_pipfile
from codemods.project_files.program_uses import Program, Programs
from codemods.project_files.pyproject import migrate_pyproject
from codemods.project_files.recorded_messages import message_findings
from codemods.project_files.requirements_file import migrate_requirements
from codemods.project_files.setup_cfg import migrate_setup_cfg
from codemods.project_files.setup_script import setup_script_findings
from codemods.project_files.unused_dependencies import libraries_let_go, unused_dependencies
from codemods.reports.secrets import secrets_in
from shim.errors import BridgeError
from shim.mapping.row import Vendor

_Outcome = tuple[str, list[Finding]]

_FORMATS: Final[Mapping[FileKind, Callable[[str, Wanted], _Outcome]]] = {
    FileKind.REQUIREMENTS: migrate_requirements,
    FileKind.CONSTRAINTS: migrate_requirements,
    FileKind.PYPROJECT: migrate_pyproject,
    FileKind.SETUP_CFG: migrate_setup_cfg,
    FileKind.PIPFILE: migrate_pipfile,
    FileKind.CONDA: migrate_conda_environment,
}
_ASSIGNING: Final = re.compile(r"^\s*(%env|%set_env|!\s*export|export)\s+", re.MULTILINE)
_PASSWORD: Final = re.compile(r"(://)[^/\s@\"']+@")
"""Who asks for a package, in the address of an index."""
_MARK: Final = "\ufeff"
_DEFAULTS: Final = Options()


def migrate_project_files(
    files: Mapping[Path, bytes],
    programs: Sequence[FileMigration],
    to: str,
    options: Options = _DEFAULTS,
    is_written: Callable[[FileMigration], bool] = lambda file: file.is_written,
    beside: Sequence[Path] | None = None,
) -> list[FileMigration]:
    """What becomes of the files around the programs of a run; those with nothing to say are left out.

    `files` are contents as `read_project_files` gives them, `programs` what became of the Python files, `is_written`
    whether a result is what stands in its file after the run. `beside` are all Python files of the run, also those that
    name no vendor; where they are not known, no dependency is said to be unused. A file on which this fails comes with
    a finding. Raises BridgeError for an unknown vendor.
    """
    return _Run(files, target_named(to), options, beside).migrated(programs, is_written)


@dataclass(frozen=True, slots=True)
class _Notebook:
    file: FileMigration
    migration: NotebookMigration


class _Run:
    def __init__(
        self, files: Mapping[Path, bytes], target: Vendor, options: Options, beside: Sequence[Path] | None = None
    ) -> None:
        self._files = files
        self._beside = beside
        self._target = target
        self._options = options
        # What is no UTF-8 comes back byte for byte all the same.
        self._texts = {path: content.decode("utf-8", "surrogateescape") for path, content in files.items()}

    def migrated(
        self, programs: Sequence[FileMigration], is_written: Callable[[FileMigration], bool]
    ) -> list[FileMigration]:
        moved = [one.path for one in programs if one.changes]
        notebooks = [self._with_programs(self._notebook(path), moved) for path in self._of(FileKind.NOTEBOOK)]
        self._programs = Programs(
            (
                *(_program(one, is_written) for one in programs),
                *(_notebook_program(one, is_written) for one in notebooks),
            ),
            self._target,
            tuple(self._with_old_key()),
        )
        self._belonging = Belonging(self._texts, self._programs)
        self._let_go = libraries_let_go(self._programs, self._other_texts) if self._beside is not None else {}
        done = {one.file.path: one.file for one in notebooks}
        locks = list(self._of(FileKind.LOCK))
        for path in self._files:
            if path not in done and path not in locks:
                done[path] = self._guarded(path, self._one)
        for path in locks:
            done[path] = self._file(path, self._texts[path], self._lock_findings(path, done))
        return [done[path] for path in self._files if done[path].changes or done[path].migration.findings]

    def _with_old_key(self) -> Iterator[Path]:
        """Files in other languages that read the old service's key; of scripts, those that speak to it themselves."""
        for path in self._of(FileKind.OTHER_LANGUAGE):
            if uses_old_key(self._texts[path], self._target):
                yield path
        for path in self._of(FileKind.SETTINGS):
            if uses_old_key(self._texts[path], self._target) and names_host(self._texts[path], self._target):
                yield path

    def _other_texts(self) -> Mapping[Path, str]:
        """The Python files that are not among the programs, those that can be read."""
        known = {one.path for one in self._programs.every}
        found: dict[Path, str] = {}
        for path in self._beside or ():
            if path not in known:
                with contextlib.suppress(OSError):
                    found[path] = path.read_text("utf-8", "replace")
        return found

    def _of(self, kind: FileKind) -> Iterator[Path]:
        return (path for path in self._files if kind_of(path) is kind)

    def _guarded(self, path: Path, migrate: Callable[[Path], FileMigration]) -> FileMigration:
        try:
            return migrate(path)
        except BridgeError:
            raise
        except Exception as error:
            return self._skipped(path, FAILED, f"{type(error).__name__}")

    def _skipped(self, path: Path, kind: Kind, text: str) -> FileMigration:
        return self._file(path, self._texts[path], [Finding(kind, 0, text)])

    def _file(self, path: Path, after: str, findings: Sequence[Finding]) -> FileMigration:
        before = self._texts[path]
        kept = tuple(one for one in findings if not is_ignored_line(before, one.line, one.kind.code))
        result = after.encode("utf-8", "surrogateescape")
        return FileMigration(path, self._files[path], result, Migration(after, kept, after != before))

    # --- notebooks -------------------------------------------------------------------------------

    def _notebook(self, path: Path) -> _Notebook:
        def migrate(code: str) -> Migration:
            return migrate_one(path, code.encode("utf-8", "surrogatepass"), self._target.value, self._options).migration

        text = self._texts[path]
        try:
            if len(text) > LARGEST_FILE:
                large = Finding(TOO_LARGE, 0, f"{len(text) / 1e6:.0f} MB")
                return _Notebook(self._file(path, text, [large]), NotebookMigration(text))
            done = migrate_notebook(text, path, self._target, migrate)
        except BridgeError:
            raise
        except Exception as error:
            done = NotebookMigration(text, (Finding(FAILED, 0, f"{type(error).__name__}: {error}"),))
        file = self._file(path, done.text, ())
        migration = replace(file.migration, findings=done.findings, unsafe=done.unsafe)
        secrets = secrets_in(done.before, done.after, "\n".join(_ASSIGNING.sub("", line) for line in done.commands))
        masked = (secrets.hide(text), secrets.hide(done.text))
        hidden = masked if masked != (text, done.text) else None
        return _Notebook(replace(file, migration=migration, masked=hidden), done)

    def _with_programs(self, notebook: _Notebook, moved: Sequence[Path]) -> _Notebook:
        """A notebook, with what the move of programs that it imports means for it."""
        path, done = notebook.file.path, notebook.migration
        imported = imported_programs(done.before, path, moved)
        if not imported or done.before != done.after:
            return notebook
        findings = with_old_keys(done.findings, imported)
        migration = replace(notebook.file.migration, findings=findings)
        return _Notebook(replace(notebook.file, migration=migration), replace(done, findings=findings))

    # --- the rest --------------------------------------------------------------------------------

    def _one(self, path: Path) -> FileMigration:
        text, kind, programs = self._texts[path], kind_of(path), self._programs
        if kind is not None and kind in _FORMATS:
            return self._dependencies(path, _FORMATS[kind])
        match kind:
            case FileKind.KEYS:
                return self._keys(path)
            case FileKind.SETUP_SCRIPT:
                findings = setup_script_findings(text, wanted_by(programs))
            case FileKind.NPM:
                findings = npm_findings(text, self._target)
            case FileKind.OTHER_LANGUAGE:
                findings = other_language_findings(text, path, self._target)
            case FileKind.DOCUMENT:
                findings = document_findings(text, path, programs)
            case FileKind.CONFIGURATION:
                findings = configuration_findings(text, path, programs) or settings_findings(text, programs)
                findings += message_findings(text, path, programs)
            case _:
                findings = settings_findings(text, programs)
        return self._outlined(self._file(path, text, findings))

    def _dependencies(self, path: Path, migrate: Callable[[str, Wanted], _Outcome]) -> FileMigration:
        text = self._texts[path]
        mark = _MARK if text.startswith(_MARK) else ""
        after, findings = migrate(text.removeprefix(mark), wanted_by(self._programs, self._belonging.needed(path)))
        findings += settings_findings(after, self._programs, packages=False)
        findings += unused_dependencies(text, path, self._let_go)
        file = self._file(path, mark + after, findings)
        if _PASSWORD.search(text) is None:
            return file
        before, after = (_PASSWORD.sub(rf"\g<1>{MASK}@", one) for one in (text, file.migration.code))
        return replace(file, migration=replace(file.migration, code=after), masked=(before, after))

    def _keys(self, path: Path) -> FileMigration:
        text = self._texts[path]
        if is_ignored(path):
            return self._secret(self._file(path, text, ignored_keys(text, self._programs)))
        after, findings = migrate_keys(text, self._programs, template=is_template(path))
        return self._secret(self._file(path, after, findings))

    def _outlined(self, file: FileMigration) -> FileMigration:
        """A file that is only spoken of: what else stands in it, keys among it, is not shown."""
        text = outline(self._texts[file.path], file.migration.findings)
        return replace(file, migration=replace(file.migration, code=text), masked=(text, text))

    def _secret(self, file: FileMigration) -> FileMigration:
        before, after = masked(self._texts[file.path]), masked(file.migration.code)
        return replace(file, migration=replace(file.migration, code=after), masked=(before, after))

    def _lock_findings(self, path: Path, done: Mapping[Path, FileMigration]) -> list[Finding]:
        around = [done[one] for one in self._belonging.locked_by(path)]
        return lock_findings(
            self._texts[path],
            path,
            wanted_by(self._programs).old,
            dependencies_changed=any(one.changes for one in around),
            old_is_declared=any(names_old(one.migration.code, self._target) for one in around),
        )


def _program(file: FileMigration, is_written: Callable[[FileMigration], bool]) -> Program:
    before = file.content.decode("utf-8", "replace")
    return Program(file.path, before, file.result.decode("utf-8", "replace") if is_written(file) else before)


def _notebook_program(notebook: _Notebook, is_written: Callable[[FileMigration], bool]) -> Program:
    done = notebook.migration
    return Program(notebook.file.path, done.before, done.after if is_written(notebook.file) else done.before)
