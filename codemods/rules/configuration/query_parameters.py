"""The parameters of one session's query, as a program gives them: in a dictionary, beside it, later on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Dictionary, Entry
from codemods.analysis.values import DictDisplay, JsonText, Known, Sequence, Value
from codemods.findings import PARAMETER_AT_RUN_TIME
from codemods.migrating import Migrating
from codemods.rules.configuration.object_reads import read_of
from codemods.rules.configuration.query_values import may_be_none
from codemods.rules.configuration.stored_parameters import Store, stores_of
from shim.faces import assemblyai_parameters as service
from shim.mapping import assemblyai_parameters
from shim.mapping.row import ABSENT

NOT_CONSTANT: Final = object()
"""The value of what is only known when the program runs."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the query: its name, the expression of its value, and the entry where there is one."""

    name: str
    node: cst.BaseExpression
    entry: cst.DictElement | None


class QueryParameters:
    """Reads them. `give_up` is called with the place and the reason where something cannot be read.

    `displays` are the dictionaries that the parameters stand in, `stores` what is put into the first of them later,
    `is_filtered` says that those which are None are left out.
    """

    def __init__(
        self,
        migrating: Migrating,
        site: cst.BaseExpression,
        given: Iterable[Parameter] | None,
        give_up: Callable[[cst.CSTNode, str], None],
    ) -> None:
        self._migrating = migrating
        self._give_up = give_up
        self._site = site
        self.stores: list[Store] = []
        self.left_out: set[cst.CSTNode] = set()
        """What is taken into the query and nobody can read: a person has to, and it goes until then."""
        self.displays: list[cst.BaseExpression] = []
        self.given = list(given) if given is not None else self._entries(site)
        self._refuse_pairs()
        dumped = migrating.program.dumped.get(site)
        leaves_none_out = dumped is not None and dumped.without_none
        self.is_filtered = leaves_none_out or site in migrating.program.filtered.values()

    @property
    def drops_empty(self) -> bool:
        """Whether what is left out is whatever is empty or zero, not None alone."""
        filters = (node for node, site in self._migrating.program.filtered.items() if site is self._site)
        return any(isinstance(one.test, cst.Name) for node in filters for one in node.for_in.ifs)

    def by_name(self, name: str) -> Parameter | None:
        """What gives a parameter from the start, under any of its names."""
        return next((one for one in self.given if assemblyai_parameters.read_name(one.name) == name), None)

    def stored(self, name: str) -> list[Store]:
        """What gives a parameter later."""
        return [one for one in self.stores if assemblyai_parameters.read_name(one.name) == name]

    def is_always_given(self, name: str) -> bool:
        """Whether a parameter is in the query on every way, though its value is only known when the program runs."""
        given = self.by_name(name)
        if given is None or self.is_filtered:
            return any(one.always for one in self.stored(name))
        return not may_be_none(self._migrating.program, given.node)

    def _refuse_pairs(self) -> None:
        """A query in which a parameter stands twice is no dictionary, and one that AssemblyAI refuses."""
        seen: set[str] = set()
        for one in self.given:
            if one.name in seen and one.entry is None:
                self._give_up(one.node, f"`{one.name}` is given twice in one query, which AssemblyAI refuses")
            seen.add(one.name)

    # --- where they stand ------------------------------------------------------------------------

    def _entries(self, site: cst.BaseExpression) -> list[Parameter]:
        dictionary = self._migrating.program.dictionaries.get(site)
        if dictionary is None or not isinstance(site, (cst.Dict, cst.Call)):
            self._give_up(site, f"{self._migrating.code(site)} is not a dictionary display")
            return []
        for change in dictionary.changes:
            stores = stores_of(self._migrating.program, site, change)
            if stores is None and self._leave_out_change(change):
                continue
            if stores is None:
                text = f"the configuration is changed after it was made: {self._migrating.code(change)}"
                self._give_up(change, text)
                continue
            self.stores.extend(stores)
        always = {one.name for one in self.stores if one.always and site in self._migrating.program.dumped}
        return [one for one in self._entries_of(dictionary) if one.name not in always]

    def _entries_of(self, dictionary: Dictionary) -> list[Parameter]:
        found: list[Parameter] = []
        self.displays.append(dictionary.site)
        for entry in dictionary.entries:
            if isinstance(entry.node, cst.StarredDictElement):
                found.extend(self._entries_of_another(entry))
            elif not isinstance(entry.key, Known):
                self._give_up(entry.node, f"a key that is only known when it runs: {self._migrating.code(entry.node)}")
            elif dictionary.site in self._migrating.program.dumped:
                found.extend(self._read_of(dictionary.site, entry))
            else:
                element = entry.node if isinstance(entry.node, cst.DictElement) else None
                found.append(Parameter(str(entry.key.value), entry.value_node, element))
        return found

    def _read_of(self, site: cst.BaseExpression, entry: Entry) -> list[Parameter]:
        """The parameter that an object's field gives, read by itself."""
        program, name = self._migrating.program, str(getattr(entry.key, "value", ""))
        dumped = program.dumped[site]
        read = read_of(program, site, name, entry.value, None)
        if read is None or not dumped.whole:
            why = "the object has no name; give it one first" if dumped.whole else "what was not set is left out"
            self._give_up(site, f"{why}: {self._migrating.code(site)}")
            return []
        return [Parameter(name, read, None)]

    def _entries_of_another(self, entry: Entry) -> list[Parameter]:
        """The entries of a display that this one takes in by `**`, where nothing else uses that one."""
        program, value = self._migrating.program, entry.value
        other = program.dictionaries.get(value.site) if isinstance(value, DictDisplay) else None
        if not self._is_display(entry.value_node) and isinstance(
            entry.value_node, cst.Name | cst.Attribute | cst.Subscript | cst.Call
        ):
            self._leave_out(entry.node, f"**{self._migrating.code(entry.value_node)}")
            self.left_out.add(entry.node)
            return []
        if other is None or other.changes or not isinstance(other.site, (cst.Dict, cst.Call)):
            self._give_up(entry.node, f"a key that is only known when it runs: {self._migrating.code(entry.node)}")
            return []
        uses = [
            node
            for node, each in program.values.items()
            if each == value and isinstance(node, (cst.Name, cst.Attribute)) and not _is_target(program.parents[node])
        ]
        if any(node is not entry.value_node for node in uses):
            self._give_up(entry.node, f"{self._migrating.code(entry.value_node)} is used for more than this session")
        return self._entries_of(other)

    def _leave_out(self, node: cst.CSTNode, code: str) -> None:
        text = f"`{code}` is only known when it runs, and was in the old service's names: it is no longer asked for"
        self._migrating.report(PARAMETER_AT_RUN_TIME, node, text)

    def _is_display(self, given: cst.BaseExpression) -> bool:
        """Whether a dictionary is one that the program writes: not `**options` of callers, or one from outside."""
        value = self._migrating.program.value(given)
        return isinstance(value, DictDisplay) and not isinstance(value.site, cst.Name)

    def _leave_out_change(self, change: cst.CSTNode) -> bool:
        """Plans that a statement goes which does nothing but take in parameters that nobody can read."""
        program, statement = self._migrating.program, self._migrating.program.statement_of(change)
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            return False
        given: cst.BaseExpression | None = None
        match statement.body[0]:
            case cst.Expr(cst.Call(cst.Attribute(_, cst.Name("update")), [cst.Arg(given, keyword=None)])):
                pass
            case cst.AugAssign(_, cst.BitOrAssign(), given):
                pass
            case cst.Assign([cst.AssignTarget(cst.Subscript())]):
                loop = program.parents.get(program.parents[statement])
                if not isinstance(loop, cst.For) or len(loop.body.body) != 1 or loop.orelse is not None:
                    return False
                statement, given = loop, loop.iter
        match given:
            case cst.Call(cst.Attribute(of, cst.Name("items")), []) if self._is_display(of):
                return False  # what the program writes by itself can be read, only not what the loop makes of it
        if given is None or self._is_display(given):
            return False
        self._leave_out(change, self._migrating.code(given))
        self._migrating.edits.remove(statement)
        return True

    # --- what they are ---------------------------------------------------------------------------

    def constant(self, name: str) -> Any:
        """A parameter as the service reads it, ABSENT where it is not given, NOT_CONSTANT where it is not known."""
        given, stored = self.by_name(name), self.stored(name)
        if stored:
            return self._constant_of_stores(stored)
        if given is None:
            return ABSENT
        return self.read(given)

    def _constant_of_stores(self, stored: list[Store]) -> Any:
        """What one store that is always made stores; several, or one that a test decides about, are not known."""
        if len(stored) != 1 or not stored[0].always:
            return NOT_CONSTANT
        return self.read(Parameter(stored[0].name, stored[0].node, None))

    def read(self, given: Parameter) -> Any:
        """What a parameter is given as, read as the service reads it."""
        name = assemblyai_parameters.read_name(given.name)
        found = self._plain(self._migrating.program.value(given.node))
        if found is NOT_CONSTANT or found is ABSENT:
            return found
        read = assemblyai_parameters.read_value(given.name, found)
        if isinstance(read, str):
            try:
                return service.read_value(name, read)
            except (service.Refusal, KeyError):
                return [read] if service.is_list(name) else read  # one word, and not its letters
        return read

    def _plain(self, value: Value) -> Any:
        program = self._migrating.program
        match value:
            case Known(certain=False):
                return NOT_CONSTANT
            case Known():
                return ABSENT if value.value is None else value.value
            case JsonText(_, of):
                return self._plain(of)
            case Sequence(site, elements) if site not in program.changed_sequences:
                found = [self._plain(element) for element in elements]
                return NOT_CONSTANT if any(one is NOT_CONSTANT for one in found) else found
            case DictDisplay(site) if not program.dictionaries[site].changes:
                entries = program.dictionaries[site].entries
                values = [self._plain(entry.value) for entry in entries]
                return NOT_CONSTANT if any(one is NOT_CONSTANT for one in values) else dict(enumerate(values))
        return NOT_CONSTANT


def _is_target(parent: cst.CSTNode) -> bool:
    """Whether a name stands where it is given its value."""
    return isinstance(parent, (cst.AssignTarget, cst.AnnAssign))
