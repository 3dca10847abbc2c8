"""A function of the program's own that makes a whole audio message: its calls become the bytes that it was given."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.sockets import Send
from codemods.analysis.values import Base64
from codemods.migrating import Migrating
from codemods.rules.names.elsewhere import calls_of
from codemods.rules.names.own_imports import names_written


class AudioMaker:
    """The function that encodes `encoded` and gives the message, where it does nothing but that for frames."""

    def __init__(self, migrating: Migrating, encoded: Base64) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._encoded = encoded
        function = self._program.scope_of(encoded.call)
        self._function = function if isinstance(function, cst.FunctionDef) else None

    def raw_of(self, send: Send) -> cst.BaseExpression | None:
        """The bytes that the function is given for this frame; None where it is not such a function."""
        function, call = self._function, send.payload
        if function is None or not isinstance(call, cst.Call) or len(call.args) != 1 or call.args[0].star:
            return None
        calls = calls_of(self._program, function)
        payloads = [one.payload for one in self._program.sends.values()]
        if call not in calls or any(one not in payloads for one in calls) or not self._is_only_called(len(calls)):
            return None
        return call.args[0].value if self._only_makes(function) else None

    def remove(self) -> None:
        """Removes the function, which nothing calls any more."""
        if self._function is not None and self._function not in self._migrating.edits.removed:
            self._migrating.edits.remove(self._function)

    def _only_makes(self, function: cst.FunctionDef) -> bool:
        """Whether the function binds names of its own and returns, and encodes what it was given as it is."""
        parameters = [one.name.value for one in function.params.params if one.name.value not in ("self", "cls")]
        raw = self._encoded.encoded
        if not isinstance(raw, cst.Name) or parameters != [raw.value]:
            return False
        if not isinstance(function.body, cst.IndentedBlock):
            return False
        if any(not isinstance(one.node, cst.Param) for one in self._program.reaching.get(raw, ())):
            return False
        *lines, last = function.body.body
        match last:
            case cst.SimpleStatementLine([cst.Return()]):
                return all(_binds_or_says(one) for one in lines)
        return False

    def _is_only_called(self, calls: int) -> bool:
        """Whether the function's name stands nowhere but in its definition and in these calls."""
        assert self._function is not None
        return len(names_written(self._program, self._function.name.value)) == calls + 1


def _binds_or_says(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name())]) | cst.AnnAssign(cst.Name())]):
            return True
        case cst.SimpleStatementLine([cst.Expr(cst.SimpleString())]):
            return True
    return False
