"""Imports: those that the rewrite leaves behind go, those that the new code needs come; nothing else moves."""

from __future__ import annotations

import ast
import sys
from typing import Any

import libcst as cst


def unused_imports(code: str) -> set[str]:
    """The names that a module's top level imports and nothing in it reads."""
    tree = ast.parse(code)
    imported: set[str] = set()
    used: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name for alias in node.names}
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Name):
            used.add(inner.id)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            # Names in `__all__` and in annotations written as strings.
            used.update(inner.value.replace("[", " ").replace("]", " ").replace(".", " ").split())
    return imported - used


def with_imports(module: cst.Module, *, unneeded: set[str], needed: list[tuple[str, str]]) -> cst.Module:
    """The module without the unneeded top-level imports and with the needed ones (module, name or "")."""
    body: list[Any] = []
    carried: tuple[cst.EmptyLine, ...] = ()
    for statement in module.body:
        kept = _without(statement, unneeded)
        if kept is None:
            assert isinstance(statement, cst.SimpleStatementLine)
            if any(line.comment is not None for line in statement.leading_lines):
                carried = (*carried, *statement.leading_lines)
            continue
        if carried and isinstance(kept, cst.SimpleStatementLine):
            kept = kept.with_changes(leading_lines=[*carried, *kept.leading_lines])
            carried = ()
        body.append(kept)
    for module_name, name in dict.fromkeys(needed):
        body.insert(_place(body), _import(module_name, name))
    return module.with_changes(body=body)


def _without(statement: cst.CSTNode, unneeded: set[str]) -> cst.CSTNode | None:
    if not isinstance(statement, cst.SimpleStatementLine):
        return statement
    smalls: list[Any] = []
    for small in statement.body:
        if isinstance(small, (cst.Import, cst.ImportFrom)) and not isinstance(small.names, cst.ImportStar):
            names = [alias for alias in small.names if _bound(alias, small) not in unneeded]
            if not names:
                continue
            if len(names) != len(small.names):
                names[-1] = names[-1].with_changes(comma=small.names[-1].comma)
                small = small.with_changes(names=names)
        smalls.append(small)
    if not smalls:
        return None
    return (
        statement
        if len(smalls) == len(statement.body) and smalls == list(statement.body)
        else statement.with_changes(body=smalls)
    )


def _bound(alias: cst.ImportAlias, statement: cst.Import | cst.ImportFrom) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    name = alias.evaluated_name
    return name if isinstance(statement, cst.ImportFrom) else name.split(".")[0]


def _import(module: str, name: str) -> cst.SimpleStatementLine:
    code = f"from {module} import {name}" if name else f"import {module}"
    statement = cst.parse_statement(code)
    assert isinstance(statement, cst.SimpleStatementLine)
    return statement


def _place(body: list[Any]) -> int:
    """Behind the last import of the standard library; else before the first import; else behind the docstring."""
    last_standard = first_import = None
    behind_head = 0
    for index, statement in enumerate(body):
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Expr) and index == 0 and isinstance(small.value, cst.SimpleString):
            behind_head = 1
        if not isinstance(small, (cst.Import, cst.ImportFrom)):
            continue
        root = _root(small)
        if root == "__future__":
            behind_head = index + 1
            continue
        first_import = index if first_import is None else first_import
        if root in sys.stdlib_module_names:
            last_standard = index
    if last_standard is not None:
        return last_standard + 1
    return first_import if first_import is not None else behind_head


def _root(statement: cst.Import | cst.ImportFrom) -> str:
    if isinstance(statement, cst.Import):
        return statement.names[0].evaluated_name.split(".")[0]
    if statement.relative or statement.module is None:
        return ""
    return cst.Module([]).code_for_node(statement.module).split(".")[0]
