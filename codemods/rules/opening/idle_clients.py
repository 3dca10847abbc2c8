"""HTTP clients that have nothing more to do once the POST is gone."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.values import LibraryObject
from codemods.migrating import Migrating


def remove_idle_clients(migrating: Migrating, request: HttpRequest, removed: Collection[cst.CSTNode]) -> None:
    """Removes the names of HTTP clients that are only used in what is removed, and not in what moves to the connect."""
    headers = None if request.is_carried else request.headers
    moved = (request.url, headers, request.json)
    for definition in migrating.program.definitions():
        if not isinstance(definition.value, LibraryObject) or not _is_plain_assignment(definition):
            continue
        kept = [
            use
            for use in definition.uses
            if not any(migrating.program.is_inside(use, one) for one in removed)
            or any(migrating.program.is_inside(use, one) for one in moved if one is not None)
        ]
        if definition.uses and not kept and definition.statement is not None:
            migrating.edits.remove(definition.statement)


def _is_plain_assignment(definition: Definition) -> bool:
    statement = definition.statement
    return (
        definition.expression is not None
        and isinstance(statement, cst.SimpleStatementLine)
        and len(statement.body) == 1
        and isinstance(statement.body[0], cst.Assign)
        and len(statement.body[0].targets) == 1
    )
