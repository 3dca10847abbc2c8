"""What the programs of a run use, before and after: packages by their imports, variables by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from codemods.rules.names.naming import renamed
from shim.mapping import sdk, session
from shim.mapping.row import Vendor

LIBRARIES: Final = {
    "aiohttp": "aiohttp",
    "httpx": "httpx",
    "pyaudio": "pyaudio",
    "requests": "requests",
    "shim": "sttbridge",
    "websocket": "websocket-client",
    "websockets": "websockets",
}
"""The requirements of what migrated programs import, by the names that they import."""

_IMPORT = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)
_WORD = re.compile(r"\w+")


def sdk_module(vendor: Vendor) -> str:
    """The top-level module of a vendor's SDK."""
    return sdk.PACKAGE.of(vendor)[0].split(".")[0]


def sdk_requirement(vendor: Vendor) -> str:
    """A vendor's SDK as a requirements file names it, with the first version that migrated programs run on."""
    sdk.REQUIREMENT.over(vendor)
    return sdk.REQUIREMENT.of(vendor)[0]


def sdk_distribution(vendor: Vendor) -> str:
    """The normalised name of the distribution of a vendor's SDK."""
    return canonicalize_name(Requirement(sdk.REQUIREMENT.of(vendor)[0]).name)


def key_variable(vendor: Vendor) -> str:
    """The environment variable of a vendor's key."""
    return session.KEY_VARIABLE.of(vendor)[0]


@dataclass(frozen=True, slots=True)
class Uses:
    """What one version of a program uses: top-level modules, and the words that may name variables, in lower case."""

    modules: frozenset[str]
    words: frozenset[str]

    def uses_key_of(self, vendor: Vendor) -> bool:
        """Whether the variable of a vendor's key is read: by its name, or by the vendor's SDK itself."""
        return key_variable(vendor).lower() in self.words or sdk_module(vendor) in self.modules

    @property
    def uses_shim(self) -> bool:
        """Whether the other service does the work behind the old API: its key is read then, whatever is imported."""
        return "shim" in self.modules


def uses_of(code: str) -> Uses:
    """What a program uses; what cannot be parsed is searched for words, so that a use is rather seen than missed."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return Uses(frozenset(_IMPORT.findall(code)), frozenset(word.lower() for word in _WORD.findall(code)))
    return Uses(frozenset(_modules(tree)), frozenset(_words(tree)))


def _modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__", "find_spec"):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value.split(".")[0]


def _words(tree: ast.AST) -> Iterator[str]:
    """Words of texts, and of names in class bodies: settings classes read the variable that a field is named after.

    Docstrings read nothing.
    """
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield from (word.lower() for word in _WORD.findall(node.value))
        elif isinstance(node, ast.ClassDef):
            for statement in node.body:
                targets = statement.targets if isinstance(statement, ast.Assign) else []
                targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
                yield from (target.id.lower() for target in targets if isinstance(target, ast.Name))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@dataclass(frozen=True)
class Program:
    """One program of the run: its text as it was and as it will stand in the file."""

    path: Path
    before: str
    after: str

    @cached_property
    def used_before(self) -> Uses:
        """What it used."""
        return uses_of(self.before)

    @cached_property
    def used_after(self) -> Uses:
        """What it uses once the run is over."""
        return self.used_before if self.after == self.before else uses_of(self.after)

    def newly_needed(self, target: Vendor) -> list[str]:
        """The requirements of what it imports now and did not before, as a requirements file names them."""
        known = {**LIBRARIES, sdk_module(target): sdk_requirement(target)}
        new = self.used_after.modules - self.used_before.modules
        return [known[module] for module in sorted(new & known.keys())]


@dataclass(frozen=True)
class Programs:
    """The programs of a run that name a vendor, and the files in other languages that do and that nobody rewrites."""

    every: tuple[Program, ...]
    target: Vendor
    others_with_key: tuple[Path, ...] = ()
    """Files in other languages that read the old service's key."""

    @cached_property
    def with_old_package(self) -> list[Path]:
        """The programs that still import the old service's SDK."""
        return [one.path for one in self.every if sdk_module(self.target.other) in one.used_after.modules]

    @cached_property
    def need_new_package(self) -> bool:
        """Whether a program imports the new service's SDK."""
        return any(sdk_module(self.target) in one.used_after.modules for one in self.every)

    @cached_property
    def with_old_key(self) -> list[Path]:
        """The programs that still read the old service's key."""
        python = [one.path for one in self.every if one.used_after.uses_key_of(self.target.other)]
        return [*python, *self.others_with_key]

    @cached_property
    def key_moves(self) -> bool:
        """Whether the new service's key is wanted where the old one is: a program reads it, or nothing the old one."""
        uses = [one.used_after for one in self.every]
        return not self.with_old_key or any(one.uses_key_of(self.target) or one.uses_shim for one in uses)

    @cached_property
    def have_moved(self) -> bool:
        """Whether programs were rewritten and none, in whatever language, reads the old service's key any more."""
        return not self.with_old_key and any(one.after != one.before for one in self.every)

    def new_name_of(self, variable: str) -> str | None:
        """What an environment variable is called now; None where it is not the old service's or stays.

        A program's own variables (`GLADIA_KEY`) are renamed with the program, so the new name is one that it reads.
        """
        if variable == key_variable(self.target.other):
            return key_variable(self.target) if self.key_moves else None
        old, new = session.NAME.of(self.target.other)[0], session.NAME.of(self.target)[0]
        if "_" not in variable or re.search(rf"(?:^|_){old}(?:_|$)", variable, re.IGNORECASE) is None:
            return None
        name = renamed(variable, old, new)
        return name if any(name.lower() in one.used_after.words for one in self.every) else None

    def still_read(self, variable: str) -> list[Path]:
        """The programs that read an environment variable of the old service's."""
        if variable == key_variable(self.target.other):
            return self.with_old_key
        return [one.path for one in self.every if variable.lower() in one.used_after.words]

    def loads(self, name: str) -> bool:
        """Whether a program names a file."""
        return any(name in one.before for one in self.every)


def shown_paths(paths: Iterable[Path]) -> str:
    """A few paths for a finding: `a.py, b.py and 3 more`."""
    names = sorted(str(path) for path in paths)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
