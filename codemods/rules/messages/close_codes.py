"""Tests of the code that a socket was closed with: each service closes by codes of its own.

Gladia refuses before there is a socket, and its codes from 4400 to 4499 are final; AssemblyAI's are others. A loop that
connects again until it meets a final code would go on for ever.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Known, Sequence, Value
from codemods.findings import CLOSE_CODE
from codemods.migrating import Migrating
from shim.mapping import ends
from shim.mapping.row import EndRow, Vendor

_NAMES: Final = ("code", "close_code", "close_status_code", "status_code", "close_code_received", "rcvd_code")
_NORMAL: Final = (0, 1000, 1001)
_REFUSALS: Final = (ends.BAD_KEY, ends.TOO_MANY, ends.BAD_PARAMETER)
"""What Gladia says before there is a socket."""
_FINAL: Final = range(4400, 4500)
"""What Gladia closes with where its clients must not come back: its reference, 3.7."""
_ENDING: Final = (ends.BAD_KEY, ends.BAD_PARAMETER, ends.BAD_AUDIO, ends.EXPIRED, ends.TOO_MANY)
"""What AssemblyAI says where it is of no use to come back."""
_OLDER: Final = range(4000, 4200)
"""What AssemblyAI closed with before v3."""


class CloseCodeRule:
    """Says where a program tests for an end that the old service names by a code, and what says it from now on."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program

    def plan(self) -> None:
        """Reports each test. Nothing is edited: what such a branch does is the program's own affair."""
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                is_renumbered = node in self._migrating.edits.rewrites
                if isinstance(node, cst.Comparison) and node not in self._migrating.gone and not is_renumbered:
                    self._look_at(node)

    def _look_at(self, comparison: cst.Comparison) -> None:
        sides = [comparison.left, *(one.comparator for one in comparison.comparisons)]
        if not any(_is_code(side) for side in sides):
            return
        if self._migrating.target is Vendor.ASSEMBLYAI:
            self._look_for_final(comparison, [code for side in sides for code in _numbers(self._program.value(side))])
            return
        for code in (code for side in sides for code in _numbers(self._program.value(side))):
            row = _row_of(code)
            if row is None and code in _OLDER:
                text = f"{code} never comes from Gladia, whose codes from 4400 to 4499 are final"
                self._migrating.report(CLOSE_CODE, comparison, text)
            if row is not None:
                row.over(self._migrating.target)
                said = (
                    f"is HTTP {row.http_status} at the POST now, before there is a socket"
                    if row in _REFUSALS
                    else "never comes from Gladia, whose codes from 4400 to 4499 are final"
                )
                self._migrating.report(CLOSE_CODE, comparison, f"{code} {said}")

    def _look_for_final(self, comparison: cst.Comparison, codes: list[int]) -> None:
        """Reports a test for codes of Gladia's that are final."""
        found = next((code for code in codes if code in _FINAL), None)
        if found is None:
            return
        for row in _ENDING:
            row.over(self._migrating.target)
        numbers = sorted(row.assemblyai_close for row in _ENDING)
        said = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
        self._migrating.report(CLOSE_CODE, comparison, f"{found} never comes from AssemblyAI, whose {said} are final")


def _is_code(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name(name) | cst.Attribute(_, cst.Name(name)):
            return name in _NAMES
    return False


def _numbers(value: Value) -> list[int]:
    match value:
        case Known(int() as number):
            return [number]
        case Sequence(_, elements):
            return [number for one in elements for number in _numbers(one)]
    return []


def _row_of(code: int) -> EndRow | None:
    """The end that AssemblyAI names by a code; none for an ordinary end."""
    found = (row for row in ends.ROWS if isinstance(row, EndRow) and row.assemblyai_close == code)
    return None if code in _NORMAL else next(found, None)
