"""A value that an object was given in one of its methods, kept on it for another."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.edits import Edits, Statement


def kept_on_self(
    program: Program, value: cst.BaseExpression, place: cst.CSTNode, edits: Edits
) -> cst.BaseExpression | None:
    """The attribute that has at `place` what `value`, a name in another method, has where it stands.

    One that the method gives it already, or else a new one, which the edits let it give. None where that cannot be:
    the two are no methods of one class that call their object `self`.
    """
    giving, asking = program.scope_of(value), program.scope_of(place)
    if not isinstance(value, cst.Name) or giving is asking:
        return None
    owner = program.scope_of(giving)
    if not isinstance(owner, cst.ClassDef) or program.scope_of(asking) is not owner:
        return None
    if not all(isinstance(one, cst.FunctionDef) and _object_of(one) == "self" for one in (giving, asking)):
        return None
    for node in program.nodes_in(giving):
        match node:
            case cst.Assign(
                [cst.AssignTarget(cst.Attribute(cst.Name("self"), cst.Name(name)) as given)], cst.Name() as of
            ):
                is_same = program.reaching.get(of) == program.reaching.get(value) and of.value == value.value
                if is_same and len(program.attribute_expressions.get((owner, name), ())) == 1:
                    return given
    taken = {one.value for one in program.nodes_in(owner) if isinstance(one, cst.Name)}
    kept = next((one for one in (f"_{value.value}", f"_own_{value.value}") if one not in taken), None)
    statement = program.statement_of(value)
    if kept is None or not isinstance(statement, Statement):
        return None
    attribute = cst.Attribute(cst.Name("self"), cst.Name(kept))
    keeping = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(attribute)], cst.Name(value.value))])
    edits.add_before(statement, lambda: [keeping])
    return attribute


def _object_of(method: cst.FunctionDef) -> str:
    return method.params.params[0].name.value if method.params.params else ""
