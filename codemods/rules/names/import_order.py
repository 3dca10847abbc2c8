"""Imports whose names were in order stay in order when names in them change."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst


def reordered(statement: cst.ImportFrom, updated: cst.ImportFrom) -> cst.ImportFrom:
    """The import with its names in order again, if they were: constants, then classes, then the rest."""
    if isinstance(statement.names, cst.ImportStar) or isinstance(updated.names, cst.ImportStar):
        return updated
    if list(statement.names) != _in_order(statement.names):
        return updated
    commas = [alias.comma for alias in updated.names]
    names = [alias.with_changes(comma=comma) for alias, comma in zip(_in_order(updated.names), commas, strict=True)]
    return updated.with_changes(names=names)


def _in_order(names: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    return sorted(names, key=lambda alias: _place(alias.evaluated_name))


def _place(name: str) -> tuple[int, str]:
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
