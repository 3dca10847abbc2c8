"""Names that a pattern of `match` gives parts of a message: what they hold is converted where they are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import Step
from codemods.edits import Statement, expression, in_parentheses, statements, takes_any
from codemods.migrating import Migrating
from codemods.rules.messages.patterns.pattern_writing import Wanted
from codemods.rules.messages.time_units import division_into_seconds
from shim.mapping import server_messages

_STRIPPED: Final = ".strip()"
Written = Callable[[cst.CSTNode], cst.BaseExpression]
"""Writes what a name is to be, fit to stand at a node."""


@dataclass(slots=True)
class _Given:
    """What a name is to be; `source` is the conversion of what the pattern gives it, empty for anything else."""

    written: Written
    source: str = ""


class Captures:
    """The names of one case."""

    def __init__(self, migrating: Migrating, case: cst.MatchCase) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._case = case
        self._given: dict[str, _Given] = {}
        self._definitions: dict[str, list[Definition]] = {}
        self.unclear = ""
        """Why they could not be planned."""

    def convert(self, name: cst.Name, source: str) -> None:
        """Notes that what a name is given has to be converted by an expression over `value`."""
        self._note(name, _Given(lambda near: self.written(source, cst.Name(name.value), near), source))

    def give(self, name: cst.Name, written: Written) -> None:
        """Notes that a name is given nothing by the pattern any more, and what takes its place."""
        self._note(name, _Given(written))

    def written(self, source: str, inner: cst.BaseExpression, near: cst.CSTNode) -> cst.BaseExpression:
        """A conversion's expression over an inner one."""
        return expression(self._migrating.source_at(source, near), value=inner)

    def name_for(self, wanted: Wanted, path: tuple[Step, ...], name: str) -> cst.Name:
        """The name that a pattern gives a place; one of its own if the program's pattern has none."""
        if wanted.has(path):
            pattern = wanted.pattern(path)
            if isinstance(pattern, cst.MatchAs) and pattern.name is not None:
                return pattern.name
        taken = {
            node.value
            for node in self._program.nodes_in(self._program.scope_of(self._case))
            if isinstance(node, cst.Name)
        }
        free = cst.Name(name if name not in taken else f"{name}_of_turn")
        inner = wanted.pattern(path) if wanted.has(path) else None
        if isinstance(inner, cst.MatchAs):
            inner = None
        blank = cst.SimpleWhitespace(" ")
        wanted.add(
            path,
            cst.MatchAs(None, free)
            if inner is None
            else cst.MatchAs(inner, free, whitespace_before_as=blank, whitespace_after_as=blank),
        )
        return free

    def _note(self, name: cst.Name, given: _Given) -> None:
        known = self._given.get(name.value)
        if known is not None and not known.written(name).deep_equals(given.written(name)):
            self.unclear = f"`{name.value}` is given different things"
        self._given[name.value] = given
        found = self._definitions.setdefault(name.value, [])
        found.extend(one for one in self._program.definitions() if one.node is name)

    # --- writing ---------------------------------------------------------------------------------

    def plan(self) -> bool:
        """Plans the edits; False where they cannot be made."""
        for name, given in self._given.items():
            self._plan(name, given)
        return not self.unclear

    def _plan(self, name: str, given: _Given) -> None:
        own = self._definitions[name]
        uses = [use for one in own for use in one.uses if use not in self._migrating.gone]
        uses = list(dict.fromkeys(uses))
        if given.source == server_messages.IN_MILLISECONDS.source and self._are_divided(uses):
            return
        left = [use for use in uses if not self._is_stripped(use, given)]
        alone = [use for use in left if self._program.reaching.get(use, frozenset()) <= frozenset(own)]
        in_guard = [use for use in left if self._program.is_inside(use, self._case.guard)]
        in_body = [use for use in left if use not in in_guard]
        for use in in_guard:
            self._inline(use, name, given)
        if len(in_body) == 1 and in_body[0] in alone and not self._is_set_again(name, own):
            self._inline(in_body[0], name, given)
        elif in_body:
            self._convert_first(name, given)

    def _is_set_again(self, name: str, own: list[Definition]) -> bool:
        others = [one for one in self._program.definitions() if one.name == name and one not in own]
        return any(one.scope is own[0].scope and self._is_here(one) for one in others)

    def _is_here(self, definition: Definition) -> bool:
        return self._program.is_inside(definition.node, self._case)

    def _inline(self, use: cst.Name, name: str, given: _Given) -> None:
        made = given.written(use)
        self._migrating.edits.replace(use, made if takes_any(self._program.parents[use]) else in_parentheses(made))

    def _convert_first(self, name: str, given: _Given) -> None:
        body = self._case.body
        if not isinstance(body, cst.IndentedBlock):
            self.unclear = f"`{name}` has to be converted before it is used"
            return

        def made() -> list[Statement]:
            return statements("NAME = VALUE", NAME=cst.Name(name), VALUE=given.written(body))

        self._migrating.edits.add_before(body.body[0], made)

    def _is_stripped(self, use: cst.Name, given: _Given) -> bool:
        """Whether the program strips a text itself where it uses it."""
        method = self._program.parents[use]
        call = self._program.parents[method]
        return (
            given.source.endswith(_STRIPPED)
            and isinstance(method, cst.Attribute)
            and method.attr.value == "strip"
            and isinstance(call, cst.Call)
            and not call.args
        )

    def _are_divided(self, uses: list[cst.Name]) -> bool:
        """Whether every use brings a time into seconds itself; then the divisions go."""
        divisions = [division_into_seconds(self._program, use, lambda node: node in uses) for use in uses]
        found = [one for one in divisions if one is not None]
        if len(found) != len(divisions):
            return False
        for one in dict.fromkeys(found):
            self._migrating.edits.rewrite(one, lambda updated: updated.left)
        return True
