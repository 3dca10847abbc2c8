"""How long the audio of one frame lasts, where the program reads it itself, and a size that AssemblyAI takes.

AssemblyAI ends a session over frames of less than 50 or more than 1000 ms; Gladia takes any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.libraries import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    Class,
    DictDisplay,
    Function,
    Instance,
    Known,
    LibraryObject,
    Member,
    Value,
    constant,
    something,
)
from codemods.edits import expression
from codemods.findings import CHUNK_LENGTH, CHUNK_RESIZED
from codemods.migrating import Migrating
from codemods.vendors.gladia import Opening
from shim.mapping import parameters
from shim.mapping.row import Vendor

SHORTEST_MS: Final = 50
LONGEST_MS: Final = 1000
"""What one message to AssemblyAI may last; Gladia takes any length."""

_SHORT_MS: Final = 100
_LONG_MS: Final = 500
"""What shorter and longer frames are brought to."""
_OPEN: Final = "pyaudio.PyAudio().open"
_FILE_READS: Final = ("builtins.open().read", "io.BytesIO().read", "io.FileIO().read")
_ON_THE_WAY: Final = ("put", "put_nowait", "append", "call_soon_threadsafe", "run_coroutine_threadsafe", "len")
"""What may be done with a chunk beside sending it that does not mind how long it is."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A session's audio: samples a second, and bytes a sample."""

    rate: int
    width: int


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What one read gives: how many units (frames, or bytes) it asks for, and how many of them are a second."""

    size: cst.BaseExpression
    count: int
    a_second: int
    rate: int

    @property
    def milliseconds(self) -> float:
        """How long it lasts."""
        return self.count / self.a_second * 1000


def format_of(program: Program, opening: Opening) -> AudioFormat | None:
    """The audio that a Gladia session is opened for, as far as it is constant."""
    body = opening.request.json
    value: Value = program.value(body) if body is not None else UNKNOWN
    if not isinstance(value, DictDisplay):
        return None
    found = {name: constant(program.tables.get(value.site, name)) for name in ("sample_rate", "encoding", "bit_depth")}
    rate, encoding, depth = found["sample_rate"], found["encoding"], found["bit_depth"]
    if not isinstance(rate, int) or rate <= 0 or depth not in (8, 16, UNKNOWN):
        return None
    is_pcm = parameters.ENCODING.over_assemblyai.conversion.live(encoding, depth) == "pcm_s16le"
    return AudioFormat(rate, 2 if is_pcm else 1)


def check_chunk_length(
    migrating: Migrating, audio: cst.BaseExpression, place: cst.CSTNode, of: AudioFormat | None = None
) -> None:
    """Brings the program's own reading size into range, or reports audio over which AssemblyAI would end the session.

    `of` is the session's audio, by which bytes from a file are measured.
    """
    if migrating.target is not Vendor.ASSEMBLYAI:
        return
    for one in something(migrating.program.value(audio)):
        chunk = _chunk(migrating.program, one, of)
        if chunk is None or SHORTEST_MS <= chunk.milliseconds <= LONGEST_MS:
            continue
        assert isinstance(one, LibraryObject)
        goal = _SHORT_MS if chunk.milliseconds < SHORTEST_MS else _LONG_MS
        text = f"{chunk.milliseconds:g} ms in each frame: {migrating.code(place)}"
        if _is_for_sending_only(migrating, one, place) and _Resizing(migrating, chunk, goal, place, one).plan():
            migrating.report(CHUNK_RESIZED, chunk.size, f"{text}; {goal} ms now")
        else:
            migrating.report(CHUNK_LENGTH, place, text)


def _chunk(program: Program, value: Value, of: AudioFormat | None) -> _Chunk | None:
    """What a read of a microphone or of a file asks for; None where that is only known when it runs."""
    if not isinstance(value, LibraryObject):
        return None
    size = Arguments.of(value.site).get(0, "num_frames")
    count = constant(program.value(size)) if size is not None else UNKNOWN
    if size is None or not isinstance(count, int) or count <= 0:
        return None
    if value.made_by in _FILE_READS:
        return _Chunk(size, count, of.rate * of.width, of.rate) if of is not None else None
    function = value.site.func
    stream = program.value(function.value) if isinstance(function, cst.Attribute) else UNKNOWN
    if value.made_by != f"{_OPEN}().read" or not isinstance(stream, LibraryObject) or stream.made_by != _OPEN:
        return None
    rate = Arguments.of(stream.site).get(0, "rate")
    hertz = constant(program.value(rate)) if rate is not None else UNKNOWN
    return _Chunk(size, count, hertz, hertz) if isinstance(hertz, int) and hertz > 0 else None


def _is_for_sending_only(migrating: Migrating, chunk: LibraryObject, place: cst.CSTNode) -> bool:
    """Whether nothing but sending gets to see the chunks: a voice detector, say, may want just that length."""
    program = migrating.program
    payloads = [send.payload for send in program.sends.values()]
    for node, value in program.values.items():
        if chunk not in something(value) or any(program.is_inside(node, one) for one in payloads):
            continue
        around = program.parents.get(node)
        if isinstance(around, cst.Arg):
            call = program.parents[around]
            name = migrating.code(call.func).rpartition(".")[2] if isinstance(call, cst.Call) else ""
            callees = something(program.value(call.func)) if isinstance(call, cst.Call) else ()
            of_program = callees and all(_is_of_program(one) for one in callees)
            if name not in _ON_THE_WAY and "64encode" not in name and not of_program:
                return False
        elif isinstance(around, (cst.Attribute, cst.Subscript, cst.BinaryOperation, cst.AugAssign, cst.Element)):
            return False
    return True


def _is_of_program(callee: Value) -> bool:
    return isinstance(callee, (Function, Class)) or (
        isinstance(callee, Member) and isinstance(callee.owner, (Instance, Class))
    )


class _Resizing:
    """Plans another size for a program's reads."""

    def __init__(self, migrating: Migrating, chunk: _Chunk, goal: int, place: cst.CSTNode, read: LibraryObject) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._chunk = chunk
        self._goal = goal
        self._place = place
        self._is_file = read.made_by in _FILE_READS

    def plan(self) -> bool:
        """Plans the edits; False where the size, or what waits for each chunk, is not written as a constant."""
        sleeps = self._sleeps()
        if sleeps is None or not self._resize(self._chunk.size):
            return False
        for one in sleeps:
            self._migrating.edits.replace(one, cst.parse_expression(f"{self._goal / 1000:g}"))
            self._correct_comment(one)
        return True

    def _sleeps(self) -> list[cst.BaseExpression] | None:
        """The constants of the loop's waits that are as long as a chunk; None where a wait cannot be judged."""
        found: list[cst.BaseExpression] = []
        for call in self._calls_of_sleep():
            value = self._program.value(call.args[0].value)
            if not isinstance(value, Known) or not isinstance(value.value, (int, float)):
                names = {one.value for one in self._program.nodes_in(call.args[0]) if isinstance(one, cst.Name)}
                sized = {one.value for one in self._program.nodes_in(self._chunk.size) if isinstance(one, cst.Name)}
                if self._is_file and not names & sized and "len" not in names:
                    return None
                continue
            ratio = value.value * 1000 / self._chunk.milliseconds
            if 0.8 <= ratio <= 1.25 and isinstance(value.literal, (cst.Integer, cst.Float)) and value.certain:
                found.append(value.literal)
            elif self._is_file and ratio > 0:
                return None
        return found

    def _calls_of_sleep(self) -> list[cst.Call]:
        current: cst.CSTNode = self._place
        while current in self._program.parents and not isinstance(current, (cst.For, cst.While, cst.FunctionDef)):
            current = self._program.parents[current]
        return [
            one
            for one in self._program.nodes_in(current)
            if isinstance(one, cst.Call)
            and len(one.args) == 1
            and self._migrating.code(one.func).rpartition(".")[2] == "sleep"
        ]

    def _resize(self, size: cst.BaseExpression) -> bool:
        value = self._program.value(size)
        if isinstance(value, Known) and not value.certain:
            return False
        if isinstance(size, cst.Integer):
            return self._scale(size, size.evaluated_value)
        if isinstance(size, (cst.Name, cst.Attribute)):
            if isinstance(value, Known) and isinstance(value.literal, cst.Integer):
                return self._scale(value.literal, value.value)
            found = (
                [one.expression for one in self._program.reaching.get(size, ())] if isinstance(size, cst.Name) else []
            )
            return len(found) == 1 and found[0] is not None and self._resize(found[0])
        inside = [one for one in self._program.nodes_in(size) if isinstance(one, (cst.Name, cst.Attribute))]
        rates = [one for one in inside if constant(self._program.value(one)) == self._chunk.rate]
        literals = [
            known
            for one in inside
            if one not in rates and isinstance(known := self._program.value(one), Known)
            if isinstance(known.literal, cst.Integer)
        ]
        if len(literals) == 1 and isinstance(literals[0].literal, cst.Integer):
            return literals[0].certain and self._scale(literals[0].literal, literals[0].value)
        if not rates or constant(value) != self._chunk.count:
            return False
        divisor, width = 1000 // self._goal, self._chunk.a_second // self._chunk.rate
        code = f"rate // {divisor}" if width == 1 else f"rate // {divisor} * {width}"
        self._migrating.edits.replace(size, expression(code, rate=rates[0]))
        self._correct_comment(size)
        return True

    def _scale(self, literal: cst.Integer, count: int) -> bool:
        """Writes a constant that is as many times larger as the chunk has to be."""
        scaled = count * self._goal / self._chunk.milliseconds
        if scaled != int(scaled) or not self._is_only_a_size(literal):
            return False
        self._migrating.edits.replace(literal, cst.Integer(str(int(scaled))))
        self._correct_comment(literal)
        return True

    def _correct_comment(self, changed: cst.CSTNode) -> None:
        """A comment behind the constant that says how many milliseconds it is."""
        statement = self._program.statement_of(changed)
        comment = statement.trailing_whitespace.comment if isinstance(statement, cst.SimpleStatementLine) else None
        if comment is not None:
            length = rf"\b{self._chunk.milliseconds:g}(?=\s?(?:ms|milliseconds)\b)"
            value = re.sub(length, str(self._goal), comment.value)
            self._migrating.edits.replace(comment, comment.with_changes(value=value))

    def _is_only_a_size(self, literal: cst.Integer) -> bool:
        """Whether a number that is written in the call itself is not written for something else there, too."""
        if not self._program.is_inside(literal, self._chunk.size):
            return True
        function = self._program.scope_of(literal)
        same = [one for one in self._program.nodes_in(function) if isinstance(one, cst.Integer)]
        return [one for one in same if one.evaluated_value == literal.evaluated_value] == [literal]
