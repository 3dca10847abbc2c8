"""Which dependencies belong to which programs: those in the nearest folder above that declares some."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from codemods.project_files import pyproject, setup_cfg
from codemods.project_files.dependencies import names_old
from codemods.project_files.kinds import DEPENDENCIES, FileKind, kind_of
from codemods.project_files.program_uses import Programs, sdk_requirement
from shim.mapping.row import Vendor

_MAIN_REQUIREMENTS = ("requirements.txt", "requirements.in", "base.txt", "base.in", "main.txt", "main.in", "common.txt")


class Belonging:
    """The files of a run that declare dependencies, and the programs that belong to each."""

    def __init__(self, texts: Mapping[Path, str], programs: Programs) -> None:
        self._texts = texts
        self._programs = programs
        self._main = {path: folder_of(path) for path, text in texts.items() if _is_main(path, text)}

    def needed(self, path: Path) -> list[str]:
        """What the programs that belong to a file newly import, as requirements; nothing for another list."""
        folder = self._main.get(path)
        if folder is None:
            return []
        folders = set(self._main.values())
        found: dict[str, None] = {}
        for program in self._programs.every:
            nearest = next((one for one in _absolute(program.path).parents if one in folders), None)
            if nearest == folder:
                found.update(dict.fromkeys(program.newly_needed(self._programs.target)))
        # Where the vendor's package stands in a list of its own, it is swapped there.
        sdk = sdk_requirement(self._programs.target)
        elsewhere = any(self._names_sdk(one) for one in self._beside(path) if one != path)
        return [one for one in found if not (elsewhere and one == sdk)]

    def _beside(self, path: Path) -> list[Path]:
        """The dependency files of the same form in the same project."""
        kinds = (FileKind.REQUIREMENTS,)
        return [
            one
            for one in self._texts
            if kind_of(one) in kinds and kind_of(path) in kinds and folder_of(one) == folder_of(path)
        ]

    def _names_sdk(self, path: Path) -> bool:
        target: Vendor = self._programs.target
        text = self._texts[path]
        return names_old(text, target) or names_old(text, target.other)

    def locked_by(self, path: Path) -> list[Path]:
        """The dependency files that a lock file is for: those to which no other lock file is nearer."""
        folders = {folder_of(one) for one in self._texts if kind_of(one) is FileKind.LOCK}
        found = []
        for one in self._texts:
            if kind_of(one) in DEPENDENCIES:
                own = folder_of(one)
                nearest = next((folder for folder in (own, *own.parents) if folder in folders), None)
                if nearest == folder_of(path):
                    found.append(one)
        return found


def folder_of(path: Path) -> Path:
    """The folder of the project that a dependency file is for."""
    parent = _absolute(path).parent
    return parent.parent if parent.name == "requirements" else parent


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links stay, two dots go


def _is_main(path: Path, text: str) -> bool:
    match kind_of(path):
        case FileKind.REQUIREMENTS:
            return path.name in _MAIN_REQUIREMENTS
        case FileKind.PYPROJECT:
            return pyproject.declares_dependencies(text)
        case FileKind.SETUP_CFG:
            return setup_cfg.declares_dependencies(text)
        case FileKind.PIPFILE | FileKind.CONDA:
            return True
    return False
