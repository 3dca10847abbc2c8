"""A session's id and address that leave the POST's function together: in a tuple, a dictionary or a dataclass.

The id is only known when the first message has come. So the function gives the record without it, and behind the first
message it is put where the caller has it: under the name that the tuple was unpacked to, or into the record itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import DictDisplay, Instance, Known, Parsed, alternatives
from codemods.migrating import Migrating
from codemods.rules.names.elsewhere import calls_of
from codemods.rules.opening.answer import IDENTITY
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening


@dataclass(frozen=True, slots=True, eq=False)
class AnswerRecord:
    """One record: the `return` that gives it, the part of it that is the id, and where the id is put in time."""

    returning: cst.Return
    part: cst.Element | cst.DictElement | cst.Arg
    identity: cst.BaseExpression
    """What is given it behind the first message: `session_id`, `session["id"]`, `session.id`."""
    unpacking: cst.Assign | None
    """The statement that takes a tuple apart."""
    empty: tuple[cst.Tuple, ...] = ()
    """What the function gives in the record's place where there is none: `None, None`."""

    @property
    def display(self) -> cst.BaseExpression:
        """The expression that makes the record."""
        assert self.returning.value is not None
        return self.returning.value

    def holds(self, program: Program, node: cst.CSTNode) -> bool:
        """Whether a node is the id where the record is made, or where it is taken out of a tuple."""
        is_target = self.unpacking is not None and program.is_inside(node, self.identity)
        return is_target or program.is_inside(node, self.part)

    def is_idle(self, program: Program) -> bool:
        """Whether nothing reads the name that the id is given."""
        return isinstance(self.identity, cst.Name) and not any(
            one.uses for one in program.definitions() if one.node is self.identity
        )

    def plan(self, migrating: Migrating, posting: cst.FunctionDef) -> None:
        """Plans the edits: the record without the id."""
        edits = migrating.edits
        match self.display, self.part:
            case cst.Tuple(elements), _ if self.unpacking is not None:
                at = next(i for i, one in enumerate(elements) if one is not self.part)
                unpacked = self.unpacking.targets[0]
                for display in (self.display, *self.empty):
                    edits.rewrite(display, lambda updated: updated.elements[at].value)
                edits.rewrite(unpacked, lambda updated: updated.with_changes(target=updated.target.elements[at].value))
                if posting.returns is not None:
                    edits.replace(posting.returns.annotation, cst.Name("str"))
            case cst.Dict(elements), _:
                kept = [i for i, one in enumerate(elements) if one is not self.part]
                edits.rewrite(self.display, lambda updated: _with_elements(updated, kept))
            case _, cst.Arg() as part:
                edits.replace(part.value, migrating.string("", part.value))

    def given(self, migrating: Migrating, message: cst.BaseExpression) -> cst.SimpleStatementLine:
        """The statement that puts the id where the program has it."""
        key = migrating.string(IDENTITY[0], self.identity)
        read = cst.Subscript(message, [cst.SubscriptElement(cst.Index(key))])
        target = migrating.edits.edited(self.identity)
        assert isinstance(target, cst.BaseAssignTargetExpression)
        return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], read)])


def record_of(program: Program, opening: Opening, connect: Connect, posting: cst.CSTNode) -> AnswerRecord | None:
    """The record that the POST's function gives, where it gives nothing else and the id has its place."""
    if not isinstance(posting, cst.FunctionDef):
        return None
    calls = calls_of(program, posting)
    if len(calls) != 1 or program.scope_of(calls[0]) is not program.scope_of(connect.call):
        return None
    returns = [
        one
        for one in program.nodes_in(posting.body)
        if isinstance(one, cst.Return) and program.scope_of(one) is posting
    ]
    giving = [one for one in returns if not _gives_nothing(one)]
    if len(giving) != 1:
        return None
    (returning,) = giving
    parts = [one for one in _parts(returning.value) if _is_identity(program, opening, one.value)]
    addresses = [
        one for one in _parts(returning.value) if gladia.is_address_of(program.value(one.value), opening.request)
    ]
    if len(parts) != 1 or len(addresses) != 1:
        return None
    (part,) = parts
    if isinstance(returning.value, cst.Tuple):
        found = _unpacked(program, calls[0], returning, part)
        empty = tuple(one.value for one in returns if one is not returning and isinstance(one.value, cst.Tuple))
        found = replace(found, empty=empty) if found is not None else None
        return found if found is None or not connect.library.by_callback or found.is_idle(program) else None
    if connect.library.by_callback or len(returns) != 1:
        return None
    place = _place_in_record(program, connect, returning.value, part)
    if place is None or _is_handed_on_before(program, connect, returning.value):
        return None
    return AnswerRecord(returning, part, place, None)


def _gives_nothing(returning: cst.Return) -> bool:
    """Whether a function gives nothing here: `return`, `return None`, `return None, None`."""
    match returning.value:
        case None | cst.Name("None"):
            return True
        case cst.Tuple(elements):
            return all(isinstance(one.value, cst.Name) and one.value.value == "None" for one in elements)
    return False


def _parts(display: cst.BaseExpression | None) -> Iterator[cst.Element | cst.DictElement | cst.Arg]:
    found = getattr(display, "args" if isinstance(display, cst.Call) else "elements", ())
    yield from (one for one in found if isinstance(one, (cst.Element, cst.DictElement, cst.Arg)))


def _is_identity(program: Program, opening: Opening, node: cst.BaseExpression) -> bool:
    found = [one for one in alternatives(program.value(node)) if one != Known(None)]
    is_id = all(isinstance(one, Parsed) and one.path == IDENTITY for one in found)
    return bool(found) and is_id and gladia.is_answer_of(program.value(node), opening.request)


def _unpacked(
    program: Program, call: cst.Call, returning: cst.Return, part: cst.Element | cst.DictElement | cst.Arg
) -> AnswerRecord | None:
    """The record as a pair that the function that connects takes apart at once."""
    assert isinstance(returning.value, cst.Tuple)
    made = program.parents[call]
    statement = program.parents[made] if isinstance(made, cst.Await) else made
    statement = _taken_apart_later(program, statement) or statement
    elements = returning.value.elements
    match statement:
        case cst.Assign([cst.AssignTarget(cst.Tuple(targets) | cst.List(targets))]) if len(elements) == 2:
            plain = [one.value for one in targets if isinstance(one.value, (cst.Name, cst.Attribute))]
            if len(plain) == len(targets) == 2:
                at = next(i for i, one in enumerate(elements) if one is part)
                return AnswerRecord(returning, part, plain[at], statement)
    return None


def _taken_apart_later(program: Program, statement: cst.CSTNode) -> cst.Assign | None:
    """The statement that takes a pair apart that has got a name first, of which nothing else but a test is asked."""
    match statement:
        case cst.Assign([cst.AssignTarget(cst.Name() as name)]):
            pass
        case _:
            return None
    uses = [use for one in program.definitions() if one.node is name for use in one.uses]
    found: list[cst.Assign] = []
    for use in uses:
        parent = program.parents[use]
        if isinstance(parent, cst.Assign) and len(program.definitions_of(use)) == 1:
            found.append(parent)
        elif not _is_asked(program, use):
            return None
    return found[0] if len(found) == 1 else None


def _is_asked(program: Program, use: cst.Name) -> bool:
    """Whether a name is only asked whether there is anything."""
    match program.parents[use]:
        case cst.If() | cst.UnaryOperation(cst.Not()):
            return True
        case cst.Comparison(_, [cst.ComparisonTarget(cst.Is() | cst.IsNot(), cst.Name("None"))]):
            return True
    return False


def _place_in_record(
    program: Program,
    connect: Connect,
    display: cst.BaseExpression | None,
    part: cst.Element | cst.DictElement | cst.Arg,
) -> cst.BaseExpression | None:
    """The id's place in the record out of which the connect reads the address."""
    match display, part, _read_of_address(program, connect.url):
        case cst.Dict(), cst.DictElement(cst.SimpleString() as key), cst.Subscript(cst.Name() as owner):
            if program.value(owner) == DictDisplay(display):
                return cst.Subscript(owner, [cst.SubscriptElement(cst.Index(key))])
        case cst.Call(), cst.Arg(), cst.Attribute(owner):
            made = program.value(display)
            if isinstance(made, Instance) and made == program.value(owner) and _is_open_dataclass(made.node):
                name = part.keyword.value if part.keyword is not None else _field_at(made.node, display, part)
                return cst.Attribute(owner, cst.Name(name)) if name is not None and not part.star else None
    return None


def _read_of_address(program: Program, url: cst.BaseExpression | None) -> cst.BaseExpression | None:
    """Where the address is read, if the connect is given a name for it."""
    found = program.definitions_of(url) if isinstance(url, cst.Name) else []
    return found[0].expression if len(found) == 1 and found[0].expression is not None else url


def _is_handed_on_before(program: Program, connect: Connect, display: cst.BaseExpression | None) -> bool:
    """Whether the record goes anywhere else before the socket is open: its id would be missed there."""
    made = program.value(display) if display is not None else None
    for node in _in_order(program, program.scope_of(connect.call)):
        if node is connect.call:
            return False
        is_record = isinstance(node, (cst.Name, cst.Attribute)) and program.value(node) == made
        if is_record and not isinstance(program.parents[node], (cst.AssignTarget, cst.Subscript, cst.Attribute)):
            return True
    return True


def _in_order(program: Program, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything inside it, as it is written."""
    yield node
    for child in program.children(node):
        yield from _in_order(program, child)


def _is_open_dataclass(node: cst.ClassDef) -> bool:
    """Whether a class is a dataclass whose objects can be changed."""
    for one in node.decorators:
        called = one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator
        name = called.attr if isinstance(called, cst.Attribute) else called
        if isinstance(name, cst.Name) and name.value == "dataclass":
            given = one.decorator.args if isinstance(one.decorator, cst.Call) else ()
            return not any(argument.keyword is not None and argument.keyword.value == "frozen" for argument in given)
    return False


def _field_at(node: cst.ClassDef, display: cst.Call, part: cst.Arg) -> str | None:
    """The field that a positional argument gives, where the class inherits none."""
    if node.bases:
        return None
    fields = [
        small.target.value
        for line in node.body.body
        for small in getattr(line, "body", ())
        if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name)
    ]
    at = list(display.args).index(part)
    return fields[at] if at < len(fields) else None


def _with_elements(updated: cst.Dict, kept: list[int]) -> cst.Dict:
    elements = [updated.elements[at] for at in kept]
    elements[-1] = elements[-1].with_changes(comma=updated.elements[-1].comma)
    return updated.with_changes(elements=elements)
