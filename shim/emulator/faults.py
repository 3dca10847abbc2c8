"""Misbehaviour on order: what an emulator is told to do wrong, as data, and when its turn has come.

    drop-after=MS[:COUNT]           the line is cut (1006)
    close-after=MS:CODE[:COUNT]     the socket is closed with CODE
    silent-after=MS[:COUNT]         the socket stays open and nothing more is said or heard on it
    refuse=STATUS|CODE[:COUNT]      the opening is refused
    refuse-upgrade=STATUS[:COUNT]   the upgrade of the socket is refused with an HTTP status
    slow=MS                         every answer comes so much later
    no-begin                        the socket is never begun
    no-end                          the session is never ended

MS are milliseconds: for the three `-after` of audio received on one socket, and the message that goes beyond them is
lost with the line; for `slow` of the run's clock. COUNT is how often it happens in all; without one, the three `-after`
happen to the first socket of each session, the refusals always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shim.errors import BridgeError


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP_AFTER = "drop-after"
    CLOSE_AFTER = "close-after"
    SILENT_AFTER = "silent-after"
    REFUSE = "refuse"
    REFUSE_UPGRADE = "refuse-upgrade"
    SLOW = "slow"
    NO_BEGIN = "no-begin"
    NO_END = "no-end"


_AFTER: Final = (FaultKind.DROP_AFTER, FaultKind.CLOSE_AFTER, FaultKind.SILENT_AFTER)
_FORMS: Final = {
    FaultKind.DROP_AFTER: (("MS",), "COUNT"),
    FaultKind.CLOSE_AFTER: (("MS", "CODE"), "COUNT"),
    FaultKind.SILENT_AFTER: (("MS",), "COUNT"),
    FaultKind.REFUSE: (("STATUS|CODE",), "COUNT"),
    FaultKind.REFUSE_UPGRADE: (("STATUS",), "COUNT"),
    FaultKind.SLOW: (("MS",), None),
    FaultKind.NO_BEGIN: ((), None),
    FaultKind.NO_END: ((), None),
}
_LONGEST_MS: Final = 3 * 3600 * 1000
_NOT_IN_A_FRAME: Final = (1004, 1005, 1006, 1015)
"""Codes that no close frame may carry."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `code` is a close code or an HTTP status, `count` how often (None: see above)."""

    kind: FaultKind
    milliseconds: int = 0
    code: int = 0
    count: int | None = None

    @property
    def is_status(self) -> bool:
        """Whether `code` is an HTTP status, not a close code."""
        return self.code < 1000

    def __str__(self) -> str:
        needed, _optional = _FORMS[self.kind]
        values = [str(self.milliseconds if name == "MS" else self.code) for name in needed]
        given = ":".join([*values, *([str(self.count)] if self.count is not None else [])])
        return f"{self.kind}={given}" if given else str(self.kind)


def read_fault(text: str) -> Fault:
    """A fault as it is written on the command line. Raises `BridgeError`, with the form that it should have."""
    name, equals, given = text.partition("=")
    try:
        kind = FaultKind(name.strip())
    except ValueError:
        known = ", ".join(_form(kind) for kind in FaultKind)
        raise BridgeError(f"there is no fault {name!r}", f"the faults are {known}") from None
    needed, optional = _FORMS[kind]
    values = given.split(":") if equals else []
    if not len(needed) <= len(values) <= len(needed) + (optional is not None):
        raise _malformed(text, kind, "it has too many values" if len(values) > len(needed) else "a value is missing")
    numbers = dict(zip([*needed, *([optional] if optional else [])], values, strict=False))
    fields: dict[str, int] = {}
    for form, value in numbers.items():
        if not (value.isascii() and value.isdigit() and len(value) <= 8):
            raise _malformed(text, kind, f"{form} is not a whole number")
        fields[form] = int(value)
        problem = _problem(form, fields[form])
        if problem:
            raise _malformed(text, kind, problem)
    code = next((fields[form] for form in ("CODE", "STATUS", "STATUS|CODE") if form in fields), 0)
    return Fault(kind, fields.get("MS", 0), code, fields.get("COUNT"))


def _problem(form: str, number: int) -> str | None:
    is_status = 400 <= number <= 599
    is_code = 1000 <= number <= 4999 and number not in _NOT_IN_A_FRAME
    match form:
        case "MS" if number > _LONGEST_MS:
            return f"MS is more than {_LONGEST_MS}"
        case "COUNT" if number == 0:
            return "COUNT is 0"
        case "CODE" if not is_code:
            return f"{number} is no code of a close frame"
        case "STATUS" if not is_status:
            return f"{number} is no HTTP status from 400 to 599"
        case "STATUS|CODE" if not (is_status or is_code):
            return f"{number} is neither an HTTP status from 400 to 599 nor a code of a close frame"
    return None


def _form(kind: FaultKind) -> str:
    needed, optional = _FORMS[kind]
    values = ":".join(needed) + (f"[:{optional}]" if optional else "")
    return f"{kind}={values}" if values else str(kind)


def _malformed(text: str, kind: FaultKind, problem: str) -> BridgeError:
    return BridgeError(f"the fault {text!r} cannot be read: {problem}", f"the form is {_form(kind)}")


class FaultBook:
    """Says when the turn of a fault has come, and counts how often it came.

    `faults` is read anew at each question, so that a test can order more while the emulator runs. `tell` is given a
    line for whoever watches, when a fault happens.
    """

    def __init__(self, faults: Sequence[Fault], tell: Callable[[str], None]) -> None:
        self._faults = faults
        self._tell = tell
        self._done: Counter[Fault] = Counter()

    def refusal(self) -> Fault | None:
        """The refusal that the next opening gets: of a session."""
        return self._next(FaultKind.REFUSE)

    def refused_upgrade(self) -> int | None:
        """The HTTP status with which the next upgrade is refused."""
        fault = self._next(FaultKind.REFUSE_UPGRADE)
        return fault.code if fault else None

    def after(self, milliseconds: float, *, first_socket: bool) -> Fault | None:
        """What happens now that so much audio has come on a socket. It counts as done."""
        for fault in self._faults:
            if fault.kind in _AFTER and milliseconds > fault.milliseconds:
                if not (self._is_left(fault) if fault.count is not None else first_socket):
                    continue
                self._happens(fault)
                return fault
        return None

    def delay(self) -> float:
        """Seconds of the run's clock by which every answer comes later."""
        return sum(fault.milliseconds for fault in self._faults if fault.kind is FaultKind.SLOW) / 1000

    def leaves_out_the_begin(self) -> bool:
        """Whether a socket is never begun."""
        return self._next(FaultKind.NO_BEGIN) is not None

    def leaves_out_the_end(self) -> bool:
        """Whether a session is never ended."""
        return self._next(FaultKind.NO_END) is not None

    def _next(self, kind: FaultKind) -> Fault | None:
        for fault in self._faults:
            if fault.kind is kind and self._is_left(fault):
                self._happens(fault)
                return fault
        return None

    def _is_left(self, fault: Fault) -> bool:
        return fault.count is None or self._done[fault] < fault.count

    def _happens(self, fault: Fault) -> None:
        self._done[fault] += 1
        self._tell(f"fault {fault}, time {self._done[fault]}")
