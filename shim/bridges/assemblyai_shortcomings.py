"""What an AssemblyAI client asks for and Gladia lacks: refused, said in one `Warning`, or left out, by the policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from shim.bridges.actions import Note, Topic
from shim.bridges.assemblyai_request import AskedFor, lost_in_update
from shim.faces import assemblyai as face
from shim.mapping import assemblyai_messages
from shim.mapping.on_absent import OnAbsent
from shim.mapping.row import Vendor
from shim.wire import assemblyai

WARNING_CODE: Final = 1


class Shortcomings:
    """Those of one session. The client hears of them once, after `Begin`; what is found later is logged."""

    def __init__(self, asked: AskedFor, on_absent: OnAbsent) -> None:
        self._on_absent = on_absent
        self._missed = list(asked.missing)
        self._warned = False

    def of_update(self, before: face.SessionParameters, after: face.SessionParameters) -> list[Note]:
        """What of an update cannot be done. Raises `Refusal` (3006) for what the policy lets no session lack."""
        missed, hints = lost_in_update(before.given, after.given, self._on_absent)
        self._missed += missed
        return _not_applied(hints)

    def due(self) -> tuple[list[assemblyai.Warning], list[Note]]:
        """The `Warning` that is due now, if one is, and what is logged."""
        names, self._missed = ", ".join(dict.fromkeys(self._missed)), []
        if not names:
            return [], []
        notes = _not_applied([names])
        if self._warned:
            return [], notes
        self._warned = True
        assemblyai_messages.WARNING.over(Vendor.GLADIA)
        text = f"Gladia does the work, and these settings have no effect there: {names}"
        return [assemblyai.Warning(warning_code=WARNING_CODE, warning=text)], notes


def notes_of(asked: AskedFor) -> list[Note]:
    """What is only logged of what a session asks for."""
    return _not_applied(asked.hints)


def _not_applied(names: Iterable[str]) -> list[Note]:
    text = ", ".join(names)
    return [Note(Topic.NOT_APPLIED, text)] if text else []
