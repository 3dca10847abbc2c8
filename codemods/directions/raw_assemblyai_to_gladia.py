"""Programs that speak to AssemblyAI's API themselves: one WebSocket, its settings in the address."""

from __future__ import annotations

import libcst as cst

from codemods.findings import ADDRESS_UNKNOWN, REQUEST_ABSENT, TOKEN_ABSENT
from codemods.migrating import Migrating
from codemods.rules.controls import ControlRule
from codemods.rules.formatted_turns import FormattedTurnRule
from codemods.rules.messages import MessageRule
from codemods.rules.posting import PostingRule
from codemods.rules.request_body import RequestBodyRule
from codemods.rules.sending import SendingRule
from codemods.vendors import assemblyai_sessions as sessions


def is_met(migrating: Migrating) -> bool:
    """Whether the program opens AssemblyAI's socket, or asks AssemblyAI for anything by HTTP."""
    program = migrating.program
    return any(sessions.openings(program)) or any(sessions.other_requests(program))


def plan(migrating: Migrating) -> None:
    """Plans each session from its connect to its messages; requests by HTTP are reported."""
    program = migrating.program
    for request, is_token in sessions.other_requests(program):
        migrating.report(TOKEN_ABSENT if is_token else REQUEST_ABSENT, request.call, migrating.code(request.call))
    planned: dict[cst.BaseExpression, RequestBodyRule] = {}
    openings = list(sessions.openings(program))
    connects = [one.connect.call for one in openings if PostingRule(migrating, one, planned).plan()]
    if connects:
        migrating.gone.update(FormattedTurnRule(migrating, connects).plan())
        MessageRule(migrating, connects).plan()
        ControlRule(migrating, connects).plan()
        SendingRule(migrating, connects).plan()
        for literal in sessions.address_literals(program):
            if literal not in migrating.edits.rewrites:
                migrating.report(ADDRESS_UNKNOWN, literal, migrating.code(program.parents[literal]))
