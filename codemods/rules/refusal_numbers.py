"""The number by which a program tells one refusal from another, and the one that the other service has for it.

Gladia refuses a session by the POST's HTTP status, AssemblyAI by the `error_code` of its first message. The rows of the
ends say which belong together. Several statuses are one code, so a test is asked which refusals it means: what it says
of each service's number for them, whatever operator it is written with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import libcst as cst

from codemods.edits import expression
from codemods.findings import REFUSAL_NOT_TOLD_APART, REFUSAL_NUMBER
from codemods.migrating import Migrating
from codemods.rules.kept_numbers import reads_of_kept, table_asked
from codemods.rules.messages.showing import Showing
from codemods.simpler.truth import COMPARED, plain
from shim.mapping import ends
from shim.mapping.row import EndRow, Vendor

_FIRST_FAULT: Final = 500
"""Every HTTP status from here on is a fault of the server's."""


class RefusalNumbers:
    """Plans what becomes of one number of a refusal, wherever the program reads it."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program

    def plan(self, node: cst.BaseExpression, number: cst.BaseExpression) -> None:
        """Plans that `number` is read in the place of `node`; a comparison names the other service's numbers."""
        comparison = self._comparison_of(node)
        if comparison is None:
            self._migrating.edits.replace(node, number)
            if not self._is_shown(node) and not self._plan_table(node) and not self._plan_kept(node):
                self._migrating.report(REFUSAL_NUMBER, node, f"{self._migrating.code(node)}: {self._pairs()}")
            return
        self._plan_comparison(comparison, node, number)

    def _plan_kept(self, node: cst.BaseExpression) -> bool:
        """Plans the comparisons of a number that an exception keeps; whether it is read for nothing else."""
        reads = reads_of_kept(self._program, node)
        for read in reads:
            self.plan_name(read)
        return bool(reads) and all(self.is_compared(one) or self._is_shown(one) for one in reads)

    def _plan_table(self, node: cst.BaseExpression) -> bool:
        """Plans that a table which is asked by the number has the other service's; whether there is one."""
        table = table_asked(self._program, node)
        if table is None:
            return False
        old, new = self._migrating.source, self._migrating.target
        elements = [one for one in table.elements if isinstance(one, cst.DictElement)]
        met: dict[EndRow, cst.DictElement] = {}
        numbers: dict[cst.DictElement, Sequence[int]] = {}
        for element in elements:
            key = plain(self._program.value(element.key))
            row = next((one for one in ends.REFUSALS if key in _numbers_of(one, old)), None)
            if row is None:
                continue
            same = met.setdefault(row, element)
            # Of the key's refusals only the first says that it is wrong: 402 and 403 are about what it may do.
            is_other = row is ends.BAD_KEY and same is element and key != _numbers_of(row, old)[0]
            if is_other or not same.value.deep_equals(element.value):
                code = self._migrating.code(element)
                self._migrating.report(REFUSAL_NOT_TOLD_APART, element.key, f"`{code}`: no refusal has this number")
                continue
            numbers[element] = _numbers_of(row, new) if same is element else ()
            row.over(new)

        def renumbered(updated: cst.Dict) -> cst.Dict:
            found: list[cst.BaseDictElement] = []
            for before, element in zip(table.elements, updated.elements, strict=True):
                given = numbers.get(before) if isinstance(before, cst.DictElement) else None
                if given is None or not isinstance(element, cst.DictElement):
                    found.append(element)
                else:
                    found.extend(element.with_changes(key=cst.Integer(str(one))) for one in given)
            return updated.with_changes(elements=found)

        self._migrating.edits.rewrite(table, renumbered)
        return True

    def is_compared(self, node: cst.BaseExpression) -> bool:
        """Whether a number is compared with others that are known."""
        return self._comparison_of(node) is not None

    def plan_name(self, name: cst.Name | cst.Attribute) -> None:
        """Plans that a name which holds the number is compared with the other service's numbers."""
        comparison = self._comparison_of(name)
        if comparison is not None:
            self._plan_comparison(comparison, name, name)

    def _plan_comparison(
        self, comparison: cst.Comparison, node: cst.BaseExpression, number: cst.BaseExpression
    ) -> None:
        """Plans that a comparison of `node` is one of `number`; a finding says where none means the same."""
        migrating = self._migrating
        means = self._test_of(comparison, node)
        said = {row: [means(one) for one in _numbers_of(row, migrating.source)] for row in ends.REFUSALS}
        # Of the key's refusals only the first says that it is wrong: 402 and 403 are about what it may do.
        rows = tuple(row for row, each in said.items() if (each[0] if row is ends.BAD_KEY else any(each)))
        for row in rows:
            row.over(migrating.target)
        if len(rows) == len(ends.REFUSALS):
            migrating.edits.replace(comparison, cst.Name("True"))
            return
        if not rows:
            migrating.edits.replace(node, number)
            migrating.report(REFUSAL_NOT_TOLD_APART, comparison, self._why_not(comparison, said))
            return
        test = _test(rows, number, migrating.target).with_changes(lpar=comparison.lpar, rpar=comparison.rpar)
        migrating.edits.replace(comparison, test)

    def _why_not(self, comparison: cst.Comparison, said: Mapping[EndRow, Sequence[bool]]) -> str:
        code, old, new = self._migrating.code(comparison), self._migrating.source, self._migrating.target
        for row in (row for row, each in said.items() if any(each)):
            row.over(new)
            own, first = _numbers_of(row, new)[0], _numbers_of(row, old)[0]
            return f"`{code}`: {own} stands for this as for {first}, so that it never comes true"
        return f"`{code}`: no refusal has such a number from now on"

    def _comparison_of(self, node: cst.BaseExpression) -> cst.Comparison | None:
        """The comparison of a number with constants that an expression stands in; None for any other use."""
        parent = self._program.parents[node]
        around = self._program.parents[parent] if isinstance(parent, cst.ComparisonTarget) else parent
        if not isinstance(around, cst.Comparison):
            return None
        others = [one for one in _operands(around) if one is not node]
        operators = (one.operator for one in around.comparisons)
        known = all(plain(self._program.value(one)) is not None for one in others)
        return around if known and all(type(one) in COMPARED for one in operators) else None

    def _test_of(self, comparison: cst.Comparison, node: cst.BaseExpression) -> Callable[[int], bool]:
        """What a comparison says of a number in the place of `node`."""
        operators = [COMPARED[type(one.operator)] for one in comparison.comparisons]

        def means(number: int) -> bool:
            values: list[Any] = [
                number if one is node else plain(self._program.value(one)) for one in _operands(comparison)
            ]
            try:
                sides = zip(operators, values, values[1:], strict=False)
                return all(compared(left, right) for compared, left, right in sides)
            except TypeError:
                return False

        return means

    def _is_shown(self, node: cst.BaseExpression) -> bool:
        """Whether a number only becomes part of a text, or is told by itself."""
        current: cst.CSTNode = node
        parent = self._program.parents[current]
        while isinstance(parent, (cst.BinaryOperation, cst.Tuple, cst.Element)):
            current, parent = parent, self._program.parents[parent]
        if isinstance(parent, cst.FormattedStringExpression):
            return True
        is_text = isinstance(current, cst.BinaryOperation) and isinstance(
            current.left, (cst.SimpleString, cst.FormattedString)
        )
        is_argument = isinstance(parent, cst.Arg) and not isinstance(self._raised(parent), cst.Raise)
        return is_text or (is_argument and isinstance(current, cst.BaseExpression) and self._is_told(current))

    def _is_told(self, node: cst.BaseExpression) -> bool:
        call = self._program.parents[self._program.parents[node]]
        is_format = (
            isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and call.func.attr.value == "format"
        )
        return is_format or Showing(self._program).is_shown(node)

    def _raised(self, argument: cst.Arg) -> cst.CSTNode:
        return self._program.parents[self._program.parents[argument]]

    def _pairs(self) -> str:
        """Which numbers belong together, in words."""
        old, new = self._migrating.source, self._migrating.target
        told = (ends.BAD_KEY, ends.TOO_MANY, ends.BAD_PARAMETER)
        for row in told:
            row.over(new)
        pairs = (f"{_numbers_of(row, old)[0]} is {_numbers_of(row, new)[0]}" for row in told)
        return f"{', '.join(pairs)} from now on"


def _operands(comparison: cst.Comparison) -> list[cst.BaseExpression]:
    return [comparison.left, *(one.comparator for one in comparison.comparisons)]


def _numbers_of(row: EndRow, vendor: Vendor) -> Sequence[int]:
    """A vendor's numbers for a refusal, the row's own first."""
    return ends.statuses_of(row) if vendor is Vendor.GLADIA else ends.error_codes_of(row)


def _test(rows: Sequence[EndRow], number: cst.BaseExpression, vendor: Vendor) -> cst.BaseExpression:
    """The test whether a number is one of those that a vendor has for these refusals."""
    if ends.SERVER_FAULT not in rows:
        return _among("==", "in", [one for row in rows for one in _numbers_of(row, vendor)], number)
    if len(rows) == 1 and vendor is Vendor.GLADIA:
        return expression("number >= first", number=number, first=cst.Integer(str(_FIRST_FAULT)))
    # What no row names is a fault of the server's, so the others are left out.
    others = [one for row in ends.REFUSALS if row not in rows for one in _numbers_of(row, vendor)]
    return _among("!=", "not in", others, number)


def _among(one: str, several: str, numbers: Sequence[int], number: cst.BaseExpression) -> cst.BaseExpression:
    if len(numbers) == 1:
        return expression(f"number {one} {numbers[0]}", number=number)
    return expression(f"number {several} ({', '.join(map(str, numbers))})", number=number)
