"""What one turn of a loop over a query's parameters does: values spelled as a query holds them, some left out.

A query is text: `"true" if value else "false"`, `json.dumps(value)` and `str(value)` are the same value spelled for it.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, Library

_OF_TEXT = tuple(Library(one) for one in ("builtins.str", "urllib.parse.quote", "urllib.parse.quote_plus"))
_OF_JSON = Library("json.dumps")


class LeftOut(enum.Enum):
    """Which values a loop leaves out."""

    NONE_ALONE = "None"
    EMPTY = "whatever is false"


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a loop does with the parameters that it goes through.

    `left_out` are those that the query does not get, None where it gets all; `makes_lists_json` says that lists (of
    those that are no text yet) become JSON, so that a parameter which is a list may be given as one.
    """

    left_out: LeftOut | None
    makes_lists_json: bool


@dataclass(frozen=True, slots=True)
class _Way:
    """One way through the loop's body: what was tested (and how that ended), and whether the parameter was taken."""

    tests: tuple[tuple[cst.BaseExpression, bool], ...] = ()
    is_taken: bool | None = None
    """None where nothing was said of it."""
    is_json: bool = False
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a loop: its names for a parameter and its value, and the name of what it fills.

    `is_new` says that it fills another dictionary (or a list of pairs) than that which it goes through.
    """

    program: Program
    key: str
    value: str
    target: cst.BaseExpression
    is_new: bool

    def spelling(self, body: cst.BaseSuite) -> Spelling | None:
        """What the body does; None where it does anything else."""
        ways = self._ways(body, [_Way()])
        if ways is None:
            return None
        taken = [one for one in ways if self._takes(one)]
        dropped = [one for one in ways if not self._takes(one)]
        kinds = {self._left_out(one) for one in dropped}
        if len(kinds) > 1 or None in kinds or not taken:
            return None
        left_out = next(iter(kinds), None)
        if left_out is not None and any(not self._has(one, left_out, False) for one in taken):
            return None
        if any(self._has(one, LeftOut.NONE_ALONE, True) for one in taken):
            return None  # None itself is given, as some text
        return Spelling(left_out, any(one.is_json for one in taken))

    def _takes(self, way: _Way) -> bool:
        return way.is_taken if way.is_taken is not None else not self.is_new

    def _left_out(self, way: _Way) -> LeftOut | None:
        return next((kind for kind in LeftOut if self._has(way, kind, True)), None)

    def _has(self, way: _Way, kind: LeftOut, outcome: bool) -> bool:
        return any(self._asks(test) == (kind, not ended) for test, ended in way.tests if outcome is True) or any(
            self._asks(test) == (kind, ended) for test, ended in way.tests if outcome is False
        )

    def _asks(self, test: cst.BaseExpression) -> tuple[LeftOut, bool] | None:
        """What a test asks of the value, and whether it is so that the value is there where the test is true."""
        match test:
            case cst.Comparison(cst.Name(name), [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]):
                return (LeftOut.NONE_ALONE, True) if name == self.value else None
            case cst.Comparison(cst.Name(name), [cst.ComparisonTarget(cst.Is(), cst.Name("None"))]):
                return (LeftOut.NONE_ALONE, False) if name == self.value else None
            case cst.UnaryOperation(cst.Not(), cst.Name(name)):
                return (LeftOut.EMPTY, False) if name == self.value else None
            case cst.Name(name):
                return (LeftOut.EMPTY, True) if name == self.value else None
        return None

    # --- ways through it -------------------------------------------------------------------------

    def _ways(self, body: cst.BaseSuite, ways: list[_Way]) -> list[_Way] | None:
        found = ways
        for statement in body.body:
            going = [one for one in found if not one.is_over]
            over = [one for one in found if one.is_over]
            if isinstance(statement, cst.If):
                after = self._branches(statement, going)
            elif isinstance(statement, cst.SimpleStatementLine):
                after = self._line(statement.body, going)
            else:
                after = self._line([statement], going) if isinstance(statement, cst.BaseSmallStatement) else None
            if after is None:
                return None
            found = [*over, *after]
        return found

    def _branches(self, statement: cst.If, ways: list[_Way]) -> list[_Way] | None:
        if not self._is_idle(statement.test):
            return None
        then = [replace(one, tests=(*one.tests, (statement.test, True))) for one in ways]
        other = [replace(one, tests=(*one.tests, (statement.test, False))) for one in ways]
        done = self._ways(statement.body, then)
        match statement.orelse:
            case cst.If() as following:
                rest = self._branches(following, other)
            case cst.Else(body):
                rest = self._ways(body, other)
            case _:
                rest = other
        return [*done, *rest] if done is not None and rest is not None else None

    def _line(self, statements: Sequence[cst.BaseSmallStatement], ways: list[_Way]) -> list[_Way] | None:
        for statement in statements:
            match statement:
                case cst.Continue():
                    ways = [replace(one, is_over=True) for one in ways]
                case cst.Pass():
                    pass
                case cst.Assign([cst.AssignTarget(cst.Name(name))], value) if name == self.value and self.spells(value):
                    ways = [replace(one, is_json=one.is_json or self.makes_json(value)) for one in ways]
                case _:
                    given = self._given(statement)
                    if given is not None:
                        is_json = self.makes_json(given)
                        ways = [replace(one, is_taken=True, is_json=one.is_json or is_json) for one in ways]
                    elif self._takes_away(statement):
                        ways = [replace(one, is_taken=False) for one in ways]
                    else:
                        return None
        return ways

    def _given(self, statement: cst.BaseSmallStatement) -> cst.BaseExpression | None:
        """The value that a statement puts under the parameter's own name, where it is spelled alone."""
        found: cst.BaseExpression | None = None
        match statement:
            case cst.Assign(
                [
                    cst.AssignTarget(
                        cst.Subscript(owner, [cst.SubscriptElement(cst.Index(cst.Name(key)))]),
                    )
                ],
                given,
            ) if key == self.key and owner.deep_equals(self.target):
                found = given
            case cst.Expr(
                cst.Call(
                    cst.Attribute(owner, cst.Name("append")),
                    [cst.Arg(cst.Tuple([cst.Element(cst.Name(key)), cst.Element(given)]))],
                )
            ) if self.is_new and key == self.key and owner.deep_equals(self.target):
                found = given
        return found if found is not None and self.spells(found) else None

    def _takes_away(self, statement: cst.BaseSmallStatement) -> bool:
        """`del params[key]` and `params.pop(key)`, of the dictionary that is gone through."""
        if self.is_new:
            return False
        match statement:
            case cst.Del(cst.Subscript(owner, [cst.SubscriptElement(cst.Index(cst.Name(key)))])):
                return key == self.key and owner.deep_equals(self.target)
            case cst.Expr(cst.Call(cst.Attribute(owner, cst.Name("pop")), [cst.Arg(cst.Name(key)), *_])):
                return key == self.key and owner.deep_equals(self.target)
        return False

    # --- expressions -----------------------------------------------------------------------------

    def makes_json(self, node: cst.BaseExpression) -> bool:
        """Whether an expression makes JSON of something."""
        calls = (one for one in self.program.nodes_in(node) if isinstance(one, cst.Call))
        return any(self.program.value(one.func) == _OF_JSON for one in calls)

    def _is_idle(self, test: cst.BaseExpression) -> bool:
        """Whether a test asks nothing but what the parameter and its value are."""
        match test:
            case cst.Call(cst.Name("isinstance"), [cst.Arg(cst.Name(name)), _]):
                return name == self.value
            case cst.Comparison(cst.Name(name), [cst.ComparisonTarget(_, against)]):
                is_plain = isinstance(against, cst.BaseString | cst.Tuple | cst.List | cst.Set | cst.Name)
                return name in (self.key, self.value) and is_plain
            case cst.Name(name) | cst.UnaryOperation(cst.Not(), cst.Name(name)):
                return name == self.value
        return False

    def spells(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the value itself, as the text that a query holds."""
        match node:
            case cst.Name(name):
                return name == self.value
            case cst.Call(cst.Name() | cst.Attribute() as function, [cst.Arg(inner, keyword=None), *_]) if (
                self.program.value(function) in (*_OF_TEXT, _OF_JSON)
            ):
                return self.spells(inner)
            case cst.Call(cst.Attribute(cst.Call() as inner, cst.Name("lower")), []):
                return self.spells(inner)
            case cst.FormattedString([cst.FormattedStringExpression(inner, format_spec=None)]):
                return self.spells(inner)
            case cst.IfExp(test, body, orelse):
                if self._says(body, "true") and self._says(orelse, "false"):
                    return self._is_truth(test)
                return self._is_idle(test) and self.spells(body) and self.spells(orelse)
        return False

    def _is_truth(self, test: cst.BaseExpression) -> bool:
        match test:
            case cst.Name(name) | cst.Comparison(cst.Name(name), [cst.ComparisonTarget(cst.Is(), cst.Name("True"))]):
                return name == self.value
        return False

    def _says(self, node: cst.BaseExpression, text: str) -> bool:
        value = self.program.value(node)
        return isinstance(value, Known) and value.value == text
