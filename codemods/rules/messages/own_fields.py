"""Fields that a program puts into messages itself: `message["received"] = time.time()`.

They are the program's own: it goes on writing and reading them under their names, and where a message leaves in the
old service's form they are carried over.
"""

from __future__ import annotations

from functools import cached_property

import libcst as cst

from codemods.analysis.values import Parsed, Step
from codemods.migrating import Migrating
from codemods.rules.messages.never_there import is_made_up_name
from codemods.rules.messages.places import MessagePlaces, general


class OwnFields:
    """Says which fields of the sessions' messages are the program's own: names that neither service uses."""

    def __init__(self, migrating: Migrating, places: MessagePlaces) -> None:
        self._program = migrating.program
        self._places = places

    def names_at(self, path: tuple[Step, ...]) -> list[str]:
        """The names that the program puts into what stands at a place of messages."""
        return list(dict.fromkeys(name for around, name in self._stored.values() if around == general(path)))

    def is_inside(self, path: tuple[Step, ...]) -> bool:
        """Whether the program puts such fields into a part of what stands at a place."""
        inner = general(path)
        return any(around != inner and around[: len(inner)] == inner for around, _ in self._stored.values())

    def added_behind(self, path: tuple[Step, ...], node: cst.CSTNode) -> list[str]:
        """The names that the program puts into what stands at a place where a node was run already, or may have been.

        That is further down in the same function, or in another one.
        """
        scope_of = self._program.scope_of
        found = [
            name
            for store, (around, name) in self._stored.items()
            if around == general(path)
            and (scope_of(store) is not scope_of(node) or self._program.comes_behind(store, node))
        ]
        return list(dict.fromkeys(found))

    def is_own(self, message: Parsed) -> bool:
        """Whether a place of a message is a field that the program puts there."""
        return (general(message.path[:-1]), message.path[-1:] and message.path[-1]) in self._stored.values()

    def is_store(self, node: cst.CSTNode) -> bool:
        """Whether a subscript puts such a field into a message."""
        return node in self._stored

    @cached_property
    def _stored(self) -> dict[cst.CSTNode, tuple[tuple[Step, ...], str]]:
        found: dict[cst.CSTNode, tuple[tuple[Step, ...], str]] = {}
        for module in self._program.modules:
            for target in self._program.nodes_in(module):
                match target:
                    case cst.AssignTarget(
                        cst.Subscript(cst.Name() as owner, [cst.SubscriptElement(cst.Index(key))]) as store
                    ):
                        around = self._places.message(self._program.value(owner))
                        name = getattr(self._program.value(key), "value", None)
                        if around is not None and isinstance(name, str) and is_made_up_name(name):
                            found[store] = (general(around.path), name)
        return found
