"""A temporary token that is got where its session is opened: the key in its place, and what asked for it goes.

What the program does where it gets none goes as well: a key that is refused is told by the POST.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Program
from codemods.edits import Edits
from codemods.rules.configuration.key_in_query import is_key
from codemods.rules.names.same_meaning import means_the_same
from codemods.simpler.own_tokens import (
    addresses_of,
    drop_what_only_asked,
    is_tested,
    is_token,
    with_header,
)
from codemods.simpler.token_refusals import TokenRefusals
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions


def with_keys_in_place(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a token is got and used in one function, with the key instead."""
    found = {}
    for request, is_for_token in sessions.other_requests(program):
        module, edits = program.module_of(request.call), Edits()
        if is_for_token and module not in found and _Asking(program, request).plan(edits):
            found[module] = simpler(module, edits)
    return found


class _Asking:
    """One request for a token, with what is done with its answer."""

    def __init__(self, program: Program, request: HttpRequest) -> None:
        self._program = program
        self._request = request
        self._gone: set[cst.CSTNode] = set()
        self._tokens: list[Definition] = []

    def plan(self, edits: Edits) -> bool:
        """Plans the edits; False where the answer is used for more than the token, or the token for more."""
        program, request = self._program, self._request
        entry = sessions.key_entry(program, request.headers) if request.headers is not None else None
        if entry is None or not self._follow(program.statement_of(request.call)) or len(self._tokens) != 1:
            return False
        key, token = entry.value_node, self._tokens[0]
        opened = [one for one, inside in addresses_of(program).items() if any(use in inside for use in token.uses)]
        inside = set().union(*(nodes for nodes in addresses_of(program).values()))
        if not opened or not all(use in inside or is_tested(program, use) for use in token.uses):
            return False  # whoever else gets the token must not get the key
        if not means_the_same(program, key, opened[0].connect.call) and program.scope_of(key) is not program.scope_of(
            opened[0].connect.call
        ):
            return False
        refusals = TokenRefusals(program, self._gone, [request.call])
        if not refusals.can_move():
            return False
        if not is_key(program, key):
            if any(one.headers is not None for one in opened):
                return False
            for one in opened:
                edits.rewrite(one.connect.call, lambda updated, one=one: with_header(updated, one, key))  # type: ignore[misc]
        refusals.plan(edits)
        assert token.expression is not None
        edits.replace(token.expression, key)
        for statement in self._without_blocks(self._gone):
            edits.remove(statement)
        drop_what_only_asked(program, self._gone, key, edits)
        return True

    def _follow(self, statement: cst.CSTNode) -> bool:
        """Takes a statement that gets or asks for the answer, and all that hang on what it gives names to."""
        if statement in self._gone:
            return True
        program = self._program
        made = [one for one in program.definitions() if one.statement is statement]
        if any(isinstance(one.expression, cst.BaseExpression) and is_token(program, one.expression) for one in made):
            self._tokens.extend(made)
            return all(self._takes_refusal(use) for one in made for use in one.uses if is_tested(program, use))
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            return self._is_refusal(statement)
        match statement.body[0]:
            case cst.Assign() | cst.AnnAssign() if made:
                pass
            case cst.Expr(cst.Call(cst.Attribute(_, cst.Name("raise_for_status")), [])):
                pass
            case _:
                return self._tells_of_refusal(statement)
        self._gone.add(statement)
        return all(self._follow(program.statement_of(use)) for one in made for use in one.uses)

    def _takes_refusal(self, use: cst.Name) -> bool:
        return self._is_refusal(self._program.statement_of(use))

    def _tells_of_refusal(self, statement: cst.CSTNode) -> bool:
        """Whether a statement stands where a test of the answer has found that there is no token."""
        block = self._program.parents[statement]
        branch = self._program.parents.get(block)
        if not isinstance(branch, cst.If) or branch.body is not block or not self._is_refusal(branch):
            return False
        made = {one for one in self._program.definitions() if one.statement in self._gone}
        return any(use in set(self._program.nodes_in(branch.test)) for one in made for use in one.uses)

    def _is_refusal(self, statement: cst.CSTNode) -> bool:
        """Whether a statement does nothing but end the way where there is no token; it goes then."""
        if not isinstance(statement, cst.If) or statement.orelse is not None:
            return False
        last = statement.body.body[-1] if statement.body.body else None
        match last:
            case cst.SimpleStatementLine([cst.Raise()]):
                self._gone.add(statement)
                return True
        return False

    def _without_blocks(self, gone: set[cst.CSTNode]) -> set[cst.CSTNode]:
        """The statements that go, or the `with` that holds nothing else."""
        found = set(gone)
        for statement in gone:
            block = self._program.parents.get(statement)
            around = self._program.parents.get(block) if block is not None else None
            if isinstance(around, cst.With) and all(one in found for one in around.body.body):
                found -= set(around.body.body)
                found.add(around)
        return found
