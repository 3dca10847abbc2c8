"""Whether a statement is the last thing that its function, or its file, does."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program


def nothing_follows(program: Program, statement: cst.CSTNode) -> bool:
    """Whether nothing of its function, or of its file where it stands in none, is done behind a statement.

    What is done in any case, such as a `finally`, and what closes a `with`, does not count.
    """
    scope, current = program.scope_of(statement), statement
    while True:
        block = program.parents[current]
        if not isinstance(block, cst.IndentedBlock | cst.Module) or block.body[-1] is not current:
            return False
        owner = block if isinstance(block, cst.Module) else program.parents[block]
        if owner is scope:
            return True
        if isinstance(owner, cst.Else | cst.ExceptHandler):
            owner = program.parents[owner]
        elif isinstance(owner, cst.Try) and owner.orelse is not None:
            return False
        if not isinstance(owner, cst.If | cst.With | cst.Try):
            return False
        while isinstance(program.parents[owner], cst.If):  # `elif`
            owner = program.parents[owner]
        current = owner
