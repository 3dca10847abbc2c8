"""Methods chosen by a message's type: `getattr(self, f"on_{kind}")`. Which ones it can be, and each one's type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.values import Class, Instance, Known, Member, Parsed, Text, Value

_TYPE: Final = ("type",)
CASES: Final = ("lower", "upper", "casefold")


@dataclass(frozen=True, slots=True)
class NamedChoice:
    """What a `getattr` asks for: the type of a message `kind`, maybe in lower case, between fixed texts."""

    owner: Instance | Class
    kind: Parsed
    before: str
    behind: str
    case: str = ""

    def type_of(self, name: str, types: Iterator[str] | tuple[str, ...] = ()) -> str | None:
        """The one of some types for which a name is asked, else as it stands in the name; None for another name."""
        fits = name.startswith(self.before) and name.endswith(self.behind)
        middle = name[len(self.before) : len(name) - len(self.behind)]
        if not fits or not middle:
            return None
        return next((one for one in types if self.name_of(one) == name), middle)

    def name_of(self, kind: str) -> str:
        """The name that is asked for when a message of a type comes."""
        return f"{self.before}{getattr(kind, self.case)() if self.case else kind}{self.behind}"


def choice_of(owner: Instance | Class, name: Value) -> NamedChoice | None:
    """What a `getattr` of this name asks for, where nothing but a message's type decides it."""
    parts = name.parts if isinstance(name, Text) else (name,)
    found = [(at, _kind_in(part)) for at, part in enumerate(parts)]
    kinds = [(at, kind) for at, kind in found if kind is not None]
    if len(kinds) != 1 or len(parts) > 3:
        return None
    at, (kind, case) = kinds[0]
    before, behind = parts[:at], parts[at + 1 :]
    if not all(isinstance(one, Known) for one in (*before, *behind)):
        return None
    return NamedChoice(owner, kind, _text(before), _text(behind), case)


def _kind_in(part: Value) -> tuple[Parsed, str] | None:
    match part:
        case Parsed() if part.path == _TYPE:
            return part, ""
        case Member(Parsed() as kind, case) if kind.path == _TYPE and case in CASES:
            return kind, case
    return None


def _text(parts: tuple[Value, ...]) -> str:
    return "".join(str(one.value) for one in parts if isinstance(one, Known))


def methods_asked_for(choice: NamedChoice, lineage: list[cst.ClassDef]) -> Iterator[str]:
    """The names of the methods that the choice can fall on."""
    for definition in lineage:
        for one in definition.body.body:
            if isinstance(one, cst.FunctionDef):
                name = one.name.value
                fits = name.startswith(choice.before) and name.endswith(choice.behind)
                if fits and len(name) > len(choice.before) + len(choice.behind) and not name.startswith("__"):
                    yield name
