"""A file in its simpler form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from codemods.edits import Edits
from codemods.findings import Finding
from codemods.rules.names.imports import unused_imports, with_imports


@dataclass(frozen=True, slots=True, eq=False)
class Simpler:
    """A file's new text, with what is to be said of it; findings have lines of the new text."""

    code: str
    findings: tuple[Finding, ...]


def simpler(module: cst.Module, edits: Edits, needed: Sequence[tuple[str, str]] = ()) -> Simpler:
    """A file with these edits: without the imports that it does not need any more, with those that are `needed`."""
    new = edits.apply(module)
    return Simpler(with_imports_in_order(module, new, needed), ())


def with_imports_in_order(before: cst.Module, after: cst.Module, needed: Sequence[tuple[str, str]] = ()) -> str:
    """The text of a file `after` its edits, without the imports that it needed `before` alone, with the `needed`."""
    unneeded = unused_imports(after.code) - unused_imports(before.code)
    return with_imports(after, unneeded=unneeded, needed=list(needed)).code
