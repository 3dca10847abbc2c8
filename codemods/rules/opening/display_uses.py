"""A dictionary of the program's own that the POST's address is an entry of: whether all who read it are followed."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Function, alternatives
from codemods.rules.messages.showing import Showing
from codemods.rules.names.elsewhere import calls_of


def stays_inside(program: Program, display: cst.CSTNode, posting: cst.CSTNode) -> bool:
    """Whether a dictionary that the POST's function gives is read here alone, entry by entry.

    Whoever else got it, a browser say, would open the session with the address in it.
    """
    if not isinstance(display, cst.Dict) or not isinstance(posting, cst.FunctionDef) or posting.decorators:
        return False
    facts = program.dictionary_facts(DictDisplay(display))
    if facts is None or facts.gaps or not calls_of(program, posting):
        return False
    return all(
        _is_read_here(program, node)
        for node, value in list(program.values.items())
        if DictDisplay(display) in alternatives(value)
    )


def _is_read_here(program: Program, node: cst.CSTNode) -> bool:
    parent = program.parents.get(node)
    match parent:
        case cst.Subscript(value) | cst.Attribute(value):
            return value is node
        case cst.Return():
            scope = program.scope_of(parent)
            return isinstance(scope, cst.FunctionDef) and not scope.decorators and bool(calls_of(program, scope))
        case cst.Arg():
            call = program.parents[parent]
            callees = list(alternatives(program.value(call.func))) if isinstance(call, cst.Call) else []
            is_own = bool(callees) and all(isinstance(one, Function) for one in callees)
            return is_own or Showing(program).is_shown(node)
    is_kept = isinstance(parent, cst.Assign | cst.AnnAssign | cst.AssignTarget | cst.Await | cst.Param | cst.Expr)
    return is_kept or isinstance(parent, cst.If | cst.UnaryOperation)
