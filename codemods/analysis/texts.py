"""Texts that methods and operators make of constants: `strip`, `format`, `%`."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Final

from codemods.analysis.values import NOTHING, UNKNOWN, Known, Sequence, Value, constant, text_of

if TYPE_CHECKING:
    from codemods.analysis.arguments import Arguments
    from codemods.analysis.program import Program

_PURE_STRING_METHODS: Final = ("strip", "lstrip", "rstrip", "lower", "upper", "removesuffix", "removeprefix", "replace")


def call_string(program: Program, text: str, name: str, arguments: Arguments) -> Value:
    """What calling a constant text's method gives."""
    if name == "format" and arguments.complete:
        return _formatted(program, text, arguments)
    if name == "join" and len(arguments.positional) == 1:
        return _joined(program, text, program.values.get(arguments.positional[0], UNKNOWN))
    given = [constant(program.values.get(argument, UNKNOWN)) for argument in arguments.positional]
    if name in _PURE_STRING_METHODS and not arguments.keywords and all(isinstance(one, str) for one in given):
        try:
            return Known(getattr(text, name)(*given))
        except TypeError:
            return UNKNOWN
    return UNKNOWN


def _joined(program: Program, between: str, of: Value) -> Value:
    """What `between.join(of)` gives, where the parts are known one by one."""
    if not isinstance(of, Sequence) or of.site in program.changed_sequences:
        return NOTHING if of is NOTHING else UNKNOWN
    parts: list[Value] = []
    for one in of.elements:
        parts.extend((Known(between), one) if parts else (one,))
    return text_of(parts)


def _formatted(program: Program, text: str, arguments: Arguments) -> Value:
    """What `text.format(…)` gives, where its fields are plain names and positions."""
    parts: list[Value] = []
    position = 0
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        return UNKNOWN
    for literal, name, layout, conversion in pieces:
        parts.append(Known(literal))
        if name is None:
            continue
        node = arguments.keywords.get(name)
        if name == "" or name.isdecimal():
            index = position if name == "" else int(name)
            position += 1
            node = arguments.positional[index] if index < len(arguments.positional) else None
        parts.append(program.values.get(node, UNKNOWN) if node is not None and not (layout or conversion) else UNKNOWN)
    return text_of(parts)


def filled_in(text: str, values: Value) -> Value:
    """What `text % values` gives, where only `%s` and `%d` stand in the text."""
    given = values.elements if isinstance(values, Sequence) else (values,)
    pieces = re.split(r"%[sd]", text)
    if len(pieces) != len(given) + 1 or "%" in "".join(pieces):
        return UNKNOWN
    parts: list[Value] = [Known(pieces[0])]
    for value, piece in zip(given, pieces[1:], strict=True):
        parts.extend((value, Known(piece)))
    return text_of(parts)
