"""Whether a program lives with what it takes for a missing field, wherever that value goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Final

import libcst as cst

from codemods.analysis.containers import elements_of
from codemods.analysis.program import Program
from codemods.analysis.values import EACH, UNKNOWN, Class, Function, Known, Library, Parsed, Value, something
from codemods.rules.absent.by_name import is_given_away, is_number, is_property, names_given, names_with_formats
from codemods.rules.absent.without import Without
from codemods.rules.messages.showing import Showing
from codemods.rules.names.elsewhere import calls_of

_TAKES_NONE: Final = frozenset(
    f"builtins.{name}" for name in ("print", "str", "repr", "bool", "isinstance", "dict", "setattr", "getattr", "type")
)
_OF_MANY: Final = frozenset(
    ("builtins.sum", "builtins.max", "builtins.min", "builtins.sorted", "statistics.mean", "statistics.fmean")
)
_PERCENT: Final = re.compile(r"%(?:\((\w+)\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?([a-zA-Z%])")
_SHOWN_AS_THEY_ARE: Final = "sra%"
_GATHERING: Final = ("append", "add", "extend", "put", "insert")
_DEEPEST: Final = 12


class LivedWith:
    """What is done with one read, wherever its value goes."""

    def __init__(
        self,
        program: Program,
        node: cst.BaseExpression,
        message: Parsed,
        default: cst.BaseExpression,
        is_message: Callable[[Value], bool],
    ) -> None:
        self._program = program
        self._node = node
        self._carries = is_at(message)
        value: Value = program.value(default)
        if isinstance(default, cst.Name) and default.value == "None":
            value = Known(None)
        self._is_unspoken = isinstance(node, cst.Attribute)
        """The program says nothing of a missing field, the old SDK's type alone does: None is not shown as it is."""
        self._is_none = value == Known(None) or (value == UNKNOWN and not isinstance(default, cst.Call))
        self.without = Without(program, self._carries, is_message, is_none=self._is_none)
        self._holds = holds(program, default)
        self._names: set[str] = set()

    def is_lived_with(self) -> bool:
        """Whether nothing that the program does with it fails, or decides more than what is done with it."""
        if not self._fits(self._node, self._is_none, _DEEPEST):
            return False
        is_none = self._is_none and not self._is_replaced_at_once(self._node)
        return all(self._fits(one, is_none, _DEEPEST) for one in self._carriers())

    def _carriers(self) -> Iterable[cst.BaseExpression]:
        """The other places that the read's value comes to; a read of its own is asked about by itself."""
        for node, value in list(self._program.values.items()):
            if node is self._node or not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript, cst.Call)):
                continue
            if not self._carries(value) or self._is_read(node) or not self._is_loaded(node):
                continue
            if isinstance(node, cst.Name) and self._is_of_another(node):
                continue
            yield node

    def _is_read(self, node: cst.BaseExpression) -> bool:
        """Whether an expression reads the field of a message itself."""
        match node:
            case cst.Subscript(owner) | cst.Attribute(owner) | cst.Call(cst.Attribute(owner, cst.Name("get" | "pop"))):
                pass
            case cst.Call(cst.Name("getattr"), [cst.Arg(owner), *_]):
                pass
            case _:
                return False
        return any(isinstance(one, Parsed) for one in something(self._program.value(owner)))

    def _is_loaded(self, node: cst.BaseExpression) -> bool:
        match self._program.parents[node]:
            case cst.AssignTarget() | cst.Param():
                return False
            case cst.For(target=target) | cst.CompFor(target=target):
                return target is not node
            case cst.AnnAssign(target=target) | cst.NamedExpr(target=target) | cst.AugAssign(target=target):
                return target is not node
            case cst.Attribute(attr=attribute):
                return attribute is not node
            case cst.Arg(keyword=keyword):
                return keyword is not node
        return True

    def _is_of_another(self, name: cst.Name) -> bool:
        """Whether a name was given its value by other reads of the field alone."""
        given = [one.expression for one in self._program.reaching.get(name, ())]
        return bool(given) and all(
            one is not None and self._node is not one and self._is_only_of_others(one) for one in given
        )

    def _is_only_of_others(self, given: cst.BaseExpression) -> bool:
        inside = self._program.nodes_in(given)
        return self._node not in inside and any(
            isinstance(one, cst.BaseExpression) and self._is_read(one) and self._carries(self._program.value(one))
            for one in inside
        )

    def _is_replaced_at_once(self, node: cst.BaseExpression) -> bool:
        """Whether `or` gives something else for it right there."""
        parent = self._program.parents[node]
        if not isinstance(parent, cst.BooleanOperation) or not isinstance(parent.operator, cst.Or):
            return False
        return parent.left is node and self._program.value(parent.right) not in (Known(None), UNKNOWN)

    def _fits(self, node: cst.BaseExpression, is_none: bool, deep: int) -> bool:
        """Whether what stands around an expression takes the default; `is_none`: it may be None there."""
        if deep == 0:
            return False
        if self.without.is_never_reached(node):
            return True
        decided = self.without.decides_alone(node) if not self._holds else self._is_tested(node)
        if decided is not None:
            return decided
        parent = self._program.parents[node]
        match parent:
            case cst.Arg():
                return self._is_taken(node, parent, is_none, deep)
            case cst.BooleanOperation(left, operator, right):
                if isinstance(operator, cst.Or) and left is node and not self._holds:
                    value = self._program.value(right)
                    if not isinstance(value, Known):
                        return True  # what stands for it is not it
                    return self._fits(parent, value.value is None, deep - 1)
                return self._fits(parent, is_none, deep - 1)
            case cst.UnaryOperation(cst.Not()):
                return self._fits(parent, False, deep - 1)
            case cst.Comparison(_, [cst.ComparisonTarget(cst.Is() | cst.IsNot() | cst.In() | cst.NotIn())]):
                return parent.left is node and self._fits(parent, False, deep - 1)
            case cst.Comparison(_, [cst.ComparisonTarget(cst.Equal() | cst.NotEqual())]):
                return self._fits(parent, False, deep - 1)
            case cst.ComparisonTarget():
                return False
            case cst.IfExp(test):
                if test is node:
                    return False
                return self._fits(parent, is_none, deep - 1)
            case cst.NamedExpr():
                return self._fits(parent, is_none, deep - 1)
            case cst.FormattedStringExpression(format_spec=specification):
                return not is_none or not (specification or self._is_unspoken or not self._is_only_shown(parent))
            case cst.Assign(targets):
                return self._is_kept(node, [one.target for one in targets], is_none, deep)
            case cst.AnnAssign(target):
                return self._is_kept(node, [target], is_none, deep)
            case cst.DictElement(key) if parent.value is node:
                name = self._program.value(key)
                if isinstance(name, Known) and isinstance(name.value, str):
                    is_followed = self._carries(self._program.value(node))
                    return self._fits_format(name.value, is_none) and (
                        is_followed or self._named(name.value, is_none, deep)
                    )
                return not self._is_lost_number(node)
            case cst.Element():
                return self._is_in_text(parent, is_none) and not self._is_lost_number(node)
            case cst.Return():
                return self._is_returned(node, is_none, deep)
            case cst.Yield():
                return not self._is_lost_number(node)
            case cst.Expr():
                return True
            case cst.Await():
                return self._fits(parent, is_none, deep - 1)
        if is_none:
            return False
        match parent:
            case cst.BinaryOperation(operator=cst.Divide() | cst.FloorDivide() | cst.Modulo(), right=right) if (
                right is node and not self._holds
            ):
                return False  # nothing can be divided by it
            case cst.BinaryOperation() | cst.UnaryOperation() | cst.Comparison() | cst.Subscript():
                return self._fits(parent, False, deep - 1)
            case cst.Attribute(owner) if owner is node:
                call = self._program.parents[parent]
                return isinstance(call, cst.Call) and call.func is parent and self._fits(call, False, deep - 1)
            case cst.AugAssign(target):
                return self._is_kept(node, [target], False, deep)
            case cst.For(iter=iterated) | cst.CompFor(iter=iterated):
                return iterated is node and not self._holds
        return False

    def _is_lost_number(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is reckoned out of the field, and goes where nobody follows it."""
        return not self._carries(self._program.value(node)) and is_number(self._program, node)

    def _is_returned(self, node: cst.BaseExpression, is_none: bool, deep: int) -> bool:
        """Whether all that is done with what a function returns takes it."""
        function = self._program.scope_of(node)
        if not isinstance(function, cst.FunctionDef):
            return False
        if is_given_away(self._program, function):
            return False
        if self._carries(self._program.value(node)):
            return True
        if is_property(function):
            return self._named(function.name.value, is_none, deep)
        return all(self._fits(one, is_none, deep - 1) for one in calls_of(self._program, function))

    def _fits_format(self, name: str, is_none: bool) -> bool:
        """Whether no text gives what it takes by this name a format that None has not."""
        return not is_none or name not in self._names_with_formats

    @cached_property
    def _names_with_formats(self) -> frozenset[str]:
        return names_with_formats(self._program)

    def _is_tested(self, node: cst.BaseExpression) -> bool | None:
        """A default that holds takes the place of the field in a test: nobody can say what is meant. None: no test."""
        found = self.without.decides_alone(node)
        return None if found is None else False

    def _is_kept(
        self, node: cst.BaseExpression, targets: Iterable[cst.BaseExpression], is_none: bool, deep: int
    ) -> bool:
        """Whether all that is done with what a value is assigned to takes it."""
        is_followed = self._carries(self._program.value(node))
        for target in targets:
            match target:
                case cst.Name(name):
                    definition = next((one for one in self._program.definitions() if one.expression is node), None)
                    if definition is None:
                        if not is_followed and not self._named(name, is_none, deep):
                            return False
                    elif not all(self._fits(use, is_none, deep - 1) for use in definition.uses):
                        return False
                case cst.Attribute(attr=cst.Name(name)):
                    if not is_followed and not self._named(name, is_none, deep):
                        return False
                case cst.Subscript(slice=[cst.SubscriptElement(cst.Index(key))]):
                    named = self._program.value(key)
                    text = named.value if isinstance(named, Known) else None
                    if isinstance(text, str):
                        if not self._fits_format(text, is_none):
                            return False
                        if not is_followed and not self._named(text, is_none, deep):
                            return False
                    elif self._is_lost_number(node):
                        return False
                case _:
                    return False
        return True

    def _named(self, name: str, is_none: bool, deep: int) -> bool:
        """Whether all that bears a name anywhere takes a value that is no longer followed as the field itself."""
        if name in self._names:
            return True
        self._names.add(name)
        for node in list(self._program.values):
            match node:
                case cst.Attribute(attr=cst.Name(found)) | cst.Name(found) if found == name:
                    pass
                case cst.Subscript(slice=[cst.SubscriptElement(cst.Index(key))]) if self._program.value(key) == Known(
                    name
                ):
                    pass
                case cst.Call(cst.Attribute(attr=cst.Name("get")), [cst.Arg(key), *_]) if self._program.value(
                    key
                ) == Known(name):
                    pass
                case _:
                    continue
            if not isinstance(node, cst.BaseExpression) or self._is_read(node) or not self._is_loaded(node):
                continue
            if not self._fits(node, is_none, deep - 1):
                return False
        return True

    def _is_taken(self, node: cst.BaseExpression, argument: cst.Arg, is_none: bool, deep: int) -> bool:
        call = self._program.parents[argument]
        if not isinstance(call, cst.Call):
            return not is_none  # the base of a class, or a subscript's
        if is_none and not self._is_shown_by(call, argument):
            return False
        callees = something(self._program.value(call.func))
        is_followed = self._carries(self._program.value(node))
        names = names_given(self._program, call, argument)
        if argument.keyword is not None and not self._fits_format(argument.keyword.value, is_none):
            return False
        is_lost = not is_followed or not self._is_own(callees)
        if is_lost and not all(self._named(one, is_none, deep) for one in names or ()):
            return False
        if is_none and self._is_unspoken and Library("builtins.print") in callees:
            return False
        for callee in callees:
            match callee:
                case Library(name) if name.startswith("builtins.") and name not in _TAKES_NONE:
                    if is_none or not self._fits(call, False, deep - 1):
                        return False
                case Library("builtins.str" | "builtins.repr" | "builtins.bool"):
                    if not self._fits(call, False, deep - 1):
                        return False
                case Function() | Class() if not is_followed and names is None:
                    return False
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in _GATHERING:
            return not self._is_lost_number(node) and (not is_none or not self._is_reckoned())
        return True

    def _is_own(self, callees: Iterable[Value]) -> bool:
        """Whether a call is of the program's own functions alone, whose parameters are followed."""
        found = list(callees)
        return bool(found) and all(isinstance(one, (Function, Class)) for one in found)

    def _is_reckoned(self) -> bool:
        """Whether the program makes one number, or one text, of many anywhere, which fails over a None among them."""
        for node in self._program.values:
            match node:
                case cst.Call(cst.Attribute(cst.SimpleString(), cst.Name("join")), [cst.Arg(joined)]):
                    element = elements_of(self._program, self._program.value(joined))
                    is_other = isinstance(joined, (cst.BaseComp, cst.Name, cst.Attribute))
                    if self._carries(element) or (element == UNKNOWN and not is_other):
                        return True
                case cst.Call(function):
                    callees = something(self._program.value(function))
                    if any(isinstance(one, Library) and one.name in _OF_MANY for one in callees):
                        return True
        return False

    def _is_shown_by(self, call: cst.Call, argument: cst.Arg) -> bool:
        """Whether None fits the place that a text to be filled in has for an argument, if that is what a call does."""
        for at, one in enumerate(call.args):
            text = self._program.value(one.value)
            if one is argument or not isinstance(text, Known) or not isinstance(text.value, str):
                continue
            places = [found[1] for found in _PERCENT.findall(text.value) if found[1] != "%"]
            position = call.args.index(argument) - at - 1
            if 0 <= position < len(places):
                return places[position] in _SHOWN_AS_THEY_ARE
        match call.func:
            case cst.Attribute(template, cst.Name("format")):
                text = self._program.value(template)
                return isinstance(text, Known) and isinstance(text.value, str) and ":" not in text.value
        return True

    def _is_in_text(self, element: cst.Element, is_none: bool) -> bool:
        """`"%.2f %s" % (confidence, text)`: whether None fits there; a tuple that is no such thing takes anything."""
        display = self._program.parents[element]
        operation = self._program.parents[display]
        if not is_none or not isinstance(operation, cst.BinaryOperation):
            return True
        text = self._program.value(operation.left)
        if not isinstance(display, cst.Tuple) or not isinstance(text, Known) or not isinstance(text.value, str):
            return False
        places = [found[1] for found in _PERCENT.findall(text.value) if found[1] != "%"]
        at = display.elements.index(element)
        return at < len(places) and places[at] in _SHOWN_AS_THEY_ARE and self._is_only_shown(operation.left)

    def _is_only_shown(self, part: cst.CSTNode) -> bool:
        """Whether a text with a None in it is printed or logged, and nobody else's."""
        parent = self._program.parents[part]
        while isinstance(parent, (cst.FormattedString, cst.ConcatenatedString, cst.BinaryOperation)):
            parent = self._program.parents[parent]
        call = self._program.parents[parent]
        if not isinstance(parent, cst.Arg) or not isinstance(call, cst.Call):
            return False
        showing = Showing(self._program)
        return any(showing.is_showing(call, one) for one in something(self._program.value(call.func)))


def is_at(message: Parsed) -> Callable[[Value], bool]:
    """A test whether a value is the same field, of whatever message of that kind."""

    def carries(value: Value) -> bool:
        return any(
            isinstance(one, Parsed)
            and type(one.document) is type(message.document)
            and _without_positions(one) == _without_positions(message)
            for one in something(value)
        )

    return carries


def _without_positions(message: Parsed) -> tuple[object, ...]:
    return tuple(EACH if isinstance(step, int) else step for step in message.path)


def holds(program: Program, default: cst.BaseExpression) -> bool:
    """Whether a default holds in a test, as far as can be known; what nobody knows may hold."""
    match default:
        case cst.Name("None") | cst.Dict([]) | cst.List([]) | cst.Tuple([]):
            return False
    value = program.value(default)
    return not isinstance(value, Known) or bool(value.value)
