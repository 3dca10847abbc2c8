"""Programs that speak to Gladia's API themselves: the POST, then the WebSocket."""

from __future__ import annotations

import libcst as cst

from codemods.findings import FIRST_API, REQUEST_ABSENT
from codemods.migrating import Migrating
from codemods.rules.messages.close_codes import CloseCodeRule
from codemods.rules.messages.message_rule import MessageRule
from codemods.rules.opening.opening_rule import OpeningRule
from codemods.rules.opening.refusal_handlers import RefusalHandlers
from codemods.rules.opening.several_sockets import SeveralSocketsRule
from codemods.rules.opening.spread_opening import SpreadOpeningRule
from codemods.rules.remains.kept_calls import report_call
from codemods.rules.remains.other_apis import uses_other_apis_only
from codemods.rules.sending.sending_rule import SendingRule
from codemods.rules.sound.last_piece import audio_of
from codemods.rules.sound.sound_length import format_of
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening


def is_met(migrating: Migrating) -> bool:
    """Whether the program opens a session by a POST, or asks Gladia for anything else by HTTP."""
    program = migrating.program
    return (
        any(gladia.openings(program))
        or any(gladia.first_api_sockets(program))
        or (any(gladia.other_requests(program, set())) and not uses_other_apis_only(migrating))
    )


def plan(migrating: Migrating) -> None:
    """Plans each session from its POST to its messages; other requests are reported."""
    program = migrating.program
    openings = list(gladia.openings(program))
    for connect in gladia.first_api_sockets(program):
        migrating.report(FIRST_API, connect.call, migrating.code(connect.call))
    for request in gladia.other_requests(program, {opening.request for opening in openings}):
        report_call(migrating, REQUEST_ABSENT, request.call, migrating.code(request.call))
    followed = [opening for opening in openings if _rule(migrating.at(opening.request.call), opening).plan()]
    connects = [connect.call for opening in followed for connect in opening.connects]
    if connects:
        MessageRule(migrating, connects).plan()
        CloseCodeRule(migrating).plan()
        formats = {one.call: format_of(program, opening) for opening in followed for one in opening.connects}
        audios = {one.call: audio_of(program, opening) for opening in followed for one in opening.connects}
        SendingRule(migrating, connects, formats, audios).plan()


def _rule(migrating: Migrating, opening: Opening) -> OpeningRule:
    """The rule for a session: its POST and its connect stand in one function or in two, or it has several connects."""
    program = migrating.program
    if SeveralSocketsRule.suits(migrating, opening):
        return SeveralSocketsRule(migrating, opening)
    places = {program.scope_of(one.call) for one in opening.connects}
    posting = program.scope_of(opening.request.call)
    is_apart = posting not in places or _is_guarded(migrating, opening) or _is_address_told(migrating, opening)
    spread = len(opening.connects) == 1 and is_apart
    return SpreadOpeningRule(migrating, opening) if spread else OpeningRule(migrating, opening)


def _is_address_told(migrating: Migrating, opening: Opening) -> bool:
    """Whether a name of the session's address is read for more than the connect: then there must be such a name."""
    program = migrating.program
    return any(
        (node in program.reaching if isinstance(node, cst.Name) else _is_read(migrating, node))
        and gladia.is_address_of(value, opening.request)
        and not any(program.is_inside(node, one.call) for one in opening.connects)
        for node, value in program.values.items()
    )


def _is_read(migrating: Migrating, node: cst.CSTNode) -> bool:
    """Whether a node reads an attribute of an object that has a name."""
    parent = migrating.program.parents[node]
    is_target = isinstance(parent, cst.AssignTarget) or (isinstance(parent, cst.AnnAssign) and parent.target is node)
    return isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name) and not is_target


def _is_guarded(migrating: Migrating, opening: Opening) -> bool:
    """Whether a `try` guards the POST and not the connect, in one function, or by a handler that is for the POST."""
    program = migrating.program
    current: cst.CSTNode = opening.request.call
    while current in program.parents and not isinstance(current, cst.FunctionDef):
        around = program.parents[current]
        is_guard = isinstance(around, cst.Try) and around.handlers and around.body is current
        if is_guard and not program.is_inside(opening.connects[0].call, current):
            return True
        if isinstance(around, cst.Try) and is_guard and RefusalHandlers(migrating).is_of_library(around):
            return isinstance(program.scope_of(opening.request.call), cst.FunctionDef)
        current = around
    return False
