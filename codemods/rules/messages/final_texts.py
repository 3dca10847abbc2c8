"""The text of a whole session: Gladia sends it at the end, towards AssemblyAI it is put together from the finals.

A list takes up each final where messages arrive, and is joined where the program reads the summary. It begins with the
session, in the narrowest scope that both places share: a local name around the receiving loop, an attribute of the
object that opens the socket, a name of the function around a callback.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import Frame, Parsed, Unknown, Value, something
from codemods.edits import Statement, expression, statements
from codemods.migrating import Migrating
from shim.mapping import server_messages
from shim.mapping.paths import steps_of

FULL_TEXTS: Final = (server_messages.FULL_TEXT, server_messages.EARLIER_FULL_TEXT)
"""The rows of what is put together."""

_NAMES: Final = ("finals", "final_texts", "final_transcripts")
_KIND: Final = str(steps_of(server_messages.TURN_TEXT.gladia[0])[0])
_IS_FINAL: Final = steps_of(server_messages.TURN_IS_FINAL.gladia[0])[1:]
_LEAVING: Final = (cst.Continue, cst.Return, cst.Break, cst.Raise)


@dataclass(frozen=True, slots=True)
class _Holder:
    """Where the list lives: how it is read, and the statement before which it begins."""

    read: cst.BaseExpression
    begins_before: cst.CSTNode
    cleared_before: cst.CSTNode | None = None


class FinalTexts:
    """Gathers the finals of each session whose summary is read. Each session is planned once."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._planned: dict[cst.CSTNode, _Holder | None] = {}

    def read_at(self, node: cst.BaseExpression, message: Parsed) -> cst.BaseExpression | None:
        """What stands for the session's text at `node`, where `message` is read; None where it cannot be gathered."""
        definition = self._arrival(node, message)
        if definition is None:
            return None
        holder = self._holder(node, message, definition)
        if holder is None:
            return None
        known = self._planned.get(message.origin)
        if known is None:
            self._planned[message.origin] = holder
            self._plan(definition, holder)
        elif not known.read.deep_equals(holder.read):
            return None
        blank = self._migrating.string(" ", node)
        return expression("blank.join(texts)", blank=blank, texts=holder.read)

    def takes_all_of(self, node: cst.BaseExpression) -> bool:
        """Whether the place in a message at `node` is only given a name of which nothing but the text is read."""
        given: cst.CSTNode = node
        match self._program.parents[node]:
            case cst.BooleanOperation(left, cst.Or(), cst.Dict([])) as around if left is node:
                given = around
        definition = next((one for one in self._program.definitions() if one.expression is given), None)
        statement = definition.statement if definition is not None else None
        if definition is None or not definition.uses or not isinstance(statement, cst.SimpleStatementLine):
            return False
        if len(statement.body) != 1 or not isinstance(statement.body[0], cst.Assign):
            return False
        paths = [steps_of(row.gladia[0])[1:] for row in FULL_TEXTS]
        for use in definition.uses:
            access = self._program.parents[use]
            access = self._program.parents[access] if isinstance(access, cst.Attribute) else access
            value = self._program.value(access)
            if not isinstance(value, Parsed) or value.path not in paths or not isinstance(access, cst.BaseExpression):
                return False
            if self.read_at(access, value) is None:
                return False
        self._migrating.edits.remove(statement)
        return True

    # --- where messages arrive -------------------------------------------------------------------

    def _arrival(self, node: cst.BaseExpression, message: Parsed) -> Definition | None:
        """The name that every message gets, in the function that reads the summary if it gets one there."""
        found = [
            one
            for one in self._program.definitions()
            if isinstance(one.value, Parsed)
            and one.value.path == ()
            and one.value.origin is message.origin
            and (one.value.types is None or _KIND in one.value.types)
            and self._is_insertable(one)
        ]
        here = [one for one in found if self._program.scope_of(one.node) is self._program.scope_of(node)]
        return next(iter([*here, *found]), None)

    def _is_insertable(self, definition: Definition) -> bool:
        statement = definition.statement
        if isinstance(definition.node, cst.Param):
            return isinstance(self._program.scope_of(definition.node), cst.FunctionDef)
        return (
            isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and isinstance(statement.body[0], (cst.Assign, cst.AnnAssign))
        )

    # --- where the list lives --------------------------------------------------------------------

    def _holder(self, node: cst.BaseExpression, message: Parsed, arrival: Definition) -> _Holder | None:
        program = self._program
        receiving, reading = program.scope_of(arrival.node), program.scope_of(node)
        if not isinstance(message.document, Frame) or not isinstance(receiving, cst.FunctionDef | cst.Module):
            return None
        connect = message.document.connect
        loop = self._loop_around(arrival.node, receiving)
        if receiving is reading and loop is not None:
            block = program.parents[loop]
            if not program.is_inside(node, block) or program.is_inside(connect, loop):
                return None
            return _Holder(cst.Name(self._name()), loop)
        if isinstance(receiving, cst.Module):
            return None
        owner = self._class_of(receiving)
        if owner is not None:
            return self._attribute(owner, receiving, reading, connect)
        around = program.scope_of(receiving)
        if not self._is_within(reading, around) or loop is not None:
            return None
        opened_at = program.statement_of(connect)
        if isinstance(around, cst.Module):
            is_here = program.scope_of(connect) is around
            return _Holder(cst.Name(self._name()), receiving, None if is_here else opened_at)
        if isinstance(around, cst.FunctionDef) and program.parents[receiving] is around.body:
            return _Holder(cst.Name(self._name()), receiving)
        return None

    def _attribute(
        self, owner: cst.ClassDef, receiving: cst.FunctionDef, reading: cst.CSTNode, connect: cst.Call
    ) -> _Holder | None:
        """A list on the object, which begins where the object opens its session."""
        opening = self._program.scope_of(connect)
        objects = {self._object_of(one) for one in (receiving, reading, opening)}
        if any(self._class_of(one) is not owner for one in (reading, opening)) or len(objects) != 1 or None in objects:
            return None
        name = f"_{self._name()}" if self._has_private_names(owner) else self._name()
        return _Holder(
            cst.Attribute(cst.Name(str(next(iter(objects)))), cst.Name(name)), self._program.statement_of(connect)
        )

    def _class_of(self, function: cst.CSTNode) -> cst.ClassDef | None:
        scope = self._program.scope_of(function) if isinstance(function, cst.FunctionDef) else None
        return scope if isinstance(scope, cst.ClassDef) else None

    def _object_of(self, function: cst.CSTNode) -> str | None:
        """The name that a method has for its object."""
        if not isinstance(function, cst.FunctionDef) or not function.params.params:
            return None
        named = function.params.params[0].name.value
        return named if named == "self" else None

    def _has_private_names(self, owner: cst.ClassDef) -> bool:
        return any(
            isinstance(one, cst.Attribute) and one.attr.value.startswith("_") and not one.attr.value.startswith("__")
            for one in self._program.nodes_in(owner)
        )

    def _is_within(self, scope: cst.CSTNode, around: cst.CSTNode) -> bool:
        return scope is around or self._program.is_inside(scope, around)

    def _loop_around(self, node: cst.CSTNode, scope: cst.CSTNode) -> cst.For | cst.While | None:
        current = node
        while current is not scope and current in self._program.parents:
            current = self._program.parents[current]
            if isinstance(current, (cst.For, cst.While)):
                return current
        return None

    def _name(self) -> str:
        nodes = (node for module in self._program.modules for node in self._program.nodes_in(module))
        taken = {node.value.lstrip("_") for node in nodes if isinstance(node, cst.Name)}
        return next((name for name in _NAMES if name not in taken), f"{_NAMES[0]}_of_session")

    # --- writing ---------------------------------------------------------------------------------

    def _plan(self, arrival: Definition, holder: _Holder) -> None:
        edits = self._migrating.edits
        edits.add_before(holder.begins_before, lambda: self._begin(holder))
        if holder.cleared_before is not None:
            edits.add_before(holder.cleared_before, lambda: statements("TEXTS.clear()", TEXTS=holder.read))
        message = cst.Name(self._migrating.name(arrival.name))
        branch = self._branch_of_finals(arrival)
        if branch is not None:
            first = branch.body.body[0]
            edits.add_before(first, lambda: self._append(holder, message))
            return
        gathering = lambda: [self._gather(holder, message, arrival)]  # noqa: E731  # the one thing that both places get
        if isinstance(arrival.node, cst.Param):
            function = self._program.scope_of(arrival.node)
            assert isinstance(function, cst.FunctionDef)
            body = [one for one in function.body.body if not _is_docstring(one)]
            edits.add_before(body[0], gathering)
        else:
            assert arrival.statement is not None
            edits.add_after(arrival.statement, gathering)

    def _begin(self, holder: _Holder) -> list[Statement]:
        begun = statements("TEXTS: list[str] = []", TEXTS=holder.read)
        if isinstance(self._program.parents[holder.begins_before], cst.Module):
            return [begun[0].with_changes(leading_lines=[cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)])]
        return begun

    def _append(self, holder: _Holder, message: cst.Name) -> list[Statement]:
        text = self._migrating.string(server_messages.TURN_TEXT.assemblyai[0].split(".")[1], message)
        return statements("TEXTS.append(MESSAGE[TEXT])", TEXTS=holder.read, MESSAGE=message, TEXT=text)

    def _gather(self, holder: _Holder, message: cst.Name, arrival: Definition) -> Statement:
        kind, final = server_messages.TURN_IS_FINAL.assemblyai[0].split(".")
        is_one = isinstance(arrival.value, Parsed) and arrival.value.types == frozenset((_KIND,))
        test = expression(
            "message[final]" if is_one else "message[type] == kind and message[final]",
            message=message,
            type=self._migrating.string("type", message),
            kind=self._migrating.string(kind, message),
            final=self._migrating.string(final, message),
        )
        return cst.If(test, cst.IndentedBlock(self._append(holder, message)))

    # --- the program's own branch ----------------------------------------------------------------

    def _branch_of_finals(self, arrival: Definition) -> cst.If | None:
        """The branch of the program that is taken for every final, and for nothing else."""
        for node in self._program.nodes_in(self._program.scope_of(arrival.node)):
            if isinstance(node, cst.If) and isinstance(node.body, cst.IndentedBlock):
                there = self._program.at_statement.get(node.body.body[0], {}).get(arrival.name)
                is_same = there == frozenset((arrival,))
                if is_same and self._tests_final(node.test, arrival) and self._is_always_met(node, arrival):
                    return node
        return None

    def _tests_final(self, test: cst.BaseExpression, arrival: Definition) -> bool:
        return self._is_plain(test, arrival) and any(
            (value := _message(self._program.value(one))) is not None and value.path == _IS_FINAL
            for one in _conjuncts(test)
        )

    def _is_plain(self, test: cst.BaseExpression, arrival: Definition) -> bool:
        """Whether a test asks for nothing but a final transcript."""
        for one in _conjuncts(test):
            value = _message(self._program.value(one))
            origin = arrival.value.origin if isinstance(arrival.value, Parsed) else None
            if value is not None and value.origin is origin and value.path == _IS_FINAL:
                continue
            if not isinstance(one, cst.Comparison) or not self._compares_type(one, (_KIND,)):
                return False
        return True

    def _compares_type(self, test: cst.BaseExpression, kinds: tuple[str, ...] | None) -> bool:
        """Whether a test is `type == "…"`, for one of these types; None: for any other."""
        match test:
            case cst.Comparison(left, [cst.ComparisonTarget(cst.Equal(), right)]):
                values = [self._program.value(left), self._program.value(right)]
                is_type = any(isinstance(one, Parsed) and one.path == ("type",) for one in values)
                names = [getattr(one, "value", None) for one in values]
                return is_type and (any(one in kinds for one in names) if kinds is not None else _KIND not in names)
        return False

    def _is_always_met(self, branch: cst.If, arrival: Definition) -> bool:
        """Whether nothing between the arrival and the branch turns away a final."""
        end = self._program.parents.get(arrival.statement) if arrival.statement is not None else None
        function = self._program.scope_of(arrival.node)
        if isinstance(arrival.node, cst.Param) and isinstance(function, cst.FunctionDef):
            end = function.body
        current: cst.CSTNode = branch
        while True:
            around = self._program.parents[current]
            if isinstance(around, cst.If) and around.orelse is current:
                if not self._compares_type(around.test, None):
                    return False
            elif isinstance(around, cst.IndentedBlock):
                if not self._is_passed_through(around, current, arrival):
                    return False
                if around is end:
                    return True
                holder = self._program.parents[around]
                if (
                    not isinstance(holder, cst.If)
                    or holder.body is not around
                    or not self._is_plain(holder.test, arrival)
                ):
                    return False
                current = holder
                continue
            elif not isinstance(around, cst.Else) or not isinstance(self._program.parents[around], cst.If):
                return False
            current = around

    def _is_passed_through(self, block: cst.IndentedBlock, place: cst.CSTNode, arrival: Definition) -> bool:
        """Whether the statements before one of a block, from the arrival on, never leave."""
        before: list[cst.CSTNode] = list(block.body[: list(block.body).index(place)])  # type: ignore[arg-type]
        if arrival.statement in before:
            before = before[before.index(arrival.statement) + 1 :]
        return not any(isinstance(node, _LEAVING) for one in before for node in self._program.nodes_in(one))


def _message(value: Value) -> Parsed | None:
    """The one place in a message that a value is, if not None."""
    found = [one for one in something(value) if not isinstance(one, Unknown)]
    return found[0] if len(found) == 1 and isinstance(found[0], Parsed) else None


def _conjuncts(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    match test:
        case cst.BooleanOperation(left, cst.And(), right):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case _:
            yield test


def _is_docstring(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.SimpleString())]):
            return True
    return False
