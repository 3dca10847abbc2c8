"""TypedDicts that say what messages look like: nothing runs by them, but a type checker believes them."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Class, Known, Library, something
from codemods.findings import TYPE_OUTDATED
from codemods.migrating import Migrating
from codemods.rules.messages.reading import Reading
from shim.mapping import session

_TYPED_DICTS: Final = ("typing.TypedDict", "typing_extensions.TypedDict")


class DeclaredMessages:
    """Renames the types in them, and says that their fields are still those of the other vendor's messages."""

    def __init__(self, migrating: Migrating, reading: Reading) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._reading = reading

    def plan(self) -> None:
        """Plans the edits; the fields are left to a person, since nothing of what runs depends on them."""
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                if isinstance(node, cst.ClassDef) and self._is_declaration(node) and self._is_of_messages(node):
                    self._plan(node)

    def _is_declaration(self, node: cst.ClassDef) -> bool:
        return any(
            isinstance(one, Library) and one.name in _TYPED_DICTS
            for base in node.bases
            for one in something(self._program.value(base.value))
        )

    def _is_of_messages(self, declared: cst.ClassDef) -> bool:
        """Whether a name that is said to be of this type holds a message, or a part of one."""
        for definition in self._program.definitions():
            annotation: cst.Annotation | None = None
            if isinstance(definition.node, cst.Param):
                annotation = definition.node.annotation
            elif isinstance(holder := self._program.parents.get(definition.node), cst.AnnAssign):
                annotation = holder.annotation
            if annotation is None or self._reading.message(definition.value) is None:
                continue
            if any(one == Class(declared) for one in something(self._program.value(annotation.annotation))):
                return True
        return False

    def _plan(self, declared: cst.ClassDef) -> None:
        own, to = (session.NAME.of(one)[0] for one in (self._migrating.source, self._migrating.target))
        for node in self._program.nodes_in(declared):
            match node:
                case cst.AnnAssign(cst.Name("type"), cst.Annotation(annotation)):
                    for literal in self._program.nodes_in(annotation):
                        if isinstance(literal, cst.SimpleString) and self._reading.type_rows(
                            str(literal.evaluated_value)
                        ):
                            self._reading.rename_types(literal, Known(literal.evaluated_value, literal))
        text = (
            f"`{declared.name.value}` declares {own}'s fields for a type checker, and what it is said of is {to}'s now"
        )
        self._migrating.report(TYPE_OUTDATED, declared, text)
