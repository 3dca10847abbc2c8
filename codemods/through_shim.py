"""What cannot be rewritten runs through the shim: one import and one `shim.install(…)` in the program's first file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from codemods.analysis.modules import Modules
from codemods.findings import (
    CARRIED_BY_SHIM,
    FIELD_ABSENT,
    MESSAGE_ABSENT,
    NOT_CARRIED,
    OTHER_FILE_LEFT,
    PARAMETER_ABSENT,
    PARAMETER_AT_RUN_TIME,
    RATE_NOT_TAKEN,
    REFERENCE_LEFT,
    REGION_AT_RUN_TIME,
    STAYS_WITH_OLD,
    TODO_OPEN,
    WAITS_FOR_ABSENT,
    Finding,
    Kind,
    Level,
)
from codemods.outcome import Migration, in_order
from shim.mapping import sdk, session
from shim.mapping.row import Vendor

_PACKAGE: Final = "shim"
_OTHER_NAME: Final = "sttbridge_shim"
_DONE: Final = frozenset(
    {
        PARAMETER_AT_RUN_TIME,
        REGION_AT_RUN_TIME,
        FIELD_ABSENT,
        MESSAGE_ABSENT,
        WAITS_FOR_ABSENT,
        REFERENCE_LEFT,
        RATE_NOT_TAKEN,
    }
)
"""What is left to a person in new code, and the shim does where the code stays: values converted when they come, fields
and messages that only the old service has."""
_LACKED: Final = frozenset({PARAMETER_ABSENT, STAYS_WITH_OLD, TODO_OPEN})
"""What the shim cannot do any better: it lacks what the new service lacks, and refuses what would harm in silence."""


def done_by_shim(results: Iterable[Migration], *, unsafe: bool) -> frozenset[Kind]:
    """The kinds of findings over which the files of a group are better led through the shim than rewritten.

    None where the shim lacks something as well: then the new code, with its TODOs, does more. `unsafe`: a caveat alone
    is no reason, because the user takes the new code with it.
    """
    found = {one.kind for result in results if result.changed for one in result.findings}
    if found & _LACKED:
        return frozenset()
    return frozenset(one for one in found & _DONE if one.leaves_todo or not unsafe)


def are_carried(results: Mapping[Path, Migration], paths: Iterable[Path]) -> bool:
    """Whether each of these files runs through the shim."""
    return all(any(one.kind is CARRIED_BY_SHIM for one in results[path].findings) for path in paths)


def through_shim(
    results: Mapping[Path, Migration],
    texts: Mapping[Path, str],
    modules: Modules,
    to: Vendor,
    *,
    wanted: bool,
    astray: str | None = None,
) -> dict[Path, Migration]:
    """What became of the files of a group, those that cannot be rewritten led through the shim where that is `wanted`.

    The file that the program begins with gets the shim, once. Files that have it stay as they are, whatever could be
    rewritten of them: they say so themselves, or the file that begins does. `astray` is what the shim would lead to
    itself and not answer: then no file is led, and those that it was wanted for say so.
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
    if wanted and astray is not None:
        unfinished = [path for path, result in results.items() if any(one.kind in _DONE for one in result.findings)]
        why = f"{astray} would be led to the shim, which has live sessions only"
        return found | _not_carried(results, {*left, *unfinished}, why)
    if not wanted or not left:
        return found
    beginnings = program.beginnings(left)
    if any(program.has_own_module(path, _PACKAGE) for path in beginnings):
        return found | _not_carried(results, left, f"the program has a module `{_PACKAGE}` of its own")
    left += [path for path, result in results.items() if path not in left and _waits_for_others(result)]
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


def _not_carried(results: Mapping[Path, Migration], paths: Iterable[Path], why: str) -> dict[Path, Migration]:
    """Files that the shim was wanted for in vain, with the reason."""
    said = Finding(NOT_CARRIED, 0, why)
    return {path: replace(results[path], findings=in_order([said, *results[path].findings])) for path in paths}


def _waits_for_others(result: Migration) -> bool:
    """Whether a file stays as it is for nothing but the sake of those that it works with."""
    manual = [one for one in result.findings if one.level is Level.MANUAL]
    return result.left_whole and bool(manual) and all(one.kind is OTHER_FILE_LEFT for one in manual)


def _carried(code: str, result: Migration, line: int, to: Vendor) -> Migration:
    new, old = session.KEY_VARIABLE.of(to)[0], session.KEY_VARIABLE.of(to.other)[0]
    reasons = sorted({(finding.line, finding.kind.code) for finding in result.findings if _is_reason(finding.kind)})
    why = "; not rewritten: " + ", ".join(f"{reason} in line {at}" for at, reason in reasons) if reasons else ""
    finding = Finding(CARRIED_BY_SHIM, line, f"it needs {new}, and takes any value for {old}{why}")
    return replace(result, code=code, changed=False, unsafe=False, findings=(finding,))


def _is_reason(kind: Kind) -> bool:
    """Whether a finding says why a file is led through the shim."""
    return kind in _DONE or (kind.blocks and kind is not OTHER_FILE_LEFT)


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
