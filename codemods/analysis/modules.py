"""Which file of a run an import means, as Python finds modules."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from codemods.analysis.http_requests import HTTP_CLIENTS
from codemods.analysis.sockets import SOCKET_LIBRARIES

_INITIAL: Final = "__init__.py"
_SOURCES: Final = "src"
_SETTINGS_OF_DJANGO: Final = ("django.conf", "settings")
LIBRARIES: Final = frozenset(name.split(".")[0] for name in (*SOCKET_LIBRARIES, *HTTP_CLIENTS))
"""The packages of which the analysis knows what their calls give."""


class Modules:
    """The Python files of a run. Paths stand for modules: a file, or a folder of files that has no `__init__.py`."""

    def __init__(self, files: Iterable[Path], libraries: Iterable[str] = ()) -> None:
        """`libraries`: packages that no file of the run stands for, but where Python is sure to find it first."""
        self.files = frozenset(files)
        self._folders = {parent for file in self.files for parent in file.parents}
        folders = sorted({str(file.parent) for file in self.files})
        same_kind = len({file.is_absolute() for file in self.files}) == 1
        self._top = Path(os.path.commonpath(folders)) if folders and same_kind else Path()
        self._libraries = LIBRARIES | frozenset(libraries) | sys.stdlib_module_names
        self._roots: dict[Path, list[tuple[Path, bool]]] = {}

    def imported(self, importer: Path, dotted: str, level: int = 0) -> Path | None:
        """The module that `from <level dots><dotted> import …` or `import <dotted>` means in a file, if the run has it.

        `level` is the number of leading dots.
        """
        parts = dotted.split(".") if dotted else []
        if level:
            package = importer.parent
            for _ in range(level - 1):
                package = package.parent
            return self._below(package, parts)
        folder: Path | None = None
        for root, is_certain in self._roots_of(importer):
            if not is_certain and parts[0] in self._libraries:
                continue
            found = self._below(root, parts)
            if found in self.files and found != importer:
                return found
            folder = folder or found
        # A folder without `__init__.py` gives way to any module of its name.
        return folder if folder in self._folders and parts[0] not in self._libraries else None

    def behind(self, dotted: str, name: str) -> Path | None:
        """The module of the run that a framework hands out under a name of its own: Django's settings, if it has one.

        `from django.conf import settings` gives the names of the project's own settings, whatever file they are in.
        """
        if (dotted, name) != _SETTINGS_OF_DJANGO:
            return None
        found = [file for file in self.files if file.name == "settings.py"]
        return found[0] if len(found) == 1 else None

    def member(self, module: Path, name: str) -> Path | None:
        """The module of that name inside a package, if the run has it."""
        if module.name == _INITIAL:
            return self._below(module.parent, [name])
        return self._below(module, [name]) if module in self._folders else None

    def _below(self, folder: Path, parts: list[str]) -> Path | None:
        for index, part in enumerate(parts):
            is_last = index == len(parts) - 1
            if is_last and (folder / part / _INITIAL) not in self.files and (folder / f"{part}.py") in self.files:
                return folder / f"{part}.py"
            folder = folder / part
            if folder not in self._folders:
                return None
        initial = folder / _INITIAL
        return initial if initial in self.files else folder

    def _roots_of(self, importer: Path) -> list[tuple[Path, bool]]:
        if importer.parent not in self._roots:
            self._roots[importer.parent] = list(dict.fromkeys(self._find_roots(importer)))
        return self._roots[importer.parent]

    def _find_roots(self, importer: Path) -> Iterator[tuple[Path, bool]]:
        """The folders that absolute imports of a file start from, the nearest first; and whether Python is sure to.

        Sure is the folder around the file's outermost package. The others depend on how the program is started: the
        file's own folder inside a package, those around it, their `src`. The last is the one around the folder that
        all files are in, which may be a package that has no `__init__.py`.
        """
        root = importer.parent
        while root / _INITIAL in self.files and root.parent != root:
            root = root.parent
        yield root, True
        yield importer.parent, False
        while True:
            yield root, False
            yield root / _SOURCES, False
            if root == self._top or root.parent == root:
                yield self._top.parent, False
                return
            root = root.parent
