"""Values as a query holds them, which is text: what they are made of is what a JSON body holds."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import JsonText, Known, Library, Sequence, Stream, alternatives

_ENVIRONMENT = (Library("os.getenv"), Library("os.environ.get"))
"""What gives a variable's text."""


def plain(program: Program, node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression behind what only makes text of it: `str(x)`, `str(x).lower()`, `json.dumps(x)`, …"""
    value = program.value(node)
    if isinstance(value, JsonText) and (value.call is node or _is_still(program, value.call, node)):
        return value.call.args[0].value
    match node:
        case cst.IfExp(test, cst.Call() as body, orelse) if _is_nothing(program, orelse):
            made = program.value(body)
            if isinstance(made, JsonText) and made.call is body:
                inner = body.args[0].value
                return inner if inner.deep_equals(test) else cst.IfExp(test, inner, cst.List([]))
        case cst.Call(cst.Name() as function, [cst.Arg(inner, keyword=None)]) if _is_text_of(program, function):
            return plain(program, inner)
        case cst.Call(cst.Attribute(cst.Call() as inner, cst.Name("lower")), []):
            unwrapped = plain(program, inner)
            return unwrapped if unwrapped is not inner else node
        case cst.IfExp(test, body, orelse) if _is(program, body, "true") and _is(program, orelse, "false"):
            return test
    return node


def _is_still(program: Program, made: cst.Call, node: cst.BaseExpression) -> bool:
    """Whether what a text was made of has the same name and the same value where the text is used."""
    inner = made.args[0].value
    if program.scope_of(made) is not program.scope_of(node):
        return False
    if isinstance(inner, cst.Name):
        there = program.at_statement.get(program.statement_of(node), {}).get(inner.value)
        return there is not None and there == program.reaching.get(inner)
    return isinstance(inner, cst.Attribute)


def _is_nothing(program: Program, node: cst.BaseExpression) -> bool:
    value = program.value(node)
    return isinstance(value, Known) and not value.value


def _is_text_of(program: Program, function: cst.Name) -> bool:
    return program.value(function) == Library("builtins.str")


def _is(program: Program, node: cst.BaseExpression, text: str) -> bool:
    value = program.value(node)
    return isinstance(value, Known) and str(value.value).lower() == text


def is_text(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a value is text on some way, as what comes from the environment is."""
    if any(isinstance(one, Known) and isinstance(one.value, str) for one in alternatives(program.value(node))):
        return True
    match node:
        case cst.Call(function):
            return program.value(function) in _ENVIRONMENT
        case cst.Subscript(owner):
            return program.value(owner) == Library("os.environ")
    return False


def may_be_none(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a value is known to be None on some way."""
    return any(one == Known(None) for one in alternatives(program.value(node)))


def is_surely_given(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a value is known never to be None: a constant that nothing replaces, a text, a `.get` with a default."""
    match node:
        case cst.Call(cst.Attribute(_, cst.Name("get")), [_, default]):
            return is_surely_given(program, default.value)
        case cst.Call(cst.Name() as function) if program.value(function) == Library("builtins.str"):
            return True
    return all(
        isinstance(one, Known) and one.certain and one.value is not None for one in alternatives(program.value(node))
    )


def is_list(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a value is a list for sure: one that is known, or what is written as one."""
    match node:
        case cst.List() | cst.ListComp():
            return True
        case cst.Call(function) if program.value(function) in (Library("builtins.list"), Library("builtins.sorted")):
            return True
    return isinstance(program.value(node), Sequence | Stream)


def list_or_none(node: cst.BaseExpression) -> cst.BaseExpression:
    """`words` of `words if words is not None else []`, where what is nothing is told apart anyway."""
    match node:
        case cst.IfExp(
            cst.Comparison(asked, [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]), body, cst.List([])
        ) if body.deep_equals(asked):
            return body
    return node
