"""The last piece of a recording, which is shorter than the others: AssemblyAI ends a session over less than 50 ms.

Where the piece is sent it is filled up with silence, in terms of the session's audio. A microphone never ends so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis import sound as sources
from codemods.analysis.arguments import Arguments
from codemods.analysis.origins import OriginSearch
from codemods.analysis.program import Program
from codemods.analysis.sound import sound
from codemods.analysis.values import UNKNOWN, Known, LibraryObject, Sound, Value, constant, is_certain, something
from codemods.edits import expression
from codemods.findings import LENGTH_OF_OTHERS
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sound.chunk_length import SHORTEST_MS
from codemods.rules.sound.gathered import gathered, least_length
from codemods.rules.sound.sound_length import (
    DEFAULT_RATE,
    audio_format,
    configuration_of,
    configuration_of_start,
    cut_of_unknown,
    is_whole,
    reading_arguments,
)
from codemods.vendors.gladia import Opening
from codemods.vendors.gladia_sdk import Start
from shim.mapping.row import Vendor

_ENDING: Final = (*sources.RECORDED, *sources.PIPED, *sources.IN_FRAMES, *sources.IN_BLOCKS)
"""Reads that give less than they are asked for where the recording ends."""
_SIZES: Final = ("n", "frames", "size")
_PARTIAL: Final = ("partial", "IncompleteReadError")
"""What is left of a pipe that ended, and the exception that holds it."""
_FIELDS: Final = ("sample_rate", "encoding", "bit_depth")
_FORM: Final = ("wav/pcm", 16)
"""Encoding and bits a sample where a session does not say them."""
_A_SECOND: Final = 1000 // SHORTEST_MS


@dataclass(frozen=True, slots=True)
class SessionAudio:
    """The audio of a session: its rate as the program writes it, None where it is constant, and bytes a sample."""

    rate: cst.BaseExpression | None
    hertz: int
    width: int

    @property
    def silence(self) -> str:
        """One byte of silence, as Python writes it: PCM or mu-law."""
        return r'b"\0"' if self.width > 1 else r'b"\xff"'

    def least_at(self, migrating: Migrating, place: cst.CSTNode) -> cst.BaseExpression | None:
        """How many bytes are 50 ms, in terms of what can be read at `place`; None where the rate cannot."""
        if self.rate is None:
            return cst.Integer(str(self.hertz * self.width // _A_SECOND))
        rate = written_at(migrating, self.rate, place)
        times = f" * {self.width}" if self.width > 1 else ""
        return expression(f"rate // {_A_SECOND}{times}", rate=rate) if rate is not None else None


def audio_of(program: Program, opening: Opening) -> SessionAudio | None:
    """The audio that a Gladia session is opened for by a POST; None where its encoding or rate is not followed."""
    return _of_dictionary(program, configuration_of(program, opening), opening.request.call)


def audio_of_start(program: Program, start: Start) -> SessionAudio | None:
    """The audio that a session of Gladia's SDK is started for; None where its encoding or rate is not followed."""
    value = configuration_of_start(program, start)
    if isinstance(value, LibraryObject):
        arguments = Arguments.of(value.site)
        given = [arguments.keywords.get(name) for name in _FIELDS]
        return _audio(program, given) if arguments.complete and not arguments.positional else None
    return _of_dictionary(program, value, start.session.site)


def _of_dictionary(program: Program, value: Value, used_at: cst.CSTNode) -> SessionAudio | None:
    facts = program.dictionary_facts(value, used_at)
    if facts is None or not facts.complete:
        return None
    found: list[cst.BaseExpression | None] = []
    for name in _FIELDS:
        entries, known = facts.of(name), program.tables.get(facts.site, name)
        if is_certain(known) and isinstance(known, Known) and isinstance(known.literal, cst.BaseExpression):
            found.append(known.literal)
        elif len(entries) > 1 or not all(one.certain for one in entries):
            return None
        else:
            found.append(entries[0].value_node if entries else None)
    return _audio(program, found)


def _audio(program: Program, written: list[cst.BaseExpression | None]) -> SessionAudio | None:
    """The audio of a rate, an encoding and a depth; what is not written is as Gladia takes it by default."""
    rate, *form = written
    values = [program.value(one) if one is not None else None for one in form]
    if values[0] is not None and not is_certain(values[0]):
        return None  # the depth may be anything: AssemblyAI's PCM has 16 bits
    hertz = program.value(rate) if rate is not None else Known(DEFAULT_RATE)
    is_fixed = is_certain(hertz)
    encoding, depth = (
        constant(value) if value is not None else default for value, default in zip(values, _FORM, strict=True)
    )
    found = audio_format(constant(hertz) if is_fixed else DEFAULT_RATE, encoding, depth)
    if found is None:
        return None
    return SessionAudio(None if is_fixed else rate, found.rate, found.width)


# --- the piece ---------------------------------------------------------------------------------------


class LastPiece:
    """Plans what becomes of a piece of sound that is sent at `place`, where it may be the last of a recording."""

    def __init__(
        self, migrating: Migrating, audio: cst.BaseExpression, place: cst.Call, of: SessionAudio | None
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._audio = audio
        self._place = place
        self._of = of
        self._found = self._pieces() if migrating.target is Vendor.ASSEMBLYAI else []

    @property
    def can_be_short(self) -> bool:
        """Whether a recording ends here, with however little is left of it."""
        return bool(self._found)

    def least(self) -> cst.BaseExpression | None:
        """How many bytes a piece must have: 50 ms of the session's audio, or as many as were asked for."""
        if self._of is None:
            return None
        return self._of.least_at(self._migrating, self._place) or self._asked_for()

    def check(self) -> None:
        """Reports what may be too short and is not filled up: its length, or the session's format, is another's."""
        code = self._migrating.code(self._place)
        if self._found and self.least() is None:
            text = f"the last piece of the recording may be shorter than 50 ms: {code}"
            self._migrating.report(LENGTH_OF_OTHERS, self._place, text)
        elif not self._found and self._migrating.target is Vendor.ASSEMBLYAI and self._is_of_caller(self._audio):
            given = self._given_by_callers()
            said = ", ".join(sorted({f"`{self._migrating.code(one)}`" for one in given}))
            why = f"how long {said} is, is not known" if given else "callers decide how long each is"
            self._migrating.report(LENGTH_OF_OTHERS, self._place, f"{why}: {code}")
        elif not self._found and self._migrating.target is Vendor.ASSEMBLYAI and self._is_unknown():
            is_cut = cut_of_unknown(self._program, self._audio) is not None
            why = "the last piece may be shorter than 50 ms" if is_cut else "how long each is, is not known"
            self._migrating.report(LENGTH_OF_OTHERS, self._place, f"{why}: {code}")

    def _is_of_caller(self, audio: cst.BaseExpression) -> bool:
        """Whether audio is a parameter for which no caller is given, or what a loop gets from such a one."""
        definitions = self._program.reaching.get(audio, ()) if isinstance(audio, cst.Name) else ()
        if not definitions or self._program.value(audio) is not UNKNOWN:
            return False
        for one in definitions:
            loop = self._program.parents.get(one.node)
            is_element = isinstance(loop, cst.For) and loop.target is one.node and self._is_of_caller(loop.iter)
            if not isinstance(one.node, cst.Param) and not is_element:
                return False
        return True

    def _is_unknown(self) -> bool:
        """Whether nothing is known of the audio, nor of a buffer that it is taken from."""
        is_open = UNKNOWN in something(self._program.value(self._audio))
        cut = cut_of_unknown(self._program, self._audio)
        if cut is not None and least_length(self._program, cut.value, self._place) is not None:
            return False  # it is cut only where there is enough
        return is_open and gathered(self._program, self._audio, self._place) is None

    def _given_by_callers(self) -> list[cst.CSTNode]:
        """What the calls that are seen give for the parameter with the audio, and nobody knows the length of."""
        search = OriginSearch(self._program)
        definitions = self._program.reaching.get(self._audio, ()) if isinstance(self._audio, cst.Name) else ()
        given = [
            node
            for one in definitions
            if isinstance(one.node, cst.Param)
            for node in search.given_for(one.node)
            if not (isinstance(node, cst.Name) and node.value == "None")
        ]
        return [one for one in given if self._program.value(one) is UNKNOWN]

    def filled(self, piece: cst.BaseExpression) -> cst.BaseExpression:
        """The piece with silence behind it; the piece itself where that is not known to be needed."""
        least = self.least() if self._found else None
        if least is None or self._of is None:
            return piece
        given = piece if self._is_bytes() else expression("bytes(piece)", piece=piece)
        filled = expression(f"piece.ljust(least, {self._of.silence})", piece=given)
        assert isinstance(filled, cst.Call)
        return filled.with_changes(args=[filled.args[0].with_changes(value=least), *filled.args[1:]])

    def _pieces(self) -> list[Sound]:
        """The pieces that may be short, where whatever is sent is known to be sound."""
        if self._is_partial() or self._is_rest:
            return [Sound(LibraryObject(sources.PIPED[0], self._place))]
        values = something(self._program.value(self._audio))
        found = [sound(one) for one in values if not isinstance(constant(one), bytes)]
        if None in found:
            return []
        return [one for one in found if one is not None and self._ends(one)]

    def _ends(self, piece: Sound) -> bool:
        made_by = piece.read.made_by
        if piece.is_joined or is_whole(self._program, piece):
            return False
        if piece.cut is not None:
            bounds = piece.cut.slice[0].slice
            is_part = isinstance(bounds, cst.Slice) and bounds.upper is not None
            return is_part and made_by in (*_ENDING, *sources.WHOLE)
        if made_by.endswith(".readexactly"):
            return False
        if made_by in sources.IN_BLOCKS:
            return True
        return made_by in _ENDING and self._size(piece) is not None

    @property
    def _is_rest(self) -> bool:
        """Whether it is what is left in a buffer of the program's own."""
        own = gathered(self._program, self._audio, self._place)
        return own is not None and own.is_rest

    def _is_partial(self) -> bool:
        """Whether it is `error.partial` of a pipe that ended before all was there."""
        match self._audio:
            case cst.Attribute(cst.Name() as error, cst.Name(name)) if name == _PARTIAL[0]:
                definitions = self._program.reaching.get(error, ())
                handlers = [one.node for one in definitions]
                return bool(handlers) and all(
                    isinstance(one, cst.ExceptHandler)
                    and one.type is not None
                    and self._migrating.code(one.type).endswith(_PARTIAL[1])
                    for one in handlers
                )
        return False

    def _size(self, piece: Sound) -> cst.BaseExpression | None:
        arguments = reading_arguments(self._program, piece.read)
        found = [arguments.get(0, name) for name in _SIZES]
        return next((one for one in found if one is not None), None)

    def _asked_for(self) -> cst.BaseExpression | None:
        """As many bytes as every read but the last gives, where that is one number that can be read here."""
        assert self._of is not None
        if self._is_partial() or self._is_rest:
            return None
        sizes = [self._size(one) for one in self._found if one.cut is None and not one.is_converted]
        if len(sizes) != 1 or len(self._found) != 1 or sizes[0] is None:
            return None
        size = written_at(self._migrating, sizes[0], self._place)
        if size is None or self._found[0].read.made_by not in sources.IN_FRAMES:
            return size
        if isinstance(size, cst.Integer):
            return cst.Integer(str(size.evaluated_value * self._of.width))
        return expression(f"size * {self._of.width}", size=size)

    def _is_bytes(self) -> bool:
        """Whether a piece has the methods of bytes: views of memory and of C's have not."""
        names = {node.value for node in self._program.nodes_in(self._migrating.module) if isinstance(node, cst.Name)}
        return "memoryview" not in names and not any(
            one.read.made_by.endswith("buffer_read") and one.cut is None and not one.made_by for one in self._found
        )


# --- names -------------------------------------------------------------------------------------------


def written_at(migrating: Migrating, node: cst.BaseExpression, place: cst.CSTNode) -> cst.BaseExpression | None:
    """An expression of names, attributes and numbers as it reads at another place; None where it cannot."""
    program = migrating.program
    parts = [one for one in program.nodes_in(node) if isinstance(one, cst.BaseExpression)]
    allowed = (cst.Name, cst.Attribute, cst.Integer, cst.BinaryOperation)
    if program.module_of(node) is not program.module_of(place) or not all(isinstance(one, allowed) for one in parts):
        return None
    for one in parts:
        parent = program.parents[one]
        is_label = isinstance(parent, cst.Attribute) and parent.attr is one
        if isinstance(one, cst.Name) and not is_label and not _is_readable(migrating, one, place):
            return None
    return migrating.edits.edited(node)


def _is_readable(migrating: Migrating, name: cst.Name, place: cst.CSTNode) -> bool:
    """Whether a name means the same at another place of its file."""
    program = migrating.program
    definitions = program.reaching.get(name, frozenset())
    scopes = {program.scope_of(one.node) for one in definitions}
    if len(scopes) != 1:
        return False
    scope = scopes.pop()
    owner = program.scope_of(scope) if isinstance(scope, cst.FunctionDef) else None
    if isinstance(owner, cst.ClassDef) and naming.self_name(migrating, name, owner) == name.value:
        return naming.self_name(migrating, place, owner) == name.value
    current = program.scope_of(place)
    if current is scope and not isinstance(scope, cst.Module):
        there = program.at_statement.get(program.statement_of(place), {}).get(name.value, frozenset())
        return there == definitions
    while current is not scope:
        if isinstance(current, cst.Module) or name.value in program.scopes[current].definitions:
            return False
        current = program.scope_of(current)
    return frozenset(program.scopes[scope].definitions.get(name.value, ())) == definitions
