"""The map, printed: as a table, as Markdown, as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from shim.errors import BridgeError
from shim.mapping.catalogue import ALL_ROWS, rows
from shim.mapping.row import Row, Section, Vendor, Way

FORMATS = ("table", "markdown", "json")


def mapping_text(form: str) -> str:
    """The whole map in one of FORMATS; raises BridgeError for another."""
    match form:
        case "table":
            return "\n".join(_table())
        case "markdown":
            return "\n".join(_markdown())
        case "json":
            return json.dumps(
                {"version": 1, "rows": [_as_object(row) for row in ALL_ROWS]}, indent=2, ensure_ascii=False
            )
    raise BridgeError(f"there is no format {form!r}", f"use one of {', '.join(FORMATS)}")


def _fidelity(way: Way) -> str:
    return way.shim.value if way.shim is way.codemod else f"{way.shim.value} (codemod: {way.codemod.value})"


def _side(paths: tuple[str, ...]) -> str:
    return ", ".join(paths) or "-"


def _ways(row: Row) -> Iterator[tuple[str, Way]]:
    if row.gladia:
        yield "over AssemblyAI", row.way(Vendor.ASSEMBLYAI)
    if row.assemblyai:
        yield "over Gladia", row.way(Vendor.GLADIA)


def _table() -> Iterator[str]:
    for section in Section:
        yield f"{section.value.upper()}"
        for row in rows(section):
            yield ""
            sides = f"{_side(row.gladia)}  <->  {_side(row.assemblyai)}"
            yield textwrap.fill(sides, 80, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
            for direction, way in _ways(row):
                reason = f": {way.reason}" if way.reason else ""
                yield textwrap.fill(
                    f"{direction}: {_fidelity(way)}{reason}",
                    80,
                    initial_indent="      ",
                    subsequent_indent="        ",
                    break_on_hyphens=False,
                )
        yield ""


def _markdown() -> Iterator[str]:
    for section in Section:
        yield f"## {section.value.capitalize()}\n"
        yield "| Gladia | AssemblyAI | Gladia programs over AssemblyAI | AssemblyAI programs over Gladia |"
        yield "|---|---|---|---|"
        for row in rows(section):
            ways = dict(_ways(row))
            cells = []
            for direction in ("over AssemblyAI", "over Gladia"):
                way = ways.get(direction)
                if way is None:
                    cells.append("-")
                else:
                    cells.append(f"{_fidelity(way)}{f': {way.reason}' if way.reason else ''}")
            sides = [", ".join(f"`{path}`" for path in paths) or "-" for paths in (row.gladia, row.assemblyai)]
            yield f"| {' | '.join((*sides, *cells))} |"
        yield ""


def _as_object(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "section": row.section.value,
        "gladia": list(row.gladia),
        "assemblyai": list(row.assemblyai),
        "over_assemblyai": _way_object(row.over_assemblyai),
        "over_gladia": _way_object(row.over_gladia),
    }


def _way_object(way: Way) -> dict[str, Any]:
    return {
        "shim": way.shim.value,
        "codemod": way.codemod.value,
        "source": way.conversion.source,
        "reason": way.reason,
    }
