"""The headers of the handshake: of those that the POST was sent with, the key alone, as AssemblyAI wants it."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.findings import HEADER_DROPPED, SESSION_SPREAD
from codemods.migrating import Migrating
from codemods.rules.opening.carried_headers import others_send, sends_the_same
from codemods.vendors import assemblyai
from codemods.vendors.gladia import Opening
from shim.mapping import session

_OF_THE_BODY = ("content-type", "accept")
"""Headers that describe the POST's JSON body and have no place on a handshake."""


class HandshakeHeaders:
    """Plans the headers of one session's connect."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self.own: cst.BaseExpression | None = None
        """Headers that were made for the connect alone, where a client carried those of the POST."""

    def takes_key(self, connect: Connect) -> bool:
        """Whether the key can be put among the handshake's headers: there are none, or they are written there."""
        given = connect.arguments.keywords.get(connect.library.headers)
        is_written = given is None or isinstance(given, cst.Dict)
        if connect.arguments.complete and (is_written or sends_the_same(self._migrating, self._opening, connect)):
            return True
        code = self._migrating.code(connect.call)
        self._migrating.report(SESSION_SPREAD, connect.call, f"the connect has headers of its own: {code}")
        return False

    def plan(self) -> Callable[[], cst.BaseExpression | None]:
        """Plans the headers' edits; the function gives them as they stand on the connect call."""
        opening, migrating, own = self._opening, self._migrating, self.own
        if own is not None:
            return lambda: own
        dictionary, key, node = opening.headers, opening.key, opening.request.headers
        if dictionary is None or key is None or node is None or not isinstance(dictionary.site, cst.Dict):
            return lambda: node
        session.KEY_HEADER.over(migrating.target)
        name = session.KEY_HEADER.assemblyai[0]
        site = dictionary.site
        if others_send(migrating, opening, dictionary):
            # Other requests send these headers too: they stay, and the handshake gets its own.
            migrating.edits.watch([key.value_node])
            value = key.value_node
            return lambda: cst.Dict([cst.DictElement(migrating.string(name, site), migrating.edits.updated(value))])
        for entry in dictionary.entries:
            if entry is not key and str(getattr(entry.key, "value", "")).lower() not in _OF_THE_BODY:
                migrating.report(HEADER_DROPPED, entry.node, migrating.code(entry.node))

        def only_the_key(updated: cst.Dict) -> cst.Dict:
            elements = [
                new.with_changes(key=migrating.string(name, site), comma=cst.MaybeSentinel.DEFAULT)
                for old, new in zip(site.elements, updated.elements, strict=True)
                if old is key.node and isinstance(new, cst.DictElement)
            ]
            return cst.Dict(elements)

        migrating.edits.rewrite(site, only_the_key)
        if any(sends_the_same(migrating, opening, one) for one in opening.connects):
            return lambda: None
        return lambda: migrating.edits.updated(node)

    def connect_call(
        self, updated: cst.Call, connect: Connect, address: cst.BaseExpression, headers: cst.BaseExpression | None
    ) -> cst.Call:
        """The call that opens the socket, of the new address and with these headers."""
        indent = self._migrating.module.default_indent
        return assemblyai.connect_call(updated, connect, address, headers, self._width(connect), indent)

    def _width(self, connect: Connect) -> int:
        """How many columns stand before the connect call on its line."""
        statement = self._program.statement_of(connect.call)
        depth, current = 0, statement
        while current in self._program.parents:
            current = self._program.parents[current]
            depth += isinstance(current, cst.IndentedBlock)
        first_line = self._migrating.module.code_for_node(statement.with_changes(leading_lines=[])).split("\n")[0]
        call = self._migrating.module.code_for_node(connect.call).split("\n")[0]
        return depth * len(self._migrating.module.default_indent) + max(0, first_line.find(call))
