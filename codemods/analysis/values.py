"""The abstract values that expressions can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import libcst as cst

MOST_ALTERNATIVES: Final = 4
MOST_FUNCTIONS: Final = 24
"""Tables of functions, one for each message, are larger than other choices."""
MOST_DISPLAYS: Final = 8
"""What is put into a queue, with a tag that tells what it is, is of more kinds than other choices, too."""
MOST_TEXT_PARTS: Final = 16
DEEPEST_VALUE: Final = 6
LONGEST_LIST: Final = 12
"""How many elements a list that is put together from others may have before they are taken together."""
LONGEST_PATH: Final = 12

EACH: Final = "[]"
"""The step of a path that stands for any element of a list."""

Step = str | int


class Value:
    """What an expression can be."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """Anything."""


@dataclass(frozen=True, slots=True)
class Nothing(Value):
    """No value yet: code that was not reached."""


UNKNOWN: Final = Unknown()
NOTHING: Final = Nothing()


@dataclass(frozen=True, slots=True)
class Known(Value):
    """A constant. `literal` is the node that wrote it, where one did.

    Not `certain`: a default that a caller or the environment may replace. It tells what a program is about, and must
    never be written in the place of the expression.
    """

    value: Any
    literal: cst.BaseExpression | cst.FormattedStringText | None = field(default=None, compare=False)
    certain: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Text(Value):
    """A string put together from parts of which some are not known."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class OneOf(Value):
    """One of a few values, depending on the path taken."""

    alternatives: frozenset[Value]


@dataclass(frozen=True, slots=True)
class DictDisplay(Value):
    """The dictionary made at a display or `dict(…)` call; its entries are in the analysis."""

    site: cst.BaseExpression


@dataclass(frozen=True, slots=True)
class Sequence(Value):
    """A list, tuple or set display."""

    site: cst.BaseExpression
    elements: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Stream(Value):
    """What a loop can run over, by what each round gets: a generator, `enumerate(…)`, a comprehension."""

    element: Value


@dataclass(frozen=True, slots=True)
class Library(Value):
    """A module, function or class of a library, or a builtin, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class OwnModule(Value):
    """A file of the program as imports give it, or a folder of its files."""

    path: Path


@dataclass(frozen=True, slots=True)
class LibraryObject(Value):
    """What calling a library's class or function gave; `made_by` is the dotted name called."""

    made_by: str
    site: cst.Call


@dataclass(frozen=True, slots=True)
class Sound(Value):
    """A piece of sound in another form than it was read in: converted, sliced, or both.

    `read` is the call that gave it. `cut` is the slice that made the piece, of what `is_sliced_as` says: bytes,
    samples or milliseconds; None where it lasts as long as what was read. `is_converted`: its bytes are not those
    that were read.
    """

    read: LibraryObject
    cut: cst.Subscript | None = None
    is_sliced_as: str = ""
    is_converted: bool = False
    made_by: str = ""
    """What made its last form, by the dotted name or the method."""
    is_joined: bool = False
    """Whether it is several pieces put together, as many as there were."""


@dataclass(frozen=True, slots=True)
class Member(Value):
    """An attribute of an abstract value, mostly a method about to be called."""

    owner: Value
    name: str


@dataclass(frozen=True, slots=True)
class Function(Value):
    """A function or lambda of the program."""

    node: cst.FunctionDef | cst.Lambda


@dataclass(frozen=True, slots=True)
class Class(Value):
    """A class of the program."""

    node: cst.ClassDef


@dataclass(frozen=True, slots=True)
class Instance(Value):
    """An object of a class of the program."""

    node: cst.ClassDef


@dataclass(frozen=True, slots=True)
class Super(Instance):
    """An object as `super()` gives it inside the class `node`: its members are those of the classes above."""


@dataclass(frozen=True, slots=True)
class EnumMember(Value):
    """A member of an enumeration whose members are not equal to their values."""

    node: cst.ClassDef
    name: str
    value: Known


@dataclass(frozen=True, slots=True)
class Managed(Value):
    """A context manager that a generator of the program makes, by what entering it gives."""

    result: Value


@dataclass(frozen=True, slots=True)
class Awaitable(Value):
    """A coroutine, task or future, by what awaiting it gives."""

    result: Value


@dataclass(frozen=True, slots=True)
class HttpResponse(Value):
    """The answer to the HTTP request made at `request`."""

    request: cst.Call


@dataclass(frozen=True, slots=True)
class ResponseField(Value):
    """An attribute of an HTTP answer: `ok`, `status_code`, `text`, `reason`, …"""

    request: cst.Call
    name: str


@dataclass(frozen=True, slots=True)
class Connecting(Value):
    """A WebSocket on its way: what `connect(…)` gives before it is awaited or entered."""

    connect: cst.Call


@dataclass(frozen=True, slots=True)
class Socket(Value):
    """The WebSocket opened at `connect`."""

    connect: cst.Call


@dataclass(frozen=True, slots=True)
class Frame(Value):
    """What a WebSocket received."""

    connect: cst.Call


@dataclass(frozen=True, slots=True)
class Delivered(Value):
    """What an object of a library, made at `site`, hands to the handlers registered with it."""

    site: cst.Call


@dataclass(frozen=True, slots=True)
class Parsed(Value):
    """A place inside a parsed JSON document, or inside an object that a library made of one.

    `document` is where the text came from, `origin` the node that parsed it, `path` the place. `types` are the
    values that the document's `type` can have here, as the tests on the way tell; None: any.
    """

    document: HttpResponse | Frame | Delivered
    origin: cst.CSTNode
    path: tuple[Step, ...] = ()
    types: frozenset[str] | None = None

    def step(self, step: Step) -> Value:
        """The value one step further in."""
        if len(self.path) >= LONGEST_PATH:
            return UNKNOWN
        return replace(self, path=(*self.path, step))


@dataclass(frozen=True, slots=True)
class Base64(Value):
    """Bytes in base64, as bytes or as text; `call` is the encoding call and `encoded` its argument."""

    call: cst.Call
    encoded: cst.BaseExpression
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class UrlQuery(Value):
    """A query string made of a value, mostly a dictionary, by the call `call`."""

    call: cst.Call
    of: Value


@dataclass(frozen=True, slots=True)
class JsonText(Value):
    """The JSON text of a value; `call` is what wrote it."""

    call: cst.Call
    of: Value


def alternatives(value: Value) -> Iterable[Value]:
    """The values that one value stands for."""
    return value.alternatives if isinstance(value, OneOf) else (value,)


def something(value: Value) -> tuple[Value, ...]:
    """The values that one value stands for where it is put to use: None is left out if there are others."""
    found = tuple(alternatives(value))
    used = tuple(one for one in found if one != Known(None))
    return used or found


def join(first: Value, second: Value) -> Value:
    """What is true of a value that is either."""
    if isinstance(second, Nothing):
        return first
    if isinstance(first, Nothing):
        return second
    if first == second:
        return second if isinstance(second, Known) and not second.certain else first
    found: list[Value] = []
    for one in (*alternatives(first), *alternatives(second)):
        for index, other in enumerate(found):
            merged = _merged(one, other)
            if merged is not None:
                found[index] = merged
                break
        else:
            found.append(one)
    if UNKNOWN in found or len(found) > _most(found):
        return UNKNOWN
    return found[0] if len(found) == 1 else OneOf(frozenset(found))


def _most(values: list[Value]) -> int:
    if _are_functions(values):
        return MOST_FUNCTIONS
    are_displays = all(isinstance(one, (DictDisplay, Sequence)) or one == Known(None) for one in values)
    return MOST_DISPLAYS if are_displays else MOST_ALTERNATIVES


def _are_functions(values: Iterable[Value]) -> bool:
    return all(isinstance(one, (Function, Class)) or one == Known(None) or _is_method(one) for one in values)


def _is_method(value: Value) -> bool:
    return isinstance(value, Member) and isinstance(value.owner, (Instance, Class))


def join_all(values: Iterable[Value]) -> Value:
    """What is true of a value that is one of these."""
    found: Value = NOTHING
    for value in values:
        found = join(found, value)
    return found


def _merged(first: Value, second: Value) -> Value | None:
    """One value for two that differ in nothing that matters; None where they differ."""
    if first == second:
        return second if isinstance(second, Known) and not second.certain else first
    if isinstance(first, Parsed) and isinstance(second, Parsed) and replace(first, types=second.types) == second:
        types = None if first.types is None or second.types is None else first.types | second.types
        return replace(first, types=types)
    if isinstance(first, Sequence) and isinstance(second, Sequence) and first.site is second.site:
        pairs = zip_longest(first.elements, second.elements, fillvalue=NOTHING)
        return Sequence(first.site, tuple(_not_too_deep(join(one, other)) for one, other in pairs))
    for kind, field_name in ((Stream, "element"), (Awaitable, "result"), (Managed, "result")):
        if isinstance(first, kind) and isinstance(second, kind):
            return kind(_not_too_deep(join(getattr(first, field_name), getattr(second, field_name))))
    return None


def kept_at(value: Value, place: cst.CSTNode) -> Value:
    """What comes out of a container again: one of the documents that went in, and which one nobody knows.

    So what tests tell of the document at hand is not taken for true of those in the container.
    """
    match value:
        case Parsed(Frame()):
            return replace(value, origin=place)
        case OneOf(found):
            return join_all(kept_at(one, place) for one in found)
        case Sequence(site, elements):
            return Sequence(site, tuple(kept_at(one, place) for one in elements))
        case Stream(inner):
            return Stream(kept_at(inner, place))
        case Awaitable(inner):
            return Awaitable(kept_at(inner, place))
    return value


def depth(value: Value) -> int:
    """How deeply containers stand in one another."""
    match value:
        case Sequence(_, elements):
            return 1 + max(map(depth, elements), default=0)
        case Stream(inner) | Awaitable(inner) | Managed(inner):
            return 1 + depth(inner)
        case OneOf(found):
            return max(map(depth, found))
    return 0


def _not_too_deep(value: Value) -> Value:
    """A value that can stand inside another; a list that is put into itself would never end."""
    return UNKNOWN if depth(value) > DEEPEST_VALUE else value


def text_of(parts: Iterable[Value]) -> Value:
    """A string from its parts: known where all are, otherwise the known stretches kept."""
    joined: list[Value] = []
    parts = tuple(parts)
    if NOTHING in parts:
        return NOTHING
    for part in parts:
        pieces = part.parts if isinstance(part, Text) else (part,)
        for piece in pieces:
            last = joined[-1] if joined else None
            if isinstance(piece, Known) and isinstance(last, Known):
                joined[-1] = Known(f"{last.value}{piece.value}", certain=last.certain and piece.certain)
            else:
                joined.append(piece)
    if all(isinstance(part, Known) for part in joined):
        return joined[0] if joined else Known("")
    return Text(tuple(joined)) if len(joined) <= MOST_TEXT_PARTS else UNKNOWN


def replaceable(value: Value) -> Value:
    """A default, which a caller or the environment may replace by anything."""
    if isinstance(value, Sequence):
        return Sequence(value.site, tuple(map(replaceable, value.elements))) if value.elements else UNKNOWN
    return replace(value, certain=False) if isinstance(value, Known) else value


def constant(value: Value) -> Any:
    """The constant that a value is; UNKNOWN where it is none."""
    return value.value if isinstance(value, Known) else UNKNOWN


def is_certain(value: Value) -> bool:
    """Whether a value is a constant that nothing can replace."""
    return isinstance(value, Known) and value.certain
