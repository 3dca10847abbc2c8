"""Migrating a module, or the modules of a project: texts in, texts and findings out. No file is touched here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import libcst as cst

from codemods.analysis.modules import Modules
from codemods.analysis.statements import analyse_files
from codemods.directions import event_libraries, is_possible, names_vendor, vendor_packages
from codemods.findings import NOT_LOSSLESS, SYNTAX_ERROR, TOO_DEEP, Finding
from codemods.groups import Run
from codemods.migrating import Migrating
from codemods.nesting import is_nested_too_deeply
from codemods.outcome import Migration as Migration
from codemods.through_shim import through_shim
from codemods.together import Together
from shim.errors import BridgeError
from shim.mapping.row import Vendor

_ONLY: Final = Path("program.py")
"""The path of a text that came without one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to migrate. `keep_turns` writes the source's silence out; `used_elsewhere` are names not to rename.

    `assemblyai_version` is the version of AssemblyAI's SDK that the new code is written for; None: the current one.
    `unsafe` takes edits with a caveat too; without it they come back marked `Migration.unsafe`, to be shown only.
    `fallback_shim` leads what cannot be rewritten through the shim.
    """

    keep_turns: bool = False
    used_elsewhere: frozenset[str] = frozenset()
    assemblyai_version: tuple[int, ...] | None = None
    unsafe: bool = False
    fallback_shim: bool = False


def vendor_named(name: str) -> Vendor:
    """The vendor of that name; raises BridgeError for another."""
    try:
        return Vendor(name.lower())
    except ValueError:
        known = " or ".join(vendor.value for vendor in Vendor)
        raise BridgeError(f"there is no vendor {name!r}", f"use {known}") from None


def target_named(name: str) -> Vendor:
    """The vendor to move to; raises BridgeError for an unknown one and for a direction that is not there yet."""
    target = vendor_named(name)
    if not is_possible(target):
        possible = " or ".join(f"--to {vendor}" for vendor in Vendor if is_possible(vendor))
        raise BridgeError(f"only {possible} is possible yet", "the other direction comes with a later version")
    return target


def migrate_source(code: str, to: str, options: Options = Options()) -> Migration:  # immutable
    """Migrates the source of one module to the vendor named `to`.

    Raises BridgeError for an unknown vendor. A module that cannot be parsed, or whose session cannot be followed from
    its start to its messages, comes back as it was, with findings that say why and what to do.
    """
    target = target_named(to)
    if not names_vendor(code.encode("utf-8", "surrogatepass"), target.other):
        return Migration(code)
    return migrate_group({_ONLY: code}, to, options)[_ONLY]


def migrate_project(
    sources: Mapping[Path, str],
    to: str,
    options: Options = Options(),  # immutable
) -> dict[Path, Migration]:
    """Migrates the Python files of a project to the vendor named `to`, those joined by imports together.

    `sources` are the texts of all its files, those without a vendor's name too: their paths say what imports mean.
    Nothing is read or written. Raises BridgeError for an unknown vendor. Each file comes back with what became of it.
    """
    run = Run(sources, target_named(to).other)
    found = {path: Migration(code) for path, code in sources.items()}
    for group in run.groups():
        found.update(migrate_group_of(run, group, to, options))
    return found


def migrate_group_of(run: Run, group: Sequence[Path], to: str, options: Options) -> dict[Path, Migration]:
    """Migrates one group of the files of a run."""
    outside = options.used_elsewhere | run.names_used_outside(group)
    texts = {path: run.sources[path] for path in group}
    return migrate_group(texts, to, replace(options, used_elsewhere=outside), run.sources)


def migrate_group(
    texts: Mapping[Path, str],
    to: str,
    options: Options = Options(),
    files: Iterable[Path] = (),  # immutable
) -> dict[Path, Migration]:
    """Migrates files together, as `codemods.groups` joins them: the imported before those that import them.

    `files` are the paths of all files of the run. What is tied by a session or by names is migrated whole or not at
    all; a file that cannot be parsed comes back with a finding, and the names in it stay everywhere.
    """
    target = target_named(to)
    found: dict[Path, Migration] = {}
    modules: dict[Path, cst.Module] = {}
    used_elsewhere = options.used_elsewhere
    for path, code in texts.items():
        parsed = _parsed(code)
        if isinstance(parsed, cst.Module):
            modules[path] = parsed
            continue
        is_named = names_vendor(code.encode("utf-8", "surrogatepass"), target.other)
        found[path] = Migration(code, (parsed,) if is_named else ())
        used_elsewhere |= frozenset(re.findall(r"\w+", code))
    if not modules:
        return found
    known = Modules({*files, *texts}, vendor_packages())
    program = analyse_files(modules, known, event_libraries())
    first = next(iter(modules.values()))
    like = Migrating(first, program, target, options.keep_turns, used_elsewhere, options.assemblyai_version)
    results = found | Together(program, like, known, texts, unsafe=options.unsafe).migrate()
    return through_shim(results, texts, known, target, wanted=options.fallback_shim)


def _parsed(code: str) -> cst.Module | Finding:
    if is_nested_too_deeply(code):
        return Finding(TOO_DEEP, 0, "Python itself does not read it")
    try:
        module = cst.parse_module(code)
    except cst.ParserSyntaxError as error:
        return _syntax_error(code, error)
    if module.code != code:
        return Finding(NOT_LOSSLESS, 1, "LibCST would write this file back differently")
    return module


def _syntax_error(code: str, error: cst.ParserSyntaxError) -> Finding:
    """What is wrong with a program, in Python's own words where Python sees it too."""
    try:
        ast.parse(code)
    except SyntaxError as own:
        return Finding(SYNTAX_ERROR, own.lineno or error.raw_line, own.msg)
    except ValueError as own:
        return Finding(SYNTAX_ERROR, error.raw_line, str(own))
    return Finding(SYNTAX_ERROR, error.raw_line, f"LibCST: {error.message.strip().splitlines()[0]}")
