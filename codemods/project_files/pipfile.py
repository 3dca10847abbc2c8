"""`Pipfile`: the dependencies of pipenv, a line each.

https://github.com/pypa/pipfile
"""

from __future__ import annotations

import tomlkit
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError

from codemods.findings import PROJECT_FILE_INVALID, Finding
from codemods.project_files.dependencies import Wanted, missing
from codemods.project_files.toml_table import migrate_table

_NOT_PACKAGES = ("source", "requires", "scripts", "pipenv")


def migrate_pipfile(text: str, wanted: Wanted) -> tuple[str, list[Finding]]:
    """A `Pipfile` with its dependencies swapped and added: packages, dev-packages, and categories of one's own."""
    try:
        document = tomlkit.parse(text).unwrap()
    except TOMLKitError as error:
        return text, [Finding(PROJECT_FILE_INVALID, 0, str(error))]
    tables = [name for name, table in document.items() if name not in _NOT_PACKAGES and isinstance(table, dict)]
    names: list[str | None] = [canonicalize_name(name) for table in tables for name in document[table]]
    if wanted.old in names:
        names.append(wanted.new_name)
    findings: list[Finding] = []
    for table in tables:
        needed = missing(wanted.needed, names) if table == "packages" else []
        text, found = migrate_table(text, (table,), wanted, needed)
        findings += found
    return text, findings
