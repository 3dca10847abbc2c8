"""Reading messages: types, fields and their units, wherever a program reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import EACH, DictDisplay, Known, Parsed, Sequence, Step, Value
from codemods.edits import expression, in_parentheses
from codemods.findings import FIELD_ABSENT, FIELD_UNCLEAR, PARAMETER_DIFFERS, WAITS_FOR_ABSENT
from codemods.migrating import Migrating, like
from codemods.rules.branches import drop_branch, drop_case, report_never_sent
from codemods.rules.final_texts import FULL_TEXTS, FinalTexts
from codemods.rules.following import Following, message_of
from codemods.rules.handler_tables import HandlerTables
from codemods.rules.time_units import division_into_seconds
from codemods.rules.type_lists import without_absent_types
from shim.mapping import catalogue, server_messages, session
from shim.mapping.paths import steps_of
from shim.mapping.row import NOTHING, Fidelity, Row, Section, Vendor

_TYPE: Final[tuple[Step, ...]] = ("type",)
_ANY: Final = "*"
_RENAMED: Final = (Fidelity.SAME, Fidelity.APPROXIMATE)
"""How faithful a message's type is where its name is written for the other's."""
_STRIPPED: Final = ".strip()"
_TEXTS: Final = (server_messages.TURN_TEXT, server_messages.WORD_TEXT)


class MessageRule:
    """Plans what becomes of every place where a program reads the messages of its sessions.

    `connects` are the calls that open the sessions' sockets.
    """

    _type_path: tuple[Step, ...] = _TYPE
    """The field of a message that says its type."""

    def __init__(self, migrating: Migrating, connects: Iterable[cst.Call]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._connects = frozenset(connects)
        self._complete = True
        self._aliases: dict[Definition, cst.Name] = {}
        self._tables = HandlerTables(migrating, self._why_never_sent, self._type_rows, self._give_up)
        self._final_texts = FinalTexts(migrating)
        self._following = Following(migrating, self._connects, self._server_rows(), self._type_path)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where something has no counterpart or is not followed."""
        reads = [(node, message) for node, value in self._program.values.items() if (message := self._message(value))]
        gone = self._migrating.gone
        for node, message in reads:
            if node not in gone and message.path == self._type_path and isinstance(node, cst.BaseExpression):
                self._type_is_read(node)
        for node, message in reads:
            if node not in gone and message.path != self._type_path and isinstance(node, cst.BaseExpression):
                self._part_is_read(node, message)
        return self._following.check(self._migrating.gone) and self._complete

    def _server_rows(self) -> tuple[Row, ...]:
        """The rows of what these sessions receive."""
        return catalogue.rows(Section.SERVER)

    def _message(self, value: Value) -> Parsed | None:
        return message_of(value, self._connects)

    def _part_is_read(self, node: cst.BaseExpression, message: Parsed) -> None:
        if not self._is_outermost(node):
            return
        is_access = self._base_of(node)[1] > 0
        rows = self._rows_of(message)
        if rows is not None and rows[0] in _TEXTS:
            self._text_is_joined(node, is_access)
        if is_access and message.path:
            # A name that holds a part of a message was given it converted: only accesses are rewritten.
            self._field_is_read(node, message, rows)

    def _is_outermost(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents.get(node)
        if isinstance(parent, cst.Attribute):
            # `message.get(…)`: the call is the access, the attribute only its name.
            parent = self._program.parents.get(parent)
        if isinstance(parent, (cst.Subscript, cst.Call)):
            around = self._message(self._program.value(parent))
            own = self._message(self._program.value(node))
            is_any = around is not None and around.path[-1:] == (EACH,)
            return around is None or own is None or is_any or around.origin is not own.origin
        return True

    # --- types -----------------------------------------------------------------------------------

    def _type_is_read(self, node: cst.BaseExpression) -> None:
        parent = self._program.parents[node]
        if isinstance(parent, cst.Comparison | cst.ComparisonTarget):
            comparison = parent if isinstance(parent, cst.Comparison) else self._program.parents[parent]
            assert isinstance(comparison, cst.Comparison)
            if not all(isinstance(one.operator, _TYPE_TESTS) for one in comparison.comparisons):
                self._give_up(node, f"this test of the type has no counterpart: {self._code(comparison)}")
                return
            sides = [comparison.left, *(target.comparator for target in comparison.comparisons)]
            for side in sides:
                if side is not node:
                    self._rename_types(side, self._program.value(side))
        elif (table := self._tables.chosen_from(node)) is not None:
            self._tables.rename(table, node)
        elif isinstance(parent, cst.Match):
            for case in parent.cases:
                self._rename_pattern(case.pattern)

    def _rename_pattern(self, pattern: cst.CSTNode) -> None:
        if isinstance(pattern, cst.MatchValue):
            self._rename_types(pattern.value, self._program.value(pattern.value))
        for child in pattern.children:
            self._rename_pattern(child)

    def _rename_types(self, node: cst.CSTNode, value: Value) -> None:
        match value:
            case Known(str() as name, literal, certain=True):
                if isinstance(literal, cst.SimpleString) and self._only_tests_types(literal):
                    self._rename_type(literal, name)
                else:
                    self._give_up(node, f"the type's name is used for more than this test: {self._code(node)}")
            case Sequence():
                for element in without_absent_types(self._migrating, value, self._why_never_sent):
                    self._rename_types(node, element)
            case DictDisplay():
                self._tables.rename(value, node)
            case Parsed() | Known(None):
                return
            case _:
                self._give_up(node, f"the type is compared with what is only known when it runs: {self._code(node)}")

    def _why_never_sent(self, name: str) -> str | None:
        """Why the other vendor never sends a message of a type; None where it does, or where no row knows the type."""
        rows = self._type_rows(name)
        target = self._migrating.target
        if not rows or (rows[0].of(target) and rows[0].way(target).codemod in _RENAMED):
            return None
        return rows[0].over(target).reason

    def _only_tests_types(self, literal: cst.SimpleString) -> bool:
        """Whether a literal that a name holds is read nowhere but in tests of types."""
        for definition in self._program.definitions():
            if definition.expression is None or not self._program.is_inside(literal, definition.expression):
                continue
            for use in definition.uses:
                parent = self._program.parents[use]
                while isinstance(parent, (cst.Element, cst.Tuple, cst.List, cst.Set, cst.Attribute)):
                    parent = self._program.parents[parent]
                if not isinstance(parent, cst.Comparison | cst.ComparisonTarget | cst.MatchValue):
                    return False
        return True

    def _rename_type(self, literal: cst.SimpleString, name: str) -> None:
        rows = self._type_rows(name)
        if not rows:
            self._leave_branch(
                literal, f"`{name}` is a message that {session.NAME.of(self._migrating.target)[0]} has not"
            )
            return
        row = rows[0]
        way = row.over(self._migrating.target)
        targets = row.of(self._migrating.target)
        if targets and way.codemod in _RENAMED:
            self._migrating.edits.replace(literal, like(literal, targets[0]))
            if way.codemod is Fidelity.APPROXIMATE:
                self._migrating.report(PARAMETER_DIFFERS, literal, f"`{name}`: {way.reason}")
            return
        body = self._branch_of(literal)
        is_moved = body is not None and body in self._migrating.gone
        went = self._remove_branch(literal)
        if is_moved and went:
            return
        if not went or way.codemod is not Fidelity.EMULATED or not _does_nothing(body):
            end = "; the branch went" if went else ""
            report_never_sent(self._migrating, literal, f"`{name}`: {way.reason}{end}", body)

    def _leave_branch(self, literal: cst.SimpleString, text: str) -> None:
        """Leaves a branch as it is, with one TODO for all that it reads."""
        self._migrating.report(WAITS_FOR_ABSENT, literal, text)
        body = self._branch_of(literal)
        for node in self._program.nodes_in(body) if body is not None else ():
            if isinstance(self._program.value(node), Parsed):
                self._migrating.gone.update(self._program.nodes_in(node))

    def _branch_of(self, literal: cst.SimpleString) -> cst.BaseSuite | None:
        comparison = self._program.parents[self._program.parents[literal]]
        if isinstance(comparison, cst.MatchCase):
            return comparison.body
        branch = self._program.parents.get(comparison)
        return branch.body if isinstance(branch, cst.If) else None

    def _remove_branch(self, literal: cst.SimpleString) -> bool:
        """Removes an `if` that handles nothing but a message that never comes; False where it does more."""
        comparison = self._program.parents[self._program.parents[literal]]
        if isinstance(comparison, cst.MatchCase):
            if comparison.guard is not None or not drop_case(self._migrating, comparison):
                return False
            self._migrating.gone.update(self._program.nodes_in(comparison))
            return True
        branch = self._program.parents.get(comparison)
        if (
            not isinstance(comparison, cst.Comparison)
            or not isinstance(branch, cst.If)
            or branch.test is not comparison
        ):
            return False
        if not isinstance(comparison.comparisons[0].operator, cst.Equal) or len(comparison.comparisons) != 1:
            return False
        if not drop_branch(self._migrating, branch):
            return False
        self._migrating.gone.update(self._program.nodes_in(branch.test))
        self._migrating.gone.update(self._program.nodes_in(branch.body))
        return True

    # --- fields ----------------------------------------------------------------------------------

    def _field_is_read(self, node: cst.BaseExpression, message: Parsed, rows: list[Row] | None) -> None:
        if rows is None:
            self._container_is_read(node, message)
            return
        if len({row.of(self._migrating.target) for row in rows}) > 1:
            self._give_up(node, f"{self._code(node)} can be a field of several messages")
            return
        row = rows[0]
        way = row.over(self._migrating.target)
        targets = row.of(self._migrating.target)
        if row in FULL_TEXTS and (gathered := self._final_texts.read_at(node, message)) is not None:
            self._migrating.edits.replace(node, gathered)
            return
        if row is server_messages.FULL_TRANSCRIPT and self._final_texts.takes_all_of(node):
            return
        if not targets and way.conversion.source:
            # The other vendor has no such field, and it is always the same.
            self._migrating.edits.replace(node, cst.parse_expression(way.conversion.source))
            return
        if not targets or not way.conversion.source:
            self._leave(node, f"{self._code(node)}: {way.reason or 'no single expression gives it'}")
            return
        if way.codemod is Fidelity.APPROXIMATE:
            self._migrating.report(PARAMETER_DIFFERS, node, f"{self._code(node)}: {way.reason}")
        target = _with_positions(steps_of(targets[0])[1:], message.path)
        if EACH in target and EACH not in _general(message.path):
            target = target[: target.index(EACH)]  # the expression is over the whole list
        source = way.conversion.source
        division = division_into_seconds(self._program, node, self._is_in_milliseconds)
        if division is not None and source == server_messages.IN_MILLISECONDS.source:
            self._migrating.edits.rewrite(division, lambda updated: _alone(updated.left, self._program, division))
            source = "value"
        product = self._program.parents[node]
        if source == server_messages.IN_SECONDS.source and _is_in_milliseconds(product, node):
            self._migrating.edits.rewrite(product, lambda updated: updated.left)
            source = "value"
        self._rewrite(node, message, target, source)

    def _is_in_milliseconds(self, node: cst.BaseExpression) -> bool:
        """Whether an expression reads a time that this vendor counts in milliseconds and the other in seconds."""
        message = self._message(self._program.value(node))
        rows = self._rows_of(message) if message is not None and self._base_of(node)[1] > 0 else None
        target = self._migrating.target
        return rows is not None and rows[0].way(target).conversion == server_messages.IN_MILLISECONDS

    def _container_is_read(self, node: cst.BaseExpression, message: Parsed) -> None:
        """A place between the message and its fields, such as `data`: at the other vendor's it may be the message."""
        path = _general(message.path)
        if not self.fields_below(path):
            self._leave(node, f"{self._code(node)} has no counterpart")
            return
        target = _with_positions(self._target_of_base(message), message.path)
        base, _ = self._base_of(node)
        around = self._message(self._program.value(base))
        if self._target_of_base(around) != self._target_of_base(message) or not self._take_alias_away(node):
            self._rewrite(node, message, target, "value")

    def fields_below(self, path: tuple[Step, ...], kind: str = _ANY) -> list[Row]:
        """The rows of fields that lie inside a place of messages of a type, or of any."""
        return [
            row
            for row in self._server_rows()
            for one in row.of(self._migrating.source)
            if steps_of(one)[1 : len(path) + 1] == path
            and len(steps_of(one)) > len(path) + 1
            and kind in (_ANY, steps_of(one)[0])
        ]

    def _take_alias_away(self, node: cst.BaseExpression) -> bool:
        """Removes `utterance = message["data"]["utterance"]` and lets its uses read `message`, if that is the same."""
        base, _ = self._base_of(node)
        given: cst.CSTNode = node
        match self._program.parents[node]:
            case cst.BooleanOperation(left, cst.Or(), cst.Dict([])) as around if left is node:
                given = around
        assign = self._program.parents[given]
        statement = self._program.statement_of(node)
        definition = next((one for one in self._program.definitions() if one.expression is given), None)
        if (
            not isinstance(base, cst.Name)
            or not isinstance(assign, cst.Assign)
            or len(assign.targets) != 1
            or definition is None
            or not isinstance(statement, cst.SimpleStatementLine)
            or len(statement.body) != 1
        ):
            return False
        reaching = self._program.reaching.get(base)
        if not definition.uses:
            return False
        for use in definition.uses:
            there = self._program.at_statement.get(self._program.statement_of(use), {})
            alone = self._program.reaching.get(use) == frozenset((definition,))
            if not alone or there.get(base.value) != reaching:
                return False
        self._aliases[definition] = base
        for use in definition.uses:
            self._migrating.edits.rewrite(
                use, lambda _: cst.Name(self._migrating.name(self._without_aliases(base).value))
            )
        self._migrating.edits.remove(statement)
        return True

    def _without_aliases(self, name: cst.Name) -> cst.Name:
        """The name that still stands for the message once the aliases are gone."""
        for definition in self._program.reaching.get(name, ()):
            if definition in self._aliases:
                return self._without_aliases(self._aliases[definition])
        return name

    def _text_is_joined(self, node: cst.BaseExpression, is_access: bool) -> None:
        """Adds the blank that Gladia's texts begin with where texts are put together."""
        if self._migrating.target is not Vendor.ASSEMBLYAI:
            return
        parent = self._program.parents[node]
        blank = self._migrating.string(" ", node)
        if isinstance(parent, cst.AugAssign) and isinstance(parent.operator, cst.AddAssign):
            self._migrating.edits.rewrite(
                parent, lambda updated: updated.with_changes(value=expression("a + b", a=blank, b=updated.value))
            )
        elif isinstance(parent, (cst.GeneratorExp, cst.ListComp)) and parent.elt is node:
            argument = self._program.parents[parent]
            join = self._program.parents.get(argument)
            if not isinstance(argument, cst.Arg) or not isinstance(join, cst.Call):
                return
            function = join.func
            if not isinstance(function, cst.Attribute) or self._program.value(function.value) != Known(""):
                return
            if function.attr.value == "join":
                self._migrating.edits.replace(function.value, blank)

    def _rows_of(self, message: Parsed) -> list[Row] | None:
        """The rows of the field at a place of a message, by the types that it can have there; None: no field."""
        path = _general(message.path)
        found: list[Row] = []
        for row in self._server_rows():
            for one in row.of(self._migrating.source) if row.is_met(self._migrating.target) else ():
                kind, *field = steps_of(one)
                if tuple(field) == path and (message.types is None or kind == _ANY or kind in message.types):
                    found.append(row)
        return self._fitting(found) or None

    def _fitting(self, rows: list[Row]) -> list[Row]:
        """Of several rows those of this direction: met in it, of the type that stands for theirs, as deep in lists."""
        if len(rows) < 2:
            return rows
        source, target = self._migrating.source, self._migrating.target
        found = [row for row in rows if row.way(target).conversion is not NOTHING or not row.of(target)]
        for fits in (self._is_of_type, lambda row: _depth(row.of(source)) == _depth(row.of(target))):
            found = [row for row in found if fits(row)] or found
        return found

    def _is_of_type(self, row: Row) -> bool:
        """Whether a field stands in the message that takes the place of its own."""
        source, target = self._migrating.source, self._migrating.target
        types = self._type_rows(str(steps_of(row.of(source)[0])[0]))
        return not types or row.of(target)[:1] == () or steps_of(row.of(target)[0])[0] == types[0].of(target)[0]

    def _type_rows(self, name: str) -> list[Row]:
        """The rows of a message's type, those first that have a counterpart."""
        target = self._migrating.target
        found = catalogue.find(Section.SERVER, self._migrating.source, (name,))
        rows = [row for row in found if row.is_met(target)]
        return sorted(rows, key=lambda row: not row.of(target) or row.way(target).codemod not in _RENAMED)

    def _rewrite(self, node: cst.BaseExpression, message: Parsed, target: tuple[Step, ...], source: str) -> None:
        base, steps = self._base_of(node)
        before = self._message(self._program.value(base))
        already = self._target_of_base(before)
        assert _general(target)[: len(already)] == _general(already), "a field lies outside of what holds it"
        rest = target[len(already) :]
        migrating = self._migrating
        if source.endswith(_STRIPPED) and self._is_stripped(node):
            source = source.removesuffix(_STRIPPED)

        def rewritten(updated: cst.BaseExpression) -> cst.BaseExpression:
            inner = updated
            for _ in range(steps):
                inner = _accessed(inner)
            for step in rest:
                inner = self._access(inner, step, node, last=step is rest[-1], is_plain=source == "value")
            quoted = _with_other_quotes(source, self._migrating.quote_at(node))
            result = expression(quoted, value=inner)
            parent = migrating.program.parents[node]
            return result if source == "value" or _takes_any(parent) else in_parentheses(result)

        migrating.edits.rewrite(node, rewritten)

    def _is_stripped(self, node: cst.BaseExpression) -> bool:
        """Whether the program strips a text itself, of blanks or of more."""
        method = self._program.parents[node]
        call = self._program.parents[method]
        return (
            isinstance(method, cst.Attribute)
            and method.attr.value == "strip"
            and isinstance(call, cst.Call)
            and not call.args
        )

    def _target_of_base(self, base: Parsed | None) -> tuple[Step, ...]:
        """Where the base of an access stands in the other vendor's message."""
        path = base.path if base is not None else ()
        while base is not None and path:
            general = _general(path)
            if general[-1] == EACH:
                around = self._target_of_base(replace(base, path=path[:-1]))
                return (*around, EACH) if around else ()
            rows = self._rows_of(replace(base, path=path))
            if rows and rows[0].of(self._migrating.target):
                return steps_of(rows[0].of(self._migrating.target)[0])[1:]
            path = path[:-1]
        return ()

    def _base_of(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, int]:
        """The expression that a chain of accesses starts from, and how many accesses it has."""
        steps = 0
        current = node
        while True:
            inner = _accessed_in_message(current)
            here = self._message(self._program.value(current))
            is_any = here is not None and here.path[-1:] == (EACH,)  # `words[i - 1]`: what is asked for stays
            if inner is None or is_any or self._message(self._program.value(inner)) is None:
                return current, steps
            current = inner
            steps += 1

    def _access(
        self, inner: cst.BaseExpression, step: Step, style: cst.BaseExpression, *, last: bool, is_plain: bool
    ) -> cst.BaseExpression:
        """One access in the style of the program's own: a subscript, or `.get(…)` with its default.

        What is not `is_plain` is converted: a `.get(…)` that gives None would break that, and the field is always
        there.
        """
        if isinstance(step, int):
            index = cst.SubscriptElement(cst.Index(cst.parse_expression(str(step))))
            return cst.Subscript(inner, [index])
        key = self._migrating.string(step, style)
        if last and isinstance(style, cst.Call) and (is_plain or len(style.args) > 1):
            call = expression("inner.get(key)", inner=inner, key=key)
            assert isinstance(call, cst.Call)
            return call.with_changes(args=[*call.args, *style.args[1:]]) if len(style.args) > 1 else call
        return expression("inner[key]", inner=inner, key=key)

    def _code(self, node: cst.CSTNode) -> str:
        return self._migrating.code(node)

    def _leave(self, node: cst.CSTNode, text: str) -> None:
        """Leaves a reading as it is: a person has to decide, at a TODO."""
        self._migrating.report(FIELD_ABSENT, node, text)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._complete = False
        self._migrating.report(FIELD_UNCLEAR, node, text)


_TYPE_TESTS: Final = (cst.Equal, cst.NotEqual, cst.In, cst.NotIn, cst.Is, cst.IsNot)


def _depth(paths: tuple[str, ...]) -> int:
    """How many lists a row's path goes into."""
    return sum(isinstance(step, int) or step == EACH for step in steps_of(paths[0])) if paths else 0


def _with_other_quotes(source: str, quote: str) -> str:
    """A conversion's expression with quotes that can stand around an access: f-strings take the other kind."""
    if source.startswith('f"'):
        return source.replace('"', "'" if quote == '"' else '"')
    return source.replace('"', quote)


def _general(path: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(EACH if isinstance(step, int) else step for step in path)


def _with_positions(target: tuple[Step, ...], path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The target's path with the positions that the source's path had in place of EACH."""
    positions = iter([step for step in path if isinstance(step, int)])
    return tuple(next(positions, EACH) if step == EACH else step for step in target)


def _accessed_in_message(node: cst.BaseExpression) -> cst.BaseExpression | None:
    match node:
        case cst.Subscript(value, [cst.SubscriptElement(cst.Index())]):
            return value
        case cst.Call(cst.Attribute(value, cst.Name("get"))):
            return value
    return None


def _accessed(node: cst.BaseExpression) -> cst.BaseExpression:
    inner = _accessed_in_message(node)
    assert inner is not None
    return inner


def _alone(node: cst.BaseExpression, program: Program, place: cst.CSTNode) -> cst.BaseExpression:
    """What is left of an operation, in parentheses only where its place needs them."""
    if isinstance(node, cst.BinaryOperation) and _takes_any(program.parents[place]):
        return node.with_changes(lpar=[], rpar=[])
    return node


def _is_in_milliseconds(product: cst.CSTNode, seconds: cst.BaseExpression) -> bool:
    """Whether an expression is a time in seconds, multiplied to be one in milliseconds."""
    match product:
        case cst.BinaryOperation(left, cst.Multiply(), cst.Integer() | cst.Float() as factor) if not product.lpar:
            return left is seconds and factor.evaluated_value == 1000
    return False


def _takes_any(parent: cst.CSTNode) -> bool:
    """Whether any expression that a conversion gives can stand below this node without parentheses."""
    if isinstance(parent, (cst.Comparison, cst.ComparisonTarget)):
        return True
    if isinstance(parent, cst.BinaryOperation):
        # A conversion multiplies or divides, which binds tighter than a sum.
        return isinstance(parent.operator, (cst.Add, cst.Subtract))
    return isinstance(
        parent,
        (
            cst.Arg,
            cst.Assign,
            cst.AnnAssign,
            cst.Return,
            cst.Element,
            cst.DictElement,
            cst.FormattedStringExpression,
            cst.Expr,
            cst.Index,
        ),
    )


def _does_nothing(body: cst.BaseSuite | None) -> bool:
    """Whether a branch only passes its message over."""
    smalls = [
        small
        for statement in (body.body if body is not None else ())
        for small in (statement.body if isinstance(statement, cst.SimpleStatementLine) else (statement,))
    ]
    return all(isinstance(small, (cst.Pass, cst.Continue, cst.Return)) for small in smalls)
