"""Fields that neither service sends, taken out where another stands beside them: `get("type") or get("event")`.

Such a field was never there, so the choice was made before it was written; without it the program says which field of
a message it reads, and the type of message that it tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from codemods.analysis.program import Program
from codemods.analysis.values import Frame, Parsed, something
from codemods.edits import Edits
from codemods.findings import FIELD_OF_NEITHER, Finding
from codemods.lines import later_lines
from codemods.rules.messages.never_there import FIELDS
from codemods.simpler.written import Simpler
from codemods.vendors import assemblyai_sessions, gladia
from shim.mapping.row import Vendor

_TYPES = frozenset(edition.type_path for edition in (assemblyai_sessions.V2, assemblyai_sessions.V3))


def with_sent_fields(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that read one field or another, of which nobody sends the one, with the other alone."""
    sockets = {one.connect.call for one in assemblyai_sessions.openings(program)}
    sockets |= {connect.call for one in gladia.openings(program) for connect in one.connects}
    plans: dict[cst.Module, tuple[Edits, list[cst.BooleanOperation]]] = {}
    for choice, is_left in _choices(program, sockets):
        edits, found = plans.setdefault(program.module_of(choice), (Edits(), []))
        found.append(choice)
        edits.rewrite(choice, lambda updated, is_left=is_left: updated.right if is_left else updated.left)  # type: ignore[misc]
    return {module: _written(module, edits, found) for module, (edits, found) in plans.items()}


def _choices(program: Program, sockets: set[cst.Call]) -> Iterator[tuple[cst.BooleanOperation, bool]]:
    """The choices of which one side is such a field, and whether that is the left one."""
    for module in program.modules:
        for node in program.nodes_in(module):
            if not isinstance(node, cst.BooleanOperation) or not isinstance(node.operator, cst.Or):
                continue
            sides = [_is_unsent(program, one, sockets) for one in (node.left, node.right)]
            others = [one for one, unsent in zip((node.left, node.right), sides, strict=True) if not unsent]
            if len(others) == 1 and _is_of_session(program, others[0], sockets):
                yield node, sides[0]


def _is_unsent(program: Program, node: cst.BaseExpression, sockets: set[cst.Call]) -> bool:
    """Whether an expression asks a whole message, by `.get(…)` without a default, for what nobody sends."""
    match node:
        case cst.Call(cst.Attribute(attr=cst.Name("get")), [_]):
            pass
        case _:
            return False
    found = something(program.value(node))
    return bool(found) and all(
        isinstance(one, Parsed)
        and _is_of(one, sockets)
        and len(one.path) == 1
        and one.path not in _TYPES
        and not any(one.path[0] in FIELDS[vendor] for vendor in Vendor)
        for one in found
    )


def _is_of_session(program: Program, node: cst.BaseExpression, sockets: set[cst.Call]) -> bool:
    found = something(program.value(node))
    return bool(found) and all(isinstance(one, Parsed) and _is_of(one, sockets) for one in found)


def _is_of(message: Parsed, sockets: set[cst.Call]) -> bool:
    return isinstance(message.document, Frame) and message.document.connect in sockets


def _written(module: cst.Module, edits: Edits, choices: list[cst.BooleanOperation]) -> Simpler:
    code = edits.apply(module).code
    later = later_lines(module.code, code)
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    findings = (
        Finding(FIELD_OF_NEITHER, later(positions[one].start.line), " ".join(module.code_for_node(one).split()))
        for one in choices
    )
    return Simpler(code, tuple(findings))
