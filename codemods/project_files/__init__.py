"""The files around a run's programs: dependencies, files with keys, notebooks, and what only names a vendor.

A run asks for two things, after its Python files were migrated:

    paths = find_project_files(request.paths, left_out)
    files = migrate_project_files(read_project_files(paths), programs, to, ...)

`find_project_files(paths, left_out)`: the files of the given files and folders that are looked at, in order, each once:
in a git repository what git tracks or does not ignore, elsewhere everything but environments and caches. `left_out`
says of a path whether the user excluded it. Python files are never among them, notebooks are.

`is_project_file(path)` says of a path that a user names whether it is one of these (for `codemods.search.search`).

`read_project_files(paths)`: their contents, those that cannot matter (no vendor is named, no dependencies stand in
them) left out.

`migrate_project_files(files, programs, to, options, is_written)`: what becomes of them, as `FileMigration`s, so that
preview, guard, writing and reports treat them as Python files; only files that change or have findings are given.
`programs` are the `FileMigration`s of the Python files; `is_written` says of one whether its result is (or would
be) what stands in the file after the run, also for notebooks. Dependencies and key names are swapped only where no
program uses the old ones then.

A `FileMigration` with `secret` holds values of keys: `FileMigration.shown()` gives its texts with the values masked,
and those are what diffs and reports may show. `Finding.cell` is the notebook's cell (from 1; 0 elsewhere),
`Finding.place` is `12` or `cell 3:5`, and what `path:` is followed by.

`finding_files.documents_beside` and `loaded_configuration.with_converted_documents`: findings over a configuration that
is loaded from a file are shown what that file holds, converted.

Everything below is a pure function of texts; only `finding_files` and this package's `run` look at the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codemods.project_files.finding_files import find_project_files, is_project_file, read_project_files
    from codemods.project_files.parameter_documents import converted_document
    from codemods.project_files.run import migrate_project_files

__all__ = ["converted_document", "find_project_files", "is_project_file", "migrate_project_files", "read_project_files"]

_HOMES = {
    "converted_document": "parameter_documents",
    "find_project_files": "finding_files",
    "is_project_file": "finding_files",
    "read_project_files": "finding_files",
    "migrate_project_files": "run",
}


def __getattr__(name: str) -> Any:
    """Loads what is asked for when it is asked for: rules use a part of this package that must not load the rules."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
