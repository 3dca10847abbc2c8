"""How long the audio of one frame lasts, where the program reads it itself, and a size that AssemblyAI takes.

AssemblyAI ends a session over frames of less than 50 or more than 1000 ms; Gladia takes any.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.sound import sound
from codemods.analysis.values import Class, Function, Instance, Known, Library, Member, Sound, Value, something
from codemods.findings import CHUNK_LENGTH, CHUNK_RESIZED, FRAMES_UNKNOWN, Finding
from codemods.migrating import Migrating
from codemods.rules.sound.chunk_resizing import ChunkResizing
from codemods.rules.sound.gathered import Gathered, gathered
from codemods.rules.sound.sound_length import (
    AudioFormat,
    chunk_of,
    cut_of_unknown,
    evaluated,
    is_cut_elsewhere,
    is_of_recording,
    is_of_unknown_size,
    is_whole,
    length_of_slice,
)
from shim.mapping.row import Vendor

SHORTEST_MS: Final = 50
LONGEST_MS: Final = 1000
"""What one message to AssemblyAI may last; Gladia takes any length."""

_SPEECH: Final = AudioFormat(16000, 2)
_SHORT_MS: Final = 100
_LONG_MS: Final = 500
"""What shorter and longer frames are brought to."""
_MINDLESS: Final = (
    *("put", "put_nowait", "append", "call_soon_threadsafe", "run_coroutine_threadsafe", "len", "print", "isinstance"),
    *("write", "writeframes", "writeframesraw"),
)
"""What may be done with a chunk beside sending it that does not mind how long it is."""
_MINDLESS_MODULES: Final = ("numpy", "audioop", "base64", "pybase64", "math")
_MEASURES: Final = ("size", "shape", "max", "min", "std", "any", "all", "hex")
"""Attributes and methods of a piece of sound that say something about it, whatever its length."""


def bring_into_range(
    migrating: Migrating, audio: cst.BaseExpression, place: cst.CSTNode, of: AudioFormat | None = None
) -> Finding | None:
    """Brings the program's own reading size into the range that AssemblyAI takes, where it can be.

    Gives the finding that is left where the frames have to be joined before they are sent; None where nothing is to be
    done. `of` is the session's audio, by which bytes are measured. Chunks that are too long are reported here.
    """
    left: Finding | None = None
    if migrating.target is not Vendor.ASSEMBLYAI:
        return None
    own = gathered(migrating.program, audio, place) if isinstance(place, cst.Call) else None
    if own is not None and not own.is_rest and sound(migrating.program.value(audio)) is None:
        return _of_own_buffer(migrating, own, place, of)
    cut = cut_of_unknown(migrating.program, audio) if of is not None else None
    size = length_of_slice(migrating.program, cut) if cut is not None else None
    count = evaluated(migrating.program, size, of.rate, {}) if size is not None and of is not None else None
    if count is not None:
        return _out_of_range(migrating, int(count), place, of)
    for one in something(migrating.program.value(audio)):
        if isinstance(one, Known) and isinstance(one.value, bytes):
            others = [other for other in something(migrating.program.value(audio)) if other != one]
            is_likely = one.value or not others  # an empty one among others is what is left out
            if is_likely and not any(is_of_recording(other) for other in others):
                left = _out_of_range(migrating, len(one.value), place, of) or left
            continue
        if is_whole(migrating.program, one):
            text = f"all of a file is one message, which may last {LONGEST_MS} ms at most: {migrating.code(place)}"
            migrating.report(FRAMES_UNKNOWN, place, text)
            continue
        chunk = chunk_of(migrating.program, one, of)
        if chunk is None:
            if (
                is_cut_elsewhere(migrating.program, one)
                or _is_likely_short(migrating, one, of)
                or is_of_unknown_size(migrating.program, one)
            ):
                text = f"how long a frame lasts is not known: {migrating.code(place)}"
                left = left or Finding(FRAMES_UNKNOWN, 0, text)
            continue
        if SHORTEST_MS <= chunk.milliseconds <= LONGEST_MS:
            continue
        is_short = chunk.milliseconds < SHORTEST_MS
        goal = _SHORT_MS if is_short else _LONG_MS
        of_read = sound(one)
        assert of_read is not None
        text = f"{chunk.milliseconds:g} ms in each frame: {migrating.code(place)}"
        if _is_for_sending_only(migrating, one, place) and ChunkResizing(migrating, chunk, goal, of_read).plan():
            migrating.report(CHUNK_RESIZED, chunk.size, f"{text}; {goal} ms now")
        elif is_short:
            left = Finding(CHUNK_LENGTH, 0, text)
        else:
            migrating.report(CHUNK_LENGTH, place, text)
    return left


def _of_own_buffer(migrating: Migrating, own: Gathered, place: cst.CSTNode, of: AudioFormat | None) -> Finding | None:
    """What is said of sound that the program gathers itself, which has `own.size` bytes where it is sent."""
    count = evaluated(migrating.program, own.size, of.rate, {}) if own.size is not None and of is not None else None
    if count is None:
        return Finding(FRAMES_UNKNOWN, 0, f"how long a frame lasts is not known: {migrating.code(place)}")
    return _out_of_range(migrating, int(count), place, of)


def _out_of_range(migrating: Migrating, count: int, place: cst.CSTNode, of: AudioFormat | None) -> Finding | None:
    """What is left where so many bytes of the session's audio are too short; those that are too long are reported."""
    lasts = count * 1000 / (of.rate * of.width) if of is not None else SHORTEST_MS
    text = f"{lasts:g} ms in each frame: {migrating.code(place)}"
    if lasts > LONGEST_MS:
        migrating.report(CHUNK_LENGTH, place, text)
    return Finding(CHUNK_LENGTH, 0, text) if lasts < SHORTEST_MS else None


def _is_likely_short(migrating: Migrating, value: Value, of: AudioFormat | None) -> bool:
    """Whether pieces would be too short at the rate that speech mostly has, where the program's own is not known."""
    likely = chunk_of(migrating.program, value, _SPEECH) if of is None else None
    return likely is not None and likely.milliseconds < SHORTEST_MS


def _is_for_sending_only(migrating: Migrating, chunk: Value, place: cst.CSTNode) -> bool:
    """Whether nothing but sending gets to see the chunks: a voice detector, say, may want just that length."""
    program = migrating.program
    payloads = [place, *(send.payload for send in program.sends.values())]
    of = sound(chunk)
    assert of is not None
    for node, value in program.values.items():
        if not any(_is_piece(one, of) for one in something(value)):
            continue
        if any(program.is_inside(node, one) for one in payloads):
            continue
        if not _leaves_length_open(migrating, node, of):
            return False
    return True


def _is_piece(value: Value, of: Sound) -> bool:
    """Whether a value is a piece as it was cut, converted or not."""
    found = sound(value)
    return found is not None and found.read == of.read and found.cut is of.cut


def _leaves_length_open(migrating: Migrating, node: cst.CSTNode, of: Sound) -> bool:
    """Whether what is done with a piece at this place may be done with a longer one just as well."""
    program = migrating.program
    around = program.parents.get(node)
    result = program.values.get(around) if around is not None else None
    if result is not None and any(_is_piece(one, of) for one in something(result)):
        return True
    match around:
        case cst.Arg():
            call = program.parents[around]
            if not isinstance(call, cst.Call):
                return False
            name = migrating.code(call.func).rpartition(".")[2]
            callees = something(program.value(call.func))
            if any(_is_piece(one, of) for one in something(program.value(call))):
                return True
            if name in _MINDLESS or "64encode" in name:
                return True
            return bool(callees) and all(_is_of_program(one) or _is_mindless(one) for one in callees)
        case cst.Attribute(_, cst.Name(name)):
            call = program.parents[around]
            made = program.values.get(call) if isinstance(call, cst.Call) else None
            is_same = made is not None and any(_is_piece(one, of) for one in something(made))
            return is_same or name in _MEASURES
        case cst.Subscript() | cst.BinaryOperation() | cst.AugAssign() | cst.Element():
            return False
    return True


def _is_mindless(callee: Value) -> bool:
    return isinstance(callee, Library) and callee.name.split(".")[0] in _MINDLESS_MODULES


def _is_of_program(callee: Value) -> bool:
    return isinstance(callee, (Function, Class)) or (
        isinstance(callee, Member) and isinstance(callee.owner, (Instance, Class))
    )
