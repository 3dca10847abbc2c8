"""Notebooks: the code cells are migrated as one program; outputs, metadata and form stay byte for byte.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from codemods.directions import names_vendor
from codemods.findings import (
    CELL_BROKEN,
    CELL_SKIPPED,
    COMMAND_LEFT,
    DEPENDENCY_ADDED,
    DEPENDENCY_REPLACED,
    FAILED,
    NOTEBOOK_INVALID,
    NOTEBOOKS_NOT_INSTALLED,
    OTHER_LANGUAGE,
    VENDOR_STILL_NAMED,
    Finding,
)
from codemods.outcome import Migration
from codemods.project_files.dependencies import missing, wanted_by
from codemods.project_files.install_commands import installed_names, is_install_command, migrate_install_command
from codemods.project_files.mentions import mentions
from codemods.project_files.notebook_json import Cell, cells_of, with_sources
from codemods.project_files.notebook_program import Command, NotebookProgram, program_of
from codemods.project_files.other_languages import gateway_recipe, speaks_to
from codemods.project_files.program_uses import Program, Programs
from shim.mapping.row import Vendor


@dataclass(frozen=True, slots=True)
class NotebookMigration:
    """What became of a notebook: its text, its findings, its Python as it was and as it is."""

    text: str
    findings: tuple[Finding, ...] = ()
    before: str = ""
    after: str = ""
    unsafe: bool = False
    commands: tuple[str, ...] = ()
    """The lines of its cells that are not Python."""


def migrate_notebook(text: str, path: Path, target: Vendor, migrate: Callable[[str], Migration]) -> NotebookMigration:
    """Migrates a notebook. `migrate` migrates one program, as the notebook's cells make it.

    All of it or nothing: where the program cannot be migrated whole, no cell changes. Lines that are not Python stay,
    but for commands that install the old service's SDK.
    """
    problem = _problem(text)
    if problem is not None:
        return NotebookMigration(text, (problem,))
    try:
        cells = cells_of(text)
    except (ValueError, RecursionError) as error:
        return NotebookMigration(text, (Finding(NOTEBOOK_INVALID, 0, str(error)),))
    language = _language(json.loads(text))
    if not language.startswith(("python", "ipython")):
        said = f"its language is {language}; {gateway_recipe('', path, target)}"
        return NotebookMigration(text, (Finding(OTHER_LANGUAGE, 0, said),) if speaks_to(text, target.other) else ())
    program = program_of(cells)
    broken = [_broken(cell, target) for cell in program.broken]
    if any(finding.kind is CELL_BROKEN for finding in broken):
        return NotebookMigration(text, tuple(broken), program.code, program.code)
    migration = migrate(program.code)
    after = migration.code if migration.changed else program.code
    sources = program.sources(after)
    if sources is None:
        finding = Finding(FAILED, 0, "what came out could not be taken apart into cells")
        return NotebookMigration(text, (finding, *broken), program.code, program.code)
    findings = [*_placed(migration, program, after), *broken]
    if not any(finding.kind.blocks for finding in migration.findings):
        programs = Programs((Program(path, program.code, after),), target)
        findings += _migrate_commands(cells, program.commands, programs, sources)
    findings.sort(key=lambda finding: (finding.cell, finding.line))
    return NotebookMigration(
        with_sources(text, sources, cells),
        tuple(findings),
        program.code,
        after,
        migration.unsafe,
        tuple(command.text for command in program.commands),
    )


def _problem(text: str) -> Finding | None:
    """Why a notebook is not read, by what nbformat says of it."""
    try:
        import nbformat
    except ImportError:
        return Finding(NOTEBOOKS_NOT_INSTALLED, 0, "it names the old service")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
            if notebook.get("nbformat") != 4:
                return Finding(NOTEBOOK_INVALID, 0, f"it is of version {notebook.get('nbformat')}, and 4 is read")
            nbformat.validate(notebook)
    except Exception as error:
        # nbformat lets errors of its JSON reader and of its validator through, which have no class in common.
        return Finding(NOTEBOOK_INVALID, 0, f"nbformat: {str(error).strip().splitlines()[0][:200]}")
    return None


def _language(notebook: dict[str, Any]) -> str:
    """The language of a notebook's kernel, in lower case; Python where it does not say."""
    metadata = notebook.get("metadata", {})
    said = metadata.get("language_info", {}).get("name") or metadata.get("kernelspec", {}).get("language")
    return str(said or "python").lower()


def _broken(cell: Cell, target: Vendor) -> Finding:
    try:
        compile(cell.source, "cell", "exec")
        line, why = 1, "only its commands could not be told from its Python"
    except SyntaxError as error:
        line, why = error.lineno or 1, error.msg
    except ValueError as error:
        line, why = 1, str(error)
    names_it = names_vendor(cell.source.encode("utf-8", "surrogatepass"), target.other)
    return Finding(CELL_BROKEN if names_it else CELL_SKIPPED, line, why, cell.number)


def _placed(migration: Migration, program: NotebookProgram, after: str) -> Iterator[Finding]:
    """The findings of the program, with their cells."""
    for finding in migration.findings:
        if not finding.line:
            yield finding
            continue
        stands_after = finding.kind is VENDOR_STILL_NAMED
        cell, line = program.place_after(finding.line, after) if stands_after else program.place(finding.line)
        yield replace(finding, cell=cell, line=line)


def _migrate_commands(
    cells: list[Cell], commands: list[Command], programs: Programs, sources: dict[int, str]
) -> Iterator[Finding]:
    """Swaps what commands install, in `sources`, and says which others name the old service."""
    wanted = wanted_by(programs, programs.every[0].newly_needed(programs.target))
    installing = [command for command in commands if is_install_command(command.text)]
    names = [name for command in installing for name in installed_names(command.text)]
    if wanted.old in names:
        names.append(wanted.new_name)
    needed = missing(wanted.needed, names)
    written = {cell.number: cell.source for cell in cells}
    for command in commands:
        line = command.text
        if command in installing:
            line = migrate_install_command(line, wanted, needed)
            needed = []
        if line != command.text:
            source = sources.get(command.cell, written[command.cell])
            sources[command.cell] = source.replace(command.text, line, 1)
            replaced = wanted.old in installed_names(command.text) and not wanted.old_users
            kind = DEPENDENCY_REPLACED if replaced else DEPENDENCY_ADDED
            yield Finding(kind, command.line, f"`{line.strip()}`", command.cell)
        else:
            for mention in mentions(command.text, programs):
                if mention.name == wanted.old and wanted.old_users:
                    continue
                said = f"`{mention.name}`: give `{mention.instead}`"
                yield Finding(COMMAND_LEFT, command.line, said, command.cell)
