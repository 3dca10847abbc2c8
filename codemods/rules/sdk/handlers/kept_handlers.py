"""Handlers that are functions inside of the one that makes the client, where another function connects it.

Gladia's handlers are registered on the session, which is started by the connect, and there such functions have no
names. So what makes the client keeps them in a list, on the object that keeps the client or in what is returned, and
the start registers what is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.values import Function, something
from codemods.edits import Statement, statements
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.session_place import SessionPlace

Told = tuple[str, str]
"""An event of Gladia's, and the code of its handler."""


class KeptHandlers:
    """The list of one client, made at `made` and read at `connect`. Raises ValueError where it has no place."""

    def __init__(self, migrating: Migrating, made: cst.Call, connect: cst.Call, place: object) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._made = made
        self._connect = connect
        self.scope = self._program.scope_of(made)
        if not isinstance(place, SessionPlace) or self.scope is self._program.scope_of(connect):
            raise ValueError("the client is connected where it is made")
        name = naming.free_name(migrating, "handlers", "session_handlers")
        client = connect.func.value if isinstance(connect.func, cst.Attribute) else connect
        here, there = place.read(name, made), place.read(name, client)
        self._returned: list[cst.Return] = []
        self._callers: list[cst.Assign] = []
        if here is not None and there is not None and "." in here:
            self.here, self.there = here, there
        else:
            self._find_callers()
            self.here = self.there = name

    def may_keep(self, registration: Registration) -> bool:
        """Whether a registration is a line of the function that makes the client."""
        statement = self._program.statement_of(registration.call)
        return (
            isinstance(self._program.parents[registration.call], cst.Expr)
            and isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and self._program.scope_of(statement) is self.scope
        )

    def plan(self, kept: list[tuple[Registration, Callable[[], list[Told]]]]) -> None:
        """Plans the list in the place of the registrations, each with its events and handlers from now on."""
        edits, program = self._migrating.edits, self._program
        lines = [program.statement_of(one.call) for one, _ in kept]
        expressions = [program.parents[one.call] for one, _ in kept]
        if self._follow_each_other(lines):
            edits.rewrite(expressions[0], lambda _: self._display(kept))
            for line in lines[1:]:
                edits.remove(line)
        else:
            for line, (_, told) in zip(expressions, kept, strict=True):
                edits.rewrite(line, partial(self._kept_in_place, told))
            made = program.statement_of(self._made)
            edits.insert_after(made, lambda: statements(f"{self.here} = []"))
        for returning in self._returned:
            edits.rewrite(returning, lambda updated: updated.with_changes(value=_pair(updated.value, self.here)))
        for assign in self._callers:
            target = assign.targets[0]
            edits.rewrite_further(
                target, lambda updated: updated.with_changes(target=_pair(updated.target, self.there))
            )
        if self._returned and isinstance(self.scope, cst.FunctionDef) and self.scope.returns is not None:
            edits.rewrite_further(
                self.scope.returns,
                lambda updated: updated.with_changes(
                    annotation=cst.parse_expression(
                        f"tuple[{self._migrating.module.code_for_node(updated.annotation)}, list]"
                    )
                ),
            )

    def registering(self, session: str) -> list[Statement]:
        """The loop that registers what was kept on the session."""
        taken = sdk_handlers.names_in(self._program, self._program.scope_of(self._connect))
        pairs = (("event", "handler"), ("event_name", "event_handler"))
        event, handler = next((one for one in pairs if not taken & set(one)), ("its_event", "its_handler"))
        return statements(f"for {event}, {handler} in {self.there}:\n    {session}.on({event}, {handler})")

    # --- reading ---------------------------------------------------------------------------------

    def _find_callers(self) -> None:
        """What returns the client and nothing else, and the assignments that take it."""
        program, function = self._program, self.scope
        if not isinstance(function, cst.FunctionDef) or function.asynchronous is not None:
            raise ValueError("the client is made elsewhere")
        self._returned = [
            one
            for one in program.nodes_in(function)
            if isinstance(one, cst.Return) and program.scope_of(one) is function
        ]
        client = program.value(self._made)
        if len(self._returned) != 1 or self._returned[0].value is None:
            raise ValueError("the client is given back in several ways")
        if program.value(self._returned[0].value) != client or self._returned[0].value is self._made:
            raise ValueError("the client is not what is given back")
        for node, value in program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)) or Function(function) not in something(value):
                continue
            call = program.parents[node]
            assign = program.parents.get(call)
            match assign:
                case cst.Assign([cst.AssignTarget(cst.Name())]) if isinstance(call, cst.Call) and call.func is node:
                    self._callers.append(assign)
                case _:
                    raise ValueError("the client is used where it is given back")
        if not self._callers or any(
            program.scope_of(one) is not program.scope_of(self._connect) for one in self._callers
        ):
            raise ValueError("the client is connected elsewhere")

    def _follow_each_other(self, lines: list[cst.CSTNode]) -> bool:
        block = self._program.parents[lines[0]]
        if not isinstance(block, (cst.Module, cst.IndentedBlock)):
            return False
        body = list(block.body)
        first = next((index for index, one in enumerate(body) if one is lines[0]), None)
        return (
            first is not None
            and all(one is other for one, other in zip(lines, body[first : first + len(lines)], strict=False))
            and len(body) - first >= len(lines)
        )

    # --- writing ---------------------------------------------------------------------------------

    def _display(self, kept: list[tuple[Registration, Callable[[], list[Told]]]]) -> cst.BaseSmallStatement:
        lines = "".join(f"    {self._pair(*one)},\n" for _, told in kept for one in told())
        return self._small(f"{self.here} = [\n{lines}]")

    def _kept_in_place(self, told: Callable[[], list[Told]], _: cst.CSTNode) -> cst.BaseSmallStatement:
        pairs = [self._pair(*one) for one in told()]
        if len(pairs) == 1:
            return self._small(f"{self.here}.append({pairs[0]})")
        return self._small(f"{self.here} += [{', '.join(pairs)}]")

    def _small(self, code: str) -> cst.BaseSmallStatement:
        line = cst.parse_statement(code)
        assert isinstance(line, cst.SimpleStatementLine)
        return line.body[0]

    def _pair(self, event: str, handler: str) -> str:
        quote = self._migrating.file_quote
        return f"({quote}{event}{quote}, {handler})"


def _pair(first: cst.BaseExpression, second: str) -> cst.Tuple:
    return cst.Tuple([cst.Element(first), cst.Element(cst.Name(second))], lpar=[], rpar=[])
