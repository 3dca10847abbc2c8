"""The service's address: every literal that a session's URL is made of, wherever the program wrote it."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods.analysis.outside import taken_from_outside
from codemods.analysis.values import alternatives
from codemods.findings import ADDRESS_FROM_ELSEWHERE, ADDRESS_STAYS, ADDRESS_UNKNOWN
from codemods.hosts import UNKNOWN_PART
from codemods.migrating import Migrating, like
from codemods.rules.opening.address_objects import is_address_object
from codemods.rules.opening.address_pieces import AddressPieces, Literal, text_of_literal
from codemods.vendors import assemblyai, gladia
from codemods.vendors.gladia import Opening
from shim.mapping import session


class AddressRule:
    """Plans what becomes of one session's address."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
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
        is_object = self._url is not None and is_address_object(self._program, self._url)
        if spanning is None or is_object:
            self._migrating.report(ADDRESS_UNKNOWN, self._place, self._what_is_written())
            return False
        texts = [text_of_literal(one) for one in self._pieces.literals]
        new = [self._converted(one, spanning) for one in self._pieces.literals]
        has_a_query = any("?" in text for text in new)  # a region that is put together when it runs: it would stay
        is_path_known = session.PATH.assemblyai[0].lstrip("/") in "".join(new)
        if any(session.HOST.gladia[0] in text for text in texts) and not has_a_query and is_path_known:
            return True
        if self._comes_from_elsewhere(is_path_known) and not has_a_query:
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
        self._say_where_it_comes_from()
        spanning = self._pieces.spanning() or {}
        for literal in self._pieces.literals:
            new = self._converted(literal, spanning)
            if new == text_of_literal(literal):
                continue
            if isinstance(literal, cst.SimpleString):
                self._migrating.edits.replace(literal, like(literal, new))
            else:
                self._migrating.edits.replace(literal, literal.with_changes(value=new))

    def _comes_from_elsewhere(self, is_path_known: bool) -> bool:
        """Whether nothing is known of the address, or of what stands in front of the path: a setting, an argument."""
        if self._url is None or not self._opening.connects or taken_from_outside(self._program, self._url):
            return False  # what a file gives that is not here is known once it is
        texts = [gladia.text_of(one) for one in alternatives(self._program.value(self._url))]
        of_nothing = all(text.strip(UNKNOWN_PART) == "" for text in texts)
        in_front = all(text.startswith(UNKNOWN_PART) and "://" not in text for text in texts)
        written = "".join(text_of_literal(one) for one in self._pieces.literals)
        return "://" not in written and (of_nothing or (in_front and is_path_known))

    def _say_where_it_comes_from(self) -> None:
        """Says what has to be given where the address comes from, if that is not here."""
        assert self._url is not None
        texts = [text_of_literal(one) for one in self._pieces.literals]
        if any(session.HOST.gladia[0] in text for text in texts):
            return
        target = self._migrating.target
        address = f"{session.SCHEME.of(target)[0]}{session.HOST.of(target)[0]}"
        what, whole = "", session.PATH.of(target)[0]
        if texts:
            what, whole = f"what stands in front of `{session.PATH.gladia[0]}` in ", ""
        code = self._migrating.code(self._url)
        text = f"{what}{code} comes from elsewhere: there it must be {address}{whole} now"
        self._migrating.at(self._opening.connects[0].call).report(
            ADDRESS_FROM_ELSEWHERE, self._opening.connects[0].call, text
        )

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
