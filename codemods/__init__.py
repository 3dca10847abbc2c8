"""The codemod: source that was written for one vendor, rewritten for the other, and the proof that it works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codemods.findings import Finding
    from codemods.migration import Migration, migrate_project, migrate_source

__all__ = ["Finding", "Migration", "migrate_project", "migrate_source"]

_HOMES = {
    "migrate_source": "codemods.migration",
    "migrate_project": "codemods.migration",
    "Migration": "codemods.migration",
    "Finding": "codemods.findings",
}


def __getattr__(name: str) -> Any:
    """Loads what is asked for when it is asked for: LibCST takes its time."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
