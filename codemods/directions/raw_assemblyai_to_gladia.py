"""Programs that speak to AssemblyAI's API themselves: one WebSocket, its settings in the address."""

from __future__ import annotations

import libcst as cst

from codemods.findings import ADDRESS_UNKNOWN, REQUEST_ABSENT, TOKEN_ABSENT
from codemods.migrating import Migrating
from codemods.rules.address_maker import AddressMakers
from codemods.rules.close_codes import CloseCodeRule
from codemods.rules.controls import ControlRule
from codemods.rules.formatted_turns import FormattedTurnRule
from codemods.rules.header_fallback import take_fallbacks_away
from codemods.rules.messages import MessageRule
from codemods.rules.other_apis import uses_other_apis_only
from codemods.rules.posting import PostingRule
from codemods.rules.request_body import RequestBodyRule
from codemods.rules.sending import SendingRule
from codemods.rules.written_url import WrittenAddress
from codemods.vendors import assemblyai_sessions as sessions


def is_met(migrating: Migrating) -> bool:
    """Whether the program opens AssemblyAI's socket, or asks AssemblyAI for anything by HTTP."""
    program = migrating.program
    if any(sessions.openings(program)):
        return True
    return any(sessions.other_requests(program)) and not uses_other_apis_only(migrating)


def plan(migrating: Migrating) -> None:
    """Plans each session from its connect to its messages; requests by HTTP are reported."""
    program = migrating.program
    for request, is_token in sessions.other_requests(program):
        migrating.report(TOKEN_ABSENT if is_token else REQUEST_ABSENT, request.call, migrating.code(request.call))
    planned: dict[cst.BaseExpression, RequestBodyRule] = {}
    every = list(sessions.openings(program))
    fallbacks = take_fallbacks_away(migrating, every)
    openings = [one for one in every if one not in fallbacks]
    makers = AddressMakers([made for one in openings if (made := WrittenAddress(migrating, one).maker) is not None])
    rules = [PostingRule(migrating.at(one.connect.call), one, planned, makers) for one in openings]
    connects = [one.connect.call for one, rule in zip(openings, rules, strict=True) if rule.plan()]
    if connects:
        connects.extend(one.connect.call for one in fallbacks)
        migrating.gone.update(FormattedTurnRule(migrating, connects).plan())
        MessageRule(migrating, connects).plan()
        ControlRule(migrating, connects).plan()
        SendingRule(migrating, connects).plan()
        CloseCodeRule(migrating).plan()
        for literal in sessions.address_literals(program):
            if literal not in migrating.edits.rewrites:
                migrating.report(ADDRESS_UNKNOWN, literal, migrating.code(program.parents[literal]))
