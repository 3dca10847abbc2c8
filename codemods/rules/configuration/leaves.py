"""Reading a configuration: every value that a program puts into it, wherever it does.

A configuration may be one dictionary display, or a display that is added to: by `{**base, …}`, by stores such as
`config["endpointing"] = 0.5`, by `config.update({…})`. Each value is a leaf; its place is the entry or statement that
puts it there, which is what a migration rewrites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import libcst as cst

from codemods.analysis.dictionaries import Fact
from codemods.analysis.values import UNKNOWN, DictDisplay, JsonText, Known, Sequence, Value, alternatives
from codemods.findings import CONFIGURATION_UNKNOWN
from codemods.migrating import Migrating
from codemods.rules.configuration.left_out import is_declared_with_none
from codemods.rules.configuration.object_reads import may_be_none, read_of
from codemods.rules.configuration.tested_values import is_tested
from codemods.vendors.gladia import openings
from shim.mapping import parameters
from shim.mapping.row import ABSENT

NOT_CONSTANT: Final = object()
"""Stands for a value that only the running program knows."""

Place = cst.DictElement | cst.Arg | cst.SimpleStatementLine | cst.Attribute
"""What puts a value into a configuration: an entry of a display, an argument of `dict(…)`, a store; an object's field,
where the configuration is made of all its fields."""

Made = cst.Dict | cst.Call
"""A display, or a call of `dict(…)`, `.update(…)` or `asdict(…)`, of which the entries are places."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One value: its path, its node, its constant (NOT_CONSTANT if none), its place.

    `certain`: it is put there whenever the configuration is sent.
    """

    path: str
    node: cst.BaseExpression
    constant: Any
    place: Place
    certain: bool
    only_if: tuple[cst.Attribute, ...] = ()
    """Reads of an object's fields of which none may be None for the value to be there."""
    may_be_none: bool = False
    """Whether the value may be None, and nothing around it has asked."""


@dataclass(eq=False, slots=True)
class ConfigurationLeaves:
    """The leaves of one configuration by their paths; `complete` is False, with findings, where one is not known.

    `configuration` is its value where it is sent, `used_at` that place.
    """

    migrating: Migrating
    configuration: DictDisplay
    used_at: cst.CSTNode
    leaves: dict[str, list[Leaf]] = field(default_factory=dict)
    makers: dict[Place, Made] = field(default_factory=dict)
    """The display or call that an entry stands in."""
    stores: list[cst.SimpleStatementLine] = field(default_factory=list)
    complete: bool = True

    def read(self) -> bool:
        """Reads every leaf."""
        self._flatten(self.configuration, "", None, certain=True, only_if=())
        return self.complete

    def all(self) -> Iterator[Leaf]:
        """Every leaf."""
        return (leaf for several in self.leaves.values() for leaf in several)

    def only(self, path: str) -> Leaf | None:
        """The leaf of a path that has one, which is always there."""
        found = self.leaves.get(path, [])
        return found[0] if len(found) == 1 and found[0].certain else None

    def give_up(self, node: cst.CSTNode, text: str) -> None:
        """Reports that the configuration cannot be read to its end."""
        self.complete = False
        self.migrating.report(CONFIGURATION_UNKNOWN, node, text)

    # --- entries ---------------------------------------------------------------------------------

    def _flatten(
        self,
        value: DictDisplay,
        prefix: str,
        outermost: Place | None,
        *,
        certain: bool,
        only_if: tuple[cst.Attribute, ...],
    ) -> None:
        program = self.migrating.program
        here = program.scope_of(self.used_at) is program.scope_of(value.site)
        facts = program.dictionary_facts(value, self.used_at if here else None)
        if facts is None:
            self.give_up(value.site, f"what is in it is not known: {self.migrating.code(value.site)}")
            return
        for node, why in facts.gaps:
            self.give_up(node, f"{why}: {self.migrating.code(node)}")
        for name, node in facts.removals:
            self.give_up(node, f"`{prefix}{name}` may be taken out again: {self.migrating.code(node)}")
        for fact in facts.overridden if outermost is None else ():
            self._leave_out(fact)
        for fact in facts.entries:
            place = self._place_of(fact, outermost, f"{prefix}{fact.key}")
            if place is None:
                self.give_up(fact.node, self._why_nowhere(fact, prefix))
                continue
            # A field that a dump may leave out is told by `only_if`, which reads it.
            sure = certain and (fact.certain or isinstance(place, cst.Attribute))
            self._take(f"{prefix}{fact.key}", fact, place, certain=sure, only_if=only_if)

    def _leave_out(self, fact: Fact) -> None:
        """Lets an entry go that this configuration always gives anew, where no other one has it."""
        program = self.migrating.program
        made = program.parents[fact.node]
        if not isinstance(fact.node, (cst.DictElement, cst.Arg)) or not isinstance(made, (cst.Dict, cst.Call)):
            return
        self.makers[fact.node] = made
        for opening in openings(program):
            body = program.value(opening.request.json or opening.request.data or opening.request.call)
            facts = program.dictionary_facts(body.of if isinstance(body, JsonText) else body)
            if facts is not None and any(one.node is fact.node for one in facts.entries):
                self.give_up(fact.node, f"`{fact.key}` is given anew for one session and is another one's as it is")
                return

    def _why_nowhere(self, fact: Fact, prefix: str) -> str:
        dumped = self.migrating.program.dumped.get(fact.site)
        if dumped is not None and not dumped.whole:
            return f"`{prefix}{fact.key}` is left out where it was not set: dump every field"
        if dumped is not None and dumped.owner is not None:
            return f"the object has no name: {self.migrating.code(dumped.owner)}; give it one first"
        return f"`{prefix}{fact.key}` is made elsewhere: {self.migrating.code(fact.value_node)}"

    def _take(self, path: str, fact: Fact, place: Place, *, certain: bool, only_if: tuple[cst.Attribute, ...]) -> None:
        value, maybe_none = fact.value, False
        if isinstance(place, cst.Attribute) and may_be_none(value):
            only_if = (*only_if, place)
            others = [one for one in alternatives(value) if one != Known(None)]
            value = others[0] if len(others) == 1 else value
        elif any(one == Known(None) for one in alternatives(value)) and not _is_certain(value):
            is_switched = path == parameters.VOCABULARY.gladia[1]  # a switch beside it says whether it is there
            maybe_none = not is_switched and not is_tested(self.migrating.program, fact.value_node)
            value = UNKNOWN
        elif value == UNKNOWN and is_declared_with_none(self.migrating.program, fact.value_node):
            maybe_none = not is_tested(self.migrating.program, fact.value_node)
        if isinstance(value, DictDisplay) and not _ends_at(path):
            self._flatten(value, f"{path}.", place, certain=certain, only_if=only_if)
            return
        constant = NOT_CONSTANT if only_if else self._constant(value)
        node = place if isinstance(place, cst.Attribute) else fact.value_node
        self.leaves.setdefault(path, []).append(Leaf(path, node, constant, place, certain, only_if, maybe_none))

    def _place_of(self, fact: Fact, outermost: Place | None, path: str) -> Place | None:
        """Where an entry is written; None for one that is written where it cannot be rewritten.

        A store into a dictionary that only becomes part of the configuration, under a name of its own, is one of them.
        """
        program = self.migrating.program
        if fact.site in program.dumped and any(
            one.node is fact.node for one in program.dictionaries[fact.site].entries
        ):
            return self._read_of(fact, outermost if isinstance(outermost, cst.Attribute) else None)
        if outermost is not None and program.is_inside(fact.node, outermost):
            return outermost
        match fact.node:
            case cst.Subscript():
                statement = program.statement_of(fact.node)
                match statement:
                    case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)])]) if (
                        target is fact.node and _steps_in(target) == path.count(".") + 1
                    ):
                        if statement not in self.stores:
                            self.stores.append(statement)
                        return statement
            case cst.DictElement() | cst.Arg() if outermost is None:
                made = program.parents[fact.node]
                if isinstance(made, (cst.Dict, cst.Call)):
                    self.makers[fact.node] = made
                    return fact.node
        return None

    def _read_of(self, fact: Fact, inside: cst.Attribute | None) -> cst.Attribute | None:
        """How the field that an entry is made of is read by itself."""
        program = self.migrating.program
        read = read_of(program, fact.site, fact.key, fact.value, inside)
        made = self.makers[inside] if inside is not None else fact.site
        if read is not None and isinstance(made, cst.Call) and program.dumped[fact.site].whole:
            self.makers[read] = made
            return read
        return None

    # --- constants -------------------------------------------------------------------------------

    def _constant(self, value: Value) -> Any:
        """The value as a plain Python object, NOT_CONSTANT where any part is not known."""
        program = self.migrating.program
        match value:
            case Known(certain=False):
                return NOT_CONSTANT
            case Known():
                return ABSENT if value.value is None else value.value
            case Sequence(site, elements) if site not in program.changed_sequences:
                found = [self._constant(element) for element in elements]
                # `[self.language]`, which is None as long as nobody gives another: the list is no constant.
                return NOT_CONSTANT if any(one is NOT_CONSTANT or one is ABSENT for one in found) else found
            case DictDisplay():
                facts = program.dictionary_facts(value)
                if facts is not None and facts.complete and all(one.certain for one in facts.entries):
                    values = {fact.key: self._constant(fact.value) for fact in facts.entries}
                    return NOT_CONSTANT if any(one is NOT_CONSTANT for one in values.values()) else values
        return NOT_CONSTANT


def _steps_in(target: cst.BaseExpression) -> int:
    """How many keys a store gives: two in `config["messages_config"]["receive_partial_transcripts"] = True`."""
    steps = 0
    while isinstance(target, cst.Subscript):
        steps, target = steps + 1, target.value
    return steps


def _ends_at(path: str) -> bool:
    return any(path == one for row in parameters.ROWS for one in row.gladia)


def _is_certain(value: Value) -> bool:
    return isinstance(value, Known) and value.certain
