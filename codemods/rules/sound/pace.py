"""How fast audio is sent: AssemblyAI wants it about as fast as it was spoken, in frames of 50 ms and more."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis import sound as sources
from codemods.analysis.program import Program
from codemods.analysis.sound import sound
from codemods.analysis.values import Function, Library, Member, Sound, Value, constant, something
from codemods.findings import SENT_TOO_FAST
from codemods.migrating import Migrating
from codemods.rules.sound.counted_pieces import loop_around
from codemods.rules.sound.recorded_pipes import is_unpaced_recording
from codemods.rules.sound.sound_length import AudioFormat, chunk_of
from shim.mapping.row import Vendor

_FROM_FILES: Final = (*sources.RECORDED, *sources.IN_FRAMES, *sources.IN_BLOCKS, *sources.WHOLE)
_TAKING_TIME: Final = ("sleep", "wait", "join", "acquire", "wait_until")
_WITHOUT_WAITING: Final = ("to_thread", "run_in_executor", "get", "put", "read", "readframes", "send", "send_bytes")
_NO_WAITING: Final = "no waiting between two chunks"
_DEEPEST: Final = 3
FASTEST: Final = 1.25
"""How many ms of audio AssemblyAI takes in one ms, in the long run."""


def check_pace(migrating: Migrating, audio: cst.BaseExpression, place: cst.Call, of: AudioFormat | None = None) -> None:
    """Reports a recording that is sent in a loop, and that is not held back enough between the reading and the sending.

    `of` is the session's audio, by which pieces are measured.
    """
    if migrating.target is not Vendor.ASSEMBLYAI:
        return
    for one in something(migrating.program.value(audio)):
        piece = sound(one)
        is_piped = piece is not None and is_unpaced_recording(migrating.program, piece)
        if piece is None or (piece.read.made_by not in _FROM_FILES and not is_piped):
            continue
        loops = _loops_of(migrating, piece, place)
        if loops and not any(_waits(migrating, loop, place) for loop in loops):
            why = "ffmpeg gives a recording as fast as it can without `-re`" if is_piped else _NO_WAITING
            migrating.report(SENT_TOO_FAST, place, f"{why}: {migrating.code(place)}")
            continue
        chunk = chunk_of(migrating.program, one, of)
        slept = _only_sleep(migrating, loops, place)
        if chunk is not None and slept is not None and chunk.milliseconds > slept * FASTEST:
            text = f"{chunk.milliseconds:g} ms of audio every {slept:g} ms: {migrating.code(place)}"
            migrating.report(SENT_TOO_FAST, place, text)


def _only_sleep(migrating: Migrating, loops: list[cst.CSTNode], place: cst.Call) -> float | None:
    """How many ms each pass of the one loop sleeps, where nothing else in it takes time; None where nobody knows."""
    if len(loops) != 1 or not isinstance(loops[0], cst.For | cst.While):
        return None
    program = migrating.program
    found: list[cst.Call] = []
    for line in loops[0].body.body:
        match line:
            case cst.SimpleStatementLine([cst.Expr(cst.Await(cst.Call() as call) | (cst.Call() as call))]):
                if migrating.code(call.func).rpartition(".")[2] == "sleep" and len(call.args) == 1:
                    found.append(call)
    if len(found) != 1 or _waits(migrating, loops[0], place, without=frozenset({found[0], program.parents[found[0]]})):
        return None
    seconds = constant(program.value(found[0].args[0].value))
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return seconds * 1000 if is_number else None


def _loops_of(migrating: Migrating, piece: Sound, place: cst.Call) -> list[cst.CSTNode]:
    """The loops that pieces go through, from the read by way of generators and queues to the sending."""
    loops: dict[cst.CSTNode, None] = {}
    found = loop_around(migrating.program.parents, place)
    if found is not None:
        loops[found] = None
    everywhere = migrating.program.whole or migrating.program  # a generator may stand in another file
    for node, value in everywhere.values.items():
        if any((other := sound(one)) is not None and other.read == piece.read for one in something(value)):
            found = loop_around(migrating.program.parents, node)
            if found is not None:
                loops[found] = None
    return list(loops)


def _waits(
    migrating: Migrating,
    loop: cst.CSTNode,
    place: cst.Call,
    depth: int = 0,
    without: frozenset[cst.CSTNode] = frozenset(),
) -> bool:
    """Whether a loop does anything that takes time, as far as that can be seen, beside sending and reading.

    Not asked about are the nodes `without`.
    """
    program = migrating.program
    for node in program.nodes_in(loop):
        if node in without:
            continue
        if isinstance(node, cst.Await) and not program.is_inside(place, node):
            if isinstance(node.expression, cst.Call) and _is_quick(migrating, node.expression):
                continue
            if not isinstance(node.expression, cst.Call) or not _functions(program, node.expression):
                return True
        if not isinstance(node, cst.Call):
            continue
        if migrating.code(node.func).rpartition(".")[2] in _TAKING_TIME and not _is_of_text(program, node):
            return True
        inner = _functions(program, node) if depth < _DEEPEST else []
        if any(_waits(migrating, one, place, depth + 1) for one in inner):
            return True
    return False


def _is_quick(migrating: Migrating, call: cst.Call) -> bool:
    """Whether awaiting a call only waits for the disk, for a queue or for the network."""
    return migrating.code(call.func).rpartition(".")[2] in _WITHOUT_WAITING


def _is_of_text(program: Program, call: cst.Call) -> bool:
    """Whether a call is `", ".join(…)` or `os.path.join(…)`, which take no time."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "join":
        return False
    callees = something(program.value(call.func))
    return isinstance(call.func.value, cst.SimpleString) or any(isinstance(one, Library) for one in callees)


def _functions(program: Program, call: cst.Call) -> list[cst.CSTNode]:
    """The functions of the program that a call runs."""
    found: list[cst.CSTNode] = []
    for one in something(program.value(call.func)):
        if isinstance(one, Function):
            found.append(one.node)
        elif isinstance(one, Member):
            found.extend(_methods(one))
    return found


def _methods(member: Member) -> list[cst.CSTNode]:
    owner: Value = member.owner
    node = getattr(owner, "node", None)
    if not isinstance(node, cst.ClassDef):
        return []
    return [one for one in node.body.body if isinstance(one, cst.FunctionDef) and one.name.value == member.name]
