"""Opening a session at Gladia: a POST before the connect, the query its body, its answer's address the socket's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import LibraryObject, something
from codemods.edits import Statement, renamed
from codemods.findings import SESSION_GOES_ON, SESSION_SPREAD, STATEMENT_SHARED
from codemods.migrating import Migrating
from codemods.rules.configuration.request_body import RequestBodyRule
from codemods.rules.opening.opened_block import connecting_loop, guarded_block, opened_block
from codemods.rules.opening.starting_over import reconnects_by_itself, say_that_each_pass_posts
from codemods.rules.posting.address_maker import AddressMakers
from codemods.rules.posting.first_message import FirstMessageRule
from codemods.rules.posting.opening_place import OpeningPlace
from codemods.rules.posting.posted_address import PostedAddress
from codemods.rules.posting.posted_body import PostedBody
from codemods.rules.posting.posted_key import posted_key
from codemods.rules.posting.refusal_raised import RefusalRaised
from codemods.rules.posting.written_url import WrittenAddress
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
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._connect: Connect = opening.connect
        self._statement = self._program.statement_of(opening.connect.call)
        self._written = WrittenAddress(migrating, opening)
        self._place = OpeningPlace(migrating, opening.connect)
        self._refusal = RefusalRaised(migrating, opening.connect)
        self._body = PostedBody(migrating, opening, self._written, self._place, planned, makers, body)
        self._address = PostedAddress(migrating, opening, self._written, self._place)
        self.first = FirstMessageRule(migrating, opening, self._refusal)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the session is not one that can be followed."""
        if not self._has_place():
            return False
        body = self._body.plan()
        headers = posted_key(self._migrating, self._opening, self._place, self._body.key)
        address = self._address.plan()
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
        migrating.behind_post.update(check.body.body if check is not None else ())
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
