"""Opening a session: the POST goes, its body becomes the socket's query, its check a check of the first message."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Dictionary
from codemods.analysis.sockets import Connect
from codemods.analysis.values import (
    DictDisplay,
    Parsed,
)
from codemods.edits import Statement, expression
from codemods.findings import (
    CHECK_UNKNOWN,
    SESSION_HANDED_OVER,
    SESSION_SPREAD,
    STATEMENT_SHARED,
)
from codemods.migrating import Migrating
from codemods.rules.configuration.dictionary_layout import comments_in, spread
from codemods.rules.configuration.query import ConfigurationRule
from codemods.rules.configuration.uses import ConfigurationUses
from codemods.rules.opening.address import AddressRule
from codemods.rules.opening.answer import AnswerStatements
from codemods.rules.opening.around_post import AroundPost
from codemods.rules.opening.callback_refusal import CallbackRefusal
from codemods.rules.opening.carried_headers import CarriedHeaders
from codemods.rules.opening.first_read import read_first_message
from codemods.rules.opening.handshake_headers import HandshakeHeaders
from codemods.rules.opening.idle_clients import remove_idle_clients
from codemods.rules.opening.opened_block import connecting_loop, waited_for
from codemods.rules.opening.posted_configuration import configuration_of, dumped
from codemods.rules.opening.refusal import RefusalRule
from codemods.rules.opening.refusal_handlers import RefusalHandlers
from codemods.rules.opening.refusal_passing import RefusalPassing
from codemods.rules.opening.starting_over import say_that_it_starts_over
from codemods.vendors import assemblyai, gladia
from codemods.vendors.gladia import Opening
from shim.mapping import session


class OpeningRule:
    """Plans one session's opening. `plan` says whether the session could be followed; if not, findings say why."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._handlers = RefusalHandlers(migrating)
        self._refusal = RefusalRule(migrating, opening, self._handlers)
        self._address = AddressRule(migrating, opening)
        self._carried = CarriedHeaders(migrating, opening)
        self._headers = HandshakeHeaders(migrating, opening)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the session is not one that can be followed."""
        connect = self._only_connect()
        if connect is None:
            return False
        answer = AnswerStatements(self._migrating, self._opening, connect, self._refusal)
        configuration = configuration_of(self._migrating, self._opening.request)
        if configuration is None or not answer.find() or not self._names_hold(connect):
            return False
        if self._opening.request.is_carried and self._opening.key is not None:
            self._headers.own = self._carried.for_connect(connect.call)
            if self._headers.own is None:
                return False
        socket = self._socket_of(connect) if not connect.library.by_callback else connect.call
        callback = CallbackRefusal(self._migrating, self._opening, connect, self._refusal)
        if connect.library.by_callback and not callback.find(answer):
            return False
        if connect.library.by_callback and answer.success is not None:
            self._migrating.report(CHECK_UNKNOWN, answer.success, "the session stands inside the test of the answer")
            return False
        if socket is None or not self._address.is_known() or self._is_read_elsewhere(configuration):
            return False
        if configuration.entries or configuration.changes:
            rule = ConfigurationRule(self._migrating, DictDisplay(configuration.site), self._opening.request.call)
            if not rule.plan():
                return False
        self._address.plan()
        self._rewrite_connect(connect)
        self._take_statements_away(answer)
        if connect.library.by_callback:
            session.ADDRESS.over(self._migrating.target)
            callback.plan(answer)
        else:
            self._insert_first_message(connect, socket, answer)
            by_default = answer.success is None and self._refusal.is_left_to_library(answer.check)
            passing = RefusalPassing(self._migrating, connect, self._opening.request.call)
            passing.plan(answer.refused, self._handlers, by_default=by_default)
        self._remove_idle_names(answer)
        say_that_it_starts_over(self._migrating, connect, self._opening.request.call)
        return True

    # --- reading ---------------------------------------------------------------------------------

    def _only_connect(self) -> Connect | None:
        opening, migrating = self._opening, self._migrating
        if len(opening.connects) != 1:
            unclear = gladia.sockets_not_followed(self._program)
            if not opening.connects and unclear:
                said = f"the socket of this session may be the one of `{migrating.code(unclear[0])}`"
                migrating.report(SESSION_SPREAD, opening.request.call, said)
            elif not opening.connects:
                migrating.report(SESSION_HANDED_OVER, opening.request.call, migrating.code(opening.request.call))
            else:
                migrating.report(
                    SESSION_SPREAD, opening.request.call, "the POST opens a session, several sockets use it"
                )
            return None
        connect = opening.connects[0]
        return connect if self._headers.takes_key(connect) else None

    def _names_hold(self, connect: Connect) -> bool:
        """Whether the names that move from the POST to the connect still mean the same there."""
        request = self._opening.request
        there = self._program.at_statement.get(self._program.statement_of(connect.call), {})
        headers = None if request.is_carried else request.headers
        for part in (request.url, headers, request.json, request.data):
            for name in self._program.nodes_in(part) if part is not None else ():
                reaching = self._program.reaching.get(name) if isinstance(name, cst.Name) else None
                if reaching is None or not isinstance(name, cst.Name) or name.value not in there:
                    continue
                if there[name.value] != reaching:
                    self._migrating.report(
                        SESSION_SPREAD, name, f"`{name.value}` changes between the POST and the connect"
                    )
                    return False
        return True

    def _socket_of(self, connect: Connect) -> cst.BaseExpression | None:
        """How the program names the socket that `connect` gives."""
        statement = self._program.statement_of(connect.call)
        if isinstance(statement, (cst.With, cst.For)) and not isinstance(statement.body, cst.IndentedBlock):
            self._migrating.report(STATEMENT_SHARED, statement, self._migrating.code(statement))
            return None
        around = parent = self._program.parents[waited_for(self._program, connect.call)]
        if isinstance(parent, cst.Await):
            parent = self._program.parents[parent]
        match parent:
            case cst.WithItem(asname=cst.AsName(cst.BaseExpression() as name)):
                return name
            case cst.Assign() | cst.AnnAssign() if connect.library.asynchronous and parent is around:
                code = self._migrating.code(parent)
                text = f"the socket is opened where this is awaited or entered, not here: {code}"
                self._migrating.report(SESSION_SPREAD, connect.call, text)
                return None
            case cst.Assign([cst.AssignTarget(target)]) | cst.AnnAssign(target):
                return target
            case cst.For(target=cst.Name() as name) if connecting_loop(self._program, connect) is not None:
                return name
        self._migrating.report(
            SESSION_SPREAD, connect.call, f"the socket gets no name where it is opened: {self._migrating.code(parent)}"
        )
        return None

    def _is_read_elsewhere(self, configuration: Dictionary) -> bool:
        return ConfigurationUses(self._migrating, self._opening.request.call).is_read_elsewhere(configuration)

    # --- writing ---------------------------------------------------------------------------------

    def _rewrite_connect(self, connect: Connect) -> None:
        migrating, request = self._migrating, self._opening.request
        edits = migrating.edits
        configuration = request.json if request.json is not None else dumped(self._program, request.data)
        edits.watch(one for one in (request.url, configuration, request.headers) if one is not None)
        urlencode = migrating.use_function("urllib.parse", "urlencode") if configuration is not None else None
        headers = self._headers.plan()

        parameters = None
        if configuration is not None and not isinstance(configuration, (cst.Name, cst.Attribute)):
            parameters = cst.Name(self._free_name("parameters", "session_parameters", "query_parameters"))
            named = parameters
            edits.insert_before(
                self._program.statement_of(connect.call),
                lambda: [self._parameters(named, edits.updated(configuration))],
            )

        def rewritten(updated: cst.Call) -> cst.Call:
            assert request.url is not None
            query = None
            if urlencode is not None and configuration is not None:
                value = parameters or edits.updated(configuration)
                query = expression("urlencode(value)", urlencode=urlencode, value=value)
            address = assemblyai.with_query(edits.updated(request.url), query)
            return self._headers.connect_call(updated, connect, address, headers())

        edits.rewrite(connect.call, rewritten)

    def _parameters(self, name: cst.Name, display: cst.BaseExpression) -> cst.SimpleStatementLine:
        """The statement that gives a configuration a name that stood inside the request before."""
        is_long = isinstance(display, cst.Dict) and "\n" in self._migrating.module.code_for_node(display)
        if isinstance(display, cst.Dict) and is_long and not comments_in(display):
            plain = cst.RightCurlyBrace(cst.SimpleWhitespace(""))
            display = spread(display, 1, self._migrating.module.default_indent).with_changes(rbrace=plain)
        statement = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], display)])
        if isinstance(self._program.scope_of(self._opening.request.call), cst.Module):
            return statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
        return statement

    def _take_statements_away(self, answer: AnswerStatements) -> None:
        edits = self._migrating.edits
        for statement in answer.removed:
            edits.remove(statement)
        if answer.branches is not None:
            answer.branches.plan(self._migrating, answer.removed)
        check = answer.check if answer.branches is None else None
        for moved in (*([check] if check is not None else []), *answer.moved):
            edits.move(moved)

    def _insert_first_message(self, connect: Connect, socket: cst.BaseExpression, answer: AnswerStatements) -> None:
        migrating = self._migrating
        message = answer.document or cst.Name(self._free_name("begin", "begin_message", "first_message"))
        if answer.check is not None:
            self._refusal.plan(answer.check, message)
        if answer.success is not None:
            migrating.edits.unwrap(answer.success)
            if answer.success.orelse is not None:
                self._refusal.plan_body(answer.success.orelse.body, message)
        for statement in answer.moved:
            self._read_identity_from(statement, message)
        migrating.edits.watch([socket])
        session.SESSION_ID.over(migrating.target)
        session.ADDRESS.over(migrating.target)
        block = self._program.statement_of(connect.call)

        def check() -> cst.If | None:
            if answer.success is not None:
                return self._without_success(answer.success, message)
            own = answer.edited_check()
            if own is None and self._handlers.tells_code:
                return self._refusal.by_default(message, block)
            return own

        read_first_message(
            migrating,
            connect,
            message,
            socket=lambda: migrating.edits.updated(socket),
            check=check,
            rest=lambda: [migrating.edits.updated(statement) for statement in answer.moved],
        )

    def _without_success(self, success: cst.If, message: cst.BaseExpression) -> cst.If:
        """The branch of a refused session, where the program had one for a good one."""
        edits = self._migrating.edits
        body: list[cst.BaseStatement] = []
        if success.orelse is not None:
            body = [edits.edited(one) for one in success.orelse.body.body if isinstance(one, Statement)]
        if not body or not self._refusal.ends(cst.IndentedBlock(body)):
            body.append(cst.SimpleStatementLine([cst.Return()]))
        return cst.If(assemblyai.is_refusal(self._migrating, message, success.test), cst.IndentedBlock(body))

    def _free_name(self, *names: str) -> str:
        """The first of these names that the program does not have."""
        nodes = (node for module in self._program.modules for node in self._program.nodes_in(module))
        taken = {node.value for node in nodes if isinstance(node, cst.Name)}
        return next((name for name in names if name not in taken), f"{names[0]}_of_session")

    def _read_identity_from(self, statement: Statement, message: cst.BaseExpression) -> None:
        """In a statement that moved, the answer's document is the first message."""
        for node in self._program.nodes_in(statement):
            value = self._program.value(node)
            is_document = isinstance(value, Parsed) and value.path == () and not self._is_target(node)
            if is_document and gladia.is_answer_of(value, self._opening.request):
                self._migrating.edits.replace(node, message)

    def _is_target(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents[node]
        return isinstance(parent, cst.AssignTarget) or (isinstance(parent, cst.AnnAssign) and parent.target is node)

    def _remove_idle_names(self, answer: AnswerStatements) -> None:
        """Removes names of HTTP clients that made nothing but the POST, and what else only the POST used."""
        self._remove_idle_clients(answer)
        request = self._opening.request
        parts = (request.url, request.headers, request.json, dumped(self._program, request.data))
        staying = (*parts, *answer.refused, answer.success, *answer.moved)
        kept: list[cst.CSTNode] = [one for one in staying if one is not None]
        around = AroundPost(self._migrating, request.call)
        around.dissolve([*answer.removed])
        around.remove_unused([*answer.removed], kept)

    def _remove_idle_clients(self, answer: AnswerStatements) -> None:
        if self._opening.request.is_carried:
            answer.removed.extend(self._carried.take_away())
        remove_idle_clients(self._migrating, self._opening.request, answer.removed)
