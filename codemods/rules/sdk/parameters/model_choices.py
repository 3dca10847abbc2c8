"""What hangs on AssemblyAI's model in an SDK program where only the running program knows the model.

The languages that are listened for and the silence that ends an utterance come from the model where nothing else is
said. They are written as the choice that the program makes itself, or as one between the models that there are.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from codemods.analysis.values import Known, Library, alternatives
from codemods.migrating import Migrating
from codemods.rules.configuration.by_model import MODEL, chosen_by_model
from codemods.rules.configuration.chosen_values import chosen_values
from codemods.rules.sdk.parameters.parameter_values import NOT_CONSTANT, constant_of
from shim.faces import assemblyai_parameters as service
from shim.mapping.row import ABSENT, Row


class ModelChoices:
    """The choices of one session; `model` is the expression of its model, `may_be_none` whether it may name none."""

    def __init__(self, migrating: Migrating, model: cst.BaseExpression, *, may_be_none: bool) -> None:
        self._migrating = migrating
        self._model = model
        self._may_be_none = may_be_none
        self._quote = migrating.file_quote

    def results(self, row: Row, constants: list[Any], context: list[Any]) -> list[Any] | None:
        """What a row gives for each of its paths, an expression where that hangs on the model; None if nobody knows.

        `constants` are the row's own values, `context` what else it reads (anything in the place of the model).
        """
        at = row.over_gladia.reads.index(MODEL)

        def result_of(model: Any) -> list[Any]:
            found = row.over_gladia.conversion.live(*constants, *context[:at], model, *context[at + 1 :])
            return list(found) if len(row.gladia) > 1 else [found]

        def result_of_side(side: cst.BaseExpression) -> list[Any] | None:
            model = constant_of(self._migrating.program, self._migrating.program.value(side))
            return None if model is NOT_CONSTANT else result_of(model)

        everything = [result_of(one) for one in (ABSENT, *service.SPEECH_MODELS)]
        if all(one == everything[0] for one in everything):
            return everything[0]
        choice = self._choice()
        found = chosen_values(choice, result_of_side, self._quote) if choice is not None else None
        if found is not None:
            return found
        program, quote = self._migrating.program, self._quote
        model = self._given_or_none()
        known = alternatives(program.value(model))
        if any(isinstance(one, Library) for one in known):
            return None  # the old SDK's own, which goes
        nothing = tuple(one for one in (None, "") if Known(one) in known) or (None,)
        if Known("") in known and model is self._model:
            return None  # it is asked for as it is
        always = not self._may_be_none and Known("") not in known
        return chosen_by_model(program, model, result_of, always=always, quote=quote, nothing=nothing)

    def _given_or_none(self) -> cst.BaseExpression:
        """The model of `model if model else None`."""
        match self._model:
            case cst.IfExp(test, body, cst.Name("None")) if body.deep_equals(test):
                return body
            case cst.IfExp(cst.Comparison(asked, [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]), body) if (
                asked.deep_equals(body)
            ):
                return body
        return self._model

    def _choice(self) -> cst.IfExp | None:
        """The program's own choice between models: where the parameter is given, or in the line that names it."""
        program = self._migrating.program
        if isinstance(self._model, cst.IfExp):
            return self._model if self._is_plain(self._model) else None
        definitions = program.definitions_of(self._model) if isinstance(self._model, cst.Name) else []
        if len(definitions) != 1 or not isinstance(definitions[0].expression, cst.IfExp):
            return None
        choice, used_at = definitions[0].expression, program.statement_of(self._model)
        if program.scope_of(choice) is not program.scope_of(self._model) or not self._is_plain(choice):
            return None
        there = program.at_statement.get(used_at, {})
        names = [one for one in program.nodes_in(choice.test) if isinstance(one, cst.Name) and one in program.reaching]
        return choice if all(there.get(one.value) == program.reaching[one] for one in names) else None

    def _is_plain(self, choice: cst.IfExp) -> bool:
        """Whether a test may be asked again: it compares names, fields and constants."""
        plain = (
            *(cst.Name, cst.Attribute, cst.Comparison, cst.ComparisonTarget, cst.SimpleString, cst.Integer),
            *(cst.BaseCompOp, cst.Not, cst.UnaryOperation, cst.BooleanOperation, cst.BaseBooleanOp, cst.Dot),
            *(cst.BaseParenthesizableWhitespace, cst.LeftParen, cst.RightParen, cst.Tuple, cst.Element, cst.Comma),
        )
        return all(isinstance(one, plain) for one in [choice.test, *self._migrating.program.nodes_in(choice.test)])
