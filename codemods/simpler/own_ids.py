"""A session's id that the program gives away before it opens any socket: one of the program's own.

The old service names a session in its answer to the POST, the new one in its first message. A program that keeps a
table by that id, or tells it to its caller, needs one before there is a first message; and any one serves, as long as
nobody asks the service by it, or looks for it in what comes.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, Known, Parsed, something
from codemods.edits import Edits, Statement
from codemods.findings import SESSION_ID_OWN, Finding
from codemods.lines import later_lines
from codemods.rules.messages.showing import Showing
from codemods.rules.names.imports import with_imports
from codemods.simpler.written import Simpler
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening
from shim.mapping import session

_IDENTITY = tuple(session.SESSION_ID.gladia[0].split(".")[1:])


def with_own_ids(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that need a session's id before its socket is open, with one that they make themselves."""
    found: dict[cst.Module, list[list[cst.BaseExpression]]] = {}
    for opening in gladia.openings(program):
        reads = _reads(program, opening)
        in_one_place = all(program.scope_of(one) is program.scope_of(opening.request.call) for one in reads)
        is_only_shown = all(Showing(program).is_shown(one) for one in reads)
        if not is_only_shown and in_one_place and not _is_asked_by(program, opening):
            found.setdefault(program.module_of(opening.request.call), []).append(reads)
    written = {module: _written(program, module, several) for module, several in found.items()}
    return {module: one for module, one in written.items() if one is not None}


def _reads(program: Program, opening: Opening) -> list[cst.BaseExpression]:
    """The expressions that read the id out of the answer's document."""
    found: list[cst.BaseExpression] = []
    for module in program.modules:
        for node in program.nodes_in(module):
            match node:
                case cst.Subscript(base) | cst.Call(cst.Attribute(base, cst.Name("get"))) if any(
                    isinstance(one, Parsed) and one.path == () and one.document == HttpResponse(opening.request.call)
                    for one in something(program.value(base))
                ):
                    if _is_identity(program, opening, node):
                        found.append(node)
    return found


def _is_identity(program: Program, opening: Opening, node: cst.CSTNode) -> bool:
    """Whether an expression is the id, or nothing where there is none."""
    read = [one for one in something(program.value(node)) if not isinstance(one, Known)]
    return bool(read) and all(
        isinstance(one, Parsed) and one.path == _IDENTITY and one.document == HttpResponse(opening.request.call)
        for one in read
    )


def _is_asked_by(program: Program, opening: Opening) -> bool:
    """Whether the service is asked by the id, or something else is compared with it."""
    urls = [one.url for one in program.requests.values() if one.url is not None]
    asking = [node for url in urls for node in program.nodes_in(url)]
    if any(isinstance(one, cst.BaseExpression) and _is_identity(program, opening, one) for one in asking):
        return True
    for module in program.modules:
        for node in program.nodes_in(module):
            if isinstance(node, cst.Comparison):
                sides = [node.left, *(one.comparator for one in node.comparisons)]
                others = [one for one in sides if not _is_identity(program, opening, one)]
                is_one = len(others) < len(sides)
                if is_one and not all(isinstance(program.value(one), Known) for one in others):
                    return True
    return False


def _written(program: Program, module: cst.Module, sessions: Sequence[Sequence[cst.BaseExpression]]) -> Simpler | None:
    """The module with ids of its own in the place of these reads, those of each session together."""
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    edits = Edits()
    first_reads: list[cst.BaseExpression] = []
    for unsorted in sessions:
        reads = sorted(unsorted, key=lambda one: (positions[one].start.line, positions[one].start.column))
        made = cst.parse_expression("str(uuid.uuid4())")
        first_reads.append(reads[0])
        if len(reads) == 1:
            edits.replace(reads[0], made)
            continue
        place = _in_front(program, reads)
        if place is None:
            return None
        name = _free_name(program, place)
        line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], made)])
        edits.insert_before(place, lambda line=line: [line])  # type: ignore[misc]
        for one in reads:
            edits.replace(one, cst.Name(name))
    code = with_imports(edits.apply(module), unneeded=set(), needed=[("uuid", "")]).code
    later = later_lines(module.code, code)
    findings = [
        Finding(
            SESSION_ID_OWN,
            later(positions[program.statement_of(one)].start.line),
            f"{module.code_for_node(one)}: it is needed before the first message",
        )
        for one in first_reads
    ]
    return Simpler(code, tuple(findings))


def _in_front(program: Program, reads: Sequence[cst.BaseExpression]) -> Statement | None:
    """The statement that the id is made in front of: the first that reads it, where the others come behind it."""
    first = program.statement_of(reads[0])
    block = program.parents[first]
    if not isinstance(first, Statement) or not all(program.is_inside(one, block) for one in reads):
        return None
    return first


def _free_name(program: Program, place: cst.CSTNode) -> str:
    taken = {one.value for one in program.nodes_in(program.scope_of(place)) if isinstance(one, cst.Name)}
    return next(one for one in ("session_id", "own_session_id", "live_session_id", "made_id") if one not in taken)
