"""Parts of a configuration that grow under names of their own before the whole is made: grown inside of the whole.

`messages = {}`, filled behind tests, and `{"messages_config": messages}` at last: which of it is asked for can only be
said of the whole, so the whole is made first, and each part where it was begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, JsonText, Library
from codemods.edits import Edits, Statement, expression
from codemods.simpler.written import Simpler
from codemods.vendors import gladia


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One part: the key that it has in the whole, where it gets its name, and the entry or the statement it goes by."""

    key: cst.BaseExpression
    definition: Definition
    made: cst.SimpleStatementLine
    display: cst.Dict
    going: cst.CSTNode


def with_wholes_first(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which parts of a session's body grow so, with the whole made first."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        body = opening.request.json or opening.request.data
        value = program.value(body) if body is not None else None
        value = value.of if isinstance(value, JsonText) else value
        if isinstance(value, DictDisplay) and isinstance(value.site, cst.Dict):
            module = program.module_of(value.site)
            if module not in plans:
                _plan(program, value.site, plans.setdefault(module, Edits()))
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def _plan(program: Program, whole: cst.Dict, edits: Edits) -> None:
    statement = program.statement_of(whole)
    match statement:
        case cst.SimpleStatementLine(
            [cst.Assign([cst.AssignTarget(cst.Name() as name)], given) | cst.AnnAssign(cst.Name() as name, _, given)]
        ) if given is whole:
            pass
        case _:
            return
    assert isinstance(statement, cst.SimpleStatementLine)
    entries = [one for one in whole.elements if isinstance(one, cst.DictElement)]
    parts = [_part(program, one.key, one.value, one) for one in entries]
    parts.extend(_stored(program, name))
    found = [one for one in parts if one is not None and _grows(program, one)]
    if not any(isinstance(one.going, cst.DictElement) for one in found):
        return
    block = program.parents[statement]
    if any(program.parents[one.made] is not block for one in found) or not isinstance(
        block, cst.IndentedBlock | cst.Module
    ):
        return
    lines: list[cst.CSTNode] = list(block.body)
    first = min(found, key=lambda one: lines.index(one.made)).made
    going = [one.going for one in found]
    kept = [one for one in whole.elements if one not in going]
    if lines.index(first) > lines.index(statement) or not _could_stand(program, kept, first):
        return
    if kept:
        kept[-1] = kept[-1].with_changes(comma=whole.elements[-1].comma)
    beginning = statement.with_changes(leading_lines=()).with_deep_changes(whole, elements=kept)
    edits.add_before(first, lambda: [beginning])
    edits.remove(statement)
    for one in found:
        _write(program, name, one, edits)


def _stored(program: Program, name: cst.Name) -> list[_Part | None]:
    """The parts that are stored in the whole by themselves, behind a test or not."""
    found: list[_Part | None] = []
    for use in (use for one in program.definitions() if one.node is name for use in one.uses):
        storing = program.statement_of(use)
        match storing:
            case cst.SimpleStatementLine(
                [cst.Assign([cst.AssignTarget(cst.Subscript(base, [cst.SubscriptElement(cst.Index(key))]))], given)]
            ) if base is use and isinstance(given, cst.Name):
                around = program.parents[program.parents[storing]]
                is_alone = isinstance(around, cst.If) and around.orelse is None and len(around.body.body) == 1
                found.append(_part(program, key, given, around if is_alone else storing))
    return found


def _part(program: Program, key: cst.BaseExpression, value: cst.BaseExpression, going: cst.CSTNode) -> _Part | None:
    definitions = program.definitions_of(value) if isinstance(value, cst.Name) else []
    if len(definitions) != 1 or not isinstance(key, cst.SimpleString):
        return None
    (definition,) = definitions
    made, display = definition.statement, definition.expression
    if not isinstance(made, cst.SimpleStatementLine) or len(made.body) != 1 or not isinstance(display, cst.Dict):
        return None
    if program.scope_of(definition.node) is not program.scope_of(value):
        return None
    return _Part(key, definition, made, display, going)


def _grows(program: Program, part: _Part) -> bool:
    """Whether a part is put something into, and is used for nothing but the whole."""
    grows = False
    for use in part.definition.uses:
        parent = program.parents[use]
        if program.is_inside(use, part.going):
            continue
        is_filled = isinstance(parent, cst.Subscript) and parent.value is use
        if not is_filled and _updated(program, use) is None:
            return False
        grows = True
    return grows


def _updated(program: Program, use: cst.CSTNode) -> list[tuple[cst.BaseExpression, cst.BaseExpression]] | None:
    """The entries that a statement `part.update(…)` gives a part; None for any other use."""
    match program.statement_of(use):
        case cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Attribute(owner, cst.Name("update")), args))]) if (
            owner is use
        ):
            pass
        case _:
            return None
    match args:
        case [cst.Arg(cst.Dict(elements), keyword=None, star="")]:
            entries = [one for one in elements if isinstance(one, cst.DictElement)]
            return [(one.key, one.value) for one in entries] if len(entries) == len(elements) else None
    given = [(one.keyword.value, one.value) for one in args if one.keyword is not None]
    if len(given) < len(args) or not given:
        return None
    return [(cst.SimpleString(f'"{name}"'), value) for name, value in given]


def _could_stand(program: Program, entries: Sequence[cst.BaseDictElement], there: cst.CSTNode) -> bool:
    """Whether entries of the whole mean the same at an earlier statement: they only read, and what is there."""
    known = program.at_statement.get(there, {})
    for node in (inner for one in entries for inner in program.nodes_in(one)):
        if isinstance(node, cst.Await | cst.NamedExpr | cst.Yield):
            return False
        if isinstance(node, cst.Call) and not isinstance(program.value(node.func), Library):
            return False  # what it does may be meant for after what stands between
        reaching = program.reaching.get(node) if isinstance(node, cst.Name) else None
        is_local = reaching is not None and any(
            not isinstance(program.scope_of(one.node), cst.Module) for one in reaching
        )
        if is_local and isinstance(node, cst.Name) and known.get(node.value) != reaching:
            return False
    return True


def _write(program: Program, name: cst.Name, part: _Part, edits: Edits) -> None:
    target = expression("whole[key]", whole=cst.Name(name.value), key=part.key)
    assert isinstance(target, cst.BaseAssignTargetExpression)
    for use in part.definition.uses:
        if program.is_inside(use, part.going):
            continue
        updated = _updated(program, use)
        if updated is None:
            edits.replace(use, target)
            continue
        stores: list[Statement] = []
        for key, value in updated:
            place = expression("part[key]", part=target, key=key)
            assert isinstance(place, cst.BaseAssignTargetExpression)
            stores.append(cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(place)], value)]))
        statement = program.statement_of(use)
        edits.insert_after(statement, lambda stores=stores: stores)  # type: ignore[misc]
        edits.remove(statement)
    edits.replace(part.made.body[0], cst.Assign([cst.AssignTarget(target)], part.display))
    if not isinstance(part.going, cst.DictElement):
        edits.remove(part.going)
