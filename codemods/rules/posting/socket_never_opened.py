"""Cleaning up after a refusal: there is no socket yet that could be closed.

AssemblyAI refuses over a socket that is open, which a `finally` or a handler closes then. Gladia's POST is refused
before: where the socket's name holds None until then, or nothing at all and can be given None, its use is put behind a
test; where it cannot, it is said.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import Known, Socket, alternatives
from codemods.edits import expression
from codemods.findings import REFUSAL_CAUGHT
from codemods.migrating import Migrating
from codemods.rules.guards import with_callers


class SocketNeverOpened:
    """Looks at what is done with one connect's socket in a `finally` around the connect."""

    def __init__(self, migrating: Migrating, connect: Connect) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._connect = connect
        self._given: set[tuple[cst.CSTNode, str]] = set()
        """The statements and names that None is given in front of them."""

    def plan(self) -> None:
        """Plans the tests, and reports what would fail."""
        for ending in self._endings():
            for node in self._program.nodes_in(ending):
                if (
                    isinstance(node, cst.Attribute)
                    and self._is_socket(node.value)
                    and not self._is_guarded(node, ending)
                ):
                    self._take(node, ending)

    def _endings(self) -> Iterator[cst.Finally]:
        """The `finally` blocks of the `try` statements in whose bodies the socket is opened."""
        found: dict[cst.Finally, None] = {}
        for place in with_callers(self._program, self._connect.call):
            function, current = self._program.scope_of(place), place
            while current is not function and current in self._program.parents:
                around = self._program.parents[current]
                if isinstance(around, cst.Try) and around.body is current and around.finalbody is not None:
                    found[around.finalbody] = None
                current = around
        yield from found

    def _is_socket(self, owner: cst.BaseExpression) -> bool:
        return Socket(self._connect.call) in alternatives(self._program.value(owner))

    def _is_guarded(self, node: cst.CSTNode, ending: cst.Finally) -> bool:
        """Whether something around a node asks for the socket, or takes an exception."""
        current = node
        while current is not ending:
            current = self._program.parents[current]
            if isinstance(current, (cst.If, cst.IfExp, cst.BooleanOperation, cst.Try, cst.With, cst.For, cst.While)):
                return True
        return False

    def _take(self, node: cst.Attribute, ending: cst.Finally) -> None:
        statement, owner = self._program.statement_of(node), node.value
        is_none = Known(None) in alternatives(self._program.value(owner)) or self._give_none(owner, ending)
        if isinstance(statement, cst.SimpleStatementLine) and is_none:
            test = expression("owner is not None", owner=owner)
            self._migrating.edits.rewrite_further(
                statement,
                lambda updated: cst.If(
                    test,
                    cst.IndentedBlock([updated.with_changes(leading_lines=[])]),
                    leading_lines=updated.leading_lines,
                ),
            )
            return
        code = self._migrating.code(owner)
        self._migrating.report(REFUSAL_CAUGHT, node, f"a refusal comes before `{code}` is there, which is used here")

    def _give_none(self, owner: cst.BaseExpression, ending: cst.Finally) -> bool:
        """Plans that a plain name which the `try` alone gives a socket holds None in front of it; whether it does."""
        guard = self._program.parents[ending]
        place = self._program.statement_of(guard)
        is_line = isinstance(self._program.parents.get(place), (cst.IndentedBlock, cst.Module))
        is_here = self._program.scope_of(owner) is self._program.scope_of(self._connect.call)
        if not isinstance(owner, cst.Name) or not is_line or not is_here:
            return False
        before = self._program.at_statement.get(place, {}).get(owner.value, ())
        if not all(self._program.is_inside(one.node, guard) for one in before):
            return False
        name = cst.Name(self._migrating.name(owner.value))
        nothing = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], cst.Name("None"))])
        if (place, owner.value) not in self._given:
            self._given.add((place, owner.value))
            self._migrating.edits.add_before(place, lambda: [nothing])
        return True
