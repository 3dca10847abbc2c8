"""The first message of a session, read where its socket is open: it says whether the session is refused."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.edits import Statement
from codemods.migrating import Migrating
from codemods.rules.opening.opened_block import block_of_first_message
from codemods.vendors import assemblyai


def read_first_message(
    migrating: Migrating,
    connect: Connect,
    message: cst.BaseExpression,
    *,
    socket: Callable[[], cst.BaseExpression],
    check: Callable[[], cst.If | None],
    rest: Callable[[], list[Statement]],
) -> None:
    """Plans that `message` is read from `socket`, then its `check`, then `rest`: what was done with the POST's answer.

    The three are asked for when the edits are applied.
    """
    block = migrating.program.statement_of(connect.call)

    def statements() -> list[Statement]:
        read = assemblyai.first_message(
            migrating,
            socket(),
            message,
            asynchronous=connect.library.asynchronous,
            check=check(),
            near=block,
            wrapped=connect.library.wrapped,
        )
        return [*read, *rest()]

    opened = block_of_first_message(migrating.program, connect)
    if opened is not None:
        migrating.edits.insert_at_start(opened, statements)
    else:
        migrating.edits.insert_after(block, statements)
