"""What a program counts in pieces of sound: it means another time, once each piece is longer than it was.

`n % 50 == 0` for every second, `sent * 0.02` for the seconds sent, `range(500)` for ten of them: each holds a number
that is right for pieces of one length only. Where such a number is made of the size itself, it follows by itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.containers import contents
from codemods.analysis.sound import sound
from codemods.analysis.values import (
    UNKNOWN,
    Class,
    Function,
    Instance,
    Known,
    LibraryObject,
    Member,
    Sequence,
    Sound,
    Stream,
    Value,
    constant,
    something,
)
from codemods.migrating import Migrating

_DEEPEST: Final = 2
_STAYING_A_COUNT: Final = ("int", "round", "float", "abs")
_ORDER: Final[dict[type[cst.BaseCompOp], Callable[[float, float], bool]]] = {
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
}
_TURNED: Final[dict[type[cst.BaseCompOp], type[cst.BaseCompOp]]] = {
    cst.LessThan: cst.GreaterThan,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.GreaterThan: cst.LessThan,
    cst.GreaterThanEqual: cst.LessThanEqual,
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """A number that is right for pieces of one length only.

    `is_count` says that it is a number of pieces, and not something that lasts as long as one of them.
    """

    number: cst.BaseExpression
    is_count: bool


class CountedPieces:
    """Finds what hangs on the number or the length of the pieces that `read` gives.

    `sizes` are the bytes that a whole piece may have now and afterwards; `follows` says of an expression whether it is
    made of the size that changes.
    """

    def __init__(
        self,
        migrating: Migrating,
        read: Sound,
        sizes: list[tuple[float, float]],
        follows: Callable[[cst.CSTNode], bool],
    ) -> None:
        self._program = migrating.program.whole or migrating.program  # pieces go from file to file
        self._read = read
        self._sizes = sizes
        self._made_of_size = follows
        self._found: dict[cst.BaseExpression, Fixed] = {}
        self._seen: set[cst.CSTNode] = set()

    def fixed(self) -> list[Fixed]:
        """Every number that would have to change with the length of a piece."""
        for region in self._regions():
            if isinstance(region, cst.For):
                self._loop(region)
            for node in self._run_in(region, _DEEPEST):
                self._look_at(node)
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                self._look_anywhere(node)
        return list(self._found.values())

    # --- where pieces come ------------------------------------------------------------------------

    def _regions(self) -> list[cst.CSTNode]:
        """The loops and functions that are run once for each piece."""
        program = self._program
        found: dict[cst.CSTNode, None] = {}
        for definition in program.definitions():
            if not self._is_piece(definition.value):
                continue
            if isinstance(definition.node, cst.Param):
                found[program.scope_of(definition.node)] = None
            elif (loop := loop_around(program.parents, definition.node)) is not None:
                is_target = isinstance(loop, cst.For) and program.is_inside(definition.node, loop.target)
                if is_target:
                    found[loop] = None
        for node, value in program.values.items():
            if isinstance(node, (cst.Name, cst.Attribute)) or not self._is_piece(value):
                continue
            inside = (one for one in program.nodes_in(node) if one is not node)
            if any(self._is_piece(program.values[one]) for one in inside if one in program.values):
                continue
            scope = program.scope_of(node)
            region = loop_around(program.parents, node) or scope
            if isinstance(region, (cst.For, cst.While, cst.FunctionDef)):
                found[region] = None
        return list(found)

    def _is_piece(self, value: Value) -> bool:
        return any(
            (of := sound(one)) is not None and of.read == self._read.read and of.cut is self._read.cut
            for one in something(value)
        )

    def _run_in(self, region: cst.CSTNode, depth: int) -> Iterator[cst.CSTNode]:
        """What is run in a loop or function, with the program's own functions that are called there."""
        start = region.body if isinstance(region, cst.For) else region
        for node in self._program.nodes_in(start):
            yield node
            if depth and isinstance(node, cst.Call):
                for function in functions_called(self._program.value(node.func)):
                    yield from self._run_in(function, depth - 1)

    # --- counting -----------------------------------------------------------------------------------

    def _loop(self, loop: cst.For) -> None:
        """A loop that goes by numbers or counts what it gets."""
        match loop.iter, loop.target:
            case cst.Call(cst.Name("enumerate")), cst.Tuple([cst.Element(cst.Name() as counter), *_]):
                self._uses_of(counter)
            case cst.Call(cst.Name("range"), [*_, cst.Arg(), cst.Arg(), cst.Arg(step)]), _:
                self._keep(step, is_count=False)
            case cst.Call(cst.Name("range"), [*_, cst.Arg(bound)]), target:
                self._keep(bound, is_count=True)
                if isinstance(target, cst.Name):
                    self._uses_of(target)

    def _look_at(self, node: cst.CSTNode) -> None:
        """A statement that is run for each piece."""
        match node:
            case cst.AugAssign(cst.Name() | cst.Attribute() as target, cst.AddAssign() | cst.SubtractAssign(), by):
                self._added(target, by)
            case cst.Assign([cst.AssignTarget(target)], cst.BinaryOperation(left, cst.Add() | cst.Subtract(), by)) if (
                isinstance(target, (cst.Name, cst.Attribute)) and left.deep_equals(target)
            ):
                self._added(target, by)

    def _added(self, target: cst.Name | cst.Attribute, by: cst.BaseExpression) -> None:
        number = self._number(by)
        if number is None or self._follows(by) or self._is_in_handler(target):
            return
        if abs(number) == 1:
            self._uses_of(target)
        else:
            self._keep(by, is_count=False)

    def _is_in_handler(self, node: cst.CSTNode) -> bool:
        """Whether a node stands where an error is dealt with: what is counted there is errors."""
        while node in self._program.parents and not isinstance(node, (cst.FunctionDef, cst.For, cst.While)):
            node = self._program.parents[node]
            if isinstance(node, cst.ExceptHandler):
                return True
        return False

    def _look_anywhere(self, node: cst.CSTNode) -> None:
        match node:
            case cst.BinaryOperation(left, cst.Divide() | cst.FloorDivide(), right):
                known = isinstance(self._program.value(left), Known)
                if not known and self._made_of_size(right):
                    self._use(node)
                elif not known and self._is_length(left) and self._is_size(right):
                    self._keep(right, is_count=False)
            case cst.Call(cst.Name("len"), [cst.Arg(of)]):
                value = self._program.value(of)
                if self._is_piece(value):
                    self._tested_length(node)
                elif any(self._is_piece(self._held_in(one)) for one in something(value)):
                    self._use(node)
            case cst.Call():
                kept = Arguments.of(node).keywords.get("maxlen")
                if kept is not None and self._is_piece(self._held_in(self._program.value(node))):
                    self._keep(kept, is_count=True)

    def _held_in(self, value: Value) -> Value:
        """What an element of a list, a queue, a comprehension is."""
        if isinstance(value, Stream):
            return value.element
        return contents(self._program, value) if isinstance(value, Sequence | LibraryObject) else UNKNOWN

    def _is_length(self, node: cst.BaseExpression) -> bool:
        match node:
            case cst.Call(cst.Name("len")) | cst.Call(cst.Attribute(_, cst.Name("getnframes"))):
                return True
        return False

    def _is_size(self, node: cst.BaseExpression) -> bool:
        number = self._number(node)
        return number is not None and number > 2 and any(number == size for size, _ in self._sizes)

    def _tested_length(self, length: cst.Call) -> None:
        """`len(piece) < 640`, where a whole piece passes a test that it did not pass before, or the other way round."""
        parent = self._program.parents[length]
        target = self._program.parents.get(parent)
        match parent, target:
            case cst.Comparison(left, [cst.ComparisonTarget(order, right)]), _ if left is length:
                self._compared(length, type(order), right)
            case cst.ComparisonTarget(order), cst.Comparison(left, [_]):
                self._compared(length, _TURNED.get(type(order), type(order)), left)

    def _compared(self, length: cst.Call, order: type[cst.BaseCompOp], other: cst.BaseExpression) -> None:
        number, test = self._number(other), _ORDER.get(order)
        if number is None or test is None or self._follows(other):
            return
        if any(test(before, number) != test(after, number) for before, after in self._sizes):
            self._found.setdefault(length, Fixed(length, is_count=False))  # what is left of a longer piece is more

    # --- what is done with a count -------------------------------------------------------------------

    def _uses_of(self, target: cst.Name | cst.Attribute) -> None:
        """Looks at every use of a variable that counts pieces."""
        if target in self._seen:
            return
        self._seen.add(target)
        for use in self._reads_of(target):
            self._use(use)

    def _reads_of(self, target: cst.Name | cst.Attribute) -> list[cst.BaseExpression]:
        program = self._program
        if isinstance(target, cst.Name):
            found: dict[cst.BaseExpression, None] = {}
            for scope in program.scopes.values():
                same = [
                    *scope.definitions.get(target.value, ()),
                    *scope.set_elsewhere.get(target.value, ()),
                ]
                if any(one.node is target for one in same):
                    found.update(dict.fromkeys(use for one in same for use in one.uses))
            return list(found)
        return [
            node
            for module in program.modules
            for node in program.nodes_in(module)
            if isinstance(node, cst.Attribute) and node is not target and node.attr.value == target.attr.value
        ]

    def _use(self, node: cst.BaseExpression) -> None:
        """What is done with a number of pieces."""
        if node in self._seen:
            return
        self._seen.add(node)
        parent = self._program.parents[node]
        match parent:
            case cst.BinaryOperation(left, sign, right):
                self._calculated(parent, sign, right if left is node else left, is_left=left is node)
            case cst.Comparison(_, [cst.ComparisonTarget(order, other)]) if type(order) in _ORDER:
                self._keep(other, is_count=True)
            case cst.ComparisonTarget(order) if type(order) in _ORDER:
                comparison = self._program.parents[parent]
                if isinstance(comparison, cst.Comparison) and len(comparison.comparisons) == 1:
                    self._keep(comparison.left, is_count=True)
            case cst.Assign([cst.AssignTarget(cst.Name() | cst.Attribute() as target)]) | cst.NamedExpr(
                cst.Name() as target
            ):
                self._uses_of(target)
            case cst.Arg():
                call = self._program.parents[parent]
                if isinstance(call, cst.Call):
                    self._handed(call, parent)
            case cst.Return():
                self._returned(parent)

    def _handed(self, call: cst.Call, argument: cst.Arg) -> None:
        if isinstance(call.func, cst.Name) and call.func.value in _STAYING_A_COUNT:
            self._use(call)
            return
        for function in functions_called(self._program.value(call.func)):
            names = [one.name for one in function.params.params if one.name.value not in ("self", "cls")]
            at = call.args.index(argument)
            keyword = argument.keyword.value if argument.keyword is not None else None
            for position, name in enumerate(names):
                if name.value == keyword or (keyword is None and position == at):
                    for definition in self._program.definitions():
                        if isinstance(definition.node, cst.Param) and definition.node.name is name:
                            for use in definition.uses:
                                self._use(use)

    def _returned(self, statement: cst.Return) -> None:
        function = self._program.scope_of(statement)
        for node in list(self._program.values):
            if isinstance(node, cst.Call) and function in functions_called(self._program.value(node.func)):
                self._use(node)

    def _calculated(
        self, node: cst.BinaryOperation, sign: cst.BaseBinaryOp, other: cst.BaseExpression, *, is_left: bool
    ) -> None:
        number = self._number(other)
        match sign:
            case cst.Add() | cst.Subtract() if number is not None:
                self._use(node)
            case cst.Multiply():
                around = self._program.parents[node]
                is_share = isinstance(around, cst.BinaryOperation) and isinstance(
                    around.operator, (cst.Divide, cst.FloorDivide)
                )
                if not is_share or number is None:
                    self._keep(other, is_count=False)
                elif isinstance(around, cst.BinaryOperation) and self._number(around.right) is not None:
                    self._keep(other, is_count=False)  # `n * 20 / 1000`, and not `n * 100 / total`
            case cst.Divide() | cst.FloorDivide() if is_left and number is not None:
                if isinstance(node.left, cst.Call):
                    # A tenth of all pieces, or the seconds that all of them last: nobody knows which of the two.
                    self._found.setdefault(node, Fixed(node, is_count=True))
                else:
                    self._keep(other, is_count=True)
            case cst.Modulo() if is_left:
                self._keep(other, is_count=True)

    # --- numbers ------------------------------------------------------------------------------------

    def _keep(self, number: cst.BaseExpression, *, is_count: bool) -> None:
        """Keeps a number that stands beside a count, where it does not change with the size by itself."""
        value = self._number(number)
        is_small = value is not None and is_count and abs(value) <= 1
        if not is_small and not self._follows(number):
            self._found.setdefault(number, Fixed(number, is_count))

    def _follows(self, node: cst.BaseExpression) -> bool:
        """Whether an expression changes with the size: made of it, or of the length of what was read."""
        program = self._program
        has_length = any(
            isinstance(one, cst.Call) and (self._is_length(one) or isinstance(one.func, cst.Attribute))
            for one in program.nodes_in(node)
        )
        return has_length or self._made_of_size(node)

    def _number(self, node: cst.BaseExpression) -> float | None:
        value = constant(self._program.value(node))
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def functions_called(callee: Value) -> list[cst.FunctionDef]:
    """The functions of the program that calling a value runs."""
    found: list[cst.FunctionDef] = []
    for one in something(callee):
        match one:
            case Function(cst.FunctionDef() as node):
                found.append(node)
            case Member(Instance(owner) | Class(owner), name):
                methods = [line for line in owner.body.body if isinstance(line, cst.FunctionDef)]
                found.extend(line for line in methods if line.name.value == name)
    return found


def loop_around(parents: dict[cst.CSTNode, cst.CSTNode], node: cst.CSTNode) -> cst.While | cst.For | None:
    """The innermost loop around a node, in its function."""
    while node in parents and not isinstance(node, (cst.FunctionDef, cst.Lambda)):
        node = parents[node]
        if isinstance(node, (cst.While, cst.For)):
            return node
    return None
