"""Values that hang on AssemblyAI's model, of which only the running program knows which it is: written as a choice.

How long a silence ends an utterance, and which languages are listened for, AssemblyAI decides by the model. Its models
are few, so that what each stands for can be written down: `1.0 if model == "u3-rt-pro" else 1.28`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, alternatives
from codemods.literals import literal_code
from codemods.rules.configuration.query_values import may_be_none
from shim.faces import assemblyai_parameters as service
from shim.mapping import languages, parameters
from shim.mapping.row import ABSENT

MODEL: Final = parameters.MODEL.assemblyai[0]
"""The parameter that names the model."""

_MODELS: Final = tuple(one for one in service.SPEECH_MODELS if one not in service.PREVIEW_MODELS and "beta" not in one)
"""What a program may ask for by name and find described."""

_MOST_CHOICES: Final = 3
"""More than this many results are no longer read at a glance."""


def chosen_by_model(
    program: Program,
    model: cst.BaseExpression,
    result_of: Callable[[Any], list[Any]],
    *,
    always: bool,
    quote: str,
    nothing: tuple[Any, ...] = (None,),
) -> list[Any] | None:
    """What a row gives for each of its paths, an expression where that hangs on the model; None where it cannot be.

    `model` is the expression of the model, `result_of` gives the results for one of the models, ABSENT for none.
    `always`: the program asks for some model on every way. `quote` is what stands around texts, `nothing` what the
    expression is where it names no model.
    """
    if not _can_be_asked_twice(program, model):
        return None
    results = {one: result_of(one) for one in _MODELS}
    default = results[languages.NEWEST_MODEL]
    named: dict[Any, list[Any]] = {}
    if not always or may_be_none(program, model):
        named |= {one: result_of(ABSENT) for one in nothing}
    found = _known(program, model)
    if found is not None:
        named |= {one: result_of(one) for one in found}
        default = named[found[-1]]
    else:
        named |= results
    written: list[Any] = []
    for index, usual in enumerate(default):
        groups: dict[str, list[Any]] = {}
        for one, result in named.items():
            if result[index] != usual:
                if result[index] is ABSENT or usual is ABSENT:
                    return None
                groups.setdefault(literal_code(result[index], quote), []).append(one)
        if len(groups) >= _MOST_CHOICES:
            return None
        written.append(_written(model, groups, usual, quote) if groups else usual)
    return written


def _can_be_asked_twice(program: Program, model: cst.BaseExpression) -> bool:
    """Whether an expression gives the same if it is asked for again, and stands in the program."""
    match model:
        case cst.Name() | cst.Attribute():
            return model in program.parents
        case cst.IfExp(cst.Comparison() | cst.Name() | cst.Attribute(), cst.SimpleString(), cst.SimpleString()):
            return True
        case cst.Call(cst.Name("str"), [cst.Arg(inner)]):
            return _can_be_asked_twice(program, inner)
    return False


def _known(program: Program, model: cst.BaseExpression) -> list[str] | None:
    """The models that an expression can be, where these are known for sure."""
    found = [one for one in alternatives(program.value(model)) if one != Known(None)]
    if not all(isinstance(one, Known) and one.certain and isinstance(one.value, str) for one in found):
        return None
    return sorted(one.value for one in found if isinstance(one, Known)) if len(found) > 1 else None


def _written(model: cst.BaseExpression, groups: dict[str, list[Any]], usual: Any, quote: str) -> cst.BaseExpression:
    code = cst.Module([]).code_for_node
    by_test = _by_own_test(model, groups, literal_code(usual, quote))
    if by_test is not None:
        return by_test
    asked = code(model) if not isinstance(model, cst.IfExp) else f"({code(model)})"
    written = literal_code(usual, quote)
    if usual is True and list(groups) == ["False"]:
        return cst.parse_expression(_test(asked, groups["False"], quote, negated=True))
    for result, models in reversed(groups.items()):
        written = f"{result} if {_test(asked, models, quote)} else {written}"
    return cst.parse_expression(written)


def _test(asked: str, models: list[Any], quote: str, *, negated: bool = False) -> str:
    """The test whether the model is one of these, or none of them."""
    names = [literal_code(one, quote) if one is not None else "None" for one in models]
    if len(names) > 1:
        return f"{asked} {'not ' if negated else ''}in ({', '.join(names)})"
    if names == ["None"]:
        return f"{asked} is {'not ' if negated else ''}None"
    return f"{asked} {'!=' if negated else '=='} {names[0]}"


def _by_own_test(model: cst.BaseExpression, groups: dict[str, list[Any]], usual: str) -> cst.BaseExpression | None:
    """The choice by the test that chooses the model: `a if fast else b` of `"model-a" if fast else "model-b"`."""
    if not isinstance(model, cst.IfExp):
        return None
    by_name = {one: result for result, models in groups.items() for one in models}
    sides = [one.evaluated_value for one in (model.body, model.orelse) if isinstance(one, cst.SimpleString)]
    if len(sides) != 2:
        return None
    first, second = (by_name.get(one, usual) for one in sides)
    return cst.IfExp(model.test, cst.parse_expression(first), cst.parse_expression(second))
