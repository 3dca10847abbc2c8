"""Reads of AssemblyAI's first message, which become reads of the answer to Gladia's POST."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.analysis.values import Frame, Parsed, Value, something
from codemods.edits import Statement, expression, in_parentheses
from codemods.findings import FIELD_ABSENT, FIELD_OF_NEITHER, FIRST_MESSAGE, PARAMETER_DIFFERS, WHOLE_MESSAGE
from codemods.migrating import Migrating, like
from codemods.rules.absent.prepared import PreparedReads
from codemods.rules.messages.never_there import ANSWER, is_never_there
from codemods.rules.messages.received import message_of
from codemods.vendors.assemblyai_sessions import Edition
from shim.mapping.paths import steps_of
from shim.mapping.row import Fidelity, Row


@dataclass(eq=False, slots=True)
class FirstMessage:
    """What is known of how a program treats the first message.

    `session` is the name of the document where the program reads it by itself, `read` that statement, `check` the
    branch that ends the program. `moved` are a handler's statements that go behind the POST, `opened` those that go to
    the start of `on_open`, each with the names that they declare global, and `socket` the socket's names before and
    there. `gone` are the nodes that are planned here and nowhere else.
    """

    session: str | None = None
    read: cst.SimpleStatementLine | None = None
    check: cst.If | None = None
    only_tells: bool = False
    """Whether the check tells of a refusal and goes on, which it cannot without a session."""
    moved: list[Statement] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    on_open: cst.FunctionDef | None = None
    opened: list[Statement] = field(default_factory=list)
    declared_on_open: list[str] = field(default_factory=list)
    socket: tuple[str, str] = ("", "")
    gone: set[cst.CSTNode] = field(default_factory=set)


class AnswerReads:
    """Knows the first message's document of one session, and plans that its reads are reads of the answer."""

    def __init__(self, migrating: Migrating, connect: Connect, edition: Edition) -> None:
        self.edition = edition
        self.migrating = migrating
        self.program = migrating.program
        self.connect = connect
        self.place = self.program.scope_of(connect.call)
        self.found = FirstMessage()
        self.complete = True
        self._handed: set[cst.CSTNode] = set()

    def give_up(self, node: cst.CSTNode, text: str) -> None:
        """Notes that something could not be moved."""
        self.complete = False
        self.migrating.report(FIRST_MESSAGE, node, text)

    def origins(self) -> list[cst.CSTNode]:
        """The calls that parse this session's frames."""
        found: dict[cst.CSTNode, None] = {}
        for value in self.program.values.values():
            for one in something(value):
                if isinstance(one, Parsed) and one.document == Frame(self.connect.call):
                    found[one.origin] = None
        return list(found)

    def document(self, node: cst.CSTNode) -> Parsed | None:
        """The place inside a message of this session that a node is, if it is one."""
        value = self.program.values.get(node)
        return message_of(value, frozenset((self.connect.call,))) if value is not None else None

    def comparison_at(self, node: cst.CSTNode) -> cst.CSTNode:
        """What stands around a node: the comparison, for either of its sides."""
        parent = self.program.parents[node]
        return self.program.parents[parent] if isinstance(parent, cst.ComparisonTarget) else parent

    def is_outermost(self, node: cst.CSTNode) -> bool:
        """Whether a node is the whole of a read, not its beginning."""
        parent = self.program.parents[node]
        if isinstance(parent, cst.Attribute):
            parent = self.program.parents[parent]
        return self.document(parent) is None

    def read_of_answer(self, node: cst.CSTNode, document: Parsed, *, is_handed: bool = False) -> None:
        """Plans that a read of the first message is a read of the POST's answer.

        `is_handed`: in a function that is given the answer instead of the message, under the same name.
        """
        if is_handed:
            self._handed.add(node)
        if not isinstance(node, cst.BaseExpression):
            return
        accesses = _accesses(node)
        if document.path == ():
            parent = self.program.parents[node]
            if not isinstance(parent, cst.AssignTarget):
                self.migrating.report(WHOLE_MESSAGE, node, f"{self.migrating.code(node)} is the POST's answer now")
                if not is_handed:
                    self.migrating.edits.rewrite(node, lambda updated: self._session_name(updated))
            return
        if not accesses:
            return  # a name that was given the field: converted where it was read
        row = self._row_of(document)
        if row is None or len(accesses) != 1:
            self._leave(node, document, is_handed=is_handed)
            return
        way = row.over(self.migrating.target)
        if way.codemod is Fidelity.APPROXIMATE:
            self.migrating.report(PARAMETER_DIFFERS, node, f"{self.migrating.code(node)}: {way.reason}")
        key = str(steps_of(row.gladia[0])[-1])
        source = way.conversion.source or "value"
        names = {dotted.rpartition(".")[2]: self._imported(dotted) for dotted in way.conversion.modules}
        parent = self.program.parents[node]

        def rewritten(updated: cst.BaseExpression) -> cst.BaseExpression:
            read = self._with_key(updated, key, keeps_name=node in self._handed)
            if source == "value":
                return read
            result = expression(source.replace('"', self.migrating.quote_at(node)), value=read, **names)
            return in_parentheses(result) if _binds(parent) else result

        self.migrating.edits.rewrite(node, rewritten)

    def _leave(self, node: cst.BaseExpression, document: Parsed, *, is_handed: bool) -> None:
        """Leaves a read of what the answer has not; the answer takes the message's place in it."""
        code = self.migrating.code(node)
        why = "the POST's answer has no such field"
        if is_never_there(document, node, self.edition.type_path, ANSWER):
            self.migrating.report(FIELD_OF_NEITHER, node, code)
        elif not is_handed and PreparedReads(self.migrating, self._is_message).plan(node, document, why):
            return
        else:
            self.migrating.report(FIELD_ABSENT, node, f"{code} is not in the POST's answer")
        if not is_handed:
            base = _accessed(_accesses(node)[-1])
            self.migrating.edits.rewrite(base, lambda updated: self._session_name(updated))

    def _is_message(self, value: Value) -> bool:
        return message_of(value, frozenset((self.connect.call,))) is not None

    def _row_of(self, document: Parsed) -> Row | None:
        for row in self.edition.answer_rows:
            if steps_of(row.assemblyai[0])[1:] == document.path:
                return row
        return None

    def _with_key(self, access: cst.BaseExpression, key: str, *, keeps_name: bool) -> cst.BaseExpression:
        session = (lambda base: base) if keeps_name else self._session_name
        match access:
            case cst.Subscript(value, [cst.SubscriptElement(cst.Index(literal))]):
                index = cst.SubscriptElement(cst.Index(self._renamed(literal, key)))
                return access.with_changes(value=session(value), slice=[index])
            case cst.Call(cst.Attribute(value) as function, [first, *rest]):
                argument = first.with_changes(value=self._renamed(first.value, key))
                return access.with_changes(func=function.with_changes(value=session(value)), args=[argument, *rest])
        return access

    def _renamed(self, literal: cst.BaseExpression, key: str) -> cst.BaseExpression:
        return like(literal, key) if isinstance(literal, cst.SimpleString) else self.migrating.string(key, literal)

    def _imported(self, dotted: str) -> cst.BaseExpression:
        """An expression for a module's function, by the name that the program already has for either."""
        module, _, name = dotted.rpartition(".")
        alias = self.migrating.imported_as(module)
        if alias is not None:
            return cst.parse_expression(f"{alias}.{name}")
        return self.migrating.use_function(module, name)

    def _session_name(self, base: cst.BaseExpression) -> cst.BaseExpression:
        assert self.found.session is not None
        return cst.Name(self.found.session)


def _accesses(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The subscripts and `.get(…)` calls that a read of a field is made of."""
    found: list[cst.BaseExpression] = []
    while True:
        match node:
            case cst.Subscript(value) | cst.Call(cst.Attribute(value, cst.Name("get"))):
                found.append(node)
                node = value
            case _:
                return found


def _accessed(access: cst.BaseExpression) -> cst.BaseExpression:
    """What a subscript or `.get(…)` call reads from."""
    function = access.func if isinstance(access, cst.Call) else access
    assert isinstance(function, (cst.Attribute, cst.Subscript))
    return function.value


def _binds(parent: cst.CSTNode) -> bool:
    """Whether an expression at this place may bind tighter than a sum."""
    return isinstance(parent, (cst.BinaryOperation, cst.Attribute, cst.UnaryOperation, cst.Comparison))
