"""The names that a file gives a value to, and those that it uses without."""

from __future__ import annotations

import ast
import builtins
from typing import Final

_GIVEN: Final = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__path__", "__spec__", "__package__"}


def names_bound(code: str) -> set[str]:
    """The names that a file binds anywhere: functions, classes, variables, parameters, imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                found.add(name)
            case ast.Name(name, ctx=ast.Store()):
                found.add(name)
            case ast.arg(name):
                found.add(name)
            case ast.Import(names) | ast.ImportFrom(names=names):
                found.update((alias.asname or alias.name).split(".")[0] for alias in names)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
    return found


def names_unbound(code: str, by_star: frozenset[str] = frozenset()) -> set[str]:
    """The names that a file reads and binds nowhere; none where a star import may bind them.

    `by_star` are the names that its star imports bring, where they are known.
    """
    bound = names_bound(code) | _GIVEN | by_star
    if "*" in bound and not by_star:
        return set()
    nodes = ast.walk(ast.parse(code))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - bound
