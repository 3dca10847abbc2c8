"""Where what an SDK hands to handlers goes: what the analysis does not follow must not be rewritten by halves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.callbacks import callbacks
from codemods.analysis.values import Class, Function, Instance, Library, Member, Value, something
from codemods.migrating import Migrating
from codemods.rules.sdk.containers import is_kept, is_stored

_FOLLOWED: Final = frozenset(
    f"builtins.{name}"
    for name in ("len", "list", "tuple", "enumerate", "zip", "reversed", "getattr", "hasattr", "isinstance")
)
_SHOWING: Final = frozenset(("builtins.print", "builtins.str", "builtins.repr", "pprint.pprint"))
_LOGGING: Final = ("debug", "info", "warning", "error", "critical", "exception", "log")


class MessageUses:
    """Looks at one use of a message. `is_message` says whether a value is one, or a part of one."""

    def __init__(self, migrating: Migrating, is_message: Callable[[Value], bool]) -> None:
        self._program = migrating.program
        self._is_message = is_message

    def is_followed(self, node: cst.BaseExpression) -> bool:
        """Whether the analysis follows where a message, or a part with fields inside, goes."""
        parent = self._program.parents[node]
        if node in self._program.followed or self._is_kept(node):
            return True
        match parent:
            case cst.Attribute() | cst.Subscript() | cst.For() | cst.CompFor():
                return True
            case cst.Assign(targets):
                return all(self._is_followed_in(one.target, node) for one in targets)
            case cst.If() | cst.While() | cst.BooleanOperation() | cst.UnaryOperation() | cst.IfExp() | cst.Expr():
                return True
            case cst.Comparison(_, [cst.ComparisonTarget(cst.Is() | cst.IsNot())]):
                return True
            case cst.Match(cases=cases):
                return all(_asks_for_class(one.pattern) for one in cases)
            case cst.Arg():
                call = self._program.parents[parent]
                assert isinstance(call, cst.Call) or not parent.star
                callees = something(self._program.value(call.func)) if isinstance(call, cst.Call) else ()
                return bool(callees) and all(self._follows(one) or self._hands_on(call, one) for one in callees)
        return False

    def _is_followed_in(self, target: cst.BaseExpression, node: cst.BaseExpression) -> bool:
        """Whether a message is known where it is read of what it is assigned to: `turns[event.turn_order] = event`."""
        if isinstance(target, cst.Subscript):
            values = something(self._program.value(node))
            return bool(values) and all(is_stored(self._program, target, one) for one in values)
        return isinstance(target, (cst.Name, cst.Tuple))

    def _is_kept(self, node: cst.BaseExpression) -> bool:
        """Whether a message goes into a container of the program's own that gives it back: `turns.put(event)`."""
        values = something(self._program.value(node))
        return bool(values) and all(is_kept(self._program, node, one) for one in values)

    def _follows(self, callee: Value) -> bool:
        match callee:
            case Function(node):
                return self._is_given(node)
            case Class(node):
                return self._is_given(self._method_of(node, "__init__"))
            case Member(Instance(node), name):
                return self._is_given(self._method_of(node, name))
            case Library(name):
                return name in _FOLLOWED
        return False

    def _method_of(self, owner: cst.ClassDef, name: str) -> cst.CSTNode | None:
        scope = self._program.scopes.get(owner)
        method = scope.value_of(name) if scope is not None else None
        return method.node if isinstance(method, Function) else None

    def _is_given(self, function: cst.CSTNode | None) -> bool:
        """Whether the analysis saw one of these messages, or a part of one, come to a function's parameter."""
        scope = self._program.scopes.get(function) if function is not None else None
        return scope is not None and any(
            isinstance(definition.node, cst.Param) and any(map(self._is_message, something(definition.value)))
            for definitions in scope.definitions.values()
            for definition in definitions
        )

    def _hands_on(self, call: cst.CSTNode, callee: Value) -> bool:
        """Whether a library hands it on to a function of the program: `call_soon_threadsafe(show, event)`."""
        if not isinstance(call, cst.Call):
            return False
        found = [one for one, _ in callbacks(self._program, call, callee, Arguments.of(call))]
        return bool(found) and all(self._follows(inner) for one in found for inner in something(one))

    def is_shown(self, node: cst.BaseExpression) -> bool:
        """Whether it is only printed, logged or put into a text that is."""
        current: cst.CSTNode = node
        while not isinstance(current, (cst.Call, cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Module)):
            current = self._program.parents[current]
        if not isinstance(current, cst.Call):
            return False
        if isinstance(current.func, cst.Attribute) and current.func.attr.value in _LOGGING:
            return True
        callee = self._program.value(current.func)
        return isinstance(callee, Library) and callee.name in _SHOWING


def _asks_for_class(pattern: cst.MatchPattern) -> bool:
    """Whether a pattern asks for a message's class alone, or for nothing."""
    match pattern:
        case cst.MatchClass(_, [], []) | cst.MatchAs(None, None):
            return True
        case cst.MatchAs(cst.MatchClass() as inner):
            return _asks_for_class(inner)
        case cst.MatchOr(patterns):
            return all(_asks_for_class(one.pattern) for one in patterns)
    return False
