"""Dictionaries: what they are made with, what changes them afterwards, and what can be in them in the end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import libcst as cst

from codemods.analysis.values import NOTHING, UNKNOWN, DictDisplay, Known, Value, join, something

_DEEPEST: Final = 6
"""How many dictionaries may be merged into one another before that is taken as unknown."""


@dataclass(eq=False, slots=True)
class Entry:
    """One key of a dictionary display, of `dict(…)`, or of what else makes a dictionary.

    `key` is its constant, UNKNOWN where it is none. `merges`: the value is a dictionary whose entries all come in, as
    by `**other`, `a | b` or `dict(a)`; `node` is then the place where it comes in. Not `certain`: it may be absent.
    """

    key: Value
    node: cst.CSTNode
    value_node: cst.BaseExpression
    value: Value
    merges: bool = False
    certain: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One thing that happens to a dictionary after it was made, at `node`: a store, a method's call, a `del`.

    `entries` come in by it (`weak`: only where there is no such key yet), the key `removed` goes. `gap` says why
    nobody can know what it does: an update with what is not known, a call of unknown code.
    """

    node: cst.CSTNode
    entries: tuple[Entry, ...] = ()
    weak: bool = False
    removed: Value | None = None
    gap: str = ""


@dataclass(eq=False, slots=True)
class Dictionary:
    """The dictionary made at one place: its entries, and the places that change it afterwards.

    `changes` are the nodes of `history`, in the order in which they were met.
    """

    site: cst.BaseExpression
    tables: Dictionaries
    entries: list[Entry] = field(default_factory=list)
    changes: list[cst.CSTNode] = field(default_factory=list)
    history: dict[cst.CSTNode, Change] = field(default_factory=dict)

    def get(self, key: str) -> Value:
        """What the key can hold; UNKNOWN where something unknown may have set it, and where nothing does."""
        found = self.tables.get(self.site, key)
        return UNKNOWN if found is NOTHING else found


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One place that gives a dictionary an entry.

    `node` is the `DictElement`, the `Arg` of `dict(k=v)` or `update(k=v)`, the `Subscript` stored into, or the call of
    `setdefault`; `key_node` the key's expression where one is written. `site` is the dictionary that it is written for:
    another one than asked about where that was merged into it. Not `certain`: the entry may be absent, because the
    store is behind a condition, in another function, behind the place asked about, or may be removed again.
    """

    key: str
    node: cst.CSTNode
    value_node: cst.BaseExpression
    value: Value
    certain: bool
    site: cst.BaseExpression

    @property
    def key_node(self) -> cst.BaseExpression | None:
        """The expression of the key, where it is written as one."""
        match self.node:
            case cst.DictElement(key):
                return key
            case cst.Subscript(_, [cst.SubscriptElement(cst.Index(key))]):
                return key
            case cst.Call(_, [first, *_]):
                return first.value
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Dumped:
    """A dictionary that a call makes of an object's fields: `asdict(config)`, `config.model_dump()`.

    `owner` is the expression of the object; None inside another object, whose field it is. `names` are the fields by
    the keys that they have in the dictionary. Not `whole`: what was not set is left out; `without_none`: what is None.
    """

    owner: cst.BaseExpression | None
    names: dict[str, str]
    whole: bool
    without_none: bool


@dataclass(frozen=True, slots=True, eq=False)
class DictionaryFacts:
    """What can be in a dictionary: every place that gives it an entry, in the order of the program.

    `removals` are the nodes that take a key out (`pop`, `del`), `gaps` the places after which nobody knows what is in
    it, with why. A nested dictionary is asked about by `dictionary_facts(fact.value)`.
    """

    site: cst.BaseExpression
    entries: tuple[Fact, ...]
    removals: tuple[tuple[str, cst.CSTNode], ...] = ()
    gaps: tuple[tuple[cst.CSTNode, str], ...] = ()
    pending: bool = False
    """Whether something that goes into it has no value yet: only while the analysis runs."""
    overridden: tuple[Fact, ...] = ()
    """The places that give it an entry which another one always gives anew."""

    @property
    def complete(self) -> bool:
        """Whether the entries are all there are."""
        return not self.gaps

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that it can have, each once."""
        return tuple(dict.fromkeys(fact.key for fact in self.entries))

    def of(self, key: str) -> tuple[Fact, ...]:
        """The places that give it this key."""
        return tuple(fact for fact in self.entries if fact.key == key)


class Dictionaries:
    """The dictionaries of a program, by the place that makes them.

    `always_runs(change, site)` says whether a change is made whenever the dictionary is made.
    """

    def __init__(
        self,
        note_read: Callable[[Hashable], None],
        note_change: Callable[[Hashable], None],
        always_runs: Callable[[cst.CSTNode, cst.CSTNode], bool],
    ) -> None:
        self.by_site: dict[cst.BaseExpression, Dictionary] = {}
        self._note_read = note_read
        self._note_change = note_change
        self._always_runs = always_runs

    def keep(self, site: cst.BaseExpression, entries: list[Entry]) -> Value:
        """The dictionary that is made at `site`; what reads it is told where an entry is another than before."""
        dictionary = self.by_site.get(site)
        if dictionary is None:
            dictionary = self.by_site[site] = Dictionary(site, self)
        known = dictionary.entries
        joined = [
            replace(
                new, key=join(old.key, new.key), value=join(old.value, new.value), certain=old.certain and new.certain
            )
            if old.node is new.node
            else new
            for old, new in zip(known, entries, strict=False)
        ]
        joined += entries[len(known) :]
        if [(one.node, one.key, one.value) for one in joined] != [(one.node, one.key, one.value) for one in known]:
            self._note_change(("dictionary", site))
        dictionary.entries = joined
        return DictDisplay(site)

    def change(self, site: cst.BaseExpression, change: Change) -> None:
        """Notes what happens to a dictionary after it was made."""
        dictionary = self.by_site.setdefault(site, Dictionary(site, self))
        known = dictionary.history.get(change.node)
        if known is None:
            dictionary.changes.append(change.node)
        elif _same(known, change):
            return
        dictionary.history[change.node] = change
        self._note_change(("dictionary", site))

    def get(self, site: cst.BaseExpression, key: str) -> Value:
        """What a key can hold; NOTHING if it is not there for sure, UNKNOWN where something unknown may have set it."""
        facts = self.facts(site)
        if facts.pending:
            return NOTHING
        if not facts.complete:
            return UNKNOWN
        value: Value = NOTHING
        for fact in facts.of(key):
            value = join(value, fact.value)
        return value

    def any_value(self, site: cst.BaseExpression, depth: int = _DEEPEST) -> Value:
        """What any key can hold, also where keys are known only when the program runs: `sessions[user] = session`."""
        self._note_read(("dictionary", site))
        dictionary = self.by_site.get(site)
        if dictionary is None or depth == 0:
            return UNKNOWN
        value: Value = NOTHING
        for change in dictionary.history.values():
            if change.gap:
                return UNKNOWN
        for entry in (*dictionary.entries, *(one for change in dictionary.history.values() for one in change.entries)):
            if not entry.merges:
                value = join(value, entry.value)
                continue
            for other in something(entry.value):
                if isinstance(other, DictDisplay):
                    value = join(value, self.any_value(other.site, depth - 1))
                elif other not in (NOTHING, Known(None)):
                    return UNKNOWN
        return value

    def facts(self, site: cst.BaseExpression, depth: int = _DEEPEST) -> DictionaryFacts:
        """What can be in the dictionary made at `site`."""
        self._note_read(("dictionary", site))
        dictionary = self.by_site.get(site)
        if dictionary is None or depth == 0:
            return DictionaryFacts(site, (), (), ((site, "merged too deeply to be followed"),))
        gathered = _Gathered()
        for entry in dictionary.entries:
            self._gather(gathered, entry, site, depth, certain=True, overrides=True)
        for change in dictionary.history.values():
            certain = self._always_runs(change.node, site)
            if change.gap:
                gathered.gaps.append((change.node, change.gap))
            if change.removed is not None:
                gathered.remove(change)
            for entry in change.entries:
                self._gather(gathered, entry, site, depth, certain=certain, overrides=False)
        return DictionaryFacts(
            site,
            tuple(gathered.facts),
            tuple(gathered.removals),
            tuple(gathered.gaps),
            gathered.pending,
            tuple(gathered.overridden),
        )

    def _gather(
        self,
        gathered: _Gathered,
        entry: Entry,
        site: cst.BaseExpression,
        depth: int,
        *,
        certain: bool,
        overrides: bool,
    ) -> None:
        certain = certain and entry.certain
        if entry.merges:
            self._gather_another(gathered, entry, depth, certain=certain, overrides=overrides)
            return
        keys = [one for one in something(entry.key) if isinstance(one, Known) and isinstance(one.value, str)]
        if len(keys) != len(something(entry.key)):
            if entry.key is NOTHING:
                gathered.pending = True
            else:
                gathered.gaps.append((entry.node, "a key that is only known when it runs"))
            return
        for key in keys:
            sure = certain and len(keys) == 1
            gathered.add(Fact(key.value, entry.node, entry.value_node, entry.value, sure, site), overrides and sure)

    def _gather_another(self, gathered: _Gathered, entry: Entry, depth: int, *, certain: bool, overrides: bool) -> None:
        """Takes in another dictionary's entries."""
        gathered.pending |= entry.value is NOTHING
        others = [one for one in something(entry.value) if one not in (NOTHING, Known(None))]
        for other in others:
            if not isinstance(other, DictDisplay):
                gathered.gaps.append((entry.node, "it takes in what is not known"))
                continue
            facts = self.facts(other.site, depth - 1)
            gathered.gaps.extend(facts.gaps)
            gathered.pending |= facts.pending
            gathered.overridden.extend(facts.overridden)
            for fact in facts.entries:
                sure = certain and fact.certain and len(others) == 1
                gathered.add(replace(fact, certain=sure), overrides and sure)


class _Gathered:
    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.overridden: list[Fact] = []
        self.removals: list[tuple[str, cst.CSTNode]] = []
        self.gaps: list[tuple[cst.CSTNode, str]] = []
        self.pending = False

    def add(self, fact: Fact, overrides: bool) -> None:
        """Adds a fact; in one display, the last entry of a key is the one that counts."""
        if overrides:
            self.overridden.extend(one for one in self.facts if one.key == fact.key)
            self.facts = [one for one in self.facts if one.key != fact.key]
        self.facts.append(fact)

    def remove(self, change: Change) -> None:
        """Takes the certainty from a key that is removed; the others keep it only where the key is known."""
        removed = change.removed
        names = isinstance(removed, Known) and isinstance(removed.value, str)
        if isinstance(removed, Known) and names:
            self.removals.append((removed.value, change.node))
        self.facts = [
            replace(one, certain=False) if not names or one.key == getattr(removed, "value", None) else one
            for one in self.facts
        ]


def _same(first: Change, second: Change) -> bool:
    def plain(change: Change) -> Iterator[object]:
        yield from (change.weak, change.removed, change.gap)
        for entry in change.entries:
            yield from (entry.node, entry.key, entry.value, entry.certain)

    return list(plain(first)) == list(plain(second))
