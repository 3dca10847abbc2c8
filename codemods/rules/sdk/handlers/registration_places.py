"""Where the handlers of an AssemblyAI client are registered, and whether that can be done behind the connect."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming


class RegistrationPlaces:
    """Tells where registrations stand. `later` are those by others, on what an object connects when it is made."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self.later: set[Registration] = set()

    def can_move(self, registration: Registration, statement: cst.CSTNode, connect: cst.Call) -> bool:
        """Whether the registration can be made behind the connect: its handler is the same there, nothing decides."""
        program = self._program
        block = program.parents[statement]
        if self.is_behind(registration, connect):
            return True
        if self._migrating.line(statement) > self._migrating.line(connect) and not self._is_made_beside(registration):
            return False
        owner = program.parents.get(block)
        if not isinstance(block, (cst.Module, cst.IndentedBlock)) or not isinstance(registration.handler, cst.CSTNode):
            return False
        if isinstance(owner, (cst.For, cst.While, cst.If, cst.ExceptHandler)):
            return program.is_inside(connect, block)
        if program.scope_of(statement) is program.scope_of(connect):
            return True
        # In another function: what is named must be the module's, the object's, or seen and the same there.
        here, there = program.scope_of(registration.call), program.scope_of(connect)
        own = _first_parameter(here)
        for node in program.nodes_in(registration.handler):
            if isinstance(node, cst.Name) and node in program.reaching:
                if node.value == own and own == _first_parameter(there):
                    continue
                scopes = {program.scope_of(one.node) for one in program.reaching[node]}
                if any(
                    not isinstance(scope, cst.Module)
                    and not program.is_inside(scope, registration.handler)
                    and not self._is_seen_from(node.value, scope, connect)
                    for scope in scopes
                ):
                    return False
        return True

    def is_behind(self, registration: Registration, connect: cst.Call) -> bool:
        """Whether a registration stands behind the connect, in the same function."""
        same = self._program.scope_of(registration.call) is self._program.scope_of(connect)
        return same and self._migrating.line(registration.call) > self._migrating.line(connect)

    def _is_made_beside(self, registration: Registration) -> bool:
        """Whether the function that registers makes the client: then each client that is connected has the handler."""
        return self._program.scope_of(registration.call) is self._program.scope_of(registration.owner.site)

    def is_later(self, registration: Registration, connect: cst.Call) -> bool:
        """Whether handlers are registered on an object's client by others, which its `__init__` has connected."""
        program, method = self._program, self._program.scope_of(connect)
        client = registration.call.func.value if isinstance(registration.call.func, cst.Attribute) else None
        if not isinstance(method, cst.FunctionDef) or method.name.value != "__init__" or registration.method != "on":
            return False
        block = program.parents[method]
        owner = program.parents.get(block)
        of_object = isinstance(client, cst.Attribute) and naming.owner_of(self._migrating, client) is owner
        always = program.parents[program.statement_of(connect)] is method.body
        if not isinstance(owner, cst.ClassDef) or not of_object or not always:
            return False
        if program.is_inside(registration.call, owner):
            return False
        self.later.add(registration)
        return True

    def _is_seen_from(self, name: str, scope: cst.CSTNode, connect: cst.Call) -> bool:
        """Whether a name of a function means the same in a function inside of it, where the client is connected."""
        if not naming.is_visible(self._migrating, scope, connect):
            return False
        inner = self._program.scope_of(connect)
        while inner is not scope:
            if inner in self._program.scopes and name in self._program.scopes[inner].definitions:
                return False
            inner = self._program.scope_of(inner)
        return len(self._program.scopes[scope].definitions.get(name, ())) == 1


def _first_parameter(scope: cst.CSTNode) -> str | None:
    if isinstance(scope, cst.FunctionDef) and scope.params.params:
        return scope.params.params[0].name.value
    return None
