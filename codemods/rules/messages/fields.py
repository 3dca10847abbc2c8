"""Fields of messages, wherever a program reads them: at the other vendor's place, in its unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import EACH, Parsed, Value
from codemods.edits import takes_any
from codemods.findings import FIELD_ABSENT, FIELD_OF_NEITHER, PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.absent.prepared import PreparedReads
from codemods.rules.messages.accesses import MessageAccesses
from codemods.rules.messages.any_type import AnyType
from codemods.rules.messages.final_texts import FULL_TEXTS, FinalTexts
from codemods.rules.messages.leading_blanks import LeadingBlanks
from codemods.rules.messages.never_there import is_made_up, is_never_there
from codemods.rules.messages.own_fields import OwnFields
from codemods.rules.messages.places import MessagePlaces, general, with_positions
from codemods.rules.messages.received import TYPE
from codemods.rules.messages.time_units import division_into_seconds
from codemods.rules.messages.told_by_exceptions import is_told_by_exception
from shim.mapping import server_messages, session
from shim.mapping.paths import steps_of
from shim.mapping.row import Fidelity, Row, Vendor

_TEXTS: Final = (server_messages.TURN_TEXT, server_messages.WORD_TEXT)


class MessageFields:
    """Plans the reads of fields, and of what holds them.

    `accesses` writes them, `any_type` says which type a read has to ask for, `final_texts` gathers what only one side
    sends; `give_up` is called with the place and the reason where a read has no counterpart.
    """

    def __init__(
        self,
        migrating: Migrating,
        places: MessagePlaces,
        accesses: MessageAccesses,
        any_type: AnyType,
        final_texts: FinalTexts,
        give_up: Callable[[cst.CSTNode, str], None],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._places = places
        self._accesses = accesses
        self._any_type = any_type
        self._final_texts = final_texts
        self._give_up = give_up
        self._own = OwnFields(migrating, places)
        self._blanks = LeadingBlanks(migrating, self._is_text)
        self._prepared = PreparedReads(migrating, lambda value: places.message(value) is not None)
        self._code = migrating.code
        self._aliases: dict[Definition, cst.Name] = {}

    def read(self, node: cst.BaseExpression, message: Parsed) -> None:
        """Plans what becomes of a place where a part of a message is read, or a whole one handed on."""
        if not self._places.is_outermost(node):
            return
        is_access = self._places.base_of(node)[1] > 0
        rows = self._places.rows_of(message)
        if rows is not None and rows[0] in _TEXTS:
            self._blanks.plan(node)
        if is_access and message.path:
            # A name that holds a part of a message was given it converted: only accesses are rewritten.
            self._field_is_read(node, message, rows)

    def _field_is_read(self, node: cst.BaseExpression, message: Parsed, rows: list[Row] | None) -> None:
        if rows is None:
            self._container_is_read(node, message)
            return
        if len({row.of(self._migrating.target) for row in rows}) > 1:
            self._give_up(node, f"{self._code(node)} can be a field of several messages")
            return
        row = rows[0]
        way = row.over(self._migrating.target)
        targets = row.of(self._migrating.target)
        if row in FULL_TEXTS and (gathered := self._final_texts.read_at(node, message)) is not None:
            self._migrating.edits.replace(node, gathered)
            return
        if row is server_messages.FULL_TRANSCRIPT and self._final_texts.takes_all_of(node):
            return
        if not targets and way.conversion.source:
            # The other vendor has no such field, and it is always the same.
            self._migrating.edits.replace(node, cst.parse_expression(way.conversion.source))
            return
        if not targets and self._other_stands(node, way.reason):
            return
        if not targets and way.reason and self._prepared.plan(node, message, way.reason):
            return
        if not targets or not way.conversion.source:
            self._leave(node, f"{self._code(node)}: {way.reason or 'no single expression gives it'}")
            return
        if way.codemod is Fidelity.APPROXIMATE:
            self._migrating.report(PARAMETER_DIFFERS, node, f"{self._code(node)}: {way.reason}")
        target = with_positions(steps_of(targets[0])[1:], message.path)
        over_list = EACH in target and EACH not in general(message.path)
        if over_list:
            target = target[: target.index(EACH)]  # the expression is over the whole list
        source = way.conversion.source
        division = division_into_seconds(self._program, node, self._is_in_milliseconds)
        if division is not None and source == server_messages.IN_MILLISECONDS.source:
            self._migrating.edits.rewrite(division, lambda updated: _alone(updated.left, self._program, division))
            source = "value"
        product = self._program.parents[node]
        if source == server_messages.IN_SECONDS.source and _is_in_milliseconds(product, node):
            self._migrating.edits.rewrite(product, lambda updated: updated.left)
            source = "value"
        kind = self._any_type.kind_to_ask_for(message, row)
        self._accesses.rewrite(node, message, target, source, kind, over_list=over_list)

    def _is_in_milliseconds(self, node: cst.BaseExpression) -> bool:
        """Whether an expression reads a time that this vendor counts in milliseconds and the other in seconds."""
        message = self._places.message(self._program.value(node))
        rows = self._places.rows_of(message) if message is not None and self._places.base_of(node)[1] > 0 else None
        target = self._migrating.target
        return rows is not None and rows[0].way(target).conversion == server_messages.IN_MILLISECONDS

    def _container_is_read(self, node: cst.BaseExpression, message: Parsed) -> None:
        """A place between the message and its fields, such as `data`: at the other vendor's it may be the message."""
        path = general(message.path)
        if self._own.is_own(message):
            return
        if not self._places.fields_below(path):
            if self._is_never_there(node, message):
                self._migrating.report(FIELD_OF_NEITHER, node, self._code(node))
            elif not self._prepared.plan(node, message, f"{self._vendor_name()} sends no such field"):
                self._leave(node, f"{self._code(node)} has no counterpart")
            return
        if (
            not self._places.is_always_there(message)
            and not _gives_empty(node, self._program)
            and is_told_by_exception(self._program, node, self._places.is_field)
        ):
            self._give_up(node, f"a message without {self._code(node)} is told by an exception: test its type instead")
            return
        target = with_positions(self._places.target_of(message), message.path)
        base, _ = self._places.base_of(node)
        around = self._places.message(self._program.value(base))
        if self._places.target_of(around) != self._places.target_of(message) or not self._take_alias_away(node):
            self._accesses.rewrite(node, message, target, "value")

    def _is_never_there(self, node: cst.BaseExpression, message: Parsed) -> bool:
        """Whether a read asks for a field that neither service has, so that it goes on giving nothing."""
        if self._migrating.target is Vendor.GLADIA:
            return is_never_there(message, node, self._places.type_path)
        return self._places.type_path == TYPE and is_made_up(message, node)

    def _vendor_name(self) -> str:
        return session.NAME.of(self._migrating.target)[0]

    def _other_stands(self, node: cst.BaseExpression, reason: str) -> bool:
        """`message.get("transcript") or message.get("utterance")`: of two fields for one thing there is one left."""
        choice = self._program.parents[node]
        if not isinstance(choice, cst.BooleanOperation) or not isinstance(choice.operator, cst.Or):
            return False
        others = [choice.right] if choice.left is node else [choice.left]
        while isinstance(others[-1], cst.BooleanOperation):
            others[-1:] = [others[-1].left, others[-1].right]
        read = [self._places.message(self._program.value(one)) for one in others if not isinstance(one, cst.Name)]
        rows = [self._places.rows_of(one) for one in read if one is not None and one.path != self._places.type_path]
        if not any(found and found[0].of(self._migrating.target) for found in rows):
            return False
        self._migrating.report(PARAMETER_DIFFERS, node, f"{self._code(node)}: {reason}; the other field stands for it")
        is_left = choice.left is node
        self._migrating.edits.rewrite(choice, lambda updated: updated.right if is_left else updated.left)
        return True

    def _take_alias_away(self, node: cst.BaseExpression) -> bool:
        """Removes `utterance = message["data"]["utterance"]` and lets its uses read `message`, if that is the same."""
        base, _ = self._places.base_of(node)
        given: cst.CSTNode = node
        match self._program.parents[node]:
            case cst.BooleanOperation(left, cst.Or(), cst.Dict([])) as around if left is node:
                given = around
        assign = self._program.parents[given]
        statement = self._program.statement_of(node)
        definition = next((one for one in self._program.definitions() if one.expression is given), None)
        if (
            not isinstance(base, cst.Name)
            or not isinstance(assign, cst.Assign)
            or len(assign.targets) != 1
            or definition is None
            or not isinstance(statement, cst.SimpleStatementLine)
            or len(statement.body) != 1
        ):
            return False
        reaching = self._program.reaching.get(base)
        if not definition.uses:
            return False
        for use in definition.uses:
            there = self._program.at_statement.get(self._program.statement_of(use), {})
            alone = self._program.reaching.get(use) == frozenset((definition,))
            if not alone or there.get(base.value) != reaching:
                return False
        self._aliases[definition] = base
        for use in definition.uses:
            self._migrating.edits.rewrite(
                use, lambda _: cst.Name(self._migrating.name(self._without_aliases(base).value))
            )
        self._migrating.edits.remove(statement)
        return True

    def _without_aliases(self, name: cst.Name) -> cst.Name:
        """The name that still stands for the message once the aliases are gone."""
        for definition in self._program.reaching.get(name, ()):
            if definition in self._aliases:
                return self._without_aliases(self._aliases[definition])
        return name

    def _is_text(self, value: Value) -> bool:
        message = self._places.message(value)
        rows = self._places.rows_of(message) if message is not None else None
        return rows is not None and rows[0] in _TEXTS

    def _leave(self, node: cst.CSTNode, text: str) -> None:
        """Leaves a reading as it is: a person has to decide, at a TODO."""
        self._migrating.report(FIELD_ABSENT, node, text)


def _gives_empty(node: cst.BaseExpression, program: Program) -> bool:
    """Whether a read gives an empty dictionary where the part is missing, and so raises nothing.

    `message.get("data", {})` and `message.get("data") or {}`, of a name or of another such read.
    """
    match node, program.parents.get(node):
        case (cst.Call(cst.Attribute(owner, cst.Name("get")), [_, cst.Arg(cst.Dict([]))]), _) | (
            cst.Call(cst.Attribute(owner, cst.Name("get"))),
            cst.BooleanOperation(cst.Call(), cst.Or(), cst.Dict([])),
        ):
            return not isinstance(owner, (cst.Call, cst.Subscript)) or _gives_empty(owner, program)
    return False


def _alone(node: cst.BaseExpression, program: Program, place: cst.CSTNode) -> cst.BaseExpression:
    """What is left of an operation, in parentheses only where its place needs them."""
    if isinstance(node, cst.BinaryOperation) and takes_any(program.parents[place]):
        return node.with_changes(lpar=[], rpar=[])
    return node


def _is_in_milliseconds(product: cst.CSTNode, seconds: cst.BaseExpression) -> bool:
    """Whether an expression is a time in seconds, multiplied to be one in milliseconds."""
    match product:
        case cst.BinaryOperation(left, cst.Multiply(), cst.Integer() | cst.Float() as factor) if not product.lpar:
            return left is seconds and factor.evaluated_value == 1000
    return False
