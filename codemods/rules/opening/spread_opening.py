"""Opening a session whose POST and connect stand in two functions of one file.

The function of the POST makes the address; the key, the test of a refusal and what was done with the session's id go
to where the socket is opened, written as they are called there.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import DictDisplay, Parsed, alternatives
from codemods.edits import Statement, expression
from codemods.findings import SESSION_SPREAD
from codemods.migrating import Migrating
from codemods.rules.configuration.query import ConfigurationRule
from codemods.rules.configuration.uses import ConfigurationUses
from codemods.rules.guards import with_callers
from codemods.rules.names.elsewhere import Elsewhere, calls_of
from codemods.rules.opening.around_post import AroundPost
from codemods.rules.opening.attempts import take_decorators_away
from codemods.rules.opening.callback_refusal import CallbackRefusal
from codemods.rules.opening.carried_headers import sends_the_same
from codemods.rules.opening.first_read import read_first_message
from codemods.rules.opening.handed_documents import HandedDocuments
from codemods.rules.opening.last_call import goes_to_session_last
from codemods.rules.opening.no_session import returns, without_return
from codemods.rules.opening.opening_rule import OpeningRule
from codemods.rules.opening.posted_configuration import configuration_of, dumped
from codemods.rules.opening.refusal_passing import RefusalPassing
from codemods.rules.opening.spread_answer import SpreadAnswer
from codemods.rules.opening.starting_over import say_that_it_starts_over, say_that_the_address_is_kept
from codemods.vendors import assemblyai, gladia
from codemods.vendors.gladia import Opening
from shim.mapping import session


class SpreadOpeningRule(OpeningRule):
    """Plans one session's opening over two functions. `plan` says whether it could be followed."""

    def __init__(self, migrating: Migrating, opening: Opening, *, is_further: bool = False) -> None:
        """`is_further`: another socket of the same POST is planned already, and with it all that is the POST's."""
        super().__init__(migrating, opening)
        self._is_further = is_further

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the session is not one that can be followed."""
        connect = self._usable_connect()
        if connect is None:
            return False
        answer = SpreadAnswer(self._migrating, self._opening, connect, self._refusal)
        configuration = configuration_of(self._migrating, self._opening.request)
        if configuration is None or not answer.find() or not self._stands_free(answer):
            return False
        answer.find_branch(one.body for one in self._ending_the_poster(answer))
        by_callback = connect.library.by_callback
        socket = connect.call if by_callback else self._socket_of(connect)
        elsewhere = Elsewhere(self._migrating, connect.call)
        key = self._key_at(elsewhere)
        if socket is None or key is None or not self._address.is_known() or self._is_read_elsewhere(configuration):
            return False
        if not by_callback and not self._moves(answer, elsewhere):
            return False
        callback = CallbackRefusal(self._migrating, self._opening, connect, self._refusal, self._handlers)
        if by_callback and not callback.find(answer):
            return False
        if (configuration.entries or configuration.changes) and not self._is_further:
            rule = ConfigurationRule(self._migrating, DictDisplay(configuration.site), self._opening.request.call)
            if not rule.plan():
                return False
        if not self._is_further:
            self._address.plan()
        self._write_address(answer)
        self._write_headers(connect, key)
        self._take_statements_away(answer)
        if by_callback:
            callback.plan(answer)
        else:
            self._insert_begin(connect, socket, answer)
            self._let_refusals_pass(connect, answer)
        self._take_branch_away(answer)
        take_decorators_away(self._migrating, answer.posting, self._opening, connect)
        self._remove_idle_clients(answer)
        self._dissolve(answer)
        self._remove_unused(answer)
        is_one = answer.posting is answer.connecting
        posts = [self._opening.request.call] if is_one else self._calls_in(answer)
        say_that_it_starts_over(self._migrating, connect, posts[0] if len(posts) == 1 else None)
        say_that_the_address_is_kept(self._migrating, connect, answer.kept)
        return True

    # --- reading ---------------------------------------------------------------------------------

    def _usable_connect(self) -> Connect | None:
        opening, migrating = self._opening, self._migrating
        connect = opening.connects[0]
        if not self._headers.takes_key(connect):
            return None
        if not isinstance(self._program.scope_of(opening.request.call), cst.FunctionDef | cst.Module):
            text = "the POST is made by a class itself or by a lambda"
            migrating.report(SESSION_SPREAD, opening.request.call, text)
            return None
        return connect

    def _stands_free(self, answer: SpreadAnswer) -> bool:
        """Whether what guards the POST, and not the connect, can be moved to where refusals come from now on."""
        by_library = self._refusal.is_left_to_library(answer.check)
        opening = with_callers(self._program, self._opening.connects[0].call)
        for place, until in (
            (self._opening.request.call, answer.posting),
            *((one, answer.connecting) for one in self._calls_in(answer)),
        ):
            current: cst.CSTNode = place
            while current is not until and current in self._program.parents:
                around = self._program.parents[current]
                is_guard = isinstance(around, cst.Try) and current is around.body and around.handlers
                if isinstance(around, cst.Try) and is_guard and self._program.scope_of(around) is until:
                    guards_session = any(self._program.is_inside(one, around.body) for one in opening)
                    # What closes a client, or is done in the end anyway, is done for the session as well.
                    goes_on = around.finalbody is not None or around.orelse is not None
                    in_body = self._program.is_inside(self._opening.connects[0].call, around.body)
                    stays = in_body or (guards_session and goes_on)
                    # A handler after which something else is done stays, and is for what is raised at the connect.
                    leaves = self._handlers.leaves(around) or self._opening.connects[0].library.by_callback
                    is_of_post = by_library and self._handlers.is_of_library(around) and leaves
                    is_met = is_of_post or not guards_session
                    if is_met and not self._handlers.take(around, answer.check, stays=stays):
                        return False
                current = around
        return True

    def _calls_in(self, answer: SpreadAnswer) -> list[cst.CSTNode]:
        """The calls of the POST's function in the function that connects."""
        nodes = self._program.nodes_in(answer.connecting)
        return [one for one in nodes if isinstance(one, cst.Call) and answer.is_call_of_poster(one)]

    def _key_at(self, elsewhere: Elsewhere) -> cst.BaseExpression | None:
        """The handshake's headers, as they are written where the socket is opened."""
        headers, key = self._opening.request.headers, self._opening.key
        if headers is None or key is None or self._opening.headers is None:
            self._no_key(self._opening.request.call, "the key is not among the request's own headers")
            return None
        name = session.KEY_HEADER.assemblyai[0]
        if sends_the_same(self._migrating, self._opening, self._opening.connects[0]):
            self._headers.plan()
            return self._opening.connects[0].arguments.keywords[self._opening.connects[0].library.headers]
        if self._stand_elsewhere(headers):
            whole = elsewhere.expression(headers)
            if whole is not None:
                self._headers.plan()
                return whole
        found = elsewhere.expression(key.value_node)
        if found is not None:
            session.KEY_HEADER.over(self._migrating.target)
            return cst.Dict([cst.DictElement(self._migrating.string(name, headers), found)])
        whole = elsewhere.expression(headers) if not isinstance(headers, cst.Dict) else None
        if whole is not None:
            self._headers.plan()
            return whole
        kept = self._carried.kept_on_self(self._opening.connects[0].call)
        if kept is not None:
            return kept
        code = self._migrating.code(key.value_node)
        self._no_key(key.value_node, f"the key is not there where the socket is opened: {code}")
        return None

    def _stand_elsewhere(self, headers: cst.BaseExpression) -> bool:
        """Whether headers were made for this request alone, and not in its function: there they are changed."""
        dictionary = self._opening.headers
        if dictionary is None or isinstance(headers, cst.Dict):
            return False
        request = self._opening.request.call
        uses = ConfigurationUses(self._migrating, request).of(dictionary)
        posting = self._program.scope_of(request)
        is_local = isinstance(posting, cst.FunctionDef) and self._program.is_inside(dictionary.site, posting)
        written = self._opening.request.written
        return not is_local and all(any(self._program.is_inside(use, one) for one in written) for use in uses)

    def _no_key(self, node: cst.CSTNode, text: str) -> None:
        self._migrating.report(SESSION_SPREAD, node, text)

    def _moves(self, answer: SpreadAnswer, elsewhere: Elsewhere) -> bool:
        """Writes the names in what moves as they are called where the socket is opened; False where one is missing."""
        program = self._program
        here = answer.connecting
        is_own = answer.posting is here
        moving: list[cst.CSTNode] = [one for one in answer.moved if is_own or not program.is_inside(one, here)]
        if answer.check is not None:
            moving.append(answer.check.body)
        moving.extend(one for one in self._handlers.handlers if answer.stands_with_post(one))
        if answer.branch is not None and not program.is_inside(answer.branch, here):
            moving.append(answer.branch.body)
        return elsewhere.take_along(
            moving, lambda node: gladia.is_answer_of(program.value(node), self._opening.request)
        )

    # --- writing ---------------------------------------------------------------------------------

    def _write_address(self, answer: SpreadAnswer) -> None:
        migrating, request, edits = self._migrating, self._opening.request, self._migrating.edits
        assert request.url is not None
        url = request.url
        configuration = request.json if request.json is not None else dumped(self._program, request.data)
        session.ADDRESS.over(migrating.target)
        urlencode = migrating.use_function("urllib.parse", "urlencode") if configuration is not None else None
        for place in answer.addresses:
            value: cst.BaseExpression | None = None
            if configuration is not None and isinstance(configuration, cst.Dict):
                named = cst.Name(self._free_name("parameters", "session_parameters", "query_parameters"))
                given = configuration
                self._name_parameters(place, named, given)
                value = named

            def address(_: cst.BaseExpression, value: cst.BaseExpression | None = value) -> cst.BaseExpression:
                query = None
                if urlencode is not None and configuration is not None:
                    query = expression(
                        "urlencode(value)", urlencode=urlencode, value=value or edits.edited(configuration)
                    )
                return assemblyai.with_query(edits.edited(url), query)

            outer = self._program.parents[place]
            edits.rewrite(outer if isinstance(outer, cst.Await) else place, address)
        for place in answer.collapsed:
            edits.rewrite(place, lambda updated: _document_of(updated))
        if answer.record is not None and isinstance(answer.posting, cst.FunctionDef):
            answer.record.plan(migrating, answer.posting)
        if answer.hands_on:
            handed = HandedDocuments(migrating, request)
            handed.retype()
            handed.rename(self._free_name("url", "session_url", "streaming_url"), [*answer.identities, *answer.moved])

    def _name_parameters(self, place: cst.BaseExpression, name: cst.Name, display: cst.BaseExpression) -> None:
        """Gives a configuration a name in front of a statement, where it stood inside the request."""
        edits = self._migrating.edits
        edits.insert_before(self._program.statement_of(place), lambda: [self._parameters(name, edits.edited(display))])

    def _write_headers(self, connect: Connect, headers: cst.BaseExpression) -> None:
        given = None if sends_the_same(self._migrating, self._opening, connect) else headers

        def rewritten(updated: cst.Call) -> cst.Call:
            at = next(i for i, one in enumerate(connect.call.args) if one.value is connect.url)
            return self._headers.connect_call(updated, connect, updated.args[at].value, given)

        self._migrating.edits.rewrite(connect.call, rewritten)

    def _insert_begin(self, connect: Connect, socket: cst.BaseExpression, answer: SpreadAnswer) -> None:
        migrating, program = self._migrating.at(connect.call), self._program
        edits = migrating.edits
        message = cst.Name(self._free_name("begin", "begin_message", "first_message"))
        check = answer.check
        if check is not None:
            self._refusal.plan(check, message)
        for statement in answer.moved:
            self._read_identity_from(statement, message)
        for node in answer.identities:
            base = self._document_in(node)
            if base is not None:
                edits.replace(base, message)
        for node in answer.told:
            if connect.url is not None:
                edits.replace(node, connect.url)
        session.SESSION_ID.over(migrating.target)
        block = program.statement_of(connect.call)

        told = self._refusal.is_left_to_library(check)
        self._handlers.plan(message, told=told)

        def ending() -> cst.If | None:
            if check is None and not self._handlers.handlers and not self._handlers.tells_code:
                return None
            test = assemblyai.is_refusal(migrating, message, block)
            text = assemblyai.refusal_text(migrating, message, block)
            raised = self._handlers.raised(text, lambda: assemblyai.refusal_code(migrating, message, block))
            default = cst.SimpleStatementLine([cst.Raise(raised)])
            moved = answer.edited_check() or cst.If(test, cst.IndentedBlock([default]))
            body = self._handlers.failing(_statements(moved.body), default, told=told)
            moved = moved.with_changes(body=moved.body.with_changes(body=body))
            leading = moved.leading_lines
            return moved.with_changes(body=self._failing(answer, moved, message), leading_lines=leading)

        def rest() -> list[Statement]:
            given = [answer.record.given(migrating, message)] if answer.record is not None else []
            return [*given, *(edits.edited(one) for one in answer.moved)]

        read_first_message(migrating, connect, message, socket=lambda: edits.edited(socket), check=ending, rest=rest)

    def _let_refusals_pass(self, connect: Connect, answer: SpreadAnswer) -> None:
        """Looks after the `try` statements around the connect: the POST was not made in some of them."""
        by_default = self._refusal.is_left_to_library(answer.check) and not self._handlers.handlers
        bodies: list[cst.CSTNode] = [*answer.refused, *self._handlers.handlers]
        ending = (
            []
            if goes_to_session_last(self._program, answer.posting, answer.connecting)
            else self._ending_the_poster(answer)
        )
        if answer.posting is not answer.connecting and any(returns(one.body) for one in ending):
            by_default |= answer.branch is None
            bodies.extend([answer.branch.body] if answer.branch is not None else [])
        passing = RefusalPassing(self._migrating, connect, self._opening.request.call)
        passing.plan(bodies, self._handlers, by_default=by_default)

    def _ending_the_poster(self, answer: SpreadAnswer) -> list[cst.If | cst.ExceptHandler]:
        """What is done about a refusal in the function of the POST: where it returns, its caller has to find out."""
        is_one = answer.posting is answer.connecting
        handlers = self._handlers.handlers if is_one else self._handlers.outside(answer.connecting)
        return [*([answer.check] if answer.check is not None else []), *handlers]

    def _failing(self, answer: SpreadAnswer, check: cst.If, message: cst.BaseExpression) -> cst.BaseSuite:
        """The branch of a refused session; where the POST's function returned, the caller's way of ending follows."""
        body = without_return(check.body)
        last = self._handlers.last
        is_of_connecting = last is not None and self._program.is_inside(last, answer.connecting)
        if len(body) == len(check.body.body) or answer.posting is answer.connecting or is_of_connecting:
            return check.body
        if goes_to_session_last(self._program, answer.posting, answer.connecting):
            return check.body
        if answer.branch is not None:
            ending = [self._migrating.edits.edited(one) for one in answer.branch.body.body]
        else:
            text = assemblyai.refusal_text(self._migrating, message, self._opening.request.call)
            ending = [cst.SimpleStatementLine([cst.Raise(expression("RuntimeError(text)", text=text))])]
        return check.body.with_changes(body=[*body, *ending])

    def _document_in(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The document at the bottom of a read of the answer."""
        return next(
            (
                inner
                for inner in self._program.nodes_in(node)
                if isinstance(inner, cst.BaseExpression)
                and any(isinstance(one, Parsed) and one.path == () for one in alternatives(self._program.value(inner)))
            ),
            None,
        )

    def _take_branch_away(self, answer: SpreadAnswer) -> None:
        if answer.branch is None:
            return
        test = answer.branch.test
        call = test.expression if isinstance(test, cst.UnaryOperation) else None
        if call is not None and answer.is_call_of_poster(call):
            kept = call
            self._migrating.edits.replace(answer.branch, cst.SimpleStatementLine([cst.Expr(kept)]))
        else:
            self._migrating.edits.remove(answer.branch)

    def _dissolve(self, answer: SpreadAnswer) -> None:
        """Takes the `with` statements around the POST away that hold nothing any more: the answer, an idle client."""
        going: list[cst.CSTNode] = [*answer.removed, *answer.moved, *answer.refused]
        AroundPost(self._migrating, self._opening.request.call).dissolve(going)
        opening = calls_of(self._program, answer.connecting) if isinstance(answer.connecting, cst.FunctionDef) else []
        self._handlers.dissolve(going, lambda body: any(self._program.is_inside(one, body) for one in opening))

    def _remove_unused(self, answer: SpreadAnswer) -> None:
        """Removes the names of the POST's function that only the POST used, such as that of its headers."""
        request = self._opening.request
        parts = (request.url, request.json, dumped(self._program, request.data), *answer.refused, *answer.moved)
        kept: list[cst.CSTNode] = [one for one in parts if one is not None]
        AroundPost(self._migrating, request.call).remove_unused([*answer.removed], kept)


def _statements(body: cst.BaseSuite) -> list[Statement]:
    return [one for one in body.body if isinstance(one, (cst.SimpleStatementLine, cst.BaseCompoundStatement))]


def _document_of(access: cst.BaseExpression) -> cst.BaseExpression:
    match access:
        case cst.Subscript(base):
            return base
        case cst.Call(cst.Attribute(base)):
            return base
    return access
