"""Where a Gladia session is kept in a program whose one object was client and session at once."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import something
from codemods.edits import statements
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.handlers import functions as sdk_handlers


class SessionPlace:
    """The session of the client that is connected as `ref`: a variable where the client is one, else an attribute.

    `used` are the client's uses that are the session's from now on, `handlers` the functions that get the client from
    the SDK, `made` where the client is made, `asynchronous` whether the end is waited for by an Event, `going` uses of
    what a session has not, which go. Raises ValueError where no place is found.
    """

    def __init__(
        self,
        migrating: Migrating,
        ref: cst.BaseExpression,
        used: frozenset[cst.CSTNode],
        handlers: frozenset[cst.CSTNode],
        *,
        made: cst.Call,
        asynchronous: bool,
        going: frozenset[cst.CSTNode] = frozenset(),
    ) -> None:
        self._migrating = migrating
        self._made = made
        self._program = migrating.program
        self._used = used
        self._handlers = handlers
        self._going = going
        self._declared_in: cst.FunctionDef | None = None
        self._declaration = "global"
        self._owner: cst.ClassDef | None = None
        if isinstance(ref, cst.Attribute):
            self._owner = naming.owner_of(migrating, ref)
            if self._owner is None:
                raise ValueError("the object that holds the client is not known")
            self._scope: cst.CSTNode = self._owner
            self.name = self._keep_in_attribute(ref.attr.value, self._owner)
        elif isinstance(ref, cst.Name):
            self.name = self._keep_in_variable(ref)
            self._scope = self._scope_of_session(ref)
        else:
            raise ValueError("the client is neither a variable nor an attribute")
        self.ended = naming.free_name(migrating, "ended", "session_ended") if asynchronous else ""
        self._declare()

    def read(self, name: str, node: cst.CSTNode) -> str | None:
        """How what is kept beside the session is read where a node stands; None where it cannot be."""
        if self._owner is not None:
            if isinstance(node, cst.Attribute) and naming.owner_of(self._migrating, node) is self._owner:
                return f"{self._migrating.module.code_for_node(node.value)}.{name}"
            own = naming.self_name(self._migrating, node, self._owner)
            return f"{own}.{name}" if own is not None else None
        return name if naming.is_visible(self._migrating, self._scope, node) else None

    def session_at(self, ref: cst.BaseExpression) -> str | None:
        """How the session is read where a use of the client stands; None where it cannot be."""
        if isinstance(ref, cst.Name) and self.is_given(ref):
            return self._migrating.name(ref.value)
        return self.read(self.name, ref)

    def ended_at(self, ref: cst.BaseExpression) -> str | None:
        """How the Event of an asynchronous session's end is read there; None where there is none."""
        return self.read(self.ended, ref) if self.ended else None

    def name_at_start(self, ref: cst.BaseExpression) -> str | None:
        """What the session is assigned to where it is started."""
        return self.read(self.name, ref)

    def give_to(self, handler: cst.CSTNode) -> None:
        """Takes in that a handler is given the session where it was given the client."""
        self._handlers -= {handler}

    def is_given(self, ref: cst.Name) -> bool:
        """Whether a name is a parameter that is given the session, and is used as one alone."""
        definitions = naming.definitions_at(self._migrating, ref)
        if any(self._program.scope_of(one.node) in self._handlers for one in definitions):
            return False
        uses = [use for one in definitions for use in one.uses]
        return all(isinstance(one.node, cst.Param) for one in definitions) and all(
            one in self._used or one in self._going for one in uses
        )

    # --- names -----------------------------------------------------------------------------------

    def _keep_in_attribute(self, old: str, owner: cst.ClassDef) -> str:
        every = naming.names_beside_others(self._migrating, old, self._made)
        renamed = (one for one in every if naming.rename_attribute(self._migrating, owner, old, one))
        return self._name_of_session(owner, old, next(renamed, old))

    def _keep_in_variable(self, ref: cst.Name) -> str:
        new = self._migrating.name(ref.value)
        every = naming.names_beside_others(self._migrating, new, self._made)
        renamed = (one for one in every if naming.rename_variable(self._migrating, ref.value, one))
        return self._name_of_session(self._program.scope_of(ref), ref.value, next(renamed, new))

    def _name_of_session(self, scope: cst.CSTNode, old: str, client: str) -> str:
        """What the session is called; what was called a session already keeps its name."""
        if old != client and "session" in old.lower() and "assembly" not in old.lower():
            return old
        return naming.free_session_name(self._migrating, scope, old, client)

    # --- scopes ----------------------------------------------------------------------------------

    def _scope_of_session(self, ref: cst.Name) -> cst.CSTNode:
        """The scope that keeps the session: the connect's, or the module where others need what is a global client."""
        scope = self._program.scope_of(ref)
        definitions = naming.definitions_at(self._migrating, ref)
        of_module = all(isinstance(self._program.scope_of(one.node), cst.Module) for one in definitions)
        of_module = of_module or self._is_kept_in_module()
        hidden = [
            one
            for one in self._used
            if not (isinstance(one, cst.Name) and self.is_given(one))
            and not naming.is_visible(self._migrating, scope, one)
        ]
        if not isinstance(scope, cst.FunctionDef) or not hidden:
            return scope
        if of_module:
            self._declared_in = scope
            return self._migrating.module
        around = self._function_around(scope)
        if around is None or not all(naming.is_visible(self._migrating, around, one) for one in hidden):
            return scope
        self._declared_in, self._declaration = scope, "nonlocal"
        return around

    def _function_around(self, scope: cst.FunctionDef) -> cst.FunctionDef | None:
        """The function that makes the client, where another one inside of it connects it."""
        made = self._program.scope_of(self._made)
        statement = self._program.statement_of(self._made)
        block = self._program.parents.get(statement)
        is_line = isinstance(statement, cst.SimpleStatementLine) and isinstance(block, cst.IndentedBlock)
        is_outer = made is not scope and naming.is_visible(self._migrating, made, scope)
        return made if isinstance(made, cst.FunctionDef) and is_outer and is_line else None

    def _is_kept_in_module(self) -> bool:
        """Whether a variable of the module holds the client, such as one that is made when it is asked for first."""
        client = self._program.value(self._made)
        scope = self._program.scopes[self._migrating.module]
        return any(client in something(one.value) for each in scope.definitions.values() for one in each)

    def _declare(self) -> None:
        """Plans the `global` or `nonlocal` of a function that starts the session which others read."""
        scope = self._declared_in
        if scope is None:
            return
        kept = [one for one in (self.name, self.ended) if one]
        if self._declaration == "nonlocal":
            made = self._program.statement_of(self._made)
            self._migrating.edits.insert_after(
                made, lambda: [one for name in kept for one in statements(f"{name} = None")]
            )
        declared = cst.parse_statement(f"{self._declaration} {', '.join(kept)}")
        assert isinstance(declared, cst.SimpleStatementLine)
        docstring = sdk_handlers.docstring_of(scope)
        if docstring is not None:
            self._migrating.edits.insert_after(docstring, lambda: [declared])
        else:
            self._migrating.edits.insert_before(scope.body.body[0], lambda: [declared])
