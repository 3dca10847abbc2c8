"""Values of which a test of the program's chooses one: what each of them stands for, under the same test.

`8000 if phone else 16000` is two constants, and a row that converts either converts both: what is only known when the
program runs is the choice, and that stays where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from codemods.literals import literal_code


def chosen_values(
    node: cst.BaseExpression, results_of: Callable[[cst.BaseExpression], list[Any] | None], quote: str
) -> list[Any] | None:
    """What a row gives for each of its paths where `node` is a choice of constants, a choice again where they differ.

    `results_of` gives the results for one side, None where it is no constant; `quote` is what stands around texts.
    """
    if not isinstance(node, cst.IfExp):
        return None
    sides = [_side(one, results_of, quote) for one in (node.body, node.orelse)]
    first, second = sides
    if first is None or second is None:
        return None
    found: list[Any] = []
    for one, other in zip(first, second, strict=True):
        codes = [_code(each, quote) for each in (one, other)]
        if None in codes:
            return None
        found.append(one if codes[0] == codes[1] else _chosen(node.test, *codes))
    return found


def _chosen(test: cst.BaseExpression, code: str | None, other: str | None) -> cst.BaseExpression:
    """`code if test else other`; of True and False, the test itself where it is a comparison, or what it is not."""
    match test, code, other:
        case cst.Comparison(), "True", "False":
            return test
        case cst.Comparison(left, [cst.ComparisonTarget(cst.Equal() as equal, right)]), "False", "True":
            before, after = equal.whitespace_before, equal.whitespace_after
            return cst.Comparison(left, [cst.ComparisonTarget(cst.NotEqual("!=", before, after), right)])
    return cst.IfExp(test, _expression(code), _expression(other))


def _side(
    node: cst.BaseExpression, results_of: Callable[[cst.BaseExpression], list[Any] | None], quote: str
) -> list[Any] | None:
    return chosen_values(node, results_of, quote) if isinstance(node, cst.IfExp) else results_of(node)


def _code(result: Any, quote: str) -> str | None:
    if isinstance(result, cst.BaseExpression):
        return cst.Module([]).code_for_node(result)
    return literal_code(result, quote) if isinstance(result, str | int | float | bool | list) else None


def _expression(code: str | None) -> cst.BaseExpression:
    assert code is not None
    return cst.parse_expression(code)
