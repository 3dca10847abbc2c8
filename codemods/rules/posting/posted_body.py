"""The body of the POST that opens a session: the query that the address had, or that was written in it."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.values import DictDisplay, Known, UrlQuery
from codemods.findings import CONFIGURATION_UNKNOWN, SESSION_SPREAD
from codemods.migrating import Migrating
from codemods.rules.configuration.dictionary_layout import spread
from codemods.rules.configuration.request_body import RequestBodyRule
from codemods.rules.names.elsewhere import Elsewhere
from codemods.rules.posting.address_maker import AddressMakers, ConfigurationMaker
from codemods.rules.posting.kept_parameters import kept_with_address
from codemods.rules.posting.opening_place import OpeningPlace
from codemods.rules.posting.written_url import WrittenAddress, hidden_query, parameters_in, strange_in_query
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors.assemblyai_sessions import Opening


class PostedBody:
    """Plans one session's configuration where it is written, to be given to the POST.

    `planned` are the bodies of the dictionaries that sessions have in common, `body` is the rule of a new one.
    """

    def __init__(
        self,
        migrating: Migrating,
        opening: Opening,
        written: WrittenAddress,
        place: OpeningPlace,
        planned: dict[cst.BaseExpression, RequestBodyRule],
        makers: AddressMakers,
        body: Callable[..., RequestBodyRule],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._written = written
        self._place = place
        self._planned = planned
        self._makers = makers
        self._body_rule = body
        self.key: cst.BaseExpression | None = None
        """The key, where the query held it as a token."""

    def plan(self) -> Callable[[], cst.BaseExpression] | None:
        """Plans the configuration's edits; the function gives the POST's body. None, with findings, if it cannot be."""
        body = self._written_body()
        maker = self._written.maker
        if body is None or maker is None:
            return body
        if not self._place.holds(maker.call):
            return None
        if maker.function not in self._makers.names:
            giving = ConfigurationMaker(self._migrating, maker)
            if not giving.plan(self._makers.calls_of(maker.function), body):
                return None
            self._makers.names[maker.function] = giving.new_name
        return lambda: self._makers.configuration_at(self._migrating, maker)

    def _written_body(self) -> Callable[[], cst.BaseExpression] | None:
        query = self._opening.query
        if query is None:
            return self._body_of_text()
        other = sessions.other_query(self._program, self._opening)
        if other is not None:
            text = f"the address has one of several queries: {self._migrating.code(other.call)}"
            self._migrating.report(CONFIGURATION_UNKNOWN, self._opening.url, text)
            return None
        node = self._opening.settings
        if node is None or not isinstance(query.of, DictDisplay):
            place = node or query.call
            self._migrating.report(
                CONFIGURATION_UNKNOWN,
                place,
                f"the configuration is only known when it runs: {self._migrating.code(place)}",
            )
            return None
        site = query.of.site
        rule = self._planned.get(site)
        if rule is None:
            rule = self._planned[site] = self._body_rule(self._migrating, site, None)
            if not rule.plan() or not self._reads_hold(site, rule, query):
                return None
            rule.rewrite_display()
        self.key = rule.key
        if self._written.maker is None and self._migrating.at(node) is not self._migrating:
            return self._body_of_another_file(node)
        if self._written.maker is None and not self._place.means_the_same(node):
            url, made = self._opening.url, self._written.written(self._opening.url)
            kept = kept_with_address(self._migrating, url, made, node)
            if kept is not None:
                return kept
        if self._written.maker is None and not self._place.holds(node):
            return None
        if self._written.maker is None and node in self._program.dumped:
            # Written where the call stood, and given to the POST's call.
            return lambda: self._in_call(self._migrating.edits.edited(node))
        return lambda: self._migrating.edits.edited(node)

    def _in_call(self, body: cst.BaseExpression) -> cst.BaseExpression:
        return spread(body, 2, self._migrating.module.default_indent) if isinstance(body, cst.Dict) else body

    def _body_of_another_file(self, node: cst.BaseExpression) -> Callable[[], cst.BaseExpression] | None:
        """The body where the address is made in another file: a name there, by which it is called here."""
        found = (
            None
            if isinstance(node, cst.Dict)
            else Elsewhere(self._migrating, self._opening.connect.call).expression(node)
        )
        if found is None:
            self._migrating.report(
                SESSION_SPREAD, node, "the configuration stands in another file and has no name there: give it one"
            )
            return None
        return lambda: found

    def _reads_hold(self, site: cst.BaseExpression, rule: RequestBodyRule, query: UrlQuery) -> bool:
        """Whether what else reads the configuration still finds its keys."""
        for node in self._program.values:
            match node:
                case cst.Subscript(owner) if self._program.value(owner) == DictDisplay(site):
                    key = self._key_of(node.slice[0].slice)
                case cst.Call(cst.Attribute(owner, cst.Name("get")), [first, *_]) if self._program.value(
                    owner
                ) == DictDisplay(site):
                    key = self._program.value(first.value)
                case _:
                    continue
            if not isinstance(key, Known) or not rule.stays(str(key.value)):
                self._migrating.report(
                    CONFIGURATION_UNKNOWN,
                    node,
                    f"the configuration is read here, and this key changes: {self._migrating.code(node)}",
                )
                return False
        return True

    def _key_of(self, part: cst.BaseSlice) -> object:
        return self._program.value(part.value) if isinstance(part, cst.Index) else None

    def _body_of_text(self) -> Callable[[], cst.BaseExpression] | None:
        """The body where the query stands in the address itself."""
        written = self._written.written(self._opening.url)
        parameters = list(parameters_in(self._program, written))
        strange = strange_in_query(written) or hidden_query(self._program, written)
        if strange is not None:
            text = f"what is in the query is only known when it runs: {self._migrating.code(strange)}"
            self._migrating.report(CONFIGURATION_UNKNOWN, self._opening.url, text)
            return None
        rule = self._body_rule(self._migrating, self._opening.url, parameters)
        if not rule.plan():
            return None
        self.key = rule.key
        return rule.body
