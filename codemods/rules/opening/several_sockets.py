"""Several sockets that are opened with what one POST gave: two methods of a class that both stream, say.

The POST gave one session, and whoever connected used it. The new address is as good for each of them; what a session
needs besides, the key and the look at the first message, is written at each. Each is a session of its own.
"""

from __future__ import annotations

from dataclasses import replace

from codemods.findings import SESSION_STARTS_OVER
from codemods.migrating import Migrating
from codemods.rules.opening.opening_rule import OpeningRule
from codemods.rules.opening.spread_opening import SpreadOpeningRule
from codemods.vendors.gladia import Opening


class SeveralSocketsRule(OpeningRule):
    """Plans the opening of one POST's sockets. `plan` says whether all of them could be followed."""

    @staticmethod
    def suits(migrating: Migrating, opening: Opening) -> bool:
        """Whether each socket is opened in a function of its own, and the POST is made in none of these."""
        scopes = [migrating.program.scope_of(one.call) for one in opening.connects]
        posting = migrating.program.scope_of(opening.request.call)
        by_callback = any(one.library.by_callback for one in opening.connects)
        return len(set(scopes)) == len(scopes) > 1 and posting not in scopes and not by_callback

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where one of the sockets is not one that can be followed."""
        for at, connect in enumerate(self._opening.connects):
            one = replace(self._opening, connects=(connect,))
            if not SpreadOpeningRule(self._migrating, one, is_further=at > 0).plan():
                return False
            if at > 0:
                text = "this connect opens a session of its own, beside the one that is opened elsewhere"
                self._migrating.at(connect.call).report(SESSION_STARTS_OVER, connect.call, text)
        return True
