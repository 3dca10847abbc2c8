"""Edits planned on the nodes of a parsed module, and their application in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import libcst as cst

from codemods.displays import with_notes

Rewrite = Callable[[Any], cst.CSTNode]
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Statements = Callable[[], list[Statement]]
"""Gives statements when the edits are applied, so that they can hold nodes edited by then."""

Expression = TypeVar("Expression", bound=cst.CSTNode)


@dataclass(eq=False, slots=True)
class Edits:
    """What is to change. Nodes are those of the module that was analysed; nothing changes until `apply`."""

    rewrites: dict[cst.CSTNode, Rewrite] = field(default_factory=dict)
    removed: set[cst.CSTNode] = field(default_factory=set)
    unwrapped: set[cst.CSTNode] = field(default_factory=set)
    moved: set[cst.CSTNode] = field(default_factory=set)
    """Those of the removed that stand elsewhere afterwards, with their comments."""
    after: dict[cst.CSTNode, Statements] = field(default_factory=dict)
    before: dict[cst.CSTNode, Statements] = field(default_factory=dict)
    at_start: dict[cst.CSTNode, Statements] = field(default_factory=dict)
    further_before: dict[cst.CSTNode, list[Statements]] = field(default_factory=dict)
    further_after: dict[cst.CSTNode, list[Statements]] = field(default_factory=dict)
    notes: dict[cst.CSTNode, list[str]] = field(default_factory=dict)
    """Comment lines to stand above statements, below the comments that stand there."""
    buffers: set[tuple[cst.CSTNode, str]] = field(default_factory=set)
    """The variables that gather frames, each with what it is made in front of: several places may fill one."""
    taken_out: set[cst.CSTNode] = field(default_factory=set)
    """Elements of a list of nodes that are no statements, such as the cases of a `match`."""
    _watched: dict[cst.CSTNode, cst.CSTNode | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rewrites or self.removed or self.unwrapped or self.after or self.before or self.at_start)

    def nodes(self) -> set[cst.CSTNode]:
        """Every node that something is planned for."""
        kept = self.removed | self.unwrapped
        return kept.union(
            self.rewrites, self.after, self.before, self.at_start, self.further_before, self.further_after
        )

    def rewrite(self, node: cst.CSTNode, how: Rewrite) -> None:
        """Replaces a node by what `how` makes of it after its children were edited. The first plan stays."""
        self.rewrites.setdefault(node, how)

    def rewrite_further(self, node: cst.CSTNode, how: Rewrite) -> None:
        """Changes a node after what is planned for it already, if anything is."""
        earlier = self.rewrites.get(node)
        self.rewrites[node] = how if earlier is None else lambda updated: how(earlier(updated))

    def replace(self, node: cst.CSTNode, by: cst.CSTNode) -> None:
        """Replaces a node."""
        self.rewrite(node, lambda _: by)

    def remove(self, statement: cst.CSTNode) -> None:
        """Removes a statement; the comments above it move to what follows."""
        self.removed.add(statement)

    def take_out(self, element: cst.CSTNode) -> None:
        """Removes an element of a list of nodes that is no statement."""
        self.taken_out.add(element)

    def unwrap(self, statement: cst.CSTNode) -> None:
        """Puts a `with` statement's body in its place."""
        self.unwrapped.add(statement)

    def move(self, statement: cst.CSTNode) -> None:
        """Removes a statement that is put elsewhere: `updated` gives it, its comments go with it."""
        self.removed.add(statement)
        self.moved.add(statement)
        self.watch([statement])

    def insert_after(self, statement: cst.CSTNode, statements: Statements) -> None:
        """Puts statements behind one."""
        self.after.setdefault(statement, statements)

    def insert_before(self, statement: cst.CSTNode, statements: Statements) -> None:
        """Puts statements in front of one, whose comments stay with it."""
        self.before.setdefault(statement, statements)

    def add_before(self, statement: cst.CSTNode, statements: Statements) -> None:
        """Puts statements right in front of one, whatever else is put there."""
        self.further_before.setdefault(statement, []).append(statements)

    def add_after(self, statement: cst.CSTNode, statements: Statements) -> None:
        """Puts statements right behind one, whatever else is put there."""
        self.further_after.setdefault(statement, []).append(statements)

    def in_front_of(self, statement: cst.CSTNode) -> list[Statement]:
        """What is put in front of a statement."""
        planned = [self.before[statement]] if statement in self.before else []
        return [one for each in (*planned, *self.further_before.get(statement, ())) for one in each()]

    def behind(self, statement: cst.CSTNode) -> list[Statement]:
        """What is put behind a statement."""
        planned = [self.after[statement]] if statement in self.after else []
        return [one for each in (*self.further_after.get(statement, ()), *planned) for one in each()]

    def insert_at_start(self, block: cst.CSTNode, statements: Statements) -> None:
        """Puts statements at the start of a block."""
        self.at_start.setdefault(block, statements)

    def watch(self, nodes: Iterable[cst.CSTNode]) -> None:
        """Keeps what becomes of nodes that move: `updated` gives them from then on."""
        for node in nodes:
            self._watched.setdefault(node, None)

    def keep(self, node: cst.CSTNode, updated: cst.CSTNode) -> None:
        """Notes what became of a node, if it is watched."""
        if node in self._watched:
            self._watched[node] = updated

    def updated(self, node: Expression) -> Expression:
        """A watched node after its edits; it must stand before the place that asks."""
        found = self._watched[node]
        assert found is not None, "a moved node is asked for before it was met"
        return found  # type: ignore[return-value]  # edits keep an expression an expression

    def edited(self, node: Expression) -> Expression:
        """A node as the edits planned so far make it, wherever it stands; for what moves to another place."""
        found = node.visit(_Application(self))
        assert isinstance(found, cst.CSTNode), "a moved node is not removed"
        return found

    def apply(self, module: cst.Module) -> cst.Module:
        """The module with all edits made."""
        return module.visit(_Application(self))


class _Application(cst.CSTTransformer):
    def __init__(self, edits: Edits) -> None:
        super().__init__()
        self._edits = edits

    def on_leave(self, original_node: cst.CSTNode, updated_node: Any) -> Any:
        if original_node in self._edits.taken_out:
            return cst.RemoveFromParent()
        if isinstance(original_node, (cst.IndentedBlock, cst.Module)):
            updated_node = self._edit_body(original_node, updated_node)
        updated_node = with_notes(original_node, updated_node, self._edits.notes)
        rewrite = self._edits.rewrites.get(original_node)
        if rewrite is not None:
            updated_node = rewrite(updated_node)
        if original_node in self._edits.notes and hasattr(updated_node, "leading_lines"):
            lines = [cst.EmptyLine(comment=cst.Comment(line)) for line in self._edits.notes[original_node]]
            updated_node = updated_node.with_changes(leading_lines=[*updated_node.leading_lines, *lines])
        self._edits.keep(original_node, updated_node)
        return updated_node

    def _edit_body(self, original: cst.IndentedBlock | cst.Module, updated: Any) -> Any:
        edits = self._edits
        touched = any(
            one in edits.removed
            or one in edits.unwrapped
            or any(one in each for each in (edits.after, edits.before, edits.further_after, edits.further_before))
            for one in original.body
        )
        starts = edits.at_start[original]() if original in edits.at_start else []
        if not touched and not starts:
            return updated
        body: list[Any] = []
        carried: list[cst.EmptyLine] = []
        blanks: list[cst.EmptyLine] = []
        below: list[cst.EmptyLine] = []
        for old, new in zip(original.body, updated.body, strict=True):
            if old in edits.before or old in edits.further_before:
                first, *others = edits.in_front_of(old)
                if not body and isinstance(original, cst.IndentedBlock):
                    first = _without_blanks_above(first)
                body.extend([_with_comments(first, carried), *others])
                carried = []
            if old in edits.removed:
                if old not in edits.moved:
                    carried = _carry(carried, new.leading_lines)
                    if isinstance(original, cst.Module):
                        blanks = blanks or [line for line in new.leading_lines if line.comment is None]
            elif old in edits.unwrapped:
                first, *others = new.body.body
                body.extend([_with_comments(first, _carry(carried, new.leading_lines)), *others])
                carried = []
                if old is original.body[-1]:
                    below = [*new.body.footer]
            else:
                if not body and old is not original.body[0] and isinstance(original, cst.IndentedBlock):
                    new = _without_blanks_above(new)
                if blanks and not carried and not new.leading_lines:
                    new = new.with_changes(leading_lines=blanks)
                body.append(_with_comments(new, carried))
                carried, blanks = [], []
            if old in edits.after or old in edits.further_after:
                first, *others = edits.behind(old)
                body.extend([_with_comments(first, carried), *others])
                carried = []
        if starts:
            if body and not body[0].leading_lines:
                body[0] = body[0].with_changes(leading_lines=[cst.EmptyLine(indent=False)])
            body = [*starts, *body]
        if not body:
            body = [cst.SimpleStatementLine([cst.Pass()])]
        if below:
            updated = updated.with_changes(footer=[*below, *updated.footer])
        if carried:
            comments = [line for line in carried if line.comment is not None]
            updated = updated.with_changes(footer=[*comments, *updated.footer])
        return updated.with_changes(body=body)


def _without_blanks_above(statement: Any) -> Any:
    """A statement that begins its block now, without the blank lines that parted it from what went."""
    lines = list(statement.leading_lines)
    while lines and lines[0].comment is None:
        lines.pop(0)
    return statement.with_changes(leading_lines=lines)


def _carry(carried: list[cst.EmptyLine], lines: Iterable[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Comments of a removed statement, with the blank lines before the first of them."""
    found = list(lines)
    if not any(line.comment is not None for line in found):
        return carried
    return [*carried, *(found if not carried else [line for line in found if line.comment is not None])]


def _with_comments(statement: Any, carried: list[cst.EmptyLine]) -> Any:
    """A statement with the comments of those removed before it; its own blank lines give way to theirs."""
    if not carried:
        return statement
    own = [line for line in statement.leading_lines if line.comment is not None]
    return statement.with_changes(leading_lines=[*carried, *own])


class _Substitution(cst.CSTTransformer):
    def __init__(self, nodes: dict[str, cst.BaseExpression]) -> None:
        super().__init__()
        self._nodes = nodes

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._nodes.get(original_node.value, updated_node)


def expression(code: str, **nodes: cst.BaseExpression) -> cst.BaseExpression:
    """An expression from a template, its names replaced by nodes (which are put in parentheses where needed)."""
    template = cst.parse_expression(code)
    if isinstance(template, cst.Name):
        return nodes.get(template.value, template)
    replaced = template.visit(_Substitution({name: in_parentheses(node) for name, node in nodes.items()}))
    assert isinstance(replaced, cst.BaseExpression)
    return replaced


def statements(code: str, **nodes: cst.BaseExpression) -> list[Statement]:
    """Statements from a template, its names replaced by nodes as they are: each must stand alone where it comes."""
    template = cst.parse_module(code).visit(_Substitution(nodes))
    return [one for one in template.body if isinstance(one, (cst.SimpleStatementLine, cst.BaseCompoundStatement))]


def renamed(statement: Statement, old: str, new: str) -> Statement:
    """A statement with one name for another; attributes and keywords of that name are others'."""
    return with_value_for(statement, old, cst.Name(new))


def with_value_for(statement: Statement, name: str, value: cst.BaseExpression) -> Statement:
    """A statement with an expression in the place of a name."""
    found = statement.visit(_Replacing(name, value))
    assert isinstance(found, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    return found


class _Replacing(cst.CSTTransformer):
    def __init__(self, name: str, value: cst.BaseExpression) -> None:
        super().__init__()
        self._name, self._value = name, value

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if updated_node.value != self._name:
            return updated_node
        if isinstance(self._value, cst.Name):
            return updated_node.with_changes(value=self._value.value)
        return self._value.deep_clone()

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)


def with_other_quotes(source: str, quote: str) -> str:
    """A conversion's expression with quotes that can stand around an access: f-strings take the other kind."""
    if source.startswith('f"'):
        return source.replace('"', "'" if quote == '"' else '"')
    return source.replace('"', quote)


_NEVER_IN_PARENTHESES = (
    cst.Name,
    cst.Attribute,
    cst.Subscript,
    cst.Call,
    cst.SimpleString,
    cst.FormattedString,
    cst.Integer,
    cst.Float,
    cst.List,
    cst.Dict,
    cst.Set,
)


def in_parentheses(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression so that it can stand inside any other."""
    if isinstance(node, _NEVER_IN_PARENTHESES) or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def takes_any(parent: cst.CSTNode) -> bool:
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
            cst.Lambda,
        ),
    )
