"""Programs whose configuration could not be read because a file holds it: they are shown what it says, converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from codemods.files import FileMigration
from codemods.findings import Finding
from codemods.project_files.configuration_file import converted_configuration
from codemods.project_files.finding_files import steps_to
from shim.mapping.row import Vendor


def with_converted_documents(
    programs: Sequence[FileMigration], files: Mapping[Path, bytes], target: Vendor
) -> list[FileMigration]:
    """The programs of a run, their findings over a loaded configuration with the converted document of that file.

    `files` are files by their paths: the project files of the run and what `documents_beside` gives. One that is not
    there or holds no session's parameters adds nothing.
    """
    return [_with_documents(file, files, target) for file in programs]


def _with_documents(file: FileMigration, files: Mapping[Path, bytes], target: Vendor) -> FileMigration:
    findings = file.migration.findings
    if not any(one.document for one in findings):
        return file
    shown = tuple(_with_document(one, file.path, files, target) for one in findings)
    return replace(file, migration=replace(file.migration, findings=shown))


def _with_document(finding: Finding, program: Path, files: Mapping[Path, bytes], target: Vendor) -> Finding:
    path = _found(finding.document, program, files) if finding.document else None
    if path is None:
        return finding
    converted = converted_configuration(files[path].decode("utf-8", "replace"), path, target)
    if converted is None or converted.document is None:
        return finding
    notes = f" ({'; '.join(converted.notes)})" if converted.notes else ""
    return replace(finding, text=f"{finding.text}; line {converted.line} there, converted: {converted.document}{notes}")


def _found(document: str, program: Path, files: Mapping[Path, bytes]) -> Path | None:
    """The file that a program means: the one beside it, else the only one of the run with these last steps."""
    steps = steps_to(document)
    if steps is None:
        return None
    if program.parent / steps in files:
        return program.parent / steps
    tails = [path for path in files if path.parts[-len(steps.parts) :] == steps.parts]
    return tails[0] if len(tails) == 1 else None
