"""A Gladia session in the place that the program's one AssemblyAI object had.

Where a client is made and connected in one function, all that the program does with it afterwards is the session's:
so the session takes its place, in variables, containers, results and tests, and the Gladia client is a variable of that
function alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import LibraryObject, something
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.later_statements import waiting_statement
from codemods.rules.sdk.method_use import MethodUse, use_of


class Succession:
    """The session of the client that `connect` connects, in the client's place.

    `refs` are all uses of the client, `handlers` the functions that get the client from the SDK. Raises ValueError,
    with the reason, where the session cannot take its place.
    """

    def __init__(
        self,
        migrating: Migrating,
        client: LibraryObject,
        connect: MethodUse,
        refs: list[cst.BaseExpression],
        handlers: frozenset[cst.CSTNode],
        *,
        asynchronous: bool,
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._client = client
        self._handlers = handlers
        self._scope = self._program.scope_of(connect.ref)
        made = _made_as(migrating, client)
        if not isinstance(connect.ref, cst.Name) or made is None:
            raise ValueError("the client is not a variable where it is connected")
        self._made = made
        self._line = migrating.line(made.node)
        if not self._is_made_here(connect.ref):
            raise ValueError("the client may come from elsewhere")
        self._early = self._uses_before(connect, refs)
        self._check_containers(refs)
        self.ended = naming.free_name(migrating, "ended", "session_ended") if asynchronous else ""
        self._name_of_definition: dict[Definition, str] = {}
        self.name = self._rename(refs)

    @classmethod
    def is_needed(
        cls,
        migrating: Migrating,
        client: LibraryObject,
        connect: cst.BaseExpression,
        refs: Iterable[cst.BaseExpression],
    ) -> bool:
        """Whether more than the variable that it is connected as holds the client, or more than the client is in it."""
        made = _made_as(migrating, client)
        if made is None or not isinstance(connect, cst.Name):
            return False
        scope = migrating.program.scope_of(made.node)
        if migrating.program.scope_of(connect) is not scope:
            return False
        if len(_together_with(migrating, made)) > 1 and not isinstance(scope, cst.Module):
            return True
        for ref in refs:
            if not isinstance(ref, cst.Name):
                return True
            definitions = naming.definitions_at(migrating, ref)
            if made not in definitions and not all(isinstance(one.node, cst.Param) for one in definitions):
                return True
            parent = migrating.program.parents[ref]
            if isinstance(parent, (cst.Return, cst.Assign)):
                return True
        return False

    def session_at(self, ref: cst.BaseExpression) -> str | None:
        """How the session is read where a use of the client stands: as the client was."""
        if isinstance(ref, cst.Name):
            names = {
                self._name_of_definition.get(one, ref.value) for one in naming.definitions_at(self._migrating, ref)
            }
            if any(self._program.scope_of(one.node) in self._handlers for one in self._parameters_at(ref)):
                # The SDK gave the handler its client; the session is the variable outside.
                return self.name if naming.is_visible(self._migrating, self._scope, ref) else None
            return names.pop() if len(names) == 1 else None
        return self._migrating.module.code_for_node(self._migrating.edits.edited(ref))

    def give_to(self, handler: cst.CSTNode) -> None:
        """Takes in that a handler is given the session where it was given the client."""
        self._handlers -= {handler}

    def _parameters_at(self, ref: cst.Name) -> list[Definition]:
        return [one for one in naming.definitions_at(self._migrating, ref) if isinstance(one.node, cst.Param)]

    def ended_at(self, ref: cst.BaseExpression) -> str | None:
        """How the Event of an asynchronous session's end is read there; None where it cannot be."""
        if not self.ended or not naming.is_visible(self._migrating, self._scope, ref):
            return None
        return self.ended

    def name_at_start(self, ref: cst.BaseExpression) -> str | None:
        """What the session is assigned to where it is started."""
        return self.name

    # --- reading ---------------------------------------------------------------------------------

    def _uses_before(self, connect: MethodUse, refs: list[cst.BaseExpression]) -> set[cst.Name]:
        """The uses that stay the client's: those up to the connect, in the same function."""
        line = self._migrating.line(connect.ref)
        found: set[cst.Name] = {connect.ref} if isinstance(connect.ref, cst.Name) else set()
        for ref in refs:
            if self._program.scope_of(ref) is not self._scope or self._migrating.line(ref) >= line:
                continue
            if not isinstance(ref, cst.Name) or not self._is_made_here(ref):
                # A test of the variable before this client is made, or of the one made the last time.
                continue
            use = use_of(self._program, ref)
            if use is None and self._keep_later(ref, connect, refs):
                continue
            if use is None or use.name != "on":
                raise ValueError(f"{self._migrating.code(self._program.parents[ref])} comes before the connect")
            found.add(ref)
        return found

    def _keep_later(self, ref: cst.Name, connect: MethodUse, refs: list[cst.BaseExpression]) -> bool:
        """Plans that the client is kept behind the connect where it was kept before: `clients[user] = client`."""
        line = waiting_statement(self._migrating, ref, connect, refs)
        if line is None:
            return False
        edits = self._migrating.edits
        edits.move(line)
        edits.add_after(self._program.statement_of(connect.ref), lambda: [edits.updated(line)])
        return True

    def _is_made_here(self, ref: cst.Name) -> bool:
        """Whether a name holds the client that this function has just made; a global one is set by others, too."""
        definitions = naming.definitions_at(self._migrating, ref)
        if definitions == frozenset((self._made,)):
            return True
        line = self._migrating.line(ref)
        between = [
            one
            for one in definitions
            if one is not self._made
            and self._program.scope_of(one.node) is self._scope
            and self._line < self._migrating.line(one.node) < line
        ]
        others_set_it = {self._program.scope_of(one.node) for one in definitions} != {self._scope}
        is_global = self._made.name in self._program.scopes[self._scope].elsewhere
        return self._made in definitions and self._line < line and not between and is_global and others_set_it

    def _check_containers(self, refs: list[cst.BaseExpression]) -> None:
        for ref in refs:
            if len(something(self._program.value(ref))) > 1:
                raise ValueError(f"{self._migrating.code(ref)} can be several things")

    # --- names -----------------------------------------------------------------------------------

    def _rename(self, refs: list[cst.BaseExpression]) -> str:
        """Calls the variables that hold the session sessions; gives the name where it is started."""
        old = self._made.name
        better = next(iter(naming.names_beside_others(self._migrating, old, self._client.site)), old)
        keeps = "session" in old.lower()
        new = old if keeps else naming.free_session_name(self._migrating, self._scope, old, better)
        groups = self._groups(refs)
        for group in groups:
            renamed = new if group and self._may_rename(group) else group[0].name
            if self._made in group and renamed == old:
                # Others know the variable by its name: the client is called otherwise.
                self._rename_client(naming.free_name(self._migrating, "gladia", "gladia_client"))
            self._name(group, renamed)
        return self._name_of_definition[self._made]

    def _groups(self, refs: list[cst.BaseExpression]) -> list[list[Definition]]:
        """The variables that hold the client, each with all its definitions."""
        groups = [_together_with(self._migrating, self._made)]
        for ref in refs:
            if isinstance(ref, cst.Name):
                for one in naming.definitions_at(self._migrating, ref):
                    if not any(one in group for group in groups):
                        groups.append(_together_with(self._migrating, one))
        return groups

    def _may_rename(self, group: list[Definition]) -> bool:
        """Whether all that writes the variable is known, and it is called a client."""
        name = group[0].name
        if name in self._migrating.used_elsewhere or any(isinstance(one.node, cst.Param) for one in group):
            return False
        if name != self._made.name and naming.session_name(name) == "session":
            return False
        return all(isinstance(one.node, cst.Name) for one in group)

    def _name(self, group: list[Definition], new: str) -> None:
        for definition in group:
            self._name_of_definition[definition] = new
            if new == definition.name:
                continue
            nodes = {*definition.uses, *((definition.node,) if definition is not self._made else ())}
            for node in nodes - self._early:
                if isinstance(node, cst.Name):
                    self._migrating.edits.rewrite(node, lambda _, name=new: cst.Name(name))  # type: ignore[misc]
        if new != group[0].name:
            for name in self._declared(group):
                self._migrating.edits.replace(name, cst.Name(new))

    def _declared(self, group: list[Definition]) -> list[cst.Name]:
        """The names in the `global` and `nonlocal` statements that speak of a variable."""
        scopes = {self._program.scope_of(one.node) for one in group}
        return [
            item.name
            for node in self._migrating.nodes()
            if isinstance(node, (cst.Global, cst.Nonlocal)) and self._program.scope_of(node) in scopes
            for item in node.names
            if item.name.value == group[0].name
        ]

    def _rename_client(self, new: str) -> None:
        for node in (self._made.node, *self._early):
            self._migrating.edits.rewrites[node] = lambda _: cst.Name(new)


def _made_as(migrating: Migrating, client: LibraryObject) -> Definition | None:
    """The variable that a client is assigned to when it is made."""
    found = [one for one in migrating.program.definitions() if one.expression is client.site]
    return found[0] if len(found) == 1 and isinstance(found[0].node, cst.Name) else None


def _together_with(migrating: Migrating, definition: Definition) -> list[Definition]:
    """All definitions of the variable that a definition gives a value."""
    for scope in migrating.program.scopes.values():
        if definition in scope.definitions.get(definition.name, ()):
            return list(scope.definitions[definition.name])
    return [definition]
