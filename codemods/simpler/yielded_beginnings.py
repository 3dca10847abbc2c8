"""What a generator yields at AssemblyAI's first message, yielded before it waits for the others.

Gladia's sockets begin without a message: `Begin` cannot be waited for in a loop. Whoever goes over the generator gets
the same things in the same order where it is yielded straight before the loop, of a message that is read where the
socket is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Frame, Known, Parsed, Socket, something
from codemods.edits import Edits, Statement, statements
from codemods.rules.opening.opened_block import opened_block
from codemods.simpler.in_place import PASS, without_jump
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors.assemblyai_sessions import Opening

_LEAVING: Final = (cst.Return, cst.Break, cst.Continue, cst.Raise)
_NAMES: Final = ("session", "begin", "opened_session")
"""What the first message is called where the socket is opened, the first that is free."""


def with_beginnings_yielded_first(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a generator yields at the first message, with that before its loop."""
    plans: dict[cst.Module, Edits] = {}
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            if opening.connect.library.by_callback:
                continue
            branches = [one for one in _branches(program, opening) if _yields(program, one)]
            if len(branches) == 1:
                _Beginning(program, opening, branches[0]).plan(plans)
    return {module: simpler(module, edits, _needed(program, module, edits)) for module, edits in plans.items()}


def _branches(program: Program, opening: Opening) -> list[cst.If | cst.MatchCase]:
    """The branches that are taken at the first message alone."""
    found: list[cst.If | cst.MatchCase] = []
    for node, value in program.values.items():
        parent = program.parents.get(node)
        if not _is_type(opening, value):
            continue
        match parent:
            case cst.Comparison(left, [cst.ComparisonTarget(cst.Equal(), right)]) if left is node:
                branch = program.parents[parent]
                is_first = program.value(right) == Known(opening.edition.begin)
                if is_first and isinstance(branch, cst.If) and branch.test is parent:
                    found.append(branch)
            case cst.Match(_, cases):
                for case in cases:
                    match case:
                        case cst.MatchCase(cst.MatchValue(named), guard=None):
                            if program.value(named) == Known(opening.edition.begin):
                                found.append(case)
    return found


def _is_type(opening: Opening, value: object) -> bool:
    return (
        isinstance(value, Parsed)
        and value.document == Frame(opening.connect.call)
        and value.path == opening.edition.type_path
    )


def _yields(program: Program, branch: cst.If | cst.MatchCase) -> bool:
    """Whether the function that a branch stands in yields there."""
    function = program.scope_of(branch)
    return any(
        isinstance(one, cst.Yield) and program.scope_of(one) is function for one in program.nodes_in(branch.body)
    )


@dataclass(frozen=True, slots=True)
class _Beginning:
    """One branch that is taken at the first message of a session."""

    program: Program
    opening: Opening
    branch: cst.If | cst.MatchCase

    def plan(self, plans: dict[cst.Module, Edits]) -> None:
        """Plans that what the branch does is done before the loop, where it can be."""
        body, loop = self.branch.body, self._loop()
        moved = [one for one in without_jump(list(body.body)) if isinstance(one, Statement)]
        if loop is None or not isinstance(body, cst.IndentedBlock) or not moved or not self._can_go(moved, loop):
            return
        reads = self._reads(moved)
        module = self.program.module_of(loop)
        edits = plans.setdefault(module, Edits())
        if reads and not self._read_where_opened(reads, plans):
            return
        edits.watch(moved)
        written = list(moved)
        edits.insert_before(loop, lambda: [_without_blanks(edits.edited(one)) for one in written])
        edits.rewrite(body, lambda updated: updated.with_changes(body=[PASS]))

    # --- what goes ---------------------------------------------------------------------------------

    def _loop(self) -> cst.For | cst.While | None:
        """The loop that waits for messages, where each pass of what is around it has a socket of its own."""
        program, connect = self.program, self.opening.connect.call
        function, found = program.scope_of(self.branch), None
        current: cst.CSTNode | None = self.branch
        while current is not None and current is not function:
            if isinstance(current, (cst.For, cst.While)):
                if program.is_inside(connect, current):
                    break
                if found is not None:
                    return None
                found = current
            current = program.parents.get(current)
        return found

    def _can_go(self, moved: list[Statement], loop: cst.CSTNode) -> bool:
        """Whether statements mean the same before the loop: they use nothing of it but the message's fields."""
        program, function = self.program, self.program.scope_of(loop)
        for node in (node for one in moved for node in program.nodes_in(one)):
            if isinstance(node, _LEAVING) and program.scope_of(node) is function:
                return False
            if not isinstance(node, cst.Name) or node not in program.reaching:
                continue
            if self._message(node) is not None:
                if self._field_around(node) is None:
                    return False
                continue
            for definition in program.reaching[node]:
                is_of_loop = program.is_inside(definition.node, loop)
                if is_of_loop and not any(program.is_inside(definition.node, one) for one in moved):
                    return False
        return True

    def _message(self, node: cst.CSTNode) -> Parsed | None:
        found = [one for one in something(self.program.value(node)) if isinstance(one, Parsed)]
        is_of_session = [one for one in found if one.document == Frame(self.opening.connect.call)]
        return is_of_session[0] if is_of_session else None

    def _field_around(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The read of a field of the whole message that a node is; None where it is another use."""
        message, parent = self._message(node), self.program.parents[node]
        if message is None or message.path:
            return None
        around = self.program.parents[parent] if isinstance(parent, cst.Attribute) else parent
        if not isinstance(around, (cst.Subscript, cst.Call)):
            return None
        read = self._message(around)
        return around if read is not None and len(read.path) == 1 else None

    def _reads(self, moved: list[Statement]) -> dict[cst.BaseExpression, str]:
        """The reads of the first message's fields, each with the field."""
        found: dict[cst.BaseExpression, str] = {}
        for node in (node for one in moved for node in self.program.nodes_in(one)):
            if isinstance(node, cst.Name) and self._message(node) is not None:
                around = self._field_around(node)
                read = self._message(around) if around is not None else None
                if around is not None and read is not None:
                    found[around] = str(read.path[0])
        return found

    # --- where it is read --------------------------------------------------------------------------

    def _read_where_opened(self, reads: dict[cst.BaseExpression, str], plans: dict[cst.Module, Edits]) -> bool:
        """Plans that the first message is read behind the connect, and what the branch read of it is read there."""
        program, connect = self.program, self.opening.connect
        place, function = program.scope_of(connect.call), program.scope_of(self.branch)
        opened, socket = program.statement_of(connect.call), self._socket()
        scope = program.scopes.get(place)
        name = next((one for one in _NAMES if scope is None or one not in scope.definitions), None)
        if socket is None or name is None:
            return False
        edits = plans.setdefault(program.module_of(connect.call), Edits())
        waiting = "await " if connect.library.asynchronous else ""
        received = "socket.receive_json()" if connect.library.wrapped else f"json.loads({waiting}socket.recv())"
        before = waiting if connect.library.wrapped else ""
        written = statements(f"{name} = {before}{received}", socket=socket)
        if place is function:
            for read in reads:
                edits.rewrite(_base(read), lambda updated: cst.Name(name))
        else:
            owner = self._owner(place)
            if owner is None or self._owner(function) is not owner:
                return False
            attributes = {field: f"session_{field.removeprefix('session_')}" for field in reads.values()}
            if any(self._is_named(owner, one) for one in attributes.values()):
                return False
            of_function = plans.setdefault(program.module_of(self.branch), Edits())
            for read, field in reads.items():
                of_function.replace(
                    read, cst.Attribute(cst.Name(_first_parameter(function)), cst.Name(attributes[field]))
                )
            given = _first_parameter(place)
            for field, attribute in attributes.items():
                written += statements(f'{given}.{attribute} = {name}["{field}"]')
        block = opened_block(program, connect)
        if block is not None:
            edits.insert_at_start(block, lambda: written)
        else:
            edits.insert_after(opened, lambda: written)
        return True

    def _socket(self) -> cst.BaseExpression | None:
        """What the socket is called straight behind the connect."""
        program, opened = self.program, self.program.statement_of(self.opening.connect.call)
        match opened:
            case cst.With(items=[*_, cst.WithItem(_, cst.AsName(cst.Name() as name))]):
                pass
            case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name() | cst.Attribute() as name)])]):
                pass
            case cst.SimpleStatementLine([cst.AnnAssign(cst.Name() | cst.Attribute() as name)]):
                pass
            case _:
                return None
        held = something(program.value(_given(opened)))
        return name if Socket(self.opening.connect.call) in held or isinstance(opened, cst.With) else None

    def _owner(self, function: cst.CSTNode) -> cst.ClassDef | None:
        """The class of which a function is a plain method."""
        if not isinstance(function, cst.FunctionDef) or function.decorators or not _first_parameter(function):
            return None
        around = self.program.parents[self.program.parents[function]]
        return around if isinstance(around, cst.ClassDef) else None

    def _is_named(self, owner: cst.ClassDef, attribute: str) -> bool:
        nodes = self.program.nodes_in(owner)
        return any(isinstance(one, cst.Name) and one.value == attribute for one in nodes)


def _given(statement: cst.CSTNode) -> cst.CSTNode:
    match statement:
        case cst.SimpleStatementLine([cst.Assign(value=value) | cst.AnnAssign(value=value)]) if value is not None:
            return value
    return statement


def _base(read: cst.BaseExpression) -> cst.BaseExpression:
    """The message of which a field is read."""
    match read:
        case cst.Subscript(base) | cst.Call(cst.Attribute(base)):
            return base
    raise TypeError(read)


def _first_parameter(function: cst.CSTNode) -> str:
    """What a method calls its object; nothing where it has no parameter."""
    parameters = function.params.params if isinstance(function, cst.FunctionDef) else ()
    return parameters[0].name.value if parameters else ""


def _without_blanks(statement: Statement) -> Statement:
    lines = [one for one in statement.leading_lines if one.comment is not None]
    return statement.with_changes(leading_lines=lines)


def _needed(program: Program, module: cst.Module, edits: Edits) -> list[tuple[str, str]]:
    """The import that the new statements need, where the file has it not."""
    scope = program.scopes.get(module)
    has = scope is not None and "json" in scope.definitions
    return [("json", "")] if (edits.after or edits.at_start) and not has else []
