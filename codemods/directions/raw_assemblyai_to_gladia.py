"""Programs that speak to AssemblyAI's API themselves: one WebSocket, its settings in the address."""

from __future__ import annotations

from functools import partial

import libcst as cst

from codemods.findings import ADDRESS_UNKNOWN, REQUEST_ABSENT, TOKEN_ABSENT
from codemods.migrating import Migrating
from codemods.rules.configuration.request_body import RequestBodyRule
from codemods.rules.messages.close_codes import CloseCodeRule
from codemods.rules.messages.every_message import switched_off
from codemods.rules.messages.formatted_turns import FormattedTurnRule
from codemods.rules.messages.message_rule import MessageRule
from codemods.rules.messages.never_there import settle_types
from codemods.rules.posting.address_maker import AddressMakers
from codemods.rules.posting.header_fallback import take_fallbacks_away
from codemods.rules.posting.posting_rule import PostingRule
from codemods.rules.posting.written_url import WrittenAddress
from codemods.rules.remains.kept_calls import report_call
from codemods.rules.remains.other_apis import uses_other_apis_only
from codemods.rules.sending.controls import ControlRule
from codemods.rules.sending.sending_rule import SendingRule
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
        kind = TOKEN_ABSENT if is_token else REQUEST_ABSENT
        report_call(migrating, kind, request.call, migrating.code(request.call))
    settle_types(program, sessions.V3)
    planned: dict[cst.BaseExpression, RequestBodyRule] = {}
    every = list(sessions.openings(program))
    fallbacks = take_fallbacks_away(migrating, every)
    openings = [one for one in every if one not in fallbacks]
    makers = AddressMakers([made for one in openings if (made := WrittenAddress(migrating, one).maker) is not None])
    body = partial(RequestBodyRule, switched_off=switched_off(program, [one.connect for one in openings]))
    rules = [PostingRule(migrating.at(one.connect.call), one, planned, makers, body) for one in openings]
    connects = [one.connect.call for one, rule in zip(openings, rules, strict=True) if rule.plan()]
    if connects:
        connects.extend(one.connect.call for one in fallbacks)
        migrating.gone.update(FormattedTurnRule(migrating, connects).plan())
        MessageRule(migrating, connects).plan()
        ControlRule(migrating, connects).plan()
        SendingRule(migrating, connects).plan()
        CloseCodeRule(migrating).plan()
        for literal in sessions.address_literals(program):
            if literal not in migrating.edits.rewrites and literal not in migrating.kept:
                migrating.report(ADDRESS_UNKNOWN, literal, migrating.code(program.parents[literal]))
