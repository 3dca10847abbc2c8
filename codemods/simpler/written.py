"""A file in its simpler form."""

from __future__ import annotations

from dataclasses import dataclass

from codemods.findings import Finding


@dataclass(frozen=True, slots=True, eq=False)
class Simpler:
    """A file's new text, with what is to be said of it; findings have lines of the new text."""

    code: str
    findings: tuple[Finding, ...]
