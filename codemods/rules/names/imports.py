"""Imports: those that the rewrite leaves behind go, those that the new code needs come; nothing else moves."""

from __future__ import annotations

import ast
import sys
from bisect import bisect
from collections.abc import Sequence, Set
from typing import Any

import libcst as cst


def unused_imports(code: str) -> set[str]:
    """The names that a module imports, anywhere in it, and nothing in it reads."""
    tree = ast.parse(code)
    imported: set[str] = set()
    used: set[str] = set()
    said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings name what they like
    for node in ast.walk(tree):
        if node in said and isinstance(node, ast.Constant):
            continue
        if isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # Names in `__all__` and in annotations written as strings.
            used.update(node.value.replace("[", " ").replace("]", " ").replace(".", " ").split())
    return imported - used


def unused_in_functions(code: str) -> set[tuple[str, str]]:
    """The names that a function imports and does not read, each with the function's own name in front of it.

    The module may read a name of its own that is called the same.
    """
    found: set[tuple[str, str]] = set()
    for function in ast.walk(ast.parse(code)):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = [node for statement in function.body for node in ast.walk(statement)]
            names = {node.id for node in inside if isinstance(node, ast.Name)}
            for node in inside:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    bound = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
                    found.update((function.name, name) for name in bound - names)
    return found


def with_imports(
    module: cst.Module,
    *,
    unneeded: set[str],
    needed: list[tuple[str, str]],
    own: frozenset[str] = frozenset(),
    unneeded_inside: Set[tuple[str, str]] = frozenset(),
) -> cst.Module:
    """The module without the unneeded imports and with the needed ones (module, name or "") at its top.

    `own` are the packages and modules of the program itself, which stand behind the libraries. `unneeded_inside` are
    names that only a function needs no more, by the function's name.
    """
    body = _kept(module.body, unneeded)
    if body and module.body and body[0] is not module.body[0] and not module.header:
        body[0] = _without_blank_lines_above(body[0])
    for module_name, name in dict.fromkeys(needed):
        if not _joins_another(body, module_name, name):
            _insert(body, module_name, _import(module_name, name), own)
    found = module.with_changes(body=body)
    return found.visit(_LocalImports(unneeded, unneeded_inside)) if unneeded or unneeded_inside else found


def _without_blank_lines_above(statement: Any) -> Any:
    """The first statement of a file whose first ones went: no blank lines before anything else."""
    lines = list(statement.leading_lines)
    while lines and lines[0].comment is None:
        lines.pop(0)
    return statement.with_changes(leading_lines=lines)


def _kept(statements: Sequence[cst.CSTNode], unneeded: set[str]) -> list[Any]:
    """The statements without unneeded imports; the lines above one that goes, blank or comment, stay."""
    body: list[Any] = []
    carried: list[cst.EmptyLine] = []
    for statement in statements:
        kept = _without(statement, unneeded)
        if kept is None:
            assert isinstance(statement, cst.SimpleStatementLine)
            carried = [*carried, *statement.leading_lines] if statement.leading_lines else carried
            continue
        if carried and isinstance(kept, cst.SimpleStatementLine):
            kept = kept.with_changes(leading_lines=_joined(carried, kept.leading_lines))
        carried = []
        body.append(kept)
    return body


def _joined(above: Sequence[cst.EmptyLine], own: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines above a statement with those of the one that went before it; blank lines are not doubled."""
    if any(line.comment is not None for line in above):
        return [*above, *own]
    return list(own) if own else list(above)


class _LocalImports(cst.CSTTransformer):
    """Takes unneeded imports out of functions and other blocks."""

    def __init__(self, unneeded: set[str], inside: Set[tuple[str, str]]) -> None:
        super().__init__()
        self._unneeded = unneeded
        self._inside = inside
        self._functions: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions.append(node.name.value)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        self._functions.pop()
        return updated_node

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock) -> cst.BaseSuite:
        here = {name for function, name in self._inside if function in self._functions[-1:]}
        body = _kept(updated_node.body, self._unneeded | here)
        return updated_node.with_changes(body=body or [cst.SimpleStatementLine([cst.Pass()])])


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


def _joins_another(body: list[Any], module: str, name: str) -> bool:
    """Puts a name to those that are imported from the same module already, if any are; in order where they are."""
    for index, statement in enumerate(body):
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if not name or not isinstance(small, cst.ImportFrom) or isinstance(small.names, cst.ImportStar):
            continue
        source = cst.Module([]).code_for_node(small.module) if small.module is not None else ""
        if "." * len(small.relative) + source != module:
            continue
        between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        if len(small.names) > 1 and isinstance(small.names[0].comma, cst.Comma):
            between = small.names[0].comma
        known = [alias.evaluated_name for alias in small.names]
        is_standard = module.split(".")[0] in sys.stdlib_module_names
        at = bisect(known, name) if is_standard and known == sorted(known) else len(known)
        if at < len(known):
            names = [*small.names[:at], cst.ImportAlias(cst.Name(name), comma=between), *small.names[at:]]
        else:
            last = small.names[-1]
            names = [*small.names[:-1], last.with_changes(comma=between)]
            names.append(cst.ImportAlias(cst.Name(name), comma=last.comma))
        body[index] = statement.with_changes(body=[small.with_changes(names=names), *statement.body[1:]])
        return True
    return False


def _insert(body: list[Any], module: str, statement: cst.SimpleStatementLine, own: frozenset[str]) -> None:
    """Puts an import where its like stand: a library's among those of libraries, in their alphabet."""
    at = _place(body)
    root = module.split(".")[0]
    if root in sys.stdlib_module_names:
        if 0 < at < len(body) and at == _head(body) and body[at].leading_lines:
            statement = statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
        body.insert(_place_among_standard(body, root, statement, at), statement)
        return
    imported = [(index, name) for index, name in _imported_roots(body) if name not in sys.stdlib_module_names]
    is_own = root in own or not root
    libraries = [(index, name) for index, name in imported if (name in own) is is_own] or imported
    if isinstance(statement.body[0], cst.Import):
        libraries = _plain_first(body, libraries)
    before = [index for index, name in libraries if name.lower() <= root.lower()]
    if before:
        at = before[-1] + 1
    elif libraries:
        at = libraries[0][0]
        above = body[at].leading_lines
        if all(line.comment is None for line in above):
            statement = statement.with_changes(leading_lines=above)
            body[at] = body[at].with_changes(leading_lines=[])
    elif at > 0:
        statement = statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    body.insert(at, statement)


def _plain_first(body: list[Any], libraries: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The plain imports among those of libraries, where they all stand before the `from` imports."""
    plain = [one for one in libraries if isinstance(body[one[0]].body[0], cst.Import)]
    return plain if plain and plain == libraries[: len(plain)] else libraries


def _place_among_standard(body: list[Any], root: str, statement: cst.SimpleStatementLine, behind: int) -> int:
    """In the alphabet of the plain imports of the standard library, where they are in it; else behind them all."""
    if not isinstance(statement.body[0], cst.Import):
        return behind
    plain = [
        (index, name)
        for index, name in _imported_roots(body)
        if name in sys.stdlib_module_names and isinstance(body[index].body[0], cst.Import)
    ]
    names = [name for _, name in plain]
    later = [index for index, name in plain if name > root]
    if names != sorted(names) or not later or later[0] == plain[0][0]:
        at_head = plain and names == sorted(names) and later and not body[later[0]].leading_lines
        return later[0] if at_head else behind
    return later[0]


def _imported_roots(body: list[Any]) -> list[tuple[int, str]]:
    """The imports at a module's head, by their places and packages; the program's own are left out."""
    found: list[tuple[int, str]] = []
    for index, statement in enumerate(body):
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, (cst.Import, cst.ImportFrom)):
            root = _root(small)
            if root not in ("", "__future__"):
                found.append((index, root))
        elif index > 0 or not isinstance(small, cst.Expr):
            break
    return found


def _place(body: list[Any]) -> int:
    """Behind the last import of the standard library; else before the first import; else behind the docstring."""
    last_standard = first_import = None
    behind_head = 0
    for index, statement in enumerate(body):
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Expr) and index == 0 and isinstance(small.value, cst.SimpleString):
            behind_head = 1
        if not isinstance(small, (cst.Import, cst.ImportFrom)):
            if index > 0 or not isinstance(small, cst.Expr):
                break
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


def _head(body: list[Any]) -> int:
    """Where a file's first statement stands: behind its docstring."""
    small = body[0].body[0] if body and isinstance(body[0], cst.SimpleStatementLine) else None
    return int(isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString))


def _root(statement: cst.Import | cst.ImportFrom) -> str:
    if isinstance(statement, cst.Import):
        return statement.names[0].evaluated_name.split(".")[0]
    if statement.relative or statement.module is None:
        return ""
    return cst.Module([]).code_for_node(statement.module).split(".")[0]
