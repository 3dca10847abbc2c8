"""The address of the POST that opens a session: the socket's without its query, written where the session is opened."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.findings import SESSION_SPREAD
from codemods.migrating import Migrating
from codemods.rules.names.elsewhere import Elsewhere
from codemods.rules.posting.address_maker import AddressMaker
from codemods.rules.posting.opening_place import OpeningPlace
from codemods.rules.posting.written_url import WrittenAddress, without_query
from codemods.vendors.assemblyai_sessions import Opening


class PostedAddress:
    """Plans one session's address."""

    def __init__(self, migrating: Migrating, opening: Opening, written: WrittenAddress, place: OpeningPlace) -> None:
        self._migrating = migrating
        self._opening = opening
        self._written = written
        self._place = place

    def plan(self) -> Callable[[], cst.BaseExpression] | None:
        """Plans the address's edits; the function gives it as the POST takes it.

        None, with findings, where that cannot be done.
        """
        url, maker = self._opening.url, self._written.maker
        if not self._written.plan():
            return None
        if maker is None:
            return (lambda: self._migrating.edits.edited(url)) if self._place.holds(url) else None
        return self._address_of_maker(url, maker, self._written.written(maker.returned))

    def _address_of_maker(
        self, url: cst.BaseExpression, maker: AddressMaker, written: cst.BaseExpression
    ) -> Callable[[], cst.BaseExpression] | None:
        """The address that a function of the program's gave, written where the function was called."""
        edits, kept = self._migrating.edits, without_query(written)
        address: Callable[[], cst.BaseExpression] = lambda: edits.edited(written)  # noqa: E731
        if self._migrating.at(written) is not self._migrating.at(maker.call):
            found = Elsewhere(self._migrating, maker.call).expression(written, kept=kept)
            if found is None:
                self._migrating.report(
                    SESSION_SPREAD,
                    written,
                    "the address is made in another file, of names that are not there elsewhere",
                )
                return None
            address = lambda: found  # noqa: E731
        elif not self._place.holds(kept):
            return None
        if url is maker.call:
            return address
        if not self._place.holds(url):
            return None
        edits.rewrite(maker.call, lambda _: address())
        return lambda: edits.edited(url)
