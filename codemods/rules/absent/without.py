"""What a test decides once a field never comes: its own use alone, or more than that.

`if speaker: print(f"{speaker}: {text}")` and `else: print(text)` is prepared for a message without the field; the same
without the `else` prints nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, Library, Parsed, Value, something

_EXITS = (cst.Continue, cst.Break, cst.Return)


class Without:
    """Knows the uses of one field, which every message is without.

    `carries` says whether a value is the field, `is_message` whether it is a message or any part of one. `is_none`:
    the program takes None for the missing field, and not something else that does not hold.
    """

    def __init__(
        self,
        program: Program,
        carries: Callable[[Value], bool],
        is_message: Callable[[Value], bool],
        *,
        is_none: bool,
    ) -> None:
        self._program = program
        self._carries = carries
        self._is_message = is_message
        self._is_none = is_none

    def holds_it(self, node: cst.CSTNode) -> bool:
        """Whether an expression is the field."""
        return isinstance(node, cst.BaseExpression) and self._carries(self._program.value(node))

    def asks_for_it(self, test: cst.BaseExpression) -> bool:
        """Whether a test holds only where the field is there, so that it never holds."""
        match test:
            case cst.BooleanOperation(left, cst.And(), right):
                return self.asks_for_it(left) or self.asks_for_it(right)
            case cst.NamedExpr(_, value):
                return self.holds_it(value)
            case cst.Comparison(left, [cst.ComparisonTarget(cst.IsNot() | cst.NotEqual(), right)]):
                return self._is_none and self.holds_it(left) and self._program.value(right) == Known(None)
            case cst.Comparison(cst.BaseExpression() as key, [cst.ComparisonTarget(cst.In(), owner)]):
                return self._names_it(key, owner)
            case cst.Call(function, [cst.Arg(owner), cst.Arg(name)]):
                if self._program.value(function) == Library("builtins.hasattr"):
                    return self._names_it(name, owner)
                return self.holds_it(test) or (
                    self._program.value(function) == Library("builtins.isinstance") and self.holds_it(owner)
                )
        return self.holds_it(test)

    def asks_for_absence(self, test: cst.BaseExpression) -> bool:
        """Whether a test always holds, as the field is never there."""
        match test:
            case cst.UnaryOperation(cst.Not(), inner):
                return self.asks_for_it(inner)
            case cst.Comparison(left, [cst.ComparisonTarget(cst.Is() | cst.Equal(), right)]):
                return self._is_none and self.holds_it(left) and self._program.value(right) == Known(None)
            case cst.BooleanOperation(left, cst.Or(), right):
                return self.asks_for_absence(left) or self.asks_for_absence(right)
        return False

    def _names_it(self, key: cst.BaseExpression, owner: cst.BaseExpression) -> bool:
        name = self._program.value(key)
        if not isinstance(name, Known) or not isinstance(name.value, str):
            return False
        places = [one for one in something(self._program.value(owner)) if isinstance(one, Parsed)]
        return any(self._carries(one.step(name.value)) for one in places)

    def is_never_reached(self, node: cst.CSTNode) -> bool:
        """Whether a place is only reached where the field is there: behind a test of it."""
        parents, current = self._program.parents, node
        function = self._program.scope_of(node)
        while current is not function and current in parents:
            parent = parents[current]
            match parent:
                case cst.BooleanOperation(left, cst.And(), right) if right is current and self.asks_for_it(left):
                    return True
                case cst.BooleanOperation(left, cst.Or(), right) if right is current and self.asks_for_absence(left):
                    return True
                case cst.IfExp(test, body, orelse):
                    if (body is current and self.asks_for_it(test)) or (
                        orelse is current and self.asks_for_absence(test)
                    ):
                        return True
                case cst.If(test, body, orelse):
                    if (body is current and self.asks_for_it(test)) or (
                        orelse is current and self.asks_for_absence(test)
                    ):
                        return True
                case cst.ListComp() | cst.SetComp() | cst.GeneratorExp() | cst.DictComp():
                    if any(self.asks_for_it(one.test) for one in parent.for_in.ifs):
                        return True
            current = parent
        return False

    def decides_alone(self, node: cst.CSTNode) -> bool | None:
        """Whether a test that `node` stands in decides nothing but what is done with the field; None: no test."""
        parent = self._program.parents[node]
        match parent:
            case cst.BooleanOperation() | cst.UnaryOperation(cst.Not()) | cst.NamedExpr():
                return self.decides_alone(parent)
            case cst.If(test, body, orelse) if test is node:
                if self.asks_for_it(test):
                    return self._is_all_about_it(body, orelse)
                return self.asks_for_absence(test) and self._is_replaced(body, orelse)
            case cst.IfExp(test, body, orelse) if test is node:
                there = body if self.asks_for_it(test) else orelse if self.asks_for_absence(test) else None
                return there is not None and self._mentions(there, set())
            case cst.CompIf():
                comprehension = self._program.parents[self._program.parents[parent]]
                made = getattr(comprehension, "elt", None) or getattr(comprehension, "value", None)
                return self.asks_for_it(parent.test) and made is not None and self._mentions(made, set())
            case cst.While() | cst.Assert():
                return False
        return None

    def _is_all_about_it(self, body: cst.BaseSuite, orelse: cst.If | cst.Else | None) -> bool:
        """Whether a branch that is never taken any more only does something with the field."""
        names: set[str] = set()
        smalls = list(_smalls(body))
        exits = bool(smalls) and isinstance(smalls[-1], _EXITS)
        found = False
        for small in smalls:
            if self._mentions(small, names):
                found = True
                match small:
                    case cst.Assign(targets):
                        names |= {
                            one.value
                            for target in targets
                            for one in self._program.nodes_in(target)
                            if isinstance(one, cst.Name)
                        }
            elif not isinstance(small, (cst.Pass, *_EXITS)) or getattr(small, "value", None) is not None:
                return False
        if orelse is not None or exits:
            return found
        return found and not any(self._is_other_part(one) for one in self._program.nodes_in(body))

    def _is_other_part(self, node: cst.CSTNode) -> bool:
        """Whether an expression reads something of a message that still comes."""
        if not isinstance(node, cst.BaseExpression):
            return False
        found = [one for one in something(self._program.value(node)) if isinstance(one, Parsed) and one.path]
        return any(self._is_message(one) and not self._carries(one) for one in found) and not self._is_base(node)

    def _is_base(self, node: cst.CSTNode) -> bool:
        """Whether an expression is only what the field is read of."""
        parent = self._program.parents[node]
        while isinstance(parent, (cst.Subscript, cst.Attribute, cst.Call)):
            if self.holds_it(parent):
                return True
            parent = self._program.parents[parent]
        return False

    def _is_replaced(self, body: cst.BaseSuite, orelse: cst.If | cst.Else | None) -> bool:
        """Whether what is done without the field is to take something else for it, or to do the same otherwise."""
        if orelse is not None:
            smalls = list(_smalls_behind(orelse))
            return bool(smalls) and all(self._mentions(one, set()) for one in smalls)
        for small in _smalls(body):
            match small:
                case cst.Assign([cst.AssignTarget(cst.Name(name))]):
                    uses = self._program.nodes_in(self._program.statement_of(self._program.parents[body]))
                    if any(isinstance(one, cst.Name) and one.value == name and self.holds_it(one) for one in uses):
                        continue
            return False
        return True

    def _mentions(self, node: cst.CSTNode, names: set[str]) -> bool:
        return any(
            self.holds_it(one) or (isinstance(one, cst.Name) and one.value in names)
            for one in self._program.nodes_in(node)
        )


def _smalls(body: cst.BaseSuite) -> Iterator[cst.BaseSmallStatement | cst.BaseCompoundStatement]:
    """The statements of a block, those in the branches and loops inside of it too."""
    for statement in body.body:
        match statement:
            case cst.SimpleStatementLine(smalls):
                yield from smalls
            case cst.If() | cst.For() | cst.With():
                yield from _smalls(statement.body)
                following = None if isinstance(statement, cst.With) else statement.orelse
                yield from _smalls_behind(following)
            case cst.BaseCompoundStatement() | cst.BaseSmallStatement():
                yield statement


def _smalls_behind(orelse: cst.If | cst.Else | None) -> Iterator[cst.BaseSmallStatement | cst.BaseCompoundStatement]:
    while orelse is not None:
        yield from _smalls(orelse.body)
        orelse = orelse.orelse if isinstance(orelse, cst.If) else None
