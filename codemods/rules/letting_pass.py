"""A refusal that is raised inside a `try` which never met one before: the `try` lets it pass, or it is said.

A refusal moves when a program does: from the POST to the connect, or from the messages to the POST. A handler around
its new place that is for lost connections would take it for one, and connect again and again. Where the type of the
exception tells the two apart, the `try` is given a handler of its own for a refusal; where none does, it is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.values import Class, Library
from codemods.findings import REFUSAL_CAUGHT
from codemods.migrating import Migrating
from codemods.rules.guards import ANY, EXIT, Raised, catcher, raises_again, types_of

RAISED: Final = "RuntimeError"
"""What a refusal is raised as where its type has to tell it from a lost connection."""
_ENDING_AT_ONCE: Final = ("os._exit", "os.abort")
_OWN: Final = (EXIT, RAISED)
"""Types of Python's own that nothing else in a session raises."""


class LettingPass:
    """Plans the handlers by which `try` statements let a refusal pass."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program

    def raised_in(self, bodies: Iterable[cst.CSTNode]) -> Iterator[Raised]:
        """The types of what is raised in statements about a refusal."""
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

    def plan(self, guard: cst.Try, raised: Iterable[Raised]) -> None:
        """Plans that a `try` lets these exceptions pass that it would catch; a finding says where it cannot be."""
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
