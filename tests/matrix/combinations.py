"""The rows of the matrix: every combination that is taken, and those that are known to be left to a person."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from codemods.migration import Migration, migrate_source
from shim.mapping.row import Vendor
from tests.matrix import assemblyai, assemblyai_sdk, gladia, gladia_sdk
from tests.matrix.covering import Combination, covering


class Family(Protocol):
    """A module that makes programs of one kind."""

    @property
    def DIMENSIONS(self) -> Mapping[str, Sequence[str]]:
        """The choices, by dimension."""

    def is_valid(self, choices: Combination) -> bool:
        """Whether these choices go together."""

    def program(self, choices: Combination) -> str:
        """The source."""


RAW_ROWS = 64
"""As many raw programs a direction at least; their pairs of choices are covered in any case."""
_FAMILIES: dict[tuple[Vendor, str], tuple[Family, int]] = {
    (Vendor.GLADIA, "raw"): (gladia, RAW_ROWS),
    (Vendor.GLADIA, "sdk"): (gladia_sdk, 0),
    (Vendor.ASSEMBLYAI, "raw"): (assemblyai, RAW_ROWS),
    (Vendor.ASSEMBLYAI, "sdk"): (assemblyai_sdk, 0),
}


@dataclass(frozen=True)
class Limit:
    """Choices with which a program is left whole: the code that says so, and why it is so."""

    vendor: Vendor
    family: str
    choices: Mapping[str, str]
    code: str
    reason: str

    @property
    def text(self) -> str:
        """The choices, as a reader sees them."""
        return ", ".join(f"{dimension}: {choice}" for dimension, choice in self.choices.items())

    def holds(self, combination: Combination) -> bool:
        """Whether a combination has these choices."""
        return self.choices.items() <= combination.items()


_GLADIA = (Vendor.GLADIA, "raw")
LIMITS: tuple[Limit, ...] = (
    Limit(*_GLADIA, {"handed over": "url and id"}, "STB219", "the id is there before the socket is, and there only"),
)
"""What waits for a person's yes today; each is a test that fails when it no longer holds."""


@dataclass(frozen=True, eq=False)
class Row:
    """One program of the matrix; `number` is its place among those of its vendor and family."""

    vendor: Vendor
    family: str
    number: int
    choices: Combination
    limit: Limit | None = None

    @property
    def name(self) -> str:
        """Short and unique."""
        return f"{self.vendor.value}_{self.family}_{'limit_' if self.limit else ''}{self.number:02}"

    @functools.cached_property
    def code(self) -> str:
        """The program."""
        return _FAMILIES[self.vendor, self.family][0].program(self.choices)

    @functools.cached_property
    def migration(self) -> Migration:
        """What the codemod makes of it."""
        return migrate_source(self.code, self.vendor.other.value)


def _of_limit(module: Family, limit: Limit, limits: list[Limit]) -> Combination:
    """A combination in which this limit is the only one."""

    def is_taken(one: Combination) -> bool:
        return module.is_valid(one) and [other for other in limits if other.holds(one)] == [limit]

    return covering({**module.DIMENSIONS, **{name: (one,) for name, one in limit.choices.items()}}, is_taken, 0)[0]


def _rows() -> list[Row]:
    found: list[Row] = []
    for (vendor, family), (module, least) in _FAMILIES.items():
        limits = [one for one in LIMITS if (one.vendor, one.family) == (vendor, family)]

        def is_taken(one: Combination, limits: list[Limit] = limits, module: Family = module) -> bool:
            return module.is_valid(one) and not any(limit.holds(one) for limit in limits)

        rows = covering(module.DIMENSIONS, is_taken, least)
        found += [Row(vendor, family, number, choices) for number, choices in enumerate(rows)]
        for number, limit in enumerate(limits):
            found.append(Row(vendor, family, number, _of_limit(module, limit, limits), limit))
    return found


ROWS = _rows()
MIGRATED = [row for row in ROWS if row.limit is None]
