"""A test of the POST's status that has a branch for a good answer: what stays in its place, and what a refusal does.

`if response.ok: … else: …`, the same the other way round, and a good answer's `return` with the refusal behind it all
say what a plain test for a refusal says: without the POST the good branch is what is always done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.program import Program
from codemods.edits import Edits, Statement
from codemods.migrating import Migrating

if TYPE_CHECKING:
    from codemods.rules.opening.refusal import RefusalRule


@dataclass(frozen=True, slots=True, eq=False)
class StatusBranches:
    """One such test. `check` is its refusal as a test of its own, made of the program's own statements."""

    statement: cst.If
    check: cst.If
    staying: cst.BaseSuite
    """What is done about a good answer."""
    behind: tuple[cst.CSTNode, ...]
    """The statements behind the test, where these are what is done about a refusal."""

    def holds(self, program: Program, node: cst.CSTNode) -> bool:
        """Whether a node belongs to the test itself or to what is done about a refusal."""
        return any(program.is_inside(node, one) for one in (self.statement.test, self.check.body, *self.behind))

    def edited(self, edits: Edits) -> cst.If:
        """The refusal's test as the edits planned so far make it."""
        if not self.behind:
            return edits.edited(self.check)
        body = cst.IndentedBlock([edits.edited(one) for one in self.behind if isinstance(one, Statement)])
        return self.check.with_changes(test=edits.edited(self.check.test), body=body)

    def plan(self, migrating: Migrating, going: list[cst.CSTNode]) -> None:
        """Plans that the good branch takes the test's place; `going` are the statements that go, with it if it goes."""
        edits, statement = migrating.edits, self.statement
        for one in self.behind:
            edits.move(one)
        if all(one in going for one in self.staying.body):
            edits.remove(statement)
            going.append(statement)
            return
        if self.staying is not statement.body:
            edits.rewrite(statement, lambda updated: updated.with_changes(body=updated.orelse.body, orelse=None))
        edits.unwrap(statement)


def branches_of(program: Program, refusal: RefusalRule, statement: cst.If) -> StatusBranches | None:
    """A test's branches, where it tells a good answer from a refusal and the refusal ends the function."""
    block = program.parents[statement]
    if not isinstance(block, cst.IndentedBlock | cst.Module) or not isinstance(statement.body, cst.IndentedBlock):
        return None
    is_success = refusal.is_success(statement.test)
    if not is_success and not refusal.is_failure(statement.test):
        return None
    match statement.orelse:
        case cst.Else(cst.IndentedBlock() as other):
            failing, staying = (other, statement.body) if is_success else (statement.body, other)
            behind: tuple[cst.CSTNode, ...] = ()
        case None if is_success and refusal.ends(statement.body):
            behind = tuple(block.body[list(block.body).index(statement) + 1 :])
            own = list(block.body[list(block.body).index(statement) + 1 :])
            if not own and program.parents[block] is not program.scope_of(statement):
                return None  # what follows stands further out
            failing = cst.IndentedBlock(own or [cst.SimpleStatementLine([cst.Return()])])
            staying = statement.body
        case _:
            return None
    if refusal.why_not_body(failing) is not None:
        return None
    check = statement.with_changes(body=failing, orelse=None, leading_lines=[])
    return StatusBranches(statement, check, staying, behind)
