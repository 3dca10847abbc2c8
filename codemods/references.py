"""Every reference to a vendor in a program, by the rows of the map: what a migration has to account for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from codemods.hosts import api_host_in
from shim.mapping import sdk, session
from shim.mapping.row import Vendor

ONLY_KEYS: Final = ("message",)
"""Fields of the vendors' messages that no message has as its type, and programs give things of their own as one."""


class Sort(StrEnum):
    """What a reference is."""

    HOST = "host"
    HEADER = "header"
    VARIABLE = "environment variable"
    PACKAGE = "package"
    WORD = "word of its messages"
    NAME = "name of its SDK"
    MEMBER = "method, option or field of its SDK"


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: its line (from 1), what it is, and the name it says."""

    line: int
    sort: Sort
    text: str


_ENVIRONMENT: Final = ("environ", "getenv")


def references_in(code: str, vendor: Vendor, words: Set[str] = frozenset()) -> list[Reference]:
    """The hosts, headers, environment variables and packages of a vendor in a program's code, in order.

    Docstrings and comments are no code. A header that both vendors use, or anybody, says nothing of either. `words`
    are looked for too, where they are keys, compared or matched. `code` must be valid Python.
    """
    if session.NAME.of(vendor)[0].lower() not in code.lower() and not words:
        return []
    found: list[Reference] = []
    tree = ast.parse(code)
    documentation = _documentation(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
            found.extend(_in_text(node, node.value, vendor))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.extend(_imported(node, vendor))
        elif isinstance(node, (ast.Subscript, ast.Call)):
            found.extend(_variable(node, vendor))
        found.extend(Reference(one.lineno, Sort.WORD, str(one.value)) for one in _keys(node) if one.value in words)
    return sorted(set(found), key=lambda one: (one.line, one.sort, one.text))


def _documentation(tree: ast.Module) -> set[ast.expr]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def _in_text(node: ast.Constant, text: str, vendor: Vendor) -> Iterator[Reference]:
    lowered = text.lower().strip()
    host = api_host_in(lowered, vendor)
    if host in session.hosts_of(vendor):
        yield Reference(node.lineno, Sort.HOST, host)
    header = session.KEY_HEADER.of(vendor)[0].lower()
    if session.NAME.of(vendor)[0].lower() in header and (lowered == header or lowered.startswith(f"{header}:")):
        yield Reference(node.lineno, Sort.HEADER, header)


def _imported(node: ast.Import | ast.ImportFrom, vendor: Vendor) -> Iterator[Reference]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for package in sdk.PACKAGE.of(vendor):
        for name in names:
            if name == package or name.startswith(f"{package}."):
                yield Reference(node.lineno, Sort.PACKAGE, package)


def _keys(node: ast.AST) -> Iterator[ast.Constant]:
    """The texts that a node reads by, compares with or matches."""
    found: list[ast.expr] = []
    match node:
        case ast.Subscript(slice=key):
            found = [key]
        case ast.Call(func=ast.Attribute(attr="get" | "pop"), args=[key, *_]):
            found = [key]
        case ast.Compare(left, _, comparators):
            found = [one for one in (left, *comparators) if getattr(one, "value", None) not in ONLY_KEYS]
        case ast.MatchValue(value):
            found = [value]
    yield from (one for one in found if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _variable(node: ast.Subscript | ast.Call, vendor: Vendor) -> Iterator[Reference]:
    read = node.value if isinstance(node, ast.Subscript) else node.func
    named = node.slice if isinstance(node, ast.Subscript) else next(iter(node.args), None)
    variable = session.KEY_VARIABLE.of(vendor)[0]
    if isinstance(named, ast.Constant) and named.value == variable:
        words = {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in ast.walk(read)}
        if words & set(_ENVIRONMENT):
            yield Reference(named.lineno, Sort.VARIABLE, variable)
