"""A loop that spells a query's values, and leaves some out, as a comprehension that leaves them out.

`query[key] = "true" if value else "false"` for what is a boolean, `json.dumps(value)` for a list: a query is text, and
a program may spell it by itself. A JSON body holds the values as they are; such a loop decides what is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, JsonText, UrlQuery, Value, alternatives
from codemods.edits import Edits, expression
from codemods.rules.configuration.query_values import is_list, is_text
from codemods.simpler.spellings import LeftOut, Spelling, Turn
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions
from shim.faces import assemblyai_parameters as service
from shim.mapping import assemblyai_parameters


def with_values_as_they_are(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a loop spells a session's parameters, with the parameters themselves."""
    plans: dict[cst.Module, Edits] = {}
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            if opening.query is None:
                continue
            for loop in _loops(program, opening.query.of):
                loop.plan(plans.setdefault(program.module_of(loop.node), Edits()))
            if isinstance(opening.query.of, DictDisplay):
                _plan_comprehensions(program, opening.query.of, plans)
    return {module: simpler(module, edits) for module, edits in plans.items() if edits}


def _loops(program: Program, query: Value) -> Iterator[_Loop]:
    """The loops that spell the values of what a query is made of."""
    for module in program.modules:
        for node in program.nodes_in(module):
            if isinstance(node, cst.For):
                found = _loop_of(program, node)
                if found is not None and found.gives(query):
                    yield found


@dataclass(frozen=True, slots=True, eq=False)
class _Loop:
    """One loop: the dictionary whose items it goes through, the name of what it fills, and what it does.

    `made` is where an empty dictionary or list gets that name; None where the loop changes what it goes through.
    """

    program: Program
    node: cst.For
    source: cst.BaseExpression
    name: cst.Name
    key: cst.Name
    value: cst.Name
    made: Definition | None
    spelling: Spelling

    def gives(self, query: Value) -> bool:
        """Whether a query is made of what the loop fills."""
        if self.made is None:
            return isinstance(query, DictDisplay) and self.program.value(self.source) == query
        return getattr(query, "site", None) is self.made.expression

    def plan(self, edits: Edits) -> None:
        """Plans that a comprehension stands there, or nothing, where nothing is left out."""
        if self.spelling.makes_lists_json:
            _plan_lists(self.program, self.program.value(self.source), edits)
        if self.made is not None and self.made.statement is not None:
            edits.remove(self.made.statement)
        elif self.spelling.left_out is None:
            edits.remove(self.node)
            return
        of = self._kept() if self.spelling.left_out is not None else self.source
        line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(self.name)], of)], self.node.leading_lines)
        edits.replace(self.node, line)

    def _kept(self) -> cst.BaseExpression:
        test = "value is not None" if self.spelling.left_out is LeftOut.NONE_ALONE else "value"
        code = f"{{key: value for key, value in source.items() if {test}}}"
        return expression(code, key=self.key, value=self.value, source=self.source)


def _plan_lists(program: Program, source: Value, edits: Edits) -> None:
    """What would have been made JSON of, because it is a list, is made so where it stands among the parameters."""
    if not isinstance(source, DictDisplay):
        return
    for entry in program.dictionaries[source.site].entries:
        name = str(getattr(entry.key, "value", ""))
        node = entry.value_node
        if not service.is_list(assemblyai_parameters.read_name(name)) or not isinstance(node, cst.Name | cst.Attribute):
            continue
        if is_list(program, node) or is_text(program, node):
            continue
        if not any(isinstance(one, JsonText) for one in alternatives(entry.value)):
            edits.replace(node, expression("json.dumps(node) if node is not None else None", node=node))


def _plan_comprehensions(program: Program, query: DictDisplay, plans: dict[cst.Module, Edits]) -> None:
    """The same for a comprehension that makes JSON of lists: it keeps the values, which are JSON where they stand."""
    for comprehension, site in program.filtered.items():
        match comprehension.for_in.target:
            case cst.Tuple([cst.Element(cst.Name(key)), cst.Element(cst.Name() as value)]) if site is query.site:
                turn = Turn(program, key, value.value, cst.Name(key), False)
                if turn.spells(comprehension.value) and turn.makes_json(comprehension.value):
                    edits = plans.setdefault(program.module_of(comprehension), Edits())
                    edits.replace(comprehension.value, value)
                    _plan_lists(program, query, edits)


def _loop_of(program: Program, node: cst.For) -> _Loop | None:
    match node:
        case cst.For(
            cst.Tuple([cst.Element(cst.Name() as key), cst.Element(cst.Name() as value)]),
            gone_through,
            body,
            orelse=None,
        ):
            source = _items_of(program, gone_through)
        case _:
            return None
    target = _filled(body, key.value)
    if source is None or target is None:
        return None
    is_new = not target.deep_equals(source)
    made = _made(program, node, target) if is_new else None
    if is_new and made is None:
        return None
    spelling = Turn(program, key.value, value.value, target, is_new).spelling(body)
    if spelling is None or _is_used_later(program, node, (key, value)):
        return None
    if not is_new and spelling.left_out is not None and not _is_own(program, node, target):
        return None
    return _Loop(program, node, source, target, key, value, made, spelling)


def _items_of(program: Program, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The dictionary behind `.items()`, also of a copy that is made to change it meanwhile."""
    match node:
        case cst.Call(cst.Name("list" | "tuple"), [cst.Arg(inner, keyword=None, star="")]):
            return _items_of(program, inner)
        case cst.Call(
            cst.Attribute(cst.Call(cst.Name("dict"), [cst.Arg(of, keyword=None, star="")]), cst.Name("items"))
        ):
            return of
        case cst.Call(cst.Attribute(of, cst.Name("items")), []):
            return of
    return None


def _filled(body: cst.BaseSuite, key: str) -> cst.Name | None:
    """The name of what a loop's body puts parameters into, or takes them out of."""
    found: list[cst.Name] = []

    class Finder(cst.CSTVisitor):
        def visit_Subscript(self, node: cst.Subscript) -> None:
            match node:
                case cst.Subscript(cst.Name() as owner, [cst.SubscriptElement(cst.Index(cst.Name(name)))]) if (
                    name == key
                ):
                    found.append(owner)

        def visit_Call(self, node: cst.Call) -> None:
            match node.func:
                case cst.Attribute(cst.Name() as owner, cst.Name("append" | "pop")):
                    found.append(owner)

    body.visit(Finder())
    return found[0] if found and all(one.value == found[0].value for one in found) else None


def _made(program: Program, loop: cst.For, target: cst.Name) -> Definition | None:
    """Where the name gets something empty, if that is in front of the loop and nothing is done with it meanwhile."""
    definitions = program.definitions_of(target)
    if len(definitions) != 1:
        return None
    (made,) = definitions
    block = program.parents[loop]
    statement = made.statement
    if not isinstance(statement, cst.SimpleStatementLine) or program.parents[statement] is not block:
        return None
    match statement.body:
        case [cst.Assign([_], value) | cst.AnnAssign(_, _, value)] if value is made.expression and _is_empty(value):
            pass
        case _:
            return None
    inside = set(program.nodes_in(loop))
    later = [one for one in made.uses if one not in inside]
    if not all(_stands_behind(block, loop, program, one) for one in later):
        return None
    if isinstance(made.expression, cst.List):
        return made if len(later) == 1 and _is_encoded(program, later[0]) else None
    return made


def _is_empty(node: cst.BaseExpression | None) -> bool:
    match node:
        case cst.Dict([]) | cst.List([]) | cst.Call(cst.Name("dict"), []):
            return True
    return False


def _stands_behind(block: cst.CSTNode, loop: cst.For, program: Program, use: cst.CSTNode) -> bool:
    """Whether a use of a name is further down in the block of the loop, in the same function."""
    body = list(getattr(block, "body", ()))
    while use in program.parents and program.parents[use] is not block:
        use = program.parents[use]
    return use in body and body.index(use) > body.index(loop)


def _is_encoded(program: Program, use: cst.Name) -> bool:
    match program.parents[use]:
        case cst.Arg(keyword=None, star="") as given:
            call = program.parents[given]
            return isinstance(call, cst.Call) and isinstance(program.value(call), UrlQuery) and call.args[0] is given
    return False


def _is_used_later(program: Program, loop: cst.For, names: tuple[cst.Name, cst.Name]) -> bool:
    """Whether the loop's own names are read behind it."""
    inside = set(program.nodes_in(loop))
    wanted = {one.value for one in names}
    return any(
        definition.node in inside
        for node in program.nodes_in(program.scope_of(loop))
        if isinstance(node, cst.Name) and node.value in wanted and node not in inside
        for definition in program.reaching.get(node, ())
    )


def _is_own(program: Program, loop: cst.For, target: cst.Name) -> bool:
    """Whether a dictionary is made in the loop's own function, and nothing but its one name there has it."""
    match program.definitions_of(target):
        case [
            Definition(
                expression=cst.Dict() | cst.Call(),
                statement=cst.SimpleStatementLine([cst.Assign([_]) | cst.AnnAssign()]) as made,
            )
        ]:
            return program.scope_of(made) is program.scope_of(loop)
    return False
