"""Short names for an object's attribute in a function that puts an address together, written out.

`s = self.settings; return f"{s.url}?…"` says what `f"{self.settings.url}?…"` says, which means the same in every
method of
the object, and so where the socket is opened.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.edits import Edits
from codemods.rules.posting.address_maker import maker_at
from codemods.simpler.query_pieces import made_of
from codemods.simpler.written import Simpler
from codemods.vendors import assemblyai_sessions as sessions


def with_short_names_written_out(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which the maker of a session's address has such names, without them."""
    plans: dict[cst.Module, Edits] = {}
    seen: set[cst.CSTNode] = set()
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            for node in made_of(program, opening.url):
                maker = maker_at(program, node)
                if maker is None or maker.function in seen:
                    continue
                seen.add(maker.function)
                edits = plans.setdefault(program.module_of(maker.function), Edits())
                _plan(program, maker.function, edits)
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def _plan(program: Program, function: cst.FunctionDef, edits: Edits) -> None:
    scope = program.scopes.get(function)
    for definitions in scope.definitions.values() if scope is not None else ():
        if len(definitions) == 1 and _is_short_name(program, definitions[0]):
            (one,) = definitions
            assert one.expression is not None and one.statement is not None
            for use in one.uses:
                edits.replace(use, one.expression)
            edits.remove(one.statement)


def _is_short_name(program: Program, definition: Definition) -> bool:
    """Whether a name is given an attribute of the object, by a chain of names, and the chain is set nowhere there."""
    statement = definition.statement
    match statement, definition.expression:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name())])]), cst.Attribute() as chain:
            root: cst.BaseExpression = chain
            while isinstance(root, cst.Attribute):
                root = root.value
            if not isinstance(root, cst.Name) or root.value != "self":
                return False
        case _:
            return False
    function = program.scope_of(definition.node)
    return not _is_set_later(program, chain) and all(program.scope_of(use) is function for use in definition.uses)


def _is_set_later(program: Program, chain: cst.Attribute) -> bool:
    """Whether a piece of a chain may be set when the object is there: between two reads it may be another then."""
    names: set[str] = set()
    piece: cst.BaseExpression = chain
    while isinstance(piece, cst.Attribute):
        names.add(piece.attr.value)
        piece = piece.value
    for module in program.modules:
        for node in program.nodes_in(module):
            if isinstance(node, cst.AssignTarget | cst.AugAssign | cst.AnnAssign):
                scope = program.scope_of(node)
                is_of_init = isinstance(scope, cst.FunctionDef) and scope.name.value == "__init__"
                if not is_of_init and any(
                    isinstance(one, cst.Attribute) and one.attr.value in names for one in _targets(node.target)
                ):
                    return True
    return False


def _targets(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    if isinstance(node, cst.Tuple | cst.List):
        return [each for one in node.elements for each in _targets(one.value)]
    return [node]
