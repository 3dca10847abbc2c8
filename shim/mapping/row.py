"""What a row of the map is: the two sides, the conversion each way, and how faithful it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from shim.errors import BridgeError


class Vendor(StrEnum):
    """The two services, by the names that the command line takes."""

    GLADIA = "gladia"
    ASSEMBLYAI = "assemblyai"

    @property
    def other(self) -> Vendor:
        """The vendor on the other side of the map."""
        return Vendor.ASSEMBLYAI if self is Vendor.GLADIA else Vendor.GLADIA

    @classmethod
    def named(cls, name: str) -> Vendor:
        """The vendor of a name that somebody typed; raises BridgeError for another."""
        try:
            return cls(name.lower())
        except ValueError:
            known = " or ".join(vendor.value for vendor in cls)
            raise BridgeError(f"there is no vendor {name!r}", f"use {known}") from None


class Fidelity(StrEnum):
    """How a row ends, for one of its readers and one direction."""

    SAME = "same"
    """Renamed only."""
    CONVERTED = "converted"
    """The value changes, nothing is lost."""
    EMULATED = "emulated"
    """Made by the shim itself; the codemod writes the few lines that do."""
    APPROXIMATE = "approximate"
    """Works, and a finding says what differs."""
    ABSENT = "absent"
    """No counterpart: refused or reported, never dropped in silence."""


EXACT: Final = (Fidelity.SAME, Fidelity.CONVERTED)


class Section(StrEnum):
    """Where in a session a row belongs."""

    SESSION = "opening a session"
    PARAMETER = "session parameters"
    CLIENT = "client to server"
    SERVER = "server to client"
    END = "ends and errors"
    SDK = "the Python SDKs"
    REALTIME_V2 = "AssemblyAI's realtime API before v3"


class Absent:
    """The value of what is not there: a parameter left out, a field without a source."""

    _only: Absent | None = None

    def __new__(cls) -> Absent:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion in both of its forms.

    `live` takes the value of each path it reads (ABSENT for what is not there) and gives the value of the path it
    writes, or a tuple where it writes several. `source` is the same as a Python expression over the name `value`,
    for a single value that only the running program knows (a tuple where several are written); empty where no single
    expression does it. `modules` are
    the modules that the expression needs. `choosing` gives such an expression where it hangs on what else the row
    reads, of which it is given the values; the name ABSENT in it stands for leaving the target's parameter out, as in
    `"near-field" if value else ABSENT`.
    """

    live: Callable[..., Any]
    source: str = ""
    modules: tuple[str, ...] = ()
    choosing: Callable[..., str] | None = None

    def source_beside(self, *context: Any) -> str:
        """The expression for a value that only the running program knows; `context` is what else the row reads."""
        return self.choosing(*context) if self.choosing is not None else self.source


def _unchanged(value: Any) -> Any:
    return value


def _nothing(*values: Any) -> Absent:
    return ABSENT


UNCHANGED: Final = Conversion(_unchanged, "value")
NOTHING: Final = Conversion(_nothing)


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of a row: a program of one vendor served by the other.

    `shim` and `codemod` are what either reader achieves; `reason` says why it is not exact, in words for the
    user. `reads` names further paths of the source side that the conversion takes after the row's own.
    """

    shim: Fidelity
    codemod: Fidelity
    conversion: Conversion = UNCHANGED
    reason: str = ""
    reads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.reason and not (self.shim in EXACT and self.codemod in EXACT):
            raise ValueError("a way that is not exact says why")


def same(conversion: Conversion = UNCHANGED) -> Way:
    """Renamed only, for both readers."""
    return Way(Fidelity.SAME, Fidelity.SAME, conversion)


def never_met() -> Way:
    """Programs in this direction cannot hold what the row is about: their vendor has no such thing."""
    return Way(Fidelity.SAME, Fidelity.SAME, NOTHING)


def converted(conversion: Conversion, *, reads: tuple[str, ...] = (), reason: str = "") -> Way:
    """The value changes and nothing is lost, for both readers."""
    return Way(Fidelity.CONVERTED, Fidelity.CONVERTED, conversion, reason, reads)


def emulated(
    reason: str,
    conversion: Conversion = NOTHING,
    *,
    codemod: Fidelity = Fidelity.ABSENT,
    reads: tuple[str, ...] = (),
) -> Way:
    """Made by the shim itself; what the codemod can do is said beside it."""
    return Way(Fidelity.EMULATED, codemod, conversion, reason, reads)


def approximate(reason: str, conversion: Conversion = UNCHANGED, *, reads: tuple[str, ...] = ()) -> Way:
    """Works for both readers, with a finding."""
    return Way(Fidelity.APPROXIMATE, Fidelity.APPROXIMATE, conversion, reason, reads)


def absent(reason: str) -> Way:
    """No counterpart for either reader."""
    return Way(Fidelity.ABSENT, Fidelity.ABSENT, NOTHING, reason)


used_rows: set[str] = set()
"""The ids of the rows used in this process; the tests fail a run that leaves one out."""


@dataclass(frozen=True, slots=True)
class Row:
    """One correspondence between the two services.

    Paths are dotted. In the sections SERVER and CLIENT the first step is the message's type (`Turn.transcript`),
    `[]` stands for every element of a list, `[0]` and `[-1]` for the first and last. In PARAMETER they are paths in
    Gladia's request body and names of AssemblyAI's query.
    """

    id: str
    section: Section
    gladia: tuple[str, ...]
    assemblyai: tuple[str, ...]
    over_assemblyai: Way
    """A Gladia program, AssemblyAI does the work."""
    over_gladia: Way
    """An AssemblyAI program, Gladia does the work."""
    harmful_in_silence: bool = field(default=False, kw_only=True)
    """Whether leaving out what is absent would harm somebody who relies on it: then it is refused unless told
    otherwise."""

    def of(self, vendor: Vendor) -> tuple[str, ...]:
        """The row's paths on one side."""
        return self.gladia if vendor is Vendor.GLADIA else self.assemblyai

    def way(self, over: Vendor) -> Way:
        """The way of programs of the other vendor over `over`, looked at only."""
        return self.over_assemblyai if over is Vendor.ASSEMBLYAI else self.over_gladia

    def is_met(self, over: Vendor) -> bool:
        """Whether programs over `over` can hold what the row is about."""
        return self.way(over) != never_met()

    def over(self, vendor: Vendor) -> Way:
        """The way of programs of the other vendor over `vendor`, put to use; records that the row was used."""
        used_rows.add(self.id)
        return self.way(vendor)

    def live(self, over: Vendor, *values: Any) -> Any:
        """Converts live values; see Conversion.live."""
        return self.over(over).conversion.live(*values)


@dataclass(frozen=True, slots=True)
class EndRow(Row):
    """How one situation ends a session, as each vendor says it.

    `http_status` is Gladia's refusal of the POST, `gladia_close` the code of a socket that is already open,
    `assemblyai_close` the code of AssemblyAI's `Error` frame and close. 0: the vendor has no such end.
    """

    http_status: int = 0
    gladia_close: int = 0
    assemblyai_close: int = 0
    text: str = field(default="", compare=False)
    """What Gladia's refusal or close says; empty where AssemblyAI's own text is passed on."""
