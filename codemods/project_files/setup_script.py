"""`setup.py`: a program, whose dependencies may be made in any way; they are named, not changed."""

from __future__ import annotations

import ast

from codemods.findings import DEPENDENCY_LEFT, Finding
from codemods.project_files.dependencies import Wanted, name_in


def setup_script_findings(text: str, wanted: Wanted) -> list[Finding]:
    """What has to be changed by hand in a `setup.py`: each text that is a requirement of the old service's SDK."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    places: list[tuple[int, str]] = []
    names: list[str | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            for element in node.elts:
                if isinstance(element, ast.Constant) and isinstance(element.value, str):
                    names.append(name_in(element.value))
                    places.append((element.lineno, element.value))
    old = [place for place, name in zip(places, names, strict=True) if name == wanted.old]
    if not old or (wanted.old_users and (not wanted.new_is_used or wanted.new_name in names)):
        return []
    how = "beside it" if wanted.old_users else "in its place"
    return [Finding(DEPENDENCY_LEFT, line, f"`{text}`: put `{wanted.new}` {how}") for line, text in old]
