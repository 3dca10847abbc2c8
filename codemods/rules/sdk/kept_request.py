"""The request of a session whose parameters were given where AssemblyAI's older class was made.

Gladia is given them where the session is started. What cannot be read there is put into a request that is kept.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import LibraryObject
from codemods.edits import Statement, statements
from codemods.layout import lay_out
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.method_use import MethodUse
from codemods.rules.sdk.parameters.parameter_rule import SdkParametersRule
from codemods.rules.sdk.session_place import SessionPlace
from codemods.rules.sdk.succession import Succession


def kept_request(
    migrating: Migrating,
    client: LibraryObject,
    connect: MethodUse,
    place: SessionPlace | Succession,
    rule: SdkParametersRule,
) -> str | None:
    """Where the older class was given what cannot be read at the connect, plans that the request is kept there.

    Gives the name that it has at the connect; None where the parameters can be written there. Raises ValueError, with
    the reason, where it cannot be kept.
    """
    program = migrating.program
    there = program.at_statement.get(program.statement_of(connect.call), {})
    for node in program.nodes_in(client.site):
        for definition in naming.definitions_at(migrating, node) if isinstance(node, cst.Name) else ():
            scope = program.scope_of(definition.node)
            visible = naming.is_visible(migrating, scope, connect.ref)
            moved = scope is program.scope_of(connect.ref) and there.get(definition.name) != frozenset((definition,))
            own = isinstance(definition.node, cst.Param) and _is_own_object(migrating, definition.node, connect.ref)
            if (not visible and not own) or (visible and moved and not own):
                return _keep(migrating, client, connect, place, rule)
    return None


def _is_own_object(migrating: Migrating, parameter: cst.Param, ref: cst.BaseExpression) -> bool:
    """Whether a parameter is the `self` of a method whose object is the one that `ref` belongs to."""
    return isinstance(ref, cst.Attribute) and migrating.code(ref.value) == parameter.name.value


def _keep(
    migrating: Migrating,
    client: LibraryObject,
    connect: MethodUse,
    place: SessionPlace | Succession,
    rule: SdkParametersRule,
) -> str:
    name = naming.free_name(migrating, "request", "live_request")
    kept = place.read(name, connect.ref) if isinstance(place, SessionPlace) else None
    statement = migrating.program.statement_of(client.site)
    if kept is None or not isinstance(statement, cst.SimpleStatementLine):
        raise ValueError("its parameters cannot be read where it is connected")
    indent = migrating.indent_of(client.site)

    def made() -> list[Statement]:
        text = lay_out(rule.tree(), indent + len(f"{kept} = "), indent, migrating.file_quote)
        return statements(f"{kept} = {text}\n")

    migrating.edits.insert_after(statement, made)
    return kept
