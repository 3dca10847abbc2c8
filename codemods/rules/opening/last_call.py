"""A function that calls that of the socket as the last thing it does: a `return` is the same in both."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.tail_position import nothing_follows
from codemods.rules.names.elsewhere import calls_of


def goes_to_session_last(program: Program, caller: cst.CSTNode, connecting: cst.CSTNode) -> bool:
    """Whether a function has nothing more to do once that of the socket returns, and gives what it gives.

    Then what left the first for a refusal leaves the second: nobody is there who would have to find out.
    """
    calls = calls_of(program, connecting) if isinstance(connecting, cst.FunctionDef) else []
    if not calls or not isinstance(caller, cst.FunctionDef):
        return False
    returned = [
        one
        for one in program.nodes_in(caller)
        if isinstance(one, cst.Return) and program.scope_of(one) is caller and one.value is not None
    ]
    return all(program.scope_of(one) is caller and _is_last(program, one, returned) for one in calls)


def _is_last(program: Program, call: cst.Call, returned: Sequence[cst.Return]) -> bool:
    """Whether a statement that only makes a call, or gives what it gives, ends its function."""
    statement = program.statement_of(call)
    match statement:
        case cst.SimpleStatementLine([cst.Return()]):
            return nothing_follows(program, statement)
        case cst.SimpleStatementLine([cst.Expr()]):
            return not returned and nothing_follows(program, statement)
    return False


def caller_of_both(program: Program, posting: cst.CSTNode, connecting: cst.CSTNode) -> cst.CSTNode | None:
    """The function, or the file, that calls the function of the POST and that of the socket; None if there are more."""
    functions = [one for one in (posting, connecting) if isinstance(one, cst.FunctionDef)]
    callers = {program.scope_of(call) for one in functions for call in calls_of(program, one)}
    is_another = len(functions) == 2 and len(callers) == 1 and not callers & set(functions)
    return callers.pop() if is_another else None
