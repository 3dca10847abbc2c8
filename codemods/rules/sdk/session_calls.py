"""How a call of a Gladia session is written where one of AssemblyAI's client stands."""

from __future__ import annotations

from typing import Protocol

import libcst as cst

from codemods.migrating import Migrating
from codemods.rules.sdk.followed import Followed
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.method_use import MethodUse


class Place(Protocol):
    """Where the session is, for what stands anywhere in the program."""

    def session_at(self, ref: cst.BaseExpression) -> str | None:
        """How the session is read where a use of the client stands; None where it cannot be."""
        ...

    def ended_at(self, ref: cst.BaseExpression) -> str | None:
        """How the Event of an asynchronous session's end is read there; None where it cannot be."""
        ...


class SessionCalls(Followed):
    """Writes calls of one session. `complete` says whether all of them could be followed."""

    def __init__(
        self,
        migrating: Migrating,
        place: Place,
        imports: SdkImports,
        *,
        asynchronous: bool,
    ) -> None:
        super().__init__(migrating)
        self._place = place
        self._imports = imports
        self._asynchronous = asynchronous

    def _session_at(self, ref: cst.BaseExpression) -> str | None:
        found = self._place.session_at(ref)
        if found is None:
            self._give_up(ref, f"the session is not known where {self._migrating.code(ref)} stands")
        return found

    def _awaited(self, call: cst.Call) -> cst.BaseExpression:
        parent = self._program.parents[call]
        return parent if isinstance(parent, cst.Await) else call

    def _write_call(self, use: MethodUse, method: str) -> None:
        """Writes a call of the session's for one of the client's: `method` with its arguments."""
        session = self._session_at(use.ref)
        if session is None:
            return
        if use.is_handed_over:
            if use.arguments.positional or use.arguments.keywords:
                self._drop_given(use)
            name, _, arguments = method.partition("(")
            written = f"{session}.{name}" if arguments == ")" else f"lambda: {session}.{method}"
            self._write_function(use, written)
            return
        self._migrating.edits.replace(self._awaited(use.call), cst.parse_expression(f"{session}.{method}"))

    def _write_function(self, use: MethodUse, code: str) -> None:
        assert use.function is not None
        self._migrating.edits.replace(use.function, cst.parse_expression(code))

    def _drop_given(self, use: MethodUse) -> None:
        """Takes the method's arguments out of the call that hands the method over."""
        if not use.given:
            return
        kept = [one not in use.given for one in use.call.args]

        def without(updated: cst.Call) -> cst.Call:
            stay = [one for one, keep in zip(updated.args, kept, strict=True) if keep]
            if stay and isinstance(updated.args[-1].comma, cst.MaybeSentinel):
                stay[-1] = stay[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return updated.with_changes(args=stay)

        self._migrating.edits.rewrite(use.call, without)

    def _line_of(self, call: cst.Call) -> cst.CSTNode | None:
        """The line of a block that a call stands in, whatever is around it on the line."""
        statement = self._program.statement_of(call)
        block = self._program.parents.get(statement)
        if isinstance(statement, cst.SimpleStatementLine) and isinstance(block, (cst.IndentedBlock, cst.Module)):
            return statement
        return None

    def _is_whole_line(self, call: cst.Call) -> bool:
        """Whether a call, awaited or not, is a whole line of a block."""
        statement = self._line_of(call)
        line = self._program.parents[self._awaited(call)]
        return (
            isinstance(line, cst.Expr)
            and isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and self._program.parents[line] is statement
        )
