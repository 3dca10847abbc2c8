"""How long a piece of sound lasts, by the call that gives it: its size as the program writes it, and its rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis import sound as sources
from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.sound import sound
from codemods.analysis.values import (
    UNKNOWN,
    DictDisplay,
    JsonText,
    Known,
    LibraryObject,
    Sound,
    Value,
    constant,
    something,
)
from codemods.rules.messages.leaving.own_functions import function_of
from codemods.vendors.gladia import Opening
from codemods.vendors.gladia_sdk import Start
from shim.mapping import parameters

DEFAULT_RATE: Final = 16000
_ANY_RATE: Final = 48000
"""Stands for a rate that only the file knows: sizes that are so many of its seconds last as long at any."""
_RATES: Final = ("samplerate", "getframerate", "frame_rate", "framerate")
_ARITHMETIC: Final[dict[type[cst.BaseBinaryOp], Callable[[float, float], float]]] = {
    cst.Multiply: lambda left, right: left * right,
    cst.Divide: lambda left, right: left / right,
    cst.FloorDivide: lambda left, right: left // right,
    cst.Add: lambda left, right: left + right,
    cst.Subtract: lambda left, right: left - right,
}


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A session's audio: samples a second, and bytes a sample."""

    rate: int
    width: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one read gives: how many units (frames, bytes, milliseconds) it asks for, and how many are a second."""

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
    value = configuration_of(program, opening)
    if not isinstance(value, DictDisplay):
        return None
    found = {name: constant(program.tables.get(value.site, name)) for name in ("sample_rate", "encoding", "bit_depth")}
    return audio_format(found["sample_rate"], found["encoding"], found["bit_depth"])


def configuration_of(program: Program, opening: Opening) -> Value:
    """What the body of a session's POST is made of."""
    body = opening.request.json or opening.request.data
    value = program.value(body) if body is not None else UNKNOWN
    return value.of if isinstance(value, JsonText) else value


def configuration_of_start(program: Program, start: Start) -> Value:
    """What a session of the SDK is configured by: an object made by keywords, or a dictionary."""
    value = program.value(start.configuration) if start.configuration is not None else UNKNOWN
    match value:
        case LibraryObject(_, call) if Arguments.of(call).positional:
            return program.value(Arguments.of(call).positional[0])  # `from_dict(…)`
        case LibraryObject(_, cst.Call(args=[cst.Arg(given, star="**")])):
            return program.value(given)
    return value


def session_format(program: Program, start: Start) -> AudioFormat | None:
    """The audio that a session of Gladia's SDK is started for, as far as it is constant."""
    value = configuration_of_start(program, start)
    names = ("sample_rate", "encoding", "bit_depth")
    match value:
        case DictDisplay(site):
            given = [program.tables.get(site, name) for name in names]
            absent = [not any(one.key == Known(name) for one in program.dictionaries[site].entries) for name in names]
        case LibraryObject(_, call):
            keywords = Arguments.of(call).keywords
            given = [program.value(keywords[name]) if name in keywords else UNKNOWN for name in names]
            absent = [name not in keywords for name in names]
        case _:
            return None
    rate = DEFAULT_RATE if absent[0] else constant(given[0])
    return audio_format(rate, *map(constant, given[1:]))


def audio_format(rate: object, encoding: object, depth: object) -> AudioFormat | None:
    """The audio of these Gladia parameters, UNKNOWN where one is no constant; None where they are not enough."""
    if not isinstance(rate, int) or rate <= 0 or depth not in (8, 16, UNKNOWN):
        return None
    is_pcm = parameters.ENCODING.over_assemblyai.conversion.live(encoding, depth) == "pcm_s16le"
    return AudioFormat(rate, 2 if is_pcm else 1)


def is_cut_elsewhere(program: Program, value: Value) -> bool:
    """Whether the length of pieces is another's choice: of a client, of the operating system, of another program."""
    of = sound(value)
    if of is None or of.cut is not None:
        return False
    if of.is_joined:
        return True
    if of.read.made_by in sources.CALLED_BACK:
        return _called_back(program, of) is None
    return of.read.made_by in (*sources.FROM_OTHERS, *sources.PIPED_AS_IT_COMES)


def is_of_recording(value: Value) -> bool:
    """Whether a value is a piece of something that ends, so that the last one is filled up where it is sent."""
    piece = sound(value)
    recorded = (*sources.RECORDED, *sources.PIPED, *sources.IN_FRAMES, *sources.IN_BLOCKS)
    return piece is not None and not piece.is_joined and piece.read.made_by in recorded


def is_whole(program: Program, value: Value) -> bool:
    """Whether a piece is all that there is of a recording: `file.read()`, `wav.readframes(wav.getnframes())`."""
    piece = sound(value)
    if piece is None or piece.cut is not None or piece.is_joined:
        return False
    made_by = piece.read.made_by
    if made_by in sources.WHOLE:
        return True
    if made_by not in (*sources.RECORDED, *sources.PIPED, *sources.IN_FRAMES):
        return False
    arguments = reading_arguments(program, piece.read)
    size = arguments.get(0, "frames" if made_by in sources.IN_FRAMES else "n")
    match size:
        case None:
            return arguments.complete
        case cst.Call(cst.Attribute(_, cst.Name("getnframes"))):
            return True
    return bool(constant(program.value(size)) == -1)


def is_of_unknown_size(program: Program, value: Value) -> bool:
    """Whether a piece is read by a number of bytes that nothing in the program says."""
    piece = sound(value)
    if piece is None or piece.cut is not None or piece.is_joined or piece.is_converted:
        return False
    if piece.read.made_by not in sources.RECORDED:
        return False
    size = reading_arguments(program, piece.read).get(0, "n")
    return size is not None and evaluated(program, size, DEFAULT_RATE, {}) is None


def chunk_of(program: Program, value: Value, of: AudioFormat | None) -> Chunk | None:
    """How long a piece lasts; None where that is only known when it runs. `of` is the session's audio."""
    piece = sound(value)
    if piece is None or piece.is_joined:
        return None
    if piece.cut is not None:
        return _cut(program, piece, of)
    made_by = piece.read.made_by
    if made_by in sources.CALLED_BACK:
        return _called_back(program, piece)
    if made_by in sources.READ:
        stream = _owner(program, piece.read)
        return _at_microphone(program, stream, reading_arguments(program, piece.read).get(0, "num_frames"))
    if made_by in (*sources.RECORDED, *sources.PIPED) and made_by not in sources.PIPED_AS_IT_COMES:
        if of is None or piece.is_converted:
            return None
        return _chunk(program, reading_arguments(program, piece.read).get(0, "n"), of.rate * of.width, of.rate)
    if made_by in sources.IN_FRAMES:
        return _of_file(program, reading_arguments(program, piece.read).get(0, "frames"), of)
    if made_by in sources.IN_BLOCKS:
        return _of_file(program, Arguments.of(piece.read.site).get(1, "blocksize"), of)
    return None


def reading_arguments(program: Program, read: LibraryObject) -> Arguments:
    """What a read was called with, also where it was handed to another thread: `to_thread(stream.read, 1024)`."""
    arguments = Arguments.of(read.site)
    name = read.made_by.rpartition(".")[2]
    for at, one in enumerate(arguments.positional):
        if isinstance(one, cst.Attribute) and one.attr.value == name:
            return Arguments(arguments.positional[at + 1 :], arguments.keywords, arguments.complete)
    return arguments


def _owner(program: Program, read: LibraryObject) -> LibraryObject | None:
    """The stream that a read is a method of."""
    name = read.made_by.rpartition(".")[2]
    for function in (read.site.func, *Arguments.of(read.site).positional):
        if isinstance(function, cst.Attribute) and function.attr.value == name:
            found = [one for one in something(program.value(function.value)) if isinstance(one, LibraryObject)]
            return found[0] if len(found) == 1 else None
    return None


def _called_back(program: Program, piece: Sound) -> Chunk | None:
    opener = piece.read.made_by.removesuffix(".callback")
    stream = LibraryObject(opener, piece.read.site)
    arguments, keyword = Arguments.of(stream.site), sources.MICROPHONES[opener][1]
    size = arguments.keywords.get(keyword) if opener == sources.OPENED else arguments.get(1, keyword)
    return _at_microphone(program, stream, size)


def _at_microphone(program: Program, stream: LibraryObject | None, size: cst.BaseExpression | None) -> Chunk | None:
    if stream is None or stream.made_by not in sources.MICROPHONES:
        return None
    keyword = sources.MICROPHONES[stream.made_by][0]
    rate = Arguments.of(stream.site).get(0, keyword)
    hertz = constant(program.value(rate)) if rate is not None else UNKNOWN
    return _chunk(program, size, int(hertz), int(hertz)) if isinstance(hertz, (int, float)) and hertz > 0 else None


def _of_file(program: Program, size: cst.BaseExpression | None, of: AudioFormat | None) -> Chunk | None:
    """Frames of a file, which may have another rate than a constant says: then only parts of its seconds are known."""
    if of is not None:
        return _chunk(program, size, of.rate, of.rate)
    if size is None or not _names_rate(program, size):
        return None
    return _chunk(program, size, _ANY_RATE, _ANY_RATE)


def _chunk(program: Program, size: cst.BaseExpression | None, a_second: int, rate: int) -> Chunk | None:
    if size is None:
        return None
    count = evaluated(program, size, rate, {})
    return Chunk(size, int(count), a_second, rate) if count is not None and count >= 1 else None


def evaluated(
    program: Program, node: cst.BaseExpression, rate: int, changed: Mapping[cst.CSTNode, float]
) -> float | None:
    """The number that an expression is; None where it is not known.

    A file's own rate is `rate`, and the literals in `changed` are taken for the numbers given there.
    """
    if node in changed:
        return changed[node]
    value = program.value(node)
    if isinstance(value, Known) and value.literal is not None and value.literal in changed:
        return changed[value.literal]
    found: float | None = None
    match node:
        case _ if _is_rate(node):
            found = rate
        case cst.BinaryOperation(left, operator, right) if type(operator) in _ARITHMETIC:
            first, second = (evaluated(program, one, rate, changed) for one in (left, right))
            is_division = isinstance(operator, cst.Divide | cst.FloorDivide)
            if first is not None and second is not None and not (is_division and second == 0):
                found = _ARITHMETIC[type(operator)](first, second)
        case cst.Call(cst.Name("int" | "round"), [cst.Arg(inner)]):
            inside = evaluated(program, inner, rate, changed)
            found = None if inside is None else int(inside)
        case cst.Name():
            expressions = [one.expression for one in program.reaching.get(node, ())]
            if len(expressions) == 1 and expressions[0] is not None:
                found = evaluated(program, expressions[0], rate, changed)
    known = constant(value)
    is_number = isinstance(known, (int, float)) and not isinstance(known, bool)
    return known if is_number and (not changed or found is None) else found


def literals_in(program: Program, node: cst.BaseExpression) -> list[cst.Integer | cst.Float]:
    """The numbers that an expression is made of, those behind its names among them."""
    found: list[cst.Integer | cst.Float] = []
    for one in program.nodes_in(node):
        if isinstance(one, (cst.Integer, cst.Float)):
            found.append(one)
        elif isinstance(one, (cst.Name, cst.Attribute)):
            value = program.value(one)
            if isinstance(value, Known) and isinstance(value.literal, (cst.Integer, cst.Float)):
                found.append(value.literal)
                continue
            reaching = program.reaching.get(one, ()) if isinstance(one, cst.Name) else ()
            for definition in reaching if len(reaching) == 1 else ():
                if definition.expression is not None and definition.expression is not one:
                    found.extend(literals_in(program, definition.expression))
    return list(dict.fromkeys(found))


def _is_rate(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Attribute(_, cst.Name(name)) | cst.Call(cst.Attribute(_, cst.Name(name)), []):
            return name in _RATES
    return False


def _names_rate(program: Program, node: cst.BaseExpression) -> bool:
    if any(isinstance(one, cst.BaseExpression) and _is_rate(one) for one in program.nodes_in(node)):
        return True
    for one in program.nodes_in(node):
        found = program.reaching.get(one, ()) if isinstance(one, cst.Name) else ()
        if any(each.expression is not None and _names_rate(program, each.expression) for each in found):
            return True
    return False


# --- slices ------------------------------------------------------------------------------------------


def _cut(program: Program, piece: Sound, of: AudioFormat | None) -> Chunk | None:
    assert piece.cut is not None
    size = length_of_slice(program, piece.cut)
    if size is None or (of is None and piece.is_sliced_as != "milliseconds"):
        return None
    if of is None or piece.is_sliced_as == "milliseconds":
        return _chunk(program, size, 1000, 1000)
    return _chunk(program, size, of.rate * of.width if piece.is_sliced_as == "bytes" else of.rate, of.rate)


def cut_of_unknown(program: Program, audio: cst.BaseExpression) -> cst.Subscript | None:
    """The slice that is sent, where nothing is known of the bytes that it is cut from; None for anything else."""
    if UNKNOWN not in something(program.value(audio)):
        return None
    expressions = [*_given_to(program, audio)] if isinstance(audio, cst.Name) else [audio]
    cut = expressions[0] if len(expressions) == 1 else None
    if isinstance(cut, cst.Call) and isinstance(cut.func, cst.Name) and cut.func.value == "bytes" and cut.args:
        cut = cut.args[0].value
    return cut if isinstance(cut, cst.Subscript) and length_of_slice(program, cut) is not None else None


def _given_to(program: Program, name: cst.Name) -> Iterator[cst.BaseExpression | None]:
    """What a name holds: the expression it is given, or what a generator of the program yields piece by piece.

    What a generator yields of its buffer at the end, whatever is left, is no piece.
    """
    for definition in program.reaching.get(name, ()):
        loop = program.parents.get(definition.node)
        if not isinstance(loop, cst.For) or not isinstance(loop.iter, cst.Call):
            yield definition.expression
            continue
        for callee in something(program.value(loop.iter.func)):
            function = function_of(callee)
            inside = program.nodes_in(function) if isinstance(function, cst.FunctionDef) else []
            yielded = [one.value for one in inside if isinstance(one, cst.Yield)]
            cut = [one for one in yielded if isinstance(one, cst.BaseExpression) and _is_piece_of(one)]
            yield cut[0] if len(cut) == 1 else None


def _is_piece_of(node: cst.BaseExpression) -> bool:
    """Whether an expression is a slice, maybe with its bytes copied."""
    match node:
        case cst.Call(cst.Name("bytes"), [cst.Arg(cst.Subscript() as node)]) | (cst.Subscript() as node):
            return isinstance(node.slice[0].slice, cst.Slice)
    return False


def length_of_slice(program: Program, node: cst.Subscript) -> cst.BaseExpression | None:
    """The expression of `n` in `sound[at : at + n]`, `sound[i * n : (i + 1) * n]` and `sound[:n]`."""
    part = node.slice[0].slice
    if not isinstance(part, cst.Slice) or part.upper is None:
        return None
    if part.lower is None:
        return part.upper
    for upper in _written(program, part.upper):
        for lower in (part.lower, *_written(program, part.lower)):
            match upper:
                case cst.BinaryOperation(left, cst.Add(), right):
                    if left.deep_equals(lower):
                        return right
                    if right.deep_equals(lower):
                        return left
            match lower, upper:
                case (
                    cst.BinaryOperation(index, cst.Multiply(), size),
                    cst.BinaryOperation(cst.BinaryOperation(first, cst.Add(), cst.Integer("1")), cst.Multiply(), times),
                ) if first.deep_equals(index) and size.deep_equals(times):
                    return size
    return None


def _written(program: Program, node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What a bound is written as: itself, the one expression of its variable, or either side of its `min(…)`."""
    if isinstance(node, cst.Name):
        found = [one.expression for one in program.reaching.get(node, ())]
        if len(found) == 1 and found[0] is not None and constant(program.value(node)) is UNKNOWN:
            return [node, *_written(program, found[0])]
    match node:
        case cst.Call(cst.Name("min"), [cst.Arg(first), cst.Arg(second)]):
            return [first, second]
    return [node]
