"""Programs that offer several services behind one interface, a module or a class for each.

The one for the old service is not to become a second one for the new: which of them goes, only a person knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Value, alternatives
from shim.mapping.row import Vendor

_NAMES: Final = {Vendor.GLADIA: ("gladia",), Vendor.ASSEMBLYAI: ("assemblyai", "assembly_ai", "assembly", "aai")}
"""How files are named for a service."""


def counterparts(path: Path, paths: Collection[Path], vendor: Vendor) -> list[Path]:
    """The files that are to the other service what `path` is to `vendor`, by their names: `providers/assemblyai.py`.

    Either stands in the same folder with the service in its name, or has the same path but for the service's name.
    """
    if not _is_named(path.name, vendor) and not _is_named(path.parent.name, vendor):
        return []
    return [one for one in paths if one != path and _corresponds(path, one, vendor)]


def _corresponds(path: Path, other: Path, vendor: Vendor) -> bool:
    if path.parent == other.parent:
        is_mixed = _is_named(path.name, vendor.other) or _is_named(other.name, vendor)
        return _is_named(path.name, vendor) and _is_named(other.name, vendor.other) and not is_mixed
    if path.parent.parent != other.parent.parent:
        return False
    return _is_named(path.parent.name, vendor) and _is_named(other.parent.name, vendor.other)


def _is_named(name: str, vendor: Vendor) -> bool:
    return any(one in name.lower() for one in _NAMES[vendor])


def are_interchangeable(program: Program, old: cst.CSTNode, new: cst.CSTNode) -> bool:
    """Whether the program holds what opens a session of either service for one thing, of which one is chosen.

    They are: classes that share a base of the program; what one variable can be; the entries of one dictionary.
    """
    first, second = _owner(program, old), _owner(program, new)
    if first is None or second is None or first is second:
        return False
    if isinstance(first, cst.ClassDef) and isinstance(second, cst.ClassDef):
        shared = set(_ancestors(program, first)) & set(_ancestors(program, second))
        if shared:
            return True
    sought = {first, second}
    for value in program.values.values():
        found = {node for one in alternatives(value) if (node := _node(one)) is not None}
        if sought <= found:
            return True
    for dictionary in program.dictionaries.values():
        if sought <= {_node(one) for entry in dictionary.entries for one in alternatives(entry.value)}:
            return True
    return False


def _owner(program: Program, node: cst.CSTNode) -> cst.ClassDef | cst.FunctionDef | None:
    """The class or function of a file's top level that a node stands in."""
    found: cst.ClassDef | cst.FunctionDef | None = None
    while node in program.parents:
        node = program.parents[node]
        if isinstance(node, (cst.ClassDef, cst.FunctionDef)):
            found = node
    return found


def _ancestors(program: Program, definition: cst.ClassDef, depth: int = 0) -> Iterator[cst.ClassDef]:
    """The classes of the program that a class is built on."""
    for base in definition.bases if depth < 8 else ():
        for one in alternatives(program.value(base.value)):
            if isinstance(one, Class):
                yield one.node
                yield from _ancestors(program, one.node, depth + 1)


def _node(value: Value) -> cst.CSTNode | None:
    return value.node if isinstance(value, (Class, Instance, Function)) else None
