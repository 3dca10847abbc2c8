"""What becomes of a wish that the other vendor cannot fulfil: it is refused, said, or left out.

A policy is written as one word, or as a word and exceptions by the names of rows: `warn,translation=ignore`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from shim.errors import BridgeError
from shim.mapping import parameters
from shim.mapping.assemblyai_parameters import MISSED, REFUSED, WEBHOOK
from shim.mapping.row import Row
from shim.mapping.session import REGION


class Handling(StrEnum):
    """What is done about one absent feature."""

    STRICT = "strict"
    """The session is refused."""
    WARN = "warn"
    """The session goes on, and its client is told in its vendor's way."""
    IGNORE = "ignore"
    """The session goes on; only the log knows."""


OPTION: Final = "--on-absent"
SERVED_BY: Final = dict.fromkeys((parameters.CALLBACK.id, WEBHOOK[0].id), "sttbridge serve --callbacks")
"""The options by which the gateway does itself what the service lacks."""
ON_ABSENT_VARIABLE: Final = "STTBRIDGE_ON_ABSENT"
_POSSIBLE: Final = ", ".join(Handling)


def name_of(row: Row) -> str:
    """The name by which an exception is made for a row: the last part of its id."""
    return row.id.rpartition(".")[2]


@dataclass(frozen=True)
class OnAbsent:
    """The policy of a gateway. What harms in silence is refused under `warn` too, unless an exception names it."""

    usual: Handling = Handling.WARN
    exceptions: Mapping[str, Handling] = field(default_factory=dict)

    def of(self, row: Row) -> Handling:
        """What is done about this row's feature."""
        found = self.exceptions.get(name_of(row))
        if found is not None:
            return found
        if row.harmful_in_silence and self.usual is Handling.WARN:
            return Handling.STRICT
        return self.usual


def way_out(row: Row) -> str:
    """How whoever runs the shim lets the wish pass."""
    policy = f"{Handling.WARN},{name_of(row)}={Handling.IGNORE}" if row in ROWS else Handling.WARN.value
    left_out = f"sttbridge {OPTION} {policy} goes on without it"
    return f"{SERVED_BY[row.id]} does it, {left_out}" if row.id in SERVED_BY else left_out


ROWS: Final = (*parameters.UNSERVED, parameters.LANGUAGES, *MISSED, *REFUSED, REGION)
"""What can be absent. Parameters that are hints only are left out and logged, whatever the policy is."""

_NAMES: Final = frozenset(map(name_of, ROWS))


def read_on_absent(text: str) -> OnAbsent:
    """Reads a policy as it is written. Raises BridgeError."""
    usual = Handling.WARN
    exceptions: dict[str, Handling] = {}
    for number, part in enumerate(filter(None, (part.strip() for part in text.split(",")))):
        name, separator, word = part.rpartition("=")
        try:
            handling = Handling(word.strip().lower())
        except ValueError:
            handling = None
        if handling is None or (not separator and number):
            raise BridgeError(f"{OPTION}: {part!r} is no policy", f"possible is: {_POSSIBLE}, or NAME=POLICY after it")
        if not separator:
            usual = handling
        elif name.strip() in _NAMES:
            exceptions[name.strip()] = handling
        else:
            known = ", ".join(sorted(_NAMES))
            raise BridgeError(f"{OPTION}: nothing that can be absent is named {name.strip()!r}", f"there is: {known}")
    return OnAbsent(usual, exceptions)
