"""The service's address: every literal that a session's URL is made of, wherever the program wrote it."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods.findings import ADDRESS_STAYS, ADDRESS_UNKNOWN
from codemods.migrating import Migrating, like
from codemods.rules.opening.address_pieces import AddressPieces, Literal, text_of_literal
from codemods.vendors import assemblyai, gladia
from codemods.vendors.gladia import Opening
from shim.mapping import session


class AddressRule:
    """Plans what becomes of one session's address."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._url = opening.request.url
        self._place = opening.request.call
        self._made = opening.request.made
        self._pieces = AddressPieces(self._program, self._url, migrating.source)
        self._has_key = opening.key is not None

    def is_known(self) -> bool:
        """Whether the host and the key are written where they can be rewritten; findings say where not."""
        if not self._has_key:
            self._migrating.report(ADDRESS_UNKNOWN, self._place, "the key is not among the request's own headers")
            return False
        spanning = self._pieces.spanning()
        if spanning is None:
            self._migrating.report(ADDRESS_UNKNOWN, self._place, self._what_is_written())
            return False
        texts = [text_of_literal(one) for one in self._pieces.literals]
        new = [self._converted(one, spanning) for one in self._pieces.literals]
        asks_for_region = any(f"?{session.REGION.gladia[0]}" in text for text in new)
        if any(session.HOST.gladia[0] in text for text in texts) and not asks_for_region:
            return True
        self._migrating.report(ADDRESS_UNKNOWN, self._place, self._what_is_written())
        return False

    def plan(self) -> None:
        """Brings each literal to the other vendor, and says where callers may still give the old address."""
        for parameter in self._pieces.defaults:
            if parameter.default in self._pieces.literals:
                target = session.NAME.of(self._migrating.target)[0]
                text = f"`{parameter.name.value}` must be given {target}'s address now, or nothing"
                self._migrating.report(ADDRESS_STAYS, parameter, text)
        spanning = self._pieces.spanning() or {}
        for literal in self._pieces.literals:
            new = self._converted(literal, spanning)
            if new == text_of_literal(literal):
                continue
            if isinstance(literal, cst.SimpleString):
                self._migrating.edits.replace(literal, like(literal, new))
            else:
                self._migrating.edits.replace(literal, literal.with_changes(value=new))

    def _what_is_written(self) -> str:
        """The address as it stands at the request, and what to do where the client says the rest of it."""
        code = self._migrating.code(self._url or self._place)
        given = [one.keyword.value for one in self._made.args if one.keyword] if self._made is not None else []
        return f"{code} behind the client's `base_url`: write all of it at the request" if "base_url" in given else code

    def _region(self) -> str | None:
        """The region that the whole address asks for."""
        text = gladia.text_of(self._program.value(self._url)) if self._url is not None else ""
        return next((one for one in assemblyai.REGIONS if text.endswith(f"?{session.REGION.gladia[0]}={one}")), None)

    def _converted(self, literal: Literal, spanning: Mapping[Literal, str]) -> str:
        return assemblyai.address(spanning.get(literal, text_of_literal(literal)), self._region())
