"""Types of messages where a program names them: compared, matched, shown."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import Known, Sequence, Value
from codemods.findings import MESSAGE_NOT_FOLLOWED, WHOLE_MESSAGE, Kind
from codemods.migrating import Migrating, like
from codemods.rules.branches import drop_branch, drop_case, report_never_sent
from codemods.rules.sdk.fields.field_rows import TARGET_TYPES
from codemods.rules.sdk.fields.uses import MessageUses
from shim.mapping import sdk


class TypeNameRule:
    """Plans the other vendor's names of types. `gone` gets what goes with branches for messages that never come."""

    def __init__(self, migrating: Migrating, uses: MessageUses, gone: set[cst.CSTNode], not_read: Kind) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._target = migrating.target
        self._uses = uses
        self.gone = gone
        self._not_read = not_read
        self.complete = True

    def plan(self, node: cst.BaseExpression) -> None:
        """Plans what becomes of one place where a type is read."""
        sdk.TYPE.over(self._target)
        parent = self._program.parents[node]
        comparison = parent if isinstance(parent, cst.Comparison) else self._program.parents[parent]
        if isinstance(comparison, cst.Comparison):
            for side in (comparison.left, *(one.comparator for one in comparison.comparisons)):
                if side is not node:
                    self._rename_types(side, self._program.value(side))
        elif isinstance(parent, cst.Match):
            for case in parent.cases:
                if not self._takes_case_out(case):
                    self._rename_pattern(case.pattern)
        elif self._uses.is_shown(node):
            text = f"{self._migrating.code(node)} is {self._target}'s name for it from now on"
            self._migrating.report(WHOLE_MESSAGE, node, text)
        elif not isinstance(parent, (cst.Assign, cst.Attribute)):
            self._give_up(node, f"{self._migrating.code(parent)}: the type goes where it is not followed")

    def _never_comes(self, pattern: cst.MatchPattern) -> bool:
        """Whether a pattern asks for a type of message that the other vendor never sends."""
        match pattern:
            case cst.MatchValue(value):
                found = self._program.value(value)
                return isinstance(found, Known) and TARGET_TYPES[self._target].get(str(found.value)) is None
            case cst.MatchOr(elements):
                return all(self._never_comes(one.pattern) for one in elements)
        return False

    def _takes_case_out(self, case: cst.MatchCase) -> bool:
        """A case for nothing but messages that never come goes."""
        if not self._never_comes(case.pattern):
            return False
        for node in self._program.nodes_in(case.pattern):
            if isinstance(node, cst.SimpleString):
                text = f"`{node.raw_value}` has no counterpart"
                report_never_sent(self._migrating, node, text, case.body)
        if not drop_case(self._migrating, case):
            return False
        self.gone.update((*self._program.nodes_in(case.pattern), *self._program.nodes_in(case.body)))
        return True

    def _rename_pattern(self, pattern: cst.MatchPattern) -> None:
        match pattern:
            case cst.MatchValue(value):
                self._rename_types(value, self._program.value(value))
            case cst.MatchOr(elements):
                for element in elements:
                    if not self._never_comes(element.pattern):
                        self._rename_pattern(element.pattern)
                    else:
                        self._migrating.edits.take_out(element)
            case cst.MatchAs(None, None):
                return
            case _:
                self._migrating.report(
                    MESSAGE_NOT_FOLLOWED, pattern, "the type is compared with a pattern of this kind"
                )
                self.complete = False

    def _rename_types(self, node: cst.BaseExpression, value: Value) -> None:
        match value:
            case Known(str() as name, cst.SimpleString() as text):
                target = TARGET_TYPES[self._target].get(name)
                if target is None:
                    self._remove_branch(text, f"`{name}` has no counterpart")
                else:
                    self._migrating.edits.replace(text, like(text, target))
            case Sequence(_, elements):
                for element in elements:
                    self._rename_types(node, element)
            case _:
                self._give_up(node, f"the type is compared with {self._migrating.code(node)}")

    def _remove_branch(self, text: cst.SimpleString, reason: str) -> None:
        """Removes an `if` that handles nothing but a message that never comes; what stays is said at the end."""
        program = self._program
        comparison = program.parents[program.parents[text]]
        branch = program.parents.get(comparison)
        report_never_sent(self._migrating, text, reason, branch.body if isinstance(branch, cst.If) else None)
        match comparison:
            case cst.Comparison(_, [cst.ComparisonTarget(cst.Equal())]) if isinstance(branch, cst.If):
                if branch.test is comparison and drop_branch(self._migrating, branch):
                    self.gone.update(program.nodes_in(comparison))
                    self.gone.update(program.nodes_in(branch.body))

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self.complete = False
        self._migrating.report(self._not_read, node, text)
