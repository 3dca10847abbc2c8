"""HTTP statuses by their names: `HTTPStatus.CREATED`, `httpx.codes.CREATED`, `requests.codes.created` are 201."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from codemods.analysis.values import Known, Value

_OWNERS: Final = ("http.HTTPStatus", "httpx.codes", "requests.codes", "requests.status_codes.codes")


def status_named(owner: str, name: str) -> Value | None:
    """The number that an attribute of a library's names of statuses is; None for anything else."""
    if owner not in _OWNERS or name.upper() not in HTTPStatus.__members__:
        return None
    return Known(HTTPStatus[name.upper()].value)
