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


def asks_every_time(program: Program, function: cst.FunctionDef | cst.Lambda, gone: frozenset[cst.CSTNode]) -> bool:
    """Whether all that a handler of several events does is behind tests of the type: one `if`, or a chain of them."""
    if isinstance(function, cst.Lambda):
        return False
    statements = sdk_handlers.body_of(function, gone)
    return bool(statements) and all(isinstance(one, cst.If) and _asks_in_chain(program, one) for one in statements)


def _asks_in_chain(program: Program, first: cst.If) -> bool:
    branch: cst.CSTNode | None = first
    while isinstance(branch, cst.If):
        if not _asks_for_type(program, branch.test):
            return False
        branch = branch.orelse
    return branch is None


def _asks_for_type(program: Program, test: cst.BaseExpression, *, by_class: bool = True) -> bool:
    """Whether a test holds for messages of the types that it names alone."""
    while isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        test = test.left
    match test:
        case cst.Comparison(left, [cst.ComparisonTarget(cst.Equal() | cst.In())]):
            asked = something(program.value(left))
            return all(isinstance(one, Parsed) and one.path == ("type",) for one in asked)
        case cst.Call(cst.Name("isinstance"), [cst.Arg(subject), _]) if by_class:
            asked = something(program.value(subject))
            return all(isinstance(one, Parsed) and one.path == () for one in asked)
    return False


def _asks_itself(program: Program, function: cst.FunctionDef, gone: frozenset[cst.CSTNode]) -> bool:
    """Whether all that a handler does is behind a test of the event's type that it makes itself."""
    match sdk_handlers.body_of(function, gone):
        case [cst.If(test, orelse=None)]:
            return _asks_for_type(program, test, by_class=False)
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
