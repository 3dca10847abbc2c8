"""Reading what an SDK hands to handlers: attributes and their units, wherever a program reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import (
    EACH,
    Delivered,
    Known,
    Parsed,
    Sequence,
    Step,
    Value,
    something,
)
from codemods.edits import expression, in_parentheses, takes_any
from codemods.findings import (
    FIELD_ABSENT,
    FIELD_UNCLEAR,
    MESSAGE_NOT_FOLLOWED,
    PARAMETER_DIFFERS,
    WHOLE_MESSAGE,
)
from codemods.migrating import Migrating
from codemods.rules.absent.prepared import PreparedReads
from codemods.rules.messages.leading_blanks import LeadingBlanks
from codemods.rules.sdk.fields.attribute_tests import AttributeTestRule
from codemods.rules.sdk.fields.error_attributes import ErrorAttributes
from codemods.rules.sdk.fields.field_rows import FieldRows, general, with_positions
from codemods.rules.sdk.fields.type_names import TypeNameRule
from codemods.rules.sdk.fields.units import is_whole, undone_by
from codemods.rules.sdk.fields.uses import MessageUses
from codemods.rules.sdk.fields.whole_events import WholeEvents
from shim.mapping import session
from shim.mapping.row import Fidelity, Vendor

_TYPE: Final[tuple[Step, ...]] = ("type",)
_ELEMENT: Final = re.compile(r'\b(\w+)\["(\w+)"\]')
"""A field as the rows' conversions read it of a parsed message; the SDKs' objects have attributes."""
_ERRORS: Final = frozenset(("Error", "error"))


class SdkFieldRule:
    """Plans what becomes of every place where a program reads what these sessions' handlers are given."""

    def __init__(self, migrating: Migrating, sites: frozenset[cst.Call]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._sites = sites
        self._target = migrating.target
        self._complete = True
        self._fields = FieldRows(migrating)
        self._uses = MessageUses(migrating, self._is_message)
        self._texts = LeadingBlanks(migrating, self._is_text)
        self._aliases: dict[Definition, cst.Name] = {}
        self.gone: set[cst.CSTNode] = set()
        """Nodes that go with branches for messages that never come."""
        self._whole_events = WholeEvents(migrating)
        self._types = TypeNameRule(migrating, self._uses, self.gone, FIELD_UNCLEAR)
        self._prepared = PreparedReads(migrating, self._is_message)
        self._errors = ErrorAttributes(migrating, self._uses, self._prepared)

    def plan(self, gone: frozenset[cst.CSTNode]) -> bool:
        """Plans the edits; False, with findings, where something has no counterpart. `gone` are nodes that go."""
        values = list(self._program.values.items())
        # Types first: a branch that goes takes its fields with it.
        for node, value in sorted(values, key=lambda one: not self._is_type(one[1])):
            if (
                node in gone
                or node in self.gone
                or node in self._migrating.gone
                or not isinstance(node, cst.BaseExpression)
            ):
                continue
            found = [one for one in something(value) if self._is_message(one)]
            if not found:
                continue
            if self._lies_in_a_leaf(node):
                continue
            others = [one for one in something(value) if one not in found and not _is_empty(one)]
            paths = {one.path for one in found if isinstance(one, Parsed)}
            passes_on = others or len(paths) > 1 or isinstance(node, (cst.BooleanOperation, cst.IfExp))
            if passes_on and (self._is_converted_where_read(node, found) or _are_errors(found)):
                continue
            if others or len(paths) > 1:
                self._give_up(node, f"{self._code(node)} can be several things")
                continue
            message = found[0]
            assert isinstance(message, Parsed)
            if len(found) > 1:
                types = [one.types for one in found if isinstance(one, Parsed)]
                message = replace(message, types=None if None in types else frozenset().union(*filter(None, types)))
            self._plan_use(node, message)
        return self._complete and self._types.complete

    def _is_converted_where_read(self, node: cst.BaseExpression, found: list[Value]) -> bool:
        """Whether only values of fields come to a place, which were converted where they were read.

        `event.words[0].start if event.words else 0` is one. Nor does a test care what a message consists of.
        """
        if _is_tested(self._program.parents, node):
            return True
        inner = _accessed(node)
        is_read_here = inner is not None and self._message_at(inner) is not None
        return not is_read_here and not any(
            one.path == () or self._fields.leads(one) for one in found if isinstance(one, Parsed)
        )

    def _is_type(self, value: Value) -> bool:
        return any(isinstance(one, Parsed) and one.path == _TYPE for one in something(value))

    def _is_message(self, value: Value) -> bool:
        return (
            isinstance(value, Parsed) and isinstance(value.document, Delivered) and value.document.site in self._sites
        )

    def _is_text(self, value: Value) -> bool:
        return isinstance(value, Parsed) and self._is_message(value) and value.path[-1:] in (("text",), ("word",))

    def _message_at(self, node: cst.CSTNode) -> Parsed | None:
        found = [one for one in something(self._program.value(node)) if self._is_message(one)]
        return found[0] if found and isinstance(found[0], Parsed) else None

    def _plan_use(self, node: cst.BaseExpression, message: Parsed) -> None:
        if message.types is not None and message.types and message.types <= _ERRORS:
            if message.path and self._is_outermost(node) and not self._errors.plan(node, message):
                self._leave(node, f"{self._code(node)}: the other SDK's errors have no such attribute")
            return
        if self._whole_events.plan(node, message):
            return
        AttributeTestRule(self._migrating, self._fields, self._prepared).plan(node, message)
        if node in self._migrating.gone:
            return
        base, steps = self._base_of(node)
        if self._is_text(message):
            self._texts.plan(node)
        if message.path == _TYPE:
            self._types.plan(node)
        elif not self._is_outermost(node):
            return
        elif message.path == ():
            self._whole_is_used(node, message)
        elif steps == 0:
            self._check_part(node, message)
        else:
            self._field_is_read(node, base, steps, message)

    def _is_outermost(self, node: cst.BaseExpression) -> bool:
        """Whether no access around it reads a place that a row speaks of, or that lies above one."""
        parent = self._program.parents[node]
        if isinstance(parent, cst.Arg) and isinstance(self._program.parents[parent], cst.Call):
            parent = self._program.parents[parent]
        if not isinstance(parent, (cst.Attribute, cst.Subscript, cst.Call)):
            return True
        around = self._message_at(parent)
        if around is None or around.path[:-1] != (self._message_at(node) or around).path:
            return True
        inner = self._message_at(node)
        # `event.transcript.strip` is no field: the method belongs to the text.
        return bool(
            inner is not None
            and inner.path
            and self._fields.row_of(inner, whole=True)
            and not self._fields.leads(inner)
        )

    def _lies_in_a_leaf(self, node: cst.BaseExpression) -> bool:
        """Whether it is a method or element of a field's value: `event.transcript.strip`."""
        inner = _accessed(node)
        of_inner = self._message_at(inner) if inner is not None else None
        while inner is not None and of_inner is not None and of_inner.path:
            if of_inner.path == _TYPE or self._fields.is_leaf(of_inner):
                return True
            inner = _accessed(inner)
            of_inner = self._message_at(inner) if inner is not None else None
        return False

    # --- whole messages and parts ----------------------------------------------------------------

    def _whole_is_used(self, node: cst.BaseExpression, message: Parsed) -> None:
        if self._uses.is_followed(node):
            return
        if self._uses.is_shown(node):
            text = f"{self._code(node)} is {self._target}'s message from now on"
            self._migrating.report(WHOLE_MESSAGE, node, text)
            return
        self._migrating.report(MESSAGE_NOT_FOLLOWED, node, self._code(self._program.parents[node]))
        self._complete = False

    def _check_part(self, node: cst.BaseExpression, message: Parsed) -> None:
        """A name that holds a part which has fields of its own must not go where it is not followed."""
        if self._fields.leads(message) and not self._uses.is_followed(node):
            self._migrating.report(MESSAGE_NOT_FOLLOWED, node, self._code(self._program.parents[node]))
            self._complete = False

    # --- fields ----------------------------------------------------------------------------------

    def _field_is_read(self, node: cst.BaseExpression, base: cst.BaseExpression, steps: int, message: Parsed) -> None:
        if self._target is Vendor.GLADIA and message.path == ("turn_is_formatted",):
            message = replace(message, path=("end_of_turn",))
        of_base = self._message_at(base)
        row = self._fields.row_of(message, whole=of_base is None or of_base.path == ())
        if row is None:
            if isinstance(message.path[-1], int) or message.path[-1] == EACH or self._is_container(message):
                self._read_container(node, message)
            elif not self._prepared.plan(node, message, f"{self._vendor_name()} sends no such field"):
                self._leave(node, f"{self._code(node)} has no counterpart")
            return
        way = row.over(self._target)
        source = way.conversion.source
        if not row.of(self._target) and way.reason and self._prepared.plan(node, message, way.reason):
            return
        if (not row.of(self._target) and "value" not in source) or not source:
            self._leave(node, f"{self._code(node)}: {way.reason or 'no single expression gives it'}")
            return
        if way.codemod is Fidelity.APPROXIMATE:
            self._migrating.report(PARAMETER_DIFFERS, node, f"{self._code(node)}: {way.reason}")
        for dotted in way.conversion.modules:
            module, _, name = dotted.rpartition(".")
            self._migrating.use_function(module, name) if module else self._migrating.use_module(name)
        if self._fields.leads(message) and not self._uses.is_followed(node) and not self._is_alias(node):
            self._migrating.report(MESSAGE_NOT_FOLLOWED, node, self._code(self._program.parents[node]))
            self._complete = False
            return
        target = with_positions(self._fields.steps(row), message.path)
        if EACH in target and EACH not in message.path:
            # A value of the whole, made of one field of each part: `sum(word["confidence"] for word in …)`.
            target = target[: target.index(EACH)]
            source = _ELEMENT.sub(r"\1.\2", source)
        self._rewrite(node, base, steps, target, source, whole=is_whole(row, self._target))

    def _is_alias(self, node: cst.BaseExpression) -> bool:
        parent = self._program.parents[node]
        if isinstance(parent, cst.Element):
            # `first, last = event.words[0], event.words[-1]`
            parent = self._program.parents[self._program.parents[parent]]
        return isinstance(parent, cst.Assign)

    def _is_container(self, message: Parsed) -> bool:
        return self._target is Vendor.ASSEMBLYAI and self._fields.leads(message)

    def _read_container(self, node: cst.BaseExpression, message: Parsed) -> None:
        """A part with fields inside: Gladia's `message.data.utterance` is AssemblyAI's event itself."""
        base, steps = self._base_of(node)
        if self._take_alias_away(node, base, message):
            return
        if self._uses.is_followed(node) or self._is_alias(node):
            self._rewrite(node, base, steps, with_positions(self._fields.target_of(message), message.path), "value")
        else:
            self._migrating.report(MESSAGE_NOT_FOLLOWED, node, self._code(self._program.parents[node]))
            self._complete = False

    def _take_alias_away(self, node: cst.BaseExpression, base: cst.BaseExpression, message: Parsed) -> bool:
        """Removes `utterance = message.data.utterance`: its uses read the event, if that is the same for them."""
        program = self._program
        if not isinstance(base, cst.Name) or self._fields.target_of(self._message_at(base)):
            return False
        if self._fields.target_of(message):
            return False
        definition = next((one for one in program.definitions() if one.expression is node), None)
        assign, statement = program.parents[node], program.statement_of(node)
        if definition is None or not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
            return False
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            return False
        reaching = program.reaching.get(base)
        for use in definition.uses:
            there = program.at_statement.get(program.statement_of(use), {})
            if program.reaching.get(use) != frozenset((definition,)) or there.get(base.value) != reaching:
                return False
        self._aliases[definition] = base
        for use in definition.uses:
            self._migrating.edits.rewrite(use, lambda _: self._name_behind(base))
        self._migrating.edits.remove(statement)
        return True

    def _name_behind(self, base: cst.Name) -> cst.BaseExpression:
        """What is read for a name once the aliases are gone."""
        for definition in self._program.reaching.get(base, ()):
            if definition in self._aliases:
                return self._name_behind(self._aliases[definition])
        planned = self._migrating.edits.rewrites.get(base)
        found = planned(base) if planned is not None else base
        assert isinstance(found, cst.BaseExpression)
        return found

    def _base_of(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, int]:
        """The expression that a chain of accesses starts from, and how many accesses it has."""
        steps, current = 0, node
        while True:
            inner = _accessed(current)
            if inner is None or self._message_at(inner) is None:
                return current, steps
            current, steps = inner, steps + 1

    def _rewrite(
        self,
        node: cst.BaseExpression,
        base: cst.BaseExpression,
        steps: int,
        target: tuple[Step, ...],
        source: str,
        *,
        whole: bool = False,
    ) -> None:
        already = self._fields.target_of(self._message_at(base))
        if general(target[: len(already)]) != general(already):
            self._give_up(node, f"{self._code(node)} lies elsewhere in the other message")
            return
        rest = target[len(already) :]
        parents = self._program.parents
        undone, inner_of = undone_by(self._migrating, node, source, whole=whole)
        if undone is not None:
            source = "value"
            if undone is not node:
                self._migrating.edits.rewrite(undone, inner_of)

        def rewritten(updated: cst.BaseExpression) -> cst.BaseExpression:
            inner = updated
            for _ in range(steps):
                found = _accessed(inner)
                assert found is not None
                inner = found
            for step in rest:
                text = f"inner[{step}]" if isinstance(step, int) else f"inner.{step}"
                inner = expression(text, inner=inner)
            result = expression(source.replace('"', self._migrating.quote_at(node)), value=inner)
            return result if source == "value" or takes_any(parents[node]) else in_parentheses(result)

        self._migrating.edits.rewrite(node, rewritten)

    def _code(self, node: cst.CSTNode) -> str:
        return self._migrating.code(node)

    def _vendor_name(self) -> str:
        return session.NAME.of(self._target)[0]

    def _leave(self, node: cst.CSTNode, text: str) -> None:
        """Leaves a reading as it is: a person has to decide, at a TODO."""
        self._migrating.report(FIELD_ABSENT, node, text)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(FIELD_UNCLEAR, node, text)


def _accessed(node: cst.BaseExpression) -> cst.BaseExpression | None:
    match node:
        case cst.Subscript(value) | cst.Attribute(value):
            return value
        case cst.Call(cst.Name("getattr"), [cst.Arg(value), *_]):
            return value
    return None


def _is_empty(value: Value) -> bool:
    """Whether a value is a default that has nothing in it: `or []`, `getattr(event, "words", None)`."""
    match value:
        case Known(constant):
            return not constant
        case Sequence(_, elements):
            return not elements
    return False


def _are_errors(found: list[Value]) -> bool:
    """Whether values are errors and parts of them, whose attributes are planned where they are read."""
    return all(isinstance(one, Parsed) and one.types and one.types <= _ERRORS for one in found)


def _is_tested(parents: Mapping[cst.CSTNode, cst.CSTNode], node: cst.CSTNode) -> bool:
    """Whether an expression of `and` and `or` is only asked whether it holds."""
    while isinstance(node, cst.BooleanOperation) or isinstance(parents.get(node), cst.BooleanOperation):
        parent = parents.get(node)
        match parent:
            case cst.If(test) | cst.While(test) | cst.IfExp(test) | cst.CompIf(test) | cst.Assert(test):
                return test is node
            case cst.UnaryOperation(cst.Not()):
                return True
            case cst.BooleanOperation():
                node = parent
            case _:
                return False
    return False
