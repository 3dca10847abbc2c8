"""A handler of one kind of message, where the other SDK gives it all: it does its work for its own kind only."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Parsed, something
from codemods.edits import in_parentheses
from codemods.migrating import Migrating
from codemods.rules.sdk.handlers import functions as sdk_handlers


def guard(migrating: Migrating, function: cst.FunctionDef | cst.Lambda, name: str, message_type: str) -> bool:
    """Plans that a handler whose message is called `name` does its work for that type alone; False where it cannot."""
    quote = migrating.file_quote
    test, otherwise = (f"{name}.type {sign} {quote}{message_type}{quote}" for sign in ("==", "!="))
    if isinstance(function, cst.FunctionDef):
        gone = frozenset(migrating.edits.removed)
        if not _asks_itself(migrating.program, function, gone):
            sdk_handlers.only_for(migrating, function, test, otherwise, gone)
        return True
    if isinstance(function.body, cst.Name) and function.body.value == "None":
        # It does nothing, whatever comes.
        return True
    if function.body in migrating.edits.rewrites:
        return False
    condition = cst.parse_expression(test)
    migrating.edits.rewrite(function.body, lambda updated: _only_where(condition, updated))
    return True


def _asks_itself(program: Program, function: cst.FunctionDef, gone: frozenset[cst.CSTNode]) -> bool:
    """Whether all that a handler does is behind a test of the event's type that it makes itself."""
    match sdk_handlers.body_of(function, gone):
        case [cst.If(test, orelse=None)]:
            first = test
            while isinstance(first, cst.BooleanOperation) and isinstance(first.operator, cst.And):
                first = first.left
            match first:
                case cst.Comparison(left, [cst.ComparisonTarget(cst.Equal())]):
                    asked = something(program.value(left))
                    return all(isinstance(one, Parsed) and one.path == ("type",) for one in asked)
    return False


def _only_where(condition: cst.BaseExpression, body: cst.BaseExpression) -> cst.BaseExpression:
    """`body` where a condition holds, else None."""
    match body:
        case cst.IfExp(test, inner, cst.Name("None")) if not body.lpar:
            both = cst.BooleanOperation(condition, cst.And(), sdk_handlers.operand(test))
            return body.with_changes(test=both, body=inner)
        case cst.IfExp() | cst.Lambda() | cst.NamedExpr():
            body = in_parentheses(body)
    return cst.IfExp(condition, body, cst.Name("None"))
