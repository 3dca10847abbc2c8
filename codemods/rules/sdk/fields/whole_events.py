"""Events of an SDK that are made into dictionaries or JSON: `event.model_dump()`, `message.to_json()`.

What is read of them is found where nobody can follow it, or by the names of the old service's fields. So they are given
in the old service's form, as raw messages are that leave the program.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import Parsed, something
from codemods.edits import expression
from codemods.migrating import Migrating
from codemods.rules.messages.carriers import Carriers
from codemods.rules.messages.leaving.leaving import Leaving
from codemods.rules.messages.leaving.lost import parameter_for
from codemods.rules.messages.places import MessagePlaces
from codemods.rules.messages.received import Received
from shim.mapping import catalogue, server_messages
from shim.mapping.row import Section, Vendor

_DOCUMENT: Final = {Vendor.ASSEMBLYAI: ("model_dump", "dict"), Vendor.GLADIA: ("to_dict",)}
"""How the objects of each vendor's SDK are made into dictionaries with the names of the wire."""
_TEXT: Final = {Vendor.ASSEMBLYAI: ("model_dump_json", "json"), Vendor.GLADIA: ("to_json",)}
_HARMLESS: Final = ("mode", "by_alias", "indent")
"""Arguments that leave the fields as they are."""


class WholeEvents:
    """Plans the events of turns that are dumped whole."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program
        received = Received(frozenset(), catalogue.rows(Section.SERVER))
        places = MessagePlaces(migrating, received)
        self._leaving = Leaving(migrating, places, Carriers(migrating, received), received.rows, "event")

    def plan(self, node: cst.BaseExpression, message: Parsed) -> bool:
        """Plans what becomes of a method of an event that `node` names; False, and nothing planned, where it is none.

        Only the events of turns have all of what the other SDK's have; `message` is where the method stands.
        """
        source, target = self._migrating.source, self._migrating.target
        (kind,) = server_messages.TRANSCRIPT.of(source)
        if message.types != frozenset((kind,)) or len(message.path) != 1 or not isinstance(node, cst.Attribute):
            return False
        is_text = message.path[0] in _TEXT[source]
        call = self._program.parents[node]
        if not is_text and message.path[0] not in _DOCUMENT[source]:
            return False
        if not isinstance(call, cst.Call) or call.func is not node or not all(_is_harmless(one) for one in call.args):
            return False
        dump = _DOCUMENT[target][0]
        template = f"legacy(event.{dump}())"
        functions: dict[str, cst.BaseExpression] = {}
        if is_text:
            functions["dumps"] = expression("json.dumps", json=self._migrating.at(node).use_module("json"))
            template = f"dumps({template})"

        def written(updated: cst.BaseExpression, name: str) -> cst.BaseExpression:
            assert isinstance(updated, cst.Call) and isinstance(updated.func, cst.Attribute)
            return expression(template, event=updated.func.value, legacy=cst.Name(name), **functions)

        whole = Parsed(message.document, message.origin, (), message.types)
        self._leaving.give_as(call, whole, written)
        self._mark(call)
        return True

    def _mark(self, call: cst.Call) -> None:
        """Says of the names that hold the dictionary, or parts of it, that they have the old form's fields."""
        given = self._migrating.in_old_form
        parameters = {one.node: one for one in self._program.definitions()}
        waiting: list[cst.CSTNode] = [call]
        while waiting:
            source = waiting.pop()
            found = [one for one in self._program.definitions() if self._is_made_of(one, source)]
            found += [parameters[one] for one in self._taking(source) if one in parameters]
            for definition in found:
                if definition.node not in given:
                    given.add(definition.node)
                    waiting += definition.uses

    def _is_made_of(self, definition: Definition, source: cst.CSTNode) -> bool:
        statement = definition.statement
        made_of = statement.iter if isinstance(statement, cst.For) else definition.expression
        return made_of is not None and self._program.is_inside(source, made_of)

    def _taking(self, source: cst.CSTNode) -> list[cst.CSTNode]:
        """The parameters of the program's functions that are given an expression."""
        argument = self._program.parents[source]
        call = self._program.parents[argument]
        if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
            return []
        found = [parameter_for(call, argument, one) for one in something(self._program.value(call.func))]
        return [node for one in found if one is not None for node in (one, one.name)]


def _is_harmless(argument: cst.Arg) -> bool:
    return argument.keyword is not None and argument.keyword.value in _HARMLESS
