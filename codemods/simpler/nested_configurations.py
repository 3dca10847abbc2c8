"""A part of a configuration that is made by itself, under a name of its own, as it stands in the whole.

`"language_config": LANGUAGE` says nothing of what is in it; `{"languages": LANGUAGE["languages"]}` does, and so does
what `LANGUAGE` was made of, where it is for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.dictionaries import Fact
from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, JsonText, Known, Value, alternatives, something
from codemods.edits import Edits
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia


def with_nested_written(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's body has parts of their own, with these in the whole."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        value = program.value(opening.request.json or opening.request.data or opening.request.call)
        value = value.of if isinstance(value, JsonText) else value
        for fact in _parts(program, value, opening.request.call):
            edits = plans.setdefault(program.module_of(fact.value_node), Edits())
            if not _inline(program, fact, edits) and not _write_reads(program, fact, edits):
                _store_at_once(program, fact, edits)
    return {module: _written(module, edits) for module, edits in plans.items() if edits}


def _parts(program: Program, value: Value, used_at: cst.CSTNode) -> Iterator[Fact]:
    """The entries, at any depth, whose dictionary is not written where it is put in."""
    here = isinstance(value, DictDisplay) and program.scope_of(used_at) is program.scope_of(value.site)
    facts = program.dictionary_facts(value, used_at if here else None)
    for fact in facts.entries if facts is not None else ():
        inner = [one for one in something(fact.value) if isinstance(one, DictDisplay)]
        if fact.site in program.dumped or len(inner) != 1:
            continue
        if isinstance(program.parents.get(fact.value_node), cst.Param):
            continue  # what callers give is written where they are
        if Known(None) in tuple(alternatives(fact.value)) and not _is_tested(program, fact):
            continue  # there may be nothing to read
        if isinstance(fact.value_node, (cst.Name, cst.Attribute, cst.Call)) and not _is_display(program, fact):
            yield fact
        elif isinstance(fact.value_node, cst.Dict):
            yield from _parts(program, inner[0], used_at)


def _is_tested(program: Program, fact: Fact) -> bool:
    """Whether a part is put in by a store behind a test, which asks whether there is one."""
    around = program.parents.get(program.parents[program.statement_of(fact.value_node)])
    return isinstance(around, cst.If)


def _is_display(program: Program, fact: Fact) -> bool:
    """Whether the call that gives a part is `dict(…)`, which is a display in other words."""
    return isinstance(fact.value_node, cst.Call) and DictDisplay(fact.value_node) in something(fact.value)


def _inline(program: Program, fact: Fact, edits: Edits) -> bool:
    """Puts the display that a name was given in its place, where the name is for nothing else."""
    node = fact.value_node
    definitions = program.definitions_of(node) if isinstance(node, cst.Name) else []
    match definitions:
        case [definition] if isinstance(definition.expression, cst.Dict):
            pass
        case _:
            return False
    statement = definition.statement
    dictionary = program.dictionaries[definition.expression]
    is_only = len(definition.uses) == 1 and not dictionary.changes
    is_near = program.scope_of(definition.node) is program.scope_of(node)
    if not is_only or not is_near or not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    if any(isinstance(one, (cst.Call, cst.Await)) for one in program.nodes_in(definition.expression)) and not _is_next(
        program, statement, program.statement_of(node)
    ):
        return False  # what it calls would be called later
    here = program.at_statement.get(program.statement_of(node), {})
    for name in program.nodes_in(definition.expression):
        reaching = program.reaching.get(name) if isinstance(name, cst.Name) else None
        if reaching is not None and isinstance(name, cst.Name) and here.get(name.value, reaching) != reaching:
            return False
    edits.watch([definition.expression])
    edits.replace(node, definition.expression)
    edits.remove(statement)
    return True


def _is_next(program: Program, statement: cst.BaseStatement, other: cst.CSTNode) -> bool:
    """Whether between two statements of one block nothing is called, but what only tells."""
    parent = program.parents[statement]
    if parent is not program.parents.get(other) or not isinstance(parent, (cst.Module, cst.IndentedBlock)):
        return False
    lines: list[cst.CSTNode] = list(parent.body)
    between = lines[lines.index(statement) + 1 : lines.index(other)]
    inside = [one for line in between for one in program.nodes_in(line)]
    return not any(isinstance(one, (cst.Call, cst.Await)) and not _tells(one) for one in inside)


def _tells(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(cst.Name("print") | cst.Attribute(attr=cst.Name("debug" | "info" | "warning"))):
            return True
    return False


def _write_reads(program: Program, fact: Fact, edits: Edits) -> bool:
    """Reads each entry of a part by itself, where all of them are there for sure."""
    facts = program.dictionary_facts(fact.value)
    if facts is None or not facts.complete or not facts.entries or facts.removals:
        return False
    if any(not one.certain or isinstance(one.value, DictDisplay) for one in facts.entries):
        return False
    owner: cst.BaseExpression = fact.value_node
    if isinstance(owner, cst.Call):
        name = _free_name(program, str(fact.key))
        made = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], owner)])
        statement = program.statement_of(fact.value_node)
        if not isinstance(statement, cst.SimpleStatementLine):
            return False
        edits.add_before(statement, lambda: [made])
        owner = name
    keys = list(dict.fromkeys(str(one.key) for one in facts.entries))
    entries = [
        cst.DictElement(
            cst.SimpleString(f'"{key}"'),
            cst.Subscript(owner, [cst.SubscriptElement(cst.Index(cst.SimpleString(f'"{key}"')))]),
        )
        for key in keys
    ]
    edits.replace(fact.value_node, cst.Dict(entries))
    return True


def _store_at_once(program: Program, fact: Fact, edits: Edits) -> None:
    """A part that grows under a name and is stored at last, as stored at first: it grows inside of the whole then."""
    node = fact.value_node
    definitions = program.definitions_of(node) if isinstance(node, cst.Name) else []
    storing = program.statement_of(node)
    match definitions, storing:
        case [definition], cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)])]) if target is fact.node:
            made = definition.statement
        case _:
            return
    if not isinstance(target, cst.Subscript) or not isinstance(made, cst.SimpleStatementLine) or len(made.body) != 1:
        return
    roots = [one for one in program.nodes_in(target.value) if isinstance(one, cst.Name)]
    there = program.at_statement.get(made, {})
    missing = [one for one in roots if there.get(one.value) != program.reaching.get(one)]
    whole = _could_be_earlier(program, missing[0], made) if len(missing) == 1 else None
    if missing and whole is None:
        return  # the whole is not there yet
    going: list[cst.CSTNode] = [storing]
    around = program.parents.get(program.parents[storing])
    if isinstance(around, cst.If) and around.orelse is None and len(around.body.body) == 1:
        going.append(around)
    for use in definition.uses:
        parent = program.parents[use]
        if any(program.is_inside(use, one) for one in going):
            continue
        if not isinstance(parent, cst.Subscript) or parent.value is not use:
            return
    for use in definition.uses:
        if not any(program.is_inside(use, one) for one in going):
            edits.replace(use, target)
    if whole is not None:
        earlier = whole
        edits.add_before(made, lambda: [earlier.with_changes(leading_lines=())])
        edits.remove(whole)
    match made.body[0]:
        case cst.AnnAssign(value=cst.BaseExpression() as display) as annotated:
            # What the name was declared to be is no declaration of an entry.
            edits.replace(annotated, cst.Assign([cst.AssignTarget(target)], display))
        case _:
            edits.replace(definition.node, target)
    for one in going:
        edits.remove(one)


def _could_be_earlier(
    program: Program, name: cst.Name, earlier: cst.SimpleStatementLine
) -> cst.SimpleStatementLine | None:
    """The statement that makes the whole, where it could stand in front of another one of its block: it only reads."""
    definitions = program.definitions_of(name)
    match definitions:
        case [definition] if isinstance(definition.expression, cst.Dict):
            made = definition.statement
        case _:
            return None
    if not isinstance(made, cst.SimpleStatementLine) or len(made.body) != 1:
        return None
    if program.parents[made] is not program.parents[earlier]:
        return None
    there = program.at_statement.get(earlier, {})
    for node in program.nodes_in(definition.expression):
        if isinstance(node, (cst.Call, cst.Await, cst.NamedExpr, cst.Yield)):
            return None
        reaching = program.reaching.get(node) if isinstance(node, cst.Name) else None
        if reaching is None or not isinstance(node, cst.Name):
            continue
        is_of_module = all(isinstance(program.scope_of(one.node), cst.Module) for one in reaching)
        if there.get(node.value, reaching if is_of_module else None) != reaching:
            return None  # it is another one there, or none yet
    return made


def _free_name(program: Program, wanted: str) -> cst.Name:
    nodes = (one for module in program.modules for one in program.nodes_in(module))
    taken = {one.value for one in nodes if isinstance(one, cst.Name)}
    names = (f"{start}{wanted}" for start in ("", "session_", "own_"))
    return cst.Name(next((one for one in names if one not in taken and one.isidentifier()), "part_of_session"))


def _written(module: cst.Module, edits: Edits) -> Simpler:
    return simpler(module, edits)
