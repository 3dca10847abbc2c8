"""Evaluating expressions on abstract values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

import libcst as cst

from codemods.analysis.calls import CallEvaluation
from codemods.analysis.command_line import is_parsed, read_option
from codemods.analysis.containers import contents, is_container, merged_dictionary
from codemods.analysis.environment import Environment
from codemods.analysis.libraries import attribute, awaited
from codemods.analysis.narrowing import narrowed
from codemods.analysis.program import Entry
from codemods.analysis.sound import constant_bytes, scaled, silence, sliced
from codemods.analysis.tagging import what_is_left
from codemods.analysis.texts import filled_in
from codemods.analysis.values import (
    DEEPEST_VALUE,
    EACH,
    LONGEST_LIST,
    NOTHING,
    UNKNOWN,
    Class,
    DictDisplay,
    EnumMember,
    Function,
    Instance,
    Known,
    Library,
    LibraryObject,
    Member,
    OwnModule,
    Parsed,
    Sequence,
    Stream,
    Value,
    alternatives,
    depth,
    join,
    join_all,
    replaceable,
    something,
    text_of,
)

_ARITHMETIC: Final[dict[type[cst.CSTNode], Callable[[Any, Any], Any]]] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.Divide: operator.truediv,
    cst.FloorDivide: operator.floordiv,
}

_CONSTANTS: Final = {"True": True, "False": False, "None": None}


class ExpressionEvaluation(CallEvaluation):
    """Gives every expression its value; statements are the business of the class built on this one."""

    # --- expressions -----------------------------------------------------------------------------

    def evaluate(self, node: cst.BaseExpression, environment: Environment) -> Value:
        """The value of an expression; kept for its node."""
        # A value that is not there yet gives none: UNKNOWN would stay, whatever a later round finds.
        evaluation = getattr(self, f"_evaluate_{type(node).__name__.lower()}", None)
        value = evaluation(node, environment) if evaluation is not None else self._evaluate_children(node, environment)
        if value is NOTHING and self.complete and not self._is_of_none(node):
            value = UNKNOWN
        value = narrowed(value, environment, self.program)
        if environment.left_out and isinstance(node, cst.Name):
            value = what_is_left(self.program, node, value, environment, settled=self.complete)
        known = self.program.values.get(node)
        if known is None:
            self.evaluated.append(node)
        self.program.values[node] = value if known is None else join(known, value)
        return value

    def _is_of_none(self, node: cst.BaseExpression) -> bool:
        """Whether an attribute is read of what is still None: in the first pass of a loop, say."""
        return isinstance(node, cst.Attribute) and self.program.values.get(node.value) == Known(None)

    def _evaluate_children(self, node: cst.CSTNode, environment: Environment) -> Value:
        for child in self.program.children(node):
            if isinstance(child, cst.BaseExpression):
                self.evaluate(child, environment)
            else:
                self._evaluate_children(child, environment)
        return UNKNOWN

    def _evaluate_name(self, node: cst.Name, environment: Environment) -> Value:
        if node.value in _CONSTANTS:
            return Known(_CONSTANTS[node.value], node)
        return self._read_name(node, environment)

    def _evaluate_simplestring(self, node: cst.SimpleString, environment: Environment) -> Value:
        return Known(node.evaluated_value, node)

    def _evaluate_integer(self, node: cst.Integer, environment: Environment) -> Value:
        return Known(node.evaluated_value, node)

    def _evaluate_float(self, node: cst.Float, environment: Environment) -> Value:
        return Known(node.evaluated_value, node)

    def _evaluate_concatenatedstring(self, node: cst.ConcatenatedString, environment: Environment) -> Value:
        return text_of((self.evaluate(node.left, environment), self.evaluate(node.right, environment)))

    def _evaluate_formattedstring(self, node: cst.FormattedString, environment: Environment) -> Value:
        parts: list[Value] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                parts.append(Known(part.value.replace("{{", "{").replace("}}", "}"), part))
            elif isinstance(part, cst.FormattedStringExpression):
                value = self.evaluate(part.expression, environment)
                for inner in part.format_spec or ():
                    self._evaluate_children(inner, environment)
                parts.append(UNKNOWN if part.format_spec or part.conversion else value)
        return text_of(parts)

    def _evaluate_unaryoperation(self, node: cst.UnaryOperation, environment: Environment) -> Value:
        value = self.evaluate(node.expression, environment)
        if isinstance(node.operator, cst.Minus) and isinstance(value, Known) and isinstance(value.value, (int, float)):
            return Known(-value.value, certain=value.certain)
        return UNKNOWN

    def _evaluate_binaryoperation(self, node: cst.BinaryOperation, environment: Environment) -> Value:
        left, right = self.evaluate(node.left, environment), self.evaluate(node.right, environment)
        if NOTHING in (left, right):
            return NOTHING
        if isinstance(node.operator, cst.BitOr) and isinstance(left, DictDisplay):
            return merged_dictionary(self.program, node, ((node.left, left), (node.right, right)))
        if isinstance(node.operator, cst.Add) and (_is_text(left) or _is_text(right)):
            return text_of((left, right))
        if isinstance(node.operator, cst.Modulo) and isinstance(left, Known) and isinstance(left.value, str):
            return filled_in(left.value, right)
        if (same_sound := scaled(left, node.operator, right)) is not None:
            return same_sound
        if isinstance(node.operator, cst.Multiply):
            quiet = silence(self.program.values, node.right) or silence(self.program.values, node.left)
            if quiet is None and isinstance(left, Known) and isinstance(right, Known):
                quiet = constant_bytes(left.value, right.value) or constant_bytes(right.value, left.value)
            if quiet is not None:
                return quiet
        function = _ARITHMETIC.get(type(node.operator))
        if function and isinstance(left, Known) and isinstance(right, Known):
            if not all(isinstance(side.value, (int, float)) for side in (left, right)):
                return UNKNOWN
            try:
                return Known(function(left.value, right.value), certain=left.certain and right.certain)
            except (ArithmeticError, ValueError):
                return UNKNOWN
        return UNKNOWN

    def _evaluate_booleanoperation(self, node: cst.BooleanOperation, environment: Environment) -> Value:
        left = self.evaluate(node.left, environment)
        inner = self.assume(node.left, environment, isinstance(node.operator, cst.And))
        right = self.evaluate(node.right, inner)
        return join(left, right) if isinstance(node.operator, cst.And) else _either(left, right)

    def _evaluate_ifexp(self, node: cst.IfExp, environment: Environment) -> Value:
        self.evaluate(node.test, environment)
        return join(
            self.evaluate(node.body, self.assume(node.test, environment, True)),
            self.evaluate(node.orelse, self.assume(node.test, environment, False)),
        )

    def _evaluate_namedexpr(self, node: cst.NamedExpr, environment: Environment) -> Value:
        value = self.evaluate(node.value, environment)
        if isinstance(node.target, cst.Name):
            self.define(environment, node.target.value, node.target, value, node.value)
        return value

    def _evaluate_await(self, node: cst.Await, environment: Environment) -> Value:
        return awaited(self.evaluate(node.expression, environment))

    def _evaluate_attribute(self, node: cst.Attribute, environment: Environment) -> Value:
        owner = self.evaluate(node.value, environment)
        found: Value = NOTHING
        for one in something(owner):
            if isinstance(one, Known) and node.attr.value == "value" and isinstance(node.value, cst.Attribute):
                # `Kind.A.value`, where members are equal to their values.
                found = join(found, one if self._is_member_of_enumeration(node.value) else Member(one, "value"))
            elif isinstance(one, (Instance, Class)):
                found = join(found, self.read_member(one, node.attr.value))
            elif one == Known(None):
                # None has no attributes: what is read here is what is stored later, or nothing.
                continue
            elif isinstance(one, LibraryObject) and one.made_by == "types.SimpleNamespace":
                found = join(found, self.read_namespace(one.site, node.attr.value))
            elif is_parsed(one):
                found = join(found, read_option(self.program, node))
            elif isinstance(one, EnumMember):
                found = join(found, self._of_member(one, node.attr.value))
            elif isinstance(one, OwnModule):
                found = join(found, self.read_own_module(one, node))
            else:
                found = join(found, one if one in (UNKNOWN, NOTHING) else attribute(one, node.attr.value))
        return found

    def _evaluate_subscript(self, node: cst.Subscript, environment: Environment) -> Value:
        owner = self.evaluate(node.value, environment)
        key: Value = UNKNOWN
        for element in node.slice:
            if isinstance(element.slice, cst.Index):
                key = self.evaluate(element.slice.value, environment)
            else:
                self._evaluate_children(element.slice, environment)
        if owner is NOTHING or key is NOTHING:
            return NOTHING
        if isinstance(node.slice[0].slice, cst.Slice):
            is_plain = len(node.slice) == 1
            return join_all(
                one if isinstance(one, Parsed) and is_plain else sliced(one, node) or self._part_of_list(one)
                for one in something(owner)
            )
        if len(node.slice) != 1 or not isinstance(key, Known):
            by_position = len(node.slice) == 1 and self._is_a_number(node.slice[0].slice)
            return join_all(
                one.step(EACH) if by_position and isinstance(one, Parsed) else self._any_element(one)
                for one in something(owner)
            )
        owners = [one for one in something(owner) if not self._is_empty(one)] or something(owner)
        if not key.certain:
            return join_all(self._element_by_default(one, key) for one in owners)
        return join_all(self.element(one, key) for one in owners)

    def _element_by_default(self, owner: Value, key: Known) -> Value:
        """What a key gives that a caller or the environment may replace: a constant's like, or any of the elements."""
        found = self.element(owner, key)
        if not isinstance(owner, (DictDisplay, Sequence)):
            return found
        return replaceable(found) if isinstance(found, Known) else self._any_element(owner)

    def _part_of_list(self, value: Value) -> Value:
        """What a slice of a list of the program's own is."""
        if isinstance(value, Stream):
            return value
        if is_container(value):
            each = contents(self.program, value)
            return each if each in (NOTHING, UNKNOWN) else Stream(each)
        return UNKNOWN

    def _is_a_number(self, part: cst.BaseSlice) -> bool:
        """Whether a subscript is a number for sure, so that what it is asked of is a list: `words[index - 1]`."""
        match part:
            case cst.Index(cst.BinaryOperation(left, cst.Add() | cst.Subtract(), right)):
                return isinstance(left, cst.Integer) or isinstance(right, cst.Integer)
            case cst.Index(cst.UnaryOperation(cst.Minus())):
                return True
        return False

    def _is_empty(self, value: Value) -> bool:
        """Whether a value is the `{}` of `message.get("data") or {}`, of which no subscript gives anything."""
        if not isinstance(value, DictDisplay) or not isinstance(value.site, cst.Dict) or value.site.elements:
            return False
        facts = self.program.tables.facts(value.site)
        return facts.complete and not facts.entries and not facts.pending

    def _any_element(self, owner: Value) -> Value:
        """What an element is at a place that only the running program knows."""
        match owner:
            case DictDisplay(site):
                found = self.program.tables.any_value(site)
                return UNKNOWN if found is NOTHING and self.settled else found
            case Sequence() | LibraryObject() if is_container(owner):
                return contents(self.program, owner)
            case Stream(inner):
                return inner
        return NOTHING if owner is NOTHING else UNKNOWN

    def _of_member(self, member: EnumMember, name: str) -> Value:
        if name == "value":
            return member.value
        return Known(member.name) if name == "name" else UNKNOWN

    def _is_member_of_enumeration(self, node: cst.Attribute) -> bool:
        owner = self.program.values.get(node.value, NOTHING)
        return isinstance(owner, Class) and self.is_enumeration(owner.node)

    def element(self, owner: Value, key: Known) -> Value:
        """What a known key or position of a value holds."""
        step = key.value
        match owner:
            case Parsed() if isinstance(step, (str, int)):
                return owner.step(step)
            case DictDisplay(site) if isinstance(step, str):
                found = self.program.tables.get(site, step)
                return UNKNOWN if found is NOTHING and self.settled else found
            case Known(None):
                return NOTHING
            case Sequence(site, elements) if isinstance(step, int) and site in self.program.changed_sequences:
                return contents(self.program, owner)
            case Sequence(_, elements) if isinstance(step, int) and -len(elements) <= step < len(elements):
                return elements[step]
            case LibraryObject() if is_container(owner):
                return contents(self.program, owner)
            case Sequence(site, ()) if isinstance(step, int) and site not in self.program.changed_sequences:
                return NOTHING  # the `[]` of `message.get("words") or []` has no element to give
            case Stream(inner) if isinstance(step, int):
                return inner
            case Library("os.environ"):
                if isinstance(key.literal, cst.SimpleString):
                    self.program.environment_names.add(key.literal)
        return UNKNOWN

    def _evaluate_dict(self, node: cst.Dict, environment: Environment) -> Value:
        entries: list[Entry] = []
        for element in node.elements:
            value = self.evaluate(element.value, environment)
            key: Value = UNKNOWN
            if isinstance(element, cst.DictElement):
                key = self.evaluate(element.key, environment)
            if isinstance(element, (cst.DictElement, cst.StarredDictElement)):
                is_starred = isinstance(element, cst.StarredDictElement)
                entries.append(Entry(key, element, element.value, value, merges=is_starred))
        return self.program.tables.keep(node, entries)

    def _evaluate_list(self, node: cst.List | cst.Tuple | cst.Set, environment: Environment) -> Value:
        values = tuple(self.evaluate(element.value, environment) for element in node.elements)
        if any(isinstance(element, cst.StarredElement) for element in node.elements):
            return self._joined_list(node, values)
        return Sequence(node, tuple(UNKNOWN if depth(one) > DEEPEST_VALUE else one for one in values))

    def _joined_list(self, node: cst.List | cst.Tuple | cst.Set, values: tuple[Value, ...]) -> Value:
        """`[*a, b]`: known by position where the lists in it are."""
        found: list[Value] = []
        for element, value in zip(node.elements, values, strict=True):
            if not isinstance(element, cst.StarredElement):
                found.append(value)
            elif isinstance(value, Sequence) and value.site not in self.program.changed_sequences:
                found.extend(value.elements)
            elif value is NOTHING:
                return NOTHING
            else:
                each = self.iterated(value)
                return Stream(join_all((*found, each, *values))) if each != UNKNOWN else UNKNOWN
        if len(found) > LONGEST_LIST + len(node.elements):
            return Stream(join_all(found))
        return Sequence(node, tuple(UNKNOWN if depth(one) > DEEPEST_VALUE else one for one in found))

    _evaluate_tuple = _evaluate_list
    _evaluate_set = _evaluate_list

    def _evaluate_lambda(self, node: cst.Lambda, environment: Environment) -> Value:
        self.meet_function(node, environment)
        return Function(node)

    def _evaluate_listcomp(self, node: cst.ListComp, environment: Environment) -> Value:
        inner = self._comprehension(node.for_in, node, environment)
        element = self.evaluate(node.elt, inner)
        return Stream(UNKNOWN if depth(element) > DEEPEST_VALUE else element)

    _evaluate_generatorexp = _evaluate_listcomp
    _evaluate_setcomp = _evaluate_listcomp

    def _evaluate_dictcomp(self, node: cst.DictComp, environment: Environment) -> Value:
        inner = self._comprehension(node.for_in, node, environment)
        self.evaluate(node.key, inner)
        self.evaluate(node.value, inner)
        # `{k: v for k, v in entries.items() if v is not None}`: the same keys, of which some may be left out.
        source = items_of(node)
        of = self.program.values.get(source, UNKNOWN) if source is not None else UNKNOWN
        if isinstance(of, DictDisplay):
            self.program.filtered[node] = of.site
            return of
        return NOTHING if of is NOTHING else UNKNOWN

    def _comprehension(self, loop: cst.CompFor, node: cst.CSTNode, environment: Environment) -> Environment:
        scope = self.scope_for(node, environment.scope)
        inner = Environment(scope, environment.reaching, dict(environment.types), dict(environment.left_out))
        following: cst.CompFor | None = loop
        while following is not None:
            self.bind(following.target, self.iterated(self.evaluate(following.iter, inner)), inner)
            for condition in following.ifs:
                self.evaluate(condition.test, inner)
                inner = self.assume(condition.test, inner, True)
            following = following.inner_for_in
        return inner

    def _evaluate_yield(self, node: cst.Yield, environment: Environment) -> Value:
        match node.value:
            case cst.From(item):
                self._yield(self.iterated(self.evaluate(item, environment)))
            case cst.BaseExpression() as value:
                self._yield(self.evaluate(value, environment))
            case _:
                self._yield(Known(None))
        return UNKNOWN

    def _yield(self, value: Value) -> None:
        self.grow_cell(("yields", self.running), value)


def _either(left: Value, right: Value) -> Value:
    """What `left or right` gives: what is nothing for sure is never the result of the left side."""
    found: Value = NOTHING
    for one in alternatives(left):
        if not isinstance(one, Known) or one.value:
            found = join(found, one)
        elif not one.certain:
            right = replaceable(right)  # a caller may give something in the place of the default
    return join(found, right)


def _is_text(value: Value) -> bool:
    return isinstance(value, Known) and isinstance(value.value, str)


def items_of(node: cst.DictComp) -> cst.BaseExpression | None:
    """The dictionary whose items a comprehension goes through under their own keys, if it does that."""
    match node.for_in:
        case cst.CompFor(
            cst.Tuple([cst.Element(cst.Name(key)), cst.Element(cst.Name())]),
            cst.Call(cst.Attribute(source, cst.Name("items")), []),
            inner_for_in=None,
        ) if isinstance(node.key, cst.Name) and node.key.value == key:
            return source
    return None
