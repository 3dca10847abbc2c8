"""What the rows of the map give for the request body, with what else of the query they read."""

from __future__ import annotations

from typing import Any

from codemods.rules.configuration.body_values import ONE_LANGUAGE, BodyValues
from codemods.rules.configuration.hanging_parameters import HangingParameters, tried_for
from codemods.rules.configuration.query_parameters import NOT_CONSTANT, Parameter, QueryParameters
from shim.mapping import assemblyai_parameters, languages, parameters
from shim.mapping.row import ABSENT, Row


class BodyResults:
    """Asks the rows, over the constants of one `query`; what hangs on the running program is left to `hanging`."""

    def __init__(self, query: QueryParameters, values: BodyValues, hanging: HangingParameters) -> None:
        self._query = query
        self._values = values
        self._hanging = hanging

    def of(self, row: Row, constants: list[Any], context: list[Any]) -> list[Any] | None:
        """What the row gives; None, with a finding, where it hangs on what is only known when the program runs."""
        found = self.every(row, constants, context)
        if len(found) > 1:
            return self._hanging.results(row, constants, context)
        return found[0]

    def every(self, row: Row, constants: list[Any], context: list[Any]) -> list[list[Any]]:
        """What the row gives, for all that may be of what else it reads."""
        found: list[list[Any]] = []
        for tried in tried_for(row, context, self._query.is_always_given):
            result = row.over_gladia.conversion.live(*constants, *tried)
            every = list(result) if len(row.gladia) > 1 else [result]
            if every not in found:
                found.append(every)
        return found

    def keeps_deciding(self, row: Row, given: Parameter | None, constants: list[Any], context: list[Any]) -> bool:
        """Whether a setting whose value is known is converted where it is read, so that it goes on deciding."""
        known = [ABSENT if one is NOT_CONSTANT else one for one in constants]
        source = self._values.source(row, context)
        return self._values.keeps_deciding(row, given, constants[0], source, lambda: self.every(row, known, context))

    def context(self, row: Row) -> list[Any]:
        """What else the row reads. Languages that are stored later bring their own switch with them."""
        found: list[Any] = []
        for name in row.over_gladia.reads:
            given = self._query.by_name(name)
            if name == assemblyai_parameters.FORMAT_TURNS.assemblyai[0]:
                # A program that ever asks for it was written when this was the way to, whatever decides about it.
                constant = self._query.constant(name)
                found.append(True if constant is NOT_CONSTANT else constant)
            elif name != parameters.LANGUAGES.assemblyai[0]:
                found.append(self._query.constant(name))
            elif given is None:
                found.append(ABSENT)
            else:
                constant = self._query.read(given)
                one_unknown = constant is NOT_CONSTANT and given.name in ONE_LANGUAGE
                found.append(languages.SIX_LANGUAGES[:1] if one_unknown else constant)
        return found
