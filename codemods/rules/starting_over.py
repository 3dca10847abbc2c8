"""A connect that is made again and again: at AssemblyAI each is a session of its own, with new ids and times."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.libraries import Connect
from codemods.findings import SESSION_STARTS_OVER
from codemods.migrating import Migrating
from codemods.rules.opened_block import connecting_loop


def say_that_it_starts_over(migrating: Migrating, connect: Connect, post: cst.Call | None = None) -> None:
    """Reports a connect in a loop of its function, as long as the POST that opened the session is outside of it."""
    program = migrating.program
    if connecting_loop(program, connect) is not None:
        migrating.report(SESSION_STARTS_OVER, connect.call, "each pass of this loop is a session of its own")
        return
    current: cst.CSTNode = connect.call
    while current in program.parents and not isinstance(current, cst.FunctionDef):
        inside, current = current, program.parents[current]
        if not isinstance(current, (cst.While, cst.For)) or (post is not None and program.is_inside(post, current)):
            continue
        if inside is not current.orelse:
            migrating.report(SESSION_STARTS_OVER, connect.call, "each connect in this loop is a session of its own")
            return
