"""Where messages go: each use that the analysis does not follow is said, so that nothing is half migrated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    Awaitable,
    Class,
    DictDisplay,
    Frame,
    Function,
    Instance,
    Known,
    Library,
    Member,
    OneOf,
    Parsed,
    Sequence,
    Step,
    Stream,
    Value,
    something,
)
from codemods.findings import FIELD_ABSENT, MESSAGE_NOT_FOLLOWED, WHOLE_MESSAGE
from codemods.migrating import Migrating
from shim.mapping import catalogue, session
from shim.mapping.paths import steps_of
from shim.mapping.row import Row, Section

_TYPE: Final[tuple[Step, ...]] = ("type",)
_FOLLOWED_CALLS: Final = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "sorted", "reversed", "iter", "next", "enumerate", "zip")
) | {"json.loads"}
_HARMLESS_CALLS: Final = frozenset(f"builtins.{name}" for name in ("len", "isinstance", "type", "bool", "id"))
_SHOWING_CALLS: Final = frozenset(
    ("builtins.print", "builtins.str", "builtins.repr", "json.dumps", "pprint.pprint", "pprint.pformat", "logging.log")
)
_LOGGING: Final = ("debug", "info", "warning", "error", "critical", "exception", "log")
_FRAME_METHODS: Final = ("decode", "strip", "startswith", "encode", "data", "json", "type", "extra")


def message_of(value: Value, connects: frozenset[cst.Call]) -> Parsed | None:
    """The place inside a server message of these sessions that a value is, where it is one and only one."""
    found = [
        one
        for one in something(value)
        if isinstance(one, Parsed) and isinstance(one.document, Frame) and one.document.connect in connects
    ]
    if not found or len(found) != len(something(value)) - len(_empty(value)):
        return None
    if any(one.path != found[0].path for one in found):
        return None
    types = [one.types for one in found]
    known = [one for one in types if one is not None]
    merged = frozenset().union(*known) if len(known) == len(types) else None
    return replace(found[0], types=merged)


def _empty(value: Value) -> list[Value]:
    """Alternatives that hold nothing, such as the `{}` of `message.get("data") or {}`."""
    return [
        one
        for one in something(value)
        if isinstance(one, (DictDisplay, Sequence)) and not getattr(one.site, "elements", True)
    ]


def is_table_access(program: Program, access: cst.CSTNode) -> bool:
    """Whether a node reads an entry of a dictionary that is written out in the program."""
    match access:
        case cst.Subscript(owner) | cst.Call(cst.Attribute(owner, cst.Name("get"))):
            return all(isinstance(one, DictDisplay) for one in something(program.value(owner)))
    return False


class Following:
    """Looks at every use of what carries a session's messages."""

    def __init__(
        self,
        migrating: Migrating,
        connects: frozenset[cst.Call],
        rows: tuple[Row, ...] | None = None,
        type_path: tuple[Step, ...] = _TYPE,
    ) -> None:
        self._rows = catalogue.rows(Section.SERVER) if rows is None else rows
        self._type_path = type_path
        self._migrating = migrating
        self._program = migrating.program
        self._connects = connects
        self._complete = True

    def check(self, gone: Iterable[cst.CSTNode]) -> bool:
        """Whether every message is followed to its end; findings say where not. `gone` are nodes that are removed."""
        left_out = set(gone)
        for node, value in self._program.values.items():
            if node not in left_out and isinstance(node, cst.BaseExpression) and self._carries(value):
                self._check_use(node, value)
        return self._complete

    def _carries(self, value: Value, depth: int = 4) -> bool:
        """Whether a value is, or holds, a message, a part of one that is read further, or a frame."""
        if depth == 0:
            return False
        match value:
            case Frame(connect):
                return connect in self._connects
            case Parsed(Frame(connect)):
                return connect in self._connects and self._is_read_further(value)
            case OneOf(alternatives):
                return any(self._carries(one, depth - 1) for one in alternatives)
            case Stream(inner) | Awaitable(inner):
                return self._carries(inner, depth - 1)
            case Sequence(_, elements):
                return any(self._carries(one, depth - 1) for one in elements)
            case DictDisplay(site):
                dictionary = self._program.dictionaries.get(site)
                entries = dictionary.entries if dictionary is not None else []
                return any(self._carries(entry.value, depth - 1) for entry in entries)
        return False

    def _is_read_further(self, message: Parsed) -> bool:
        """Whether a place of a message is its type, or holds fields; a leaf is an ordinary value."""
        return message.path in ((), self._type_path) or bool(self._fields_below(message))

    def _fields_below(self, message: Parsed) -> set[Step]:
        """The types whose messages have fields inside this place."""
        path = tuple("[]" if isinstance(step, int) else step for step in message.path)
        return {
            steps_of(one)[0]
            for row in self._rows
            for one in row.of(self._migrating.source)
            if steps_of(one)[1 : len(path) + 1] == path and len(steps_of(one)) > len(path) + 1
        }

    # --- uses ------------------------------------------------------------------------------------

    def _check_use(self, node: cst.BaseExpression, value: Value) -> None:
        parent = self._program.parents[node]
        match parent:
            case cst.Subscript() if parent.value is node:
                self._check_access(node, parent, value)
            case cst.Attribute():
                self._check_method(node, parent, value)
            case cst.Arg():
                self._check_argument(node, parent, value)
            case cst.Assign(targets):
                for target in targets:
                    self._check_target(node, target.target)
            case cst.AnnAssign(target) | cst.NamedExpr(target):
                self._check_target(node, target)
            case cst.AssignTarget() | cst.Del():
                return
            case cst.AugAssign():
                self._give_up(node)
            case cst.Return() | cst.Yield() | cst.From() | cst.Lambda():
                self._check_result(node)
            case cst.Comparison() | cst.ComparisonTarget():
                self._check_comparison(node, parent, value)
            case cst.If() | cst.While() | cst.Assert() | cst.UnaryOperation() | cst.CompIf():
                self._check_truth(node, value)
            case cst.BooleanOperation():
                if parent.left is node or not self._carries(self._program.value(parent)):
                    self._check_truth(node, value)
            case cst.IfExp():
                if parent.test is node:
                    self._check_truth(node, value)
            case cst.FormattedStringExpression():
                self._check_shown(node, parent, value)
            case cst.Match():
                if any(isinstance(one, Parsed) and one.path != self._type_path for one in something(value)):
                    self._give_up(node)
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp() | cst.Element():
                if not self._carries(self._program.value(self._around(parent))):
                    self._give_up(node)
            case cst.DictElement():
                if not self._carries(self._program.value(self._around(parent))):
                    self._give_up(node)
            case cst.Index():
                if not self._is_key(value, self._program.parents[self._program.parents[parent]]):
                    self._give_up(node)
            case cst.For() | cst.CompFor() | cst.Await() | cst.Expr() | cst.Global():
                return
            case _:
                self._give_up(node)

    def _around(self, parent: cst.CSTNode) -> cst.CSTNode:
        return self._program.parents[parent] if isinstance(parent, (cst.Element, cst.DictElement)) else parent

    def _check_access(self, node: cst.BaseExpression, access: cst.Subscript, value: Value) -> None:
        around = self._program.parents[access]
        if isinstance(around, (cst.AssignTarget, cst.AugAssign, cst.Del)) and not _is_value_of(around, access):
            if any(isinstance(one, Parsed) for one in something(value)):
                self._give_up(access)
            return
        if access in self._program.values and message_of(self._program.value(access), self._connects):
            return
        if any(isinstance(one, Parsed) and one.path != self._type_path for one in something(value)):
            self._give_up(access)

    def _check_method(self, node: cst.BaseExpression, parent: cst.Attribute, value: Value) -> None:
        name = parent.attr.value
        call = self._program.parents[parent]
        is_frame = all(isinstance(one, Frame) for one in something(value))
        if is_frame and name in _FRAME_METHODS:
            return
        if name == "get" and isinstance(call, cst.Call) and message_of(self._program.value(call), self._connects):
            return
        if any(isinstance(one, (Sequence, DictDisplay, Stream, Awaitable)) for one in something(value)):
            if not isinstance(call, cst.Call) or name in ("get", "append", "items", "values"):
                self._give_up(parent)
            return
        self._give_up(parent)

    def _check_target(self, node: cst.BaseExpression, target: cst.CSTNode) -> None:
        match target:
            case cst.Name():
                return
            case cst.Tuple(elements) | cst.List(elements):
                if not any(isinstance(one, cst.StarredElement) and self._is_read(one.value) for one in elements):
                    return
            case cst.Attribute(owner):
                if all(isinstance(one, (Instance, Class)) for one in something(self._program.value(owner))):
                    return
        self._give_up(node)

    def _is_read(self, target: cst.BaseExpression) -> bool:
        """Whether anything reads the name that a starred target gives the rest of a list; it is not followed there."""
        found = [one for one in self._program.definitions() if one.node is target]
        return not found or any(one.uses and self._program.value(target) == UNKNOWN for one in found)

    def _check_result(self, node: cst.BaseExpression) -> None:
        """A message that a function gives back is followed to the function's callers, if there are any here."""
        if self._program.scope_of(node) not in self._program.called:
            self._give_up(node)

    def _check_argument(self, node: cst.BaseExpression, argument: cst.Arg, value: Value) -> None:
        call = self._program.parents[argument]
        if argument.star or not isinstance(call, cst.Call):
            self._give_up(node)
            return
        if call.args[0] is argument and self._is_key(value, call):
            return
        for callee in something(self._program.value(call.func)):
            match callee:
                case Function():
                    continue
                case Class() | Member(Instance() | Class()) | Library() if node in self._program.followed:
                    continue
                case Library(name) if name in _FOLLOWED_CALLS:
                    continue
                case Library(name) if name in _HARMLESS_CALLS:
                    continue
                case Library("asyncio.gather" | "asyncio.create_task" | "asyncio.wait_for" | "asyncio.run"):
                    continue
            if not self._is_showing(call, callee):
                self._give_up(node)
            elif message_of(value, self._connects) is not None:
                self._whole_is_shown(node, value)

    def _is_key(self, value: Value, access: cst.CSTNode) -> bool:
        """Whether a message's type chooses an entry of a table of the program's own: `handlers[kind]`, `.get(kind)`."""
        return all(
            isinstance(one, Parsed) and one.path == self._type_path for one in something(value)
        ) and is_table_access(self._program, access)

    def _is_showing(self, call: cst.Call, callee: Value) -> bool:
        if isinstance(callee, Library) and callee.name in _SHOWING_CALLS:
            return True
        if isinstance(self._program.parents[call], cst.Raise):
            return True  # an exception of the program's or of Python's: it is shown to whoever meets it
        return isinstance(call.func, cst.Attribute) and call.func.attr.value in _LOGGING

    def _whole_is_shown(self, node: cst.BaseExpression, value: Value) -> None:
        message = message_of(value, self._connects)
        if message is not None and message.path != self._type_path:
            to = session.NAME.of(self._migrating.target)[0]
            self._migrating.report(WHOLE_MESSAGE, node, f"{self._migrating.code(node)} is {to}'s message from now on")

    def _check_shown(self, node: cst.BaseExpression, parent: cst.CSTNode, value: Value) -> None:
        """A message or its type inside a text: fine where the text is printed or raised, else it may decide."""
        current = parent
        while not isinstance(current, (cst.Call, cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Module)):
            current = self._program.parents[current]
        if isinstance(current, cst.Raise):
            return
        if isinstance(current, cst.Call):
            callees = something(self._program.value(current.func))
            if all(self._is_showing(current, one) for one in callees):
                self._whole_is_shown(node, value)
                return
            if isinstance(self._program.parents[current], cst.Raise):
                return
        self._give_up(node)

    def _check_comparison(self, node: cst.BaseExpression, parent: cst.CSTNode, value: Value) -> None:
        comparison = parent if isinstance(parent, cst.Comparison) else self._program.parents[parent]
        assert isinstance(comparison, cst.Comparison)
        if all(isinstance(one, Parsed) and one.path == self._type_path for one in something(value)):
            return
        others = [comparison.left, *(one.comparator for one in comparison.comparisons)]
        with_none = any(self._program.value(one) == Known(None) for one in others)
        if with_none and all(isinstance(one.operator, (cst.Is, cst.IsNot)) for one in comparison.comparisons):
            self._check_truth(node, value)
            return
        self._give_up(node)

    def _check_truth(self, node: cst.BaseExpression, value: Value) -> None:
        """A test whether a part of a message is there: certain only where the message's type has it always."""
        for one in something(value):
            if not isinstance(one, Parsed) or one.path in ((), self._type_path) or not self._is_read_further(one):
                continue
            having = self._fields_below(replace(one))
            if one.types is None or not one.types <= having:
                self._migrating.report(
                    FIELD_ABSENT,
                    node,
                    f"{self._migrating.code(node)} is tested for being there; test the message's type instead",
                )
                self._complete = False

    def _give_up(self, node: cst.CSTNode) -> None:
        self._complete = False
        statement = self._program.parents.get(node, node)
        self._migrating.report(MESSAGE_NOT_FOLLOWED, node, self._migrating.code(statement))


def _is_value_of(statement: cst.CSTNode, node: cst.CSTNode) -> bool:
    return isinstance(statement, cst.AugAssign) and statement.value is node
