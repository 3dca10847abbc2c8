"""Opening a session: the POST goes, its body becomes the socket's query, its check a check of the first message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.libraries import ENDING, Connect
from codemods.analysis.program import Dictionary, Program
from codemods.analysis.values import (
    DictDisplay,
    HttpResponse,
    JsonText,
    Known,
    Library,
    LibraryObject,
    Parsed,
    ResponseField,
    Value,
)
from codemods.edits import Statement, expression
from codemods.findings import (
    CHECK_UNKNOWN,
    COMMENT_WENT,
    CONFIGURATION_UNKNOWN,
    HEADER_DROPPED,
    SESSION_SPREAD,
    SESSION_USED_ELSEWHERE,
    STATEMENT_SHARED,
)
from codemods.migrating import Migrating, like
from codemods.rules.configuration import ConfigurationRule, comments_in
from codemods.vendors import assemblyai, gladia
from codemods.vendors.gladia import Opening
from shim.mapping import session

_OF_THE_BODY = ("content-type", "accept")
"""Headers that describe the POST's JSON body and have no place on a handshake."""


@dataclass(eq=False, slots=True)
class _Plan:
    """What is known of one opening's statements."""

    removed: list[cst.CSTNode] = field(default_factory=list)
    check: cst.If | None = None
    raises: bool = False
    first_message: str = "begin"


class OpeningRule:
    """Plans one session's opening. `plan` says whether the session could be followed; if not, findings say why."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._plan = _Plan()

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the session is not one that can be followed."""
        connect = self._only_connect()
        if connect is None:
            return False
        configuration = self._configuration()
        if configuration is None or not self._find_statements(connect) or not self._names_hold(connect):
            return False
        socket = self._socket_of(connect)
        if socket is None:
            return False
        rule = ConfigurationRule(self._migrating, configuration) if configuration.entries else None
        if rule is not None and not rule.plan():
            return False
        if rule is not None:
            rule.lost_comments()
        self._rewrite_addresses(self._opening.request.url)
        self._rewrite_connect(connect)
        self._remove_statements()
        self._insert_first_message(connect, socket)
        self._remove_what_served_only_the_post()
        return True

    # --- reading ---------------------------------------------------------------------------------

    def _only_connect(self) -> Connect | None:
        opening, migrating = self._opening, self._migrating
        if len(opening.connects) != 1:
            how = "no WebSocket here is opened with its `url`" if not opening.connects else "several sockets are"
            migrating.report(SESSION_SPREAD, opening.request.call, f"the POST opens a session, but {how}")
            return None
        connect = opening.connects[0]
        if self._program.scope_of(connect.call) is not self._program.scope_of(opening.request.call):
            migrating.report(
                SESSION_SPREAD,
                opening.request.call,
                f"the POST is here, the socket is opened in line {migrating.line(connect.call)}",
            )
            return None
        if connect.library.headers in connect.arguments.keywords or not connect.arguments.complete:
            migrating.report(
                SESSION_SPREAD, connect.call, f"the connect has headers of its own: {migrating.code(connect.call)}"
            )
            return None
        return connect

    def _configuration(self) -> Dictionary | None:
        request = self._opening.request
        body = request.json
        value: Value | None = self._program.value(body) if body is not None else None
        if body is None and request.data is not None:
            text = self._program.value(request.data)
            value = text.of if isinstance(text, JsonText) else None
        if request.parameters is not None:
            self._migrating.report(
                CONFIGURATION_UNKNOWN, request.parameters, "the POST has query parameters of its own"
            )
            return None
        if isinstance(value, DictDisplay):
            return self._program.dictionaries[value.site]
        place = body or request.data or request.call
        self._migrating.report(
            CONFIGURATION_UNKNOWN, place, f"the configuration is only known when it runs: {self._migrating.code(place)}"
        )
        return None

    def _find_statements(self, connect: Connect) -> bool:
        """Finds the statements that only serve the POST; False where its answer is used beyond them."""
        plan, opening = self._plan, self._opening
        for node, value in self._program.values.items():
            if not gladia.is_answer_of(value, opening.request) or self._is_inside(node, connect.call):
                continue
            statement = self._program.statement_of(node)
            if statement in plan.removed or statement is plan.check or self._is_in_check(node):
                continue
            if not self._take(statement, node, value, connect):
                return False
        return True

    def _take(self, statement: cst.CSTNode, node: cst.CSTNode, value: Value, connect: Connect) -> bool:
        """Decides what becomes of a statement in which the POST's answer is used."""
        plan, migrating = self._plan, self._migrating
        if isinstance(statement, cst.If):
            if plan.check is None and _ends(self._program, statement) and statement.orelse is None:
                plan.check = statement
                return True
            migrating.report(
                CHECK_UNKNOWN, statement, f"`if {migrating.code(statement.test)}` has more than one way out"
            )
            return False
        if isinstance(value, Parsed) and value.path == _identity() and self._is_behind(statement, connect):
            return True
        if isinstance(statement, cst.SimpleStatementLine):
            if len(statement.body) != 1:
                migrating.report(STATEMENT_SHARED, statement, migrating.code(statement))
                return False
            small = statement.body[0]
            if self._binds_answer(small, connect):
                plan.removed.append(statement)
                return True
            if isinstance(small, cst.Expr) and self._is_raise_for_status(small.value):
                plan.removed.append(statement)
                plan.raises = True
                return True
        if self._is_behind(statement, connect) and isinstance(value, Parsed) and value.path == ():
            return self._reads_identity(node)
        migrating.report(
            SESSION_USED_ELSEWHERE, node, f"the POST's answer is used here: {migrating.code(self._outermost(node))}"
        )
        return False

    def _reads_identity(self, node: cst.CSTNode) -> bool:
        value = self._program.value(self._outermost(node))
        if isinstance(value, Parsed) and value.path == _identity():
            return True
        self._migrating.report(
            SESSION_USED_ELSEWHERE,
            node,
            f"the POST's answer is used here: {self._migrating.code(self._outermost(node))}",
        )
        return False

    def _outermost(self, node: cst.CSTNode) -> cst.CSTNode:
        """The whole expression that reads on from a value of the POST's answer."""
        while True:
            parent = self._program.parents[node]
            if not gladia.is_answer_of(self._program.value(parent), self._opening.request):
                if isinstance(parent, cst.Attribute):
                    node = parent
                    continue
                return node
            node = parent

    def _binds_answer(self, small: cst.BaseSmallStatement, connect: Connect) -> bool:
        """Whether a statement only gives the answer, its document or its address a name."""
        match small:
            case cst.Assign([cst.AssignTarget(cst.Name(name))], expr) | cst.AnnAssign(cst.Name(name), _, expr):
                value = self._program.value(expr) if expr is not None else None
            case _:
                return False
        match value:
            case HttpResponse() | Parsed(path=()):
                pass
            case Parsed() if gladia.is_address_of(value, self._opening.request):
                return True
            case _:
                return False
        if isinstance(value, Parsed):
            self._plan.first_message = self._migrating.name(name)
        return True

    def _is_raise_for_status(self, node: cst.BaseExpression) -> bool:
        return (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Attribute)
            and node.func.attr.value == "raise_for_status"
            and self._program.value(node.func.value) == HttpResponse(self._opening.request.call)
        )

    def _is_in_check(self, node: cst.CSTNode) -> bool:
        return self._plan.check is not None and self._is_inside(node, self._plan.check)

    def _is_inside(self, node: cst.CSTNode, ancestor: cst.CSTNode) -> bool:
        current: cst.CSTNode | None = node
        while current is not None:
            if current is ancestor:
                return True
            current = self._program.parents.get(current)
        return False

    def _is_behind(self, statement: cst.CSTNode, connect: Connect) -> bool:
        """Whether a statement runs after the socket is open: inside its `with`, or behind it in its block."""
        opened = self._program.statement_of(connect.call)
        if opened is not statement and self._is_inside(statement, opened):
            return True
        block = self._program.parents[opened]
        if not isinstance(block, (cst.IndentedBlock, cst.Module)):
            return False
        current = statement
        while current in self._program.parents and self._program.parents[current] is not block:
            current = self._program.parents[current]
        body: list[cst.CSTNode] = list(block.body)
        return current in body and opened in body and body.index(current) > body.index(opened)

    def _names_hold(self, connect: Connect) -> bool:
        """Whether the names that move from the POST to the connect still mean the same there."""
        request = self._opening.request
        there = self._program.at_statement.get(self._program.statement_of(connect.call), {})
        for part in (request.url, request.headers, request.json, request.data):
            for name in _names_in(part) if part is not None else ():
                reaching = self._program.reaching.get(name)
                if reaching is None or name.value not in there:
                    continue
                if there[name.value] != reaching:
                    self._migrating.report(
                        SESSION_SPREAD, name, f"`{name.value}` changes between the POST and the connect"
                    )
                    return False
        return True

    def _socket_of(self, connect: Connect) -> cst.BaseExpression | None:
        """How the program names the socket that `connect` gives."""
        parent = self._program.parents[connect.call]
        if isinstance(parent, cst.Await):
            parent = self._program.parents[parent]
        match parent:
            case cst.WithItem(asname=cst.AsName(cst.BaseExpression() as name)):
                return name
            case cst.Assign([cst.AssignTarget(target)]) | cst.AnnAssign(target):
                return target
        self._migrating.report(
            SESSION_SPREAD, connect.call, f"the socket gets no name where it is opened: {self._migrating.code(parent)}"
        )
        return None

    # --- writing ---------------------------------------------------------------------------------

    def _rewrite_addresses(self, node: cst.BaseExpression | None) -> None:
        """Brings every literal that the POST's URL is made of, here or where a name got it, to the other vendor."""
        waiting: list[cst.CSTNode] = [node] if node is not None else []
        seen: set[cst.CSTNode] = set()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            match current:
                case cst.SimpleString() if isinstance(current.evaluated_value, str):
                    text = assemblyai.address(current.raw_value)
                    if text != current.raw_value:
                        self._migrating.edits.replace(current, like(current, text))
                case cst.FormattedStringText(value):
                    self._migrating.edits.replace(current, current.with_changes(value=assemblyai.address(value)))
                case cst.Name():
                    reaching = self._program.reaching.get(current, ())
                    waiting.extend(one.expression for one in reaching if one.expression is not None)
                    continue
            waiting.extend(current.children)

    def _rewrite_connect(self, connect: Connect) -> None:
        migrating, request = self._migrating, self._opening.request
        edits = migrating.edits
        configuration = request.json if request.json is not None else self._dumped(request.data)
        moved = [one for one in (request.url, configuration, request.headers) if one is not None]
        edits.watch(moved)
        has_entries = configuration is not None
        urlencode = migrating.use_function("urllib.parse", "urlencode") if has_entries else None
        headers = self._headers()

        def rewritten(updated: cst.Call) -> cst.Call:
            assert request.url is not None
            url = edits.updated(request.url)
            query = None
            if urlencode is not None and configuration is not None:
                query = expression("urlencode(value)", urlencode=urlencode, value=edits.updated(configuration))
            address = assemblyai.with_query(url, query)
            indent = migrating.module.default_indent
            return assemblyai.connect_call(updated, connect, address, headers(), self._width(connect), indent)

        edits.rewrite(connect.call, rewritten)

    def _dumped(self, node: cst.BaseExpression | None) -> cst.BaseExpression | None:
        text = self._program.value(node) if node is not None else None
        return text.call.args[0].value if isinstance(text, JsonText) else None

    def _width(self, connect: Connect) -> int:
        """How many columns stand before the connect call on its line."""
        statement = self._program.statement_of(connect.call)
        depth, current = 0, statement
        while current in self._program.parents:
            current = self._program.parents[current]
            depth += isinstance(current, cst.IndentedBlock)
        first_line = self._migrating.module.code_for_node(statement.with_changes(leading_lines=[])).split("\n")[0]
        call = self._migrating.module.code_for_node(connect.call).split("\n")[0]
        return depth * len(self._migrating.module.default_indent) + max(0, first_line.find(call))

    def _headers(self) -> Callable[[], cst.BaseExpression | None]:
        """Plans the headers' edits; the function gives them as they stand on the connect call."""
        opening, migrating = self._opening, self._migrating
        dictionary, key, node = opening.headers, opening.key, opening.request.headers
        if dictionary is None or key is None or node is None or not isinstance(dictionary.site, cst.Dict):
            return lambda: node
        session.KEY_HEADER.over(migrating.target)
        name = session.KEY_HEADER.assemblyai[0]
        kept: list[cst.CSTNode] = []
        for entry in dictionary.entries:
            if entry is key:
                kept.append(entry.node)
            elif not isinstance(entry.key, Known) or str(entry.key.value).lower() not in _OF_THE_BODY:
                migrating.report(HEADER_DROPPED, entry.node, migrating.code(entry.node))
        site = dictionary.site

        def only_the_key(updated: cst.Dict) -> cst.Dict:
            elements = [
                new.with_changes(key=migrating.string(name, site), comma=cst.MaybeSentinel.DEFAULT)
                for old, new in zip(site.elements, updated.elements, strict=True)
                if old in kept and isinstance(new, cst.DictElement)
            ]
            return cst.Dict(elements)

        migrating.edits.rewrite(site, only_the_key)
        return lambda: migrating.edits.updated(node)

    def _remove_statements(self) -> None:
        plan, migrating = self._plan, self._migrating
        for statement in plan.removed:
            migrating.edits.remove(statement)
            for comment in _trailing_comments(statement):
                migrating.report(COMMENT_WENT, statement, comment)
        if plan.check is not None:
            migrating.edits.remove(plan.check)

    def _insert_first_message(self, connect: Connect, socket: cst.BaseExpression) -> None:
        migrating, plan = self._migrating, self._plan
        message = plan.first_message
        if plan.check is not None:
            self._move_check(plan.check, message)
        migrating.edits.watch([plan.check] if plan.check is not None else [])
        session.SESSION_ID.over(migrating.target)
        block = self._program.statement_of(connect.call)

        def statements() -> list[Statement]:
            check = migrating.edits.updated(plan.check) if plan.check is not None else None
            return assemblyai.first_message(
                migrating, socket, message, asynchronous=connect.library.asynchronous, check=check, near=block
            )

        if isinstance(block, cst.With):
            migrating.edits.insert_at_start(block.body, statements)
        else:
            migrating.edits.insert_after(block, statements)

    def _move_check(self, check: cst.If, message: str) -> None:
        """Plans the edits inside the failure branch: what it read of the answer, it reads of the first message."""
        program, edits = self._program, self._migrating.edits
        edits.replace(check.test, assemblyai.is_refusal(self._migrating, message, check.test))
        for node in _nodes_in(check.body):
            value = program.value(node)
            if isinstance(node, cst.Call) and _ends_with_status(program, node):
                edits.replace(node.args[0], node.args[0].with_changes(value=cst.Integer("1")))
            elif isinstance(node, cst.BooleanOperation) and all(
                _is_text_of_answer(program.value(side)) for side in (node.left, node.right)
            ):
                edits.replace(node, assemblyai.refusal_text(self._migrating, message, node))
            elif (
                isinstance(node, cst.BaseExpression)
                and isinstance(value, ResponseField | Parsed)
                and gladia.is_answer_of(value, self._opening.request)
                and self._outermost(node) is node
            ):
                field_of = assemblyai.refusal_code if _is_status(value) else assemblyai.refusal_text
                edits.replace(node, field_of(self._migrating, message, node))

    def _remove_what_served_only_the_post(self) -> None:
        """Removes names that nothing uses any more: an HTTP client, headers that moved inline."""
        removed = [*self._plan.removed]
        moved = (self._opening.request.url, self._opening.request.headers, self._opening.request.json)
        for definition in self._program.definitions():
            if definition.statement in removed or not _is_plain_assignment(definition):
                continue
            is_client = isinstance(definition.value, LibraryObject)
            kept = [
                use
                for use in definition.uses
                if not any(self._is_inside(use, one) for one in removed)
                or any(self._is_inside(use, one) for one in moved if one is not None)
            ]
            if is_client and definition.uses and not kept and definition.statement is not None:
                self._migrating.edits.remove(definition.statement)


def _identity() -> tuple[str, ...]:
    return tuple(session.SESSION_ID.gladia[0].split(".")[1:])


def _is_plain_assignment(definition: Definition) -> bool:
    statement = definition.statement
    return (
        definition.expression is not None
        and isinstance(statement, cst.SimpleStatementLine)
        and len(statement.body) == 1
        and isinstance(statement.body[0], cst.Assign)
        and len(statement.body[0].targets) == 1
    )


def _is_status(value: Value) -> bool:
    return isinstance(value, ResponseField) and value.name in ("status_code", "status")


def _is_text_of_answer(value: Value) -> bool:
    return isinstance(value, ResponseField) and not _is_status(value)


def _ends(program: Program, check: cst.If) -> bool:
    """Whether an `if`'s body leaves the function or the program."""
    if not isinstance(check.body, cst.IndentedBlock) or not check.body.body:
        return False
    last = check.body.body[-1]
    if not isinstance(last, cst.SimpleStatementLine):
        return False
    small = last.body[-1]
    if isinstance(small, (cst.Return, cst.Raise)):
        return True
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.Call) and _is_ending(program, small.value)


def _is_ending(program: Program, call: cst.Call) -> bool:
    callee = program.value(call.func)
    return isinstance(callee, Library) and callee.name in ENDING


def _ends_with_status(program: Program, call: cst.Call) -> bool:
    return _is_ending(program, call) and len(call.args) == 1 and _is_status(program.value(call.args[0].value))


def _nodes_in(node: cst.CSTNode) -> list[cst.CSTNode]:
    found, waiting = [], [node]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(current.children)
    return found


def _names_in(node: cst.CSTNode) -> list[cst.Name]:
    return [one for one in _nodes_in(node) if isinstance(one, cst.Name)]


def _trailing_comments(statement: cst.CSTNode) -> list[str]:
    if isinstance(statement, cst.SimpleStatementLine):
        return [*comments_in(statement.trailing_whitespace), *(c for one in statement.body for c in comments_in(one))]
    return []
