"""What cannot be rewritten runs through the shim: one import and one `shim.install(…)` in the program's first file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from codemods.analysis.modules import Modules
from codemods.findings import CARRIED_BY_SHIM, Finding
from codemods.outcome import Migration
from shim.mapping import sdk, session
from shim.mapping.row import Vendor

_PACKAGE: Final = "shim"
_OTHER_NAME: Final = "sttbridge_shim"
_NOT_LIVE: Final = ("/v2/pre-recorded", "/v2/transcription", "/v2/upload")
"""Requests to the host of live sessions that the shim does not answer: who makes them cannot be led there."""


def through_shim(
    results: Mapping[Path, Migration], texts: Mapping[Path, str], modules: Modules, to: Vendor, *, wanted: bool
) -> dict[Path, Migration]:
    """What became of the files of a group, those that cannot be rewritten led through the shim where that is `wanted`.

    The file that the program begins with gets the shim, once. Files that have it stay as they are, whatever could be
    rewritten of them: they say so themselves, or the file that begins does.
    """
    found = dict(results)
    trees = {path: ast.parse(text) for path, text in texts.items() if _is_valid(text)}
    program = _Program(trees, modules)
    left = [path for path, result in results.items() if result.left_whole and _opens_sessions(texts[path], to)]
    installed = {path: line for path, tree in trees.items() if (line := _installed_at(tree, to))}
    if installed:
        for path in program.reach(installed):
            if path in installed or path in left:
                found[path] = _carried(texts[path], results[path], installed.get(path, 0), to)
        return found
    if not wanted or not left or any(name in text for text in texts.values() for name in _NOT_LIVE):
        return found
    beginnings = program.beginnings(left)
    if any(program.has_own_module(path, _PACKAGE) for path in beginnings):
        return found
    for path in left:
        found[path] = _carried(texts[path], results[path], 0, to)
    for path in beginnings:
        code, line = _with_shim(texts[path], trees[path], to)
        found[path] = replace(_carried(code, results[path], line, to), changed=True)
    return found


@dataclass(frozen=True, slots=True)
class _Program:
    """The files of a group and what they import of one another."""

    trees: Mapping[Path, ast.Module]
    modules: Modules

    def beginnings(self, left: Iterable[Path]) -> list[Path]:
        """The files that a program with these files begins with: those themselves where they can be run."""
        wanted = set(left) & set(self.trees)
        imported = {one for path in self.trees for one in self._imports(path)}
        runs = [path for path, tree in self.trees.items() if path not in imported or _has_main(tree)]
        of_their_own = [path for path in runs if path in wanted]
        return of_their_own or [path for path in runs if self.reach([path]) & wanted]

    def reach(self, paths: Iterable[Path]) -> set[Path]:
        """The files, and those that they import, and so on."""
        found: set[Path] = set()
        waiting = list(paths)
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting.extend(self._imports(path))
        return found

    def has_own_module(self, path: Path, name: str) -> bool:
        """Whether an import of that name in a file means a file of the run."""
        return self.modules.imported(path, name) is not None

    def _imports(self, path: Path) -> set[Path]:
        found: set[Path | None] = set()
        for node in ast.walk(self.trees[path]):
            if isinstance(node, ast.Import):
                found.update(self.modules.imported(path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and (node.module or node.level):
                module = self.modules.imported(path, node.module or "", node.level)
                found.add(module)
                if module is not None:
                    found.update(self.modules.member(module, alias.name) for alias in node.names)
        return {one for one in found if one is not None and one in self.trees and one != path}


def _is_valid(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _opens_sessions(text: str, to: Vendor) -> bool:
    """Whether a program names what sessions are opened by, and not only the service's host."""
    names = (*session.PATH.of(to.other), *sdk.PACKAGE.of(to.other))
    return any(name in text for name in names)


def _has_main(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.If) and "__main__" in ast.dump(node.test) for node in tree.body)


def _installed_at(tree: ast.Module, to: Vendor) -> int:
    """The line of `shim.install(api=…, over=…)` for this direction; 0 where there is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "install":
            given = {one.arg: one.value.value for one in node.keywords if isinstance(one.value, ast.Constant)}
            if (given.get("api"), given.get("over")) == (to.other.value, to.value):
                return node.lineno
    return 0


def _carried(code: str, result: Migration, line: int, to: Vendor) -> Migration:
    new, old = session.KEY_VARIABLE.of(to)[0], session.KEY_VARIABLE.of(to.other)[0]
    reasons = sorted({(finding.line, finding.kind.code) for finding in result.findings if finding.kind.blocks})
    why = "; not rewritten: " + ", ".join(f"{reason} in line {at}" for at, reason in reasons) if reasons else ""
    finding = Finding(CARRIED_BY_SHIM, line, f"it needs {new}, and takes any value for {old}{why}")
    return replace(result, code=code, changed=False, unsafe=False, findings=(finding,))


def _with_shim(code: str, tree: ast.Module, to: Vendor) -> tuple[str, int]:
    """The code with the shim installed before anything is imported that could connect, and the line of the import."""
    end = "\r\n" if "\r\n" in code else "\n"
    lines = code.splitlines(keepends=True)
    above = _above(tree)
    while above and len(above) < len(tree.body) and tree.body[len(above)].lineno <= (above[-1].end_lineno or 0):
        # Statements that share their line.
        above.pop()
    first = tree.body[len(above)].lineno if len(above) < len(tree.body) else len(lines) + 1
    at = above[-1].end_lineno or 0 if above else _length_of_the_head(lines, first)
    name = _OTHER_NAME if any(_PACKAGE in _names(node) for node in ast.walk(tree)) else _PACKAGE
    imported = f"import {_PACKAGE}" if name == _PACKAGE else f"import {_PACKAGE} as {name}"
    new = [imported, "", f'{name}.install(api="{to.other.value}", over="{to.value}")']
    if at and lines[at - 1].strip():
        new.insert(0, "")
    if at < len(lines) and lines[at].strip():
        new.append("")
    if at and not lines[at - 1].endswith(("\n", "\r")):
        lines[at - 1] += end
    lines[at:at] = [f"{one}{end}" for one in new]
    return "".join(lines), at + 1 + new.index(imported)


def _above(tree: ast.Module) -> list[ast.stmt]:
    """The statements that stay above: the docstring, `__future__`, and imports of the standard library."""
    found: list[ast.stmt] = []
    for node in tree.body:
        match node:
            case ast.Expr(ast.Constant(str())) if not found:
                pass
            case ast.ImportFrom(module=str() as module, level=0) if module.split(".")[0] in sys.stdlib_module_names:
                pass
            case ast.Import(names) if all(one.name.split(".")[0] in sys.stdlib_module_names for one in names):
                pass
            case _:
                break
        found.append(node)
    return found


def _length_of_the_head(lines: list[str], first: int) -> int:
    """How many lines a file begins with that are comments: `#!`, the encoding, a licence."""
    count = 0
    while count < first - 1 and lines[count].lstrip().startswith("#"):
        count += 1
    return count


def _names(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.alias():
            return {(node.asname or node.name).split(".")[0]}
    return set()
