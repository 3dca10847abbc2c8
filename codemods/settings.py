"""How a project wants to be migrated: `[tool.sttbridge]` in its `pyproject.toml`, below what the command line says."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from shim.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Settings:
    """What is wanted; None where nothing is said. `exclude` holds patterns as in `.gitignore`."""

    to: str | None = None
    exclude: tuple[str, ...] | None = None
    unsafe: bool | None = None
    turns: str | None = None
    fallback: str | None = None
    jobs: int | None = None


TURNS: Final = ("keep", "target")
FALLBACKS: Final = ("shim", "none")
_EXPECTED: Final = {
    "to": "gladia or assemblyai",
    "exclude": "a list of patterns",
    "unsafe": "true or false",
    "turns": "keep or target",
    "fallback": "shim or none",
    "jobs": "a whole number from 1",
}


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """The settings of a project, and the folder of the file they stand in, from which its patterns are read."""

    settings: Settings
    folder: Path


def project_settings(paths: Sequence[Path]) -> ProjectSettings:
    """The `[tool.sttbridge]` that holds for some paths: that of the nearest `pyproject.toml` above all of them.

    A `pyproject.toml` without the table is passed over, up to the folder that holds a repository. Raises BridgeError
    for a file that is no TOML, an unknown key, or a value of the wrong kind, with the place.
    """
    start = _common_folder(paths)
    for folder in (start, *start.parents):
        table = _table(folder / "pyproject.toml")
        if table is not None:
            return ProjectSettings(_checked(table, folder / "pyproject.toml"), folder)
        if (folder / ".git").exists():
            break
    return ProjectSettings(Settings(), start)


def _common_folder(paths: Sequence[Path]) -> Path:
    """The deepest folder that holds all of the paths; the working folder where there is none."""
    absolute = [path.resolve() for path in paths] or [Path.cwd()]
    folders = [path if path.is_dir() else path.parent for path in absolute]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:
        return Path.cwd()


def _table(path: Path) -> dict[str, Any] | None:
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise BridgeError(f"{_shown(path)} could not be read", "its [tool.sttbridge] would be the settings") from None
    if "sttbridge" not in content:
        return None
    try:
        tool = tomllib.loads(content).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise BridgeError(f"{_shown(path)} is not valid TOML: {error}", "mend it and run this again") from None
    table = tool.get("sttbridge") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise BridgeError(f"{_shown(path)}: tool.sttbridge is not a table", "write [tool.sttbridge]")
    return table


def _checked(table: dict[str, Any], path: Path) -> Settings:
    known = [field.name for field in fields(Settings)]
    for key, value in table.items():
        if key not in known:
            raise BridgeError(
                f"{_place(path, key)}: [tool.sttbridge] has no setting {key!r}", f"known are {', '.join(known)}"
            )
        if not _fits(key, value):
            raise BridgeError(
                f"{_place(path, key)}: {key} in [tool.sttbridge] takes {_EXPECTED[key]}, not {value!r}", "correct it"
            )
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Settings(**values)


def _fits(key: str, value: object) -> bool:
    match key:
        case "unsafe":
            return isinstance(value, bool)
        case "jobs":
            return isinstance(value, int) and not isinstance(value, bool) and value >= 1
        case "exclude":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "turns":
            return value in TURNS
        case "fallback":
            return value in FALLBACKS
        case _:
            return isinstance(value, str)


def _place(path: Path, key: str) -> str:
    """`pyproject.toml:12` where the line of the key can be found."""
    inside = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip().startswith("["):
            inside = line.strip().startswith("[tool.sttbridge]")
        elif inside and line.split("=")[0].strip().strip("\"'") == key:
            return f"{_shown(path)}:{number}"
    return _shown(path)


def _shown(path: Path) -> str:
    """A path as the user would type it: relative where it stands below the working folder."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
