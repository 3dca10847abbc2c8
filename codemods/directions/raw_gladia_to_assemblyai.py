"""Programs that speak to Gladia's API themselves: the POST, then the WebSocket."""

from __future__ import annotations

from codemods.findings import REQUEST_ABSENT
from codemods.migrating import Migrating
from codemods.rules.messages import MessageRule
from codemods.rules.opening import OpeningRule
from codemods.rules.sending import SendingRule
from codemods.vendors import gladia


def is_met(migrating: Migrating) -> bool:
    """Whether the program opens a session by a POST, or asks Gladia for anything else by HTTP."""
    program = migrating.program
    return any(gladia.openings(program)) or any(gladia.other_requests(program, set()))


def plan(migrating: Migrating) -> None:
    """Plans each session from its POST to its messages; other requests are reported."""
    program = migrating.program
    openings = list(gladia.openings(program))
    for request in gladia.other_requests(program, {opening.request for opening in openings}):
        migrating.report(REQUEST_ABSENT, request.call, migrating.code(request.call))
    followed = [opening for opening in openings if OpeningRule(migrating, opening).plan()]
    connects = [connect.call for opening in followed for connect in opening.connects]
    if connects:
        MessageRule(migrating, connects).plan()
        SendingRule(migrating, connects).plan()
