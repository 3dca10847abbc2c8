"""The id of an SDK's session, kept by the program from where it is told.

`session.session_id` has no counterpart, since the new SDK's client knows no id; what the handler of `started` is given
has one on both sides. So the handler keeps it in a variable beside the session, and that is read.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.handlers import Registration
from codemods.analysis.program import Program
from codemods.analysis.values import Known, something
from codemods.edits import Edits, statements
from codemods.rules.sdk.handlers.functions import handler_of
from codemods.simpler.written import Simpler
from codemods.vendors import gladia_sdk
from codemods.vendors.gladia_sdk import Start
from shim.mapping import sdk
from shim.mapping.row import Vendor

_ID = sdk.SESSION_ID.gladia[0].rsplit(".", maxsplit=1)[1]


def with_session_ids(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session is asked for its id, with these kept in a variable."""
    plans: dict[cst.Module, Edits] = {}
    for start in gladia_sdk.starts(program):
        reads = _reads(program, start)
        registration = _telling(program, start)
        if reads and registration is not None:
            edits = plans.setdefault(program.module_of(start.session.site), Edits())
            _plan(program, start, reads, registration, edits)
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def _reads(program: Program, start: Start) -> list[cst.Attribute]:
    return [
        node
        for module in program.modules
        for node in program.nodes_in(module)
        if isinstance(node, cst.Attribute)
        and node.attr.value == _ID
        and something(program.value(node.value)) == (start.session,)
    ]


def _telling(program: Program, start: Start) -> Registration | None:
    """The one registration of a handler that is told of the session's start."""
    found = [
        one
        for one in program.registrations.values()
        if one.owner == start.session and one.event is not None and program.value(one.event) == Known("started")
    ]
    return found[0] if len(found) == 1 else None


def _plan(program: Program, start: Start, reads: list[cst.Attribute], registration: Registration, edits: Edits) -> None:
    """Keeps the id in a variable of the session's own scope, where that and the handler see each other."""
    scope = program.scope_of(start.session.site)
    handler = handler_of(program, registration)
    given = handler.parameters(1) if handler is not None else None
    statement = program.statement_of(start.session.site)
    if handler is None or given is None or not isinstance(handler.function, cst.FunctionDef):
        return
    body = handler.function.body
    places = [*reads, handler.function]
    if isinstance(scope, cst.ClassDef) or not all(_sees(program, scope, one) for one in places):
        return
    if not isinstance(body, cst.IndentedBlock) or not isinstance(statement, cst.SimpleStatementLine):
        return
    sdk.SESSION_ID.over(Vendor.ASSEMBLYAI)
    name = _free_name(program)
    outer = "global" if isinstance(scope, cst.Module) else "nonlocal"
    first = body.body[1] if _is_docstring(body.body[0]) and len(body.body) > 1 else body.body[0]
    keeping = statements(f"{outer} {name}\n{name} = GIVEN.id\n", GIVEN=given[0].name)
    beginning = statements(f"{name} = None\n")
    edits.add_before(statement, lambda: list(beginning))
    edits.add_before(first, lambda: list(keeping))
    for one in reads:
        edits.replace(one, cst.Name(name))


def _sees(program: Program, scope: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether a variable of a scope can be read at a node, and written in it: no class stands in between."""
    current = program.scope_of(node)
    while current is not scope:
        if isinstance(current, (cst.Module, cst.ClassDef)):
            return False
        current = program.scope_of(current)
    return True


def _is_docstring(statement: cst.BaseStatement) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.SimpleString() | cst.ConcatenatedString())]):
            return True
    return False


def _free_name(program: Program) -> str:
    nodes = (one for module in program.modules for one in program.nodes_in(module))
    parents = program.parents
    taken = {
        one.value for one in nodes if isinstance(one, cst.Name) and not isinstance(parents.get(one), cst.Attribute)
    }
    return next(one for one in (_ID, f"live_{_ID}", f"kept_{_ID}", f"own_{_ID}") if one not in taken)
