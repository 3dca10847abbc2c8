"""The test for no session in the function that connects, or in one that calls it: there the program finds out.

The POST's function gives nothing for a refusal, and whoever called it looks at what it got. There always is an address
now; what is done where there is none is done where the socket is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.program import Program
from codemods.rules.opening.last_call import caller_of_both, goes_to_session_last
from codemods.rules.opening.no_session import asked, returns, tests_for_nothing
from codemods.rules.opening.refusal import RefusalRule
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening


@dataclass(frozen=True, slots=True)
class CallerBranches:
    """The tests of one session's callers."""

    program: Program
    refusal: RefusalRule
    opening: Opening
    posting: cst.CSTNode
    connecting: cst.CSTNode

    def for_nothing(self, is_call_of_poster: Callable[[cst.BaseExpression], bool]) -> cst.If | None:
        """The test that ends the function, or what it is called for, where the POST's function gave nothing."""
        caller = caller_of_both(self.program, self.posting, self.connecting)
        inside = self.program.nodes_in(self.connecting)
        outside = self.program.nodes_in(caller) if caller is not None else []
        for node in (*inside, *(one for one in outside if self._ends_before_session(one, caller))):
            if not isinstance(node, cst.If) or not isinstance(node.body, cst.IndentedBlock) or node.orelse is not None:
                continue
            if not self.refusal.ends(node.body) or not tests_for_nothing(node.test):
                continue
            about = asked(node.test)
            is_answer = gladia.is_answer_of(self.program.value(about), self.opening.request)
            named = self.program.definitions_of(about) if isinstance(about, cst.Name) else []
            made = [about, *(one.expression for one in named if one.expression is not None)]
            if is_answer or any(is_call_of_poster(one) for one in made):
                return node
        return None

    def _ends_before_session(self, node: cst.CSTNode, caller: cst.CSTNode | None) -> bool:
        """Whether a test in the caller of both functions ends what the function that connects can end for it."""
        if not isinstance(node, cst.If) or caller is None or self.program.scope_of(node) is not caller:
            return False
        is_last = goes_to_session_last(self.program, caller, self.connecting)
        return is_last if returns(node.body) else True
