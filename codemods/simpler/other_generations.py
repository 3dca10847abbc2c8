"""Tests of a message by the words of the vendor's other API, which no message of this one ever holds.

`message.get("type") != "Begin" and message.get("message_type") != "SessionBegins"` waits for the first message of any
of AssemblyAI's APIs. The address says which of them it is: what the other one's field is compared with is settled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Frame, Known, Parsed, Sequence, something
from codemods.edits import Edits
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions

_OTHER: Final = {sessions.V3: sessions.V2.type_path, sessions.V2: sessions.V3.type_path}


def with_one_generation(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that ask a message for the other API's type as well, without that."""
    fields = {
        opening.connect.call: _OTHER[edition]
        for edition in (sessions.V3, sessions.V2)
        for opening in sessions.openings(program, edition)
    }
    plans: dict[cst.Module, Edits] = {}
    for node in list(program.values) if fields else ():
        match node:
            case cst.BooleanOperation(left, operator, right):
                neutral = isinstance(operator, cst.And)
            case _:
                continue
        kept = left if _settled(program, right, fields) is neutral else None
        kept = right if kept is None and _settled(program, left, fields) is neutral else kept
        if kept is not None:
            plans.setdefault(program.module_of(node), Edits()).rewrite(node, _side(is_left=kept is left))
    return {module: simpler(module, edits) for module, edits in plans.items()}


def _side(*, is_left: bool) -> Callable[[Any], Any]:
    return lambda updated: updated.left if is_left else updated.right


def _settled(program: Program, test: cst.BaseExpression, fields: dict[cst.Call, tuple[str, ...]]) -> bool | None:
    """What a test of the other API's type comes to; None where it is about something else."""
    match test:
        case cst.Comparison(cst.Call(cst.Attribute(attr=cst.Name("get")), [_]) as read, [target]):
            asked = [one for one in something(program.value(read)) if isinstance(one, Parsed)]
        case _:
            return None
    is_of_other = bool(asked) and all(
        isinstance(one.document, Frame) and fields.get(one.document.connect) == one.path for one in asked
    )
    other = program.value(target.comparator)
    is_text = isinstance(other, Known) and isinstance(other.value, str)
    are_texts = isinstance(other, Sequence) and all(
        isinstance(one, Known) and isinstance(one.value, str) for one in other.elements
    )
    if not is_of_other or not (is_text or are_texts):
        return None
    match target.operator:
        case cst.Equal() if is_text:
            return False
        case cst.NotEqual() if is_text:
            return True
        case cst.In() if are_texts:
            return False
        case cst.NotIn() if are_texts:
            return True
    return None
