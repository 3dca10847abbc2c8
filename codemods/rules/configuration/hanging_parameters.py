"""Parameters that hang on another one, of which only the running program knows the value.

What the other one is where no caller gives anything decides; that it does is left to a person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from codemods.analysis.values import Known
from codemods.findings import PARAMETER_AT_RUN_TIME, Kind
from codemods.migrating import Migrating
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, QueryParameters
from shim.mapping.row import ABSENT, Row


class HangingParameters:
    """Gathers them for one session; `site` is the place of its parameters."""

    def __init__(self, migrating: Migrating, query: QueryParameters, site: cst.BaseExpression) -> None:
        self._migrating = migrating
        self._query = query
        self._site = site
        self._found: dict[str, list[str]] = {}

    def results(self, row: Row, constants: list[Any], context: list[Any]) -> list[Any] | None:
        """What a row gives, for each of its paths, as long as no caller decides otherwise; None where nobody knows.

        `constants` are the row's own values, `context` those of what else it reads, NOT_CONSTANT for what is not known.
        """
        reads = row.over_gladia.reads
        unknown = [name for name, one in zip(reads, context, strict=True) if one is NOT_CONSTANT]
        defaults = {name: self._default_of(name) for name in unknown}
        strange = next((name for name, one in defaults.items() if one is NOT_CONSTANT), None)
        self._found.setdefault(strange or unknown[0], []).append(row.gladia[-1])
        if strange is not None:
            return None
        tried = [defaults.get(name, one) for name, one in zip(reads, context, strict=True)]
        result = row.over_gladia.conversion.live(*constants, *tried)
        return list(result) if len(row.gladia) > 1 else [result]

    def report(self, report: Callable[[Kind, cst.CSTNode, str], None]) -> None:
        """Says, once for each parameter that only the running program knows, what it decides."""
        for name, paths in self._found.items():
            node = self._node_of(name)
            others = ", ".join(f"`{path}`" for path in dict.fromkeys(paths))
            default = self._default_of(name)
            ending = "" if len(set(paths)) > 1 else "s"
            became = f"stand{ending} for `{name}` {default!r}"
            if default is NOT_CONSTANT:
                became = f"hang{ending} on `{name}`"
            elif default is ABSENT:
                became = f"stand{ending} for no `{name}`"
            text = f"{others} {became}, which is only known when it runs: {self._migrating.code(node)}"
            report(PARAMETER_AT_RUN_TIME, node, text)

    def _default_of(self, name: str) -> Any:
        """The value that a parameter has where no caller gives another; ABSENT where it is not given then."""
        node = self._node_of(name)
        value = self._migrating.program.value(node) if isinstance(node, cst.BaseExpression) else None
        is_stored = any(one.node is node for one in self._query.stored(name))
        if isinstance(value, Known) and value.certain and is_stored:
            return ABSENT  # given on a condition alone
        return value.value if isinstance(value, Known) else NOT_CONSTANT

    def _node_of(self, name: str) -> cst.CSTNode:
        """Where a parameter is given."""
        stored = (one.node for one in self._query.stored(name))
        given = self._query.by_name(name)
        return next(stored, given.node if given is not None else self._site)
