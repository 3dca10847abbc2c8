"""A refusal that is raised where the socket is opened, in `try` statements that never met one before.

The POST stood in front of them, and what it raised went past: to the caller, or to the end of the program. Now it is
raised inside, and a handler that is for lost connections would take it for one, and connect again and again. So such
a `try` lets a refusal pass, by a handler of its own; where no type tells a refusal from what the handler is for, it is
said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.sockets import Connect
from codemods.analysis.values import Class, Library
from codemods.findings import REFUSAL_CAUGHT
from codemods.migrating import Migrating
from codemods.rules.guards import ANY, EXIT, Raised, catcher, guards_around, raises_again, types_of, with_callers
from codemods.rules.opening.refusal_handlers import RefusalHandlers
from codemods.rules.posting.opening_place import OpeningPlace

RAISED: Final = "RuntimeError"
"""What a refusal is raised as that the HTTP library raised before."""
_ENDING_AT_ONCE: Final = ("os._exit", "os.abort")
_OWN: Final = (EXIT, RAISED)
"""Types of Python's own that nothing else in a session raises."""


class RefusalPassing:
    """Looks at the `try` statements between the connect of one session and the place where its POST stood."""

    def __init__(self, migrating: Migrating, connect: Connect, post: cst.Call) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._connect = connect
        self._posts = with_callers(self._program, post)

    def plan(self, bodies: Iterable[cst.CSTNode], moved: RefusalHandlers, *, by_default: bool) -> None:
        """Plans a handler for a refusal where one is needed; `bodies` are what the program does about a refusal.

        `moved` are the handlers that stand elsewhere from now on. `by_default`: a refusal that the program has no word
        for is raised as `RAISED`.
        """
        raised = list(dict.fromkeys([*self._raised_in(bodies), *([RAISED] if by_default else [])]))
        for guard in guards_around(self._program, self._connect.call):
            if not any(self._program.is_inside(one, guard.body) for one in self._posts):
                self._let_pass(guard, raised)
            elif by_default and guard not in moved.tries and moved.is_of_library(guard):
                moved.rename(guard, RAISED)
        place = self._program.scope_of(self._connect.call)
        is_apart = not any(self._program.scope_of(one) is place for one in self._posts)
        if is_apart and OpeningPlace(self._migrating, self._connect).is_a_threads_work(place):
            text = "a thread opens the session, and a refusal ends that thread alone"
            self._migrating.report(REFUSAL_CAUGHT, self._connect.call, text)

    # --- what is raised ----------------------------------------------------------------------------

    def _raised_in(self, bodies: Iterable[cst.CSTNode]) -> Iterator[Raised]:
        for node in (node for body in bodies for node in self._program.nodes_in(body)):
            match node:
                case cst.Raise(cst.BaseExpression() as exception):
                    made = exception.func if isinstance(exception, cst.Call) else exception
                    yield from types_of(self._program, made) or [ANY]
                case cst.Raise(None):
                    yield RAISED
                case cst.Call(function):
                    callee = self._program.value(function)
                    if isinstance(callee, Library) and callee.name in ENDING and callee.name not in _ENDING_AT_ONCE:
                        yield EXIT

    # --- what catches it -----------------------------------------------------------------------------

    def _let_pass(self, guard: cst.Try, raised: Iterable[Raised]) -> None:
        """Plans that a `try` lets these exceptions pass that it would catch."""
        caught = [one for one in raised if self._is_caught(guard, one)]
        names = [self._name(one, guard) for one in caught]
        for one, name in zip(caught, names, strict=True):
            if name is None or (isinstance(one, str) and one not in _OWN):
                said = one if isinstance(one, str) else one.name.value
                text = f"a refusal is {said} and raised inside this `try`, whose handlers catch that as well"
                self._migrating.report(REFUSAL_CAUGHT, guard, text)
                return
        if not names:
            return
        kinds: list[cst.BaseExpression] = [cst.Name(str(name)) for name in names]
        kind = kinds[0] if len(kinds) == 1 else cst.Tuple([cst.Element(one) for one in kinds])
        again = cst.IndentedBlock([cst.SimpleStatementLine([cst.Raise()])])
        handler = cst.ExceptHandler(again, kind)
        self._migrating.edits.rewrite_further(
            guard, lambda updated: updated.with_changes(handlers=[handler, *updated.handlers])
        )

    def _name(self, raised: Raised, guard: cst.Try) -> str | None:
        """How a type is called where a `try` stands; None where it has no name there."""
        if isinstance(raised, str):
            return raised
        own = self._program.module_of(guard) is self._program.module_of(raised)
        return self._migrating.name(raised.name.value) if own else self._imported(raised, guard)

    def _imported(self, raised: cst.ClassDef, guard: cst.Try) -> str | None:
        scope = self._program.scopes[self._program.module_of(guard)]
        names = (
            name for name, several in scope.definitions.items() if any(one.value == Class(raised) for one in several)
        )
        return next(names, None)

    def _is_caught(self, guard: cst.Try, raised: Raised) -> bool:
        """Whether the first handler that takes an exception does more than raise it again."""
        handler = catcher(self._program, guard, raised)
        return handler is not None and not raises_again(handler)
