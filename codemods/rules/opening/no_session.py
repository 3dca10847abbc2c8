"""Tests for no session, and branches that give none: what a caller of the POST's function has to find out."""

from __future__ import annotations

import libcst as cst


def asked(test: cst.BaseExpression) -> cst.BaseExpression:
    """What a test for nothing asks about."""
    match test:
        case cst.UnaryOperation(cst.Not(), inner):
            return inner
        case cst.Comparison(left):
            return left
    return test


def tests_for_nothing(test: cst.BaseExpression) -> bool:
    """Whether a test is true where there is nothing: `not x`, `x is None`, `"url" not in x`."""
    match test:
        case cst.UnaryOperation(cst.Not()):
            return True
        case cst.Comparison(_, [cst.ComparisonTarget(cst.Is() | cst.Equal(), cst.Name("None"))]):
            return True
        case cst.Comparison(cst.SimpleString(), [cst.ComparisonTarget(cst.NotIn())]):
            return True
    return False


def returns(body: cst.BaseSuite) -> bool:
    """Whether the branch of a refused POST returns, so that its caller has to find out."""
    match body.body[-1]:
        case cst.SimpleStatementLine([*_, cst.Return()]):
            return True
    return False


def without_return(body: cst.BaseSuite) -> list[cst.CSTNode]:
    """The statements of a branch but for the `return` at its end."""
    statements = list(body.body)
    match statements[-1:]:
        case [cst.SimpleStatementLine([cst.Return()])]:
            return statements[:-1]
    return statements
