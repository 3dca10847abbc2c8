"""Notebooks that import the project's programs: what they hand over changes with the programs that are moved."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from codemods.analysis.modules import Modules
from codemods.findings import NOTEBOOK_KEY_LEFT, VENDOR_STILL_NAMED, Finding
from codemods.groups import imports_in
from codemods.references import Sort


def imported_programs(code: str, path: Path, programs: Collection[Path]) -> list[Path]:
    """Those of the programs that a notebook at `path` with this code imports itself."""
    modules = Modules({*programs, path})
    return list(dict.fromkeys(one for one in _imported(modules, code, path) if one in programs))


def _imported(modules: Modules, code: str, path: Path) -> Iterator[Path]:
    for one in imports_in(code):
        found = modules.imported(path, one.source, one.level) if one.source or one.level else None
        if found is None:
            continue
        yield found
        for name in one.names:
            member = modules.member(found, name)
            if member is not None:
                yield member


def with_old_keys(findings: Collection[Finding], moved: Collection[Path]) -> tuple[Finding, ...]:
    """A notebook's findings, where it imports programs that were moved: the old service's key is of no use to them."""
    names = ", ".join(f"`{one.name}`" for one in moved)

    def said(finding: Finding) -> Finding:
        _, is_key, name = finding.text.partition(f"{Sort.VARIABLE}: ")
        if finding.kind is not VENDOR_STILL_NAMED or not is_key:
            return finding
        return replace(finding, kind=NOTEBOOK_KEY_LEFT, text=f"`{name}`, beside {names}")

    return tuple(said(one) for one in findings)
