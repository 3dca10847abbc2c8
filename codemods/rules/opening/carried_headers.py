"""Headers that an HTTP client carries for all its requests, the key among them: they go with the POST."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Dictionary
from codemods.analysis.sockets import Connect
from codemods.analysis.values import DictDisplay
from codemods.edits import Statement
from codemods.findings import SESSION_SPREAD
from codemods.migrating import Migrating
from codemods.rules.configuration.uses import ConfigurationUses
from codemods.rules.names.elsewhere import Elsewhere
from codemods.vendors.gladia import Opening
from shim.mapping import session

_NAMES: Final = ("headers", "_headers", "socket_headers", "_socket_headers")


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
        kept = self.kept_on_self(connect) if found is None else None
        if kept is not None:
            return kept
        if found is None:
            code = self._migrating.code(key.value_node)
            self._migrating.report(
                SESSION_SPREAD, key.value_node, f"the key is not there where the socket is opened: {code}"
            )
            return None
        session.KEY_HEADER.over(self._migrating.target)
        name = self._migrating.string(session.KEY_HEADER.assemblyai[0], near)
        return cst.Dict([cst.DictElement(name, found)])

    def kept_on_self(self, connect: cst.Call) -> cst.BaseExpression | None:
        """The headers as an attribute that the object is given where its client is made; None for anything else.

        There the key is at hand, as an argument of `__init__` mostly, and nobody kept it for later.
        """
        made, key = self._opening.request.made, self._opening.key
        making, connecting = (self._program.scope_of(one) if one is not None else None for one in (made, connect))
        if made is None or key is None or not isinstance(making, cst.FunctionDef) or making is connecting:
            return None
        owner = self._program.scope_of(making)
        if not isinstance(connecting, cst.FunctionDef) or not isinstance(owner, cst.ClassDef):
            return None
        own = [_first_parameter(one) for one in (making, connecting)]
        if self._program.scope_of(connecting) is not owner or own != ["self", "self"]:
            return None
        taken = {node.value for node in self._program.nodes_in(owner) if isinstance(node, cst.Name)}
        name = next((one for one in _NAMES if one not in taken), None)
        if name is None:
            return None
        session.KEY_HEADER.over(self._migrating.target)
        header = self._migrating.string(session.KEY_HEADER.assemblyai[0], key.value_node)
        attribute = cst.Attribute(cst.Name("self"), cst.Name(name))
        edits, value = self._migrating.edits, key.value_node

        def keeping() -> list[Statement]:
            display = cst.Dict([cst.DictElement(header, edits.edited(value))])
            return [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(attribute)], display)])]

        edits.add_after(self._program.statement_of(made), keeping)
        return attribute

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


def _first_parameter(function: cst.FunctionDef) -> str:
    return function.params.params[0].name.value if function.params.params else ""


def sends_the_same(migrating: Migrating, opening: Opening, connect: Connect) -> bool:
    """Whether the handshake sends the very headers of the POST, and nothing else does: they change for both."""
    given, headers = connect.arguments.keywords.get(connect.library.headers), opening.headers
    if given is None or headers is None or migrating.program.value(given) != DictDisplay(headers.site):
        return False
    return not others_send(migrating, opening, headers)


def others_send(migrating: Migrating, opening: Opening, headers: Dictionary) -> bool:
    """Whether anything but the POST, and the handshake where it sends the same, uses the headers."""
    own = [*opening.request.written, *(one.call for one in opening.connects)]
    uses = ConfigurationUses(migrating, opening.request.call).of(headers)
    return not all(any(migrating.program.is_inside(use, one) for one in own) for use in uses)
