"""A POST under a decorator that calls its function again after a failure.

There is no POST any more, and to put an address together never fails: the decorator goes. Loops that make a POST again
are gone before anything is planned; see `codemods.simpler.first_success`.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import Library
from codemods.findings import RETRY_WENT
from codemods.migrating import Migrating
from codemods.vendors.gladia import Opening

_DECORATORS: Final = ("tenacity.", "backoff.", "retrying.", "stamina.", "retry.")
"""Libraries whose decorators call a function again that failed."""


def take_decorators_away(migrating: Migrating, function: cst.CSTNode, opening: Opening, connect: Connect) -> None:
    """Plans to remove the decorators that call a function again, once it only puts an address together.

    One that opens the socket or makes other requests as well is still called again where these fail.
    """
    program = migrating.program
    others = any(one in program.requests and one is not opening.request.call for one in program.nodes_in(function))
    if others or program.is_inside(connect.call, function):
        return
    for decorator in function.decorators if isinstance(function, cst.FunctionDef) else ():
        called = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        value = program.value(called)
        if isinstance(value, Library) and value.name.startswith(_DECORATORS):
            migrating.edits.take_out(decorator)
            migrating.report(
                RETRY_WENT, decorator, f"`@{migrating.code(decorator.decorator)}`: the session is opened once"
            )
