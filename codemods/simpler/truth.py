"""Tests of a POST's answer: which way they go where it succeeded, and where it was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, Known, Parsed, ResponseField, Sequence, Value, alternatives
from shim.mapping import ends, session

GOOD: Final = (200, 201)
"""The status of a session that was opened."""
REFUSED: Final = (418,)
"""The status of a refusal that no program has a word of its own for."""
_STATUS: Final = ("status_code", "status")
_SUCCESS: Final = ("ok", "is_success")
_FAILURE: Final = ("is_error", "is_client_error")
COMPARED: Final[dict[type[cst.BaseCompOp], Callable[[int, Any], bool]]] = {
    cst.Equal: lambda status, other: bool(status == other),
    cst.NotEqual: lambda status, other: bool(status != other),
    cst.LessThan: lambda status, other: bool(status < other),
    cst.LessThanEqual: lambda status, other: bool(status <= other),
    cst.GreaterThan: lambda status, other: bool(status > other),
    cst.GreaterThanEqual: lambda status, other: bool(status >= other),
    cst.In: lambda status, other: status in other,
    cst.NotIn: lambda status, other: status not in other,
}
"""What each operator says of a status and a number, or a list of numbers."""
_MIRRORED: Final[dict[type[cst.BaseCompOp], type[cst.BaseCompOp]]] = {
    cst.Equal: cst.Equal,
    cst.NotEqual: cst.NotEqual,
    cst.LessThan: cst.GreaterThan,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.GreaterThan: cst.LessThan,
    cst.GreaterThanEqual: cst.LessThanEqual,
}
"""The same operators with their sides changed."""

_IDENTITY: Final = tuple(session.SESSION_ID.gladia[0].split(".")[1:])
_ADDRESS: Final = tuple(session.ADDRESS.gladia[0].split(".")[1:])

ANSWER: Final = object()
"""Stands for what a name holds that was read out of a good answer: it is not None and not empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One outcome of the POSTs made by `calls`: `statuses` are those that their answers can have."""

    program: Program
    calls: frozenset[cst.Call]
    statuses: tuple[int, ...]
    names: Mapping[str, Any] = field(default_factory=dict)
    """What names hold on the way: a constant, or ANSWER."""

    @property
    def is_good(self) -> bool:
        """Whether the session was opened."""
        return self.statuses is GOOD

    def truth(self, test: cst.BaseExpression) -> bool | None:
        """Which way a test goes; None where that depends on something else."""
        match test:
            case cst.UnaryOperation(cst.Not(), inner):
                found = self.truth(inner)
                return None if found is None else not found
            case cst.BooleanOperation(left, operator, right):
                return _joined(self.truth(left), self.truth(right), decides=isinstance(operator, cst.Or))
            case cst.Comparison(left, [cst.ComparisonTarget(operator, right)]):
                return self._compared(left, operator, right)
            case cst.Comparison(left, [cst.ComparisonTarget(operator, middle), *further]):
                rest = cst.Comparison(middle, further)  # `200 <= status < 300`
                return _joined(self._compared(left, operator, middle), self.truth(rest), decides=False)
        return self._holds(test)

    def held_by(self, node: cst.BaseExpression) -> Any:
        """What a name gets by an assignment: a constant, ANSWER, or None where it is not known."""
        inner = node.expression if isinstance(node, cst.Await) else node
        value = self.program.value(inner)
        if isinstance(value, Known) and value.certain and isinstance(inner, (cst.Name, cst.BaseNumber, cst.BaseString)):
            return value
        if self.is_good and self._is_answer(value):
            return ANSWER
        return None

    def _holds(self, node: cst.BaseExpression) -> bool | None:
        if isinstance(node, cst.Name) and node.value in self.names:
            held = self.names[node.value]
            return True if held is ANSWER else bool(held.value)
        value = self.program.value(node.expression if isinstance(node, cst.Await) else node)
        for one in alternatives(value):
            match one:
                case HttpResponse(call) if call in self.calls:
                    return self.is_good
                case ResponseField(call, name) if call in self.calls and name in (*_SUCCESS, *_FAILURE):
                    return self.is_good is (name in _SUCCESS)
        if self._is_answer(value):
            return True if self.is_good else None
        is_constant = isinstance(node, (cst.Name, cst.Integer)) and isinstance(value, Known) and value.certain
        return bool(value.value) if is_constant and isinstance(value, Known) and value.value is True else None

    def _compared(self, left: cst.BaseExpression, operator: cst.BaseCompOp, right: cst.BaseExpression) -> bool | None:
        value = self.program.value(left)
        if type(operator) in _MIRRORED and not self._is_status(value) and self._is_status(self.program.value(right)):
            return self._compared(right, _MIRRORED[type(operator)](), left)
        if self._is_status(value):
            other = plain(self.program.value(right))
            if other is None or type(operator) not in COMPARED:
                return None
            return self._of_status(COMPARED[type(operator)], other)
        if isinstance(operator, (cst.In, cst.NotIn)) and self.is_good and self._is_document(self.program.value(right)):
            return isinstance(operator, cst.In) if _is_field(value) else None
        is_none = self.program.value(right) == Known(None)
        if is_none and isinstance(operator, (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual)):
            there = self._is_there(left)
            wants_none = isinstance(operator, (cst.Is, cst.Equal))
            return None if there is None else there is not wants_none
        return None

    def _of_status(self, compared: Callable[[int, Any], bool], other: Any) -> bool | None:
        """What a comparison says of every status; 200 and 201 are taken for one another."""
        try:
            found = [compared(status, other) for status in self.statuses]
        except TypeError:
            return None
        if len(set(found)) == 1:
            return found[0]
        named = other if isinstance(other, (list, tuple)) else [other]
        if compared is COMPARED[cst.Equal] or compared is COMPARED[cst.In]:
            return any(one in GOOD for one in named)
        if compared is COMPARED[cst.NotEqual] or compared is COMPARED[cst.NotIn]:
            return not any(one in GOOD for one in named)
        return None

    def _is_there(self, node: cst.BaseExpression) -> bool | None:
        """Whether something is not None."""
        if isinstance(node, cst.Name) and node.value in self.names:
            held = self.names[node.value]
            return held is ANSWER or held.value is not None
        return True if self.is_good and self._is_answer(self.program.value(node)) else None

    def _is_status(self, value: Value) -> bool:
        found = [one for one in alternatives(value) if one != Known(None)]
        return bool(found) and all(
            isinstance(one, ResponseField) and one.request in self.calls and one.name in _STATUS for one in found
        )

    def _is_answer(self, value: Value) -> bool:
        """Whether a value is the answer of one of the POSTs, its document, or a field that each answer has."""
        for one in alternatives(value):
            match one:
                case HttpResponse(call) if call in self.calls:
                    return True
                case Parsed(HttpResponse(call), _, path) if call in self.calls:
                    return path in ((), _IDENTITY, _ADDRESS)
        return False

    def _is_document(self, value: Value) -> bool:
        return any(
            isinstance(one, Parsed) and isinstance(one.document, HttpResponse) and one.document.request in self.calls
            for one in alternatives(value)
        )


def tells_refusals(program: Program, call: cst.Call, test: cst.BaseExpression) -> bool | None:
    """What a test of the answer to the POST `call` says: True for every refusal and no session, False the other way.

    None where it asks for anything else, or for some refusals only.
    """
    calls = frozenset({call})
    statuses = {*REFUSED, *(status for row in ends.REFUSALS for status in ends.statuses_of(row))}
    found = {Outcome(program, calls, (status,)).truth(test) for status in statuses}
    is_good = Outcome(program, calls, GOOD).truth(test)
    return None if is_good is None or found != {not is_good} else not is_good


def _is_field(value: Value) -> bool:
    return isinstance(value, Known) and (value.value,) in (_IDENTITY, _ADDRESS)


def _joined(left: bool | None, right: bool | None, *, decides: bool) -> bool | None:
    """What `or` (decided by True) or `and` (by False) makes of two sides."""
    if left is decides or right is decides:
        return decides
    return None if left is None or right is None else not decides


def plain(value: Value) -> Any:
    """A number or a list of numbers; None for anything else."""
    match value:
        case Known(int() as number):
            return number
        case Sequence(_, elements):
            found = [one.value for one in elements if isinstance(one, Known)]
            return found if len(found) == len(elements) else None
    return None
