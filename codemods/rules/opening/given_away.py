"""The address out of the POST's answer, given to somebody who is not followed: a browser, a library, a file."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Class, Function, Instance, Member, Value, alternatives
from codemods.migrating import Migrating
from codemods.rules.opening.answer_record import AnswerRecord
from codemods.rules.opening.display_uses import stays_inside

_TELLING: Final = ("print", "debug", "info", "warning", "urlparse", "urlsplit")


def is_given_away(
    migrating: Migrating, address: cst.BaseExpression, posting: cst.CSTNode, record: AnswerRecord | None
) -> bool:
    """Whether an address is given to somebody else, who would open the session with it, or is stored.

    `posting` is the function of the POST, `record` what it gives together with the session's id, if it does.
    """
    program = migrating.program
    parent = program.parents[address]
    if isinstance(parent, cst.DictElement):
        is_of_record = record is not None and program.is_inside(parent, record.display)
        return not is_of_record and not stays_inside(program, program.parents[parent], posting)
    call = program.parents[parent]
    sockets = [one.call for one in program.connects.values()]
    if not isinstance(parent, cst.Arg) or not isinstance(call, cst.Call) or call in sockets:
        return False
    callees = list(alternatives(program.value(call.func)))
    if all(isinstance(one, (Function, Class)) or _is_own_method(one) for one in callees):
        return False
    return migrating.code(call.func).rpartition(".")[2] not in _TELLING


def _is_own_method(value: Value) -> bool:
    return isinstance(value, Member) and isinstance(value.owner, Instance)
