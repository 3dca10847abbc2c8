"""Programs that speak AssemblyAI's realtime API of before v3 themselves."""

from __future__ import annotations

from functools import partial

import libcst as cst

from codemods.findings import ADDRESS_UNKNOWN
from codemods.migrating import Migrating
from codemods.rules.configuration.request_body import RequestBodyRule
from codemods.rules.configuration.v2_parameters import V2BodyRule
from codemods.rules.messages.close_codes import CloseCodeRule
from codemods.rules.messages.every_message import switched_off
from codemods.rules.messages.never_there import settle_types
from codemods.rules.messages.v2_messages import V2MessageRule
from codemods.rules.posting.address_maker import AddressMakers
from codemods.rules.posting.header_fallback import take_fallbacks_away
from codemods.rules.posting.posting_rule import PostingRule
from codemods.rules.posting.written_url import WrittenAddress
from codemods.rules.sending.v2_sending import V2SendingRule, silence_set
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors.assemblyai_sessions import V2


def is_met(migrating: Migrating) -> bool:
    """Whether the program opens the older API's socket."""
    return any(sessions.openings(migrating.program, V2))


def plan(migrating: Migrating) -> None:
    """Plans each session from its connect to its messages."""
    program = migrating.program
    settle_types(program, V2)
    every = list(sessions.openings(program, V2))
    fallbacks = take_fallbacks_away(migrating, every)
    openings = [one for one in every if one not in fallbacks]
    makers = AddressMakers([made for one in openings if (made := WrittenAddress(migrating, one).maker) is not None])
    silence = silence_set(program, [one.connect.call for one in openings])
    body = partial(
        V2BodyRule,
        silence=silence[1] if silence is not None else None,
        switched_off=switched_off(program, [one.connect for one in openings], V2),
    )
    planned: dict[cst.BaseExpression, RequestBodyRule] = {}
    connects = [one.connect.call for one in openings if PostingRule(migrating, one, planned, makers, body).plan()]
    if not connects:
        return
    connects.extend(one.connect.call for one in fallbacks)
    if silence is not None:
        migrating.edits.remove(program.statement_of(silence[0].call))
        migrating.gone.add(silence[0].call)
    V2MessageRule(migrating, connects).plan()
    V2SendingRule(migrating, connects).plan()
    CloseCodeRule(migrating).plan()
    for literal in sessions.address_literals(program, V2):
        if literal not in migrating.edits.rewrites and literal not in migrating.kept:
            migrating.report(ADDRESS_UNKNOWN, literal, migrating.code(program.parents[literal]))
