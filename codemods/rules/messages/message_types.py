"""Types of messages: each test for one asks for the other vendor's, or goes with its branch where none comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.values import DictDisplay, Known, Parsed, Sequence, Value
from codemods.findings import NEITHER_SENDS, PARAMETER_DIFFERS, WAITS_FOR_ABSENT, Kind
from codemods.migrating import Migrating, like
from codemods.rules.branches import does_nothing, drop_case, drop_false, report_never_sent, where_it_went
from codemods.rules.messages.handlers.handler_tables import HandlerTables
from codemods.rules.messages.places import RENAMED, MessagePlaces
from codemods.rules.messages.same_message import SameMessage
from codemods.rules.messages.type_lists import without_absent_types
from shim.mapping import session
from shim.mapping.row import Fidelity
from shim.wire import assemblyai, gladia

_TYPE_TESTS: Final = (cst.Equal, cst.NotEqual, cst.In, cst.NotIn, cst.Is, cst.IsNot)


class MessageTypes:
    """Plans what becomes of the tests of messages' types, and of tables that types choose from.

    `same` learns of the branches that ask for a type alone; `give_up` is called with the place and the reason where
    a test has no counterpart.
    """

    def __init__(
        self,
        migrating: Migrating,
        places: MessagePlaces,
        same: SameMessage,
        give_up: Callable[[cst.CSTNode, str], None],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._places = places
        self._same = same
        self._give_up = give_up
        self._code = migrating.code
        self._tables = HandlerTables(migrating, places.why_never_sent, places.type_rows, give_up)

    def read(self, node: cst.BaseExpression) -> None:
        """Plans what becomes of a place where a message's type is read."""
        parent = self._program.parents[node]
        if isinstance(parent, cst.Comparison | cst.ComparisonTarget):
            comparison = parent if isinstance(parent, cst.Comparison) else self._program.parents[parent]
            assert isinstance(comparison, cst.Comparison)
            if not all(isinstance(one.operator, _TYPE_TESTS) for one in comparison.comparisons):
                self._give_up(node, f"this test of the type has no counterpart: {self._code(comparison)}")
                return
            sides = [comparison.left, *(target.comparator for target in comparison.comparisons)]
            for side in sides:
                if side is not node:
                    self.rename(side, self._program.value(side))
        elif (table := self._tables.chosen_from(node)) is not None:
            self._tables.rename(table, node)

    def rename(self, node: cst.CSTNode, value: Value) -> None:
        """Renames the types that an expression is, where they are written, or takes away what waits for them."""
        match value:
            case Known("", certain=True):
                return  # no message at all
            case Known(str() as name, literal, certain=True):
                if isinstance(literal, cst.SimpleString) and self._only_tests_types(literal):
                    self._rename_type(literal, name)
                else:
                    self._give_up(node, f"the type's name is used for more than this test: {self._code(node)}")
            case Sequence() if self._waits_in_vain(node, value):
                return
            case Sequence():
                for element in without_absent_types(self._migrating, value, self._why_not_asked(value)):
                    self.rename(node, element)
            case DictDisplay():
                self._tables.rename(value, node)
            case Parsed() | Known(None):
                return
            case _:
                self._give_up(node, f"the type is compared with what is only known when it runs: {self._code(node)}")

    def _why_not_asked(self, types: Sequence) -> Callable[[str], str | None]:
        """Why a type of a list is not asked for any more: it never comes, or is waited for elsewhere as another."""
        target = self._program.parents.get(types.site)
        branch = self._program.parents.get(self._program.parents[target]) if target is not None else None
        match target, branch:
            case cst.ComparisonTarget(cst.In()), cst.If(body=body) if does_nothing(body):
                return lambda name: self._places.why_never_sent(name) or self._same.better(name) or None
        names = [one.value for one in types.elements if isinstance(one, Known)]
        return lambda name: self._places.why_never_sent(name) or self._same.better_of(name, names) or None

    def _only_tests_types(self, literal: cst.SimpleString) -> bool:
        """Whether a literal that a name holds is read nowhere but in tests of types."""
        around: cst.CSTNode = literal
        while isinstance(self._program.parents[around], (cst.Element, cst.Tuple, cst.List, cst.Set, cst.Arg, cst.Call)):
            around = self._program.parents[around]
        for definition in self._program.definitions():
            if definition.expression is None or definition.expression is not around:
                continue
            for use in definition.uses:
                parent = self._program.parents[use]
                while isinstance(parent, (cst.Element, cst.Tuple, cst.List, cst.Set, cst.Attribute)):
                    parent = self._program.parents[parent]
                if not isinstance(parent, cst.Comparison | cst.ComparisonTarget | cst.MatchValue):
                    return False
        return True

    def _rename_type(self, literal: cst.SimpleString, name: str) -> None:
        rows = self._places.type_rows(name)
        if not rows:
            source, target = (session.NAME.of(one)[0] for one in (self._migrating.source, self._migrating.target))
            if self._never_came(name):
                self._leave_branch(literal, f"`{name}`: neither {source} nor {target} sends it", NEITHER_SENDS)
            else:
                self._leave_branch(literal, f"`{name}` is a message that {target} has not", WAITS_FOR_ABSENT)
            return
        row = rows[0]
        way = row.over(self._migrating.target)
        targets = row.of(self._migrating.target)
        body = self.branch_of(literal)
        if body is not None and does_nothing(body) and self._same.better(name) and self.remove_branch(literal):
            return  # what is passed over is waited for under its other name
        if targets and way.codemod in RENAMED:
            if (branch := self._branch_that_asks(literal)) is not None:
                self._same.note(branch, targets[0])
            self._migrating.edits.replace(literal, like(literal, targets[0]))
            if way.codemod is Fidelity.APPROXIMATE:
                self._migrating.report(PARAMETER_DIFFERS, literal, f"`{name}`: {way.reason}")
            return
        is_moved = body is not None and body in self._migrating.gone
        went = self.remove_branch(literal)
        if went and body is None and (body := self._dropped_around(literal)) is None:
            return  # what is done at other messages, too, is done at those
        if went and is_moved:
            return
        if not went or way.codemod is not Fidelity.EMULATED or not does_nothing(body):
            end = f"; {where_it_went(self._migrating, body)}" if went else ""
            report_never_sent(self._migrating, literal, f"`{name}`: {way.reason}{end}", body)

    def _dropped_around(self, literal: cst.SimpleString) -> cst.BaseSuite | None:
        """The body of a branch that went because a part of its test never holds."""
        current: cst.CSTNode = literal
        while isinstance(current, cst.BaseExpression | cst.ComparisonTarget):
            current = self._program.parents[current]
        return current.body if isinstance(current, cst.If) and current in self._migrating.dropped else None

    def _branch_that_asks(self, literal: cst.SimpleString) -> cst.If | None:
        """The branch that is taken for messages of this type, and asks for nothing else."""
        comparison = self._program.parents[self._program.parents[literal]]
        branch = self._program.parents.get(comparison)
        match comparison:
            case cst.Comparison(_, [cst.ComparisonTarget(cst.Equal())]) if isinstance(branch, cst.If):
                return branch if branch.test is comparison else None
        return None

    def _never_came(self, name: str) -> bool:
        """Whether neither service has messages of a type: what is done about one was never done."""
        return not any(codec.knows(name) for codec in (gladia.server_messages, assemblyai.server_messages))

    def _waits_in_vain(self, node: cst.CSTNode, names: Sequence) -> bool:
        """Takes a branch away that waits for one of several types, none of which comes; False where one does."""
        known = [one.value for one in names.elements if isinstance(one, Known) and isinstance(one.value, str)]
        reasons = [self._places.why_never_sent(one) for one in known]
        if len(known) != len(names.elements) or not any(reasons):
            return False
        if any(why is None and not self._never_came(one) for one, why in zip(known, reasons, strict=True)):
            return False
        test = self._program.parents[self._program.parents[node]]
        if not isinstance(test, cst.Comparison) or not isinstance(test.comparisons[0].operator, cst.In):
            return False
        branch = self._program.parents[test]
        body = branch.body if isinstance(branch, cst.If) else None
        is_moved = body is not None and body in self._migrating.gone
        if not drop_false(self._migrating, test):
            return False
        if not is_moved and not does_nothing(body):
            name, why = next((one, why) for one, why in zip(known, reasons, strict=True) if why)
            report_never_sent(self._migrating, node, f"`{name}`: {why}; {where_it_went(self._migrating, body)}", body)
        return True

    def _leave_branch(self, literal: cst.SimpleString, text: str, kind: Kind) -> None:
        """Leaves a branch as it is, with one finding for all that it reads."""
        self._migrating.report(kind, literal, text)
        body = self.branch_of(literal)
        for node in self._program.nodes_in(body) if body is not None else ():
            if isinstance(self._program.value(node), Parsed):
                self._migrating.gone.update(self._program.nodes_in(node))

    def branch_of(self, literal: cst.SimpleString) -> cst.BaseSuite | None:
        """What is done for messages of the type that a test asks for."""
        comparison = self._program.parents[self._program.parents[literal]]
        if isinstance(comparison, cst.MatchCase):
            return comparison.body
        branch = self._program.parents.get(comparison)
        return branch.body if isinstance(branch, cst.If) else None

    def remove_branch(self, literal: cst.SimpleString) -> bool:
        """Removes an `if` that handles nothing but a message that never comes; False where it does more."""
        comparison = self._program.parents[self._program.parents[literal]]
        if isinstance(comparison, cst.MatchCase):
            if comparison.guard is not None or not drop_case(self._migrating, comparison):
                return False
            self._migrating.gone.update(self._program.nodes_in(comparison))
            return True
        if not isinstance(comparison, cst.Comparison) or len(comparison.comparisons) != 1:
            return False
        return isinstance(comparison.comparisons[0].operator, cst.Equal) and drop_false(self._migrating, comparison)
