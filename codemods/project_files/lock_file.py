"""Lock files: never edited; whoever made them makes them again."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from codemods.findings import LOCK_AGAIN, Finding

_COMMANDS: Final = {
    "poetry.lock": "poetry lock",
    "uv.lock": "uv lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
    "pixi.lock": "pixi lock",
}


def lock_findings(
    text: str, path: PurePath, old: str, *, dependencies_changed: bool, old_is_declared: bool
) -> list[Finding]:
    """What is said about a lock file: it holds the old package that nothing declares, or its dependencies changed.

    `old` is the normalised name of the old service's SDK; the other two are about the files beside the lock.
    """
    line = _line_of(text, old)
    if not dependencies_changed and (line == 0 or old_is_declared):
        return []
    command = _COMMANDS.get(path.name, "lock again with the tool that made it")
    said = f"`{old}` is locked in it" if line else "the dependencies beside it changed"
    return [Finding(LOCK_AGAIN, line, f"{said}: {command if ' lock' not in command else f'`{command}`'}")]


def _line_of(text: str, name: str) -> int:
    """The line at which a package is locked; 0 where it is not."""
    spelled = re.escape(name).replace(r"\-", "[-_.]")
    entry = re.compile(
        rf"\bname\s*[=:]\s*[\"']?{spelled}[\"']?\s*$|^\s*[\"']{spelled}[\"']\s*:|pypi:.*/{spelled}-", re.IGNORECASE
    )
    return next((number for number, line in enumerate(text.splitlines(), 1) if entry.search(line)), 0)
