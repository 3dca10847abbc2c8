"""What sessions are sent, as far as it is still open what becomes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import libcst as cst

from codemods.analysis.sockets import Send
from codemods.migrating import Migrating


class OpenSends(ABC):
    """Goes through the sends over the sockets that `connects` open; what is planned, `migrating.gone` holds."""

    def __init__(self, migrating: Migrating, connects: Iterable[cst.Call]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._calls = frozenset(connects)

    def _plan_each(self) -> None:
        """Plans each send that is still open when it is met: planning one may take others away."""
        for send in self._program.sends.values():
            if send.socket.connect in self._calls and send.call not in self._migrating.gone:
                self._plan_send(send)

    @abstractmethod
    def _plan_send(self, send: Send) -> None:
        """Plans what becomes of one send."""
