"""A program spread over several files: each top-level statement in one of them, and what it needs imported there.

The files are layers: each imports from those below it only, so that none meets a half-loaded module. Statements that
use one another in a circle, and those that share a name which a function rebinds, stay in one file.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

_IMPORTS = (ast.Import, ast.ImportFrom)
PROGRAM = "program"


def spread_over_files(code: str, files: int) -> Mapping[str, str] | None:
    """The sources by module name, lowest layer first and `PROGRAM` last; None for a program that cannot be spread."""
    tree = ast.parse(code)
    body = [one for one in tree.body if not _is_docstring(one)]
    imports = [one for one in body if isinstance(one, _IMPORTS)]
    statements = [one for one in body if not isinstance(one, _IMPORTS)]
    if any(isinstance(one, ast.Expr) for one in statements):
        return None  # what is done while a module is loaded has its place in the order of things
    knots = _in_order(_knots(statements))
    if len(knots) < files:
        return None
    layers = _layers(knots, files)
    names = [*(f"part_{number}" for number in range(1, files)), PROGRAM]
    given: dict[str, str] = {}
    sources = {}
    for module, layer in zip(names, layers, strict=True):
        used = set().union(*map(_used, layer))
        taken: dict[str, list[str]] = {}
        for name in sorted(used & given.keys()):
            taken.setdefault(given[name], []).append(name)
        own = [ast.parse(f"from {other} import {', '.join(some)}").body[0] for other, some in taken.items()]
        sources[module] = ast.unparse(ast.Module([*_needed(imports, used), *own, *layer], [])) + "\n"
        given |= {name: module for one in layer for name in _bound(one)}
    return sources


def by_attributes(sources: Mapping[str, str]) -> Mapping[str, str]:
    """The same files, each importing the others as modules: `part_1.SAMPLE_RATE`."""
    found = {}
    for module, code in sources.items():
        tree = ast.parse(code)
        taken = {
            alias.name: str(one.module)
            for one in tree.body
            if isinstance(one, ast.ImportFrom) and one.module in sources
            for alias in one.names
        }
        body: list[ast.stmt] = [ast.Import([ast.alias(name)]) for name in dict.fromkeys(taken.values())]
        others = (one for one in tree.body if not isinstance(one, ast.ImportFrom) or one.module not in sources)
        body.extend(_Attributes(taken).visit(one) for one in others)
        found[module] = ast.unparse(ast.fix_missing_locations(ast.Module(body, []))) + "\n"
    return found


def in_a_package(sources: Mapping[str, str]) -> Mapping[str, str]:
    """The same files as those of a package, which import one another relatively."""
    return {"__init__": "", **{name: code.replace("from part_", "from .part_") for name, code in sources.items()}}


def by_names(sources: Mapping[str, str]) -> Mapping[str, str]:
    """The same files, as they are."""
    return sources


class _Attributes(ast.NodeTransformer):
    """Reads names of other files as attributes of those."""

    def __init__(self, taken: Mapping[str, str]) -> None:
        self._taken = taken

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name that another file gives."""
        if node.id not in self._taken or not isinstance(node.ctx, ast.Load):
            return node
        return ast.Attribute(ast.Name(self._taken[node.id], ast.Load()), node.id, node.ctx)


def joined(sources: Mapping[str, str]) -> list[str]:
    """The sources without what only says that they are several files."""
    return [
        ast.unparse(_Joined(set(sources)).visit(ast.parse(code.replace("from .part_", "from part_"))))
        for code in sources.values()
    ]


class _Joined(ast.NodeTransformer):
    """Reads attributes of the program's own files as names."""

    def __init__(self, modules: set[str]) -> None:
        self._modules = modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """An attribute of a file."""
        self.generic_visit(node)
        is_of_file = isinstance(node.value, ast.Name) and node.value.id in self._modules
        return ast.Name(node.attr, node.ctx) if is_of_file else node


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _used(statement: ast.stmt) -> set[str]:
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return names | _rebound(statement)


def _bound(statement: ast.stmt) -> set[str]:
    """The names of the module that a statement at its top binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, ast.If):
        return set()
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _rebound(statement: ast.stmt) -> set[str]:
    return {name for node in ast.walk(statement) if isinstance(node, ast.Global) for name in node.names}


def _needed(imports: Sequence[ast.stmt], used: set[str]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for one in imports:
        assert isinstance(one, _IMPORTS)
        names = [alias for alias in one.names if (alias.asname or alias.name).split(".")[0] in used]
        if isinstance(one, ast.ImportFrom) and one.module == "__future__":
            names = one.names
        if names and isinstance(one, ast.Import):
            found.append(ast.Import(names))
        elif names and isinstance(one, ast.ImportFrom):
            found.append(ast.ImportFrom(one.module, names, one.level))
    return found


def _knots(statements: Sequence[ast.stmt]) -> list[list[ast.stmt]]:
    """Statements that cannot be parted: in a circle of uses, or around a name that a function rebinds."""
    reach = [{at for at, other in enumerate(statements) if _bound(other) & _used(one)} for one in statements]
    for name in set().union(*map(_rebound, statements)):
        around = {at for at, one in enumerate(statements) if name in _used(one) | _bound(one)}
        for at in around:
            reach[at] |= around
    for through in range(len(statements)):
        for at in range(len(statements)):
            if through in reach[at]:
                reach[at] |= reach[through]
    found: dict[int, list[ast.stmt]] = {}
    for at, one in enumerate(statements):
        first = min([at, *(other for other in reach[at] if at in reach[other])])
        found.setdefault(first, []).append(one)
    return list(found.values())


def _in_order(knots: Sequence[list[ast.stmt]]) -> list[list[ast.stmt]]:
    """The knots so that each stands behind those which it uses."""
    bound = [set().union(*map(_bound, knot)) for knot in knots]
    graph = {
        at: {other for other in range(len(knots)) if other != at and bound[other] & set().union(*map(_used, knot))}
        for at, knot in enumerate(knots)
    }
    start = [at for at, knot in enumerate(knots) if any(isinstance(one, ast.If) for one in knot)]
    for at in start:  # what is done when the program is run stands last
        graph[at] = set(range(len(knots))) - set(start)
    return [knots[at] for at in TopologicalSorter(graph).static_order()]


def _layers(knots: Sequence[list[ast.stmt]], files: int) -> list[list[ast.stmt]]:
    """The knots shared out over so many files, in their order."""
    ends = [round(len(knots) * number / files) for number in range(files + 1)]
    return [[one for knot in knots[begin:end] for one in knot] for begin, end in itertools.pairwise(ends)]
