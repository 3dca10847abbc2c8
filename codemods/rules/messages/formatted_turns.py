"""The formatted form of a turn, in a program that reads AssemblyAI's messages itself; see `sdk_formatting`."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.values import Frame, Parsed
from codemods.migrating import Migrating
from codemods.rules.sdk.fields.formatting import FormattingRule


class FormattedTurnRule(FormattingRule):
    """Plans what becomes of the tests of turns that these calls' sockets receive."""

    def __init__(self, migrating: Migrating, connects: Iterable[cst.Call]) -> None:
        super().__init__(migrating, frozenset(connects))

    def _is_of_a_session(self, message: Parsed) -> bool:
        return isinstance(message.document, Frame) and message.document.connect in self._sites
