"""The branch for AssemblyAI's `Error` among a session's messages: what it does about a refusal, the POST's test does.

A wrong key comes as a message there, and most programs meet it where they read all messages. Gladia refuses the POST,
so the branch itself is never taken; but how the program ends, and what it says, is the program's own and moves.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.values import Library, Socket, something
from codemods.edits import Statement
from codemods.rules.messages.error_tests import ErrorTests
from codemods.rules.names.elsewhere import is_own_object
from codemods.rules.posting.answer_reads import AnswerReads


def error_branch(
    reads: AnswerReads,
    errors: ErrorTests,
    ends: Callable[[cst.If], bool],
    comes_to_the_same: Callable[[cst.BaseExpression, cst.CSTNode], bool],
) -> cst.If | None:
    """A test made of the program's own branch for errors, fit to stand behind the POST; None where there is none.

    `ends` says whether a branch leaves the function or the program, `comes_to_the_same` whether an exception that a
    branch raises is caught by the same handler where the session is opened.
    """
    for branch in errors.branches():
        is_else_left = isinstance(branch.orelse, cst.Else) and not isinstance(reads.program.parents[branch], cst.If)
        if is_else_left or not ends(branch) or not isinstance(branch.body, cst.IndentedBlock):
            continue
        kept = [one for one in branch.body.body if isinstance(one, Statement) and not _closes(reads, one)]
        is_end = _ends_there(reads, branch, kept) or _raises_there(reads, branch, kept, comes_to_the_same)
        if is_end and all(_means_the_same(reads, one, kept) for one in kept):
            return branch.with_changes(body=branch.body.with_changes(body=kept), orelse=None, leading_lines=[])
    return None


def _closes(reads: AnswerReads, statement: cst.CSTNode) -> bool:
    """Whether a statement only closes the socket, which is not open yet where the POST is refused."""
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.Call() | cst.Await(cst.Call()) as done)]):
            call = done.expression if isinstance(done, cst.Await) else done
            if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and call.func.attr.value == "close":
                owners = something(reads.program.value(call.func.value))
                return any(one == Socket(reads.connect.call) for one in owners)
    return False


def _ends_there(reads: AnswerReads, branch: cst.If, kept: list[Statement]) -> bool:
    """Whether the end of a branch means the same where the session is opened: in its function, or for the program."""
    if not kept:
        return False
    if reads.program.scope_of(branch) is reads.place:
        return True
    match kept[-1]:
        case cst.SimpleStatementLine([*_, cst.Expr(cst.Call(function))]) | cst.SimpleStatementLine(
            [*_, cst.Raise(cst.Call(function))]
        ):
            callee = reads.program.value(function)
            is_ending = isinstance(callee, Library) and callee.name in (*ENDING, "builtins.SystemExit")
            return is_ending and not any(isinstance(one, cst.Await) for one in reads.program.nodes_in(branch.body))
    return False


def _raises_there(
    reads: AnswerReads,
    branch: cst.If,
    kept: list[Statement],
    comes_to_the_same: Callable[[cst.BaseExpression, cst.CSTNode], bool],
) -> bool:
    """Whether a branch of another function only raises what somebody catches, where the session is opened as well."""
    match kept[-1:]:
        case [cst.SimpleStatementLine([cst.Raise(cst.Call(function), None)])]:
            is_plain = not any(isinstance(one, (cst.Await, cst.Return)) for one in reads.program.nodes_in(branch.body))
            return is_plain and comes_to_the_same(function, branch.test)
    return False


def _means_the_same(reads: AnswerReads, statement: cst.CSTNode, kept: list[Statement]) -> bool:
    """Whether every name of a statement is there, and the same, where the session is opened."""
    program = reads.program
    there = program.at_statement.get(program.statement_of(reads.connect.call), {})
    for node in program.nodes_in(statement):
        if not isinstance(node, cst.Name) or node not in program.reaching or reads.document(node) is not None:
            continue
        reaching = program.reaching[node]
        if any(all(program.is_inside(one.node, each) for one in reaching) for each in kept):
            continue
        module = program.scopes[program.module_of(node)].definitions
        of_module = all(one in module.get(one.name, ()) for one in reaching)
        is_here = program.scope_of(node) is reads.place and there.get(node.value) == reaching
        if not (of_module or is_here or is_own_object(program, node, reads.place)):
            return False
    return True
