"""Where messages go: each use that the analysis does not follow is said, so that nothing is half migrated."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.containers import contents, is_container, is_followed_method, puts_in
from codemods.analysis.environment import Definition
from codemods.analysis.libraries import DECODING
from codemods.analysis.named_choice import CASES
from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    Awaitable,
    Class,
    DictDisplay,
    Frame,
    Function,
    Instance,
    JsonText,
    Known,
    Library,
    LibraryObject,
    Member,
    Parsed,
    Sequence,
    Stream,
    Value,
    something,
)
from codemods.findings import FIELD_ABSENT
from codemods.migrating import Migrating
from codemods.rules.messages.carriers import Carriers
from codemods.rules.messages.leaving.ends import Ends
from codemods.rules.messages.leaving.leaving import Leaving
from codemods.rules.messages.leaving.lost import Lost
from codemods.rules.messages.own_fields import OwnFields
from codemods.rules.messages.places import ANY, MessagePlaces
from codemods.rules.messages.received import TYPE, Received
from codemods.rules.messages.waiting_tasks import are_tasks, is_waited_for_by_name

_FOLLOWING = (
    *("list", "tuple", "sorted", "reversed", "iter", "next", "enumerate"),
    *("zip", "min", "max", "map", "filter"),
)
_FOLLOWED_CALLS: Final = frozenset(f"builtins.{name}" for name in _FOLLOWING)
_HARMLESS_CALLS: Final = frozenset(f"builtins.{name}" for name in ("len", "isinstance", "type", "bool", "id"))
_CHANGING: Final = ("update", "setdefault", "clear", "popitem", "append", "extend", "insert", "remove", "sort")
"""Methods that change a part of a message: its old form is another object, which they would change in vain."""
_FRAME_METHODS: Final = ("decode", "strip", "startswith", "encode", "data", "json", "type", "extra")


def is_table_access(program: Program, access: cst.CSTNode) -> bool:
    """Whether a node reads an entry of a dictionary that is written out in the program."""
    match access:
        case cst.Subscript(owner) | cst.Call(cst.Attribute(owner, cst.Name("get"))):
            return all(isinstance(one, DictDisplay) for one in something(program.value(owner)))
    return False


class Following(Ends):
    """Looks at every use of what carries a session's messages."""

    def __init__(self, migrating: Migrating, received: Received, places: MessagePlaces) -> None:
        self._carriers = Carriers(migrating, received)
        is_known = received.type_path == TYPE
        leaving = Leaving(migrating, places, self._carriers, received.rows) if is_known else None
        super().__init__(migrating, received, leaving)
        self._own = OwnFields(migrating, places)
        self._lost = Lost(migrating.program, self._carriers, self._showing)
        self._given_in_old_form: set[Definition] = set()
        """Parameters whose readers read the old vendor's fields, and get them."""
        self._planned: frozenset[cst.CSTNode] = frozenset()
        self._taken_out: list[cst.Attribute] = []
        """Where fields are taken out of messages, which matters to those who get them afterwards."""

    def check(self, gone: Iterable[cst.CSTNode], planned: Iterable[cst.CSTNode] = ()) -> bool:
        """Whether every message is followed to its end; findings say where not.

        `gone` are nodes that are removed, `planned` the uses of whole messages that are written anew.
        """
        left_out = set(gone)
        self._planned = frozenset(planned)
        for node, value in self._program.values.items():
            if node in left_out or node in self._planned:
                continue
            if isinstance(node, cst.BaseExpression) and self._carriers.carries(value):
                self._check_use(node, value)
        for use, definition in self._lost.reads():
            if use not in left_out and definition not in self._given_in_old_form:
                self._give_up(use)
        for method in self._taken_out if self._leaving is not None and self._leaving.is_used else ():
            self._give_up(method)
        self._report_shown()
        return self._complete

    # --- uses ------------------------------------------------------------------------------------

    def _check_use(self, node: cst.BaseExpression, value: Value) -> None:
        parent = self._program.parents[node]
        match parent:
            case cst.BinaryOperation() if self._names_method(node):
                return
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
            case cst.AugAssign(target):
                is_message = self._received.message(value) is not None
                if not self._carriers.carries(self._program.value(target)) or (target is node and is_message):
                    self._give_up(node)
            case cst.Return() | cst.Yield() | cst.From() | cst.Lambda():
                self._check_result(node)
            case cst.Comparison() | cst.ComparisonTarget():
                self._check_comparison(node, parent, value)
            case cst.If() | cst.While() | cst.Assert() | cst.UnaryOperation() | cst.CompIf():
                self._check_truth(node, value)
            case cst.BooleanOperation(_, cst.Or(), cst.Dict([]) | cst.List([])) if parent.left is node:
                return  # what is missing has no fields either way
            case cst.BooleanOperation():
                if parent.left is node or not self._carriers.carries(self._program.value(parent)):
                    self._check_truth(node, value)
            case cst.IfExp():
                if parent.test is node:
                    self._check_truth(node, value)
            case cst.BinaryOperation(cst.BaseString(), cst.Modulo()) if self._is_written_by_python(value):
                self._whole_is_shown(node, value)
            case cst.FormattedStringExpression():
                if all(isinstance(one, JsonText) for one in something(value)):
                    self._check_text(node, parent, value)
                else:
                    self._check_shown(node, parent, value)
            case cst.Match():
                if parent not in self._planned and any(
                    isinstance(one, Parsed) and one.path != self._received.type_path for one in something(value)
                ):
                    self._give_up(node)
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp() | cst.Element():
                if not self._carriers.carries(self._program.value(self._around(parent))):
                    self._give_up(node)
            case cst.DictElement():
                if not self._carriers.carries(self._program.value(self._around(parent))):
                    self._give_up(node)
            case cst.StarredDictElement() if self._showing.is_shown(self._program.parents[parent]):
                self._whole_is_shown(node, value)
            case cst.StarredDictElement():
                self._leaves(node, value)
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
            is_own = self._own.is_store(access)
            if not is_own and any(isinstance(one, Parsed) for one in something(value)):
                self._give_up(access)
            return
        if any(isinstance(one, Stream) or is_container(one) for one in something(value)):
            if self._program.value(access) == UNKNOWN:
                self._give_up(access)
            return
        if access in self._program.values and self._received.message(self._program.value(access)):
            return
        if any(isinstance(one, Parsed) and one.path != self._received.type_path for one in something(value)):
            self._give_up(access)

    def _check_method(self, node: cst.BaseExpression, parent: cst.Attribute, value: Value) -> None:
        name = parent.attr.value
        call = self._program.parents[parent]
        if self._names_method(node) and name in CASES:
            return
        is_frame = all(isinstance(one, Frame) for one in something(value))
        if is_frame and name in _FRAME_METHODS:
            return
        if name in ("get", "pop") and isinstance(call, cst.Call) and self._received.message(self._program.value(call)):
            self._taken_out += [parent] if name == "pop" else []
            return
        if all(is_container(one) or isinstance(one, DictDisplay) for one in something(value)):
            if not isinstance(call, cst.Call) or not is_followed_method(name):
                self._give_up(parent)
            return
        if name in ("keys", "items", "values") and isinstance(call, cst.Call) and self._showing.is_shown(call):
            self._whole_is_shown(node, value)
            return
        if all(isinstance(one, JsonText) for one in something(value)):
            self._check_text(node, self._program.parents[call], value)  # `.encode()`, `.strip()`: a text, still
            return
        if any(isinstance(one, (Sequence, DictDisplay, Stream, Awaitable)) for one in something(value)):
            if not isinstance(call, cst.Call) or name in ("get", "append", "items", "values"):
                self._give_up(parent)
            return
        if name in _CHANGING:
            self._give_up(parent)
            return
        if self._has_none(value, name):
            self._complete = False
            text = f"{self._migrating.code(parent)}: what is read there has no attributes; this fails as it is"
            self._migrating.report(FIELD_ABSENT, parent, text)
            return
        self._leaves(node, value, parent)

    def _check_target(self, node: cst.BaseExpression, target: cst.CSTNode) -> None:
        match target:
            case cst.Name():
                return
            case cst.Tuple(elements) | cst.List(elements):
                if self._is_lost(elements, node):
                    self._give_up(node)
                    return
                if not any(isinstance(one, cst.StarredElement) and self._is_read(one.value) for one in elements):
                    return
            case cst.Attribute(owner):
                if all(isinstance(one, (Instance, Class)) for one in something(self._program.value(owner))):
                    return
            case cst.Subscript(owner):
                if self._carriers.carries(self._program.value(owner)):
                    return  # a list or dictionary of the program's own: what comes out of it is followed
                if self._program.value(owner) == UNKNOWN:
                    self._leaves(node, self._program.value(node))
                    return
        self._give_up(node)

    def _is_lost(self, elements: AbstractSequence[cst.BaseElement], unpacked: cst.BaseExpression) -> bool:
        """Whether a message comes out of a tuple by a name that can also hold what nobody knows."""
        for at, element in enumerate(elements):
            parts = [
                one.elements[at]
                for one in something(self._program.value(unpacked))
                if isinstance(one, Sequence) and len(one.elements) == len(elements)
            ]
            found = [one for one in self._program.definitions() if one.node is element.value]
            if any(self._carriers.carries(one) for one in parts) and any(
                one.value == UNKNOWN and one.uses for one in found
            ):
                return True
        return False

    def _is_read(self, target: cst.BaseExpression) -> bool:
        """Whether anything reads the name that a starred target gives the rest of a list; it is not followed there."""
        found = [one for one in self._program.definitions() if one.node is target]
        return not found or any(one.uses and self._program.value(target) == UNKNOWN for one in found)

    def _check_result(self, node: cst.BaseExpression) -> None:
        """A message that a function gives back is followed to the function's callers, if there are any here."""
        result = self._program.parents[node]
        is_lost = isinstance(result, (cst.Return, cst.Yield)) and self._lost.is_result(result)
        if self._program.scope_of(node) not in self._program.called or is_lost:
            self._leaves(node, self._program.value(node))

    def _check_argument(self, node: cst.BaseExpression, argument: cst.Arg, value: Value) -> None:
        call = self._program.parents[argument]
        if not isinstance(call, cst.Call):
            self._give_up(node)
            return
        if argument.star:
            self._leaves_for(call, node, value)
            return
        if call.args[0] is argument and self._is_key(value, call):
            return
        match call.func:
            case cst.Attribute(cst.BaseString(), cst.Name("format")) if self._is_written_by_python(value):
                self._whole_is_shown(node, value)
                return
        lost = self._lost.parameters(call, argument)
        if lost:
            self._given_in_old_form.update(lost)
            self._migrating.in_old_form.update(one.node for one in lost)
            self._leaves(node, value)
            return
        is_text = all(isinstance(one, JsonText) for one in something(value))
        for callee in something(self._program.value(call.func)):
            if is_text and self._showing.is_storing(call):
                continue
            match callee:
                case Function():
                    continue
                case Class() | Member(Instance() | Class()) | Library() if node in self._program.followed:
                    continue
                case Library(name) if name in DECODING:
                    if self._carriers.carries(self._program.value(call)):
                        continue
                case Library(name) if name in _FOLLOWED_CALLS and self._is_sorted_by_code(call):
                    continue
                case Member(Sequence() | LibraryObject() as owner, name) if is_container(owner) and puts_in(name):
                    if self._carriers.carries(contents(self._program, owner)):
                        continue
                case Library(name) if name in _HARMLESS_CALLS:
                    continue
                case Library("asyncio.gather" | "asyncio.create_task" | "asyncio.wait_for" | "asyncio.run"):
                    continue
                case Library("asyncio.wait") if self._carriers.carries(
                    self._program.value(call)
                ) or is_waited_for_by_name(self._program, node):
                    continue
            if not self._showing.is_showing(call, callee) or self._showing.is_sent_on(call, callee):
                self._leaves_for(call, node, value)
            elif self._received.message(value) is not None:
                self._whole_is_shown(node, value)

    def _leaves_for(self, call: cst.Call, node: cst.BaseExpression, value: Value) -> None:
        """A message is handed to code that is not the program's: to others it leaves, or else it is lost."""
        own = (Function, Class, Instance)
        callees = [one.owner if isinstance(one, Member) else one for one in something(self._program.value(call.func))]
        if any(isinstance(one, own) for one in callees) or self._lost.is_chosen_by(call.func, self._received.type_path):
            self._give_up(node)
        else:
            self._leaves(node, value)

    def _is_sorted_by_code(self, call: cst.Call) -> bool:
        """Whether what a function of Python's own calls for each element, if anything, is written in the program."""
        keys = [one.value for one in call.args if one.keyword is not None and one.keyword.value == "key"]
        called = something(self._program.value(call.func))
        if called and isinstance(called[0], Library) and called[0].name in ("builtins.map", "builtins.filter"):
            keys += [one.value for one in call.args[:1]]
        return all(
            isinstance(one, (Function, Known)) or (isinstance(one, Member) and isinstance(one.owner, Instance | Class))
            for key in keys
            for one in something(self._program.value(key))
        )

    def _is_key(self, value: Value, access: cst.CSTNode) -> bool:
        """Whether a message's type chooses an entry of a table of the program's own: `handlers[kind]`, `.get(kind)`."""
        kind = self._received.message(value)
        return kind is not None and kind.path == self._received.type_path and is_table_access(self._program, access)

    def _check_comparison(self, node: cst.BaseExpression, parent: cst.CSTNode, value: Value) -> None:
        comparison = parent if isinstance(parent, cst.Comparison) else self._program.parents[parent]
        assert isinstance(comparison, cst.Comparison)
        kind = self._received.message(value)
        if kind is not None and kind.path == self._received.type_path:
            return
        if are_tasks(value):
            return  # which task it is, or whether it is among others: nothing of what it gives
        if all(isinstance(one, DictDisplay) for one in something(value)):
            return  # `key in utterances`: what is asked for is the program's own key
        others = [comparison.left, *(one.comparator for one in comparison.comparisons)]
        with_none = any(self._program.value(one) == Known(None) for one in others)
        if with_none and all(isinstance(one.operator, (cst.Is, cst.IsNot)) for one in comparison.comparisons):
            self._check_truth(node, value)
            return
        self._give_up(node)

    def _check_truth(self, node: cst.BaseExpression, value: Value) -> None:
        """A test whether a part of a message is there: certain only where the message's type has it always."""
        for one in something(value):
            if (
                not isinstance(one, Parsed)
                or one.path in ((), self._received.type_path)
                or not self._carriers.is_read_further(one)
            ):
                continue
            if self._carriers.is_field(one):
                continue  # a list of the other vendor's, too
            having = self._carriers.fields_below(replace(one))
            having |= self._received.any_types if ANY in having else frozenset()
            if one.types is None or not one.types <= having:
                self._migrating.report(
                    FIELD_ABSENT,
                    node,
                    f"{self._migrating.code(node)} is tested for being there; test the message's type instead",
                )
                self._complete = False


def _is_value_of(statement: cst.CSTNode, node: cst.CSTNode) -> bool:
    return isinstance(statement, cst.AugAssign) and statement.value is node
