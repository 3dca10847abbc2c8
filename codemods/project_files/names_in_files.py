"""The names of a project's programs that other files of it say: notebooks that import them, entry points, settings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from codemods.project_files.kinds import FileKind, kind_of

_PLACE: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[.:][A-Za-z_]\w*")
"""`package.module:name`, as entry points and servers are given it, and `package.module.Name`, as settings do."""


_OTHERS: Final = (FileKind.LOCK, FileKind.KEYS, FileKind.NPM, FileKind.OTHER_LANGUAGE, FileKind.DOCUMENT)
"""The kinds that speak of no programs of the project, or only to people."""


def names_said(files: Mapping[Path, bytes]) -> dict[Path, str]:
    """What each of these files says of programs, as Python in which the imports and names can be looked for.

    A notebook's code; of other files, the places in modules that they name. Files that say none are left out.
    """
    found: dict[Path, str] = {}
    for path, content in files.items():
        text = content.decode("utf-8", "replace")
        kind = kind_of(path)
        if kind is FileKind.NOTEBOOK:
            said = _code_of_notebook(text)
        elif kind in _OTHERS:
            continue
        else:
            said = "\n".join(f'"{one}"' for one in dict.fromkeys(_PLACE.findall(text)))
        if said:
            found[path] = said
    return found


def _code_of_notebook(text: str) -> str:
    try:
        cells = json.loads(text)["cells"]
        sources = [one["source"] for one in cells if one["cell_type"] == "code"]
        return "\n".join(one if isinstance(one, str) else "".join(one) for one in sources)
    except (ValueError, LookupError, TypeError):
        return ""
