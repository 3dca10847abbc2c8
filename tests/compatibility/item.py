"""One item of a vendor's reference, and how the shim serves it over the other vendor's service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shim.mapping import catalogue
from shim.mapping.paths import steps_of
from shim.mapping.row import EXACT, Fidelity, Section, Vendor


class Kind(StrEnum):
    """What an item is; the document has a table for each, in this order."""

    ENDPOINT = "endpoint"
    HEADER = "header"
    QUERY = "query"
    PARAMETER = "parameter"
    FLAG = "flag"
    CLIENT = "client"
    ANSWER = "answer"
    MESSAGE = "message"
    FIELD = "field"
    JOB = "job"
    CALLBACK = "callback"
    STATUS = "status"
    CLOSE = "close"
    LIMIT = "limit"
    SERVICE = "service"


TITLES: Final = {
    Kind.ENDPOINT: "Addresses",
    Kind.HEADER: "Headers",
    Kind.QUERY: "Query of an address",
    Kind.PARAMETER: "Session parameters",
    Kind.FLAG: "Message flags",
    Kind.CLIENT: "What a client sends",
    Kind.ANSWER: "Fields of HTTP answers",
    Kind.MESSAGE: "Messages to the client",
    Kind.FIELD: "Fields of the messages",
    Kind.JOB: "Fields of jobs and of their list",
    Kind.CALLBACK: "Callbacks and webhooks",
    Kind.STATUS: "HTTP statuses",
    Kind.CLOSE: "Close codes",
    Kind.LIMIT: "Limits",
    Kind.SERVICE: "What the service behind the shim may say",
}

_SECTIONS: Final = {
    Kind.ENDPOINT: Section.SESSION,
    Kind.HEADER: Section.SESSION,
    Kind.QUERY: Section.SESSION,
    Kind.PARAMETER: Section.PARAMETER,
    Kind.FLAG: Section.PARAMETER,
    Kind.CLIENT: Section.CLIENT,
    Kind.ANSWER: Section.SESSION,
    Kind.MESSAGE: Section.SERVER,
    Kind.FIELD: Section.SERVER,
}
"""Where the map speaks of the items of a kind by their own names."""

_WORST_FIRST: Final = (Fidelity.ABSENT, Fidelity.APPROXIMATE, Fidelity.EMULATED, Fidelity.CONVERTED, Fidelity.SAME)


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `rows` are the ids of the map's rows that say how it goes; where none does, `said` and `reason` do.

    An item of the kind SERVICE is said by the vendor as the service behind the shim; its reason is what becomes of it.
    """

    vendor: Vendor
    kind: Kind
    name: str
    rows: tuple[str, ...] = ()
    said: Fidelity | None = None
    said_reason: str = ""

    @property
    def id(self) -> str:
        """The name by which a test covers it."""
        return f"{self.vendor}.{self.kind}.{self.name}"

    @property
    def fidelity(self) -> Fidelity:
        """What the shim achieves: the least of its rows, unless the item says it itself."""
        if self.said is not None:
            return self.said
        over = self.vendor.other
        found = {catalogue.by_id()[row].way(over).shim for row in self.rows}
        return next(fidelity for fidelity in _WORST_FIRST if fidelity in found)

    @property
    def is_exact(self) -> bool:
        """Whether a client cannot tell it from its vendor's own."""
        return self.fidelity in EXACT

    @property
    def reason(self) -> str:
        """Why it is not exact, or what there is to say though it is."""
        if self.said is not None:
            return self.said_reason
        reasons = (catalogue.by_id()[row].way(self.vendor.other).reason for row in self.rows)
        return "; ".join(dict.fromkeys(reason for reason in reasons if reason))


@dataclass(frozen=True)
class Shelf:
    """Makes the items of one vendor and kind."""

    vendor: Vendor
    kind: Kind

    def by_map(self, *names: str) -> list[Item]:
        """Items that the map names as the reference does. Raises ValueError for one that it does not."""
        return [self._by_map(name) for name in names]

    def _by_map(self, name: str) -> Item:
        steps = steps_of(name)
        # A type alone is a row of its own; a field of the envelope is one of every message.
        found = catalogue.find(_SECTIONS[self.kind], self.vendor, steps)
        if not found:
            found = catalogue.find(_SECTIONS[self.kind], self.vendor, (name,))
        if not found:
            raise ValueError(f"no row of the map names {name}")
        return Item(self.vendor, self.kind, name, tuple(row.id for row in found))

    def by_rows(self, rows: str, *names: str) -> list[Item]:
        """Items that these rows (ids, separated by blanks) say how they go."""
        return [Item(self.vendor, self.kind, name, tuple(rows.split())) for name in names]

    def exact(self, *names: str, because: str = "") -> list[Item]:
        """Items that no row names, since the shim's own answer is the vendor's."""
        return self._said(Fidelity.SAME, because, names)

    def emulated(self, because: str, *names: str) -> list[Item]:
        """Items that no row names and that the shim makes itself."""
        return self._said(Fidelity.EMULATED, because, names)

    def approximate(self, because: str, *names: str) -> list[Item]:
        """Items that no row names and that differ in something."""
        return self._said(Fidelity.APPROXIMATE, because, names)

    def absent(self, because: str, *names: str) -> list[Item]:
        """Items that no row names and that are not there."""
        return self._said(Fidelity.ABSENT, because, names)

    def _said(self, fidelity: Fidelity, because: str, names: Iterable[str]) -> list[Item]:
        return [Item(self.vendor, self.kind, name, said=fidelity, said_reason=because) for name in names]
