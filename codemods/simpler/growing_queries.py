"""A query whose text grows, or is chosen by an `if`: the names that hold one, and the dictionary in their place."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import Known, is_certain
from codemods.edits import Edits, Statement, in_parentheses
from codemods.literals import literal_code
from codemods.rules.posting.written_url import pieces_of
from codemods.simpler.query_pairs import encoded
from codemods.simpler.query_pieces import Pair, drop_idle, is_repeated
from codemods.simpler.query_readings import (
    Asked,
    Piece,
    asked_of,
    filled,
    forget,
    free_name,
    only_asks,
    stores,
    whole_address,
)

_TEXTS = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString, cst.BinaryOperation)


def plan_name(program: Program, name: cst.Name, edits: Edits, seen: set[cst.CSTNode]) -> None:
    """A text that is made or chosen at one place and may grow at others."""
    reaching = [one for one in program.reaching.get(name, ()) if one.scope is not None]
    scopes = {one.scope.node for one in reaching if one.scope is not None}
    if len(scopes) != 1:
        return
    (scope,) = scopes
    known = program.scopes[scope].definitions.get(name.value, [])
    first = known[0].node if known else None
    if first is None or first in seen:
        return
    seen.add(first)
    _Growing(program, name.value, scope, known, edits).plan()


class _Growing:
    """One such name."""

    def __init__(
        self, program: Program, name: str, scope: cst.CSTNode, definitions: list[Definition], edits: Edits
    ) -> None:
        self._program = program
        self._name = name
        self._scope = scope
        self._definitions = definitions
        self._edits = edits
        self._inlined: list[Definition] = []

    def plan(self) -> None:
        """Plans a dictionary for it, where all of its texts can be read."""
        texts: dict[cst.SimpleStatementLine, Asked] = {}
        added: dict[cst.SimpleStatementLine, Asked] = {}
        for one in self._definitions:
            statement = one.statement
            more = self._added(statement)
            if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
                return
            text = more if more is not None else _assigned(statement)
            if text is None or not isinstance(text, _TEXTS):
                return
            is_query = self._program.value(text) == Known("") or self._begins_a_query(text)
            asked = asked_of(self._program, text, is_piece=more is not None or is_query)
            if asked is None:
                return
            (added if more is not None else texts)[statement] = asked
        if not texts or (len(texts) == 1 and not added) or self._asks_twice(texts, added):
            return
        codes = {tuple(self._code(one) for one in asked.head) for asked in texts.values()}
        if len(codes) != 1 or any(one.head or one.decided for one in added.values()):
            return
        choosing = self._choosing(list(texts))
        if len(texts) > 1 and choosing is None:
            return
        head = next(iter(texts.values())).head
        uses = self._uses(set(added) | set(texts))
        if head:
            self._plan_address(texts, added, choosing, head, uses)
        elif all(self._stands_in_text(one) for one in uses):
            self._plan_query(texts, added, choosing, uses)
        pairs = [one for asked in (*texts.values(), *added.values()) for one in asked.pairs]
        idle = [*self._inlined, *(one.of for one in pairs if one.of is not None)]
        if self._edits.removed & {*texts, *added}:
            drop_idle(self._program, idle, [*texts, *added], self._edits)
            if choosing is not None and all(_is_empty(self._edits.edited(one)) for one in _branches(choosing)):
                self._edits.remove(choosing)

    def _asks_twice(
        self, texts: dict[cst.SimpleStatementLine, Asked], added: dict[cst.SimpleStatementLine, Asked]
    ) -> bool:
        """Whether a parameter may be in the text more than once: a dictionary has it once."""
        first = {self._key(pair) for asked in texts.values() for pair in _all_pairs(asked)}
        for statement, asked in added.items():
            keys = [self._key(pair) for pair in _all_pairs(asked)]
            is_again = len(set(keys)) < len(keys) or first & set(keys)
            if is_again or is_repeated(self._program, statement, within=self._scope):
                return True
            first |= set(keys)
        return False

    def _begins_a_query(self, text: cst.BaseExpression) -> bool:
        first = next(iter(pieces_of(text)), None)
        return isinstance(first, str) and "=" in first and "://" not in first and "/" not in first.split("=")[0]

    def _code(self, piece: Piece) -> str:
        return piece if isinstance(piece, str) else cst.Module([]).code_for_node(piece)

    def _added(self, statement: cst.CSTNode | None) -> cst.BaseExpression | None:
        """What `name += text` or `name = name + text` adds."""
        match statement:
            case cst.SimpleStatementLine([cst.AugAssign(cst.Name(name), cst.AddAssign(), more)]) if name == self._name:
                return more
            case cst.SimpleStatementLine(
                [cst.Assign([cst.AssignTarget(cst.Name(name))], cst.BinaryOperation(cst.Name(own), cst.Add(), more))]
            ) if name == own == self._name:
                return more
        return None

    def _choosing(self, statements: list[cst.SimpleStatementLine]) -> cst.If | None:
        """The `if` of which each branch makes the text once; None for another."""
        parents = [self._program.parents.get(self._program.parents[one]) for one in statements]
        first = parents[0]
        if not isinstance(first, cst.If):
            return None
        while isinstance(above := self._program.parents.get(first), cst.If) and above.orelse is first:
            first = above
        found: list[cst.CSTNode] = []
        current: cst.If | cst.Else | None = first
        while current is not None:
            found.append(current)
            if isinstance(current, cst.If) and not only_asks(self._program, current.test):
                return None
            current = current.orelse if isinstance(current, cst.If) else None
        return first if found == parents and isinstance(found[-1], cst.Else) else None

    def _uses(self, makers: set[cst.SimpleStatementLine]) -> list[cst.Name]:
        found = [use for one in self._definitions for use in one.uses]
        return [one for one in dict.fromkeys(found) if self._program.statement_of(one) not in makers]

    def _stands_in_text(self, use: cst.Name) -> bool:
        parent = self._program.parents[use]
        if isinstance(parent, cst.BinaryOperation):
            return isinstance(parent.operator, cst.Add) and parent.right is use
        return isinstance(parent, cst.FormattedStringExpression)

    # --- writing ---------------------------------------------------------------------------------

    def _plan_query(
        self,
        texts: dict[cst.SimpleStatementLine, Asked],
        added: dict[cst.SimpleStatementLine, Asked],
        choosing: cst.If | None,
        uses: list[cst.Name],
    ) -> None:
        """The name is the dictionary's, which is encoded where the text stood."""
        marked = any(self._has_mark(statement) for statement in texts)
        self._make(texts, choosing, self._name)
        self._grow(added, self._name)
        for use in uses:
            call = encoded(self._program.module_of(use), cst.Name(self._name))
            parent = self._program.parents[use]
            if not marked:
                self._edits.replace(use, call)
            elif isinstance(parent, cst.BinaryOperation):
                self._edits.replace(
                    use, cst.FormattedString([cst.FormattedStringText("?"), cst.FormattedStringExpression(call)])
                )
            else:
                whole = self._program.parents[parent]
                parts = [cst.FormattedStringText("?"), parent.with_changes(expression=call)]

                def marked_there(updated: cst.FormattedString, at: int, parts: list[cst.CSTNode]) -> cst.CSTNode:
                    return updated.with_changes(parts=[*updated.parts[:at], *parts, *updated.parts[at + 1 :]])

                assert isinstance(whole, cst.FormattedString)
                at = next(index for index, one in enumerate(whole.parts) if one is parent)
                self._edits.rewrite(whole, lambda updated, at=at, parts=parts: marked_there(updated, at, parts))  # type: ignore[misc]

    def _has_mark(self, statement: cst.SimpleStatementLine) -> bool:
        text = _assigned(statement)
        first = next(iter(pieces_of(text)), None) if text is not None else None
        return isinstance(first, str) and first.startswith("?")

    def _plan_address(
        self,
        texts: dict[cst.SimpleStatementLine, Asked],
        added: dict[cst.SimpleStatementLine, Asked],
        choosing: cst.If | None,
        head: list[Piece],
        uses: list[cst.Name],
    ) -> None:
        """The dictionary gets a name of its own; the address is put together behind what grows it."""
        start: cst.CSTNode = choosing or next(iter(texts))
        block = self._program.parents[start]
        if not isinstance(block, cst.IndentedBlock | cst.Module):
            return
        body: list[cst.CSTNode] = list(block.body)
        places = [self._place_in(block, one) for one in (*texts, *added)]
        if None in places:
            return
        last = max(body.index(one) for one in places if one is not None)
        behind = body[last + 1 :]
        if not all(any(self._program.is_inside(use, one) for one in behind) for use in uses):
            return
        name = free_name(self._program, start, "params")
        whole = whole_address(self._program, head, name, start)
        if whole is None:
            return
        self._make(texts, choosing, name)
        self._grow(added, name)
        if len(uses) == 1 and isinstance(self._program.parents[uses[0]], cst.Return):
            self._edits.replace(uses[0], whole)
            return
        target = cst.AssignTarget(cst.Name(self._name))
        made = cst.SimpleStatementLine([cst.Assign([target], whole)])
        self._edits.add_after(body[last], lambda: [made])

    def _place_in(self, block: cst.CSTNode, node: cst.CSTNode) -> cst.CSTNode | None:
        """The statement of a block that a node stands in."""
        current: cst.CSTNode | None = node
        while current is not None and self._program.parents.get(current) is not block:
            current = self._program.parents.get(current)
        return current

    def _make(self, texts: dict[cst.SimpleStatementLine, Asked], choosing: cst.If | None, name: str) -> None:
        for asked in texts.values():
            forget(asked, self._edits)
        if choosing is None:
            ((statement, asked),) = texts.items()
            above = statement.leading_lines
            self._edits.insert_before(statement, lambda: filled(name, asked.pairs, asked.decided, above))
            self._edits.removed.add(statement)
            self._edits.moved.add(statement)
            return
        shared, own = self._shared(list(texts.values()), choosing)
        for statement, asked in texts.items():
            left = [one for one in asked.pairs if self._key(one) in own]
            lines: list[Statement] = list(stores(name, left))
            lines.extend(cst.If(test, cst.IndentedBlock(stores(name, pairs))) for test, pairs in asked.decided)
            if lines:
                self._edits.insert_before(statement, lambda lines=lines: lines)  # type: ignore[misc]
            self._edits.remove(statement)
        self._edits.add_before(choosing, lambda: filled(name, shared, [], choosing.leading_lines))
        if all(_is_empty(self._edits.edited(one)) for one in _branches(choosing)):
            self._edits.remove(choosing)
        else:
            self._edits.rewrite(choosing, _without_empty_branches)

    def _shared(self, texts: list[Asked], choosing: cst.If) -> tuple[list[Pair], set[str]]:
        """What every branch gives, by the decision where it differs; and the names of what only its branch can give."""
        shared: list[Pair] = []
        own: set[str] = set()
        for pair in (one for asked in texts for one in asked.pairs):
            key = self._key(pair)
            if key in own or any(self._key(one) == key for one in shared):
                continue
            each = [next((one.value for one in asked.pairs if self._key(one) == key), None) for asked in texts]
            values = [self._outside(one, choosing) for one in each]
            if any(one is None for one in values):
                own.add(key)
                continue
            shared.append(Pair(pair.key, self._chosen(choosing, [one for one in values if one is not None])))
        return shared, own

    def _key(self, pair: Pair) -> str:
        return self._code(pair.key)

    def _outside(self, value: cst.BaseExpression | None, choosing: cst.If) -> cst.BaseExpression | None:
        """A value as it can stand in front of the decision: itself, or the constant that its name has in a branch."""
        if value is None:
            return None
        names = [one for one in self._program.nodes_in(value) if isinstance(one, cst.Name)]
        inside = [
            definition
            for name in names
            for definition in self._program.reaching.get(name, ())
            if self._program.is_inside(definition.node, choosing)
        ]
        if not inside:
            return value
        known = self._program.value(value)
        if isinstance(known, Known) and is_certain(known) and isinstance(known.value, str | int | float):
            self._inlined.extend(inside)
            return cst.parse_expression(literal_code(known.value, '"'))
        return None

    def _chosen(self, choosing: cst.If, values: list[cst.BaseExpression]) -> cst.BaseExpression:
        *others, last = values
        result, tests = last, []
        current: cst.If | cst.Else | None = choosing
        while isinstance(current, cst.If):
            tests.append(current.test)
            current = current.orelse
        for test, value in reversed(list(zip(tests, others, strict=True))):
            if self._code(value) != self._code(result):
                result = cst.IfExp(test, value, result)
        return result

    def _grow(self, added: dict[cst.SimpleStatementLine, Asked], name: str) -> None:
        for statement, asked in added.items():
            lines: list[Statement] = list(stores(name, asked.pairs))
            if lines:
                self._edits.insert_before(statement, lambda lines=lines: lines)  # type: ignore[misc]
            self._edits.remove(statement)


def _all_pairs(asked: Asked) -> list[Pair]:
    return [*asked.pairs, *(pair for _, pairs in asked.decided for pair in pairs)]


def _branches(branch: cst.If) -> list[cst.BaseSuite]:
    found = []
    current: cst.If | cst.Else | None = branch
    while current is not None:
        found.append(current.body)
        current = current.orelse if isinstance(current, cst.If) else None
    return found


def _is_empty(block: cst.BaseSuite) -> bool:
    match list(block.body):
        case [] | [cst.SimpleStatementLine([cst.Pass()])]:
            return True
    return False


def _without_empty_branches(branch: cst.If) -> cst.If:
    """An `if` without branches at its end that do nothing, and turned round where only the other one does something."""
    orelse = branch.orelse
    if isinstance(orelse, cst.If):
        orelse = _without_empty_branches(orelse)
        orelse = None if orelse.orelse is None and _is_empty(orelse.body) else orelse
    elif isinstance(orelse, cst.Else) and _is_empty(orelse.body):
        orelse = None
    if isinstance(orelse, cst.Else) and _is_empty(branch.body):
        turned: cst.BaseExpression = cst.UnaryOperation(cst.Not(), in_parentheses(branch.test))
        match branch.test:
            case cst.Comparison(comparisons=[cst.ComparisonTarget(cst.Equal(), right)]):
                turned = branch.test.with_changes(comparisons=[cst.ComparisonTarget(cst.NotEqual(), right)])
        return branch.with_changes(test=turned, body=orelse.body, orelse=None, leading_lines=[])
    return branch.with_changes(orelse=orelse, leading_lines=[])


def _assigned(statement: cst.CSTNode) -> cst.BaseExpression | None:
    match statement:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name())], value)]):
            return value
        case cst.SimpleStatementLine([cst.AnnAssign(cst.Name(), _, value)]):
            return value
    return None
