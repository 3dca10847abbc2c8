"""Headers that an HTTP client carries for all its requests, the key among them: they go with the POST."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.libraries import HttpRequest
from codemods.edits import Statement
from codemods.findings import SESSION_SPREAD
from codemods.migrating import Migrating
from codemods.rules.elsewhere import Elsewhere
from codemods.vendors.gladia import Opening
from shim.mapping import session


class CarriedHeaders:
    """The headers that the client of one session's POST was given before."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening

    def for_connect(self, connect: cst.Call) -> cst.BaseExpression | None:
        """The handshake's headers, as written at the connect; None, with a finding, if the key is not there."""
        key, near = self._opening.key, self._opening.request.headers
        assert key is not None and near is not None
        found = Elsewhere(self._migrating, connect).expression(key.value_node)
        if found is None:
            code = self._migrating.code(key.value_node)
            self._migrating.report(
                SESSION_SPREAD, key.value_node, f"the key is not there where the socket is opened: {code}"
            )
            return None
        session.KEY_HEADER.over(self._migrating.target)
        name = self._migrating.string(session.KEY_HEADER.assemblyai[0], near)
        return cst.Dict([cst.DictElement(name, found)])

    def take_away(self) -> list[cst.CSTNode]:
        """Plans that the client no longer has them, where it makes no other request; gives the statements that go."""
        made = self._opening.request.made
        if made is None or any(self._shares(one) for one in self._program.requests.values()):
            return []
        statement = self._program.statement_of(made)
        if isinstance(statement, cst.SimpleStatementLine) and _is_only(statement, made):
            self._migrating.edits.remove(statement)
            return [statement]
        if isinstance(statement, Statement):
            self._migrating.edits.rewrite(made, _without_headers)
        return []

    def _shares(self, request: HttpRequest) -> bool:
        return request is not self._opening.request and request.made is self._opening.request.made


def _is_only(statement: cst.SimpleStatementLine, call: cst.Call) -> bool:
    match statement.body:
        case [cst.Expr(value)]:
            return value is call
    return False


def _without_headers(call: cst.Call) -> cst.Call:
    kept = [one for one in call.args if one.keyword is None or one.keyword.value != "headers"]
    if kept:
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return call.with_changes(args=kept)
