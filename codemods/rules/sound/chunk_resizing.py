"""Another size for the pieces of sound that a program reads itself, with what hangs on it: waits and comments."""

from __future__ import annotations

import re
from typing import Final

import libcst as cst

from codemods.analysis import sound as sources
from codemods.analysis.arguments import Arguments
from codemods.analysis.sound import sound
from codemods.analysis.values import Known, Library, LibraryObject, Member, Sound, constant, something
from codemods.edits import expression
from codemods.migrating import Migrating
from codemods.rules.sound.counted_pieces import CountedPieces, Fixed, functions_called, loop_around
from codemods.rules.sound.reads_beside import reads_beside
from codemods.rules.sound.sound_length import Chunk, evaluated, literals_in

_WIDTHS: Final = (1, 2, 8)
"""Numbers in a size that are bytes a sample, and bits a byte."""
_COUNTING: Final = ("int", "range", "round", "len", "max", "min", "print", "sleep", "float")
"""Functions that take a size and go on being right with another."""
_RATE_WORDS: Final = ("read", "readframes", "readexactly", "blocks", "open")


class ChunkResizing:
    """Plans a size of `goal` milliseconds for the reads that give `read`."""

    def __init__(self, migrating: Migrating, chunk: Chunk, goal: int, read: Sound) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._chunk = chunk
        self._goal = goal
        self._read = read
        self._is_file = read.read.made_by in (*sources.RECORDED, *sources.IN_FRAMES, *sources.IN_BLOCKS, *sources.WHOLE)

    def plan(self) -> bool:
        """Plans the edits; False where the size, or what waits for each chunk, is not written as a constant."""
        value = self._program.value(self._chunk.size)
        if isinstance(value, Known) and not value.certain:
            return False
        found = self._literal()
        if found is None:
            return self._in_terms_of_rate()
        literal, number = found
        waits = self._waits(literal)
        counts = self._counts([literal, *waits]) if waits is not None else None
        if waits is None or counts is None or not self._can_change(literal):
            return False
        by = cst.Float(f"{number:g}") if isinstance(literal, cst.Float) else cst.Integer(str(int(number)))
        self._migrating.edits.replace(literal, by)
        self._correct_comment(literal)
        self._plan_waits(waits)
        for one, new in counts.items():
            self._migrating.edits.replace(one, new)
        if not self._program.is_inside(literal, self._chunk.size):
            for given, kept in reads_beside(self._program, self._chunk.size, self._read.read.site):
                self._migrating.edits.replace(given, cst.Integer(str(kept)))
        return True

    # --- the size --------------------------------------------------------------------------------

    def _literal(self) -> tuple[cst.Integer | cst.Float, float] | None:
        """The number in the source that decides, and what it becomes."""
        found: list[tuple[cst.Integer | cst.Float, float]] = []
        for literal in literals_in(self._program, self._chunk.size):
            value = literal.evaluated_value
            if value == self._chunk.rate or value in _WIDTHS:
                continue
            factor = self._goal / self._chunk.milliseconds
            for number in (value * factor, value / factor):
                fits = isinstance(literal, cst.Float) or number == int(number)
                if fits and number > 0 and self._makes_goal(literal, number):
                    found.append((literal, number))
                    break
        said = [one for one in found if one[0].evaluated_value in self._lengths]
        if len(said) == 1:
            return said[0]
        return found[0] if len(found) == 1 else None

    def _makes_goal(self, literal: cst.CSTNode, number: float) -> bool:
        count = evaluated(self._program, self._chunk.size, self._chunk.rate, {literal: number})
        return count is not None and abs(count * 1000 / self._chunk.a_second - self._goal) < 0.5

    def _can_change(self, literal: cst.Integer | cst.Float) -> bool:
        """Whether everything that a number is used for stays right when it changes."""
        size = self._chunk.size
        if self._program.is_inside(literal, size):
            return self._stands_alone(literal)
        for node, value in self._program.values.items():
            if not isinstance(value, Known) or node is literal or not isinstance(node, (cst.Name, cst.Attribute)):
                continue
            if value.literal is literal and not value.certain:
                return False
            if literal in literals_in(self._program, node) and not self._stays_right(node):
                return False
        return True

    def _stands_alone(self, literal: cst.Integer | cst.Float) -> bool:
        """Whether a number that is written in the call itself is not written for something else there, too."""
        function = self._program.scope_of(literal)
        same = [one for one in self._program.nodes_in(function) if isinstance(one, cst.Integer | cst.Float)]
        return [one for one in same if one.evaluated_value == literal.evaluated_value] == [literal]

    def _stays_right(self, node: cst.CSTNode) -> bool:
        """Whether a use of a size is one that another size is as good for: a calculation, a read, a comparison."""
        parents = self._program.parents
        around = parents[node]
        while isinstance(around, (cst.BinaryOperation, cst.UnaryOperation, cst.Element, cst.Index, cst.Slice)):
            if isinstance(around, cst.BinaryOperation) and self._repeats_text(around):
                return False
            node, around = around, parents[around]
        if not isinstance(around, cst.Arg):
            return True
        call = parents[around]
        if not isinstance(call, cst.Call):
            return True
        name = self._migrating.code(call.func).rpartition(".")[2]
        if name in _COUNTING or name in _RATE_WORDS or call is self._read.read.site:
            return True
        callees = something(self._program.value(call.func))
        return all(
            not isinstance(one, Library | Member)
            or (isinstance(one, Member) and not isinstance(one.owner, LibraryObject))
            or (isinstance(one, Library) and one.name in sources.MICROPHONES)
            for one in callees
        )

    def _repeats_text(self, product: cst.BinaryOperation) -> bool:
        """Whether a calculation is `"-" * size`: that is as long as it is for another reason than the sound."""
        values = [self._program.value(one) for one in (product.left, product.right)]
        return any(isinstance(one, Known) and isinstance(one.value, str) for one in values)

    def _in_terms_of_rate(self) -> bool:
        """Writes the size as a part of the rate where no single number decides."""
        size, width = self._chunk.size, self._chunk.a_second // self._chunk.rate
        inside = [one for one in self._program.nodes_in(size) if isinstance(one, (cst.Name, cst.Attribute))]
        rates = [one for one in inside if constant(self._program.value(one)) == self._chunk.rate]
        waits = self._waits(size)
        if not rates or constant(self._program.value(size)) != self._chunk.count or waits is None:
            return False
        if self._read.cut is not None or self._counts([size, *waits]) != {}:
            return False
        divisor = 1000 // self._goal
        code = f"rate // {divisor}" if width == 1 else f"rate // {divisor} * {width}"
        self._migrating.edits.replace(size, expression(code, rate=rates[0]))
        self._correct_comment(size)
        self._plan_waits(waits)
        return True

    # --- what hangs on it ------------------------------------------------------------------------

    def _waits(self, changed: cst.BaseExpression) -> list[cst.Integer | cst.Float] | None:
        """The constants of the waits that are as long as a chunk; None where a wait cannot be judged."""
        found: list[cst.Integer | cst.Float] = []
        beside = sleeps_beside(self._migrating, self._read)
        if beside is None:
            return None if self._is_file else found
        for given in beside:
            if self._follows(given, changed):
                continue
            value = self._program.value(given)
            if not isinstance(value, Known) or not isinstance(value.value, (int, float)):
                if self._is_file:
                    return None
                continue
            ratio = value.value * 1000 / self._chunk.milliseconds
            if 0.8 <= ratio <= 1.25 and isinstance(value.literal, (cst.Integer, cst.Float)) and value.certain:
                found.append(value.literal)
            elif self._is_file and ratio > 0:
                return None
        return found

    def _follows(self, node: cst.CSTNode, changed: cst.BaseExpression, depth: int = 0, *, lengths: bool = True) -> bool:
        """Whether an expression is made of a number that changes, or (`lengths`) of the length of what was read."""
        if depth > 4:
            return False
        for one in self._program.nodes_in(node):
            if one is changed or (lengths and isinstance(one, cst.Name) and one.value == "len"):
                return True
            if not isinstance(one, (cst.Name, cst.Attribute)):
                continue
            value = self._program.value(one)
            if isinstance(value, Known) and value.literal is changed:
                return True
            definitions = self._program.reaching.get(one, ()) if isinstance(one, cst.Name) else ()
            for each in definitions:
                made = each.expression or each.statement
                if (
                    made is not None
                    and each.node is not one
                    and self._follows(made, changed, depth + 1, lengths=lengths)
                ):
                    return True
        return False

    def _counts(self, changed: list[cst.BaseExpression]) -> dict[cst.BaseExpression, cst.BaseExpression] | None:
        """The numbers that hang on how many pieces there are, with what they become; None where one cannot change."""
        follows = lambda node: any(self._follows(node, one, lengths=False) for one in changed)  # noqa: E731
        factor = self._goal / self._chunk.milliseconds
        widths = (1,) if self._chunk.a_second > self._chunk.rate else (1, 2, 4)
        sizes = [(float(self._chunk.count * one), self._chunk.count * one * factor) for one in widths]
        found: dict[cst.BaseExpression, cst.BaseExpression] = {}
        for one in CountedPieces(self._migrating, self._read, sizes, follows).fixed():
            new = self._scaled(one, [size for size, _ in sizes])
            if new is None:
                return None
            found[one.number] = new
        return found

    def _scaled(self, fixed: Fixed, sizes: list[float]) -> cst.BaseExpression | None:
        """A number that stands beside a count, for pieces of the new length; None where it may mean anything else."""
        number = fixed.number
        if not isinstance(number, (cst.Integer, cst.Float)):
            return None
        value, factor = number.evaluated_value, self._goal / self._chunk.milliseconds
        if fixed.is_count:
            factor = 1 / factor
        elif not any(abs(value - one) < 1e-6 for one in (*sizes, *self._lengths)):
            return None
        new = round(value * factor, 6)
        if isinstance(number, cst.Integer):
            return cst.Integer(str(int(new))) if new == int(new) and new >= 1 else None
        return cst.Float(f"{new:g}") if "." in f"{new:g}" else cst.Float(f"{new:g}.0")

    @property
    def _lengths(self) -> tuple[float, float]:
        """How long a piece is, in milliseconds and in seconds."""
        return self._chunk.milliseconds, self._chunk.milliseconds / 1000

    def _plan_waits(self, waits: list[cst.Integer | cst.Float]) -> None:
        for one in waits:
            self._migrating.edits.replace(one, cst.parse_expression(f"{self._goal / 1000:g}"))
            self._correct_comment(one)

    def _correct_comment(self, changed: cst.CSTNode) -> None:
        """A comment behind the constant that says how many milliseconds it is."""
        statement = self._program.statement_of(changed)
        comment = statement.trailing_whitespace.comment if isinstance(statement, cst.SimpleStatementLine) else None
        if comment is not None:
            length = rf"\b{self._chunk.milliseconds:g}(?=\s?(?:ms|milliseconds)\b)"
            value = re.sub(length, str(self._goal), comment.value)
            self._migrating.edits.replace(comment, comment.with_changes(value=value))


def sleeps_beside(migrating: Migrating, read: Sound) -> list[cst.BaseExpression] | None:
    """How long is waited in the loops that a piece of sound goes through, from the read to the sending.

    None where something else times the pieces: a function that waits and is called there, or one that is called for
    each of them by a clock.
    """
    program = migrating.program.whole or migrating.program
    loops: dict[cst.CSTNode, None] = {}
    for node, value in program.values.items():
        if any((found := sound(one)) is not None and found.read == read.read for one in something(value)):
            loop = loop_around(program.parents, node)
            if loop is not None:
                loops[loop] = None
    calls = dict.fromkeys(one for loop in loops for one in program.nodes_in(loop) if isinstance(one, cst.Call))
    inner = [one for call in calls for one in functions_called(program.value(call.func))]
    further = [one for function in inner for one in program.nodes_in(function) if isinstance(one, cst.Call)]
    if not loops or any(one not in calls and _wait(migrating, one) is not None for one in further):
        return None
    return [given for one in calls if (given := _wait(migrating, one)) is not None]


def _wait(migrating: Migrating, call: cst.Call) -> cst.BaseExpression | None:
    """How long a call of `sleep(…)`, `event.wait(…)` waits; None for any other, and for one without an end."""
    arguments = Arguments.of(call)
    name = migrating.code(call.func).rpartition(".")[2]
    if name == "sleep":
        return arguments.get(0, "delay")
    return arguments.get(0, "timeout") if name == "wait" else None
