"""Opening a session at Gladia: a POST before the connect, the query its body, its answer's address the socket's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import (
    DictDisplay,
    Known,
    LibraryObject,
    UrlQuery,
    something,
)
from codemods.edits import Statement, renamed
from codemods.findings import (
    CONFIGURATION_UNKNOWN,
    SESSION_GOES_ON,
    SESSION_SPREAD,
    STATEMENT_SHARED,
)
from codemods.migrating import Migrating
from codemods.rules.configuration.dictionary_layout import spread
from codemods.rules.configuration.request_body import RequestBodyRule
from codemods.rules.names.elsewhere import Elsewhere
from codemods.rules.opening.opened_block import connecting_loop, guarded_block, opened_block
from codemods.rules.opening.starting_over import reconnects_by_itself, say_that_each_pass_posts
from codemods.rules.posting.address_maker import AddressMaker, AddressMakers, ConfigurationMaker
from codemods.rules.posting.first_message import FirstMessageRule
from codemods.rules.posting.kept_parameters import kept_with_address
from codemods.rules.posting.opening_place import OpeningPlace
from codemods.rules.posting.posted_key import posted_key
from codemods.rules.posting.refusal_raised import RefusalRaised
from codemods.rules.posting.written_url import (
    WrittenAddress,
    hidden_query,
    parameters_in,
    strange_in_query,
    without_query,
)
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors import gladia_opening as gladia
from codemods.vendors.assemblyai_sessions import Opening

_LINE_LENGTH: Final = 88


class PostingRule:
    """Plans one session's opening. `plan` says whether the session could be followed; if not, findings say why."""

    def __init__(
        self,
        migrating: Migrating,
        opening: Opening,
        planned: dict[cst.BaseExpression, RequestBodyRule],
        makers: AddressMakers,
        body: Callable[..., RequestBodyRule] = RequestBodyRule,
    ) -> None:
        self._body_rule = body
        self._makers = makers
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._connect: Connect = opening.connect
        self._statement = self._program.statement_of(opening.connect.call)
        self._planned = planned
        self._written = WrittenAddress(migrating, opening)
        self._place = OpeningPlace(migrating, opening.connect)
        self._refusal = RefusalRaised(migrating, opening.connect)
        self._key_of_query: cst.BaseExpression | None = None
        self.first = FirstMessageRule(migrating, opening, self._refusal)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the session is not one that can be followed."""
        if not self._has_place():
            return False
        body = self._body()
        headers = posted_key(self._migrating, self._opening, self._place, self._key_of_query)
        address = self._address()
        if headers is None or body is None or address is None or not self.first.find():
            return False
        self._write(headers, body, address)
        self._remove_idle_query()
        is_loop = connecting_loop(self._program, self._connect) is not None
        if is_loop or reconnects_by_itself(self._program, self._connect):
            again = "each pass of this loop" if is_loop else "`reconnect`"
            text = f"{again} goes on with the session of the POST in front of it"
            self._migrating.report(SESSION_GOES_ON, self._connect.call, text)
        else:
            say_that_each_pass_posts(self._migrating, self._connect)
        return True

    def _remove_idle_query(self) -> None:
        """Removes the name of a query that only the address used."""
        query, url = self._opening.query, self._written.written(self._opening.url)
        for definition in self._program.definitions():
            statement = definition.statement
            if (
                query is None
                or definition.expression is not query.call
                or not isinstance(statement, cst.SimpleStatementLine)
            ):
                continue
            if len(statement.body) == 1 and all(self._program.is_inside(use, url) for use in definition.uses):
                self._migrating.edits.remove(statement)

    def _spread(self, node: cst.CSTNode, text: str) -> None:
        self._migrating.report(SESSION_SPREAD, node, text)

    def _has_place(self) -> bool:
        """Whether statements can be put before the one that opens the socket."""
        call, statement = self._connect.call, self._statement
        block = self._program.parents.get(statement)
        if not isinstance(block, (cst.IndentedBlock, cst.Module)):
            self._spread(call, f"there is no line of its own: {self._migrating.code(statement)}")
            return False
        if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) != 1:
            self._migrating.report(STATEMENT_SHARED, statement, self._migrating.code(statement))
            return False
        if statement is connecting_loop(self._program, self._connect) and isinstance(statement, cst.For):
            if not isinstance(statement.body, cst.IndentedBlock):
                self._migrating.report(STATEMENT_SHARED, statement, self._migrating.code(statement))
                return False
        elif not isinstance(statement, (cst.SimpleStatementLine, cst.With)):
            self._spread(call, f"the socket is opened in the head of a statement: {self._migrating.code(call)}")
            return False
        if not self._query_is_in_one_place():
            self._spread(call, "the settings are given beside the address: put them into its query")
            return False
        if not self._connect.arguments.complete:
            self._spread(call, f"the connect takes what is only known when it runs: {self._migrating.code(call)}")
            return False
        return True

    def _query_is_in_one_place(self) -> bool:
        """Whether the settings are either in the address or beside it, where the library takes them there."""
        if "params" not in self._connect.arguments.keywords:
            return True
        value = self._program.value(self._opening.url)
        return self._connect.library.wrapped and not any("?" in sessions.address_text(one) for one in something(value))

    # --- the configuration -----------------------------------------------------------------------

    def _body(self) -> Callable[[], cst.BaseExpression] | None:
        """Plans the configuration's edits; the function gives the POST's body."""
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
        self._key_of_query = rule.key
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
        found = None if isinstance(node, cst.Dict) else Elsewhere(self._migrating, self._connect.call).expression(node)
        if found is None:
            self._spread(node, "the configuration stands in another file and has no name there: give it one")
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
        self._key_of_query = rule.key
        return rule.body

    def _address(self) -> Callable[[], cst.BaseExpression] | None:
        """Plans the address's edits; the function gives it as the POST takes it."""
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
                self._spread(written, "the address is made in another file, of names that are not there elsewhere")
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

    # --- writing ---------------------------------------------------------------------------------

    def _write(
        self,
        headers: Callable[[], cst.BaseExpression],
        body: Callable[[], cst.BaseExpression],
        address: Callable[[], cst.BaseExpression],
    ) -> None:
        migrating, connect, found = self._migrating, self._connect, self.first.found
        place = self._program.scope_of(connect.call)
        awaited = connect.library.asynchronous and isinstance(place, cst.FunctionDef) and place.asynchronous is not None
        taken = {one.value for one in self._program.nodes_in(place) if isinstance(one, cst.Name)}
        if found.session is None:
            found.session = _free(("session", "session_data", "gladia_session"), taken)
        own = self._own_client()
        how = gladia.Post(
            gladia.client_for(migrating, awaited=awaited) if own is None else gladia.Client.OWN_AIOHTTP,
            _free(("response", "session_response", "gladia_response"), taken),
            found.session,
            own or cst.Name(_free(("client", "http_client", "http"), taken)),
            in_thread=self._place.is_a_threads_work(place),
            raised=self._refusal.default(),
        )
        check = self.first.plan_check(how)
        ending = None if found.only_tells else check
        self._refusal.plan(ending, how.raised)
        migrating.gone.update(found.gone)
        block = self._program.parents[self._statement]
        is_first = isinstance(block, cst.IndentedBlock) and block.body[0] is self._statement
        opening = self._statement
        if isinstance(opening, (cst.SimpleStatementLine, cst.With, cst.For)) and not opening.leading_lines:
            blank = [cst.EmptyLine(indent=False)]
            migrating.edits.rewrite(self._statement, lambda updated: updated.with_changes(leading_lines=blank))

        done_before = connect.library.by_callback or not self._place.is_open_behind()

        def statements() -> list[Statement]:
            own_check = self._refusal.check(check, how, connect.call, only_tells=found.only_tells)
            posted = gladia.post(
                migrating, how, url=address(), headers=headers(), body=body(), check=own_check, near=connect.call
            )
            first, *others = [*posted, *(self._begun() if done_before else [])]
            above = [] if is_first else [cst.EmptyLine(indent=False)]
            plain = [one.with_changes(leading_lines=_comments(one)) for one in others]
            return [first.with_changes(leading_lines=above), *plain]

        if found.moved and not done_before:
            opened = guarded_block(self._program, connect) or opened_block(self._program, connect)
            if opened is not None:
                migrating.edits.insert_at_start(opened, self._begun)
            else:
                migrating.edits.insert_after(self._statement, self._begun)
        # Libraries that the POST needs are imported: planned now, while imports still can be.
        migrating.use_module(gladia.library_of(how.client))
        if how.in_thread and ending is None and not how.raised:
            migrating.use_module("os")
        migrating.edits.insert_before(self._statement, statements)
        migrating.edits.rewrite(connect.call, lambda updated: self._connect_call(updated, found.session or ""))
        if found.on_open is not None:
            migrating.edits.insert_at_start(found.on_open.body, self._opened)
        for statement in (found.read, found.check):
            if statement is not None:
                migrating.edits.remove(statement)

    def _begun(self) -> list[Statement]:
        """What a handler did at the first message."""
        found = self.first.found
        declared = [cst.SimpleStatementLine([cst.Global([cst.NameItem(cst.Name(name))])]) for name in found.declared]
        moved = [self._migrating.edits.edited(one) for one in found.moved]
        return [*declared, *(one.with_changes(leading_lines=_comments(one)) for one in moved)]

    def _own_client(self) -> cst.BaseExpression | None:
        """The client that opens the socket, where it is there before and can make the POST as well."""
        function = self._connect.call.func
        if not self._connect.library.wrapped or not isinstance(function, cst.Attribute):
            return None
        made = self._program.value(function.value)
        is_name = isinstance(function.value, (cst.Name, cst.Attribute))
        if not is_name or any(
            isinstance(one, LibraryObject) and self._program.is_inside(one.site, self._statement)
            for one in something(made)
        ):
            return None
        return function.value

    def _opened(self) -> list[Statement]:
        """What is done when the socket is open, the socket under its name there."""
        found, edits = self.first.found, self._migrating.edits
        declared = [
            cst.SimpleStatementLine([cst.Global([cst.NameItem(cst.Name(name))])]) for name in found.declared_on_open
        ]
        old, new = found.socket
        moved = [renamed(edits.edited(one), old, new) for one in found.opened]
        return [*declared, *(one.with_changes(leading_lines=_comments(one)) for one in moved)]

    def _connect_call(self, updated: cst.Call, name: str) -> cst.Call:
        connect, dropped = self._connect, self._opening.headers
        arguments: list[cst.Arg] = []
        for original, argument in zip(connect.call.args, updated.args, strict=True):
            if original is dropped or (original.keyword is not None and original.keyword.value == "params"):
                continue
            if original.value is connect.url:
                argument = argument.with_changes(value=gladia.address_of(self._migrating, name, connect.call))
            arguments.append(argument)
        last = updated.args[-1].comma if len(arguments) > 1 else cst.MaybeSentinel.DEFAULT
        arguments[-1] = arguments[-1].with_changes(comma=last)
        if len(arguments) == 1:
            plain = arguments[0].with_changes(whitespace_after_arg=cst.SimpleWhitespace(""))
            return updated.with_changes(args=[plain], whitespace_before_args=cst.SimpleWhitespace(""))
        return updated.with_changes(args=arguments)


def _free(names: tuple[str, ...], taken: set[str]) -> str:
    """The first of these names that is not taken."""
    for name in names:
        if name not in taken:
            return name
    number = 2
    while f"{names[0]}_{number}" in taken:
        number += 1
    return f"{names[0]}_{number}"


def _comments(statement: Statement) -> list[cst.EmptyLine]:
    return [line for line in statement.leading_lines if line.comment is not None]
