"""Reading messages: their types, their fields and their units, wherever a program reads them."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.values import Step
from codemods.findings import FIELD_UNCLEAR
from codemods.migrating import Migrating
from codemods.rules.messages.absent_tests import AbsentTests
from codemods.rules.messages.accesses import MessageAccesses
from codemods.rules.messages.any_type import AnyType
from codemods.rules.messages.error_tests import ErrorTests
from codemods.rules.messages.fields import MessageFields
from codemods.rules.messages.final_texts import FinalTexts
from codemods.rules.messages.following import Following
from codemods.rules.messages.handlers.handler_methods import HandlerMethods
from codemods.rules.messages.item_getters import ItemGetters
from codemods.rules.messages.message_types import MessageTypes
from codemods.rules.messages.models.declared_messages import DeclaredMessages
from codemods.rules.messages.models.message_models import MessageModels
from codemods.rules.messages.patterns.message_patterns import MessagePatterns
from codemods.rules.messages.places import MessagePlaces
from codemods.rules.messages.presence import Presence
from codemods.rules.messages.reading import Reading
from codemods.rules.messages.received import TYPE, Received
from codemods.rules.messages.same_message import SameMessage
from shim.mapping import catalogue
from shim.mapping.row import Row, Section, Vendor


class MessageRule:
    """Plans what becomes of every place where a program reads the messages of its sessions.

    `connects` are the calls that open the sessions' sockets.
    """

    _any_types: frozenset[str] = frozenset()
    """The types that rows without a type of their own are about, where that is not all of them."""
    _type_path: tuple[Step, ...] = TYPE
    """The field of a message that says its type."""

    def __init__(self, migrating: Migrating, connects: Iterable[cst.Call]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._complete = True
        rows = self._server_rows()
        received = Received(frozenset(connects), rows, self._type_path, self._any_types)
        self._places = MessagePlaces(migrating, received)
        self._same = SameMessage(migrating, self._places.type_rows)
        self._types = MessageTypes(migrating, self._places, self._same, self._give_up)
        self._final_texts = FinalTexts(migrating)
        any_type = AnyType(migrating, rows)
        self._accesses = MessageAccesses(migrating, self._places, any_type)
        self._fields = MessageFields(
            migrating, self._places, self._accesses, any_type, self._final_texts, self._give_up
        )
        self._following = Following(migrating, received, self._places)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where something has no counterpart or is not followed."""
        places = self._places
        reads = [(node, message) for node, value in self._program.values.items() if (message := places.message(value))]
        gone = self._migrating.gone
        if self._migrating.target is Vendor.GLADIA:
            ErrorTests(self._migrating, places.message, places.type_path).plan()
        for node, message in reads:
            if node not in gone and message.path == places.type_path and isinstance(node, cst.BaseExpression):
                self._type_is_read(node)
        AbsentTests(self._migrating, places).plan()
        for node, message in reads:
            if node not in gone and message.path != places.type_path and isinstance(node, cst.BaseExpression):
                self._fields.read(node, message)
        followed = self._taken_apart()
        self._complete &= self._same.plan()
        return self._following.check(self._migrating.gone, followed) and self._complete

    def _type_is_read(self, node: cst.BaseExpression) -> None:
        self._types.read(node)

    def _taken_apart(self) -> set[cst.CSTNode]:
        """Plans what takes whole messages apart: patterns, models of the program's own; gives where they do."""
        places = self._places
        reading = Reading(
            places.message,
            places.rows_of,
            places.target_of,
            places.fields_below,
            places.type_rows,
            places.why_never_sent,
            self._types.rename,
            self._same,
            self._final_texts.read_at,
        )
        presence = Presence(self._migrating, reading)
        presence.plan()
        getters = ItemGetters(self._migrating, reading)
        getters.plan()
        patterns, models = MessagePatterns(self._migrating, reading), MessageModels(self._migrating, reading)
        DeclaredMessages(self._migrating, reading).plan()
        methods = HandlerMethods(self._migrating, reading)
        self._complete &= patterns.plan() & models.plan() & methods.plan()
        return {*patterns.read, *models.read, *presence.read, *getters.read}

    def _server_rows(self) -> tuple[Row, ...]:
        """The rows of what these sessions receive."""
        return catalogue.rows(Section.SERVER)

    def _code(self, node: cst.CSTNode) -> str:
        return self._migrating.code(node)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(FIELD_UNCLEAR, node, text)
