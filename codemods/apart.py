"""Migrating a program whose sessions share something with what stays: first parted, then migrated, told as it was."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path

from codemods.analysis.program import Program
from codemods.findings import Level
from codemods.outcome import Migration, in_order
from codemods.separating import Separated
from codemods.staying import Staying


def files_of_sessions(program: Program, staying: Staying) -> set[Path]:
    """The files in which sessions are opened."""
    return {program.files[program.module_of(call)] for call in staying.sessions.calls}


def as_it_was(
    results: Mapping[Path, Migration],
    apart: Separated,
    texts: Mapping[Path, str],
    sessions: Set[Path],
    *,
    with_caveats: bool,
) -> dict[Path, Migration] | None:
    """What became of a parted program, told of the program as it was; None where its sessions did not all go.

    `with_caveats` says whether edits with a caveat may be written.
    """
    if any(results[path].left_whole or not results[path].changed for path in sessions):
        return None
    unsafe = any(results[path].unsafe for path in sessions)
    said = [one for findings in apart.findings.values() for one in findings]
    unsafe |= not with_caveats and any(one.level is Level.CAVEAT for one in said)
    found = dict(results)
    for path, lines in apart.lines.items():
        result = results[path]
        if result.left_whole:
            return None
        findings = [replace(one, line=lines[one.line - 1] if one.line else 0) for one in result.findings]
        hidden = [replace(one, line=lines[one.line - 1] if one.line else 0) for one in result.hidden]
        changed = result.code != texts[path]
        found[path] = replace(
            result,
            findings=in_order([*dict.fromkeys([*findings, *apart.findings.get(path, ())])]),
            hidden=tuple(hidden),
            changed=changed,
            unsafe=changed and unsafe,
        )
    return found
