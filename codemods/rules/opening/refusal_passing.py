"""A refusal that is raised where the socket is opened, in `try` statements that never met one before.

The POST stood in front of them, and what it raised went past: to the caller, or to the end of the program. Now it is
raised inside, and a handler that is for lost connections would take it for one, and connect again and again. So such
a `try` lets a refusal pass, by a handler of its own; where no type tells a refusal from what the handler is for, it is
said.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.findings import REFUSAL_CAUGHT, RETRY_WENT
from codemods.migrating import Migrating
from codemods.rules.guards import goes_on, guards_around, with_callers
from codemods.rules.letting_pass import RAISED, LettingPass
from codemods.rules.opening.refusal_handlers import RefusalHandlers
from codemods.rules.posting.opening_place import OpeningPlace


class RefusalPassing:
    """Looks at the `try` statements between the connect of one session and the place where its POST stood."""

    def __init__(self, migrating: Migrating, connect: Connect, post: cst.Call) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._connect = connect
        self._post = post
        self._posts = with_callers(self._program, post)

    def plan(self, bodies: Iterable[cst.CSTNode], moved: RefusalHandlers, *, by_default: bool) -> None:
        """Plans a handler for a refusal where one is needed; `bodies` are what the program does about a refusal.

        `moved` are the handlers that stand elsewhere from now on. `by_default`: a refusal that the program has no word
        for is raised as `RAISED`.
        """
        letting = LettingPass(self._migrating)
        raised = list(dict.fromkeys([*letting.raised_in(bodies), *([RAISED] if by_default else [])]))
        for guard in guards_around(self._program, self._connect.call):
            if not any(self._program.is_inside(one, guard.body) for one in self._posts):
                letting.plan(guard, raised)
            elif by_default and guard not in moved.tries and moved.is_of_library(guard):
                moved.rename(guard, RAISED)
        self._say_what_is_tried_no_more()
        place = self._program.scope_of(self._connect.call)
        is_apart = not any(self._program.scope_of(one) is place for one in self._posts)
        if is_apart and OpeningPlace(self._migrating, self._connect).is_a_threads_work(place):
            text = "a thread opens the session, and a refusal ends that thread alone"
            self._migrating.report(REFUSAL_CAUGHT, self._connect.call, text)

    def _say_what_is_tried_no_more(self) -> None:
        """Reports the handlers that made the POST again: the session is refused elsewhere, and once."""
        opening = with_callers(self._program, self._connect.call)
        for guard in guards_around(self._program, self._post):
            if any(self._program.is_inside(one, guard.body) for one in opening):
                continue
            again = next((one for one in guard.handlers if goes_on(self._program, guard, one)), None)
            if again is not None:
                said = f"`except {self._migrating.code(again.type)}`" if again.type is not None else "`except`"
                self._migrating.report(RETRY_WENT, again, f"{said}: the session is opened once")
