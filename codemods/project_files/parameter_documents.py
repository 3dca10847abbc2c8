"""A session's parameters out of a configuration file, converted by the rows of the map."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shim.errors import BridgeError
from shim.mapping import assemblyai_parameters, parameters
from shim.mapping.paths import reader, steps_of
from shim.mapping.row import ABSENT, EXACT, Row, Vendor
from shim.mapping.translation import translate_parameters

_ROWS = (*parameters.ROWS, *assemblyai_parameters.ROWS)


def converted_document(data: Mapping[str, Any], to: Vendor) -> tuple[str, list[str]]:
    """The parameters of one service's session as the other takes them, as JSON, and what there is to say about it.

    `data` is a body of Gladia's POST (nested) towards AssemblyAI, or AssemblyAI's query (flat) towards Gladia, with
    their own units (seconds, milliseconds). Raises BridgeError for values that no conversion can read.
    """
    try:
        values = translate_parameters(data, to).values
    except (TypeError, ValueError, AttributeError, KeyError, IndexError) as error:
        raise BridgeError(
            f"the parameters could not be converted: {type(error).__name__}", "check the values against the service's"
        ) from None
    return json.dumps(values, ensure_ascii=False), [*_reasons(data, to), *_strangers(data, to.other)]


def _reasons(data: Mapping[str, Any], to: Vendor) -> Iterator[str]:
    """Why a parameter that is there does not come over as it is."""
    for row in _ROWS:
        way = row.way(to)
        given = next((path for path in row.of(to.other) if reader(steps_of(path))(data) is not ABSENT), None)
        if given is not None and way.codemod not in EXACT and way.reason:
            yield f"`{given}`: {way.reason}"


def _strangers(data: Mapping[str, Any], vendor: Vendor) -> Iterator[str]:
    """Keys that are no parameters of the service."""
    known = first_steps(vendor)
    yield from (f"`{key}` is no parameter of a session and was left out" for key in data if key not in known)


def first_steps(vendor: Vendor) -> frozenset[str]:
    """The keys at the top of a service's parameters."""
    return frozenset(str(steps_of(path)[0]) for path in _paths(vendor))


def _paths(vendor: Vendor) -> Iterator[str]:
    rows: tuple[Row, ...] = _ROWS
    for row in rows:
        yield from row.of(vendor)
    if vendor is Vendor.ASSEMBLYAI:
        yield from assemblyai_parameters.READ_AS


def parameters_in(data: Any, vendor: Vendor) -> Mapping[str, Any] | None:
    """The outermost object of a document with a session's parameters: two of them, and one that only it has."""
    if isinstance(data, Mapping):
        keys = {str(key) for key in data}
        if len(keys & first_steps(vendor)) >= 2 and keys & telling_keys(vendor):
            return data
    inner = data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ()
    return next((found for one in inner if (found := parameters_in(one, vendor)) is not None), None)


def telling_keys(vendor: Vendor) -> frozenset[str]:
    """The keys that only one service has and that are no everyday words."""
    return frozenset(key for key in first_steps(vendor) - first_steps(vendor.other) if "_" in key)
