"""What is run again when something has been learnt: a list of work, by who has read what."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Final

import libcst as cst

from codemods.analysis.values import NOTHING, Value, join

_MOST_RUNS: Final = 60
"""How often one function is run in one phase at most. Values only grow, so this is never met; it bounds a mistake."""


class Propagation:
    """Runs the module and its functions, each again only when something that it has read has grown.

    What can be read is a *cell*: a definition, an attribute of a class, what a function returns, what a list holds.
    Reading one notes who is running; a cell that grows puts everybody who has read it on the list.
    """

    def __init__(self, module: cst.Module) -> None:
        self.running: cst.CSTNode = module
        self.cells: dict[Hashable, Value] = {}
        self.units: dict[cst.CSTNode, None] = {}
        """The module and every function met, in the order in which they were met."""
        self._readers: dict[Hashable, set[cst.CSTNode]] = {}
        self._waiting: deque[cst.CSTNode] = deque()
        self._is_waiting: set[cst.CSTNode] = set()
        self._runs: dict[cst.CSTNode, int] = {}
        self.is_endless = False
        """Whether something never came to an end: then nothing is known."""
        self.tests: frozenset[cst.Module] = frozenset()
        """The files that hold tests."""
        self._is_in_test: dict[cst.CSTNode, bool] = {}
        self.all_runs = 0
        """How often anything was run."""

    def is_apart(self, node: cst.CSTNode) -> bool:
        """Whether one of a node and of what is running is a test, and the other is not."""
        return bool(self.tests) and self._is_of_test(node) is not self._is_of_test(self.running)

    def _is_of_test(self, node: cst.CSTNode) -> bool:
        if node not in self._is_in_test:
            self._is_in_test[node] = self.module_around(node) in self.tests
        return self._is_in_test[node]

    def module_around(self, node: cst.CSTNode) -> cst.CSTNode:
        """The module that a node stands in."""
        raise NotImplementedError

    def note_read(self, cell: Hashable) -> None:
        """Notes that what is running hangs on a cell."""
        self._readers.setdefault(cell, set()).add(self.running)

    def note_change(self, cell: Hashable) -> None:
        """Has everybody who has read a cell run again."""
        for reader in self._readers.get(cell, ()):
            self.put_to_work(reader)

    def read_cell(self, cell: Hashable) -> Value:
        """What a cell holds; NOTHING as long as nobody has put anything there."""
        self.note_read(cell)
        return self.cells.get(cell, NOTHING)

    def grow_cell(self, cell: Hashable, value: Value) -> None:
        """Adds to what a cell can hold; what a test puts into the program that it tries is left out."""
        if self.tests and any(isinstance(one, cst.CSTNode) and self.is_apart(one) for one in _parts(cell)):
            return
        known = self.cells.get(cell, NOTHING)
        joined = join(known, value)
        if joined != known:
            self.note_change(cell)
        self.cells[cell] = joined

    def put_to_work(self, unit: cst.CSTNode) -> None:
        """Has the module or a function run, unless it is waiting for that already."""
        self.units.setdefault(unit)
        if self._runs.get(unit, 0) >= _MOST_RUNS:
            self.is_endless = True
        elif unit not in self._is_waiting:
            self._is_waiting.add(unit)
            self._waiting.append(unit)

    def run_again(self) -> None:
        """Runs everything once, and then what has to be run again, until nothing changes any more."""
        self._runs.clear()
        for unit in self.units:
            self.put_to_work(unit)
        while self._waiting:
            unit = self._waiting.popleft()
            self._is_waiting.discard(unit)
            self._runs[unit] = self._runs.get(unit, 0) + 1
            self.all_runs += 1
            self.running = unit
            self.run_unit(unit)

    def run_unit(self, unit: cst.CSTNode) -> None:
        """Runs the module's statements, or a function's body."""
        raise NotImplementedError


def _parts(cell: Hashable) -> tuple[object, ...]:
    return cell if isinstance(cell, tuple) else (cell,)
