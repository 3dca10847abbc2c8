"""Parameters that hang on another one, of which only the running program knows the value.

What hangs on the model is written as a choice between the models. Else what the other one is where no caller gives
anything decides; that it does is left to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, Final

import libcst as cst

from codemods.analysis.values import Known
from codemods.findings import PARAMETER_AT_RUN_TIME, Kind
from codemods.migrating import Migrating
from codemods.rules.configuration.by_model import MODEL, chosen_by_model
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, QueryParameters
from codemods.rules.configuration.query_values import plain
from shim.mapping.row import ABSENT, Row

_PROBES: Final[dict[str, tuple[Any, ...]]] = {
    MODEL: (ABSENT, "u3-rt-pro", "universal-streaming-english", "universal-3-6-pro"),
    "mode": (ABSENT, "min_latency", "balanced", "max_accuracy"),
    "end_of_turn_confidence_threshold": (ABSENT, 0.5),
    "format_turns": (ABSENT, True),
    "language_codes": (ABSENT, ["en"], ["en", "es"]),
}
"""What a parameter that is only known when the program runs may be: a row that gives the same for all needs no more."""


def _asks_for(test: cst.BaseExpression, node: cst.BaseExpression) -> bool:
    """Whether a test holds where a value is given: `if model:`, `if model is not None:`."""
    match test:
        case cst.Comparison(left, [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]):
            return left.deep_equals(node)
    return test.deep_equals(node)


def tried_for(row: Row, context: Sequence[Any], is_always_given: Callable[[str], bool]) -> Iterator[list[Any]]:
    """What a row reads beside its own values, with all that those may be which are NOT_CONSTANT.

    `is_always_given` says of a parameter that the program gives it on every way.
    """
    choices = []
    for name, one in zip(row.over_gladia.reads, context, strict=True):
        probes = _PROBES.get(name, (ABSENT, True, False)) if one is NOT_CONSTANT else (one,)
        is_given = one is NOT_CONSTANT and is_always_given(name)
        choices.append([probe for probe in probes if not (is_given and probe is ABSENT)])
    yield from (list(one) for one in product(*choices))


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
        others = {name: self._default_of(name) for name in unknown if name != MODEL}
        strange = next((name for name, one in others.items() if one is NOT_CONSTANT), None)
        tried = [others.get(name, one) for name, one in zip(reads, context, strict=True)]
        if strange is None and MODEL in unknown:
            results = self._by_model(row, constants, tried)
            deciding = [name for name in others if self._decides(row, name, constants, tried)]
            if results is not None:
                for name in deciding:
                    self._found.setdefault(name, []).append(row.gladia[-1])
                return results
        if MODEL in unknown:
            default = self._default_of(MODEL)
            strange = strange or (MODEL if default is NOT_CONSTANT else None)
            tried = [default if name == MODEL else one for name, one in zip(reads, tried, strict=True)]
        self._found.setdefault(strange or unknown[0], []).append(row.gladia[-1])
        if strange is not None:
            return None
        result = row.over_gladia.conversion.live(*constants, *tried)
        return list(result) if len(row.gladia) > 1 else [result]

    def _decides(self, row: Row, name: str, constants: list[Any], context: list[Any]) -> bool:
        """Whether a parameter that is not known makes a difference beside the model."""
        reads = row.over_gladia.reads
        there = [NOT_CONSTANT if one == name else value for one, value in zip(reads, context, strict=True)]
        by_model: dict[Any, list[Any]] = {}
        for tried in tried_for(row, there, self._query.is_always_given):
            result = row.over_gladia.conversion.live(*constants, *tried)
            model = tried[reads.index(MODEL)]
            by_model.setdefault(model, []).append(result)
        return any(one != results[0] for results in by_model.values() for one in results)

    def _by_model(self, row: Row, constants: list[Any], context: list[Any]) -> list[Any] | None:
        """What a row gives, written as a choice between models where the model is named beside it."""
        named = self._model()
        if named is None:
            return None

        def result_of(model: Any) -> list[Any]:
            tried = [model if one is NOT_CONSTANT else one for one in context]
            result = row.over_gladia.conversion.live(*constants, *tried)
            return list(result) if len(row.gladia) > 1 else [result]

        migrating, always = self._migrating, self._query.is_always_given(MODEL)
        quote = migrating.quote_at(migrating.module)
        node = plain(migrating.program, named)
        return chosen_by_model(migrating.program, node, result_of, always=always, quote=quote)

    def _model(self) -> cst.BaseExpression | None:
        """The expression of the model, where the parameters are made; None where it means something else there."""
        given, stored = self._query.by_name(MODEL), self._query.stored(MODEL)
        if not stored:
            return given.node if given is not None else None
        if given is not None or len(stored) != 1:
            return None
        program, store = self._migrating.program, stored[0]
        branch = program.parents.get(program.parents[store.statement])
        if not store.always and not (isinstance(branch, cst.If) and _asks_for(branch.test, store.node)):
            return None
        there = program.at_statement.get(program.statement_of(self._site), {})
        names = [one for one in program.nodes_in(store.node) if isinstance(one, cst.Name) and one in program.reaching]
        return store.node if all(there.get(one.value) == program.reaching[one] for one in names) else None

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
