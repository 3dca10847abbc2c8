"""What of an SDK's is followed through a program: where that cannot be done, it is said, and nothing is written."""

from __future__ import annotations

import libcst as cst

from codemods.findings import SDK_NOT_FOLLOWED, Kind
from codemods.migrating import Migrating


class Followed:
    """Something of an SDK's, such as a client or its calls; `complete` says whether all of it could be followed."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self.complete = True

    def _code(self, node: cst.CSTNode) -> str:
        return self._migrating.code(node)

    def _report(self, kind: Kind, node: cst.CSTNode, text: str) -> None:
        self._migrating.report(kind, node, text)

    def _give_up(self, node: cst.CSTNode, text: str = "") -> None:
        """Says what cannot be followed: the place's own code, unless there is something to say of it."""
        self.complete = False
        self._migrating.report(SDK_NOT_FOLLOWED, node, text or self._code(node))
